/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an ELF file says of its code: executable segments, and where functions
 * start and end.  The file may be anything and may change meanwhile.  It is
 * read, never mapped, and nothing in it is believed without a check of its
 * bounds.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_CPUID_ELF_H
#define SWSGX_PROCESS_SUPERVISOR_CPUID_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_segment {
	uint64_t address, offset, size; /* what the file has of it */
};

struct elf_file {
	int fd;
	uint64_t budget; /* bytes that may yet be read */
	Elf64_Ehdr header;
	Elf64_Phdr *programs;
	struct elf_segment *code; /* executable segments */
	size_t nr_code;
};

/* A function: [start, end). */
struct elf_range {
	uint64_t start, end;
	bool open; /* see cpuid_judge() */
};

struct elf_ranges {
	struct elf_range *range;
	size_t count, room;
};

/* False: not an x86-64 ELF file, or it cannot be read. */
bool elf_open(struct elf_file *elf, int fd);
/* Each place in its code where these two bytes stand.  No code is kept. */
typedef void (*elf_pair_fn)(uint64_t address, uint64_t offset, void *arg);
void elf_pairs(const struct elf_file *elf, uint8_t first, uint8_t second,
	       elf_pair_fn fn, void *arg);
void elf_close(struct elf_file *elf);

/* `size` bytes of the file, to be freed; NULL if it does not have them. */
void *elf_read(struct elf_file *elf, uint64_t offset, uint64_t size);

/* The section headers, to be freed; NULL if there are none. */
Elf64_Shdr *elf_sections(struct elf_file *elf, uint16_t *n);

/* Keeps the range if it lies in one executable segment. */
void elf_add_range(const struct elf_file *elf, struct elf_ranges *ranges,
		   struct elf_range range);
const struct elf_segment *elf_segment_of(const struct elf_file *elf,
					 uint64_t start, uint64_t end);

/* The functions in .symtab and .dynsym, and the entry point. */
void elf_symbols(struct elf_file *elf, struct elf_ranges *ranges);

#endif
