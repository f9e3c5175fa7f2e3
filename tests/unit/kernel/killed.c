/* SPDX-License-Identifier: BSD-3-Clause */
/* See killed.h. */
#define _GNU_SOURCE
#include "killed.h"

#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "code.h"
#include "cpu/crypto/aes_gcm.h"
#include "cpu/hold.h"
#include "cpu/mem.h"
#include "cpu/processors.h"
#include "cpu/scan.h"
#include "cpu/secs.h"
#include "cpu/tcs.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encl.h"

#define PID          7u
#define TID          70u
#define OTHER        8u
#define OWNER        tcs_owner(PID, TID)
#define PAGES        16u  /* of the enclave, that are checked */
#define NOW_AND_THEN 997u /* steps */

/* As killed_check_content() wants it. */
void killed_make_code(uint8_t *page)
{
	code_make(page);
	page[100] = page[4000] = 0x10 + KILLED_CODE;
}

bool killed_fault_at(uint64_t addr)
{
	struct ksignal signal;

	return machine_page_fault(PF_USER, addr, &signal) != FAULT_NOT_OURS;
}

void killed_go_inside(void)
{
	enter_by_leaf(&m.lp, PAGE(0));
}

bool killed_execute(void)
{
	return !sgx_enclu(&m.mm, &m.lp);
}

/* Another process, in the snapshot ------------------------------------- */

static const char *doing;
static unsigned long at_step;

void killed_failed(const char *what, int line)
{
	fprintf(stderr, "%s, step %lu: line %d: %s\n", doing, at_step, line,
		what);
	_exit(1);
}

/* The snapshot is a private mapping, so no hole can be punched. */
static void discard(uint64_t offset, uint64_t len)
{
	memset((uint8_t *)m.shared + offset, 0, len);
}

static int is_stopped(uint32_t process, uint32_t thread)
{
	CHECK(process == PID && thread == TID);
	return 0;
}

static int nothing(struct sgx_mm *mm, void *arg)
{
	(void)mm;
	(void)arg;
	return 0;
}

static void check_page(uint64_t addr, uint64_t *children)
{
	const struct epcm *epcm = epcm_at(addr);
	const struct sgx_encl_page *page = page_at(addr);

	CHECK(!epcm->lock && !epcm->sgx2_lock);
	if (!page->added) {
		CHECK(!epcm->valid);
		return;
	}
	CHECK(epcm->valid == !(page->flags & SGX_PAGE_EVICTED));
	if (!epcm->valid)
		return;
	CHECK(epcm->pt == page->type);
	CHECK(epcm->enclavesecs == m.encl->secs_pa);
	CHECK(!epcm->blocked || (page->flags & SGX_PAGE_BEING_RECLAIMED));
	++*children;
}

static void check_slots(void)
{
	const uint64_t *used =
		(void *)&m.mm.pcmd[(m.encl->secs_pa >> SGX_PAGE_SHIFT) - 1];
	unsigned n = 0, evicted = 0;

	for (unsigned i = 0; i < 8; i++)
		n += (unsigned)__builtin_popcountll(used[i]);
	for (unsigned i = 0; i < PAGES; i++)
		evicted += page_at(PAGE(i))->added &&
			   (page_at(PAGE(i))->flags & SGX_PAGE_EVICTED);
	evicted += !sgx_page_present(sgx_page_at(&m.mm, m.encl->secs_pa));
	CHECK(n == evicted);
}

/* What must hold of an enclave while no process works with it. */
static void check_quiet(void)
{
	uint64_t secs_pa = m.encl->secs_pa, resident = 0, added = 0;
	bool secs = sgx_page_present(sgx_page_at(&m.mm, secs_pa));

	CHECK(!sgx_lock_is_held(&m.encl->lock));
	CHECK(!sgx_lock_is_held(&m.encl->ioctl_lock));
	CHECK(!sgx_lock_is_held(&m.shared->lock));
	CHECK(!m.shared->budget.changing);
	CHECK(sgx_journal_op(m.encl) == SGX_DOING_NOTHING);
	for (unsigned i = 0; i < PAGES; i++) {
		check_page(PAGE(i), &resident);
		added += page_at(PAGE(i))->added;
	}
	CHECK(m.encl->page_cnt == added);
	CHECK(m.encl->secs_child_cnt == resident);
	CHECK(epcm_of(&m.mm.cpu, secs_pa)->valid == secs);
	CHECK(secs || !resident);
	CHECK(!epcm_of(&m.mm.cpu, secs_pa)->lock);
	CHECK(!epcm_of(&m.mm.cpu, secs_pa - SGX_PAGE_SIZE)->lock);
	if (secs)
		CHECK(secs_hidden_at(&m.mm.cpu, secs_pa)->children == resident);
	CHECK(m.encl->epc_pages == resident + m.encl->nr_va + secs);
	CHECK(m.shared->epc_free_pages + m.encl->epc_pages ==
	      m.shared->epc_total_pages);
	check_slots();
	CHECK(!sgx_processors_entered(&m.mm));
	CHECK(!secs || !secs_active(&m.mm.cpu, secs_pa));
}

