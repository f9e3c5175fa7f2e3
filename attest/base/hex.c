/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/base/hex.h. */
#include "attest/base/hex.h"

char *hex(const void *bytes, size_t n, char *text)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++) {
		text[2 * i] = digits[p[i] >> 4];
		text[2 * i + 1] = digits[p[i] & 15];
	}
	text[2 * n] = 0;
	return text;
}
