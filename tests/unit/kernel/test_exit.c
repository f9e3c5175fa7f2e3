/* SPDX-License-Identifier: BSD-3-Clause */
/* What a process that was killed leaves behind, and who may go on at once. */
#include "cpu/epcm.h"
#include "cpu/hold.h"
#include "cpu/secs.h"
#include "fixture.h"
#include "kernel/encl.h"
#include "kernel/lock.h"

#define DEAD	7u
#define ALIVE	8u

static uint32_t self;

static uint32_t current(void)
{
	return self;
}

static bool is_dead(uint32_t process)
{
	return process == DEAD;
}

static uint64_t lock_as(uint32_t process, uint64_t *lock)
{
	m.host.current = current;
	self = process;
	return sgx_lock_shared(&m.mm, lock);
}

static void every_lock_is_freed(void **state)
{
	uint64_t *const locks[] = {
		&m.shared->lock, &m.shared->reclaim_lock,
		&m.encl->lock, &m.encl->ioctl_lock,
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
		uint64_t ticket = lock_as(DEAD, locks[i]);

		assert_int_equal(sgx_lock_holder(*locks[i]), DEAD);
		sgx_exit(&m.mm, DEAD);
		assert_int_equal(*locks[i] & 1, 0);
		assert_int_equal(sgx_lock_holder(*locks[i]), 0);
		/* It was only thought dead: it learns of it. */
		assert_false(sgx_unlock(locks[i], ticket));
		assert_int_equal(*locks[i] & 1, 0);
	}
}

static void the_livings_are_not(void **state)
{
	const uint32_t holders[] = { ALIVE, 0 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t ticket = lock_as(holders[i], &m.encl->lock);

		sgx_exit(&m.mm, DEAD);
		assert_true(sgx_unlock(&m.encl->lock, ticket));
	}
}

static void nor_what_is_free_or_was_theirs(void **state)
{
	uint64_t ticket = lock_as(DEAD, &m.encl->lock), word;

	(void)state;
	assert_true(sgx_unlock(&m.encl->lock, ticket));
	word = m.encl->lock;
	sgx_exit(&m.mm, DEAD);
	assert_true(m.encl->lock == word);
	ticket = lock_as(ALIVE, &m.encl->lock);
	sgx_exit(&m.mm, DEAD);
	assert_true(sgx_unlock(&m.encl->lock, ticket));
}

/* The server, which would tell others, does not wait for the dead either. */
static void who_can_tell_takes_it(void **state)
{
	uint64_t first = lock_as(DEAD, &m.encl->lock), second;

	(void)state;
	m.host.is_dead = is_dead;
	second = lock_as(ALIVE, &m.encl->lock);
	assert_int_equal(sgx_lock_holder(m.encl->lock), ALIVE);
	assert_false(sgx_unlock(&m.encl->lock, first));
	assert_true(sgx_unlock(&m.encl->lock, second));
}

static void the_count_goes_round(void **state)
{
	uint64_t ticket;

	(void)state;
	m.encl->lock = 0xfffffffe;
	ticket = lock_as(ALIVE, &m.encl->lock);
	assert_true(ticket == ((uint64_t)ALIVE << 32 | 0xffffffff));
	assert_true(sgx_unlock(&m.encl->lock, ticket));
	assert_true(m.encl->lock == 0);
}

/* reap() is the question to the server: here it finds the process dead. */
static void reap(void)
{
	m.reaps++;
	sgx_exit(&m.mm, DEAD);
}

static void ioctl_asks_before_it_is_turned_away(void **state)
{
	(void)state;
	m.host.reap = reap;
	lock_as(ALIVE, &m.encl->ioctl_lock);
	self = DEAD;
	assert_int_equal(ioctl_raw(0x1234, 0), -EBUSY);
	assert_int_equal(m.reaps, 1);
	/* by another thread of this process: not to be asked about */
	self = ALIVE;
	assert_int_equal(ioctl_raw(0x1234, 0), -EBUSY);
	assert_int_equal(m.reaps, 1);
	m.encl->ioctl_lock = 0;
	lock_as(DEAD, &m.encl->ioctl_lock);
	self = ALIVE;
	assert_int_equal(ioctl_raw(0x1234, 0), -ENOTTY);
	assert_int_equal(m.reaps, 2);
}

