/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sections: a lock is taken from a holder that has stopped.  A thread that lost
 * its lock begins again, unless another thread has finished its work.
 */
#include "cpu/epcm.h"
#include "cpu/processors.h"
#include "cpu/tcs.h"
#include "fixture.h"
#include "kernel/platform/lock.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encl.h"

#define MS 1000000ull

/* There are two threads: this one, and one that is stopped meanwhile. */
static unsigned self;
static struct sgx_section *innermost[2];

static struct sgx_section **section(void)
{
	return &innermost[self];
}

static void become(unsigned who)
{
	self = who;
	m.process = 7 + who;
	m.thread = 70 + who;
}

static int can_be_stopped(uint32_t process, uint32_t thread)
{
	assert_int_equal(process, 7);
	assert_int_equal(thread, 70);
	return 0;
}

static int setup(void **state)
{
	machine_setup_initialized(state);
	memset(innermost, 0, sizeof(innermost));
	m.host.section = section;
	m.on_preempt = can_be_stopped;
	m.tick = 5 * MS;
	become(0);
	return 0;
}

static int nothing(struct sgx_mm *mm, void *arg)
{
	(void)mm;
	(void)arg;
	return 17;
}

/* The other thread takes the lock, and releases it. */
static void other_locks(struct sgx_lock *lock)
{
	become(1);
	if (lock == &m.shared->lock)
		assert_int_equal(sgx_locked_shared(&m.mm, nothing, NULL), 17);
	else
		assert_int_equal(sgx_locked(&m.mm, m.encl, nothing, NULL), 17);
	assert_null(innermost[1]);
	become(0);
}

/* The handler of the interrupt that found the thread here. */
static void interrupted(bool lost)
{
	struct sgx_section *s = innermost[0];

	assert_int_equal(sgx_section_lost(s, &m.lp), lost);
	if (lost)
		sgx_section_again(&m.mm, s);
}

static void check_quiet(void)
{
	assert_null(innermost[0]);
	assert_false(sgx_lock_is_held(&m.encl->lock));
	assert_false(sgx_lock_is_held(&m.shared->lock));
	assert_int_equal(sgx_journal_op(m.encl), SGX_DOING_NOTHING);
}

/* Taking it ----------------------------------------------------------- */

static unsigned runs;

static int look(struct sgx_mm *mm, void *arg)
{
	(void)mm;
	(void)arg;
	runs++;
	assert_int_equal(sgx_ticket_process(sgx_lock_read(&m.encl->lock)), 7);
	assert_int_equal(sgx_ticket_thread(sgx_lock_read(&m.encl->lock)), 70);
	assert_true(sgx_lock_is_held(&m.encl->lock));
	assert_ptr_equal(innermost[0]->lock, &m.encl->lock);
	interrupted(false);
	return 5;
}

static void one_that_is_free(void **state)
{
	(void)state;
	runs = 0;
	assert_int_equal(sgx_locked(&m.mm, m.encl, look, NULL), 5);
	assert_int_equal(runs, 1);
	assert_int_equal(m.preempts, 0);
	check_quiet();
	/* A process without a number is not named in the lock. */
	m.process = 0;
	assert_int_equal(sgx_locked(&m.mm, m.encl, nothing, NULL), 17);
	check_quiet();
}

static void one_that_is_held_is_not_tried(void **state)
{
	struct sgx_ticket ticket;

	(void)state;
	ticket = hold_lock(&m.encl->lock, 9, 90);
	assert_int_equal(sgx_trylocked(&m.mm, m.encl, nothing, NULL), -EBUSY);
	assert_true(sgx_unlock(&m.encl->lock, ticket));
	assert_int_equal(sgx_trylocked(&m.mm, m.encl, nothing, NULL), 17);
}

static int cannot_be_told(uint32_t process, uint32_t thread)
{
	(void)process;
	(void)thread;
	return -EPERM;
}

