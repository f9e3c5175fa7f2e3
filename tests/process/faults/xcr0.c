/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * XCR0 is XFRM in an enclave: XGETBV shows it, and XSAVE, XSAVEOPT, XSAVEC and
 * XRSTOR with a mask of all ones go by it, as the SDKs' runtimes count on:
 * Intel's saves with XSAVEC, Gramine with XSAVE, into an area that has room for
 * XFRM and no byte more.
 *	xcr0			each XFRM that the processor has
 *	xcr0 rounds SECONDS	pages come and go meanwhile
 *	xcr0 --no-patch		of a run that leaves them alone
 */
#define _GNU_SOURCE
#include "tests/process/faults/xcr0.h"

#include <cpuid.h>
#include <fcntl.h>
#include <immintrin.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/process/fixture/bare.h"
#include "tests/process/fixture/check.h"

#define SUBJECT              "XCR0 in an enclave"
#define SOURCE               "SDM \"Processor Extended States\""
#define PROVES(check, gives) CHECK_ROW(SUBJECT, SOURCE, check, gives)

#define AREA_MAX 8192
#define GUARD    0xa5

static struct enclave enclave = ENCLAVE_NONE;
static uint64_t xfrm, xcr0;
static uint8_t memory[3 * AREA_MAX] __attribute__((aligned(4096)));
static uint8_t *const area = memory + AREA_MAX;

/* What an instruction has left, having left nothing else. */
static struct xcr0_out out;

__attribute__((target("xsave"))) static uint64_t host_xcr0(void)
{
	return __builtin_cpu_supports("avx") ? _xgetbv(0) : 3;
}

static uint64_t word(const uint8_t *at, unsigned offset)
{
	uint64_t value;

	memcpy(&value, at + offset, sizeof(value));
	return value;
}

static uint32_t size_of(uint64_t components, bool compact)
{
	unsigned eax, ebx, ecx, edx;
	uint32_t end = 576;

	for (unsigned i = 2; i < 32; i++) {
		if (!(components >> i & 1))
			continue;
		__cpuid_count(0xd, i, eax, ebx, ecx, edx);
		if (compact)
			end = (ecx & 2 ? (end + 63) & ~63u : end) + eax;
		else if (ebx + eax > end)
			end = ebx + eax;
	}
	return end;
}

static bool run(const char *label, const void *at, uint64_t rdx, uint64_t r9,
		struct bare_outcome *outcome)
{
	struct enclave_regs regs = {
		.rsi = (uint64_t)(uintptr_t)at,
		.rdx = rdx,
		.r8 = (uint64_t)(uintptr_t)&out,
		.r9 = r9,
	};

	memset(&out, 0, sizeof(out));
	bare_enter(&enclave, 0, enclave_vdso() ? BY_VDSO : BY_ENCLU, label,
		   &regs, outcome);
	return outcome->left;
}

/* It has no effect on registers and flags. */
static void execute(const char *label, const void *at)
{
	struct bare_outcome outcome;

	if (!CHECK(run(label, at, 0, 0, &outcome)))
		check_fatal("vector %u, error code %#x, at %#" PRIx64,
			    outcome.run.exception_vector,
			    outcome.run.exception_error_code,
			    (uint64_t)outcome.run.exception_addr);
	CHECK_EQ(out.rax, XCR0_RAX);
	CHECK_EQ(out.rdx, XCR0_RDX);
	CHECK_EQ(out.rsi, (uintptr_t)at);
	CHECK_EQ(out.rflags & XCR0_RFLAGS, XCR0_RFLAGS);
}

static void fill(void)
{
	memset(memory, GUARD, sizeof(memory));
	memset(area + 512, 0, 64);
}

static unsigned changed_behind(uint32_t size)
{
	unsigned n = 0;

	for (unsigned i = size; i < AREA_MAX; i++)
		n += area[i] != GUARD;
	return n;
}

static void saves(const char *label, bool compact)
{
	fill();
	execute(label, area);
	CHECK_EQ(changed_behind(size_of(xfrm, compact)), 0);
	CHECK_EQ(word(area, 512) & ~xfrm, 0);
	CHECK_EQ(word(area, 520), compact ? xfrm | 1ull << 63 : 0);
	CHECK_EQ(word(memory, AREA_MAX - 8), 0xa5a5a5a5a5a5a5a5);
}

static void all_saves(void)
{
	PROVES("XSAVE, XSAVEOPT, XSAVEC, all ones",
	       "XFRM's components, nothing behind; no register, no flag");
	check_section("saving");
	saves(xcr0_xsave64, false);
	saves(xcr0_xsave, false);
	saves(xcr0_xsaveopt64, false);
	saves(xcr0_xsavec64, true);
	saves(xcr0_xsavec, true);
	saves(xcr0_xsave_sib, false);
	saves(xcr0_xsave_fs, false);
	saves(xcr0_xsave_astride, false);
}

