/* SPDX-License-Identifier: BSD-3-Clause */
/* EACCEPT: one case for each check of SDM "EACCEPT", Operation, in order. */
#include "tests/unit/cpu/accept.h"

#define TARGET LA(OFF_HOLE)

static struct epcm *target_epcm(struct machine *m)
{
	return epcm_at(m, TARGET);
}

/* Inside; a page was added at OFF_HOLE; EACCEPT is prepared for it. */
static int setup(void **state)
{
	struct machine *m;

	machine_setup_sgx2(state);
	m = *state;
	augment(m, OFF_HOLE);
	enter(m);
	set_secinfo(m, PENDING_RW);
	m->lp.r.rflags = 0x202 | RFLAGS_STATUS;
	prepare_leaf(m, ENCLU_EACCEPT, LA(OFF_DATA), TARGET, 0);
	return 0;
}

static void secinfo_not_epc(void **state)
{
	struct machine *m = *state;

	mapping_of(m, LA(OFF_DATA))->pa = EPC_NONE;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_DATA), 0);
}

static void secinfo_not_mapped(void **state)
{
	struct machine *m = *state;

	unmap_page(m, LA(OFF_DATA));
	check_pf(m, enclu(&m->lp), LA(OFF_DATA), PF_USER);
}

static void target_not_mapped(void **state)
{
	struct machine *m = *state;

	unmap_page(m, TARGET);
	check_pf(m, enclu(&m->lp), TARGET, PF_USER);
}

static void target_not_epc(void **state)
{
	struct machine *m = *state;

	mapping_of(m, TARGET)->pa = EPC_NONE;
	check_epcm_pf(m, enclu(&m->lp), TARGET, 0);
}

/* Every type with every state: which requests can be made at all. */
static void requests(void **state)
{
	struct machine *m = *state;
	unsigned pt, bits;
	bool legal;

	for (pt = 0; pt <= 8; pt++) {
		for (bits = 0; bits < 8; bits++) {
			/* bits: PENDING, MODIFIED, PR */
			legal = pt == PT_REG ?
					bits == 1 || bits == 4 || bits == 5 :
				pt == PT_TCS || pt == PT_TRIM ? bits == 2 :
								false;
			secinfo(m)->flags = PT_FLAGS(pt) | bits << 3;
			m->lp.r.rax = ENCLU_EACCEPT;
			if (legal)
				check_code(m, enclu(&m->lp),
					   SGX_PAGE_ATTRIBUTES_MISMATCH);
			else
				check_gp(m, enclu(&m->lp));
		}
	}
	assert_int_equal(secinfo_of(target_epcm(m)), PENDING_RW);
	check_unlocked(m);
}

static void target_page(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = target_epcm(m), good = *epcm;
	int i;

	for (i = 0; i < 5; i++) {
		*epcm = good;
		epcm->valid = i != 0;
		epcm->blocked = i == 1;
		if (i == 2)
			epcm->pt = PT_SECS;
		if (i == 3)
			epcm->pt = PT_VA;
		if (i == 4)
			epcm->enclavesecs += SGX_PAGE_SIZE;
		check_epcm_pf(m, enclu(&m->lp), TARGET, 0);
	}
	check_unlocked(m);
}

static void target_locked(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_exclusive(target_epcm(m)));
	check_gp(m, enclu(&m->lp));
	assert_int_equal(secinfo_of(target_epcm(m)), PENDING_RW);
}

static void target_shared(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_shared(target_epcm(m)));
	check_code(m, enclu(&m->lp), SGX_SUCCESS);
}

/* Each property that is compared, one at a time. */
static void mismatches(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = target_epcm(m), good = *epcm;
	uint64_t was;
	int i;

	for (i = 0; i < 7; i++) {
		*epcm = good;
		epcm->r ^= i == 0;
		epcm->w ^= i == 1;
		epcm->x ^= i == 2;
		epcm->pending ^= i == 3;
		epcm->modified ^= i == 4;
		if (i == 5)
			epcm->pt = PT_TCS;
		if (i == 6)
			epcm->enclaveaddress += SGX_PAGE_SIZE;
		was = secinfo_of(epcm);
		m->lp.r.rax = ENCLU_EACCEPT;
		check_code(m, enclu(&m->lp), SGX_PAGE_ATTRIBUTES_MISMATCH);
		assert_int_equal(secinfo_of(epcm), was);
	}
	check_unlocked(m);
}

/* Accept at LA(OFF_OUTPUT), with the secinfo that is given. */
static int accept_output(struct machine *m, uint64_t flags)
{
	set_secinfo(m, flags);
	m->lp.r.rflags = 0x202 | RFLAGS_STATUS;
	prepare_leaf(m, ENCLU_EACCEPT, LA(OFF_DATA), LA(OFF_OUTPUT), 0);
	return enclu(&m->lp);
}

