/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The access check: page tables AND EPCM, in that order.
 * SDM "Access-control Requirements"; epcm_allows().
 */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

#define ORDINARY(bits) (PF_USER | (bits))

static void allowed(void **state)
{
	struct machine *m = *state;

	assert_int_equal(enclave_access(&m->lp, LA(OFF_DATA + 5), 0), 0);
	assert_int_equal(enclave_access(&m->lp, LA(OFF_DATA), PF_WRITE), 0);
	assert_int_equal(enclave_access(&m->lp, LA(OFF_CODE), PF_INSTR), 0);
	assert_int_equal(enclave_access(&m->lp, LA(OFF_CODE), 0), 0);
	assert_int_equal(enclave_access(&m->lp, LA(OFF_RO), 0), 0);
	assert_int_equal(enclave_access(&m->lp, LA(OFF_EXECUTE), PF_INSTR), 0);
}

/* The page tables allow, the EPCM does not: P = 1, SGX = 1. */
static void epcm_refuses(void **state)
{
	struct machine *m = *state;
	static const struct {
		uint64_t offset;
		unsigned access;
	} cases[] = {
		{ OFF_DATA, PF_INSTR }, { OFF_RO, PF_WRITE },
		{ OFF_RO, PF_INSTR },   { OFF_CODE, PF_WRITE },
		{ OFF_EXECUTE, 0 },     { OFF_EXECUTE, PF_WRITE },
		{ OFF_TCS, 0 },         { OFF_TCS, PF_WRITE },
		{ OFF_TCS, PF_INSTR },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t la = LA(cases[i].offset) + 0x18;

		check_epcm_pf(m, enclave_access(&m->lp, la, cases[i].access),
			      la, cases[i].access);
	}
}

static void every_condition(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = epcm_at(m, LA(OFF_DATA)), good = *epcm;
	int i;

	for (i = 0; i < 8; i++) {
		*epcm = good;
		epcm->valid = i != 0;
		epcm->blocked = i == 1;
		epcm->pending = i == 2;
		epcm->modified = i == 3;
		if (i == 4)
			epcm->enclavesecs += SGX_PAGE_SIZE;
		if (i == 5)
			epcm->enclaveaddress += SGX_PAGE_SIZE;
		if (i == 6)
			epcm->pt = PT_TRIM;
		if (i == 7)
			epcm->r = 0;
		check_epcm_pf(m, enclave_access(&m->lp, LA(OFF_DATA), 0),
			      LA(OFF_DATA), 0);
	}
	/* PR does not block access. */
	*epcm = good;
	epcm->pr = 1;
	assert_int_equal(enclave_access(&m->lp, LA(OFF_DATA), 0), 0);
}

/* Both refuse: the fault is the page tables', without the SGX bit. */
static void page_tables_first(void **state)
{
	struct machine *m = *state;

	epcm_at(m, LA(OFF_DATA))->valid = 0;
	mapping_of(m, LA(OFF_DATA))->prot = WALK_R;
	check_pf(m, enclave_access(&m->lp, LA(OFF_DATA), PF_WRITE),
		 LA(OFF_DATA), ORDINARY(PF_WRITE | PF_PROT));
	check_pf(m, enclave_access(&m->lp, LA(OFF_DATA), PF_INSTR),
		 LA(OFF_DATA), ORDINARY(PF_INSTR | PF_PROT));
	unmap_page(m, LA(OFF_DATA));
	check_pf(m, enclave_access(&m->lp, LA(OFF_DATA), 0), LA(OFF_DATA),
		 ORDINARY(0));
}

static void elrange_not_epc(void **state)
{
	struct machine *m = *state;

	map_page(m, LA(OFF_HOLE), EPC_NONE, WALK_RWX);
	check_epcm_pf(m, enclave_access(&m->lp, LA(OFF_HOLE), PF_WRITE),
		      LA(OFF_HOLE), PF_WRITE);
}

