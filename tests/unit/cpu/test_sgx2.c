/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the leaves of SGX2 and of paging stand on: their enumeration, the
 * EPCM's second lock and flags, versions, the loss of power.
 */
#include <pthread.h>

#include "cpu/paging.h"
#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

static void enumeration(void **state)
{
	struct machine *m = *state;
	struct package_config config;
	struct cpuid_regs regs = { 0 };
	int sgx2;

	for (sgx2 = 0; sgx2 < 2; sgx2++) {
		default_config(&config);
		config.sgx2 = sgx2;
		package_init(&m->package, &config, test_entropy);
		cpuid_amend(&m->package, 0x12, 0, &regs);
		assert_int_equal(regs.eax & 3, sgx2 ? 3 : 1);
	}
}

/* Inside only, like all leaves but EENTER and ERESUME. */
static void leaves_outside(void **state)
{
	struct machine *m = *state;
	static const uint32_t leaves[] = {
		ENCLU_EACCEPT,
		ENCLU_EMODPE,
		ENCLU_EACCEPTCOPY,
	};
	int i;

	for (i = 0; i < 3; i++) {
		prepare_leaf(m, leaves[i], LA(OFF_DATA), LA(OFF_DATA),
			     LA(OFF_DATA));
		check_gp(m, enclu(&m->lp));
	}
}

/* Paging is SGX1: it is there without SGX2. */
static void paging_without_sgx2(void **state)
{
	static struct paged paged;
	struct machine *m = *state;
	uint64_t va, pa = pa_of(m, LA(OFF_DATA));

	m->package.sgx2 = false;
	va = new_va(m);
	evict(m, &paged, pa, va);
	prepare_eld(m, ENCLS_ELDU, &paged, pa, va, LA(OFF_DATA), m->secs_pa);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

/* The first generation raises #GP(0) for what the EPCM refuses ... */
static void sgx1_epcm_refusals(void **state)
{
	struct machine *m = *state;

	m->package.sgx2 = false;
	epcm_at(m, LA(OFF_DATA))->valid = 0;
	check_gp(m, enclave_access(&m->lp, LA(OFF_DATA), 0));
	check_gp(m, enclave_access(&m->lp, LA(OFF_TCS), PF_WRITE));
	check_gp(m, enclave_access(&m->lp, LA(OFF_RO), PF_INSTR));
	/* of an ENCLU leaf's operand, and of an ENCLS leaf's */
	interrupt(m);
	epcm_at(m, LA(OFF_TCS))->valid = 0;
	prepare_eresume(m);
	check_gp(m, enclu(&m->lp));
	prepare_eextend(m, pa_of(m, LA(OFF_DATA)));
	check_gp(m, encls(&m->lp));
}

/* ... and the page tables' refusals are as ever. */
static void sgx1_page_tables(void **state)
{
	struct machine *m = *state;

	m->package.sgx2 = false;
	epcm_at(m, LA(OFF_DATA))->valid = 0;
	mapping_of(m, LA(OFF_DATA))->prot = WALK_R;
	check_pf(m, enclave_access(&m->lp, LA(OFF_DATA) + 1, PF_WRITE),
		 LA(OFF_DATA) + 1, PF_USER | PF_WRITE | PF_PROT);
	unmap_page(m, LA(OFF_DATA));
	check_pf(m, enclave_access(&m->lp, LA(OFF_DATA), 0), LA(OFF_DATA),
		 PF_USER);
}

/* struct epcm.flags is laid out as SECINFO.FLAGS, and has BLOCKED besides. */
static void flags(void **state)
{
	struct epcm epcm = { 0 };

	(void)state;
	epcm_set(&epcm, PT_REG, EPCM_SECINFO_FLAGS, 0, 0);
	assert_int_equal(secinfo_of(&epcm), PT_FLAGS(PT_REG) | 0x3f);
	assert_int_equal(epcm.blocked, 0);
	epcm_change(&epcm, SGX_SECINFO_R | SGX_SECINFO_MODIFIED, EPCM_BLOCKED);
	assert_int_equal(secinfo_of(&epcm),
			 PT_FLAGS(PT_REG) | SGX_SECINFO_W | SGX_SECINFO_X |
				 SGX_SECINFO_PENDING | SGX_SECINFO_PR);
	assert_int_equal(epcm.blocked, 1);
	/* What is both cleared and set ends up set. */
	epcm_change(&epcm, 0x7f, SGX_SECINFO_W);
	assert_int_equal(epcm.flags, SGX_SECINFO_W);
}

/* Independent of the first lock. */
static void sgx2_lock(void **state)
{
	struct epcm epcm = { 0 };

	(void)state;
	assert_true(epcm_trylock_sgx2(&epcm));
	assert_false(epcm_trylock_sgx2(&epcm));
	assert_true(epcm_trylock_exclusive(&epcm));
	epcm_unlock_sgx2(&epcm);
	assert_true(epcm_trylock_sgx2(&epcm));
}

#define ROUNDS 100000

struct toggler {
	struct epcm *epcm;
	unsigned bit;
	int lost;
};

/* Sets and clears a flag of its own; nobody else may touch it. */
static void *toggle(void *arg)
{
	struct toggler *t = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		epcm_change(t->epcm, 0, t->bit);
		t->lost +=
			!(__atomic_load_n(&t->epcm->flags, __ATOMIC_RELAXED) &
			  t->bit);
		epcm_change(t->epcm, t->bit, 0);
		t->lost +=
			!!(__atomic_load_n(&t->epcm->flags, __ATOMIC_RELAXED) &
			   t->bit);
	}
	return NULL;
}

