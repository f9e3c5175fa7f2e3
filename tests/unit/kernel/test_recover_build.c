/* SPDX-License-Identifier: BSD-3-Clause */
/* Killed while an enclave is built, or released.  See killed.h. */
#include "cpu/epcm.h"
#include "cpu/measure.h"
#include "cpu/mem.h"
#include "cpu/secs.h"
#include "kernel/sgx/encl.h"
#include "killed.h"
#include "tests/conform/conform.h"

static bool release(void)
{
	sgx_encl_release(&m.mm, m.encl);
	return m.encl->kind == SGX_FILE_NONE;
}

static void start_again(void)
{
	sgx_munmap(&m.mm, ENCL_BASE, ENCL_SIZE);
	sgx_encl_release(&m.mm, m.encl);
	assert_int_equal(sgx_open(&m.mm, SGX_FILE_ENCLAVE, 1000), 0);
}

static bool create_and_add(void)
{
	struct sgx_secs secs = standard_secs();
	struct sgx_enclave_create create = { .src = SECS_ARG };
	struct sgx_secinfo info = { .flags = SECINFO_REG(RW) };
	struct sgx_enclave_add_pages add = {
		.src = SOURCE,
		.offset = 0,
		.length = SGX_PAGE_SIZE,
		.secinfo = SECINFO_ARG,
	};

	user_write(SECS_ARG, &secs, sizeof(secs));
	user_write(ARG, &create, sizeof(create));
	if (ioctl_raw(SGX_IOC_ENCLAVE_CREATE, ARG))
		return false;
	user_write(SECINFO_ARG, &info, sizeof(info));
	user_write(ARG, &add, sizeof(add));
	return !ioctl_raw(SGX_IOC_ENCLAVE_ADD_PAGES, ARG);
}

static void half_built(void)
{
	start_again();
	assert_true(create_and_add());
	epc_at(PAGE(0))[100] = 0x77;
}

static bool evict_first(void)
{
	return sgx_evict(&m.mm, m.encl, PAGE(0), PAGE(1)) == 1;
}

/* Another process goes on building the enclave. */
static void can_be_built(void)
{
	unsigned n = 0;
	int ret = -EBUSY;

	CHECK(m.encl->page_cnt == 1 && page_at(PAGE(0))->added);
	CHECK(epcm_at(PAGE(0))->valid ==
	      !(page_at(PAGE(0))->flags & SGX_PAGE_EVICTED));
	CHECK(m.encl->secs_child_cnt == epcm_at(PAGE(0))->valid);
	for (; ret == -EBUSY && n < 10; n++) {
		ret = sgx_encl_load_page(&m.mm, m.encl,
					 sgx_encl_pa(m.encl, PAGE(0)));
		if (ret)
			sgx_encl_wait(&m.mm, m.encl,
				      sgx_encl_pa(m.encl, PAGE(0)));
	}
	CHECK(!ret && epcm_at(PAGE(0))->valid);
	CHECK(epc_at(PAGE(0))[100] == 0x77);
	killed_can_be_released();
}

/* What the measurement was, and is to be with one page more. */
static struct secs_hidden measured[2];

static bool add_another(void)
{
	struct sgx_enclave_add_pages add = {
		.src = SOURCE,
		.offset = SGX_PAGE_SIZE,
		.length = SGX_PAGE_SIZE,
		.secinfo = SECINFO_ARG,
		.flags = SGX_PAGE_MEASURE,
	};

	user_write(ARG, &add, sizeof(add));
	return !ioctl_raw(SGX_IOC_ENCLAVE_ADD_PAGES, ARG);
}

static void measure_one_more(void)
{
	const struct sgx_secinfo info = { .flags = SECINFO_REG(RW) };
	struct secs_hidden *hidden = &measured[1];
	uint8_t chunk[EEXTEND_CHUNK];

	half_built();
	measured[0] = *secs_hidden_at(&m.mm.cpu, m.encl->secs_pa);
	*hidden = measured[0];
	measure_eadd(hidden, SGX_PAGE_SIZE, &info);
	for (uint64_t at = 0; at < SGX_PAGE_SIZE; at += EEXTEND_CHUNK) {
		user_read(chunk, SOURCE + at, sizeof(chunk));
		measure_eextend(hidden, SGX_PAGE_SIZE + at, chunk);
	}
}

static void check_measured(const struct secs_hidden *want)
{
	const struct secs_hidden *is = secs_hidden_at(&m.mm.cpu,
						      m.encl->secs_pa);
	uint8_t digest[2][32];

	measure_final(is, digest[0]);
	measure_final(want, digest[1]);
	CHECK(!memcmp(digest[0], digest[1], sizeof(digest[0])));
	CHECK(is->mrenclave_blocks == want->mrenclave_blocks);
	CHECK(!is->measurement_lock);
}

/* The page is there, and measured, or neither; it can be added again. */
static void can_be_added(void)
{
	unsigned added = page_at(PAGE(1))->added;

	CHECK(m.encl->page_cnt == 1 + added);
	CHECK(m.encl->secs_child_cnt == 1 + added);
	CHECK(epcm_at(PAGE(1))->valid == added);
	CHECK(!epcm_at(PAGE(1))->lock);
	check_measured(&measured[added]);
	if (!added)
		CHECK(add_another());
	check_measured(&measured[1]);
	CHECK(secs_hidden_at(&m.mm.cpu, m.encl->secs_pa)->children == 2);
	killed_can_be_released();
}

OP(the_end, NULL, release, killed_can_be_released)
OP(ewb_while_building, half_built, evict_first, can_be_built)
OP(building, start_again, create_and_add, killed_can_be_released)
OP(eadd, measure_one_more, add_another, can_be_added)

#define T(f) cmocka_unit_test(f)

static const struct conform rows[] = {
	SUBJECT("a process is killed that builds", "kernel/exit.c do_exit()"),
	DEVIATES("DK7", "in an ioctl, or a close",
		 "what it was at is "
		 "finished, or undone",
		 T(the_end), T(ewb_while_building), T(building), T(eadd)),
};

CONFORM_MAIN(rows, NULL)
