/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A handler that interrupted the enclave jumps away.  The TCS keeps what was
 * interrupted: the next EENTER uses the next SSA frame, and #GPs when there is
 * none left; ERESUME brings everything back, last in first out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <string.h>
#include <sys/time.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

static struct enclave enclave = ENCLAVE_NONE;
static sigjmp_buf way_out;
static struct request *volatile waiting;
static struct seen segv;

/* Only once the enclave says that it spins: else try again a little later. */
static void jump_away(int sig)
{
	struct itimerval again = { .it_value.tv_usec = 1000 };

	(void)sig;
	if (waiting && waiting->started)
		siglongjmp(way_out, 1);
	setitimer(ITIMER_REAL, &again, NULL);
}

static void on_segv(int sig, siginfo_t *info, void *context)
{
	seen_record(&segv, sig, info, context);
	victim_abandon(context);
}

static void arm(struct request *r)
{
	struct itimerval soon = { .it_value.tv_usec = 2000 };

	waiting = r;
	setitimer(ITIMER_REAL, &soon, NULL);
}

/* One way in for both kinds; always called from the same frame. */
__attribute__((noinline)) static int go(enum victim_way way, uint32_t function,
					struct request *r,
					struct sgx_enclave_run *run)
{
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)r };

	if (way == BY_ENCLU)
		return enclave_enter_raw(enclave.tcs[0], function, &regs);
	memset(run, 0, sizeof(*run));
	run->tcs = enclave.tcs[0];
	return enclave_vdso_enter(run, function, &regs);
}

static void check_exhausted(enum victim_way way, int ret,
			    const struct sgx_enclave_run *run)
{
	if (way == BY_VDSO) {
		CHECK_EQ(ret, 0);
		CHECK_EQ(run->function, ENCLU_EENTER);
		CHECK_EQ(run->exception_vector, 13);
		return;
	}
	CHECK_EQ(ret, 1);
	CHECK_EQ(segv.count, 1);
	CHECK_EQ(segv.code, SI_KERNEL);
	CHECK_EQ(segv.rip, (uint64_t)(uintptr_t)enclave_raw_enclu);
	CHECK_EQ(segv.trapno, 13);
}

/* Interrupted by no exception: EXITINFO is not valid. */
static void check_look(enum victim_way way)
{
	struct request look = { .op = OP_LOOK };

	CHECK(victim_call(&enclave, 0, way, &look));
	CHECK_EQ(look.cssa, 1);
	CHECK_EQ(look.frame.exitinfo, 0);
	CHECK(look.frame.rip - enclave.base < enclave.size);
}

/*
 * The handler jumps back here twice.  All entries are made from this one
 * frame, so that the stack pointers agree when ERESUME comes.
 */
static void fill_both_frames(enum victim_way way, struct request *spins)
{
	static struct sgx_enclave_run run;
	volatile int filled = 0;
	int ret;

	memset(&segv, 0, sizeof(segv));
	if (sigsetjmp(way_out, 1))
		filled++;
	if (filled == 1)
		check_look(way);
	if (filled < 2) {
		arm(&spins[filled]);
		ret = go(way, ENCLU_EENTER, &spins[filled], &run);
		CHECK(!"reached");
	}
	ret = go(way, ENCLU_EENTER, &spins[0], &run);
	check_exhausted(way, ret, &run);
	spins[0].flag = spins[1].flag = 1;
	CHECK_EQ(go(way, ENCLU_ERESUME, NULL, &run), 0);
	CHECK_EQ(spins[1].done, OP_DONE);
	CHECK_EQ(spins[0].done, 0);
	CHECK_EQ(go(way, ENCLU_ERESUME, NULL, &run), 0);
	CHECK_EQ(spins[0].done, OP_DONE);
}

static void jump_out_of(enum victim_way way)
{
	struct request after = { .op = OP_BASES };
	static struct request spins[2];

	CHECK_ROW("signals and the enclave",
		  "SDM \"EENTER\", \"ERESUME\", Operation",
		  "a handler that interrupted the enclave jumps away",
		  "CSSA stays; EENTER takes the next frame, without one #GP");
	CHECK_ROW("signals and the enclave", "SDM \"ERESUME\", Operation",
		  "ERESUME of what was jumped out of",
		  "the last first, all registers");
	spins[0] = spins[1] = (struct request){ .op = OP_SPIN };
	fill_both_frames(way, spins);
	CHECK(victim_call(&enclave, 0, way, &after));
	CHECK_EQ(after.value, 0);
}

int main(void)
{
	check_timeout(30);
	victim_build(&enclave);
	signal(SIGALRM, jump_away);
	victim_handle(SIGSEGV, on_segv, 0);
	for (int i = 0; i < 5; i++) {
		check_section("own ENCLU");
		jump_out_of(BY_ENCLU);
		check_section("vDSO");
		if (enclave_vdso())
			jump_out_of(BY_VDSO);
	}
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
