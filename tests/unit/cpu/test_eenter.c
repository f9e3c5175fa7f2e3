/* SPDX-License-Identifier: BSD-3-Clause */
/* EENTER: one case for each check of SDM "EENTER", Operation, in order. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

static struct sgx_tcs *tcs_of(struct machine *m)
{
	return at(m, LA(OFF_TCS));
}

static struct sgx_secs *secs_of(struct machine *m)
{
	return secs_at(&m->cpu, m->secs_pa);
}

/* After a fault: not entered, registers as before, nothing held. */
static void refused(struct machine *m, const struct lp_regs *before)
{
	assert_memory_equal(&m->lp.r, before, sizeof(*before));
	assert_false(m->lp.cr_enclave_mode);
	assert_int_equal(epcm_at(m, LA(OFF_TCS))->lock, 0);
	assert_false(anybody_inside(m));
	assert_null(m->lp.processor);
}

static void expect_gp(struct machine *m)
{
	struct lp_regs before = m->lp.r;

	check_gp(m, enclu(&m->lp));
	refused(m, &before);
}

static void expect_pf(struct machine *m, uint64_t la)
{
	struct lp_regs before = m->lp.r;

	check_epcm_pf(m, enclu(&m->lp), la, PF_WRITE);
	refused(m, &before);
}

#define CASE(name, spoil, expect) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
		struct epcm *epcm = epcm_at(m, LA(OFF_TCS)); \
		struct sgx_tcs *tcs = tcs_of(m); \
\
		(void)epcm; \
		(void)tcs; \
		prepare_eenter(m); \
		spoil; \
		expect; \
		assert_int_equal(tcs->state, TCS_INACTIVE); \
		assert_int_equal(tcs->aep, 0); \
	}
#define GP(name, spoil)     CASE(name, spoil, expect_gp(m))
#define TCS_PF(name, spoil) CASE(name, spoil, expect_pf(m, LA(OFF_TCS)))

GP(tcs_unaligned, m->lp.r.rbx += 16)
GP(tcs_not_canonical, m->lp.r.rbx = 1ull << 60)
TCS_PF(tcs_not_epc, mapping_of(m, LA(OFF_TCS))->pa = EPC_NONE;
       expect_pf(m, LA(OFF_TCS)); mapping_of(m, LA(OFF_TCS))->pa = m->tcs_pa;
       epcm->valid = 0)
GP(aep_not_canonical, m->lp.r.rcx = 1ull << 47)
TCS_PF(tcs_invalid, epcm->valid = 0)
TCS_PF(tcs_blocked, epcm->blocked = 1)
TCS_PF(tcs_elsewhere, epcm->enclaveaddress += SGX_PAGE_SIZE)
TCS_PF(tcs_is_reg, epcm->pt = PT_REG)
TCS_PF(tcs_pending, epcm->pending = 1)
TCS_PF(tcs_modified, epcm->modified = 1)
GP(ossa_unaligned, tcs->ossa += 8)
GP(ofsbase_unaligned, tcs->ofsbase += 8)
GP(ogsbase_unaligned, tcs->ogsbase += 8)
GP(flags_reserved, tcs->flags = 4)
GP(flags_reserved_high, tcs->flags = 1ull << 63)
GP(not_initialised, secs_of(m)->attributes &= ~SGX_ATTR_INIT)
GP(enclave_32bit, secs_of(m)->attributes &= ~SGX_ATTR_MODE64BIT)
GP(xfrm_not_enabled, m->package.xfrm = 3)
GP(notify_without_attribute, tcs->flags = TCS_AEXNOTIFY)
GP(attribute_without_notify, secs_of(m)->attributes |= SGX_ATTR_AEXNOTIFY)
GP(notify_not_enumerated,
   (m->package.aexnotify = false, tcs->flags = TCS_AEXNOTIFY,
    secs_of(m)->attributes |= SGX_ATTR_AEXNOTIFY))
GP(cssa_at_nssa, tcs->cssa = tcs->nssa)
GP(nssa_zero, tcs->nssa = 0)
GP(oentry_not_canonical, tcs->oentry = 1ull << 47)
GP(fs_not_canonical, tcs->ofsbase = 1ull << 47)
GP(gs_not_canonical, tcs->ogsbase = 1ull << 47)
GP(ssa_not_canonical, tcs->ossa = 1ull << 50)

static void tcs_walk(void **state)
{
	struct machine *m = *state;

	prepare_eenter(m);
	mapping_of(m, LA(OFF_TCS))->prot = WALK_R;
	check_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_USER | PF_WRITE | PF_PROT);
	unmap_page(m, LA(OFF_TCS));
	check_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_USER | PF_WRITE);
	/* The page tables refuse first, whatever the EPCM holds. */
	epcm_of(&m->cpu, m->tcs_pa)->valid = 0;
	check_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_USER | PF_WRITE);
}

