/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instructions in an enclave, row by row (insns.S): those that are illegal
 * there give #UD whatever they give outside, those of the kernel #GP as ever,
 * and the rest runs.  Each as the vDSO tells it and as a signal; EXITINFO, the
 * SSA's RIP and registers.  Then ENCLU's leaves that want an enclave, outside.
 */
#define _GNU_SOURCE
#include "tests/process/faults/insns.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "tests/process/fixture/bare.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/host_traps.h"

#define SUBJECT "instructions inside an enclave"
#define SOURCE  "SDM \"Illegal Instructions\", \"ENCLU\", Operation"

static struct enclave enclave = ENCLAVE_NONE;
static unsigned deviating;

/* What it gives, as docs/CONFORMANCE.md says; `runs`: without exception. */
static const struct outcome {
	uint32_t outcome;
	bool runs;
	uint8_t vector;
	const char *gives, *deviation;
} outcomes[] = {
	{ 6, false, 6, "#UD", NULL },
	{ 13, false, 13, "#GP(0)", NULL },
	{ RUNS, true, 6, "runs", NULL },
	{ UD_OR_RUNS, true, 6, "#UD where the host refuses it, else it runs",
	  "DP20" },
	{ RUNS_OR_UD, true, 6, "runs, or #UD if the processor has it not",
	  NULL },
	{ UD_LATE, false, 6, "#UD, RIP not the instruction's", "DP20" },
	{ UD_OR_CPUID, true, 6,
	  "#UD where it can be made to fault, else it "
	  "runs",
	  "DJ3" },
};
#define NR_OUTCOMES (sizeof(outcomes) / sizeof(outcomes[0]))

static const struct outcome *outcome_of(const struct insn_row *row)
{
	for (size_t i = 0; i < NR_OUTCOMES; i++)
		if (outcomes[i].outcome == row->outcome)
			return &outcomes[i];
	check_fatal("%s: outcome %#x", row->name, row->outcome);
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
	const struct outcome *expected = outcome_of(row);
	struct bare_outcome outcome;

	bare_enter(&enclave, 0, way, insns_base + row->start, &regs, &outcome);
	if (outcome.left) {
		CHECK(expected->runs);
		if (expected->deviation && way == BY_ENCLU) {
			deviating++;
			printf("... runs (%s)\n", expected->deviation);
		}
		return;
	}
	CHECK(row->outcome != RUNS);
	bare_check_exception(&enclave, 0, way, &outcome, expected->vector, 0,
			     0);
	check_frame(row);
	bare_finish(&enclave, 0, way);
}

static void all_rows(void)
{
	unsigned instructions = 0;

	for (const struct insn_row *row = insn_rows; row < insn_rows_end;
	     row++) {
		check_section(row->name);
		printf("%s%s\n", row->outcome == GROUP ? "# " : "", row->name);
		if (row->outcome == GROUP)
			continue;
		if (!host_survives(insns_base + row->start,
				   row->end - row->start))
			continue;
		instructions++;
		run_row(row, BY_ENCLU);
		if (enclave_vdso())
			run_row(row, BY_VDSO);
	}
	printf("%u instructions, %u of them run where hardware refuses\n",
	       instructions, deviating);
}

/* CR4.TSD rules inside as outside. */
static void time_stamp_disabled(void)
{
	struct enclave_regs regs = { .rsi = enclave.base + BARE_DATA };
	const struct insn_row *row = insn_rows;
	struct bare_outcome outcome;

	check_section("RDTSC, CR4.TSD");
	CHECK_ROW(SUBJECT, SOURCE, "RDTSC under CR4.TSD", "#GP(0)");
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

static const struct {
	uint32_t leaf;
	const char *name;
} outside_leaves[] = {
	{ ENCLU_EREPORT, "EREPORT" },
	{ ENCLU_EGETKEY, "EGETKEY" },
	{ ENCLU_EEXIT, "EEXIT" },
	{ ENCLU_EACCEPT, "EACCEPT" },
	{ ENCLU_EMODPE, "EMODPE" },
	{ ENCLU_EACCEPTCOPY, "EACCEPTCOPY" },
	{ 8, "EVERIFYREPORT2, not enumerated" },
	{ 9, "EDECCSSA" },
	{ 10, "leaf 10" },
	{ 0x80000002u, "leaf 80000002H" },
};
#define NR_OUTSIDE (sizeof(outside_leaves) / sizeof(outside_leaves[0]))

static void leaves_outside(void)
{
	victim_handle(SIGSEGV, skip_enclu, 0);
	for (size_t i = 0; i < NR_OUTSIDE; i++)
		leaf_outside(outside_leaves[i].leaf, outside_leaves[i].name);
}

/* The instructions of one group that give the same are one row. */
static const struct insn_row *print_same(const struct insn_row *group,
					 const struct outcome *same)
{
	const struct insn_row *row;
	const char *separator = ": ";
	char check[2048];
	FILE *to = fmemopen(check, sizeof(check), "w");

	fputs(group->name, to);
	for (row = group + 1; row < insn_rows_end && row->outcome != GROUP;
	     row++) {
		if (row->outcome != same->outcome)
			continue;
		fprintf(to, "%s%s", separator, row->name);
		separator = "; ";
	}
	fclose(to);
	if (separator[0] == ';')
		check_print_row(&(struct check_row){
			.subject = SUBJECT,
			.source = SOURCE,
			.check = check,
			.gives = same->gives,
			.deviation = same->deviation,
			.file = __FILE__,
			.test = "run_row",
		});
	return row;
}

static void print_leaves_outside(void)
{
	char check[512] = "not inside: ";

	for (size_t i = 0; i < NR_OUTSIDE; i++) {
		strcat(check, i ? "; " : "");
		strcat(check, outside_leaves[i].name);
	}
	check_print_row(&(struct check_row){
		.subject = SUBJECT,
		.source = SOURCE,
		.check = check,
		.gives = "#GP(0) at the ENCLU: SIGSEGV, SI_KERNEL",
		.file = __FILE__,
		.test = "leaf_outside",
	});
}

void check_table(void)
{
	const struct insn_row *group = insn_rows, *next = NULL;

	for (; group < insn_rows_end; group = next)
		for (size_t i = 0; i < NR_OUTCOMES; i++)
			next = print_same(group, &outcomes[i]);
	print_leaves_outside();
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
	check_all_rows();
	return check_result();
}
