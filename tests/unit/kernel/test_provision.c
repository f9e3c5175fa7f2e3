/* SPDX-License-Identifier: BSD-3-Clause */
/* SGX_IOC_ENCLAVE_PROVISION. */
#include "fixture.h"
#include "tests/conform/conform.h"

static int64_t provision(uint64_t fd)
{
	struct sgx_enclave_provision arg = { .fd = fd };

	user_write(ARG, &arg, sizeof(arg));
	return ioctl_raw(SGX_IOC_ENCLAVE_PROVISION, ARG);
}

static int64_t create_provisioning(void)
{
	struct sgx_secs secs = standard_secs();

	secs.attributes |= SGX_ATTR_PROVISIONKEY;
	return create_with(&secs);
}

static void wants_provisioning(struct sgx_sigstruct *sig)
{
	sig->attributes |= SGX_ATTR_PROVISIONKEY;
}

static void lets_the_attribute_through(void **state)
{
	(void)state;
	assert_int_equal(create_provisioning(), 0);
	assert_int_equal(init_with(wants_provisioning), -EACCES);
	assert_int_equal(provision(PROVISION_FD), 0);
	assert_int_equal(init_with(wants_provisioning), 0);
}

static void before_create_it_is_lost(void **state)
{
	(void)state;
	assert_int_equal(provision(PROVISION_FD), 0);
	assert_int_equal(create_provisioning(), 0);
	assert_int_equal(init_with(wants_provisioning), -EACCES);
}

static void unreadable_argument_is_efault(void **state)
{
	(void)state;
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_PROVISION, 0), -EFAULT);
}

static void other_descriptors_are_einval(void **state)
{
	(void)state;
	assert_int_equal(provision(77), -EINVAL);
	assert_int_equal(provision(ENCL_FD), -EINVAL);
	assert_int_equal(provision(UINT64_MAX), -EINVAL);
}

static void descriptor_is_cut_to_32_bits(void **state)
{
	(void)state;
	assert_int_equal(provision(1ull << 32 | PROVISION_FD), 0);
}

static void after_init_it_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(create(), 0);
	assert_int_equal(init_with(NULL), 0);
	assert_int_equal(provision(PROVISION_FD), 0);
}

#define ON_OPEN(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("SGX_IOC_ENCLAVE_PROVISION",
		"sgx/ioctl.c sgx_ioc_enclave_provision(), sgx/main.c "
		"sgx_set_attribute()"),
	ROW("the argument cannot be read", "EFAULT",
	    ON_OPEN(unreadable_argument_is_efault)),
	ROW("fd is no /dev/sgx_provision", "EINVAL",
	    ON_OPEN(other_descriptors_are_einval),
	    ON_OPEN(descriptor_is_cut_to_32_bits)),
	ROW("before CREATE", "0, lost by CREATE",
	    ON_OPEN(before_create_it_is_lost)),
	ROW("after INIT", "0, without effect",
	    ON_OPEN(after_init_it_is_allowed)),
	ROW("between", "0; INIT allows PROVISIONKEY",
	    ON_OPEN(lets_the_attribute_through)),
};

CONFORM_MAIN(rows, NULL)
