/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the addresses and the data of an instruction in an enclave raise:
 * memory outside ELRANGE, fetches from there, alignment, addresses that are
 * not canonical, arithmetic.  Each as a signal and through the vDSO, with
 * EXITINFO and EXINFO, and with a MISCSELECT that has no EXINFO.
 *
 * Source: SDM "Access-control Requirements", "Segment-based Access Control",
 * "EXITINFO", "EXINFO Structure", "Synthetic State on Asynchronous Enclave
 * Exit".
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/process/bare.h"
#include "tests/process/check.h"

#define NOT_CANONICAL	0x8000000000001234ul
#define KERNEL		0xffff800000001234ul

#define CODE(name) extern const char name[], name##_at[]
CODE(read_1);
CODE(read_8);
CODE(write_1);
CODE(write_8);
CODE(push_8);
CODE(read_16);
CODE(jump);
CODE(string);
CODE(checked_read_4);
CODE(checked_write_2);
CODE(divide);
CODE(divide_overflow);
CODE(int1_then);
CODE(x87);
CODE(sse);
CODE(undefined);

static struct enclave enclave = ENCLAVE_NONE;
static uint8_t *none, *readonly, *writable, *hole;

/* Where RIP is to be: at the instruction, at the address, or who knows. */
enum where { AT, ADDRESS, ANYWHERE };

struct row {
	const char *name;
	const char *code, *at;
	uint64_t addr;
	int vector;		/* -1: it runs */
	uint32_t err;
	uint64_t cr2;		/* of a #PF */
	enum where where;
};

static void check_frame(const struct row *row)
{
	struct bare_frame frame;
	uint16_t fsw;
	uint32_t mxcsr;

	bare_look(&enclave, 0, &frame);
	if (row->where == AT)
		CHECK_EQ(frame.gpr.rip, bare_at(&enclave, row->at));
	else if (row->where == ADDRESS)
		CHECK_EQ(frame.gpr.rip, row->addr);
	memcpy(&fsw, frame.xsave + 2, 2);
	memcpy(&mxcsr, frame.xsave + 24, 4);
	/* The frame has the true state: summary and zero divide; ZE. */
	if (row->vector == 16)
		CHECK_EQ(fsw & 0x84, 0x84);
	if (row->vector == 19)
		CHECK_EQ(mxcsr, 0x1d84);
}

/* What an AEX by #MF or #XM makes of the FPU's state. */
static void check_marks(const struct row *row, const struct seen *seen)
{
	if (row->vector == 16) {
		CHECK_EQ(seen->fcw, 0x37e);
		CHECK_EQ(seen->fsw, 0x8081);
	} else if (row->vector == 19) {
		CHECK_EQ(seen->mxcsr, 0x1f01);
	}
}

static void run(const struct row *row, enum victim_way way)
{
	struct enclave_regs regs = { .rsi = row->addr };
	struct bare_outcome outcome;

	bare_enter(&enclave, 0, way, row->code, &regs, &outcome);
	CHECK_EQ(outcome.left, row->vector < 0);
	if (outcome.left)
		return;
	bare_check_exception(&enclave, 0, way, &outcome, (uint8_t)row->vector,
			     row->err, row->cr2);
	check_frame(row);
	if (way == BY_ENCLU)
		check_marks(row, &outcome.seen);
	bare_finish(&enclave, 0, way);
}

static void all(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check_section(rows[i].name);
		printf("%s\n", rows[i].name);
		run(&rows[i], BY_ENCLU);
		if (enclave_vdso())
			run(&rows[i], BY_VDSO);
	}
}
#define ALL(rows) all(rows, sizeof(rows) / sizeof((rows)[0]))

