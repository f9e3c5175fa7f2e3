/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of EACCEPT, EACCEPTCOPY and EMODPE have in common: the checks
 * of a SECINFO in the enclave, and of a page of it as the target.  setup() is
 * the including test's: it prepares the leaf to retire, with the SECINFO at
 * LA(OFF_DATA).
 */
#ifndef SWSGX_TESTS_UNIT_CPU_ACCEPT_H
#define SWSGX_TESTS_UNIT_CPU_ACCEPT_H

#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

static struct sgx_secinfo *secinfo(struct machine *m)
{
	return at(m, LA(OFF_DATA));
}

/* One as good as any, but for its place. */
static void misalign_secinfo(struct machine *m)
{
	struct sgx_secinfo good = *secinfo(m);

	memset(secinfo(m), 0, 2 * sizeof(good));
	m->lp.r.rbx += sizeof(good) / 2;
	memcpy(at(m, m->lp.r.rbx), &good, sizeof(good));
}

/* A case: what spoils the operands, which is #GP(0) then. */
#define GP(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
\
		keep_page(m, m->lp.r.rcx); \
		spoil; \
		check_gp(m, enclu(&m->lp)); \
		check_kept(m); \
	}

GP(not_enumerated, m->package.sgx2 = false)
GP(secinfo_unaligned, misalign_secinfo(m))
GP(secinfo_outside, m->lp.r.rbx = ENCLAVE_BASE + ENCLAVE_SIZE)
GP(secinfo_before, m->lp.r.rbx = ENCLAVE_BASE - sizeof(struct sgx_secinfo))
GP(target_unaligned, m->lp.r.rcx += 8)
GP(target_outside, m->lp.r.rcx = ENCLAVE_BASE + ENCLAVE_SIZE)
GP(secinfo_flag_reserved, secinfo(m)->flags |= 1ull << 6)
GP(secinfo_flag_reserved_too, secinfo(m)->flags |= 1ull << 7)
GP(secinfo_flag_high, secinfo(m)->flags |= 1ull << 16)
GP(secinfo_flag_highest, secinfo(m)->flags |= 1ull << 63)
GP(secinfo_reserved, secinfo(m)->reserved[0] = 1)
GP(secinfo_reserved_last, secinfo(m)->reserved[55] = 1)

static void secinfo_page(void **state)
{
	check_read_page(*state, LA(OFF_DATA));
}

static void target_in_sgx2_leaf(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = epcm_at(m, m->lp.r.rcx);

	assert_true(epcm_trylock_sgx2(epcm));
	keep_page(m, m->lp.r.rcx);
	check_gp(m, enclu(&m->lp));
	assert_int_equal(epcm->sgx2_lock, 1);
	epcm_unlock_sgx2(epcm);
	check_kept(m);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

/* Rows of all of them. */
#define ACCEPT_FIRST_ROWS \
	ROW("SGX2 is not enumerated", "#GP(0)", T(not_enumerated)), \
		ROW("RBX (SECINFO) is not 64-byte aligned", "#GP(0)", \
		    T(secinfo_unaligned))
#define ACCEPT_SECINFO_ROWS \
	ROW("SECINFO's page: invalid, no R, PENDING, MODIFIED, BLOCKED, not " \
	    "REG, another's, elsewhere", \
	    "#PF(RBX)", T(secinfo_page)), \
		ROW("SECINFO has reserved bits or bytes set", "#GP(0)", \
		    T(secinfo_flag_reserved), T(secinfo_flag_reserved_too), \
		    T(secinfo_flag_high), T(secinfo_flag_highest), \
		    T(secinfo_reserved), T(secinfo_reserved_last))

#endif
