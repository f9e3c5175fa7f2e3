/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tokens: what a program holds when it has opened a device.  The kernel counts
 * the references for us.  The token's open file description has a lock, and is
 * kept alive by descriptors and by mappings (kernel/host.h, pin), so the lock
 * is gone with the last of them, however the last process died.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_PLATFORM_TOKENS_H
#define SWSGX_PROCESS_SUPERVISOR_PLATFORM_TOKENS_H

#include <stdint.h>

struct sgx_mm;
struct token;

struct tokens {
	struct sgx_mm *mm;
	struct token *newest;
};

void tokens_init(struct tokens *tokens, struct sgx_mm *mm);

/*
 * A new token.  `kind`: enum sgx_file_kind; `flags`: the access mode of
 * open(2).  0 and a descriptor for the program in *fd; or -errno.
 */
int tokens_open(struct tokens *tokens, uint32_t kind, uint32_t flags, int *fd);

/* Free the enclaves that nobody refers to any more; how many are left. */
unsigned int tokens_reap(struct tokens *tokens);

#endif