static void flags_shared(void **state)
{
	struct epcm epcm = { 0 };
	struct toggler togglers[] = {
		{ &epcm, EPCM_BLOCKED, 0 },
		{ &epcm, SGX_SECINFO_PR, 0 },
		{ &epcm, SGX_SECINFO_X, 0 },
	};
	pthread_t thread[3];
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, toggle,
						&togglers[i]),
				 0);
	for (i = 0; i < 3; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(togglers[i].lost, 0);
	}
	assert_int_equal(epcm.flags, 0);
}

static void versions(void **state)
{
	struct machine *m = *state;
	uint64_t last = 0, next;
	int i;

	for (i = 0; i < 1000; i++) {
		next = paging_new_version(&m->package);
		assert_true(next >> 3 > last >> 3);
		last = next;
	}
}

/* New registers; the same identity, and the same place in the sequences. */
static void power(void **state)
{
	struct machine *m = *state;
	struct package before = m->package;

	package_lose_power(&m->package, test_entropy);
	assert_memory_not_equal(m->package.cr_base_pk, before.cr_base_pk, 16);
	assert_memory_not_equal(m->package.cr_report_keyid,
				before.cr_report_keyid, 32);
	memcpy(before.cr_base_pk, m->package.cr_base_pk, 16);
	memcpy(before.cr_report_keyid, m->package.cr_report_keyid, 32);
	assert_memory_equal(&m->package, &before, sizeof(before));
}

/* Two processors, one victim, one slot, and the page is there once. */
static void *load(void *arg)
{
	struct lp *lp = arg;

	while (encls(lp))
		;
	return NULL;
}

static void one_slot_two_pages(void **state)
{
	static struct paged paged[2];
	struct machine *m = *state;
	uint64_t va = new_va(m), pa = pa_of(m, LA(OFF_DATA)), to[2];
	pthread_t thread;
	struct lp lp[2];
	int i, round;

	for (round = 0; round < 200; round++) {
		evict(m, &paged[0], pa, va);
		paged[1] = paged[0];
		for (i = 0; i < 2; i++) {
			to[i] = new_page(m);
			prepare_eld(m, ENCLS_ELDU, &paged[i], to[i], va,
				    LA(OFF_DATA), m->secs_pa);
			lp[i] = m->lp;
		}
		assert_int_equal(pthread_create(&thread, NULL, load, &lp[0]),
				 0);
		load(&lp[1]);
		pthread_join(thread, NULL);
		assert_int_equal(lp[0].r.rax + lp[1].r.rax,
				 SGX_MAC_COMPARE_FAIL);
		i = lp[0].r.rax != SGX_SUCCESS;
		assert_true(epcm_valid(epcm_of(&m->cpu, to[i])));
		assert_false(epcm_valid(epcm_of(&m->cpu, to[!i])));
		pa = to[i];
	}
	check_unlocked(m);
}

#define T(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_enclave, \
					machine_teardown)
#define INSIDE(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_entered, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("SGX1 and SGX2", "SDM \"Enumerating Intel SGX Capabilities\""),
	ROW("CPUID.12H.0:EAX.SGX2", "as the platform is", T(enumeration)),
	ROW("SGX2 leaves outside an enclave", "#GP(0)", T(leaves_outside)),
	ROW("paging leaves without SGX2", "are there", T(paging_without_sgx2)),
	CITE("Linux arch/x86/kvm/vmx/sgx.c sgx_inject_fault()"),
	ROW("the EPCM refuses, without SGX2", "#GP(0)",
	    INSIDE(sgx1_epcm_refusals)),
	ROW("the page tables refuse, without SGX2", "their #PF",
	    INSIDE(sgx1_page_tables)),
	TESTS(cmocka_unit_test(flags), cmocka_unit_test(sgx2_lock),
	      cmocka_unit_test(flags_shared)),
	SUBJECT("EWB", "SDM \"EPC and Management of EPC Pages\""),
	ROW("versions", "never repeat, never 0", T(versions)),
	ROW("power is lost", "what was written out cannot be loaded", T(power)),
	SUBJECT("ELDB, ELDU", "SDM \"ELDB/ELDU/ELDBC/ELDUC - Load an EPC Page "
			      "and Mark its State\", Operation"),
	DEVIATES("DC23", "another ELD uses the slot at the time",
		 "SGX_MAC_COMPARE_FAIL for one of them", T(one_slot_two_pages)),
};

CONFORM_MAIN(rows, NULL)
