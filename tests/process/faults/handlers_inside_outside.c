/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults inside the enclave, entered by own ENCLU, reach the program's signal
 * handlers as Linux sends them: the state after an AEX, siginfo, trap number,
 * error code and CR2.  The same handlers take faults of ENCLU itself, and of
 * ordinary code, unchanged by there being an enclave.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/host_traps.h"
#include "tests/process/fixture/victim.h"

#define EXIT_VALID    0x80000000u
#define EXIT_HARDWARE (3u << 8)
#define FLAG_AC       0x40000

static struct enclave enclave = ENCLAVE_NONE;
static struct seen seen;
static sigjmp_buf way_out;
static volatile bool outside;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	victim_clear_ac();
	seen_record(&seen, sig, info, context);
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~FLAG_AC;
	if (outside)
		siglongjmp(way_out, 1);
	victim_abandon(context);
}

struct fault {
	const char *name;
	enum enclave_op op;
	int sig, code;
	uint8_t vector; /* also REG_TRAPNO */
	uint16_t err;
	bool addr_is_aep; /* si_addr: the AEP, or `addr` */
	uint8_t skip;     /* length of the instruction */
};

static const struct fault faults[] = {
	{ "ud2", OP_UD2, SIGILL, ILL_ILLOPN, 6, 0, true, 2 },
	{ "int3", OP_INT3, SIGILL, ILL_ILLOPN, 6, 0, true, 1 },
	{ "syscall", OP_SYSCALL, SIGILL, ILL_ILLOPN, 6, 0, true, 2 },
	{ "in", OP_IN, SIGILL, ILL_ILLOPN, 6, 0, true, 1 },
	{ "out", OP_OUT, SIGILL, ILL_ILLOPN, 6, 0, true, 1 },
	{ "cpuid", OP_CPUID, SIGILL, ILL_ILLOPN, 6, 0, true, 2 },
	{ "div", OP_DIVIDE, SIGFPE, FPE_INTDIV, 0, 0, true, 2 },
	{ "x87", OP_X87, SIGFPE, FPE_FLTINV, 16, 0, true, 1 },
	{ "sse", OP_SSE, SIGFPE, FPE_FLTINV, 19, 0, true, 4 },
	{ "align", OP_ALIGN, SIGBUS, BUS_ADRALN, 17, 0, false, 2 },
	{ "eenter", OP_ENCLU_EENTER, SIGSEGV, SI_KERNEL, 13, 0, false, 3 },
	{ "tcs read", OP_TCS_READ, SIGSEGV, SEGV_ACCERR, 14, 0x8005, false, 2 },
	{ "tcs write", OP_TCS_WRITE, SIGSEGV, SEGV_ACCERR, 14, 0x8007, false,
	  2 },
};

static void check_signal(const struct fault *f, uint64_t addr)
{
	CHECK_EQ(seen.count, 1);
	CHECK_EQ(seen.sig, f->sig);
	CHECK_EQ(seen.code, f->code);
	CHECK_EQ(seen.trapno, f->vector);
	CHECK_EQ(seen.err, f->err);
	CHECK_EQ(seen.addr, f->addr_is_aep ? seen.rip : addr);
	if (f->vector == 14)
		CHECK_EQ(seen.cr2, addr);
	seen_check_aex(&seen, enclave.tcs[0],
		       (uint64_t)(uintptr_t)enclave_raw_aep);
	if (f->vector != 16 && f->vector != 19)
		seen_check_fpu(&seen);
}

/* What the processor recorded, read by the enclave itself at CSSA 1. */
static void check_frame(const struct fault *f, uint64_t addr)
{
	struct request look = { .op = OP_LOOK };

	CHECK(victim_call(&enclave, 0, BY_ENCLU, &look));
	CHECK_EQ(look.cssa, 1);
	CHECK_EQ(look.frame.exitinfo, EXIT_VALID | EXIT_HARDWARE | f->vector);
	CHECK(look.frame.rip - enclave.base < enclave.size);
	CHECK(look.frame.rsp - enclave.base < enclave.size);
	if (f->vector == 14) {
		CHECK_EQ(look.exinfo.maddr & ~4095ull, addr);
		CHECK_EQ(look.exinfo.errcd, f->err);
	}
}

