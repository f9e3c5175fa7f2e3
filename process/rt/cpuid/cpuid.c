/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPUID as the platform defines it.  Where the CPU can fault it, the kernel
 * raises #GP (SIGSEGV) at the instruction, arch_prctl(2) ARCH_SET_CPUID;
 * elsewhere it was rewritten (cpuid_sites.c).
 * Programs ask before they open a device, so CPUID shows the platform in every
 * process of the run.
 *
 * DEVIATION DJ3: where CPUID does not fault, it works in an enclave.
 *
 * DEVIATION DP7: a program's own use of ARCH_SET_CPUID has no effect.
 */
#include <asm/prctl.h>

#include "process/rt/base/abi.h"
#include "process/rt/base/params.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/cpuid/cpuid.h"
#include "process/rt/rt.h"

static void host_cpuid(uint32_t leaf, uint32_t sub, struct cpuid_regs *r)
{
	__asm__ volatile("cpuid"
			 : "=a"(r->eax), "=b"(r->ebx), "=c"(r->ecx),
			   "=d"(r->edx)
			 : "0"(leaf), "2"(sub));
}

void rt_cpuid_init(void)
{
	if (rt_params.cpuid == RT_CPUID_FAULT &&
	    sys2(__NR_arch_prctl, ARCH_SET_CPUID, 0) == 0)
		rt_process.cpuid.faulting = 1;
}

static bool is_known(uint32_t leaf, uint32_t sub, struct cpuid_regs *r)
{
	const struct rt_cpuid_answer *a = rt_params.known;

	for (; a < rt_params.known + rt_params.nr_known; a++)
		if (a->leaf == leaf && (a->any || a->sub == sub)) {
			*r = (struct cpuid_regs){ .eax = a->eax,
						  .ebx = a->ebx,
						  .ecx = a->ecx,
						  .edx = a->edx };
			return true;
		}
	return false;
}

static void ask_host(uint32_t leaf, uint32_t sub, struct cpuid_regs *r)
{
	if (rt_process.cpuid.faulting)
		sys2(__NR_arch_prctl, ARCH_SET_CPUID, 1);
	host_cpuid(leaf, sub, r);
	if (rt_process.cpuid.faulting)
		sys2(__NR_arch_prctl, ARCH_SET_CPUID, 0);
}

void rt_cpuid_execute(struct machine_context *mc)
{
	uint32_t leaf = (uint32_t)mc->rax, sub = (uint32_t)mc->rcx;
	struct cpuid_regs r;

	if (!is_known(leaf, sub, &r))
		ask_host(leaf, sub, &r);
	cpuid_amend(&rt_params.package, leaf, sub, &r);
	mc->rax = r.eax;
	mc->rbx = r.ebx;
	mc->rcx = r.ecx;
	mc->rdx = r.edx;
}

/* SDM vol. 2, "Instruction Prefixes", "REX Prefixes"; LOCK would be #UD */
static bool is_prefix(uint8_t byte)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64 ... 0x67:
	case 0xf2:
	case 0xf3:
		return true;
	default:
		return (byte & 0xf0) == 0x40;
	}
}

bool rt_cpuid_fault(struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	uint64_t rip = mc->rip;
	uint8_t insn[2];

	if (!rt_process.cpuid.faulting)
		return false;
	while (rip - mc->rip < 13 && !rt_get(insn, rip, 2) &&
	       is_prefix(insn[0]))
		rip++;
	if (rt_get(insn, rip, 2) || insn[0] != 0x0f || insn[1] != 0xa2)
		return false;
	rt_cpuid_execute(mc);
	mc->rip = rip + 2;
	return true;
}
