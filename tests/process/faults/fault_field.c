/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See fault_field.h.
 */
#define _GNU_SOURCE
#include "tests/process/faults/fault_field.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define RANGE       (16ull << 20)
#define FIELD       (8ull << 20)
#define BLOCK_PAGES 256u
#define BLOCK_SIZE  (BLOCK_PAGES * ENCLAVE_PAGE)
#define RWX         (PROT_READ | PROT_WRITE | PROT_EXEC)

static struct enclave enclave = ENCLAVE_NONE, other = ENCLAVE_NONE;
static struct parts parts;
static unsigned used[NR_BLOCKS];

/* SECINFO.FLAGS; 0: no pages in this block. */
static const uint64_t block_flags[NR_BLOCKS] = {
	[BLOCK_RWX] = SECINFO_REG | SECINFO_R | SECINFO_W | SECINFO_X,
	[BLOCK_X] = SECINFO_REG | SECINFO_X,
	[BLOCK_R_MAPPED] = SECINFO_REG | SECINFO_R,
	[BLOCK_TCS] = SECINFO_TCS,
};

static uint64_t block_offset(enum block block)
{
	return FIELD + block * BLOCK_SIZE;
}

static void measure_blocks(struct enclave_measure *m)
{
	for (enum block b = 0; b < NR_BLOCKS; b++)
		for (unsigned i = 0; block_flags[b] && i < BLOCK_PAGES; i++)
			enclave_measure_eadd(m,
					     block_offset(b) + i * ENCLAVE_PAGE,
					     block_flags[b]);
}

/* RET instructions; for a TCS the image's own first one. */
static void add_block(struct enclave *e, enum block block, uint64_t flags)
{
	uint8_t *source = mmap(NULL, BLOCK_SIZE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(source, 0xc3, BLOCK_SIZE);
	for (unsigned i = 0; block == BLOCK_TCS && i < BLOCK_PAGES; i++)
		memcpy(source + i * ENCLAVE_PAGE, parts.image.memory,
		       ENCLAVE_PAGE);
	if (enclave_add_pages(e, block_offset(block), source, BLOCK_SIZE, flags,
			      false, NULL))
		check_fatal("add: %s", enclave_error());
	munmap(source, BLOCK_SIZE);
}

static void create(struct enclave *e)
{
	struct secs secs;

	if (enclave_open(e))
		check_fatal("open: %s", enclave_error());
	enclave_secs_fill(&secs, e, &parts.image, &parts.sig);
	if (enclave_create(e, &secs))
		check_fatal("create: %s", enclave_error());
}

/* It shares the linear addresses only. */
static void build_other(void)
{
	other.base = enclave.base;
	other.size = enclave.size;
	create(&other);
}

void field_build(void)
{
	struct enclave_options options = { .miscselect = MISCSELECT_EXINFO };

	parts_prepare(&parts, &options, NULL);
	parts_sign_more(&parts, RANGE, measure_blocks);
	if (enclave_reserve(&enclave, RANGE))
		check_fatal("reserve: %s", enclave_error());
	create(&enclave);
	if (mmap((void *)(enclave.base + block_offset(BLOCK_R_MAPPED)),
		 BLOCK_SIZE, RWX, MAP_SHARED | MAP_FIXED, enclave.fd,
		 0) == MAP_FAILED)
		check_fatal("mmap: %s", strerror(errno));
	parts_add_all(&parts, &enclave);
	for (enum block b = 0; b < NR_BLOCKS; b++)
		if (block_flags[b])
			add_block(&enclave, b, block_flags[b]);
	if (enclave_init(&enclave, &parts.sig) ||
	    enclave_map(&enclave, &parts.image))
		check_fatal("init: %s", enclave_error());
	build_other();
}

const struct enclave *field_enclave(void)
{
	return &enclave;
}

const struct enclave *field_other(void)
{
	return &other;
}

uint64_t field_take(enum block block)
{
	if (used[block] == BLOCK_PAGES)
		check_fatal("no pages left in block %d", block);
	return enclave.base + block_offset(block) +
	       used[block]++ * ENCLAVE_PAGE;
}

void field_map_at(const struct enclave *e, uint64_t page, int prot)
{
	if (mmap((void *)(uintptr_t)page, ENCLAVE_PAGE, prot,
		 MAP_SHARED | MAP_FIXED, e->fd, 0) == MAP_FAILED)
		check_fatal("mmap: %s", strerror(errno));
}

uint64_t field_map(enum block block, int prot)
{
	uint64_t page = field_take(block);

	field_map_at(&enclave, page, prot);
	return page;
}

uint64_t field_touch(uint64_t page)
{
	struct request r = { .op = OP_READ, .addr = page };

	CHECK(victim_call(&enclave, 1, BY_ENCLU, &r));
	return page;
}

void field_restrict(uint64_t page, uint64_t permissions)
{
	struct sgx_enclave_restrict_permissions arg = {
		.offset = page - enclave.base,
		.length = ENCLAVE_PAGE,
		.permissions = permissions,
	};

	CHECK_EQ(ioctl(enclave.fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &arg),
		 0);
}

void field_modify(uint64_t page, uint64_t type)
{
	struct sgx_enclave_modify_types arg = {
		.offset = page - enclave.base,
		.length = ENCLAVE_PAGE,
		.page_type = type,
	};

	CHECK_EQ(ioctl(enclave.fd, SGX_IOC_ENCLAVE_MODIFY_TYPES, &arg), 0);
}

void field_remove(uint64_t page)
{
	struct sgx_enclave_remove_pages arg = {
		.offset = page - enclave.base,
		.length = ENCLAVE_PAGE,
	};

	CHECK_EQ(ioctl(enclave.fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &arg), 0);
}

void field_accept(uint64_t page, uint64_t secinfo)
{
	struct request r = { .op = OP_EACCEPT,
			     .addr = page,
			     .flags = (uint32_t)secinfo };

	CHECK(victim_call(&enclave, 1, BY_ENCLU, &r));
	CHECK_EQ(r.value, 0);
}
