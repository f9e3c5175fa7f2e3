/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls __vdso_sgx_enter_enclave with a TCS that is no enclave's and prints
 * what came of it.  On a kernel with CONFIG_X86_SGX and a processor without
 * SGX the kernel's own function swallows the #UD of its ENCLU; the processor
 * with SGX gives #PF, for address 0 is not in the EPC.
 * Linux 6.1 entry/vdso/extable.c fixup_vdso_exception().
 */
#include <asm/sgx.h>
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#define NAME "__vdso_sgx_enter_enclave"

static const Elf64_Dyn *dynamic_section(uintptr_t base)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)base;
	const Elf64_Phdr *segment =
		(const Elf64_Phdr *)(base + header->e_phoff);

	for (int i = 0; i < header->e_phnum; i++) {
		if (segment[i].p_type == PT_DYNAMIC)
			return (const Elf64_Dyn *)(base + segment[i].p_offset);
	}
	return NULL;
}

static const void *table(uintptr_t base, const Elf64_Dyn *dynamic, long tag)
{
	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		if (dynamic->d_tag == tag)
			return (const void *)(base + dynamic->d_un.d_ptr);
	}
	return NULL;
}

/* All symbols are looked at: DT_HASH's second word is their number. */
static uintptr_t find(uintptr_t base)
{
	const Elf64_Dyn *dynamic = dynamic_section(base);
	const Elf64_Sym *symbols = table(base, dynamic, DT_SYMTAB);
	const char *strings = table(base, dynamic, DT_STRTAB);
	const uint32_t *hash = table(base, dynamic, DT_HASH);

	for (uint32_t i = 0; i < hash[1]; i++) {
		if (!strcmp(strings + symbols[i].st_name, NAME))
			return base + symbols[i].st_value;
	}
	return 0;
}

int main(void)
{
	uintptr_t function = find(getauxval(AT_SYSINFO_EHDR));
	struct sgx_enclave_run run = { 0 };
	vdso_sgx_enter_enclave_t enter;
	int value;

	if (!function) {
		puts("vdso: no " NAME);
		return 1;
	}
	puts("vdso: has " NAME);
	memcpy(&enter, &function, sizeof(enter));
	value = enter(0, 0, 0, 2, 0, 0, &run);
	printf("eenter: returned %d function %u vector %u error %#x\n", value,
	       run.function, run.exception_vector, run.exception_error_code);
	return 0;
}
