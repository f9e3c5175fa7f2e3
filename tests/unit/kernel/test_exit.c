/* SPDX-License-Identifier: BSD-3-Clause */
/* A killed process is cleaned up, and others can go on at once. */
#include "cpu/epcm.h"
#include "cpu/hold.h"
#include "cpu/processors.h"
#include "cpu/secs.h"
#include "cpu/tcs.h"
#include "fixture.h"
#include "kernel/platform/lock.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encl.h"

#define DEAD  7u
#define ALIVE 8u
#define TID   77u

static void every_lock_is_freed(void **state)
{
	struct sgx_lock *const locks[] = {
		&m.shared->lock,
		&m.encl->lock,
		&m.encl->ioctl_lock,
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
		struct sgx_ticket ticket = hold_lock(locks[i], DEAD, TID);

		assert_int_equal(sgx_ticket_process(ticket), DEAD);
		assert_int_equal(sgx_ticket_thread(ticket), TID);
		sgx_exit(&m.mm, DEAD);
		assert_false(sgx_lock_is_held(locks[i]));
		assert_true(locks[i]->word <= SGX_LOCK_COUNT); /* nobody's */
		/* If the process lives after all, its unlock says so. */
		assert_false(sgx_unlock(locks[i], ticket));
		assert_false(sgx_lock_is_held(locks[i]));
	}
}

static void locks_of_the_living_stay(void **state)
{
	const uint32_t holders[] = { ALIVE, 0 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct sgx_ticket ticket = hold_lock(&m.encl->lock, holders[i],
						     TID);

		sgx_exit(&m.mm, DEAD);
		assert_true(sgx_unlock(&m.encl->lock, ticket));
	}
}

static void free_locks_and_old_tickets_stay(void **state)
{
	struct sgx_ticket ticket = hold_lock(&m.encl->lock, DEAD, TID);
	struct sgx_ticket word;

	(void)state;
	assert_true(sgx_unlock(&m.encl->lock, ticket));
	word = sgx_lock_read(&m.encl->lock);
	sgx_exit(&m.mm, DEAD);
	assert_true(sgx_same_ticket(sgx_lock_read(&m.encl->lock), word));
	ticket = hold_lock(&m.encl->lock, ALIVE, TID);
	sgx_exit(&m.mm, DEAD);
	assert_true(sgx_unlock(&m.encl->lock, ticket));
}

static int look_at_word(struct sgx_mm *mm, void *arg)
{
	(void)mm;
	*(uint64_t *)arg = m.encl->lock.word;
	return 0;
}

static void the_count_goes_round(void **state)
{
	uint64_t word;

	(void)state;
	m.process = ALIVE;
	m.thread = TID;
	m.encl->lock.word = SGX_LOCK_COUNT - 1;
	assert_int_equal(sgx_locked(&m.mm, m.encl, look_at_word, &word), 0);
	assert_true(word == (sgx_lock_id(ALIVE, TID) | SGX_LOCK_COUNT));
	assert_true(m.encl->lock.word == 0);
	/* Likewise if the lock is taken over: it is held, with a new ticket. */
	m.encl->lock.word = sgx_lock_id(DEAD, 1) | SGX_LOCK_COUNT;
	assert_true(sgx_ticket_next(sgx_lock_read(&m.encl->lock),
				    sgx_lock_id(ALIVE, TID))
			    .word == (sgx_lock_id(ALIVE, TID) | 1));
}

/* reap() asks the server, which finds the process dead. */
static void reap(void)
{
	m.reaps++;
	sgx_exit(&m.mm, DEAD);
}

