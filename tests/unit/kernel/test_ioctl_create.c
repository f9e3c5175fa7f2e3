/* SPDX-License-Identifier: BSD-3-Clause */
/* SGX_IOC_ENCLAVE_CREATE. */
#include "fixture.h"
#include "tests/conform/conform.h"

static void creates(void **state)
{
	(void)state;
	assert_int_equal(create(), 0);
	assert_int_equal(m.encl->flags, SGX_ENCL_CREATED);
	assert_int_equal(m.encl->base, ENCL_BASE);
	assert_int_equal(m.encl->size, ENCL_SIZE);
	/* They are a version array and the SECS. */
	assert_int_equal(m.encl->epc_pages, 2);
	assert_int_equal(m.shared->epc_free_pages,
			 m.shared->epc_total_pages - 2);
	assert_int_equal(epcm_of(&m.mm.cpu, m.encl->secs_pa)->valid, 1);
	assert_int_equal(epcm_of(&m.mm.cpu, m.encl->secs_pa)->pt, PT_SECS);
}

static void twice_is_einval(void **state)
{
	(void)state;
	assert_int_equal(create(), 0);
	/* Before the argument is looked at. */
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_CREATE, 0), -EINVAL);
}

static void unreadable_argument_is_efault(void **state)
{
	(void)state;
	m.bad = ARG;
	m.bad_end = ARG + 1;
	assert_int_equal(create(), -EFAULT);
}

static void unreadable_secs_is_efault(void **state)
{
	(void)state;
	m.bad = SECS_ARG + 4095;
	m.bad_end = SECS_ARG + 4096;
	assert_int_equal(create(), -EFAULT);
}

static void no_memory_is_enomem(void **state)
{
	(void)state;
	m.fail_alloc = true;
	assert_int_equal(create(), -ENOMEM);
}

static void size_must_be_a_power_of_two(void **state)
{
	static const uint64_t sizes[] = { 0, 0x3000, ENCL_SIZE + 4096, 3 };
	struct sgx_secs secs = standard_secs();

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		secs.size = sizes[i];
		assert_int_equal(create_with(&secs), -EINVAL);
	}
}

static void absurd_size_is_einval(void **state)
{
	struct sgx_secs secs = standard_secs();

	(void)state;
	secs.size = 1ull << 63;
	secs.baseaddr = 0;
	assert_int_equal(create_with(&secs), -EINVAL);
	assert_int_equal(m.shared->epc_free_pages, m.shared->epc_total_pages);
}

static void no_epc_is_enomem_after_a_reap(void **state)
{
	(void)state;
	m.shared->epc_free_pages = 0;
	assert_int_equal(create(), -ENOMEM);
	assert_int_equal(m.reaps, 1);
	assert_int_equal(m.encl->epc_pages, 0);
}

static void signal_while_reclaiming_restarts(void **state)
{
	(void)state;
	m.shared->epc_free_pages = 0;
	m.pages_until_signal = 1;
	assert_int_equal(create(), -ERESTARTSYS);
	assert_int_equal(m.encl->flags, 0);
	assert_int_equal(m.encl->epc_pages, 0);
	m.shared->epc_free_pages = m.shared->epc_total_pages;
	assert_int_equal(create(), 0);
}

/* There is room for the SECS, but not for its version array. */
static void signal_before_the_version_array_restarts(void **state)
{
	(void)state;
	m.shared->epc_free_pages = 1;
	m.pages_until_signal = 1;
	assert_int_equal(create(), -ERESTARTSYS);
	assert_int_equal(m.encl->epc_pages, 0);
	assert_int_equal(m.shared->epc_free_pages, 1);
}

/* What ECREATE refuses with #GP. */
static void size_too_small(struct sgx_secs *s)
{
	s->size = 4096;
}
static void size_too_large(struct sgx_secs *s)
{
	s->size = 1ull << 62;
	s->baseaddr = 0;
}
static void base_unaligned(struct sgx_secs *s)
{
	s->baseaddr += 0x1000;
}
static void base_not_canonical(struct sgx_secs *s)
{
	s->baseaddr = 0x800000000000;
}
static void no_ssa(struct sgx_secs *s)
{
	s->ssaframesize = 0;
}
static void bad_misc(struct sgx_secs *s)
{
	s->miscselect = 1u << 31;
}
static void bad_xfrm(struct sgx_secs *s)
{
	s->xfrm = 1;
}
static void xfrm_not_there(struct sgx_secs *s)
{
	s->xfrm = 7;
}
static void bad_attributes(struct sgx_secs *s)
{
	s->attributes |= 1ull << 8;
}
static void init_set(struct sgx_secs *s)
{
	s->attributes |= SGX_ATTR_INIT;
}
static void reserved_set(struct sgx_secs *s)
{
	s->reserved4[3000] = 1;
}
static void configid_without_kss(struct sgx_secs *s)
{
	s->configid[5] = 1;
}

