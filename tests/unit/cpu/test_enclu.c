/* SPDX-License-Identifier: BSD-3-Clause */
/* The front ends of ENCLU and ENCLS: which leaf, when. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

static void encls_unknown_leaf(void **state)
{
	struct machine *m = *state;
	static const uint32_t leaves[] = {
		0x0d, 0x0e, 0x0f, 0x10, 0x18, 0x7f, 0xffffffff,
	};
	size_t i;

	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		m->lp.r.rax = leaves[i];
		check_gp(m, encls(&m->lp));
	}
}

/* The upper half of RAX is ignored, by both instructions. */
static void rax_high(void **state)
{
	struct machine *m = *state;

	prepare_eremove(m, new_page(m));
	m->lp.r.rax |= 1ull << 40;
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	prepare_eenter(m);
	m->lp.r.rax |= 1ull << 40;
	assert_int_equal(enclu(&m->lp), 0);
}

static void enclu_unknown_leaf(void **state)
{
	struct machine *m = *state;
	static const uint32_t leaves[] = {
		ENCLU_EVERIFYREPORT2,
		0x0a,
		0xffffffff,
		/* without SGX2: */
		ENCLU_EACCEPT,
		ENCLU_EMODPE,
		ENCLU_EACCEPTCOPY,
	};
	size_t i;

	/* With a frame to spare: no unknown leaf may drop it. */
	enter(m);
	interrupt(m);
	enter(m);
	m->package.sgx2 = false;
	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		m->lp.r.rax = leaves[i];
		check_gp(m, enclu(&m->lp));
	}
}

static void edeccssa_not_enumerated(void **state)
{
	struct machine *m = *state;

	enter(m);
	interrupt(m);
	enter(m);
	m->lp.r.rax = ENCLU_EDECCSSA;
	m->package.aexnotify = false;
	check_gp(m, enclu(&m->lp));
	m->package.aexnotify = true;
	assert_int_equal(enclu(&m->lp), 0);
}

static void enter_inside(void **state)
{
	struct machine *m = *state;

	enter(m);
	prepare_eenter(m);
	check_gp(m, enclu(&m->lp));
	prepare_eresume(m);
	check_gp(m, enclu(&m->lp));
	assert_true(m->lp.cr_enclave_mode);
}

static void inside_leaf_outside(void **state)
{
	struct machine *m = *state;
	static const uint32_t leaves[] = {
		ENCLU_EREPORT,
		ENCLU_EGETKEY,
		ENCLU_EEXIT,
		ENCLU_EDECCSSA,
	};
	size_t i;

	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		m->lp.r.rax = leaves[i];
		check_gp(m, enclu(&m->lp));
	}
}

#define T(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_enclave, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("ENCLS", "SDM \"ENCLS - Execute an Enclave System Function of "
			 "Specified Leaf Number\", Operation"),
	ROW("EAX names no leaf", "#GP(0)", T(encls_unknown_leaf)),
	ROW("RAX[63:32]", "ignored", T(rax_high)),
	SUBJECT("ENCLU", "SDM \"ENCLU - Execute an Enclave User Function of "
			 "Specified Leaf Number\", Operation"),
	ROW("EAX names no leaf that is enumerated", "#GP(0)",
	    T(enclu_unknown_leaf), T(edeccssa_not_enumerated)),
	ROW("in an enclave: EENTER, ERESUME", "#GP(0)", T(enter_inside)),
	ROW("not in an enclave: any other leaf", "#GP(0)",
	    T(inside_leaf_outside)),
	ROW("RAX[63:32]", "ignored", T(rax_high)),
};

CONFORM_MAIN(rows, NULL)
