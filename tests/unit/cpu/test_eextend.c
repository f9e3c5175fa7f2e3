/* SPDX-License-Identifier: BSD-3-Clause */
/* EEXTEND: one case for each check of SDM "EEXTEND", Operation, in order. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

static struct secs_hidden *hidden_of(struct machine *m)
{
	return secs_hidden_at(&m->cpu, m->secs_pa);
}

/* An enclave with one page, and EEXTEND's operands for its second chunk. */
static int setup(void **state)
{
	struct machine *m;
	uint64_t pa;

	machine_setup(state);
	m = *state;
	create(m);
	pa = add(m, OFF_DATA, REG_RW);
	prepare_eextend(m, pa + 256);
	return 0;
}

static struct epcm *data_epcm(struct machine *m)
{
	return epcm_at(m, LA(OFF_DATA));
}

static void secs_unaligned(void **state)
{
	struct machine *m = *state;

	m->lp.r.rbx += 256;
	check_gp(m, encls(&m->lp));
}

static void secs_not_epc(void **state)
{
	struct machine *m = *state;

	m->lp.r.rbx = operand(m->source);
	m->lp.r.rcx += 1;
	check_encls_pf(m, encls(&m->lp), operand(m->source));
}

static void chunk_unaligned(void **state)
{
	struct machine *m = *state;

	m->lp.r.rcx += 128;
	check_gp(m, encls(&m->lp));
}

static void chunk_not_epc(void **state)
{
	struct machine *m = *state;

	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
}

static void page_locked(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_exclusive(data_epcm(m)));
	check_gp(m, encls(&m->lp));
	epcm_unlock_exclusive(data_epcm(m));
	assert_true(epcm_trylock_shared(data_epcm(m)));
	assert_int_equal(encls(&m->lp), 0);
}

static void page_invalid(void **state)
{
	struct machine *m = *state;

	epcm_invalidate(data_epcm(m));
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
}

static void page_of_wrong_type(void **state)
{
	struct machine *m = *state;
	static const uint8_t types[] = { PT_SECS, PT_VA, PT_TRIM };
	size_t i;

	for (i = 0; i < sizeof(types); i++) {
		data_epcm(m)->pt = types[i];
		check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	}
	assert_int_equal(data_epcm(m)->lock, 0);
}

static void other_secs(void **state)
{
	struct machine *m = *state;
	uint64_t pa = mapping_of(m, LA(OFF_DATA))->pa;

	create(m);
	prepare_eextend(m, pa);
	check_gp(m, encls(&m->lp));
}

static void measurement_locked(void **state)
{
	struct machine *m = *state;

	assert_true(secs_trylock_measurement(hidden_of(m)));
	check_gp(m, encls(&m->lp));
	secs_unlock_measurement(hidden_of(m));
}

static void initialised(void **state)
{
	struct machine *m = *state;

	prepare_einit(m);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	prepare_eextend(m, mapping_of(m, LA(OFF_DATA))->pa);
	check_gp(m, encls(&m->lp));
	assert_int_equal(hidden_of(m)->measurement_lock, 0);
}

/* One ECREATE, one EADD, 16 EEXTENDs, and this one. */
static void success(void **state)
{
	struct machine *m = *state;
	uint64_t rflags = m->lp.r.rflags;

	assert_int_equal(hidden_of(m)->mrenclave_blocks, 1 + 1 + 16 * 5);
	assert_int_equal(encls(&m->lp), 0);
	assert_int_equal(hidden_of(m)->mrenclave_blocks, 1 + 1 + 17 * 5);
	assert_int_equal(m->lp.r.rax, ENCLS_EEXTEND);
	assert_int_equal(m->lp.r.rflags, rflags);
	assert_int_equal(data_epcm(m)->lock, 0);
}

/* A TCS can be measured; the EPCM's permissions do not matter. */
static void tcs(void **state)
{
	struct machine *m = *state;

	prepare_eadd_tcs(m);
	assert_int_equal(encls(&m->lp), 0);
	m->lp.r.rax = ENCLS_EEXTEND;
	m->lp.r.rbx = kernel_la(m, m->secs_pa);
	assert_int_equal(encls(&m->lp), 0);
}

static void order(void **state)
{
	struct machine *m = *state;
	uint64_t rcx = m->lp.r.rcx, rbx = m->lp.r.rbx;

	create(m);
	epcm_invalidate(epcm_of(&m->cpu, rcx - operand(m->cpu.epc)));
	prepare_eextend(m, rcx - operand(m->cpu.epc));
	check_encls_pf(m, encls(&m->lp), rcx);
	m->lp.r.rbx += 8;
	check_gp(m, encls(&m->lp));
	m->lp.r.rbx = rbx;
	m->lp.r.rcx++;
	check_gp(m, encls(&m->lp));
	m->lp.r.rbx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
	m->lp.r.rbx = rbx + 8;
	check_gp(m, encls(&m->lp));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EEXTEND", "SDM \"EEXTEND - Extend Uninitialized Enclave "
			   "Measurement by 256 Bytes\", Operation"),
	ROW("RBX (SECS) is not page aligned", "#GP(0)", T(secs_unaligned)),
	ROW("RBX is no EPC page", "#PF(RBX)", T(secs_not_epc)),
	ROW("RCX is not 256-byte aligned", "#GP(0)", T(chunk_unaligned)),
	ROW("RCX is not in the EPC", "#PF(RCX)", T(chunk_not_epc)),
	ROW("the page is in use by an exclusive leaf", "#GP(0)",
	    T(page_locked)),
	ROW("the page is invalid", "#PF(RCX)", T(page_invalid)),
	ROW("the page is neither REG nor TCS", "#PF(RCX)",
	    T(page_of_wrong_type)),
	ROW("RBX is not the page's own SECS", "#GP(0)", T(other_secs)),
	ROW("the measurement is in use by another leaf", "#GP(0)",
	    T(measurement_locked)),
	ROW("the enclave is initialised", "#GP(0)", T(initialised)),
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these", "five blocks measured; R, W, X do not matter",
	    T(success), T(tcs)),
};

CONFORM_MAIN(rows, NULL)
