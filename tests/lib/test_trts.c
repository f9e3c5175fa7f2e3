/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trusted runtime and the raw way in, with the demo's probe enclave
 * (argv[1]) on an acted-out processor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "examples/demo/probe.h"
#include "tests/lib/processor.h"

static struct enclave_image image;
static struct enclave enclave = ENCLAVE_NONE;

static void begin(void)
{
	memset(&processor, 0, sizeof(processor));
	processor_load(&enclave, &image);
}

static int enter(unsigned tcs, uint32_t function, void *arg, uint64_t *result)
{
	struct enclave_regs regs = {
		.rdi = (uint64_t)(uintptr_t)arg,
		.rsi = ~0ull,
		.rdx = ~0ull,
		.r8 = ~0ull,
		.r9 = ~0ull,
	};
	int ret = enclave_enter_raw(enclave.tcs[tcs], function, &regs);

	*result = regs.rdi;
	if (ret == 0) {
		assert_int_equal(regs.rsi | regs.rdx | regs.r8 | regs.r9, 0);
	}
	return ret;
}

static void comes_back(void **state)
{
	unsigned tcs;

	(void)state;
	begin();
	for (tcs = 0; tcs < 2; tcs++) {
		struct probe probe = { .value = 42 + tcs };
		uint64_t result;

		assert_int_equal(enter(tcs, ENCLU_EENTER, &probe, &result), 0);
		assert_int_equal(result, 0);
		assert_int_equal(probe.completed, 1);
		assert_int_equal(*(uint64_t *)(uintptr_t)probe.page, 42 + tcs);
	}
	assert_int_equal(processor.eenter, 2);
	assert_int_equal(processor.eexit, 2);
	processor_unload(&enclave);
}

static void inside_pointers_are_refused(void **state)
{
	uint64_t result, last;

	(void)state;
	begin();
	last = enclave.base + enclave.size - 8;
	assert_int_equal(enter(0, ENCLU_EENTER, (void *)(uintptr_t)last,
			       &result),
			 0);
	assert_int_equal(result, 1);
	assert_int_equal(enter(0, ENCLU_EENTER,
			       (void *)(uintptr_t)(enclave.base - 8), &result),
			 0);
	assert_int_equal(result, 1);
	assert_int_equal(enter(0, ENCLU_EENTER, (void *)-8l, &result), 0);
	assert_int_equal(result, 1);
	processor_unload(&enclave);
}

/* A fault; EENTER at CSSA 1, which has the write skipped; ERESUME. */
static void exception_entry_mends_the_frame(void **state)
{
	const struct tcs *tcs;
	struct probe probe = { .value = 1, .completed = 2 };
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&probe };
	uint64_t page;

	(void)state;
	begin();
	tcs = (const void *)(uintptr_t)enclave.tcs[0];
	probe.addr = page = enclave.base + enclave.size - ENCLAVE_PAGE;
	processor.abandon_at_aex = true;
	assert_int_equal(enclave_enter_raw(enclave.tcs[0], ENCLU_EENTER, &regs),
			 1);
	assert_int_equal(processor.aex, 1);
	assert_int_equal(processor.fault_addr, page);
	assert_int_equal(tcs->cssa, 1);
	regs.rdi = 0;
	assert_int_equal(enclave_enter_raw(enclave.tcs[0], ENCLU_EENTER, &regs),
			 0);
	assert_int_equal(regs.rdi, 0);
	assert_int_equal(tcs->cssa, 1);
	assert_int_equal(enclave_enter_raw(enclave.tcs[0], ENCLU_ERESUME,
					   &regs),
			 0);
	assert_int_equal(regs.rdi, 0);
	assert_int_equal(probe.completed, 0);
	assert_int_equal(tcs->cssa, 0);
	processor_unload(&enclave);
}

/* MXCSR and the x87 control word are the caller's, whatever goes on inside. */
static void caller_state_is_kept(void **state)
{
	struct probe probe = { .value = 3 };
	uint32_t mxcsr = 0x7f80, mxcsr_after;
	uint16_t control = 0x0f7f, control_after;
	uint64_t result;

	(void)state;
	begin();
	__asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(control));
	assert_int_equal(enter(0, ENCLU_EENTER, &probe, &result), 0);
	__asm__ volatile("stmxcsr %0; fnstcw %1"
			 : "=m"(mxcsr_after), "=m"(control_after));
	__asm__ volatile("fninit");
	mxcsr = 0x1f80;
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	assert_int_equal(mxcsr_after & ~0x3fu, 0x7f80);
	assert_int_equal(control_after, 0x0f7f);
	processor_unload(&enclave);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(inside_pointers_are_refused),
		cmocka_unit_test(exception_entry_mends_the_frame),
		cmocka_unit_test(caller_state_is_kept),
	};
	int ret;

	if (argc != 2 || enclave_image_load(&image, argv[1])) {
		fprintf(stderr, "test_trts: %s\n",
			argc == 2 ? enclave_error() : "which enclave?");
		return 2;
	}
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	enclave_image_free(&image);
	return ret;
}
