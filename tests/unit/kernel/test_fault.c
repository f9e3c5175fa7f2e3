/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Page faults: error code, signal and si_code of every kind of access that the
 * page tables and the driver can refuse, and the faults that are handled.
 */
#include <signal.h>

#include "fixture.h"
#include "tests/conform/conform.h"

#define READ  0u
#define WRITE PF_WRITE
#define FETCH PF_INSTR
#define U     PF_USER

static struct ksignal sig;

/* A fault of the host, with the error code that its page tables gave. */
static enum fault_outcome fault(uint64_t addr, uint32_t access, uint32_t p)
{
	memset(&sig, 0x77, sizeof(sig));
	return machine_page_fault(access | p | U, addr, &sig);
}

static void expect(int signo, int code, uint32_t error_code, uint64_t addr)
{
	assert_int_equal(sig.sig, signo);
	assert_int_equal(sig.code, code);
	assert_int_equal(sig.error_code, error_code);
	assert_int_equal(sig.addr, addr);
	assert_int_equal(sig.cr2, addr);
	assert_int_equal(sig.trapnr, VECTOR_PF);
	assert_int_equal(m.lp.fault.vector, VECTOR_PF);
	assert_int_equal(m.lp.fault.error_code, error_code);
}

#define assert_signal(outcome, signo, code, error, addr) \
	do { \
		assert_int_equal(outcome, FAULT_SIGNAL); \
		expect(signo, code, error, addr); \
	} while (0)

/* In the enclave, with [page, page + n) mapped as prot. */
static int setup(void **state)
{
	machine_setup_initialized(state);
	enter();
	return 0;
}

static int setup_sgx2(void **state)
{
	setup(state);
	m.shared->package.sgx2 = true;
	return 0;
}

static void map_pages(unsigned page, unsigned n, int prot)
{
	assert_int_equal(map_fixed(PAGE(page), n * 4096ull, prot), PAGE(page));
}

static void epcm_keep(unsigned page, int prot)
{
	struct epcm *epcm = epcm_at(PAGE(page));

	epcm->r = !!(prot & R);
	epcm->w = !!(prot & W);
	epcm->x = !!(prot & X);
}

/* Page tables ------------------------------------------------------- */

static void no_vma_is_the_hosts(void **state)
{
	(void)state;
	assert_int_equal(fault(ELSEWHERE, WRITE, 0), FAULT_NOT_OURS);
	/* For aex(). */
	assert_int_equal(m.lp.fault.vector, VECTOR_PF);
	assert_int_equal(m.lp.fault.error_code, 0x6);
	assert_int_equal(m.lp.fault.address, ELSEWHERE);
}

static void prot_none(void **state)
{
	(void)state;
	map_pages(2, 1, PROT_NONE);
	assert_signal(fault(PAGE(2), READ, 0), SIGSEGV, SEGV_ACCERR, 0x4,
		      PAGE(2));
	assert_signal(fault(PAGE(2), WRITE, 0), SIGSEGV, SEGV_ACCERR, 0x6,
		      PAGE(2));
	/* The host's tables may have had the page; the model's do not. */
	assert_signal(fault(PAGE(2), FETCH, PF_PROT), SIGSEGV, SEGV_ACCERR,
		      0x14, PAGE(2));
}

static void write_to_read_only_pte_absent(void **state)
{
	(void)state;
	map_pages(2, 1, R);
	assert_signal(fault(PAGE(2), WRITE, 0), SIGSEGV, SEGV_ACCERR, 0x6,
		      PAGE(2));
}

static void write_to_read_only_pte_present(void **state)
{
	(void)state;
	map_pages(2, 1, R);
	assert_signal(fault(PAGE(2), WRITE, PF_PROT), SIGSEGV, SEGV_ACCERR, 0x7,
		      PAGE(2));
}

static void fetch_not_executable_page_exists(void **state)
{
	(void)state;
	map_pages(5, 1, RW);
	/* The first fault finds no page, the second finds one. */
	assert_signal(fault(PAGE(5), FETCH, 0), SIGSEGV, SEGV_ACCERR, 0x15,
		      PAGE(5));
	assert_signal(fault(PAGE(5), FETCH, PF_PROT), SIGSEGV, SEGV_ACCERR,
		      0x15, PAGE(5));
}

