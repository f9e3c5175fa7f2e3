/* SPDX-License-Identifier: BSD-3-Clause */
/* EAUG: one case for each check of SDM "EAUG", Operation, in order. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

static int setup(void **state)
{
	machine_setup_sgx2(state);
	prepare_eaug(*state, OFF_HOLE);
	return 0;
}

static struct epcm *target_epcm(struct machine *m)
{
	return epcm_of(&m->cpu, m->next_pa - SGX_PAGE_SIZE);
}

static struct epcm *secs_epcm(struct machine *m)
{
	return epcm_of(&m->cpu, m->secs_pa);
}

#define GP(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
		uint32_t children = hidden_of(m)->children; \
\
		spoil; \
		check_gp(m, encls(&m->lp)); \
		assert_false(epcm_valid(target_epcm(m))); \
		assert_int_equal(hidden_of(m)->children, children); \
		check_unlocked(m); \
	}

GP(not_enumerated, m->package.sgx2 = false)
GP(pageinfo_unaligned, misalign_rbx(m, sizeof(struct sgx_pageinfo)))
GP(page_unaligned, m->lp.r.rcx += 8)
/* Checked before the SECS. */
GP(secinfo_unaligned, (m->pageinfo.secinfo = operand(&m->secinfo) + 32,
		       m->pageinfo.secs = operand(m->source)))
GP(secs_unaligned, m->pageinfo.secs += 8)
GP(linaddr_unaligned, m->pageinfo.linaddr += 8)
GP(source, m->pageinfo.srcpge = operand(m->source))
GP(not_initialised, secs_at(&m->cpu, m->secs_pa)->attributes &= ~SGX_ATTR_INIT)
GP(below_elrange, m->pageinfo.linaddr = ENCLAVE_BASE - SGX_PAGE_SIZE)
GP(above_elrange, m->pageinfo.linaddr = ENCLAVE_BASE + ENCLAVE_SIZE)

static void page_not_epc(void **state)
{
	struct machine *m = *state;

	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
}

static void secs_not_epc(void **state)
{
	struct machine *m = *state;

	m->pageinfo.secs = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
	check_unlocked(m);
}

static void page_locked(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_shared(target_epcm(m)));
	check_gp(m, encls(&m->lp));
	assert_false(epcm_valid(target_epcm(m)));
}

static void page_in_use(void **state)
{
	struct machine *m = *state;

	epcm_set(target_epcm(m), PT_VA, 0, EPC_NONE, 0);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_int_equal(target_epcm(m)->pt, PT_VA);
	check_unlocked(m);
}

/* Shadow stacks are not enumerated: no SECINFO is legal. */
static void secinfo(void **state)
{
	struct machine *m = *state;

	m->secinfo = (struct sgx_secinfo){
		.flags = PT_FLAGS(PT_SS_REST) | SGX_SECINFO_R | SGX_SECINFO_W,
	};
	m->pageinfo.secinfo = operand(&m->secinfo);
	check_gp(m, encls(&m->lp));
	assert_false(epcm_valid(target_epcm(m)));
	check_unlocked(m);
}

static void secs_locked(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_exclusive(secs_epcm(m)));
	check_gp(m, encls(&m->lp));
	assert_false(epcm_valid(target_epcm(m)));
	assert_int_equal(target_epcm(m)->lock, 0);
}

static void secs_shared(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_shared(secs_epcm(m)));
	assert_int_equal(encls(&m->lp), 0);
}

static void secs_invalid(void **state)
{
	struct machine *m = *state;

	epcm_invalidate(secs_epcm(m));
	check_encls_pf(m, encls(&m->lp), m->pageinfo.secs);
	check_unlocked(m);
}

static void not_a_secs(void **state)
{
	struct machine *m = *state;

	m->pageinfo.secs = kernel_la(m, pa_of(m, LA(OFF_DATA)));
	check_encls_pf(m, encls(&m->lp), m->pageinfo.secs);
	check_unlocked(m);
}

