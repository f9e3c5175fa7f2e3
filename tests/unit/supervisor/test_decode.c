/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The processor's small decoder (cpu/decode.c) against a whole one: what it
 * takes for an instruction has the length that it has, and those that go by
 * XCR0 are told from all others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/decode.h"
#include "tests/unit/insn_model.h"

#define TRIES 2000000

static uint64_t random64(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Returns how many of the two have found one that may be patched. */
static unsigned compare(const uint8_t byte[16])
{
	struct insn_model model;
	struct insn insn;
	bool mine = insn_decode(&insn, byte, INSN_MAX);

	if (!insn_model(byte, INSN_MAX, &model)) {
		assert_false(mine && insn.kind);
		return 0;
	}
	if (!mine)
		return !!model.kind;
	if (insn.length != model.length || insn.kind != model.kind)
		print_error("%02x %02x %02x %02x %02x %02x %02x: %u, %u\n",
			    byte[0], byte[1], byte[2], byte[3], byte[4],
			    byte[5], byte[6], insn.length, model.length);
	assert_int_equal(insn.length, model.length);
	assert_int_equal(insn.kind, model.kind);
	return insn.kind ? 2 : 0;
}

static void random_bytes(void **state)
{
	uint8_t byte[16];

	(void)state;
	for (unsigned i = 0; i < TRIES; i++) {
		memcpy(byte, &(uint64_t){ random64() }, 8);
		memcpy(byte + 8, &(uint64_t){ random64() }, 8);
		compare(byte);
	}
}

/* Opcodes of these groups, behind all kinds of prefixes. */
static void xsave_bytes(void **state)
{
	static const uint8_t prefixes[] = { 0x48, 0x41, 0x64, 0x65, 0x66,
					    0x67, 0xf2, 0xf3, 0xf0, 0x2e };
	static const uint8_t opcodes[] = { 0xae, 0xc7, 0x01 };
	unsigned both = 0, one = 0, found;
	uint8_t byte[16];

	(void)state;
	for (unsigned i = 0; i < TRIES; i++) {
		uint64_t x = random64();
		unsigned n = x & 1 ? 0 : x >> 1 & 3, at = 0;

		memcpy(byte, &(uint64_t){ random64() }, 8);
		memcpy(byte + 8, &(uint64_t){ random64() }, 8);
		for (; at < n; at++)
			byte[at] = prefixes[(x >> (8 + 4 * at) & 15) % 10];
		byte[at] = 0x0f;
		byte[at + 1] = opcodes[(x >> 32) % 3];
		found = compare(byte);
		both += found == 2;
		one += found == 1;
	}
	/* prefixes that nobody writes hide a few */
	assert_true(both > TRIES / 12);
	assert_true(one < both / 10);
}

/* Nothing is read behind what there is. */
static void cut_off(void **state)
{
	static const uint8_t byte[] = { 0x48, 0x0f, 0xae, 0x64, 0x24, 0x40 };
	struct insn insn;

	(void)state;
	for (size_t n = 0; n < sizeof(byte); n++)
		assert_false(insn_decode(&insn, byte, n));
	assert_true(insn_decode(&insn, byte, sizeof(byte)));
	assert_int_equal(insn.length, 6);
	assert_int_equal(insn.kind, INSN_XSAVE);
	assert_int_equal(insn.opcode, 1);
	assert_int_equal(insn.modrm, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(xsave_bytes),
		cmocka_unit_test(cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
