/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Patched sites that become jumps to stubs: where that can be, and only while
 * one process maps the enclave.
 */
#include "code.h"
#include "cpu/decode.h"
#include "cpu/patch.h"
#include "kernel/sgx/encl.h"
#include "tests/conform/conform.h"

#define CODE  PAGE(4) /* R and X */
#define ENCLU (CODE + 2800)
#define INT3  0xcc
#define JMP   0xe9
#define LEAF  7u

/* The modelled runtime: where its stubs are, and what happens meanwhile. */
static struct {
	unsigned asked, made, ipis;
	unsigned none_from; /* from this question on there is no stub */
	bool far;           /* beyond 2 GiB */
	bool misplaced;     /* where the bytes after the site do not lead */
	unsigned end_at, share_at;
	uint64_t xfrm;
	unsigned jumps;
} rt;

static void (*real_ipi)(uint64_t secs, uint32_t epoch);

/* Where a jump leads that keeps the bytes after a short instruction. */
static uint64_t reachable(uint64_t addr, const struct patch_site *site)
{
	int32_t fixed;

	if (!patch_fixed_bytes(site, &fixed))
		return 0;
	return addr + PATCH_JUMP + (uint64_t)(int64_t)fixed + 0x10;
}

static uint64_t stub(struct sgx_encl *encl, uint64_t xfrm, uint64_t addr,
		     const struct patch_site *site)
{
	assert_ptr_equal(encl, m.encl);
	rt.asked++;
	rt.xfrm = xfrm;
	if (rt.asked == rt.end_at)
		m.encl->no_jumps = 1;
	if (rt.asked == rt.share_at)
		m.encl->nr_mms++;
	if (rt.none_from && rt.asked >= rt.none_from)
		return 0;
	if (rt.far)
		return reachable(addr, site) + (1ull << 32);
	if (rt.misplaced)
		return reachable(addr, site) ^ (1ull << 30);
	return reachable(addr, site);
}

static void ipi(uint64_t secs, uint32_t epoch)
{
	rt.ipis++;
	real_ipi(secs, epoch);
}

static void patched(uint64_t addr, unsigned sites, unsigned jumps,
		    unsigned unsure)
{
	(void)addr, (void)sites, (void)unsure;
	rt.jumps += jumps;
}

static int setup(void **state)
{
	static const uint8_t enclu[] = { 0x0f, 0x01, 0xd7 };

	machine_setup_sgx2_inside(state);
	memset(&rt, 0, sizeof(rt));
	real_ipi = m.host.ipi;
	m.host.ipi = ipi;
	m.host.stub = stub;
	m.host.patched = patched;
	m.shared->package.patch = true;
	code_put(CODE);
	memset(epc_at(ENCLU - 28), 0x90, 56);
	memcpy(epc_at(ENCLU), enclu, sizeof(enclu));
	return 0;
}

static void execute(void)
{
	assert_null(access_signal(CODE + 5, PF_INSTR));
}

static uint64_t site(unsigned i)
{
	return CODE + code_site(i);
}

/* Where the jump at addr leads; 0: there is none. */
static uint64_t target(uint64_t addr)
{
	int32_t displacement;

	if (epc_at(addr)[0] != JMP)
		return 0;
	memcpy(&displacement, epc_at(addr) + 1, sizeof(displacement));
	return addr + PATCH_JUMP + (uint64_t)(int64_t)displacement;
}

static unsigned jumps(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CODE_SITES; i++)
		n += target(site(i)) != 0;
	return n;
}

static struct patch_site found(uint64_t addr)
{
	struct patch_site s = { .length = 0 };

	assert_int_equal(sgx_patch_find(&m.mm, addr, &s), PATCH_SITE);
	return s;
}

static void all_sites_become_jumps(void **state)
{
	struct patch_site s;

	(void)state;
	execute();
	assert_int_equal(rt.jumps, CODE_SITES);
	assert_int_equal(rt.asked, CODE_SITES);
	assert_int_equal(rt.xfrm, 3);
	for (unsigned i = 0; i < CODE_SITES; i++) {
		s = found(site(i));
		assert_true(s.length > 1);
		assert_int_equal(target(site(i)), reachable(site(i), &s));
	}
	/* asked again, there is nothing left */
	assert_int_equal(sgx_patch_jumps(&m.mm, m.encl, CODE), 0);
	assert_int_equal(rt.asked, CODE_SITES);
}

