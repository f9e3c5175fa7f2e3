/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AEX: SDM "Internal CPU Control Flow of AEX", "Synthetic State on
 * Asynchronous Enclave Exit", "EXITINFO", "EXINFO".
 */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

static struct sgx_gprsgx *gpr_of(struct machine *m)
{
	return at(m, LA(OFF_SSA) + 4096 - sizeof(struct sgx_gprsgx));
}

static struct sgx_exinfo *exinfo_of(struct machine *m)
{
	return (struct sgx_exinfo *)gpr_of(m) - 1;
}

static void fill_registers(struct machine *m)
{
	uint64_t *r = &m->lp.r.rax;
	int i;

	for (i = 0; i < 16; i++)
		r[i] = 0x1000 + i;
	m->lp.r.rip = LA(OFF_CODE + 0x200);
	m->lp.r.fsbase = 0xf5000;
	m->lp.r.gsbase = 0x65000;
}

static void raise(struct machine *m, uint8_t vector, uint32_t error_code,
		  uint64_t address)
{
	struct fault event = { vector, error_code, address };

	aex(&m->lp, &event, NULL);
}

static void saved_registers(void **state)
{
	struct machine *m = *state;
	const struct sgx_gprsgx *gpr = gpr_of(m);
	const uint64_t *r = &gpr->rax;
	int i;

	fill_registers(m);
	m->lp.r.rflags = 0x202 | RFLAGS_STATUS | RFLAGS_DF | RFLAGS_TF;
	interrupt(m);
	for (i = 0; i < 16; i++)
		assert_int_equal(r[i], 0x1000 + i);
	assert_int_equal(gpr->rip, LA(OFF_CODE + 0x200));
	assert_int_equal(gpr->rflags, 0x202 | RFLAGS_STATUS | RFLAGS_DF);
	assert_int_equal(gpr->fsbase, 0xf5000);
	assert_int_equal(gpr->gsbase, 0x65000);
	assert_int_equal(gpr->ursp, HOST_RSP);
	assert_int_equal(gpr->urbp, HOST_RBP);
	assert_int_equal(gpr->exitinfo, 0);
}

static void synthetic_registers(void **state)
{
	struct machine *m = *state;
	/* clang-format off */
	struct lp_regs expected = {
		.rax = 3, .rbx = LA(OFF_TCS), .rcx = HOST_AEP,
		.rsp = 0x1234, .rbp = HOST_RBP, .rip = HOST_AEP,
		.rflags = 0x202 | RFLAGS_DF | RFLAGS_AC | RFLAGS_NT | RFLAGS_ID,
		.fsbase = HOST_FSBASE, .gsbase = HOST_GSBASE,
	};
	/* clang-format on */

	fill_registers(m);
	m->lp.r.rflags = expected.rflags | RFLAGS_STATUS | RFLAGS_RF;
	gpr_of(m)->ursp = 0x1234; /* an enclave may move it */
	interrupt(m);
	assert_memory_equal(&m->lp.r, &expected, sizeof(expected));
}

static void thread_state(void **state)
{
	struct machine *m = *state;
	struct sgx_tcs *tcs = at(m, LA(OFF_TCS));

	interrupt(m);
	assert_int_equal(tcs->cssa, 1);
	assert_int_equal(tcs->state, TCS_INACTIVE);
	assert_false(anybody_inside(m));
}

/* RF is what the event's stack image has: set for a fault, not for a trap. */
static void rf(void **state)
{
	struct machine *m = *state;
	static const struct {
		uint8_t vector;
		bool fault;
	} events[] = {
		{ VECTOR_DE, true },
		{ VECTOR_UD, true },
		{ VECTOR_PF, true },
		{ VECTOR_DB, false },
	};
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		m->lp.r.rflags = 0x202;
		raise(m, events[i].vector, 0, 0);
		assert_int_equal(gpr_of(m)->rflags & RFLAGS_RF,
				 events[i].fault ? RFLAGS_RF : 0);
		prepare_eresume(m);
		assert_int_equal(enclu(&m->lp), 0);
	}
	m->lp.r.rflags = 0x202 | RFLAGS_RF;
	interrupt(m);
	assert_int_equal(gpr_of(m)->rflags & RFLAGS_RF, RFLAGS_RF);
	assert_int_equal(m->lp.r.rflags & RFLAGS_RF, 0);
}

