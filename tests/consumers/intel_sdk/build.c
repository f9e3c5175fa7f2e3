/* SPDX-License-Identifier: BSD-3-Clause */
/* How the uRTS builds: page by page, and what its loader may ask for. */
#define _GNU_SOURCE
#include "tests/consumers/intel_sdk/intel_sdk.h"

#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tests/process/fixture/check.h"

const struct plan sdk_plan = {
	.options = { .miscselect = MISCSELECT_EXINFO, .debug = true },
};

/* One ADD_PAGES a page, whose count is asked for once and believed. */
static void add_one_by_one(struct enclave *e, const struct enclave_segment *s,
			   const uint8_t *memory)
{
	struct secinfo secinfo = { .flags = s->flags };

	for (uint64_t at = s->offset; at < s->offset + s->length; at += 4096) {
		struct sgx_enclave_add_pages add = {
			.src = (uint64_t)(uintptr_t)(memory + at),
			.offset = at,
			.length = 4096,
			.secinfo = (uint64_t)(uintptr_t)&secinfo,
			.flags = SGX_PAGE_MEASURE,
		};

		if (ioctl(e->fd, SGX_IOC_ENCLAVE_ADD_PAGES, &add) ||
		    add.count != 4096)
			CHECK(!"one page was added");
	}
}

static const char *build_page_by_page(void)
{
	struct enclave_image image;
	struct enclave e = ENCLAVE_NONE;
	struct sigstruct sig;
	struct secs secs;
	struct ask ask = { .op = ASK_THREAD };

	plan_prepare(&sdk_plan, &image, &sig);
	CHECK_EQ(enclave_open(&e), 0);
	CHECK_EQ(enclave_reserve(&e, image.size), 0); /* twice, trimmed */
	CHECK_EQ(e.base % e.size, 0);
	enclave_secs_fill(&secs, &e, &image, &sig);
	CHECK_EQ(enclave_create(&e, &secs), 0);
	for (unsigned i = 0; i < image.nr_segments; i++)
		add_one_by_one(&e, &image.segments[i], image.memory);
	/* No token, no AESM, no PROVISION. */
	CHECK_EQ(enclave_init(&e, &sig), 0);
	/* MAP_SHARED | MAP_FIXED, offset 0, for each run of permissions. */
	CHECK_EQ(enclave_map(&e, &image), 0);
	CHECK(ask_vdso(&e, 1, &ask));
	CHECK_EQ(ask.value, 1);
	enclave_destroy(&e);
	enclave_image_free(&image);
	return NULL;
}

#define HEAP_OFFSET (64ul << 20)
#define HEAP_LENGTH (32ul << 20)

static const char *whole_length(void)
{
	struct plan large = sdk_plan;
	struct enclave_image image;
	struct enclave e = ENCLAVE_NONE;
	struct secinfo rw = { .flags = SECINFO_REG | SECINFO_R | SECINFO_W };
	struct sgx_enclave_add_pages add = {
		.offset = HEAP_OFFSET,
		.length = HEAP_LENGTH,
		.secinfo = (uint64_t)(uintptr_t)&rw,
	};
	struct sigstruct sig;
	struct secs secs;

	large.size = 128ul << 20;
	plan_prepare(&large, &image, &sig);
	CHECK_EQ(enclave_open(&e), 0);
	CHECK_EQ(enclave_reserve(&e, image.size), 0);
	enclave_secs_fill(&secs, &e, &image, &sig);
	CHECK_EQ(enclave_create(&e, &secs), 0);
	add.src = (uint64_t)(uintptr_t)mmap(NULL, HEAP_LENGTH, PROT_READ,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_EQ(ioctl(e.fd, SGX_IOC_ENCLAVE_ADD_PAGES, &add), 0);
	CHECK_EQ(add.count, HEAP_LENGTH);
	munmap((void *)(uintptr_t)add.src, HEAP_LENGTH);
	enclave_destroy(&e);
	enclave_image_free(&image);
	return NULL;
}

static const char *largest_xfrm(void)
{
	const uint64_t fits = XFRM_LEGACY | XFRM_AVX | 7ull << 5 | 1ull << 9;
	struct plan all = sdk_plan;
	struct enclave e;
	struct ask ask = { .op = ASK_XSTATE };

	all.options.xfrm = sdk_xfrm() & fits;
	CHECK(sdk_xsave_size(all.options.xfrm) <= 4096 - 184 - 16);
	plan_build(&all, &e);
	CHECK(ask_vdso(&e, 0, &ask));
	CHECK_EQ(ask.value, 1);
	enclave_destroy(&e);
	return all.options.xfrm >> 5 & 7 ? NULL : "the CPU has no AVX-512";
}

/* trts around an OCALL; XFRM is what the signer let it be. */
static const char *state_around_ocall(void)
{
	struct plan legacy = sdk_plan;
	struct ask ask = { .op = ASK_SAVE, .count = 576 };
	struct enclave e;

	if (facts_xcr0())
		return facts_xcr0();
	legacy.options.xfrm = XFRM_LEGACY;
	plan_build(&legacy, &e);
	CHECK(ask_vdso(&e, 0, &ask));
	CHECK_EQ(ask.value, 0);
	CHECK_EQ(ask.addr, XFRM_LEGACY | 1ull << 63);
	enclave_destroy(&e);
	return NULL;
}

const struct fact sdk_build_facts[] = {
	{ "ELRANGE is trimmed, pages are added one a call, mapped by runs",
	  build_page_by_page },
	{ "one ADD_PAGES adds its whole length", whole_length },
	{ "XFRM may be all that the CPU has", largest_xfrm },
	{ "XSAVEC and XRSTOR, all ones, stay in a buffer for XFRM",
	  state_around_ocall },
	{ 0 }
};
