/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Fortanix's EDP asks of a host: enclave-runner, sgxs-loaders, sgx-detect.
 * It has ld.so find the vDSO's function, and installs no handler of faults.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "examples/lib/call.h"
#include "tests/consumers/facts.h"
#include "tests/process/fixture/victim.h"

#define EPC_SIZE (64ul << 20) /* of the run; see meson.build */

/* Undefined and weak: there, or NULL.  The other brings DT_NEEDED along. */
extern int __vdso_sgx_enter_enclave(unsigned long, unsigned long, unsigned long,
				    unsigned int, unsigned long, unsigned long,
				    struct sgx_enclave_run *)
	__attribute__((weak));
extern int __vdso_clock_gettime(clockid_t, struct timespec *);

static struct enclave enclave = ENCLAVE_NONE;

static const char *weak_symbol(void)
{
	struct timespec now = { 0 };

	CHECK(__vdso_sgx_enter_enclave != NULL);
	CHECK(__vdso_sgx_enter_enclave == enclave_vdso());
	CHECK_EQ(__vdso_clock_gettime(CLOCK_MONOTONIC, &now), 0);
	CHECK(now.tv_sec || now.tv_nsec);
	return NULL;
}

/* The first that opens is used, with the ABI that its name promises. */
static const char *devices(void)
{
	static const char *const names[] = {
		"/dev/sgx_enclave",
		"/dev/sgx/enclave",
		"/dev/isgx",
		"/dev/sgx",
	};
	struct stat st = { 0 };
	unsigned i;
	int fd = -1;

	for (i = 0; i < 4 && fd < 0; i++)
		fd = open(names[i], O_RDWR);
	CHECK_EQ(i, 1);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	close(fd);
	return NULL;
}

static const char *xfrm(void)
{
	struct cpuid all = cpuid_of(0xd, 0), secs = cpuid_of(0x12, 1);
	uint64_t valid = (uint64_t)all.edx << 32 | all.eax;
	uint64_t allowed = (uint64_t)secs.edx << 32 | secs.ecx;

	CHECK(cpuid_of(1, 0).ecx & 1u << 27);
	CHECK_EQ(xgetbv0() & ~valid, 0);
	CHECK_EQ(allowed & 3, 3);
	CHECK_EQ(allowed & ~valid, 0);
	return NULL;
}

/* Sections from 12H.2 on, until one is not valid. */
static const char *sgx_detect(void)
{
	uint64_t total = 0;
	unsigned i;

	CHECK(cpuid_of(7, 0).ebx & 1u << 2);
	CHECK(cpuid_of(0x12, 0).eax & 1);
	for (i = 2; i < 66; i++) {
		struct cpuid s = cpuid_of(0x12, i);

		if ((s.eax & 0xf) != 1)
			break;
		CHECK_EQ(s.eax & 0xff0, 0);
		CHECK_EQ(s.ecx & 0xf, 1); /* confidentiality, integrity */
		total += (uint64_t)(s.edx & 0xfffff) << 32 |
			 (s.ecx & 0xfffff000);
	}
	CHECK_EQ(cpuid_of(0x12, i).eax & 0xf, 0);
	CHECK_EQ(total, EPC_SIZE);
	return NULL;
}

/* No user handler, no user data, nothing reserved. */
static struct sgx_enclave_run coenter(unsigned tcs, struct ask *ask)
{
	struct sgx_enclave_run run = { .tcs = enclave.tcs[tcs] };
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)ask };

	CHECK_EQ(enclave_call_vdso(__vdso_sgx_enter_enclave, ENCLU_EENTER,
				   &regs, &run),
		 0);
	return run;
}

static const char *usercalls(void)
{
	for (unsigned i = 0; i < 1000; i++) {
		struct ask ask = { .op = ASK_THREAD };

		CHECK_EQ(coenter(i % 8, &ask).function, ENCLU_EEXIT);
		CHECK_EQ(ask.value, i % 8);
	}
	return NULL;
}

/* The enclave's thread is given up; others go on. */
static const char *fault_is_a_panic(void)
{
	struct ask bad = { .op = ASK_FAULT, .fault = FAULT_UD2 };
	struct ask good = { .op = ASK_THREAD };
	struct sgx_enclave_run run = coenter(6, &bad);

	CHECK_EQ(run.function, ENCLU_ERESUME);
	CHECK_EQ(run.exception_vector, 6);
	CHECK_EQ(run.exception_error_code, 0);
	CHECK_EQ(bad.done, 0);
	CHECK_EQ(coenter(5, &good).function, ENCLU_EEXIT);
	CHECK_EQ(good.value, 5);
	return NULL;
}

static const char *no_handlers(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS,  SIGILL,
				       SIGFPE,  SIGTRAP, SIGSYS };
	struct sigaction sa;

	for (unsigned i = 0; i < 6; i++) {
		CHECK_EQ(sigaction(signals[i], NULL, &sa), 0);
		CHECK(sa.sa_handler == SIG_DFL);
	}
	return NULL;
}

static struct seen last;

static void see(int sig, siginfo_t *info, void *context)
{
	memset(&last, 0, sizeof(last));
	seen_record(&last, sig, info, context);
	victim_abandon(context);
}

/* Beyond the stack lies a page that was never added. */
static const char *stack_overflow(void)
{
	uint64_t page = enclave.base + enclave.size - 4096;
	struct ask ask = { .op = ASK_WRITE, .addr = page };
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&ask };

	if (cpuid_of(0x12, 0).eax & 2)
		return "with SGX2 a page is added there";
	CHECK(mmap((void *)page, 4096, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED, enclave.fd, 0) != MAP_FAILED);
	victim_handle(SIGBUS, see, 0);
	CHECK_EQ(enclave_enter_raw(enclave.tcs[4], ENCLU_EENTER, &regs), 1);
	CHECK_EQ(last.sig, SIGBUS);
	CHECK_EQ(last.rip, (uintptr_t)enclave_raw_aep);
	CHECK_EQ(last.addr & ~0xfffull, page);
	signal(SIGBUS, SIG_DFL);
	return NULL;
}

static const struct fact facts[] = {
	{ "a weak symbol of linux-vdso.so.1, bound by ld.so", weak_symbol },
	{ "/dev/sgx_enclave is the first device that opens", devices },
	{ "XFRM by leaf 0DH and XGETBV", xfrm },
	{ "sgx-detect: the EPC sections of leaf 12H make up the EPC",
	  sgx_detect },
	{ "no fault signal has a handler", no_handlers },
	{ "usercalls: EEXIT and in again, without a user handler", usercalls },
	{ "a fault inside ends the thread, and only that", fault_is_a_panic },
	{ "a page that was never added is SIGBUS", stack_overflow },
	{ 0 }
};

static const struct fact *const tables[] = { facts, NULL };
FACTS_ROWS("Fortanix EDP", "enclave-runner, sgxs-loaders, sgx-detect", "edp",
	   tables)

int main(int argc, char **argv)
{
	const struct plan plan = { .options = { .debug = true } };

	facts_begin(argc, argv);
	check_timeout(45);
	plan_build(&plan, &enclave);
	return facts_run(tables);
}
