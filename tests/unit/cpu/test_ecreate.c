/* SPDX-License-Identifier: BSD-3-Clause */
/* ECREATE: one case for each check of SDM "ECREATE", Operation, in order. */
#include "tests/unit/cpu/fixture.h"

/* One thing is wrong with otherwise good operands: #GP, and no page. */
#define GP(name, spoil) \
static void name(void **state) \
{ \
	struct machine *m = *state; \
	struct sgx_secs *secs = prepare_ecreate(m); \
\
	(void)secs; \
	spoil; \
	check_gp(m, encls(&m->lp)); \
	assert_false(epcm_valid(epcm_of(&m->cpu, m->secs_pa))); \
	assert_int_equal(epcm_of(&m->cpu, m->secs_pa)->lock & 1, 0); \
}

GP(pageinfo_unaligned, m->lp.r.rbx += 16)
GP(page_unaligned, m->lp.r.rcx += 2048)
GP(source_unaligned, m->pageinfo.srcpge += 64)
GP(secinfo_unaligned, m->pageinfo.secinfo += 32)
GP(linaddr_set, m->pageinfo.linaddr = 0x1000)
GP(secs_set, m->pageinfo.secs = kernel_la(m, 0x1000))
GP(secinfo_flag_reserved, m->secinfo.flags |= 1ull << 6)
GP(secinfo_flag_high, m->secinfo.flags |= 1ull << 16)
GP(secinfo_reserved, m->secinfo.reserved[55] = 1)
GP(secinfo_not_secs, m->secinfo.flags = PT_FLAGS(PT_REG))
GP(xfrm_no_x87, secs->xfrm = XFEATURE_SSE)
GP(xfrm_no_sse, secs->xfrm = XFEATURE_X87)
GP(xfrm_unknown, secs->xfrm |= 1ull << 10)
GP(xfrm_bit_63, secs->xfrm |= 1ull << 63)
GP(xfrm_avx512_part, secs->xfrm |= 1ull << 5)
GP(xfrm_avx512_without_avx, secs->xfrm = 3 | XFEATURE_AVX512)
GP(xfrm_amx_part, secs->xfrm |= 1ull << 18)
GP(cet_attributes, secs->cet_attributes = 1)
GP(cet_bitmap, secs->cet_leg_bitmap_offset = 0x1000)
GP(miscselect_unknown, secs->miscselect = 2)
GP(ssaframesize_zero, secs->ssaframesize = 0)
GP(ssaframesize_small, (secs->xfrm |= XFEATURE_AMX, secs->ssaframesize = 2))
GP(base_not_canonical, secs->baseaddr = 1ull << 47)
GP(base_32bit_high, (secs->attributes &= ~SGX_ATTR_MODE64BIT))
GP(size_max_64, (secs->size = 1ull << 43, secs->baseaddr = 0))
GP(size_max_32, (secs->attributes &= ~SGX_ATTR_MODE64BIT, secs->baseaddr = 0,
		 secs->size = 1ull << 31))
GP(size_small, secs->size = 4096)
GP(size_zero, secs->size = 0)
GP(size_not_power, secs->size = 3 * 4096)
GP(base_unaligned, secs->baseaddr += 0x1000)
GP(attribute_init, secs->attributes |= SGX_ATTR_INIT)
GP(attribute_cet, secs->attributes |= SGX_ATTR_CET)
GP(attribute_unknown, secs->attributes |= 1ull << 3)
GP(attribute_high, secs->attributes |= 1ull << 63)
GP(reserved1, secs->reserved1[14] = 1)
GP(reserved2, secs->reserved2[0] = 1)
GP(reserved3, secs->reserved3[31] = 1)
GP(reserved4, secs->reserved4[3833] = 1)
GP(hidden_part_reserved, m->source[SECS_HIDDEN_OFFSET] = 1)
GP(configid_without_kss, secs->configid[63] = 1)
GP(configsvn_without_kss, secs->configsvn = 1)

static void page_not_epc(void **state)
{
	struct machine *m = *state;

	prepare_ecreate(m);
	m->lp.r.rcx = operand(m->cpu.epc) - SGX_PAGE_SIZE;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
}

/* EPC_NONE is no page. */
static void page_zero(void **state)
{
	struct machine *m = *state;

	prepare_ecreate(m);
	m->lp.r.rcx = operand(m->cpu.epc);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
}

static void page_locked(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm;

	prepare_ecreate(m);
	epcm = epcm_of(&m->cpu, m->secs_pa);
	assert_true(epcm_trylock_shared(epcm));
	check_gp(m, encls(&m->lp));
	epcm_unlock_shared(epcm);
	assert_int_equal(encls(&m->lp), 0);
}

