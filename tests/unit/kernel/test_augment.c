/* SPDX-License-Identifier: BSD-3-Clause */
/* Pages that come by a fault: EAUG, from inside and from outside. */
#include <signal.h>

#include "sgx2.h"
#include "tests/conform/conform.h"

static struct ksignal sig;

static enum fault_outcome fault(uint64_t addr, uint32_t access)
{
	memset(&sig, 0x77, sizeof(sig));
	return machine_page_fault(access | PF_USER, addr, &sig);
}

static void access_inside_is_8007(void **state)
{
	uint64_t free = m.shared->epc_free_pages;

	(void)state;
	/* The page comes, and is pending: that is not for the kernel. */
	assert_int_equal(fault(PAGE(9), PF_WRITE), FAULT_SIGNAL);
	assert_int_equal(sig.sig, SIGSEGV);
	assert_int_equal(sig.error_code, 0x8007);
	assert_int_equal(fault(PAGE(10), 0), FAULT_SIGNAL);
	assert_int_equal(sig.error_code, 0x8005);
	assert_int_equal(fault(PAGE(11), PF_INSTR), FAULT_SIGNAL);
	assert_int_equal(sig.error_code, 0x8015);
	assert_int_equal(epcm_at(PAGE(9))->pending, 1);
	assert_int_equal(page_at(PAGE(9))->vm_max_prot, RWX);
	assert_int_equal(page_at(PAGE(9))->type, PT_REG);
	assert_int_equal(m.shared->epc_free_pages, free - 3);
	assert_int_equal(m.shared->stat_eaug, 3);
	/* Once is enough. */
	assert_int_equal(fault(PAGE(9), PF_WRITE), FAULT_SIGNAL);
	assert_int_equal(m.shared->stat_eaug, 3);
}

static void eaccept_brings_the_page_itself(void **state)
{
	(void)state;
	assert_int_equal(accept_page(PAGE(9), 0x20b), 0);
	write_byte(PAGE(9), 42);
	assert_int_equal(read_byte(PAGE(9)), 42);
	/* Read and write only, until EMODPE. */
	assert_int_equal(access_signal(PAGE(9), PF_INSTR)->error_code, 0x8015);
	extend_page(PAGE(9), RWX);
	assert_null(access_signal(PAGE(9), PF_INSTR));
}

static void access_outside_brings_it_too(void **state)
{
	(void)state;
	exit_by_leaf(&m.lp);
	assert_int_equal(fault(PAGE(9), 0), FAULT_ABORT_PAGE);
	assert_int_equal(page_at(PAGE(9))->added, 1);
	assert_int_equal(epcm_at(PAGE(9))->pending, 1);
}

static void not_before_init(void **state)
{
	(void)state;
	m.encl->flags &= ~SGX_ENCL_INITIALIZED;
	assert_int_equal(fault(PAGE(9), PF_WRITE), FAULT_SIGNAL);
	assert_int_equal(sig.sig, SIGBUS);
	assert_int_equal(sig.code, BUS_ADRERR);
	assert_int_equal(sig.error_code, 0x6);
}

static void not_without_sgx2(void **state)
{
	(void)state;
	m.shared->package.sgx2 = 0;
	assert_int_equal(fault(PAGE(9), PF_WRITE), FAULT_SIGNAL);
	assert_int_equal(sig.sig, SIGBUS);
	assert_int_equal(page_at(PAGE(9))->added, 0);
}

/* A mapping made before CREATE may lie anywhere. */
static void not_outside_elrange(void **state)
{
	(void)state;
	m.encl->flags &= ~SGX_ENCL_INITIALIZED;
	assert_int_equal(map_fixed(ELSEWHERE, 4096, RW), ELSEWHERE);
	m.encl->flags |= SGX_ENCL_INITIALIZED;
	exit_by_leaf(&m.lp);
	assert_int_equal(fault(ELSEWHERE, PF_WRITE), FAULT_SIGNAL);
	assert_int_equal(sig.sig, SIGBUS);
	assert_int_equal(sig.error_code, 0x6);
}

static void page_tables_come_first(void **state)
{
	(void)state;
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(9), 4096, R, -1), 0);
	assert_int_equal(fault(PAGE(9), PF_WRITE), FAULT_SIGNAL);
	assert_int_equal(sig.error_code, 0x6);
	assert_int_equal(page_at(PAGE(9))->added, 0);
	/* A fetch passes that test, and finds the page not executable. */
	assert_int_equal(fault(PAGE(9), PF_INSTR), FAULT_SIGNAL);
	assert_int_equal(sig.error_code, 0x15);
	assert_int_equal(page_at(PAGE(9))->added, 1);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(10), 4096, PROT_NONE, -1), 0);
	assert_int_equal(fault(PAGE(10), 0), FAULT_SIGNAL);
	assert_int_equal(sig.error_code, 0x4);
	assert_int_equal(page_at(PAGE(10))->added, 0);
}

