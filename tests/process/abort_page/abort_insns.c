/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instructions on the abort page do what they do on ordinary memory that is all
 * ones, but that it stays so.  Each is executed on both, and must leave the
 * same registers, flags and other memory behind.
 *
 * Source: SDM "Access-control Requirements".
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define PAGE    4096ul
#define MIDDLE  0x400ul /* of the page: where the operands are */
#define MUST_BE 0x8d5ul /* CF, PF, AF, ZF, SF, OF */

#define SUBJECT "the abort page"
#define SOURCE  "SDM \"Access-control Requirements\""

enum {
	RAX,
	RCX,
	RDX,
	RBX,
	RSP,
	RBP,
	RSI,
	RDI,
	R8,
	R9,
	R10,
	R11,
	R12,
	R13,
	R14,
	R15
};

/* abort_snippets.S knows these offsets. */
struct registers {
	uint64_t r[16];
	uint64_t flags;
	uint8_t xmm[4][16];
};

struct snippet {
	const void *code;
	const char *text;
	uint64_t needs;
};
extern const struct snippet snippets[];
void snippet_run(struct registers *registers, const void *code);

struct result {
	struct registers registers;
	uint8_t memory[2 * PAGE]; /* the ordinary one */
};

static struct enclave enclave = ENCLAVE_NONE;
static uint8_t *ordinary, *ones, *epc;
static uint64_t code_inside;

static bool has(uint64_t needs)
{
	switch (needs) {
	case 1:
		return __builtin_cpu_supports("avx");
	case 2:
		return __builtin_cpu_supports("avx2");
	case 3:
		return __builtin_cpu_supports("bmi") &&
		       __builtin_cpu_supports("bmi2");
	case 4:
		return __builtin_cpu_supports("avx512f");
	case 5:
		return __builtin_cpu_supports("cmpxchg16b");
	default:
		return true;
	}
}

static void run_on(uint8_t *memory, const struct snippet *s, struct result *res)
{
	uint64_t at = (uint64_t)memory + MIDDLE;
	struct registers *reg = &res->registers;

	memset(res, 0, sizeof(*res));
	for (unsigned i = 0; i < 16; i++)
		reg->r[i] = 0x0123456789abcdefull * (i + 1);
	for (unsigned i = 0; i < sizeof(reg->xmm); i++)
		((uint8_t *)reg->xmm)[i] = (uint8_t)(i * 7);
	reg->r[RCX] = 3;
	reg->r[R9] = 70;
	reg->r[RDI] = (uint64_t)ordinary + PAGE;
	reg->r[RSI] = reg->r[RBX] = reg->r[R12] = reg->r[R13] = at;
	reg->flags = 0x202;
	memset(ordinary, 0xff, 2 * PAGE);
	ordinary[PAGE + 100] = 0x55;
	syscall(SYS_arch_prctl, ARCH_SET_GS, at);
	snippet_run(reg, s->code);
	syscall(SYS_arch_prctl, ARCH_SET_GS, 0);
	reg->flags &= MUST_BE;
	for (unsigned i = 0; i < 16; i++)
		if (reg->r[i] - (uint64_t)memory < PAGE)
			reg->r[i] -= (uint64_t)memory;
	memcpy(res->memory, ordinary, sizeof(res->memory));
}

static void compare(const struct snippet *s)
{
	static struct result want, got;

	CHECK_ROW(SUBJECT, SOURCE,
		  "each form of memory operand, each kind of "
		  "access",
		  "as with memory that is all ones");
	memset(ones, 0xff, PAGE);
	run_on(ones, s, &want);
	run_on(epc, s, &got);
	check_section(s->text);
	for (unsigned i = 0; i < 16; i++)
		CHECK_EQ(got.registers.r[i], want.registers.r[i]);
	CHECK_EQ(got.registers.flags, want.registers.flags);
	CHECK(!memcmp(got.registers.xmm, want.registers.xmm,
		      sizeof(want.registers.xmm)));
	CHECK(!memcmp(got.memory, want.memory, sizeof(want.memory)));
	CHECK_EQ(epc[MIDDLE], 0xff);
}