static void ioctl_asks_before_it_is_turned_away(void **state)
{
	(void)state;
	m.host.reap = reap;
	hold_lock(&m.encl->ioctl_lock, ALIVE, TID);
	m.process = DEAD;
	assert_int_equal(ioctl_raw(0x1234, 0), -EBUSY);
	assert_int_equal(m.reaps, 1);
	/* held by another thread of this process: the server is not asked */
	m.process = ALIVE;
	assert_int_equal(ioctl_raw(0x1234, 0), -EBUSY);
	assert_int_equal(m.reaps, 1);
	/* held by a process without a number, which nobody can ask about */
	m.encl->ioctl_lock.word = 0;
	hold_lock(&m.encl->ioctl_lock, 0, TID);
	assert_int_equal(ioctl_raw(0x1234, 0), -EBUSY);
	assert_int_equal(m.reaps, 1);
	m.encl->ioctl_lock.word = 0;
	hold_lock(&m.encl->ioctl_lock, DEAD, TID);
	assert_int_equal(ioctl_raw(0x1234, 0), -ENOTTY);
	assert_int_equal(m.reaps, 2);
}

/* Threads that were killed inside ------------------------------------ */

#define TCS            PAGE(0)
#define OWNER(process) tcs_owner(process, TID)

static struct processor *go_inside(struct lp *lp, uint32_t process)
{
	*lp = m.lp;
	lp->owner = OWNER(process);
	lp->who = sgx_who(4711, TID);
	assert_int_equal(map_fixed(TCS, SGX_PAGE_SIZE, RW), TCS);
	assert_int_equal(map_fixed(PAGE(2), SGX_PAGE_SIZE, RW), PAGE(2));
	enter_by_leaf(lp, TCS);
	return lp->processor;
}

static struct sgx_tcs *tcs(void)
{
	return epc_ptr(&m.mm.cpu, sgx_encl_pa(m.encl, TCS));
}

static unsigned held(void)
{
	uint64_t addr = m.encl->base, end = addr + m.encl->size;
	unsigned n = 0;

	for (; addr < end; addr += SGX_PAGE_SIZE)
		n += epcm_held(&m.mm.cpu, sgx_encl_pa(m.encl, addr));
	return n;
}

static bool anybody_inside(void)
{
	return secs_active(&m.mm.cpu, m.encl->secs_pa);
}

static void check_left_nothing(const struct processor *p)
{
	assert_true(tcs()->state == TCS_INACTIVE);
	assert_int_equal(held(), 0);
	assert_false(anybody_inside());
	assert_int_equal(p->who, 0);
	assert_int_equal(sgx_processors_entered(&m.mm), 0);
	assert_false(sgx_lock_is_held(&m.encl->lock));
}

static void thread_killed_inside_has_left(void **state)
{
	struct lp lp;
	struct processor *p = go_inside(&lp, DEAD);
	struct sgx_gprsgx *gpr = epc_ptr(&m.mm.cpu, lp.cr_gpr_pa);

	(void)state;
	assert_true(tcs()->state == (OWNER(DEAD) | TCS_ACTIVE));
	assert_int_equal(held(), 2);
	gpr->rip = 0x1234;
	sgx_exit(&m.mm, ALIVE);
	assert_true(tcs()->state == (OWNER(DEAD) | TCS_ACTIVE));
	assert_int_equal(tcs()->cssa, 0);
	assert_int_equal(held(), 2);
	assert_true(anybody_inside());
	sgx_exit(&m.mm, DEAD);
	assert_int_equal(tcs()->cssa, 1);
	assert_int_equal(gpr->rip, 0);
	check_left_nothing(p);
}

/* In each state that the processor table can show. */
static void thread_killed_in_each_state(void **state)
{
	static const enum processor_state states[] = {
		PROCESSOR_PARKED,
		PROCESSOR_RUNNING,
		PROCESSOR_AWAY,
	};

	for (unsigned i = 0; i < 3; i++) {
		struct lp lp;
		struct processor *p = go_inside(&lp, DEAD);

		if (states[i] == PROCESSOR_PARKED)
			processor_park(&lp);
		if (states[i] == PROCESSOR_AWAY)
			assert_true(
				processor_send_away(p, processor_inside(p)));
		assert_int_equal(processor_state(processor_inside(p)),
				 states[i]);
		sgx_exit(&m.mm, DEAD);
		assert_int_equal(tcs()->cssa, 1);
		check_left_nothing(p);
		if (i < 2) {
			machine_teardown(state);
			machine_setup_initialized(state);
		}
	}
}

