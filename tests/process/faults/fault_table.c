/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Linux's decisions about page faults on enclave memory: each row a state of a
 * page, each column an access, made inside the enclave, by the program itself,
 * or by EENTER to its TCS.  The argument: the run's generation, sgx1 or sgx2.
 * SDM "Page-based Access Control"; Linux 6.1 arch/x86/mm/fault.c
 * do_user_addr_fault(), sgx/encl.c sgx_vma_fault().  States that no system call
 * brings about (BLOCKED, SECS, VA, another address), and another enclave's page
 * (DP1), are in tests/unit/kernel/test_fault_epcm.c.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/process/faults/fault_field.h"
#include "tests/process/faults/fault_ways.h"
#include "tests/process/fixture/check.h"

#define R      PROT_READ
#define W      PROT_WRITE
#define X      PROT_EXEC
#define OFFSET 0x123

#define ERR_P   0x1u
#define ERR_PK  0x20u
#define ERR_SGX 0x8000u

/* What an access comes to. */
enum outcome {
	____,         /* it is made */
	MAPERR,       /* #PF, SEGV_MAPERR */
	MAPERR_P,     /* the same with P, as at any kernel address */
	ACCERR,       /* #PF without P, SEGV_ACCERR */
	ACCERR_P,     /* with P */
	ADRERR,       /* #PF without P; SIGBUS, BUS_ADRERR */
	PKUERR,       /* #PF without P, SEGV_PKUERR */
	PKUERR_P,     /* with P and PK */
	EPCM,         /* #PF with P and SGX, SEGV_ACCERR; with SGX1 GP */
	GP,           /* #GP, SI_KERNEL */
	X_READ,       /* EPCM; without protection keys it is made (DK20) */
	ABORT,        /* the abort page: see abort_page.c */
	NONE = ABORT, /* not tried */
};

struct row {
	const char *name;
	uint64_t (*make)(void); /* a page in this state */
	enum outcome inside[NR_ACCESSES], outside[NR_ACCESSES];
	enum outcome entry; /* to the page tables a write */
};

static bool sgx2;
static int pkey = -1;
static uint64_t last_cr2;

static void protect(uint64_t page, int prot)
{
	CHECK_EQ(mprotect((void *)(uintptr_t)page, ENCLAVE_PAGE, prot), 0);
}

/* The page tables ------------------------------------------------------ */

static uint64_t no_vma(void)
{
	uint64_t page = field_take(BLOCK_RWX);

	munmap((void *)(uintptr_t)page, ENCLAVE_PAGE);
	return page;
}

static uint64_t prot_none(void)
{
	return field_map(BLOCK_RWX, PROT_NONE);
}

static uint64_t prot_none_touched(void)
{
	uint64_t page = field_touch(field_map(BLOCK_RWX, R | W | X));

	protect(page, PROT_NONE);
	return page;
}

static uint64_t r_absent(void)
{
	return field_map(BLOCK_RWX, R);
}

static uint64_t r_present(void)
{
	return field_touch(r_absent());
}

static uint64_t rw_absent(void)
{
	return field_map(BLOCK_RWX, R | W);
}

static uint64_t rw_present(void)
{
	return field_touch(rw_absent());
}

static uint64_t rx_absent(void)
{
	return field_map(BLOCK_RWX, R | X);
}

static uint64_t rx_present(void)
{
	return field_touch(rx_absent());
}

static uint64_t x_only(void)
{
	return field_map(BLOCK_RWX, X);
}

static uint64_t rwx(void)
{
	return field_map(BLOCK_RWX, R | W | X);
}

static uint64_t pkey_absent(void)
{
	uint64_t page = rwx();

	CHECK_EQ(pkey_mprotect((void *)(uintptr_t)page, ENCLAVE_PAGE, R | W | X,
			       pkey),
		 0);
	return page;
}