/* Code beside the enclave, or with the address in it: made now. */
static void with_addresses(void)
{
	uint8_t *code = mmap(epc - 0x40000000, PAGE,
			     PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t at = (uint64_t)epc + MIDDLE;
	int64_t distance = (int64_t)(at - ((uint64_t)code + 7));
	int32_t disp = (int32_t)distance;

	check_section("RIP-relative");
	if (CHECK(code != MAP_FAILED) && CHECK_EQ(disp, distance)) {
		memcpy(code, "\x48\x8b\x05....\xc3", 8); /* MOV RAX */
		memcpy(code + 3, &disp, 4);
		CHECK_EQ(((uint64_t(*)(void))code)(), ~0ull);
		/* and with an immediate behind it: CMP, $-1 */
		memcpy(code, "\x48\x83\x3d....\xff\x0f\x94\xc0\xc3", 12);
		disp--;
		memcpy(code + 3, &disp, 4);
		CHECK_EQ(((uint64_t(*)(void))code)() & 0xff, 1);
	}
	check_section("an absolute address");
	memcpy(code, "\x48\xa1........\xc3", 11); /* MOV RAX */
	memcpy(code + 2, &at, 8);
	CHECK_EQ(((uint64_t(*)(void))code)(), ~0ull);
	memcpy(code, "\x30\xc0\xa2", 3); /* MOV , AL */
	memcpy(code + 3, &at, 8);
	code[11] = 0xc3;
	((void (*)(void))code)();
	CHECK_EQ(epc[MIDDLE], 0xff);
}

static volatile sig_atomic_t signals;

static void on_alarm(int sig)
{
	(void)sig;
	signals++;
}

/* Signals at any instant of it: the registers are right in the end. */
static void interrupted(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	timer_t timer;
	struct itimerspec every = { { 0, 53000 }, { 0, 53000 } };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGALRM };
	uint64_t sum, rounds = 0;

	CHECK_ROW(SUBJECT, SOURCE, "a signal meanwhile",
		  "finds the program's own registers");
	check_section("signals meanwhile");
	sigaction(SIGALRM, &sa, NULL);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &ev, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &every, NULL), 0);
	while (signals < 1000 && rounds < 10000000) {
		__asm__ volatile("mov $8, %%ecx\n\t"
				 "xor %%eax, %%eax\n"
				 "1:\tadd (%1), %%rax\n\t"
				 "not %%rax\n\t"
				 "xor %%rax, (%1)\n\t"
				 "loop 1b"
				 : "=&a"(sum)
				 : "S"(epc + MIDDLE)
				 : "rcx", "memory", "cc");
		if (sum != 0 && sum != ~0ull)
			CHECK_EQ(sum, 0);
		rounds++;
	}
	timer_delete(timer);
	CHECK(signals >= 1000);
}

static sigjmp_buf jump;
static siginfo_t told;
static uint64_t told_rip;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	told = *info;
	told_rip = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	siglongjmp(jump, 1);
}

/* Ones are no instruction. */
static void executed(void)
{
	CHECK_DEVIATES(SUBJECT, SOURCE, "a fetch",
		       "#UD: ones are no instruction", "DP1");
	check_section("fetched");
	victim_handle(SIGILL, on_fault, 0);
	if (!sigsetjmp(jump, 1)) {
		((void (*)(void))code_inside)();
		CHECK(false);
	}
	CHECK_EQ(told.si_signo, SIGILL);
	CHECK_EQ(told_rip, code_inside);
}

/* A fault that is not the abort page's is the program's, where it stands. */
static void bad_otherwise(void)
{
	check_section("the other operand is bad");
	victim_handle(SIGSEGV, on_fault, 0);
	if (!sigsetjmp(jump, 1)) {
		__asm__ volatile("movsq"
				 :
				 : "S"(epc + MIDDLE), "D"(0x1000)
				 : "memory");
		CHECK(false);
	}
	CHECK_EQ(told.si_code, SEGV_MAPERR);
	CHECK_EQ(told.si_addr, 0x1000);
	check_section("an exception of the instruction itself");
	victim_handle(SIGFPE, on_fault, 0);
	if (!sigsetjmp(jump, 1)) {
		__asm__ volatile("divb (%0)"
				 :
				 : "r"(epc + MIDDLE), "a"(0xffff)
				 : "cc");
		CHECK(false);
	}
	CHECK_EQ(told.si_signo, SIGFPE);
	CHECK_EQ(told.si_code, FPE_INTDIV);
	CHECK(told_rip - (uint64_t)bad_otherwise < 0x400);
}

/* DEVIATION DP1: instructions that swsgx cannot give the abort page. */
static void refused(void)
{
	CHECK_DEVIATES(SUBJECT, SOURCE, "XLAT, branches, gathers and the like",
		       "SIGSEGV", "DP1");
	check_section("XLAT");
	if (!sigsetjmp(jump, 1)) {
		__asm__ volatile("xlatb" : : "b"(epc), "a"(5));
		CHECK(false);
	}
	CHECK_EQ(told.si_signo, SIGSEGV);
	CHECK_EQ(told.si_code, SEGV_ACCERR);
	CHECK_EQ(told.si_addr, epc + 5);
	check_section("JMP");
	if (!sigsetjmp(jump, 1)) {
		__asm__ volatile("jmp *(%0)" : : "r"(epc + MIDDLE));
		CHECK(false);
	}
	CHECK_EQ(told.si_code, SEGV_ACCERR);
	CHECK_EQ(told.si_addr, epc + MIDDLE);
}

/* "hidden": without protection keys, which let everybody fetch (DP1) */
int main(int argc, char **argv)
{
	bool hidden = argc > 1 && !strcmp(argv[1], "hidden");
	struct request where = { .op = OP_ADDRESSES };

	check_timeout(50);
	victim_build(&enclave);
	CHECK(victim_call(&enclave, 0, BY_ENCLU, &where));
	epc = (uint8_t *)(where.addr & ~(PAGE - 1));
	code_inside = where.count;
	ones = mmap(NULL, 5 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ordinary = ones + 2 * PAGE;
	for (const struct snippet *s = snippets; s->code; s++)
		if (has(s->needs))
			compare(s);
	with_addresses();
	interrupted();
	bad_otherwise();
	refused();
	if (hidden) {
		executed();
		check_all_rows();
	}
	enclave_destroy(&enclave);
	return check_result();
}