/* RAX and the flags are not results; MRENCLAVE is what it was. */
static void retires(void **state)
{
	static const uint8_t zero[SGX_PAGE_SIZE];
	struct machine *m = *state;
	struct sgx_secs before = *secs_at(&m->cpu, m->secs_pa);
	struct lp_regs regs = m->lp.r;
	struct epcm *epcm = target_epcm(m);
	uint64_t pa = m->next_pa - SGX_PAGE_SIZE;
	uint32_t children = hidden_of(m)->children;

	memset(epc_ptr(&m->cpu, pa), 0x55, SGX_PAGE_SIZE);
	memset(epcm, 0xff, sizeof(*epcm));
	epcm->valid = epcm->lock = epcm->sgx2_lock = 0;
	assert_int_equal(encls(&m->lp), 0);
	assert_memory_equal(&m->lp.r, &regs, sizeof(regs));
	assert_true(epcm_valid(epcm));
	assert_int_equal(secinfo_of(epcm), PENDING_RW);
	assert_int_equal(epcm->blocked, 0);
	assert_int_equal(epcm->enclaveaddress, LA(OFF_HOLE));
	assert_int_equal(epcm->enclavesecs, m->secs_pa);
	assert_memory_equal(epc_ptr(&m->cpu, pa), zero, sizeof(zero));
	assert_int_equal(hidden_of(m)->children, children + 1);
	assert_memory_equal(secs_at(&m->cpu, m->secs_pa)->mrenclave,
			    before.mrenclave, 32);
	check_unlocked(m);
}

/* The first and the last page of ELRANGE are pages like others. */
static void elrange_ends(void **state)
{
	struct machine *m = *state;

	augment(m, ENCLAVE_SIZE - SGX_PAGE_SIZE);
	prepare_eremove(m, pa_of(m, LA(OFF_TCS)));
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	augment(m, 0);
}

static void pending_denies_access(void **state)
{
	struct machine *m = *state;

	augment(m, OFF_HOLE);
	enter(m);
	check_epcm_pf(m, enclave_access(&m->lp, LA(OFF_HOLE), PF_WRITE),
		      LA(OFF_HOLE), PF_WRITE);
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;
	struct sgx_secs *secs = secs_at(&m->cpu, m->secs_pa);

	m->pageinfo.linaddr = 0;
	secs->attributes &= ~SGX_ATTR_INIT;
	epcm_invalidate(secs_epcm(m));
	check_encls_pf(m, encls(&m->lp), m->pageinfo.secs);
	assert_true(epcm_trylock_exclusive(secs_epcm(m)));
	check_gp(m, encls(&m->lp));
	m->pageinfo.secinfo = operand(&m->secinfo);
	target_epcm(m)->valid = 1;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	m->pageinfo.secs = operand(m->source);
	check_encls_pf(m, encls(&m->lp), m->pageinfo.secs);
	m->pageinfo.srcpge = operand(m->source);
	check_gp(m, encls(&m->lp));
	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	m->lp.r.rbx += 8;
	check_gp(m, encls(&m->lp));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EAUG", "SDM \"EAUG - Add a Page to an Initialized Enclave\", "
			"Operation"),
	ROW("SGX2 is not enumerated", "#GP(0)", T(not_enumerated)),
	ROW("RBX (PAGEINFO) is not 32-byte aligned", "#GP(0)",
	    T(pageinfo_unaligned)),
	ROW("RCX is not page aligned", "#GP(0)", T(page_unaligned)),
	ROW("RCX is no EPC page", "#PF(RCX)", T(page_not_epc)),
	ROW("PAGEINFO.SECINFO is not 64-byte aligned", "#GP(0)",
	    T(secinfo_unaligned)),
	ROW("PAGEINFO.SECS is not page aligned", "#GP(0)", T(secs_unaligned)),
	ROW("PAGEINFO.LINADDR is not page aligned", "#GP(0)",
	    T(linaddr_unaligned)),
	ROW("PAGEINFO.SRCPGE is not 0", "#GP(0)", T(source)),
	ROW("PAGEINFO.SECS is no EPC page", "#PF(SECS)", T(secs_not_epc)),
	ROW("the page is in use by another leaf", "#GP(0)", T(page_locked)),
	ROW("the page is valid", "#PF(RCX)", T(page_in_use)),
	ROW("PAGEINFO.SECINFO is not 0, without CET", "#GP(0)", T(secinfo)),
	ROW("the SECS is in use by an exclusive leaf", "#GP(0)", T(secs_locked),
	    T(secs_shared)),
	ROW("the SECS is invalid, or no SECS", "#PF(SECS)", T(secs_invalid),
	    T(not_a_secs)),
	ROW("the enclave is not initialised", "#GP(0)", T(not_initialised)),
	ROW("LINADDR is outside ELRANGE", "#GP(0)", T(below_elrange),
	    T(above_elrange), T(elrange_ends)),
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these", "a REG page of zeros, RW, PENDING", T(retires),
	    T(pending_denies_access)),
};

CONFORM_MAIN(rows, NULL)
