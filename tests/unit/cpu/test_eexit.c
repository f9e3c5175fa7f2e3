/* SPDX-License-Identifier: BSD-3-Clause */
/* EEXIT: SDM "EEXIT", Operation. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

#define TARGET 0x403000ull

static void target_not_canonical(void **state)
{
	struct machine *m = *state;
	struct lp_regs before;

	prepare_leaf(m, ENCLU_EEXIT, 1ull << 47, 0, 0);
	before = m->lp.r;
	check_gp(m, enclu(&m->lp));
	assert_memory_equal(&m->lp.r, &before, sizeof(before));
	assert_true(m->lp.cr_enclave_mode);
}

static void success(void **state)
{
	struct machine *m = *state;
	struct sgx_tcs *tcs = at(m, LA(OFF_TCS));

	prepare_leaf(m, ENCLU_EEXIT, TARGET, 0x5555, 0x6666);
	m->lp.r.rsp = 0x7777;
	m->lp.r.rflags = 0x202 | RFLAGS_STATUS;
	m->xsave[160] = 0xaa;
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->lp.r.rip, TARGET);
	assert_int_equal(m->lp.r.rcx, HOST_AEP);
	assert_int_equal(m->lp.r.rax, ENCLU_EEXIT);
	assert_int_equal(m->lp.r.rdx, 0x6666);
	assert_int_equal(m->lp.r.rsp, 0x7777);
	assert_int_equal(m->lp.r.rflags, 0x202 | RFLAGS_STATUS);
	assert_int_equal(m->lp.r.fsbase, HOST_FSBASE);
	assert_int_equal(m->lp.r.gsbase, HOST_GSBASE);
	assert_int_equal(m->xsave[160], 0xaa);
	assert_false(m->lp.cr_enclave_mode);
	assert_int_equal(tcs->state, TCS_INACTIVE);
	assert_int_equal(tcs->cssa, 0);
	assert_false(anybody_inside(m));
	enter(m);
}

/* TF as it was at entry, not as the enclave leaves it. */
static void tf_restored(void **state)
{
	struct machine *m = *state;

	interrupt(m);
	m->lp.r.rflags = 0x202 | RFLAGS_TF;
	enter(m);
	assert_int_equal(m->lp.r.rflags & RFLAGS_TF, 0);
	prepare_leaf(m, ENCLU_EEXIT, TARGET, 0, 0);
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->lp.r.rflags & RFLAGS_TF, RFLAGS_TF);
	assert_true(m->lp.pending_db);
}

/* A thread that is debugged keeps the TF that it has. */
static void tf_of_opt_in(void **state)
{
	struct machine *m = *state;

	interrupt(m);
	((struct sgx_tcs *)at(m, LA(OFF_TCS)))->flags = TCS_DBGOPTIN;
	m->lp.r.rflags = 0x202;
	enter(m);
	prepare_leaf(m, ENCLU_EEXIT, TARGET, 0, 0);
	m->lp.r.rflags |= RFLAGS_TF;
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->lp.r.rflags & RFLAGS_TF, RFLAGS_TF);
}

static void tf_cleared(void **state)
{
	struct machine *m = *state;

	prepare_leaf(m, ENCLU_EEXIT, TARGET, 0, 0);
	m->lp.r.rflags |= RFLAGS_TF;
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->lp.r.rflags & RFLAGS_TF, 0);
	assert_false(m->lp.pending_db);
}

/* Implicit operands cannot fault: the EPC may be gone by now. */
static void after_loss(void **state)
{
	struct machine *m = *state;
	unsigned i;

	for (i = 0; i < EPC_PAGES; i++)
		m->cpu.epcm[i].valid = 0;
	prepare_leaf(m, ENCLU_EEXIT, TARGET, 0, 0);
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->lp.r.rcx, HOST_AEP);
	prepare_eenter(m);
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_WRITE);
}

#define T(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_entered, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EEXIT", "SDM \"EEXIT - Exits an Enclave\", Operation"),
	ROW("RBX is not canonical", "#GP(0)", T(target_not_canonical)),
	ROW("none of these", "RIP is RBX, RCX is the AEP; FS, GS restored",
	    T(success)),
	ROW("TF, opt-out", "as at entry", T(tf_restored), T(tf_cleared)),
	ROW("TF, opt-in", "as the enclave has it", T(tf_of_opt_in)),
	ROW("the enclave's pages are lost", "it exits all the same",
	    T(after_loss)),
};

CONFORM_MAIN(rows, NULL)