/* Threads that were killed inside ------------------------------------ */

#define TCS	PAGE(0)
#define OWNER(process)	((uint64_t)(process) << 32 | 77u << 2)

static struct sgx_processor *go_inside(struct lp *lp, uint32_t process)
{
	uint32_t seen[SGX_IPI_KINDS];

	*lp = m.lp;
	lp->owner = OWNER(process);
	assert_int_equal(map_fixed(TCS, SGX_PAGE_SIZE, RW), TCS);
	assert_int_equal(map_fixed(PAGE(2), SGX_PAGE_SIZE, RW), PAGE(2));
	sgx_ipi_look(m.shared, seen);
	enter_by_leaf(lp, TCS);
	return sgx_processor_enter(&m.mm, lp, 4711, 77, seen);
}

static struct sgx_tcs *tcs(void)
{
	return epc_ptr(&m.mm.cpu, sgx_encl_pa(m.encl, TCS));
}

static struct secs_hidden *hidden(void)
{
	return secs_hidden_at(&m.mm.cpu, m.encl->secs_pa);
}

static unsigned held(void)
{
	unsigned n = 0;
	uint64_t addr = m.encl->base, end = addr + m.encl->size;

	for (; addr < end; addr += SGX_PAGE_SIZE)
		n += epcm_of(&m.mm.cpu, sgx_encl_pa(m.encl, addr))->held;
	return n;
}

static void who_was_killed_inside_has_left(void **state)
{
	struct lp lp;
	struct sgx_processor *p = go_inside(&lp, DEAD);
	struct sgx_gprsgx *gpr = epc_ptr(&m.mm.cpu, lp.cr_gpr_pa);

	(void)state;
	assert_true(tcs()->state == (OWNER(DEAD) | TCS_ACTIVE));
	assert_true(held() > 0);
	gpr->rip = 0x1234;
	sgx_exit(&m.mm, ALIVE);
	assert_true(tcs()->state == (OWNER(DEAD) | TCS_ACTIVE));
	assert_int_equal(tcs()->cssa, 0);
	sgx_exit(&m.mm, DEAD);
	assert_true(tcs()->state == TCS_INACTIVE);
	assert_int_equal(tcs()->cssa, 1);
	assert_int_equal(gpr->rip, 0);
	assert_int_equal(held(), 0);
	assert_false(secs_active(hidden()));
	assert_int_equal(p->who, 0);
	assert_int_equal(m.encl->lock & 1, 0);
}

/* He is counted in the epoch that he was last made to join. */
static void who_was_tracked_before_he_was_killed(void **state)
{
	struct sgx_ipi i = { .kind = SGX_IPI_TRACK, .secs = EPC_NONE };
	struct lp lp;
	struct sgx_processor *p = go_inside(&lp, DEAD);

	(void)state;
	assert_true(secs_track(hidden()));
	sgx_ipi_begin(m.shared, &i);
	assert_false(sgx_processor_answer(&m.mm, p, &lp));
	assert_true(secs_track(hidden()));
	secs_join(hidden());	/* somebody else */
	sgx_exit(&m.mm, DEAD);
	assert_true(secs_active(hidden()));
	assert_true(secs_track(hidden()));
	assert_false(secs_track(hidden()));
}

/* In the midst of EENTER, ERESUME or an AEX: nothing that is not sure. */
static void who_was_killed_on_the_way(void **state)
{
	struct lp lp;

	(void)state;
	go_inside(&lp, DEAD);
	tcs()->state = OWNER(DEAD) | TCS_CHANGING;
	sgx_exit(&m.mm, DEAD);
	assert_true(tcs()->state == TCS_INACTIVE);
	assert_int_equal(tcs()->cssa, 0);
	assert_false(secs_active(hidden()));
}

