/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The logical processors that are in enclave mode, of all processes of a
 * platform, and interrupts between them.  A thread takes a place in the table
 * when it has entered, and gives it back when it has left; so whoever must
 * reach the threads inside (a page is to go, the EPC is to be lost) finds
 * them, and disturbs no thread that may be waiting in a system call.
 *
 * A processor that the kernel works for (a fault, an ENCLU that trapped) is
 * `parked`: it runs no enclave code, may itself be waiting for who sends the
 * interrupt, and is not sent anything.  It looks for itself when it goes on:
 * sgx_processor_unpark(), then sgx_processor_due().
 *
 * Each kind of interrupt has a number in struct sgx_shared that grows.  Who
 * enters compares before and after, so that an interrupt which came in between
 * is not missed.  Linux: on_each_cpu_mask(), cpumask_of_mm().
 */
#ifndef SWSGX_KERNEL_SMP_H
#define SWSGX_KERNEL_SMP_H

#include "cpu/cpu.h"

#define SGX_MAX_PROCESSORS	32768

enum sgx_ipi_kind {
	SGX_IPI_TRACK,	/* leave the enclave's epoch and join the next */
	SGX_IPI_LEAVE,	/* leave the enclave, by AEX */
	SGX_IPI_KINDS
};

struct sgx_processor {
	uint64_t who;		/* atomic: pid << 32 | tid; 0: free */
	uint64_t secs;		/* EPC address of the enclave's */
	uint64_t owner;		/* struct lp's */
	uint32_t state;		/* atomic */
	uint32_t senders;	/* atomic: who may be about to interrupt it */
	uint32_t epoch;		/* atomic: of the enclave, that it is in */
	uint32_t seen[SGX_IPI_KINDS];	/* atomic: the last it acted upon */
	uint32_t interrupted;	/* atomic: by a signal, since it entered */
};

struct sgx_mm;
struct sgx_shared;

/* The processor's own side --------------------------------------------- */

/*
 * Before EENTER or ERESUME: what has been, into seen[].  After it: take a
 * place.  `pid` as the platform's server knows it, `tid` as the process does.
 * Waits if SGX_MAX_PROCESSORS are inside.
 */
void sgx_ipi_look(const struct sgx_shared *shared,
		  uint32_t seen[SGX_IPI_KINDS]);
struct sgx_processor *
sgx_processor_enter(struct sgx_mm *mm, const struct lp *lp, uint32_t pid,
		    uint32_t tid, const uint32_t seen[SGX_IPI_KINDS]);
/*
 * It has left.  When this returns nobody is about to interrupt the thread any
 * more; what was sent is pending.  Returns sgx_processor_interrupted().
 */
bool sgx_processor_leave(struct sgx_mm *mm, struct sgx_processor *p);
/* Has an interrupt been sent to it, since it entered? */
bool sgx_processor_interrupted(const struct sgx_processor *p);
/* What lp does next it does not do as a processor in enclave mode. */
void sgx_processor_park(struct sgx_processor *p);
/* It goes on.  Harmless if it was not parked. */
void sgx_processor_unpark(struct sgx_processor *p, struct lp *lp);
/* Has one come that it has not acted upon?  Then *seq is its number. */
bool sgx_processor_due(const struct sgx_shared *shared,
		       const struct sgx_processor *p, enum sgx_ipi_kind kind,
		       uint32_t *seq);
void sgx_processor_done(struct sgx_processor *p, enum sgx_ipi_kind kind,
			uint32_t seq);
/*
 * All that a processor does before it runs the enclave's code (again).  True:
 * it is to leave by AEX instead.
 */
bool sgx_processor_answer(struct sgx_mm *mm, struct sgx_processor *p,
			  struct lp *lp);

/* The sender's side ---------------------------------------------------- */

struct sgx_ipi {
	enum sgx_ipi_kind kind;
	uint64_t secs;		/* whose processors; EPC_NONE: any enclave's */
	uint32_t pid;		/* only of this process; 0: of any */
	uint32_t seq;		/* sgx_ipi_begin() fills it in */
	/*
	 * Make the thread look; `probe`: only see if it lives.  0, or -ESRCH:
	 * there is no such thread.
	 */
	int (*send)(uint32_t pid, uint32_t tid, bool probe);
};

/* From now on whoever enters, or goes on, acts upon it. */
void sgx_ipi_begin(struct sgx_shared *shared, struct sgx_ipi *ipi);
/*
 * Send it to those inside.  How many there are, parked ones too.  Threads that
 * have died are forgotten.
 */
unsigned sgx_ipi_send(struct sgx_mm *mm, const struct sgx_ipi *ipi);
/*
 * How many have not acted upon it.  Those that are parked need not: what
 * SGX_IPI_TRACK asks of them is done here on their behalf, and SGX_IPI_LEAVE
 * they do before they run the enclave's code again.  `probe`: see also who
 * has died.
 */
unsigned sgx_ipi_pending(struct sgx_mm *mm, const struct sgx_ipi *ipi,
			 bool probe);
/* Threads that died inside, and all of a process, hold no place any more. */
void sgx_processors_sweep(struct sgx_mm *mm,
			  int (*send)(uint32_t pid, uint32_t tid, bool probe));
void sgx_processors_forget(struct sgx_mm *mm, uint32_t pid);
/*
 * A thread that has died, with its process.  True: it was inside, and counted
 * in *epoch; nobody acts on its behalf any more.
 */
bool sgx_processor_bury(struct sgx_mm *mm, uint64_t owner, uint32_t *epoch);
/* After that: the places of a process (kernel/host.h, `current`) are free. */
void sgx_processors_exit(struct sgx_mm *mm, uint32_t process);

#endif