static void fetch_not_executable_no_page(void **state)
{
	(void)state;
	map_pages(7, 1, RW);
	assert_signal(fault(PAGE(7), FETCH, 0), SIGBUS, BUS_ADRERR, 0x14,
		      PAGE(7));
}

static void read_of_execute_only_vma_is_allowed(void **state)
{
	(void)state;
	map_pages(5, 1, X);
	assert_int_equal(fault(PAGE(5), READ, 0), FAULT_RETRY);
	assert_int_equal(real_page(PAGE(5))->prot, RX);
}

static void key_denies_present(void **state)
{
	(void)state;
	map_pages(2, 1, RW);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), 4096, RW, 2), 0);
	assert_signal(fault(PAGE(2), READ, PF_PROT | PF_PK), SIGSEGV,
		      SEGV_PKUERR, 0x25, PAGE(2));
	assert_int_equal(sig.pkey, 2);
	assert_signal(fault(PAGE(2), WRITE, PF_PROT | PF_PK), SIGSEGV,
		      SEGV_PKUERR, 0x27, PAGE(2));
}

static void key_denies_absent(void **state)
{
	(void)state;
	map_pages(2, 1, RW);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), 4096, RW, 2), 0);
	/* The kernel refuses this, not the processor: PK is not set. */
	assert_signal(fault(PAGE(2), WRITE, PF_PK), SIGSEGV, SEGV_PKUERR, 0x6,
		      PAGE(2));
	assert_int_equal(sig.pkey, 2);
	assert_int_equal(m.lp.fault.error_code, 0x6);
}

static void no_page_is_sigbus(void **state)
{
	(void)state;
	map_pages(7, 1, RWX);
	assert_signal(fault(PAGE(7), READ, 0), SIGBUS, BUS_ADRERR, 0x4,
		      PAGE(7));
	assert_signal(fault(PAGE(7), WRITE, 0), SIGBUS, BUS_ADRERR, 0x6,
		      PAGE(7));
	assert_signal(fault(PAGE(7), FETCH, 0), SIGBUS, BUS_ADRERR, 0x14,
		      PAGE(7));
}

static void vma_beyond_the_pages_maximum_is_sigbus(void **state)
{
	(void)state;
	/* The mapping was made before the page. */
	map_pages(7, 1, RW);
	assert_int_equal(add_pages(7 * 4096, 4096, SECINFO_REG(R), 0, NULL), 0);
	enter();
	assert_signal(fault(PAGE(7), READ, 0), SIGBUS, BUS_ADRERR, 0x4,
		      PAGE(7));
	assert_signal(fault(PAGE(7), WRITE, 0), SIGBUS, BUS_ADRERR, 0x6,
		      PAGE(7));
	assert_int_equal(real_page(PAGE(7))->prot, PROT_NONE);
}

static void page_with_absent_pte_is_installed(void **state)
{
	(void)state;
	map_pages(8, 8, RW);
	assert_int_equal(add_pages(9 * 4096, 4 * 4096, SECINFO_REG(RW), 0,
				   NULL),
			 0);
	enter();
	m.protect_calls = 0;
	assert_int_equal(fault(PAGE(11) + 100, WRITE, 0), FAULT_RETRY);
	/* Its equal neighbours are mapped with it, others are not. */
	assert_int_equal(m.protect_calls, 1);
	assert_int_equal(real_page(PAGE(8))->prot, PROT_NONE);
	for (unsigned i = 9; i < 13; i++)
		assert_int_equal(real_page(PAGE(i))->prot, RW);
	assert_int_equal(real_page(PAGE(13))->prot, PROT_NONE);
}

static void mapping_older_than_ecreate_elsewhere_is_made(void **state)
{
	(void)state;
	map_pages(2, 2, RW);
	/* As if another process had made the enclave. */
	m.mm.vmas[0].flags &= ~SGX_VMA_EPC;
	real_page(PAGE(2))->kind = REAL_NONE;
	real_page(PAGE(3))->kind = REAL_NONE;
	assert_int_equal(fault(PAGE(3), WRITE, 0), FAULT_RETRY);
	assert_int_equal(real_page(PAGE(3))->kind, REAL_EPC);
	assert_int_equal(real_page(PAGE(3))->prot, RW);
}