static uint64_t pkey_present(void)
{
	uint64_t page = field_touch(rwx());

	CHECK_EQ(pkey_mprotect((void *)(uintptr_t)page, ENCLAVE_PAGE, R | W | X,
			       pkey),
		 0);
	return page;
}

/* The driver ----------------------------------------------------------- */

static uint64_t hole_rwx(void)
{
	return field_map(BLOCK_HOLE, R | W | X);
}

static uint64_t hole_rw(void)
{
	return field_map(BLOCK_HOLE, R | W);
}

static uint64_t hole_r(void)
{
	return field_map(BLOCK_HOLE, R);
}

static uint64_t beyond_maximum(void)
{
	return field_take(BLOCK_R_MAPPED);
}

static uint64_t not_initialised(void)
{
	uint64_t page = field_take(BLOCK_HOLE);

	field_map_at(field_other(), page, R | W | X);
	return page;
}

/* The EPCM ------------------------------------------------------------- */

static uint64_t x_page(void)
{
	return field_map(BLOCK_X, X);
}

static uint64_t restricted_to_r(void)
{
	uint64_t page = rwx();

	field_restrict(page, SECINFO_R);
	return page;
}

static uint64_t restricted_to_nothing(void)
{
	uint64_t page = field_touch(rwx());

	field_restrict(page, 0);
	return page;
}

static uint64_t restricted_and_read_only(void)
{
	uint64_t page = restricted_to_r();

	protect(field_touch(page), R);
	return page;
}

static uint64_t modified(void)
{
	uint64_t page = rw_absent();

	field_modify(page, SECINFO_TCS >> 8);
	return page;
}

static uint64_t modified_under_x(void)
{
	uint64_t page = rwx();

	field_modify(page, SECINFO_TCS >> 8);
	return page;
}

static uint64_t trimmed(void)
{
	uint64_t page = rwx();

	field_modify(page, SECINFO_TRIM >> 8);
	return page;
}

static uint64_t trimmed_accepted(void)
{
	uint64_t page = trimmed();

	field_accept(page, SECINFO_TRIM | SECINFO_MODIFIED);
	return page;
}

static uint64_t trimmed_removed(void)
{
	uint64_t page = trimmed_accepted();

	field_remove(page);
	return page;
}

static uint64_t added_accepted(void)
{
	uint64_t page = hole_rwx();

	field_accept(page,
		     SECINFO_REG | SECINFO_R | SECINFO_W | SECINFO_PENDING);
	return page;
}

static uint64_t tcs(void)
{
	return field_map(BLOCK_TCS, R | W);
}

static uint64_t tcs_read_only(void)
{
	return field_map(BLOCK_TCS, R);
}

/* Outside ELRANGE ------------------------------------------------------ */

/* At an address of ours: the kernel's choice may be a hole in ELRANGE. */
static uint64_t elsewhere(int prot)
{
	static unsigned n;
	const struct enclave *e = field_enclave();
	uint64_t hint = e->base - (1ull << 30) + n++ * ENCLAVE_PAGE;
	void *page = mmap((void *)(uintptr_t)hint, ENCLAVE_PAGE, prot,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED &&
	      (uint64_t)(uintptr_t)page - e->base >= e->size);
	return (uint64_t)(uintptr_t)page;
}

static uint64_t elsewhere_nothing(void)
{
	uint64_t page = elsewhere(R);

	munmap((void *)(uintptr_t)page, ENCLAVE_PAGE);
	return page;
}

static uint64_t elsewhere_none(void)
{
	return elsewhere(PROT_NONE);
}

static uint64_t elsewhere_r(void)
{
	uint64_t page = elsewhere(R | W);

	*(volatile uint8_t *)(uintptr_t)page = 0xc3;
	protect(page, R);
	return page;
}

static uint64_t elsewhere_rw(void)
{
	return elsewhere(R | W);
}

static uint64_t kernel_address(void)
{
	return 0xffff800000000000ull;
}

/* clang-format off */
#define ALL(outcome)	{ outcome, outcome, outcome }

