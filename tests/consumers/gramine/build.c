/* SPDX-License-Identifier: BSD-3-Clause */
/* How Gramine builds: an enclave at address 0, from odd places. */
#define _GNU_SOURCE
#include "tests/consumers/gramine/gramine.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "tests/process/fixture/check.h"

static const char *reserve_at_zero(void)
{
	CHECK_EQ(gramine_mmap(LOWEST, ELRANGE - LOWEST, RWX,
			      MAP_SHARED | MAP_FIXED_NOREPLACE, gramine.device),
		 LOWEST);
	return NULL;
}

static const char *misaligned_secs(void)
{
	static uint8_t room[sizeof(struct secs) + 64];
	struct enclave at_zero = { .base = 0, .size = ELRANGE };
	struct sgx_enclave_create create = {
		.src = (uint64_t)(uintptr_t)(room + 8),
	};
	struct secs secs;

	enclave_secs_fill(&secs, &at_zero, &gramine.image, &gramine.sig);
	memcpy(room + 8, &secs, sizeof(secs));
	CHECK_EQ(gramine_ioctl(SGX_IOC_ENCLAVE_CREATE, &create), 0);
	return NULL;
}

static long add_pages(uint64_t offset, const void *source, uint64_t length,
		      uint64_t flags, bool measure)
{
	static uint8_t room[sizeof(struct secinfo) + 8];
	struct sgx_enclave_add_pages add = {
		.src = (uint64_t)(uintptr_t)source,
		.offset = offset,
		.length = length,
		.secinfo = (uint64_t)(uintptr_t)(room + 3),
		.flags = measure ? SGX_PAGE_MEASURE : 0,
	};
	struct secinfo secinfo = { .flags = flags };
	long ret;

	memcpy(room + 3, &secinfo, sizeof(secinfo));
	while (add.length) {
		ret = gramine_ioctl(SGX_IOC_ENCLAVE_ADD_PAGES, &add);
		if (ret == -EINTR)
			continue;
		if (ret)
			return ret;
		add.src += add.count;
		add.offset += add.count;
		add.length -= add.count;
	}
	return 0;
}

static const char *misaligned_secinfo(void)
{
	for (unsigned i = 0; i < gramine.image.nr_segments; i++) {
		const struct enclave_segment *s = &gramine.image.segments[i];

		CHECK_EQ(add_pages(s->offset + LOWEST,
				   gramine.image.memory + s->offset, s->length,
				   s->flags, true),
			 0);
	}
	return NULL;
}

static const char *zeros_in_one_call(void)
{
	long source = gramine_mmap(0, ZEROS_LENGTH, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1);

	CHECK(source > 0);
	CHECK_EQ(add_pages(ZEROS, (void *)source, ZEROS_LENGTH,
			   SECINFO_REG | SECINFO_R | SECINFO_W, false),
		 0);
	CHECK_EQ(gramine_sys(SYS_munmap, source, ZEROS_LENGTH, 0), 0);
	return NULL;
}

static const char *init(void)
{
	struct sgx_enclave_init argument = {
		.sigstruct = (uint64_t)(uintptr_t)&gramine.sig,
	};

	CHECK_EQ(gramine_ioctl(SGX_IOC_ENCLAVE_INIT, &argument), 0);
	return NULL;
}

static const char *map_exactly(void)
{
	for (unsigned i = 0; i < gramine.image.nr_segments; i++) {
		const struct enclave_segment *s = &gramine.image.segments[i];

		CHECK_EQ(gramine_mmap(s->offset + LOWEST, s->length, s->prot,
				      MAP_SHARED | MAP_FIXED, gramine.device),
			 s->offset + LOWEST);
	}
	CHECK_EQ(gramine_mmap(ZEROS, ZEROS_LENGTH, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_FIXED, gramine.device),
		 ZEROS);
	return NULL;
}

const struct fact gramine_build_facts[] = {
	{ "the enclave's range from 0x10000 is mapped before CREATE",
	  reserve_at_zero },
	{ "CREATE at base 0, with SECS not aligned", misaligned_secs },
	{ "ADD_PAGES with SECINFO not aligned", misaligned_secinfo },
	{ "254 MB of zeros are added by one call", zeros_in_one_call },
	{ "INIT", init },
	{ "mmap over the reservation, with the exact permissions",
	  map_exactly },
	{ 0 }
};
