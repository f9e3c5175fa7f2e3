/* SPDX-License-Identifier: BSD-3-Clause */
/* package_init() and what CPUID makes of it. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

static struct cpuid_regs cpuid(struct machine *m, uint32_t leaf,
			       uint32_t subleaf, uint32_t host)
{
	struct cpuid_regs regs = { host, host, host, host };

	cpuid_amend(&m->package, leaf, subleaf, &regs);
	return regs;
}

static void check(struct cpuid_regs regs, uint32_t eax, uint32_t ebx,
		  uint32_t ecx, uint32_t edx)
{
	assert_int_equal(regs.eax, eax);
	assert_int_equal(regs.ebx, ebx);
	assert_int_equal(regs.ecx, ecx);
	assert_int_equal(regs.edx, edx);
}

static void leaf_0(void **state)
{
	struct machine *m = *state;

	check(cpuid(m, 0, 0, 0x10), 0x12, 0x10, 0x10, 0x10);
	check(cpuid(m, 0, 0, 0x20), 0x20, 0x20, 0x20, 0x20);
}

static void leaf_7(void **state)
{
	struct machine *m = *state;

	check(cpuid(m, 7, 0, 0), 0, 1u << 2, 1u << 30, 0);
	check(cpuid(m, 7, 0, ~0u), ~0u, ~0u, ~0u, ~(1u << 1));
	check(cpuid(m, 7, 1, 0), 0, 0, 0, 0);
}

static void other_leaves(void **state)
{
	struct machine *m = *state;

	check(cpuid(m, 1, 0, 5), 5, 5, 5, 5);
	check(cpuid(m, 0xd, 0, 5), 5, 5, 5, 5);
	check(cpuid(m, 0x80000000, 0, 5), 5, 5, 5, 5);
}

static void leaf_12(void **state)
{
	struct machine *m = *state;

	m->package.epc_bytes = 0x123456000ull;
	check(cpuid(m, 0x12, 0, ~0u), 3 | 1u << 11, 1, 0, 43 << 8 | 31);
	check(cpuid(m, 0x12, 1, ~0u), 0x4b6, 0, 0x602e7, 0);
	check(cpuid(m, 0x12, 2, ~0u), 1, 8, 0x23456001, 1);
	check(cpuid(m, 0x12, 3, ~0u), 0, 0, 0, 0);
	check(cpuid(m, 0x12, 100, ~0u), 0, 0, 0, 0);
}

static void choices(void **state)
{
	struct machine *m = *state;
	struct package_config config;

	default_config(&config);
	config.aexnotify = false;
	config.sgx2 = false;
	package_init(&m->package, &config, test_entropy);
	check(cpuid(m, 0x12, 0, 0), 1, 1, 0, 43 << 8 | 31);
	check(cpuid(m, 0x12, 1, 0), 0xb6, 0, 0x602e7, 0);
}

/* Components that the host does not have, or that fit no frame, are left. */
static void xfeatures(void **state)
{
	struct machine *m = *state;
	struct package_config config;

	default_config(&config);
	config.xfrm &= ~(1ull << 9);
	config.xfeature[5].size = 0;
	config.xfeature[18].offset = 4 * 4096 - 8191;
	package_init(&m->package, &config, test_entropy);
	assert_int_equal(m->package.xfrm, 0x200c7);
	assert_int_equal(m->package.xfeature[9].size, 0);
	config.xfeature[18].offset--;
	package_init(&m->package, &config, test_entropy);
	assert_int_equal(m->package.xfrm, 0x600c7);
	config.xfeature[2].offset = 575;
	package_init(&m->package, &config, test_entropy);
	assert_int_equal(m->package.xfrm, 0x600c3);
}

/* The identity stays over a restart, the registers of a boot do not. */
static void restart(void **state)
{
	struct machine *m = *state;
	struct package_config config;
	struct package again;

	default_config(&config);
	package_init(&again, &config, test_entropy);
	assert_memory_equal(again.root_seal_key, m->package.root_seal_key, 32);
	assert_memory_equal(again.owner_epoch, m->package.owner_epoch, 16);
	assert_memory_not_equal(again.cr_report_keyid,
				m->package.cr_report_keyid, 32);
	assert_memory_not_equal(again.cr_base_pk, m->package.cr_base_pk, 16);
}

#define T(f) cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("CPUID", "SDM \"Enumerating Intel SGX Capabilities\""),
	ROW("leaf 0", "reaches 12H", T(leaf_0)),
	ROW("leaf 7", "SGX, SGX_LC; no SGX-KEYS", T(leaf_7)),
	ROW("leaf 12H", "SGX1, SGX2, EDECCSSA, MISCSELECT, sizes, "
	    "ATTRIBUTES, XFRM, EPC", T(leaf_12), T(choices), T(xfeatures)),
	ROW("other leaves", "the host's", T(other_leaves)),
	TESTS(T(restart)),
};

CONFORM_MAIN(rows, NULL)