/* EPCM: all of its refusals are in test_fault_epcm.c ----------------- */

static void page_tables_come_first(void **state)
{
	(void)state;
	map_pages(5, 1, R);
	epcm_keep(5, R);
	assert_signal(fault(PAGE(5), WRITE, PF_PROT), SIGSEGV, SEGV_ACCERR, 0x7,
		      PAGE(5));
}

static void epcm_refuses_although_the_vma_would_let_it_write(void **state)
{
	(void)state;
	/* Without that rule this would loop: the first fault must end it. */
	map_pages(2, 1, RW);
	epcm_keep(2, R);
	assert_int_equal(fault(PAGE(2), WRITE, PF_PROT), FAULT_SIGNAL);
	assert_int_equal(sig.error_code, 0x8007);
}

static void host_key_on_execute_only_memory_is_the_epcms(void **state)
{
	(void)state;
	map_pages(6, 1, X);
	/* The host gives execute-only memory a key of its own. */
	assert_signal(fault(PAGE(6), READ, PF_PROT | PF_PK), SIGSEGV,
		      SEGV_ACCERR, 0x8005, PAGE(6));
}

/* Addresses --------------------------------------------------------- */

static void offset_is_hidden_inside_only(void **state)
{
	(void)state;
	map_pages(2, 1, R);
	assert_signal(fault(PAGE(2) + 0x123, WRITE, PF_PROT), SIGSEGV,
		      SEGV_ACCERR, 0x7, PAGE(2));
	/* EXINFO has the whole address; the signal only that of the page. */
	assert_int_equal(m.lp.fault.address, PAGE(2) + 0x123);
	leave();
	assert_signal(fault(PAGE(2) + 0x123, WRITE, PF_PROT), SIGSEGV,
		      SEGV_ACCERR, 0x7, PAGE(2) + 0x123);
}

static void fetch_outside_elrange_is_gp(void **state)
{
	(void)state;
	assert_int_equal(fault(ELSEWHERE, FETCH, 0), FAULT_SIGNAL);
	assert_int_equal(m.lp.fault.vector, VECTOR_GP);
	assert_int_equal(sig.sig, SIGSEGV);
	assert_int_equal(sig.code, SI_KERNEL);
	assert_int_equal(sig.error_code, 0);
	assert_int_equal(sig.addr, 0);
	assert_int_equal(sig.trapnr, VECTOR_GP);
}

/* Outside ----------------------------------------------------------- */

static void outside_the_epc_is_the_abort_page(void **state)
{
	(void)state;
	leave();
	map_pages(0, 1, RW);
	map_pages(2, 1, RW);
	assert_int_equal(fault(PAGE(2), READ, 0), FAULT_ABORT_PAGE);
	assert_int_equal(fault(PAGE(2), WRITE, PF_PROT), FAULT_ABORT_PAGE);
	assert_int_equal(fault(PAGE(0), READ, 0), FAULT_ABORT_PAGE);
	/* The EPCM is not asked. */
	epcm_at(PAGE(2))->valid = 0;
	assert_int_equal(fault(PAGE(2), READ, 0), FAULT_ABORT_PAGE);
}

static void outside_page_tables_rule_as_inside(void **state)
{
	(void)state;
	leave();
	map_pages(2, 1, R);
	map_pages(7, 1, R);
	assert_signal(fault(PAGE(2), WRITE, 0), SIGSEGV, SEGV_ACCERR, 0x6,
		      PAGE(2));
	assert_signal(fault(PAGE(7) + 8, READ, 0), SIGBUS, BUS_ADRERR, 0x4,
		      PAGE(7) + 8);
	assert_int_equal(fault(ELSEWHERE, READ, 0), FAULT_NOT_OURS);
}

static void another_enclaves_page_is_the_abort_page_too(void **state)
{
	(void)state;
	map_pages(2, 1, RW);
	m.lp.cr_elrange_base = ELSEWHERE;
	assert_int_equal(fault(PAGE(2), READ, 0), FAULT_ABORT_PAGE);
}

static void sync_gives_what_the_model_allows(void **state)
{
	(void)state;
	map_pages(2, 2, RW);
	real_page(PAGE(2))->prot = PROT_NONE;
	assert_int_equal(sgx_sync_page(&m.mm, PAGE(2) + 5), 0);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
	/* Nothing is mapped there, so there is nothing to do. */
	assert_int_equal(sgx_sync_page(&m.mm, ELSEWHERE), 0);
}

