/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Processors in enclave mode and interrupts to them: who is found, who is sent
 * one, who is done on behalf of; and the loss of the EPC that is built on it.
 */
#include <pthread.h>
#include <time.h>

#include "cpu/secs.h"
#include "fixture.h"
#include "kernel/encl.h"
#include "tests/conform/conform.h"

#define PID	77u
#define TID	770u
#define OTHER	88u

/* What send() was asked to do, and which thread is dead. */
static struct {
	unsigned sent, probed;
	uint32_t dead_tid;
} wire;

static int send(uint32_t pid, uint32_t tid, bool probe)
{
	assert_true(pid == PID || pid == OTHER);
	if (tid == wire.dead_tid)
		return -ESRCH;
	if (probe)
		wire.probed++;
	else
		wire.sent++;
	return 0;
}

static struct sgx_ipi ipi(enum sgx_ipi_kind kind)
{
	memset(&wire, 0, sizeof(wire));
	return (struct sgx_ipi){ .kind = kind, .send = send };
}

static struct sgx_processor *place(struct lp *lp, uint32_t pid, uint32_t tid)
{
	uint32_t seen[SGX_IPI_KINDS];

	sgx_ipi_look(m.shared, seen);
	return sgx_processor_enter(&m.mm, lp, pid, tid, seen);
}

static struct secs_hidden *hidden(void)
{
	return secs_hidden_at(&m.mm.cpu, m.encl->secs_pa);
}

/* What of EENTER matters here, and its place. */
static struct sgx_processor *go_inside(struct lp *lp)
{
	enter();
	lp->cr_entry_epoch = secs_join(hidden());
	return place(lp, PID, TID);
}

static void nobody_is_inside(void **state)
{
	struct sgx_ipi i = ipi(SGX_IPI_LEAVE);

	(void)state;
	sgx_ipi_begin(m.shared, &i);
	assert_int_equal(sgx_ipi_send(&m.mm, &i), 0);
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, true), 0);
	assert_int_equal(wire.sent + wire.probed, 0);
}

static void who_is_inside_is_sent_one_and_answers(void **state)
{
	struct sgx_ipi i = ipi(SGX_IPI_TRACK);
	struct lp lp = { .cr_active_secs = m.encl->secs_pa };
	struct sgx_processor *p = place(&lp, PID, TID);
	uint32_t seq;

	(void)state;
	assert_false(sgx_processor_due(m.shared, p, SGX_IPI_TRACK, &seq));
	sgx_ipi_begin(m.shared, &i);
	assert_int_equal(sgx_ipi_send(&m.mm, &i), 1);
	assert_int_equal(wire.sent, 1);
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 1);
	assert_true(sgx_processor_due(m.shared, p, SGX_IPI_TRACK, &seq));
	assert_false(sgx_processor_due(m.shared, p, SGX_IPI_LEAVE, &seq));
	assert_true(sgx_processor_due(m.shared, p, SGX_IPI_TRACK, &seq));
	sgx_processor_done(p, SGX_IPI_TRACK, seq);
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 0);
	assert_true(sgx_processor_leave(&m.mm, p));
	assert_int_equal(p->who, 0);
}

/* Only who was may take a signal that says nothing for an interrupt. */
static void who_was_interrupted_is_known(void **state)
{
	struct sgx_ipi i = ipi(SGX_IPI_TRACK);
	struct lp lp = { .cr_active_secs = m.encl->secs_pa };
	struct sgx_processor *p = place(&lp, PID, TID);

	(void)state;
	sgx_processor_park(p);
	sgx_ipi_begin(m.shared, &i);
	sgx_ipi_send(&m.mm, &i);
	assert_false(sgx_processor_interrupted(p));
	sgx_processor_unpark(p, &lp);
	sgx_ipi_send(&m.mm, &i);
	assert_true(sgx_processor_interrupted(p));
	assert_true(sgx_processor_leave(&m.mm, p));
	p = place(&lp, PID, TID);
	assert_false(sgx_processor_interrupted(p));
	assert_false(sgx_processor_leave(&m.mm, p));
}

