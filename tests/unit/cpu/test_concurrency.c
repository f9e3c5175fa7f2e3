/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two leaves on one page: each ENCLS leaf while another one has its operand,
 * shared or for itself.  SDM, tables "Base Concurrency Restrictions" and
 * "Additional Concurrency Restrictions" of the leaves.
 */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

enum outcome { GOES_ON, FAULTS, CONFLICT };

/* Another leaf has the page; the second lock is that of SGX2's leaves. */
enum held { SHARED, EXCLUSIVE, SGX2_LOCK };

struct leaf {
	void (*prepare)(struct machine *m);
	uint64_t (*page)(const struct machine *m);
	enum outcome outcomes[3]; /* by enum held */
};

static struct paged paged;

static uint64_t rcx_page(const struct machine *m)
{
	return (m->lp.r.rcx - operand(m->cpu.epc)) & SGX_PAGE_MASK;
}

static uint64_t rdx_page(const struct machine *m)
{
	return (m->lp.r.rdx - operand(m->cpu.epc)) & SGX_PAGE_MASK;
}

static uint64_t secs_page(const struct machine *m)
{
	return m->secs_pa;
}

static void ecreate(struct machine *m)
{
	prepare_ecreate(m);
}

static void eadd(struct machine *m)
{
	create(m);
	prepare_eadd(m, OFF_DATA, REG_RW);
}

static void eextend(struct machine *m)
{
	create(m);
	prepare_eextend(m, add(m, OFF_DATA, REG_RW));
}

static void einit(struct machine *m)
{
	create(m);
	add(m, OFF_DATA, REG_RW);
	prepare_einit(m);
}

static void eremove(struct machine *m)
{
	build_enclave(m);
	prepare_eremove(m, pa_of(m, LA(OFF_DATA)));
}

static void edbgrd(struct machine *m)
{
	build_enclave(m);
	prepare_rcx(m, ENCLS_EDBGRD, pa_of(m, LA(OFF_DATA)));
}

static void edbgwr(struct machine *m)
{
	build_enclave(m);
	prepare_rcx(m, ENCLS_EDBGWR, pa_of(m, LA(OFF_DATA)));
}

static void epa(struct machine *m)
{
	prepare_epa(m, new_page(m));
}

static void eblock(struct machine *m)
{
	build_enclave(m);
	prepare_rcx(m, ENCLS_EBLOCK, pa_of(m, LA(OFF_DATA)));
}

static void etrack(struct machine *m)
{
	build_enclave(m);
	prepare_rcx(m, ENCLS_ETRACK, m->secs_pa);
}

static void ewb(struct machine *m)
{
	uint64_t va;

	build_enclave(m);
	va = new_va(m);
	block(m, pa_of(m, LA(OFF_DATA)));
	track(m);
	prepare_ewb(m, &paged, pa_of(m, LA(OFF_DATA)), va);
}

static void eldu(struct machine *m)
{
	uint64_t va;

	build_enclave(m);
	va = new_va(m);
	evict(m, &paged, pa_of(m, LA(OFF_DATA)), va);
	prepare_eld(m, ENCLS_ELDU, &paged, new_page(m), va, LA(OFF_DATA),
		    m->secs_pa);
}

static void eaug(struct machine *m)
{
	build_enclave(m);
	prepare_eaug(m, OFF_HOLE);
}

static void emodpr(struct machine *m)
{
	build_enclave(m);
	prepare_emod(m, ENCLS_EMODPR, LA(OFF_DATA), SGX_SECINFO_R);
}

static void emodt(struct machine *m)
{
	build_enclave(m);
	prepare_emod(m, ENCLS_EMODT, LA(OFF_DATA), PT_FLAGS(PT_TRIM));
}

static void hold(struct epcm *epcm, enum held held)
{
	if (held == SHARED)
		assert_true(epcm_trylock_shared(epcm));
	else if (held == EXCLUSIVE)
		assert_true(epcm_trylock_exclusive(epcm));
	else
		assert_true(epcm_trylock_sgx2(epcm));
}

static void check_outcome(struct machine *m, enum outcome outcome)
{
	uint64_t leaf = m->lp.r.rax;
	int ret = encls(&m->lp);

	if (outcome == FAULTS) {
		check_gp(m, ret);
	} else if (outcome == CONFLICT) {
		check_code(m, ret, SGX_EPC_PAGE_CONFLICT);
	} else {
		assert_int_equal(ret, 0);
		/* Leaves without codes leave RAX alone. */
		assert_true(m->lp.r.rax == 0 || m->lp.r.rax == leaf);
	}
}

static void try(const struct leaf *leaf)
{
	for (int held = SHARED; held <= SGX2_LOCK; held++) {
		void *state;
		struct machine *m;

		machine_setup(&state);
		m = state;
		m->package.sgx2 = true;
		leaf->prepare(m);
		hold(epcm_of(&m->cpu, leaf->page(m)), held);
		check_outcome(m, leaf->outcomes[held]);
		machine_teardown(&state);
	}
}

