/* SPDX-License-Identifier: BSD-3-Clause */
/* Machine code that the runtime writes, told by a decoder. */
#include "tests/conform/conform.h"

#include <Zydis/Zydis.h>

#include "process/rt/base/emit.h"

static uint8_t code[4096];

/* The instruction at p; the address of its operand. */
static uint64_t decode(const uint8_t *p, ZydisDecodedInstruction *z,
		       ZydisDecodedOperand *operands)
{
	ZydisDecoder decoder;
	uint64_t address = 0;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
			 ZYDIS_STACK_WIDTH_64);
	assert_true(ZYAN_SUCCESS(
		ZydisDecoderDecodeFull(&decoder, p, 15, z, operands)));
	for (int i = 0; i < z->operand_count_visible; i++)
		if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
			ZydisCalcAbsoluteAddress(z, &operands[i], (uint64_t)p,
						 &address);
	return address;
}

static void load(void **state)
{
	(void)state;
	for (unsigned int reg = 0; reg < 8; reg++)
		for (unsigned int at = 0; at < 4096 - 16; at += 61) {
			ZydisDecodedOperand o[ZYDIS_MAX_OPERAND_COUNT];
			const uint8_t *operand = code + 4095 - at;
			ZydisDecodedInstruction z;
			uint8_t *end = rt_emit(code + at, 0x48, 0x8b, reg,
					       operand);

			assert_int_equal(decode(code + at, &z, o),
					 (uint64_t)operand);
			assert_int_equal(z.length, end - (code + at));
			assert_int_equal(z.mnemonic, ZYDIS_MNEMONIC_MOV);
			assert_int_equal(ZydisRegisterGetId(o[0].reg.value),
					 reg);
		}
}

static void jump(void **state)
{
	ZydisDecodedOperand o[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction z;
	uint8_t *end;

	(void)state;
	end = rt_emit(code, 0, 0xff, 4, code + 100);
	assert_int_equal(decode(code, &z, o), (uint64_t)(code + 100));
	assert_int_equal(z.length, end - code);
	assert_int_equal(z.mnemonic, ZYDIS_MNEMONIC_JMP);
}

static const struct conform rows[] = {
	TESTS(cmocka_unit_test(load), cmocka_unit_test(jump)),
};

CONFORM_MAIN(rows, NULL)