/* A dead thread does not delay ETRACK, whatever its epoch. */
static void thread_killed_in_an_old_epoch(void **state)
{
	struct lp lp, other;

	(void)state;
	go_inside(&lp, DEAD);
	assert_true(secs_track(&m.mm.cpu, m.encl->secs_pa));
	assert_false(secs_track(&m.mm.cpu, m.encl->secs_pa));
	bystander_enters(&other);
	sgx_exit(&m.mm, DEAD);
	assert_true(anybody_inside());
	assert_true(secs_track(&m.mm.cpu, m.encl->secs_pa));
	assert_false(secs_track(&m.mm.cpu, m.encl->secs_pa));
}

/*
 * EENTER, ERESUME and an AEX mark the TCS while they work.  A thread killed
 * then counts as one that had not begun, or had finished.
 */
static void thread_killed_while_it_enters_or_leaves(void **state)
{
	struct lp lp;
	struct processor *p = go_inside(&lp, DEAD);

	(void)state;
	tcs()->state = OWNER(DEAD) | TCS_CHANGING;
	sgx_exit(&m.mm, DEAD);
	assert_int_equal(tcs()->cssa, 0);
	check_left_nothing(p);
}

/* An AEX that has counted the frame, but has not released the TCS. */
static void thread_killed_at_the_end_of_an_aex(void **state)
{
	struct lp lp;
	struct processor *p = go_inside(&lp, DEAD);
	struct sgx_gprsgx *gpr = epc_ptr(&m.mm.cpu, lp.cr_gpr_pa);

	(void)state;
	gpr->rip = 0x1234;
	tcs()->state = OWNER(DEAD) | TCS_CHANGING;
	tcs()->cssa = 1;
	sgx_exit(&m.mm, DEAD);
	assert_int_equal(tcs()->cssa, 1);
	assert_int_equal(gpr->rip, 0x1234);
	check_left_nothing(p);
}

/* It had read the TCS only; another thread has the TCS, or none has yet. */
static void thread_killed_before_it_took_the_tcs(void **state)
{
	struct lp lp, late = { .cpu = &m.mm.cpu,
			       .owner = OWNER(DEAD),
			       .who = sgx_who(4712, TID) };
	struct processor *p = go_inside(&lp, ALIVE);

	(void)state;
	processor_online(&late);
	hold_tcs(&late, lp.cr_tcs_pa);
	processor_join(&late, lp.cr_active_secs);
	sgx_exit(&m.mm, DEAD);
	assert_int_equal(late.processor->who, 0);
	assert_true(tcs()->state == (OWNER(ALIVE) | TCS_ACTIVE));
	assert_int_equal(held(), 2);
	assert_true(anybody_inside());
	exit_by_leaf(&lp);
	check_left_nothing(p);
}

/* A page that is not a TCS any more is not written. */
static void thread_killed_whose_page_is_no_tcs(void **state)
{
	struct lp late = { .cpu = &m.mm.cpu, .owner = OWNER(DEAD) };
	uint8_t was[SGX_PAGE_SIZE];

	(void)state;
	((struct sgx_tcs *)epc_at(PAGE(3)))->state = OWNER(DEAD) | TCS_ACTIVE;
	memcpy(was, epc_at(PAGE(3)), sizeof(was));
	processor_online(&late);
	hold_tcs(&late, sgx_encl_pa(m.encl, PAGE(3)));
	processor_join(&late, m.encl->secs_pa);
	sgx_exit(&m.mm, DEAD);
	assert_int_equal(late.processor->who, 0);
	assert_memory_equal(epc_at(PAGE(3)), was, sizeof(was));
}

