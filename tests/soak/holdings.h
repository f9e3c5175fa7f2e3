/* SPDX-License-Identifier: BSD-3-Clause */
/* What this process holds of the system, to see whether it grows. */
#ifndef SWSGX_TESTS_SOAK_HOLDINGS_H
#define SWSGX_TESTS_SOAK_HOLDINGS_H

struct holdings {
	unsigned descriptors, mappings;
};

struct holdings holdings(void);

#endif
