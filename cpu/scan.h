/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finding instructions in an enclave's pages.  There are no symbols, and data
 * may lie among code.  So the bytes around a candidate decide.  In code, who
 * decodes from almost any earlier byte reaches the same instruction after a few
 * steps, and valid code follows it.
 */
#ifndef SWSGX_CPU_SCAN_H
#define SWSGX_CPU_SCAN_H

#include "cpu/decode.h"
#include "cpu/patch.h"

#define SCAN_BEFORE 160 /* bytes examined before a candidate */
#define SCAN_AFTER  64  /* and after it */

/*
 * byte[at] looks like the opcode of an instruction that has a kind.  Returns
 * the offset where that instruction starts, with its prefixes, and decodes it;
 * -1: the bytes around it do not prove that it is one.
 */
int scan_sure(const uint8_t *byte, size_t n, size_t at, struct insn *insn);

/* Find all sites of the page at pa.  The caller is patch_apply(). */
enum patch_result scan_page(const struct cpu *cpu, uint64_t pa,
			    const struct patch_look *look,
			    struct patch_page *page);

#endif
