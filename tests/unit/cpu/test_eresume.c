/* SPDX-License-Identifier: BSD-3-Clause */
/* ERESUME: what differs from EENTER, in the order of SDM "ERESUME". */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

#define INSIDE_RIP LA(OFF_CODE + 0x100)

static struct sgx_tcs *tcs_of(struct machine *m)
{
	return at(m, LA(OFF_TCS));
}

static struct sgx_gprsgx *gpr_of(struct machine *m, unsigned frame)
{
	return at(m,
		  LA(OFF_SSA) + (frame + 1) * 4096 - sizeof(struct sgx_gprsgx));
}

/* Some registers inside the enclave, then an interrupt. */
static int setup(void **state)
{
	struct machine *m;
	uint64_t *r;
	int i;

	machine_setup_entered(state);
	m = *state;
	r = &m->lp.r.rax;
	for (i = 0; i < 16; i++)
		r[i] = 0x1000 + i;
	m->lp.r.rip = INSIDE_RIP;
	m->lp.r.rflags = 0x202 | RFLAGS_CF | RFLAGS_DF;
	m->lp.r.fsbase = LA(0x1230);
	m->lp.r.gsbase = LA(0x4560);
	interrupt(m);
	prepare_eresume(m);
	return 0;
}

static void refused(struct machine *m)
{
	assert_false(m->lp.cr_enclave_mode);
	assert_int_equal(tcs_of(m)->state, TCS_INACTIVE);
	assert_int_equal(tcs_of(m)->cssa, 1);
	assert_int_equal(epcm_at(m, LA(OFF_TCS))->lock, 0);
	assert_false(anybody_inside(m));
}

#define GP(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
		struct sgx_gprsgx *gpr = gpr_of(m, 0); \
		uint8_t *frame = at(m, LA(OFF_SSA)); \
		struct lp_regs before; \
\
		(void)gpr; \
		(void)frame; \
		spoil; \
		before = m->lp.r; \
		check_gp(m, enclu(&m->lp)); \
		assert_memory_equal(&m->lp.r, &before, sizeof(before)); \
		refused(m); \
	}

GP(tcs_unaligned, m->lp.r.rbx++)
GP(aep_not_canonical, m->lp.r.rcx = 1ull << 47)
GP(rip_not_canonical, gpr->rip = 1ull << 47)
GP(fs_not_canonical, gpr->fsbase = 1ull << 47)
GP(gs_not_canonical, gpr->gsbase = 1ull << 63)
GP(xstate_bv_beyond_xfrm, frame[513] = 1)
GP(xstate_bv_high, frame[519] = 0x80)
GP(xsave_header_zero_first, frame[520] = 1)
GP(xsave_header_zero_last, frame[535] = 1)
GP(mxcsr_reserved, frame[26] = 1)

static void cssa_zero(void **state)
{
	struct machine *m = *state;

	/* A frame that could be used lies at CSSA-1 all the same. */
	tcs_of(m)->ossa = OFF_SSA - 0xffffffffull * SGX_PAGE_SIZE;
	tcs_of(m)->cssa = 0;
	check_gp(m, enclu(&m->lp));
	assert_int_equal(tcs_of(m)->cssa, 0);
	assert_int_equal(tcs_of(m)->state, TCS_INACTIVE);
}

static void tcs_lost(void **state)
{
	struct machine *m = *state;

	epcm_at(m, LA(OFF_TCS))->valid = 0;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_WRITE);
	refused(m);
}

static void frame_lost(void **state)
{
	struct machine *m = *state;

	epcm_at(m, LA(OFF_SSA))->valid = 0;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_SSA), PF_WRITE);
	refused(m);
	/* Not the frame that EENTER would take. */
	epcm_at(m, LA(OFF_SSA))->valid = 1;
	epcm_at(m, LA(OFF_SSA) + SGX_PAGE_SIZE)->valid = 0;
	assert_int_equal(enclu(&m->lp), 0);
}

