/* SPDX-License-Identifier: BSD-3-Clause */
/* EPA: one case for each check of SDM "EPA", Operation, in order. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

static int setup(void **state)
{
	struct machine *m;

	machine_setup(state);
	m = *state;
	prepare_epa(m, new_page(m));
	memset(epc_ptr(&m->cpu, SGX_PAGE_SIZE), 0x55, SGX_PAGE_SIZE);
	return 0;
}

static struct epcm *epcm_of_page(struct machine *m)
{
	return epcm_of(&m->cpu, SGX_PAGE_SIZE);
}

static void type(void **state)
{
	struct machine *m = *state;

	m->lp.r.rbx = PT_REG;
	check_gp(m, encls(&m->lp));
	assert_false(epcm_valid(epcm_of_page(m)));
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

	assert_true(epcm_trylock_shared(epcm_of_page(m)));
	check_gp(m, encls(&m->lp));
	assert_false(epcm_valid(epcm_of_page(m)));
}

static void page_in_use(void **state)
{
	struct machine *m = *state;

	epcm_set(epcm_of_page(m), PT_REG, 7, EPC_NONE, 0);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_int_equal(epcm_of_page(m)->pt, PT_REG);
	check_unlocked(m);
}

/* RAX and the flags are not results. */
static void retires(void **state)
{
	static const uint8_t empty[SGX_PAGE_SIZE];
	struct machine *m = *state;
	struct epcm *epcm = epcm_of_page(m);
	struct lp_regs before = m->lp.r;

	memset(epcm, 0xff, sizeof(*epcm));
	epcm->valid = epcm->lock = epcm->sgx2_lock = 0;
	assert_int_equal(encls(&m->lp), 0);
	assert_memory_equal(&m->lp.r, &before, sizeof(before));
	assert_true(epcm_valid(epcm));
	assert_int_equal(secinfo_of(epcm), PT_FLAGS(PT_VA));
	assert_int_equal(epcm->blocked, 0);
	assert_int_equal(epcm->enclaveaddress, 0);
	assert_int_equal(epcm->enclavesecs, EPC_NONE);
	assert_memory_equal(epc_ptr(&m->cpu, SGX_PAGE_SIZE), empty,
			    sizeof(empty));
	check_unlocked(m);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EPA", "SDM \"EPA - Add Version Array\", Operation"),
	ROW("RBX is not PT_VA", "#GP(0)", T(type)),
	ROW("RCX is not page aligned", "#GP(0)", T(page_unaligned)),
	ROW("RCX is no EPC page", "#PF(RCX)", T(page_not_epc)),
	ROW("the page is in use by another leaf", "#GP(0)", T(page_locked)),
	ROW("the page is valid", "#PF(RCX)", T(page_in_use)),
	ROW("none of these", "an empty version array", T(retires)),
};

CONFORM_MAIN(rows, NULL)
