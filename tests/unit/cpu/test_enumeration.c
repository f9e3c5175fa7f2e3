/* SPDX-License-Identifier: BSD-3-Clause */
/* package_init() and what CPUID makes of it. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

#include "cpu/xsave.h"

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
	/* no MPX in XCR0 */
	check(cpuid(m, 7, 0, ~0u), ~0u, ~0x4000u, ~0u, ~(1u << 1));
	check(cpuid(m, 7, 1, 0), 0, 0, 0, 0);
}

static void other_leaves(void **state)
{
	struct machine *m = *state;

	check(cpuid(m, 1, 0, 5), 5, 5, 5, 5);
	check(cpuid(m, 0x80000000, 0, 5), 5, 5, 5, 5);
}

/* Is a feature there exactly if XFRM can have its state? */
static void features(void **state)
{
	static const struct {
		uint64_t xcr0;
		uint32_t ecx_1, ebx_7, ecx_7, edx_7, eax_7_1, edx_7_1, eax_1d;
	} rows[] = {
		{ 0x602e7, ~0u, ~0x4000u, ~0u, ~2u, ~0u, ~0u, ~0u },
		/* AMX, without protection keys */
		{ 0x600e7, ~0u, ~0x4000u, ~0x18u, ~2u, ~0u, ~0u, ~0u },
		{ 0x200e7, ~0u, ~0x4000u, ~0x18u, ~0x3400002u, ~0x200000u,
		  ~0x100u, 0 },
		{ 0x7, ~0u, ~0xdc234000u, ~0x585au, ~0x3c0010eu, ~0x200020u,
		  ~0x100u, 0 },
		{ 0x3, ~0x30001000u, ~0xdc234020u, ~0x5e5au, ~0x3c0010eu,
		  ~0xa00030u, ~0x530u, 0 },
	};
	struct machine *m = *state;
	struct package_config config;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		default_config(&config);
		config.xcr0 = rows[i].xcr0;
		package_init(&m->package, &config, test_entropy);
		check(cpuid(m, 1, 0, ~0u), ~0u, ~0u, rows[i].ecx_1, ~0u);
		check(cpuid(m, 7, 0, ~0u), ~0u, rows[i].ebx_7, rows[i].ecx_7,
		      rows[i].edx_7);
		check(cpuid(m, 7, 1, ~0u), rows[i].eax_7_1, ~0u, ~0u,
		      rows[i].edx_7_1);
		assert_int_equal(cpuid(m, 0x1d, 0, ~0u).eax, rows[i].eax_1d);
		assert_int_equal(cpuid(m, 0x1e, 0, ~0u).ebx, rows[i].eax_1d);
	}
}

/* What leaf 0DH lists is what 12H.1 offers, and what XFRM may be. */
static void leaf_d(void **state)
{
	static const struct {
		uint64_t xcr0;
		uint32_t mask, size;
	} rows[] = {
		{ 0x600e7, 0x600e7, 11008 },
		{ 0x602e7, 0x602e7, 11008 },
		{ 0x2e7, 0x2e7, 2696 },
		{ 0xe7, 0xe7, 2688 },
		{ 7, 7, 832 },
		{ 3, 3, 576 },
	};
	struct machine *m = *state;
	struct package_config config;
	struct cpuid_regs regs;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		default_config(&config);
		config.xcr0 = rows[i].xcr0;
		package_init(&m->package, &config, test_entropy);
		assert_int_equal(m->package.xcr0, rows[i].xcr0);
		check(cpuid(m, 0xd, 0, ~0u), rows[i].mask, ~0u, rows[i].size,
		      0);
		assert_int_equal(cpuid(m, 0x12, 1, 0).ecx, rows[i].mask);
		assert_true(xfrm_legal(&m->package, rows[i].mask));
		for (uint32_t n = 2; n < 32; n++)
			assert_int_equal(!cpuid(m, 0xd, n, 8).eax,
					 !(rows[i].mask >> n & 1));
		check(cpuid(m, 0xd, 1, 0xf), 0xf, 0xf, 0xf, 0xf);
		/* a component of IA32_XSS */
		check(cpuid(m, 0xd, 11, 0x11), 0x11, 0x11, 0x11, 0x11);
	}
	/* nothing taken away: the host's size is right */
	regs = (struct cpuid_regs){ .eax = 3, .ecx = 1000 };
	cpuid_amend(&m->package, 0xd, 0, &regs);
	check(regs, 3, 0, 1000, 0);
}

static void leaf_12(void **state)
{
	struct machine *m = *state;

	m->package.epc_bytes = 0x123456000ull;
	check(cpuid(m, 0x12, 0, ~0u), 3 | 1u << 11, 1, 0, 56 << 8 | 31);
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
	check(cpuid(m, 0x12, 0, 0), 1, 1, 0, 56 << 8 | 31);
	check(cpuid(m, 0x12, 1, 0), 0xb6, 0, 0x602e7, 0);
}

/* Components that the host does not have, or that fit no frame, are left. */
static void xfeatures(void **state)
{
	struct machine *m = *state;
	struct package_config config;

	default_config(&config);
	config.xcr0 &= ~(1ull << 9);
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
	ROW("leaves 1, 7, 1DH, 1EH", "no feature whose state XFRM cannot have",
	    T(features)),
	ROW("leaf 0DH", "the components that XFRM may have", T(leaf_d)),
	ROW("leaf 12H",
	    "SGX1, SGX2, EDECCSSA, MISCSELECT, sizes, "
	    "ATTRIBUTES, XFRM, EPC",
	    T(leaf_12), T(choices), T(xfeatures)),
	ROW("other leaves", "the host's", T(other_leaves)),
	TESTS(T(restart)),
};

CONFORM_MAIN(rows, NULL)
