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
#include "kernel/machine/notes.h"
#include "kernel/machine/stat.h"
#include "kernel/sgx/encl.h"
#include "tests/conform/conform.h"

#define PID   77u
#define TID   770u
#define OTHER 88u

/* The modelled signals and fences; what happens at each; a dead thread. */
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
	/* The sender is counted, so a thread that leaves now waits for it. */
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

/* At the fence the thread still runs, and must still count as inside. */
static void still_runs(void)
{
	assert_int_equal(state_of(0), PROCESSOR_RUNNING);
	assert_true(secs_active(&m.mm.cpu, secs()));
}

static void thread_inside_gets_one_and_has_left(void **state)
{
	struct processor *p = go_inside(0, PID);

	(void)state;
	wire.at_fence = still_runs;
	assert_true(sgx_processor_is_inside(&lps[0]));
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 0);
	assert_true(sgx_processor_is_inside(&lps[0])); /* as far as it knows */
	assert_int_equal(wire.sent, 1);
	assert_int_equal(wire.fences, 1);
	assert_int_equal(wire.sent_at_fence, 1);
	assert_int_equal(state_of(0), PROCESSOR_AWAY);
	assert_false(secs_active(&m.mm.cpu, secs()));
	assert_int_equal(p->senders, 0);
	/* There is no second interrupt before the thread has looked. */
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), UINT32_MAX), 0);
	assert_int_equal(wire.sent, 1);
	assert_int_equal(sgx_processors_entered(&m.mm), 1);
}

/* A thread that is away joins again, in the epoch that is current then. */
static void interrupted_thread_looks_and_resumes(void **state)
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

/* One that is parked, or in no enclave, has no interrupt to look at. */
static void who_is_inside(void **state)
{
	(void)state;
	assert_false(sgx_processor_is_inside(&lps[0]));
	go_inside(0, PID);
	processor_park(&lps[0]);
	assert_false(sgx_processor_is_inside(&lps[0]));
}

/* Losses before an entry do not concern it, and an expulsion after it does. */
static void all_are_expelled(void **state)
{
	uint32_t seen;

	(void)state;
	m.shared->leave_seq = 7;
	sgx_processor_look(m.shared, &seen);
	go_inside(0, PID);
	assert_int_equal(sgx_processors_entered(&m.mm), 0);
	sgx_processor_saw(&lps[0], seen);
	assert_false(sgx_processor_must_leave(&m.mm, &lps[0]));
	assert_int_equal(sgx_expel(&m.mm), 1);
	assert_int_equal(m.ipis, 1);
	assert_true(sgx_processor_must_leave(&m.mm, &lps[0]));
	assert_int_equal(sgx_expel(&m.mm), 0);
}

static void counters_are_told(void **state)
{
	struct sgx_stats_row *row = sgx_stats_claim(sgx_stats_of(m.shared), PID,
						    PID, TID, 1);
	struct sgx_stat stat;

	(void)state;
	go_inside(0, PID);
	sgx_stats_add(row, SGX_STAT_EEXIT, 3);
	sgx_stats_add(row, SGX_STAT_FAULT_EPCM, 4);
	sgx_stats_add(row, SGX_STAT_FAULT_OTHER, 1);
	m.shared->stat_when[SGX_WHEN_IOCTL] = 5;
	sgx_event_count(m.shared, SGX_EVENT_EVICT);
	sgx_stats_add(row, SGX_STAT_AEX_INTERRUPT, 1);
	sgx_stats_add(row, SGX_STAT_AEX_OTHER, 1);
	m.shared->stat_ewb = 11;
	m.shared->stat_eldu = 12;
	m.shared->stat_eaug = 13;
	sgx_stat(&m.mm, &stat);
	assert_int_equal(stat.when[SGX_WHEN_EENTER], 0);
	assert_int_equal(stat.when[SGX_WHEN_EEXIT], 3);
	assert_int_equal(stat.when[SGX_WHEN_IOCTL], 5);
	assert_int_equal(stat.when[SGX_WHEN_FAULT], 5);
	assert_int_equal(stat.event[SGX_EVENT_EPC_LOSS], 0);
	assert_int_equal(stat.event[SGX_EVENT_EVICT], 1);
	assert_int_equal(stat.aex, 2);
	assert_int_equal(stat.ewb, 11);
	assert_int_equal(stat.eldu, 12);
	assert_int_equal(stat.eaug, 13);
	assert_int_equal(stat.epc_pages, m.shared->epc_total_pages);
	assert_int_equal(stat.epc_free, m.shared->epc_free_pages);
	assert_int_equal(stat.epc_peak, stat.epc_pages - stat.epc_free);
	assert_int_equal(stat.enclaves, 1);
	assert_int_equal(stat.threads, 1);
}

