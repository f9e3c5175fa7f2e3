/* SPDX-License-Identifier: BSD-3-Clause */
/* SGX_IOC_ENCLAVE_INIT. */
#include "fixture.h"
#include "tests/conform/conform.h"

static const struct sgx_secs *secs(void)
{
	return epc_ptr(&m.mm.cpu, m.encl->secs_pa);
}

static void initializes_with_the_signed_measurement(void **state)
{
	(void)state;
	standard_pages();
	assert_int_equal(init_with(NULL), 0);
	assert_true(m.encl->flags & SGX_ENCL_INITIALIZED);
	assert_true(secs()->attributes & SGX_ATTR_INIT);
	assert_memory_equal(secs()->mrenclave, m.measurement, 32);
	/* Launch control follows the signer. */
	assert_memory_equal(secs()->mrsigner, m.lp.sgxlepubkeyhash, 32);
}

static void before_create_is_einval(void **state)
{
	(void)state;
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_INIT, 0), -EINVAL);
}

static void twice_is_einval(void **state)
{
	(void)state;
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_INIT, 0), -EINVAL);
}

static void unreadable_argument_is_efault(void **state)
{
	(void)state;
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_INIT, USER_BASE - 8),
			 -EFAULT);
	/* Nothing is done before it is read. */
	m.fail_alloc = true;
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_INIT, USER_BASE - 8),
			 -EFAULT);
}

static void unreadable_sigstruct_is_efault(void **state)
{
	(void)state;
	m.bad = SIGSTRUCT_ARG + 1807;
	m.bad_end = m.bad + 1;
	assert_int_equal(init_with(NULL), -EFAULT);
}

static void only_the_sigstruct_is_read(void **state)
{
	(void)state;
	m.bad = SIGSTRUCT_ARG + 1808;
	m.bad_end = m.bad + 1;
	assert_int_equal(init_with(NULL), 0);
}

static void no_memory_is_enomem(void **state)
{
	(void)state;
	m.fail_alloc = true;
	assert_int_equal(init_with(NULL), -ENOMEM);
}

static void vendor_amd(struct sgx_sigstruct *sig)
{
	sig->vendor = 0x1022;
}
static void vendor_intel(struct sgx_sigstruct *sig)
{
	sig->vendor = 0x8086;
}

static void unknown_vendor_is_einval(void **state)
{
	(void)state;
	assert_int_equal(init_with(vendor_amd), -EINVAL);
	assert_int_equal(init_with(vendor_intel), 0);
}

static int64_t create_and_init(uint64_t attributes)
{
	struct sgx_secs s = standard_secs();

	s.attributes = attributes;
	assert_int_equal(create_with(&s), 0);
	return init_with(NULL);
}

static void provision_key_without_leave_is_eacces(void **state)
{
	(void)state;
	assert_int_equal(create_and_init(SGX_ATTR_MODE64BIT |
					 SGX_ATTR_PROVISIONKEY),
			 -EACCES);
}

static void einittoken_key_is_always_eacces(void **state)
{
	(void)state;
	assert_int_equal(create_and_init(SGX_ATTR_MODE64BIT |
					 SGX_ATTR_EINITTOKENKEY),
			 -EACCES);
}

static void wants_attribute(struct sgx_sigstruct *sig)
{
	sig->attributes |= 1ull << 40;
}
static void masks_attribute(struct sgx_sigstruct *sig)
{
	wants_attribute(sig);
	sig->attributemask &= ~(1ull << 40);
}
static void wants_misc(struct sgx_sigstruct *sig)
{
	sig->miscselect = 4;
}
static void wants_xfrm(struct sgx_sigstruct *sig)
{
	sig->xfrm |= 1ull << 9;
}

static void sigstruct_of_another_processor_is_einval(void **state)
{
	(void)state;
	assert_int_equal(init_with(wants_attribute), -EINVAL);
	assert_int_equal(init_with(wants_misc), -EINVAL);
	assert_int_equal(init_with(wants_xfrm), -EINVAL);
	assert_int_equal(init_with(masks_attribute), 0);
}

static void other_hash(struct sgx_sigstruct *sig)
{
	sig->enclavehash[0] ^= 1;
}
static void bad_header(struct sgx_sigstruct *sig)
{
	sig->header[4] ^= 1;
}
static void wants_debug(struct sgx_sigstruct *sig)
{
	sig->attributes |= SGX_ATTR_DEBUG;
	sig->attributemask |= SGX_ATTR_DEBUG;
}