/* No endless loops -------------------------------------------------- */

static void host_that_keeps_refusing_ends_in_sigbus(void **state)
{
	unsigned n = 0;

	(void)state;
	map_pages(2, 1, RW);
	m.lp.r.rip = PAGE(4);
	while (fault(PAGE(2), WRITE, PF_PROT) == FAULT_RETRY && n < 1000000)
		n++;
	assert_in_range(n, 1000, 100000);
	expect(SIGBUS, BUS_ADRERR, 0x6, PAGE(2));
}

static void progress_starts_the_count_anew(void **state)
{
	(void)state;
	map_pages(2, 2, RW);
	for (unsigned i = 0; i < 200000; i++)
		assert_int_equal(fault(PAGE(2 + i % 2), WRITE, 0), FAULT_RETRY);
}

/* One instruction needs one page, which is evicted again and again. */
static void paging_starts_the_count_anew(void **state)
{
	(void)state;
	map_pages(2, 1, RW);
	for (unsigned i = 0; i < 200000; i++) {
		m.shared->paging_seq += i % 1000 == 0;
		assert_int_equal(fault(PAGE(2), WRITE, 0), FAULT_RETRY);
	}
}

/*
 * An allocator in the enclave adds, uses and removes one page again and again.
 * Between the faults, leaves of the thread retire.
 */
static void retirement_starts_the_count_anew(void **state)
{
	(void)state;
	map_pages(2, 1, RW);
	for (unsigned i = 0; i < 200000; i++) {
		assert_int_equal(fault(PAGE(2), WRITE, 0), FAULT_RETRY);
		exc_leaf_retired(&m.retries);
	}
}

static void host_that_cannot_protect_is_sigbus(void **state)
{
	(void)state;
	map_pages(2, 1, RW);
	m.fail_protect = true;
	assert_signal(fault(PAGE(2), WRITE, 0), SIGBUS, BUS_ADRERR, 0x6,
		      PAGE(2));
}

/* Faults of ENCLU --------------------------------------------------- */

static enum fault_outcome model_fault(uint8_t vector, uint32_t code,
				      uint64_t addr)
{
	memset(&sig, 0x77, sizeof(sig));
	m.lp.fault = (struct fault){ vector, code, addr };
	return machine_model_fault(&sig);
}

static void leaf_fault_with_sgx_bit(void **state)
{
	(void)state;
	leave();
	map_pages(0, 1, RW);
	assert_signal(model_fault(VECTOR_PF, 0x8005, PAGE(0) + 8), SIGSEGV,
		      SEGV_ACCERR, 0x8005, PAGE(0) + 8);
}

/* A fault of a leaf is reported although paging never ends. */
static void leaf_fault_under_endless_paging(void **state)
{
	struct ksignal signal;
	unsigned retries = 0;

	(void)state;
	leave();
	map_pages(0, 1, RW);
	do {
		m.shared->paging_seq++;
		m.lp.fault = (struct fault){ VECTOR_PF, 0x8005, PAGE(0) };
		assert_true(++retries < 100);
	} while (machine_model_fault(&signal) == FAULT_RETRY);
	assert_true(retries > 1);
	assert_int_equal(signal.sig, SIGSEGV);
}

/* A leaf that had to be retried, and then retired, is forgotten. */
static void leaf_faults_now_and_then_under_paging(void **state)
{
	(void)state;
	leave();
	map_pages(0, 1, RW);
	for (unsigned i = 0; i < 100; i++) {
		m.shared->paging_seq++;
		assert_int_equal(model_fault(VECTOR_PF, 0x8005, PAGE(0)),
				 FAULT_RETRY);
		exc_leaf_retired(&m.retries);
	}
}

