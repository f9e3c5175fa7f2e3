/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What becomes of an instruction that accessed enclave memory from outside: it
 * must be the same one, but for where its memory operand is.  The decoder is
 * asked again, about a great many that chance made.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <Zydis/Zydis.h>
#include <cmocka.h>

#include "process/supervisor/cpuid/rewrite.h"

#define TRIES 300000

struct decoded {
	ZydisDecodedInstruction i;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
};

static ZydisDecoder decoder;

static int setup(void **state)
{
	(void)state;
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
			 ZYDIS_STACK_WIDTH_64);
	return 0;
}

static uint64_t random64(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static bool decode(struct decoded *d, const uint8_t *insn, size_t n)
{
	return ZYAN_SUCCESS(
		ZydisDecoderDecodeFull(&decoder, insn, n, &d->i, d->op));
}

static struct rt_rewrite rewrite(const uint8_t *insn, size_t n)
{
	struct rt_rewrite r = { .length = (uint8_t)n };

	memcpy(r.insn, insn, n);
	assert_int_equal(rewrite_instruction(&r), 0);
	return r;
}

static struct rt_rewrite rewrite_text(const char *insn, size_t n)
{
	return rewrite((const uint8_t *)insn, n);
}
#define REWRITE(text) rewrite_text(text, sizeof(text) - 1)

static bool is_the_operand(const ZydisDecodedOperand *op)
{
	return op->type == ZYDIS_OPERAND_TYPE_MEMORY &&
	       (op->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM ||
		op->encoding == ZYDIS_OPERAND_ENCODING_DISP16_32_64);
}

static ZydisRegister whole(ZydisRegister reg)
{
	return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64,
						reg);
}

/* [scratch], and nothing of what it was. */
static void check_the_operand(const ZydisDecodedOperand *op,
			      const ZydisDecodedOperand *was,
			      const struct rt_rewrite *r)
{
	assert_int_equal(op->mem.type, ZYDIS_MEMOP_TYPE_MEM);
	assert_int_equal(ZydisRegisterGetId(op->mem.base), r->scratch);
	assert_int_equal(ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64,
					       op->mem.base),
			 64);
	assert_int_equal(op->mem.index, ZYDIS_REGISTER_NONE);
	assert_int_equal(op->mem.disp.value, 0);
	assert_true(op->mem.segment != ZYDIS_REGISTER_FS &&
		    op->mem.segment != ZYDIS_REGISTER_GS);
	assert_int_equal(op->size, was->size);
	assert_int_equal(op->actions, was->actions);
}

