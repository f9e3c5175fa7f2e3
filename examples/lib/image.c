/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From an enclave's ELF file to the pages that will be added.  The file is not
 * trusted to be well formed: every field used is checked, and an error names
 * the file, the field and what was expected.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "examples/lib/enclave.h"
#include "examples/lib/error.h"
#include "examples/lib/file.h"

#define MEMORY_MAX (4ull << 30)

static uint64_t page_align(uint64_t x)
{
	return (x + ENCLAVE_PAGE - 1) & ~(ENCLAVE_PAGE - 1);
}

static int check_header(const struct enclave_image *image, const char *path)
{
	const Elf64_Ehdr *ehdr = (const void *)image->file;
	uint64_t end;

	if (image->file_length < sizeof(*ehdr) ||
	    memcmp(ehdr->e_ident, ELFMAG, SELFMAG))
		return enclave_fail(ENOEXEC, "%s: not an ELF file", path);
	if (ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr->e_machine != EM_X86_64)
		return enclave_fail(ENOEXEC,
				    "%s: e_machine: expected 64-bit "
				    "x86-64",
				    path);
	if (ehdr->e_type != ET_EXEC && ehdr->e_type != ET_DYN)
		return enclave_fail(ENOEXEC,
				    "%s: e_type %u: expected a linked "
				    "image (ET_EXEC or ET_DYN)",
				    path, ehdr->e_type);
	if (ehdr->e_phentsize != sizeof(Elf64_Phdr))
		return enclave_fail(ENOEXEC, "%s: e_phentsize %u: expected %zu",
				    path, ehdr->e_phentsize,
				    sizeof(Elf64_Phdr));
	if (__builtin_add_overflow(ehdr->e_phoff,
				   ehdr->e_phnum * sizeof(Elf64_Phdr), &end) ||
	    end > image->file_length || ehdr->e_phoff % 8)
		return enclave_fail(ENOEXEC,
				    "%s: e_phoff, e_phnum: program "
				    "headers lie outside the file",
				    path);
	return 0;
}

/* One PT_LOAD's fields, against the file and the segment before it. */
static int check_load(const struct enclave_image *image, const char *path,
		      unsigned n, const Elf64_Phdr *ph)
{
	uint64_t end;

	if (ph->p_vaddr % ENCLAVE_PAGE)
		return enclave_fail(ENOEXEC,
				    "%s: program header %u: p_vaddr "
				    "0x%lx: expected a multiple of 4096",
				    path, n, (unsigned long)ph->p_vaddr);
	if (ph->p_filesz > ph->p_memsz)
		return enclave_fail(ENOEXEC,
				    "%s: program header %u: p_filesz "
				    "exceeds p_memsz",
				    path, n);
	if (__builtin_add_overflow(ph->p_offset, ph->p_filesz, &end) ||
	    end > image->file_length)
		return enclave_fail(ENOEXEC,
				    "%s: program header %u: p_offset, "
				    "p_filesz: outside the file",
				    path, n);
	if (__builtin_add_overflow(ph->p_vaddr, ph->p_memsz, &end) ||
	    end > MEMORY_MAX)
		return enclave_fail(ENOEXEC,
				    "%s: program header %u: p_memsz: "
				    "ends above 0x%llx",
				    path, n, MEMORY_MAX);
	if (ph->p_vaddr < image->memory_length)
		return enclave_fail(ENOEXEC,
				    "%s: program header %u: p_vaddr: "
				    "overlaps the segment before",
				    path, n);
	if ((ph->p_flags & (PF_R | PF_W)) == PF_W)
		return enclave_fail(ENOEXEC,
				    "%s: program header %u: p_flags: "
				    "W without R",
				    path, n);
	return 0;
}

static int add_segment(struct enclave_image *image, const char *path,
		       unsigned n, const Elf64_Phdr *ph)
{
	struct enclave_segment *s = &image->segments[image->nr_segments];

	if (check_load(image, path, n, ph))
		return -1;
	if (image->nr_segments == ENCLAVE_MAX_SEGMENTS)
		return enclave_fail(ENOEXEC,
				    "%s: e_phnum: more than %u "
				    "PT_LOAD segments",
				    path, ENCLAVE_MAX_SEGMENTS);
	s->offset = ph->p_vaddr;
	s->length = page_align(ph->p_memsz);
	s->flags = SECINFO_REG;
	if (ph->p_flags & PF_R) {
		s->flags |= SECINFO_R;
		s->prot |= PROT_READ;
	}
	if (ph->p_flags & PF_W) {
		s->flags |= SECINFO_W;
		s->prot |= PROT_WRITE;
	}
	if (ph->p_flags & PF_X) {
		s->flags |= SECINFO_X;
		s->prot |= PROT_EXEC;
	}
	image->memory_length = s->offset + s->length;
	image->nr_segments++;
	return 0;
}

