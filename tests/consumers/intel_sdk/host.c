/* SPDX-License-Identifier: BSD-3-Clause */
/* What the uRTS looks at before it builds: vDSO, CPUID, devices. */
#define _GNU_SOURCE
#include "tests/consumers/intel_sdk/intel_sdk.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"

static vdso_sgx_enter_enclave_t vdso;

/* Once, before main(): names, in sections that it knows by their names. */
__attribute__((constructor)) static void find_vdso(void)
{
	const uint8_t *image = (void *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *header = (const void *)image;
	const Elf64_Shdr *sh, *dynsym = NULL;
	const char *dynstr = NULL, *names;

	if (!image)
		return;
	sh = (const void *)(image + header->e_shoff);
	names = (const char *)image + sh[header->e_shstrndx].sh_offset;
	for (unsigned i = 0; i < header->e_shnum; i++) {
		if (!strcmp(names + sh[i].sh_name, ".dynstr"))
			dynstr = (const char *)image + sh[i].sh_offset;
		if (!strcmp(names + sh[i].sh_name, ".dynsym"))
			dynsym = &sh[i];
	}
	for (uint64_t i = 0;
	     dynstr && dynsym && i < dynsym->sh_size / dynsym->sh_entsize;
	     i++) {
		const Elf64_Sym *s = (const void *)(image + dynsym->sh_offset);
		uintptr_t at = (uintptr_t)image + s[i].st_value;

		if (!strcmp(dynstr + s[i].st_name, "__vdso_sgx_enter_enclave"))
			vdso = (vdso_sgx_enter_enclave_t)at;
	}
}

static const char *vdso_by_sections(void)
{
	CHECK(vdso != NULL);
	CHECK(vdso == enclave_vdso());
	return NULL;
}

static const char *cpuid_leaves(void)
{
	struct cpuid sgx = cpuid_of(0x12, 0), secs = cpuid_of(0x12, 1);

	CHECK(cpuid_of(0, 0).eax >= 0x14);
	CHECK(cpuid_of(1, 0).ecx & 1u << 27); /* OSXSAVE */
	CHECK(cpuid_of(7, 0).ebx & 1u << 2);  /* SGX */
	CHECK(cpuid_of(7, 0).ecx & 1u << 30); /* SGX_LC */
	CHECK_EQ(sgx.eax & 3, 3);             /* SGX1, SGX2 */
	CHECK(sgx.ebx & 1);                   /* EXINFO */
	CHECK((sgx.edx & 0xff) >= 31 && (sgx.edx >> 8 & 0xff) >= 36);
	CHECK_EQ(secs.eax & 0x36, 0x36);
	CHECK_EQ(secs.ecx & 3, 3);
	CHECK_EQ(cpuid_of(0x12, 2).eax & 0xf, 1); /* an EPC section */
	cpuid_of(4, 0);
	cpuid_of(0x14, 0);
	CHECK(cpuid_of(0x80000000, 0).eax >= 0x80000008);
	CHECK(cpuid_of(0x80000001, 0).edx & 1u << 29); /* long mode */
	CHECK((cpuid_of(0x80000008, 0).eax & 0xff) >= 36);
	return NULL;
}

uint64_t sdk_xfrm(void)
{
	struct cpuid secs = cpuid_of(0x12, 1);

	return ((uint64_t)secs.edx << 32 | secs.ecx) & xgetbv0();
}

/* Where the XSAVE area of these components ends, by leaf 0DH. */
uint64_t sdk_xsave_size(uint64_t components)
{
	uint64_t size = 512 + 64;

	for (unsigned i = 2; i < 63; i++) {
		struct cpuid c = cpuid_of(0xd, i);

		if (components >> i & 1 && c.ebx + c.eax > size)
			size = c.ebx + c.eax;
	}
	return size;
}

static const char *xfrm_and_ssa(void)
{
	struct cpuid all = cpuid_of(0xd, 0);

	CHECK_EQ(sdk_xfrm() & 3, 3);
	CHECK_EQ(sdk_xfrm() & ~((uint64_t)all.edx << 32 | all.eax), 0);
	CHECK(sdk_xsave_size(sdk_xfrm()) <= all.ecx);
	CHECK_EQ(cpuid_of(0xd, 1).eax & 1, 1); /* XSAVEOPT */
	return NULL;
}

static const char *aex_notify_bits(void)
{
	CHECK(cpuid_of(0x12, 0).eax & 1u << 11);
	CHECK(cpuid_of(0x12, 1).eax & 1u << 10);
	return NULL;
}

static bool is_device(int fd)
{
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && S_ISCHR(st.st_mode);
}

static const char *devices(void)
{
	static const char *const names[] = {
		"/dev/sgx/enclave",
		"/dev/sgx_enclave",
	};
	static const char *const others[] = { "/dev/isgx", "/dev/sgx" };
	unsigned found = 0;

	for (unsigned i = 0; i < 2; i++) {
		int fd = open(names[i], O_RDWR);

		found += is_device(fd);
		if (fd >= 0)
			close(fd);
	}
	CHECK(found > 0);
	CHECK(is_device(open("/dev/sgx_enclave", O_RDWR)));
	for (unsigned i = 0; i < 2; i++)
		CHECK(!is_device(open(others[i], O_RDWR)));
	CHECK_FAILS(open("/dev/isgx", O_RDWR), ENOENT);
	return NULL;
}

static const char *provision_device(void)
{
	struct sgx_enclave_provision provision = { 0 };
	int fd = open("/dev/sgx_enclave", O_RDWR);

	provision.fd = open("/dev/sgx/provision", O_RDONLY);
	if ((int)provision.fd < 0)
		provision.fd = open("/dev/sgx_provision", O_RDONLY);
	CHECK((int)provision.fd >= 0);
	CHECK_EQ(ioctl(fd, SGX_IOC_ENCLAVE_PROVISION, &provision), 0);
	close((int)provision.fd);
	close(fd);
	return NULL;
}

static const char *sgx2_probe(void)
{
	struct sgx_enclave_restrict_permissions probe;
	int fd = open("/dev/sgx_enclave", O_RDWR);

	memset(&probe, 0, sizeof(probe));
	CHECK_FAILS(ioctl(fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &probe),
		    EINVAL);
	CHECK_FAILS(ioctl(fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, NULL),
		    EINVAL);
	close(fd);
	return NULL;
}

const struct fact sdk_host_facts[] = {
	{ "CPUID shows SGX in all leaves that the uRTS reads", cpuid_leaves },
	{ "XFRM lies in XCR0, and leaf 0DH gives the SSA's size",
	  xfrm_and_ssa },
	{ "CPUID has AEX-Notify and EDECCSSA", aex_notify_bits },
	{ "the vDSO function is found by section headers, in a constructor",
	  vdso_by_sections },
	{ "/dev/sgx/enclave or /dev/sgx_enclave opens, /dev/isgx is not there",
	  devices },
	{ "/dev/sgx/provision or /dev/sgx_provision opens", provision_device },
	{ "RESTRICT_PERMISSIONS of nothing, before CREATE, is not ENOTTY",
	  sgx2_probe },
	{ 0 }
};