static void tcs_in_use(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = epcm_at(m, LA(OFF_TCS));

	prepare_eenter(m);
	assert_true(epcm_trylock_exclusive(epcm));
	check_gp(m, enclu(&m->lp));
	epcm_unlock_exclusive(epcm);
	assert_int_equal(enclu(&m->lp), 0);
}

static void debug_opt_in_needs_no_notify(void **state)
{
	struct machine *m = *state;

	tcs_of(m)->flags = TCS_DBGOPTIN | TCS_AEXNOTIFY;
	enter(m);
	assert_true(m->lp.cr_dbgoptin);
}

#define SSA_PF(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
		struct epcm *ssa = epcm_at(m, LA(OFF_SSA)); \
\
		prepare_eenter(m); \
		spoil; \
		expect_pf(m, LA(OFF_SSA)); \
		assert_int_equal(tcs_of(m)->state, TCS_INACTIVE); \
	}

SSA_PF(ssa_invalid, ssa->valid = 0)
SSA_PF(ssa_blocked, ssa->blocked = 1)
SSA_PF(ssa_pending, ssa->pending = 1)
SSA_PF(ssa_modified, ssa->modified = 1)
SSA_PF(ssa_elsewhere, ssa->enclaveaddress ^= SGX_PAGE_SIZE)
SSA_PF(ssa_is_tcs, ssa->pt = PT_TCS)
SSA_PF(ssa_of_other, ssa->enclavesecs += SGX_PAGE_SIZE)
SSA_PF(ssa_not_readable, ssa->r = 0)
SSA_PF(ssa_not_writable, ssa->w = 0)

static void ssa_not_epc(void **state)
{
	struct machine *m = *state;

	prepare_eenter(m);
	mapping_of(m, LA(OFF_SSA))->pa = EPC_NONE;
	expect_pf(m, LA(OFF_SSA));
}

static void ssa_walk(void **state)
{
	struct machine *m = *state;

	prepare_eenter(m);
	mapping_of(m, LA(OFF_SSA))->prot = WALK_R;
	check_pf(m, enclu(&m->lp), LA(OFF_SSA), PF_USER | PF_WRITE | PF_PROT);
	assert_int_equal(tcs_of(m)->state, TCS_INACTIVE);
}

static void active(void **state)
{
	struct machine *m = *state;

	prepare_eenter(m);
	tcs_of(m)->state = TCS_ACTIVE;
	check_gp(m, enclu(&m->lp));
	assert_int_equal(tcs_of(m)->state, TCS_ACTIVE);
	/* STATE is tested last: what else is wrong comes first. */
	epcm_at(m, LA(OFF_SSA))->valid = 0;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_SSA), PF_WRITE);
	assert_int_equal(tcs_of(m)->state, TCS_ACTIVE);
}

static void second_processor(void **state)
{
	struct machine *m = *state;
	struct lp first;

	enter(m);
	first = m->lp;
	m->lp.cr_enclave_mode = false;
	prepare_eenter(m);
	check_gp(m, enclu(&m->lp));
	m->lp = first;
	interrupt(m);
	enter(m);
}

static void success(void **state)
{
	struct machine *m = *state;
	struct sgx_tcs *tcs = tcs_of(m);
	struct sgx_gprsgx *gpr = at(m, LA(OFF_SSA) + 4096 - sizeof(*gpr));

	m->lp.r.rdx = 0x1111;
	m->lp.r.r15 = 0x2222;
	m->lp.r.rflags = 0x202 | RFLAGS_TF | RFLAGS_CF | RFLAGS_DF;
	enter(m);
	assert_int_equal(m->lp.r.rax, 0);
	assert_int_equal(m->lp.r.rbx, LA(OFF_TCS));
	assert_int_equal(m->lp.r.rcx, HOST_RIP + 3);
	assert_int_equal(m->lp.r.rip, LA(OENTRY));
	assert_int_equal(m->lp.r.rsp, HOST_RSP);
	assert_int_equal(m->lp.r.rbp, HOST_RBP);
	assert_int_equal(m->lp.r.rdx, 0x1111);
	assert_int_equal(m->lp.r.r15, 0x2222);
	assert_int_equal(m->lp.r.rflags, 0x202 | RFLAGS_CF | RFLAGS_DF);
	assert_false(m->lp.pending_db);
	assert_int_equal(m->lp.r.fsbase, LA(OFSBASE));
	assert_int_equal(m->lp.r.gsbase, LA(OGSBASE));
	assert_int_equal(tcs->state, TCS_ACTIVE);
	assert_int_equal(tcs->aep, HOST_AEP);
	assert_int_equal(tcs->cssa, 0);
	assert_int_equal(gpr->ursp, HOST_RSP);
	assert_int_equal(gpr->urbp, HOST_RBP);
	assert_int_equal(m->lp.cr_elrange_base, ENCLAVE_BASE);
	assert_int_equal(m->lp.cr_elrange_size, ENCLAVE_SIZE);
	assert_int_equal(epcm_at(m, LA(OFF_TCS))->lock, 0);
	assert_true(anybody_inside(m));
}