static void who_enters_later_is_not_meant(void **state)
{
	struct sgx_ipi i = ipi(SGX_IPI_LEAVE);
	struct lp lp = { .cr_active_secs = m.encl->secs_pa };
	uint32_t before[SGX_IPI_KINDS];
	struct sgx_processor *p;
	uint32_t seq;

	(void)state;
	sgx_ipi_look(m.shared, before);
	sgx_ipi_begin(m.shared, &i);
	p = place(&lp, PID, TID);
	assert_int_equal(sgx_ipi_send(&m.mm, &i), 0);
	assert_false(sgx_processor_due(m.shared, p, SGX_IPI_LEAVE, &seq));
	sgx_processor_leave(&m.mm, p);
	/* but who looked before it, and was inside only after it, is */
	p = sgx_processor_enter(&m.mm, &lp, PID, TID, before);
	assert_true(sgx_processor_due(m.shared, p, SGX_IPI_LEAVE, &seq));
}

static void only_whom_it_is_for(void **state)
{
	struct sgx_ipi i = ipi(SGX_IPI_LEAVE);
	struct lp lp = { .cr_active_secs = m.encl->secs_pa };

	(void)state;
	place(&lp, PID, TID);
	place(&lp, OTHER, TID + 1);
	lp.cr_active_secs += SGX_PAGE_SIZE;
	place(&lp, PID, TID + 2);
	sgx_ipi_begin(m.shared, &i);
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 3);
	i.pid = PID;
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 2);
	i.secs = m.encl->secs_pa;
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 1);
	i.pid = 0;
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 2);
	assert_int_equal(sgx_ipi_send(&m.mm, &i), 2);
	assert_int_equal(wire.sent, 2);
}

static bool track(void)
{
	return secs_track(hidden());
}

static void tracked_on_behalf_of_who_is_parked(void **state)
{
	struct sgx_ipi i = ipi(SGX_IPI_TRACK);
	struct sgx_processor *p = go_inside(&m.lp);

	(void)state;
	assert_true(track());
	assert_false(track());
	sgx_processor_park(p);
	sgx_ipi_begin(m.shared, &i);
	assert_int_equal(sgx_ipi_send(&m.mm, &i), 1);
	assert_int_equal(wire.sent, 0);
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 0);
	assert_true(track());
	sgx_processor_unpark(p, &m.lp);
	/* it knows the epoch that it was made to join */
	sgx_processor_leave(&m.mm, p);
	secs_leave(hidden(), m.lp.cr_entry_epoch);
	assert_false(secs_active(hidden()));
	assert_true(track());
	assert_true(track());
}

static void who_is_parked_leaves_by_itself(void **state)
{
	struct sgx_ipi i = ipi(SGX_IPI_LEAVE);
	struct sgx_processor *p = go_inside(&m.lp);
	uint32_t seq;

	(void)state;
	sgx_processor_park(p);
	sgx_ipi_begin(m.shared, &i);
	assert_int_equal(sgx_ipi_send(&m.mm, &i), 1);
	assert_int_equal(wire.sent, 0);
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 0);
	sgx_processor_unpark(p, &m.lp);
	assert_true(sgx_processor_due(m.shared, p, SGX_IPI_LEAVE, &seq));
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 1);
	sgx_processor_leave(&m.mm, p);
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 0);
}

static void the_dead_are_forgotten(void **state)
{
	struct sgx_ipi i = ipi(SGX_IPI_LEAVE);
	struct lp lp = { .cr_active_secs = m.encl->secs_pa };
	struct sgx_processor *p = place(&lp, PID, TID);

	(void)state;
	sgx_ipi_begin(m.shared, &i);
	wire.dead_tid = TID;
	assert_int_equal(sgx_ipi_send(&m.mm, &i), 0);
	assert_int_equal(p->who, 0);
	/* one that dies after it was sent the interrupt */
	wire.dead_tid = 0;
	assert_ptr_equal(place(&lp, PID, TID), p);
	i = ipi(SGX_IPI_LEAVE);
	sgx_ipi_begin(m.shared, &i);
	assert_int_equal(sgx_ipi_send(&m.mm, &i), 1);
	wire.dead_tid = TID;
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 1);
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, true), 0);
	assert_int_equal(p->who, 0);
}

