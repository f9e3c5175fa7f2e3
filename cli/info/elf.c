/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/info/elf.h.  elf(5).  Headers are copied out before use: file.h. */
#include "cli/info/elf.h"

#include <elf.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "cli/message.h"

static bool get_header(const struct file *file, Elf64_Ehdr *header)
{
	const uint8_t *p = file_at(file, 0, sizeof(*header));

	if (!p)
		return false;
	memcpy(header, p, sizeof(*header));
	return !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 &&
	       header->e_ident[EI_DATA] == ELFDATA2LSB;
}

bool elf_begins(const struct file *file)
{
	Elf64_Ehdr header;

	return get_header(file, &header);
}

bool elf_is_other_kind(const struct file *file)
{
	const uint8_t *p = file_at(file, 0, EI_NIDENT);

	return p && !memcmp(p, ELFMAG, SELFMAG) &&
	       (p[EI_CLASS] != ELFCLASS64 || p[EI_DATA] != ELFDATA2LSB);
}

static int check_header(const struct file *file)
{
	const uint8_t *p = file_at(file, 0, SELFMAG);

	if (!p || memcmp(p, ELFMAG, SELFMAG) != 0 ||
	    file->size >= sizeof(Elf64_Ehdr))
		return 0;
	complain("%s: ELF header: expected %zu bytes, the file ends at 0x%zx; "
		 "is it cut off?",
		 file->path, sizeof(Elf64_Ehdr), file->size);
	return -1;
}

int elf_check(const struct file *file)
{
	Elf64_Ehdr header;
	uint64_t size;

	if (check_header(file))
		return -1;
	if (!get_header(file, &header) || !header.e_shoff)
		return 0;
	size = (uint64_t)header.e_shentsize * header.e_shnum;
	if (file_at(file, header.e_shoff, size))
		return 0;
	complain("%s: e_shoff at offset 0x%zx: %" PRIu64 " bytes of section "
		 "headers at 0x%" PRIx64 ", the file ends at 0x%zx; is it cut "
		 "off?",
		 file->path, offsetof(Elf64_Ehdr, e_shoff), size,
		 header.e_shoff, file->size);
	return -1;
}

static bool get_section(const struct file *file, const Elf64_Ehdr *header,
			uint64_t index, Elf64_Shdr *section)
{
	const uint8_t *p;

	if (header->e_shentsize != sizeof(*section) ||
	    header->e_shoff > file->size)
		return false;
	p = file_at(file, header->e_shoff + index * sizeof(*section),
		    sizeof(*section));
	if (p)
		memcpy(section, p, sizeof(*section));
	return p;
}

static bool has_name(const struct file *file, const Elf64_Shdr *names,
		     const Elf64_Shdr *section, const char *name)
{
	size_t n = strlen(name) + 1;
	const uint8_t *p;

	if (names->sh_offset > file->size)
		return false;
	p = file_at(file, names->sh_offset + section->sh_name, n);
	return p && !memcmp(p, name, n);
}

bool elf_find_section(const struct file *file, const char *name,
		      struct elf_section *found)
{
	Elf64_Shdr names, section;
	Elf64_Ehdr header;

	if (!get_header(file, &header) ||
	    !get_section(file, &header, header.e_shstrndx, &names))
		return false;
	for (unsigned i = 0; i < header.e_shnum; i++) {
		if (!get_section(file, &header, i, &section) ||
		    !has_name(file, &names, &section, name))
			continue;
		*found = (struct elf_section){ section.sh_offset,
					       section.sh_size };
		return true;
	}
	return false;
}
