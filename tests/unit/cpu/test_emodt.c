/* SPDX-License-Identifier: BSD-3-Clause */
/* EMODT: one case for each check of SDM "EMODT", Operation, in order. */
#include "tests/unit/cpu/emod.h"

#define TO_TRIM PT_FLAGS(PT_TRIM)
#define TO_TCS  PT_FLAGS(PT_TCS)

static int setup(void **state)
{
	machine_setup_sgx2(state);
	prepare_emod(*state, ENCLS_EMODT, LA(OFF_DATA), TO_TRIM);
	return 0;
}

GP(to_secs, m->secinfo.flags = PT_FLAGS(PT_SECS))
GP(to_reg, m->secinfo.flags = PT_FLAGS(PT_REG))
GP(to_va, m->secinfo.flags = PT_FLAGS(PT_VA))
GP(to_shadow_stack, m->secinfo.flags = PT_FLAGS(PT_SS_REST))
GP(to_unknown, m->secinfo.flags = PT_FLAGS(255))

/* Any other leaf on the page is in the way, and that is no fault. */
static void page_locked(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_shared(data_epcm(m)));
	check_code(m, encls(&m->lp), SGX_EPC_PAGE_CONFLICT);
	assert_int_equal(secinfo_of(data_epcm(m)), REG_RW);
	epcm_unlock_shared(data_epcm(m));
	check_unlocked(m);
}

/* Every transition that is not one of the three legal ones. */
static void transitions(void **state)
{
	struct machine *m = *state;
	unsigned from, to;

	for (from = PT_SECS; from <= PT_SS_REST; from++) {
		for (to = PT_TCS; to <= PT_TRIM; to += PT_TRIM - PT_TCS) {
			epcm_set(data_epcm(m), from, 3, m->secs_pa,
				 LA(OFF_DATA));
			prepare_emod(m, ENCLS_EMODT, LA(OFF_DATA),
				     PT_FLAGS(to));
			if (from == PT_REG ||
			    (from == PT_TCS && to == PT_TRIM)) {
				check_code(m, encls(&m->lp), SGX_SUCCESS);
				assert_int_equal(secinfo_of(data_epcm(m)),
						 PT_FLAGS(to) |
							 SGX_SECINFO_MODIFIED);
				continue;
			}
			check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
			assert_int_equal(secinfo_of(data_epcm(m)),
					 PT_FLAGS(from) | 3);
		}
	}
	check_unlocked(m);
}

/* A page that became a TCS and was not accepted cannot be trimmed yet. */
static void modified(void **state)
{
	struct machine *m = *state;

	modify(m, ENCLS_EMODT, LA(OFF_DATA), TO_TCS);
	prepare_emod(m, ENCLS_EMODT, LA(OFF_DATA), TO_TRIM);
	check_code(m, encls(&m->lp), SGX_PAGE_NOT_MODIFIABLE);
	assert_int_equal(data_epcm(m)->pt, PT_TCS);
	check_unlocked(m);
}

/* A restriction that was not accepted is forgotten. */
static void retires(void **state)
{
	struct machine *m = *state;

	data_epcm(m)->pr = 1;
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_int_equal(secinfo_of(data_epcm(m)),
			 TO_TRIM | SGX_SECINFO_MODIFIED);
	assert_int_equal(data_epcm(m)->enclaveaddress, LA(OFF_DATA));
	assert_int_equal(data_epcm(m)->enclavesecs, m->secs_pa);
	assert_false(secs_tracked(&m->cpu, data_epcm(m)));
	check_unlocked(m);
}

static void denies_access(void **state)
{
	struct machine *m = *state;

	check_code(m, encls(&m->lp), SGX_SUCCESS);
	enter(m);
	check_epcm_pf(m, enclave_access(&m->lp, LA(OFF_DATA), 0), LA(OFF_DATA),
		      0);
}

/* A thread that is trimmed can be entered no more. */
static void denies_entry(void **state)
{
	struct machine *m = *state;

	modify(m, ENCLS_EMODT, LA(OFF_TCS), TO_TRIM);
	prepare_eenter(m);
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_WRITE);
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;

	secs_at(&m->cpu, m->secs_pa)->attributes &= ~SGX_ATTR_INIT;
	data_epcm(m)->pending = 1;
	check_code(m, encls(&m->lp), SGX_PAGE_NOT_MODIFIABLE);
	data_epcm(m)->pt = PT_TRIM;
	m->lp.r.rax = ENCLS_EMODT;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_true(epcm_trylock_sgx2(data_epcm(m)));
	check_code(m, encls(&m->lp), SGX_EPC_PAGE_CONFLICT);
	epcm_invalidate(data_epcm(m));
	m->lp.r.rax = ENCLS_EMODT;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_true(epcm_trylock_shared(data_epcm(m)));
	check_code(m, encls(&m->lp), SGX_EPC_PAGE_CONFLICT);
	m->lp.r.rax = ENCLS_EMODT;
	m->secinfo.flags = TO_TRIM | 1u << 7;
	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	m->lp.r.rbx += 8;
	check_gp(m, encls(&m->lp));
}

static const struct conform rows[] = {
	SUBJECT("EMODT", "SDM \"EMODT - Change the Type of an EPC Page\", "
			 "Operation"),
	EMOD_OPERAND_ROWS,
	ROW("SECINFO.PT is neither TCS nor TRIM", "#GP(0)", T(to_secs),
	    T(to_reg), T(to_va), T(to_shadow_stack), T(to_unknown)),
	ROW("the page is in use by another leaf", "SGX_EPC_PAGE_CONFLICT",
	    T(page_locked)),
	EMOD_PAGE_ROWS,
	ROW("not REG to TCS, REG to TRIM, TCS to TRIM", "#PF(RCX)",
	    T(transitions)),
	ROW("PENDING or MODIFIED", "SGX_PAGE_NOT_MODIFIABLE", T(pending),
	    T(modified)),
	EMOD_NOT_INITIALISED_ROW,
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these", "the new type, MODIFIED, no R, W, X", T(retires),
	    T(transitions), T(denies_access), T(denies_entry)),
};

CONFORM_MAIN(rows, NULL)
