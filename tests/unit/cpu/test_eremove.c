/* SPDX-License-Identifier: BSD-3-Clause */
/* EREMOVE: one case for each row of SDM "EREMOVE", Operation, in order. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

static uint32_t children(struct machine *m)
{
	return secs_hidden_at(&m->cpu, m->secs_pa)->children;
}

static struct epcm *data_epcm(struct machine *m)
{
	return epcm_at(m, LA(OFF_DATA));
}

static void prepare(struct machine *m)
{
	prepare_eremove(m, mapping_of(m, LA(OFF_DATA))->pa);
}

static void page_unaligned(void **state)
{
	struct machine *m = *state;

	prepare(m);
	m->lp.r.rcx += 8;
	check_gp(m, encls(&m->lp));
}

static void page_not_epc(void **state)
{
	struct machine *m = *state;

	prepare(m);
	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
}

static void page_locked(void **state)
{
	struct machine *m = *state;

	prepare(m);
	assert_true(epcm_trylock_shared(data_epcm(m)));
	check_gp(m, encls(&m->lp));
	assert_true(epcm_valid(data_epcm(m)));
}

static void page_free(void **state)
{
	struct machine *m = *state;

	prepare_eremove(m, new_page(m));
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static void va(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = epcm_of(&m->cpu, new_page(m));

	epcm_set(epcm, PT_VA, 0, EPC_NONE, 0);
	enter(m);
	prepare_eremove(m, m->next_pa - SGX_PAGE_SIZE);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_false(epcm_valid(epcm));
	/* It was nobody's child. */
	assert_int_equal(secs_hidden_at(&m->cpu, EPC_NONE)->children, 0);
}

static void secs_with_children(void **state)
{
	struct machine *m = *state;

	prepare_eremove(m, m->secs_pa);
	check_code(m, encls(&m->lp), SGX_CHILD_PRESENT);
	assert_true(epcm_valid(epcm_of(&m->cpu, m->secs_pa)));
	assert_int_equal(epcm_of(&m->cpu, m->secs_pa)->lock, 0);
}

static void enclave_active(void **state)
{
	struct machine *m = *state;
	uint32_t before = children(m);

	enter(m);
	prepare(m);
	check_code(m, encls(&m->lp), SGX_ENCLAVE_ACT);
	assert_true(epcm_valid(data_epcm(m)));
	assert_int_equal(children(m), before);
	interrupt(m);
	prepare(m);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

/* Killed threads never left; the kernel says that they are gone. */
static void forgotten(void **state)
{
	struct machine *m = *state;

	enter(m);
	processor_clear(m->lp.processor);
	prepare(m);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static void trim_accepted(void **state)
{
	struct machine *m = *state;
	uint32_t before = children(m);

	data_epcm(m)->pt = PT_TRIM;
	enter(m);
	prepare(m);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_false(epcm_valid(data_epcm(m)));
	assert_int_equal(children(m), before - 1);
}

static void trim_not_accepted(void **state)
{
	struct machine *m = *state;

	data_epcm(m)->pt = PT_TRIM;
	data_epcm(m)->modified = 1;
	enter(m);
	prepare(m);
	check_code(m, encls(&m->lp), SGX_ENCLAVE_ACT);
}

static void child(void **state)
{
	struct machine *m = *state;
	uint32_t before = children(m);

	prepare(m);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_false(epcm_valid(data_epcm(m)));
	assert_int_equal(data_epcm(m)->lock, 0);
	assert_int_equal(children(m), before - 1);
	prepare(m);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_int_equal(children(m), before - 1);
}

/* All pages, then the SECS: the page can be used for another enclave. */
static void everything(void **state)
{
	struct machine *m = *state;
	unsigned i;

	for (i = 0; i < m->nr_mappings; i++) {
		prepare_eremove(m, m->mappings[i].pa);
		check_code(m, encls(&m->lp), SGX_SUCCESS);
	}
	assert_int_equal(children(m), 0);
	prepare_eremove(m, m->secs_pa);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_false(epcm_valid(epcm_of(&m->cpu, m->secs_pa)));
	m->next_pa = m->secs_pa;
	m->nr_mappings = 0;
	build_enclave(m);
	enter(m);
}

#define T(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_enclave, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EREMOVE", "SDM \"EREMOVE - Remove a page from the EPC\", "
			   "Operation"),
	ROW("RCX is not page aligned", "#GP(0)", T(page_unaligned)),
	ROW("RCX is no EPC page", "#PF(RCX)", T(page_not_epc)),
	ROW("the page is in use by another leaf", "#GP(0)", T(page_locked)),
	ROW("the page is invalid", "nothing, success", T(page_free)),
	ROW("the page is a VA", "removed, whoever is inside", T(va)),
	DEVIATES("DC6", "the page is TRIM and accepted",
		 "removed, whoever is inside", T(trim_accepted)),
	ROW("the page is a SECS and has children", "SGX_CHILD_PRESENT",
	    T(secs_with_children)),
	ROW("the page is a SECS without children", "removed", T(everything)),
	ROW("a processor is inside the page's enclave", "SGX_ENCLAVE_ACT",
	    T(enclave_active), T(trim_not_accepted)),
	ROW("none of these", "the page is free, its SECS has a child less",
	    T(child), T(forgotten), T(everything)),
};

CONFORM_MAIN(rows, NULL)
