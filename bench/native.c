/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The references that have nothing to do with SGX, measured outside swsgx: an
 * empty signal, a page fault that arrives as a signal, AES-GCM of a page.
 * Seconds each.
 */
#define _GNU_SOURCE
#include <nettle/gcm.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/work.h"
#include "cpu/crypto/aes_cmac.h"

#define SWITCHES 1000000u
#define SIGNALS  50000u
#define PAGES    20000u
#define RUNS     9

/* EWB authenticates 128 bytes beside the page. */
#define MAC_HEADER 128

static volatile sig_atomic_t count;

static void on_signal(int sig)
{
	(void)sig;
	count++;
}

/* The faulting instruction, two bytes long, is skipped. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_mcontext.gregs[REG_RIP] += 2;
}

static double signals(void)
{
	pid_t pid = getpid(), tid = gettid();
	double start = bench_cpu();

	for (unsigned i = 0; i < SIGNALS; i++)
		syscall(SYS_tgkill, pid, tid, SIGUSR1);
	return (bench_cpu() - start) / SIGNALS;
}

static double faults(void *page)
{
	double start = bench_cpu();

	for (unsigned i = 0; i < SIGNALS; i++)
		__asm__ volatile("movb	%%al, (%%rbx)"
				 :
				 : "a"(0), "b"(page)
				 : "memory");
	return (bench_cpu() - start) / SIGNALS;
}

static double gcm(uint8_t *pages)
{
	uint8_t header[MAC_HEADER] = { 0 }, iv[GCM_IV_SIZE] = { 0 };
	uint8_t key[16] = { 1 }, mac[GCM_DIGEST_SIZE];
	double start = bench_cpu();

	for (unsigned i = 0; i < PAGES; i++) {
		uint8_t *page = pages + i % 1024 * ENCLAVE_PAGE;
		struct gcm_aes128_ctx ctx;

		iv[0]++;
		gcm_aes128_set_key(&ctx, key);
		gcm_aes128_set_iv(&ctx, sizeof(iv), iv);
		gcm_aes128_update(&ctx, sizeof(header), header);
		gcm_aes128_encrypt(&ctx, ENCLAVE_PAGE, page, page);
		gcm_aes128_digest(&ctx, sizeof(mac), mac);
	}
	return (bench_cpu() - start) / PAGES;
}

/* The AES-CMACs of EREPORT and EGETKEY: a key of a key, and over the report. */
static double cmacs(bool report)
{
	static uint8_t key[16], root[32], dependencies[664], body[384];
	double start = bench_cpu();

	for (unsigned i = 0; i < PAGES; i++) {
		aes_cmac(root, root + 16, 16, key);
		aes_cmac(key, dependencies, sizeof(dependencies), key);
		if (report)
			aes_cmac(key, body, sizeof(body), key);
		root[0]++;
	}
	return (bench_cpu() - start) / PAGES;
}

static void count_up(void)
{
	work_count(BENCH_COUNT);
}

/*
 * What a transition cannot do without: there and back, sixteen registers kept
 * in memory and others loaded, and the bases of FS and GS exchanged.
 */
__attribute__((noinline)) static void there_and_back(uint64_t *kept)
{
	for (int i = 0; i < 2; i++)
		__asm__ volatile("mov	%%rbx, 0x00(%0)\n\t"
				 "mov	%%rcx, 0x08(%0)\n\t"
				 "mov	%%rdx, 0x10(%0)\n\t"
				 "mov	%%rbp, 0x18(%0)\n\t"
				 "mov	%%rsi, 0x20(%0)\n\t"
				 "mov	%%rsp, 0x28(%0)\n\t"
				 "mov	%%r8, 0x30(%0)\n\t"
				 "mov	%%r9, 0x38(%0)\n\t"
				 "mov	%%r10, 0x40(%0)\n\t"
				 "mov	%%r11, 0x48(%0)\n\t"
				 "mov	%%r12, 0x50(%0)\n\t"
				 "mov	%%r13, 0x58(%0)\n\t"
				 "mov	%%r14, 0x60(%0)\n\t"
				 "mov	%%r15, 0x68(%0)\n\t"
				 "rdfsbase %%rax\n\t"
				 "mov	%%rax, 0x70(%0)\n\t"
				 "rdgsbase %%rax\n\t"
				 "mov	%%rax, 0x78(%0)\n\t"
				 "mov	0x70(%0), %%rax\n\t"
				 "wrfsbase %%rax\n\t"
				 "mov	0x78(%0), %%rax\n\t"
				 "wrgsbase %%rax\n\t"
				 "mov	0x00(%0), %%rbx\n\t"
				 "mov	0x08(%0), %%rcx\n\t"
				 "mov	0x10(%0), %%rdx\n\t"
				 "mov	0x18(%0), %%rbp\n\t"
				 "mov	0x20(%0), %%rsi\n\t"
				 "mov	0x28(%0), %%rsp\n\t"
				 "mov	0x30(%0), %%r8\n\t"
				 "mov	0x38(%0), %%r9\n\t"
				 "mov	0x40(%0), %%r10\n\t"
				 "mov	0x48(%0), %%r11\n\t"
				 "mov	0x50(%0), %%r12\n\t"
				 "mov	0x58(%0), %%r13\n\t"
				 "mov	0x60(%0), %%r14\n\t"
				 "mov	0x68(%0), %%r15\n\t"
				 :
				 : "D"(kept)
				 : "rax", "memory");
}

static double switches(void)
{
	uint64_t kept[16];
	double start = bench_cpu();

	for (unsigned i = 0; i < SWITCHES; i++)
		there_and_back(kept);
	return (bench_cpu() - start) / SWITCHES;
}

/* AT_HWCAP2: FSGSBASE */
static bool has_switches(void)
{
	return getauxval(AT_HWCAP2) & 2;
}

static void catch (int sig, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO };

	if (handler)
		sa.sa_sigaction = handler;
	else
		sa.sa_handler = on_signal;
	if (sigaction(sig, &sa, NULL))
		bench_fail("sigaction");
}

int main(void)
{
	double signal[RUNS], fault[RUNS], page[RUNS], both_ways[RUNS];
	double report[RUNS], getkey[RUNS];
	uint8_t *pages = bench_memory(4 * MIB);
	void *wall = mmap(NULL, ENCLAVE_PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	catch (SIGUSR1, NULL);
	catch (SIGSEGV, on_fault);
	for (unsigned i = 0; i < RUNS; i++) {
		signal[i] = signals();
		fault[i] = faults(wall);
		page[i] = gcm(pages);
		report[i] = cmacs(true);
		getkey[i] = cmacs(false);
		both_ways[i] = has_switches() ? switches() : 0;
	}
	if (count != (int)(SIGNALS * RUNS))
		bench_fail("signals were lost");
	bench_print("native-signal", bench_median(signal, RUNS));
	bench_print("native-fault", bench_median(fault, RUNS));
	bench_print("native-gcm", bench_median(page, RUNS));
	bench_print("native-ereport", bench_median(report, RUNS));
	bench_print("native-egetkey", bench_median(getkey, RUNS));
	bench_print("native-interrupt", bench_interrupt(count_up));
	if (has_switches())
		bench_print("native-switch", bench_median(both_ways, RUNS));
	return 0;
}