static void without_a_fence_no_thread_is_away(void **state)
{
	(void)state;
	go_inside(0, PID);
	wire.no_fence = true;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 1);
	assert_int_equal(state_of(0), PROCESSOR_RUNNING);
	assert_in_range(wire.fences, 1, 100);
}

static const struct sgx_note *note_of(unsigned i)
{
	return sgx_note(m.shared, PID, TID + i);
}

/* When the signal comes it has been noted, and not yet as one that was sent. */
static void see_the_note(uint32_t tid)
{
	uint32_t n;

	assert_int_equal(sgx_notes_begun(note_of(tid - TID)), 1);
	assert_false(sgx_notes_are_sent(note_of(tid - TID), &n));
	assert_int_equal(n, 0);
}

/* A signal without its value is known by that. */
static void interrupted_thread_has_a_note(void **state)
{
	uint32_t n;

	(void)state;
	go_inside(0, PID);
	processor_park(&lps[0]);
	go_inside(1, PID);
	wire.at_send = see_the_note;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 0);
	assert_int_equal(wire.sent, 1);
	assert_int_equal(sgx_notes_begun(note_of(0)), 0);
	assert_true(sgx_notes_are_sent(note_of(1), &n));
	assert_int_equal(n, 1);
	/* Another process has other notes. */
	assert_ptr_not_equal(sgx_note(m.shared, OTHER, TID), note_of(0));
}

static void later_entry_gets_none(void **state)
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

static void only_this_enclave_and_process(void **state)
{
	(void)state;
	go_inside(0, PID);
	go_inside(1, OTHER);
	go_inside(2, PID);
	processor_join(&lps[2], secs() + SGX_PAGE_SIZE);
	/* `mine` serves one process; other processes have other senders. */
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
static void many_are_away(void **state)
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

	p->senders = 0; /* so it need not wait for them */
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
static void thread_that_entered_again_is_not_away(void **state)
{
	(void)state;
	go_inside(0, PID);
	wire.at_send = once;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 0);
	assert_int_equal(state_of(0), PROCESSOR_RUNNING);
	assert_int_equal(processor_epoch(processor_inside(lps[0].processor)),
			 2);
}

static void entry_in_the_same_epoch_gets_another(void **state)
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

static void thread_that_left_is_not_away(void **state)
{
	(void)state;
	go_inside(0, PID);
	wire.at_fence = exits;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 0);
	assert_int_equal(state_of(0), PROCESSOR_OFFLINE);
	assert_int_equal(lps[0].processor->who, 0);
	assert_int_equal(wire.sent, 1);
}

static void parked_thread_gets_none(void **state)
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
static void dead_thread_has_left(void **state)
{
	struct processor *p = go_inside(0, PID);

	(void)state;
	wire.dead_tid = TID;
	assert_int_equal(sgx_interrupt(&m.mm, &all, secs(), 1), 0);
	assert_int_equal(state_of(0), PROCESSOR_AWAY);
	assert_int_not_equal(p->who, 0);
}

/* A thread waits for its senders, but not for ever. */
static void dead_sender_does_not_block_for_ever(void **state)
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
	bool sent;
} slow;

/* A sender is counted from before the signal until after it. */
static void *slow_sender(void *arg)
{
	struct timespec pause = { .tv_nsec = 1000 };

	nanosleep(&pause, NULL);
	__atomic_store_n(&slow.sent, true, __ATOMIC_SEQ_CST);
	__atomic_store_n(&slow.p->senders, 0, __ATOMIC_SEQ_CST);
	return arg;
}

