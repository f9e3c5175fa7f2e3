/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Leaves of ENCLU that do not leave: the first time at a place they trap, and
 * from then on a jump stands there.  They do the same, to all registers and to
 * memory.  A signal at each instruction on the way finds the enclave at the
 * instruction, or behind it.
 *	leaves SWSGX...	a debugger of what runs there, from outside
 *	leaves victim	what runs
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/process/faults/leaves.h"
#include "tests/process/fixture/bare.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/stepper.h"

#define ENCLU_LEN    3
#define TIMES        4
#define PATH_MAX_    4096 /* instructions */
#define JMP          0xe9
#define ZF           0x40u
#define STATUS       0x8d5u
#define INVALID_NAME 256

/* The victim ----------------------------------------------------------- */

static const struct row {
	const char *name, *code, *at;
	uint32_t leaf;
	uint64_t rbx, rcx, rdx; /* from the base */
	uint64_t from, n;       /* what it writes */
	bool flags;             /* it sets ZF, clears the others */
} rows[] = {
	{ "EREPORT", leaves_ereport, leaves_at_ereport, ENCLU_EREPORT,
	  LEAVES_TARGET, LEAVES_DATA, LEAVES_REPORT, LEAVES_REPORT,
	  sizeof(struct report), false },
	{ "EGETKEY", leaves_egetkey, leaves_at_egetkey, ENCLU_EGETKEY,
	  LEAVES_REQUEST, LEAVES_KEY, 0, LEAVES_KEY, 16, true },
	{ "EGETKEY of no name", leaves_bad, leaves_at_bad, ENCLU_EGETKEY,
	  LEAVES_BAD, LEAVES_KEY, 0, LEAVES_KEY, 16, true },
	{ "EMODPE", leaves_emodpe, leaves_at_emodpe, ENCLU_EMODPE,
	  LEAVES_SECINFO, LEAVES_TARGET, 0, LEAVES_TARGET, 16, false },
	{ "EACCEPT", leaves_eaccept, leaves_at_eaccept, ENCLU_EACCEPT,
	  LEAVES_CHANGE, LEAVES_TARGET, 0, LEAVES_TARGET, 16, true },
};
#define ROWS (sizeof(rows) / sizeof(*rows))
#define BAD  2

static struct enclave enclave = ENCLAVE_NONE;
static struct leaves_regs first, regs;
static volatile unsigned handled;
static volatile uint8_t over;

static uint64_t inside(uint64_t offset)
{
	return enclave.base + offset;
}

static void copy(uint64_t from, uint64_t to, uint64_t n)
{
	struct enclave_regs r = { .rsi = from, .rdx = to, .r9 = n };
	struct bare_outcome outcome;

	bare_enter(&enclave, 0, enclave_vdso() ? BY_VDSO : BY_ENCLU,
		   leaves_copy, &r, &outcome);
	CHECK(outcome.left);
}

static void prepare(void)
{
	static struct keyrequest request = { .keyname = KEYNAME_SEAL,
					     .keypolicy = KEYPOLICY_MRENCLAVE };
	static struct keyrequest bad = { .keyname = 99 };
	static struct secinfo secinfo = { .flags = SECINFO_R | SECINFO_W |
						   SECINFO_REG };

	copy((uintptr_t)&request, inside(LEAVES_REQUEST), 512);
	copy((uintptr_t)&bad, inside(LEAVES_BAD), 512);
	copy((uintptr_t)&secinfo, inside(LEAVES_SECINFO), 64);
	secinfo.flags |= SECINFO_PR;
	copy((uintptr_t)&secinfo, inside(LEAVES_CHANGE), 64);
}

static void fill(const struct row *row)
{
	uint64_t *word = &regs.rax;

	for (unsigned i = 0; i < 16; i++) {
		word[i] = 0x0123456789abcdefull * (i + 3);
		memset(regs.xmm[i], (int)(0x11 + i), sizeof(regs.xmm[i]));
	}
	regs.rax = row->leaf;
	regs.rbx = inside(row->rbx);
	regs.rcx = inside(row->rcx);
	regs.rdx = inside(row->rdx);
	regs.rflags = LEAVES_FLAGS;
}

static void enter(const struct row *row)
{
	struct enclave_regs r = { .r8 = (uintptr_t)&regs };
	struct bare_outcome outcome;

	fill(row);
	bare_enter(&enclave, 0, enclave_vdso() ? BY_VDSO : BY_ENCLU, row->code,
		   &r, &outcome);
	CHECK(outcome.left);
}

/* What the leaf is to leave of registers. */
static void expect(const struct row *row)
{
	struct leaves_regs after = regs;

	if (row->flags)
		CHECK_EQ(after.rflags & STATUS & ~ZF, 0);
	else
		CHECK_EQ(after.rflags & LEAVES_FLAGS, LEAVES_FLAGS);
	fill(row);
	after.rflags = regs.rflags;
	if (row->flags)
		after.rax = regs.rax;
	CHECK(!memcmp(&after, &regs, sizeof(regs)));
}