/* The first segment: threads, and nothing else. */
static int take_tcs_segment(struct enclave_image *image, const char *path)
{
	struct enclave_segment *s = &image->segments[0];

	if (image->nr_segments < 2)
		return enclave_fail(ENOEXEC,
				    "%s: e_phnum: expected PT_LOAD "
				    "segments for TCS, code and data",
				    path);
	if (s->offset != 0 || s->prot != (PROT_READ | PROT_WRITE))
		return enclave_fail(ENOEXEC,
				    "%s: first PT_LOAD: expected the "
				    "TCS pages, read-write, at address 0; "
				    "link with enclave.lds",
				    path);
	image->nr_tcs = (unsigned)(s->length / ENCLAVE_PAGE);
	if (image->nr_tcs > ENCLAVE_MAX_TCS)
		return enclave_fail(ENOEXEC,
				    "%s: first PT_LOAD: %u TCS pages, "
				    "expected at most %u",
				    path, image->nr_tcs, ENCLAVE_MAX_TCS);
	s->flags = SECINFO_TCS;
	return 0;
}

static int read_segments(struct enclave_image *image, const char *path)
{
	const Elf64_Ehdr *ehdr = (const void *)image->file;
	const Elf64_Phdr *ph = (const void *)(image->file + ehdr->e_phoff);
	unsigned i;

	for (i = 0; i < ehdr->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_memsz &&
		    add_segment(image, path, i, &ph[i]))
			return -1;
	return take_tcs_segment(image, path);
}

/* Lay the pages out.  mmap: zero filled, and page aligned for ADD_PAGES. */
static int fill_memory(struct enclave_image *image, const char *path)
{
	const Elf64_Ehdr *ehdr = (const void *)image->file;
	const Elf64_Phdr *ph = (const void *)(image->file + ehdr->e_phoff);
	unsigned i;

	image->memory = mmap(NULL, image->memory_length, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (image->memory == MAP_FAILED) {
		image->memory = NULL;
		return enclave_fail_errno("%s: memory for the image", path);
	}
	for (i = 0; i < ehdr->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_filesz)
			memcpy(image->memory + ph[i].p_vaddr,
			       image->file + ph[i].p_offset, ph[i].p_filesz);
	return 0;
}

static void set_sizes(struct enclave_image *image)
{
	uint64_t frame;

	image->size = 2 * ENCLAVE_PAGE;
	while (image->size < image->memory_length)
		image->size *= 2;
	image->ssaframesize = 1;
	if (!enclave_image_symbol(image, "trts_ssaframesize", &frame))
		image->ssaframesize = (uint32_t)frame;
}

int enclave_image_load(struct enclave_image *image, const char *path)
{
	int error;

	memset(image, 0, sizeof(*image));
	image->file = file_read(path, &image->file_length);
	if (!image->file)
		return -1;
	if (check_header(image, path) || read_segments(image, path) ||
	    fill_memory(image, path)) {
		error = errno;
		enclave_image_free(image);
		errno = error;
		return -1;
	}
	set_sizes(image);
	return 0;
}

void enclave_image_free(struct enclave_image *image)
{
	if (image->memory)
		munmap(image->memory, image->memory_length);
	free(image->file);
	memset(image, 0, sizeof(*image));
}

/* [offset, offset+length) of the file, or NULL if it is not all there. */
static const void *file_range(const struct enclave_image *image,
			      uint64_t offset, uint64_t length)
{
	if (offset > image->file_length ||
	    length > image->file_length - offset || offset % 8)
		return NULL;
	return image->file + offset;
}

static int find_in_table(const struct enclave_image *image,
			 const Elf64_Shdr *symtab, const Elf64_Shdr *strtab,
			 const char *name, uint64_t *offset)
{
	const Elf64_Sym *sym = file_range(image, symtab->sh_offset,
					  symtab->sh_size);
	size_t i, n = strlen(name) + 1;

	if (!sym || strtab->sh_offset > image->file_length ||
	    strtab->sh_size > image->file_length - strtab->sh_offset)
		return -1;
	for (i = 0; i < symtab->sh_size / sizeof(*sym); i++) {
		if (sym[i].st_shndx == SHN_UNDEF ||
		    sym[i].st_name > strtab->sh_size ||
		    strtab->sh_size - sym[i].st_name < n)
			continue;
		if (memcmp(image->file + strtab->sh_offset + sym[i].st_name,
			   name, n))
			continue;
		*offset = sym[i].st_value;
		return 0;
	}
	return -1;
}

int enclave_image_symbol(const struct enclave_image *image, const char *name,
			 uint64_t *offset)
{
	const Elf64_Ehdr *ehdr = (const void *)image->file;
	const Elf64_Shdr *sh = file_range(image, ehdr->e_shoff,
					  ehdr->e_shnum * sizeof(*sh));
	unsigned i;

	for (i = 0; sh && i < ehdr->e_shnum; i++)
		if (sh[i].sh_type == SHT_SYMTAB &&
		    sh[i].sh_link < ehdr->e_shnum &&
		    !find_in_table(image, &sh[i], &sh[sh[i].sh_link], name,
				   offset))
			return 0;
	return enclave_fail(ENOENT, "the enclave has no symbol %s", name);
}
