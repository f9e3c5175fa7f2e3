/* SPDX-License-Identifier: BSD-3-Clause */
/* SGX_IOC_ENCLAVE_ADD_PAGES. */
#include "fixture.h"
#include "tests/conform/conform.h"

#define NOT_WRITTEN 0x5555 /* what add_pages() puts into `count` */

static int64_t add_arg(const struct sgx_enclave_add_pages *arg)
{
	struct sgx_secinfo info = { .flags = SECINFO_REG(RW) };

	user_write(SECINFO_ARG, &info, sizeof(info));
	user_write(ARG, arg, sizeof(*arg));
	return ioctl_raw(SGX_IOC_ENCLAVE_ADD_PAGES, ARG);
}

static struct sgx_enclave_add_pages standard_arg(void)
{
	return (struct sgx_enclave_add_pages){
		.src = SOURCE,
		.length = 4096,
		.secinfo = SECINFO_ARG,
	};
}

static void adds_pages_with_their_content(void **state)
{
	uint64_t done;
	char text[] = "page two";

	(void)state;
	user_write(SOURCE + 4096, text, sizeof(text));
	assert_int_equal(add_pages(0x3000, 0x2000, SECINFO_REG(RX), 0, &done),
			 0);
	assert_int_equal(done, 0x2000);
	assert_int_equal(m.encl->page_cnt, 2);
	assert_int_equal(m.encl->epc_pages, 4);
	assert_string_equal(epc_ptr(&m.mm.cpu, m.encl->epc_base + 0x4000),
			    text);
	assert_int_equal(epcm_allows(&m.mm.cpu, m.encl->epc_base + 0x4000,
				     PAGE(4)),
			 RX);
	assert_int_equal(m.mm.pages[(m.encl->epc_base >> 12) + 4].vm_max_prot,
			 RX);
}

static void the_copy_is_made_at_call_time(void **state)
{
	char before[] = "before", after[] = "after";

	(void)state;
	user_write(SOURCE, before, sizeof(before));
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(R), 0, NULL), 0);
	user_write(SOURCE, after, sizeof(after));
	assert_string_equal(epc_ptr(&m.mm.cpu, m.encl->epc_base), before);
}

static void tcs_may_be_mapped_rw(void **state)
{
	(void)state;
	standard_pages();
	assert_int_equal(m.mm.pages[m.encl->epc_base >> 12].type, PT_TCS);
	assert_int_equal(m.mm.pages[m.encl->epc_base >> 12].vm_max_prot, RW);
}

static void before_create_is_einval(void **state)
{
	(void)state;
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_ADD_PAGES, 0), -EINVAL);
}

static void after_init_is_einval(void **state)
{
	(void)state;
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_ADD_PAGES, 0), -EINVAL);
}

static void unreadable_argument_is_efault(void **state)
{
	(void)state;
	m.bad = ARG + 40;
	m.bad_end = ARG + 48;
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(R), 0, NULL), -EFAULT);
}

static void unaligned_source_is_einval(void **state)
{
	struct sgx_enclave_add_pages arg = standard_arg();

	(void)state;
	arg.src += 8;
	assert_int_equal(add_arg(&arg), -EINVAL);
}

static void range_must_be_pages_of_the_enclave(void **state)
{
	static const struct {
		uint64_t offset, length;
	} bad[] = {
		{ 8, 4096 },
		{ 0, 0 },
		{ 0, 4095 },
		{ 0, ENCL_SIZE + 4096 },
		{ ENCL_SIZE, 4096 },
		{ ENCL_SIZE - 4096, 8192 },
		{ UINT64_MAX - 4095, 8192 },
	};
	uint64_t done;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(add_pages(bad[i].offset, bad[i].length,
					   SECINFO_REG(R), 0, &done),
				 -EINVAL);
		assert_int_equal(done, NOT_WRITTEN);
	}
	assert_int_equal(add_pages(ENCL_SIZE - 4096, 4096, SECINFO_REG(R), 0,
				   NULL),
			 0);
}

static void unreadable_secinfo_is_efault(void **state)
{
	(void)state;
	m.bad = SECINFO_ARG + 63;
	m.bad_end = SECINFO_ARG + 64;
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(R), 0, NULL), -EFAULT);
}

