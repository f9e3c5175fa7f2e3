/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The logical processor and the signal frame (frame.c): registers go from the
 * frame into t->lp, the processor does its leaf or its AEX, and they go back.
 * The return from the handler then is the transition.
 */
#ifndef SWSGX_PROCESS_RT_LP_LP_H
#define SWSGX_PROCESS_RT_LP_LP_H

#include <asm/siginfo.h>
#include <stdbool.h>
#include <stdint.h>

#include "process/rt/base/abi.h"

struct ksignal;
struct thread;

/* Loads what a logical processor keeps for its life; harmless when done. */
void rt_lp_init(struct thread *t);

/*
 * ENCLU outside an enclave, at rip, behind so many bytes of prefixes.  The
 * process is attached.
 */
void rt_enclu(struct thread *t, struct kucontext *uc, uint64_t rip,
	      int prefixes);
/* Is a known ENCLU what a return to *uc comes to, as EENTER or ERESUME? */
bool rt_returns_to_enclu(const struct thread *t, const struct kucontext *uc);
/*
 * EENTER without a trap, for a thread whose registers are in t->lp.r, but for
 * FS and GS base.  False: the instruction has to do it.
 */
bool rt_enter_plainly(struct thread *t);

/*
 * EEXIT, whose registers are in *uc; or without a trap, as rt_enter_plainly().
 */
void rt_exit(struct thread *t, struct kucontext *uc);
bool rt_exit_plainly(struct thread *t);
/* A leaf inside that does not leave, likewise. */
bool rt_leaf_plainly(struct thread *t);

/* An AEX for an interrupt. */
void rt_interrupt(struct thread *t, struct kucontext *uc);
/* An exception in the enclave, for which the host has raised `sig`. */
void rt_exception(struct thread *t, struct kucontext *uc, uint8_t vector,
		  siginfo_t *info, int sig);

/* Delivers a fault to the program, which is outside. */
void rt_deliver_fault(struct thread *t, struct kucontext *uc,
		      const struct ksignal *signal);
/* The signal that the host has raised for a page fault. */
void rt_host_fault(const struct kucontext *uc, const siginfo_t *info, int sig,
		   struct ksignal *signal);
/* A page fault's error code as exc_page_fault() wants it. */
uint32_t rt_fault_code(const struct kucontext *uc, const siginfo_t *info);

/* The base of FS or GS that the interrupted code has. */
uint64_t rt_segment_base(bool gs);

#endif