/* Of both generations. */
static const struct row common[] = {
	/*				inside		outside		entry */
	{ "no VMA", no_vma, ALL(MAPERR), ALL(MAPERR), MAPERR },
	{ "PROT_NONE", prot_none, ALL(ACCERR), ALL(ACCERR), ACCERR },
	{ "PROT_NONE, was present", prot_none_touched, ALL(ACCERR),
	  ALL(ACCERR), ACCERR },
	{ "R mapping, PTE absent", r_absent, { ____, ACCERR, ACCERR_P },
	  { ABORT, ACCERR, ACCERR_P }, ACCERR },
	{ "R mapping, PTE present", r_present, { ____, ACCERR_P, ACCERR_P },
	  { ABORT, ACCERR_P, ACCERR_P }, ACCERR_P },
	{ "RW mapping, PTE absent", rw_absent, { ____, ____, ACCERR_P },
	  { ABORT, ABORT, ACCERR_P }, EPCM },
	{ "RW mapping, PTE present", rw_present, { ____, ____, ACCERR_P },
	  { ABORT, ABORT, ACCERR_P }, EPCM },
	{ "RX mapping, PTE absent", rx_absent, { ____, ACCERR, ____ },
	  { ABORT, ACCERR, ABORT }, ACCERR },
	{ "RX mapping, PTE present", rx_present, { ____, ACCERR_P, ____ },
	  { ABORT, ACCERR_P, ABORT }, ACCERR_P },
	{ "X mapping: X implies R", x_only, { ____, ACCERR, ____ },
	  { ABORT, ACCERR, ABORT }, ACCERR },
	{ "RWX mapping", rwx, ALL(____), ALL(ABORT), EPCM },
	{ "no page, R mapping: write", hole_r, { ABORT, ACCERR, ABORT },
	  { ABORT, ACCERR, ABORT }, ACCERR },
	{ "mapping exceeds the page", beyond_maximum, ALL(ADRERR),
	  ALL(ADRERR), ADRERR },
	{ "no page, not initialised", not_initialised, ALL(ABORT),
	  ALL(ADRERR), ADRERR },
	{ "EPCM permission: X only", x_page, { X_READ, ACCERR, ____ },
	  { ABORT, ACCERR, ABORT }, ACCERR },
	{ "TCS as data", tcs, { EPCM, EPCM, ACCERR_P },
	  { ABORT, ABORT, ACCERR_P }, NONE },
	{ "TCS, R mapping, PTE absent", tcs_read_only,
	  { EPCM, ACCERR, ACCERR_P }, { ABORT, ACCERR, ACCERR_P }, ACCERR },
	{ "outside ELRANGE, no VMA", elsewhere_nothing,
	  { MAPERR, MAPERR, GP }, ALL(MAPERR), MAPERR },
	{ "outside ELRANGE, PROT_NONE", elsewhere_none,
	  { ACCERR, ACCERR, GP }, ALL(ACCERR), ACCERR },
	{ "outside ELRANGE, R", elsewhere_r, { ____, ACCERR_P, GP },
	  { ____, ACCERR_P, ACCERR_P }, ACCERR_P },
	{ "outside ELRANGE, RW", elsewhere_rw, { ____, ____, GP },
	  { ____, ____, ACCERR_P }, EPCM },
	{ "kernel address", kernel_address, { MAPERR_P, MAPERR_P, GP },
	  ALL(MAPERR_P), MAPERR_P },
};

static const struct row only_sgx1[] = {
	{ "no page, RWX mapping, SGX1", hole_rwx, ALL(ADRERR), ALL(ADRERR),
	  ADRERR },
	{ "no page, RW mapping, SGX1", hole_rw, ALL(ADRERR), ALL(ADRERR),
	  ADRERR },
};