static void opt_in_keeps_tf(void **state)
{
	struct machine *m = *state;

	tcs_of(m)->flags = TCS_DBGOPTIN;
	m->lp.r.rflags = 0x202 | RFLAGS_TF;
	enter(m);
	assert_int_equal(m->lp.r.rflags, 0x202 | RFLAGS_TF);
	/* The step is over before the enclave's first instruction. */
	assert_true(m->lp.pending_db);
}

/* After an AEX a second frame, and no third. */
static void nested(void **state)
{
	struct machine *m = *state;
	struct sgx_gprsgx *gpr = at(m, LA(OFF_SSA) + 8192 - sizeof(*gpr));

	enter(m);
	interrupt(m);
	enter(m);
	assert_int_equal(m->lp.r.rax, 1);
	assert_int_equal(gpr->ursp, HOST_RSP);
	interrupt(m);
	prepare_eenter(m);
	check_gp(m, enclu(&m->lp));
}

/* A frame of four pages: three for XSAVE, an untested one, GPRSGX's. */
static int setup_large(void **state)
{
	struct machine *m;

	machine_setup(state);
	m = *state;
	m->xfrm = m->package.xfrm;
	m->ssaframesize = 5;
	m->nssa = 1;
	build_enclave(m);
	return 0;
}

static void large_frame(void **state)
{
	struct machine *m = *state;
	unsigned i;

	prepare_eenter(m);
	for (i = 0; i < 5; i++) {
		uint64_t la = LA(OFF_SSA) + i * SGX_PAGE_SIZE;

		if (i == 3)
			continue;
		epcm_at(m, la)->blocked = 1;
		/* GPRSGX's page is reported by GPRSGX's address. */
		expect_pf(m, i == 4 ? la + 4096 - 184 : la);
		epcm_at(m, la)->blocked = 0;
	}
	epcm_at(m, LA(OFF_SSA) + 3 * SGX_PAGE_SIZE)->blocked = 1;
	assert_int_equal(enclu(&m->lp), 0);
}

/* The TCS is held from before it is looked at. */
static void tcs_blocked_meanwhile(void **state)
{
	struct machine *m = *state;

	block_meanwhile(m, LA(OFF_SSA), LA(OFF_TCS));
	enter(m);
	assert_int_equal(meanwhile_code(), SGX_EPC_PAGE_CONFLICT);
	assert_int_equal(epcm_at(m, LA(OFF_TCS))->blocked, 0);
}

/* Once the frame's next page is found, the first one is blocked. */
static void frame_blocked_meanwhile(void **state)
{
	struct machine *m = *state;

	block_meanwhile(m, LA(OFF_SSA) + SGX_PAGE_SIZE, LA(OFF_SSA));
	prepare_eenter(m);
	expect_pf(m, LA(OFF_TCS));
	assert_int_equal(meanwhile_code(), SGX_SUCCESS);
	assert_int_equal(tcs_of(m)->state, TCS_INACTIVE);
	for (uint64_t i = 0; i < 5; i++)
		assert_false(held_at(m, LA(OFF_SSA) + i * SGX_PAGE_SIZE));
	assert_false(held_at(m, LA(OFF_TCS)));
	assert_null(m->lp.processor);
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = epcm_at(m, LA(OFF_TCS));
	struct sgx_tcs *tcs = tcs_of(m);

	prepare_eenter(m);
	tcs->state = TCS_ACTIVE;
	tcs->oentry = 1ull << 47;
	epcm_at(m, LA(OFF_SSA))->valid = 0;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_SSA), PF_WRITE);
	tcs->cssa = tcs->nssa;
	check_gp(m, enclu(&m->lp));
	tcs->ossa++;
	epcm->pending = 1;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_WRITE);
	epcm->pending = 0;
	epcm->blocked = 1;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_WRITE);
	assert_true(epcm_trylock_exclusive(epcm));
	check_gp(m, enclu(&m->lp));
	mapping_of(m, LA(OFF_TCS))->pa = EPC_NONE;
	m->lp.r.rcx = 1ull << 47;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_WRITE);
	m->lp.r.rbx += 8;
	check_gp(m, enclu(&m->lp));
}

#define T(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_enclave, \
					machine_teardown)

