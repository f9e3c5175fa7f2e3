/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions that .eh_frame describes, which stripped files have too. */
#ifndef SWSGX_PROCESS_SUPERVISOR_CPUID_EH_FRAME_H
#define SWSGX_PROCESS_SUPERVISOR_CPUID_EH_FRAME_H

struct elf_file;
struct elf_ranges;

void elf_eh_frame(struct elf_file *elf, struct elf_ranges *ranges);

#endif
