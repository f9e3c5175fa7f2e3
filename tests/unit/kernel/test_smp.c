/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Processors in enclave mode and interrupts to them: which ones are found, get
 * an interrupt, and count as having left; and the loss of the EPC, which uses
 * them.
 */
#include <pthread.h>
#include <time.h>

#include "cpu/processors.h"
#include "cpu/secs.h"
#include "fixture.h"
#include "kernel/sgx/encl.h"
#include "tests/conform/conform.h"

#define PID   77u
#define TID   770u
#define OTHER 88u

/* What was sent and fenced, which threads are dead, what happens meanwhile. */
static struct {
	unsigned sent, fences, sent_at_fence;
	uint32_t dead_tid;
	bool no_fence;
	void (*at_send)(uint32_t tid);
	void (*at_fence)(void);
} wire;

static struct lp lps[3];

static int send(uint32_t pid, uint32_t tid)
{
	assert_true(pid == PID || pid == OTHER);
	assert_true(tid - TID < 3);
	/* A thread that leaves now waits for its senders. */
	assert_int_equal(lps[tid - TID].processor->senders, 1);
	if (tid == wire.dead_tid)
		return -ESRCH;
	wire.sent++;
	if (wire.at_send)
		wire.at_send(tid);
	return 0;
}

static int fence(void)
{
	wire.fences++;
	wire.sent_at_fence = wire.sent;
	if (wire.at_fence)
		wire.at_fence();
	return wire.no_fence ? -EPERM : 0;
}

static const struct sgx_sender all = { .send = send, .fence = fence };
static const struct sgx_sender mine = { .pid = PID,
					.send = send,
					.fence = fence };

static uint64_t secs(void)
{
	return m.encl->secs_pa;
}

/* Processor i runs in the enclave, in the current epoch. */
static struct processor *go_inside(unsigned i, uint32_t pid)
{
	lps[i] = (struct lp){ .cpu = &m.mm.cpu,
			      .cr_enclave_mode = true,
			      .cr_active_secs = secs(),
			      .who = sgx_who(pid, TID + i) };
	processor_online(&lps[i]);
	processor_join(&lps[i], secs());
	return lps[i].processor;
}

static enum processor_state state_of(unsigned i)
{
	return processor_state(processor_inside(lps[i].processor));
}

static int setup(void **state)
{
	memset(&wire, 0, sizeof(wire));
	memset(lps, 0, sizeof(lps));
	return machine_setup_initialized(state);
}

static void nobody_is_inside(void **state)
{
	(void)state;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), UINT32_MAX), 0);
	assert_int_equal(wire.sent + wire.fences, 0);
	assert_int_equal(sgx_processors_entered(&m.mm), 0);
}

/* It counts as having left only when it executes nothing more of its work. */
static void still_runs(void)
{
	assert_int_equal(state_of(0), PROCESSOR_RUNNING);
	assert_true(secs_active(&m.mm.cpu, secs()));
}

static void who_is_inside_is_sent_one_and_has_left(void **state)
{
	struct processor *p = go_inside(0, PID);

	(void)state;
	wire.at_fence = still_runs;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 0);
	assert_int_equal(wire.sent, 1);
	assert_int_equal(wire.fences, 1);
	assert_int_equal(wire.sent_at_fence, 1);
	assert_int_equal(state_of(0), PROCESSOR_AWAY);
	assert_false(secs_active(&m.mm.cpu, secs()));
	assert_int_equal(p->senders, 0);
	/* It is interrupted once, and not again before it has looked. */
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), UINT32_MAX), 0);
	assert_int_equal(wire.sent, 1);
	assert_int_equal(sgx_processors_entered(&m.mm), 1);
}

