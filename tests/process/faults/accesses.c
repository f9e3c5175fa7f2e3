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
#include "tests/process/faults/accesses_rows.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/process/fixture/bare.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/host_traps.h"

#define SOURCE \
	"SDM \"Access-control Requirements\", " \
	"\"Segment-based Access Control\", \"EXITINFO\""

extern const char int1_then[], int1_then_at[];
extern const char int1_prefix_then[], int1_prefix_then_at[];
extern const char int1_int1_then[], int1_int1_then_at[];

static struct enclave enclave = ENCLAVE_NONE;
static uint64_t places[NR_PLACES];

static uint64_t address(const struct access_row *row)
{
	return places[row->place] + row->offset;
}

static void check_frame(const struct access_row *row)
{
	struct bare_frame frame;
	uint16_t fsw;
	uint32_t mxcsr;

	bare_look(&enclave, 0, &frame);
	if (row->where == AT)
		CHECK_EQ(frame.gpr.rip, bare_at(&enclave, row->at));
	else if (row->where == ADDRESS)
		CHECK_EQ(frame.gpr.rip, address(row));
	memcpy(&fsw, frame.xsave + 2, 2);
	memcpy(&mxcsr, frame.xsave + 24, 4);
	/* The frame has the true state: summary and zero divide; ZE. */
	if (row->vector == 16)
		CHECK_EQ(fsw & 0x84, 0x84);
	if (row->vector == 19)
		CHECK_EQ(mxcsr, 0x1d84);
}

/* What an AEX by #MF or #XM makes of the FPU's state. */
static void check_marks(const struct access_row *row, const struct seen *seen)
{
	if (row->vector == 16) {
		CHECK_EQ(seen->fcw, 0x37e);
		CHECK_EQ(seen->fsw, 0x8081);
	} else if (row->vector == 19) {
		CHECK_EQ(seen->mxcsr, 0x1f01);
	}
}

static void run(const struct access_row *row, enum victim_way way)
{
	struct enclave_regs regs = { .rsi = address(row) };
	struct bare_outcome outcome;

	bare_enter(&enclave, 0, way, row->code, &regs, &outcome);
	CHECK_EQ(outcome.left, row->vector == RUNS);
	if (outcome.left)
		return;
	bare_check_exception(&enclave, 0, way, &outcome, (uint8_t)row->vector,
			     row->err,
			     row->vector == 14 ? address(row) + row->across :
						 0);
	check_frame(row);
	if (way == BY_ENCLU)
		check_marks(row, &outcome.seen);
	bare_finish(&enclave, 0, way);
}

/* What is jumped to outside the enclave. */
static void write_code(const struct access_row *row)
{
	uint8_t *code = (uint8_t *)(uintptr_t)places[CODE];

	memset(code, 0x90, 16);
	memcpy(code + 16, row->bytes, sizeof(row->bytes));
	memset(code + 16 + sizeof(row->bytes), 0xcc, 16);
}

/* What lies right behind ELRANGE may be taken. */
static bool is_taken(const struct access_row *row)
{
	uint64_t page = address(row) & ~4095ull;

	return row->place == ELRANGE && row->offset == BARE_SIZE &&
	       !msync((void *)(uintptr_t)page, 4096, MS_ASYNC);
}

static void all(const struct access_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct access_row *row = &table->rows[i];

		check_section(row->name);
		printf("%s: %s\n", table->subject, row->name);
		if (!host_traps(row->canonical_end ? HOST_CANONICAL_END :
						     row->vector))
			continue;
		if (is_taken(row)) {
			printf("skipped: something is behind ELRANGE\n");
			continue;
		}
		if (row->place == CODE)
			write_code(row);
		run(row, BY_ENCLU);
		if (enclave_vdso())
			run(row, BY_VDSO);
	}
}

/* With a page mapped below ELRANGE, for the tables that want it. */
static void all_tables(bool below)
{
	for (size_t i = 0; i < nr_access_tables; i++)
		if (access_tables[i].below == below)
			all(&access_tables[i]);
}

static void all_with_below(void)
{
	void *below = (void *)(uintptr_t)(enclave.base - 4096);

	if (mmap(below, 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) != below) {
		printf("skipped: something is below ELRANGE\n");
		return;
	}
	all_tables(true);
	munmap(below, 4096);
}

/* From `label`, or by ERESUME where it is NULL, INT1 is the next to raise. */
static void int1(const char *label, uint64_t behind)
{
	struct bare_outcome outcome;
	struct bare_frame frame;

	bare_enter(&enclave, 0, BY_ENCLU, label, NULL, &outcome);
	CHECK(!outcome.left);
	CHECK_EQ(outcome.seen.sig, SIGTRAP);
	CHECK_EQ(outcome.seen.code, TRAP_BRKPT);
	CHECK_EQ(outcome.seen.trapno, 1);
	bare_look(&enclave, 0, &frame);
	CHECK_EQ(frame.gpr.exitinfo, EXITINFO_VALID | EXITINFO_HW | 1);
	CHECK_EQ(frame.gpr.rip, behind);
	CHECK_EQ(frame.gpr.rflags & 0x10000, 0);
}