/* When is the lock taken from its holder, and was preempt() asked? */
static void from_a_holder_that_does_not_go_on(void **state)
{
	static const struct row {
		uint32_t process, thread;
		int (*preempt)(uint32_t process, uint32_t thread);
		uint64_t least, most;
		bool asked;
	} rows[] = {
		{ 7, 70, can_be_stopped, 20 * MS, 100 * MS, true },
		{ 7, 70, cannot_be_told, 5000 * MS, 5100 * MS, true },
		{ 0, 0, can_be_stopped, 5000 * MS, 5100 * MS, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct sgx_ticket ticket;
		uint64_t since = m.now;

		ticket = hold_lock(&m.encl->lock, r->process, r->thread);
		m.on_preempt = r->preempt;
		m.preempts = m.rescheds = 0;
		become(1);
		assert_int_equal(sgx_locked(&m.mm, m.encl, nothing, NULL), 17);
		become(0);
		assert_in_range(m.now - since, r->least, r->most);
		assert_int_equal(m.preempts > 0, r->asked);
		assert_true(m.rescheds > 0);
		assert_false(sgx_unlock(&m.encl->lock, ticket));
		check_quiet();
	}
}

static unsigned changes;

/* A holder that goes on is not preempted, however long the queue is. */
static void he_goes_on(void)
{
	if (++changes == 50) {
		m.encl->lock.word = (m.encl->lock.word + 1) & SGX_LOCK_COUNT;
		m.on_resched = NULL;
		return;
	}
	hold_lock(&m.encl->lock, 7, 70);
}

static void not_from_a_holder_that_goes_on(void **state)
{
	(void)state;
	changes = 0;
	hold_lock(&m.encl->lock, 7, 70);
	m.on_resched = he_goes_on;
	become(1);
	assert_int_equal(sgx_locked(&m.mm, m.encl, nothing, NULL), 17);
	become(0);
	assert_int_equal(changes, 50);
	assert_true(m.now > 100 * MS);
	assert_int_equal(m.preempts, 0);
}

/* The thread that takes shared->lock undoes the change of the budget. */
static void budget_is_restored(void **state)
{
	uint64_t free = m.shared->epc_free_pages, pages = m.encl->epc_pages;

	(void)state;
	hold_lock(&m.shared->lock, 7, 70);
	m.shared->budget.encl = m.encl->index;
	m.shared->budget.free = free;
	m.shared->budget.pages = pages;
	m.shared->budget.changing = 1;
	m.shared->epc_free_pages -= 3;
	other_locks(&m.shared->lock);
	assert_int_equal(m.shared->epc_free_pages, free);
	assert_int_equal(m.encl->epc_pages, pages);
	assert_int_equal(m.shared->budget.changing, 0);
	/* If no change was under way, nothing is undone. */
	m.shared->epc_free_pages -= 3;
	hold_lock(&m.shared->lock, 7, 70);
	other_locks(&m.shared->lock);
	assert_int_equal(m.shared->epc_free_pages, free - 3);
}

/* Losing it ----------------------------------------------------------- */

static int lose_once(struct sgx_mm *mm, void *arg)
{
	(void)mm;
	(void)arg;
	if (++runs == 1) {
		other_locks(&m.encl->lock);
		interrupted(true);
	}
	interrupted(false);
	return (int)runs;
}

static void a_thread_that_lost_it_begins_again(void **state)
{
	(void)state;
	runs = 0;
	assert_int_equal(sgx_locked(&m.mm, m.encl, lose_once, NULL), 2);
	assert_int_equal(runs, 2);
	check_quiet();
}

/* EACCEPT.  A page that is not pending any more has been accepted. */
static int do_it(struct sgx_mm *mm, void *arg)
{
	uint64_t pa = sgx_encl_pa(m.encl, PAGE(2));

	(void)mm;
	runs++;
	epcm_of(&m.mm.cpu, pa)->pending = *(bool *)arg;
	sgx_journal_begin(m.encl, SGX_DOING_EACCEPT, pa);
	if (runs == 1) {
		other_locks(&m.encl->lock);
		/* Others finish work meanwhile. */
		for (unsigned i = 0; i < SGX_DONE - 1; i++)
			sgx_note_done(m.encl, (struct sgx_ticket){ 1000 + i });
		interrupted(true);
	}
	return 3;
}

static void finished_work_is_not_done_again(void **state)
{
	bool pending = false;

	(void)state;
	runs = 0;
	assert_int_equal(sgx_locked(&m.mm, m.encl, do_it, &pending), 0);
	assert_int_equal(runs, 1);
	check_quiet();
}

static int anybody(uint32_t process, uint32_t thread)
{
	(void)process;
	(void)thread;
	return 0;
}

/* It is finished by a thread that is stopped before it gives the lock back. */
static int do_it_and_be_recovered_twice(struct sgx_mm *mm, void *arg)
{
	uint64_t pa = sgx_encl_pa(m.encl, PAGE(2));

	(void)arg;
	runs++;
	epcm_of(&m.mm.cpu, pa)->pending = false;
	sgx_journal_begin(m.encl, SGX_DOING_EACCEPT, pa);
	if (runs == 1) {
		hold_lock(&m.encl->lock, 9, 90);
		sgx_encl_recover(mm, m.encl);
		other_locks(&m.encl->lock);
		interrupted(true);
	}
	return 3;
}

static void work_that_two_have_finished_is_not_done_again(void **state)
{
	(void)state;
	runs = 0;
	m.on_preempt = anybody;
	assert_int_equal(sgx_locked(&m.mm, m.encl, do_it_and_be_recovered_twice,
				    NULL),
			 0);
	assert_int_equal(runs, 1);
	check_quiet();
}

static void unfinished_work_is_done_again(void **state)
{
	bool pending = true;

	(void)state;
	runs = 0;
	assert_int_equal(sgx_locked(&m.mm, m.encl, do_it, &pending), 3);
	assert_int_equal(runs, 2);
	check_quiet();
}

/* Nested -------------------------------------------------------------- */

static unsigned inner_runs;
static struct sgx_lock *taken;

static int inner(struct sgx_mm *mm, void *arg)
{
	(void)mm;
	(void)arg;
	if (++inner_runs == 1) {
		assert_non_null(innermost[0]->outer);
		other_locks(taken);
		interrupted(true);
	}
	return 1;
}

static int outer(struct sgx_mm *mm, void *arg)
{
	int ret;

	(void)arg;
	runs++;
	ret = sgx_locked_shared(mm, inner, NULL);
	assert_ptr_equal(innermost[0]->lock, &m.encl->lock);
	return 10 + ret;
}

/* If one is taken, the other is released, and the outer section begins anew. */
static void the_outermost_begins_again(void **state)
{
	struct sgx_lock *const locks[] = { &m.encl->lock, &m.shared->lock };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		runs = inner_runs = 0;
		taken = locks[i];
		assert_int_equal(sgx_locked(&m.mm, m.encl, outer, NULL), 11);
		assert_int_equal(runs, 2);
		assert_int_equal(inner_runs, 2);
		check_quiet();
	}
}