/* A thread that counts as away joins again, in the epoch of that time. */
static void who_was_sent_away_looks_and_resumes(void **state)
{
	struct processor *p = go_inside(0, PID);

	(void)state;
	p->seen = m.shared->leave_seq;
	assert_true(secs_track(&m.mm.cpu, secs()));
	assert_false(secs_track(&m.mm.cpu, secs()));
	sgx_interrupt(&m.mm, &all, secs(), 1);
	assert_true(secs_track(&m.mm.cpu, secs()));
	m.mm.resynced = m.shared->resync_seq - 1;
	assert_false(sgx_processor_resume(&m.mm, &lps[0]));
	assert_int_equal(state_of(0), PROCESSOR_RUNNING);
	assert_int_equal(processor_epoch(processor_inside(p)), 3);
	assert_int_equal(m.mm.resynced, m.shared->resync_seq);
}

static void without_a_fence_nobody_is_sent_away(void **state)
{
	(void)state;
	go_inside(0, PID);
	wire.no_fence = true;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 1);
	assert_int_equal(state_of(0), PROCESSOR_RUNNING);
	assert_in_range(wire.fences, 1, 100);
}

/* A plain signal is an interrupt only for a thread that was interrupted. */
static void who_was_interrupted_is_known(void **state)
{
	(void)state;
	go_inside(0, PID);
	processor_park(&lps[0]);
	sgx_interrupt(&m.mm, &all, secs(), 1);
	assert_false(processor_offline(&lps[0]));
	go_inside(0, PID);
	sgx_interrupt(&m.mm, &all, secs(), 1);
	assert_true(processor_offline(&lps[0]));
	go_inside(0, PID);
	assert_false(processor_offline(&lps[0]));
}

static void who_enters_later_is_not_meant(void **state)
{
	(void)state;
	go_inside(0, PID);
	assert_true(secs_track(&m.mm.cpu, secs()));
	go_inside(1, PID);
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 0);
	assert_int_equal(wire.sent, 1);
	assert_int_equal(state_of(0), PROCESSOR_AWAY);
	assert_int_equal(state_of(1), PROCESSOR_RUNNING);
}

static void only_whom_it_is_for(void **state)
{
	(void)state;
	go_inside(0, PID);
	go_inside(1, OTHER);
	go_inside(2, PID);
	processor_join(&lps[2], secs() + SGX_PAGE_SIZE);
	/* In this enclave, and of this process; others have other senders. */
	assert_int_equal(sgx_interrupt(&m.mm, &mine, secs(), 1), 1);
	assert_int_equal(wire.sent, 1);
	assert_int_equal(state_of(0), PROCESSOR_AWAY);
	assert_int_equal(state_of(1), PROCESSOR_RUNNING);
	assert_int_equal(state_of(2), PROCESSOR_RUNNING);
	assert_int_equal(sgx_interrupt(&m.mm, &all, EPC_NONE, 1), 0);
	assert_int_equal(wire.sent, 3);
	assert_int_equal(state_of(1), PROCESSOR_AWAY);
	assert_int_equal(state_of(2), PROCESSOR_AWAY);
}

static int send_to_any(uint32_t pid, uint32_t tid)
{
	assert_int_equal(pid, PID);
	assert_int_equal(tid, TID + wire.sent);
	wire.sent++;
	return 0;
}

/* More threads than one fence serves: all are reached. */
static void many_are_sent_away(void **state)
{
	const struct sgx_sender sender = { .send = send_to_any,
					   .fence = fence };
	static struct lp many[100];

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		many[i] = (struct lp){ .cpu = &m.mm.cpu,
				       .who = sgx_who(PID, TID + i) };
		processor_online(&many[i]);
		processor_join(&many[i], secs());
	}
	assert_int_equal(sgx_processors_entered(&m.mm), 100);
	assert_int_equal(sgx_interrupt(&m.mm, &sender, secs(), 1), 0);
	assert_int_equal(wire.sent, 100);
	assert_int_equal(wire.sent_at_fence, 100);
	assert_in_range(wire.fences, 1, 10);
	assert_false(secs_active(&m.mm.cpu, secs()));
	assert_int_equal(sgx_processors_entered(&m.mm), 100);
}

static void moves_on(void)
{
	processor_join(&lps[0], secs());
}

