/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EDBGRD, EDBGWR: one case for each check of SDM "EDBGRD" and "EDBGWR",
 * Operation, in order, of both where they agree.
 */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

#define VALUE 0x0123456789abcdefull

static const enum encls_leaf leaves[] = { ENCLS_EDBGRD, ENCLS_EDBGWR };

#define for_both(i) for ((i) = 0; (i) < 2; (i)++)

static void prepare(struct machine *m, enum encls_leaf leaf, uint64_t la)
{
	prepare_rcx(m, leaf, pa_of(m, la) + (la & ~SGX_PAGE_MASK));
	m->lp.r.rbx = VALUE;
}

static struct epcm *data_epcm(struct machine *m)
{
	return epcm_at(m, LA(OFF_DATA));
}

static uint64_t data(struct machine *m, uint64_t la)
{
	return *(uint64_t *)at(m, la);
}

static void unaligned(void **state)
{
	struct machine *m = *state;
	int i;

	for_both(i) {
		prepare(m, leaves[i], LA(OFF_DATA) + 4);
		check_gp(m, encls(&m->lp));
	}
}

static void not_epc(void **state)
{
	struct machine *m = *state;
	int i;

	for_both(i) {
		prepare(m, leaves[i], LA(OFF_DATA));
		m->lp.r.rcx = operand(m->source);
		check_encls_pf(m, encls(&m->lp), operand(m->source));
	}
}

static void locked(void **state)
{
	struct machine *m = *state;
	int i;

	assert_true(epcm_trylock_exclusive(data_epcm(m)));
	for_both(i) {
		prepare(m, leaves[i], LA(OFF_DATA));
		check_gp(m, encls(&m->lp));
	}
	assert_int_not_equal(data(m, LA(OFF_DATA)), VALUE);
}

static void invalid(void **state)
{
	struct machine *m = *state;
	int i;

	epcm_invalidate(data_epcm(m));
	for_both(i) {
		prepare(m, leaves[i], LA(OFF_DATA));
		check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
		assert_int_equal(m->lp.r.rbx, VALUE);
	}
	check_unlocked(m);
}

static void types(void **state)
{
	static const enum sgx_page_type types[] = { PT_SECS, PT_TRIM, 255 };
	struct machine *m = *state;
	int i, j;

	for_both(i) {
		for (j = 0; j < 3; j++) {
			data_epcm(m)->pt = types[j];
			prepare(m, leaves[i], LA(OFF_DATA));
			check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
		}
	}
	data_epcm(m)->pt = PT_VA;
	prepare(m, ENCLS_EDBGWR, LA(OFF_DATA));
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_int_not_equal(data(m, LA(OFF_DATA)), VALUE);
	check_unlocked(m);
}

static void not_debuggable(void **state)
{
	struct machine *m = *state;
	int i, modified;

	for_both(i) {
		for (modified = 0; modified < 2; modified++) {
			data_epcm(m)->pending = !modified;
			data_epcm(m)->modified = modified;
			prepare(m, leaves[i], LA(OFF_DATA));
			check_code(m, encls(&m->lp), SGX_PAGE_NOT_DEBUGGABLE);
			assert_int_equal(m->lp.r.rbx, VALUE);
		}
	}
	assert_int_not_equal(data(m, LA(OFF_DATA)), VALUE);
	check_unlocked(m);
}

static void tcs_read(void **state)
{
	struct machine *m = *state;
	const struct sgx_tcs *tcs = at(m, LA(OFF_TCS));

	prepare(m, ENCLS_EDBGRD, LA(OFF_TCS) + 16);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_int_equal(m->lp.r.rbx, OFF_SSA);
	prepare(m, ENCLS_EDBGRD, LA(OFF_TCS) + 64);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_int_equal(m->lp.r.rbx,
			 tcs->fslimit | (uint64_t)tcs->gslimit << 32);
	prepare(m, ENCLS_EDBGRD, LA(OFF_TCS) + 72);
	check_gp(m, encls(&m->lp));
	check_unlocked(m);
}

/* FLAGS alone: that is how a debugger opts a thread in. */
static void tcs_write(void **state)
{
	struct machine *m = *state;
	uint64_t offset;

	for (offset = 0; offset < SGX_PAGE_SIZE; offset += 8) {
		if (offset == 8)
			continue;
		prepare(m, ENCLS_EDBGWR, LA(OFF_TCS) + offset);
		check_gp(m, encls(&m->lp));
		assert_int_not_equal(data(m, LA(OFF_TCS) + offset), VALUE);
	}
	prepare(m, ENCLS_EDBGWR, LA(OFF_TCS) + 8);
	m->lp.r.rbx = TCS_DBGOPTIN;
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	enter(m);
	assert_true(m->lp.cr_dbgoptin);
	check_unlocked(m);
}

