/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process is killed, or stopped for good, at any instruction that changes
 * what processes share.  It does something step by step, under ptrace.  At each
 * change of the tables, and from time to time in between, a copy of its memory
 * is taken, in which the process counts as dead, or its locks are taken from
 * it.  What is left must be a usable enclave, and each page what it was before
 * or after.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu/crypto/aes_gcm.h"
#include "cpu/hold.h"
#include "cpu/measure.h"
#include "cpu/mem.h"
#include "cpu/processors.h"
#include "cpu/scan.h"
#include "cpu/secs.h"
#include "code.h"
#include "kernel/sgx/encl.h"
#include "kernel/platform/section.h"
#include "tests/conform/conform.h"

#define PID	7u
#define TID	70u
#define OTHER	8u
#define OWNER	((uint64_t)PID << 32 | TID << 2)
#define PAGES	16u		/* of the enclave, that are looked at */
#define NOW_AND_THEN 997u	/* steps */
#define CODE	4u		/* a page that is patched */

/* Somebody else, in the snapshot -------------------------------------- */

#define CHECK(cond) \
	do { \
		if (!(cond)) \
			failed(#cond, __LINE__); \
	} while (0)

static const char *doing;
static unsigned long at_step;

static void failed(const char *what, int line)
{
	fprintf(stderr, "%s, step %lu: line %d: %s\n", doing, at_step, line,
		what);
	_exit(1);
}

/* The snapshot is private, where nothing can be punched out. */
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
	const uint64_t *used = (void *)&m.mm.pcmd[(m.encl->secs_pa >>
						   SGX_PAGE_SHIFT) - 1];
	unsigned n = 0, evicted = 0;

	for (unsigned i = 0; i < 8; i++)
		n += (unsigned)__builtin_popcountll(used[i]);
	for (unsigned i = 0; i < PAGES; i++)
		evicted += page_at(PAGE(i))->added &&
			   (page_at(PAGE(i))->flags & SGX_PAGE_EVICTED);
	evicted += !sgx_page_present(sgx_page_at(&m.mm, m.encl->secs_pa));
	CHECK(n == evicted);
}

/* What must hold of an enclave that nobody works with. */
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

/* Bring it in; then its first byte tells which it is. */
static void check_content(unsigned i)
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
		check_content(i);
}