static void invalid_secinfo_is_einval(void **state)
{
	/* clang-format off */
	static const uint64_t bad[] = {
		SECINFO_REG(W),		SECINFO_REG(W | X),
		SECINFO_TCS | R,	SECINFO_TCS | RW,
		0x000 | R,		0x300 | R,
		0x400 | R,		0x500 | R,
		SECINFO_REG(R) | 0x8,	SECINFO_REG(R) | 0x10,
		SECINFO_REG(R) | 0x20,	SECINFO_REG(R) | 0x40,
		SECINFO_REG(R) | 1ull << 16, SECINFO_REG(R) | 1ull << 63,
	};
	/* clang-format on */

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(add_pages(0, 4096, bad[i], 0, NULL), -EINVAL);
}

static void secinfo_reserved_bytes_are_einval(void **state)
{
	struct sgx_enclave_add_pages arg = standard_arg();
	struct sgx_secinfo info = { .flags = SECINFO_REG(R) };

	(void)state;
	info.reserved[55] = 1;
	user_write(SECINFO_ARG, &info, sizeof(info));
	user_write(ARG, &arg, sizeof(arg));
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_ADD_PAGES, ARG), -EINVAL);
}

static void unusual_permissions_are_valid(void **state)
{
	(void)state;
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(X), 0, NULL), 0);
	assert_int_equal(add_pages(0x1000, 4096, SECINFO_REG(0), 0, NULL), 0);
}

static void other_flag_bits_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(R), ~1ull, NULL), 0);
}

static void signal_before_the_first_page_restarts(void **state)
{
	uint64_t done;

	(void)state;
	m.pages_until_signal = 1;
	assert_int_equal(add_pages(0, 0x3000, SECINFO_REG(R), 0, &done),
			 -ERESTARTSYS);
	assert_int_equal(done, 0);
}

static void signal_later_gives_a_short_count_and_0(void **state)
{
	uint64_t done;

	(void)state;
	m.pages_until_signal = 3;
	assert_int_equal(add_pages(0, 0x5000, SECINFO_REG(R), 0, &done), 0);
	assert_int_equal(done, 0x2000);
}

static void page_that_is_there_is_ebusy_with_count(void **state)
{
	uint64_t done;

	(void)state;
	assert_int_equal(add_pages(0x2000, 4096, SECINFO_REG(R), 0, NULL), 0);
	assert_int_equal(add_pages(0, 0x4000, SECINFO_REG(R), 0, &done),
			 -EBUSY);
	assert_int_equal(done, 0x2000);
	/* A page that fails takes nothing from the budget. */
	assert_int_equal(m.encl->epc_pages, 5);
}

static void ebusy_comes_before_the_source(void **state)
{
	(void)state;
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(R), 0, NULL), 0);
	m.bad = SOURCE;
	m.bad_end = SOURCE + 1;
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(R), 0, NULL), -EBUSY);
}

static void source_without_mapping_is_efault(void **state)
{
	struct sgx_enclave_add_pages arg = standard_arg();

	(void)state;
	arg.src = USER_BASE + USER_SIZE;
	assert_int_equal(add_arg(&arg), -EFAULT);
}

static void source_on_noexec_mount_is_eacces(void **state)
{
	uint64_t done;

	(void)state;
	m.no_exec = SOURCE;
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(R), 0, &done), -EACCES);
	assert_int_equal(done, 0);
}

static void unreadable_source_page_is_efault_with_count(void **state)
{
	uint64_t done;

	(void)state;
	m.bad = SOURCE + 0x2800;
	m.bad_end = SOURCE + 0x2801;
	assert_int_equal(add_pages(0, 0x4000, SECINFO_REG(R), 0, &done),
			 -EFAULT);
	assert_int_equal(done, 0x2000);
}

static void enclave_memory_is_no_source(void **state)
{
	struct sgx_enclave_add_pages arg = standard_arg();

	(void)state;
	assert_int_equal(map_fixed(USER_BASE + 0x200000, 4096, R),
			 USER_BASE + 0x200000);
	arg.src = USER_BASE + 0x200000;
	assert_int_equal(add_arg(&arg), -EFAULT);
}

