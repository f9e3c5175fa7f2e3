/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exceptions inside the enclave as __vdso_sgx_enter_enclave() reports them:
 * vector, error code, address; no signal at all.  Then the user handler, with
 * every kind of value that it may return.
 *
 * Source: Linux <asm/sgx.h>, sgx_enclave_run and sgx_enclave_user_handler_t.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/host_traps.h"
#include "tests/process/fixture/victim.h"

static struct enclave enclave = ENCLAVE_NONE;
static uint64_t secrets;

static void no_signal(int sig, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	check_fatal("signal %d, where the vDSO should have told", sig);
}

/*
 * An AEX by #MF leaves the exception pending; it would strike at the next x87
 * instruction outside.  So it is cleared at once.
 */
static int clear_x87(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
		     struct sgx_enclave_run *run)
{
	__asm__ volatile("fnclex");
	(void)rdi, (void)rsi, (void)rdx, (void)rsp, (void)r8, (void)r9;
	(void)run;
	return 0;
}

static void clear_ac(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n"
			 "pushfq\n"
			 "andl $0xfffbffff, (%%rsp)\n"
			 "popfq\n"
			 "lea 128(%%rsp), %%rsp" ::
				 : "cc", "memory");
}

static void skip_instruction(unsigned length)
{
	struct request edit = { .op = OP_EDIT, .value = length };

	CHECK(victim_call(&enclave, 0, BY_VDSO, &edit));
}

/* EENTER and ERESUME from one frame: the enclave returns by the first RSP. */
static void expect(const char *name, struct request *r, uint16_t vector,
		   uint16_t error_code, uint64_t addr, unsigned skip,
		   void *mend)
{
	struct sgx_enclave_run run = {
		.tcs = enclave.tcs[0],
		.user_data = 4711,
		.user_handler = vector == 16 ? (uintptr_t)clear_x87 : 0,
	};
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)r };
	int ret;

	check_section(name);
	ret = enclave_vdso_enter(&run, ENCLU_EENTER, &regs);
	clear_ac();
	CHECK_EQ(ret, 0);
	if (r->op == OP_CPUID && run.function == ENCLU_EEXIT)
		return; /* this host cannot make CPUID fault */
	if (!CHECK_EQ(run.function, ENCLU_ERESUME))
		return;
	CHECK_EQ(run.exception_vector, vector);
	CHECK_EQ(run.exception_error_code, error_code);
	CHECK_EQ(run.exception_addr, addr);
	CHECK_EQ(run.user_data, 4711);
	if (skip)
		skip_instruction(skip);
	if (mend)
		CHECK_EQ(mprotect(mend, 4096, PROT_READ | PROT_WRITE), 0);
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_ERESUME, &regs), 0);
	CHECK_EQ(run.function, ENCLU_EEXIT);
	CHECK_EQ(r->done, OP_DONE);
	/* Left alone by EEXIT. */
	CHECK_EQ(run.exception_vector, vector);
}