static void lost_epc_is_sigbus(void **state)
{
	uint64_t enclaves, pages;

	(void)state;
	exit_by_leaf(&m.lp);
	sgx_invalidate_all(&m.mm, &enclaves, &pages);
	assert_int_equal(fault(PAGE(9), PF_WRITE), FAULT_SIGNAL);
	assert_int_equal(sig.sig, SIGBUS);
	assert_int_equal(page_at(PAGE(9))->added, 0);
}

static void full_epc_is_sigbus(void **state)
{
	(void)state;
	exit_by_leaf(&m.lp);
	m.shared->epc_free_pages = 0;
	for (unsigned i = 0; i < 7; i++)
		page_at(PAGE(i))->flags = 0, page_at(PAGE(i))->added = 0;
	assert_int_equal(fault(PAGE(9), PF_WRITE), FAULT_SIGNAL);
	assert_int_equal(sig.sig, SIGBUS);
	assert_int_equal(m.reaps, 1);
}

/* Another thread adds it while this one waits for room: no SIGBUS. */
static void other_thread(void)
{
	struct ksignal signal;
	struct lp lp = { .cpu = &m.mm.cpu };

	m.on_resched = NULL;
	m.shared->epc_free_pages = 5;
	exc_page_fault(&m.mm, &lp, &m.retries, PF_WRITE | PF_USER, PAGE(9),
		       &signal);
	m.ignores_ipi = false;
}

static void loser_of_the_race_takes_the_winners_page(void **state)
{
	(void)state;
	m.shared->epc_free_pages = 0;
	m.ignores_ipi = true;
	m.on_resched = other_thread;
	/* That pages were about to leave is no reason to be told of. */
	assert_int_equal(fault(PAGE(9), PF_WRITE), FAULT_RETRY);
	assert_null(m.on_resched);
	assert_int_equal(fault(PAGE(9), PF_WRITE), FAULT_SIGNAL);
	assert_int_equal(sig.error_code, 0x8007);
	assert_int_equal(m.shared->stat_eaug, 1);
}

static void waiting_ends_so_that_signals_can_be_taken(void **state)
{
	(void)state;
	m.shared->epc_free_pages = 0;
	m.ignores_ipi = true;
	m.shared->reclaim_patience = 1; /* and m.now stands still */
	assert_int_equal(fault(PAGE(9), PF_WRITE), FAULT_RETRY);
	assert_in_range(m.rescheds, 1, 1000);
	assert_int_equal(page_at(PAGE(9))->added, 0);
}

/* A page which nobody may touch has no P of its own on the host. */
static void write_to_a_read_only_tcs_is_7(void **state)
{
	(void)state;
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(0), 4096, R, -1), 0);
	assert_int_equal(fault(PAGE(0), PF_WRITE), FAULT_SIGNAL);
	assert_int_equal(sig.error_code, 0x7);
}

#define INSIDE(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_sgx2_inside, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("fault on a page that is not there",
		"sgx/encl.c sgx_encl_eaug_page()"),
	ROW("not initialized", "SIGBUS", INSIDE(not_before_init)),
	ROW("no SGX2", "SIGBUS", INSIDE(not_without_sgx2)),
	ROW("outside ELRANGE", "SIGBUS", INSIDE(not_outside_elrange)),
	ROW("the EPC is full", "SIGBUS", INSIDE(full_epc_is_sigbus)),
	ROW("EAUG faults", "SIGBUS", INSIDE(lost_epc_is_sigbus)),
	DEVIATES("DK3", "two threads at once", "both have the page",
		 INSIDE(loser_of_the_race_takes_the_winners_page)),
	ROW("the VMA does not allow the access", "as ever, no page",
	    INSIDE(page_tables_come_first)),
	ROW("EACCEPT, nothing there", "the page, accepted",
	    INSIDE(eaccept_brings_the_page_itself)),
	ROW("none of these, inside", "the page, then #PF 8007H (PENDING)",
	    INSIDE(access_inside_is_8007)),
	ROW("none of these, outside", "the page",
	    INSIDE(access_outside_brings_it_too)),
	TESTS(INSIDE(waiting_ends_so_that_signals_can_be_taken),
	      INSIDE(write_to_a_read_only_tcs_is_7)),
};

CONFORM_MAIN(rows, NULL)
