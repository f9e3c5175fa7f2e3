/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instructions in an enclave, row by row (insns.S): those that are illegal
 * there give #UD whatever they give outside, those of the kernel #GP as ever,
 * and the rest runs.  Each as the vDSO tells it and as a signal; EXITINFO, the
 * SSA's RIP and registers.  Then ENCLU's leaves that want an enclave, outside.
 */
#define _GNU_SOURCE
#include "tests/process/insns.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "tests/process/bare.h"
#include "tests/process/check.h"

static struct enclave enclave = ENCLAVE_NONE;
static unsigned deviating;

static bool may_run(const struct insn_row *row)
{
	return row->outcome == RUNS || row->outcome == UD_OR_RUNS ||
	       row->outcome == RUNS_OR_UD;
}

static uint8_t vector_of(const struct insn_row *row)
{
	return row->outcome < RUNS ? (uint8_t)row->outcome : 6;
}

/* The registers are the enclave's at the instruction: nothing was done. */
static void check_frame(const struct insn_row *row)
{
	struct bare_frame frame;

	if (row->outcome == UD_LATE)
		return;
	bare_look(&enclave, 0, &frame);
	CHECK_EQ(frame.gpr.rip, bare_at(&enclave, insns_base) + row->at);
	CHECK_EQ(frame.gpr.rsi, enclave.base + BARE_DATA);
	CHECK_EQ(frame.gpr.rdi, enclave.base + BARE_DATA);
	CHECK_EQ(frame.gpr.rdx, 0);
}

static void run_row(const struct insn_row *row, enum victim_way way)
{
	struct enclave_regs regs = { .rsi = enclave.base + BARE_DATA };
	struct bare_outcome outcome;

	bare_enter(&enclave, 0, way, insns_base + row->start, &regs, &outcome);
	if (outcome.left) {
		CHECK(may_run(row));
		deviating += row->outcome == UD_OR_RUNS && way == BY_ENCLU;
		if (row->outcome == UD_OR_RUNS && way == BY_ENCLU)
			printf("... runs (DP20, DJ3)\n");
		return;
	}
	CHECK(row->outcome != RUNS);
	bare_check_exception(&enclave, 0, way, &outcome, vector_of(row), 0, 0);
	check_frame(row);
	bare_finish(&enclave, 0, way);
}

static void all_rows(void)
{
	for (const struct insn_row *row = insn_rows; row < insn_rows_end;
	     row++) {
		check_section(row->name);
		printf("%s\n", row->name);
		run_row(row, BY_ENCLU);
		if (enclave_vdso())
			run_row(row, BY_VDSO);
	}
	printf("%zu instructions, %u of them run where hardware refuses\n",
	       (size_t)(insn_rows_end - insn_rows), deviating);
}

/* CR4.TSD rules inside as outside. */
static void time_stamp_disabled(void)
{
	struct enclave_regs regs = { .rsi = enclave.base + BARE_DATA };
	const struct insn_row *row = insn_rows;
	struct bare_outcome outcome;

	check_section("RDTSC, CR4.TSD");
	while (strcmp(row->name, "RDTSC"))
		row++;
	if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV))
		return;
	bare_enter(&enclave, 0, BY_ENCLU, insns_base + row->start, &regs,
		   &outcome);
	CHECK_EQ(prctl(PR_SET_TSC, PR_TSC_ENABLE), 0);
	CHECK(!outcome.left);
	bare_check_exception(&enclave, 0, BY_ENCLU, &outcome, 13, 0, 0);
	bare_finish(&enclave, 0, BY_ENCLU);
}

static struct seen outside;

static void skip_enclu(int sig, siginfo_t *info, void *context)
{
	seen_record(&outside, sig, info, context);
	((ucontext_t *)context)->uc_mcontext.gregs[16 /* REG_RIP */] += 3;
}

/* #GP at the ENCLU itself; no AEX, all registers are the program's. */
static void leaf_outside(uint32_t leaf, const char *name)
{
	uint64_t rax = leaf, at;

	check_section(name);
	memset(&outside, 0, sizeof(outside));
	__asm__ volatile("lea 1f(%%rip), %1\n"
			 "1: .byte 0x0f, 0x01, 0xd7"
			 : "+a"(rax), "=&r"(at)
			 : "b"(0), "c"(0), "d"(0)
			 : "memory", "cc");
	CHECK_EQ(outside.count, 1);
	CHECK_EQ(outside.sig, SIGSEGV);
	CHECK_EQ(outside.code, SI_KERNEL);
	CHECK_EQ(outside.trapno, 13);
	CHECK_EQ(outside.err, 0);
	CHECK_EQ(outside.addr, 0);
	CHECK_EQ(outside.rip, at);
	CHECK_EQ(outside.rax, leaf);
}

static void leaves_outside(void)
{
	victim_handle(SIGSEGV, skip_enclu, 0);
	leaf_outside(ENCLU_EREPORT, "EREPORT outside");
	leaf_outside(ENCLU_EGETKEY, "EGETKEY outside");
	leaf_outside(ENCLU_EEXIT, "EEXIT outside");
	leaf_outside(ENCLU_EACCEPT, "EACCEPT outside");
	leaf_outside(ENCLU_EMODPE, "EMODPE outside");
	leaf_outside(ENCLU_EACCEPTCOPY, "EACCEPTCOPY outside");
	leaf_outside(8, "EVERIFYREPORT2 outside, not enumerated");
	leaf_outside(9, "EDECCSSA outside");
	leaf_outside(10, "leaf 10 outside");
	leaf_outside(0x80000002u, "leaf 80000002H outside");
}

int main(void)
{
	struct enclave_options options = { .miscselect = MISCSELECT_EXINFO };

	check_timeout(40);
	setvbuf(stdout, NULL, _IOLBF, 0);
	bare_build(&enclave, &options);
	bare_handle_signals();
	all_rows();
	time_stamp_disabled();
	leaves_outside();
	enclave_destroy(&enclave);
	return check_result();
}