static void several(const struct row *row)
{
	static uint8_t written[512], again[512];

	check_section(row->name);
	for (unsigned i = 0; i < TIMES; i++) {
		enter(row);
		copy(inside(row->from), (uintptr_t)(i ? again : written),
		     row->n);
		if (!i)
			first = regs;
		CHECK(!memcmp(&regs, &first, sizeof(regs)));
		CHECK(!i || !memcmp(written, again, row->n));
		expect(row);
		copy((uintptr_t) & (uint8_t[512]){ 0 },
		     inside(row->leaf == ENCLU_EREPORT ? LEAVES_REPORT :
							 LEAVES_KEY),
		     16);
	}
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	static struct bare_frame frame;
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t site = bare_at(&enclave, rows[BAD].at);
	bool behind;

	(void)sig, (void)info;
	handled++;
	CHECK_EQ(r[REG_RAX], ENCLU_ERESUME);
	bare_look(&enclave, 0, &frame);
	behind = frame.gpr.rip == site + ENCLU_LEN;
	CHECK(behind || frame.gpr.rip == site);
	CHECK_EQ(frame.gpr.rax, behind ? INVALID_NAME : ENCLU_EGETKEY);
	CHECK_EQ(frame.gpr.rcx, inside(LEAVES_KEY));
	CHECK_EQ(frame.gpr.rbx, inside(LEAVES_BAD));
	CHECK_EQ(frame.gpr.r15, 0x0123456789abcdefull * 18);
	CHECK_EQ(frame.gpr.rflags & LEAVES_FLAGS,
		 behind ? ZF | (LEAVES_FLAGS & ~STATUS) : LEAVES_FLAGS);
}

static int victim(void)
{
	struct enclave_options options = { .xfrm = 3, .debug = true };

	check_timeout(50);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	bare_build(&enclave, &options);
	prepare();
	victim_handle(SIGUSR1, on_signal, 0);
	for (unsigned i = 0; i < ROWS; i++)
		several(&rows[i]);
	for (unsigned i = 0; i < ROWS; i++)
		printf("%" PRIx64 " ", bare_at(&enclave, rows[i].at));
	printf("%" PRIx64 " %" PRIx64 " %" PRIxPTR " %d\n", enclave.base,
	       enclave.size, (uintptr_t)&over, (int)getpid());
	fflush(stdout);
	while (!over) { /* the debugger writes to it */
		enter(&rows[BAD]);
		CHECK_EQ(regs.rax, INVALID_NAME);
		expect(&rows[BAD]);
	}
	CHECK(handled > 0);
	printf("%u signals\n", handled);
	enclave_destroy(&enclave);
	return check_result();
}

/* The debugger --------------------------------------------------------- */

static uint64_t target(uint64_t site)
{
	uint8_t jump[5] = { 0 };
	int32_t displacement;

	stepper_read(site, jump, sizeof(jump));
	CHECK_EQ(jump[0], JMP);
	memcpy(&displacement, jump + 1, sizeof(displacement));
	return site + sizeof(jump) + (uint64_t)(int64_t)displacement;
}

static unsigned add(uint64_t at[PATH_MAX_], unsigned n, uint64_t rip)
{
	for (unsigned i = 0; i < n; i++)
		if (at[i] == rip)
			return n;
	at[n] = rip;
	return n + 1;
}

/* What is executed from the stub on, until it is in the enclave again. */
static unsigned walk(uint64_t from, uint64_t base, uint64_t size,
		     uint64_t at[PATH_MAX_])
{
	uint64_t rip = from;
	unsigned n = 0;

	stepper_run_to(from, 0);
	for (; rip - base >= size && n < PATH_MAX_; rip = stepper_step())
		n = add(at, n, rip);
	return n;
}

int main(int argc, char **argv)
{
	uint64_t site[ROWS], base, size, flag;
	static uint64_t at[PATH_MAX_];
	unsigned n;
	FILE *from;
	int id;

	if (argc > 1 && !strcmp(argv[1], "victim"))
		return victim();
	check_timeout(60);
	from = stepper_start(argv + 1);
	for (unsigned i = 0; i < ROWS; i++)
		if (fscanf(from, "%" SCNx64, &site[i]) != 1)
			check_skip("no enclaves here");
	CHECK_EQ(fscanf(from, "%" SCNx64 "%" SCNx64 "%" SCNx64 "%d", &base,
			&size, &flag, &id),
		 4);
	stepper_attach(id);
	for (unsigned i = 0; i < ROWS; i++)
		target(site[i]);
	n = walk(target(site[BAD]), base, size, at);
	for (unsigned i = 0; i < n; i++) {
		stepper_run_to(at[i], 0);
		stepper_run_to(target(site[BAD]), SIGUSR1);
	}
	stepper_finish(from, flag);
	printf("a signal at each of %u instructions\n", n);
	CHECK(n > 60);
	return check_result();
}
