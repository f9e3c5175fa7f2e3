/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instructions that enclave mode forbids (cpu/instruction.c), told by a whole
 * decoder: every opcode with every ModRM, and code at random.
 */
#include "cpu/cpu.h"
#include "cpu/instruction.h"
#include "tests/conform/conform.h"

#include <string.h>

#include "tests/unit/insn_model.h"

#define TRIES 300000

static struct package package;

static bool is_illegal(const struct instruction *insn)
{
	return instruction_is_illegal(&package, insn);
}

/* Returns whether it is one that the list has. */
static bool compare(const struct instruction *insn)
{
	struct insn_model model;

	if (!insn_model(insn->byte, insn->length, &model))
		return false;
	for (int sgx2 = 0; sgx2 < 2; sgx2++) {
		bool should = model.illegal || (!sgx2 && model.reads_tsc);

		package.sgx2 = sgx2;
		if (is_illegal(insn) != should)
			print_error("%s: %02x %02x %02x %02x %02x\n",
				    model.name, insn->byte[0], insn->byte[1],
				    insn->byte[2], insn->byte[3],
				    insn->byte[4]);
		assert_int_equal(is_illegal(insn), should);
	}
	return model.illegal;
}

static struct instruction code(const uint8_t *byte, unsigned int n)
{
	struct instruction insn = { .length = n };

	memcpy(insn.byte, byte, n);
	return insn;
}

static void every_opcode(void **state)
{
	unsigned int found = 0;

	(void)state;
	for (unsigned int i = 0; i < 0x20000; i++) {
		uint8_t byte[INSN_MAX] = { i & 0x10000 ? 0x0f : 0x90 };
		unsigned int at = !!(i & 0x10000);
		struct instruction insn;

		byte[at] = i >> 8 & 0xff;
		byte[at + 1] = i & 0xff;
		insn = code(byte, sizeof(byte));
		found += compare(&insn);
	}
	assert_true(found > 2000);
}

static uint64_t random64(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Prefixes in any order, then anything. */
static void at_random(void **state)
{
	static const uint8_t prefix[] = {
		0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66,
		0x67, 0xf2, 0xf3, 0x40, 0x41, 0x48, 0x4f,
	};
	unsigned int found = 0;

	(void)state;
	for (unsigned int i = 0; i < TRIES; i++) {
		uint8_t byte[16];
		uint64_t r = random64(), n = r % 4;
		struct instruction insn;

		for (unsigned int k = 0; k < 16; k += 8)
			memcpy(byte + k, &(uint64_t){ random64() }, 8);
		for (unsigned int k = 0; k < n; k++)
			byte[k] = prefix[(r >> (8 + 4 * k)) % sizeof(prefix)];
		if (r & 1ull << 40)
			byte[n] = 0x0f;
		insn = code(byte, INSN_MAX);
		found += compare(&insn);
	}
	assert_true(found > TRIES / 100);
}

/* What could not be read is no instruction. */
static void cut(void **state)
{
	static const uint8_t byte[] = { 0x66, 0x48, 0x0f, 0xa2 };
	static const uint8_t sldt[] = { 0x0f, 0x00, 0xc0 };
	static const uint8_t sgdt[] = { 0x0f, 0x01, 0x00 };
	static const uint8_t jmp[] = { 0xff, 0x28 };
	struct instruction insn;

	(void)state;
	for (unsigned int n = 0; n <= 3; n++) {
		insn = code(sldt, n);
		assert_int_equal(is_illegal(&insn), n == 3);
		insn = code(sgdt, n);
		assert_int_equal(is_illegal(&insn), n == 3);
	}
	insn = code(jmp, 1);
	assert_false(is_illegal(&insn));
	insn = code(jmp, 2);
	assert_true(is_illegal(&insn));
	for (unsigned int n = 0; n <= sizeof(byte); n++) {
		insn = code(byte, n);
		assert_int_equal(is_illegal(&insn), n == 4);
		assert_int_equal(instruction_prefixes(&insn), n < 2 ? n : 2);
	}
}

static int prefixes(const char *text, unsigned int n)
{
	struct instruction insn = code((const uint8_t *)text, n);

	return instruction_is_enclu(&insn);
}

static void enclu_prefixes(void **state)
{
	(void)state;
	assert_int_equal(prefixes("\x0f\x01\xd7", 3), 0);
	assert_int_equal(prefixes("\x48\x0f\x01\xd7", 4), 1);
	assert_int_equal(prefixes("\x2e\x67\x40\x0f\x01\xd7", 6), 3);
	assert_int_equal(prefixes("\x66\x0f\x01\xd7", 4), -1);
	assert_int_equal(prefixes("\xf0\x0f\x01\xd7", 4), -1);
	assert_int_equal(prefixes("\xf2\x0f\x01\xd7", 4), -1);
	assert_int_equal(prefixes("\xf3\x0f\x01\xd7", 4), -1);
	assert_int_equal(prefixes("\x40\x2e\x0f\x01\xd7", 5), 2);
	assert_int_equal(prefixes("\x0f\x01\xcf", 3), -1);
	assert_int_equal(prefixes("\x0f\x02\xd7", 3), -1);
	assert_int_equal(prefixes("\x0e\x01\xd7", 3), -1);
	assert_int_equal(prefixes("\x0f\x01", 2), -1);
	assert_int_equal(prefixes("\x2e\x2e\x2e\x2e\x2e", 5), -1);
	assert_int_equal(prefixes("\x2e", 1), -1);
	assert_int_equal(prefixes("", 0), -1);
}

#define TEST(name) cmocka_unit_test(name)

static const struct conform rows[] = {
	SUBJECT("Illegal instructions, by a whole decoder",
		"SDM vol. 3D \"Intel SGX Interactions with IA-32 and Intel 64 "
		"Architecture\", \"Illegal Instructions\""),
	ROW("any opcode, any ModRM, prefixes in any order", "#UD if listed",
	    TEST(every_opcode), TEST(at_random)),
	TESTS(TEST(cut), TEST(enclu_prefixes)),
};

CONFORM_MAIN(rows, NULL)
