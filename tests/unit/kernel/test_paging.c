/* SPDX-License-Identifier: BSD-3-Clause */
/* Paging: the enclaves are larger than the EPC. */
#include <signal.h>

#include "cpu/hold.h"
#include "cpu/mem.h"
#include "cpu/secs.h"
#include "kernel/sgx/encl.h"
#include "sgx2.h"
#include "tests/conform/conform.h"

#define BIG_SIZE  0x200000ull /* 512 pages */
#define BIG_PAGES 500u
#define EPC_PAGES 64u

/* The content of page i of the big enclave. */
static void fill(unsigned i)
{
	uint8_t content[SGX_PAGE_SIZE];

	memset(content, i, sizeof(content));
	memcpy(content, &i, sizeof(i));
	user_write(SOURCE, content, sizeof(content));
}

static bool is_filled(unsigned i)
{
	const uint8_t *page = epc_at(PAGE(i));
	unsigned number;

	memcpy(&number, page, sizeof(number));
	return number == i && page[100] == (uint8_t)i &&
	       page[4095] == (uint8_t)i;
}

static void tcs_source(void)
{
	struct sgx_tcs tcs = {
		.ossa = 2 * SGX_PAGE_SIZE,
		.nssa = 1,
		.oentry = 4 * SGX_PAGE_SIZE,
		.fslimit = UINT32_MAX,
		.gslimit = UINT32_MAX,
	};
	uint8_t page[SGX_PAGE_SIZE] = { 0 };

	memcpy(page, &tcs, sizeof(tcs));
	user_write(SOURCE, page, sizeof(page));
}

/* Page 0 is a TCS, the others hold their numbers. */
static void build_big(void)
{
	struct sgx_secs secs = standard_secs();

	secs.size = BIG_SIZE;
	assert_int_equal(create_with(&secs), 0);
	tcs_source();
	add_measured(0, 1, SECINFO_TCS);
	for (unsigned i = 1; i < BIG_PAGES; i++) {
		fill(i);
		add_measured(i, 1, SECINFO_REG(RW));
	}
	assert_int_equal(init_with(NULL), 0);
	assert_int_equal(map_fixed(ENCL_BASE, BIG_SIZE, RW), ENCL_BASE);
}

static int setup_big(void **state)
{
	machine_setup_sgx2(state);
	machine_set_epc_pages(EPC_PAGES);
	build_big();
	enter_by_leaf(&m.lp, PAGE(0));
	return 0;
}

static unsigned resident(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < BIG_PAGES; i++)
		n += sgx_page_present(page_at(PAGE(i)));
	return n;
}

static void never_over_committed(void)
{
	uint64_t used = EPC_PAGES - m.shared->epc_free_pages;

	assert_true(m.shared->epc_free_pages <= EPC_PAGES);
	/* Pages, SECS, version array. */
	assert_int_equal(used, resident() + 2);
	assert_int_equal(m.encl->epc_pages, used);
	assert_int_equal(m.encl->secs_child_cnt, resident());
}

static void contents_survive(void **state)
{
	(void)state;
	never_over_committed();
	for (unsigned pass = 0; pass < 3; pass++) {
		for (unsigned i = 1; i < BIG_PAGES; i++) {
			read_byte(PAGE(i));
			assert_true(is_filled(i));
			never_over_committed();
		}
	}
	assert_true(m.shared->stat_eldu > 3 * (BIG_PAGES - EPC_PAGES));
}

static void writes_survive_in_any_order(void **state)
{
	uint32_t random = 1;
	uint8_t want[BIG_PAGES] = { 0 };

	(void)state;
	for (unsigned i = 3; i < BIG_PAGES; i++)
		want[i] = i;
	for (unsigned n = 0; n < 4000; n++) {
		unsigned i;

		random = random * 1664525 + 1013904223;
		i = 3 + (random >> 8) % (BIG_PAGES - 3);
		assert_int_equal(read_byte(PAGE(i) + 999), want[i]);
		want[i] = random >> 24;
		write_byte(PAGE(i) + 999, want[i]);
	}
	never_over_committed();
}

/* Eight bytes from the middle of page 7. */
static bool shows_page_7(void)
{
	return !memcmp(epc_at(PAGE(7)) + 100, "\7\7\7\7\7\7\7\7", 8);
}