/* No place in the table: not known where he was counted. */
static void who_had_no_place_yet(void **state)
{
	struct lp lp;
	struct sgx_processor *p = go_inside(&lp, DEAD);

	(void)state;
	sgx_processor_leave(&m.mm, p);
	sgx_exit(&m.mm, DEAD);
	assert_true(tcs()->state == TCS_INACTIVE);
	assert_int_equal(tcs()->cssa, 1);
	assert_true(secs_active(hidden()));
}

static int no_such_thread(uint32_t pid, uint32_t tid, bool probe)
{
	(void)pid;
	(void)tid;
	(void)probe;
	return -ESRCH;
}

/* Whoever finds the thread gone first: it is still known who it was. */
static void swept_before_it_is_buried(void **state)
{
	struct lp lp;
	struct sgx_processor *p = go_inside(&lp, DEAD);

	(void)state;
	sgx_processors_sweep(&m.mm, no_such_thread);
	assert_true(p->who != 0);
	sgx_exit(&m.mm, DEAD);
	assert_int_equal(p->who, 0);
	assert_false(secs_active(hidden()));
}

static enum fault_outcome enter_busy_tcs(void)
{
	struct ksignal signal;

	m.lp.r.rax = ENCLU_EENTER;
	m.lp.r.rbx = TCS;
	m.lp.r.rcx = USER_BASE;
	assert_int_equal(enclu(&m.lp), -1);
	assert_int_equal(m.lp.fault.vector, VECTOR_GP);
	m.lp.os_fault.paging_seq = m.shared->paging_seq;
	return exc_model_fault(&m.mm, &m.lp, &signal);
}

static void entry_asks_before_it_is_refused(void **state)
{
	struct lp lp;

	(void)state;
	m.host.reap = reap;
	m.host.current = current;
	self = ALIVE;
	go_inside(&lp, ALIVE);
	assert_int_equal(enter_busy_tcs(), FAULT_SIGNAL);
	assert_int_equal(m.reaps, 0);
	tcs()->state = TCS_ACTIVE;	/* of somebody without a number */
	assert_int_equal(enter_busy_tcs(), FAULT_SIGNAL);
	assert_int_equal(m.reaps, 0);
	tcs()->state = OWNER(ALIVE + 1) | TCS_ACTIVE;
	assert_int_equal(enter_busy_tcs(), FAULT_SIGNAL);
	assert_int_equal(m.lp.fault.vector, VECTOR_GP);
	assert_int_equal(m.reaps, 1);
	tcs()->state = OWNER(DEAD) | TCS_ACTIVE;
	assert_int_equal(enter_busy_tcs(), FAULT_RETRY);
	assert_int_equal(m.reaps, 2);
}

/* The server was quicker than the question; but it is not asked for ever. */
static void entry_that_met_a_burial_is_made_again(void **state)
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
		assert_int_equal(exc_model_fault(&m.mm, &m.lp, &signal),
				 outcomes[i]);
	}
	exc_leaf_retired(&m.lp);
	m.lp.fault = busy;
	assert_int_equal(exc_model_fault(&m.mm, &m.lp, &signal), FAULT_RETRY);
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
		ON_OPEN(the_livings_are_not),
		ON_OPEN(nor_what_is_free_or_was_theirs),
		ON_OPEN(who_can_tell_takes_it),
		ON_OPEN(the_count_goes_round),
		ON_OPEN(ioctl_asks_before_it_is_turned_away),
		INSIDE(who_was_killed_inside_has_left),
		INSIDE(who_was_tracked_before_he_was_killed),
		INSIDE(who_was_killed_on_the_way),
		INSIDE(who_had_no_place_yet),
		INSIDE(swept_before_it_is_buried),
		INSIDE(entry_asks_before_it_is_refused),
		INSIDE(entry_that_met_a_burial_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