static void tcs_that_eadd_refuses_is_eio(void **state)
{
	uint64_t done;
	uint8_t one = 1;

	(void)state;
	user_write(SOURCE + 4095, &one, 1); /* reserved */
	assert_int_equal(add_pages(0, 4096, SECINFO_TCS, 0, &done), -EIO);
	assert_int_equal(done, 0);
	assert_int_equal(add_pages(0, 4096, SECINFO_TCS, SGX_PAGE_MEASURE,
				   &done),
			 -EIO);
	assert_int_equal(m.encl->page_cnt, 0);
	assert_int_equal(m.encl->epc_pages, 2);
	/* It does not make the enclave invalid. */
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(R), 0, NULL), 0);
}

static void lost_epc_is_eio(void **state)
{
	(void)state;
	epcm_of(&m.mm.cpu, m.encl->secs_pa)->valid = 0;
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(R), 0, NULL), -EIO);
}

static void full_epc_is_enomem(void **state)
{
	uint64_t done;

	(void)state;
	m.shared->epc_free_pages = 0;
	assert_int_equal(add_pages(0, 0x4000, SECINFO_REG(R), 0, &done),
			 -ENOMEM);
	assert_int_equal(done, 0);
	assert_int_equal(m.reaps, 1);
}

/* A signal ends the search for room, and with it the call. */
static void signal_while_reclaiming_restarts(void **state)
{
	uint64_t done;

	(void)state;
	assert_int_equal(add_pages(0, 0x1000, SECINFO_REG(R), 0, NULL), 0);
	m.shared->epc_free_pages = 0;
	/* Signals are checked before the page, then in the search. */
	m.pages_until_signal = 2;
	assert_int_equal(add_pages(0x1000, 0x1000, SECINFO_REG(R), 0, &done),
			 -ERESTARTSYS);
	assert_int_equal(done, 0);
}

static int refuse_to_write(uint64_t to, const void *from, size_t n)
{
	(void)to;
	(void)from;
	(void)n;
	return -EFAULT;
}

static void count_that_cannot_be_written_is_efault(void **state)
{
	(void)state;
	m.host.copy_to_user = refuse_to_write;
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(R), 0, NULL), -EFAULT);
	/* The page was added, though. */
	assert_int_equal(m.encl->page_cnt, 1);
}

static void no_memory_is_enomem(void **state)
{
	(void)state;
	m.fail_alloc = true;
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(R), 0, NULL), -ENOMEM);
}

/* In an existing mapping, the first access makes a new page visible. */
static void existing_mapping_needs_nothing(void **state)
{
	unsigned before;

	(void)state;
	assert_int_equal(map_fixed(ENCL_BASE, ENCL_SIZE, RW), ENCL_BASE);
	before = m.protect_calls;
	assert_int_equal(add_pages(0, 0x8000, SECINFO_REG(RW), 0, NULL), 0);
	assert_int_equal(m.protect_calls, before);
	assert_int_equal(real_page(PAGE(0))->prot, PROT_NONE);
}

/* At the first page, and where the next 2 MiB begin. */
static void every_2_mib_are_asked_about(void **state)
{
	const uint64_t boundary = USER_BASE + (2 << 20);
	struct sgx_enclave_add_pages arg = {
		.src = boundary - 4096,
		.length = 8192,
		.secinfo = SECINFO_ARG,
	};
	struct sgx_secinfo secinfo = { .flags = SECINFO_REG(R) };

	(void)state;
	_Static_assert(USER_BASE % (2 << 20) == 0, "the boundary is one");
	user_write(SECINFO_ARG, &secinfo, sizeof(secinfo));
	user_write(ARG, &arg, sizeof(arg));
	m.no_exec = boundary;
	assert_int_equal(ioctl_raw(SGX_IOC_ENCLAVE_ADD_PAGES, ARG), -EACCES);
	user_read(&arg, ARG, sizeof(arg));
	assert_int_equal(arg.count, 4096);
	assert_int_equal(m.mayexec_calls, 2);
}

static void large_call_asks_about_the_source_rarely(void **state)
{
	(void)state;
	assert_int_equal(add_pages(0, ENCL_SIZE, SECINFO_REG(R), 0, NULL), 0);
	assert_int_equal(m.mayexec_calls, 1);
}