/* No old mapping reaches an evicted page, and its content is encrypted. */
static void evicted_page_is_gone(void **state)
{
	(void)state;
	read_byte(PAGE(7));
	assert_int_equal(real_page(PAGE(7))->prot, RW);
	evict(PAGE(7));
	assert_int_equal(real_page(PAGE(7))->prot, PROT_NONE);
	assert_int_equal(epcm_at(PAGE(7))->valid, 0);
	assert_false(shows_page_7());
	assert_int_equal(read_byte(PAGE(7) + 5), 7);
}

/* Paging needs no memory besides the page's own. */
static void paging_leaves_the_memory_in_place(void **state)
{
	uint64_t discarded = m.discarded;

	(void)state;
	read_byte(PAGE(7));
	assert_true(shows_page_7());
	evict(PAGE(7));
	assert_false(mem_is_zero(epc_at(PAGE(7)), SGX_PAGE_SIZE));
	read_byte(PAGE(7));
	assert_true(shows_page_7());
	assert_int_equal(m.discarded, discarded);
}

static void altered_backing_is_sigbus(void **state)
{
	const struct ksignal *signal;

	(void)state;
	read_byte(PAGE(7));
	evict(PAGE(7));
	epc_at(PAGE(7))[9] ^= 1;
	signal = access_signal(PAGE(7), PF_WRITE);
	assert_non_null(signal);
	assert_int_equal(signal->sig, SIGBUS);
	assert_int_equal(signal->code, BUS_ADRERR);
	assert_int_equal(signal->error_code, 0x6);
	never_over_committed();
	/* After the repair it can be loaded. */
	epc_at(PAGE(7))[9] ^= 1;
	assert_int_equal(read_byte(PAGE(7) + 5), 7);
}

static void old_copy_is_refused(void **state)
{
	uint64_t pa = sgx_encl_pa(m.encl, PAGE(7));
	uint8_t copy[SGX_PAGE_SIZE];
	struct sgx_pcmd pcmd;

	(void)state;
	read_byte(PAGE(7));
	evict(PAGE(7));
	memcpy(copy, epc_at(PAGE(7)), sizeof(copy));
	pcmd = m.mm.pcmd[pa >> SGX_PAGE_SHIFT];
	write_byte(PAGE(7), 1);
	evict(PAGE(7));
	memcpy(epc_at(PAGE(7)), copy, sizeof(copy));
	m.mm.pcmd[pa >> SGX_PAGE_SHIFT] = pcmd;
	assert_int_equal(access_signal(PAGE(7), 0)->sig, SIGBUS);
}

static void secs_leaves_after_the_last_page(void **state)
{
	const struct sgx_encl_page *secs =
		&m.mm.pages[m.encl->secs_pa >> SGX_PAGE_SHIFT];

	(void)state;
	exit_by_leaf(&m.lp);
	for (unsigned i = 0; i < BIG_PAGES; i++) {
		assert_true(sgx_page_present(secs));
		if (resident() == 0)
			break;
		if (sgx_page_present(page_at(PAGE(i))))
			evict(PAGE(i));
		if (resident() == 0)
			break;
	}
	assert_int_equal(sgx_page_flags(secs), SGX_PAGE_EVICTED);
	assert_int_equal(epcm_of(&m.mm.cpu, m.encl->secs_pa)->valid, 0);
	/* Only the version array. */
	assert_int_equal(m.encl->epc_pages, 1);
	/* All pages can be loaded again. */
	enter_by_leaf(&m.lp, PAGE(0));
	assert_true(sgx_page_present(secs));
	assert_int_equal(read_byte(PAGE(499) + 77), 499 & 0xff);
	never_over_committed();
}

static void secs_of_an_enclave_being_built_stays(void **state)
{
	(void)state;
	machine_set_epc_pages(EPC_PAGES);
	assert_int_equal(create(), 0);
	assert_int_equal(add_pages(0, 4096, SECINFO_REG(RW), 0, NULL), 0);
	evict(PAGE(0));
	assert_int_equal(epcm_of(&m.mm.cpu, m.encl->secs_pa)->valid, 1);
	assert_int_equal(add_pages(4096, 4096, SECINFO_REG(RW), 0, NULL), 0);
}

