/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EACCEPTCOPY: one case for each check of SDM "EACCEPTCOPY", Operation, in
 * order.
 */
#include "tests/unit/cpu/accept.h"

#define TARGET LA(OFF_HOLE)
#define FROM   LA(OFF_OUTPUT)

static struct epcm *target_epcm(struct machine *m)
{
	return epcm_at(m, TARGET);
}

/* Inside; a page was added at OFF_HOLE, to become a copy of OFF_OUTPUT. */
static int setup(void **state)
{
	struct machine *m;

	machine_setup_sgx2(state);
	m = *state;
	augment(m, OFF_HOLE);
	enter(m);
	memset(at(m, FROM), 0x5a, SGX_PAGE_SIZE);
	set_secinfo(m, REG_RX);
	m->lp.r.rflags = 0x202 | RFLAGS_STATUS;
	prepare_leaf(m, ENCLU_EACCEPTCOPY, LA(OFF_DATA), TARGET, FROM);
	return 0;
}

static bool empty(struct machine *m)
{
	static const uint8_t zero[SGX_PAGE_SIZE];

	return !memcmp(at(m, TARGET), zero, sizeof(zero));
}

GP(source_unaligned, m->lp.r.rdx += 8)
GP(source_outside, m->lp.r.rdx = ENCLAVE_BASE - SGX_PAGE_SIZE)
GP(write_without_read, secinfo(m)->flags = PT_FLAGS(PT_REG) | SGX_SECINFO_W)
GP(type_tcs, secinfo(m)->flags = PT_FLAGS(PT_TCS) | SGX_SECINFO_R)
GP(type_trim, secinfo(m)->flags = PT_FLAGS(PT_TRIM))

static void not_epc(void **state)
{
	struct machine *m = *state;

	mapping_of(m, FROM)->pa = EPC_NONE;
	check_epcm_pf(m, enclu(&m->lp), FROM, 0);
	mapping_of(m, TARGET)->pa = EPC_NONE;
	check_epcm_pf(m, enclu(&m->lp), TARGET, PF_WRITE);
	mapping_of(m, LA(OFF_DATA))->pa = EPC_NONE;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_DATA), 0);
}

/* The target is written: the page tables must allow that. */
static void not_mapped(void **state)
{
	struct machine *m = *state;

	mapping_of(m, TARGET)->prot = WALK_R;
	check_pf(m, enclu(&m->lp), TARGET, PF_PROT | PF_USER | PF_WRITE);
	mapping_of(m, TARGET)->prot = WALK_RWX;
	mapping_of(m, FROM)->prot = WALK_R;
	mapping_of(m, LA(OFF_DATA))->prot = WALK_R;
	check_code(m, enclu(&m->lp), SGX_SUCCESS);
}

static void source_page(void **state)
{
	struct machine *m = *state;

	check_read_page(m, FROM);
	assert_true(empty(m));
}

/* A target that is not as EAUG has left it is no fault. */
static void target_page(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = target_epcm(m), good = *epcm;
	int i;

	for (i = 0; i < 10; i++) {
		*epcm = good;
		epcm->valid = i != 0;
		epcm->pending = i != 1;
		epcm->modified = i == 2;
		epcm->blocked = i == 3;
		if (i == 4)
			epcm->pt = PT_TCS;
		if (i == 5)
			epcm->enclavesecs += SGX_PAGE_SIZE;
		epcm->r = i != 6;
		epcm->w = i != 7;
		epcm->x = i == 8;
		if (i == 9)
			epcm->enclaveaddress += SGX_PAGE_SIZE;
		m->lp.r.rax = ENCLU_EACCEPTCOPY;
		check_code(m, enclu(&m->lp), SGX_PAGE_ATTRIBUTES_MISMATCH);
		assert_true(empty(m));
	}
	check_unlocked(m);
}

/* The first test of the target comes before the lock. */
static void not_pending_in_sgx2_leaf(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_sgx2(target_epcm(m)));
	target_epcm(m)->pending = 0;
	check_code(m, enclu(&m->lp), SGX_PAGE_ATTRIBUTES_MISMATCH);
}

