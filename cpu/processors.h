/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The logical processors that are in an enclave, or about to be, as the others
 * see them.  One table serves all processes of a platform.  It alone says who
 * is inside, since when, and which pages it needs to leave.  Nothing is counted
 * anywhere else, so a thread that was killed is gone when its place is cleared.
 *
 * `inside` is one word: the state, the epoch that the processor has joined,
 * and a count that makes each stay another value.  The states:
 *
 *	JOINING	about to be RUNNING.  It has not read the current epoch yet, and
 *		ETRACK makes it read the epoch again
 *	RUNNING	runs the enclave's code, or a leaf that uses its pages.  It
 *		counts for ETRACK, and may have translations of that epoch
 *	AWAY	was RUNNING until another thread interrupted it.  It looks at
 *		its state before it executes anything more
 *		(kernel/machine/smp.h).  So it counts as having left by AEX,
 *		even if it has not noticed yet
 *	PARKED	in the kernel, as after an AEX; but no AEX can be seen
 *
 * A processor becomes RUNNING only by itself, after it has looked whether its
 * enclave is still there.  Others turn RUNNING into AWAY.
 *
 * SDM "ETRACK", "EPC and Management of EPC Pages".
 */
#ifndef SWSGX_CPU_PROCESSORS_H
#define SWSGX_CPU_PROCESSORS_H

#include "cpu/cpu.h"

#define CPU_MAX_PROCESSORS 32768

/*
 * `who` of a place that is being taken: this, and the number of the process
 * (tcs_owner_process()).  So it is known whose it is if that process dies
 * before the rest is there.
 */
#define PROCESSOR_CLAIM (1ull << 63)

enum processor_state {
	PROCESSOR_OFFLINE, /* not in this enclave, nor in any */
	PROCESSOR_PARKED,
	PROCESSOR_JOINING,
	PROCESSOR_RUNNING,
	PROCESSOR_AWAY
};

/* The pages of one SSA frame: XSAVE's, and GPRSGX's. */
#define PROCESSOR_FRAME_PAGES (XSAVE_MAX_PAGES + 1)

struct processor {
	uint64_t who;    /* atomic: struct lp's; 0: the place is free */
	uint64_t owner;  /* struct lp's */
	uint64_t inside; /* atomic: see above */
	uint64_t secs;   /* EPC address of the enclave's */
	/*
	 * Atomic: pages that nobody may block, since an AEX will write to them;
	 * two frames, for while one is exchanged for another.  cpu/hold.h.
	 */
	uint64_t tcs;
	uint64_t held[2][PROCESSOR_FRAME_PAGES];
	/* These are the kernel's: kernel/machine/smp.h. */
	uint32_t seen;
	uint16_t senders; /* atomic: who may be about to interrupt it */
	uint16_t reserved;
};
_Static_assert(sizeof(struct processor) == 128, "two cache lines");

static inline enum processor_state processor_state(uint64_t inside)
{
	return inside & 7;
}

static inline uint32_t processor_epoch(uint64_t inside)
{
	return (uint32_t)(inside >> 32);
}

static inline uint64_t processor_inside(const struct processor *p)
{
	return __atomic_load_n(&p->inside, __ATOMIC_SEQ_CST);
}

/* The table as far as it was ever used. */
static inline uint32_t processors_bound(const struct cpu *cpu)
{
	return __atomic_load_n(cpu->nr_processors, __ATOMIC_SEQ_CST);
}

/* Each place of the table that was ever used. */
#define for_each_processor(p, cpu) \
	for (uint32_t i_ = 0, n_ = processors_bound(cpu); \
	     i_ < n_ && ((p) = &(cpu)->processors[i_], true); i_++)

/* The processor's own side ------------------------------------------- */

/* Take a place, PARKED: lp->processor.  Waits while all places are taken. */
void processor_online(struct lp *lp);
/*
 * Give the place back, and all pages that are held.  Harmless without a place.
 * After this no signal is sent, unless its sender was stopped while sending;
 * one that was sent may still arrive.
 */
void processor_offline(struct lp *lp);
/* RUNNING, in the current epoch of this enclave. */
void processor_join(struct lp *lp, uint64_t secs_pa);
void processor_park(struct lp *lp);

/* The others' -------------------------------------------------------- */

/* Is one RUNNING in this enclave that joined it in `epoch` or before? */
bool processors_inside(const struct cpu *cpu, uint64_t secs_pa, uint32_t epoch);
/* A new epoch has begun: processors JOINING this enclave read it again. */
void processors_look_again(const struct cpu *cpu, uint64_t secs_pa);
/* RUNNING as it was in the word `inside` becomes AWAY.  False: it is not so. */
bool processor_send_away(struct processor *p, uint64_t inside);
/* Free the place of a processor that has died. */
void processor_clear(struct processor *p);

#endif
