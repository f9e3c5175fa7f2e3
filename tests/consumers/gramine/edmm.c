/* SPDX-License-Identifier: BSD-3-Clause */
/* How Gramine adds, changes and removes pages of a running enclave. */
#define _GNU_SOURCE
#include "tests/consumers/gramine/gramine.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "tests/process/fixture/check.h"

#define EDMM       (32ul << 20) /* offset of what is added later */
#define PENDING_RW (SECINFO_REG | SECINFO_R | SECINFO_W | SECINFO_PENDING)
#define EDMM_PAGES 3000ul

static const char *accept_what_is_not_there(void)
{
	struct ask ask = { .op = ASK_ACCEPT,
			   .addr = EDMM,
			   .count = EDMM_PAGES,
			   .value = PENDING_RW };
	struct ask last_byte = { .op = ASK_WRITE,
				 .value = 7,
				 .addr = EDMM + EDMM_PAGES * 4096 - 1 };

	CHECK_EQ(gramine_mmap(EDMM, (EDMM_PAGES + 8) * 4096, RWX,
			      MAP_SHARED | MAP_FIXED, gramine.device),
		 EDMM);
	CHECK(gramine_call(&ask));
	CHECK_EQ(ask.value, 0);
	CHECK(gramine_call(&last_byte));
	last_byte.op = ASK_READ;
	CHECK(gramine_call(&last_byte));
	CHECK_EQ(last_byte.value, 7);
	return NULL;
}

static const char *not_accepted(void)
{
	struct ask ask = { .op = ASK_FAULT,
			   .fault = FAULT_PAGE,
			   .addr = EDMM + EDMM_PAGES * 4096 };

	gramine_handle_all();
	gramine_raise_op = ASK_SKIP;
	CHECK(gramine_call(&ask));
	CHECK_EQ(gramine_last.sig, SIGSEGV);
	CHECK_EQ(gramine_inside.frame.exitinfo, 0x8000030eu);
	CHECK_EQ(gramine_inside.exinfo.maddr & ~0xfffull, ask.addr);
	CHECK(gramine_inside.exinfo.errcd & ERROR_CODE_SGX);
	ask = (struct ask){ .op = ASK_ACCEPT,
			    .addr = ask.addr,
			    .count = 1,
			    .value = PENDING_RW };
	CHECK(gramine_call(&ask));
	CHECK_EQ(ask.value, 0);
	return NULL;
}

static const char *change_permissions(void)
{
	struct sgx_enclave_restrict_permissions restriction = {
		.offset = EDMM,
		.length = 16 * 4096,
		.permissions = SECINFO_R,
	};
	struct ask code = { .op = ASK_WRITE,
			    .addr = EDMM + 20 * 4096,
			    .value = 0xc3 };
	struct ask ask = { .op = ASK_EXTEND,
			   .addr = EDMM + 20 * 4096,
			   .value = SECINFO_REG | SECINFO_R | SECINFO_W |
				    SECINFO_X };

	CHECK(gramine_call(&code));
	CHECK(gramine_call(&ask));
	code = (struct ask){ .op = ASK_CALL, .addr = EDMM + 20 * 4096 };
	CHECK(gramine_call(&code));
	CHECK_EQ(gramine_ioctl(SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,
			       &restriction),
		 0);
	CHECK_EQ(restriction.count, 16 * 4096);
	ask = (struct ask){ .op = ASK_ACCEPT,
			    .addr = EDMM,
			    .count = 16,
			    .value = SECINFO_REG | SECINFO_R | SECINFO_PR };
	CHECK(gramine_call(&ask));
	CHECK_EQ(ask.value, 0);
	return NULL;
}

static const char *trim_and_remove(void)
{
	struct sgx_enclave_modify_types trim = {
		.offset = EDMM + 100 * 4096,
		.length = 2000 * 4096,
		.page_type = 4,
	};
	struct sgx_enclave_remove_pages removal = {
		.offset = trim.offset,
		.length = trim.length,
	};
	struct ask ask = { .op = ASK_ACCEPT,
			   .addr = trim.offset,
			   .count = 2000,
			   .value = SECINFO_TRIM | SECINFO_MODIFIED };

	CHECK_EQ(gramine_ioctl(SGX_IOC_ENCLAVE_MODIFY_TYPES, &trim), 0);
	CHECK_EQ(trim.count, trim.length);
	CHECK(gramine_call(&ask));
	CHECK_EQ(ask.value, 0);
	CHECK_EQ(gramine_ioctl(SGX_IOC_ENCLAVE_REMOVE_PAGES, &removal), 0);
	CHECK_EQ(removal.count, removal.length);
	/* And again: pages come back as zeros. */
	ask.value = PENDING_RW;
	CHECK(gramine_call(&ask));
	CHECK_EQ(ask.value, 0);
	return NULL;
}

/* A TCS is written as data, then turned: copy that of thread 1. */
static const char *new_tcs(void)
{
	const struct tcs *from = (const void *)(gramine.image.memory + 4096);
	struct sgx_enclave_modify_types modify = {
		.offset = EDMM + 50 * 4096,
		.length = 4096,
		.page_type = 1,
	};
	struct ask ask;
	uint64_t old = gramine.tcb.tcs;

	for (unsigned i = 0; i < 88; i++) {
		ask = (struct ask){ .op = ASK_WRITE,
				    .addr = modify.offset + i };
		ask.value = ((const uint8_t *)from)[i];
		if (!gramine_call(&ask))
			CHECK(!"wrote the TCS");
	}
	CHECK_EQ(gramine_ioctl(SGX_IOC_ENCLAVE_MODIFY_TYPES, &modify), 0);
	/* A TCS may not be mapped executable. */
	CHECK_EQ(gramine_sys(SYS_mprotect, (long)modify.offset, 4096,
			     PROT_READ | PROT_WRITE),
		 0);
	ask = (struct ask){ .op = ASK_ACCEPT,
			    .addr = modify.offset,
			    .count = 1,
			    .value = SECINFO_TCS | SECINFO_MODIFIED };
	CHECK(gramine_call(&ask));
	CHECK_EQ(ask.value, 0);
	gramine.tcb.tcs = modify.offset;
	ask = (struct ask){ .op = ASK_NOTHING };
	CHECK(gramine_call(&ask));
	gramine.tcb.tcs = old;
	return NULL;
}

const struct fact gramine_edmm_facts[] = {
	{ "EACCEPT of pages that are not there adds them, by the thousand",
	  accept_what_is_not_there },
	{ "a page that is not accepted faults, with EXINFO", not_accepted },
	{ "EMODPE, and RESTRICT_PERMISSIONS", change_permissions },
	{ "MODIFY_TYPES to TRIM, EACCEPT, REMOVE_PAGES; and again",
	  trim_and_remove },
	{ "MODIFY_TYPES to TCS, and in by it", new_tcs },
	{ 0 }
};
