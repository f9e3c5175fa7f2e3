/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One refusal of each kind, without a word: what `swsgx run --verbose` says of
 * them is for tests/cli/refusals.bats to look at.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define AGAIN 100 /* times the same */

static struct parts parts;

static void create(void)
{
	struct enclave e;
	struct secs secs;

	parts_begin(&parts, &e, &secs);
	secs.xfrm |= 1ull << 62;
	CHECK_FAILS(enclave_create(&e, &secs), EIO);
	secs.xfrm &= ~(1ull << 62);
	secs.miscselect = 0x100;
	CHECK_FAILS(enclave_create(&e, &secs), EIO);
	for (int i = 0; i < AGAIN; i++)
		CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_CREATE, 0), EFAULT);
	enclave_destroy(&e);
}

static void add_and_init(void)
{
	struct parts other = parts;
	struct enclave e;

	parts_create(&parts, &e);
	parts_add_all(&parts, &e);
	CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_ADD_PAGES, 0), EFAULT);
	other.sig.mrenclave[0] ^= 1;
	parts_sign(&other);
	CHECK_FAILS(enclave_init(&e, &other.sig), EPERM);
	enclave_destroy(&e);
}

static void restrict_and_protect(const struct enclave *e)
{
	struct sgx_enclave_restrict_permissions r = {
		.offset = 0,
		.length = 4096,
		.permissions = 1,
	};

	/* The first page is a TCS. */
	CHECK_FAILS(ioctl(e->fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &r),
		    EINVAL);
	CHECK_FAILS(mprotect((void *)(uintptr_t)e->tcs[0], 4096,
			     PROT_READ | PROT_EXEC),
		    EACCES);
}

static void inside(const struct enclave *e)
{
	struct request write = { .op = OP_TCS_WRITE };
	struct request ud2 = { .op = OP_UD2 };
	/* A PT_REG, rw-, PENDING: there is a TCS. */
	struct request accept = { .op = OP_EACCEPT, .flags = 0x20b };

	CHECK_EQ(victim_enter(e, 0, &write).vector, 14);
	CHECK_EQ(victim_enter(e, 1, &ud2).vector, 6);
	accept.addr = e->tcs[2];
	CHECK_EQ(victim_enter(e, 3, &accept).vector, 0);
	CHECK_EQ(accept.value, 19); /* SGX_PAGE_ATTRIBUTES_MISMATCH */
}

int main(void)
{
	struct enclave e = ENCLAVE_NONE;

	check_timeout(45);
	parts_prepare(&parts, NULL, NULL);
	create();
	add_and_init();
	victim_build(&e);
	restrict_and_protect(&e);
	inside(&e);
	enclave_destroy(&e);
	return check_result();
}
