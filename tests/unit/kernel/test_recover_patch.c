/* SPDX-License-Identifier: BSD-3-Clause */
/* Killed while code is patched.  See killed.h. */
#include "code.h"
#include "cpu/mem.h"
#include "cpu/patch.h"
#include "kernel/sgx/encl.h"
#include "killed.h"
#include "tests/conform/conform.h"

static void code(void)
{
	m.encl->patch = 1;
	killed_make_code(epc_at(PAGE(KILLED_CODE)));
	killed_go_inside();
}

static bool execute_at(uint64_t addr)
{
	struct ksignal signal;

	return machine_page_fault(PF_USER | PF_INSTR, addr, &signal) ==
	       FAULT_RETRY;
}

static unsigned patched(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CODE_SITES; i++)
		n += epc_at(PAGE(KILLED_CODE))[code_site(i)] == 0xcc;
	return n;
}

static bool patch(void)
{
	return execute_at(PAGE(KILLED_CODE)) && patched() == CODE_SITES;
}

static void check_code(void)
{
	uint8_t made[SGX_PAGE_SIZE], now[SGX_PAGE_SIZE];
	const uint8_t *page = epc_at(PAGE(KILLED_CODE));

	killed_make_code(made);
	memcpy(now, page, sizeof(now));
	patch_original(&m.mm.cpu, sgx_encl_pa(m.encl, PAGE(KILLED_CODE)), now,
		       sizeof(now));
	CHECK(!memcmp(now, made, sizeof(now)));
}

/* It is executable only if all sites are patched; eviction restores it. */
static void code_runs(void)
{
	check_code();
	m.lp.cr_enclave_mode = true;
	while (!(sgx_page_prot(&m.mm, PAGE(KILLED_CODE)) & PROT_EXEC))
		CHECK(execute_at(PAGE(KILLED_CODE)));
	m.lp.cr_enclave_mode = false;
	CHECK(patched() == CODE_SITES);
	check_code();
	killed_goes_on();
}

static void code_leaves(void)
{
	check_code();
	CHECK(sgx_evict(&m.mm, m.encl, PAGE(KILLED_CODE),
			PAGE(KILLED_CODE + 1)) == 1);
	killed_check_content(KILLED_CODE);
	CHECK(!patched());
	check_code();
	killed_goes_on();
}

OP(patching, code, patch, code_runs)
OP(patching_and_ewb, code, patch, code_leaves)

#define T(f) cmocka_unit_test(f)

static const struct conform rows[] = {
	SUBJECT("a process is killed that patches", "kernel/exit.c do_exit()"),
	DEVIATES("DC33", "while code is patched", "it is finished, or undone",
		 T(patching), T(patching_and_ewb)),
};

CONFORM_MAIN(rows, NULL)