static void instructions(void)
{
	static const struct {
		const char *name;
		enum enclave_op op;
		uint8_t vector, length;
	} cases[] = {
		{ "ud2", OP_UD2, 6, 2 },
		{ "int3", OP_INT3, 6, 1 },
		{ "syscall", OP_SYSCALL, 6, 2 },
		{ "in", OP_IN, 6, 1 },
		{ "out", OP_OUT, 6, 1 },
		{ "cpuid", OP_CPUID, 6, 2 },
		{ "div", OP_DIVIDE, 0, 2 },
		{ "x87", OP_X87, 16, 1 },
		{ "sse", OP_SSE, 19, 4 },
		{ "eenter", OP_ENCLU_EENTER, 13, 3 },
		{ "align", OP_ALIGN, 17, 2 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct request r = { .op = cases[i].op };

		check_section(cases[i].name);
		if (!host_traps(cases[i].vector))
			continue;
		expect(cases[i].name, &r, cases[i].vector, 0, 0,
		       cases[i].length, NULL);
	}
}

static void page_faults(void)
{
	void *page = (void *)(uintptr_t)(secrets & ~4095ull);
	uint64_t at = secrets & ~4095ull;
	struct request write = { .op = OP_WRITE, .addr = secrets + 5 };
	struct request read = { .op = OP_READ, .addr = secrets + 5 };
	struct request nowhere = { .op = OP_READ, .addr = 0x123456 };
	struct request tcs_read = { .op = OP_TCS_READ };
	struct request tcs_write = { .op = OP_TCS_WRITE };

	CHECK_EQ(mprotect(page, 4096, PROT_READ), 0);
	expect("read-only, untouched", &write, 14, 0x6, at, 0, page);
	CHECK_EQ(mprotect(page, 4096, PROT_READ), 0);
	expect("read-only, present", &write, 14, 0x7, at, 0, page);
	CHECK_EQ(mprotect(page, 4096, PROT_NONE), 0);
	expect("no access, read", &read, 14, 0x4, at, 0, page);
	CHECK_EQ(mprotect(page, 4096, PROT_NONE), 0);
	expect("no access, write", &write, 14, 0x6, at, 0, page);
	expect("no mapping", &nowhere, 14, 0x4, 0x123000, 2, NULL);
	expect("own TCS read", &tcs_read, 14, 0x8005, enclave.tcs[0], 2, NULL);
	expect("own TCS write", &tcs_write, 14, 0x8007, enclave.tcs[0], 2,
	       NULL);
}

/* A fetch from data: the page comes in, and then NX refuses. */
static void fetch_from_data(void)
{
	struct request r = { .op = OP_EXECUTE, .addr = secrets };
	struct enclave_exit exit;

	check_section("fetch from data");
	CHECK_ROW("__vdso_sgx_enter_enclave()", "arch/x86/mm/fault.c",
		  "a fetch from a page without X", "vector 14, 15H, the page");
	exit = victim_enter(&enclave, 1, &r);
	CHECK_EQ(exit.function, ENCLU_ERESUME);
	CHECK_EQ(exit.vector, 14);
	CHECK_EQ(exit.error_code, 0x15);
	CHECK_EQ(exit.addr, secrets & ~4095ull);
}

/* The page tables are asked first: read-only in both gives 0x7. */
static void epcm_restricted(void)
{
	uint64_t page = secrets & ~4095ull;
	struct sgx_enclave_restrict_permissions restrict_to = {
		.offset = page - enclave.base,
		.length = 4096,
		.permissions = 1,
	};
	struct request write = { .op = OP_WRITE, .addr = secrets };
	struct enclave_exit exit;

	check_section("EPCM restricted");
	CHECK_ROW("__vdso_sgx_enter_enclave()", "arch/x86/mm/fault.c",
		  "the EPCM refuses inside", "vector 14, 8007H, the page");
	if (ioctl(enclave.fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,
		  &restrict_to)) {
		CHECK(errno == ENODEV || errno == ENOTTY);
		return;
	}
	CHECK_EQ(restrict_to.count, 4096);
	exit = victim_enter(&enclave, 2, &write);
	CHECK_EQ(exit.vector, 14);
	CHECK_EQ(exit.error_code, 0x8007);
	CHECK_EQ(exit.addr, page);
	CHECK_EQ(mprotect((void *)(uintptr_t)page, 4096, PROT_READ), 0);
	exit = victim_enter(&enclave, 3, &write);
	CHECK_EQ(exit.error_code, 0x7);
	CHECK_EQ(mprotect((void *)(uintptr_t)page, 4096,
			  PROT_READ | PROT_WRITE),
		 0);
}

/* EENTER itself refused: function stays EENTER. */
static void entry_refused(void)
{
	struct sgx_enclave_run run = { .tcs = enclave.tcs[0] + 64 };
	struct enclave_regs regs = { 0 };

	check_section("entry refused");
	CHECK_ROW("__vdso_sgx_enter_enclave()", "arch/x86/entry/vdso/extable.c",
		  "EENTER or ERESUME faults",
		  "0; function 2 or 3, vector, error code, address");
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), 0);
	CHECK_EQ(run.function, ENCLU_EENTER);
	CHECK_EQ(run.exception_vector, 13);
	CHECK_EQ(run.exception_addr, 0);
	run.tcs = enclave.tcs[0];
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_ERESUME, &regs), 0);
	CHECK_EQ(run.function, ENCLU_ERESUME);
	CHECK_EQ(run.exception_vector, 13);
	run.tcs = secrets & ~4095ull;
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), 0);
	CHECK_EQ(run.function, ENCLU_EENTER);
	CHECK_EQ(run.exception_vector, 14);
	CHECK(run.exception_error_code & 0x8000);
	CHECK_EQ(run.exception_addr, run.tcs);
}

static void bad_calls(void)
{
	struct sgx_enclave_run run = { .tcs = enclave.tcs[0], .function = 77 };
	struct enclave_regs regs = { 0 };

	check_section("bad calls");
	CHECK_ROW("__vdso_sgx_enter_enclave()", "arch/x86/entry/vdso/vsgx.S",
		  "another function, or reserved bytes",
		  "-EINVAL; run is as it was");
	for (uint32_t leaf = 0; leaf < 10; leaf++)
		if (leaf != ENCLU_EENTER && leaf != ENCLU_ERESUME)
			CHECK_EQ(enclave_vdso_enter(&run, leaf, &regs),
				 -EINVAL);
	CHECK_EQ(run.function, 77);
	for (unsigned i = 0; i < sizeof(run.reserved); i += 43) {
		run.reserved[i] = 1;
		CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs),
			 -EINVAL);
		run.reserved[i] = 0;
	}
	CHECK_EQ(run.function, 77);
}

int main(void)
{
	static const int signals[] = { SIGILL, SIGFPE, SIGBUS, SIGSEGV,
				       SIGTRAP };
	struct request where = { .op = OP_ADDRESSES };

	check_timeout(40);
	if (!enclave_vdso())
		check_skip("no __vdso_sgx_enter_enclave");
	victim_build(&enclave);
	for (unsigned i = 0; i < 5; i++)
		victim_handle(signals[i], no_signal, 0);
	CHECK(victim_call(&enclave, 0, BY_VDSO, &where));
	secrets = where.addr;
	bad_calls();
	entry_refused();
	page_faults();
	instructions();
	fetch_from_data();
	epcm_restricted();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