static int after_inner(struct sgx_mm *mm, void *arg)
{
	(void)arg;
	runs++;
	assert_int_equal(sgx_locked_shared(mm, nothing, NULL), 17);
	if (runs == 1) {
		/* The inner section is over, so it does not matter. */
		other_locks(&m.shared->lock);
		interrupted(false);
		other_locks(&m.encl->lock);
		interrupted(true);
	}
	return 2;
}

static void a_section_that_is_over_does_not_matter(void **state)
{
	(void)state;
	runs = 0;
	assert_int_equal(sgx_locked(&m.mm, m.encl, after_inner, NULL), 2);
	assert_int_equal(runs, 2);
	check_quiet();
}

/* The inner section's work is done, and its lock not yet given back. */
static int at_the_end_of_inner(struct sgx_mm *mm, void *arg)
{
	struct sgx_section s = { .outer = innermost[0],
				 .lock = &m.shared->lock,
				 .over = true };

	(void)mm;
	(void)arg;
	if (++runs > 1)
		return 6;
	s.ticket = hold_lock(&m.shared->lock, 7, 70);
	innermost[0] = &s;
	/* Whoever waits for that lock may have it. */
	interrupted(false);
	assert_true(sgx_same_ticket(sgx_lock_read(s.lock), s.ticket));
	other_locks(&m.encl->lock);
	interrupted(true);
	return 0;
}

static void the_lock_of_a_section_that_is_over_is_given_back(void **state)
{
	(void)state;
	runs = 0;
	assert_int_equal(sgx_locked(&m.mm, m.encl, at_the_end_of_inner, NULL),
			 6);
	assert_int_equal(runs, 2);
	check_quiet();
}

/* It waits for the inner lock, and holds the outer one. */
static void interrupted_while_it_waits(void)
{
	struct sgx_ticket seen = sgx_lock_read(&m.encl->lock);

	m.on_resched = NULL;
	assert_true(sgx_ticket_held(seen));
	assert_true(sgx_section_lost(innermost[0], &m.lp));
	/* So a thread that wants the outer lock finds another ticket. */
	assert_false(sgx_same_ticket(sgx_lock_read(&m.encl->lock), seen));
	m.shared->lock.word &= SGX_LOCK_COUNT;
	m.shared->lock.word++;
	sgx_section_again(&m.mm, innermost[0]);
}

