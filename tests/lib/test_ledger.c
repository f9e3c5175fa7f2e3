/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger's enclave (argv[1], as it is built) on an acted-out processor:
 * its arithmetic, its numbering, and what it accepts as sealed state.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "examples/ledger/protocol.h"
#include "tests/lib/processor.h"

static struct enclave_image image;
static struct enclave enclave = ENCLAVE_NONE;

/* A new enclave: all that the old one knew is gone. */
static void power_cycle(void)
{
	processor_unload(&enclave);
	processor_load(&enclave, &image);
}

static void begin(void)
{
	memset(&processor, 0, sizeof(processor));
	processor.isvsvn = 2;
	power_cycle();
}

static enum ledger_status call(struct ledger_call *c)
{
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)c };

	assert_int_equal(enclave_enter_raw(enclave.tcs[0], ENCLU_EENTER, &regs),
			 0);
	assert_int_equal(regs.rdi, 0);
	return c->status;
}

static struct ledger_call entry(enum ledger_op op, uint64_t number,
				uint64_t amount)
{
	struct ledger_call c = { .op = op, .number = number, .amount = amount };

	call(&c);
	return c;
}

static enum ledger_status open_sealed(const struct ledger_sealed *sealed,
				      uint64_t *balance)
{
	struct ledger_call c = { .op = LEDGER_OPEN, .sealed = *sealed };

	call(&c);
	*balance = c.balance;
	return c.status;
}

static void counts(void **state)
{
	struct ledger_call c;

	(void)state;
	begin();
	assert_int_equal(entry(LEDGER_DEPOSIT, 1, 5).status, LEDGER_NOT_OPEN);
	assert_int_equal(entry(LEDGER_BALANCE, 0, 0).status, LEDGER_NOT_OPEN);
	assert_int_equal(entry(LEDGER_NEW, 0, 0).status, LEDGER_OK);
	assert_int_equal(entry(LEDGER_NEW, 0, 0).status, LEDGER_BAD_REQUEST);
	assert_int_equal(entry(LEDGER_DEPOSIT, 1, 100).balance, 100);
	assert_int_equal(entry(LEDGER_WITHDRAW, 2, 30).balance, 70);
	c = entry(LEDGER_WITHDRAW, 3, 71);
	assert_int_equal(c.status, LEDGER_INSUFFICIENT);
	assert_int_equal(c.balance, 70);
	assert_int_equal(c.number, 2);
	assert_int_equal(entry(LEDGER_DEPOSIT, 3, UINT64_MAX - 69).status,
			 LEDGER_TOO_LARGE);
	assert_int_equal(entry(77, 0, 0).status, LEDGER_BAD_REQUEST);
	assert_int_equal(entry(LEDGER_BALANCE, 0, 0).balance, 70);
}

static void an_entry_is_made_once(void **state)
{
	struct ledger_call first, again;

	(void)state;
	begin();
	entry(LEDGER_NEW, 0, 0);
	assert_int_equal(entry(LEDGER_DEPOSIT, 0, 1).status,
			 LEDGER_WRONG_NUMBER);
	assert_int_equal(entry(LEDGER_DEPOSIT, 2, 1).status,
			 LEDGER_WRONG_NUMBER);
	first = entry(LEDGER_DEPOSIT, 1, 10);
	again = entry(LEDGER_DEPOSIT, 1, 10);
	assert_int_equal(first.status, LEDGER_OK);
	assert_int_equal(again.status, LEDGER_REPEATED);
	assert_int_equal(again.balance, 10);
	assert_memory_equal(first.chain, again.chain, 32);
	assert_int_equal(entry(LEDGER_DEPOSIT, 1, 11).status,
			 LEDGER_WRONG_NUMBER);
	assert_int_equal(entry(LEDGER_WITHDRAW, 1, 10).status,
			 LEDGER_WRONG_NUMBER);
}

/* Lost after entry 2 left the enclave, repeated on its successor. */
static void survives_a_loss(void **state)
{
	struct ledger_call last, c;
	uint64_t balance;

	(void)state;
	begin();
	entry(LEDGER_NEW, 0, 0);
	entry(LEDGER_DEPOSIT, 1, 100);
	last = entry(LEDGER_DEPOSIT, 2, 50);
	power_cycle();
	assert_int_equal(entry(LEDGER_BALANCE, 0, 0).status, LEDGER_NOT_OPEN);
	assert_int_equal(open_sealed(&last.sealed, &balance), LEDGER_OK);
	assert_int_equal(balance, 150);
	c = entry(LEDGER_DEPOSIT, 2, 50);
	assert_int_equal(c.status, LEDGER_REPEATED);
	assert_int_equal(c.balance, 150);
	assert_memory_equal(c.chain, last.chain, 32);
	assert_int_equal(entry(LEDGER_WITHDRAW, 3, 150).balance, 0);
}

static void altered_state_is_refused(void **state)
{
	struct ledger_sealed sealed;
	uint8_t *bytes = (uint8_t *)&sealed;
	uint64_t balance;
	size_t i;

	(void)state;
	begin();
	entry(LEDGER_NEW, 0, 0);
	sealed = entry(LEDGER_DEPOSIT, 1, 100).sealed;
	power_cycle();
	for (i = 0; i < sizeof(sealed); i++) {
		bytes[i] ^= 4;
		assert_int_not_equal(open_sealed(&sealed, &balance), LEDGER_OK);
		bytes[i] ^= 4;
	}
	assert_int_equal(open_sealed(&sealed, &balance), LEDGER_OK);
	assert_int_equal(balance, 100);
}

static void state_is_hidden(void **state)
{
	struct ledger_sealed a, b;

	(void)state;
	begin();
	entry(LEDGER_NEW, 0, 0);
	a = entry(LEDGER_DEPOSIT, 1, 100).sealed;
	b = entry(LEDGER_DEPOSIT, 1, 100).sealed;
	/* The same state, but every seal has a key of its own. */
	assert_memory_not_equal(a.header.keyid, b.header.keyid, 32);
	assert_memory_not_equal(a.state, b.state, LEDGER_STATE);
}

static void other_platforms_and_versions(void **state)
{
	struct ledger_sealed sealed;
	uint64_t balance;

	(void)state;
	begin();
	sealed = entry(LEDGER_NEW, 0, 0).sealed;
	processor.fuses = 1;
	power_cycle();
	assert_int_equal(open_sealed(&sealed, &balance), LEDGER_BAD_SEAL);
	processor.fuses = 0;
	processor.isvsvn = 1;
	assert_int_equal(open_sealed(&sealed, &balance), LEDGER_NO_KEY);
	processor.isvsvn = 3;
	assert_int_equal(open_sealed(&sealed, &balance), LEDGER_OK);
}

static int tear_down(void **state)
{
	(void)state;
	processor_unload(&enclave);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(an_entry_is_made_once),
		cmocka_unit_test(survives_a_loss),
		cmocka_unit_test(altered_state_is_refused),
		cmocka_unit_test(state_is_hidden),
		cmocka_unit_test(other_platforms_and_versions),
	};
	int ret;

	if (argc != 2 || enclave_image_load(&image, argv[1])) {
		fprintf(stderr, "test_ledger: %s\n",
			argc == 2 ? enclave_error() : "which enclave?");
		return 2;
	}
	ret = cmocka_run_group_tests(tests, NULL, tear_down);
	enclave_image_free(&image);
	return ret;
}