static uint64_t number(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void data_outside(void)
{
	const struct row rows[] = {
		{ "read outside", read_8, read_8_at, number(writable), -1, 0, 0,
		  AT },
		{ "write outside", write_8, write_8_at, number(writable), -1, 0,
		  0, AT },
		{ "read outside, no access", read_1, read_1_at,
		  number(none) + 5, 14, 0x4, number(none) + 5, AT },
		{ "write outside, no access", write_1, write_1_at,
		  number(none) + 5, 14, 0x6, number(none) + 5, AT },
		{ "write outside, read-only", write_1, write_1_at,
		  number(readonly) + 4095, 14, 0x7, number(readonly) + 4095,
		  AT },
		{ "read outside, nothing there", read_8, read_8_at,
		  number(hole) + 8, 14, 0x4, number(hole) + 8, AT },
		{ "read across, second page not there", read_8, read_8_at,
		  number(hole) - 4, 14, 0x4, number(hole), AT },
		{ "string store to no access", string, string_at, number(none),
		  14, 0x6, number(none), AT },
		{ "read near 0", read_1, read_1_at, 0x10, 14, 0x4, 0x10, AT },
		{ "read in the kernel's half", read_1, read_1_at, KERNEL, 14,
		  0x5, KERNEL, AT },
	};

	ALL(rows);
}

static void edges_of_elrange(void)
{
	uint64_t base = enclave.base, below = base - 4096;
	const struct row rows[] = {
		{ "across the start, below not there", read_8, read_8_at,
		  base - 4, 14, 0x4, base - 4, AT },
		{ "past the last page, inside", read_1, read_1_at,
		  base + BARE_END, 14, 0x4, base + BARE_END, AT },
		{ "across the last page", read_8, read_8_at,
		  base + BARE_END - 4, 14, 0x4, base + BARE_END, AT },
		{ "the end of ELRANGE", read_1, read_1_at, base + BARE_SIZE,
		  14, 0x4, base + BARE_SIZE, AT },
	};
	const struct row there[] = {
		{ "across the start, below there", read_8, read_8_at, base - 4,
		  14, 0x8005, base, AT },
		{ "write across the start", write_8, write_8_at, base - 4, 14,
		  0x8007, base, AT },
	};

	ALL(rows);
	if (mmap((void *)(uintptr_t)below, 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) != (void *)(uintptr_t)below)
		return;
	ALL(there);
	munmap((void *)(uintptr_t)below, 4096);
}

static void fetches(void)
{
	const struct row rows[] = {
		{ "jump to what is not there", jump, jump_at, number(hole), 13,
		  0, 0, ADDRESS },
		{ "jump to no access", jump, jump_at, number(none), 13, 0, 0,
		  ADDRESS },
		{ "jump to data outside", jump, jump_at, number(writable), 13,
		  0, 0, ADDRESS },
		{ "jump to the kernel's half", jump, jump_at, KERNEL, 13, 0, 0,
		  ADDRESS },
		{ "jump to no canonical address", jump, jump_at, NOT_CANONICAL,
		  13, 0, 0, ANYWHERE },
		{ "jump to data inside", jump, jump_at,
		  enclave.base + BARE_DATA, 14, 0x15, enclave.base + BARE_DATA,
		  ADDRESS },
	};

	ALL(rows);
}

/* DC12: noticed when it faults, calls the system or leaves. */
static void code_outside(void)
{
	static const struct {
		const char *name;
		uint8_t bytes[8];
	} codes[] = {
		{ "UD2 outside", { 0x0f, 0x0b } },
		{ "SYSCALL outside", { 0x0f, 0x05 } },
		{ "INT3 outside", { 0xcc } },
		{ "ENCLU outside", { 0x0f, 0x01, 0xd7 } },
		{ "read near 0 outside", { 0x8a, 0x04, 0x25, 0, 0, 0, 0 } },
		{ "CPUID outside", { 0x0f, 0xa2 } },
	};
	uint8_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct row row = { .code = jump, .addr = number(code), .vector = 13,
			   .where = ANYWHERE };

	if (code == MAP_FAILED)
		check_fatal("mmap");
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		memset(code, 0x90, 16);
		memcpy(code + 16, codes[i].bytes, sizeof(codes[i].bytes));
		memset(code + 16 + 8, 0xcc, 16);
		row.name = codes[i].name;
		all(&row, 1);
	}
	munmap(code, 4096);
}

static void alignment(void)
{
	uint64_t inside = enclave.base + BARE_DATA;
	const struct row rows[] = {
		{ "AC, aligned", checked_read_4, checked_read_4_at, inside + 4,
		  -1, 0, 0, AT },
		{ "AC, misaligned inside", checked_read_4, checked_read_4_at,
		  inside + 2, 17, 0, 0, AT },
		{ "AC, misaligned store inside", checked_write_2,
		  checked_write_2_at, inside + 1, 17, 0, 0, AT },
		{ "AC, misaligned outside", checked_read_4, checked_read_4_at,
		  number(writable) + 3, 17, 0, 0, AT },
		{ "misaligned without AC", read_8, read_8_at, inside + 3, -1, 0,
		  0, AT },
		{ "MOVAPS, misaligned", read_16, read_16_at, inside + 8, 13, 0,
		  0, AT },
		{ "MOVAPS, aligned", read_16, read_16_at, inside + 16, -1, 0, 0,
		  AT },
	};

	ALL(rows);
}

