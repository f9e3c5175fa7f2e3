/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Open Enclave (0.19 and later) asks of a host: host/sgx/linux/vdso.c,
 * exception.c, aep.S.  Devices it leaves to Intel's libsgx_enclave_common.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asm/prctl.h>

#include "tests/consumers/facts.h"
#include "tests/process/fixture/victim.h"

static struct enclave enclave = ENCLAVE_NONE;

/* ---- the processor, the vDSO ------------------------------------------ */

static const char *cpuid_leaves(void)
{
	CHECK(cpuid_of(0, 0).eax >= 0x12);
	CHECK(cpuid_of(7, 0).ebx & 1u << 2);
	CHECK_EQ(cpuid_of(0x12, 0).eax & 1, 1);
	CHECK(cpuid_of(0x12, 1).eax & ATTRIBUTE_KSS);
	CHECK(cpuid_of(1, 0).ecx & 1u << 26); /* XSAVE */
	return NULL;
}

/* By type, not by name; the strings by the table's link. */
static const char *vdso_by_dynsym(void)
{
	const uint8_t *image = (void *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *header = (const void *)image;
	const Elf64_Shdr *sh;
	const void *found = NULL;

	if (!CHECK(image != NULL))
		return NULL;
	CHECK(!memcmp(header->e_ident, ELFMAG, SELFMAG));
	sh = (const void *)(image + header->e_shoff);
	for (unsigned i = 0; i < header->e_shnum; i++) {
		const Elf64_Sym *s = (const void *)(image + sh[i].sh_offset);
		const char *strings;

		if (sh[i].sh_type != SHT_DYNSYM)
			continue;
		strings = (const char *)image + sh[sh[i].sh_link].sh_offset;
		for (uint64_t n = sh[i].sh_size / sh[i].sh_entsize; n--; s++)
			if (!strcmp(strings + s->st_name,
				    "__vdso_sgx_enter_enclave"))
				found = image + s->st_value;
	}
	CHECK(found != NULL);
	CHECK(found == (const void *)(uintptr_t)enclave_vdso());
	return NULL;
}

/* ---- the user handler ------------------------------------------------- */

static struct sgx_enclave_run as_seen;
static long seen_rdi;
static int answer_of[5]; /* by run->function */
static struct ask edit;

static int user_handler(long rdi, long rsi, long rdx, long rsp, long r8,
			long r9, struct sgx_enclave_run *run)
{
	(void)rsi;
	(void)rdx;
	(void)rsp;
	(void)r8;
	(void)r9;
	if (run->function == ENCLU_ERESUME || run->function == ENCLU_EENTER)
		as_seen = *run;
	seen_rdi = rdi;
	if (run->function == ENCLU_ERESUME &&
	    answer_of[ENCLU_ERESUME] == ENCLU_ERESUME) {
		edit = (struct ask){ .op = ASK_SKIP };
		CHECK(ask_vdso(&enclave, 0, &edit));
		CHECK_EQ(edit.cssa, 1);
	}
	return answer_of[run->function];
}

static int enter(uint64_t tcs, struct ask *ask)
{
	struct sgx_enclave_run run = {
		.tcs = tcs,
		.user_handler = (uint64_t)(uintptr_t)user_handler,
		.user_data = (uint64_t)(uintptr_t)ask,
	};
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)ask };
	int ret;

	memset(&as_seen, 0, sizeof(as_seen));
	ask->done = 0;
	ret = enclave_vdso_enter(&run, ENCLU_EENTER, &regs);
	CHECK_EQ(run.user_data, (uintptr_t)ask);
	return ret;
}

static void answers(int eenter, int eresume)
{
	memset(answer_of, 0, sizeof(answer_of));
	answer_of[ENCLU_EENTER] = eenter;
	answer_of[ENCLU_ERESUME] = eresume;
}

static const char *regular_exit(void)
{
	struct ask ask = { .op = ASK_THREAD };

	answers(-1, -1);
	CHECK_EQ(enter(enclave.tcs[2], &ask), 0);
	CHECK_EQ(ask.done, ASK_DONE);
	CHECK_EQ(seen_rdi, 0);
	return NULL;
}

static const char *fault_mended_inside(void)
{
	static const struct {
		enum fault fault;
		uint16_t vector;
	} faults[] = {
		{ FAULT_PAGE, 14 },
		{ FAULT_CANONICAL, 13 },
		{ FAULT_UD2, 6 },
		{ FAULT_DIVIDE, 0 },
	};

	answers(-1, ENCLU_ERESUME);
	for (unsigned i = 0; i < 4; i++) {
		struct ask ask = { .op = ASK_FAULT,
				   .addr = 0x1234,
				   .fault = faults[i].fault };

		CHECK_EQ(enter(enclave.tcs[0], &ask), 0);
		CHECK_EQ(ask.done, ASK_DONE);
		CHECK_EQ(as_seen.exception_vector, faults[i].vector);
		CHECK_EQ(as_seen.tcs, enclave.tcs[0]);
		CHECK_EQ(edit.frame.exitinfo & 0xff, faults[i].vector);
	}
	return NULL;
}

