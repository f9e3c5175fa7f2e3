/* SPDX-License-Identifier: BSD-3-Clause */
/* The sections of a 64-bit ELF file, which need not be well-formed. */
#ifndef SWSGX_CLI_INFO_ELF_H
#define SWSGX_CLI_INFO_ELF_H

#include <stdbool.h>

#include "cli/info/file.h"

struct elf_section {
	uint64_t offset, size; /* may reach beyond the end of the file */
};

/* Does the file begin as a 64-bit little-endian ELF file does? */
bool elf_begins(const struct file *file);
/* Is it ELF of 32 bits, or big-endian? */
bool elf_is_other_kind(const struct file *file);
/*
 * -1 after a complaint if it is an ELF file that is cut off: linkers put the
 * section headers last, so they are missing then.
 */
int elf_check(const struct file *file);
/* The first section of this name.  False: none was found. */
bool elf_find_section(const struct file *file, const char *name,
		      struct elf_section *section);

#endif
