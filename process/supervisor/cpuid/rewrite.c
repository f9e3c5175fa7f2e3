/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Takes apart an instruction that accessed enclave memory from outside
 * (process/rewrite.h).  Its memory operand becomes [scratch]: ModRM with no
 * displacement and no SIB, REX.B and REX.X off; prefixes that change where it
 * is become ones that change nothing.
 * SDM vol. 2 "Instruction Format", "VEX", "EVEX"; the decoder is Zydis.
 */
#include "process/supervisor/cpuid/rewrite.h"

#include <Zydis/Zydis.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define PREFIX_DS 0x3e

struct decoded {
	ZydisDecodedInstruction i;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
};

static ZydisRegister whole(ZydisRegister reg)
{
	return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64,
						reg);
}

static uint8_t number(ZydisRegister reg)
{
	if (reg == ZYDIS_REGISTER_NONE)
		return RT_REG_NONE;
	if (reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP)
		return RT_REG_RIP;
	return (uint8_t)ZydisRegisterGetId(whole(reg));
}

static uint8_t segment(ZydisRegister reg)
{
	if (reg == ZYDIS_REGISTER_FS)
		return RT_SEGMENT_FS;
	return reg == ZYDIS_REGISTER_GS ? RT_SEGMENT_GS : RT_SEGMENT_FLAT;
}

/* The operand that ModRM or an absolute address names. */
static const ZydisDecodedOperand *memory_operand(const struct decoded *d)
{
	for (unsigned int n = 0; n < d->i.operand_count; n++) {
		const ZydisDecodedOperand *op = &d->op[n];

		if (op->type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    op->mem.type == ZYDIS_MEMOP_TYPE_MEM &&
		    (op->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM ||
		     op->encoding == ZYDIS_OPERAND_ENCODING_DISP16_32_64))
			return op;
	}
	return NULL;
}

static bool uses(const struct decoded *d, ZydisRegister reg)
{
	for (unsigned int n = 0; n < d->i.operand_count; n++)
		if (d->op[n].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    whole(d->op[n].reg.value) == reg)
			return true;
	return false;
}

/* A register that ModRM can name without SIB, displacement or REX. */
static uint8_t choose_scratch(const struct decoded *d)
{
	static const ZydisRegister candidates[] = {
		ZYDIS_REGISTER_RSI, ZYDIS_REGISTER_RDI, ZYDIS_REGISTER_RBX,
		ZYDIS_REGISTER_RCX, ZYDIS_REGISTER_RDX, ZYDIS_REGISTER_RAX,
	};

	for (size_t n = 0; n < sizeof(candidates) / sizeof(candidates[0]); n++)
		if (!uses(d, candidates[n]))
			return number(candidates[n]);
	return RT_REG_NONE;
}

/* B and X extend registers of the old operand; VEX and EVEX invert them. */
static void clear_extensions(const struct decoded *d, uint8_t *insn)
{
	switch (d->i.encoding) {
	case ZYDIS_INSTRUCTION_ENCODING_VEX:
		if (d->i.raw.vex.size == 3)
			insn[d->i.raw.vex.offset + 1] |= 0x60;
		break;
	case ZYDIS_INSTRUCTION_ENCODING_XOP:
		insn[d->i.raw.xop.offset + 1] |= 0x60;
		break;
	case ZYDIS_INSTRUCTION_ENCODING_EVEX:
		insn[d->i.raw.evex.offset + 1] |= 0x60;
		break;
	default:
		if (d->i.attributes & ZYDIS_ATTRIB_HAS_REX)
			insn[d->i.raw.rex.offset] &= 0xfc;
	}
}

static void neutralize_prefixes(const struct decoded *d, uint8_t *insn)
{
	for (unsigned int n = 0; n < d->i.raw.prefix_count; n++) {
		switch (insn[n]) {
		case 0x64:
		case 0x65:
		case 0x67:
			insn[n] = PREFIX_DS;
		}
	}
}

/* Move what follows the operand: immediates, 3DNow!'s opcode. */
static void close_gap(struct rt_rewrite *r, unsigned int from, unsigned int to)
{
	memmove(r->insn + to, r->insn + from, r->length - from);
	r->new_length = (uint8_t)(r->length - from + to);
}

static void rewrite_modrm(const struct decoded *d, struct rt_rewrite *r)
{
	unsigned int modrm = d->i.raw.modrm.offset, end = modrm + 1;

	if (d->i.raw.sib.offset)
		end = d->i.raw.sib.offset + 1u;
	if (d->i.raw.disp.size)
		end = d->i.raw.disp.offset + d->i.raw.disp.size / 8u;
	r->insn[modrm] = (uint8_t)((r->insn[modrm] & 0x38) | r->scratch);
	close_gap(r, end, modrm + 1);
}

/* A0..A3, MOV between the accumulator and an absolute address */
static bool rewrite_moffs(const struct decoded *d, struct rt_rewrite *r)
{
	static const uint8_t opcodes[] = { 0x8a, 0x8b, 0x88, 0x89 };
	unsigned int at = d->i.raw.disp.offset - 1u;

	if (d->i.opcode < 0xa0 || d->i.opcode > 0xa3)
		return false;
	if (d->i.attributes & ZYDIS_ATTRIB_HAS_REX)
		r->insn[d->i.raw.rex.offset] &= 0xfb; /* R: no register yet */
	r->insn[at] = opcodes[d->i.opcode - 0xa0];
	r->insn[at + 1] = r->scratch;
	close_gap(r, d->i.raw.disp.offset + d->i.raw.disp.size / 8u, at + 2);
	return true;
}