/* The very thread that accepts must have left once. */
static void not_tracked(void **state)
{
	struct machine *m = *state;

	modify(m, ENCLS_EMODPR, LA(OFF_OUTPUT), SGX_SECINFO_R);
	check_code(m, accept_output(m, REG_R | SGX_SECINFO_PR),
		   SGX_NOT_TRACKED);
	track(m);
	check_code(m, accept_output(m, REG_R | SGX_SECINFO_PR),
		   SGX_NOT_TRACKED);
	assert_int_equal(epcm_at(m, LA(OFF_OUTPUT))->pr, 1);
	check_unlocked(m);
	interrupt(m);
	enter(m);
	check_code(m, accept_output(m, REG_R | SGX_SECINFO_PR), SGX_SUCCESS);
	assert_int_equal(secinfo_of(epcm_at(m, LA(OFF_OUTPUT))), REG_R);
}

/* PENDING needs no tracking; and RIP goes on behind the instruction. */
static void retires(void **state)
{
	struct machine *m = *state;
	uint64_t rip = m->lp.r.rip;

	track(m);
	prepare_leaf(m, ENCLU_EACCEPT, LA(OFF_DATA), TARGET, 0);
	check_code(m, enclu(&m->lp), SGX_SUCCESS);
	assert_int_equal(m->lp.r.rip, rip + 3);
	assert_int_equal(secinfo_of(target_epcm(m)), REG_RW);
	check_unlocked(m);
	assert_int_equal(enclave_access(&m->lp, TARGET, PF_WRITE), 0);
	/* Not twice. */
	m->lp.r.rax = ENCLU_EACCEPT;
	check_code(m, enclu(&m->lp), SGX_PAGE_ATTRIBUTES_MISMATCH);
}

/* PR is asked about, not compared: either way, it is cleared. */
static void pr_not_compared(void **state)
{
	struct machine *m = *state;

	secinfo(m)->flags |= SGX_SECINFO_PR;
	check_code(m, enclu(&m->lp), SGX_SUCCESS);
	assert_int_equal(secinfo_of(target_epcm(m)), REG_RW);
}

static void restriction(void **state)
{
	struct machine *m = *state;

	interrupt(m);
	modify(m, ENCLS_EMODPR, LA(OFF_OUTPUT), SGX_SECINFO_R);
	track(m);
	enter(m);
	check_code(m, accept_output(m, REG_R | SGX_SECINFO_PR), SGX_SUCCESS);
	assert_int_equal(secinfo_of(epcm_at(m, LA(OFF_OUTPUT))), REG_R);
}

