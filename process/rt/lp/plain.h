/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EENTER through the vDSO by plain code, for C and assembly (plain.S, plain.c):
 * what a thread keeps at the top of its slot while it is on its way, and where
 * it finds its slot.
 */
#ifndef SWSGX_PROCESS_RT_LP_PLAIN_H
#define SWSGX_PROCESS_RT_LP_PLAIN_H

#include "process/ctl.h"

/* struct plain, from the end of the handlers' stack to that of the slot */
#define PLAIN_SIZE   RT_PLAIN_SIZE
#define PLAIN_AT     (RT_SLOT_SIZE - PLAIN_SIZE)
#define PLAIN_RFLAGS 0x08
#define PLAIN_RAX    0x10
#define PLAIN_RCX    0x18
#define PLAIN_RDX    0x20
#define PLAIN_RBX    0x28
#define PLAIN_RSP    0x30
#define PLAIN_RBP    0x38
#define PLAIN_RSI    0x40
#define PLAIN_RDI    0x48
#define PLAIN_R8     0x50
#define PLAIN_R9     0x58
#define PLAIN_R10    0x60
#define PLAIN_R11    0x68
#define PLAIN_R12    0x70
#define PLAIN_R13    0x78
#define PLAIN_R14    0x80
#define PLAIN_R15    0x88
#define PLAIN_FSBASE 0x90
#define PLAIN_ON     0x98
#define PLAIN_DUE    0x9c
#define PLAIN_LAND   0xb0
#define PLAIN_STUB   0xb8

/* Each of the first slots has a place to go on at: rt_plain_lands. */
#define PLAIN_LANDS       1024
#define PLAIN_LAND_SIZE   16
#define PLAIN_TARGET_SIZE 64 /* a cache line */

/* The threads' slots by thread id: places in rt_plain_ids[]. */
#define PLAIN_IDS 2048u

#ifndef __ASSEMBLER__

#include <asm/siginfo.h>
#include <stdbool.h>
#include <stddef.h>

#include "process/rt/base/abi.h"

struct lp_regs;
struct stub;
struct thread;

struct plain {
	uint64_t rip, rflags;
	uint64_t regs[16];       /* in the order of struct lp_regs */
	uint64_t fsbase;         /* known by tid and this */
	uint32_t on;             /* the thread is entering */
	uint32_t due;            /* something is to be done before it goes on */
	uint32_t signal;         /* that came, in t->plain.info; or 0 */
	uint32_t exits;          /* EEXIT is still to be made */
	sigset64 mask;           /* then: the thread's, while all is blocked */
	uint64_t land;           /* where plain.S goes on */
	const struct stub *stub; /* that it has come from, to a leaf */
	uint32_t makes;          /* that leaf is still to be made */
};
_Static_assert(sizeof(struct plain) <= PLAIN_SIZE, "struct plain");
_Static_assert(offsetof(struct plain, rflags) == PLAIN_RFLAGS &&
		       offsetof(struct plain, regs) == PLAIN_RAX &&
		       offsetof(struct plain, fsbase) == PLAIN_FSBASE &&
		       offsetof(struct plain, on) == PLAIN_ON &&
		       offsetof(struct plain, due) == PLAIN_DUE &&
		       offsetof(struct plain, land) == PLAIN_LAND &&
		       offsetof(struct plain, stub) == PLAIN_STUB,
	       "struct plain");

struct plain_target {
	uint64_t rip;
	uint64_t unused[7];
};
_Static_assert(sizeof(struct plain_target) == PLAIN_TARGET_SIZE,
	       "struct plain_target");

struct plain_id {
	uint32_t tid; /* 0: nobody's */
	uint32_t slot;
};
/* A child of fork() finds it empty. */
extern struct plain_id *rt_plain_ids;

static inline struct plain *plain_of(const struct thread *t)
{
	return (struct plain *)((uint64_t)t + PLAIN_AT);
}

/*
 * RIP, or the thread, tells each of these whether it has anything to do.
 */
/* From now on t may do without the trap. */
void rt_plain_know(struct thread *t);
void rt_plain_forget(uint32_t tid);
/* May any thread? */
bool rt_plain_is_possible(void);
/* Where EEXIT goes without a trap: behind the vDSO's ENCLU. */
uint64_t rt_plain_out_to(void);
/* The signal found it at EEXIT, which is to be made first: once. */
bool rt_plain_exits(struct thread *t);
/* At another leaf, likewise.  Then: make it. */
bool rt_plain_makes(struct thread *t);
void rt_plain_make(struct thread *t, struct kucontext *uc);
/* Has the thread not yet done anything on its way, in or out? */
bool rt_plain_begins(const struct kucontext *uc);
/*
 * A signal found the thread before it had begun: it is put back to the vDSO's
 * instruction.  True: nothing else is to be done about the signal.
 */
bool rt_plain_back(struct thread *t, struct kucontext *uc, bool exception);
/* A signal that somebody sent found it on its way, which it goes on. */
bool rt_plain_defer(struct thread *t, int sig, const siginfo_t *info,
		    struct kucontext *uc);
/* These registers are those that plain.S goes on with. */
void rt_plain_give(struct plain *p, const struct lp_regs *r);
/* Is this the trap at its end? */
bool rt_plain_ends(const struct kucontext *uc);
/* Then: which signal came on the way, or 0. */
int rt_plain_end(struct thread *t, struct kucontext *uc);

/*
 * plain.S.  In [start, saved) and [unknown, done) nothing has been done; in
 * [leave, left) all has.
 */
extern const char rt_plain_start[], rt_plain_called[], rt_plain_saved[];
extern const char rt_plain_leave[], rt_plain_left[], rt_plain_trap[];
extern const char rt_plain_unknown[], rt_plain_done[];
/* Each loads RBX, and jumps to where rt_plain_targets[slot] says. */
extern const char rt_plain_lands[];
extern struct plain_target rt_plain_targets[PLAIN_LANDS];
void rt_plain_go(struct thread *t, uint32_t tid);
/*
 * EEXIT: in [out_asks, out_saved) only what EEXIT does not need is lost; in
 * [out_leave, out_left) all has been done.
 */
extern const char rt_plain_out_asks[], rt_plain_out_called[];
extern const char rt_plain_out_saved[];
extern const char rt_plain_out_leave[], rt_plain_out_left[];
void rt_plain_out(struct thread *t, uint32_t tid);
/*
 * A leaf of ENCLU, from its stub: in [leaf_start, leaf_saved) RAX and RCX are
 * lost, which are known.  plain_leaf.c.
 */
extern const char rt_plain_leaf_start[], rt_plain_leaf_saved[];
/* Lands at RBX. */
extern const char rt_plain_land_at_rbx[];
void rt_plain_leaf(struct thread *t);
/* The signal found it before it had begun. */
bool rt_plain_leaf_back(struct thread *t, struct kucontext *uc);

#endif
#endif