static void swept_and_forgotten(void **state)
{
	struct lp lp = { .cr_active_secs = m.encl->secs_pa };
	struct sgx_processor *a = place(&lp, PID, TID);
	struct sgx_processor *b = place(&lp, OTHER, TID + 1);

	(void)state;
	wire.dead_tid = TID;
	sgx_processors_sweep(&m.mm, send);
	assert_int_equal(a->who, 0);
	assert_int_not_equal(b->who, 0);
	sgx_processors_forget(&m.mm, PID);
	assert_int_not_equal(b->who, 0);
	sgx_processors_forget(&m.mm, OTHER);
	assert_int_equal(b->who, 0);
}

/* Whoever is about to send keeps the thread from going. */
static void a_sender_that_died_holds_nobody_for_ever(void **state)
{
	struct lp lp = { .cr_active_secs = m.encl->secs_pa };
	struct sgx_processor *p = place(&lp, PID, TID);

	(void)state;
	p->senders = 1;
	sgx_processor_leave(&m.mm, p);
	assert_true(m.rescheds > 1000);
	assert_int_equal(p->senders, 0);
	assert_int_equal(p->who, 0);
}

/* The loss of the EPC ------------------------------------------------- */

static void the_gate_is_closed_meanwhile(void **state)
{
	struct sgx_ipi i = ipi(SGX_IPI_TRACK);
	struct sgx_loss loss;

	(void)state;
	assert_false(sgx_losing(m.shared));
	sgx_loss_begin(&m.mm, &i, &loss);
	assert_true(sgx_losing(m.shared));
	assert_int_equal(i.kind, SGX_IPI_LEAVE);
	assert_true(epcm_at(PAGE(0))->valid);
	sgx_loss_end(&m.mm, &loss);
	assert_false(sgx_losing(m.shared));
	assert_false(epcm_at(PAGE(0))->valid);
	/* who began it died: somebody else may end it, once */
	sgx_loss_begin(&m.mm, &i, &loss);
	sgx_loss_over(m.shared);
	assert_false(sgx_losing(m.shared));
	sgx_loss_over(m.shared);
	assert_false(sgx_losing(m.shared));
}

static void what_was_hit_is_counted_once(void **state)
{
	struct sgx_ipi i = ipi(SGX_IPI_LEAVE);
	struct sgx_processor *p = go_inside(&m.lp);
	struct sgx_loss loss;

	(void)state;
	sgx_loss_begin(&m.mm, &i, &loss);
	sgx_processor_leave(&m.mm, p);
	sgx_loss_end(&m.mm, &loss);
	assert_int_equal(loss.threads, 1);
	assert_int_equal(loss.enclaves, 1);
	assert_int_equal(loss.pages, 9);	/* with SECS, version array */
	sgx_loss_begin(&m.mm, &i, &loss);
	sgx_loss_end(&m.mm, &loss);
	assert_int_equal(loss.threads, 0);
	assert_int_equal(loss.enclaves, 0);
	assert_int_equal(loss.pages, 0);
}

static void mappings_follow_before_anybody_enters(void **state)
{
	struct sgx_ipi i = ipi(SGX_IPI_LEAVE);
	uint32_t before = m.shared->resync_seq;
	struct sgx_loss loss;

	(void)state;
	assert_int_equal(map_fixed(PAGE(1), 4096, R), PAGE(1));
	assert_int_equal(sgx_sync_page(&m.mm, PAGE(1)), 0);
	assert_int_equal(real_page(PAGE(1))->prot, R);
	sgx_resync_if_due(&m.mm);
	assert_int_equal(real_page(PAGE(1))->prot, R);
	sgx_loss_begin(&m.mm, &i, &loss);
	sgx_loss_end(&m.mm, &loss);
	assert_int_equal(m.shared->resync_seq, before + 1);
	/* it was the server that lost it: this space has not heard of it */
	m.mm.resynced = m.shared->resync_seq - 1;
	assert_int_equal(real_page(PAGE(1))->prot, R);
	sgx_resync_if_due(&m.mm);
	assert_int_equal(real_page(PAGE(1))->prot, PROT_NONE);
	assert_int_equal(m.mm.resynced, m.shared->resync_seq);
}

