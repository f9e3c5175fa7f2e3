/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Code of any bytes: the small decoder, the list of illegal instructions and
 * the rewriter, each beside a whole decoder.
 */
#include "input.h"

#include <string.h>

#include <Zydis/Zydis.h>

#include "cpu/cpu.h"
#include "cpu/instruction.h"
#include "process/supervisor/cpuid/rewrite.h"
#include "tests/unit/insn_model.h"

/* Wrong is only what it takes for an instruction. */
static void check_decoder(const uint8_t *byte, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1); /* nothing behind it is read */
	struct insn_model model;
	struct insn insn;

	memcpy(copy, byte, n);
	if (insn_decode(&insn, copy, n)) {
		must(insn.length <= n);
		if (insn_model(byte, n, &model)) {
			must(insn.length == model.length);
			must(insn.kind == model.kind);
		} else {
			must(!insn.kind);
		}
	}
	free(copy);
}

static void check_illegal(const uint8_t *byte, size_t n)
{
	struct instruction insn = { .length = (unsigned int)n };
	struct package package = { .sgx2 = false };
	struct insn_model model;

	memcpy(insn.byte, byte, n);
	must(instruction_prefixes(&insn) <= n);
	must(instruction_is_enclu(&insn) < (int)n || !n);
	if (!insn_model(byte, n, &model))
		return;
	must(instruction_is_illegal(&package, &insn) ==
	     (model.illegal || model.reads_tsc));
	package.sgx2 = true;
	must(instruction_is_illegal(&package, &insn) == model.illegal);
}

/* The same instruction, one that can be executed. */
static void check_rewriter(const uint8_t *byte, size_t n)
{
	struct rt_rewrite r = { .length = (uint8_t)n };
	struct insn_model was, is;

	memcpy(r.insn, byte, n);
	must(rewrite_instruction(&r) == 0);
	must(r.length <= n);
	if (r.kind == RT_REWRITE_NONE)
		return;
	must(insn_model(byte, n, &was));
	must(r.length == was.length);
	must(r.bytes <= 8 || r.kind == RT_REWRITE_OPERAND);
	if (r.kind != RT_REWRITE_OPERAND)
		return;
	must(r.new_length <= INSN_MAX);
	must(r.scratch < 16);
	must(insn_model(r.insn, r.new_length, &is));
	must(is.length == r.new_length);
	must(!strcmp(is.name, was.name));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size < INSN_MAX ? size : INSN_MAX;

	check_decoder(data, n);
	check_illegal(data, n);
	check_rewriter(data, n);
	return 0;
}