static void active(void **state)
{
	struct machine *m = *state;
	uint8_t *frame = at(m, LA(OFF_SSA));

	tcs_of(m)->state = TCS_ACTIVE;
	check_gp(m, enclu(&m->lp));
	assert_int_equal(tcs_of(m)->state, TCS_ACTIVE);
	/* STATE comes before XRSTOR, which would make it INACTIVE. */
	frame[520] = 1;
	check_gp(m, enclu(&m->lp));
	assert_int_equal(tcs_of(m)->state, TCS_ACTIVE);
}

static void success(void **state)
{
	struct machine *m = *state;
	const uint64_t *r = &m->lp.r.rax;
	struct sgx_gprsgx *gpr = gpr_of(m, 0);
	int i;

	gpr->ursp = 0xabc;
	m->lp.r.rcx = HOST_AEP + 16;
	m->lp.r.rflags = 0x202 | RFLAGS_ZF | (3ull << 12);
	assert_int_equal(enclu(&m->lp), 0);
	for (i = 0; i < 16; i++)
		assert_int_equal(r[i], 0x1000 + i);
	assert_int_equal(m->lp.r.rip, INSIDE_RIP);
	/* CF, DF from the frame; IOPL is left alone. */
	assert_int_equal(m->lp.r.rflags,
			 0x202 | RFLAGS_CF | RFLAGS_DF | (3ull << 12));
	assert_int_equal(m->lp.r.fsbase, LA(0x1230));
	assert_int_equal(m->lp.r.gsbase, LA(0x4560));
	assert_int_equal(tcs_of(m)->cssa, 0);
	assert_int_equal(tcs_of(m)->state, TCS_ACTIVE);
	assert_int_equal(tcs_of(m)->aep, HOST_AEP + 16);
	assert_int_equal(gpr->ursp, 0xabc);
	assert_int_equal(m->lp.cr_save_fsbase, HOST_FSBASE);
	assert_true(anybody_inside(m));
}

/* Once more out and in: the same frame is used, and nothing is lost. */
static void again(void **state)
{
	struct machine *m = *state;
	int i;

	for (i = 0; i < 100; i++) {
		prepare_eresume(m);
		assert_int_equal(enclu(&m->lp), 0);
		assert_int_equal(m->lp.r.rax, 0x1000);
		m->lp.r.rip++;
		interrupt(m);
		assert_int_equal(tcs_of(m)->cssa, 1);
	}
	prepare_eresume(m);
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->lp.r.rip, INSIDE_RIP + 100);
}

/* The TF that the program has at ERESUME comes back when it leaves. */
static void tf(void **state)
{
	struct machine *m = *state;

	gpr_of(m, 0)->rflags |= RFLAGS_TF;
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->lp.r.rflags & RFLAGS_TF, 0);
	interrupt(m);
	prepare_eresume(m);
	m->lp.r.rflags |= RFLAGS_TF;
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->lp.r.rflags & RFLAGS_TF, 0);
	interrupt(m);
	assert_int_equal(m->lp.r.rflags & RFLAGS_TF, RFLAGS_TF);
}

/* An enclave changes its saved state: it goes on there. */
static void changed_frame(void **state)
{
	struct machine *m = *state;

	gpr_of(m, 0)->rip = HOST_RIP;
	gpr_of(m, 0)->rax = 77;
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->lp.r.rip, HOST_RIP);
	assert_int_equal(m->lp.r.rax, 77);
}

/* AEX-Notify ------------------------------------------------------------ */

static int setup_notify(void **state)
{
	struct machine *m;

	machine_setup(state);
	m = *state;
	m->attributes |= SGX_ATTR_AEXNOTIFY;
	m->tcs_flags = TCS_AEXNOTIFY;
	m->nssa = 3;
	build_enclave(m);
	enter(m);
	m->lp.r.rip = INSIDE_RIP;
	interrupt(m);
	gpr_of(m, 0)->aexnotify = 0; /* not what the page was filled with */
	prepare_eresume(m);
	return 0;
}

