/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trusted runtime: what every enclave here links with.  trts.S holds the
 * TCS pages, the threads' stacks and SSA frames, and the way in and out.
 *
 * An enclave defines enclave_main(), and may define enclave_exception().
 * It is compiled freestanding and linked by enclave.lds.  No constructors, no
 * thread-local storage; a static pointer that needs relocating is refused at
 * link time.
 *
 * The size of things is chosen when trts.S is assembled:
 *   TRTS_TCS_COUNT	threads that can be inside at a time (1)
 *   TRTS_NSSA		SSA frames per thread (2)
 *   TRTS_SSAFRAMESIZE	pages per frame (1); the XSAVE area must fit
 *   TRTS_STACK_PAGES	pages of stack, for each SSA frame one such (4)
 *   TRTS_HEAP_PAGES	pages of trts_heap (0)
 *
 * Source: SDM "Enclave Entry and Exiting", "SGX Instruction References".
 */
#ifndef SWSGX_EXAMPLES_LIB_TRTS_H
#define SWSGX_EXAMPLES_LIB_TRTS_H

#include <stddef.h>
#include <stdint.h>

#include "examples/lib/sgx_abi.h"

/* Reached relative to RIP: nothing in an enclave is relocated. */
#define TRTS_HIDDEN __attribute__((visibility("hidden")))

/*
 * EENTER at CSSA 0.  `arg` is the host's RDI: an address outside, not to be
 * trusted.  The value goes back to the host in RDI.
 */
uint64_t enclave_main(void *arg) TRTS_HIDDEN;

/*
 * EENTER at CSSA > 0: this thread was interrupted, and the host wants it
 * looked at.  `frame` is the interrupted state (SSA frame cssa - 1); what is
 * written to it takes effect at the host's ERESUME.  Runs on a stack of its
 * own.  If an enclave has none, such an entry just returns.
 */
uint64_t enclave_exception(void *arg, struct gprsgx *frame,
			   unsigned cssa) TRTS_HIDDEN;

/* The enclave's first byte (its BASEADDR), and one past its last segment. */
extern uint8_t trts_base[] TRTS_HIDDEN, trts_end[] TRTS_HIDDEN;
extern uint8_t trts_heap[] TRTS_HIDDEN, trts_heap_end[] TRTS_HIDDEN;

/* This thread's number: that of its TCS.  Read through the enclave's GS. */
static inline uint64_t trts_thread_index(void)
{
	uint64_t index;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(index));
	return index;
}

/* SECS.SIZE: the power of two that the loader makes of the image. */
static inline uint64_t trts_elrange_size(void)
{
	uint64_t used = (uint64_t)(trts_end - trts_base);
	uint64_t size = 8192;

	while (size < used)
		size *= 2;
	return size;
}

/* Is [p, p+n) wholly outside the enclave?  Ask before trusting a pointer. */
static inline int trts_is_outside(const void *p, uint64_t n)
{
	uint64_t start = (uint64_t)(uintptr_t)p;
	uint64_t base = (uint64_t)(uintptr_t)trts_base;

	return start + n >= start &&
	       (start + n <= base || start >= base + trts_elrange_size());
}

/* Any ENCLU leaf that comes back; its RAX is an error code for some. */
static inline uint64_t trts_enclu(uint64_t leaf, const void *rbx,
				  const void *rcx, const void *rdx)
{
	uint64_t rax = leaf;

	__asm__ volatile(".byte 0x0f, 0x01, 0xd7" /* ENCLU */
			 : "+a"(rax)
			 : "b"(rbx), "c"(rcx), "d"(rdx)
			 : "memory", "cc");
	return rax;
}

static inline void ereport(const struct targetinfo *target,
			   const struct reportdata *data, struct report *report)
{
	trts_enclu(ENCLU_EREPORT, target, data, report);
}

/* 0, or an SGX error code.  `key`: 16 bytes, aligned to 16. */
static inline uint64_t egetkey(const struct keyrequest *request, uint8_t *key)
{
	return trts_enclu(ENCLU_EGETKEY, request, key, NULL);
}

static inline uint64_t eaccept(const struct secinfo *secinfo, const void *page)
{
	return trts_enclu(ENCLU_EACCEPT, secinfo, page, NULL);
}

static inline uint64_t eacceptcopy(const struct secinfo *secinfo,
				   const void *to, const void *from)
{
	return trts_enclu(ENCLU_EACCEPTCOPY, secinfo, to, from);
}

static inline void emodpe(const struct secinfo *secinfo, const void *page)
{
	trts_enclu(ENCLU_EMODPE, secinfo, page, NULL);
}

/*
 * Leave at once for `target`, with RDI = rdi, on the enclave's own stack
 * pointer: only for experiments.  Returning from enclave_main() is the way
 * out; it gives the host its stack back and scrubs the registers.
 */
_Noreturn static inline void eexit(const void *target, uint64_t rdi)
{
	__asm__ volatile(".byte 0x0f, 0x01, 0xd7" /* ENCLU */
			 :
			 : "a"(ENCLU_EEXIT), "b"(target), "D"(rdi)
			 : "memory");
	__builtin_unreachable();
}

#endif