/* The thread has its place in the table, but no TCS or enclave yet. */
static void thread_killed_before_it_enters(void **state)
{
	struct lp late = { .cpu = &m.mm.cpu, .owner = OWNER(DEAD) };

	(void)state;
	processor_online(&late);
	assert_int_equal(sgx_processors_entered(&m.mm), 1);
	sgx_exit(&m.mm, DEAD);
	assert_int_equal(sgx_processors_entered(&m.mm), 0);
	assert_int_equal(late.processor->who, 0);
}

static enum fault_outcome enter_busy_tcs(void)
{
	struct ksignal signal;

	m.lp.r.rax = ENCLU_EENTER;
	m.lp.r.rbx = TCS;
	m.lp.r.rcx = USER_BASE;
	assert_int_equal(execute_enclu(&m.lp), -1);
	assert_int_equal(m.lp.fault.vector, VECTOR_GP);
	m.retries.paging_seq = m.shared->paging_seq;
	return machine_model_fault(&signal);
}

static void entry_asks_before_it_is_refused(void **state)
{
	struct lp lp;

	(void)state;
	m.host.reap = reap;
	m.process = ALIVE;
	go_inside(&lp, ALIVE);
	assert_int_equal(enter_busy_tcs(), FAULT_SIGNAL);
	assert_int_equal(m.reaps, 0);
	tcs()->state = TCS_ACTIVE; /* its process has no number */
	assert_int_equal(enter_busy_tcs(), FAULT_SIGNAL);
	assert_int_equal(m.reaps, 0);
	tcs()->state = OWNER(ALIVE + 1) | TCS_ACTIVE;
	assert_int_equal(enter_busy_tcs(), FAULT_SIGNAL);
	assert_int_equal(m.lp.fault.vector, VECTOR_GP);
	assert_int_equal(m.reaps, 1);
	tcs()->state = OWNER(DEAD) | TCS_ACTIVE;
	lp.processor->owner = OWNER(DEAD);
	assert_int_equal(enter_busy_tcs(), FAULT_RETRY);
	assert_int_equal(m.reaps, 2);
}

/* The TCS became free before the server was asked: one retry, not more. */
static void entry_after_an_exit_is_made_again(void **state)
{
	const struct fault busy = { .vector = VECTOR_GP };
	const enum fault_outcome outcomes[] = { FAULT_RETRY, FAULT_SIGNAL,
						FAULT_RETRY };
	struct ksignal signal;
	struct lp lp;

	(void)state;
	go_inside(&lp, ALIVE);
	assert_int_equal(enter_busy_tcs(), FAULT_SIGNAL);
	tcs()->state = TCS_INACTIVE;
	for (unsigned i = 0; i < 3; i++) {
		m.lp.fault = busy;
		assert_int_equal(machine_model_fault(&signal), outcomes[i]);
	}
	exc_leaf_retired(&m.retries);
	m.lp.fault = busy;
	assert_int_equal(machine_model_fault(&signal), FAULT_RETRY);
}

#define INSIDE(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_initialized, \
					machine_teardown)
#define ON_OPEN(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_OPEN(every_lock_is_freed),
		ON_OPEN(locks_of_the_living_stay),
		ON_OPEN(free_locks_and_old_tickets_stay),
		ON_OPEN(the_count_goes_round),
		ON_OPEN(ioctl_asks_before_it_is_turned_away),
		INSIDE(thread_killed_inside_has_left),
		INSIDE(thread_killed_in_each_state),
		INSIDE(thread_killed_in_an_old_epoch),
		INSIDE(thread_killed_while_it_enters_or_leaves),
		INSIDE(thread_killed_at_the_end_of_an_aex),
		INSIDE(thread_killed_before_it_took_the_tcs),
		INSIDE(thread_killed_whose_page_is_no_tcs),
		INSIDE(thread_killed_before_it_enters),
		INSIDE(entry_asks_before_it_is_refused),
		INSIDE(entry_after_an_exit_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