static void skip_instruction(unsigned length)
{
	struct request edit = { .op = OP_EDIT, .value = length };

	CHECK(victim_call(&enclave, 0, BY_ENCLU, &edit));
}

static void fresh(void)
{
	memset(&seen, 0, sizeof(seen));
}

/* EENTER, fault, EENTER at CSSA 1, ERESUME: all from this one frame. */
static void fault_inside(const struct fault *f)
{
	struct request r = { .op = f->op };
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&r };
	int ret;

	check_section(f->name);
	if (!host_traps(f->vector))
		return;
	fresh();
	ret = enclave_enter_raw(enclave.tcs[0], ENCLU_EENTER, &regs);
	if (f->op == OP_CPUID && !host_traps(HOST_CPUID)) {
		CHECK_EQ(ret, 0); /* DEVIATION DJ3: it has executed */
		CHECK_EQ(r.done, OP_DONE);
		return;
	}
	if (!CHECK_EQ(ret, 1))
		return;
	check_signal(f, f->vector == 14 ? enclave.tcs[0] : 0);
	check_frame(f, enclave.tcs[0]);
	skip_instruction(f->skip);
	CHECK_EQ(enclave_enter_raw(enclave.tcs[0], ENCLU_ERESUME, &regs), 0);
	CHECK_EQ(r.done, OP_DONE);
}

/* The enclave touches `addr`; mending it lets ERESUME go on. */
static void fault_at(const char *name, enum enclave_op op, uint64_t addr,
		     int code, uint16_t err, void *mend, int prot)
{
	struct fault f = { name, op, SIGSEGV, code, 14, err, false, 0 };
	struct request r = { .op = op, .addr = addr, .value = 0x5a };
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&r };

	check_section(name);
	fresh();
	if (!CHECK_EQ(enclave_enter_raw(enclave.tcs[0], ENCLU_EENTER, &regs),
		      1))
		return;
	check_signal(&f, addr & ~4095ull);
	check_frame(&f, addr & ~4095ull);
	CHECK_EQ(mprotect(mend, 4096, prot), 0);
	CHECK_EQ(enclave_enter_raw(enclave.tcs[0], ENCLU_ERESUME, &regs), 0);
	CHECK_EQ(r.done, OP_DONE);
}

static uint64_t secrets_address(void)
{
	struct request r = { .op = OP_ADDRESSES };

	CHECK(victim_call(&enclave, 0, BY_ENCLU, &r));
	return r.addr;
}

/* Ordinary page faults: CR2 shows the page only, the SGX bit is clear. */
static void page_tables_refuse(void)
{
	uint64_t secrets = secrets_address();
	void *page = (void *)(uintptr_t)(secrets & ~4095ull);
	char *heap = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_ROW("SIGSEGV", "arch/x86/mm/fault.c",
		  "the page tables refuse inside",
		  "REG_ERR without bit 15, the page");
	CHECK_EQ(mprotect(page, 4096, PROT_READ), 0);
	fault_at("untouched page made read-only", OP_WRITE, secrets,
		 SEGV_ACCERR, 0x6, page, PROT_READ | PROT_WRITE);
	CHECK_EQ(mprotect(page, 4096, PROT_READ), 0);
	fault_at("page made read-only", OP_WRITE, secrets, SEGV_ACCERR, 0x7,
		 page, PROT_READ | PROT_WRITE);
	CHECK_EQ(mprotect(page, 4096, PROT_NONE), 0);
	fault_at("page made inaccessible", OP_READ, secrets, SEGV_ACCERR, 0x4,
		 page, PROT_READ | PROT_WRITE);
	heap[0] = 1;
	CHECK_EQ(mprotect(heap, 4096, PROT_READ), 0);
	fault_at("outside ELRANGE", OP_WRITE, (uint64_t)(uintptr_t)heap + 9,
		 SEGV_ACCERR, 0x7, heap, PROT_READ | PROT_WRITE);
	CHECK_EQ(heap[9], 0x5a);
	munmap(heap, 4096);
}

