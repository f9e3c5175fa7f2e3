/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The identity of a platform: what a processor has in its fuses and what its
 * firmware set up, beside what the host's own processor can do.
 *
 * Without a directory it is ephemeral: new random keys at each start, so
 * nothing sealed outlives the run.  With one it is kept in DIR/platform.json,
 * which is made when it is not there; then a second run is a second boot of
 * the same machine.  The file holds keys in clear text, and they protect
 * nothing: swsgx is for development and testing only.
 */
#ifndef SWSGX_CLI_PLATFORM_H
#define SWSGX_CLI_PLATFORM_H

#include <stdint.h>

#include "cpu/cpu.h"

/*
 * Of a new platform: what a server of today has; of the host's memory, or of
 * what this program may use of it, no more than half, in whole units.
 */
#define PLATFORM_EPC_DEFAULT	(8ull << 30)
#define PLATFORM_EPC_UNIT	(64ull << 20)
#define PLATFORM_EPC_MIN	(1ull << 16)
#define PLATFORM_EPC_MAX	(EPC_SPAN / 2)

enum platform_generation { PLATFORM_ANY, PLATFORM_SGX1, PLATFORM_SGX2 };

struct platform_options {
	/*
	 * Size of the EPC; 0: what the platform has, the default for a new one.
	 *  Recorded in a new platform; for one that exists it
	 * counts for this run and leaves the file alone.
	 */
	uint64_t epc_bytes;
	/*
	 * Which the platform must be; PLATFORM_ANY: whatever it is, SGX2 for a
	 * new one.  Recorded in a new platform; one that exists stays as it is,
	 * and asking for the other is an error.
	 */
	enum platform_generation generation;
};

/*
 * Fill *config.  dir NULL: ephemeral.  Returns 0; or -1 after a complaint that
 * says which file and field is wrong and what was expected there.  A file that
 * cannot be understood is never overwritten.
 */
int platform_load(const char *dir, const struct platform_options *options,
		  struct package_config *config)
	__attribute__((warn_unused_result));

/* The part of *config that follows from the host: xcr0 and xfeature[]. */
void platform_host_features(struct package_config *config);

/* Random bytes of the host's kernel: struct cpu's and package_init()'s. */
void platform_entropy(void *buf, size_t n);

#endif
