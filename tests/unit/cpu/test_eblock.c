/* SPDX-License-Identifier: BSD-3-Clause */
/* EBLOCK: one case for each check of SDM "EBLOCK", Operation, in order. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

static int setup(void **state)
{
	struct machine *m;

	machine_setup_sgx2(state);
	m = *state;
	prepare_rcx(m, ENCLS_EBLOCK, pa_of(m, LA(OFF_DATA)));
	return 0;
}

static struct epcm *data_epcm(struct machine *m)
{
	return epcm_at(m, LA(OFF_DATA));
}

static void page_unaligned(void **state)
{
	struct machine *m = *state;

	m->lp.r.rcx += 8;
	check_gp(m, encls(&m->lp));
}

static void page_not_epc(void **state)
{
	struct machine *m = *state;

	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
}

static void page_locked(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_exclusive(data_epcm(m)));
	check_code(m, encls(&m->lp), SGX_EPC_PAGE_CONFLICT);
	assert_int_equal(data_epcm(m)->blocked, 0);
}

/* Others may share the page, and an SGX2 leaf may work on it. */
static void page_shared(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_shared(data_epcm(m)));
	assert_true(epcm_trylock_sgx2(data_epcm(m)));
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static void page_invalid(void **state)
{
	struct machine *m = *state;

	epcm_invalidate(data_epcm(m));
	check_code(m, encls(&m->lp), SGX_PG_INVLD);
	check_unlocked(m);
}

static void secs(void **state)
{
	struct machine *m = *state;

	prepare_rcx(m, ENCLS_EBLOCK, m->secs_pa);
	check_cf(m, encls(&m->lp), SGX_PG_IS_SECS);
	assert_int_equal(epcm_of(&m->cpu, m->secs_pa)->blocked, 0);
	check_unlocked(m);
}

static void va(void **state)
{
	struct machine *m = *state;
	uint64_t pa = new_va(m);

	prepare_rcx(m, ENCLS_EBLOCK, pa);
	check_cf(m, encls(&m->lp), SGX_NOTBLOCKABLE);
	assert_int_equal(epcm_of(&m->cpu, pa)->blocked, 0);
	check_unlocked(m);
}

static void already_blocked(void **state)
{
	struct machine *m = *state;
	uint32_t epoch;

	check_code(m, encls(&m->lp), SGX_SUCCESS);
	epoch = data_epcm(m)->epoch;
	track(m);
	prepare_rcx(m, ENCLS_EBLOCK, pa_of(m, LA(OFF_DATA)));
	check_cf(m, encls(&m->lp), SGX_BLKSTATE);
	assert_int_equal(data_epcm(m)->epoch, epoch);
	check_unlocked(m);
}

static void retires(void **state)
{
	static const enum sgx_page_type types[] = { PT_REG, PT_TCS, PT_TRIM };
	struct machine *m = *state;
	struct epcm *epcm = data_epcm(m);
	size_t i;

	for (i = 0; i < 3; i++) {
		epcm_set(epcm, types[i], 0x3f, m->secs_pa, LA(OFF_DATA));
		block(m, pa_of(m, LA(OFF_DATA)));
		assert_int_equal(epcm->blocked, 1);
		assert_int_equal(secinfo_of(epcm),
				 PT_FLAGS(types[i]) | EPCM_SECINFO_FLAGS);
		assert_false(secs_tracked(&m->cpu, epcm));
	}
	check_unlocked(m);
}

/* An enclave that is not initialised has pages to evict, too. */
static void uninitialised(void **state)
{
	struct machine *m = *state;

	secs_at(&m->cpu, m->secs_pa)->attributes &= ~SGX_ATTR_INIT;
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

/* Nobody inside may use the page any more. */
static void denies_access(void **state)
{
	struct machine *m = *state;

	enter(m);
	assert_int_equal(enclave_access(&m->lp, LA(OFF_DATA), 0), 0);
	block(m, pa_of(m, LA(OFF_DATA)));
	check_epcm_pf(m, enclave_access(&m->lp, LA(OFF_DATA), 0), LA(OFF_DATA),
		      0);
	assert_int_equal(epcm_allows(&m->cpu, pa_of(m, LA(OFF_DATA)),
				     LA(OFF_DATA)),
			 0);
}

/* The TCS and the SSA frame of a processor that is inside. */
static void held(void **state)
{
	static const uint64_t las[] = { LA(OFF_TCS), LA(OFF_SSA) };
	struct machine *m = *state;
	unsigned i;

	enter(m);
	for (i = 0; i < 2; i++) {
		prepare_rcx(m, ENCLS_EBLOCK, pa_of(m, las[i]));
		check_code(m, encls(&m->lp), SGX_EPC_PAGE_CONFLICT);
		assert_int_equal(epcm_at(m, las[i])->blocked, 0);
	}
	interrupt(m);
	for (i = 0; i < 2; i++) {
		prepare_rcx(m, ENCLS_EBLOCK, pa_of(m, las[i]));
		check_code(m, encls(&m->lp), SGX_SUCCESS);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EBLOCK", "SDM \"EBLOCK - Mark a page in EPC as Blocked\", "
			  "Operation"),
	ROW("RCX is not page aligned", "#GP(0)", T(page_unaligned)),
	ROW("RCX is no EPC page", "#PF(RCX)", T(page_not_epc)),
	ROW("the page is in use by an exclusive leaf", "SGX_EPC_PAGE_CONFLICT",
	    T(page_locked), T(page_shared)),
	DEVIATES("DC20", "ETRACK is under way (SGX_ENTRYEPOCH_LOCKED)",
		 "never so"),
	ROW("the page is invalid", "SGX_PG_INVLD", T(page_invalid)),
	ROW("the page is a SECS", "SGX_PG_IS_SECS in RAX, CF", T(secs)),
	ROW("the page is no child", "SGX_NOTBLOCKABLE in RAX, CF", T(va)),
	ROW("the page is BLOCKED", "SGX_BLKSTATE in RAX, CF",
	    T(already_blocked)),
	DEVIATES("DK16", "a processor inside needs the page to leave",
		 "SGX_EPC_PAGE_CONFLICT", T(held)),
	ROW("none of these", "BLOCKED; the epoch is noted", T(retires),
	    T(uninitialised), T(denies_access)),
	SUBJECT("ENCLS", "SDM \"ENCLS\", \"Flags Affected\" of each leaf"),
	ROW("a leaf gives a code",
	    "in RAX; ZF, but not for 0; CF, PF, AF, OF "
	    "and SF 0",
	    T(page_shared), T(page_invalid)),
};

CONFORM_MAIN(rows, NULL)