#define LEAF(name, prepare, page, shared, exclusive, sgx2) \
	static void name(void **state) \
	{ \
		static const struct leaf leaf = { \
			prepare, page, { shared, exclusive, sgx2 } \
		}; \
\
		(void)state; \
		try(&leaf); \
	}

/* Operands that a leaf needs for itself ... */
LEAF(ecreate_rcx, ecreate, rcx_page, FAULTS, FAULTS, GOES_ON)
LEAF(eadd_rcx, eadd, rcx_page, FAULTS, FAULTS, GOES_ON)
LEAF(eremove_rcx, eremove, rcx_page, FAULTS, FAULTS, GOES_ON)
LEAF(epa_rcx, epa, rcx_page, FAULTS, FAULTS, GOES_ON)
LEAF(ewb_rcx, ewb, rcx_page, FAULTS, FAULTS, GOES_ON)
LEAF(eldu_rcx, eldu, rcx_page, FAULTS, FAULTS, GOES_ON)
LEAF(eaug_rcx, eaug, rcx_page, FAULTS, FAULTS, GOES_ON)
LEAF(emodt_rcx, emodt, rcx_page, CONFLICT, CONFLICT, CONFLICT)
/* ... that it shares ... */
LEAF(eadd_secs, eadd, secs_page, GOES_ON, FAULTS, GOES_ON)
LEAF(eextend_rcx, eextend, rcx_page, GOES_ON, FAULTS, GOES_ON)
LEAF(einit_secs, einit, secs_page, GOES_ON, FAULTS, GOES_ON)
LEAF(edbgrd_rcx, edbgrd, rcx_page, GOES_ON, FAULTS, GOES_ON)
LEAF(edbgwr_rcx, edbgwr, rcx_page, GOES_ON, FAULTS, GOES_ON)
LEAF(eblock_rcx, eblock, rcx_page, GOES_ON, CONFLICT, GOES_ON)
LEAF(etrack_secs, etrack, secs_page, GOES_ON, FAULTS, GOES_ON)
LEAF(ewb_va, ewb, rdx_page, GOES_ON, FAULTS, GOES_ON)
LEAF(eldu_va, eldu, rdx_page, GOES_ON, FAULTS, GOES_ON)
LEAF(eldu_secs, eldu, secs_page, GOES_ON, FAULTS, GOES_ON)
LEAF(eaug_secs, eaug, secs_page, GOES_ON, FAULTS, GOES_ON)
LEAF(emodpr_rcx, emodpr, rcx_page, GOES_ON, FAULTS, CONFLICT)
/* ... and one that it does not lock at all. */
LEAF(eextend_secs, eextend, secs_page, GOES_ON, GOES_ON, GOES_ON)

#define T(f) cmocka_unit_test(f)

static const struct conform rows[] = {
	SUBJECT("Concurrency", "SDM, tables \"Base Concurrency Restrictions\""),
	ROW("ECREATE, EADD, EREMOVE, EPA, EWB, ELDU, EAUG: RCX, in any mode",
	    "#GP(0)", T(ecreate_rcx), T(eadd_rcx), T(eremove_rcx), T(epa_rcx),
	    T(ewb_rcx), T(eldu_rcx), T(eaug_rcx)),
	ROW("EMODT: RCX, in any mode", "SGX_EPC_PAGE_CONFLICT", T(emodt_rcx)),
	ROW("EADD, EINIT, ETRACK, ELDU, EAUG: the SECS; EEXTEND, EDBGRD, "
	    "EDBGWR: RCX; EWB, ELDU: the VA; shared",
	    "both go on", T(eadd_secs), T(einit_secs), T(etrack_secs),
	    T(eldu_secs), T(eaug_secs), T(eextend_rcx), T(edbgrd_rcx),
	    T(edbgwr_rcx), T(ewb_va), T(eldu_va)),
	ROW("the same, exclusive", "#GP(0)", T(eadd_secs), T(einit_secs),
	    T(etrack_secs), T(eldu_secs), T(eaug_secs), T(eextend_rcx),
	    T(edbgrd_rcx), T(edbgwr_rcx), T(ewb_va), T(eldu_va)),
	ROW("EBLOCK: RCX, shared; exclusive",
	    "both go on; SGX_EPC_PAGE_CONFLICT", T(eblock_rcx)),
	ROW("EMODPR: RCX, shared; exclusive", "both go on; #GP(0)",
	    T(emodpr_rcx)),
	ROW("EEXTEND: the SECS", "is not locked", T(eextend_secs)),
	CITE("SDM, tables \"Additional Concurrency Restrictions\""),
	ROW("EMODPR, EMODT: RCX, an SGX2 leaf has it", "SGX_EPC_PAGE_CONFLICT",
	    T(emodpr_rcx), T(emodt_rcx)),
};

CONFORM_MAIN(rows, NULL)
