/* SPDX-License-Identifier: BSD-3-Clause */
/* EMODPE: one case for each check of SDM "EMODPE", Operation, in order. */
#include "tests/unit/cpu/accept.h"

#define TARGET LA(OFF_RO)

static struct epcm *target_epcm(struct machine *m)
{
	return epcm_at(m, TARGET);
}

static int setup(void **state)
{
	struct machine *m;

	machine_setup_sgx2_entered(state);
	m = *state;
	set_secinfo(m, SGX_SECINFO_R | SGX_SECINFO_X);
	prepare_leaf(m, ENCLU_EMODPE, LA(OFF_DATA), TARGET, 0);
	return 0;
}

static void not_epc(void **state)
{
	struct machine *m = *state;

	mapping_of(m, TARGET)->pa = EPC_NONE;
	check_epcm_pf(m, enclu(&m->lp), TARGET, 0);
	mapping_of(m, LA(OFF_DATA))->pa = EPC_NONE;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_DATA), 0);
}

static void not_mapped(void **state)
{
	struct machine *m = *state;

	unmap_page(m, TARGET);
	check_pf(m, enclu(&m->lp), TARGET, PF_USER);
	unmap_page(m, LA(OFF_DATA));
	check_pf(m, enclu(&m->lp), LA(OFF_DATA), PF_USER);
}

static void target_page(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = target_epcm(m), good = *epcm;
	int i;

	for (i = 0; i < 7; i++) {
		*epcm = good;
		epcm->valid = i != 0;
		epcm->pending = i == 1;
		epcm->modified = i == 2;
		epcm->blocked = i == 3;
		if (i == 4)
			epcm->pt = PT_TCS;
		if (i == 5)
			epcm->enclavesecs += SGX_PAGE_SIZE;
		if (i == 6)
			epcm->enclaveaddress += SGX_PAGE_SIZE;
		check_epcm_pf(m, enclu(&m->lp), TARGET, 0);
		assert_int_equal(epcm->x, 0);
	}
	check_unlocked(m);
}

/* A page that is not the enclave's is found out before. */
static void blocked_in_sgx2_leaf(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_sgx2(target_epcm(m)));
	target_epcm(m)->blocked = 1;
	check_epcm_pf(m, enclu(&m->lp), TARGET, 0);
}

/* SGX1 leaves do not conflict with it. */
static void target_locked(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_exclusive(target_epcm(m)));
	assert_int_equal(enclu(&m->lp), 0);
}

/* W without R would be the outcome. */
static void write_without_read(void **state)
{
	struct machine *m = *state;

	target_epcm(m)->r = 0;
	secinfo(m)->flags = SGX_SECINFO_W | SGX_SECINFO_X;
	check_gp(m, enclu(&m->lp));
	assert_int_equal(secinfo_of(target_epcm(m)), PT_FLAGS(PT_REG));
	check_unlocked(m);
	secinfo(m)->flags |= SGX_SECINFO_R;
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(secinfo_of(target_epcm(m)), PT_FLAGS(PT_REG) | 7);
}

/* W alone is enough for a page that has R. */
static void write_to_readable(void **state)
{
	struct machine *m = *state;

	secinfo(m)->flags = SGX_SECINFO_W;
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(secinfo_of(target_epcm(m)), REG_RW);
}

/* RAX and the flags are not results; other bits of SECINFO have no effect. */
static void retires(void **state)
{
	struct machine *m = *state;
	struct lp_regs before;

	secinfo(m)->flags |= PT_FLAGS(PT_VA) | SGX_SECINFO_PENDING |
			     SGX_SECINFO_MODIFIED | SGX_SECINFO_PR;
	m->lp.r.rflags = 0x202 | RFLAGS_STATUS;
	before = m->lp.r;
	before.rip += 3;
	assert_int_equal(enclu(&m->lp), 0);
	assert_memory_equal(&m->lp.r, &before, sizeof(before));
	assert_int_equal(secinfo_of(target_epcm(m)), REG_RX);
	check_unlocked(m);
	assert_int_equal(enclave_access(&m->lp, TARGET, PF_INSTR), 0);
}

/* Extends, never restricts; and leaves a restriction to be accepted. */
static void extends(void **state)
{
	struct machine *m = *state;
	unsigned from, ask;

	for (from = 0; from < 8; from++) {
		for (ask = 0; ask < 8; ask++) {
			if (!(from & 1) && !(ask & 1) && ask & 2)
				continue;
			epcm_set(target_epcm(m), PT_REG, from | SGX_SECINFO_PR,
				 m->secs_pa, TARGET);
			secinfo(m)->flags = ask;
			m->lp.r.rax = ENCLU_EMODPE;
			assert_int_equal(enclu(&m->lp), 0);
			assert_int_equal(secinfo_of(target_epcm(m)),
					 PT_FLAGS(PT_REG) | SGX_SECINFO_PR |
						 from | ask);
		}
	}
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;
	uint64_t target = m->lp.r.rcx, secinfo_la = m->lp.r.rbx;
	struct sgx_secinfo *secinfo = at(m, secinfo_la);
	struct epcm *epcm = epcm_at(m, target);

	assert_true(epcm_trylock_sgx2(epcm));
	epcm->pending = 1;
	check_epcm_pf(m, enclu(&m->lp), target, 0);
	secinfo->reserved[0] = 1;
	check_gp(m, enclu(&m->lp));
	epcm_at(m, secinfo_la)->valid = 0;
	check_epcm_pf(m, enclu(&m->lp), secinfo_la, 0);
	mapping_of(m, target)->pa = EPC_NONE;
	check_epcm_pf(m, enclu(&m->lp), target, 0);
	m->lp.r.rcx = 0;
	check_gp(m, enclu(&m->lp));
}

static const struct conform rows[] = {
	SUBJECT("EMODPE", "SDM \"EMODPE - Extend an EPC Page Permissions\", "
			  "Operation"),
	ACCEPT_FIRST_ROWS,
	ROW("RCX is not page aligned", "#GP(0)", T(target_unaligned)),
	ROW("RBX or RCX is outside ELRANGE", "#GP(0)", T(secinfo_outside),
	    T(secinfo_before), T(target_outside)),
	ROW("the page tables refuse RBX or RCX", "their #PF", T(not_mapped)),
	ROW("RBX, RCX is not in the EPC", "#PF of the first one", T(not_epc)),
	ACCEPT_SECINFO_ROWS,
	ROW("the page: invalid, PENDING, MODIFIED, BLOCKED, not REG, "
	    "another's, elsewhere",
	    "#PF(RCX)", T(target_page)),
	ROW("the page is in use by an SGX2 leaf", "#GP(0)",
	    T(target_in_sgx2_leaf), T(blocked_in_sgx2_leaf)),
	ROW("the page is in use by any other leaf", "does not matter",
	    T(target_locked)),
	DEVIATES("DC26", "W without R, and the page has no R", "#GP(0)",
		 T(write_without_read), T(write_to_readable)),
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these", "R, W, X are more, never less", T(retires),
	    T(extends)),
};

CONFORM_MAIN(rows, NULL)