static void exits(void)
{
	struct processor *p = lps[0].processor;

	p->senders = 0; /* it has waited for them */
	processor_offline(&lps[0]);
	lps[0].processor = p;
}

static void once(uint32_t tid)
{
	(void)tid;
	wire.at_send = NULL;
	assert_true(secs_track(&m.mm.cpu, secs()));
	moves_on();
}

/* A thread that left and entered again is not interrupted. */
static void who_moved_on_is_not_sent_away(void **state)
{
	(void)state;
	go_inside(0, PID);
	wire.at_send = once;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 0);
	assert_int_equal(state_of(0), PROCESSOR_RUNNING);
	assert_int_equal(processor_epoch(processor_inside(lps[0].processor)),
			 2);
}

static void who_moved_on_in_the_epoch_is_asked_again(void **state)
{
	(void)state;
	go_inside(0, PID);
	wire.at_fence = moves_on;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 1);
	assert_int_equal(state_of(0), PROCESSOR_RUNNING);
	assert_in_range(wire.sent, 2, 100);
	wire.at_fence = NULL;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 0);
	assert_int_equal(state_of(0), PROCESSOR_AWAY);
}

static void who_has_gone_is_not_sent_away(void **state)
{
	(void)state;
	go_inside(0, PID);
	wire.at_fence = exits;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 0);
	assert_int_equal(state_of(0), PROCESSOR_OFFLINE);
	assert_int_equal(lps[0].processor->who, 0);
	assert_int_equal(wire.sent, 1);
}

static void who_is_parked_is_not_disturbed(void **state)
{
	(void)state;
	go_inside(0, PID);
	processor_park(&lps[0]);
	assert_false(secs_active(&m.mm.cpu, secs()));
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), UINT32_MAX), 0);
	assert_int_equal(wire.sent, 0);
	assert_int_equal(state_of(0), PROCESSOR_PARKED);
}

/* A dead thread executes nothing; sgx_exit() frees its place. */
static void the_dead_have_left(void **state)
{
	struct processor *p = go_inside(0, PID);

	(void)state;
	wire.dead_tid = TID;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 0);
	assert_int_equal(state_of(0), PROCESSOR_AWAY);
	assert_int_not_equal(p->who, 0);
}

/* A sender keeps the thread from leaving, but not for ever. */
static void a_sender_that_died_holds_nobody_for_ever(void **state)
{
	struct processor *p = go_inside(0, PID);

	(void)state;
	p->senders = 1;
	processor_offline(&lps[0]);
	assert_int_equal(p->senders, 0);
	assert_int_equal(p->who, 0);
}

static struct {
	struct processor *p;
} slow;

/* A sender is counted from before the signal until after it. */
static void *slow_sender(void *arg)
{
	struct timespec pause = { .tv_nsec = 1000 };

	nanosleep(&pause, NULL);
	__atomic_store_n(&slow.p->interrupted, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&slow.p->senders, 0, __ATOMIC_SEQ_CST);
	return arg;
}

static void who_leaves_waits_for_its_senders(void **state)
{
	unsigned waited = 0;
	pthread_t thread;

	(void)state;
	/* A sender may be slower than the thread is willing to wait. */
	for (unsigned i = 0; i < 200 && !waited; i++) {
		bool told;

		slow.p = go_inside(0, PID);
		slow.p->senders = 1;
		assert_int_equal(pthread_create(&thread, NULL, slow_sender,
						NULL),
				 0);
		while (i & 1 && slow.p->senders)
			;
		told = processor_offline(&lps[0]);
		waited += told;
		pthread_join(thread, NULL);
	}
	assert_true(waited);
}

/* The loss of the EPC ------------------------------------------------- */

