/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SIZE arguments: a whole number of bytes, or of KiB, MiB, GiB or TiB with the
 * suffix K, M, G or T (either case); `128M`.  Sizes of EPC are whole pages.
 */
#ifndef SWSGX_CLI_SIZE_H
#define SWSGX_CLI_SIZE_H

#include <stdint.h>

#define SIZE_EXPECTED \
	"a positive number with K, M, G or T (powers of 1024) or nothing " \
	"behind it, for example 128M"

/*
 * Parse a size that is a multiple of 4096, at least one page.  Returns NULL
 * and sets *bytes, or says what is wrong with the text (a phrase that can
 * follow "SIZE: ") and leaves *bytes alone.
 */
const char *size_parse(const char *text, uint64_t *bytes);

/* `134217728` -> "128M": the largest unit that divides it.  For 24 bytes. */
void size_format(uint64_t bytes, char text[24]);

#endif