/* False: how much it accesses depends on more than the instruction. */
static bool extent_known(const struct decoded *d)
{
	switch (d->i.mnemonic) {
	case ZYDIS_MNEMONIC_BT:
	case ZYDIS_MNEMONIC_BTC:
	case ZYDIS_MNEMONIC_BTR:
	case ZYDIS_MNEMONIC_BTS:
		return false;
	default:
		return d->i.meta.category != ZYDIS_CATEGORY_XSAVE &&
		       d->i.meta.category != ZYDIS_CATEGORY_XSAVEOPT;
	}
}

static bool is_branch(const struct decoded *d)
{
	return d->i.meta.category == ZYDIS_CATEGORY_CALL ||
	       d->i.meta.category == ZYDIS_CATEGORY_UNCOND_BR;
}

static void rewrite_operand(const struct decoded *d, struct rt_rewrite *r)
{
	const ZydisDecodedOperand *op = memory_operand(d);

	r->scratch = choose_scratch(d);
	/* no processor with SGX has MVEX, so no such instruction faulted */
	if (!op || is_branch(d) || r->scratch == RT_REG_NONE ||
	    d->i.encoding == ZYDIS_INSTRUCTION_ENCODING_MVEX)
		return;
	if (op->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM)
		rewrite_modrm(d, r);
	else if (!rewrite_moffs(d, r))
		return;
	clear_extensions(d, r->insn);
	neutralize_prefixes(d, r->insn);
	r->kind = RT_REWRITE_OPERAND;
	r->base = number(op->mem.base);
	r->index = number(op->mem.index);
	r->scale = op->mem.scale;
	r->disp = op->mem.disp.value;
	r->segment = segment(op->mem.segment);
	r->address32 = d->i.address_width == 32;
	r->bytes = extent_known(d) ? op->size / 8u : 0;
}

static bool string_op(ZydisMnemonic mnemonic, uint8_t *op)
{
	switch (mnemonic) {
	/* clang-format off */
	case ZYDIS_MNEMONIC_MOVSB: case ZYDIS_MNEMONIC_MOVSW:
	case ZYDIS_MNEMONIC_MOVSD: case ZYDIS_MNEMONIC_MOVSQ:
		*op = RT_MOVS;
		return true;
	case ZYDIS_MNEMONIC_STOSB: case ZYDIS_MNEMONIC_STOSW:
	case ZYDIS_MNEMONIC_STOSD: case ZYDIS_MNEMONIC_STOSQ:
		*op = RT_STOS;
		return true;
	case ZYDIS_MNEMONIC_LODSB: case ZYDIS_MNEMONIC_LODSW:
	case ZYDIS_MNEMONIC_LODSD: case ZYDIS_MNEMONIC_LODSQ:
		*op = RT_LODS;
		return true;
	case ZYDIS_MNEMONIC_CMPSB: case ZYDIS_MNEMONIC_CMPSW:
	case ZYDIS_MNEMONIC_CMPSD: case ZYDIS_MNEMONIC_CMPSQ:
		*op = RT_CMPS;
		return true;
	case ZYDIS_MNEMONIC_SCASB: case ZYDIS_MNEMONIC_SCASW:
	case ZYDIS_MNEMONIC_SCASD: case ZYDIS_MNEMONIC_SCASQ:
		*op = RT_SCAS;
		return true;
	/* clang-format on */
	default:
		return false;
	}
}

static uint8_t rep(const struct decoded *d)
{
	if (d->i.attributes & ZYDIS_ATTRIB_HAS_REPNE)
		return RT_REPNE;
	if (d->i.attributes & ZYDIS_ATTRIB_HAS_REPE)
		return RT_REPE;
	return d->i.attributes & ZYDIS_ATTRIB_HAS_REP ? RT_REP : RT_REP_NONE;
}

static void rewrite_string(const struct decoded *d, struct rt_rewrite *r)
{
	r->kind = RT_REWRITE_STRING;
	r->rep = rep(d);
	r->address32 = d->i.address_width == 32;
	r->bytes = d->i.operand_width / 8u;
	/* the destination's segment, ES, cannot be overridden */
	if (d->i.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_FS)
		r->segment = RT_SEGMENT_FS;
	else if (d->i.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_GS)
		r->segment = RT_SEGMENT_GS;
}

int rewrite_instruction(struct rt_rewrite *r)
{
	struct rt_rewrite asked = *r;
	ZydisDecoder decoder;
	struct decoded d;

	if (asked.length > INSN_MAX)
		return -EINVAL;
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
			 ZYDIS_STACK_WIDTH_64);
	memset(r, 0, sizeof(*r));
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, asked.insn,
						 asked.length, &d.i, d.op)))
		return 0;
	r->length = d.i.length;
	memcpy(r->insn, asked.insn, r->length);
	if (string_op(d.i.mnemonic, &r->op) &&
	    d.i.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT)
		rewrite_string(&d, r);
	else
		rewrite_operand(&d, r);
	return 0;
}
