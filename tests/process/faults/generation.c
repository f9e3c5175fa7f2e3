/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program sees of the processor's generation: the argument, sgx1 or
 * sgx2.  Its page faults are in fault_table.c.
 * SDM "Enumerating Intel SGX Capabilities", "Illegal Instructions"; Linux 6.1
 * sgx/ioctl.c sgx_ioc_sgx2_ready().
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define SGX_PAGE_ATTRIBUTES_MISMATCH 19

#define PROVES(source, check, gives) \
	CHECK_ROW("SGX1 and SGX2, in a run", source, check, gives)
#define SDM "SDM \"Enumerating Intel SGX Capabilities\""

static bool sgx2;
static struct enclave enclave = ENCLAVE_NONE;
static unsigned next_tcs;

static void enumeration(void)
{
	unsigned eax, ebx, ecx, edx;

	PROVES(SDM, "CPUID leaf 12H",
	       "SGX1 or SGX2; EDECCSSA, AEXNOTIFY with SGX2");
	check_section("CPUID");
	__cpuid_count(0x12, 0, eax, ebx, ecx, edx);
	CHECK_EQ(eax & 3, sgx2 ? 3 : 1);
	CHECK_EQ(eax >> 11 & 1, sgx2); /* EDECCSSA */
	__cpuid_count(0x12, 1, eax, ebx, ecx, edx);
	CHECK_EQ(eax >> 10 & 1, sgx2); /* AEXNOTIFY */
}

/* ENODEV comes before everything else that is wrong. */
static void ioctls(void)
{
	struct sgx_enclave_restrict_permissions nothing = { 0 };
	struct sgx_enclave_modify_types types = { 0 };
	struct sgx_enclave_remove_pages remove = { 0 };
	struct enclave e = ENCLAVE_NONE;
	int error = sgx2 ? EINVAL : ENODEV;

	PROVES("sgx/ioctl.c sgx_ioc_sgx2_ready()", "the SGX2 ioctls",
	       "SGX1: ENODEV, before all else; SGX2: EINVAL of nothing");
	check_section("SGX2 ioctls");
	CHECK_EQ(enclave_open(&e), 0);
	CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &nothing),
		    error);
	CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_MODIFY_TYPES, &types), error);
	CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &remove), error);
	CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_MODIFY_TYPES, NULL), error);
	enclave_destroy(&e);
}

static void aex_notify(void)
{
	struct enclave_options options = {
		.attributes = ATTRIBUTE_AEXNOTIFY,
	};
	struct enclave e;
	struct parts parts;
	struct secs secs;

	PROVES("SDM \"ECREATE\", Operation", "CREATE with AEXNOTIFY",
	       "SGX1: EIO");
	check_section("ECREATE with AEX-Notify");
	parts_prepare(&parts, &options, NULL);
	parts_begin(&parts, &e, &secs);
	if (sgx2)
		CHECK_EQ(enclave_create(&e, &secs), 0);
	else
		CHECK_FAILS(enclave_create(&e, &secs), EIO);
	enclave_destroy(&e);
}

/* An exception leaves its TCS interrupted: each time another one. */
static struct request inside(enum enclave_op op, uint32_t flags, uint64_t addr,
			     uint16_t vector)
{
	struct request r = { .op = op, .flags = flags, .addr = addr };
	struct enclave_exit exit = victim_enter(&enclave, next_tcs++, &r);

	CHECK_EQ(exit.function, vector ? ENCLU_ERESUME : ENCLU_EEXIT);
	if (vector)
		CHECK_EQ(exit.vector, vector);
	CHECK_EQ(exit.error_code, 0);
	CHECK_EQ(exit.addr, 0);
	return r;
}

static void leaves(void)
{
	struct request where = inside(OP_ADDRESSES, 0, 0, 0), r;
	uint64_t page = where.addr & ~(ENCLAVE_PAGE - 1);

	PROVES("SDM \"ENCLU\", Operation", "EACCEPT, EMODPE inside",
	       "SGX1: #GP");
	check_section("EACCEPT");
	r = inside(OP_EACCEPT, SECINFO_REG | SECINFO_R | SECINFO_PENDING, page,
		   sgx2 ? 0 : 13);
	CHECK_EQ(r.value, sgx2 ? SGX_PAGE_ATTRIBUTES_MISMATCH : 0);
	check_section("EMODPE");
	inside(OP_EMODPE, SECINFO_R | SECINFO_W, page, sgx2 ? 0 : 13);
}

/* Forbidden in the enclave only, and not for good. */
static void time_stamp(void)
{
	int mode = 0;

	PROVES("SDM \"Illegal Instructions\"", "RDTSC inside",
	       "SGX1: #UD; SGX2: it runs");
	check_section("RDTSC");
	inside(OP_RDTSC, 0, 0, sgx2 ? 0 : 6);
	CHECK(__builtin_ia32_rdtsc() != 0);
	CHECK_EQ(prctl(PR_GET_TSC, &mode), 0);
	CHECK_EQ(mode, PR_TSC_ENABLE);
}

int main(int argc, char **argv)
{
	check_timeout(40);
	if (argc != 2)
		check_skip("needs the generation: sgx1 or sgx2");
	sgx2 = !strcmp(argv[1], "sgx2");
	if (!enclave_vdso())
		check_skip("no __vdso_sgx_enter_enclave");
	enumeration();
	ioctls();
	aex_notify();
	victim_build(&enclave);
	leaves();
	time_stamp();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
