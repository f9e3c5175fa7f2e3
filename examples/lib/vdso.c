/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the kernel's vDSO has __vdso_sgx_enter_enclave.  The C library does
 * not offer it, so the image's dynamic segment is read here; see vdso(7).
 */
#include <elf.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

#include "examples/lib/enclave.h"

struct dynamic {
	const char *image;
	const Elf64_Sym *symtab;
	const char *strtab;
	const uint32_t *hash; /* nbucket, nchain: the number of symbols */
};

static void read_dynamic(struct dynamic *d, const Elf64_Dyn *dyn)
{
	for (; dyn->d_tag != DT_NULL; dyn++) {
		/* The kernel does not relocate the vDSO's own pointers. */
		const void *p = d->image + dyn->d_un.d_ptr;

		if (dyn->d_tag == DT_SYMTAB)
			d->symtab = p;
		else if (dyn->d_tag == DT_STRTAB)
			d->strtab = p;
		else if (dyn->d_tag == DT_HASH)
			d->hash = p;
	}
}

static const void *find_symbol(const char *image, const char *name)
{
	const Elf64_Ehdr *ehdr = (const void *)image;
	const Elf64_Phdr *ph = (const void *)(image + ehdr->e_phoff);
	struct dynamic d = { .image = image };
	uint32_t i;

	for (i = 0; i < ehdr->e_phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			read_dynamic(&d,
				     (const void *)(image + ph[i].p_offset));
	if (!d.symtab || !d.strtab || !d.hash)
		return NULL;
	for (i = 0; i < d.hash[1]; i++)
		if (d.symtab[i].st_shndx != SHN_UNDEF &&
		    !strcmp(d.strtab + d.symtab[i].st_name, name))
			return image + d.symtab[i].st_value;
	return NULL;
}

vdso_sgx_enter_enclave_t enclave_vdso(void)
{
	const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);
	const void *p = NULL;

	if (image)
		p = find_symbol(image, "__vdso_sgx_enter_enclave");
	return (vdso_sgx_enter_enclave_t)(uintptr_t)p;
}