static void notify_not_asked(void **state)
{
	struct machine *m = *state;

	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->lp.r.rip, INSIDE_RIP);
	assert_int_equal(tcs_of(m)->cssa, 0);
}

static void notify(void **state)
{
	struct machine *m = *state;

	gpr_of(m, 0)->aexnotify = 1;
	m->lp.r.rsp = 0x8888;
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->lp.r.rip, LA(OENTRY));
	assert_int_equal(m->lp.r.rax, 1);
	assert_int_equal(m->lp.r.rcx, HOST_RIP + 3);
	assert_int_equal(m->lp.r.fsbase, LA(OFSBASE));
	assert_int_equal(gpr_of(m, 1)->ursp, 0x8888);
	assert_int_equal(tcs_of(m)->cssa, 1);
	/* AEX does not touch the byte, and the next one uses frame 1. */
	interrupt(m);
	assert_int_equal(tcs_of(m)->cssa, 2);
	assert_int_equal(gpr_of(m, 0)->aexnotify, 1);
}

static void notify_no_frame(void **state)
{
	struct machine *m = *state;

	gpr_of(m, 0)->aexnotify = 1;
	tcs_of(m)->nssa = 1;
	check_gp(m, enclu(&m->lp));
	refused(m);
}

static void notify_frame_lost(void **state)
{
	struct machine *m = *state;
	uint64_t second = LA(OFF_SSA) + SGX_PAGE_SIZE;

	gpr_of(m, 0)->aexnotify = 1;
	epcm_at(m, second)->valid = 0;
	check_epcm_pf(m, enclu(&m->lp), second, PF_WRITE);
	refused(m);
}

/* The TCS is held from before it is looked at. */
static void tcs_blocked_meanwhile(void **state)
{
	struct machine *m = *state;

	block_meanwhile(m, LA(OFF_SSA), LA(OFF_TCS));
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(meanwhile_code(), SGX_EPC_PAGE_CONFLICT);
	assert_int_equal(epcm_at(m, LA(OFF_TCS))->blocked, 0);
}

static int setup_two_pages(void **state)
{
	struct machine *m;

	machine_setup(state);
	m = *state;
	m->ssaframesize = 2;
	build_enclave(m);
	enter(m);
	interrupt(m);
	prepare_eresume(m);
	return 0;
}

/* Once the frame's next page is found, the first one is blocked. */
static void frame_blocked_meanwhile(void **state)
{
	struct machine *m = *state;

	block_meanwhile(m, LA(OFF_SSA) + SGX_PAGE_SIZE, LA(OFF_SSA));
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_WRITE);
	assert_int_equal(meanwhile_code(), SGX_SUCCESS);
	refused(m);
	for (uint64_t i = 0; i < 2; i++)
		assert_false(held_at(m, LA(OFF_SSA) + i * SGX_PAGE_SIZE));
	assert_false(held_at(m, LA(OFF_TCS)));
	assert_null(m->lp.processor);
}

/* What ERESUME shares with EENTER, each of it spoilt. */
struct spoilt {
	struct epcm *tcs_epcm, *ssa_epcm;
	struct sgx_tcs *tcs;
	struct sgx_secs *secs;
};

#define SPOIL(name, change) \
	static void name(struct machine *m, struct spoilt *s) \
	{ \
		(void)m; \
		(void)s; \
		change; \
	}

