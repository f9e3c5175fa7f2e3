/* SPDX-License-Identifier: BSD-3-Clause */
/* What the demo's host asks of its enclave. */
#ifndef SWSGX_EXAMPLES_DEMO_PROBE_H
#define SWSGX_EXAMPLES_DEMO_PROBE_H

#include <stdint.h>

struct probe {
	uint64_t value;     /* to be written */
	uint64_t addr;      /* where to; 0: a page of the enclave's own */
	uint64_t page;      /* out: the address of that page */
	uint64_t completed; /* out: 1 it was written, 0 skipped */
};

#endif