static const struct row only_sgx2[] = {
	{ "no page, RWX: PENDING", hole_rwx, ALL(EPCM), ALL(ABORT), EPCM },
	{ "no page, RW: PENDING", hole_rw, { EPCM, EPCM, ACCERR_P },
	  { ABORT, ABORT, ACCERR_P }, EPCM },
	{ "was PENDING, accepted", added_accepted, { ____, ____, EPCM },
	  ALL(ABORT), EPCM },
	{ "EPCM permission: R", restricted_to_r, { ____, EPCM, EPCM },
	  ALL(ABORT), EPCM },
	{ "EPCM permission: none", restricted_to_nothing, ALL(EPCM),
	  ALL(ABORT), EPCM },
	{ "page tables before EPCM", restricted_and_read_only,
	  { ____, ACCERR_P, ACCERR_P }, { ABORT, ACCERR_P, ACCERR_P },
	  ACCERR_P },
	{ "MODIFIED", modified, { EPCM, EPCM, ACCERR_P },
	  { ABORT, ABORT, ACCERR_P }, EPCM },
	{ "MODIFIED, RWX mapping", modified_under_x, ALL(ADRERR),
	  ALL(ADRERR), ADRERR },
	{ "TRIM", trimmed, ALL(EPCM), ALL(ABORT), EPCM },
	{ "TRIM, accepted", trimmed_accepted, ALL(EPCM), ALL(ABORT), EPCM },
	{ "TRIM, removed: PENDING", trimmed_removed, ALL(EPCM), ALL(ABORT),
	  EPCM },
};

static const struct row with_pkeys[] = {
	{ "pkey, PTE absent", pkey_absent, { PKUERR, PKUERR, ____ },
	  { PKUERR, PKUERR, ABORT }, PKUERR },
	{ "pkey, PTE present", pkey_present, { PKUERR_P, PKUERR_P, ____ },
	  { PKUERR_P, PKUERR_P, ABORT }, PKUERR_P },
};
/* clang-format on */

/* What an outcome looks like. */
struct look {
	const char *name;
	int sig, code;
	uint32_t bits; /* of the error code, beside the access's */
};

static enum outcome resolve(enum outcome outcome)
{
	if (outcome == X_READ)
		outcome = pkey < 0 ? ____ : EPCM;
	return outcome == EPCM && !sgx2 ? GP : outcome;
}

static struct look look_of(enum outcome outcome)
{
	static const struct look looks[] = {
		[MAPERR] = { "MAPERR", SIGSEGV, SEGV_MAPERR, 0 },
		[MAPERR_P] = { "MAPERR", SIGSEGV, SEGV_MAPERR, ERR_P },
		[ACCERR] = { "ACCERR", SIGSEGV, SEGV_ACCERR, 0 },
		[ACCERR_P] = { "ACCERR", SIGSEGV, SEGV_ACCERR, ERR_P },
		[ADRERR] = { "ADRERR", SIGBUS, BUS_ADRERR, 0 },
		[PKUERR] = { "PKUERR", SIGSEGV, SEGV_PKUERR, 0 },
		[PKUERR_P] = { "PKUERR", SIGSEGV, SEGV_PKUERR, ERR_P | ERR_PK },
		[EPCM] = { "ACCERR", SIGSEGV, SEGV_ACCERR, ERR_P | ERR_SGX },
		[GP] = { "#GP", SIGSEGV, SI_KERNEL, 0 },
	};

	return looks[outcome];
}

static uint32_t error_code(enum outcome outcome, enum access access)
{
	static const uint32_t types[] = { 0x4, 0x6, 0x14 };

	return outcome == GP ? 0 : types[access] | look_of(outcome).bits;
}

/* EXITINFO, and EXINFO of a #PF or #GP: the whole address. */
static void check_frame(const struct told *told, uint64_t addr)
{
	CHECK_EQ(told->exitinfo, 0x80000300u | told->vector);
	CHECK_EQ(told->exinfo.errcd, told->err);
	CHECK_EQ(told->exinfo.maddr, told->vector == 14 ? addr : 0);
	CHECK_EQ(told->exinfo.reserved, 0);
}

