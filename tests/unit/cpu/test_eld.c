/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ELDB, ELDU: one case for each check of SDM "ELDB/ELDU", Operation, in order;
 * and that nothing but the page that EWB wrote can be loaded, and that once.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

#define SLOT 0xff8u /* offset of the slot in the version array */

static struct paged paged;
static uint8_t plain[SGX_PAGE_SIZE];
static uint64_t va_pa, to_pa;

/* The page at OFF_DATA is out; ELDU is prepared for a fresh EPC page. */
static int setup(void **state)
{
	struct machine *m;

	machine_setup_sgx2(state);
	m = *state;
	va_pa = new_va(m);
	to_pa = new_page(m);
	memcpy(plain, at(m, LA(OFF_DATA)), sizeof(plain));
	evict(m, &paged, pa_of(m, LA(OFF_DATA)), va_pa + SLOT);
	prepare_eld(m, ENCLS_ELDU, &paged, to_pa, va_pa + SLOT, LA(OFF_DATA),
		    m->secs_pa);
	return 0;
}

static struct epcm *to_epcm(struct machine *m)
{
	return epcm_of(&m->cpu, to_pa);
}

static uint64_t *slot(struct machine *m)
{
	return epc_ptr(&m->cpu, va_pa + SLOT);
}

static void check_not_loaded(struct machine *m, uint64_t version)
{
	assert_int_equal(*slot(m), version);
	assert_false(epcm_valid(to_epcm(m)));
}

#define GP(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
		uint64_t version = *slot(m); \
\
		spoil; \
		check_gp(m, encls(&m->lp)); \
		check_not_loaded(m, version); \
		check_unlocked(m); \
	}

GP(pageinfo_unaligned, misalign_rbx(m, sizeof(struct sgx_pageinfo)))
GP(page_unaligned, m->lp.r.rcx += 16)
GP(slot_unaligned, m->lp.r.rdx -= 4)
/* Checked before the page's state. */
static void pcmd_unaligned(void **state)
{
	struct machine *m = *state;

	paged.pageinfo.secinfo += 64;
	to_epcm(m)->valid = 1;
	check_gp(m, encls(&m->lp));
}
GP(source_unaligned, paged.pageinfo.srcpge += 128)
GP(secs_unaligned, paged.pageinfo.secs += 8)
GP(secs_not_wanted, paged.pcmd.secinfo.flags = PT_FLAGS(PT_VA))

static void page_not_epc(void **state)
{
	struct machine *m = *state;

	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
}

static void slot_not_epc(void **state)
{
	struct machine *m = *state;

	m->lp.r.rdx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
}

static void page_locked(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_shared(to_epcm(m)));
	check_gp(m, encls(&m->lp));
	assert_false(epcm_valid(to_epcm(m)));
}

static void va_locked(void **state)
{
	struct machine *m = *state;
	uint64_t version = *slot(m);

	assert_true(epcm_trylock_exclusive(epcm_of(&m->cpu, va_pa)));
	check_gp(m, encls(&m->lp));
	check_not_loaded(m, version);
	assert_int_equal(to_epcm(m)->lock, 0);
}

static void page_in_use(void **state)
{
	struct machine *m = *state;
	uint64_t version = *slot(m);

	epcm_set(to_epcm(m), PT_VA, 0, EPC_NONE, 0);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_int_equal(to_epcm(m)->pt, PT_VA);
	assert_int_equal(*slot(m), version);
	check_unlocked(m);
}

static void va_invalid(void **state)
{
	struct machine *m = *state;

	epcm_invalidate(epcm_of(&m->cpu, va_pa));
	check_encls_pf(m, encls(&m->lp), m->lp.r.rdx);
	assert_false(epcm_valid(to_epcm(m)));
	check_unlocked(m);
}

static void not_a_va(void **state)
{
	struct machine *m = *state;

	m->lp.r.rdx = kernel_la(m, pa_of(m, LA(OFF_OUTPUT)));
	check_encls_pf(m, encls(&m->lp), m->lp.r.rdx);
	assert_false(epcm_valid(to_epcm(m)));
	check_unlocked(m);
}