static void leaf_fault_outside_any_mapping(void **state)
{
	(void)state;
	leave();
	assert_signal(model_fault(VECTOR_PF, 0x4, ELSEWHERE), SIGSEGV,
		      SEGV_MAPERR, 0x4, ELSEWHERE);
	/* Memory is mapped there, but may not be accessed. */
	m.bad = USER_BASE;
	m.bad_end = USER_BASE + 4096;
	assert_signal(model_fault(VECTOR_PF, 0x4, USER_BASE), SIGSEGV,
		      SEGV_ACCERR, 0x4, USER_BASE);
	m.read_only = USER_BASE + 4096;
	assert_signal(model_fault(VECTOR_PF, 0x7, USER_BASE + 4096), SIGSEGV,
		      SEGV_ACCERR, 0x7, USER_BASE + 4096);
	/* The access would work by now. */
	assert_int_equal(model_fault(VECTOR_PF, 0x5, USER_BASE + 4096),
			 FAULT_RETRY);
}

static void leaf_fault_on_a_missing_page(void **state)
{
	(void)state;
	leave();
	map_pages(7, 1, RW);
	assert_signal(model_fault(VECTOR_PF, 0x4, PAGE(7)), SIGBUS, BUS_ADRERR,
		      0x4, PAGE(7));
}

static void leaf_gp(void **state)
{
	(void)state;
	leave();
	assert_int_equal(model_fault(VECTOR_GP, 0, 0), FAULT_SIGNAL);
	assert_int_equal(sig.sig, SIGSEGV);
	assert_int_equal(sig.code, SI_KERNEL);
	assert_int_equal(sig.trapnr, VECTOR_GP);
}

/* A leaf with RBX = addr raises #GP; the page's first word is `word`. */
static void gp_at(uint64_t addr, uint64_t word)
{
	memcpy(epc_at(addr), &word, sizeof(word));
	m.lp.r.rbx = addr;
	assert_int_equal(model_fault(VECTOR_GP, 0, 0), FAULT_SIGNAL);
	assert_int_equal(sig.code, SI_KERNEL);
}

/* The thread that has the TCS may be dead, and the death not noticed yet. */
static void busy_tcs_starts_a_search_for_the_dead(void **state)
{
	const uint64_t other = 77ull << 32;

	(void)state;
	map_pages(0, 1, RW);
	map_pages(2, 1, RW);
	/* This leaf does not enter. */
	gp_at(PAGE(0), other | TCS_ACTIVE);
	leave();
	/* Here is no TCS, or one that no thread has. */
	gp_at(PAGE(2), other | TCS_ACTIVE);
	assert_int_equal(model_fault(VECTOR_GP, 0, 0), FAULT_SIGNAL);
	memcpy(epc_at(PAGE(0)), &other, sizeof(other));
	m.lp.r.rbx = PAGE(0);
	assert_int_equal(model_fault(VECTOR_GP, 0, 0), FAULT_RETRY);
	gp_at(PAGE(0), other);
	gp_at(PAGE(0), TCS_ACTIVE);
	assert_int_equal(m.reaps, 0);
	gp_at(PAGE(0), other | TCS_ACTIVE);
	assert_int_equal(m.reaps, 1);
}

static void kernel_addresses_get_p(void **state)
{
	(void)state;
	leave();
	assert_signal(model_fault(VECTOR_PF, 0x4, 0xffff800000000000), SIGSEGV,
		      SEGV_MAPERR, 0x5, 0xffff800000000000);
}

/* Protection keys --------------------------------------------------- */

#define PKRU_AT 576 /* in the live area of this machine */

static uint8_t xsave[PKRU_AT + 8];

/* The thread's rights: two bits a key. */
static void set_pkru(uint32_t pkru)
{
	uint64_t bv = XFEATURE_PKRU;

	m.shared->package.xfeature[XFEATURE_NR_PKRU].offset = PKRU_AT;
	m.shared->package.xfeature[XFEATURE_NR_PKRU].size = 8;
	memcpy(xsave + 512, &bv, sizeof(bv));
	memcpy(xsave + PKRU_AT, &pkru, sizeof(pkru));
	m.lp.xsave = xsave;
	m.lp.xsave_size = sizeof(xsave);
	m.lp.xsave_features = 3 | XFEATURE_PKRU;
}

#define DENY(key)      (1u << 2 * (key))
#define READ_ONLY(key) (2u << 2 * (key))

static void map_with_key(unsigned page, int prot, int key)
{
	map_pages(page, 1, prot);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(page), 4096, prot, key), 0);
}

