/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers of a signal frame by their numbers. */
#include "tests/conform/conform.h"

#include "process/rt/base/registers.h"

static void registers(void **state)
{
	/* clang-format off */
	struct machine_context mc = {
		.rax = 0, .rcx = 1, .rdx = 2, .rbx = 3, .rsp = 4, .rbp = 5,
		.rsi = 6, .rdi = 7, .r8 = 8, .r9 = 9, .r10 = 10, .r11 = 11,
		.r12 = 12, .r13 = 13, .r14 = 14, .r15 = 15, .rip = 16,
	};
	/* clang-format on */

	(void)state;
	for (unsigned int n = 0; n < 17; n++)
		assert_int_equal(*rt_register(&mc, n), n);
}

/* syscall(2) */
static void arguments(void **state)
{
	struct machine_context mc = {
		.rdi = 0, .rsi = 1, .rdx = 2, .r10 = 3, .r8 = 4, .r9 = 5
	};

	(void)state;
	for (unsigned int i = 0; i < RT_ARGUMENTS; i++) {
		assert_int_equal(*rt_argument(&mc, i), i);
		assert_ptr_equal(rt_argument(&mc, i),
				 rt_register(&mc, rt_argument_register(i)));
	}
}

static const struct conform rows[] = {
	TESTS(cmocka_unit_test(registers), cmocka_unit_test(arguments)),
};

CONFORM_MAIN(rows, NULL)
