/* SPDX-License-Identifier: BSD-3-Clause */
/* System calls as Gramine makes them; what it asks of the host first. */
#define _GNU_SOURCE
#include "tests/consumers/gramine/gramine.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <asm/prctl.h>

#include "tests/process/fixture/check.h"

long gramine_sys(long number, long a, long b, long c)
{
	return gramine_syscall(number, a, b, c, 0);
}

long gramine_mmap(uint64_t at, uint64_t length, int prot, int flags, int fd)
{
	register long r10 __asm__("r10") = flags;
	register long r8 __asm__("r8") = fd;
	register long r9 __asm__("r9") = 0;
	long rax = SYS_mmap;

	__asm__ volatile("syscall"
			 : "+a"(rax)
			 : "D"(at), "S"(length), "d"((long)prot), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return rax;
}

long gramine_ioctl(unsigned long request, void *argument)
{
	return gramine_sys(SYS_ioctl, gramine.device, (long)request,
			   (long)(uintptr_t)argument);
}

uint64_t gramine_host_gs(void)
{
	uint64_t gs = 1;

	gramine_sys(SYS_arch_prctl, ARCH_GET_GS, (long)(uintptr_t)&gs, 0);
	return gs;
}

static const char *hwcap2(void)
{
	CHECK(getauxval(AT_HWCAP2) & 2);
	CHECK(cpuid_of(7, 0).ebx & 1);
	return NULL;
}

static bool is_intels(void)
{
	struct cpuid name = cpuid_of(0, 0);

	return name.ebx == signature_INTEL_ebx &&
	       name.edx == signature_INTEL_edx &&
	       name.ecx == signature_INTEL_ecx;
}

/* Where Intel's processors have AVX-512's parts; see docs/DEVIATIONS.md. */
static const char *xsave_layout(void)
{
	static const uint32_t offsets[] = { 1088, 1152, 1664 };
	uint32_t components = cpuid_of(0xd, 0).eax;

	CHECK(components & 4);
	CHECK_EQ(cpuid_of(0xd, 2).ebx, 576);
	if (!is_intels())
		return "the processor is not Intel's: its own offsets (DC30)";
	for (unsigned i = 0; i < 3; i++)
		if (components >> (5 + i) & 1)
			CHECK_EQ(cpuid_of(0xd, 5 + i).ebx, offsets[i]);
	return NULL;
}

/* Who takes XFRM from the features that CPUID shows must be given it. */
static const char *features_and_xfrm(void)
{
	struct cpuid seven = cpuid_of(7, 0), allowed = cpuid_of(0x12, 1);
	const struct {
		uint64_t xfrm;
		bool shown;
	} features[] = {
		{ 4, cpuid_of(1, 0).ecx >> 28 & 1 }, /* AVX */
		{ 7 << 5, seven.ebx >> 16 & 1 },     /* AVX-512 */
		{ 1 << 9, seven.ecx >> 3 & 1 },      /* PKU */
		{ 3 << 17, seven.edx >> 24 & 1 },    /* AMX */
	};
	struct secs secs = {
		.size = 0x10000,
		.ssaframesize = 4,
		.attributes = ATTRIBUTE_MODE64BIT,
		.xfrm = XFRM_LEGACY,
	};
	struct enclave e = ENCLAVE_NONE;

	for (unsigned i = 0; i < 4; i++) {
		uint64_t bits = features[i].xfrm;

		CHECK_EQ(allowed.ecx & bits, features[i].shown ? bits : 0);
		CHECK_EQ(xgetbv0() & bits, features[i].shown ? bits : 0);
		secs.xfrm |= features[i].shown ? bits : 0;
	}
	CHECK_EQ(enclave_open(&e), 0);
	CHECK_EQ(enclave_reserve(&e, secs.size), 0);
	secs.base = e.base;
	CHECK_EQ(enclave_create(&e, &secs), 0);
	enclave_destroy(&e);
	return NULL;
}

static const char *open_device(void)
{
	const char *path = "/dev/sgx_enclave";

	gramine.device = (int)gramine_sys(SYS_open, (long)(uintptr_t)path,
					  O_RDWR | O_CLOEXEC, 0);
	CHECK(gramine.device >= 0);
	return NULL;
}

static const char *edmm_probe(void)
{
	struct sgx_enclave_remove_pages nothing = { 0 };

	CHECK_EQ(gramine_ioctl(SGX_IOC_ENCLAVE_REMOVE_PAGES, &nothing),
		 -EINVAL);
	return NULL;
}

static const char *own_addresses(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			  MAP_FIXED_NOREPLACE;
	static const struct {
		uint64_t at, length;
	} areas[] = {
		{ 0x10000000000, 50 << 10 },
		{ 0x400000000000, 1ul << 40 },
	};

	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(gramine_mmap(areas[i].at, areas[i].length, PROT_NONE,
				      flags, -1),
			 areas[i].at);
		CHECK_EQ(munmap((void *)areas[i].at, areas[i].length), 0);
	}
	return NULL;
}

const struct fact gramine_host_facts[] = {
	{ "AT_HWCAP2 has FSGSBASE", hwcap2 },
	{ "leaf 0DH has Intel's offsets", xsave_layout },
	{ "0x10000000000 and 1 TiB at 0x400000000000 are free", own_addresses },
	{ "CPUID, XCR0, 12H.1 and CREATE agree on AVX, AVX-512, PKRU, AMX",
	  features_and_xfrm },
	{ "/dev/sgx_enclave opens, by an inline system call", open_device },
	{ "REMOVE_PAGES of nothing, before CREATE, is EINVAL", edmm_probe },
	{ 0 }
};