/* The TCS of EENTER, through the walk and the fault handler. */
static enum fault_outcome eenter(uint64_t tcs)
{
	leave();
	memset(&sig, 0x77, sizeof(sig));
	m.lp.r.rax = ENCLU_EENTER;
	m.lp.r.rbx = tcs;
	m.lp.r.rcx = USER_BASE;
	assert_int_equal(execute_enclu(&m.lp), -1);
	return machine_model_fault(&sig);
}

static void tcs_under_a_key(void **state)
{
	(void)state;
	map_with_key(0, RW, 2);
	map_with_key(2, RW, 2);
	set_pkru(DENY(2));
	assert_signal(eenter(PAGE(2)), SIGSEGV, SEGV_PKUERR, 0x6, PAGE(2));
	assert_int_equal(sig.pkey, 2);
	real_page(PAGE(2))->touched = true;
	assert_signal(eenter(PAGE(2)), SIGSEGV, SEGV_PKUERR, 0x27, PAGE(2));
	assert_int_equal(sig.pkey, 2);
	assert_signal(eenter(PAGE(0)), SIGSEGV, SEGV_PKUERR, 0x6, PAGE(0));
	/* EENTER writes the TCS. */
	set_pkru(READ_ONLY(2));
	assert_signal(eenter(PAGE(2)), SIGSEGV, SEGV_PKUERR, 0x27, PAGE(2));
	/* The rights of other keys do not matter. */
	set_pkru(~(DENY(2) | READ_ONLY(2)));
	enter_by_leaf(&m.lp, PAGE(0));
}

static void operand_under_a_key(void **state)
{
	uint64_t pa;

	(void)state;
	map_with_key(2, RW, 3);
	set_pkru(READ_ONLY(3));
	assert_int_equal(sgx_walk(&m.lp, PAGE(2), 0, &pa), 0);
	assert_int_equal(sgx_walk(&m.lp, PAGE(2), PF_WRITE, &pa), -1);
	assert_int_equal(m.lp.fault.error_code, 0x6);
	set_pkru(DENY(3));
	assert_int_equal(sgx_walk(&m.lp, PAGE(2), 0, &pa), -1);
	assert_int_equal(m.lp.fault.error_code, 0x4);
	/* Fetches do not depend on keys. */
	map_with_key(5, RWX, 3);
	assert_int_equal(sgx_walk(&m.lp, PAGE(5), PF_INSTR, &pa), 0);
	/* The mapping refuses as well: the code has PK too. */
	map_with_key(2, R, 3);
	real_page(PAGE(2))->touched = true;
	assert_signal(eenter(PAGE(2)), SIGSEGV, SEGV_PKUERR, 0x27, PAGE(2));
}

static void ordinary_memory_under_a_key(void **state)
{
	(void)state;
	m.user_pkey = 1;
	set_pkru(DENY(1));
	assert_signal(eenter(USER_BASE), SIGSEGV, SEGV_PKUERR, 0x27, USER_BASE);
	assert_int_equal(sig.pkey, 1);
	set_pkru(~DENY(1) & ~READ_ONLY(1));
	assert_int_equal(eenter(USER_BASE), FAULT_SIGNAL);
	assert_int_equal(sig.code, m.sgx2 ? SEGV_ACCERR : SI_KERNEL);
}

/* The walk ---------------------------------------------------------- */

/* The page tables are asked before the EPCM. */
static void tcs_in_ordinary_memory(void **state)
{
	(void)state;
	assert_signal(eenter(USER_BASE), SIGSEGV, SEGV_ACCERR, 0x8007,
		      USER_BASE);
	m.read_only = USER_BASE;
	assert_signal(eenter(USER_BASE), SIGSEGV, SEGV_ACCERR, 0x7, USER_BASE);
	m.bad = USER_BASE;
	m.bad_end = USER_BASE + 1;
	assert_signal(eenter(USER_BASE), SIGSEGV, SEGV_ACCERR, 0x6, USER_BASE);
	assert_signal(eenter(ELSEWHERE), SIGSEGV, SEGV_MAPERR, 0x6, ELSEWHERE);
}

static void tcs_in_a_read_only_mapping(void **state)
{
	(void)state;
	map_pages(2, 1, R);
	assert_signal(eenter(PAGE(2)), SIGSEGV, SEGV_ACCERR, 0x6, PAGE(2));
	real_page(PAGE(2))->touched = true;
	assert_signal(eenter(PAGE(2)), SIGSEGV, SEGV_ACCERR, 0x7, PAGE(2));
}