/* An area that ends where the enclave's memory does. */
static void *at_the_end(uint32_t size)
{
	uint64_t end = enclave.base + BARE_END;

	return (void *)(uintptr_t)((end - size) & ~63ull);
}

static void at_the_top(void)
{
	PROVES("at the end of the enclave's memory: XSAVEC, XRSTOR; XSAVE, "
	       "XRSTOR",
	       "an area for XFRM is enough");
	check_section("at the end of memory");
	execute(xcr0_xsavec64, at_the_end(size_of(xfrm, true)));
	execute(xcr0_xrstor64, at_the_end(size_of(xfrm, true)));
	execute(xcr0_xsavec, at_the_end(size_of(xfrm, true)));
	execute(xcr0_xrstor, at_the_end(size_of(xfrm, true)));
	execute(xcr0_xsave64, at_the_end(size_of(xfrm, false)));
	execute(xcr0_xrstor64, at_the_end(size_of(xfrm, false)));
}

static void restores(const char *xrstor)
{
	fill();
	execute(xcr0_xsave64, area);
	execute(xrstor, area);
}

/* What XRSTOR brings, XSAVE takes. */
static void there_and_back(void)
{
	unsigned sse = 160, avx = 576;

	fill();
	memset(area + 0x1000 + 512, 0, 64);
	execute(xcr0_xsave64, area);
	for (unsigned i = 0; i < 256; i++)
		area[sse + i] = area[avx + i] = (uint8_t)(i * 3 + 1);
	area[512] |= xfrm & 7;
	execute(xcr0_xrstor_xsave, area);
	CHECK(!memcmp(area + 0x1000 + sse, area + sse, 256));
	CHECK_EQ(word(area, 0x1000 + 512) & 6, word(area, 512) & 6);
	if (xfrm & XFRM_AVX)
		CHECK(!memcmp(area + 0x1000 + avx, area + avx, 256));
	else
		CHECK_EQ(area[0x1000 + avx], GUARD);
}

static void gp(const char *what, unsigned offset, uint64_t bits)
{
	struct bare_outcome outcome;

	check_section(what);
	fill();
	execute(xcr0_xsavec64, area);
	bits |= word(area, offset);
	memcpy(area + offset, &bits, sizeof(bits));
	CHECK(!run(xcr0_xrstor64, area, 0, 0, &outcome));
	bare_check_exception(&enclave, 0, enclave_vdso() ? BY_VDSO : BY_ENCLU,
			     &outcome, 13, 0, 0);
	bare_finish(&enclave, 0, enclave_vdso() ? BY_VDSO : BY_ENCLU);
}

static void all_restores(void)
{
	PROVES("XRSTOR, all ones", "XFRM's components");
	PROVES("XRSTOR of what XFRM has not, in XSTATE_BV or XCOMP_BV",
	       "#GP(0)");
	check_section("restoring");
	restores(xcr0_xrstor64);
	restores(xcr0_xrstor);
	restores(xcr0_xrstor_disp);
	there_and_back();
	if (xcr0 & ~xfrm) {
		gp("XSTATE_BV", 512, xcr0 & ~xfrm);
		gp("XCOMP_BV", 520, xcr0 & ~xfrm);
	}
}

static void unmapped(void)
{
	struct bare_outcome outcome;
	uint64_t at = enclave.base + BARE_END;

	PROVES("XSAVE where no memory is", "#PF there, RIP at the instruction");
	check_section("#PF");
	CHECK(!run(xcr0_xsave64, (void *)(uintptr_t)at, 0, 0, &outcome));
	if (enclave_vdso())
		CHECK_EQ(outcome.run.exception_vector, 14);
	if (enclave_vdso()) {
		struct bare_frame frame;

		bare_look(&enclave, 0, &frame);
		CHECK_EQ(frame.gpr.rip, bare_at(&enclave, xcr0_at_xsave64));
		CHECK_EQ(frame.gpr.rax, XCR0_RAX);
		CHECK_EQ(frame.gpr.rdx, XCR0_RDX);
		CHECK_EQ(frame.gpr.rsi, at);
	}
	bare_finish(&enclave, 0, enclave_vdso() ? BY_VDSO : BY_ENCLU);
}

static void xgetbv(void)
{
	struct bare_outcome outcome;

	PROVES("XGETBV, ECX 0 and 1", "XFRM; what of it is in use");
	PROVES("XGETBV, ECX 2", "#GP(0)");
	check_section("XGETBV");
	CHECK(run(xcr0_xgetbv, NULL, 0, 0, &outcome));
	CHECK_EQ(out.rax, (uint32_t)xfrm);
	CHECK_EQ(out.rdx, xfrm >> 32);
	CHECK_EQ(out.rflags & XCR0_RFLAGS, XCR0_RFLAGS);
	CHECK(run(xcr0_xgetbv, NULL, 1, 0, &outcome));
	CHECK_EQ(out.rax & ~xfrm, 0);
	CHECK_EQ(out.rdx, 0);
	CHECK(!run(xcr0_xgetbv, NULL, 2, 0, &outcome));
	bare_check_exception(&enclave, 0, enclave_vdso() ? BY_VDSO : BY_ENCLU,
			     &outcome, 13, 0, 0);
	bare_finish(&enclave, 0, enclave_vdso() ? BY_VDSO : BY_ENCLU);
}

