/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finding the CPUID instructions of an ELF file, for hosts that cannot fault
 * them.  The bytes 0F A2 alone prove nothing; what is rewritten must surely be
 * an instruction.  Code is trusted to start where the file says that a
 * function starts, and is decoded from there.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_CPUID_H
#define SWSGX_PROCESS_SUPERVISOR_CPUID_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* cpuid_code.c: what becomes of two bytes that look like CPUID. */
enum cpuid_verdict {
	CPUID_UNKNOWN,	/* no function covers them, or it does not decode */
	CPUID_WITHIN,	/* the inside of another instruction */
	CPUID_SITE,	/* a CPUID instruction */
};

struct cpuid_candidate {
	uint64_t address;	/* as linked */
	uint64_t offset;	/* in the file */
	enum cpuid_verdict verdict;
};

/*
 * Judge the candidates in one function: `code` are its `size` bytes, the first
 * of them at `address`.  A better verdict replaces a worse one.  `open`: its
 * end is not known; it is followed up to where control first leaves it.
 */
void cpuid_judge(const uint8_t *code, size_t size, uint64_t address, bool open,
		 struct cpuid_candidate *c, size_t n);

/* cpuid_elf.c: what an ELF file says of itself. */
struct elf_segment {
	uint64_t address, offset, size;	/* what the file has of it */
	uint8_t *bytes;
};

struct elf_file {
	int fd;
	Elf64_Ehdr header;
	Elf64_Phdr *programs;
	struct elf_segment *code;	/* executable segments, read */
	size_t nr_code;
};

/* A function: [start, end). */
struct elf_range {
	uint64_t start, end;
	bool open;			/* see cpuid_judge() */
};

struct elf_ranges {
	struct elf_range *range;
	size_t count, room;
};

/* False: not an x86-64 ELF file, or it cannot be read. */
bool elf_open(struct elf_file *elf, int fd);
void elf_close(struct elf_file *elf);

/* `size` bytes of the file, to be freed; NULL if it does not have them. */
void *elf_read(const struct elf_file *elf, uint64_t offset, uint64_t size);

/* The section headers, to be freed; NULL if there are none. */
Elf64_Shdr *elf_sections(const struct elf_file *elf, uint16_t *n);

/* Keeps the range if it lies in one executable segment. */
void elf_add_range(const struct elf_file *elf, struct elf_ranges *ranges,
		   struct elf_range range);
const struct elf_segment *elf_segment_of(const struct elf_file *elf,
					 uint64_t start, uint64_t end);

/* The functions in .symtab and .dynsym, and the entry point. */
void elf_symbols(const struct elf_file *elf, struct elf_ranges *ranges);

/* cpuid_eh_frame.c: those that .eh_frame describes. */
void elf_eh_frame(const struct elf_file *elf, struct elf_ranges *ranges);

/* cpuid_scan.c */
struct cpuid_scan {
	struct cpuid_candidate *candidate;	/* by offset */
	size_t count;
};

/* All candidates in the executable segments of a file, judged. */
void cpuid_scan(int fd, struct cpuid_scan *scan);

/* cpuid_files.c: the sites of a file, by offset; NULL if it is none. */
struct server;
const struct cpuid_scan *cpuid_file(struct server *s, int fd);

#endif
