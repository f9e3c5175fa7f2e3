/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Injections: an event that is to happen to a platform, and when: at the nth
 * of the events that are counted over all its processes, at a time, or by
 * chance.  They lie in shared memory.  Each process that counts an event looks
 * itself whether an injection is due, and has the platform's server do it.
 */
#ifndef SWSGX_KERNEL_PLATFORM_INJECTION_H
#define SWSGX_KERNEL_PLATFORM_INJECTION_H

#include <stdbool.h>
#include <stdint.h>

#define SGX_MAX_INJECTIONS 64
#define SGX_INJECTION_TEXT 40

enum sgx_event {
	SGX_EVENT_EPC_LOSS,
	SGX_EVENT_MIGRATE, /* the same, and the platform is another */
	SGX_EVENT_AEX,     /* an interrupt */
	SGX_EVENT_EVICT,   /* pages are written out */
	/* AESM's next answer is a refusal, there is none, or it is cut short */
	SGX_EVENT_AESM_BUSY,
	SGX_EVENT_AESM_UNINITIALIZED,
	SGX_EVENT_AESM_UNAVAILABLE,
	SGX_EVENT_AESM_GONE,
	SGX_EVENT_AESM_CUT,
	SGX_EVENTS
};

enum sgx_when {
	/* Counted: see sgx_injection_count(). */
	SGX_WHEN_EENTER,
	SGX_WHEN_EEXIT,
	SGX_WHEN_ERESUME,
	SGX_WHEN_FAULT, /* an exception that the program is told of */
	SGX_WHEN_IOCTL, /* on /dev/sgx_enclave */
	SGX_WHEN_AESM,  /* a request to AESM */
	SGX_COUNTED,
	SGX_WHEN_TIME = SGX_COUNTED,
	SGX_WHEN_EVERY,
	SGX_WHEN_RANDOM, /* at any of the counted ones */
	SGX_WHENS
};

struct sgx_injection {
	uint32_t event; /* enum sgx_event */
	uint32_t when;  /* enum sgx_when */
	/* Counted: the number; time: nanoseconds; random: of 2^53. */
	uint64_t n;
	uint64_t seed;
	uint64_t drawn;  /* atomic: random numbers so far */
	uint32_t active; /* atomic */
	uint32_t once;   /* the place is free when it has happened */
	char text[SGX_INJECTION_TEXT]; /* as it was asked for */
};

struct sgx_shared;

/*
 * Count one more `when` (one of the counted ones): its number in *n.  The value
 * has a bit for each injection that is due.
 */
uint64_t sgx_injection_count(struct sgx_shared *shared, enum sgx_when when,
			     uint64_t *n);
/*
 * Add an injection: its place in shared->injections; -ENOSPC if there are
 * SGX_MAX_INJECTIONS.  Only the server calls this.
 */
int sgx_injection_add(struct sgx_shared *shared,
		      const struct sgx_injection *in);
/* The one at this place; NULL: there never was one. */
struct sgx_injection *sgx_injection_at(struct sgx_shared *shared,
				       uint32_t index);
/* Is there any, or was there? */
bool sgx_injection_any(const struct sgx_shared *shared);
/* It was to happen once, and has happened: its place is free. */
void sgx_injection_retire(struct sgx_injection *in);

/* What has been counted so far; one more event. */
uint64_t sgx_when_count(const struct sgx_shared *shared, enum sgx_when when);
void sgx_event_count(struct sgx_shared *shared, enum sgx_event event);

#endif
