/* SPDX-License-Identifier: BSD-3-Clause */
/* What libc would give: for the compiler, for nettle and GMP, for us. */
#include <stddef.h>

#include "cpu/mem.h"
#include "process/rt/base/string.h"
#include "process/rt/base/uaccess.h"

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *ret = to;

	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(from), "+c"(n)
			 :
			 : "memory");
	return ret;
}

void *memset(void *to, int c, size_t n)
{
	void *ret = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(c) : "memory");
	return ret;
}

void *memmove(void *to, const void *from, size_t n)
{
	unsigned char *d = to;
	const unsigned char *s = from;

	if (d <= s || d >= s + n)
		return memcpy(to, from, n);
	while (n--)
		d[n] = s[n];
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

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

long rt_get_string(char *buf, uint64_t from, size_t size)
{
	size_t n = 0, i;

	/* page by page: the string may end just before an unmapped page */
	while (n < size) {
		size_t part = 4096 - ((from + n) & 4095);

		if (part > size - n)
			part = size - n;
		if (rt_get(buf + n, from + n, part))
			return -EFAULT;
		for (i = n; i < n + part; i++)
			if (!buf[i])
				return (long)i;
		n += part;
	}
	return -ENAMETOOLONG;
}
