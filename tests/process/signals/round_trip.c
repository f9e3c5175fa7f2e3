/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signal at each instruction that stands for EENTER through the vDSO and for
 * EEXIT back to it: its handler finds the thread before the one or behind the
 * other, or at the AEP with the enclave entered; with the host's FS, its own
 * mask, and registers that belong there.  The enclave's answer is right.
 * So it is with the runtime's own interrupts, which no handler sees.
 *	round_trip SWSGX...	a debugger of what runs there, from outside
 *	round_trip victim	what runs
 *	round_trip own		the same by an ENCLU of its own
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/stepper.h"
#include "tests/process/fixture/victim.h"

#define RT_CODE      0x553f00000000ull /* 16 MiB: the runtime's */
#define RT_CODE_SIZE 0x1000000ull
#define RT_INTERRUPT 0x5357534758495049ull /* the value of its SIGSYS */
#define PAGE         4096ull
#define JMP          0xe9
#define VDSO_NEAR    0x400ull
#define MAX          4096 /* instructions of ours in a trip */
#define TRIP_MAX     20000u

static const int signals[] = { SIGALRM, SIGSEGV, SIGUSR1 };
#define SIGNALS (sizeof(signals) / sizeof(*signals))

/* The victim ----------------------------------------------------------- */

static struct enclave enclave = ENCLAVE_NONE;
static volatile uint8_t over;
static volatile uint64_t handled[SIGNALS];
static uint64_t host_fsbase;
static bool own;      /* by its own ENCLU */
static uint64_t stub; /* then: the page that it jumps to */

static uint64_t fsbase(void)
{
	uint64_t base;

	__asm__("mov %%fs:0, %0" : "=r"(base));
	return base;
}

