/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPUID as the platform defines it, where the CPU can fault it: the kernel
 * then raises #GP (SIGSEGV) at the instruction.  arch_prctl(2) ARCH_SET_CPUID.
 * What the program's CPUID shows does not depend on a process having met SGX:
 * it is asked before a device is opened.
 *
 * DEVIATION DP7: a program's own use of ARCH_SET_CPUID has no effect.
 */
#include <asm/prctl.h>

#include "process/rt/rt.h"
#include "process/rt/sys.h"
#include "process/rt/uaccess.h"

static void host_cpuid(uint32_t leaf, uint32_t sub, struct cpuid_regs *r)
{
	__asm__ volatile("cpuid"
			 : "=a"(r->eax), "=b"(r->ebx), "=c"(r->ecx),
			   "=d"(r->edx)
			 : "0"(leaf), "2"(sub));
}

void rt_cpuid_init(void)
{
	if (sys2(__NR_arch_prctl, ARCH_SET_CPUID, 0) == 0)
		rt_process.cpuid_faulting = 1;
}

bool rt_cpuid_fault(struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	uint32_t leaf = (uint32_t)mc->rax, sub = (uint32_t)mc->rcx;
	struct cpuid_regs r;
	uint8_t insn[2];

	if (!rt_process.cpuid_faulting || rt_get(insn, mc->rip, 2) ||
	    insn[0] != 0x0f || insn[1] != 0xa2)
		return false;
	sys2(__NR_arch_prctl, ARCH_SET_CPUID, 1);
	host_cpuid(leaf, sub, &r);
	sys2(__NR_arch_prctl, ARCH_SET_CPUID, 0);
	cpuid_amend(&rt_params.package, leaf, sub, &r);
	mc->rax = r.eax;
	mc->rbx = r.ebx;
	mc->rcx = r.ecx;
	mc->rdx = r.edx;
	mc->rip += 2;
	return true;
}