/* INT1 is no step and no breakpoint: #DB, a trap, not the vDSO's to tell. */
static void debug_trap(void)
{
	check_section("INT1");
	CHECK_ROW("exceptions inside", SOURCE, "INT1",
		  "#DB, after it: SIGTRAP, not the vDSO's");
	printf("INT1\n");
	if (!host_traps(1))
		return;
	int1(int1_then, bare_at(&enclave, int1_then_at));
	bare_finish(&enclave, 0, BY_ENCLU);
	int1(int1_prefix_then, bare_at(&enclave, int1_prefix_then_at));
	bare_finish(&enclave, 0, BY_ENCLU);
	/* Behind the first is the second. */
	int1(int1_int1_then, bare_at(&enclave, int1_int1_then_at));
	int1(NULL, bare_at(&enclave, int1_int1_then_at) + 1);
	bare_finish(&enclave, 0, BY_ENCLU);
}

static void without_exinfo(const struct no_exinfo_row *row)
{
	struct enclave_regs regs = { .rsi = row->addr };
	static const struct exinfo nothing;
	struct bare_outcome outcome;
	struct bare_frame frame;

	check_section(row->name);
	printf("%s, no EXINFO\n", row->name);
	if (!host_traps(row->vector))
		return;
	bare_enter(&enclave, 0, BY_ENCLU, row->code, &regs, &outcome);
	CHECK(!outcome.left);
	CHECK_EQ(outcome.seen.sig, row->sig);
	bare_look(&enclave, 0, &frame);
	CHECK_EQ(frame.gpr.exitinfo, row->exitinfo);
	CHECK(!memcmp(&frame.exinfo, &nothing, sizeof(nothing)));
	bare_finish(&enclave, 0, BY_ENCLU);
}

static void misc_select_0(void)
{
	enclave_destroy(&enclave);
	bare_build(&enclave, NULL);
	for (size_t i = 0; i < nr_no_exinfo_rows; i++)
		without_exinfo(&no_exinfo_rows[i]);
}

static void make_memory(void)
{
	uint8_t *pages = mmap(NULL, 6 * 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || code == MAP_FAILED)
		check_fatal("mmap");
	memset(pages, 1, 6 * 4096);
	places[NO_ACCESS] = (uintptr_t)pages;
	places[READ_ONLY] = (uintptr_t)pages + 4096;
	places[WRITABLE] = (uintptr_t)pages + 2 * 4096;
	places[NOTHING] = (uintptr_t)pages + 4 * 4096;
	places[CODE] = (uintptr_t)code;
	places[DATA] = enclave.base + BARE_DATA;
	places[ELRANGE] = enclave.base;
	CHECK_EQ(mprotect(pages, 4096, PROT_NONE), 0);
	CHECK_EQ(mprotect(pages + 4096, 4096, PROT_READ), 0);
	CHECK_EQ(munmap(pages + 4 * 4096, 4096), 0);
	/* PROT_NONE gave back what was touched: a page never present. */
	CHECK_EQ(madvise(pages, 4096, MADV_DONTNEED), 0);
}

static const char *outcome(const struct access_row *row, char *text,
			   size_t size)
{
	static const char *const names[20] = {
		[0] = "#DE",  [6] = "#UD",     [12] = "#SS(0)", [13] = "#GP(0)",
		[16] = "#MF", [17] = "#AC(0)", [19] = "#XM",
	};

	if (row->vector == RUNS)
		return "is made";
	if (row->vector == 14)
		snprintf(text, size, "#PF, %XH%s", row->err,
			 row->across ? ", the second page's address" : "");
	else
		snprintf(text, size, "%s, EXITINFO %XH", names[row->vector],
			 bare_exitinfo((uint8_t)row->vector));
	return text;
}

/* A table's rows of docs/CONFORMANCE.md. */
static void print_table(const struct access_table *table)
{
	char gives[64];

	for (size_t i = 0; i < table->n; i++)
		check_print_row(&(struct check_row){
			.subject = table->subject,
			.source = SOURCE,
			.check = table->rows[i].name,
			.gives = outcome(&table->rows[i], gives, sizeof(gives)),
			.deviation = table->deviation,
			.file = __FILE__,
			.test = "all",
		});
}

void check_table(void)
{
	char check[64], gives[64];

	for (size_t i = 0; i < nr_access_tables; i++)
		print_table(&access_tables[i]);
	for (size_t i = 0; i < nr_no_exinfo_rows; i++) {
		const struct no_exinfo_row *row = &no_exinfo_rows[i];

		snprintf(check, sizeof(check), "%s, MISCSELECT without EXINFO",
			 row->name);
		snprintf(gives, sizeof(gives),
			 "EXITINFO %XH; EXINFO is "
			 "not written",
			 row->exitinfo);
		check_print_row(&(struct check_row){
			.subject = "exceptions inside",
			.source = SOURCE,
			.check = check,
			.gives = gives,
			.deviation = row->exitinfo ? NULL : "DC18",
			.file = __FILE__,
			.test = "without_exinfo",
		});
	}
}

int main(void)
{
	struct enclave_options options = { .miscselect = MISCSELECT_EXINFO };

	check_timeout(40);
	setvbuf(stdout, NULL, _IOLBF, 0);
	bare_build(&enclave, &options);
	make_memory();
	bare_handle_signals();
	all_tables(false);
	all_with_below();
	debug_trap();
	misc_select_0();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
