/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An enclave whose XFRM is less than XCR0.  Its code is patched before it is
 * executed.  Every other use of such a page finds the original bytes.
 */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "code.h"
#include "cpu/patch.h"
#include "kernel/sgx/encl.h"
#include "tests/conform/conform.h"

#define CODE      PAGE(4) /* R and X */
#define SITE(i)   (CODE + code_site(i))
#define NOP       0x90
#define INT3      0xcc
#define MAX_STEPS 20000u
/* The time grows with the square of the steps, and a sanitizer's are many. */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 97u
#else
#define STRIDE 7u
#endif

static unsigned reported; /* sites, to the runtime */

static void patched(uint64_t addr, unsigned sites, unsigned jumps,
		    unsigned unsure)
{
	assert_int_equal(unsure, 0);
	assert_int_equal(jumps, 0);
	assert_int_equal(addr % SGX_PAGE_SIZE, 0);
	reported += sites;
}

static int setup(void **state)
{
	machine_setup_sgx2_inside(state);
	m.host.patched = patched;
	reported = 0;
	code_put(CODE);
	return 0;
}

static void execute(uint64_t addr)
{
	assert_null(access_signal(addr, PF_INSTR));
}

static enum patch_found find(struct sgx_mm *mm, uint64_t addr)
{
	struct patch_site site;

	return sgx_patch_find(mm, addr, &site);
}

/* As if the patching process had died after so many sites. */
static void half_patched(unsigned sites)
{
	uint64_t pa = sgx_encl_pa(m.encl, CODE);
	struct patch_look look = { .none_before = false };

	assert_int_equal(patch_apply(&m.mm.cpu, pa, &look), PATCH_OK);
	assert_int_equal(look.sites, CODE_SITES);
	epcm_at(CODE)->patch = PATCH_RECORDED;
	code_make(epc_at(CODE));
	for (unsigned i = 0; i < sites; i++)
		epc_at(SITE(i))[0] = INT3;
}

static void is_wanted(void **state)
{
	machine_setup(state);
	assert_int_equal(create(), 0);
	assert_false(m.encl->patch);
	machine_teardown(state);
	machine_setup(state);
	m.shared->package.xcr0 = 7;
	m.shared->package.patch = true;
	assert_int_equal(create(), 0);
	assert_true(m.encl->patch);
}

static void first_execution(void **state)
{
	(void)state;
	assert_int_equal(read_byte(CODE), 0x48);
	assert_int_equal(real_page(CODE)->prot, R);
	assert_int_equal(code_patched(CODE), 0);
	assert_int_equal(find(&m.mm, SITE(0)), PATCH_NOT_NOW);
	execute(CODE + 5);
	assert_int_equal(real_page(CODE)->prot, RX);
	assert_int_equal(code_patched(CODE), CODE_SITES);
	assert_int_equal(reported, CODE_SITES);
	for (unsigned i = 0; i < CODE_SITES; i++)
		assert_int_equal(find(&m.mm, SITE(i)), PATCH_SITE);
	assert_int_equal(find(&m.mm, CODE), PATCH_NO_SITE);
	assert_int_equal(find(&m.mm, USER_BASE), PATCH_NO_SITE);
}

/* PAGE(5) as code that begins with a site, so that it needs its neighbour. */
static void put_second(void)
{
	static const uint8_t xsavec[] = { 0x0f, 0xc7, 0x26 };

	code_put(PAGE(5));
	memset(epc_at(PAGE(5)), 0x90, 28);
	memcpy(epc_at(PAGE(5)) + 28, xsavec, sizeof(xsavec));
	memset(epc_at(PAGE(5)) + 28 + sizeof(xsavec), 0x90,
	       28 - sizeof(xsavec));
	epcm_at(PAGE(5))->flags &= ~(uint32_t)SGX_SECINFO_W;
	epcm_at(PAGE(5))->flags |= SGX_SECINFO_X;
	sgx_resync(&m.mm);
}

/* If a thread executes there, the page before comes into the EPC for that. */
static void needs_the_page_before(void **state)
{
	(void)state;
	put_second();
	exit_by_leaf(&m.lp);
	evict(CODE);
	enter_by_leaf(&m.lp, PAGE(0));
	assert_false(sgx_page_present(page_at(CODE)));
	execute(PAGE(5));
	assert_int_equal(epc_at(PAGE(5))[28], INT3);
	assert_true(sgx_page_present(page_at(CODE)));
}

