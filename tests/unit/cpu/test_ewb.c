/* SPDX-License-Identifier: BSD-3-Clause */
/* EWB: one case for each check of SDM "EWB", Operation, in order. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

#include "tests/unit/cpu/signer.h"

#define SLOT 8u /* offset of the slot in the version array */

static struct paged paged;
static uint64_t va_pa;

/* The page at OFF_DATA is blocked and tracked; EWB is prepared for it. */
static int setup(void **state)
{
	struct machine *m;

	machine_setup_sgx2(state);
	m = *state;
	va_pa = new_va(m);
	block(m, pa_of(m, LA(OFF_DATA)));
	track(m);
	prepare_ewb(m, &paged, pa_of(m, LA(OFF_DATA)), va_pa + SLOT);
	return 0;
}

static struct epcm *data_epcm(struct machine *m)
{
	return epcm_at(m, LA(OFF_DATA));
}

static uint64_t slot(struct machine *m)
{
	return *(uint64_t *)epc_ptr(&m->cpu, va_pa + SLOT);
}

/* Nothing was written, and the page is still there. */
static void check_untouched(struct machine *m)
{
	struct paged was;

	memset(&was, 0xcc, sizeof(was));
	assert_memory_equal(paged.page, was.page, sizeof(was.page));
	assert_memory_equal(&paged.pcmd, &was.pcmd, sizeof(was.pcmd));
	assert_int_equal(slot(m), 0);
	assert_true(epcm_valid(data_epcm(m)));
}

#define GP(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
\
		spoil; \
		check_gp(m, encls(&m->lp)); \
		check_untouched(m); \
		check_unlocked(m); \
	}

GP(pageinfo_unaligned, misalign_rbx(m, sizeof(struct sgx_pageinfo)))
GP(page_unaligned, m->lp.r.rcx += 16)
GP(slot_unaligned, m->lp.r.rdx += 4)
GP(slot_in_the_page, m->lp.r.rdx = m->lp.r.rcx + 8)
GP(linaddr, paged.pageinfo.linaddr = LA(OFF_DATA))
GP(secs_operand, paged.pageinfo.secs = kernel_la(m, m->secs_pa))
GP(pcmd_unaligned, paged.pageinfo.secinfo += 64)
GP(output_unaligned, paged.pageinfo.srcpge += 128)

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
	check_untouched(m);
}

static void page_locked(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_shared(data_epcm(m)));
	check_gp(m, encls(&m->lp));
	check_untouched(m);
}

static void va_locked(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_exclusive(epcm_of(&m->cpu, va_pa)));
	check_gp(m, encls(&m->lp));
	check_untouched(m);
	assert_int_equal(data_epcm(m)->lock, 0);
}

static void va_shared(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_shared(epcm_of(&m->cpu, va_pa)));
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static void page_invalid(void **state)
{
	struct machine *m = *state;

	epcm_invalidate(data_epcm(m));
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	check_unlocked(m);
}

static void va_invalid(void **state)
{
	struct machine *m = *state;

	epcm_invalidate(epcm_of(&m->cpu, va_pa));
	check_encls_pf(m, encls(&m->lp), m->lp.r.rdx);
	check_untouched(m);
	check_unlocked(m);
}

static void not_a_va(void **state)
{
	struct machine *m = *state;

	m->lp.r.rdx = kernel_la(m, pa_of(m, LA(OFF_OUTPUT)));
	check_encls_pf(m, encls(&m->lp), m->lp.r.rdx);
	check_untouched(m);
	check_unlocked(m);
}

static void not_blocked(void **state)
{
	struct machine *m = *state;

	data_epcm(m)->blocked = 0;
	check_code(m, encls(&m->lp), SGX_PAGE_NOT_BLOCKED);
	check_untouched(m);
	check_unlocked(m);
}

/* Without ETRACK nothing is tracked, even with nobody inside. */
static void not_tracked(void **state)
{
	struct machine *m = *state;
	uint64_t pa = pa_of(m, LA(OFF_OUTPUT));

	block(m, pa);
	prepare_ewb(m, &paged, pa, va_pa + SLOT);
	check_code(m, encls(&m->lp), SGX_NOT_TRACKED);
	check_untouched(m);
	check_unlocked(m);
}

