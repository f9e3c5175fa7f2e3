/* SPDX-License-Identifier: BSD-3-Clause */
/* ERESUME: what differs from EENTER, in the order of SDM "ERESUME". */
#include "tests/unit/cpu/fixture.h"

#define INSIDE_RIP	LA(OFF_CODE + 0x100)

static struct sgx_tcs *tcs_of(struct machine *m)
{
	return at(m, LA(OFF_TCS));
}

static struct sgx_gprsgx *gpr_of(struct machine *m, unsigned frame)
{
	return at(m, LA(OFF_SSA) + (frame + 1) * 4096 -
		     sizeof(struct sgx_gprsgx));
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
	assert_false(secs_active(secs_hidden_at(&m->cpu, m->secs_pa)));
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
	/* STATE comes before XRSTOR, after RIP. */
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
	assert_true(secs_active(secs_hidden_at(&m->cpu, m->secs_pa)));
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
	gpr_of(m, 0)->aexnotify = 0;	/* not what the page was filled with */
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

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)
#define N(f) cmocka_unit_test_setup_teardown(f, setup_notify, machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(tcs_unaligned), T(aep_not_canonical), T(tcs_lost),
		T(cssa_zero), T(frame_lost), T(rip_not_canonical),
		T(fs_not_canonical), T(gs_not_canonical), T(active),
		T(xstate_bv_beyond_xfrm), T(xstate_bv_high),
		T(xsave_header_zero_first), T(xsave_header_zero_last),
		T(mxcsr_reserved), T(success), T(again), T(tf),
		T(changed_frame), N(notify_not_asked), N(notify),
		N(notify_no_frame), N(notify_frame_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
