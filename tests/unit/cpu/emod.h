/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of EMODPR and EMODT have in common: the checks of a SECINFO
 * and of a page that is to be changed.  setup() is the including test's: it
 * prepares a request that retires, for the page at LA(OFF_DATA).
 */
#ifndef SWSGX_TESTS_UNIT_CPU_EMOD_H
#define SWSGX_TESTS_UNIT_CPU_EMOD_H

#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

static struct epcm *data_epcm(struct machine *m)
{
	return epcm_at(m, LA(OFF_DATA));
}

/* A case: what spoils the request, which is #GP(0) then. */
#define GP(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
\
		keep_page(m, LA(OFF_DATA)); \
		spoil; \
		check_gp(m, encls(&m->lp)); \
		check_kept(m); \
	}

GP(not_enumerated, m->package.sgx2 = false)
GP(secinfo_unaligned, misalign_rbx(m, sizeof(struct sgx_secinfo)))
GP(page_unaligned, m->lp.r.rcx += 8)
GP(secinfo_flag_reserved, m->secinfo.flags |= 1ull << 6)
GP(secinfo_flag_reserved_too, m->secinfo.flags |= 1ull << 7)
GP(secinfo_flag_high, m->secinfo.flags |= 1ull << 16)
GP(secinfo_flag_highest, m->secinfo.flags |= 1ull << 63)
GP(secinfo_reserved, m->secinfo.reserved[0] = 1)
GP(secinfo_reserved_last, m->secinfo.reserved[55] = 1)
GP(not_initialised, secs_at(&m->cpu, m->secs_pa)->attributes &= ~SGX_ATTR_INIT)

static void page_not_epc(void **state)
{
	struct machine *m = *state;

	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
}

static void page_invalid(void **state)
{
	struct machine *m = *state;

	epcm_invalidate(data_epcm(m));
	/* Even if an SGX2 leaf has it. */
	assert_true(epcm_trylock_sgx2(data_epcm(m)));
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	epcm_unlock_sgx2(data_epcm(m));
	check_unlocked(m);
}

static void page_in_sgx2_leaf(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_sgx2(data_epcm(m)));
	check_code(m, encls(&m->lp), SGX_EPC_PAGE_CONFLICT);
	assert_int_equal(secinfo_of(data_epcm(m)), REG_RW);
	assert_int_equal(data_epcm(m)->lock, 0);
	assert_int_equal(data_epcm(m)->sgx2_lock, 1);
}

static void pending(void **state)
{
	struct machine *m = *state;

	data_epcm(m)->pending = 1;
	check_code(m, encls(&m->lp), SGX_PAGE_NOT_MODIFIABLE);
	assert_int_equal(secinfo_of(data_epcm(m)), PENDING_RW);
	check_unlocked(m);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

/* Rows of both, the first ones in this order. */
#define EMOD_OPERAND_ROWS \
	ROW("SGX2 is not enumerated", "#GP(0)", T(not_enumerated)), \
		ROW("RBX (SECINFO) is not 64-byte aligned", "#GP(0)", \
		    T(secinfo_unaligned)), \
		ROW("RCX is not page aligned", "#GP(0)", T(page_unaligned)), \
		ROW("RCX is no EPC page", "#PF(RCX)", T(page_not_epc)), \
		ROW("SECINFO has reserved bits or bytes set", "#GP(0)", \
		    T(secinfo_flag_reserved), T(secinfo_flag_reserved_too), \
		    T(secinfo_flag_high), T(secinfo_flag_highest), \
		    T(secinfo_reserved), T(secinfo_reserved_last))
#define EMOD_PAGE_ROWS \
	ROW("the page is invalid", "#PF(RCX)", T(page_invalid)), \
		ROW("the page is in use by an SGX2 leaf", \
		    "SGX_EPC_PAGE_CONFLICT", T(page_in_sgx2_leaf))
#define EMOD_NOT_INITIALISED_ROW \
	ROW("the enclave is not initialised", "#GP(0)", T(not_initialised))

#endif
