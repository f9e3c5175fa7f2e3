/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runtime inside a program's process: what a thread is and what the process
 * is, put together from what each room keeps (its state.h).  README.md beside
 * this file has the laws of the house and the order of the rooms.
 */
#ifndef SWSGX_PROCESS_RT_RT_H
#define SWSGX_PROCESS_RT_RT_H

#include "cpu/cpu.h"
#include "kernel/fault/fault.h"
#include "kernel/machine/loss.h"
#include "kernel/machine/smp.h"
#include "kernel/mm/mmap.h"
#include "kernel/mm/pte.h"
#include "kernel/mm/vma.h"
#include "kernel/sgx/driver.h"
#include "process/ctl.h"
#include "process/rt/abort_page/state.h"
#include "process/rt/cpuid/state.h"
#include "process/rt/filter/state.h"
#include "process/rt/host/state.h"
#include "process/rt/lp/state.h"
#include "process/rt/platform/state.h"
#include "process/rt/signal/state.h"
#include "process/rt/syscall/state.h"
#include "process/rt/thread/state.h"

/*
 * A thread.  Lies at the low end of its slot; the rest of the slot is the stack
 * that handlers run on.
 */
struct thread {
	uint32_t tid;                 /* 0: nobody's slot */
	uint32_t pid;                 /* whose thread it was at first */
	struct lp lp;                 /* the logical processor that it is */
	struct sgx_section *section;  /* innermost; platform/section.h */
	struct fault_retries retries; /* of its faults; kernel/fault/ */
	struct ksignal uaccess_fault; /* the last one in base/uaccess.h */
	struct thread_signal signal;
	struct thread_host host;
	struct thread_entry entry;
	struct thread_ipi ipi;
	struct thread_mode mode;
	struct thread_view view;
	struct thread_xcr0 xcr0;
	struct thread_injection injection;
	struct thread_plain plain;
	struct thread_stats stats;
	struct thread_abort_page abort_page;
	struct thread_syscall syscall;
	struct thread_vfork vfork;
	/* Actions of children of vfork(); last: a new thread keeps them. */
	struct ksigaction vfork_actions[RT_VFORK_DEPTH][NSIG_MAX + 1];
	struct thread_tape tape; /* and behind last: a new thread has it */
};
#define RT_STACK_MIN 0x8000ul
_Static_assert(sizeof(struct thread) <= RT_SLOT_SIZE - RT_STACK_MIN,
	       "a thread's state leaves room for its stack");

/* The process: its address space. */
struct process {
	uint32_t pid;
	uint32_t verbose;
	uint32_t attached; /* mm is valid */
	uint32_t fsgsbase; /* RDFSBASE and its kin may be used */
	struct sgx_mm mm;
	struct process_signal signal;
	struct process_host host;
	struct process_filter filter;
	struct process_stubs stubs;
	struct process_ipi ipi;
	struct process_cpuid cpuid;
	struct process_platform platform;
	struct process_syscall syscall;
};
extern struct process rt_process;

/* The thread whose slot's stack this runs on. */
static inline struct thread *rt_current(void)
{
	return (struct thread *)((uint64_t)__builtin_frame_address(0) &
				 ~(uint64_t)(RT_SLOT_SIZE - 1));
}

/*
 * Does t belong to the process that owns this memory?  A child of vfork() does
 * not.  Nor does any other process that only shares the memory.
 */
static inline bool rt_is_own(const struct thread *t)
{
	return !t->vfork.depth && t->pid == rt_process.pid;
}

#endif