static void check_enters(void)
{
	struct sgx_tcs *tcs = (void *)epc_at(PAGE(0));
	struct ksignal signal;
	unsigned n = 0;

	check_content(0);
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

/* Somebody takes the locks; the rest of who was stopped may die now. */
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

static void goes_on(void)
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

/* Nothing more is asked of one that is being built, or released. */
static void can_be_released(void)
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

/* The tables, as they are compared. */
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
	t->patches = m.mm.cpu.patches[first + 2 + CODE];
	for (unsigned i = 0; i < CODE_SITES; i++)
		t->sites[i] = m.mm.cpu.epc[base + CODE * SGX_PAGE_SIZE +
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

struct op {
	const char *name;
	void (*prepare)(void);
	bool (*op)(void);
	void (*outcome)(void);
};

static pid_t begin(const struct op *op)
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

static void run(const struct op *op)
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

/* What is done --------------------------------------------------------- */

static bool evict_page(void)
{
	return sgx_evict(&m.mm, m.encl, PAGE(5), PAGE(6)) == 1;
}

static void all_but_one_left(void)
{
	sgx_evict(&m.mm, m.encl, PAGE(0), PAGE(5));
	sgx_evict(&m.mm, m.encl, PAGE(6), PAGE(7));
}

static void page_left(void)
{
	evict(PAGE(5));
}

static void all_left(void)
{
	all_but_one_left();
	page_left();
}

static bool fault_at(uint64_t addr)
{
	struct ksignal signal;

	return machine_page_fault(PF_USER, addr, &signal) != FAULT_NOT_OURS;
}

static bool load_page(void)
{
	return fault_at(PAGE(5)) && sgx_page_present(page_at(PAGE(5)));
}

static bool augment(void)
{
	return fault_at(PAGE(9)) && page_at(PAGE(9))->added;
}

static bool modify(unsigned page, unsigned type)
{
	struct sgx_enclave_modify_types arg = {
		.offset = page * SGX_PAGE_SIZE, .length = SGX_PAGE_SIZE,
		.page_type = type,
	};

	user_write(ARG, &arg, sizeof(arg));
	return !ioctl_raw(SGX_IOC_ENCLAVE_MODIFY_TYPES, ARG);
}

static bool trim(void)
{
	return modify(5, PT_TRIM);
}

static bool make_tcs(void)
{
	return modify(5, PT_TCS);
}

static bool restrict_page(void)
{
	struct sgx_enclave_restrict_permissions arg = {
		.offset = 5 * SGX_PAGE_SIZE, .length = SGX_PAGE_SIZE,
		.permissions = R,
	};

	user_write(ARG, &arg, sizeof(arg));
	return !ioctl_raw(SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, ARG);
}

static void go_inside(void)
{
	enter_by_leaf(&m.lp, PAGE(0));
}

/* EACCEPT and the like: the SECINFO lies in page 10, which is to spare. */
static void prepare_leaf(uint32_t leaf, uint64_t secinfo, uint64_t rdx)
{
	struct sgx_secinfo info = { .flags = secinfo };

	memcpy(epc_at(PAGE(10)), &info, sizeof(info));
	m.lp.r.rax = leaf;
	m.lp.r.rbx = PAGE(10);
	m.lp.r.rcx = PAGE(9);
	m.lp.r.rdx = rdx;
}

static void spare_page(void)
{
	go_inside();
	fault_at(PAGE(10));
	accept_page(PAGE(10), 0x20b);
	fault_at(PAGE(9));
}

static void pending_page(void)
{
	spare_page();
	prepare_leaf(ENCLU_EACCEPT, 0x20b, 0);
}

static void page_to_copy(void)
{
	spare_page();
	prepare_leaf(ENCLU_EACCEPTCOPY, 0x203, PAGE(2));
}

static void trimmed_page(void)
{
	spare_page();
	accept_page(PAGE(9), 0x20b);
	assert_true(modify(9, PT_TRIM));
	prepare_leaf(ENCLU_EACCEPT, 0x410, 0);
}

static bool execute(void)
{
	return !sgx_enclu(&m.mm, &m.lp);
}

static bool eenter(void)
{
	m.lp.r.rax = ENCLU_EENTER;
	m.lp.r.rbx = PAGE(0);
	m.lp.r.rcx = m.lp.r.rip = USER_BASE;
	return execute();
}

static void interrupted(void)
{
	go_inside();
	aex(&m.lp, NULL, NULL);
}

static bool eresume(void)
{
	m.lp.r.rax = ENCLU_ERESUME;
	return execute();
}

static bool interrupt(void)
{
	aex(&m.lp, NULL, NULL);
	return !m.lp.cr_enclave_mode;
}

static bool eexit(void)
{
	m.lp.r.rax = ENCLU_EEXIT;
	m.lp.r.rbx = USER_BASE;
	return execute();
}

static void removable_page(void)
{
	trimmed_page();
	assert_int_equal(execute_enclu(&m.lp), 0);
	m.inside[0] = &m.lp;
	exit_by_leaf(&m.lp);
}

static bool remove_page(void)
{
	struct sgx_enclave_remove_pages arg = {
		.offset = 9 * SGX_PAGE_SIZE, .length = SGX_PAGE_SIZE,
	};

	user_write(ARG, &arg, sizeof(arg));
	return !ioctl_raw(SGX_IOC_ENCLAVE_REMOVE_PAGES, ARG);
}

static bool release(void)
{
	sgx_encl_release(&m.mm, m.encl);
	return m.encl->kind == SGX_FILE_NONE;
}

static void start_again(void)
{
	sgx_munmap(&m.mm, ENCL_BASE, ENCL_SIZE);
	sgx_encl_release(&m.mm, m.encl);
	assert_int_equal(sgx_open(&m.mm, SGX_FILE_ENCLAVE, 1000), 0);
}

static bool create_and_add(void)
{
	struct sgx_secs secs = standard_secs();
	struct sgx_enclave_create create = { .src = SECS_ARG };
	struct sgx_secinfo info = { .flags = SECINFO_REG(RW) };
	struct sgx_enclave_add_pages add = {
		.src = SOURCE, .offset = 0, .length = SGX_PAGE_SIZE,
		.secinfo = SECINFO_ARG,
	};

	user_write(SECS_ARG, &secs, sizeof(secs));
	user_write(ARG, &create, sizeof(create));
	if (ioctl_raw(SGX_IOC_ENCLAVE_CREATE, ARG))
		return false;
	user_write(SECINFO_ARG, &info, sizeof(info));
	user_write(ARG, &add, sizeof(add));
	return !ioctl_raw(SGX_IOC_ENCLAVE_ADD_PAGES, ARG);
}

static void half_built(void)
{
	start_again();
	assert_true(create_and_add());
	epc_at(PAGE(0))[100] = 0x77;
}

static bool evict_first(void)
{
	return sgx_evict(&m.mm, m.encl, PAGE(0), PAGE(1)) == 1;
}

/* Whoever builds it is another, and goes on. */
static void can_be_built(void)
{
	unsigned n = 0;
	int ret = -EBUSY;

	CHECK(m.encl->page_cnt == 1 && page_at(PAGE(0))->added);
	CHECK(epcm_at(PAGE(0))->valid ==
	      !(page_at(PAGE(0))->flags & SGX_PAGE_EVICTED));
	CHECK(m.encl->secs_child_cnt == epcm_at(PAGE(0))->valid);
	for (; ret == -EBUSY && n < 10; n++) {
		ret = sgx_encl_load_page(&m.mm, m.encl,
					 sgx_encl_pa(m.encl, PAGE(0)));
		if (ret)
			sgx_encl_wait(&m.mm, m.encl,
				      sgx_encl_pa(m.encl, PAGE(0)));
	}
	CHECK(!ret && epcm_at(PAGE(0))->valid);
	CHECK(epc_at(PAGE(0))[100] == 0x77);
	can_be_released();
}

/* What the measurement was, and is to be with one page more. */
static struct secs_hidden measured[2];

static bool add_another(void)
{
	struct sgx_enclave_add_pages add = {
		.src = SOURCE, .offset = SGX_PAGE_SIZE,
		.length = SGX_PAGE_SIZE, .secinfo = SECINFO_ARG,
		.flags = SGX_PAGE_MEASURE,
	};

	user_write(ARG, &add, sizeof(add));
	return !ioctl_raw(SGX_IOC_ENCLAVE_ADD_PAGES, ARG);
}

static void measure_one_more(void)
{
	const struct sgx_secinfo info = { .flags = SECINFO_REG(RW) };
	struct secs_hidden *hidden = &measured[1];
	uint8_t chunk[EEXTEND_CHUNK];

	half_built();
	measured[0] = *secs_hidden_at(&m.mm.cpu, m.encl->secs_pa);
	*hidden = measured[0];
	measure_eadd(hidden, SGX_PAGE_SIZE, &info);
	for (uint64_t at = 0; at < SGX_PAGE_SIZE; at += EEXTEND_CHUNK) {
		user_read(chunk, SOURCE + at, sizeof(chunk));
		measure_eextend(hidden, SGX_PAGE_SIZE + at, chunk);
	}
}

static void check_measured(const struct secs_hidden *want)
{
	const struct secs_hidden *is = secs_hidden_at(&m.mm.cpu,
						      m.encl->secs_pa);
	uint8_t digest[2][32];

	measure_final(is, digest[0]);
	measure_final(want, digest[1]);
	CHECK(!memcmp(digest[0], digest[1], sizeof(digest[0])));
	CHECK(is->mrenclave_blocks == want->mrenclave_blocks);
	CHECK(!is->measurement_lock);
}

/* The page is there, and measured, or neither; it can be added again. */
static void can_be_added(void)
{
	unsigned added = page_at(PAGE(1))->added;

	CHECK(m.encl->page_cnt == 1 + added);
	CHECK(m.encl->secs_child_cnt == 1 + added);
	CHECK(epcm_at(PAGE(1))->valid == added);
	CHECK(!epcm_at(PAGE(1))->lock);
	check_measured(&measured[added]);
	if (!added)
		CHECK(add_another());
	check_measured(&measured[1]);
	CHECK(secs_hidden_at(&m.mm.cpu, m.encl->secs_pa)->children == 2);
	can_be_released();
}

/* As check_content() wants it. */
static void make_code(uint8_t *page)
{
	code_make(page);
	page[100] = page[4000] = 0x10 + CODE;
}

static void code(void)
{
	m.encl->patch = 1;
	make_code(epc_at(PAGE(CODE)));
	go_inside();
}

static bool execute_at(uint64_t addr)
{
	struct ksignal signal;

	return machine_page_fault(PF_USER | PF_INSTR, addr,
				  &signal) == FAULT_RETRY;
}

static unsigned patched(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CODE_SITES; i++)
		n += epc_at(PAGE(CODE))[code_site(i)] == 0xcc;
	return n;
}

static bool patch(void)
{
	return execute_at(PAGE(CODE)) && patched() == CODE_SITES;
}

static void check_code(void)
{
	uint8_t made[SGX_PAGE_SIZE], now[SGX_PAGE_SIZE];
	const uint8_t *page = epc_at(PAGE(CODE));

	make_code(made);
	memcpy(now, page, sizeof(now));
	patch_original(&m.mm.cpu, sgx_encl_pa(m.encl, PAGE(CODE)), now,
		       sizeof(now));
	CHECK(!memcmp(now, made, sizeof(now)));
}

/* It can be executed, if all of it is patched; and leaves as it was made. */
static void code_runs(void)
{
	check_code();
	m.lp.cr_enclave_mode = true;
	while (!(sgx_page_prot(&m.mm, PAGE(CODE)) & PROT_EXEC))
		CHECK(execute_at(PAGE(CODE)));
	m.lp.cr_enclave_mode = false;
	CHECK(patched() == CODE_SITES);
	check_code();
	goes_on();
}

static void code_leaves(void)
{
	check_code();
	CHECK(sgx_evict(&m.mm, m.encl, PAGE(CODE), PAGE(CODE + 1)) == 1);
	check_content(CODE);
	CHECK(!patched());
	check_code();
	goes_on();
}

#define OP(f, ...) \
static void f(void **state) \
{ \
	static const struct op op = { #f, __VA_ARGS__ }; \
\
	(void)state; \
	run(&op); \
}

OP(ewb, NULL, evict_page, goes_on)
OP(ewb_of_the_last, all_but_one_left, evict_page, goes_on)
OP(eldu, page_left, load_page, goes_on)
OP(eldu_of_the_secs, all_left, load_page, goes_on)
OP(eaug, NULL, augment, goes_on)
OP(emodt_trim, NULL, trim, goes_on)
OP(emodt_tcs, NULL, make_tcs, goes_on)
OP(emodpr, NULL, restrict_page, goes_on)
OP(eaccept, pending_page, execute, goes_on)
OP(eaccept_of_a_trimmed_page, trimmed_page, execute, goes_on)
OP(eacceptcopy, page_to_copy, execute, goes_on)
OP(eremove, removable_page, remove_page, goes_on)
OP(entry, NULL, eenter, goes_on)
OP(resumption, interrupted, eresume, goes_on)
OP(asynchronous_exit, go_inside, interrupt, goes_on)
OP(exit_by_choice, go_inside, eexit, goes_on)
OP(patching, code, patch, code_runs)
OP(patching_and_ewb, code, patch, code_leaves)
OP(the_end, NULL, release, can_be_released)
OP(ewb_while_building, half_built, evict_first, can_be_built)
OP(building, start_again, create_and_add, can_be_released)
OP(eadd, measure_one_more, add_another, can_be_added)

#define T(f) cmocka_unit_test(f)

static const struct conform rows[] = {
	SUBJECT("a process is killed", "kernel/exit.c do_exit()"),
	DEVIATES("DP12", "inside an enclave", "leaves by AEX, registers are "
		 "lost", T(entry), T(resumption), T(asynchronous_exit),
		 T(exit_by_choice)),
	DEVIATES("DK7", "in an ioctl, or at any instruction of the kernel's",
		 "what it was at is finished, or undone", T(ewb),
		 T(ewb_of_the_last), T(eldu), T(eldu_of_the_secs), T(eaug),
		 T(emodt_trim), T(emodt_tcs), T(emodpr), T(eaccept),
		 T(eaccept_of_a_trimmed_page), T(eacceptcopy), T(eremove),
		 T(the_end), T(ewb_while_building),
		 T(building), T(eadd)),
	DEVIATES("DC33", "while code is patched", "it is finished, or undone",
		 T(patching), T(patching_and_ewb)),
};

CONFORM_MAIN(rows, NULL)