#define REPORTED(vector, type) (1u << 31 | (type) << 8 | (vector))

static void exitinfo(void **state)
{
	struct machine *m = *state;
	static const struct {
		uint8_t vector;
		uint32_t exitinfo;
	} events[] = {
		/* clang-format off */
		{ VECTOR_DE, REPORTED(0, 3) }, { VECTOR_DB, REPORTED(1, 3) },
		{ VECTOR_BP, REPORTED(3, 6) }, { VECTOR_BR, REPORTED(5, 3) },
		{ VECTOR_UD, REPORTED(6, 3) }, { VECTOR_GP, REPORTED(13, 3) },
		{ VECTOR_PF, REPORTED(14, 3) }, { VECTOR_MF, REPORTED(16, 3) },
		{ VECTOR_AC, REPORTED(17, 3) }, { VECTOR_XM, REPORTED(19, 3) },
		{ 2, 0 }, { 7, 0 }, { 11, 0 }, { 12, 0 }, { 18, 0 }, { 32, 0 },
		/* clang-format on */
	};
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		gpr_of(m)->exitinfo = 0xffffffff;
		raise(m, events[i].vector, 0, 0);
		assert_int_equal(gpr_of(m)->exitinfo, events[i].exitinfo);
		prepare_eresume(m);
		assert_int_equal(enclu(&m->lp), 0);
	}
}

static void exinfo_pf(void **state)
{
	struct machine *m = *state;

	memset(exinfo_of(m), 0xff, sizeof(struct sgx_exinfo));
	raise(m, VECTOR_PF, PF_PROT | PF_USER | PF_SGX, LA(0x1234));
	assert_int_equal(exinfo_of(m)->maddr, LA(0x1234));
	assert_int_equal(exinfo_of(m)->errcd, 0x8005);
	assert_int_equal(exinfo_of(m)->reserved, 0);
}

static void exinfo_gp(void **state)
{
	struct machine *m = *state;

	memset(exinfo_of(m), 0xff, sizeof(struct sgx_exinfo));
	raise(m, VECTOR_GP, 0x18, 0);
	assert_int_equal(exinfo_of(m)->maddr, 0);
	assert_int_equal(exinfo_of(m)->errcd, 0x18);
}

/* Other events leave the MISC region alone. */
static void exinfo_other(void **state)
{
	struct machine *m = *state;

	exinfo_of(m)->maddr = 0x77;
	raise(m, VECTOR_UD, 0, 0);
	assert_int_equal(exinfo_of(m)->maddr, 0x77);
}

static int setup_no_exinfo(void **state)
{
	struct machine *m;

	machine_setup(state);
	m = *state;
	m->miscselect = 0;
	build_enclave(m);
	enter(m);
	return 0;
}

static void no_exinfo(void **state)
{
	struct machine *m = *state;

	exinfo_of(m)->maddr = 0x77;
	gpr_of(m)->exitinfo = 0xffffffff;
	raise(m, VECTOR_PF, PF_USER, LA(0));
	assert_int_equal(gpr_of(m)->exitinfo, 0);
	assert_int_equal(exinfo_of(m)->maddr, 0x77);
}

static void cr2(void **state)
{
	struct machine *m = *state;
	struct fault event = { VECTOR_PF, PF_USER, 0x123456789abc };
	uint64_t value = 0;

	aex(&m->lp, &event, &value);
	assert_int_equal(value, 0x123456789000);
	prepare_eresume(m);
	assert_int_equal(enclu(&m->lp), 0);
	event.vector = VECTOR_UD;
	value = 0x55;
	aex(&m->lp, &event, &value);
	assert_int_equal(value, 0x55);
}

static uint32_t live32(struct machine *m, unsigned offset)
{
	uint32_t value;

	memcpy(&value, m->xsave + offset, sizeof(value));
	return value;
}