static void secs_not_epc(void **state)
{
	struct machine *m = *state;

	paged.pageinfo.secs = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
	check_unlocked(m);
}

static void secs_locked(void **state)
{
	struct machine *m = *state;
	uint64_t version = *slot(m);

	assert_true(epcm_trylock_exclusive(epcm_of(&m->cpu, m->secs_pa)));
	check_gp(m, encls(&m->lp));
	check_not_loaded(m, version);
	assert_int_equal(to_epcm(m)->lock, 0);
	assert_int_equal(epcm_of(&m->cpu, va_pa)->lock, 0);
}

static void secs_invalid(void **state)
{
	struct machine *m = *state;

	epcm_invalidate(epcm_of(&m->cpu, m->secs_pa));
	check_encls_pf(m, encls(&m->lp), paged.pageinfo.secs);
	check_unlocked(m);
}

static void not_a_secs(void **state)
{
	struct machine *m = *state;

	paged.pageinfo.secs = kernel_la(m, pa_of(m, LA(OFF_OUTPUT)));
	check_encls_pf(m, encls(&m->lp), paged.pageinfo.secs);
	check_unlocked(m);
}

/* Not what EWB wrote: the slot keeps its version, and no child is counted. */
static void check_mac(struct machine *m)
{
	uint64_t version = *slot(m);
	uint32_t children = hidden_of(m)->children;

	m->lp.r.rax = m->lp.r.rax == SGX_MAC_COMPARE_FAIL ? ENCLS_ELDU :
							    m->lp.r.rax;
	check_code(m, encls(&m->lp), SGX_MAC_COMPARE_FAIL);
	check_not_loaded(m, version);
	assert_int_equal(hidden_of(m)->children, children);
	check_unlocked(m);
}

#define MAC(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
\
		spoil; \
		check_mac(m); \
	}

MAC(wrong_version, *slot(m) += 8)
MAC(older_version, *slot(m) -= 8)
MAC(empty_slot, *slot(m) = 0)
MAC(other_slot, m->lp.r.rdx -= 8)
MAC(wrong_linaddr, paged.pageinfo.linaddr += SGX_PAGE_SIZE)
MAC(wrong_type, paged.pcmd.secinfo.flags ^= PT_FLAGS(PT_REG ^ PT_TCS))
MAC(power_lost, package_lose_power(&m->package, test_entropy))
/* A child, declared to be without an enclave. */
MAC(declared_va,
    (paged.pcmd.secinfo.flags = PT_FLAGS(PT_VA), paged.pageinfo.secs = 0))
MAC(declared_unknown,
    (paged.pcmd.secinfo.flags = PT_FLAGS(255), paged.pageinfo.secs = 0))

/* Every bit of PCMD that is authenticated: all but ENCLAVEID's. */
static void pcmd_bits(void **state)
{
	struct machine *m = *state;
	uint8_t *p = (uint8_t *)&paged.pcmd;
	unsigned bit, pt;

	for (bit = 0; bit < 8 * sizeof(paged.pcmd); bit++) {
		if (bit >= 64 * 8 && bit < 72 * 8)
			continue;
		p[bit / 8] ^= 1u << bit % 8;
		pt = secinfo_pt(&paged.pcmd.secinfo);
		paged.pageinfo.secs = pt >= PT_TCS && pt != PT_VA &&
						      pt <= PT_SS_REST ?
					      kernel_la(m, m->secs_pa) :
					      0;
		check_mac(m);
		p[bit / 8] ^= 1u << bit % 8;
	}
}

static void ciphertext_bits(void **state)
{
	struct machine *m = *state;
	unsigned bit;

	for (bit = 0; bit < 8 * SGX_PAGE_SIZE; bit += 509) {
		paged.page[bit / 8] ^= 1u << bit % 8;
		check_mac(m);
		paged.page[bit / 8] ^= 1u << bit % 8;
	}
}