/* An earlier read from outside has made the PTE. */
static void touched_tcs_in_a_read_only_mapping(void **state)
{
	(void)state;
	leave();
	map_pages(0, 1, R);
	assert_int_equal(fault(PAGE(0), READ, 0), FAULT_ABORT_PAGE);
	assert_signal(eenter(PAGE(0)), SIGSEGV, SEGV_ACCERR, 0x7, PAGE(0));
}

/* The host never sees an access to a TCS: there, the model notes it. */
static void used_tcs_in_a_read_only_mapping(void **state)
{
	(void)state;
	map_pages(0, 1, R);
	map_pages(2, 1, RW);
	assert_signal(eenter(PAGE(0)), SIGSEGV, SEGV_ACCERR, 0x6, PAGE(0));
	map_pages(0, 1, RW);
	enter_by_leaf(&m.lp, PAGE(0));
	exit_by_leaf(&m.lp);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(0), 4096, R, -1), 0);
	assert_signal(eenter(PAGE(0)), SIGSEGV, SEGV_ACCERR, 0x7, PAGE(0));
}

static void walk_finds_the_page(void **state)
{
	uint64_t pa = 1;

	(void)state;
	map_pages(2, 1, R);
	assert_int_equal(sgx_walk(&m.lp, PAGE(2) + 0x18, 0, &pa), 0);
	assert_int_equal(pa, m.encl->epc_base + 2 * 4096 + 0x18);
}

static void walk_refuses_like_page_tables(void **state)
{
	uint64_t pa;

	(void)state;
	map_pages(2, 1, R);
	real_page(PAGE(2))->touched = true;
	assert_int_equal(sgx_walk(&m.lp, PAGE(2), PF_WRITE, &pa), -1);
	assert_int_equal(m.lp.fault.error_code, 0x7);
	assert_int_equal(sgx_walk(&m.lp, PAGE(2), PF_INSTR, &pa), -1);
	assert_int_equal(m.lp.fault.error_code, 0x15);
	map_pages(7, 1, RW);
	assert_int_equal(sgx_walk(&m.lp, PAGE(7), PF_WRITE, &pa), -1);
	assert_int_equal(m.lp.fault.error_code, 0x6);
	assert_int_equal(m.lp.fault.address, PAGE(7));
	map_pages(2, 1, PROT_NONE);
	assert_int_equal(sgx_walk(&m.lp, PAGE(2), 0, &pa), -1);
	assert_int_equal(m.lp.fault.error_code, 0x4);
}

static void walk_tells_memory_from_nothing(void **state)
{
	uint64_t pa = 1;

	(void)state;
	assert_int_equal(sgx_walk(&m.lp, USER_BASE, 0, &pa), 0);
	assert_int_equal(pa, EPC_NONE);
	assert_int_equal(sgx_walk(&m.lp, ELSEWHERE, 0, &pa), -1);
	assert_int_equal(m.lp.fault.error_code, 0x4);
}

/* A fault does not depend on whether the enclave is initialized. */
#define BUILDING(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_created, \
					machine_teardown)
#define INSIDE(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