/* Data that looks like an instruction is left alone. */
static void data(void)
{
	uint8_t got[XCR0_DATA_SIZE];
	struct bare_outcome outcome;

	check_section("data in a page with code");
	CHECK(run(xcr0_copy, (void *)(uintptr_t)bare_at(&enclave, xcr0_data),
		  (uint64_t)(uintptr_t)got, sizeof(got), &outcome));
	CHECK(!memcmp(got, xcr0_data, sizeof(got)));
}

/* A debugger reads by EDBGRD, and sees what was measured. */
static void debugger(void)
{
	int mem = open("/proc/self/mem", O_RDWR);
	uint64_t at = bare_at(&enclave, xcr0_xsave64);
	const uint8_t int3 = 0xcc;
	struct bare_outcome outcome;
	uint8_t got[1024];

	PROVES("its instructions, by EDBGRD", "as they were measured");
	check_section("a debugger");
	CHECK_EQ(pread(mem, got, sizeof(got), (off_t)at), sizeof(got));
	CHECK(!memcmp(got, xcr0_xsave64, sizeof(got)));
	at = bare_at(&enclave, xcr0_at_xsave64);
	CHECK_EQ(pwrite(mem, &int3, 1, (off_t)at), 1);
	CHECK_EQ(pread(mem, got, 1, (off_t)at), 1);
	CHECK_EQ(got[0], int3);
	fill();
	CHECK(!run(xcr0_xsave64, area, 0, 0, &outcome));
	bare_check_exception(&enclave, 0, enclave_vdso() ? BY_VDSO : BY_ENCLU,
			     &outcome, 6, 0, 0);
	bare_finish(&enclave, 0, enclave_vdso() ? BY_VDSO : BY_ENCLU);
	CHECK_EQ(pwrite(mem, xcr0_at_xsave64, 1, (off_t)at), 1);
	saves(xcr0_xsave64, false);
	close(mem);
}

static void child(void)
{
	all_saves();
	at_the_top();
	xgetbv();
}

static void everything(void)
{
	all_saves();
	at_the_top();
	all_restores();
	xgetbv();
	unmapped();
	data();
	debugger();
	PROVES("all of these in a child of fork()", "the same");
	CHECK(check_exited_well(check_in_child(child, 20)));
}

static void build(uint64_t components)
{
	struct enclave_options options = {
		.miscselect = MISCSELECT_EXINFO,
		.xfrm = components,
		.debug = true,
	};

	xfrm = components;
	printf("XFRM %#" PRIx64 " of XCR0 %#" PRIx64 "\n", xfrm, xcr0);
	bare_build(&enclave, &options);
}

/* A child before the parent: pages are first executed there. */
static void rounds(unsigned seconds)
{
	time_t end = time(NULL) + seconds;
	unsigned n = 0;

	build(3);
	CHECK(check_exited_well(check_in_child(child, 20)));
	for (; time(NULL) < end; n++) {
		all_saves();
		at_the_top();
		data();
	}
	printf("%u rounds\n", n);
	enclave_destroy(&enclave);
}

/* It shows the host's XCR0, and writes all of that. */
static void unpatched(void)
{
	struct bare_outcome outcome;

	build(3);
	CHECK(run(xcr0_xgetbv, NULL, 0, 0, &outcome));
	CHECK_EQ(out.rax, (uint32_t)xcr0);
	fill();
	execute(xcr0_xsavec64, area);
	CHECK_EQ(word(area, 520), xcr0 | 1ull << 63);
	enclave_destroy(&enclave);
}

int main(int argc, char **argv)
{
	static const uint64_t components[] = { 3, 7, 0xe7, 0x207 };
	const char *what = argc > 1 ? argv[1] : "";

	check_timeout(45);
	setvbuf(stdout, NULL, _IOLBF, 0);
	xcr0 = host_xcr0();
	if (!(xcr0 & XFRM_AVX) || size_of(xcr0, false) > AREA_MAX)
		check_skip("XCR0 has no more than SSE, or AMX");
	bare_handle_signals();
	if (!strcmp(what, "rounds")) {
		rounds((unsigned)atoi(argv[2]));
		return check_result();
	}
	if (!strcmp(what, "--no-patch")) {
		unpatched();
		return check_result();
	}
	for (size_t i = 0; i < sizeof(components) / sizeof(*components); i++) {
		if ((xcr0 & components[i]) != components[i])
			continue;
		build(components[i]);
		everything();
		enclave_destroy(&enclave);
	}
	check_all_rows();
	return check_result();
}
