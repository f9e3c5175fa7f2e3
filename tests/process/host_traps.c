/* SPDX-License-Identifier: BSD-3-Clause */
/* See host_traps.h. */
#define _GNU_SOURCE
#include "tests/process/host_traps.h"

#include <cpuid.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/process/check.h"
#include "tests/process/victim.h"

static bool emulated(void)
{
	unsigned eax, ebx, ecx, edx;
	char name[13] = "";

	__cpuid(1, eax, ebx, ecx, edx);
	if (!(ecx >> 31))
		return false;
	__cpuid(0x40000000, eax, ebx, ecx, edx);
	memcpy(name, &ebx, 4);
	memcpy(name + 4, &ecx, 4);
	memcpy(name + 8, &edx, 4);
	return !strcmp(name, "TCGTCGTCGTCG");
}

static void int1(void)
{
	__asm__ volatile(".byte 0xf1");
}

static void push_nowhere(void)
{
	__asm__ volatile("mov %0, %%rsp\n"
			 "push %%rax" : : "r"(0x8000000000001234ul) : "memory");
}

static void read_across_the_end(void)
{
	__asm__ volatile("mov (%0), %%rax"
			 : : "r"(0x7ffffffffffcul) : "rax");
}

static void read_misaligned(void)
{
	static const uint64_t words[2];

	__asm__ volatile("pushfq\n"
			 "orl $0x40000, (%%rsp)\n"
			 "popfq\n"
			 "movl 1(%0), %%eax" : : "r"(words) : "rax", "cc");
}

static void divide_unmasked(void)
{
	const uint32_t unmasked = 0x1d80;
	const float one = 1, zero = 0;

	__asm__ volatile("ldmxcsr %0\n"
			 "movss %1, %%xmm0\n"
			 "divss %2, %%xmm0"
			 : : "m"(unmasked), "m"(one), "m"(zero) : "xmm0");
}

static const struct {
	int vector;
	void (*raise)(void);
} traps[] = {
	{ 1, int1 },
	{ 12, push_nowhere },
	{ HOST_CANONICAL_END, read_across_the_end },
	{ 17, read_misaligned },
	{ 19, divide_unmasked },
};

static void tell_vector(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	(void)sig, (void)info;
	_exit((int)uc->uc_mcontext.gregs[REG_TRAPNO]);
}

#define SURVIVED 100

static void try(void (*body)(void))
{
	static const int signals[] = { SIGILL, SIGTRAP, SIGFPE, SIGBUS,
				       SIGSEGV };
	static uint8_t memory[65536];
	stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory) };

	sigaltstack(&stack, NULL);
	for (unsigned i = 0; i < 5; i++)
		victim_handle(signals[i], tell_vector, SA_ONSTACK);
	alarm(10);
	body();
	_exit(SURVIVED);
}

/* In a child: the vector it raised, SURVIVED, or -1: it was killed. */
static int vector_of(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		try(body);
	status = check_wait(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool or_say(bool can, const char *why_not)
{
	if (!can)
		check_skip_section(why_not);
	return can;
}

bool host_traps(int vector)
{
	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++)
		if (traps[i].vector == vector && emulated())
			return or_say(vector_of(traps[i].raise) ==
				      (vector & 0xff),
				      "this emulated host does not raise it");
	return true;
}

static uint8_t *page;

/* With the registers and the memory that a row of insns.S starts with. */
static void run_page(void)
{
	__asm__ volatile("jmp *%%rax"
			 : : "a"(page), "S"(page + 2048), "D"(page + 2048));
}

bool host_survives(const void *code, size_t length)
{
	int vector;

	if (!emulated())
		return true;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		check_fatal("mmap");
	memcpy(page, code, length);
	vector = vector_of(run_page);
	munmap(page, 4096);
	return or_say(vector >= 0, "it breaks this emulated host");
}
