/* SPDX-License-Identifier: BSD-3-Clause */
/* EMODPR: one case for each check of SDM "EMODPR", Operation, in order. */
#include "tests/unit/cpu/emod.h"

static int setup(void **state)
{
	machine_setup_sgx2(state);
	prepare_emod(*state, ENCLS_EMODPR, LA(OFF_DATA), SGX_SECINFO_R);
	return 0;
}

GP(write_without_read, m->secinfo.flags = SGX_SECINFO_W)

static void page_locked(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_exclusive(data_epcm(m)));
	check_gp(m, encls(&m->lp));
	assert_int_equal(secinfo_of(data_epcm(m)), REG_RW);
}

static void page_shared(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_shared(data_epcm(m)));
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

/* Tested before the type. */
static void modified(void **state)
{
	struct machine *m = *state;

	data_epcm(m)->modified = 1;
	data_epcm(m)->pt = PT_TRIM;
	check_code(m, encls(&m->lp), SGX_PAGE_NOT_MODIFIABLE);
	check_unlocked(m);
}

static void types(void **state)
{
	struct machine *m = *state;
	unsigned pt;

	for (pt = PT_SECS; pt <= PT_SS_REST; pt++) {
		if (pt == PT_REG)
			continue;
		data_epcm(m)->pt = pt;
		check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
		assert_int_equal(data_epcm(m)->pr, 0);
	}
	check_unlocked(m);
}

static void retires(void **state)
{
	struct machine *m = *state;

	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_int_equal(secinfo_of(data_epcm(m)), REG_R | SGX_SECINFO_PR);
	assert_int_equal(data_epcm(m)->blocked, 0);
	assert_int_equal(data_epcm(m)->enclaveaddress, LA(OFF_DATA));
	assert_false(secs_tracked(&m->cpu, data_epcm(m)));
	check_unlocked(m);
}

/* All combinations: what is there AND what is asked for.  Type: ignored. */
static void restricts(void **state)
{
	static const unsigned legal[] = { 0, 1, 3, 4, 5, 7 };
	struct machine *m = *state;
	unsigned from, i;

	for (from = 0; from < 8; from++) {
		for (i = 0; i < 6; i++) {
			epcm_set(data_epcm(m), PT_REG, from, m->secs_pa,
				 LA(OFF_DATA));
			modify(m, ENCLS_EMODPR, LA(OFF_DATA),
			       legal[i] | PT_FLAGS(PT_VA));
			assert_int_equal(secinfo_of(data_epcm(m)),
					 PT_FLAGS(PT_REG) | SGX_SECINFO_PR |
						 (from & legal[i]));
		}
	}
}

/* A page stays of use in what is left to it. */
static void access(void **state)
{
	struct machine *m = *state;

	enter(m);
	modify(m, ENCLS_EMODPR, LA(OFF_DATA), SGX_SECINFO_R);
	assert_int_equal(enclave_access(&m->lp, LA(OFF_DATA), 0), 0);
	check_epcm_pf(m, enclave_access(&m->lp, LA(OFF_DATA), PF_WRITE),
		      LA(OFF_DATA), PF_WRITE);
}

/* BLOCKED is not looked at, and not lost. */
static void blocked(void **state)
{
	struct machine *m = *state;

	block(m, pa_of(m, LA(OFF_DATA)));
	modify(m, ENCLS_EMODPR, LA(OFF_DATA), SGX_SECINFO_R);
	assert_int_equal(data_epcm(m)->blocked, 1);
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;

	secs_at(&m->cpu, m->secs_pa)->attributes &= ~SGX_ATTR_INIT;
	data_epcm(m)->pt = PT_TCS;
	data_epcm(m)->pending = 1;
	check_code(m, encls(&m->lp), SGX_PAGE_NOT_MODIFIABLE);
	data_epcm(m)->pending = 0;
	m->lp.r.rax = ENCLS_EMODPR;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_true(epcm_trylock_sgx2(data_epcm(m)));
	check_code(m, encls(&m->lp), SGX_EPC_PAGE_CONFLICT);
	epcm_invalidate(data_epcm(m));
	m->lp.r.rax = ENCLS_EMODPR;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_true(epcm_trylock_exclusive(data_epcm(m)));
	check_gp(m, encls(&m->lp));
	m->secinfo.flags = SGX_SECINFO_W;
	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	m->lp.r.rbx += 8;
	check_gp(m, encls(&m->lp));
}

static const struct conform rows[] = {
	SUBJECT("EMODPR", "SDM \"EMODPR - Restrict the Permissions of an EPC "
			  "Page\", Operation"),
	EMOD_OPERAND_ROWS,
	ROW("W without R", "#GP(0)", T(write_without_read)),
	ROW("the page is in use by an exclusive leaf", "#GP(0)", T(page_locked),
	    T(page_shared)),
	EMOD_PAGE_ROWS,
	ROW("PENDING or MODIFIED", "SGX_PAGE_NOT_MODIFIABLE", T(pending),
	    T(modified)),
	ROW("the page is not REG", "#PF(RCX)", T(types)),
	EMOD_NOT_INITIALISED_ROW,
	ROW("BLOCKED", "does not matter", T(blocked)),
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these", "PR; R, W, X are less, never more", T(retires),
	    T(restricts), T(access)),
};

CONFORM_MAIN(rows, NULL)
