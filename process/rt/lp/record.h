/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the runtime records for those who follow the run (process/tape.h).
 * Without any, none of these does anything but look at one word.
 */
#ifndef SWSGX_PROCESS_RT_LP_RECORD_H
#define SWSGX_PROCESS_RT_LP_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/fault/fault.h"
#include "kernel/host.h"
#include "kernel/platform/layout.h"
#include "process/rt/rt.h"
#include "process/tape_records.h"

struct instruction;

/* Does somebody want records of one of these classes? */
static inline bool rt_records(uint32_t classes)
{
	return rt_process.attached &&
	       (sgx_trace(rt_process.mm.shared) & classes);
}

/* Must it come in by a trap first, to get its tape? */
static inline bool rt_record_due(const struct thread *t)
{
	return rt_records(TAPE_CLASS_ALL) && !t->tape.tape.data &&
	       !t->tape.refused;
}
/* No lock is held: whoever has no tape gets one, if records are wanted. */
void rt_record_ready(struct thread *t);

/* Of this room: one more record; the reason that was noted, its length. */
void rt_record_put(struct thread *t, struct tape_record *r, enum tape_kind kind,
		   size_t size);
uint32_t rt_record_reason(const struct thread *t, uint8_t *to);

/* record_call.c: calls, once their results are known. */
void rt_record_open(struct thread *t, enum sgx_file_kind kind, uint64_t flags,
		    long result);
void rt_record_ioctl(struct thread *t, int fd, uint32_t cmd, uint64_t arg,
		     const struct sgx_encl *encl, long result);
/* mmap() or mprotect(), if it has to do with an enclave. */
void rt_record_memory(struct thread *t, uint64_t nr,
		      const struct machine_context *mc, uint64_t address);

/*
 * A leaf, if leaves are wanted (`on`): begin before it; end when it has
 * retired.  One that faulted, when it is certain that it will not be made
 * again: regs, and end.
 */
struct rt_leaf_record {
	bool on, inside;
	struct lp_regs r;
	struct tape_enclave enclave;
};
void rt_record_leaf_begin(struct thread *t, struct rt_leaf_record *leaf);
void rt_record_leaf_regs(struct thread *t, struct rt_leaf_record *leaf);
void rt_record_leaf_end(struct thread *t, const struct rt_leaf_record *leaf,
			const struct fault *fault);

/* An AEX: what is known before it, and after. */
void rt_record_aex_begin(struct thread *t, const struct fault *event,
			 const struct instruction *insn, struct tape_aex *aex);
void rt_record_aex_end(struct thread *t, const struct fault *event,
		       const struct instruction *insn, struct tape_aex *aex);

/* A page fault at `address`, and what became of it. */
void rt_record_fault(struct thread *t, uint64_t address, uint32_t host_code,
		     enum fault_outcome outcome, const struct ksignal *signal);
/* In the middle of whatever moved the page. */
void rt_record_paging(enum sgx_paged how, const struct sgx_encl *encl,
		      uint64_t address);
/* The program is told: by the vDSO, or by a signal. */
void rt_record_signal(struct thread *t, uint64_t rip,
		      const struct ksignal *signal, bool vdso);

#endif
