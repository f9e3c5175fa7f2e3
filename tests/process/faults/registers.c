/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole state of the processor, at random, through an AEX and ERESUME: in
 * the SSA bit for bit, and back bit for bit; again after the enclave's own
 * handler has put another state into SSA[0].  With every XFRM that the host
 * has; one that is smaller than XCR0 leaves the rest alone.
 *
 * Source: SDM "Asynchronous Exit (AEX)", "ERESUME", "Processor Extended
 * States"; vol. 1 "Managing State Using the XSAVE Feature Set".
 */
#define _GNU_SOURCE
#include "tests/process/faults/registers.h"

#include <cpuid.h>
#include <fcntl.h>
#include <immintrin.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/process/fixture/bare.h"
#include "tests/process/fixture/check.h"

#define FLAGS_ANY   0x244cd5ul /* CF PF AF ZF SF DF OF NT AC ID */
#define FLAGS_FIXED 0x202ul    /* bit 1, IF */
#define FLAG_RF     0x10000ul
#define ROUNDS      100
#define COMPONENTS  10 /* of XSAVE: up to PKRU */
#define PKRU        9
#define XFRM_PKRU   (1ul << PKRU)

/* Of the legacy region: control, MXCSR, registers.  Not: FOP, FIP, FDP. */
static const struct range {
	unsigned from, to;
} legacy[] = { { 0, 5 }, { 24, 28 }, { 32, 416 } };

#define PROVES(check, gives) \
	CHECK_ROW("registers and XSAVE", \
		  "SDM \"Asynchronous Exit (AEX)\", \"ERESUME\", Operation", \
		  check, gives)

static struct enclave enclave = ENCLAVE_NONE;
static uint64_t xfrm;
static uint64_t own_keys;                  /* bits of PKRU */
static struct range component[COMPONENTS]; /* of the standard format */
static struct state in, out;

static uint64_t random64(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void find_components(void)
{
	unsigned eax, ebx, ecx, edx;

	for (unsigned i = 2; i < COMPONENTS; i++) {
		__cpuid_count(0xd, i, eax, ebx, ecx, edx);
		component[i] = (struct range){ ebx, ebx + eax };
	}
}

/*
 * The bits of PKRU that are the program's to use: of all the keys that it can
 * get.  (Key 0 is everybody's; one may keep the EPC, DP26.)
 */
static void find_keys(void)
{
	int device = open("/dev/sgx_enclave", O_RDWR);
	long key;

	while ((key = syscall(SYS_pkey_alloc, 0, 0)) > 0)
		own_keys |= 3ull << 2 * key;
	close(device);
}

/* FCW with all masked, so no ES and B in FSW; empty registers count too. */
static void random_legacy(uint8_t *xsave)
{
	uint16_t fcw = 0x7f | (random64() & 0x0f00);
	uint16_t fsw = random64() & 0x7f7f;
	uint32_t mxcsr = random64() & 0xffbf;

	memset(xsave, 0, 576);
	for (unsigned i = 160; i < 416; i++)
		xsave[i] = (uint8_t)random64();
	for (unsigned i = 0; i < 8 * 16; i++)
		xsave[32 + i] = i % 16 < 10 ? (uint8_t)random64() : 0;
	memcpy(xsave, &fcw, 2);
	memcpy(xsave + 2, &fsw, 2);
	xsave[4] = (uint8_t)random64();
	memcpy(xsave + 24, &mxcsr, 4);
	memcpy(xsave + 512, &xfrm, 8);
}

static void random_state(struct state *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < 16; i++)
		s->gpr[i] = random64();
	s->rflags = (random64() & FLAGS_ANY) | FLAGS_FIXED;
	s->fsbase = random64() >> 18;
	s->mask = xfrm;
	random_legacy(s->xsave);
	for (unsigned i = 2; i < COMPONENTS; i++)
		if (xfrm >> i & 1)
			for (unsigned at = component[i].from;
			     at < component[i].to; at++)
				s->xsave[at] = (uint8_t)random64();
	/* The upper half of the component is nothing. */
	if (xfrm & XFRM_PKRU)
		for (unsigned i = 0; i < 8; i++)
			s->xsave[component[PKRU].from + i] &=
				(uint8_t)(own_keys >> 8 * i);
}

static void same(const uint8_t *got, const uint8_t *want, struct range range)
{
	CHECK(!memcmp(got + range.from, want + range.from,
		      range.to - range.from));
}

