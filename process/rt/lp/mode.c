/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the host does for enclave mode and no signal frame holds: the bases of
 * FS and GS, SYSCALL and RDTSC that fault.
 */
#include <asm/prctl.h>
#include <linux/prctl.h>

#include "process/rt/base/log.h"
#include "process/rt/base/sys.h"
#include "process/rt/lp/lp.h"
#include "process/rt/lp/transition.h"
#include "process/rt/rt.h"

#ifndef SYSCALL_DISPATCH_FILTER_BLOCK
#define SYSCALL_DISPATCH_FILTER_ALLOW 0
#define SYSCALL_DISPATCH_FILTER_BLOCK 1
#endif

uint64_t rt_segment_base(bool gs)
{
	uint64_t base = 0;

	if (!rt_process.fsgsbase)
		sys2(__NR_arch_prctl, gs ? ARCH_GET_GS : ARCH_GET_FS, &base);
	else if (gs)
		__asm__ volatile("rdgsbase %0" : "=r"(base));
	else
		__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static void set_base(bool gs, uint64_t base)
{
	if (!rt_process.fsgsbase)
		sys2(__NR_arch_prctl, gs ? ARCH_SET_GS : ARCH_SET_FS, base);
	else if (gs)
		__asm__ volatile("wrgsbase %0" : : "r"(base));
	else
		__asm__ volatile("wrfsbase %0" : : "r"(base));
}

/*
 * SYSCALL in an enclave is #UD.  Syscall User Dispatch raises SIGSYS for it
 * while the selector says so; setting that costs nothing at a transition.  It
 * is armed when a thread first enters; a child of fork() arms it again.
 *
 * DEVIATION DP5: a thread that enters enclaves loses a dispatch of its own.
 */
static void dispatch_syscalls(struct thread *t, bool in_enclave)
{
	if (in_enclave && t->mode.dispatch_tid != t->tid) {
		long r = sys5(__NR_prctl, PR_SET_SYSCALL_USER_DISPATCH,
			      PR_SYS_DISPATCH_ON, RT_BASE, RT_CODE_SPAN,
			      &t->mode.selector);

		if (r && rt_process.verbose)
			rt_log("this kernel cannot catch SYSCALL in an enclave "
			       "(error %ld)",
			       -r);
		t->mode.dispatch_tid = t->tid;
	}
	t->mode.selector = in_enclave ? SYSCALL_DISPATCH_FILTER_BLOCK :
					SYSCALL_DISPATCH_FILTER_ALLOW;
}

/*
 * RDTSC and RDTSCP in an enclave are #UD on a processor without SGX2.  The host
 * is made to raise #GP for them, which enclave_exception() corrects.  Outside,
 * the program's own choice is in force.
 */
static void forbid_tsc(struct thread *t, bool in_enclave)
{
	if (t->lp.cpu->package->sgx2 || t->mode.tsc_forbidden == in_enclave)
		return;
	if (in_enclave)
		sys2(__NR_prctl, PR_GET_TSC, &t->mode.tsc_mode);
	sys2(__NR_prctl, PR_SET_TSC,
	     in_enclave ? PR_TSC_SIGSEGV : t->mode.tsc_mode);
	t->mode.tsc_forbidden = in_enclave;
}

void rt_mode_switch(struct thread *t)
{
	set_base(false, t->lp.r.fsbase);
	set_base(true, t->lp.r.gsbase);
	dispatch_syscalls(t, t->lp.cr_enclave_mode);
	forbid_tsc(t, t->lp.cr_enclave_mode);
}