static void young_pages_get_a_second_chance(void **state)
{
	(void)state;
	/* No page has been used since the clock's hand passed it. */
	for (unsigned i = 0; i < BIG_PAGES; i++) {
		if (sgx_page_present(page_at(PAGE(i))))
			page_at(PAGE(i))->flags = 0;
	}
	for (unsigned i = 10; i < 20; i++)
		read_byte(PAGE(i));
	m.shared->hand = 0;
	while (m.shared->epc_free_pages >= 8)
		m.shared->epc_free_pages--, m.encl->epc_pages++;
	assert_int_equal(sgx_make_room(&m.mm), 0);
	for (unsigned i = 10; i < 20; i++)
		assert_true(sgx_page_present(page_at(PAGE(i))));
}

static bool is_held(uint64_t addr)
{
	return epcm_held(&m.mm.cpu, sgx_encl_pa(m.encl, addr));
}

/* An AEX may need the TCS and SSA of a thread inside at any time. */
static void pages_that_a_processor_holds_stay(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * BIG_PAGES; i++) {
		read_byte(PAGE(3 + i % (BIG_PAGES - 3)));
		assert_true(is_held(PAGE(0)));
		assert_true(is_held(PAGE(2)));
		assert_int_equal(epcm_at(PAGE(0))->valid, 1);
		assert_int_equal(epcm_at(PAGE(2))->blocked, 0);
	}
	exit_by_leaf(&m.lp);
	assert_false(is_held(PAGE(0)));
	evict(PAGE(0));
	evict(PAGE(2));
	enter_by_leaf(&m.lp, PAGE(0));
}

/* While a processor inside ignores interrupts, no page can leave. */
static void thread_that_does_not_leave_keeps_pages_in(void **state)
{
	(void)state;
	read_byte(PAGE(9));
	page_at(PAGE(9))->flags = SGX_PAGE_BEING_RECLAIMED;
	m.ignores_ipi = true;
	assert_int_equal(sgx_finish_reclaim(&m.mm, m.encl,
					    sgx_encl_pa(m.encl, PAGE(9))),
			 0);
	assert_int_equal(epcm_at(PAGE(9))->valid, 1);
	assert_int_equal(epcm_at(PAGE(9))->blocked, 1);
	assert_int_equal(real_page(PAGE(9))->prot, PROT_NONE);
	/* After many failures that counts as impossible. */
	m.shared->reclaim_failures = 256;
	assert_int_equal(sgx_finish_reclaim(&m.mm, m.encl,
					    sgx_encl_pa(m.encl, PAGE(9))),
			 -ENOMEM);
	/* When it leaves, a fault completes the eviction. */
	m.ignores_ipi = false;
	assert_int_equal(read_byte(PAGE(9) + 50), 9);
	assert_int_equal(epcm_at(PAGE(9))->blocked, 0);
}

/* A thread that uses every page never leaves: waiting for it ends. */
static void waiting_for_pages_ends(void **state)
{
	const struct ksignal *signal = NULL;

	(void)state;
	m.ignores_ipi = true;
	for (unsigned i = 1; i < BIG_PAGES && !signal; i++)
		signal = access_signal(PAGE(i), PF_WRITE);
	assert_non_null(signal);
	assert_int_equal(signal->sig, SIGBUS);
	assert_int_equal(m.shared->epc_free_pages, 0);
	/* It fails only once reclaim_patience is over. */
	assert_int_equal(sgx_make_room(&m.mm), -ENOMEM);
	m.shared->reclaim_patience = 10;
	m.now = m.shared->reclaim_since + 9;
	assert_int_equal(sgx_make_room(&m.mm), 0);
	m.now++;
	assert_int_equal(sgx_make_room(&m.mm), -ENOMEM);
	m.now = m.shared->reclaim_since;
	/* It succeeds again once the thread leaves. */
	m.ignores_ipi = false;
	for (unsigned i = 1; i < BIG_PAGES; i++)
		assert_null(access_signal(PAGE(i), PF_WRITE));
	never_over_committed();
}