static const char *exception_fields(void)
{
	struct ask ask = { .op = ASK_FAULT,
			   .fault = FAULT_PAGE,
			   .addr = 0x1234 };

	answers(-1, ENCLU_ERESUME);
	CHECK_EQ(enter(enclave.tcs[0], &ask), 0);
	CHECK_EQ(as_seen.exception_addr, 0x1000);
	/* User, read, not present: the page tables' own fault. */
	CHECK_EQ(as_seen.exception_error_code, 4);
	/* A write to the enclave's own TCS is refused by the EPCM. */
	ask = (struct ask){ .op = ASK_WRITE, .addr = enclave.tcs[0] + 8 };
	answers(-1, -7);
	CHECK_EQ(enter(enclave.tcs[1], &ask), -7);
	CHECK_EQ(as_seen.exception_addr, enclave.tcs[0]);
	CHECK(as_seen.exception_error_code & ERROR_CODE_SGX);
	return NULL;
}

/* The handler's -1 is the function's value; the thread stays interrupted. */
static const char *not_handled(void)
{
	struct ask ask = { .op = ASK_FAULT, .fault = FAULT_UD2 };

	answers(-1, -1);
	CHECK_EQ(enter(enclave.tcs[3], &ask), -1);
	CHECK_EQ(as_seen.function, ENCLU_ERESUME);
	CHECK_EQ(ask.done, 0);
	return NULL;
}

static const char *fault_of_eenter(void)
{
	void *page = (void *)(uintptr_t)enclave.tcs[4];
	struct ask ask = { .op = ASK_NOTHING };

	answers(-1, -2);
	CHECK_EQ(mprotect(page, 4096, PROT_NONE), 0);
	CHECK_EQ(enter(enclave.tcs[4], &ask), -1);
	CHECK_EQ(as_seen.function, ENCLU_EENTER);
	CHECK_EQ(as_seen.exception_vector, VECTOR_PAGE_FAULT);
	CHECK_EQ(mprotect(page, 4096, PROT_READ | PROT_WRITE), 0);
	CHECK_EQ(enter(enclave.tcs[4], &ask), 0);
	return NULL;
}

/* ---- without the vDSO: aep.S, exception.c ----------------------------- */

static struct seen last;
static unsigned handled;
static struct ask within;

/* RAX, RBX and RIP say that it was the enclave; the ECALL mends it. */
static void host_handler(int sig, siginfo_t *info, void *context)
{
	victim_clear_ac();
	memset(&last, 0, sizeof(last));
	seen_record(&last, sig, info, context);
	if (!CHECK_EQ(last.rax, ENCLU_ERESUME) ||
	    !CHECK_EQ(last.rip, (uintptr_t)enclave_raw_aep))
		check_fatal("signal %d outside the enclave", sig);
	CHECK_EQ(last.rbx, enclave.tcs[5]);
	within = (struct ask){ .op = sig == SIGALRM ? ASK_LOOK : ASK_SKIP };
	enclave_enter_raw(last.rbx, ENCLU_EENTER,
			  &(struct enclave_regs){
				  .rdi = (uint64_t)(uintptr_t)&within });
	CHECK_EQ(within.done, ASK_DONE);
	handled++;
}

static bool enter_raw(struct ask *ask)
{
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)ask };

	ask->done = 0;
	return enclave_enter_raw(enclave.tcs[5], ENCLU_EENTER, &regs) == 0 &&
	       ask->done == ASK_DONE;
}

static const char *signals_of_faults(void)
{
	static const struct {
		enum fault fault;
		int sig;
	} faults[] = {
		{ FAULT_PAGE, SIGSEGV }, { FAULT_CANONICAL, SIGSEGV },
		{ FAULT_ALIGN, SIGBUS }, { FAULT_DIVIDE, SIGFPE },
		{ FAULT_UD2, SIGILL },
	};
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
				       SIGTRAP };

	for (unsigned i = 0; i < 5; i++)
		victim_handle(signals[i], host_handler, SA_NODEFER);
	for (unsigned i = 0; i < 5; i++) {
		struct ask ask = { .op = ASK_FAULT,
				   .addr = 0x1234,
				   .fault = faults[i].fault };

		handled = 0;
		CHECK(enter_raw(&ask));
		CHECK_EQ(handled, 1);
		CHECK_EQ(last.sig, faults[i].sig);
	}
	/* si_addr, as from CR2, without the offset in the page. */
	handled = 0;
	CHECK(enter_raw(&(struct ask){
		.op = ASK_FAULT, .addr = 0x1234, .fault = FAULT_PAGE }));
	CHECK_EQ(last.addr, 0x1000);
	return NULL;
}

static struct ask spinner;

static void *alarms(void *to)
{
	const pthread_t *thread = to;

	while (!spinner.started)
		sched_yield();
	for (unsigned i = 0; i < 5; i++) {
		pthread_kill(*thread, SIGALRM);
		usleep(5000);
	}
	spinner.flag = 1;
	return NULL;
}

