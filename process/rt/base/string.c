/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings. */
#include "process/rt/base/string.h"

unsigned long rt_strlen(const char *s)
{
	unsigned long n = 0;

	while (s[n])
		n++;
	return n;
}

int rt_streq(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}