static void the_outer_lock_is_not_taken_while_it_is_given_back(void **state)
{
	(void)state;
	runs = inner_runs = 1;
	hold_lock(&m.shared->lock, 9, 90);
	m.on_resched = interrupted_while_it_waits;
	assert_int_equal(sgx_locked(&m.mm, m.encl, outer, NULL), 11);
	assert_int_equal(runs, 3);
	check_quiet();
}

static int interrupted_in_the_handler(struct sgx_mm *mm, void *arg)
{
	(void)mm;
	(void)arg;
	innermost[0]->looking = 1;
	assert_false(sgx_section_lost(innermost[0], &m.lp));
	/* Only the handler that was interrupted is told. */
	assert_int_equal(innermost[0]->looking, 2);
	assert_true(sgx_section_is_due(innermost[0]));
	innermost[0]->looking = 0;
	return 13;
}

static void the_first_handler_looks_again(void **state)
{
	(void)state;
	assert_int_equal(sgx_locked(&m.mm, m.encl, interrupted_in_the_handler,
				    NULL),
			 13);
	check_quiet();
}

/* Kept ---------------------------------------------------------------- */

static bool was_let_go;

static int keep(struct sgx_mm *mm, void *arg)
{
	(void)arg;
	if (++runs > 1)
		return 4;
	sgx_section_keep(mm);
	sgx_section_keep(mm);
	other_locks(&m.encl->lock);
	assert_false(sgx_section_is_due(innermost[0]));
	interrupted(false);
	assert_true(sgx_section_is_due(innermost[0]));
	sgx_section_let_go(mm);
	was_let_go = true;
	sgx_section_let_go(mm);
	fail();
	return 0;
}

static void a_kept_thread_is_sent_back_later(void **state)
{
	(void)state;
	runs = 0;
	was_let_go = false;
	assert_int_equal(sgx_locked(&m.mm, m.encl, keep, NULL), 4);
	assert_true(was_let_go);
	assert_int_equal(runs, 2);
	check_quiet();
}

static unsigned answers;

/* The server is asked about 9, and meanwhile the outer lock is taken away. */
static int lose_while_asking(uint32_t process, uint32_t thread)
{
	(void)thread;
	if (process == 9 && self == 0) {
		other_locks(&m.encl->lock);
		interrupted(false);
		answers++;
	}
	return 0;
}

static int wait_inside(struct sgx_mm *mm, void *arg)
{
	(void)arg;
	runs++;
	return sgx_locked_shared(mm, nothing, NULL);
}

static void a_thread_that_asks_gets_its_answer_first(void **state)
{
	(void)state;
	runs = answers = 0;
	hold_lock(&m.shared->lock, 9, 90);
	m.on_preempt = lose_while_asking;
	assert_int_equal(sgx_locked(&m.mm, m.encl, wait_inside, NULL), 17);
	assert_int_equal(answers, 1);
	assert_int_equal(runs, 2);
	check_quiet();
}

static int keep_nothing(struct sgx_mm *mm, void *arg)
{
	(void)arg;
	runs++;
	sgx_section_keep(mm);
	interrupted(false);
	sgx_section_let_go(mm);
	return 6;
}

static void a_thread_that_lost_nothing_is_not(void **state)
{
	(void)state;
	/* Outside of a section it does nothing. */
	sgx_section_keep(&m.mm);
	sgx_section_let_go(&m.mm);
	runs = 0;
	assert_int_equal(sgx_locked(&m.mm, m.encl, keep_nothing, NULL), 6);
	assert_int_equal(runs, 1);
}

/* Leaf functions ------------------------------------------------------ */

static void (*in_leaf)(void);

static int leaf(struct sgx_mm *mm, void *arg)
{
	struct lp *lp = arg;

	(void)mm;
	runs++;
	assert_int_equal(lp->r.rbx, 1000);
	lp->r.rbx = 2000 + runs;
	if (runs == 1)
		in_leaf();
	return 8;
}

static void running(void)
{
	processor_join(&m.lp, m.encl->secs_pa);
	interrupted(true);
}

static void sent_away(void)
{
	struct processor *p = m.lp.processor;

	processor_join(&m.lp, m.encl->secs_pa);
	assert_true(processor_send_away(p, processor_inside(p)));
	interrupted(true);
}

