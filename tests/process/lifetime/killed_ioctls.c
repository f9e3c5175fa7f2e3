/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Processes are killed in the midst of ioctls, on an enclave that another
 * process shares and on new ones: nobody else waits for the dead, or is turned
 * away because of them.  (The dead work on a page of their own: DEVIATIONS.md,
 * DK7.)
 *
 * Source: Linux 6.1 sgx/ioctl.c sgx_ioctl(); a kill ends a process only when it
 * leaves the kernel.
 */
#include <asm/sgx.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define ROUNDS     400
#define LONGEST_NS 1500000000ull /* an ioctl takes microseconds */

static struct parts parts;
static struct enclave enclave;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The n-th page of the first segment that can be written to. */
static uint64_t page(unsigned n)
{
	unsigned i;

	for (i = 0; i < parts.image.nr_segments; i++) {
		const struct enclave_segment *s = &parts.image.segments[i];

		if ((s->flags & SECINFO_W) &&
		    s->length >= (n + 1) * ENCLAVE_PAGE)
			return s->offset + n * ENCLAVE_PAGE;
	}
	check_fatal("the enclave has no two such pages");
}

static int restrict_page(uint64_t offset)
{
	struct sgx_enclave_restrict_permissions arg = {
		.offset = offset,
		.length = ENCLAVE_PAGE,
		.permissions = SECINFO_R,
	};

	return ioctl(enclave.fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &arg);
}

static void restrict_for_ever(void)
{
	for (;;)
		restrict_page(page(0));
}

static void create_for_ever(void)
{
	struct enclave e;

	for (;;) {
		parts_create(&parts, &e);
		enclave_destroy(&e);
	}
}

static void kill_one(void (*what)(void), unsigned round)
{
	const struct timespec ts = { .tv_nsec = 300000 +
						round * 7919 % 2000 * 1000 };
	pid_t child = fork();

	if (child < 0)
		check_fatal("fork");
	if (!child)
		what();
	nanosleep(&ts, NULL);
	kill(child, SIGKILL);
	if (waitpid(child, NULL, 0) != child)
		check_fatal("waitpid");
}

/* All that may wait for what the dead held. */
static void work(void)
{
	uint64_t start = now_ns();
	struct enclave e;

	CHECK_EQ(restrict_page(page(1)), 0);
	parts_create(&parts, &e);
	enclave_destroy(&e);
	CHECK(now_ns() - start < LONGEST_NS);
}

int main(void)
{
	unsigned i;

	check_timeout(50);
	parts_prepare(&parts, NULL, NULL);
	parts_build(&parts, &enclave);
	if (restrict_page(page(1)))
		return CHECK_SKIPPED; /* no SGX2 */
	for (i = 0; i < ROUNDS && !check_failures(); i++) {
		kill_one(i % 2 ? create_for_ever : restrict_for_ever, i);
		work();
	}
	enclave_destroy(&enclave);
	return check_result();
}
