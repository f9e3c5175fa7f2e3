/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps of a transition.  Inside this room. */
#ifndef SWSGX_PROCESS_RT_LP_TRANSITION_H
#define SWSGX_PROCESS_RT_LP_TRANSITION_H

#include <stdint.h>

#include "process/rt/base/abi.h"

struct fault;
struct instruction;
struct ksignal;
struct thread;

/* frame.c: the registers of *uc into t->lp, before a leaf or an AEX. */
void rt_frame_load(struct thread *t, const struct kucontext *uc);
/* And back, after it: the return to *uc is the transition. */
void rt_frame_store(struct thread *t, struct kucontext *uc);

/* vectors.S: those that a leaf computes with, where no frame has them. */
struct rt_vectors {
	uint8_t xmm[16][16];
};
void rt_vectors_keep(struct rt_vectors *v);
void rt_vectors_give(const struct rt_vectors *v);

/* mode.c: what no frame holds, for the mode that t->lp is in. */
void rt_mode_switch(struct thread *t);

/*
 * aex.c: *event, or NULL for an interrupt; insn: what stands there, if that is
 * known; *cr2: what a page fault shows.
 */
void rt_aex(struct thread *t, const struct fault *event,
	    const struct instruction *insn, uint64_t *cr2);

/*
 * report.c: tells the program of an exception, as Linux does: by the vDSO's
 * fixup where that applies, else by a signal.
 */
void rt_report(struct thread *t, struct kucontext *uc,
	       const struct ksignal *signal);

/* enclu.c: ENCLU in an enclave, whose registers are in t->lp. */
void rt_enclu_inside(struct thread *t, struct kucontext *uc, int prefixes);

#endif
