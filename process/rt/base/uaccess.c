/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings of the program. */
#include "process/rt/base/uaccess.h"

#define PAGE 4096

long rt_get_string(char *buf, uint64_t from, size_t size)
{
	size_t n = 0, i;

	/* page by page: the string may end just before an unmapped page */
	while (n < size) {
		size_t part = PAGE - ((from + n) & (PAGE - 1));

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