static void page_in_use(void **state)
{
	struct machine *m = *state;
	uint64_t rax, rflags = m->lp.r.rflags;

	create(m);
	m->lp.r.rax = rax = 0xabcd00000000ull | ENCLS_ECREATE;
	prepare_ecreate(m);
	m->lp.r.rax = rax;
	m->lp.r.rcx = kernel_la(m, SGX_PAGE_SIZE);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_int_equal(m->lp.r.rax, rax);
	assert_int_equal(m->lp.r.rflags, rflags);
}

/* The order of checks shows where two fail: the first one decides. */
static void order(void **state)
{
	struct machine *m = *state;
	struct sgx_secs *secs = prepare_ecreate(m);

	assert_int_equal(encls(&m->lp), 0);
	secs->xfrm = 0;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	m->secinfo.reserved[0] = 1;
	check_gp(m, encls(&m->lp));
	m->lp.r.rcx = operand(m->cpu.epc) - SGX_PAGE_SIZE;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
}

static void success(void **state)
{
	struct machine *m = *state;
	struct sgx_secs *secs = prepare_ecreate(m);
	struct epcm *epcm = epcm_of(&m->cpu, m->secs_pa);
	uint64_t rax = m->lp.r.rax, rflags = m->lp.r.rflags;

	secs->isvprodid = 9;
	secs->isvsvn = 9;
	secs->mrenclave[0] = 9;
	secs->mrsigner[0] = 9;
	assert_int_equal(encls(&m->lp), 0);
	assert_int_equal(m->lp.r.rax, rax);
	assert_int_equal(m->lp.r.rflags, rflags);
	assert_true(epcm_is_secs(epcm));
	assert_int_equal(epcm->r | epcm->w | epcm->x, 0);
	assert_int_equal(epcm->lock, 0);
	assert_int_equal(epcm->enclaveaddress, 0);
	secs = secs_at(&m->cpu, m->secs_pa);
	assert_int_equal(secs->isvprodid, 0);
	assert_int_equal(secs->isvsvn, 0);
	assert_int_equal(secs->mrenclave[0], 0);
	assert_int_equal(secs->mrsigner[0], 0);
	assert_false(secs_initialised(secs));
	assert_int_equal(secs_hidden_at(&m->cpu, m->secs_pa)->mrenclave_blocks,
			 1);
}

static void eids_differ(void **state)
{
	struct machine *m = *state;
	uint64_t first;

	create(m);
	first = secs_hidden_at(&m->cpu, m->secs_pa)->eid;
	create(m);
	assert_int_not_equal(secs_hidden_at(&m->cpu, m->secs_pa)->eid, first);
	assert_int_not_equal(first, 0);
}

static void kss(void **state)
{
	struct machine *m = *state;
	struct sgx_secs *secs = prepare_ecreate(m);

	secs->attributes |= SGX_ATTR_KSS;
	secs->configid[0] = 1;
	secs->configsvn = 2;
	assert_int_equal(encls(&m->lp), 0);
}

/* The largest size, the whole of XFRM, MISCSELECT zero. */
static void extremes(void **state)
{
	struct machine *m = *state;
	struct sgx_secs *secs = prepare_ecreate(m);

	secs->size = 1ull << 42;
	secs->baseaddr = 0;
	secs->xfrm = m->package.xfrm;
	secs->ssaframesize = 3;
	secs->miscselect = 0;
	assert_int_equal(encls(&m->lp), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(pageinfo_unaligned), T(page_unaligned), T(page_not_epc),
		T(page_zero), T(source_unaligned), T(secinfo_unaligned),
		T(linaddr_set), T(secs_set), T(secinfo_flag_reserved),
		T(secinfo_flag_high), T(secinfo_reserved), T(secinfo_not_secs),
		T(page_locked), T(page_in_use), T(xfrm_no_x87), T(xfrm_no_sse),
		T(xfrm_unknown), T(xfrm_bit_63), T(xfrm_avx512_part),
		T(xfrm_avx512_without_avx), T(xfrm_amx_part),
		T(cet_attributes), T(cet_bitmap), T(miscselect_unknown),
		T(ssaframesize_zero), T(ssaframesize_small),
		T(base_not_canonical), T(base_32bit_high), T(size_max_64),
		T(size_max_32), T(size_small), T(size_zero), T(size_not_power),
		T(base_unaligned), T(attribute_init), T(attribute_cet),
		T(attribute_unknown), T(attribute_high), T(reserved1),
		T(reserved2), T(reserved3), T(reserved4),
		T(hidden_part_reserved), T(configid_without_kss),
		T(configsvn_without_kss), T(order), T(success), T(eids_differ),
		T(kss), T(extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
