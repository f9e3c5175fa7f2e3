/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of debuggers debug: enters the test enclave through the vDSO
 * again and again, and calls tick() each time.  DEBUGGEE [N]: so often, 1000 at
 * first; prints "ready PID", and in the end what it computed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

static uint64_t debuggee_sum;

__attribute__((noinline, noclone)) static void tick(uint64_t n, uint64_t value)
{
	__asm__ volatile("" : : "r"(n), "r"(value) : "memory");
}

__attribute__((noinline, noclone)) static void once(struct enclave *e,
						    uint64_t n)
{
	struct request r = { .op = OP_MIX, .value = n % 7 + 1 };

	if (!victim_call(e, 0, BY_VDSO, &r))
		check_fatal("the enclave did not come back");
	debuggee_sum += r.value;
	tick(n, r.value);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
	struct enclave_options options = { .debug = true };
	struct enclave e = ENCLAVE_NONE;

	check_timeout(60);
	if (enclave_load(&e, victim_enclave_path(), victim_key(), &options))
		check_fatal("%s", enclave_error());
	printf("ready %d\n", getpid());
	fflush(stdout);
	for (uint64_t n = 0; n < count; n++) {
		once(&e, n);
		if (n % 16 == 0)
			usleep(1000);
	}
	printf("end %" PRIu64 " %016" PRIx64 "\n", count, debuggee_sum);
	return 0;
}
