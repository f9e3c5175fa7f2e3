/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPUID: the leaves that enumerate SGX, and the features that XFRM must have.
 * Software may derive XFRM from the features that it finds, so features whose
 * state XFRM cannot have are hidden.
 * SDM "Enumerating Intel SGX Capabilities"; "CPUID".
 */
#include "cpu/cpu.h"
#include "cpu/mem.h"
#include "cpu/sgx_arch.h"
#include "cpu/xsave.h"

#define LEAF_XSAVE              0xdu
#define LEAF_SGX                0x12u
#define CPUID_D_ECX_SUPERVISOR  (1u << 0) /* a component of IA32_XSS */
#define CPUID_7_EBX_SGX         (1u << 2)
#define CPUID_7_ECX_SGX_LC      (1u << 30)
#define CPUID_7_EDX_SGX_KEYS    (1u << 1)
#define CPUID_12_0_EAX_SGX1     (1u << 0)
#define CPUID_12_0_EAX_SGX2     (1u << 1)
#define CPUID_12_0_EAX_EDECCSSA (1u << 11)
#define CPUID_12_2_EPC          1u /* EAX[3:0]: an EPC section */
#define CPUID_12_2_PROTECTED    1u /* ECX[3:0]: the kind of all others */

/* Where a machine with 32 GiB of memory would plausibly have its EPC. */
#define EPC_PHYSICAL_BASE 0x800000000ull

static void leaf_12_0(const struct package *package, struct cpuid_regs *regs)
{
	regs->eax = CPUID_12_0_EAX_SGX1;
	if (package->sgx2)
		regs->eax |= CPUID_12_0_EAX_SGX2;
	if (package->aexnotify)
		regs->eax |= CPUID_12_0_EAX_EDECCSSA;
	regs->ebx = package->miscselect;
	regs->edx = package->size_log2_not64 | (uint32_t)package->size_log2_64
						       << 8;
}

static void leaf_12_1(const struct package *package, struct cpuid_regs *regs)
{
	regs->eax = (uint32_t)package->attributes;
	regs->ebx = (uint32_t)(package->attributes >> 32);
	regs->ecx = (uint32_t)package->xfrm;
	regs->edx = (uint32_t)(package->xfrm >> 32);
}

static void leaf_12_2(const struct package *package, struct cpuid_regs *regs)
{
	uint64_t size = package->epc_bytes & SGX_PAGE_MASK;

	regs->eax = (uint32_t)EPC_PHYSICAL_BASE | CPUID_12_2_EPC;
	regs->ebx = EPC_PHYSICAL_BASE >> 32;
	regs->ecx = (uint32_t)size | CPUID_12_2_PROTECTED;
	regs->edx = (uint32_t)(size >> 32);
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

/* Features that use a component of XCR0, by the register that shows them. */
static const struct feature_bits {
	uint64_t needs;
	uint32_t leaf, subleaf;
	uint32_t eax, ebx, ecx, edx;
} feature_bits[] = {
	{ XFEATURE_AVX, 1, 0, .ecx = 0x30001000 }, /* AVX, F16C, FMA */
	/* AVX2; VAES, VPCLMULQDQ */
	{ XFEATURE_AVX, 7, 0, .ebx = 0x20, .ecx = 0x600 },
	{ XFEATURE_AVX, 7, 1, .eax = 0x800010, .edx = 0x430 },
	{ XFEATURE_MPX, 7, 0, .ebx = 0x4000 },
	{ XFEATURE_AVX512, 7, 0, .ebx = 0xdc230000, .ecx = 0x5842,
	  .edx = 0x80010c },
	{ XFEATURE_AVX512, 7, 1, .eax = 0x20 },
	{ XFEATURE_PKRU, 7, 0, .ecx = 0x18 }, /* PKU, OSPKE */
	{ XFEATURE_AMX, 7, 0, .edx = 0x3400000 },
	{ XFEATURE_AMX, 7, 1, .eax = 0x200000, .edx = 0x100 },
	{ XFEATURE_AMX, 0x1d, 0, .eax = ~0u }, /* tiles */
	{ XFEATURE_AMX, 0x1d, 1, ~0u, ~0u, ~0u, ~0u },
	{ XFEATURE_AMX, 0x1e, 0, ~0u, ~0u, ~0u, ~0u },
	{ XFEATURE_AMX, 0x1e, 1, ~0u, ~0u, ~0u, ~0u },
};
#define NR_FEATURE_BITS (sizeof(feature_bits) / sizeof(feature_bits[0]))

static void drop_features(const struct package *package, uint32_t leaf,
			  uint32_t subleaf, struct cpuid_regs *regs)
{
	for (unsigned int i = 0; i < NR_FEATURE_BITS; i++) {
		const struct feature_bits *f = &feature_bits[i];

		if (f->leaf != leaf || f->subleaf != subleaf ||
		    (package->xfrm & f->needs) == f->needs)
			continue;
		regs->eax &= ~f->eax;
		regs->ebx &= ~f->ebx;
		regs->ecx &= ~f->ecx;
		regs->edx &= ~f->edx;
	}
}

/* Components: those of XFRM, and, by their own leaves, IA32_XSS's. */
static void leaf_d(const struct package *package, uint32_t subleaf,
		   struct cpuid_regs *regs)
{
	uint64_t all = (uint64_t)regs->edx << 32 | regs->eax;

	if (subleaf == 0) {
		if (all & ~package->xfrm)
			regs->ecx = xsave_size(package, all & package->xfrm);
		regs->eax &= (uint32_t)package->xfrm;
		regs->edx &= (uint32_t)(package->xfrm >> 32);
	} else if (subleaf > 1 && subleaf < 63 &&
		   !(package->xfrm >> subleaf & 1) &&
		   !(regs->ecx & CPUID_D_ECX_SUPERVISOR)) {
		memset(regs, 0, sizeof(*regs));
	}
}

void cpuid_amend(const struct package *package, uint32_t leaf, uint32_t subleaf,
		 struct cpuid_regs *regs)
{
	drop_features(package, leaf, subleaf, regs);
	if (leaf == 0 && regs->eax < LEAF_SGX) {
		/* The highest basic leaf: some hosts' does not reach 12H. */
		regs->eax = LEAF_SGX;
	} else if (leaf == 7 && subleaf == 0) {
		regs->ebx |= CPUID_7_EBX_SGX;
		regs->ecx |= CPUID_7_ECX_SGX_LC;
		regs->edx &= ~CPUID_7_EDX_SGX_KEYS;
	} else if (leaf == LEAF_XSAVE) {
		leaf_d(package, subleaf, regs);
	} else if (leaf == LEAF_SGX) {
		leaf_12(package, subleaf, regs);
	}
}