static void tracking_incomplete(void **state)
{
	struct machine *m = *state;
	uint64_t pa = pa_of(m, LA(OFF_OUTPUT));

	enter(m);
	block(m, pa);
	track(m);
	prepare_ewb(m, &paged, pa, va_pa + SLOT);
	check_code(m, encls(&m->lp), SGX_NOT_TRACKED);
	check_untouched(m);
	interrupt(m);
	prepare_ewb(m, &paged, pa, va_pa + SLOT);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static void secs_with_children(void **state)
{
	struct machine *m = *state;

	prepare_ewb(m, &paged, m->secs_pa, va_pa + SLOT);
	check_code(m, encls(&m->lp), SGX_CHILD_PRESENT);
	check_untouched(m);
	assert_true(epcm_is_secs(epcm_of(&m->cpu, m->secs_pa)));
	check_unlocked(m);
}

/* The slot's content is lost, and the page is gone all the same. */
static void slot_occupied(void **state)
{
	struct machine *m = *state;
	uint64_t *occupied = epc_ptr(&m->cpu, va_pa + SLOT);

	*occupied = 1;
	check_cf(m, encls(&m->lp), SGX_VA_SLOT_OCCUPIED);
	assert_int_not_equal(slot(m), 1);
	assert_int_not_equal(slot(m), 0);
	assert_false(epcm_valid(data_epcm(m)));
	check_unlocked(m);
}

/* The MAC header, written down once more: where SDM "EWB" has which field. */
static void header(uint8_t to[128], uint64_t eid, uint64_t la, uint64_t flags)
{
	memset(to, 0, 128);
	memcpy(to, &eid, 8);
	memcpy(to + 8, &la, 8);
	memcpy(to + 16, &flags, 8);
}

/* A second opinion: OpenSSL decrypts what EWB has written. */
static void check_output(struct machine *m, const uint8_t aad[128],
			 const uint8_t *plain)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t iv[12] = { 0 }, out[SGX_PAGE_SIZE];
	int i, len;

	for (i = 0; i < 8; i++)
		iv[4 + i] = (uint8_t)(slot(m) >> (56 - 8 * i));
	must(EVP_DecryptInit_ex(ctx, EVP_aes_128_gcm(), NULL,
				m->package.cr_base_pk, iv));
	must(EVP_DecryptUpdate(ctx, NULL, &len, aad, 128));
	must(EVP_DecryptUpdate(ctx, out, &len, paged.page, SGX_PAGE_SIZE));
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, 16,
				 paged.pcmd.mac));
	assert_int_equal(EVP_DecryptFinal_ex(ctx, out + len, &len), 1);
	EVP_CIPHER_CTX_free(ctx);
	assert_memory_equal(out, plain, SGX_PAGE_SIZE);
}

static void check_pcmd(uint64_t flags, uint64_t eid)
{
	static const uint8_t zero[56];

	assert_int_equal(paged.pcmd.secinfo.flags, flags);
	assert_memory_equal(paged.pcmd.secinfo.reserved, zero, 56);
	assert_int_equal(paged.pcmd.enclaveid, eid);
	assert_memory_equal(paged.pcmd.reserved, zero, 40);
}

static void child(void **state)
{
	struct machine *m = *state;
	uint8_t plain[SGX_PAGE_SIZE], aad[128];
	uint32_t children = hidden_of(m)->children;

	memcpy(plain, at(m, LA(OFF_DATA)), sizeof(plain));
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_false(epcm_valid(data_epcm(m)));
	assert_int_equal(hidden_of(m)->children, children - 1);
	assert_int_not_equal(slot(m), 0);
	check_pcmd(REG_RW, hidden_of(m)->eid);
	assert_int_equal(paged.pageinfo.linaddr, LA(OFF_DATA));
	header(aad, hidden_of(m)->eid, LA(OFF_DATA), REG_RW);
	check_output(m, aad, plain);
	check_unlocked(m);
}

/* PENDING, MODIFIED, PR and the type travel along; BLOCKED does not. */
static void child_state(void **state)
{
	struct machine *m = *state;
	uint8_t plain[SGX_PAGE_SIZE], aad[128];
	uint64_t flags = PT_FLAGS(PT_TRIM) | SGX_SECINFO_X |
			 SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED |
			 SGX_SECINFO_PR;

	memcpy(plain, at(m, LA(OFF_DATA)), sizeof(plain));
	epcm_set(data_epcm(m), PT_TRIM,
		 (flags & EPCM_SECINFO_FLAGS) | EPCM_BLOCKED, m->secs_pa,
		 LA(OFF_DATA));
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	check_pcmd(flags, hidden_of(m)->eid);
	header(aad, hidden_of(m)->eid, LA(OFF_DATA), flags);
	check_output(m, aad, plain);
}

/* Needs neither EBLOCK nor ETRACK. */
static void va(void **state)
{
	struct machine *m = *state;
	uint8_t plain[SGX_PAGE_SIZE], aad[128];
	uint64_t victim = new_va(m);

	memset(epc_ptr(&m->cpu, victim), 0x77, sizeof(plain));
	memset(plain, 0x77, sizeof(plain));
	enter(m);
	prepare_ewb(m, &paged, victim, va_pa + SLOT);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_false(epcm_valid(epcm_of(&m->cpu, victim)));
	check_pcmd(PT_FLAGS(PT_VA), 0);
	header(aad, 0, 0, PT_FLAGS(PT_VA));
	check_output(m, aad, plain);
	check_unlocked(m);
}

