/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MRENCLAVE of a made-up enclave, against the value that the signer in Linux's
 * own SGX selftests (6.1, sigstruct.c) gives for the same pages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "examples/lib/enclave.h"

#define PAGES 6

static const uint8_t expected[32] = {
	0xeb, 0x97, 0x07, 0x4f, 0x12, 0x93, 0x40, 0x4e, 0x4c, 0x53, 0x1a,
	0x2f, 0x60, 0xa9, 0x64, 0xfa, 0x52, 0x8b, 0x28, 0x58, 0xd3, 0xed,
	0xfa, 0x70, 0xd8, 0xe9, 0x07, 0xbf, 0xbc, 0x9a, 0x8b, 0x08,
};

static uint8_t memory[PAGES * ENCLAVE_PAGE];

static struct enclave_image made_up_image(void)
{
	struct enclave_image image = {
		.size = 8 * ENCLAVE_PAGE,
		.ssaframesize = 1,
		.nr_segments = 3,
		.segments = {
			{ .offset = 0, .length = ENCLAVE_PAGE,
			  .flags = SECINFO_TCS },
			{ .offset = ENCLAVE_PAGE, .length = 2 * ENCLAVE_PAGE,
			  .flags = SECINFO_REG | SECINFO_R | SECINFO_X },
			{ .offset = 4 * ENCLAVE_PAGE,
			  .length = 2 * ENCLAVE_PAGE,
			  .flags = SECINFO_REG | SECINFO_R | SECINFO_W },
		},
		.memory = memory,
		.memory_length = sizeof(memory),
	};
	unsigned i;

	for (i = 0; i < sizeof(memory); i++)
		memory[i] = (uint8_t)(i * 31 + (i >> 8) * 7 + (i >> 12));
	return image;
}

static void assert_differs(const struct enclave_image *image)
{
	uint8_t mrenclave[32];

	assert_int_equal(enclave_measure_image(image, mrenclave), 0);
	assert_memory_not_equal(mrenclave, expected, 32);
}

static void same_as_linux(void **state)
{
	struct enclave_image image = made_up_image();
	uint8_t mrenclave[32];

	(void)state;
	assert_int_equal(enclave_measure_image(&image, mrenclave), 0);
	assert_memory_equal(mrenclave, expected, 32);
}

static void every_part_counts(void **state)
{
	struct enclave_image image = made_up_image();

	(void)state;
	image.size *= 2;
	assert_differs(&image);
	image = made_up_image();
	image.ssaframesize = 2;
	assert_differs(&image);
	image = made_up_image();
	image.segments[1].flags |= SECINFO_W;
	assert_differs(&image);
	image = made_up_image();
	image.segments[2].length -= ENCLAVE_PAGE;
	assert_differs(&image);
	image = made_up_image();
	memory[sizeof(memory) - 1] ^= 1;
	assert_differs(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_linux),
		cmocka_unit_test(every_part_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