static void retires(void **state)
{
	struct machine *m = *state;
	uint64_t rip = m->lp.r.rip;

	check_code(m, enclu(&m->lp), SGX_SUCCESS);
	assert_int_equal(m->lp.r.rip, rip + 3);
	assert_int_equal(secinfo_of(target_epcm(m)), REG_RX);
	assert_memory_equal(at(m, TARGET), at(m, FROM), SGX_PAGE_SIZE);
	check_unlocked(m);
	assert_int_equal(enclave_access(&m->lp, TARGET, PF_INSTR), 0);
	m->lp.r.rax = ENCLU_EACCEPTCOPY;
	check_code(m, enclu(&m->lp), SGX_PAGE_ATTRIBUTES_MISMATCH);
}

static void permissions(void **state)
{
	static const unsigned legal[] = { 0, 1, 3, 4, 5, 7 };
	struct machine *m = *state;
	int i;

	for (i = 0; i < 6; i++) {
		epcm_set(target_epcm(m), PT_REG,
			 PENDING_RW & EPCM_SECINFO_FLAGS, m->secs_pa, TARGET);
		secinfo(m)->flags = PT_FLAGS(PT_REG) | legal[i];
		m->lp.r.rax = ENCLU_EACCEPTCOPY;
		check_code(m, enclu(&m->lp), SGX_SUCCESS);
		assert_int_equal(secinfo_of(target_epcm(m)),
				 PT_FLAGS(PT_REG) | legal[i]);
	}
}

/* A page of the enclave cannot be the copy of itself. */
static void itself(void **state)
{
	struct machine *m = *state;

	m->lp.r.rdx = TARGET;
	check_epcm_pf(m, enclu(&m->lp), TARGET, 0);
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_sgx2(target_epcm(m)));
	target_epcm(m)->pending = 0;
	check_code(m, enclu(&m->lp), SGX_PAGE_ATTRIBUTES_MISMATCH);
	epcm_at(m, FROM)->valid = 0;
	m->lp.r.rax = ENCLU_EACCEPTCOPY;
	check_epcm_pf(m, enclu(&m->lp), FROM, 0);
	secinfo(m)->flags = SGX_SECINFO_W;
	check_gp(m, enclu(&m->lp));
	epcm_at(m, LA(OFF_DATA))->valid = 0;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_DATA), 0);
	mapping_of(m, FROM)->pa = EPC_NONE;
	check_epcm_pf(m, enclu(&m->lp), FROM, 0);
	m->lp.r.rdx = 0;
	check_gp(m, enclu(&m->lp));
}

static const struct conform rows[] = {
	SUBJECT("EACCEPTCOPY", "SDM \"EACCEPTCOPY - Initialize a Pending "
			       "Page\", Operation"),
	ACCEPT_FIRST_ROWS,
	ROW("RCX or RDX is not page aligned", "#GP(0)", T(target_unaligned),
	    T(source_unaligned)),
	ROW("RBX, RCX or RDX is outside ELRANGE", "#GP(0)", T(secinfo_outside),
	    T(secinfo_before), T(target_outside), T(source_outside)),
	ROW("the page tables refuse RBX, RCX (a write) or RDX", "their #PF",
	    T(not_mapped)),
	ROW("RBX, RCX, RDX is not in the EPC", "#PF of the first one",
	    T(not_epc)),
	ACCEPT_SECINFO_ROWS,
	ROW("W without R", "#GP(0)", T(write_without_read)),
	ROW("SECINFO.PT is not REG", "#GP(0)", T(type_tcs), T(type_trim)),
	ROW("the source: invalid, no R, PENDING, MODIFIED, BLOCKED, not REG, "
	    "another's, elsewhere",
	    "#PF(RDX)", T(source_page)),
	ROW("the target: invalid, not PENDING, MODIFIED, BLOCKED, not REG, "
	    "another's",
	    "SGX_PAGE_ATTRIBUTES_MISMATCH", T(target_page),
	    T(not_pending_in_sgx2_leaf)),
	ROW("the target is in use by an SGX2 leaf", "#GP(0)",
	    T(target_in_sgx2_leaf)),
	ROW("the target is not RW, or elsewhere",
	    "SGX_PAGE_ATTRIBUTES_MISMATCH", T(target_page)),
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these", "a copy with SECINFO's R, W, X", T(retires),
	    T(permissions), T(itself)),
};

CONFORM_MAIN(rows, NULL)
