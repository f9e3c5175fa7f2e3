/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which thread is this, without a system call: what its ES says.  64-bit code
 * has no use for ES, and the kernel keeps it for each thread; signals and their
 * returns leave it alone.  A thread that enters enclaves has the selector of an
 * LDT entry of its own there, which is its slot's.  A child inherits ES, so it
 * is emptied before each clone that shares memory (filter.h has these trap).
 * DEVIATION DP54.
 */
#ifndef SWSGX_PROCESS_RT_LP_IDENTITY_H
#define SWSGX_PROCESS_RT_LP_IDENTITY_H

/*
 * Selectors of the GDT, which are lower, are nobody's.  The LDT's entry n has
 * the selector 8n + 7.
 */
#define IDENTITY_FIRST 16
#define IDENTITY_LAST  8191
#define IDENTITY_RPL   7

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

struct thread;

/* Two words more, since any value of ES may be looked up. */
#define IDENTITY_SIZE (8ul * (IDENTITY_LAST + 3))

/*
 * For plain.S: the slot of the thread whose ES is `es` is the word at
 * rt_identity + es, or 0.
 */
extern uint64_t rt_identity;

/* `table`: IDENTITY_SIZE zeros, which a child of fork() finds empty. */
void rt_identity_init(void *table);

/* The thread that runs is t.  From now on its ES says so, if that can be. */
void rt_identity_take(struct thread *t);

/* The thread that runs is t.  Does its ES say so? */
bool rt_identity_is(const struct thread *t);

/* The thread that runs is about to make one that would inherit its ES. */
void rt_identity_drop(void);

/* The program is about to have an LDT of its own: never again. */
void rt_identity_end(void);

#endif
#endif
