/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is it an instruction?  An enclave's pages carry no symbols, and data may lie
 * in pages with code; so what looks like an instruction must prove that it is
 * one by what is about it: code decodes from almost anywhere before, falls into
 * step within a few instructions, and goes on behind.
 */
#ifndef SWSGX_CPU_SCAN_H
#define SWSGX_CPU_SCAN_H

#include "cpu/decode.h"
#include "cpu/patch.h"

#define SCAN_BEFORE 160 /* bytes that are looked at before it */
#define SCAN_AFTER  64  /* and behind */

/*
 * byte[at] is an opcode of `kind`, perhaps.  If so: where the instruction
 * starts, its first prefix included; -1: it is not sure.
 */
int scan_sure(const uint8_t *byte, size_t n, size_t at, struct insn *insn);

/* Find all sites of the page at pa, as patch_apply() is called. */
enum patch_result scan_page(const struct cpu *cpu, uint64_t pa,
			    const struct patch_look *look,
			    struct patch_page *page);

#endif