/* Another enclave, with all else alike. */
static void wrong_secs(void **state)
{
	struct machine *m = *state;
	uint64_t first = m->secs_pa;
	struct sgx_pageinfo pageinfo = paged.pageinfo;
	struct lp_regs regs = m->lp.r;

	m->nr_mappings = 0;
	build_enclave(m);
	pageinfo.secs = kernel_la(m, m->secs_pa);
	paged.pageinfo = pageinfo;
	m->lp.r = regs;
	check_mac(m);
	m->secs_pa = first;
	paged.pageinfo.secs = kernel_la(m, first);
	m->lp.r = regs;
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

/* ENCLAVEID is software's hint; the SECS decides. */
static void enclaveid_ignored(void **state)
{
	struct machine *m = *state;

	paged.pcmd.enclaveid ^= 1;
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static void unblocked(void **state)
{
	struct machine *m = *state;
	uint32_t children = hidden_of(m)->children;

	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_memory_equal(epc_ptr(&m->cpu, to_pa), plain, sizeof(plain));
	assert_true(epcm_valid(to_epcm(m)));
	assert_int_equal(secinfo_of(to_epcm(m)), REG_RW);
	assert_int_equal(to_epcm(m)->blocked, 0);
	assert_int_equal(to_epcm(m)->enclaveaddress, LA(OFF_DATA));
	assert_int_equal(to_epcm(m)->enclavesecs, m->secs_pa);
	assert_int_equal(*slot(m), 0);
	assert_int_equal(hidden_of(m)->children, children + 1);
	check_unlocked(m);
	mapping_of(m, LA(OFF_DATA))->pa = to_pa;
	enter(m);
	assert_int_equal(enclave_access(&m->lp, LA(OFF_DATA), PF_WRITE), 0);
}

/* Blocked, and in nobody's TLB: it may go at once. */
static void blocked(void **state)
{
	struct machine *m = *state;

	m->lp.r.rax = ENCLS_ELDB;
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_int_equal(to_epcm(m)->blocked, 1);
	assert_int_equal(secinfo_of(to_epcm(m)), REG_RW);
	prepare_ewb(m, &paged, to_pa, va_pa + SLOT);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

/* Once: the slot has forgotten the version. */
static void replay(void **state)
{
	struct machine *m = *state;

	check_code(m, encls(&m->lp), SGX_SUCCESS);
	prepare_eremove(m, to_pa);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	prepare_eld(m, ENCLS_ELDU, &paged, to_pa, va_pa + SLOT, LA(OFF_DATA),
		    m->secs_pa);
	check_mac(m);
}

/* The older of two copies of a page. */
static void rollback(void **state)
{
	static struct paged newer;
	struct machine *m = *state;
	struct paged older = paged;

	check_code(m, encls(&m->lp), SGX_SUCCESS);
	evict(m, &newer, to_pa, va_pa + SLOT);
	paged = older;
	prepare_eld(m, ENCLS_ELDU, &paged, to_pa, va_pa + SLOT, LA(OFF_DATA),
		    m->secs_pa);
	check_mac(m);
	prepare_eld(m, ENCLS_ELDU, &newer, to_pa, va_pa + SLOT, LA(OFF_DATA),
		    m->secs_pa);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

/* PENDING, MODIFIED, PR and the permissions come back as they were. */
static void page_state(void **state)
{
	static const uint64_t flags[] = {
		PT_FLAGS(PT_REG) | SGX_SECINFO_R | SGX_SECINFO_W |
			SGX_SECINFO_PENDING,
		PT_FLAGS(PT_TCS) | SGX_SECINFO_MODIFIED,
		PT_FLAGS(PT_TRIM) | SGX_SECINFO_MODIFIED,
		PT_FLAGS(PT_REG) | SGX_SECINFO_R | SGX_SECINFO_X |
			SGX_SECINFO_PR,
	};
	struct machine *m = *state;
	struct epcm *epcm;
	uint64_t pa = pa_of(m, LA(OFF_OUTPUT));
	size_t i;

	for (i = 0; i < 4; i++) {
		epcm = epcm_of(&m->cpu, pa);
		epcm_set(epcm, (uint8_t)(flags[i] >> 8),
			 flags[i] & EPCM_SECINFO_FLAGS, m->secs_pa,
			 LA(OFF_OUTPUT));
		evict(m, &paged, pa, va_pa);
		prepare_eld(m, ENCLS_ELDU, &paged, pa, va_pa, LA(OFF_OUTPUT),
			    m->secs_pa);
		check_code(m, encls(&m->lp), SGX_SUCCESS);
		assert_int_equal(secinfo_of(epcm), flags[i]);
	}
}

static void va(void **state)
{
	struct machine *m = *state;
	static struct paged paged_va;
	uint64_t version = *slot(m), other = new_va(m);

	prepare_ewb(m, &paged_va, va_pa, other);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	va_pa = new_page(m);
	prepare_eld(m, ENCLS_ELDB, &paged_va, va_pa, other, 0, EPC_NONE);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_int_equal(epcm_of(&m->cpu, va_pa)->blocked, 0);
	assert_int_equal(epcm_of(&m->cpu, va_pa)->pt, PT_VA);
	assert_int_equal(*slot(m), version);
	prepare_eld(m, ENCLS_ELDU, &paged, to_pa, va_pa + SLOT, LA(OFF_DATA),
		    m->secs_pa);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

/* All pages out, then the SECS; all back, in other places; and it runs. */
static void whole_enclave(void **state)
{
	static struct paged out[MAPPINGS], out_secs;
	struct machine *m = *state;
	unsigned i;

	check_code(m, encls(&m->lp), SGX_SUCCESS);
	mapping_of(m, LA(OFF_DATA))->pa = to_pa;
	for (i = 0; i < m->nr_mappings; i++)
		evict(m, &out[i], m->mappings[i].pa, va_pa + 8 * i);
	prepare_ewb(m, &out_secs, m->secs_pa, va_pa + SLOT);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	m->secs_pa = new_page(m);
	prepare_eld(m, ENCLS_ELDU, &out_secs, m->secs_pa, va_pa + SLOT, 0,
		    EPC_NONE);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_int_equal(hidden_of(m)->enclavecontext, m->secs_pa);
	for (i = 0; i < m->nr_mappings; i++) {
		m->mappings[i].pa = new_page(m);
		prepare_eld(m, ENCLS_ELDU, &out[i], m->mappings[i].pa,
			    va_pa + 8 * i, m->mappings[i].la, m->secs_pa);
		check_code(m, encls(&m->lp), SGX_SUCCESS);
	}
	assert_int_equal(hidden_of(m)->children, m->nr_mappings);
	enter(m);
	interrupt(m);
	prepare_eresume(m);
	assert_int_equal(enclu(&m->lp), 0);
	check_unlocked(m);
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;
	struct epcm *va = epcm_of(&m->cpu, va_pa);

	paged.pcmd.mac[0] ^= 1;
	epcm_invalidate(epcm_of(&m->cpu, m->secs_pa));
	check_encls_pf(m, encls(&m->lp), paged.pageinfo.secs);
	va->pt = PT_REG;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rdx);
	to_epcm(m)->valid = 1;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_true(epcm_trylock_exclusive(va));
	check_gp(m, encls(&m->lp));
	m->lp.r.rdx = operand(m->source);
	paged.pageinfo.srcpge += 8;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rdx);
	m->lp.r.rdx += 4;
	check_gp(m, encls(&m->lp));
	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	m->lp.r.rbx += 8;
	check_gp(m, encls(&m->lp));
}

/* The memory of both pages is one. */
static void alias(struct machine *m, uint64_t first, uint64_t second)
{
	uint8_t *a = epc_ptr(&m->cpu, first), *b = epc_ptr(&m->cpu, second);
	uint8_t content[SGX_PAGE_SIZE];

	memcpy(content, a, sizeof(content));
	assert_ptr_equal(mmap(a, SGX_PAGE_SIZE, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 a);
	memcpy(a, content, sizeof(content));
	assert_ptr_equal(mremap(a, 0, SGX_PAGE_SIZE,
				MREMAP_MAYMOVE | MREMAP_FIXED, b),
			 b);
}

/* What is decrypted falls on the slot, as if another had just emptied it. */
static void slot_used_meanwhile(void **state)
{
	struct machine *m = *state;

	alias(m, va_pa, to_pa);
	check_code(m, encls(&m->lp), SGX_MAC_COMPARE_FAIL);
	assert_false(epcm_valid(to_epcm(m)));
	check_unlocked(m);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("ELDB, ELDU", "SDM \"ELDB/ELDU/ELDBC/ELDUC - Load an EPC Page "
			      "and Mark its State\", Operation"),
	ROW("RBX (PAGEINFO) is not 32-byte aligned", "#GP(0)",
	    T(pageinfo_unaligned)),
	ROW("RCX is not page aligned", "#GP(0)", T(page_unaligned)),
	ROW("RCX is no EPC page", "#PF(RCX)", T(page_not_epc)),
	ROW("RDX (VA slot) is not 8-byte aligned", "#GP(0)", T(slot_unaligned)),
	ROW("RDX is not in the EPC", "#PF(RDX)", T(slot_not_epc)),
	ROW("PAGEINFO.PCMD is not 128-byte aligned", "#GP(0)",
	    T(pcmd_unaligned)),
	ROW("PAGEINFO.SRCPGE is not page aligned", "#GP(0)",
	    T(source_unaligned)),
	ROW("the page is in use by another leaf", "#GP(0)", T(page_locked)),
	ROW("the VA is in use by an exclusive leaf", "#GP(0)", T(va_locked)),
	DEVIATES("DC23", "another ELD uses the slot at the time",
		 "SGX_MAC_COMPARE_FAIL for one of them",
		 T(slot_used_meanwhile)),
	ROW("the page is valid", "#PF(RCX)", T(page_in_use)),
	ROW("the VA is invalid, or no VA", "#PF(RDX)", T(va_invalid),
	    T(not_a_va)),
	DEVIATES("DC24", "a child: PAGEINFO.SECS is not page aligned", "#GP(0)",
		 T(secs_unaligned)),
	DEVIATES("DC24", "a child: PAGEINFO.SECS is no EPC page", "#PF(SECS)",
		 T(secs_not_epc)),
	DEVIATES("DC24", "a child: the SECS is in use by an exclusive leaf",
		 "#GP(0)", T(secs_locked)),
	DEVIATES("DC24", "a child: the SECS is invalid, or no SECS",
		 "#PF(SECS)", T(secs_invalid), T(not_a_secs)),
	ROW("no child, and PAGEINFO.SECS is not 0", "#GP(0)",
	    T(secs_not_wanted)),
	ROW("another version in the slot", "SGX_MAC_COMPARE_FAIL",
	    T(wrong_version), T(older_version), T(empty_slot), T(other_slot)),
	ROW("another LINADDR or SECINFO", "SGX_MAC_COMPARE_FAIL",
	    T(wrong_linaddr), T(wrong_type), T(declared_va),
	    T(declared_unknown)),
	ROW("a bit of the PCMD was changed, reserved ones too",
	    "SGX_MAC_COMPARE_FAIL", T(pcmd_bits)),
	ROW("a bit of the page was changed", "SGX_MAC_COMPARE_FAIL",
	    T(ciphertext_bits)),
	ROW("the SECS of another enclave", "SGX_MAC_COMPARE_FAIL",
	    T(wrong_secs)),
	ROW("the paging key is another (power was lost)",
	    "SGX_MAC_COMPARE_FAIL", T(power_lost)),
	ROW("the page was loaded before, or is an older copy",
	    "SGX_MAC_COMPARE_FAIL", T(replay), T(rollback)),
	ROW("PCMD.ENCLAVEID is another", "does not matter",
	    T(enclaveid_ignored)),
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these, ELDU", "the page as it was; the slot is empty",
	    T(unblocked), T(page_state), T(va), T(whole_enclave)),
	ROW("none of these, ELDB", "the same, a child is BLOCKED", T(blocked)),
};

CONFORM_MAIN(rows, NULL)
