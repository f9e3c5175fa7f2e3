/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The live processes of a run.  Each one that uses the platform has a number,
 * which no other live process has, and a pidfd, which tells of its end.  After
 * that nothing runs under the number, so what is held in its name is free.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_PLATFORM_LIVES_H
#define SWSGX_PROCESS_SUPERVISOR_PLATFORM_LIVES_H

#include <stdint.h>
#include <sys/types.h>

struct life;
struct sgx_mm;

struct lives {
	struct sgx_mm *mm;
	struct life *first;
	uint32_t last_number;
	void (*ended)(uint32_t number); /* NULL: nobody wants to know */
};

void lives_init(struct lives *lives, struct sgx_mm *mm);

/* The number of process pid, which it gets now if it has none; 0: no number. */
uint32_t lives_number(struct lives *lives, pid_t pid);

/* The process of a number; 0: it has ended. */
pid_t lives_pid(struct lives *lives, uint32_t number);

/* Process pid has become another one by an exec: its number ends. */
void lives_end(struct lives *lives, pid_t pid);

/* End the numbers of all processes that have ended. */
void lives_poll(struct lives *lives);

/* What the loop calls for a pidfd. */
void lives_event(void *lives, int pidfd, uint32_t events);

#endif
