/* SPDX-License-Identifier: BSD-3-Clause */
/* EMODPE: one case for each check of SDM "EMODPE", Operation, in order. */
#include "tests/unit/cpu/sgx2.h"

#define TARGET	LA(OFF_RO)

static int setup(void **state)
{
	struct machine *m;

	machine_setup_sgx2_entered(state);
	m = *state;
	set_secinfo(m, SGX_SECINFO_R | SGX_SECINFO_X);
	prepare_leaf(m, ENCLU_EMODPE, LA(OFF_DATA), TARGET, 0);
	return 0;
}

static struct sgx_secinfo *secinfo(struct machine *m)
{
	return at(m, LA(OFF_DATA));
}

static struct epcm *target_epcm(struct machine *m)
{
	return epcm_at(m, TARGET);
}

#define GP(name, spoil) \
static void name(void **state) \
{ \
	struct machine *m = *state; \
\
	spoil; \
	check_gp(m, enclu(&m->lp)); \
	assert_int_equal(secinfo_of(target_epcm(m)), REG_R); \
	check_unlocked(m); \
}

GP(not_enumerated, m->package.sgx2 = false)
GP(secinfo_unaligned, m->lp.r.rbx += 32)
GP(target_unaligned, m->lp.r.rcx += 8)
GP(secinfo_outside, m->lp.r.rbx = ENCLAVE_BASE - 64)
GP(target_outside, m->lp.r.rcx = ENCLAVE_BASE + ENCLAVE_SIZE)
GP(secinfo_flag_reserved, secinfo(m)->flags |= 1ull << 6)
GP(secinfo_flag_high, secinfo(m)->flags |= 1ull << 63)
GP(secinfo_reserved, secinfo(m)->reserved[0] = 1)

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

static void secinfo_page(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = epcm_at(m, LA(OFF_DATA)), good = *epcm;
	int i;

	for (i = 0; i < 8; i++) {
		*epcm = good;
		epcm->valid = i != 0;
		epcm->r = i != 1;
		epcm->pending = i == 2;
		epcm->modified = i == 3;
		epcm->blocked = i == 4;
		if (i == 5)
			epcm->pt = PT_TRIM;
		if (i == 6)
			epcm->enclavesecs += SGX_PAGE_SIZE;
		if (i == 7)
			epcm->enclaveaddress += SGX_PAGE_SIZE;
		check_epcm_pf(m, enclu(&m->lp), LA(OFF_DATA), 0);
	}
	check_unlocked(m);
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

static void target_in_sgx2_leaf(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_sgx2(target_epcm(m)));
	check_gp(m, enclu(&m->lp));
	assert_int_equal(secinfo_of(target_epcm(m)), REG_R);
	/* A page that is not the enclave's is found out before. */
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
			epcm_set(target_epcm(m), PT_REG,
				 from | SGX_SECINFO_PR, m->secs_pa, TARGET);
			secinfo(m)->flags = ask;
			m->lp.r.rax = ENCLU_EMODPE;
			assert_int_equal(enclu(&m->lp), 0);
			assert_int_equal(secinfo_of(target_epcm(m)),
					 PT_FLAGS(PT_REG) | SGX_SECINFO_PR |
					 from | ask);
		}
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(not_enumerated), T(secinfo_unaligned), T(target_unaligned),
		T(secinfo_outside), T(target_outside), T(not_epc),
		T(not_mapped), T(secinfo_page), T(secinfo_flag_reserved),
		T(secinfo_flag_high), T(secinfo_reserved), T(target_page),
		T(target_in_sgx2_leaf), T(target_locked),
		T(write_without_read), T(write_to_readable), T(retires),
		T(extends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