/* EMODT, ETRACK, EACCEPT, and then EREMOVE while the enclave runs. */
static void trim(void **state)
{
	struct machine *m = *state;
	uint64_t pa = pa_of(m, LA(OFF_OUTPUT));

	interrupt(m);
	modify(m, ENCLS_EMODT, LA(OFF_OUTPUT), PT_FLAGS(PT_TRIM));
	track(m);
	enter(m);
	prepare_eremove(m, pa);
	check_code(m, encls(&m->lp), SGX_ENCLAVE_ACT);
	check_code(m,
		   accept_output(m, PT_FLAGS(PT_TRIM) | SGX_SECINFO_MODIFIED),
		   SGX_SUCCESS);
	assert_int_equal(secinfo_of(epcm_of(&m->cpu, pa)), PT_FLAGS(PT_TRIM));
	prepare_eremove(m, pa);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

#define MODIFIED_TCS (PT_FLAGS(PT_TCS) | SGX_SECINFO_MODIFIED)

/* The page at OFF_OUTPUT looks like a TCS and is to become one. */
static struct sgx_tcs *become_tcs(struct machine *m)
{
	struct sgx_tcs *tcs = at(m, LA(OFF_OUTPUT));

	interrupt(m);
	memset(tcs, 0, sizeof(*tcs));
	tcs->ossa = OFF_SSA + SGX_PAGE_SIZE;
	tcs->nssa = 1;
	tcs->oentry = OENTRY;
	modify(m, ENCLS_EMODT, LA(OFF_OUTPUT), PT_FLAGS(PT_TCS));
	track(m);
	enter(m);
	return tcs;
}

static void tcs_illegal(void **state)
{
	struct machine *m = *state;
	struct sgx_tcs *tcs = become_tcs(m), good = *tcs;
	int i;

	for (i = 0; i < 9; i++) {
		*tcs = good;
		if (i == 0)
			tcs->reserved[0] = 1;
		if (i == 1)
			tcs->reserved[4007] = 1;
		if (i == 2)
			tcs->flags = TCS_DBGOPTIN;
		if (i == 3)
			tcs->cssa = tcs->nssa;
		if (i == 4)
			tcs->aep = 1;
		if (i == 5)
			tcs->state = TCS_ACTIVE;
		if (i == 6)
			tcs->ocetssa = 16;
		if (i == 7)
			tcs->prevssp = 16;
		if (i == 8) {
			tcs->nssa = 0;
			tcs->cssa = 1;
		}
		check_gp(m, accept_output(m, MODIFIED_TCS));
		assert_int_equal(secinfo_of(epcm_at(m, LA(OFF_OUTPUT))),
				 MODIFIED_TCS);
	}
	check_unlocked(m);
}

static void tcs(void **state)
{
	struct machine *m = *state;

	become_tcs(m);
	check_code(m, accept_output(m, MODIFIED_TCS), SGX_SUCCESS);
	assert_int_equal(secinfo_of(epcm_at(m, LA(OFF_OUTPUT))),
			 PT_FLAGS(PT_TCS));
	interrupt(m);
	prepare_eenter(m);
	m->lp.r.rbx = LA(OFF_OUTPUT);
	assert_int_equal(enclu(&m->lp), 0);
}

/* As if threads had been interrupted in it: so many frames are used. */
static void tcs_with_frames(void **state)
{
	struct machine *m = *state;
	struct sgx_tcs *tcs = become_tcs(m);

	tcs->nssa = 2;
	tcs->cssa = 1;
	check_code(m, accept_output(m, MODIFIED_TCS), SGX_SUCCESS);
	assert_int_equal(tcs->cssa, 1);
}

/* A page as EAUG made it: a TCS, if one that nobody can enter. */
static void tcs_of_zeros(void **state)
{
	struct machine *m = *state;
	struct sgx_tcs *tcs = become_tcs(m);

	memset(tcs, 0, sizeof(*tcs));
	check_code(m, accept_output(m, MODIFIED_TCS), SGX_SUCCESS);
	assert_int_equal(secinfo_of(epcm_at(m, LA(OFF_OUTPUT))),
			 PT_FLAGS(PT_TCS));
	interrupt(m);
	prepare_eenter(m);
	m->lp.r.rbx = LA(OFF_OUTPUT);
	check_gp(m, enclu(&m->lp));
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = target_epcm(m);

	epcm->epoch = hidden_of(m)->epoch;
	check_code(m, enclu(&m->lp), SGX_NOT_TRACKED);
	epcm->x = 1;
	m->lp.r.rax = ENCLU_EACCEPT;
	check_code(m, enclu(&m->lp), SGX_PAGE_ATTRIBUTES_MISMATCH);
	m->lp.r.rax = ENCLU_EACCEPT;
	assert_true(epcm_trylock_sgx2(epcm));
	epcm->blocked = 1;
	check_epcm_pf(m, enclu(&m->lp), TARGET, 0);
	epcm->blocked = 0;
	epcm->enclavesecs += SGX_PAGE_SIZE;
	check_epcm_pf(m, enclu(&m->lp), TARGET, 0);
	secinfo(m)->flags = PT_FLAGS(PT_VA);
	check_gp(m, enclu(&m->lp));
	mapping_of(m, TARGET)->pa = EPC_NONE;
	check_epcm_pf(m, enclu(&m->lp), TARGET, 0);
	m->lp.r.rcx++;
	check_gp(m, enclu(&m->lp));
	epcm_at(m, LA(OFF_DATA))->valid = 0;
	secinfo(m)->reserved[0] = 1;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_DATA), 0);
	m->lp.r.rbx += 8;
	check_gp(m, enclu(&m->lp));
}

static const struct conform rows[] = {
	SUBJECT("EACCEPT", "SDM \"EACCEPT - Accept Changes to an EPC Page\", "
			   "Operation"),
	ACCEPT_FIRST_ROWS,
	ROW("RBX is outside ELRANGE", "#GP(0)", T(secinfo_outside),
	    T(secinfo_before)),
	ROW("the page tables refuse RBX", "their #PF", T(secinfo_not_mapped)),
	ROW("RBX is not in the EPC", "#PF(RBX)", T(secinfo_not_epc)),
	ACCEPT_SECINFO_ROWS,
	ROW("RCX is not page aligned", "#GP(0)", T(target_unaligned)),
	ROW("RCX is outside ELRANGE", "#GP(0)", T(target_outside)),
	ROW("the page tables refuse RCX", "their #PF", T(target_not_mapped)),
	ROW("RCX is no EPC page", "#PF(RCX)", T(target_not_epc)),
	ROW("type and state that no request can have", "#GP(0)", T(requests)),
	ROW("the page: invalid, BLOCKED, SECS or VA, another's", "#PF(RCX)",
	    T(target_page)),
	ROW("the page is in use by an exclusive leaf", "#GP(0)",
	    T(target_locked), T(target_shared)),
	ROW("the page is in use by an SGX2 leaf", "#GP(0)",
	    T(target_in_sgx2_leaf)),
	ROW("address, type, R, W, X, PENDING or MODIFIED differ",
	    "SGX_PAGE_ATTRIBUTES_MISMATCH", T(mismatches)),
	ROW("PR differs", "does not matter", T(pr_not_compared)),
	ROW("tracking is incomplete", "SGX_NOT_TRACKED", T(not_tracked)),
	ROW("TCS: reserved bytes, DBGOPTIN, CSSA, AEP or STATE is illegal",
	    "#GP(0)", T(tcs_illegal)),
	ROW("TCS: CSSA and NSSA are both 0", "as if CSSA were below NSSA",
	    T(tcs_of_zeros), T(tcs_with_frames)),
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these", "PENDING, MODIFIED and PR are clear", T(retires),
	    T(restriction), T(trim), T(tcs)),
};

CONFORM_MAIN(rows, NULL)