static void the_gate_is_closed_meanwhile(void **state)
{
	struct sgx_loss loss;

	(void)state;
	assert_false(sgx_losing(m.shared));
	sgx_loss_begin(&m.mm, &loss);
	assert_true(sgx_losing(m.shared));
	assert_int_equal(m.ipis, 1);
	assert_true(epcm_at(PAGE(0))->valid);
	sgx_loss_end(&m.mm, &loss);
	assert_false(sgx_losing(m.shared));
	assert_false(epcm_at(PAGE(0))->valid);
	/* the process that began it died: another may end it, once */
	sgx_loss_begin(&m.mm, &loss);
	sgx_loss_over(m.shared);
	assert_false(sgx_losing(m.shared));
	sgx_loss_over(m.shared);
	assert_false(sgx_losing(m.shared));
}

static void who_was_inside_must_leave(void **state)
{
	struct processor *p = go_inside(0, PID);
	struct sgx_loss loss;
	uint32_t before;

	(void)state;
	sgx_processor_look(m.shared, &p->seen);
	assert_false(sgx_processor_must_leave(&m.mm, &lps[0]));
	assert_false(sgx_processor_resume(&m.mm, &lps[0]));
	sgx_processor_look(m.shared, &before);
	sgx_loss_begin(&m.mm, &loss);
	assert_true(sgx_processor_must_leave(&m.mm, &lps[0]));
	assert_true(sgx_processor_resume(&m.mm, &lps[0]));
	assert_int_equal(state_of(0), PROCESSOR_PARKED);
	sgx_loss_end(&m.mm, &loss);
	/* A later entry is not concerned; a thread that looked before is. */
	processor_offline(&lps[0]);
	p = go_inside(0, PID);
	sgx_processor_look(m.shared, &p->seen);
	assert_false(sgx_processor_resume(&m.mm, &lps[0]));
	p->seen = before;
	assert_true(sgx_processor_resume(&m.mm, &lps[0]));
	/* Nor is a thread that is not inside. */
	processor_offline(&lps[0]);
	assert_false(sgx_processor_must_leave(&m.mm, &lps[0]));
}

static void what_was_hit_is_counted_once(void **state)
{
	struct sgx_loss loss;

	(void)state;
	go_inside(0, PID);
	sgx_loss_begin(&m.mm, &loss);
	processor_offline(&lps[0]);
	sgx_loss_end(&m.mm, &loss);
	assert_int_equal(loss.threads, 1);
	assert_int_equal(loss.enclaves, 1);
	assert_int_equal(loss.pages, 9); /* with SECS, version array */
	sgx_loss_begin(&m.mm, &loss);
	sgx_loss_end(&m.mm, &loss);
	assert_int_equal(loss.threads, 0);
	assert_int_equal(loss.enclaves, 0);
	assert_int_equal(loss.pages, 0);
}

static void mappings_follow_before_anybody_enters(void **state)
{
	uint32_t before = m.shared->resync_seq;
	struct sgx_loss loss;

	(void)state;
	assert_int_equal(map_fixed(PAGE(1), 4096, R), PAGE(1));
	assert_int_equal(sgx_sync_page(&m.mm, PAGE(1)), 0);
	assert_int_equal(real_page(PAGE(1))->prot, R);
	sgx_resync_if_due(&m.mm);
	assert_int_equal(real_page(PAGE(1))->prot, R);
	sgx_loss_begin(&m.mm, &loss);
	sgx_loss_end(&m.mm, &loss);
	assert_int_equal(m.shared->resync_seq, before + 1);
	/* the server lost it: this address space does not know yet */
	m.mm.resynced = m.shared->resync_seq - 1;
	assert_int_equal(real_page(PAGE(1))->prot, R);
	sgx_resync_if_due(&m.mm);
	assert_int_equal(real_page(PAGE(1))->prot, PROT_NONE);
	assert_int_equal(m.mm.resynced, m.shared->resync_seq);
}

#define ROUNDS  100000
#define SECONDS 3 /* on a busy machine fewer rounds do */

static struct {
	unsigned long too_early;
	uint32_t over;
} asker;

/* The signal: the thread goes on only after its handler. */
static uint32_t due, runs;