/* ENCLU's own faults: RIP is the ENCLU, and nothing has changed. */
static void enclu_fault(const char *name, uint64_t tcs, uint32_t leaf, int code,
			uint64_t trapno, uint64_t addr)
{
	struct enclave_regs regs = { .rdi = 1 };

	check_section(name);
	fresh();
	CHECK_EQ(enclave_enter_raw(tcs, leaf, &regs), 1);
	CHECK_EQ(seen.sig, SIGSEGV);
	CHECK_EQ(seen.code, code);
	CHECK_EQ(seen.rip, (uint64_t)(uintptr_t)enclave_raw_enclu);
	CHECK_EQ(seen.rax, leaf);
	CHECK_EQ(seen.rbx, tcs);
	CHECK_EQ(seen.trapno, trapno);
	CHECK_EQ(seen.addr, addr);
}

static void enclu_itself(void)
{
	uint64_t data = secrets_address() & ~4095ull;

	CHECK_ROW("SIGSEGV", "arch/x86/kernel/traps.c", "ENCLU itself faults",
		  "RIP at the ENCLU, all registers as before");
	enclu_fault("EENTER, misaligned TCS", enclave.tcs[0] + 8, ENCLU_EENTER,
		    SI_KERNEL, 13, 0);
	enclu_fault("ERESUME at CSSA 0", enclave.tcs[0], ENCLU_ERESUME,
		    SI_KERNEL, 13, 0);
	enclu_fault("EENTER, TCS is data", data, ENCLU_EENTER, SEGV_ACCERR, 14,
		    data);
	CHECK(seen.err & 0x8000);
	enclu_fault("EENTER, TCS is nowhere", 0x10000, ENCLU_EENTER,
		    SEGV_MAPERR, 14, 0x10000);
	CHECK(!(seen.err & 0x8000));
	enclu_fault("EEXIT outside", enclave.tcs[0], ENCLU_EEXIT, SI_KERNEL, 13,
		    0);
	enclu_fault("no such leaf", enclave.tcs[0], 77, SI_KERNEL, 13, 0);
}

static void fault_outside(int which)
{
	switch (which) {
	case 0:
		__asm__ volatile("ud2");
		break;
	case 1:
		__asm__ volatile("divl %%ecx" : : "a"(1), "c"(0), "d"(0));
		break;
	case 2:
		__asm__ volatile("movb %%al, (%%rcx)"
				 :
				 : "c"(0x1235)
				 : "memory");
		break;
	case 3:
		__asm__ volatile("int3");
		break;
	case 4:
		__asm__ volatile("hlt");
		break;
	case 5:
		__asm__ volatile("outb %%al, %%dx" : : "a"(0), "d"(0x80));
		break;
	}
}

/* The same handlers, and code that has nothing to do with the enclave. */
static void ordinary_faults(void)
{
	static const struct {
		int sig, code;
		uint8_t trapno;
		uint64_t addr;
		bool addr_is_rip;
	} cases[] = {
		{ SIGILL, ILL_ILLOPN, 6, 0, true },
		{ SIGFPE, FPE_INTDIV, 0, 0, true },
		{ SIGSEGV, SEGV_MAPERR, 14, 0x1235, false },
		{ SIGTRAP, SI_KERNEL, 3, 0, false },
		{ SIGSEGV, SI_KERNEL, 13, 0, false },
		{ SIGSEGV, SI_KERNEL, 13, 0, false },
	};

	check_section("faults outside");
	outside = true;
	for (int i = 0; i < 6; i++) {
		fresh();
		if (!sigsetjmp(way_out, 1))
			fault_outside(i);
		CHECK_EQ(seen.count, 1);
		CHECK_EQ(seen.sig, cases[i].sig);
		CHECK_EQ(seen.code, cases[i].code);
		CHECK_EQ(seen.trapno, cases[i].trapno);
		CHECK_EQ(seen.addr,
			 cases[i].addr_is_rip ? seen.rip : cases[i].addr);
	}
	outside = false;
}

int main(void)
{
	static const int signals[] = { SIGILL, SIGFPE, SIGBUS, SIGSEGV,
				       SIGTRAP };

	check_timeout(40);
	victim_build(&enclave);
	for (unsigned i = 0; i < 5; i++)
		victim_handle(signals[i], on_fault, 0);
	page_tables_refuse();
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		fault_inside(&faults[i]);
		if (i % 4 == 0)
			ordinary_faults();
	}
	enclu_itself();
	ordinary_faults();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
