/* SPDX-License-Identifier: BSD-3-Clause */
/* What a process that was killed leaves behind, and who may go on at once. */
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