static void not_canonical(void)
{
	const struct row rows[] = {
		{ "read, not canonical", read_8, read_8_at, NOT_CANONICAL, 13,
		  0, 0, AT },
		{ "write, not canonical", write_8, write_8_at, NOT_CANONICAL,
		  13, 0, 0, AT },
		{ "read across the canonical end", read_8, read_8_at,
		  0x7ffffffffffcul, 13, 0, 0, ANYWHERE },
		{ "push, RSP not canonical", push_8, push_8_at, NOT_CANONICAL,
		  12, 0, 0, AT },
	};

	ALL(rows);
}

static void arithmetic(void)
{
	const struct row rows[] = {
		{ "#DE, by zero", divide, divide_at, 0, 0, 0, 0, AT },
		{ "#DE, overflow", divide_overflow, divide_overflow_at, 0, 0, 0,
		  0, AT },
		{ "#MF", x87, x87_at, 0, 16, 0, 0, AT },
		{ "#XM", sse, sse_at, 0, 19, 0, 0, AT },
		{ "#UD", undefined, undefined_at, 0, 6, 0, 0, AT },
	};

	ALL(rows);
}

/* INT1 is no step and no breakpoint: #DB, a trap, not the vDSO's to tell. */
static void debug_trap(void)
{
	struct bare_outcome outcome;
	struct bare_frame frame;

	check_section("INT1");
	bare_enter(&enclave, 0, BY_ENCLU, int1_then, NULL, &outcome);
	CHECK(!outcome.left);
	CHECK_EQ(outcome.seen.sig, SIGTRAP);
	CHECK_EQ(outcome.seen.code, TRAP_BRKPT);
	CHECK_EQ(outcome.seen.trapno, 1);
	bare_look(&enclave, 0, &frame);
	CHECK_EQ(frame.gpr.exitinfo, EXITINFO_VALID | EXITINFO_HW | 1);
	CHECK_EQ(frame.gpr.rip, bare_at(&enclave, int1_then_at));
	CHECK_EQ(frame.gpr.rflags & 0x10000, 0);
	bare_finish(&enclave, 0, BY_ENCLU);
}

static void without_exinfo(const char *name, const char *code, uint64_t addr,
			   int sig, uint32_t exitinfo)
{
	struct enclave_regs regs = { .rsi = addr };
	static const struct exinfo nothing;
	struct bare_outcome outcome;
	struct bare_frame frame;

	check_section(name);
	printf("%s\n", name);
	bare_enter(&enclave, 0, BY_ENCLU, code, &regs, &outcome);
	CHECK(!outcome.left);
	CHECK_EQ(outcome.seen.sig, sig);
	bare_look(&enclave, 0, &frame);
	CHECK_EQ(frame.gpr.exitinfo, exitinfo);
	CHECK(!memcmp(&frame.exinfo, &nothing, sizeof(nothing)));
	bare_finish(&enclave, 0, BY_ENCLU);
}

static void misc_select_0(void)
{
	uint32_t valid = EXITINFO_VALID | EXITINFO_HW;

	enclave_destroy(&enclave);
	bare_build(&enclave, NULL);
	without_exinfo("#UD, no EXINFO", undefined, 0, SIGILL, valid | 6);
	without_exinfo("#PF, no EXINFO", read_1, 16, SIGSEGV, 0);
	without_exinfo("#GP, no EXINFO", read_1, NOT_CANONICAL, SIGSEGV, 0);
	without_exinfo("#DE, no EXINFO", divide, 0, SIGFPE, valid | 0);
	without_exinfo("#SS, no EXINFO", push_8, NOT_CANONICAL, SIGBUS, 0);
}

static void make_memory(void)
{
	uint8_t *pages = mmap(NULL, 6 * 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		check_fatal("mmap");
	memset(pages, 1, 6 * 4096);
	none = pages;
	readonly = pages + 4096;
	writable = pages + 2 * 4096;
	hole = pages + 4 * 4096;
	CHECK_EQ(mprotect(none, 4096, PROT_NONE), 0);
	CHECK_EQ(mprotect(readonly, 4096, PROT_READ), 0);
	CHECK_EQ(munmap(hole, 4096), 0);
	/* PROT_NONE gave back what was touched: a page never present. */
	CHECK_EQ(madvise(none, 4096, MADV_DONTNEED), 0);
}

int main(void)
{
	struct enclave_options options = { .miscselect = MISCSELECT_EXINFO };

	check_timeout(40);
	setvbuf(stdout, NULL, _IOLBF, 0);
	bare_build(&enclave, &options);
	make_memory();
	bare_handle_signals();
	data_outside();
	edges_of_elrange();
	fetches();
	code_outside();
	alignment();
	not_canonical();
	arithmetic();
	debug_trap();
	misc_select_0();
	enclave_destroy(&enclave);
	return check_result();
}