/* The thread inside may be waiting for the caller. */
static void eviction_on_request_does_not_wait(void **state)
{
	(void)state;
	read_byte(PAGE(9));
	m.ignores_ipi = true;
	m.rescheds = 0;
	assert_int_equal(sgx_evict(&m.mm, m.encl, PAGE(9), PAGE(10)), 0);
	assert_int_equal(m.rescheds, 0);
	assert_int_equal(epcm_at(PAGE(9))->valid, 1);
	/* The next request completes the eviction. */
	m.ignores_ipi = false;
	assert_int_equal(sgx_evict(&m.mm, m.encl, PAGE(9), PAGE(10)), 1);
	assert_int_equal(sgx_page_flags(page_at(PAGE(9))), SGX_PAGE_EVICTED);
	assert_int_equal(sgx_evict(&m.mm, m.encl, PAGE(9), PAGE(10)), 0);
}

static void reclaimer_that_died_is_replaced(void **state)
{
	(void)state;
	read_byte(PAGE(9));
	/* The process was killed with the page blocked. */
	page_at(PAGE(9))->flags = SGX_PAGE_BEING_RECLAIMED;
	epcm_at(PAGE(9))->blocked = 1;
	assert_int_equal(read_byte(PAGE(9) + 50), 9);
}

/* Killed after EWB, before the page was marked: the journal has all of it. */
static void page_written_out_by_a_dead_process_is_found(void **state)
{
	uint64_t pa = sgx_encl_pa(m.encl, PAGE(9));

	(void)state;
	read_byte(PAGE(9));
	exit_by_leaf(&m.lp);
	evict(PAGE(9));
	page_at(PAGE(9))->flags = SGX_PAGE_BEING_RECLAIMED;
	hold_lock(&m.encl->lock, 7, 70);
	memcpy(sgx_scratch(&m.mm, m.encl), epc_at(PAGE(9)), SGX_PAGE_SIZE);
	memset(epc_at(PAGE(9)), 0x77, SGX_PAGE_SIZE);
	m.encl->journal.pcmd = m.mm.pcmd[pa >> SGX_PAGE_SHIFT];
	memset(&m.mm.pcmd[pa >> SGX_PAGE_SHIFT], 0, sizeof(*m.mm.pcmd));
	m.encl->journal.slot = page_at(PAGE(9))->va_slot;
	page_at(PAGE(9))->va_slot = 0;
	sgx_journal_begin(m.encl, SGX_DOING_EWB, pa);
	m.encl->secs_child_cnt++;
	m.encl->epc_pages++;
	m.shared->epc_free_pages--;
	sgx_exit(&m.mm, 7);
	enter_by_leaf(&m.lp, PAGE(0));
	assert_int_equal(read_byte(PAGE(9) + 50), 9);
	never_over_committed();
}

static void loss_makes_what_was_evicted_sigbus(void **state)
{
	uint64_t enclaves, pages, used;

	(void)state;
	read_byte(PAGE(8));
	read_byte(PAGE(9));
	exit_by_leaf(&m.lp);
	evict(PAGE(8));
	used = EPC_PAGES - m.shared->epc_free_pages;
	sgx_invalidate_all(&m.mm, &enclaves, &pages);
	sgx_resync(&m.mm);
	assert_int_equal(enclaves, 1);
	assert_int_equal(pages, used);
	enter();
	assert_int_equal(access_signal(PAGE(9), 0)->error_code, 0x8005);
	assert_int_equal(access_signal(PAGE(8), 0)->sig, SIGBUS);
	leave();
}

static void evicted_after_the_loss_is_sigbus_too(void **state)
{
	uint64_t enclaves, pages;

	(void)state;
	read_byte(PAGE(9));
	exit_by_leaf(&m.lp);
	sgx_invalidate_all(&m.mm, &enclaves, &pages);
	evict(PAGE(9));
	enter();
	assert_int_equal(access_signal(PAGE(9), 0)->sig, SIGBUS);
	leave();
}

/* EWB faults with #GP there.  A search for room must still end. */
static void evicted_after_the_loss_without_sgx2(void **state)
{
	m.shared->package.sgx2 = false;
	evicted_after_the_loss_is_sigbus_too(state);
}

static void everything_is_given_back(void **state)
{
	(void)state;
	exit_by_leaf(&m.lp);
	sgx_encl_release(&m.mm, m.encl);
	assert_int_equal(m.shared->epc_free_pages, EPC_PAGES);
	for (uint64_t pa = 0; pa < 2 * SGX_CHUNK_SIZE; pa += SGX_PAGE_SIZE) {
		assert_int_equal(epcm_of(&m.mm.cpu, pa)->valid, 0);
		assert_true(mem_is_zero(epc_ptr(&m.mm.cpu, pa), SGX_PAGE_SIZE));
		assert_int_equal(m.mm.pages[pa >> SGX_PAGE_SHIFT].added, 0);
	}
}

