/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPUID, as far as SGX is enumerated by it.
 * SDM "Enumerating Intel SGX Capabilities"; "CPUID", leaves 07H and 12H.
 */
#include "cpu/cpu.h"
#include "cpu/mem.h"
#include "cpu/sgx_arch.h"

#define LEAF_SGX		0x12u
#define CPUID_7_EBX_SGX		(1u << 2)
#define CPUID_7_ECX_SGX_LC	(1u << 30)
#define CPUID_7_EDX_SGX_KEYS	(1u << 1)
#define CPUID_12_0_EAX_SGX1	(1u << 0)
#define CPUID_12_0_EAX_SGX2	(1u << 1)
#define CPUID_12_0_EAX_EDECCSSA	(1u << 11)
#define CPUID_12_2_EPC		1u	/* EAX[3:0]: an EPC section */
#define CPUID_12_2_PROTECTED	1u	/* ECX[3:0]: the kind of all others */

/* Where a machine with 32 GiB of memory would plausibly have its EPC. */
#define EPC_PHYSICAL_BASE	0x800000000ull

static void leaf_12_0(const struct package *package, struct cpuid_regs *regs)
{
	regs->eax = CPUID_12_0_EAX_SGX1;
	if (package->sgx2)
		regs->eax |= CPUID_12_0_EAX_SGX2;
	if (package->aexnotify)
		regs->eax |= CPUID_12_0_EAX_EDECCSSA;
	regs->ebx = package->miscselect;
	regs->edx = package->size_log2_not64 |
		    (uint32_t)package->size_log2_64 << 8;
}

static void leaf_12_1(const struct package *package, struct cpuid_regs *regs)
{
	regs->eax = (uint32_t)package->attributes;
	regs->ebx = package->attributes >> 32;
	regs->ecx = (uint32_t)package->xfrm;
	regs->edx = package->xfrm >> 32;
}

static void leaf_12_2(const struct package *package, struct cpuid_regs *regs)
{
	uint64_t size = package->epc_bytes & SGX_PAGE_MASK;

	regs->eax = (uint32_t)EPC_PHYSICAL_BASE | CPUID_12_2_EPC;
	regs->ebx = EPC_PHYSICAL_BASE >> 32;
	regs->ecx = (uint32_t)size | CPUID_12_2_PROTECTED;
	regs->edx = size >> 32;
}

static void leaf_12(const struct package *package, uint32_t subleaf,
		    struct cpuid_regs *regs)
{
	memset(regs, 0, sizeof(*regs));
	if (subleaf == 0)
		leaf_12_0(package, regs);
	else if (subleaf == 1)
		leaf_12_1(package, regs);
	else if (subleaf == 2)
		leaf_12_2(package, regs);
}

void cpuid_amend(const struct package *package, uint32_t leaf,
		 uint32_t subleaf, struct cpuid_regs *regs)
{
	if (leaf == 0 && regs->eax < LEAF_SGX) {
		/* The highest basic leaf: some hosts' does not reach 12H. */
		regs->eax = LEAF_SGX;
	} else if (leaf == 7 && subleaf == 0) {
		regs->ebx |= CPUID_7_EBX_SGX;
		regs->ecx |= CPUID_7_ECX_SGX_LC;
		regs->edx &= ~CPUID_7_EDX_SGX_KEYS;
	} else if (leaf == LEAF_SGX) {
		leaf_12(package, subleaf, regs);
	}
}