/* Signals that the host sends may be forwarded to the enclave as well. */
static const char *forwarded_signals(void)
{
	struct sigaction sa = { .sa_sigaction = host_handler,
				.sa_flags = SA_SIGINFO };
	pthread_t me = pthread_self(), other;

	handled = 0;
	spinner = (struct ask){ .op = ASK_SPIN };
	CHECK_EQ(sigaction(SIGALRM, &sa, NULL), 0);
	CHECK_EQ(pthread_create(&other, NULL, alarms, &me), 0);
	CHECK(enter_raw(&spinner));
	pthread_join(other, NULL);
	CHECK(handled > 0);
	CHECK_EQ(within.frame.exitinfo >> 31, 0);
	signal(SIGALRM, SIG_DFL);
	return NULL;
}

static unsigned first_handler_calls;

static void first_handler(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)sig;
	CHECK_EQ((uintptr_t)info->si_addr, 8);
	regs[REG_RIP] += 3; /* mov (%rax), %rax */
	first_handler_calls++;
}

static struct sigaction previous;

static void chaining_handler(int sig, siginfo_t *info, void *context)
{
	previous.sa_sigaction(sig, info, context);
}

/* A fault of the host's goes to the handler that was there before. */
static const char *chained_handlers(void)
{
	struct sigaction sa = { .sa_sigaction = chaining_handler,
				.sa_flags = SA_SIGINFO };
	uint64_t rax = 8;

	victim_handle(SIGSEGV, first_handler, 0);
	CHECK_EQ(sigaction(SIGSEGV, &sa, &previous), 0);
	CHECK(previous.sa_sigaction == first_handler);
	CHECK(previous.sa_flags & SA_SIGINFO);
	__asm__ volatile("mov (%%rax), %%rax" : "+a"(rax) : : "memory");
	CHECK_EQ(first_handler_calls, 1);
	return NULL;
}

/* ---- syscall(2) ------------------------------------------------------- */

static uint32_t futex_word;

static void *waker(void *unused)
{
	(void)unused;
	usleep(10000);
	__atomic_store_n(&futex_word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &futex_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return NULL;
}

static const char *futex_and_arch_prctl(void)
{
	uint64_t fs = 0, self;
	pthread_t thread;

	__asm__("mov %%fs:0, %0" : "=r"(self));
	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs), 0);
	CHECK_EQ(fs, self);
	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_SET_FS, fs), 0);
	CHECK_EQ(pthread_create(&thread, NULL, waker, NULL), 0);
	while (!__atomic_load_n(&futex_word, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &futex_word, FUTEX_WAIT_PRIVATE, 0, NULL,
			NULL, 0);
	pthread_join(thread, NULL);
	return NULL;
}

/* ---- last, because nothing is left after it --------------------------- */

static const char *lost_epc(void)
{
	struct ask ask = { .op = ASK_NOTHING };
	const char *why_not = facts_lose_epc();

	if (why_not)
		return why_not;
	answers(-1, -2);
	CHECK_EQ(enter(enclave.tcs[6], &ask), -1);
	CHECK_EQ(as_seen.function, ENCLU_EENTER);
	CHECK_EQ(as_seen.exception_vector, VECTOR_PAGE_FAULT);
	CHECK(as_seen.exception_error_code & ERROR_CODE_SGX);
	return NULL;
}

static const struct fact facts[] = {
	{ "CPUID 7 and 12H show SGX and KSS", cpuid_leaves },
	{ "the vDSO function is found by its own reading of the ELF image",
	  vdso_by_dynsym },
	{ "the user handler is called for EEXIT, and 0 returns", regular_exit },
	{ "a fault: the handler enters at CSSA 1 and returns ERESUME",
	  fault_mended_inside },
	{ "vector, error code, and address without its low 12 bits",
	  exception_fields },
	{ "the handler's negative value is returned", not_handled },
	{ "a fault of EENTER says EENTER", fault_of_eenter },
	{ "without vDSO: SEGV, BUS, FPE, ILL show RAX, RBX and RIP",
	  signals_of_faults },
	{ "a signal that is sent shows them too, and may be forwarded",
	  forwarded_signals },
	{ "a fault of the host's goes to the handler before",
	  chained_handlers },
	{ "syscall(2): futex and arch_prctl", futex_and_arch_prctl },
	{ "a lost EPC is a #PF of EENTER with the SGX bit", lost_epc },
	{ 0 }
};

static const struct fact *const tables[] = { facts, NULL };
FACTS_ROWS("Open Enclave 0.19", "host/sgx", "open_enclave", tables)

int main(int argc, char **argv)
{
	const struct plan plan = {
		.options = { .miscselect = MISCSELECT_EXINFO,
			     .attributes = ATTRIBUTE_KSS },
	};

	facts_begin(argc, argv);
	check_timeout(45);
	plan_build(&plan, &enclave);
	return facts_run(tables);
}