static void same_xsave(const uint8_t *got, const uint8_t *want)
{
	for (unsigned i = 0; i < sizeof(legacy) / sizeof(legacy[0]); i++)
		same(got, want, legacy[i]);
	for (unsigned i = 2; i < COMPONENTS; i++)
		if (xfrm >> i & 1)
			same(got, want, component[i]);
}

static void same_gprs(const uint64_t *got, const uint64_t *want)
{
	for (unsigned i = 0; i < 16; i++)
		CHECK_EQ(got[i], want[i]);
}

static void check_frame(const struct bare_frame *frame, const struct state *s)
{
	uint64_t bv;

	memcpy(&bv, frame->xsave + 512, 8);
	CHECK_EQ(bv, xfrm);
	CHECK_EQ(frame->xsave[520], 0);
	same_xsave(frame->xsave, s->xsave);
	same_gprs(&frame->gpr.rax, s->gpr);
	CHECK_EQ(frame->gpr.rflags, s->rflags | FLAG_RF);
	CHECK_EQ(frame->gpr.fsbase, s->fsbase);
	CHECK_EQ(frame->gpr.gsbase,
		 enclave.base + BARE_THREADS + BARE_THREAD_GS);
	CHECK_EQ(frame->gpr.rip, bare_at(&enclave, registers_fault));
	CHECK_EQ(frame->gpr.exitinfo, EXITINFO_VALID | EXITINFO_HW | 6);
}

/* The flags: RF is used up by the instruction, IF the host's. */
static void check_after(const struct state *s)
{
	same_gprs(out.gpr, s->gpr);
	CHECK_EQ(out.rflags, s->rflags);
	CHECK_EQ(out.fsbase, s->fsbase);
	same_xsave(out.xsave, s->xsave);
}

static void interrupt(struct bare_frame *frame)
{
	struct enclave_regs regs = { .rsi = (uint64_t)(uintptr_t)&in,
				     .rdx = (uint64_t)(uintptr_t)&out };
	struct bare_outcome outcome;

	memset(&out, 0, sizeof(out));
	random_state(&in);
	bare_enter(&enclave, 0, BY_ENCLU, registers_run, &regs, &outcome);
	CHECK(!outcome.left);
	CHECK_EQ(outcome.seen.sig, SIGILL);
	/* An AEX leaves these of the flags as they are. */
	CHECK_EQ((outcome.seen.rflags ^ in.rflags) & 0x244400, 0);
	seen_check_aex(&outcome.seen, enclave.tcs[0],
		       (uint64_t)(uintptr_t)enclave_raw_aep);
	seen_check_fpu(&outcome.seen);
	bare_look(&enclave, 0, frame);
	check_frame(frame, &in);
	frame->gpr.rip += 2;
}

static void resume(const struct bare_frame *frame)
{
	struct bare_outcome outcome;

	bare_edit(&enclave, 0, frame);
	bare_enter(&enclave, 0, BY_ENCLU, NULL, NULL, &outcome);
	CHECK(outcome.left);
}

static void unedited(void)
{
	struct bare_frame frame;

	PROVES("an AEX, ERESUME", "all in SSA[0], and back, bit for bit");
	interrupt(&frame);
	resume(&frame);
	check_after(&in);
}

static void edited(void)
{
	struct bare_frame frame;
	struct state other;

	PROVES("the enclave's handler edited SSA[0]", "ERESUME takes it all");
	interrupt(&frame);
	random_state(&other);
	memcpy(&frame.gpr.rax, other.gpr, sizeof(other.gpr));
	frame.gpr.rflags = other.rflags;
	frame.gpr.fsbase = other.fsbase;
	memcpy(frame.xsave, other.xsave, sizeof(other.xsave));
	resume(&frame);
	check_after(&other);
}

/* XSTATE_BV of 0: everything but MXCSR comes from nowhere, and is INIT. */
static void edited_to_init(void)
{
	struct bare_frame frame;
	struct state init;
	uint32_t fcw = 0x37f;

	PROVES("it made XSTATE_BV 0", "INIT; MXCSR is the frame's");
	interrupt(&frame);
	init = in;
	memset(frame.xsave + 512, 0, 8);
	memset(init.xsave, 0, 24);
	memset(init.xsave + 32, 0, sizeof(init.xsave) - 32);
	memcpy(init.xsave, &fcw, 4);
	resume(&frame);
	check_after(&init);
}