#define L(f) cmocka_unit_test_setup_teardown(f, setup_large, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EENTER", "SDM \"EENTER - Enters an Enclave\", Operation"),
	ROW("RBX (TCS) is not page aligned", "#GP(0)", T(tcs_unaligned)),
	ROW("RBX is not canonical", "#GP(0)", T(tcs_not_canonical)),
	ROW("the page tables refuse RBX", "their #PF", T(tcs_walk)),
	DEVIATES("DC16", "the page tables let RBX be read only",
		 "#PF of a write", T(tcs_walk)),
	ROW("RBX is no EPC page", "#PF(RBX)", T(tcs_not_epc)),
	ROW("RCX (AEP) is not canonical", "#GP(0)", T(aep_not_canonical)),
	ROW("the TCS is in use by an exclusive leaf", "#GP(0)", T(tcs_in_use)),
	ROW("the TCS is invalid", "#PF(RBX)", T(tcs_invalid)),
	ROW("the TCS is BLOCKED", "#PF(RBX)", T(tcs_blocked)),
	ROW("ENCLAVEADDRESS is not RBX", "#PF(RBX)", T(tcs_elsewhere)),
	ROW("the page is not TCS", "#PF(RBX)", T(tcs_is_reg)),
	ROW("PENDING or MODIFIED", "#PF(RBX)", T(tcs_pending), T(tcs_modified)),
	ROW("OSSA is not page aligned", "#GP(0)", T(ossa_unaligned)),
	ROW("OFSBASE or OGSBASE is not page aligned", "#GP(0)",
	    T(ofsbase_unaligned), T(ogsbase_unaligned)),
	ROW("TCS.FLAGS has reserved bits set", "#GP(0)", T(flags_reserved),
	    T(flags_reserved_high)),
	ROW("TCS.FLAGS.AEXNOTIFY is not enumerated", "#GP(0)",
	    T(notify_not_enumerated)),
	ROW("the enclave is not initialised", "#GP(0)", T(not_initialised)),
	ROW("the enclave is 32-bit, the processor in 64-bit mode", "#GP(0)",
	    T(enclave_32bit)),
	ROW("XFRM is not a part of XCR0", "#GP(0)", T(xfrm_not_enabled)),
	ROW("TCS.FLAGS.AEXNOTIFY is not ATTRIBUTES.AEXNOTIFY", "#GP(0)",
	    T(notify_without_attribute), T(attribute_without_notify)),
	ROW("the same, DBGOPTIN", "is legal", T(debug_opt_in_needs_no_notify)),
	ROW("CSSA is not below NSSA", "#GP(0)", T(cssa_at_nssa), T(nssa_zero)),
	ROW("SSA frame: not canonical", "#GP(0)", T(ssa_not_canonical)),
	ROW("SSA frame: the page tables refuse", "their #PF, of a write",
	    T(ssa_walk)),
	ROW("SSA frame: no EPC page", "#PF(page)", T(ssa_not_epc)),
	ROW("SSA frame: invalid", "#PF(page)", T(ssa_invalid)),
	ROW("SSA frame: BLOCKED", "#PF(page)", T(ssa_blocked)),
	ROW("SSA frame: PENDING or MODIFIED", "#PF(page)", T(ssa_pending),
	    T(ssa_modified)),
	ROW("SSA frame: another address", "#PF(page)", T(ssa_elsewhere)),
	ROW("SSA frame: not REG", "#PF(page)", T(ssa_is_tcs)),
	ROW("SSA frame: another enclave's", "#PF(page)", T(ssa_of_other)),
	ROW("SSA frame: without R or W", "#PF(page)", T(ssa_not_readable),
	    T(ssa_not_writable)),
	ROW("SSA frame of several pages: those of XSAVE, then GPR's",
	    "#PF(page); GPR: #PF(GPR)", L(large_frame)),
	ROW("OENTRY is not canonical", "#GP(0)", T(oentry_not_canonical)),
	ROW("FS or GS base is not canonical", "#GP(0)", T(fs_not_canonical),
	    T(gs_not_canonical)),
	ROW("TCS.STATE is ACTIVE", "#GP(0)", T(active), T(second_processor)),
	DEVIATES("DC14", "error codes of its #PF", "P, U, SGX and W",
		 T(tcs_invalid), T(ssa_invalid)),
	ROW("the frame is BLOCKED meanwhile", "#PF(RBX)",
	    L(frame_blocked_meanwhile)),
	DEVIATES("DK16", "EBLOCK of the TCS meanwhile", "SGX_EPC_PAGE_CONFLICT",
		 T(tcs_blocked_meanwhile)),
	ROW("two checks fail", "the first decides", T(order), T(tcs_walk)),
	ROW("none of these", "registers, TCS and SSA as at OENTRY", T(success),
	    T(nested)),
	ROW("TF, opt-out and opt-in", "cleared; kept", T(success),
	    T(opt_in_keeps_tf)),
};

CONFORM_MAIN(rows, NULL)
