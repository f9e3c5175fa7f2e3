/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The enclave's code is taken away and given back while a thread executes it,
 * ENCLU among it.  Whatever instruction that falls on, what the thread has is
 * the page fault of a fetch; not what a hypervisor makes of an instruction that
 * it wanted to see, and could not.
 *
 * Source: Linux 6.1 mm/fault.c access_error().
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define CALLS      300
#define MAX_CALLS  100000
#define MIN_FAULTS 2000

static struct parts parts;
static struct enclave enclave;
static atomic_bool stop;

static const struct enclave_segment *code(void)
{
	unsigned i;

	for (i = 0; i < parts.image.nr_segments; i++)
		if (parts.image.segments[i].prot & PROT_EXEC)
			return &parts.image.segments[i];
	check_fatal("the enclave has no code");
}

static void *take_and_give(void *arg)
{
	const struct enclave_segment *s = code();
	void *at = (void *)(uintptr_t)(enclave.base + s->offset);

	while (!stop)
		if (mprotect(at, s->length, PROT_NONE) ||
		    mprotect(at, s->length, s->prot))
			check_fatal("mprotect");
	return arg;
}

/* EGETKEY, in the end.  How many faults it took. */
static unsigned call(void)
{
	struct request r = { .op = OP_EGETKEY };
	struct enclave_exit exit;
	unsigned faults = 0;

	CHECK_EQ(enclave_enter(&enclave, 0, &r, &exit), 0);
	while (exit.function != ENCLU_EEXIT) {
		CHECK_EQ(exit.function, ENCLU_ERESUME);
		CHECK_EQ(exit.vector, VECTOR_PAGE_FAULT);
		/* of a fetch; P is a matter of timing */
		CHECK_EQ(exit.error_code | 1, 0x15);
		if (check_failures())
			return 0;
		faults++;
		CHECK_EQ(enclave_resume(&enclave, 0, &exit), 0);
	}
	CHECK_EQ(r.done, OP_DONE);
	return faults;
}

int main(void)
{
	unsigned calls = 0, faults = 0;
	pthread_t thread;

	CHECK_ROW("__vdso_sgx_enter_enclave()",
		  "arch/x86/mm/fault.c access_error()",
		  "a fetch, the code is unmapped that moment",
		  "vector 14, 14H or 15H");
	check_timeout(50);
	parts_prepare(&parts, NULL, NULL);
	parts_build(&parts, &enclave);
	if (pthread_create(&thread, NULL, take_and_give, NULL))
		check_fatal("pthread_create");
	while ((calls < CALLS || faults < MIN_FAULTS) && calls < MAX_CALLS &&
	       !check_failures()) {
		faults += call();
		calls++;
	}
	stop = true;
	pthread_join(thread, NULL);
	CHECK(check_failures() || faults >= MIN_FAULTS);
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