static void answering_is_for_both_kinds(void **state)
{
	struct sgx_ipi i = ipi(SGX_IPI_TRACK);
	struct lp lp = { .cpu = &m.mm.cpu, .cr_active_secs = m.encl->secs_pa };
	struct sgx_processor *p = go_inside(&lp);

	(void)state;
	assert_true(secs_track(hidden()));
	assert_false(secs_track(hidden()));
	m.mm.resynced = m.shared->resync_seq - 1;
	sgx_ipi_begin(m.shared, &i);
	assert_false(sgx_processor_answer(&m.mm, p, &lp));
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 0);
	assert_int_equal(m.mm.resynced, m.shared->resync_seq);
	/* it has left the epoch before */
	assert_true(secs_track(hidden()));
	assert_false(sgx_processor_answer(&m.mm, p, &lp));
	i = ipi(SGX_IPI_LEAVE);
	sgx_ipi_begin(m.shared, &i);
	assert_true(sgx_processor_answer(&m.mm, p, &lp));
	assert_int_equal(sgx_ipi_pending(&m.mm, &i, false), 1);
}

#define ROUNDS	100000
#define SECONDS	3	/* on a busy machine fewer rounds do */

static struct {
	unsigned long too_early;
	uint32_t over;
} asker;

/* Another process, which has made the EPCM stricter, again and again. */
static void *ask(void *arg)
{
	struct sgx_mm other = m.mm;
	struct sgx_ipi i = { .kind = SGX_IPI_TRACK, .send = send };
	time_t end = time(NULL) + SECONDS;
	uint32_t done;

	for (unsigned n = 0; n < ROUNDS && time(NULL) < end; n++) {
		sgx_resync_others(&other);
		sgx_ipi_begin(m.shared, &i);
		while (sgx_ipi_pending(&other, &i, false))
			sched_yield();
		done = __atomic_load_n(&m.mm.resynced, __ATOMIC_SEQ_CST);
		asker.too_early += done != m.shared->resync_seq;
	}
	__atomic_store_n(&asker.over, 1, __ATOMIC_SEQ_CST);
	return arg;
}

/* Who has answered has no mapping any more from before he was asked. */
static void an_answer_is_for_the_mappings_too(void **state)
{
	struct lp lp = { .cpu = &m.mm.cpu, .cr_active_secs = m.encl->secs_pa };
	struct sgx_processor *p = go_inside(&lp);
	pthread_t thread;

	(void)state;
	memset(&asker, 0, sizeof(asker));
	assert_int_equal(pthread_create(&thread, NULL, ask, NULL), 0);
	while (!__atomic_load_n(&asker.over, __ATOMIC_SEQ_CST))
		assert_false(sgx_processor_answer(&m.mm, p, &lp));
	pthread_join(thread, NULL);
	assert_int_equal(asker.too_early, 0);
}

#define INSIDE(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_initialized, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("who is inside is interrupted", "sgx/ioctl.c "
		"sgx_enclave_etrack(); sgx/main.c sgx_ipi_cb()"),
	ROW("nobody is inside", "nobody is sent anything",
	    INSIDE(nobody_is_inside)),
	ROW("a thread is inside, of this enclave", "it leaves",
	    INSIDE(who_is_inside_is_sent_one_and_answers),
	    INSIDE(only_whom_it_is_for)),
	ROW("a thread enters later", "is not meant",
	    INSIDE(who_enters_later_is_not_meant)),
	TESTS(INSIDE(who_was_interrupted_is_known),
	      INSIDE(tracked_on_behalf_of_who_is_parked),
	      INSIDE(who_is_parked_leaves_by_itself),
	      INSIDE(the_dead_are_forgotten), INSIDE(swept_and_forgotten),
	      INSIDE(a_sender_that_died_holds_nobody_for_ever),
	      INSIDE(the_gate_is_closed_meanwhile),
	      INSIDE(what_was_hit_is_counted_once),
	      INSIDE(mappings_follow_before_anybody_enters),
	      INSIDE(answering_is_for_both_kinds),
	      INSIDE(an_answer_is_for_the_mappings_too)),
};

CONFORM_MAIN(rows, NULL)
