/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * demo-faults: what the EPCM adds to the page tables, seen from a program.
 * Each fault is taken twice: reported by the vDSO, and as a signal, through an
 * ENCLU of this program's own.
 *
 * Source: Linux, "x86/mm: x86/sgx: Signal SIGSEGV for userspace #PFs w/
 * PF_SGX"; SDM "Access-control Requirements".
 */
#define _GNU_SOURCE /* REG_ERR */
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "examples/demo/probe.h"
#include "examples/lib/enclave.h"

#define ERROR_CODE_TABLES 0x0007 /* present, write, user */
#define ERROR_CODE_EPCM   (ERROR_CODE_TABLES | ERROR_CODE_SGX)

static struct enclave enclave = ENCLAVE_NONE;
static unsigned failures;

static struct {
	volatile sig_atomic_t count;
	int code;
	uint64_t addr, error_code, trapno, rip;
} segv;

/*
 * P only says whether the page was in memory when the page tables refused: the
 * kernel may take an EPC page away at any time.  So a missing P is no error.
 */
static bool same_error_code(uint64_t seen, uint32_t expected)
{
	return (seen | 1) == expected;
}

/* A line of the report: was what happened what the manual says? */
static void expect(bool good, const char *what)
{
	printf("    %-8s %s\n", good ? "ok" : "WRONG", what);
	if (!good)
		failures++;
}

static void on_segv(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	segv.count++;
	segv.code = info->si_code;
	segv.addr = (uint64_t)(uintptr_t)info->si_addr;
	segv.error_code = (uint64_t)uc->uc_mcontext.gregs[REG_ERR];
	segv.trapno = (uint64_t)uc->uc_mcontext.gregs[REG_TRAPNO];
	segv.rip = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	/* Not back to the AEP: its ERESUME would fault again, for ever. */
	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)enclave_raw_abandon;
}

static int catch_segv(void)
{
	struct sigaction sa = {
		.sa_sigaction = on_segv,
		.sa_flags = SA_SIGINFO,
	};

	sigemptyset(&sa.sa_mask);
	return sigaction(SIGSEGV, &sa, NULL);
}

/* EENTER to have the faulting write skipped, ERESUME to finish the call. */
static bool finish_by_vdso(const struct probe *probe)
{
	struct enclave_exit exit;

	return !enclave_enter(&enclave, 0, 0, &exit) &&
	       exit.function == ENCLU_EEXIT && exit.result == 0 &&
	       probe->completed == 2;
}

static void fault_by_vdso(uint64_t addr, uint32_t error_code)
{
	struct probe probe = { .addr = addr, .value = 1, .completed = 2 };
	struct enclave_exit exit;
	bool finished;

	if (enclave_enter(&enclave, 0, &probe, &exit)) {
		expect(false, "the vDSO refused to enter");
		return;
	}
	printf("    vDSO:    leaf %u, vector %u, error code 0x%x, address "
	       "0x%" PRIx64 "\n",
	       exit.function, exit.vector, exit.error_code, exit.addr);
	expect(exit.function == ENCLU_ERESUME &&
		       exit.vector == VECTOR_PAGE_FAULT &&
		       same_error_code(exit.error_code, error_code) &&
		       exit.addr == addr,
	       "no signal: __vdso_sgx_enter_enclave() reports it");
	finished = finish_by_vdso(&probe) &&
		   !enclave_resume(&enclave, 0, &exit) &&
		   exit.function == ENCLU_EEXIT && probe.completed == 0;
	expect(finished, "the enclave skips the write and goes on");
}

/* A macro, so that entering and resuming share the caller's stack pointer. */
#define enter_raw(function, regs) \
	enclave_enter_raw(enclave.tcs[0], (function), (regs))

static void fault_by_signal(uint64_t addr, uint32_t error_code)
{
	struct probe probe = { .addr = addr, .value = 1, .completed = 2 };
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&probe };
	int count = segv.count;
	bool finished;

	expect(enter_raw(ENCLU_EENTER, &regs) == 1 && segv.count == count + 1,
	       "SIGSEGV, once, by ENCLU of our own");
	printf("    signal:  si_code %s, error code 0x%" PRIx64
	       ", si_addr 0x%" PRIx64 "\n",
	       segv.code == SEGV_ACCERR ? "SEGV_ACCERR" : "other",
	       segv.error_code, segv.addr);
	expect(segv.code == SEGV_ACCERR &&
		       same_error_code(segv.error_code, error_code) &&
		       segv.addr == addr && segv.trapno == VECTOR_PAGE_FAULT,
	       "siginfo and REG_ERR tell the same");
	expect(segv.rip == (uint64_t)(uintptr_t)enclave_raw_aep,
	       "RIP is the AEP, not the address in the enclave");
	regs.rdi = 0;
	finished = enter_raw(ENCLU_EENTER, &regs) == 0 && regs.rdi == 0 &&
		   enter_raw(ENCLU_ERESUME, &regs) == 0 && probe.completed == 0;
	expect(finished, "the enclave skips the write and goes on");
}

static void both_ways(uint64_t addr, uint32_t error_code)
{
	if (enclave_vdso())
		fault_by_vdso(addr, error_code);
	else
		expect(false, "the vDSO has no __vdso_sgx_enter_enclave()");
	fault_by_signal(addr, error_code);
}

static bool write_inside(struct probe *probe)
{
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)probe };

	return enter_raw(ENCLU_EENTER, &regs) == 0 && regs.rdi == 0 &&
	       probe->completed == 1;
}

static bool protect(uint64_t page, int prot)
{
	return mprotect((void *)(uintptr_t)page, ENCLAVE_PAGE, prot) == 0;
}

static void tell_story(void)
{
	struct probe probe = { .value = 42 };
	uint64_t tcs = enclave.tcs[1]; /* not the one that is entered */

	printf("  The host enters the enclave, which writes to a page of its "
	       "own.\n");
	expect(write_inside(&probe), "page tables: yes.  EPCM: yes.");

	printf("  The enclave writes to a TCS page: page tables yes, EPCM "
	       "no.\n");
	both_ways(tcs, ERROR_CODE_EPCM);

	printf("  mprotect(PROT_READ), and the page of its own again: page "
	       "tables no.\n");
	expect(protect(probe.page, PROT_READ), "mprotect");
	both_ways(probe.page, ERROR_CODE_TABLES);
	expect(protect(probe.page, PROT_READ | PROT_WRITE) &&
		       write_inside(&probe),
	       "mprotect back, and it can write again");

	printf("  Both say no: the page tables are asked first, and no SGX bit "
	       "is set.\n");
	expect(protect(tcs, PROT_READ), "mprotect of the TCS page");
	both_ways(tcs, ERROR_CODE_TABLES);
}

int main(void)
{
	char elf[PATH_MAX] = "", self[PATH_MAX] = "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 ||
	    snprintf(elf, sizeof(elf), "%s/probe-enclave.elf", dirname(self)) >=
		    (int)sizeof(elf))
		return 2;
	if (catch_segv() || enclave_load(&enclave, elf, NULL, NULL)) {
		fprintf(stderr, "demo-faults: %s\n", enclave_error());
		return 2;
	}
	tell_story();
	enclave_destroy(&enclave);
	if (failures)
		printf("  %u expectations were not met\n", failures);
	return failures != 0;
}