SPOIL(tcs_blocked, s->tcs_epcm->blocked = 1)
SPOIL(tcs_pending, s->tcs_epcm->pending = 1)
SPOIL(tcs_modified, s->tcs_epcm->modified = 1)
SPOIL(tcs_is_reg, s->tcs_epcm->pt = PT_REG)
SPOIL(tcs_elsewhere, s->tcs_epcm->enclaveaddress += 4096)
SPOIL(tcs_not_epc, mapping_of(m, LA(OFF_TCS))->pa = EPC_NONE)
SPOIL(ssa_blocked, s->ssa_epcm->blocked = 1)
SPOIL(ssa_pending, s->ssa_epcm->pending = 1)
SPOIL(ssa_modified, s->ssa_epcm->modified = 1)
SPOIL(ssa_elsewhere, s->ssa_epcm->enclaveaddress ^= 4096)
SPOIL(ssa_is_tcs, s->ssa_epcm->pt = PT_TCS)
SPOIL(ssa_of_other, s->ssa_epcm->enclavesecs += 4096)
SPOIL(ssa_not_readable, s->ssa_epcm->r = 0)
SPOIL(ssa_not_writable, s->ssa_epcm->w = 0)
SPOIL(ssa_not_epc, mapping_of(m, LA(OFF_SSA))->pa = EPC_NONE)
SPOIL(ossa_unaligned, s->tcs->ossa += 8)
SPOIL(ofsbase_unaligned, s->tcs->ofsbase += 8)
SPOIL(ogsbase_unaligned, s->tcs->ogsbase += 8)
SPOIL(flags_reserved, s->tcs->flags = 1ull << 2)
SPOIL(not_initialised, s->secs->attributes &= ~SGX_ATTR_INIT)
SPOIL(enclave_32bit, s->secs->attributes &= ~SGX_ATTR_MODE64BIT)
SPOIL(xfrm_not_enabled, m->package.xfrm = 3)
SPOIL(notify_differs, s->tcs->flags = TCS_AEXNOTIFY)
SPOIL(tcs_not_canonical, m->lp.r.rbx = 1ull << 60)
SPOIL(tcs_in_use, epcm_trylock_exclusive(s->tcs_epcm))

typedef void spoil_fn(struct machine *m, struct spoilt *s);

/* `la` 0: #GP(0), else the #PF's address. */
static void faults(void **state, spoil_fn *const *spoils, size_t n, uint64_t la)
{
	struct machine *m;

	for (size_t i = 0; i < n; i++) {
		struct spoilt s;

		setup(state);
		m = *state;
		s.tcs_epcm = epcm_at(m, LA(OFF_TCS));
		s.ssa_epcm = epcm_at(m, LA(OFF_SSA));
		s.tcs = tcs_of(m);
		s.secs = secs_at(&m->cpu, m->secs_pa);
		spoils[i](m, &s);
		if (la)
			check_epcm_pf(m, enclu(&m->lp), la, PF_WRITE);
		else
			check_gp(m, enclu(&m->lp));
		assert_int_equal(s.tcs->cssa, 1);
		assert_int_equal(s.tcs->state, TCS_INACTIVE);
		assert_false(m->lp.cr_enclave_mode);
		machine_teardown(state);
	}
	*state = NULL;
}

#define FAULTS(name, la, ...) \
	static void name(void **state) \
	{ \
		static spoil_fn *const spoils[] = { __VA_ARGS__ }; \
\
		faults(state, spoils, sizeof(spoils) / sizeof(spoils[0]), la); \
	}

FAULTS(tcs_of_no_use, LA(OFF_TCS), tcs_not_epc, tcs_blocked, tcs_pending,
       tcs_modified, tcs_is_reg, tcs_elsewhere)
FAULTS(tcs_conflict, 0, tcs_in_use, tcs_not_canonical)
FAULTS(tcs_fields, 0, ossa_unaligned, ofsbase_unaligned, ogsbase_unaligned,
       flags_reserved)
FAULTS(enclave_of_no_use, 0, not_initialised, enclave_32bit, xfrm_not_enabled,
       notify_differs)
FAULTS(frame_of_no_use, LA(OFF_SSA), ssa_not_epc, ssa_blocked, ssa_pending,
       ssa_modified, ssa_elsewhere, ssa_is_tcs, ssa_of_other, ssa_not_readable,
       ssa_not_writable)

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;

	/* The frame before what is in it. */
	gpr_of(m, 0)->rip = 1ull << 47;
	epcm_at(m, LA(OFF_SSA))->valid = 0;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_SSA), PF_WRITE);
	tcs_of(m)->cssa = 0;
	check_gp(m, enclu(&m->lp));
	epcm_at(m, LA(OFF_TCS))->valid = 0;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_WRITE);
	m->lp.r.rcx = 1ull << 47;
	check_gp(m, enclu(&m->lp));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)