static void fetch_outside(void **state)
{
	struct machine *m = *state;

	map_page(m, HOST_RIP & SGX_PAGE_MASK, EPC_NONE, WALK_RWX);
	check_gp(m, enclave_access(&m->lp, HOST_RIP, PF_INSTR));
	check_gp(m, enclave_access(&m->lp, HOST_RIP + 0x10000, PF_INSTR));
	check_gp(m, enclave_access(&m->lp, ENCLAVE_BASE - 1, PF_INSTR));
	check_gp(m,
		 enclave_access(&m->lp, ENCLAVE_BASE + ENCLAVE_SIZE, PF_INSTR));
}

static void data_outside(void **state)
{
	struct machine *m = *state;

	map_page(m, 0x500000, EPC_NONE, WALK_R);
	assert_int_equal(enclave_access(&m->lp, 0x500123, 0), 0);
	check_pf(m, enclave_access(&m->lp, 0x500123, PF_WRITE), 0x500123,
		 ORDINARY(PF_WRITE | PF_PROT));
	check_pf(m, enclave_access(&m->lp, 0x600000, 0), 0x600000, ORDINARY(0));
}

static void not_canonical(void **state)
{
	struct machine *m = *state;

	check_gp(m, enclave_access(&m->lp, 1ull << 47, 0));
	check_gp(m, enclave_access(&m->lp, 1ull << 63, PF_WRITE));
}

static unsigned allows(struct machine *m, uint64_t la)
{
	return epcm_allows(&m->cpu, mapping_of(m, la)->pa, la);
}

static void allows_permissions(void **state)
{
	struct machine *m = *state;

	assert_int_equal(allows(m, LA(OFF_DATA + 7)), 3);
	assert_int_equal(allows(m, LA(OFF_RO)), 1);
	assert_int_equal(allows(m, LA(OFF_CODE)), 5);
	assert_int_equal(allows(m, LA(OFF_EXECUTE)), 4);
	assert_int_equal(allows(m, LA(OFF_TCS)), 0);
	assert_int_equal(epcm_allows(&m->cpu, m->secs_pa, 0), 0);
}

static void allows_nothing(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = epcm_at(m, LA(OFF_DATA)), good = *epcm;

	epcm->valid = 0;
	assert_int_equal(allows(m, LA(OFF_DATA)), 0);
	*epcm = good;
	epcm->blocked = 1;
	assert_int_equal(allows(m, LA(OFF_DATA)), 0);
	*epcm = good;
	epcm->pending = 1;
	assert_int_equal(allows(m, LA(OFF_DATA)), 0);
	*epcm = good;
	epcm->modified = 1;
	assert_int_equal(allows(m, LA(OFF_DATA)), 0);
	*epcm = good;
	epcm->pt = PT_TRIM;
	assert_int_equal(allows(m, LA(OFF_DATA)), 0);
	*epcm = good;
	assert_int_equal(epcm_allows(&m->cpu, mapping_of(m, LA(OFF_DATA))->pa,
				     LA(OFF_RO)),
			 0);
	assert_int_equal(allows(m, LA(OFF_DATA)), 3);
}

#define T(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_entered, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("Access control", "SDM \"Access-control Requirements\", "
				  "\"Page-based Access Control\""),
	ROW("an address is not canonical", "#GP(0)", T(not_canonical)),
	DEVIATES("DC12", "a fetch outside ELRANGE", "#GP(0)", T(fetch_outside)),
	ROW("data outside ELRANGE", "as the page tables say", T(data_outside)),
	ROW("the page tables refuse, whatever the EPCM says",
	    "their #PF, without SGX", T(page_tables_first)),
	DEVIATES("DC13", "ELRANGE backed by no EPC", "#PF with P and SGX",
		 T(elrange_not_epc)),
	ROW("the EPCM has no R, W or X for it", "#PF with P and SGX",
	    T(epcm_refuses), T(every_condition)),
	ROW("the page is a TCS, a SECS, VA or TRIM", "#PF with P and SGX",
	    T(epcm_refuses), T(every_condition), T(allows_nothing)),
	ROW("invalid, another's, elsewhere, BLOCKED, PENDING or MODIFIED",
	    "#PF with P and SGX", T(every_condition), T(allows_nothing)),
	ROW("PR", "does not matter", T(every_condition)),
	ROW("none of these", "the access is made", T(allowed),
	    T(allows_permissions)),
};

CONFORM_MAIN(rows, NULL)