/* Two fences for each jump, while somebody is inside; one that fails: one. */
static void who_is_inside_is_interrupted(void **state)
{
	struct lp bystander;

	(void)state;
	bystander_enters(&bystander);
	execute();
	assert_int_equal(rt.ipis, 2 * CODE_SITES);
	sgx_patch_no_jump(&m.mm, site(1));
	assert_int_equal(target(site(1)), 0);
	assert_int_equal(rt.ipis, 2 * CODE_SITES + 1);
	rt.misplaced = true;
	sgx_patch_no_jump(&m.mm, site(0));
	sgx_patch_no_jump(&m.mm, site(2));
	rt.ipis = 0;
	/* the one with six bytes can lead anywhere; the others cannot */
	assert_int_equal(sgx_patch_jumps(&m.mm, m.encl, CODE), 1);
	assert_int_equal(rt.ipis, 4);
}

static void without_a_stub_it_stays(void **state)
{
	(void)state;
	rt.none_from = 2;
	execute();
	assert_int_equal(rt.jumps, 1);
	assert_int_equal(jumps(), 1);
	rt.none_from = 0;
	rt.far = true;
	assert_int_equal(sgx_patch_jumps(&m.mm, m.encl, CODE), 0);
	assert_int_equal(jumps(), 1);
	rt.far = false;
	assert_int_equal(sgx_patch_jumps(&m.mm, m.encl, CODE), 2);
	m.host.stub = NULL;
	sgx_patch_no_jump(&m.mm, site(0));
	assert_int_equal(sgx_patch_jumps(&m.mm, m.encl, CODE), 0);
	assert_false(sgx_patch_enclu(&m.mm, ENCLU, LEAF));
}

static void after_the_end_there_is_none(void **state)
{
	(void)state;
	execute();
	assert_int_equal(jumps(), CODE_SITES);
	m.encl->nr_jumps = CODE_SITES;
	sgx_patch_others(&m.mm, m.encl, CODE_SITES);
	assert_int_equal(jumps(), CODE_SITES);
	sgx_patch_others(&m.mm, m.encl, CODE_SITES - 1);
	assert_int_equal(jumps(), 0);
	for (unsigned i = 0; i < CODE_SITES; i++)
		assert_int_equal(epc_at(site(i))[0], INT3);
	rt.asked = 0;
	assert_int_equal(sgx_patch_jumps(&m.mm, m.encl, CODE), 0);
	assert_false(sgx_patch_enclu(&m.mm, ENCLU, LEAF));
	assert_int_equal(rt.asked, 0);
}

/* It ends between the question for a stub and the jump. */
static void it_ends_meanwhile(void **state)
{
	(void)state;
	rt.end_at = 1;
	execute();
	assert_int_equal(rt.jumps, 0);
	assert_int_equal(jumps(), 0);
	m.encl->no_jumps = 0;
	rt.asked = 0;
	assert_false(sgx_patch_enclu(&m.mm, ENCLU, LEAF));
	assert_int_equal(rt.asked, 1);
	assert_int_equal(epc_at(ENCLU)[0], 0x0f);
}

static void end_by_ipi(uint64_t secs, uint32_t epoch)
{
	ipi(secs, epoch);
	if (rt.ipis == 2)
		m.encl->no_jumps = 1;
}

static void it_ends_between_the_steps(void **state)
{
	struct lp bystander;

	(void)state;
	bystander_enters(&bystander);
	m.host.ipi = end_by_ipi;
	assert_false(sgx_patch_enclu(&m.mm, ENCLU, LEAF));
	assert_int_equal(rt.ipis, 2);
	assert_int_equal(epc_at(ENCLU)[0], INT3);
	execute();
	assert_int_equal(rt.jumps, 0);
}

