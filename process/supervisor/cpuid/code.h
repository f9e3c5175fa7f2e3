/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which bytes of a function are CPUID instructions.  The bytes 0F A2 alone
 * prove nothing, and what is rewritten must surely be an instruction.  A
 * function is decoded from its start.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_CPUID_CODE_H
#define SWSGX_PROCESS_SUPERVISOR_CPUID_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What becomes of two bytes that look like CPUID. */
enum cpuid_verdict {
	CPUID_UNKNOWN, /* no function covers them, or it does not decode */
	CPUID_WITHIN,  /* they are inside another instruction */
	CPUID_SITE,    /* they are a CPUID instruction */
};

struct cpuid_candidate {
	uint64_t address; /* as linked */
	uint64_t offset;  /* in the file */
	enum cpuid_verdict verdict;
};

/* A larger function is not judged. */
#define CPUID_MAX_FUNCTION (1u << 20)

/*
 * Judge the candidates in one function: `code` are its `size` bytes, the first
 * of them at `address`.  A better verdict replaces a worse one.  `open`: its
 * end is not known; it is followed up to where control first leaves it.
 */
void cpuid_judge(const uint8_t *code, size_t size, uint64_t address, bool open,
		 struct cpuid_candidate *c, size_t n);

#endif
