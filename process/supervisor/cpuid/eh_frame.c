/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/cpuid/eh_frame.h.  Linux Standard Base, "Exception
 * Frames".  .eh_frame is found through PT_GNU_EH_FRAME or, in static programs,
 * by the section's name.
 */
#include "process/supervisor/cpuid/eh_frame.h"

#include <stdlib.h>
#include <string.h>

#include "process/supervisor/cpuid/elf.h"

/* "DWARF Exception Header Encoding": the forms that x86-64 linkers write */
#define PE_PCREL     0x10
#define PE_SDATA4    0x0b
#define PE_UDATA4    0x03
#define PE_ABSPTR    0x00
#define PE_OMIT      0xff
#define LEB128_BYTES 10 /* of 64 bits, at most */

#define HEADER 32 /* what is read of .eh_frame_hdr */

struct frames {
	const uint8_t *bytes;
	uint64_t address; /* of bytes[0] */
	uint64_t size;
};

/* Reading position; `bad` once it ran over the end. */
struct cursor {
	const struct frames *f;
	uint64_t pos, end;
	bool bad;
};

static uint64_t get(struct cursor *c, unsigned int bytes)
{
	uint64_t value = 0;

	if (c->bad || c->pos > c->end || bytes > c->end - c->pos) {
		c->bad = true;
		return 0;
	}
	memcpy(&value, c->f->bytes + c->pos, bytes);
	c->pos += bytes;
	return value;
}

/* The numbers in this form are of no interest here. */
static void skip_leb128(struct cursor *c)
{
	for (unsigned int i = 0; i < LEB128_BYTES; i++)
		if (!(get(c, 1) & 0x80))
			return;
	c->bad = true;
}

static uint64_t get_encoded(struct cursor *c, uint8_t encoding)
{
	uint64_t base = encoding & PE_PCREL ? c->f->address + c->pos : 0;

	switch (encoding & ~PE_PCREL) {
	case PE_ABSPTR:
		return base + get(c, 8);
	case PE_UDATA4:
		return base + get(c, 4);
	case PE_SDATA4:
		return base + (uint64_t)(int64_t)(int32_t)get(c, 4);
	default:
		c->bad = true;
		return 0;
	}
}

/* A record's body at pos; false: none there, or the terminator. */
static bool open_record(const struct frames *f, uint64_t pos, struct cursor *c)
{
	uint64_t length;

	*c = (struct cursor){ f, pos, f->size, false };
	length = get(c, 4);
	if (length == 0xffffffff)
		length = get(c, 8);
	if (c->bad || !length || length > f->size - c->pos)
		return false;
	c->end = c->pos + length;
	return true;
}

/* How the FDEs of the CIE at pos write addresses; PE_OMIT: not known. */
static uint8_t cie_encoding(const struct frames *f, uint64_t pos)
{
	uint8_t encoding = PE_ABSPTR, version;
	char augmentation[8] = "";
	struct cursor c;
	unsigned int i = 0;

	if (!open_record(f, pos, &c) || get(&c, 4) != 0)
		return PE_OMIT;
	version = (uint8_t)get(&c, 1);
	do {
		if (i == sizeof(augmentation))
			return PE_OMIT;
		augmentation[i] = (char)get(&c, 1);
	} while (augmentation[i++]);
	skip_leb128(&c);
	skip_leb128(&c);
	if (version == 1)
		get(&c, 1);
	else
		skip_leb128(&c);
	if (augmentation[0] == 'z')
		skip_leb128(&c);
	for (i = augmentation[0] == 'z'; augmentation[i]; i++) {
		if (augmentation[i] == 'R')
			encoding = (uint8_t)get(&c, 1);
		else if (augmentation[i] == 'L')
			get(&c, 1);
		else if (augmentation[i] == 'P')
			get_encoded(&c, (uint8_t)get(&c, 1) & 0x1f);
		else if (augmentation[i] != 'S')
			return PE_OMIT;
	}
	return c.bad ? PE_OMIT : encoding;
}