static void another_process_maps_it(void **state)
{
	(void)state;
	m.encl->nr_mms++;
	execute();
	assert_int_equal(rt.asked, 0);
	assert_false(sgx_patch_enclu(&m.mm, ENCLU, LEAF));
	assert_int_equal(rt.asked, 0);
	/* or only just now: the jumps that have been made end */
	m.encl->nr_mms--;
	m.encl->nr_jumps = 1;
	rt.share_at = 2;
	sgx_patch_jumps(&m.mm, m.encl, CODE);
	assert_int_equal(rt.asked, CODE_SITES);
	assert_int_equal(jumps(), 0);
	m.encl->nr_mms--;
	m.encl->no_jumps = 0;
	rt.share_at = rt.asked + 2;
	sgx_patch_enclu(&m.mm, ENCLU, LEAF);
	assert_int_equal(target(ENCLU), 0);
	assert_int_equal(m.encl->no_jumps, 1);
}

static void a_child_has_copies(void **state)
{
	(void)state;
	execute();
	m.encl->nr_jumps = 0;
	for (unsigned i = 0; i < CODE_SITES; i++)
		sgx_patch_stub_made(m.encl);
	assert_int_equal(m.encl->nr_jumps, CODE_SITES);
}

static uint32_t has_all(const struct sgx_encl *encl)
{
	return encl->nr_jumps;
}

static uint32_t has_none(const struct sgx_encl *encl)
{
	(void)encl;
	return 0;
}

static void a_child_inherits_what_it_has(void **state)
{
	(void)state;
	execute();
	m.encl->nr_jumps = CODE_SITES;
	sgx_patch_inherited(&m.mm, has_all);
	assert_int_equal(jumps(), CODE_SITES);
	sgx_patch_inherited(&m.mm, has_none);
	assert_int_equal(jumps(), 0);
}

static void an_enclu_becomes_one(void **state)
{
	struct patch_site s;

	(void)state;
	execute(); /* the page has other jumps */
	rt.asked = 0;
	assert_false(sgx_patch_enclu(&m.mm, CODE, LEAF));
	assert_false(sgx_patch_enclu(&m.mm, USER_BASE, LEAF));
	assert_int_equal(rt.asked, 0);
	m.shared->package.patch = false;
	assert_false(sgx_patch_enclu(&m.mm, ENCLU, LEAF));
	m.shared->package.patch = true;
	assert_true(sgx_patch_enclu(&m.mm, ENCLU, LEAF));
	assert_int_equal(rt.xfrm, LEAF);
	s = found(ENCLU);
	assert_int_equal(s.kind, INSN_ENCLU);
	assert_int_equal(target(ENCLU), reachable(ENCLU, &s));
	rt.asked = 0;
	assert_false(sgx_patch_enclu(&m.mm, ENCLU, LEAF));
	assert_int_equal(rt.asked, 0);
}

/* Without a stub it is left alone; with one that is gone, it is an INT3. */
static void an_enclu_without_a_stub(void **state)
{
	(void)state;
	rt.none_from = 1;
	assert_false(sgx_patch_enclu(&m.mm, ENCLU, LEAF));
	assert_int_equal(epc_at(ENCLU)[0], 0x0f);
	rt.asked = 0;
	rt.none_from = 2;
	assert_false(sgx_patch_enclu(&m.mm, ENCLU, LEAF));
	assert_int_equal(epc_at(ENCLU)[0], INT3);
	rt.none_from = 0;
	assert_true(sgx_patch_enclu(&m.mm, ENCLU, LEAF));
	assert_int_equal(epc_at(ENCLU)[0], JMP);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	TESTS(T(all_sites_become_jumps), T(who_is_inside_is_interrupted),
	      T(without_a_stub_it_stays), T(after_the_end_there_is_none),
	      T(it_ends_meanwhile), T(it_ends_between_the_steps),
	      T(another_process_maps_it), T(a_child_has_copies),
	      T(a_child_inherits_what_it_has), T(an_enclu_becomes_one),
	      T(an_enclu_without_a_stub)),
};

CONFORM_MAIN(rows, NULL)