/* What only the kernel may set does not come from the SSA; nor does TF. */
static void edited_flags(void)
{
	struct bare_frame frame;

	PROVES("it edited IF, IOPL, TF", "they stay");
	interrupt(&frame);
	frame.gpr.rflags ^= 0x3200; /* IF, IOPL */
	frame.gpr.rflags |= 0x100;  /* TF */
	resume(&frame);
	check_after(&in);
}

static void every_way(const char *name, uint64_t components)
{
	struct enclave_options options = { .miscselect = MISCSELECT_EXINFO,
					   .xfrm = components };

	check_section(name);
	printf("%s\n", name);
	xfrm = components;
	bare_build(&enclave, &options);
	for (unsigned i = 0; i < ROUNDS; i++) {
		unedited();
		edited();
		edited_to_init();
		edited_flags();
	}
	enclave_destroy(&enclave);
}

__attribute__((target("xsave"))) static uint64_t host_xcr0(void)
{
	return __builtin_cpu_supports("avx") ? _xgetbv(0) : 3;
}

static const struct xfrm_row {
	const char *name;
	uint64_t components;
} xfrms[] = {
	{ "x87, SSE", 3 },
	{ "x87, SSE, AVX", 7 },
	{ "x87, SSE, AVX, AVX-512", 0xe7 },
	{ "x87, SSE, AVX, PKRU", 7 | XFRM_PKRU },
};
#define NR_XFRMS (sizeof(xfrms) / sizeof(xfrms[0]))

static void try_xfrm(uint64_t xcr0, const struct xfrm_row *row)
{
	if ((xcr0 & row->components) == row->components)
		every_way(row->name, row->components);
	else
		printf("%s: not on this processor\n", row->name);
}

void check_table(void)
{
	char check[64];

	for (size_t i = 0; i < NR_XFRMS; i++) {
		snprintf(check, sizeof(check), "XFRM %" PRIX64 "H: %s",
			 xfrms[i].components, xfrms[i].name);
		check_print_row(&(struct check_row){
			.subject = "registers and XSAVE",
			.source = "SDM \"Processor Extended States\"",
			.check = check,
			.gives = "its components, in all these ways",
			.file = __FILE__,
			.test = "every_way",
		});
	}
}

static uint8_t ymm_high[256];

/* The upper halves of YMM, as the frame of the signal has them. */
static void keep_avx(int sig, siginfo_t *info, void *context)
{
	const uint8_t *fp = (void *)((ucontext_t *)context)->uc_mcontext.fpregs;

	memcpy(ymm_high, fp + component[2].from, sizeof(ymm_high));
	victim_abandon(context);
	(void)sig, (void)info;
}

/* An enclave without AVX: an AEX does not touch the program's. */
static void outside_xfrm(uint64_t xcr0)
{
	struct enclave_options options = { .miscselect = MISCSELECT_EXINFO };
	struct enclave_regs regs = { 0 };
	uint8_t pattern[32];
	int ret;

	check_section("XFRM 3: AVX is the program's");
	PROVES("XFRM smaller than XCR0", "the rest stays the program's");
	if (!(xcr0 & XFRM_AVX))
		return;
	xfrm = XFRM_LEGACY;
	bare_build(&enclave, &options);
	victim_handle(SIGILL, keep_avx, 0);
	random_state(&in);
	regs.rdi = bare_at(&enclave, registers_run);
	regs.rsi = (uint64_t)(uintptr_t)&in;
	regs.rdx = (uint64_t)(uintptr_t)&out;
	for (unsigned i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7 + 1);
	__asm__ volatile("vmovdqu %0, %%ymm13" : : "m"(pattern) : "xmm13");
	ret = enclave_enter_raw(enclave.tcs[0], ENCLU_EENTER, &regs);
	CHECK_EQ(ret, 1);
	CHECK(!memcmp(ymm_high + 13 * 16, pattern + 16, 16));
	enclave_destroy(&enclave);
}

int main(void)
{
	uint64_t xcr0 = host_xcr0();
	unsigned eax, ebx, ecx, edx;

	check_timeout(40);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || !(ebx & 1))
		check_skip("no FSGSBASE");
	find_components();
	find_keys();
	bare_handle_signals();
	for (size_t i = 0; i < NR_XFRMS; i++)
		try_xfrm(xcr0, &xfrms[i]);
	outside_xfrm(xcr0);
	check_all_rows();
	return check_result();
}
