/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several processes in one enclave that does not fit into the EPC, all of them
 * loading and reclaiming at once.  Nothing is lost, nothing is over-committed.
 *
 * An access is made with the processor tracked as being inside, as a real one
 * is, so a page that was found accessible stays until the access is done.
 */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cpu/tcs.h"
#include "kernel/sgx/encl.h"
#include "sgx2.h"
#include "tests/conform/conform.h"

#define PROCESSES 3u
#define TCS_PAGES PROCESSES       /* TCS i at page i, its SSA behind */
#define FIRST     (2 * PROCESSES) /* first page of data */
#define PAGES     120u
#define EPC_PAGES 48u
#define STEPS     4000u
#define PATIENCE  60000000000ull /* nanoseconds */

static void tcs_source(unsigned i)
{
	struct sgx_tcs tcs = {
		.ossa = (PROCESSES + i) * SGX_PAGE_SIZE,
		.nssa = 1,
		.oentry = FIRST * SGX_PAGE_SIZE,
		.fslimit = UINT32_MAX,
		.gslimit = UINT32_MAX,
	};
	uint8_t page[SGX_PAGE_SIZE] = { 0 };

	memcpy(page, &tcs, sizeof(tcs));
	user_write(SOURCE, page, sizeof(page));
}

static int setup(void **state)
{
	struct sgx_secs secs = standard_secs();
	uint8_t zero[SGX_PAGE_SIZE] = { 0 };

	machine_setup_sgx2(state);
	machine_set_epc_pages(EPC_PAGES);
	secs.size = 0x80000;
	assert_int_equal(create_with(&secs), 0);
	for (unsigned i = 0; i < TCS_PAGES; i++) {
		tcs_source(i);
		add_measured(i, 1, SECINFO_TCS);
	}
	user_write(SOURCE, zero, sizeof(zero));
	for (unsigned i = TCS_PAGES; i < PAGES; i++)
		add_measured(i, 1, SECINFO_REG(RW));
	assert_int_equal(init_with(NULL), 0);
	assert_int_equal(map_fixed(ENCL_BASE, secs.size, RW), ENCL_BASE);
	return 0;
}

/* No interrupt reaches this process; it checks for them while it waits. */
static void listen(void)
{
	sgx_resync(&m.mm);
	if (m.lp.cr_enclave_mode)
		lp_retrack(&m.lp);
	sched_yield();
}

static void ipi(uint64_t secs, uint32_t epoch)
{
	(void)secs;
	(void)epoch;
	listen();
}

/* One page's counter goes up; each process has its own in every page. */
static void step(unsigned who, unsigned page, uint32_t *want)
{
	uint32_t *counter = (uint32_t *)epc_at(PAGE(page)) + who;

	/* The model decides, since the mapping may be stale. */
	while (enclave_access(&m.lp, PAGE(page), PF_WRITE)) {
		struct ksignal signal;
		enum fault_outcome outcome;

		outcome = machine_page_fault(PF_WRITE | PF_USER, PAGE(page),
					     &signal);
		if (outcome != FAULT_RETRY)
			_exit(3);
	}
	if (*counter != *want)
		_exit(4);
	*counter = ++*want;
}

/* enter_by_leaf() for a child, which must not assert. */
static bool enters(uint64_t tcs)
{
	struct ksignal signal;
	int ret;

	do {
		m.lp.r.rax = ENCLU_EENTER;
		m.lp.r.rbx = tcs;
		m.lp.r.rcx = USER_BASE;
		ret = execute_enclu(&m.lp);
	} while (ret && machine_model_fault(&signal) == FAULT_RETRY);
	if (!ret)
		exc_leaf_retired(&m.retries);
	return !ret;
}

static uint64_t ktime_get_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void work(unsigned who)
{
	uint32_t want[PAGES] = { 0 }, random = who + 1;

	alarm(120);
	m.host.ipi = ipi;
	m.host.cond_resched = listen;
	/* On a busy machine, other processes check late. */
	m.host.ktime_get_ns = ktime_get_ns;
	m.shared->reclaim_patience = PATIENCE;
	for (unsigned n = 0; n < STEPS; n++) {
		if (!m.lp.cr_enclave_mode && !enters(PAGE(who)))
			_exit(5);
		random = random * 1664525 + 1013904223;
		step(who, FIRST + (random >> 8) % (PAGES - FIRST),
		     &want[FIRST + (random >> 8) % (PAGES - FIRST)]);
		if (random >> 28 == 0)
			exit_by_leaf(&m.lp);
		else if (random >> 28 == 1)
			listen();
	}
	if (m.lp.cr_enclave_mode)
		exit_by_leaf(&m.lp);
	_exit(0);
}

static void check_left(void)
{
	unsigned present = 0;

	/* A page that was about to be written out is still present. */
	for (unsigned i = 0; i < PAGES; i++)
		present += !(sgx_page_flags(page_at(PAGE(i))) &
			     SGX_PAGE_EVICTED);
	assert_int_equal(EPC_PAGES - m.shared->epc_free_pages, present + 2);
	assert_int_equal(m.encl->epc_pages, present + 2);
	assert_int_equal(m.encl->secs_child_cnt, present);
	sgx_encl_release(&m.mm, m.encl);
	assert_int_equal(m.shared->epc_free_pages, EPC_PAGES);
}

static void several_processes(void **state)
{
	pid_t pids[PROCESSES];
	int status;

	(void)state;
	for (unsigned i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (!pids[i])
			work(i);
	}
	for (unsigned i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_true(m.shared->stat_eldu > STEPS);
	check_left();
}

/* After kills at any instant, other processes can use the enclave. */
static void killed_processes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PROCESSES; i++) {
		pid_t pid;

		m.process = i + 1;
		m.lp.owner = tcs_owner(m.process, 1);
		pid = fork();
		if (!pid)
			work(i);
		usleep(1000 + 700 * i);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		sgx_exit(&m.mm, i + 1);
	}
	check_left();
}

#define STRESS(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("reclaiming", "sgx/main.c sgx_reclaim_pages()"),
	ROW("several processes load and reclaim at once", "nothing is lost",
	    STRESS(several_processes)),
	ROW("they are killed meanwhile", "the enclave can be released",
	    STRESS(killed_processes)),
};

CONFORM_MAIN(rows, NULL)