/* If it may only do so soon, the page is left until then. */
static void nobody_executes_there_yet(void **state)
{
	(void)state;
	put_second();
	exit_by_leaf(&m.lp);
	evict(CODE);
	enter_by_leaf(&m.lp, PAGE(0));
	sgx_patch_range(&m.mm, m.encl, PAGE(5), PAGE(6));
	assert_false(sgx_page_present(page_at(CODE)));
	assert_int_equal(epc_at(PAGE(5))[28], 0x0f);
	assert_int_equal(epcm_at(PAGE(5))->patch, PATCH_UNSEEN);
}

static void not_wanted(void **state)
{
	(void)state;
	m.encl->patch = 0;
	execute(CODE);
	assert_int_equal(code_patched(CODE), 0);
	assert_int_equal(find(&m.mm, SITE(0)), PATCH_NO_SITE);
}

static void given_up(void **state)
{
	(void)state;
	execute(CODE);
	sgx_patch_give_up(&m.mm, SITE(1));
	assert_int_equal(code_patched(CODE), 0);
	execute(CODE);
	assert_int_equal(code_patched(CODE), 0);
	assert_int_equal(find(&m.mm, SITE(1)), PATCH_NO_SITE);
}

/* A page comes back with its original bytes, and is patched again. */
static void out_and_in(void)
{
	exit_by_leaf(&m.lp);
	evict(CODE);
	assert_int_equal(find(&m.mm, SITE(0)), PATCH_NOT_NOW);
	enter_by_leaf(&m.lp, PAGE(0));
	read_byte(CODE);
	assert_int_equal(code_patched(CODE), 0);
	assert_int_equal(real_page(CODE)->prot, R);
	execute(CODE);
	assert_int_equal(code_patched(CODE), CODE_SITES);
}

static void paged(void **state)
{
	(void)state;
	execute(CODE);
	out_and_in();
	out_and_in();
}

static void paged_half_patched(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= CODE_SITES; i++) {
		code_put(CODE);
		half_patched(i);
		out_and_in();
	}
}

static void emodpe(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= CODE_SITES; i++) {
		code_put(CODE);
		if (i)
			half_patched(i);
		else
			execute(CODE);
		extend_page(CODE, 0x203);
		assert_int_equal(code_patched(CODE), 0);
		execute(CODE);
		assert_int_equal(code_patched(CODE), 0);
		/* without W it is code again */
		check_answer(restrict_pages(0x4000, 4096, RX), 0, 0, 4096);
		assert_int_equal(accept_page(CODE, 0x225), 0);
		execute(CODE);
		assert_int_equal(code_patched(CODE), CODE_SITES);
	}
}

static void trimmed(void **state)
{
	static const uint8_t zeros[SGX_PAGE_SIZE];

	(void)state;
	execute(CODE);
	check_answer(modify_pages(0x4000, 4096, PT_TRIM), 0, 0, 4096);
	assert_int_equal(find(&m.mm, SITE(0)), PATCH_NOT_NOW);
	assert_int_equal(accept_page(CODE, 0x410), 0);
	check_answer(remove_pages(0x4000, 4096), 0, 0, 4096);
	assert_int_equal(map_fixed(CODE, 4096, RWX), CODE);
	assert_int_equal(accept_page(CODE, 0x20b), 0);
	assert_memory_equal(epc_at(CODE), zeros, sizeof(zeros));
	assert_int_equal(find(&m.mm, SITE(0)), PATCH_NO_SITE);
}

/* EACCEPT sees the bytes that the enclave wrote. */
static void made_a_tcs(void **state)
{
	(void)state;
	code_put(PAGE(5));
	check_answer(restrict_pages(0x5000, 4096, RX), 0, 0, 4096);
	assert_int_equal(accept_page(PAGE(5), 0x225), 0);
	execute(PAGE(5));
	assert_int_equal(code_patched(PAGE(5)), CODE_SITES);
	check_answer(modify_pages(0x5000, 4096, PT_TCS), 0, 0, 4096);
	assert_int_equal(code_patched(PAGE(5)), 0);
}

static void copied(void **state)
{
	struct sgx_secinfo info = { .flags = 0x205 };
	struct ksignal signal;

	(void)state;
	execute(CODE);
	write_byte(PAGE(3), 0);
	memcpy(epc_at(PAGE(3)), &info, sizeof(info));
	m.lp.r.rax = ENCLU_EACCEPTCOPY;
	m.lp.r.rbx = PAGE(3);
	m.lp.r.rcx = PAGE(9);
	m.lp.r.rdx = CODE;
	for (unsigned i = 0; execute_enclu(&m.lp); i++) {
		assert_in_range(i, 0, 100);
		assert_int_equal(machine_model_fault(&signal), FAULT_RETRY);
	}
	assert_int_equal(m.lp.r.rax, 0);
	assert_int_equal(code_patched(CODE), CODE_SITES);
	assert_int_equal(code_patched(PAGE(9)), 0);
	execute(PAGE(9));
	assert_int_equal(code_patched(PAGE(9)), CODE_SITES);
	assert_int_equal(find(&m.mm, PAGE(9) + code_site(2)), PATCH_SITE);
}