static void not_a_debug_enclave(void **state)
{
	struct machine *m = *state;
	int i;

	secs_at(&m->cpu, m->secs_pa)->attributes &= ~SGX_ATTR_DEBUG;
	for_both(i) {
		prepare(m, leaves[i], LA(OFF_DATA));
		check_gp(m, encls(&m->lp));
		assert_int_equal(m->lp.r.rbx, VALUE);
		prepare(m, leaves[i], LA(OFF_TCS) + 8);
		check_gp(m, encls(&m->lp));
	}
	assert_int_not_equal(data(m, LA(OFF_DATA)), VALUE);
	check_unlocked(m);
}

/* Not even of a debug enclave: a VA page belongs to none. */
static void va(void **state)
{
	static struct paged paged;
	struct machine *m = *state;
	uint64_t pa = new_va(m);

	evict(m, &paged, pa_of(m, LA(OFF_DATA)), pa + 8);
	prepare_rcx(m, ENCLS_EDBGRD, pa + 8);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_int_equal(m->lp.r.rbx, ~0ull);
	prepare_rcx(m, ENCLS_EDBGRD, pa);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_int_equal(m->lp.r.rbx, 0);
}

/* Whatever the page's permissions are. */
static void retires(void **state)
{
	static const uint64_t las[] = {
		LA(OFF_DATA),
		LA(OFF_DATA) + 0xff8,
		LA(OFF_RO),
		LA(OFF_EXECUTE),
	};
	struct machine *m = *state;
	int i;

	for (i = 0; i < 4; i++) {
		uint64_t before = data(m, las[i]);

		prepare(m, ENCLS_EDBGRD, las[i]);
		check_code(m, encls(&m->lp), SGX_SUCCESS);
		assert_int_equal(m->lp.r.rbx, before);
		prepare(m, ENCLS_EDBGWR, las[i]);
		check_code(m, encls(&m->lp), SGX_SUCCESS);
		assert_int_equal(data(m, las[i]), VALUE);
		assert_int_equal(m->lp.r.rbx, VALUE);
	}
	check_unlocked(m);
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = epcm_at(m, LA(OFF_TCS));
	int i;

	secs_at(&m->cpu, m->secs_pa)->attributes &= ~SGX_ATTR_DEBUG;
	for_both(i) {
		epcm_change(epcm, 0, SGX_SECINFO_PENDING);
		prepare(m, leaves[i], LA(OFF_TCS) + 80);
		check_code(m, encls(&m->lp), SGX_PAGE_NOT_DEBUGGABLE);
		epcm->pt = PT_TRIM;
		prepare(m, leaves[i], LA(OFF_TCS) + 80);
		check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
		epcm->valid = 0;
		assert_true(epcm_trylock_exclusive(epcm));
		check_gp(m, encls(&m->lp));
		epcm_unlock_exclusive(epcm);
		m->lp.r.rcx = operand(m->source) + 1;
		check_gp(m, encls(&m->lp));
		epcm->valid = 1;
		epcm->pt = PT_TCS;
	}
}

#define T(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_sgx2, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EDBGRD", "SDM \"EDBGRD - Read From a Debug Enclave\", "
			  "Operation"),
	ROW("RCX is not 8-byte aligned", "#GP(0)", T(unaligned)),
	ROW("RCX is not in the EPC", "#PF(RCX)", T(not_epc)),
	ROW("the page is in use by an exclusive leaf", "#GP(0)", T(locked)),
	ROW("the page is invalid", "#PF(RCX)", T(invalid)),
	ROW("the page is neither REG, TCS nor VA", "#PF(RCX)", T(types)),
	ROW("PENDING or MODIFIED", "SGX_PAGE_NOT_DEBUGGABLE",
	    T(not_debuggable)),
	DEVIATES("DC25", "TCS: beyond SGX_TCS_LIMIT", "#GP(0)", T(tcs_read)),
	ROW("the enclave is not DEBUG", "#GP(0)", T(not_a_debug_enclave)),
	ROW("VA", "all ones for a slot in use, else 0", T(va)),
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these", "RBX is the data; R, W, X do not matter",
	    T(retires), T(tcs_read)),
	SUBJECT("EDBGWR", "SDM \"EDBGWR - Write to a Debug Enclave\", "
			  "Operation"),
	ROW("RCX is not 8-byte aligned", "#GP(0)", T(unaligned)),
	ROW("RCX is not in the EPC", "#PF(RCX)", T(not_epc)),
	ROW("the page is in use by an exclusive leaf", "#GP(0)", T(locked)),
	ROW("the page is invalid", "#PF(RCX)", T(invalid)),
	ROW("the page is neither REG nor TCS", "#PF(RCX)", T(types)),
	ROW("PENDING or MODIFIED", "SGX_PAGE_NOT_DEBUGGABLE",
	    T(not_debuggable)),
	ROW("TCS: anything but FLAGS", "#GP(0)", T(tcs_write)),
	ROW("the enclave is not DEBUG", "#GP(0)", T(not_a_debug_enclave)),
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these", "the data is RBX; R, W, X do not matter",
	    T(retires), T(tcs_write)),
};

CONFORM_MAIN(rows, NULL)