static void what_ecreate_refuses_is_eio_and_can_be_retried(void **state)
{
	static void (*const spoil[])(struct sgx_secs *) = {
		size_too_small,     size_too_large, base_unaligned,
		base_not_canonical, no_ssa,         bad_misc,
		bad_xfrm,           xfrm_not_there, bad_attributes,
		init_set,           reserved_set,   configid_without_kss,
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
		struct sgx_secs secs = standard_secs();

		spoil[i](&secs);
		assert_int_equal(create_with(&secs), -EIO);
		assert_int_equal(m.encl->flags, 0);
		assert_int_equal(m.encl->epc_pages, 0);
		assert_int_equal(m.encl->epc_base, EPC_NONE);
		assert_int_equal(m.shared->epc_free_pages,
				 m.shared->epc_total_pages);
	}
	assert_int_equal(create(), 0);
}

static void debug_is_remembered(void **state)
{
	struct sgx_secs secs = standard_secs();

	(void)state;
	secs.attributes |= SGX_ATTR_DEBUG;
	assert_int_equal(create_with(&secs), 0);
	assert_int_equal(m.encl->flags, SGX_ENCL_CREATED | SGX_ENCL_DEBUG);
	assert_int_equal(m.encl->attributes,
			 SGX_ATTR_MODE64BIT | SGX_ATTR_DEBUG);
}

static void mappings_made_before_show_the_epc(void **state)
{
	(void)state;
	/* One page before ELRANGE to one after: Gramine maps like that. */
	assert_int_equal(map_fixed(ENCL_BASE - 4096, ENCL_SIZE + 8192, RWX),
			 ENCL_BASE - 4096);
	assert_int_equal(real_page(PAGE(0))->kind, REAL_NONE);
	assert_int_equal(create(), 0);
	assert_int_equal(real_page(ENCL_BASE - 4096)->kind, REAL_NONE);
	assert_int_equal(real_page(PAGE(0))->kind, REAL_EPC);
	assert_int_equal(real_page(PAGE(0))->pa, m.encl->epc_base);
	assert_int_equal(real_page(PAGE(63))->pa, m.encl->epc_base + 63 * 4096);
	assert_int_equal(real_page(PAGE(64))->kind, REAL_NONE);
	assert_int_equal(real_page(PAGE(0))->prot, PROT_NONE);
}

#define ON_OPEN(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("SGX_IOC_ENCLAVE_CREATE",
		"sgx/ioctl.c sgx_ioc_enclave_create()"),
	ROW("created already", "EINVAL", ON_OPEN(twice_is_einval)),
	ROW("the argument cannot be read", "EFAULT",
	    ON_OPEN(unreadable_argument_is_efault)),
	ROW("no memory", "ENOMEM", ON_OPEN(no_memory_is_enomem)),
	ROW("the SECS cannot be read", "EFAULT",
	    ON_OPEN(unreadable_secs_is_efault)),
	CITE("sgx/ioctl.c sgx_encl_create()"),
	ROW("SIZE is no power of two, or 0", "EINVAL",
	    ON_OPEN(size_must_be_a_power_of_two)),
	ROW("no EPC, and nothing to reclaim", "ENOMEM",
	    ON_OPEN(no_epc_is_enomem_after_a_reap)),
	ROW("a signal while reclaiming", "restarted (ERESTARTSYS)",
	    ON_OPEN(signal_while_reclaiming_restarts),
	    ON_OPEN(signal_before_the_version_array_restarts)),
	ROW("SIZE is too large for a backing file", "EINVAL",
	    ON_OPEN(absurd_size_is_einval)),
	ROW("ECREATE faults", "EIO; it can be tried again",
	    ON_OPEN(what_ecreate_refuses_is_eio_and_can_be_retried)),
	ROW("none of these", "0; ATTRIBUTES are remembered", ON_OPEN(creates),
	    ON_OPEN(debug_is_remembered),
	    ON_OPEN(mappings_made_before_show_the_epc)),
};

CONFORM_MAIN(rows, NULL)
