/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process is killed inside an enclave that another one shares.  The kill is
 * an interrupt: the thread leaves by AEX first, so its TCS is free for others,
 * with CSSA one higher, and nobody waits for it to leave the epoch.
 *
 * Source: SDM "Asynchronous Enclave Exit (AEX)"; Linux 6.1 sgx/ioctl.c
 * sgx_enclave_etrack().
 */
#include <asm/sgx.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define TCS    1
#define ROUNDS 60

static struct parts parts;
static struct enclave enclave;
static struct request *shared;

static void spin(void)
{
	victim_enter(&enclave, TCS, shared);
}

static void in_and_out(void)
{
	for (;;) {
		struct request r = { .op = OP_NOP };

		victim_enter(&enclave, TCS, &r);
	}
}

static pid_t start(void (*what)(void))
{
	pid_t child = fork();

	if (child < 0)
		check_fatal("fork");
	if (!child) {
		what();
		_exit(0);
	}
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	if (waitpid(child, NULL, 0) != child)
		check_fatal("waitpid");
}

/* Twice: the second waits for those whom the first found inside. */
static void check_tracking(void)
{
	struct sgx_enclave_restrict_permissions arg = {
		.offset = parts.image.segments[1].offset,
		.length = ENCLAVE_PAGE,
		.permissions = SECINFO_R | SECINFO_X,
	};
	unsigned i;

	for (i = 0; i < 3; i++) {
		arg.count = 0;
		if (ioctl(enclave.fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,
			  &arg)) {
			CHECK(errno == ENODEV || errno == ENOTTY);
			return;
		}
		CHECK_EQ(arg.count, ENCLAVE_PAGE);
	}
}

static void killed_while_it_runs(void)
{
	struct request look = { .op = OP_LOOK };
	struct enclave_exit exit;
	pid_t child;

	check_section("killed while it runs");
	parts_build(&parts, &enclave);
	*shared = (struct request){ .op = OP_SPIN };
	child = start(spin);
	while (!__atomic_load_n(&shared->started, __ATOMIC_SEQ_CST))
		sched_yield();
	end(child);
	exit = victim_enter(&enclave, TCS, &look);
	CHECK_EQ(exit.function, ENCLU_EEXIT);
	CHECK_EQ(look.cssa, 1);
	check_tracking();
	enclave_destroy(&enclave);
}

static void killed_anywhere(unsigned round)
{
	const struct timespec ts = { .tv_nsec = 500000 +
						round * 7919 % 3000 * 1000 };
	struct request look = { .op = OP_LOOK };
	struct enclave_exit exit;
	pid_t child;

	check_section("killed on its way in and out");
	parts_build(&parts, &enclave);
	child = start(in_and_out);
	nanosleep(&ts, NULL);
	end(child);
	exit = victim_enter(&enclave, TCS, &look);
	CHECK_EQ(exit.function, ENCLU_EEXIT);
	enclave_destroy(&enclave);
}

int main(void)
{
	unsigned i;

	check_timeout(50);
	parts_prepare(&parts, NULL, NULL);
	shared = mmap(NULL, ENCLAVE_PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		check_fatal("mmap");
	killed_while_it_runs();
	for (i = 0; i < ROUNDS && !check_failures(); i++)
		killed_anywhere(i);
	return check_result();
}