/* Load the page; its first byte says which one it is. */
void killed_check_content(unsigned i)
{
	struct sgx_encl_page *page = page_at(PAGE(i));
	struct ksignal signal;
	unsigned n = 0;

	if (!page->added)
		return;
	/* A page that has become a TCS must not be mapped executable. */
	if (page->type == PT_TCS)
		sgx_mprotect(&m.mm, PAGE(i), SGX_PAGE_SIZE, RW, -1);
	while (!sgx_page_present(page)) {
		machine_page_fault(PF_USER, PAGE(i), &signal);
		CHECK(++n < 1000);
	}
	/* Page 2 is where an AEX writes to. */
	if (page->type == PT_REG && i < 7 && i != 2)
		CHECK(epc_at(PAGE(i))[100] == 0x10 + i &&
		      epc_at(PAGE(i))[4000] == 0x10 + i);
}

static void check_all_contents(void)
{
	for (unsigned i = 1; i < PAGES; i++)
		killed_check_content(i);
}

static void check_enters(void)
{
	struct sgx_tcs *tcs = (void *)epc_at(PAGE(0));
	struct ksignal signal;
	unsigned n = 0;

	killed_check_content(0);
	CHECK(tcs->state == TCS_INACTIVE);
	tcs->cssa = 0;
	do {
		m.lp.r.rax = ENCLU_EENTER;
		m.lp.r.rbx = PAGE(0);
		m.lp.r.rcx = m.lp.r.rip = USER_BASE;
		CHECK(++n < 1000);
		if (!sgx_enclu(&m.mm, &m.lp))
			break;
	} while (machine_model_fault(&signal) == FAULT_RETRY);
	CHECK(m.lp.cr_enclave_mode);
	aex(&m.lp, NULL, NULL);
}

/* Take the locks from the stopped process, as another process would. */
static void take_over(void)
{
	m.tick = 5000000;
	m.on_preempt = is_stopped;
	sgx_locked(&m.mm, m.encl, nothing, NULL);
	sgx_locked_shared(&m.mm, nothing, NULL);
	m.tick = 0;
	m.preempts = 0;
}

static void (*check_outcome)(void);

static void somebody_else(bool takes_over)
{
	m.process = OTHER;
	m.thread = 80;
	m.host.discard = discard;
	m.lp.cr_enclave_mode = false;
	m.lp.processor = NULL;
	m.lp.owner = m.lp.who = 0;
	if (mmap(m.shared, PLATFORM_FILE_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, m.platform_fd,
		 0) != m.shared)
		_exit(2);
	signal(SIGSEGV, SIG_DFL);
	alarm(30);
	if (takes_over)
		take_over();
	sgx_exit(&m.mm, PID);
	check_outcome();
	_exit(0);
}

/* The outcomes --------------------------------------------------------- */

void killed_goes_on(void)
{
	sgx_resync(&m.mm);
	check_quiet();
	check_all_contents();
	check_quiet();
	sgx_evict(&m.mm, m.encl, ENCL_BASE, ENCL_BASE + ENCL_SIZE);
	check_quiet();
	CHECK(!m.encl->secs_child_cnt);
	check_all_contents();
	check_enters();
	check_quiet();
	sgx_encl_release(&m.mm, m.encl);
	CHECK(m.shared->epc_free_pages == m.shared->epc_total_pages);
}

/* An enclave that is being built or released need only be releasable. */
void killed_can_be_released(void)
{
	CHECK(!sgx_lock_is_held(&m.encl->lock));
	CHECK(!sgx_lock_is_held(&m.encl->ioctl_lock));
	CHECK(!sgx_lock_is_held(&m.shared->lock));
	if (m.encl->kind != SGX_FILE_NONE)
		sgx_encl_release(&m.mm, m.encl);
	CHECK(m.shared->epc_free_pages == m.shared->epc_total_pages);
	CHECK(sgx_open(&m.mm, SGX_FILE_ENCLAVE, 4711) == 0);
}

