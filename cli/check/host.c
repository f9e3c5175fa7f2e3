/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes of `swsgx check`: the host's kernel, and its own SGX if any. */
#include <cpuid.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/check/probe.h"

/* Syscall User Dispatch came with it; swsgx is tested on 6.1 and later. */
#define KERNEL_MAJOR 5
#define KERNEL_MINOR 11

#define CPUID7_EBX_SGX (1u << 2)

void probe_kernel(struct probe_result *result)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	if (sscanf(name.release, "%d.%d", &major, &minor) == 2)
		result->ok = major > KERNEL_MAJOR ||
			     (major == KERNEL_MAJOR && minor >= KERNEL_MINOR);
	probe_found(result, "%s %s", name.sysname, name.release);
	probe_cure(result, "Linux %d.%d or newer", KERNEL_MAJOR, KERNEL_MINOR);
}

static bool has_symbol(const char *image, const Elf64_Shdr *dynsym,
		       const Elf64_Shdr *strings, const char *name)
{
	const Elf64_Sym *symbol = (const void *)(image + dynsym->sh_offset);
	size_t n = dynsym->sh_size / sizeof(*symbol);

	for (; n; n--, symbol++)
		if (symbol->st_shndx != SHN_UNDEF &&
		    !strcmp(image + strings->sh_offset + symbol->st_name, name))
			return true;
	return false;
}

/* The vDSO is mapped as a whole file, with its section headers. */
static bool vdso_exports(const char *image, const char *name)
{
	const Elf64_Ehdr *header = (const void *)image;
	const Elf64_Shdr *sections = (const void *)(image + header->e_shoff);

	for (unsigned i = 0; i < header->e_shnum; i++)
		if (sections[i].sh_type == SHT_DYNSYM &&
		    has_symbol(image, &sections[i],
			       &sections[sections[i].sh_link], name))
			return true;
	return false;
}

void probe_vdso(struct probe_result *result)
{
	const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);

	result->ok = true;
	if (!image)
		probe_found(result, "the host has none; a run has its own");
	else if (vdso_exports(image, "__vdso_sgx_enter_enclave"))
		probe_found(result, "the host's has __vdso_sgx_enter_enclave; "
				    "a run has its own");
	else
		probe_found(result,
			    "the host's has no "
			    "__vdso_sgx_enter_enclave; a run has its own");
}

void probe_sgx_hardware(struct probe_result *result)
{
	unsigned eax, ebx = 0, ecx, edx;
	bool processor, device;

	__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx);
	processor = ebx & CPUID7_EBX_SGX;
	device = access("/dev/sgx_enclave", F_OK) == 0;
	result->ok = true;
	if (processor || device)
		probe_found(result,
			    "there (CPUID %s, /dev/sgx_enclave %s); "
			    "a run hides it and shows its own",
			    processor ? "yes" : "no", device ? "yes" : "no");
	else
		probe_found(result, "none, and none is needed");
}
