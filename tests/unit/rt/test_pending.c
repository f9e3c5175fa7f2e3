/* SPDX-License-Identifier: BSD-3-Clause */
/* Synchronous signals that wait: the first of each number, until it is due. */
#include "tests/conform/conform.h"

#include "process/rt/base/abi.h"
#include "process/rt/rt.h"
#include "process/rt/signal/signal.h"

static const int all[] = { SIGSYS, SIGILL, SIGSEGV, SIGBUS, SIGFPE, SIGTRAP };
#define NR_ALL (sizeof(all) / sizeof(all[0]))

static struct thread thread;

static void keep(int sig, int from)
{
	siginfo_t info = { .si_signo = sig };

	info.si_pid = from;
	rt_signal_keep(&thread, sig, &info);
}

static int take(int sig)
{
	siginfo_t info;

	rt_signal_take(&thread, sig, &info);
	assert_int_equal(info.si_signo, sig);
	return info.si_pid;
}

/* Each has a place of its own, and no other signal has one. */
static void places(void **state)
{
	sigset64 set = 0;
	uint32_t seen = 0;

	(void)state;
	for (unsigned int i = 0; i < NR_ALL; i++) {
		seen |= 1u << rt_sync_index(all[i]);
		set |= SIGBIT(all[i]);
	}
	assert_int_equal(seen, (1u << RT_NR_SYNC) - 1);
	assert_int_equal(set, RT_SYNC_SIGNALS);
	for (int sig = 1; sig <= NSIG_MAX; sig++)
		assert_int_equal(rt_sync_index(sig) >= 0,
				 (set & SIGBIT(sig)) != 0);
}

/* Linux kernel/signal.c legacy_queue(): a second one is dropped. */
static void first_is_kept(void **state)
{
	(void)state;
	thread.signal.pending = 0;
	for (unsigned int i = 0; i < NR_ALL; i++) {
		keep(all[i], 10 + (int)i);
		keep(all[i], 99);
	}
	assert_int_equal(thread.signal.pending, RT_SYNC_SIGNALS);
	for (unsigned int i = 0; i < NR_ALL; i++)
		assert_int_equal(take(all[i]), 10 + i);
	assert_int_equal(thread.signal.pending, 0);
	keep(SIGTRAP, 7);
	assert_int_equal(take(SIGTRAP), 7);
}

static void dropped(void **state)
{
	(void)state;
	thread.signal.pending = 0;
	keep(SIGBUS, 1);
	keep(SIGFPE, 2);
	rt_signal_drop(&thread, SIGBIT(SIGBUS));
	assert_int_equal(thread.signal.pending, SIGBIT(SIGFPE));
	keep(SIGBUS, 3);
	assert_int_equal(take(SIGBUS), 3);
	assert_int_equal(take(SIGFPE), 2);
}

static void due(void **state)
{
	(void)state;
	thread.signal.pending = 0;
	thread.signal.state.virtual_mask = SIGBIT(SIGSEGV);
	assert_int_equal(rt_signals_due(&thread), 0);
	keep(SIGSEGV, 1);
	assert_int_equal(rt_signals_due(&thread), 0);
	keep(SIGILL, 1);
	assert_int_equal(rt_signals_due(&thread), SIGBIT(SIGILL));
	thread.signal.state.virtual_mask = 0;
	assert_int_equal(rt_signals_due(&thread),
			 SIGBIT(SIGILL) | SIGBIT(SIGSEGV));
}

static const struct conform rows[] = {
	TESTS(cmocka_unit_test(places), cmocka_unit_test(first_is_kept),
	      cmocka_unit_test(dropped), cmocka_unit_test(due)),
};

CONFORM_MAIN(rows, NULL)