/* Step by step --------------------------------------------------------- */

/* The parts of the tables that are compared. */
struct tables {
	struct sgx_encl encl;
	struct sgx_lock lock;
	uint64_t free, budget[4];
	struct epcm epcm[PAGES + 2];
	struct sgx_encl_page page[PAGES + 2];
	uint64_t slots[8];
	struct processor processors[2];
	struct sgx_tcs tcs;
	struct patch_page patches;
	uint8_t sites[CODE_SITES];
};

static void read_tables(struct tables *t, uint64_t base)
{
	uint64_t first = base / SGX_PAGE_SIZE - 2;

	t->encl = *m.encl;
	t->free = m.shared->epc_free_pages;
	t->lock = m.shared->lock;
	memcpy(t->budget, &m.shared->budget, sizeof(m.shared->budget));
	memcpy(t->epcm, &m.mm.cpu.epcm[first], sizeof(t->epcm));
	memcpy(t->page, &m.mm.pages[first], sizeof(t->page));
	memcpy(t->slots, &m.mm.pcmd[first], sizeof(t->slots));
	memcpy(t->processors, m.mm.cpu.processors, sizeof(t->processors));
	memcpy(&t->tcs, m.mm.cpu.epc + base, sizeof(t->tcs));
	t->patches = m.mm.cpu.patches[first + 2 + KILLED_CODE];
	for (unsigned i = 0; i < CODE_SITES; i++)
		t->sites[i] = m.mm.cpu.epc[base + KILLED_CODE * SGX_PAGE_SIZE +
					   code_site(i)];
}

static unsigned looks;

static void look(void)
{
	for (int takes_over = 0; takes_over < 2; takes_over++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			somebody_else(takes_over);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status)
			print_error("%s, step %lu, %s: status %x\n", doing,
				    at_step, takes_over ? "stopped" : "killed",
				    status);
		assert_int_equal(status, 0);
	}
	looks++;
}

static uint64_t peek(pid_t pid, uint64_t addr)
{
	return (uint64_t)ptrace(PTRACE_PEEKDATA, pid, addr, 0);
}

/*
 * Encryption changes nothing that is shared but the page that it makes; a look
 * at code changes nothing.
 */
static bool step_over(pid_t pid)
{
	struct user_regs_struct regs;
	uint64_t back, text;
	int status;

	ptrace(PTRACE_GETREGS, pid, 0, &regs);
	if (regs.rip != (uintptr_t)aes_gcm_encrypt &&
	    regs.rip != (uintptr_t)aes_gcm_decrypt &&
	    regs.rip != (uintptr_t)scan_page)
		return false;
	back = peek(pid, regs.rsp);
	text = peek(pid, back);
	ptrace(PTRACE_POKEDATA, pid, back, (text & ~0xffull) | 0xcc);
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &status, 0);
	assert_true(WIFSTOPPED(status));
	ptrace(PTRACE_POKEDATA, pid, back, text);
	ptrace(PTRACE_GETREGS, pid, 0, &regs);
	regs.rip = back;
	ptrace(PTRACE_SETREGS, pid, 0, &regs);
	return true;
}

static bool step(pid_t pid)
{
	int status;

	if (step_over(pid))
		return true;
	ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSTOPPED(status))
		return true;
	assert_int_equal(status, 0);
	return false;
}

static pid_t begin(const struct killed_op *op)
{
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(!op->op());
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

void killed_run(const struct killed_op *op)
{
	static struct tables before, now;
	uint64_t base;
	pid_t pid;

	doing = op->name;
	check_outcome = op->outcome;
	machine_setup_sgx2_inside(NULL);
	for (unsigned i = 1; i < 7; i++)
		memset(epc_at(PAGE(i)), 0x10 + i, SGX_PAGE_SIZE);
	exit_by_leaf(&m.lp);
	m.process = PID;
	m.thread = TID;
	m.lp.owner = OWNER;
	m.lp.who = sgx_who(4711, TID);
	base = m.encl->epc_base;
	if (op->prepare)
		op->prepare();
	read_tables(&before, base);
	looks = 0;
	pid = begin(op);
	for (at_step = 0; step(pid); at_step++) {
		read_tables(&now, base);
		if (at_step % NOW_AND_THEN &&
		    !memcmp(&now, &before, sizeof(now)))
			continue;
		before = now;
		look();
	}
	look();
	assert_in_range(looks, 4, 100000);
	machine_teardown(NULL);
}
