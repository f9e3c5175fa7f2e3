/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notes of interrupts, in memory that processes share.  A signal may come
 * without its value (RLIMIT_SIGPENDING), and then looks like one that somebody
 * has sent to the program.  So whoever interrupts a thread leaves a note before
 * he sends the signal, and another one when it has been sent.  A thread counts
 * the notes whose signals it has taken; docs/ARCHITECTURE.md says how.
 */
#ifndef SWSGX_KERNEL_MACHINE_NOTES_H
#define SWSGX_KERNEL_MACHINE_NOTES_H

#include "kernel/platform/layout.h"

/* The thread as the server and sgx_who() name it.  Few threads share a note. */
static inline struct sgx_note *sgx_note(struct sgx_shared *shared, uint32_t pid,
					uint32_t tid)
{
	return &shared->notes[(pid * 2654435761u + tid) % SGX_NOTES];
}

/* A signal is about to be sent. */
static inline void sgx_note_begin(struct sgx_note *note)
{
	__atomic_add_fetch(&note->begun, 1, __ATOMIC_SEQ_CST);
}

/* It has been sent, or there is no such thread. */
static inline void sgx_note_sent(struct sgx_note *note)
{
	__atomic_add_fetch(&note->sent, 1, __ATOMIC_SEQ_CST);
}

static inline uint32_t sgx_notes_begun(const struct sgx_note *note)
{
	return __atomic_load_n(&note->begun, __ATOMIC_SEQ_CST);
}

/* Has each signal been sent that was begun?  So many have. */
static inline bool sgx_notes_are_sent(const struct sgx_note *note, uint32_t *n)
{
	*n = __atomic_load_n(&note->sent, __ATOMIC_SEQ_CST);
	return sgx_notes_begun(note) == *n;
}

#endif