static void secs(void **state)
{
	struct machine *m = *state;
	uint8_t plain[SGX_PAGE_SIZE], aad[128];
	unsigned i;

	for (i = 0; i < m->nr_mappings; i++) {
		prepare_eremove(m, m->mappings[i].pa);
		check_code(m, encls(&m->lp), SGX_SUCCESS);
	}
	memcpy(plain, epc_ptr(&m->cpu, m->secs_pa), sizeof(plain));
	prepare_ewb(m, &paged, m->secs_pa, va_pa + SLOT);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_false(epcm_valid(epcm_of(&m->cpu, m->secs_pa)));
	check_pcmd(PT_FLAGS(PT_SECS), hidden_of(m)->eid);
	header(aad, 0, 0, PT_FLAGS(PT_SECS));
	check_output(m, aad, plain);
}

/* No version comes twice, and none looks like an empty slot. */
static void versions(void **state)
{
	struct machine *m = *state;
	uint64_t first;

	check_code(m, encls(&m->lp), SGX_SUCCESS);
	first = slot(m);
	evict(m, &paged, pa_of(m, LA(OFF_OUTPUT)), va_pa + 16);
	assert_int_not_equal(*(uint64_t *)epc_ptr(&m->cpu, va_pa + 16), first);
	assert_int_not_equal(first & ~7ull, 0);
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;
	struct epcm *va = epcm_of(&m->cpu, va_pa);

	*(uint64_t *)epc_ptr(&m->cpu, va_pa + SLOT) = 1;
	data_epcm(m)->epoch = hidden_of(m)->epoch;
	check_code(m, encls(&m->lp), SGX_NOT_TRACKED);
	data_epcm(m)->blocked = 0;
	prepare_ewb(m, &paged, pa_of(m, LA(OFF_DATA)), va_pa + SLOT);
	check_code(m, encls(&m->lp), SGX_PAGE_NOT_BLOCKED);
	va->pt = PT_REG;
	prepare_ewb(m, &paged, pa_of(m, LA(OFF_DATA)), va_pa + SLOT);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rdx);
	epcm_invalidate(data_epcm(m));
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_true(epcm_trylock_exclusive(va));
	check_gp(m, encls(&m->lp));
	m->lp.r.rdx = operand(m->source);
	paged.pageinfo.linaddr = 1;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rdx);
	m->lp.r.rdx += 1;
	check_gp(m, encls(&m->lp));
	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	m->lp.r.rbx += 8;
	check_gp(m, encls(&m->lp));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EWB", "SDM \"EWB - Invalidate an EPC Page and Write out to "
		       "Main Memory\", Operation"),
	ROW("RBX (PAGEINFO) is not 32-byte aligned", "#GP(0)",
	    T(pageinfo_unaligned)),
	ROW("RCX is not page aligned", "#GP(0)", T(page_unaligned)),
	ROW("RCX is no EPC page", "#PF(RCX)", T(page_not_epc)),
	ROW("RDX (VA slot) is not 8-byte aligned", "#GP(0)", T(slot_unaligned)),
	ROW("RDX is not in the EPC", "#PF(RDX)", T(slot_not_epc)),
	ROW("RCX and RDX are in the same page", "#GP(0)", T(slot_in_the_page)),
	ROW("PAGEINFO.LINADDR is not 0", "#GP(0)", T(linaddr)),
	ROW("PAGEINFO.SECS is not 0", "#GP(0)", T(secs_operand)),
	ROW("PAGEINFO.PCMD is not 128-byte aligned", "#GP(0)",
	    T(pcmd_unaligned)),
	ROW("PAGEINFO.SRCPGE is not page aligned", "#GP(0)",
	    T(output_unaligned)),
	ROW("the page is in use by another leaf", "#GP(0)", T(page_locked)),
	ROW("the VA is in use by an exclusive leaf", "#GP(0)", T(va_locked),
	    T(va_shared)),
	ROW("the page is invalid", "#PF(RCX)", T(page_invalid)),
	ROW("the VA is invalid, or no VA", "#PF(RDX)", T(va_invalid),
	    T(not_a_va)),
	DEVIATES("DC22", "\"EBLOCK is not correct\"", "never so"),
	ROW("a child that is not BLOCKED", "SGX_PAGE_NOT_BLOCKED",
	    T(not_blocked)),
	ROW("a child whose tracking is incomplete", "SGX_NOT_TRACKED",
	    T(not_tracked), T(tracking_incomplete)),
	ROW("a SECS that has children", "SGX_CHILD_PRESENT",
	    T(secs_with_children)),
	ROW("the slot is in use",
	    "SGX_VA_SLOT_OCCUPIED in RAX, CF; written "
	    "out all the same",
	    T(slot_occupied)),
	DEVIATES("DC21", "the MAC header's fields", "places of our own"),
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these, a child",
	    "ciphertext, PCMD, LINADDR, version; "
	    "the page is free",
	    T(child), T(child_state)),
	ROW("none of these, a VA or a SECS", "the same, without EBLOCK", T(va),
	    T(secs)),
	TESTS(T(versions)),
};

CONFORM_MAIN(rows, NULL)