#define SGX2(f) cmocka_unit_test_setup_teardown(f, setup_sgx2, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("page fault inside an enclave",
		"arch/x86/mm/fault.c do_user_addr_fault(), access_error(); "
		"sgx/encl.c sgx_vma_fault()"),
	ROW("no VMA", "SEGV_MAPERR, of the host's",
	    INSIDE(no_vma_is_the_hosts)),
	ROW("PROT_NONE", "SEGV_ACCERR, P 0", INSIDE(prot_none)),
	ROW("a write, the VMA is read only, no PTE", "SEGV_ACCERR, 6H",
	    INSIDE(write_to_read_only_pte_absent)),
	ROW("a write, the VMA is read only, a PTE", "SEGV_ACCERR, 7H",
	    INSIDE(write_to_read_only_pte_present)),
	ROW("a fetch, the VMA has no X, there is a page", "SEGV_ACCERR, 15H",
	    INSIDE(fetch_not_executable_page_exists)),
	ROW("a fetch, no page", "SIGBUS", INSIDE(fetch_not_executable_no_page)),
	DEVIATES("DK9", "a read, the VMA is X only", "allowed",
		 INSIDE(read_of_execute_only_vma_is_allowed)),
	ROW("a protection key denies, a PTE", "SEGV_PKUERR",
	    INSIDE(key_denies_present)),
	ROW("a protection key denies, no PTE", "SEGV_PKUERR",
	    INSIDE(key_denies_absent)),
	ROW("the VMA allows, no page, no SGX2", "SIGBUS",
	    INSIDE(no_page_is_sigbus)),
	ROW("the VMA allows more than the page's maximum", "SIGBUS",
	    BUILDING(vma_beyond_the_pages_maximum_is_sigbus)),
	ROW("the VMA allows, a page, no PTE", "the PTE is made",
	    BUILDING(page_with_absent_pte_is_installed),
	    INSIDE(mapping_older_than_ecreate_elsewhere_is_made)),
	ROW("both page tables and EPCM refuse", "the page tables' fault",
	    SGX2(page_tables_come_first)),
	ROW("the VMA allows, the EPCM refuses", "SEGV_ACCERR, 8000H",
	    SGX2(epcm_refuses_although_the_vma_would_let_it_write),
	    SGX2(host_key_on_execute_only_memory_is_the_epcms)),
	ROW("the address", "without its offset in the page",
	    INSIDE(offset_is_hidden_inside_only)),
	ROW("a fetch outside ELRANGE", "#GP: SIGSEGV, SI_KERNEL",
	    INSIDE(fetch_outside_elrange_is_gp)),
	ROW("a kernel address", "P is set", INSIDE(kernel_addresses_get_p)),
	SUBJECT("page fault outside an enclave",
		"arch/x86/mm/fault.c do_user_addr_fault()"),
	ROW("the page tables refuse", "as inside",
	    INSIDE(outside_page_tables_rule_as_inside)),
	ROW("enclave memory", "the abort page",
	    INSIDE(outside_the_epc_is_the_abort_page),
	    INSIDE(another_enclaves_page_is_the_abort_page_too)),
	SUBJECT("fault of a leaf", "arch/x86/mm/fault.c do_user_addr_fault()"),
	ROW("the EPCM refuses an operand", "SEGV_ACCERR, 8000H",
	    INSIDE(leaf_fault_with_sgx_bit),
	    INSIDE(leaf_fault_under_endless_paging),
	    INSIDE(leaf_faults_now_and_then_under_paging)),
	ROW("no VMA", "SEGV_MAPERR or SEGV_ACCERR",
	    INSIDE(leaf_fault_outside_any_mapping)),
	ROW("EENTER: TCS in ordinary memory",
	    "8007H; what the page tables "
	    "refuse without the SGX bit",
	    SGX2(tcs_in_ordinary_memory)),
	ROW("EENTER: TCS in a read-only mapping",
	    "SEGV_ACCERR; P if there is "
	    "a PTE",
	    INSIDE(tcs_in_a_read_only_mapping)),
	DEVIATES("DK21", "the same, a real TCS", "P if it was used recently",
		 INSIDE(used_tcs_in_a_read_only_mapping),
		 INSIDE(touched_tcs_in_a_read_only_mapping)),
	ROW("a protection key denies an operand",
	    "SEGV_PKUERR; P and PK if "
	    "there is a PTE",
	    INSIDE(tcs_under_a_key), INSIDE(operand_under_a_key),
	    INSIDE(ordinary_memory_under_a_key)),
	ROW("no page", "SIGBUS", INSIDE(leaf_fault_on_a_missing_page)),
	ROW("#GP", "SIGSEGV, SI_KERNEL", INSIDE(leaf_gp)),
	TESTS(INSIDE(busy_tcs_starts_a_search_for_the_dead),
	      INSIDE(sync_gives_what_the_model_allows),
	      INSIDE(host_that_keeps_refusing_ends_in_sigbus),
	      INSIDE(progress_starts_the_count_anew),
	      INSIDE(paging_starts_the_count_anew),
	      INSIDE(retirement_starts_the_count_anew),
	      INSIDE(host_that_cannot_protect_is_sigbus),
	      INSIDE(walk_finds_the_page),
	      INSIDE(walk_refuses_like_page_tables),
	      INSIDE(walk_tells_memory_from_nothing)),
};

CONFORM_MAIN(rows, NULL)
