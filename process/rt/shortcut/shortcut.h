/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls that trap and are mostly none of ours: on paths, and signals'
 * actions.  After a few traps the place in the program's library that makes
 * them is rewritten: it jumps to code of ours, which looks at the arguments and
 * makes the call, without a trap.
 *
 * What is looked for is the way such a call is written in C libraries:
 *
 *	B8 nr		MOV $nr, %eax		becomes	JMP stub
 *	0F 05		SYSCALL			stays
 *
 * so that a thread that is at the SYSCALL, or jumps there, finds it.  The stub
 * (stubs.c) is near, and leads to routines.S.
 */
#ifndef SWSGX_PROCESS_RT_SHORTCUT_SHORTCUT_H
#define SWSGX_PROCESS_RT_SHORTCUT_SHORTCUT_H

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

#include "process/rt/base/abi.h"

struct thread;

/* A call has trapped.  RIP is behind its SYSCALL. */
void rt_shortcut_trapped(const struct thread *t, const struct kucontext *uc);

/*
 * From now on this process' calls are to trap, though they may have been
 * rewritten: more is to be looked at than a path.
 */
void rt_shortcut_close(void);

/* What a signal finds of a shortcut that it interrupts. */
enum rt_left {
	RT_LEFT_NOTHING, /* it found the thread elsewhere */
	RT_LEFT_BEFORE,  /* RIP is at the SYSCALL, which is to be made */
	RT_LEFT_BEHIND,  /* it has been made: RIP is behind it */
};

/* The thread is at its own SYSCALL again, or behind it. */
enum rt_left rt_leave_shortcut(struct kucontext *uc);
/* Is RIP in the routines, which are in the runtime's code? */
bool rt_in_shortcut(uint64_t rip);

/* `copy` was read from [from, from + n): undoes the rewriting in it. */
void rt_shortcut_original(void *copy, uint64_t from, uint64_t n);

#endif /* __ASSEMBLER__ */

/* What has been done at a place of routines.S. */
#define SC_FLAGS  1  /* the flags lie on the stack */
#define SC_DEEP   2  /* and below them SC_ROOM bytes */
#define SC_SAVED  4  /* which hold the arguments */
#define SC_RESULT 8  /* RAX is what the program gets */
#define SC_MAYBE  16 /* likewise, unless it is -ENOENT */

#define SC_RED_ZONE 128
#define SC_ROOM     336
#define SC_SLOW     6 /* where a stub is returned to: from what it expects */

#endif