/* So the host need not find memory for each page at its first use. */
static void memory_is_asked_for_all_pages_at_once(void **state)
{
	(void)state;
	assert_int_equal(add_pages(0x3000, 0x5000, SECINFO_REG(R), 0, NULL), 0);
	assert_int_equal(m.populated, 0x5000);
	assert_int_equal(m.populate_calls, 1);
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
	SUBJECT("SGX_IOC_ENCLAVE_ADD_PAGES",
		"sgx/ioctl.c sgx_ioc_enclave_add_pages()"),
	ROW("not created, or initialized", "EINVAL",
	    ON_OPEN(before_create_is_einval),
	    ON_INITIALIZED(after_init_is_einval)),
	ROW("the argument cannot be read", "EFAULT",
	    ON_CREATED(unreadable_argument_is_efault)),
	ROW("src is not page aligned", "EINVAL",
	    ON_CREATED(unaligned_source_is_einval)),
	ROW("offset, length: not page aligned, 0, beyond the enclave", "EINVAL",
	    ON_CREATED(range_must_be_pages_of_the_enclave)),
	ROW("SECINFO cannot be read", "EFAULT",
	    ON_CREATED(unreadable_secinfo_is_efault)),
	CITE("sgx/ioctl.c sgx_validate_secinfo()"),
	ROW("SECINFO: type, W without R, TCS with permissions, other flags",
	    "EINVAL", ON_CREATED(invalid_secinfo_is_einval)),
	ROW("SECINFO: reserved bytes", "EINVAL",
	    ON_CREATED(secinfo_reserved_bytes_are_einval)),
	ROW("SECINFO: X alone, no permission at all", "legal",
	    ON_CREATED(unusual_permissions_are_valid)),
	CITE("sgx/ioctl.c sgx_ioc_enclave_add_pages()"),
	ROW("flags but SGX_PAGE_MEASURE", "ignored",
	    ON_CREATED(other_flag_bits_are_ignored)),
	ROW("a signal before the first page", "restarted (ERESTARTSYS)",
	    ON_CREATED(signal_before_the_first_page_restarts)),
	ROW("a signal later", "0 and a short count",
	    ON_CREATED(signal_later_gives_a_short_count_and_0)),
	TESTS(ON_CREATED(memory_is_asked_for_all_pages_at_once)),
	CITE("sgx/ioctl.c sgx_encl_add_page()"),
	ROW("no memory", "ENOMEM", ON_CREATED(no_memory_is_enomem)),
	ROW("no EPC, and nothing to reclaim", "ENOMEM, count",
	    ON_CREATED(full_epc_is_enomem)),
	ROW("a signal while reclaiming", "restarted (ERESTARTSYS)",
	    ON_CREATED(signal_while_reclaiming_restarts)),
	ROW("the page is there already", "EBUSY, count",
	    ON_CREATED(page_that_is_there_is_ebusy_with_count),
	    ON_CREATED(ebusy_comes_before_the_source)),
	CITE("sgx/ioctl.c __sgx_encl_add_page()"),
	ROW("the source is not mapped", "EFAULT, count",
	    ON_CREATED(source_without_mapping_is_efault)),
	ROW("the source may not be executed (noexec mount)", "EACCES",
	    ON_CREATED(source_on_noexec_mount_is_eacces)),
	DEVIATES("DK6", "a part of the source may not be executed",
		 "is asked every 2 MiB only",
		 ON_CREATED(every_2_mib_are_asked_about),
		 ON_CREATED(large_call_asks_about_the_source_rarely)),
	ROW("the source cannot be read", "EFAULT, count",
	    ON_CREATED(unreadable_source_page_is_efault_with_count)),
	ROW("the source is enclave memory", "EFAULT",
	    ON_CREATED(enclave_memory_is_no_source)),
	ROW("EADD faults", "EIO, count",
	    ON_CREATED(tcs_that_eadd_refuses_is_eio)),
	ROW("the EPC was lost", "EIO", ON_CREATED(lost_epc_is_eio)),
	CITE("sgx/ioctl.c sgx_ioc_enclave_add_pages()"),
	ROW("count cannot be written", "EFAULT",
	    ON_CREATED(count_that_cannot_be_written_is_efault)),
	ROW("none of these", "0; the content at the time of the call",
	    ON_CREATED(adds_pages_with_their_content),
	    ON_CREATED(the_copy_is_made_at_call_time),
	    ON_CREATED(existing_mapping_needs_nothing)),
	ROW("a TCS", "may be mapped RW", ON_CREATED(tcs_may_be_mapped_rw)),
};

CONFORM_MAIN(rows, NULL)