static uint64_t number(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static bool is_enclu(uint64_t rip)
{
	static const uint8_t enclu[3] = { 0x0f, 0x01, 0xd7 };

	if (own)
		return rip == number(enclave_raw_enclu) ||
		       rip == number(enclave_raw_aep);
	return rip - number(enclave_vdso()) < VDSO_NEAR &&
	       !memcmp((void *)(uintptr_t)rip, enclu, sizeof(enclu));
}

static uint64_t aep(uint64_t enclu)
{
	return own ? number(enclave_raw_aep) : enclu;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	greg_t *r = uc->uc_mcontext.gregs;
	uint64_t rip = (uint64_t)r[REG_RIP];

	(void)info;
	for (unsigned i = 0; i < SIGNALS; i++)
		handled[i] += signals[i] == sig;
	CHECK_EQ(fsbase(), host_fsbase);
	CHECK_EQ(sigismember(&uc->uc_sigmask, SIGUSR2), 0);
	CHECK(rip - RT_CODE >= RT_CODE_SIZE ||
	      rip - (uint64_t)(uintptr_t)enclave_vdso() < VDSO_NEAR);
	CHECK(rip - enclave.base >= enclave.size);
	CHECK(rip - stub >= PAGE);
	if (is_enclu(rip)) {
		CHECK(r[REG_RAX] == ENCLU_EENTER ||
		      r[REG_RAX] == ENCLU_ERESUME);
		CHECK_EQ(r[REG_RBX], enclave.tcs[0]);
		CHECK_EQ(r[REG_RCX], aep(rip));
	} else if (is_enclu(rip - 3) && rip - 3 != number(enclave_raw_aep)) {
		CHECK_EQ(r[REG_RAX], ENCLU_EEXIT);
		CHECK_EQ(r[REG_RBX], rip);
		CHECK_EQ(r[REG_RCX], aep(rip - 3));
	}
}

static void trip(unsigned i)
{
	struct request r = { .op = OP_MIX, .value = 1 + i % 4 };
	struct request again = r;

	CHECK(victim_call(&enclave, 0, own ? BY_ENCLU : BY_VDSO, &r));
	CHECK(victim_call(&enclave, 0, own ? BY_ENCLU : BY_VDSO, &again));
	CHECK_EQ(r.value, again.value);
}

static uint64_t jumps_to(const char *site)
{
	int32_t displacement;

	memcpy(&displacement, site + 1, sizeof(displacement));
	if ((uint8_t)site[0] != JMP)
		check_skip("no room for what the program's ENCLU jumps to");
	return number(site + 5) + (uint64_t)(int64_t)displacement;
}

static int victim(void)
{
	check_timeout(100);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	victim_build(&enclave);
	host_fsbase = fsbase();
	for (unsigned i = 0; i < SIGNALS; i++)
		victim_handle(signals[i], on_signal, 0);
	for (unsigned i = 0; i < 8; i++)
		trip(i);
	if (own)
		stub = jumps_to(enclave_raw_enclu);
	printf("%" PRIxPTR " %" PRIxPTR " %" PRIx64 " %" PRIx64 " %" PRIx64
	       " %d\n",
	       own ? (uintptr_t)enclave_enter_raw : (uintptr_t)enclave_vdso(),
	       (uintptr_t)&over, enclave.base, enclave.size, stub,
	       (int)getpid());
	fflush(stdout);
	for (unsigned i = 0; !over; i++) /* the debugger writes to it */
		trip(i);
	for (unsigned i = 0; i < SIGNALS; i++)
		CHECK(handled[i] > 0);
	enclave_destroy(&enclave);
	return check_result();
}

/* The debugger --------------------------------------------------------- */

static uint64_t base, size; /* of the enclave */

/* The runtime's; and a stub's, where the enclave jumps to. */
static bool is_ours(uint64_t rip, bool from_inside)
{
	if (rip - RT_CODE < RT_CODE_SIZE || rip - stub < PAGE)
		return true;
	return from_inside && rip - base >= size;
}

static unsigned add(uint64_t at[MAX], unsigned n, uint64_t rip)
{
	for (unsigned i = 0; i < n; i++)
		if (at[i] == rip)
			return n;
	at[n] = rip;
	return n + 1;
}

/* Those of a trip that begins at the vDSO's function. */
static unsigned walk(uint64_t vdso, uint64_t at[MAX])
{
	uint64_t rip = vdso;
	unsigned n = 0, left = 0;
	bool inside = false;

	stepper_run_to(vdso, 0);
	for (unsigned i = 0; i < TRIP_MAX && n < MAX; i++) {
		inside = rip - RT_CODE >= RT_CODE_SIZE &&
			 (inside || rip - base < size);
		if (is_ours(rip, inside))
			n = add(at, n, rip);
		rip = stepper_step();
		left += rip == vdso;
		if (left)
			break;
	}
	return n;
}

int main(int argc, char **argv)
{
	static uint64_t at[MAX];
	uint64_t vdso, flag;
	unsigned n, sent = 0;
	FILE *from;
	int id;

	own = argc > 1 && !strcmp(argv[1], "own");
	if (own || (argc > 1 && !strcmp(argv[1], "victim")))
		return victim();
	check_timeout(110);
	from = stepper_start(argv + 1);
	if (fscanf(from,
		   "%" SCNx64 "%" SCNx64 "%" SCNx64 "%" SCNx64 "%" SCNx64 "%d",
		   &vdso, &flag, &base, &size, &stub, &id) != 6)
		check_skip("no enclaves here");
	stepper_attach(id);
	n = walk(vdso, at);
	for (unsigned s = 0; s < SIGNALS; s++)
		for (unsigned i = 0; i < n; i++, sent++) {
			stepper_run_to(at[i], 0);
			/* it has come by there when it enters again */
			stepper_run_to(vdso, signals[s]);
		}
	/* an interrupt of the runtime's, which nobody is told of */
	for (unsigned i = 0; i < n; i++, sent++) {
		stepper_run_to(at[i], 0);
		stepper_queue(SIGSYS, RT_INTERRUPT);
		stepper_run_to(vdso, 0);
	}
	stepper_finish(from, flag);
	printf("%u signals at %u instructions\n", sent, n);
	CHECK(n > 100);
	return check_result();
}
