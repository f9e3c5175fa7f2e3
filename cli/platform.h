/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The identity of a platform: what a processor has in its fuses, what its
 * firmware sets up, and what the host's own processor can do.
 *
 * Without a directory the platform is ephemeral.  It has new random keys at
 * each start, so sealed data does not outlive the run.  With a directory it is
 * kept in DIR/platform.json, which is made if it is not there.  A second run is
 * then a second boot of the same machine.  The file holds keys in clear text.
 * They protect nothing: swsgx is for development and testing only.
 */
#ifndef SWSGX_CLI_PLATFORM_H
#define SWSGX_CLI_PLATFORM_H

#include <stdint.h>

#include "cpu/cpu.h"

/*
 * The EPC of a new platform: as much as a server of today has, but no more than
 * half of the memory that this program may use, in whole units.
 */
#define PLATFORM_EPC_DEFAULT (8ull << 30)
#define PLATFORM_EPC_UNIT    (64ull << 20)
#define PLATFORM_EPC_MIN     (1ull << 16)
#define PLATFORM_EPC_MAX     (EPC_SPAN / 2)

enum platform_generation { PLATFORM_ANY, PLATFORM_SGX1, PLATFORM_SGX2 };

struct platform_options {
	/*
	 * Size of the EPC; 0: what the platform has, the default for a new one.
	 * A new platform records it.  For one that exists it is the size in
	 * this run, and the file stays as it is.
	 */
	uint64_t epc_bytes;
	/*
	 * What the platform must be; PLATFORM_ANY: whatever it is, SGX2 for a
	 * new one.  A new platform records it.  One that exists cannot change,
	 * so it is an error to ask for the other generation.
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

/* Random bytes of the host's kernel, for struct cpu and package_init(). */
void platform_entropy(void *buf, size_t n);

#endif