static void leaving_thread_waits_for_its_senders(void **state)
{
	unsigned waited = 0;
	pthread_t thread;

	(void)state;
	/* The sender may take longer than the thread waits: then try again. */
	for (unsigned i = 0; i < 200 && !waited; i++) {
		slow.p = go_inside(0, PID);
		slow.p->senders = 1;
		slow.sent = false;
		assert_int_equal(pthread_create(&thread, NULL, slow_sender,
						NULL),
				 0);
		while (i & 1 && slow.p->senders)
			;
		processor_offline(&lps[0]);
		waited += __atomic_load_n(&slow.sent, __ATOMIC_SEQ_CST);
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

static void thread_inside_must_leave(void **state)
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
	/* A later entry need not leave; a thread that looked before must. */
	processor_offline(&lps[0]);
	p = go_inside(0, PID);
	sgx_processor_look(m.shared, &p->seen);
	assert_false(sgx_processor_resume(&m.mm, &lps[0]));
	p->seen = before;
	assert_true(sgx_processor_resume(&m.mm, &lps[0]));
	/* A thread that is not inside need not leave. */
	processor_offline(&lps[0]);
	assert_false(sgx_processor_must_leave(&m.mm, &lps[0]));
}

static void lost_threads_and_pages_count_once(void **state)
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

static void mappings_are_updated_before_an_entry(void **state)
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
	/* as if the server had done it: this address space is not updated */
	m.mm.resynced = m.shared->resync_seq - 1;
	assert_int_equal(real_page(PAGE(1))->prot, R);
	sgx_resync_if_due(&m.mm);
	assert_int_equal(real_page(PAGE(1))->prot, PROT_NONE);
	assert_int_equal(m.mm.resynced, m.shared->resync_seq);
}

#define ROUNDS  100000
#define SECONDS 3 /* on a busy machine, fewer rounds are enough */

static struct {
	unsigned long too_early;
	uint32_t over;
} asker;

/* `due`: a signal is pending.  `runs`: the thread runs enclave code. */
static uint32_t due, runs;

static int send_due(uint32_t pid, uint32_t tid)
{
	(void)pid;
	(void)tid;
	__atomic_store_n(&due, 1, __ATOMIC_SEQ_CST);
	return 0;
}

/* As membarrier() would, wait until the thread is in its handler. */
static int fence_due(void)
{
	while (__atomic_load_n(&due, __ATOMIC_SEQ_CST))
		sched_yield();
	return 0;
}

/* Another process, which restricts pages again and again. */
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
		/* First the handler, then the code that it returns to. */
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
	SUBJECT("threads inside are interrupted",
		"sgx/ioctl.c "
		"sgx_enclave_etrack(); sgx/main.c sgx_ipi_cb()"),
	ROW("no thread is inside", "no interrupt is sent",
	    INSIDE(nobody_is_inside)),
	ROW("a thread is inside, of this enclave", "it leaves",
	    INSIDE(thread_inside_gets_one_and_has_left),
	    INSIDE(interrupted_thread_looks_and_resumes),
	    INSIDE(only_this_enclave_and_process), INSIDE(many_are_away)),
	ROW("a thread enters later", "it gets none",
	    INSIDE(later_entry_gets_none)),
	TESTS(INSIDE(who_is_inside), INSIDE(all_are_expelled),
	      INSIDE(counters_are_told),
	      INSIDE(without_a_fence_no_thread_is_away),
	      INSIDE(interrupted_thread_has_a_note),
	      INSIDE(thread_that_entered_again_is_not_away),
	      INSIDE(entry_in_the_same_epoch_gets_another),
	      INSIDE(thread_that_left_is_not_away),
	      INSIDE(parked_thread_gets_none), INSIDE(dead_thread_has_left),
	      INSIDE(dead_sender_does_not_block_for_ever),
	      INSIDE(leaving_thread_waits_for_its_senders),
	      INSIDE(the_gate_is_closed_meanwhile),
	      INSIDE(thread_inside_must_leave),
	      INSIDE(lost_threads_and_pages_count_once),
	      INSIDE(mappings_are_updated_before_an_entry),
	      INSIDE(an_interrupt_is_for_the_mappings_too)),
};

CONFORM_MAIN(rows, NULL)
