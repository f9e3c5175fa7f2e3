/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of the three SGX2 ioctls have in common: the checks that come
 * before any page is looked at.
 */
#ifndef SWSGX_TESTS_UNIT_KERNEL_SGX2_IOCTL_H
#define SWSGX_TESTS_UNIT_KERNEL_SGX2_IOCTL_H

#include "tests/conform/conform.h"
#include "tests/unit/kernel/sgx2.h"

/* The including test's: the ioctl's number, and a request of no other error. */
extern const uint32_t request;
struct answer change(uint64_t offset, uint64_t length);

static void uninitialised_is_einval(void **state)
{
	(void)state;
	m.encl->flags &= ~SGX_ENCL_INITIALIZED;
	assert_int_equal(ioctl_raw(request, 0), -EINVAL);
}

static void bad_pointer_is_efault(void **state)
{
	(void)state;
	assert_int_equal(ioctl_raw(request, 8), -EFAULT);
}

static void range_must_be_pages_of_the_enclave(void **state)
{
	static const uint64_t ranges[][2] = {
		{ 0x2001, 4096 },    { 0x2800, 4096 },
		{ 0x2000, 0 },       { 0x2000, 4095 },
		{ ENCL_SIZE, 4096 }, { ENCL_SIZE - 4096, 0x2000 },
		{ 4096, -4096ull },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		check_answer(change(ranges[i][0], ranges[i][1]), -EINVAL, 0, 0);
}

#define INSIDE(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_sgx2_inside, \
					machine_teardown)

#define SGX2_IOCTL_ROWS \
	ROW("not initialized", "EINVAL", INSIDE(uninitialised_is_einval)), \
		ROW("the argument cannot be read", "EFAULT", \
		    INSIDE(bad_pointer_is_efault)), \
		ROW("offset, length: not page aligned, 0, beyond the enclave", \
		    "EINVAL", INSIDE(range_must_be_pages_of_the_enclave))

#endif
