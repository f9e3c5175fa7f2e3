/* SPDX-License-Identifier: BSD-3-Clause */
/* What this process holds of the system, to see whether it grows. */
#ifndef SWSGX_TESTS_SOAK_HOLDINGS_H
#define SWSGX_TESTS_SOAK_HOLDINGS_H

struct holdings {
	unsigned descriptors, mappings;
};

struct holdings holdings(void);

/*
 * The EPC, where it can be asked for: both are 0 without swsgx.  When the last
 * enclave is closed its pages become free, but not that instant: this waits for
 * it, and for some seconds at most.
 */
struct epc {
	unsigned long pages, free;
};

struct epc epc_when_idle(void);

#endif