static void the_space_serves_again(void **state)
{
	(void)state;
	exit_by_leaf(&m.lp);
	sgx_munmap(&m.mm, ENCL_BASE, BIG_SIZE);
	sgx_encl_release(&m.mm, m.encl);
	assert_int_equal(sgx_open(&m.mm, SGX_FILE_ENCLAVE, 1000), 0);
	build_big();
	enter_by_leaf(&m.lp, PAGE(0));
	assert_int_equal(read_byte(PAGE(250) + 50), 250);
	never_over_committed();
}

static void new_enclave(unsigned ino, uint64_t base, uint64_t size)
{
	struct sgx_secs secs = standard_secs();
	int index = sgx_open(&m.mm, SGX_FILE_ENCLAVE, ino);

	assert_true(index >= 0);
	m.encl = &m.shared->encls[index];
	secs.baseaddr = base;
	secs.size = size;
	assert_int_equal(create_with(&secs), 0);
}

/* One enclave's last page, then another one's SECS at the same address. */
static void secs_comes_where_an_evicted_page_was(void **state)
{
	const uint64_t size = 2 * BIG_SIZE, last = size - SGX_PAGE_SIZE;
	uint64_t pa;

	(void)state;
	sgx_encl_release(&m.mm, m.encl);
	new_enclave(1000, ELSEWHERE, size);
	assert_int_equal(add_pages(last, SGX_PAGE_SIZE, SECINFO_REG(RW), 0,
				   NULL),
			 0);
	evict(ELSEWHERE + last);
	pa = sgx_encl_pa(m.encl, ELSEWHERE + last);
	sgx_encl_release(&m.mm, m.encl);
	new_enclave(1001, ELSEWHERE, BIG_SIZE);
	new_enclave(1002, ENCL_BASE, BIG_SIZE);
	assert_int_equal(m.encl->secs_pa, pa);
	standard_pages();
	assert_int_equal(init_with(NULL), 0);
	assert_int_equal(map_fixed(PAGE(2), 2 * SGX_PAGE_SIZE, RW), PAGE(2));
	assert_true(sgx_page_present(sgx_page_at(&m.mm, pa)));
	check_answer(restrict_pages(2 * SGX_PAGE_SIZE, SGX_PAGE_SIZE, R), 0, 0,
		     SGX_PAGE_SIZE);
}

/* The host allows fewer mappings than there are pages in use. */
static int few_mappings(uint64_t addr, uint64_t len, int prot, int pkey,
			uint64_t pa)
{
	(void)pkey;
	(void)pa;
	if (prot != PROT_NONE && m.protect_calls++ % 50 == 49)
		return -ENOMEM;
	for (uint64_t a = addr; a < addr + len; a += SGX_PAGE_SIZE)
		real_page(a)->prot = prot;
	return 0;
}

static void host_out_of_mappings_starts_anew(void **state)
{
	(void)state;
	m.host.protect = few_mappings;
	for (unsigned i = 1; i < BIG_PAGES; i++) {
		read_byte(PAGE(i));
		assert_true(is_filled(i));
	}
}

/* All of PAGE(64) to PAGE(95) are out, and there is room for them. */
static void pages_out(void)
{
	for (unsigned i = 3; i < BIG_PAGES; i++) {
		if (sgx_page_present(page_at(PAGE(i))))
			evict(PAGE(i));
	}
	assert_true(m.shared->epc_free_pages > 40);
}

static unsigned loaded(unsigned from, unsigned to)
{
	unsigned n = 0;

	for (; from < to; from++)
		n += sgx_page_present(page_at(PAGE(from)));
	return n;
}

/* One more each time that it goes on; no further than 64 KiB reach. */
static void who_goes_on_finds_pages_loaded(void **state)
{
	(void)state;
	pages_out();
	read_byte(PAGE(64));
	assert_int_equal(loaded(64, 96), 1);
	read_byte(PAGE(65));
	assert_int_equal(loaded(64, 96), 3);
	read_byte(PAGE(66));
	read_byte(PAGE(67));
	assert_int_equal(loaded(64, 96), 6);
	read_byte(PAGE(70));
	assert_int_equal(loaded(64, 96), 11);
	read_byte(PAGE(75));
	assert_int_equal(loaded(64, 96), 16);
	for (unsigned i = 64; i < 80; i++)
		assert_true(is_filled(i));
	read_byte(PAGE(80));
	assert_int_equal(loaded(64, 96), 32);
	never_over_committed();
}