static void synthetic_fpu(void **state)
{
	struct machine *m = *state;
	static const struct {
		int vector;
		uint32_t x87, mxcsr;
	} events[] = {
		{ -1, 0x037f, 0x1fb0 },
		{ VECTOR_PF, 0x037f, 0x1fb0 },
		{ VECTOR_MF, 0x8081037e, 0x1fb0 },
		{ VECTOR_XM, 0x037f, 0x1f01 },
	};
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		memset(m->xsave, 0x5a, 416);
		memset(m->xsave + 28, 0xff, 2);
		memset(m->xsave + 30, 0, 2);
		memset(m->xsave + 24, 0, 4);
		m->xsave[512] = 7;
		if (events[i].vector < 0)
			interrupt(m);
		else
			raise(m, events[i].vector, 0, 0);
		assert_int_equal(live32(m, 0), events[i].x87);
		assert_int_equal(live32(m, 4), 0);
		assert_int_equal(live32(m, 24), events[i].mxcsr);
		assert_int_equal(live32(m, 28), 0xffff);
		assert_int_equal(live32(m, 32), 0);
		assert_int_equal(live32(m, 412), 0);
		assert_int_equal(m->xsave[512], 3);
		prepare_eresume(m);
		assert_int_equal(enclu(&m->lp), 0);
		assert_int_equal(live32(m, 0), 0x5a5a5a5a);
		assert_int_equal(live32(m, 24), 0);
		assert_int_equal(live32(m, 412), 0x5a5a5a5a);
		assert_int_equal(m->xsave[512], 7);
	}
}

/* Cached addresses: an AEX cannot fault, whatever became of the pages. */
static void after_loss(void **state)
{
	struct machine *m = *state;
	unsigned i;

	for (i = 0; i < EPC_PAGES; i++)
		m->cpu.epcm[i].valid = 0;
	interrupt(m);
	assert_int_equal(m->lp.r.rip, HOST_AEP);
	prepare_eresume(m);
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_WRITE);
}

#define T(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_entered, \
					machine_teardown)

#define N(f) \
	cmocka_unit_test_setup_teardown(f, setup_no_exinfo, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("AEX", "SDM \"Internal CPU Control Flow of AEX\""),
	ROW("registers and RIP", "saved in GPRSGX of frame CSSA",
	    T(saved_registers)),
	ROW("TF, RF in the saved RFLAGS",
	    "TF 0; RF as the event's frame "
	    "would have it",
	    T(saved_registers), T(rf)),
	ROW("TCS", "CSSA+1, STATE INACTIVE", T(thread_state)),
	ROW("#PF", "CR2 without its low 12 bits", T(cr2)),
	ROW("the enclave's pages are lost", "it exits all the same",
	    T(after_loss)),
	CITE("SDM \"Synthetic State on Asynchronous Enclave Exit\""),
	ROW("RAX, RBX, RCX", "3, TCS, AEP", T(synthetic_registers)),
	ROW("RDX, RSI, RDI, R8 to R15", "0", T(synthetic_registers)),
	ROW("RSP, RBP", "URSP, URBP", T(synthetic_registers)),
	ROW("CF, PF, AF, ZF, SF, OF, RF", "0; the other flags are kept",
	    T(synthetic_registers)),
	ROW("FCW, FSW, MXCSR, XMM",
	    "037FH, 0, 1FB0H, 0; #MF 037EH, 8081H; "
	    "#XM 1F01H",
	    T(synthetic_fpu)),
	CITE("SDM \"EXITINFO\", \"EXINFO Structure\""),
	ROW("#DE, #DB, #BR, #UD, #MF, #AC, #XM", "vector, type 3, VALID",
	    T(exitinfo)),
	ROW("#BP", "vector, type 6, VALID", T(exitinfo)),
	ROW("#GP, #PF with EXINFO",
	    "vector, type 3, VALID; EXINFO has the "
	    "address and the error code",
	    T(exinfo_pf), T(exinfo_gp)),
	DEVIATES("DC18", "#GP, #PF without EXINFO, interrupts", "EXITINFO is 0",
		 T(exitinfo), N(no_exinfo)),
	ROW("other exceptions", "EXINFO is not written", T(exinfo_other)),
};

CONFORM_MAIN(rows, NULL)
