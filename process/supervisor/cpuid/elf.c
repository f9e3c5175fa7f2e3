/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/cpuid/elf.h.  elf(5). */
#include "process/supervisor/cpuid/elf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_READ (1ul << 30) /* of a file, in all */
#define MAX_CODE (1ul << 46) /* addresses and offsets */
#define PART     (1ul << 16) /* at a time: it stays in the cache */

void *elf_read(struct elf_file *elf, uint64_t offset, uint64_t size)
{
	uint64_t done = 0;
	uint8_t *p;

	if (!size || size > elf->budget || offset > MAX_CODE)
		return NULL;
	elf->budget -= size;
	p = malloc(size);
	while (p && done < size) {
		ssize_t n = pread(elf->fd, p + done, size - done,
				  (off_t)(offset + done));

		if (n <= 0) {
			free(p);
			return NULL;
		}
		done += (uint64_t)n;
	}
	return p;
}

static bool is_ours(const Elf64_Ehdr *h)
{
	return memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 &&
	       h->e_ident[EI_CLASS] == ELFCLASS64 &&
	       h->e_machine == EM_X86_64 &&
	       (h->e_type == ET_EXEC || h->e_type == ET_DYN) &&
	       h->e_phentsize == sizeof(Elf64_Phdr) && h->e_phnum;
}

static void add_segment(struct elf_file *elf, const Elf64_Phdr *p)
{
	struct elf_segment *s = &elf->code[elf->nr_code];

	if (p->p_type != PT_LOAD || !(p->p_flags & PF_X) ||
	    p->p_vaddr > MAX_CODE || p->p_offset > MAX_CODE)
		return;
	s->address = p->p_vaddr;
	s->offset = p->p_offset;
	s->size = p->p_filesz;
	elf->nr_code++;
}

bool elf_open(struct elf_file *elf, int fd)
{
	Elf64_Ehdr *h;
	uint16_t i;

	*elf = (struct elf_file){ .fd = fd, .budget = MAX_READ };
	h = elf_read(elf, 0, sizeof(*h));
	if (!h)
		return false;
	elf->header = *h;
	free(h);
	if (!is_ours(&elf->header))
		return false;
	elf->programs = elf_read(elf, elf->header.e_phoff,
				 elf->header.e_phnum * sizeof(Elf64_Phdr));
	elf->code = calloc(elf->header.e_phnum, sizeof(*elf->code));
	if (!elf->programs || !elf->code) {
		elf_close(elf);
		return false;
	}
	for (i = 0; i < elf->header.e_phnum; i++)
		add_segment(elf, &elf->programs[i]);
	return true;
}

/* What is looked for, and who is told. */
struct pair {
	uint8_t first, second;
	elf_pair_fn fn;
	void *arg;
};

/* The second is looked for, as it is the rarer one in code. */
static void find_in(const struct elf_segment *s, const uint8_t *p, size_t n,
		    uint64_t pos, const struct pair *pair)
{
	const uint8_t *at = p + 1, *end = p + n;

	while (at < end &&
	       (at = memchr(at, pair->second, (size_t)(end - at)))) {
		uint64_t where = pos + (uint64_t)(at - 1 - p);

		if (at[-1] == pair->first)
			pair->fn(s->address + where, s->offset + where,
				 pair->arg);
		at++;
	}
}

static uint64_t find_in_segment(const struct elf_file *elf,
				const struct elf_segment *s, uint64_t budget,
				const struct pair *pair)
{
	static uint8_t part[1 + PART]; /* and the last byte of the one before */
	uint64_t done = 0;

	part[0] = (uint8_t)~pair->first;
	while (done < s->size && done < budget) {
		uint64_t left = s->size - done;
		ssize_t n = pread(elf->fd, part + 1, left < PART ? left : PART,
				  (off_t)(s->offset + done));

		if (n <= 0)
			break;
		find_in(s, part, (size_t)n + 1, done - 1, pair);
		part[0] = part[n];
		done += (uint64_t)n;
	}
	return done;
}

void elf_pairs(const struct elf_file *elf, uint8_t first, uint8_t second,
	       elf_pair_fn fn, void *arg)
{
	const struct pair pair = { first, second, fn, arg };
	uint64_t done = 0;

	for (size_t i = 0; i < elf->nr_code && done < MAX_READ; i++)
		done += find_in_segment(elf, &elf->code[i], MAX_READ - done,
					&pair);
}

void elf_close(struct elf_file *elf)
{
	free(elf->code);
	free(elf->programs);
}

const struct elf_segment *elf_segment_of(const struct elf_file *elf,
					 uint64_t start, uint64_t end)
{
	size_t i;

	for (i = 0; i < elf->nr_code; i++) {
		const struct elf_segment *s = &elf->code[i];

		if (start >= s->address && start < end &&
		    end <= s->address + s->size)
			return s;
	}
	return NULL;
}

void elf_add_range(const struct elf_file *elf, struct elf_ranges *ranges,
		   struct elf_range range)
{
	if (!elf_segment_of(elf, range.start, range.end))
		return;
	if (ranges->count == ranges->room) {
		size_t room = ranges->room ? 2 * ranges->room : 1024;
		void *p = realloc(ranges->range, room * sizeof(*ranges->range));

		if (!p)
			return;
		ranges->range = p;
		ranges->room = room;
	}
	ranges->range[ranges->count++] = range;
}

static void add_table(struct elf_file *elf, struct elf_ranges *ranges,
		      const Elf64_Shdr *section)
{
	uint64_t n = section->sh_size / sizeof(Elf64_Sym), i;
	Elf64_Sym *symbols = elf_read(elf, section->sh_offset,
				      n * sizeof(Elf64_Sym));

	for (i = 0; symbols && i < n; i++) {
		const Elf64_Sym *s = &symbols[i];
		unsigned int type = ELF64_ST_TYPE(s->st_info);

		if ((type == STT_FUNC || type == STT_GNU_IFUNC) &&
		    s->st_shndx != SHN_UNDEF && s->st_value < MAX_CODE &&
		    s->st_size < MAX_READ)
			elf_add_range(elf, ranges,
				      (struct elf_range){ s->st_value,
							  s->st_value +
								  s->st_size,
							  false });
	}
	free(symbols);
}

static void add_entry(const struct elf_file *elf, struct elf_ranges *ranges)
{
	uint64_t entry = elf->header.e_entry;
	const struct elf_segment *s = elf_segment_of(elf, entry, entry + 1);

	if (s)
		elf_add_range(elf, ranges,
			      (struct elf_range){ entry, s->address + s->size,
						  true });
}

Elf64_Shdr *elf_sections(struct elf_file *elf, uint16_t *n)
{
	const Elf64_Ehdr *h = &elf->header;

	*n = h->e_shnum;
	if (h->e_shentsize != sizeof(Elf64_Shdr))
		return NULL;
	return elf_read(elf, h->e_shoff, *n * sizeof(Elf64_Shdr));
}

void elf_symbols(struct elf_file *elf, struct elf_ranges *ranges)
{
	uint16_t i, n;
	Elf64_Shdr *sections = elf_sections(elf, &n);

	add_entry(elf, ranges);
	for (i = 0; sections && i < n; i++)
		if (sections[i].sh_type == SHT_SYMTAB ||
		    sections[i].sh_type == SHT_DYNSYM)
			add_table(elf, ranges, &sections[i]);
	free(sections);
}
