/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes of `swsgx check`: the host's processor. */
#include <asm/hwcap2.h>
#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/check/probe.h"
#include "cli/platform.h"

#define CPUID1_ECX_PCLMUL (1u << 1)
#define CPUID1_ECX_AES    (1u << 25)
#define CPUID7_EBX_SHA    (1u << 29)

void probe_architecture(struct probe_result *result)
{
	struct utsname name;

	uname(&name);
	result->ok = sizeof(void *) == 8 && !strcmp(name.machine, "x86_64");
	probe_found(result, "%s", name.machine);
	probe_cure(result, "use a 64-bit x86 machine and kernel");
}

void probe_fsgsbase(struct probe_result *result)
{
	result->ok = getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE;
	probe_found(result, "%s",
		    result->ok ? "WRFSBASE and WRGSBASE work in programs" :
				 "not enabled (AT_HWCAP2 bit 1)");
	probe_cure(result, "Linux 5.9 or newer, not started with nofsgsbase");
}

static sigjmp_buf cpuid_out;

static void cpuid_faulted(int sig)
{
	siglongjmp(cpuid_out, sig);
}

static int try_cpuid_faulting(struct probe_child *child)
{
	unsigned eax, ebx, ecx, edx;

	child->step = "arch_prctl(ARCH_SET_CPUID)";
	if (syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0))
		return errno;
	child->step = "CPUID does not fault";
	signal(SIGSEGV, cpuid_faulted);
	if (sigsetjmp(cpuid_out, 1))
		return 0;
	__cpuid(0, eax, ebx, ecx, edx);
	return ENOTSUP;
}

void probe_cpuid_faulting(struct probe_result *result)
{
	if (probe_try(result, try_cpuid_faulting))
		probe_found(result, "programs' CPUID can be answered");
	probe_cure(result, "none on this processor or virtual machine");
}

static int try_pkeys(struct probe_child *child)
{
	child->step = "pkey_alloc";
	return pkey_alloc(0, 0) < 0 ? errno : 0;
}

void probe_protection_keys(struct probe_result *result)
{
	if (probe_try(result, try_pkeys))
		probe_found(result, "there are some");
	else
		probe_found(result, "none");
}

void probe_crypto(struct probe_result *result)
{
	unsigned eax, ebx, ecx, edx;
	unsigned leaf1_ecx, leaf7_ebx = 0;

	__cpuid(1, eax, ebx, leaf1_ecx, edx);
	if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
		leaf7_ebx = ebx;
	result->ok = leaf7_ebx & CPUID7_EBX_SHA && leaf1_ecx & CPUID1_ECX_AES &&
		     leaf1_ecx & CPUID1_ECX_PCLMUL;
	probe_found(result, "SHA-NI %s, AES-NI %s, PCLMULQDQ %s",
		    leaf7_ebx & CPUID7_EBX_SHA ? "yes" : "no",
		    leaf1_ecx & CPUID1_ECX_AES ? "yes" : "no",
		    leaf1_ecx & CPUID1_ECX_PCLMUL ? "yes" : "no");
}

static void list_components(uint64_t xcr0, char list[PROBE_TEXT])
{
	/* clang-format off */
	static const char *const names[CPU_XFEATURES] = {
		"x87", "SSE", "AVX", "BNDREGS", "BNDCSR", "opmask",
		"ZMM_Hi256", "Hi16_ZMM", NULL, "PKRU",
		[17] = "XTILECFG", "XTILEDATA", "APX",
	};
	/* clang-format on */

	list[0] = '\0';
	for (unsigned i = 0; i < 64; i++) {
		size_t length = strlen(list);

		if (xcr0 >> i & 1)
			snprintf(list + length, PROBE_TEXT - length, " %s",
				 i < CPU_XFEATURES && names[i] ? names[i] :
								 "other");
	}
}

/* XFRM is the part of XCR0 that fits an SSA frame, as in a package. */
void probe_xfeatures(struct probe_result *result)
{
	static struct package package;
	struct package_config config = { 0 };
	char list[PROBE_TEXT];

	platform_host_features(&config);
	package_init(&package, &config, platform_entropy);
	list_components(config.xcr0, list);
	result->ok = (config.xcr0 & 3) == 3;
	if (package.xfrm == config.xcr0)
		probe_found(result, "XCR0 %#llx:%s; XFRM may have all of it",
			    (unsigned long long)config.xcr0, list);
	else
		probe_found(result, "XCR0 %#llx:%s; XFRM may have %#llx",
			    (unsigned long long)config.xcr0, list,
			    (unsigned long long)package.xfrm);
}
