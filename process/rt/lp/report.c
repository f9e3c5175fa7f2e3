/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the program is told of an exception.
 * Linux 6.1 arch/x86/kernel/traps.c fixup_vdso_exception(), force_sig_fault().
 */
#include "cpu/mem.h"
#include "kernel/vdso/vdso.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/params.h"
#include "process/rt/lp/injection.h"
#include "process/rt/lp/lp.h"
#include "process/rt/lp/record.h"
#include "process/rt/lp/stats.h"
#include "process/rt/lp/transition.h"
#include "process/rt/rt.h"
#include "process/rt/signal/signal.h"

void rt_deliver_fault(struct thread *t, struct kucontext *uc,
		      const struct ksignal *signal)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = signal->sig;
	info.si_code = signal->code;
	info.si_addr = (void *)signal->addr;
	if (signal->sig == SIGSEGV && signal->code == SEGV_PKUERR)
		info.si_pkey = signal->pkey;
	uc->mc.trapno = signal->trapnr;
	uc->mc.err = signal->error_code;
	if (signal->trapnr == VECTOR_PF)
		uc->mc.cr2 = signal->cr2;
	rt_record_signal(t, uc->mc.rip, signal, false);
	rt_note_trap(t, uc);
	rt_deliver(t, uc, signal->sig, &info, true);
}

void rt_report(struct thread *t, struct kucontext *uc,
	       const struct ksignal *signal)
{
	rt_stats_fault(t, signal);
	rt_injection_count(t, SGX_WHEN_FAULT);
	if (fixup_vdso_exception(&t->lp, rt_params.vdso_address, signal->trapnr,
				 signal->error_code, signal->cr2)) {
		rt_record_signal(t, t->lp.r.rip, signal, true);
		rt_frame_store(t, uc);
		return;
	}
	rt_frame_store(t, uc);
	rt_deliver_fault(t, uc, signal);
}

void rt_host_fault(const struct kucontext *uc, const siginfo_t *info, int sig,
		   struct ksignal *signal)
{
	*signal = (struct ksignal){ .sig = sig,
				    .code = info->si_code,
				    .trapnr = VECTOR_PF,
				    .error_code = (uint32_t)uc->mc.err };
	if (sig == SIGSEGV && info->si_code == SEGV_PKUERR)
		signal->pkey = info->si_pkey;
}

uint32_t rt_fault_code(const struct kucontext *uc, const siginfo_t *info)
{
	return (uint32_t)uc->mc.err |
	       (info->si_signo == SIGSEGV && info->si_code == SEGV_PKUERR ?
			PF_PK :
			0);
}