static void who_jumps_about_does_not(void **state)
{
	(void)state;
	pages_out();
	for (unsigned i = 94; i >= 64; i -= 2)
		read_byte(PAGE(i));
	assert_int_equal(loaded(64, 96), 16);
	read_byte(PAGE(64) + 8);
	read_byte(PAGE(128));
	assert_int_equal(loaded(64, 96), 16);
	assert_int_equal(loaded(128, 144), 1);
}

static void none_is_paged_out_for_those_ahead(void **state)
{
	uint64_t written;

	(void)state;
	pages_out();
	read_byte(PAGE(62));
	read_byte(PAGE(63));
	/* Room for two: the one that is read, and one more. */
	m.encl->epc_pages += m.shared->epc_free_pages - 2;
	m.shared->epc_free_pages = 2;
	written = m.shared->stat_ewb;
	read_byte(PAGE(64));
	assert_int_equal(m.shared->epc_free_pages, 0);
	assert_int_equal(m.shared->stat_ewb, written);
	assert_int_equal(loaded(64, 96), 2);
}

/* No page is added, or is there, of which a fault would not have been. */
static void none_is_added_ahead(void **state)
{
	uint64_t added = m.shared->stat_eaug;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_non_null(access_signal(PAGE(BIG_PAGES + i), PF_WRITE));
	assert_int_equal(m.shared->stat_eaug, added + 3);
	assert_int_equal(epcm_at(PAGE(BIG_PAGES + 3))->valid, 0);
}

#define BIG(f) cmocka_unit_test_setup_teardown(f, setup_big, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("reclaiming", "sgx/main.c sgx_reclaim_pages()"),
	ROW("an evicted page", "is as it was when it is loaded",
	    BIG(contents_survive), BIG(writes_survive_in_any_order)),
	ROW("the page in the EPC", "is invalid and unreadable",
	    BIG(evicted_page_is_gone)),
	ROW("ELDU fails", "SIGBUS", BIG(altered_backing_is_sigbus),
	    BIG(old_copy_is_refused)),
	ROW("the SECS", "leaves last, once initialized",
	    BIG(secs_leaves_after_the_last_page),
	    BIG(secs_of_an_enclave_being_built_stays)),
	DEVIATES("DK14", "pages used since the last pass",
		 "stay; young are "
		 "those loaded or given by a fault",
		 BIG(young_pages_get_a_second_chance)),
	DEVIATES("DK16", "pages that a processor inside needs", "stay",
		 BIG(pages_that_a_processor_holds_stay)),
	DEVIATES("DK13", "who reclaims", "who allocates; there is no ksgxd",
		 BIG(thread_that_does_not_leave_keeps_pages_in)),
	DEVIATES("DK23", "who faults on page after page",
		 "finds the next ones loaded, if there is room",
		 BIG(who_goes_on_finds_pages_loaded),
		 BIG(who_jumps_about_does_not),
		 BIG(none_is_paged_out_for_those_ahead),
		 BIG(none_is_added_ahead)),
	ROW("the EPC was lost", "SIGBUS for what is loaded",
	    BIG(loss_makes_what_was_evicted_sigbus),
	    BIG(evicted_after_the_loss_is_sigbus_too),
	    BIG(evicted_after_the_loss_without_sgx2)),
	ROW("the enclave is released", "all is given back",
	    BIG(everything_is_given_back), BIG(the_space_serves_again)),
	TESTS(cmocka_unit_test_setup_teardown(
		      secs_comes_where_an_evicted_page_was, machine_setup_sgx2,
		      machine_teardown),
	      BIG(paging_leaves_the_memory_in_place),
	      BIG(waiting_for_pages_ends),
	      BIG(eviction_on_request_does_not_wait),
	      BIG(reclaimer_that_died_is_replaced),
	      BIG(page_written_out_by_a_dead_process_is_found),
	      BIG(host_out_of_mappings_starts_anew)),
};

CONFORM_MAIN(rows, NULL)