static void what_einit_refuses_is_eperm_and_can_be_retried(void **state)
{
	(void)state;
	standard_pages();
	assert_int_equal(init_with(other_hash), -EPERM);
	assert_int_equal(init_with(bad_header), -EPERM);
	assert_int_equal(init_with(wants_debug), -EPERM);
	assert_false(m.encl->flags & SGX_ENCL_INITIALIZED);
	assert_int_equal(init_with(NULL), 0);
}

static void bad_signature_is_eperm(void **state)
{
	uint8_t byte;

	(void)state;
	/* A good one first, spoilt in the program's memory. */
	m.bad = SIGSTRUCT_ARG;
	m.bad_end = SIGSTRUCT_ARG + 1;
	assert_int_equal(init_with(NULL), -EFAULT);
	m.bad = m.bad_end = 0;
	user_read(&byte, SIGSTRUCT_ARG + 516 + 7, 1);
	byte ^= 0x40;
	user_write(SIGSTRUCT_ARG + 516 + 7, &byte, 1);
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_INIT, ARG), -EPERM);
}

static void page_not_in_the_measurement_is_eperm(void **state)
{
	(void)state;
	standard_pages();
	assert_int_equal(add_pages(0x8000, 4096, SECINFO_REG(R), 0, NULL), 0);
	assert_int_equal(init_with(NULL), -EPERM);
}

static void lost_epc_is_eio(void **state)
{
	(void)state;
	epcm_of(&m.mm.cpu, m.encl->secs_pa)->valid = 0;
	assert_int_equal(init_with(NULL), -EIO);
}

static void wants_aexnotify(struct sgx_sigstruct *sig)
{
	sig->attributes |= SGX_ATTR_AEXNOTIFY;
}

static void aexnotify_is_allowed(void **state)
{
	struct sgx_secs s = standard_secs();

	(void)state;
	m.shared->package.attributes |= SGX_ATTR_AEXNOTIFY;
	s.attributes |= SGX_ATTR_AEXNOTIFY;
	assert_int_equal(create_with(&s), 0);
	standard_pages();
	assert_int_equal(init_with(wants_aexnotify), 0);
}

#define ON_OPEN(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)
#define ON_CREATED(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_created, \
					machine_teardown)
#define ON_INITIALIZED(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_initialized, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("SGX_IOC_ENCLAVE_INIT", "sgx/ioctl.c sgx_ioc_enclave_init()"),
	ROW("not created, or initialized", "EINVAL",
	    ON_OPEN(before_create_is_einval), ON_INITIALIZED(twice_is_einval)),
	ROW("the argument cannot be read", "EFAULT",
	    ON_CREATED(unreadable_argument_is_efault)),
	ROW("no memory", "ENOMEM", ON_CREATED(no_memory_is_enomem)),
	ROW("the SIGSTRUCT cannot be read", "EFAULT",
	    ON_CREATED(unreadable_sigstruct_is_efault),
	    ON_CREATED(only_the_sigstruct_is_read)),
	ROW("VENDOR is neither 0 nor 8086H", "EINVAL",
	    ON_CREATED(unknown_vendor_is_einval)),
	CITE("sgx/ioctl.c sgx_encl_init()"),
	ROW("PROVISIONKEY without SGX_IOC_ENCLAVE_PROVISION", "EACCES",
	    ON_OPEN(provision_key_without_leave_is_eacces)),
	ROW("EINITTOKENKEY", "EACCES",
	    ON_OPEN(einittoken_key_is_always_eacces)),
	DEVIATES("DK11", "AEXNOTIFY", "allowed, as since Linux 6.2",
		 ON_OPEN(aexnotify_is_allowed)),
	ROW("attributes, MISCSELECT or XFRM that the processor has not",
	    "EINVAL", ON_CREATED(sigstruct_of_another_processor_is_einval)),
	ROW("EINIT faults", "EIO", ON_CREATED(lost_epc_is_eio)),
	ROW("EINIT gives a code", "EPERM; it can be tried again",
	    ON_CREATED(what_einit_refuses_is_eperm_and_can_be_retried),
	    ON_CREATED(bad_signature_is_eperm),
	    ON_CREATED(page_not_in_the_measurement_is_eperm)),
	ROW("none of these", "0",
	    ON_CREATED(initializes_with_the_signed_measurement)),
};

CONFORM_MAIN(rows, NULL)
