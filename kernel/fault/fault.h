/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exceptions: what the processor raises on enclave memory and in an enclave,
 * what Linux does about it, and which signal the program gets.
 */
#ifndef SWSGX_KERNEL_FAULT_FAULT_H
#define SWSGX_KERNEL_FAULT_FAULT_H

#include "kernel/platform/mm_types.h"

/*
 * What a thread's faults have in common: how often it has retried, so that no
 * retry goes on without end (retry.c).  The caller keeps one for each thread,
 * all zero at first.
 */
struct fault_retries {
	uint64_t address, rip; /* of the access that is repeated */
	uint32_t repeats;      /* how often in a row */
	uint32_t repeats_seq;  /* paging_seq then */
	uint32_t blamed;       /* refusals in a row, for paging */
	uint32_t paging_seq;   /* at the last of them */
	bool tcs_free;         /* retried because the TCS was free */
	uint64_t ahead;        /* where it faults next if it goes on so */
	uint64_t window;       /* bytes that were loaded ahead then */
};

/* What the program is told of an exception: siginfo as Linux fills it. */
struct ksignal {
	int sig;             /* SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP */
	int code;            /* si_code */
	uint64_t addr;       /* si_addr */
	uint32_t pkey;       /* SEGV_PKUERR */
	uint8_t trapnr;      /* REG_TRAPNO */
	uint32_t error_code; /* REG_ERR */
	uint64_t cr2;        /* REG_CR2, for #PF */
};

enum fault_outcome {
	FAULT_RETRY,  /* mended: run the instruction again */
	FAULT_SIGNAL, /* *signal says what */
	/*
	 * Outside the enclave, on an EPC page that the page tables allow: the
	 * access reads ones, a write is lost.  Nothing has been mapped.  A
	 * caller that cannot give the thread that view calls sgx_sync_page()
	 * and retries.
	 */
	FAULT_ABORT_PAGE,
	/*
	 * No enclave mapping is involved: the host's siginfo is right.  In
	 * enclave mode lp->fault holds the event for aex().
	 */
	FAULT_NOT_OURS,
};

/*
 * The host raised a page fault at `address` while lp ran (in enclave mode or
 * not).  `hw_code` is its error code, with PF_PK for SEGV_PKUERR also where the
 * page is absent, so that it was the host's kernel that looked at the key.
 * Decides what the processor and Linux would have made of it: the model's walk,
 * the EPCM, access_error(), sgx_vma_fault().  Brings the real mapping in line
 * where the access is right.
 * On FAULT_SIGNAL in enclave mode lp->fault holds the event for aex(), and
 * *signal must be completed from aex()'s cr2.
 */
enum fault_outcome exc_page_fault(struct sgx_mm *mm, struct lp *lp,
				  struct fault_retries *retries,
				  uint32_t hw_code, uint64_t address,
				  struct ksignal *signal);

/*
 * The same for a fault that the model raised: a leaf or an instruction left it
 * in lp->fault (ENCLU on a bad operand).
 */
enum fault_outcome exc_model_fault(struct sgx_mm *mm, struct lp *lp,
				   struct fault_retries *retries,
				   struct ksignal *signal);
/* What was decided by, of the page at `address`: for people. */
struct fault_view {
	bool has_vma, has_pte;
	uint64_t base, size; /* of the enclave */
	uint8_t vma_prot, pkey;
	bool has_page; /* the rest is known */
	bool evicted;
	uint8_t valid, pt, flags; /* struct epcm */
};
void exc_fault_view(struct sgx_mm *mm, uint64_t address,
		    struct fault_view *view);

/* A leaf has retired: earlier retries do not count any more. */
void exc_leaf_retired(struct fault_retries *retries);

/*
 * Any other vector (traps.c): the signal Linux gives for it.  code 0 (#MF,
 * #XM): the host's si_code is right, it comes from the FPU's own state.
 */
void exc_signal(uint8_t vector, uint32_t error_code, uint64_t rip,
		struct ksignal *signal);

/*
 * The page walk for struct lp (walk_ctx = mm): Linux's page tables.  Takes
 * mm->lock, so no leaf may be called while it is held.
 */
int sgx_walk(struct lp *lp, uint64_t la, unsigned access, uint64_t *pa);

#endif
