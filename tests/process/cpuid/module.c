/* SPDX-License-Identifier: BSD-3-Clause */
/* A shared library with many CPUID instructions, more than one answer holds. */
#include <cpuid.h>
#include <stdint.h>

int module_times(void);
unsigned int module_shown(void);

#define SHOWN_ONCE(n) \
	do { \
		unsigned int a, b, c, d; \
		__cpuid_count(7, 0, a, b, c, d); \
		n += b >> 2 & 1; \
	} while (0)
#define FIVE(n) \
	do { \
		SHOWN_ONCE(n); \
		SHOWN_ONCE(n); \
		SHOWN_ONCE(n); \
		SHOWN_ONCE(n); \
		SHOWN_ONCE(n); \
	} while (0)

int module_times(void)
{
	return 40;
}

/* How many of them show SGX. */
unsigned int module_shown(void)
{
	unsigned int n = 0;

	FIVE(n);
	FIVE(n);
	FIVE(n);
	FIVE(n);
	FIVE(n);
	FIVE(n);
	FIVE(n);
	FIVE(n);
	return n;
}
