/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is to happen to a platform, and when: at the nth of the events that are
 * counted over all its processes, at a time, or by chance.  The rules lie in
 * shared memory: each process that counts an event looks for itself whether
 * one is due, and has the platform's server do it.
 */
#ifndef SWSGX_KERNEL_MACHINE_SCHEDULE_H
#define SWSGX_KERNEL_MACHINE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define SGX_MAX_RULES	64
#define SGX_RULE_TEXT	40

enum sgx_event {
	SGX_EVENT_EPC_LOSS,
	SGX_EVENT_MIGRATE,	/* the same, and the platform is another */
	SGX_EVENT_AEX,		/* an interrupt */
	SGX_EVENT_EVICT,	/* pages are written out */
	SGX_EVENTS
};

enum sgx_when {
	/* Counted: see sgx_schedule_count(). */
	SGX_WHEN_EENTER, SGX_WHEN_EEXIT, SGX_WHEN_ERESUME,
	SGX_WHEN_FAULT,		/* an exception that the program is told of */
	SGX_WHEN_IOCTL,		/* on /dev/sgx_enclave */
	SGX_COUNTED,
	SGX_WHEN_TIME = SGX_COUNTED,
	SGX_WHEN_EVERY,
	SGX_WHEN_RANDOM,	/* at any of the counted ones */
	SGX_WHENS
};

struct sgx_rule {
	uint32_t event;		/* enum sgx_event */
	uint32_t when;		/* enum sgx_when */
	/* Counted: the number; time: nanoseconds; random: of 2^53. */
	uint64_t n;
	uint64_t seed;
	uint64_t drawn;		/* atomic: random numbers so far */
	uint32_t active;	/* atomic */
	uint32_t once;		/* the place is free when it has happened */
	char text[SGX_RULE_TEXT];	/* as it was asked for */
};

struct sgx_shared;

/*
 * It has come to the next `when` (one of the counted ones): its number in *n,
 * the rules that are due as bits of the value.
 */
uint64_t sgx_schedule_count(struct sgx_shared *shared, enum sgx_when when,
			    uint64_t *n);
/* Add a rule; -ENOSPC if there are SGX_MAX_RULES.  The server's. */
int sgx_schedule_add(struct sgx_shared *shared, const struct sgx_rule *rule);

#endif