static void parked(void)
{
	processor_join(&m.lp, m.encl->secs_pa);
	processor_park(&m.lp);
	interrupted(false);
}

/* An entry that is complete is not undone. */
static void elsewhere(void)
{
	processor_join(&m.lp, m.encl->secs_pa);
	m.lp.cr_enclave_mode = !m.lp.cr_enclave_mode;
	interrupted(false);
}

static void leaves_are_made_again(void **state)
{
	static const struct row {
		void (*in_leaf)(void);
		unsigned runs;
	} rows[] = {
		{ running, 2 },
		{ sent_away, 2 },
		{ parked, 1 },
		{ elsewhere, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enter();
		processor_park(&m.lp);
		runs = 0;
		in_leaf = rows[i].in_leaf;
		m.lp.r.rbx = 1000;
		assert_int_equal(sgx_in_leaf(&m.mm, &m.lp, leaf, &m.lp), 8);
		assert_int_equal(runs, rows[i].runs);
		/* The registers are as they were at first. */
		assert_int_equal(m.lp.r.rbx, 2000 + runs);
		assert_null(innermost[0]);
		leave();
	}
}

static int entry(struct sgx_mm *mm, void *arg)
{
	struct sgx_tcs *tcs = (void *)epc_at(PAGE(0));

	(void)mm;
	(void)arg;
	assert_null(m.lp.processor);
	assert_int_equal(tcs->state, TCS_INACTIVE);
	if (++runs == 1) {
		processor_online(&m.lp);
		m.lp.processor->tcs = sgx_encl_pa(m.encl, PAGE(0));
		processor_join(&m.lp, m.encl->secs_pa);
		tcs->state = m.lp.owner | TCS_CHANGING;
		interrupted(true);
	}
	return 9;
}

static void entries_are_undone_first(void **state)
{
	(void)state;
	runs = 0;
	m.lp.owner = tcs_owner(7, 70);
	assert_int_equal(sgx_in_leaf(&m.mm, &m.lp, entry, NULL), 9);
	assert_int_equal(runs, 2);
	assert_int_equal(sgx_processors_entered(&m.mm), 0);
}

static int leaf_with_lock(struct sgx_mm *mm, void *arg)
{
	(void)arg;
	runs++;
	if (runs == 1)
		processor_join(&m.lp, m.encl->secs_pa);
	sgx_locked(mm, m.encl, inner, NULL);
	return 12;
}

/* A lock that the thread still holds is given back with the leaf. */
static void a_lock_in_a_leaf_is_given_back(void **state)
{
	(void)state;
	enter();
	processor_park(&m.lp);
	runs = 0;
	inner_runs = 0;
	taken = &m.shared->lock; /* not the one that is held */
	assert_int_equal(sgx_in_leaf(&m.mm, &m.lp, leaf_with_lock, NULL), 12);
	assert_int_equal(runs, 2);
	assert_int_equal(inner_runs, 2);
	check_quiet();
	leave();
}

static void without_a_place(void)
{
	interrupted(false);
}

/* Until it has a place among the processors, nothing is undone. */
static void a_leaf_without_a_place_goes_on(void **state)
{
	(void)state;
	assert_null(m.lp.processor);
	m.lp.r.rbx = 1000;
	runs = 0;
	in_leaf = without_a_place;
	assert_int_equal(sgx_in_leaf(&m.mm, &m.lp, leaf, &m.lp), 8);
	assert_int_equal(runs, 1);
	check_quiet();
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_that_is_free),
		T(one_that_is_held_is_not_tried),
		T(from_a_holder_that_does_not_go_on),
		T(not_from_a_holder_that_goes_on),
		T(budget_is_restored),
		T(a_thread_that_lost_it_begins_again),
		T(finished_work_is_not_done_again),
		T(work_that_two_have_finished_is_not_done_again),
		T(unfinished_work_is_done_again),
		T(the_outermost_begins_again),
		T(a_section_that_is_over_does_not_matter),
		T(the_lock_of_a_section_that_is_over_is_given_back),
		T(the_outer_lock_is_not_taken_while_it_is_given_back),
		T(the_first_handler_looks_again),
		T(a_kept_thread_is_sent_back_later),
		T(a_thread_that_asks_gets_its_answer_first),
		T(a_thread_that_lost_nothing_is_not),
		T(leaves_are_made_again),
		T(entries_are_undone_first),
		T(a_lock_in_a_leaf_is_given_back),
		T(a_leaf_without_a_place_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