static void check_signal(const struct told *told, const struct look *look)
{
	CHECK_EQ(told->sig, look->sig);
	CHECK_EQ(told->code, look->code);
	if (told->vector == 14)
		last_cr2 = told->addr;
	/* Of a #GP: what the last #PF that was told of has left there. */
	CHECK_EQ(told->cr2, last_cr2);
}

static void check_told(enum way way, enum access access, uint64_t addr,
		       enum outcome outcome)
{
	struct told told = fault_by(way, field_enclave(), access, addr);
	bool inside = way == INSIDE_SIGNAL || way == INSIDE_VDSO;
	uint64_t shown = inside ? addr & ~(ENCLAVE_PAGE - 1) : addr;
	struct look look = look_of(outcome);

	if (!CHECK_EQ(told.faulted, outcome != ____) || !told.faulted)
		return;
	CHECK_EQ(told.vector, outcome == GP ? 13 : 14);
	CHECK_EQ(told.err, error_code(outcome, access));
	CHECK_EQ(told.addr, outcome == GP ? 0 : shown);
	if (way != INSIDE_VDSO && way != ENTRY_VDSO)
		check_signal(&told, &look);
	if (inside)
		check_frame(&told, addr);
}

static void print_cell(enum outcome outcome, enum access access)
{
	char cell[24] = "-";

	if (outcome == ABORT)
		strcpy(cell, "");
	else if (outcome == GP)
		strcpy(cell, "#GP");
	else if (outcome != ____)
		snprintf(cell, sizeof(cell), "%#x %s",
			 error_code(outcome, access), look_of(outcome).name);
	printf(" %-13s", cell);
}

static void print_row(const struct row *row)
{
	printf("%-27s", row->name);
	for (enum access a = 0; a < NR_ACCESSES; a++)
		print_cell(resolve(row->inside[a]), a);
	printf("|");
	for (enum access a = 0; a < NR_ACCESSES; a++)
		print_cell(resolve(row->outside[a]), a);
	printf("|");
	print_cell(resolve(row->entry), WRITE);
	printf("\n");
}

static void check_accesses(const struct row *row, enum way way,
			   const enum outcome expected[NR_ACCESSES])
{
	enum outcome outcome;

	for (enum access a = 0; a < NR_ACCESSES; a++) {
		outcome = resolve(expected[a]);
		if (outcome != ABORT)
			check_told(way, a, row->make() + OFFSET, outcome);
	}
}

static void check_row(const struct row *row)
{
	bool vdso = enclave_vdso();

	check_section(row->name);
	print_row(row);
	check_accesses(row, INSIDE_SIGNAL, row->inside);
	if (vdso)
		check_accesses(row, INSIDE_VDSO, row->inside);
	check_accesses(row, OUTSIDE, row->outside);
	if (row->entry == NONE)
		return;
	check_told(ENTRY_SIGNAL, WRITE, row->make(), resolve(row->entry));
	if (vdso)
		check_told(ENTRY_VDSO, WRITE, row->make(), resolve(row->entry));
}

/* What docs/CONFORMANCE.md says ---------------------------------------- */

static const char *said(enum outcome outcome, enum access access, bool both)
{
	static char text[48];

	if (outcome == ____)
		return "made";
	if (outcome == GP)
		return "#GP";
	if (outcome == X_READ)
		return "made, with protection keys 8005H ACCERR";
	snprintf(text, sizeof(text), "%XH %s%s", error_code(outcome, access),
		 look_of(outcome).name,
		 outcome == EPCM && both ? " (SGX1: #GP)" : "");
	return text;
}

/* "inside: read made, write 6H ACCERR; " */
static void say_accesses(FILE *to, const char *from,
			 const enum outcome outcomes[NR_ACCESSES], bool both)
{
	static const char *const names[] = { "read", "write", "fetch" };
	const char *separator = "";

	for (enum access a = 0; a < NR_ACCESSES; a++) {
		if (outcomes[a] == ABORT)
			continue;
		fprintf(to, "%s%s %s", *separator ? separator : from, names[a],
			said(outcomes[a], a, both));
		separator = ", ";
	}
	if (*separator)
		fprintf(to, "; ");
}

