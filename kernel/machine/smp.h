/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts between logical processors, of all processes of a platform.
 * cpu/processors.h has the table of those that are in enclaves.
 *
 * Nobody waits for an answer.  To interrupt a processor is to make a signal
 * pending for its thread (`send`), and then to make sure (`fence`) that the
 * thread is not in the middle of its work: from then on it executes nothing
 * before the signal's handler, whether it runs, waits for a CPU, is stopped,
 * traced or frozen, or is killed.  So it can be sent AWAY: it counts as having
 * left by AEX, as the interrupt would have made it leave.  When it runs again
 * it looks what has become of the enclave before it goes on,
 * sgx_processor_resume().
 *
 * A processor that is interrupted in a leaf while it is RUNNING makes the leaf
 * again from its start (machine/leaf.c).
 *
 * Linux: kernel/smp.c, on_each_cpu_mask(), cpumask_of_mm().
 */
#ifndef SWSGX_KERNEL_MACHINE_SMP_H
#define SWSGX_KERNEL_MACHINE_SMP_H

#include "cpu/cpu.h"
#include "cpu/processors.h"

struct sgx_mm;
struct sgx_shared;

/* struct lp's `who`; `pid` as the server knows it. */
static inline uint64_t sgx_who(uint32_t pid, uint32_t tid)
{
	return (uint64_t)pid << 32 | tid;
}

/* The processor's own side --------------------------------------------- */

/*
 * All that a processor in enclave mode does before it runs the enclave's code
 * (again): it joins the current epoch, and the real mappings follow the EPCM.
 * True: it is to leave by AEX instead, and is still PARKED.
 */
bool sgx_processor_resume(struct sgx_mm *mm, struct lp *lp);
/*
 * Past losses do not concern a thread that enters: what it sees before, its
 * processor saw.
 */
void sgx_processor_look(const struct sgx_shared *shared, uint32_t *seen);
void sgx_processor_saw(struct lp *lp, uint32_t seen);
/* Has there been a loss since, so that it must leave? */
bool sgx_processor_must_leave(const struct sgx_mm *mm, const struct lp *lp);
/*
 * Does an interrupt concern it: does it run in its enclave, or enter it, or was
 * it sent away and has not looked yet?
 */
bool sgx_processor_is_inside(const struct lp *lp);

/* The sender's side ---------------------------------------------------- */

/* How the threads of one process, or of all, are reached. */
struct sgx_sender {
	uint32_t pid; /* only this process's; 0: everybody's */
	/* Make the thread look.  0, or -ESRCH: there is no such thread. */
	int (*send)(uint32_t pid, uint32_t tid);
	/* Those threads execute nothing more of their work.  0 or -errno. */
	int (*fence)(void);
};

/*
 * Interrupt the processors that are RUNNING in the enclave of `secs` (EPC_NONE:
 * in any) and joined it in `epoch` or before.  Returns how many this sender
 * does not reach; another sender may try them.
 */
unsigned sgx_interrupt(struct sgx_mm *mm, const struct sgx_sender *sender,
		       uint64_t secs, uint32_t epoch);
/* Everybody who is inside leaves, and may come back at once.  How many. */
unsigned sgx_expel(struct sgx_mm *mm);
/* How many are in an enclave and need not leave it for a loss. */
unsigned sgx_processors_entered(const struct sgx_mm *mm);
/* exit.c: free the places of this process's threads.  It has died. */
void sgx_processors_exit(struct sgx_mm *mm, uint32_t process);

#endif
