/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program's signals.  The host has the runtime's own handler for each
 * signal that matters, on the slot's stack; what the program asked for is kept
 * here and given to it as Linux would: dispositions, masks, alternate stacks
 * (signal.c), signals that wait (pending.c) and frames on the program's stacks
 * (sigframe.c).
 *
 * Functions that return long implement a system call: the value, or -errno.
 */
#ifndef SWSGX_PROCESS_RT_SIGNAL_SIGNAL_H
#define SWSGX_PROCESS_RT_SIGNAL_SIGNAL_H

#include <stdbool.h>

#include "process/rt/base/abi.h"

struct thread;

/*
 * Signals of the processor's exceptions and of the filters.  While the program
 * runs they are never blocked: a blocked synchronous signal kills the process.
 * The program's mask of them is virtual.
 */
#define RT_SYNC_SIGNALS \
	(SIGBIT(SIGSYS) | SIGBIT(SIGILL) | SIGBIT(SIGSEGV) | SIGBIT(SIGBUS) | \
	 SIGBIT(SIGFPE) | SIGBIT(SIGTRAP))

/*
 * What the runtime needs of them itself: faults of rt_copy(), and interrupts.
 * The others are blocked in all of its handlers.  Each of these is blocked when
 * its own handler starts, and unblocked where it is needed.  So a signal that
 * is sent again and again finds the handler of the one before, and waits: it
 * does not fill the stack.
 */
#define RT_FAULT_SIGNALS (SIGBIT(SIGSEGV) | SIGBIT(SIGBUS))
#define RT_OWN_SIGNALS   (RT_FAULT_SIGNALS | SIGBIT(SIGSYS))

/* Blocks and unblocks in the host. */
void rt_signals_block(sigset64 set);
void rt_signals_unblock(sigset64 set);

/* Its place among the synchronous signals, or -1. */
int rt_sync_index(int sig);

/*
 * At exec.  `entry` is the runtime's handler; the program ignores the
 * synchronous signals in `ignored`.
 */
void rt_signals_init(void (*entry)(void), uint64_t ignored);
extern uint64_t rt_own_handler; /* that one */
/* All handlers of the program are gone: CLONE_CLEAR_SIGHAND. */
void rt_signals_clear(struct thread *t);

long rt_sigaction(struct thread *t, int sig, uint64_t act, uint64_t old,
		  uint64_t size);
long rt_sigprocmask(struct thread *t, struct kucontext *uc, int how,
		    uint64_t set, uint64_t old, uint64_t size);
long rt_sigaltstack(struct thread *t, uint64_t ss, uint64_t old, uint64_t sp);

/* The program's mask: that of *uc, and the virtual one. */
sigset64 rt_program_mask(const struct thread *t, const struct kucontext *uc);
void rt_set_program_mask(struct thread *t, struct kucontext *uc, sigset64 mask);
/* Signals that would interrupt a system call of the program now. */
sigset64 rt_interruptible(const struct thread *t, const struct kucontext *uc);
bool rt_on_altstack(const struct thread *t, uint64_t sp);

/*
 * Remembers the exception that *uc holds; the program is about to be told of
 * it.  Signals that are no exceptions show the one remembered last, so an
 * exception that the runtime mended does not show.  Linux: thread.trap_nr,
 * error_code and, for #PF only, cr2.
 */
void rt_note_trap(struct thread *t, const struct kucontext *uc);

/*
 * Delivers a signal: the program's handler runs when *uc is returned to.  The
 * thread has left its enclave before.  `forced` is Linux's force_sig(): a
 * blocked or ignored signal kills.
 */
void rt_deliver(struct thread *t, struct kucontext *uc, int sig,
		const siginfo_t *info, bool forced);
/*
 * Keeps a synchronous signal until it can be delivered.  Of several with one
 * number the first is kept, as in Linux's legacy_queue().
 */
void rt_signal_keep(struct thread *t, int sig, const siginfo_t *info);
/* Takes one that is kept. */
void rt_signal_take(struct thread *t, int sig, siginfo_t *info);
void rt_signal_drop(struct thread *t, sigset64 set);
/* Those that are kept and that the program does not block; is there one? */
sigset64 rt_signals_due(const struct thread *t);
bool rt_signal_is_due(const struct thread *t);
/* Delivers those.  The thread has left its enclave before. */
void rt_deliver_pending(struct thread *t, struct kucontext *uc);
void rt_sigreturn(struct thread *t, struct kucontext *uc);

/* Bytes of extended state in a frame that the host has written. */
uint32_t rt_fpstate_size(const struct kucontext *uc);

void rt_restorer(void); /* restorer.S */

#endif