static const char *deviation(const struct row *row)
{
	if (row->inside[READ] == X_READ)
		return "DK20";
	return row->make == x_only ? "DK9" : NULL;
}

static void print_conformance(const struct row *row, const char *tests,
			      bool both)
{
	char gives[512];
	FILE *to = fmemopen(gives, sizeof(gives), "w");

	say_accesses(to, "inside: ", row->inside, both);
	say_accesses(to, "outside: ", row->outside, both);
	if (row->entry != NONE)
		fprintf(to, "EENTER %s", said(row->entry, WRITE, both));
	fclose(to);
	if (strlen(gives) > 2 && !strcmp(gives + strlen(gives) - 2, "; "))
		gives[strlen(gives) - 2] = 0;
	check_print_row(&(struct check_row){
		.subject = "faults: who wins",
		.source = "arch/x86/mm/fault.c do_user_addr_fault(), "
			  "access_error(); sgx/encl.c sgx_vma_fault()",
		.check = row->name,
		.gives = gives,
		.deviation = deviation(row),
		.file = __FILE__,
		.test = tests,
	});
}

#define PRINT_ROWS(rows, tests, both) \
	do { \
		for (size_t i = 0; i < sizeof(rows) / sizeof(*(rows)); i++) \
			print_conformance(&(rows)[i], tests, both); \
	} while (0)

void check_table(void)
{
	PRINT_ROWS(common, "sgx1, sgx2", true);
	PRINT_ROWS(only_sgx2, "sgx2", false);
	PRINT_ROWS(only_sgx1, "sgx1", false);
	PRINT_ROWS(with_pkeys, "sgx1, sgx2 (qemu-selftests)", true);
}

#define CHECK_ROWS(rows) \
	do { \
		for (size_t i = 0; i < sizeof(rows) / sizeof(*(rows)); i++) \
			check_row(&(rows)[i]); \
	} while (0)

static struct seen ill;
static sigjmp_buf jump;

static void on_ill(int sig, siginfo_t *info, void *context)
{
	seen_record(&ill, sig, info, context);
	siglongjmp(jump, 1);
}

/* What the view of code outside does not matter for: nobody may execute it. */
static void outside_fetch_without_x(void)
{
	uint64_t page = restricted_to_r();

	CHECK_ROW("the abort page", "SDM \"Access-control Requirements\"",
		  "a fetch, where the EPCM allows none",
		  "#UD: ones are no instruction");
	check_section("outside: fetch of what may not be executed");
	victim_handle(SIGILL, on_ill, 0);
	if (!sigsetjmp(jump, 1))
		((void (*)(void))(uintptr_t)(page + OFFSET))();
	CHECK_EQ(ill.count, 1);
	CHECK_EQ(ill.rip, page + OFFSET);
	CHECK_EQ(ill.trapno, 6);
	check_all_rows();
}

int main(int argc, char **argv)
{
	check_timeout(50);
	if (argc != 2)
		check_skip("needs the generation: sgx1 or sgx2");
	setvbuf(stdout, NULL, _IOLBF, 0);
	sgx2 = !strcmp(argv[1], "sgx2");
	pkey = pkey_alloc(0, PKEY_DISABLE_ACCESS);
	field_build();
	printf("%-27s %-13s %-13s %-13s| %-13s %-13s %-13s| EENTER\n", argv[1],
	       "inside: read", "write", "fetch", "outside: read", "write",
	       "fetch");
	CHECK_ROWS(common);
	if (sgx2)
		CHECK_ROWS(only_sgx2);
	else
		CHECK_ROWS(only_sgx1);
	if (pkey < 0)
		printf("%-27s skipped: no protection keys here\n",
		       "SEGV_PKUERR");
	else
		CHECK_ROWS(with_pkeys);
	if (sgx2)
		outside_fetch_without_x();
	return check_result();
}
