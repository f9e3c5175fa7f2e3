/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/cpuid/code.h.  A function is decoded from its first
 * byte to its last without a gap.  Control must also be able to come to the
 * place from the start, because data behind a jump decodes too.
 * SDM vol. 2, "Instruction Format"; the decoder is Zydis.
 *
 * DEVIATION DJ1: what is not surely CPUID shows the host's processor.
 */
#include "process/supervisor/cpuid/code.h"

#include <Zydis/Zydis.h>
#include <stdlib.h>

enum kind {
	KIND_NONE, /* not the start of an instruction */
	KIND_PLAIN,
	KIND_BRANCH, /* may go on at `target` */
	KIND_JUMP,   /* goes on at `target` */
	KIND_SWITCH, /* goes on anywhere: a jump through a table */
	KIND_END,    /* goes on elsewhere */
};

struct insn {
	uint8_t kind;
	uint8_t length;
	bool cpuid, syscall;
	bool reached;
	uint32_t target; /* from the start of the function */
	uint32_t next;   /* of the list of struct function; 0: last */
};

struct function {
	const uint8_t *code;
	size_t size;
	struct insn *at; /* [size] */
	bool has_switch;
	/* Positions that control reaches and that are yet to be followed. */
	uint32_t pending; /* plus 1; 0: none */
};

static bool is_end(const ZydisDecodedInstruction *z)
{
	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_HLT:
	case ZYDIS_MNEMONIC_INT3:
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
		return true;
	default:
		return z->meta.category == ZYDIS_CATEGORY_RET ||
		       z->meta.category == ZYDIS_CATEGORY_UNCOND_BR;
	}
}

/* jmp *%reg, jmp *table(,%reg,8); the rest are tail calls. */
static bool is_switch(const ZydisDecodedInstruction *z)
{
	if (z->mnemonic != ZYDIS_MNEMONIC_JMP || z->raw.imm[0].is_relative)
		return false;
	return z->raw.modrm.mod == 3 ||
	       (z->raw.modrm.rm == 4 &&
		(z->raw.sib.index != 4 || z->raw.rex.X));
}

static enum kind kind_of(const ZydisDecodedInstruction *z)
{
	bool relative = z->raw.imm[0].is_relative;

	if (is_switch(z))
		return KIND_SWITCH;
	if (relative && z->meta.category == ZYDIS_CATEGORY_UNCOND_BR)
		return KIND_JUMP;
	if (is_end(z))
		return KIND_END;
	/* also XBEGIN, and a call into this function itself */
	return relative ? KIND_BRANCH : KIND_PLAIN;
}

static bool decode(const ZydisDecoder *decoder, struct function *f, size_t pos)
{
	struct insn *in = &f->at[pos];
	ZydisDecodedInstruction z;
	uint64_t target;

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(decoder, NULL,
							f->code + pos,
							f->size - pos, &z)))
		return false;
	in->kind = (uint8_t)kind_of(&z);
	in->length = z.length;
	in->cpuid = z.mnemonic == ZYDIS_MNEMONIC_CPUID;
	in->syscall = z.mnemonic == ZYDIS_MNEMONIC_SYSCALL;
	target = pos + z.length + (uint64_t)z.raw.imm[0].value.s;
	in->target = target < f->size ? (uint32_t)target : (uint32_t)f->size;
	if (in->kind == KIND_SWITCH)
		f->has_switch = true;
	return true;
}

/* From the first byte to the last.  False: something is no instruction. */
static bool sweep(const ZydisDecoder *decoder, struct function *f)
{
	size_t pos;

	for (pos = 0; pos < f->size; pos += f->at[pos].length)
		if (!decode(decoder, f, pos))
			return false;
	return true;
}

/*
 * The end is not known: decode up to where control leaves for good, or may
 * leave by a system call.
 */
static void sweep_open(const ZydisDecoder *decoder, struct function *f)
{
	size_t pos = 0;

	while (pos < f->size && decode(decoder, f, pos)) {
		struct insn *in = &f->at[pos];

		in->reached = true;
		if (in->kind >= KIND_JUMP || in->syscall)
			return;
		pos += in->length;
	}
}

static void reach(struct function *f, size_t pos)
{
	/* a target inside an instruction skips its prefix: nothing new */
	if (pos >= f->size || f->at[pos].kind == KIND_NONE ||
	    f->at[pos].reached)
		return;
	f->at[pos].reached = true;
	f->at[pos].next = f->pending;
	f->pending = (uint32_t)pos + 1;
}

/* Follow control from the start until nothing new is reached. */
static void follow(struct function *f)
{
	reach(f, 0);
	while (f->pending) {
		size_t pos = f->pending - 1;
		const struct insn *in = &f->at[pos];

		f->pending = in->next;
		if (in->kind <= KIND_BRANCH)
			reach(f, pos + in->length);
		if (in->kind == KIND_BRANCH || in->kind == KIND_JUMP)
			reach(f, in->target);
	}
}

/* A CPUID may have prefixes; its own two bytes are the last. */
static enum cpuid_verdict verdict(const struct function *f, size_t pos)
{
	size_t from = pos < ZYDIS_MAX_INSTRUCTION_LENGTH ?
			      0 :
			      pos - ZYDIS_MAX_INSTRUCTION_LENGTH;
	size_t i;

	for (i = from; i <= pos; i++) {
		const struct insn *in = &f->at[i];

		if (in->kind == KIND_NONE || i + in->length <= pos)
			continue;
		if (!in->cpuid || i + in->length != pos + 2)
			return CPUID_WITHIN;
		return in->reached || f->has_switch ? CPUID_SITE :
						      CPUID_UNKNOWN;
	}
	return CPUID_UNKNOWN;
}

void cpuid_judge(const uint8_t *code, size_t size, uint64_t address, bool open,
		 struct cpuid_candidate *c, size_t n)
{
	struct function f = { .code = code, .size = size };
	ZydisDecoder decoder;
	size_t i;

	if (size > CPUID_MAX_FUNCTION && open)
		f.size = CPUID_MAX_FUNCTION;
	if (f.size > CPUID_MAX_FUNCTION)
		return;
	f.at = calloc(f.size, sizeof(*f.at));
	if (!f.at)
		return;
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
			 ZYDIS_STACK_WIDTH_64);
	if (open)
		sweep_open(&decoder, &f);
	else if (sweep(&decoder, &f))
		follow(&f);
	else
		n = 0;
	for (i = 0; i < n; i++) {
		uint64_t pos = c[i].address - address;
		enum cpuid_verdict v = CPUID_UNKNOWN;

		if (pos + 2 <= f.size)
			v = verdict(&f, pos);
		if (v > c[i].verdict)
			c[i].verdict = v;
	}
	free(f.at);
}