static int send_due(uint32_t pid, uint32_t tid)
{
	(void)pid;
	(void)tid;
	__atomic_store_n(&due, 1, __ATOMIC_SEQ_CST);
	return 0;
}

/* Like a barrier, it waits until the thread is in its handler. */
static int fence_due(void)
{
	while (__atomic_load_n(&due, __ATOMIC_SEQ_CST))
		sched_yield();
	return 0;
}

/* Another process, which makes the EPCM stricter again and again. */
static void *ask(void *arg)
{
	const struct sgx_sender sender = { .send = send_due,
					   .fence = fence_due };
	struct sgx_mm other = m.mm;
	time_t end = time(NULL) + SECONDS;

	for (unsigned n = 0; n < ROUNDS && time(NULL) < end; n++) {
		uint32_t seq;

		sgx_resync_others(&other);
		seq = m.shared->resync_seq;
		sgx_interrupt(&other, &sender, secs(), UINT32_MAX);
		if (__atomic_load_n(&runs, __ATOMIC_SEQ_CST))
			asker.too_early += __atomic_load_n(&m.mm.resynced,
							   __ATOMIC_SEQ_CST) !=
					   seq;
	}
	__atomic_store_n(&asker.over, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&due, 0, __ATOMIC_SEQ_CST);
	return arg;
}

/* A thread that runs the enclave's code has no old mapping left. */
static void an_interrupt_is_for_the_mappings_too(void **state)
{
	pthread_t thread;

	(void)state;
	go_inside(0, PID);
	memset(&asker, 0, sizeof(asker));
	due = runs = 0;
	assert_int_equal(pthread_create(&thread, NULL, ask, NULL), 0);
	while (!__atomic_load_n(&asker.over, __ATOMIC_SEQ_CST)) {
		/* The handler, and the code that it interrupts. */
		__atomic_store_n(&runs, 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&due, 0, __ATOMIC_SEQ_CST);
		assert_false(sgx_processor_resume(&m.mm, &lps[0]));
		__atomic_store_n(&runs, 1, __ATOMIC_SEQ_CST);
		while (!__atomic_load_n(&due, __ATOMIC_SEQ_CST) &&
		       !__atomic_load_n(&asker.over, __ATOMIC_SEQ_CST))
			;
	}
	pthread_join(thread, NULL);
	assert_int_equal(asker.too_early, 0);
}

#define INSIDE(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("who is inside is interrupted",
		"sgx/ioctl.c "
		"sgx_enclave_etrack(); sgx/main.c sgx_ipi_cb()"),
	ROW("nobody is inside", "nobody is sent anything",
	    INSIDE(nobody_is_inside)),
	ROW("a thread is inside, of this enclave", "it leaves",
	    INSIDE(who_is_inside_is_sent_one_and_has_left),
	    INSIDE(who_was_sent_away_looks_and_resumes),
	    INSIDE(only_whom_it_is_for), INSIDE(many_are_sent_away)),
	ROW("a thread enters later", "is not meant",
	    INSIDE(who_enters_later_is_not_meant)),
	TESTS(INSIDE(without_a_fence_nobody_is_sent_away),
	      INSIDE(who_was_interrupted_is_known),
	      INSIDE(who_moved_on_is_not_sent_away),
	      INSIDE(who_moved_on_in_the_epoch_is_asked_again),
	      INSIDE(who_has_gone_is_not_sent_away),
	      INSIDE(who_is_parked_is_not_disturbed),
	      INSIDE(the_dead_have_left),
	      INSIDE(a_sender_that_died_holds_nobody_for_ever),
	      INSIDE(who_leaves_waits_for_its_senders),
	      INSIDE(the_gate_is_closed_meanwhile),
	      INSIDE(who_was_inside_must_leave),
	      INSIDE(what_was_hit_is_counted_once),
	      INSIDE(mappings_follow_before_anybody_enters),
	      INSIDE(an_interrupt_is_for_the_mappings_too)),
};

CONFORM_MAIN(rows, NULL)