/* A debugger's word at a site, whatever has been written there so far. */
static void debugged_half_patched(void **state)
{
	uint64_t pa = sgx_encl_pa(m.encl, CODE) + (code_site(0) & ~7u), value;
	uint8_t word[8];

	(void)state;
	for (unsigned i = 0; i <= CODE_SITES; i++) {
		code_put(CODE);
		half_patched(i);
		memcpy(word, epc_ptr(&m.mm.cpu, pa), sizeof(word));
		patch_original(&m.mm.cpu, pa, word, sizeof(word));
		word[code_site(0) & 7] = NOP;
		memcpy(&value, word, sizeof(value));
		patch_write(&m.mm.cpu, pa, value);
		execute(CODE);
		assert_int_equal(epc_at(SITE(0))[0], NOP);
		assert_int_equal(epc_at(SITE(1))[0], INT3);
		assert_int_equal(find(&m.mm, SITE(0)), PATCH_NO_SITE);
		assert_int_equal(find(&m.mm, SITE(1)), PATCH_SITE);
	}
}

static void two_spaces(void **state)
{
	struct sgx_mm child = m.mm;

	(void)state;
	child.vmas = m.host.alloc_pages(65536);
	memcpy(child.vmas, m.mm.vmas, m.mm.nr_vmas * sizeof(*m.mm.vmas));
	sgx_dup_mm(&child);
	assert_int_equal(sgx_page_prot(&child, CODE), R);
	execute(CODE);
	assert_int_equal(sgx_page_prot(&child, CODE), RX);
	assert_int_equal(find(&child, SITE(1)), PATCH_SITE);
	sgx_patch(&child, CODE);
	assert_int_equal(reported, CODE_SITES);
	exit_by_leaf(&m.lp);
	evict(CODE);
	assert_int_equal(sgx_page_prot(&child, CODE), PROT_NONE);
	assert_int_equal(find(&child, SITE(1)), PATCH_NOT_NOW);
	/* giving up holds for all processes */
	sgx_patch_give_up(&child, SITE(1));
	assert_int_equal(find(&m.mm, SITE(1)), PATCH_NO_SITE);
	m.host.free_pages(child.vmas, 65536);
}

/* A process patches, and stops after so many steps.  0: it has ended. */
static pid_t patcher(unsigned steps)
{
	struct patch_look look = { .none_before = false };
	pid_t pid = fork();
	int status;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		patch_apply(&m.mm.cpu, sgx_encl_pa(m.encl, CODE), &look);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	while (WIFSTOPPED(status) && steps--) {
		ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
		waitpid(pid, &status, 0);
	}
	return WIFSTOPPED(status) ? pid : 0;
}

/* EMODPE and a write by the enclave happen while that process is stopped. */
static void emodpe_meanwhile(void **state)
{
	unsigned steps;
	pid_t pid;

	(void)state;
	for (steps = 0; steps < MAX_STEPS; steps += STRIDE) {
		epcm_at(CODE)->flags &= ~(uint32_t)SGX_SECINFO_W;
		code_put(CODE);
		half_patched(0);
		pid = patcher(steps);
		if (!pid)
			break;
		extend_page(CODE, 0x203);
		for (unsigned i = 0; i < CODE_SITES; i++)
			epc_at(SITE(i))[0] = NOP;
		ptrace(PTRACE_CONT, pid, 0, 0);
		waitpid(pid, NULL, 0);
		for (unsigned i = 0; i < CODE_SITES; i++)
			assert_int_equal(epc_at(SITE(i))[0], NOP);
	}
	assert_in_range(steps, 100, MAX_STEPS - 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	TESTS(cmocka_unit_test_teardown(is_wanted, machine_teardown),
	      T(first_execution), T(needs_the_page_before),
	      T(nobody_executes_there_yet), T(not_wanted), T(given_up),
	      T(paged), T(paged_half_patched), T(emodpe), T(trimmed),
	      T(made_a_tcs), T(copied), T(debugged_half_patched), T(two_spaces),
	      T(emodpe_meanwhile)),
};

CONFORM_MAIN(rows, NULL)