#define P(f) \
	cmocka_unit_test_setup_teardown(f, setup_two_pages, machine_teardown)
#define N(f) cmocka_unit_test_setup_teardown(f, setup_notify, machine_teardown)

#define A(f) cmocka_unit_test(f)

static const struct conform rows[] = {
	SUBJECT("ERESUME", "SDM \"ERESUME - Re-Enters an Enclave\", "
			   "Operation"),
	ROW("RBX (TCS) is not page aligned", "#GP(0)", T(tcs_unaligned)),
	ROW("RCX (AEP) is not canonical", "#GP(0)", T(aep_not_canonical)),
	ROW("RBX is not canonical, or in use by an exclusive leaf", "#GP(0)",
	    A(tcs_conflict)),
	ROW("the TCS is invalid", "#PF(RBX)", T(tcs_lost)),
	ROW("no EPC page, BLOCKED, PENDING, MODIFIED, no TCS, or elsewhere",
	    "#PF(RBX)", A(tcs_of_no_use)),
	ROW("OSSA, OFSBASE, OGSBASE or TCS.FLAGS is illegal", "#GP(0)",
	    A(tcs_fields)),
	ROW("the enclave is not initialised, is 32-bit, has an XFRM beyond "
	    "XCR0, or another AEXNOTIFY",
	    "#GP(0)", A(enclave_of_no_use)),
	ROW("CSSA is 0", "#GP(0)", T(cssa_zero)),
	ROW("SSA frame CSSA-1: invalid", "#PF(page)", T(frame_lost)),
	ROW("SSA frame CSSA-1: no EPC page, BLOCKED, PENDING, MODIFIED, "
	    "elsewhere, not REG, another's, without R or W",
	    "#PF(page)", A(frame_of_no_use)),
	ROW("AEX-Notify: CSSA is not below NSSA", "#GP(0)", N(notify_no_frame)),
	ROW("AEX-Notify: the next SSA frame is invalid", "#PF(page)",
	    N(notify_frame_lost)),
	ROW("RIP of the frame is not canonical", "#GP(0)",
	    T(rip_not_canonical)),
	ROW("FS or GS base of the frame is not canonical", "#GP(0)",
	    T(fs_not_canonical), T(gs_not_canonical)),
	ROW("TCS.STATE is ACTIVE", "#GP(0)", T(active)),
	ROW("XRSTOR: XSTATE_BV has bits that XFRM has not", "#GP(0)",
	    T(xstate_bv_beyond_xfrm), T(xstate_bv_high)),
	ROW("XRSTOR: bytes 8 to 23 of the header are not 0", "#GP(0)",
	    T(xsave_header_zero_first), T(xsave_header_zero_last)),
	ROW("XRSTOR: MXCSR has reserved bits set", "#GP(0)", T(mxcsr_reserved)),
	ROW("the frame is BLOCKED meanwhile", "#PF(RBX)",
	    P(frame_blocked_meanwhile)),
	DEVIATES("DK16", "EBLOCK of the TCS meanwhile", "SGX_EPC_PAGE_CONFLICT",
		 T(tcs_blocked_meanwhile)),
	ROW("two checks fail", "the first decides", T(order), T(active)),
	ROW("none of these", "registers and RFLAGS of the frame; CSSA-1",
	    T(success), T(again), T(changed_frame)),
	DEVIATES("DC17", "TF on opt-out", "saved, then cleared", T(tf)),
	ROW("AEX-Notify: not asked for in the frame", "as without it",
	    N(notify_not_asked)),
	DEVIATES("DC19", "AEX-Notify: asked for",
		 "entered at OENTRY; RCX is the next RIP", N(notify)),
};

CONFORM_MAIN(rows, NULL)