static void check_other(const ZydisDecodedOperand *op,
			const ZydisDecodedOperand *was,
			const struct rt_rewrite *r)
{
	assert_int_equal(op->type, was->type);
	assert_int_equal(op->size, was->size);
	assert_int_equal(op->actions, was->actions);
	if (op->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
		assert_int_equal(op->imm.value.u, was->imm.value.u);
	if (op->type != ZYDIS_OPERAND_TYPE_REGISTER)
		return;
	assert_int_equal(op->reg.value, was->reg.value);
	if (ZydisRegisterGetClass(whole(op->reg.value)) == ZYDIS_REGCLASS_GPR64)
		assert_int_not_equal(ZydisRegisterGetId(whole(op->reg.value)),
				     r->scratch);
}

static void check_same(const struct decoded *was, const struct rt_rewrite *r)
{
	struct decoded now;

	assert_true(decode(&now, r->insn, r->new_length));
	assert_int_equal(now.i.length, r->new_length);
	assert_int_equal(now.i.mnemonic, was->i.mnemonic);
	assert_int_equal(now.i.operand_count, was->i.operand_count);
	assert_int_equal(now.i.operand_width, was->i.operand_width);
	assert_int_equal(now.i.attributes & ZYDIS_ATTRIB_HAS_LOCK,
			 was->i.attributes & ZYDIS_ATTRIB_HAS_LOCK);
	for (unsigned n = 0; n < now.i.operand_count; n++)
		if (is_the_operand(&now.op[n]))
			check_the_operand(&now.op[n], &was->op[n], r);
		else
			check_other(&now.op[n], &was->op[n], r);
}

static void chance_changes_nothing_else(void **state)
{
	unsigned operands = 0, strings = 0;

	(void)state;
	for (unsigned i = 0; i < TRIES; i++) {
		uint64_t bytes[2] = { random64(), random64() };
		struct rt_rewrite r = rewrite((uint8_t *)bytes, INSN_MAX);
		struct decoded was;

		if (!decode(&was, (uint8_t *)bytes, INSN_MAX)) {
			assert_int_equal(r.kind, RT_REWRITE_NONE);
			assert_int_equal(r.length, 0);
			continue;
		}
		assert_int_equal(r.length, was.i.length);
		strings += r.kind == RT_REWRITE_STRING;
		if (r.kind != RT_REWRITE_OPERAND)
			continue;
		operands++;
		check_same(&was, &r);
	}
	assert_true(operands > TRIES / 10);
	assert_true(strings > TRIES / 1000);
}

/* VEX, EVEX and XOP prefixes are rare among random bytes. */
static void so_it_does_to_vectors(void **state)
{
	static const uint8_t prefixes[] = { 0xc4, 0xc5, 0x62, 0x8f };
	unsigned operands = 0;

	(void)state;
	for (unsigned i = 0; i < TRIES; i++) {
		uint64_t bytes[2] = { random64(), random64() };
		uint8_t *insn = (uint8_t *)bytes;
		struct rt_rewrite r;
		struct decoded was;

		insn[0] = prefixes[i % sizeof(prefixes)];
		r = rewrite(insn, INSN_MAX);
		if (r.kind != RT_REWRITE_OPERAND)
			continue;
		assert_true(decode(&was, insn, INSN_MAX));
		operands++;
		check_same(&was, &r);
	}
	assert_true(operands > TRIES / 100);
}

static void where_the_operand_was(void **state)
{
	struct rt_rewrite r = REWRITE("\x48\x8b\x44\x8b\x10");

	(void)state;
	/* mov 0x10(%rbx,%rcx,4), %rax */
	assert_int_equal(r.kind, RT_REWRITE_OPERAND);
	assert_int_equal(r.base, 3);
	assert_int_equal(r.index, 1);
	assert_int_equal(r.scale, 4);
	assert_int_equal(r.disp, 0x10);
	assert_int_equal(r.bytes, 8);
	assert_int_equal(r.segment, RT_SEGMENT_FLAT);
	assert_int_equal(r.address32, 0);
	/* mov %gs:-1(%r13d), %al */
	r = REWRITE("\x65\x67\x41\x8a\x45\xff");
	assert_int_equal(r.base, 13);
	assert_int_equal(r.index, RT_REG_NONE);
	assert_int_equal(r.disp, -1);
	assert_int_equal(r.segment, RT_SEGMENT_GS);
	assert_int_equal(r.address32, 1);
	/* cmp $1, 0x11223344(%rip) */
	r = REWRITE("\x83\x3d\x44\x33\x22\x11\x01");
	assert_int_equal(r.base, RT_REG_RIP);
	assert_int_equal(r.disp, 0x11223344);
	assert_int_equal(r.length, 7);
	assert_int_equal(r.insn[r.new_length - 1], 1);
	/* vmovdqu64 0x40(%rsi), %zmm0: a displacement of one byte, scaled */
	r = REWRITE("\x62\xf1\xfe\x48\x6f\x46\x01");
	assert_int_equal(r.disp, 64);
	assert_int_equal(r.bytes, 64);
	/* bt %rax, (%rsi): how far it reaches is in RAX */
	assert_int_equal(REWRITE("\x48\x0f\xa3\x06").bytes, 0);
}

static void strings(void **state)
{
	struct rt_rewrite r = REWRITE("\xf3\x48\xa5");

	(void)state;
	assert_int_equal(r.kind, RT_REWRITE_STRING);
	assert_int_equal(r.op, RT_MOVS);
	assert_int_equal(r.rep, RT_REP);
	assert_int_equal(r.bytes, 8);
	r = REWRITE("\xf2\x66\x67\xaf");
	assert_int_equal(r.op, RT_SCAS);
	assert_int_equal(r.rep, RT_REPNE);
	assert_int_equal(r.bytes, 2);
	assert_int_equal(r.address32, 1);
	r = REWRITE("\xf3\x64\xa6");
	assert_int_equal(r.op, RT_CMPS);
	assert_int_equal(r.rep, RT_REPE);
	assert_int_equal(r.segment, RT_SEGMENT_FS);
	assert_int_equal(REWRITE("\xac").rep, RT_REP_NONE);
	/* movsd (%rsi), %xmm0 is none */
	assert_int_equal(REWRITE("\xf2\x0f\x10\x06").kind, RT_REWRITE_OPERAND);
}

static void what_cannot_be_had(void **state)
{
	struct rt_rewrite too_long = { .length = INSN_MAX + 1 };

	(void)state;
	/* JMP, CALL, XLAT; LEA and a register accessed nothing */
	assert_int_equal(REWRITE("\xff\x26").kind, RT_REWRITE_NONE);
	assert_int_equal(REWRITE("\xff\x16").kind, RT_REWRITE_NONE);
	assert_int_equal(REWRITE("\xd7").kind, RT_REWRITE_NONE);
	assert_int_equal(REWRITE("\x8d\x06").kind, RT_REWRITE_NONE);
	assert_int_equal(REWRITE("\x89\xc3").kind, RT_REWRITE_NONE);
	/* vpgatherdd %ymm1, (%rax,%ymm2), %ymm0 */
	assert_int_equal(REWRITE("\xc4\xe2\x75\x90\x04\x10").kind,
			 RT_REWRITE_NONE);
	assert_int_equal(REWRITE("\x48\x8b").length, 0); /* cut off */
	assert_int_equal(rewrite_instruction(&too_long), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chance_changes_nothing_else),
		cmocka_unit_test(so_it_does_to_vectors),
		cmocka_unit_test(where_the_operand_was),
		cmocka_unit_test(strings),
		cmocka_unit_test(what_cannot_be_had),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
