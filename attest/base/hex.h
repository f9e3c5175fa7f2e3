/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes as lower-case hexadecimal digits. */
#ifndef SWSGX_ATTEST_BASE_HEX_H
#define SWSGX_ATTEST_BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Writes 2 * n digits and a NUL to `text`, and returns it. */
char *hex(const void *bytes, size_t n, char *text);

#endif
