/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The four functions a freestanding compiler may call anyway, and the few
 * helpers on bytes that the leaves share.  The runtime defines the four in
 * process/rt; hosted builds take libc's.
 */
#ifndef SWSGX_CPU_MEM_H
#define SWSGX_CPU_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);

/* Is every one of the n bytes zero?  How "reserved" fields are checked. */
static inline bool mem_is_zero(const void *p, size_t n)
{
	const uint8_t *byte = p;
	uint8_t any = 0;

	while (n--)
		any |= *byte++;
	return !any;
}

static inline bool is_aligned(uint64_t value, uint64_t alignment)
{
	return !(value & (alignment - 1));
}

#endif
