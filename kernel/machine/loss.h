/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EPC loses its power.  From sgx_loss_begin() on nobody gets into an
 * enclave (sgx_losing()), and threads that are inside are sent out.
 * sgx_loss_end() makes every EPCM entry of the platform's enclaves invalid and
 * lets everybody go on.  The platform's server does it, one loss at a time.
 * Between begin and end, sgx_loss_migrate() replaces the package.
 */
#ifndef SWSGX_KERNEL_MACHINE_LOSS_H
#define SWSGX_KERNEL_MACHINE_LOSS_H

#include "kernel/platform/mm_types.h"

struct sgx_loss {
	uint64_t enclaves, pages, threads; /* what was hit */
};
void sgx_loss_begin(struct sgx_mm *mm, struct sgx_loss *loss);
/* The platform is another: of this CPUSVN (16 bytes), or as it was (NULL). */
void sgx_loss_migrate(struct sgx_mm *mm, const uint8_t *cpusvn);
void sgx_loss_end(struct sgx_mm *mm, struct sgx_loss *loss);
bool sgx_losing(const struct sgx_shared *shared);
/* Let everybody go on.  Without a loss, if the one that began it died. */
void sgx_loss_over(struct sgx_shared *shared);
/* The middle part of it, where nobody can be inside (tests). */
void sgx_invalidate_all(struct sgx_mm *mm, uint64_t *enclaves, uint64_t *pages);

#endif
