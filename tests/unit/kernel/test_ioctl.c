/* SPDX-License-Identifier: BSD-3-Clause */
/* What is the same for every ioctl, and the ones that are refused. */
#include "fixture.h"
#include "tests/conform/conform.h"

static void unknown_command_is_enotty(void **state)
{
	(void)state;
	assert_int_equal(ioctl_raw(0x4008a4ff, ARG), -ENOTTY);
	assert_int_equal(ioctl_raw(SGX_IOC_VEPC_REMOVE_ALL, 0), -ENOTTY);
}

static void wrong_size_is_another_command(void **state)
{
	(void)state;
	assert_int_equal(ioctl_raw(0x4010a400, ARG), -ENOTTY);
}

static void busy_enclave_turns_away_any_command(void **state)
{
	(void)state;
	m.encl->ioctl_lock.word++;
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_CREATE, ARG), -EBUSY);
	assert_int_equal(ioctl_raw(0x1234, ARG), -EBUSY);
	m.encl->ioctl_lock.word++;
	assert_int_equal(create(), 0);
}

static void busy_bit_is_dropped_after_errors(void **state)
{
	(void)state;
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_CREATE, 0), -EFAULT);
	assert_false(sgx_lock_is_held(&m.encl->ioctl_lock));
}

static void without_sgx2_its_ioctls_are_enodev_first(void **state)
{
	(void)state;
	/* The processor is checked before the enclave and the pointers. */
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, 0),
			 -ENODEV);
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_MODIFY_TYPES, 0), -ENODEV);
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_REMOVE_PAGES, 0), -ENODEV);
}

static void provision_file_has_no_ioctls(void **state)
{
	int index = sgx_open(&m.mm, SGX_FILE_PROVISION, 1001);

	(void)state;
	assert_int_equal(index, 1);
	m.encl = &m.shared->encls[index];
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_CREATE, ARG), -ENOTTY);
}

static void registers_of_the_thread_are_kept(void **state)
{
	struct lp_regs before;

	(void)state;
	memset(&m.lp.r, 0x3c, sizeof(m.lp.r));
	before = m.lp.r;
	assert_int_equal(create(), 0);
	standard_pages();
	assert_memory_equal(&m.lp.r, &before, sizeof(before));
}

#define ON_OPEN(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("any ioctl", "sgx/ioctl.c sgx_ioctl()"),
	ROW("the file is /dev/sgx_provision", "ENOTTY",
	    ON_OPEN(provision_file_has_no_ioctls)),
	ROW("another ioctl of the enclave is under way, whatever this one is",
	    "EBUSY", ON_OPEN(busy_enclave_turns_away_any_command),
	    ON_OPEN(busy_bit_is_dropped_after_errors)),
	DEVIATES("DK7", "a process was killed inside an ioctl", "EBUSY"),
	ROW("unknown command, or one of vepc's", "ENOTTY",
	    ON_OPEN(unknown_command_is_enotty),
	    ON_OPEN(wrong_size_is_another_command)),
	ROW("SGX2 ioctls without SGX2", "ENODEV, first",
	    ON_OPEN(without_sgx2_its_ioctls_are_enodev_first)),
	TESTS(ON_OPEN(registers_of_the_thread_are_kept)),
};

CONFORM_MAIN(rows, NULL)