static void add_fde(const struct elf_file *elf, struct cursor *c, uint64_t cie,
		    struct elf_ranges *ranges)
{
	uint8_t encoding = cie_encoding(c->f, cie);
	uint64_t start, length;

	if (encoding == PE_OMIT)
		return;
	start = get_encoded(c, encoding);
	length = get_encoded(c, encoding & 0x0f);
	if (!c->bad)
		elf_add_range(elf, ranges,
			      (struct elf_range){ start, start + length,
						  false });
}

static void walk(const struct elf_file *elf, const struct frames *f,
		 struct elf_ranges *ranges)
{
	uint64_t pos = 0, at, id;
	struct cursor c;

	while (open_record(f, pos, &c)) {
		pos = c.end;
		at = c.pos;
		id = get(&c, 4);
		if (id && id <= at)
			add_fde(elf, &c, at - id, ranges);
	}
}

/*
 * The segment that holds an address, from there to its end in the file, or
 * *size bytes of it.
 */
static uint8_t *read_from(struct elf_file *elf, uint64_t address,
			  uint64_t *size)
{
	uint16_t i;

	for (i = 0; i < elf->header.e_phnum; i++) {
		const Elf64_Phdr *p = &elf->programs[i];
		uint64_t skip = address - p->p_vaddr;

		if (p->p_type != PT_LOAD || skip >= p->p_filesz)
			continue;
		if (*size > p->p_filesz - skip)
			*size = p->p_filesz - skip;
		return elf_read(elf, p->p_offset + skip, *size);
	}
	return NULL;
}

static bool find_by_header(struct elf_file *elf, uint64_t *address)
{
	struct cursor c;
	struct frames h;
	uint8_t *bytes = NULL;
	uint8_t encoding;
	uint16_t i;

	for (i = 0; i < elf->header.e_phnum && !bytes; i++) {
		const Elf64_Phdr *p = &elf->programs[i];

		if (p->p_type != PT_GNU_EH_FRAME)
			continue;
		h.address = p->p_vaddr;
		h.size = HEADER;
		bytes = read_from(elf, p->p_vaddr, &h.size);
	}
	if (!bytes)
		return false;
	h.bytes = bytes;
	/* version, encodings of the pointer, of a count and of a table */
	c = (struct cursor){ &h, 1, h.size, false };
	encoding = (uint8_t)get(&c, 1);
	c.pos += 2;
	*address = get_encoded(&c, encoding);
	free(bytes);
	return !c.bad;
}

static bool find_by_name(struct elf_file *elf, uint64_t *address)
{
	uint16_t i, n;
	Elf64_Shdr *s = elf_sections(elf, &n);
	char *names = NULL;
	bool found = false;
	uint64_t size = 0;

	if (s && elf->header.e_shstrndx < n) {
		size = s[elf->header.e_shstrndx].sh_size;
		names = elf_read(elf, s[elf->header.e_shstrndx].sh_offset,
				 size);
	}
	for (i = 0; names && i < n && !found; i++) {
		uint64_t at = s[i].sh_name;

		if (size < sizeof(".eh_frame") ||
		    at > size - sizeof(".eh_frame"))
			continue;
		found = memcmp(names + at, ".eh_frame", sizeof(".eh_frame")) ==
			0;
		*address = s[i].sh_addr;
	}
	free(names);
	free(s);
	return found;
}

void elf_eh_frame(struct elf_file *elf, struct elf_ranges *ranges)
{
	struct frames f;
	uint8_t *bytes;

	if (!find_by_header(elf, &f.address) && !find_by_name(elf, &f.address))
		return;
	f.size = UINT64_MAX;
	bytes = read_from(elf, f.address, &f.size);
	f.bytes = bytes;
	if (bytes)
		walk(elf, &f, ranges);
	free(bytes);
}
