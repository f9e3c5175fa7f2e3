/* SPDX-License-Identifier: BSD-3-Clause */
/* ECREATE: one case for each check of SDM "ECREATE", Operation, in order. */
#include "tests/conform/conform.h"
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
GP(size_max_64, (secs->size = 1ull << 56, secs->baseaddr = 0))
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

/* XSAVE and GPRSGX fill the frame to the last byte, or leave it to EXINFO. */
static void ssaframesize_misc(void **state)
{
	struct machine *m = *state;
	struct sgx_secs *secs = prepare_ecreate(m);

	secs->xfrm = 3 | XFEATURE_AVX;
	secs->ssaframesize = 1;
	m->package.xfeature[2].size = 4096 - 184 - 576;
	secs->miscselect = SGX_MISC_EXINFO;
	check_gp(m, encls(&m->lp));
	m->package.xfeature[2].size -= 15;
	check_gp(m, encls(&m->lp));
	m->package.xfeature[2].size -= 1;
	assert_int_equal(encls(&m->lp), 0);
	prepare_ecreate(m);
	secs->xfrm = 3 | XFEATURE_AVX;
	secs->ssaframesize = 1;
	m->package.xfeature[2].size += 17;
	check_gp(m, encls(&m->lp));
	m->package.xfeature[2].size -= 1;
	secs->miscselect = 0;
	assert_int_equal(encls(&m->lp), 0);
}

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
	m->pageinfo.srcpge += 64;
	check_gp(m, encls(&m->lp));
	m->pageinfo.srcpge -= 64;
	/* As good as the other one, but for its place. */
	m->pageinfo.secinfo = operand((uint8_t *)&m->token + 32);
	check_gp(m, encls(&m->lp));
	m->pageinfo.secinfo = operand(&m->secinfo);
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
	secs = prepare_ecreate(m);
	secs->size = 2 * SGX_PAGE_SIZE;
	assert_int_equal(encls(&m->lp), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("ECREATE", "SDM \"ECREATE - Create an SECS page in the "
			   "Enclave Page Cache\", Operation"),
	ROW("RBX (PAGEINFO) is not 32-byte aligned", "#GP(0)",
	    T(pageinfo_unaligned)),
	ROW("RCX is not page aligned", "#GP(0)", T(page_unaligned)),
	ROW("RCX is no EPC page", "#PF(RCX)", T(page_not_epc), T(page_zero)),
	ROW("PAGEINFO.SRCPGE is not page aligned", "#GP(0)",
	    T(source_unaligned)),
	ROW("PAGEINFO.SECINFO is not 64-byte aligned", "#GP(0)",
	    T(secinfo_unaligned)),
	ROW("PAGEINFO.LINADDR is not 0", "#GP(0)", T(linaddr_set)),
	ROW("PAGEINFO.SECS is not 0", "#GP(0)", T(secs_set)),
	ROW("SECINFO has reserved bits or bytes set", "#GP(0)",
	    T(secinfo_flag_reserved), T(secinfo_flag_high),
	    T(secinfo_reserved)),
	ROW("SECINFO.PT is not SECS", "#GP(0)", T(secinfo_not_secs)),
	ROW("the page is in use by another leaf", "#GP(0)", T(page_locked)),
	ROW("the page is valid", "#PF(RCX)", T(page_in_use)),
	ROW("XFRM[1:0] is not 3", "#GP(0)", T(xfrm_no_x87), T(xfrm_no_sse)),
	ROW("XFRM that XSETBV would refuse, or bit 63", "#GP(0)",
	    T(xfrm_unknown), T(xfrm_bit_63), T(xfrm_avx512_part),
	    T(xfrm_avx512_without_avx), T(xfrm_amx_part)),
	ROW("CET_ATTRIBUTES or CET_LEG_BITMAP_OFFSET without CET", "#GP(0)",
	    T(cet_attributes), T(cet_bitmap)),
	ROW("MISCSELECT has a bit that CPUID does not enumerate", "#GP(0)",
	    T(miscselect_unknown)),
	DEVIATES("DC2", "MISCSELECT is 0", "is legal", T(extremes)),
	ROW("an SSA frame is too small for XSAVE, MISC and GPR", "#GP(0)",
	    T(ssaframesize_zero), T(ssaframesize_small), T(ssaframesize_misc)),
	ROW("BASEADDR is not canonical (64-bit)", "#GP(0)",
	    T(base_not_canonical)),
	ROW("BASEADDR has high bits (32-bit)", "#GP(0)", T(base_32bit_high)),
	ROW("SIZE is larger than CPUID.12H.0:EDX says", "#GP(0)",
	    T(size_max_64), T(size_max_32)),
	DEVIATES("DC1", "SIZE is exactly 2^n of CPUID.12H.0:EDX", "#GP(0)",
		 T(size_max_64), T(size_max_32)),
	ROW("SIZE is less than two pages", "#GP(0)", T(size_small),
	    T(size_zero)),
	ROW("SIZE is no power of two", "#GP(0)", T(size_not_power)),
	ROW("BASEADDR is not aligned to SIZE", "#GP(0)", T(base_unaligned)),
	ROW("ATTRIBUTES has INIT, or a bit CPUID does not enumerate", "#GP(0)",
	    T(attribute_init), T(attribute_cet), T(attribute_unknown),
	    T(attribute_high)),
	ROW("a reserved byte of the SECS is not 0", "#GP(0)", T(reserved1),
	    T(reserved2), T(reserved3), T(reserved4), T(hidden_part_reserved)),
	ROW("CONFIGID without KSS", "#GP(0)", T(configid_without_kss)),
	ROW("CONFIGSVN without KSS", "#GP(0)", T(configsvn_without_kss)),
	DEVIATES("DC3", "MRENCLAVE, MRSIGNER, ISVPRODID or ISVSVN is not 0",
		 "they are cleared", T(success)),
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these", "an uninitialised SECS, not accessible",
	    T(success), T(eids_differ), T(kss), T(extremes)),
};

CONFORM_MAIN(rows, NULL)
