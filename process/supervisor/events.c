/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happens to the platform while a run goes on: at a command's or a
 * program's wish, or by --inject.  What --inject does, or what the
 * program itself asked for, is always said on standard error: nobody shall
 * take it for a fault of the program or of swsgx.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "process/supervisor/injection/text.h"
#include "process/supervisor/server.h"

#define SAID_SINGLY	10	/* then only the total */
#define EXPEL_MS	100

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void say_hit(char *text, size_t size, uint64_t enclaves, uint64_t pages,
		    uint64_t threads)
{
	snprintf(text, size,
		 "%" PRIu64 " enclave%s, %" PRIu64 " page%s, %" PRIu64
		 " thread%s",
		 enclaves, plural(enclaves), pages, plural(pages), threads,
		 plural(threads));
}

static const struct sgx_injection *injection_of(const struct server *s,
				      const struct msg *msg)
{
	if (msg->event.origin < 0)
		return NULL;
	return &s->mm.shared->injections[msg->event.origin];
}

/* Whose sum it goes to. */
static struct event_tally *tally(struct server *s, const struct msg *msg)
{
	const struct sgx_injection *in = injection_of(s, msg);

	return in && !in->once ? &s->by_injection[msg->event.origin] :
				     &s->by_program[msg->event.event];
}

static void say_one(const struct server *s, const struct event_tally *sum,
		    const struct msg *msg)
{
	const struct sgx_injection *in = injection_of(s, msg);
	char at[64] = "", hit[96];

	if (in && in->once)
		snprintf(at, sizeof(at), ", as %s", in->text);
	else if (in && in->when == SGX_WHEN_EVERY)
		snprintf(at, sizeof(at), ", time %" PRIu64, sum->times);
	else if (in && in->when == SGX_WHEN_RANDOM)
		snprintf(at, sizeof(at), ", number %" PRIu64, in->drawn);
	say_hit(hit, sizeof(hit), msg->event.enclaves, msg->event.pages,
		msg->event.threads);
	dprintf(STDERR_FILENO, "swsgx: injected %s%s: %s%s\n", sum->text, at,
		hit, sum->times == SAID_SINGLY ? "; more in the total" : "");
}

static void report(struct server *s, const struct msg *msg)
{
	struct event_tally *sum = tally(s, msg);

	sum->times++;
	sum->enclaves += msg->event.enclaves;
	sum->pages += msg->event.pages;
	sum->threads += msg->event.threads;
	/* what runs on in the background does not speak after the sums */
	if (sum->times <= SAID_SINGLY && !s->totals_said)
		say_one(s, sum, msg);
}

static void retire(struct server *s, int32_t origin)
{
	struct sgx_injection *in;

	if (origin < 0)
		return;
	in = &s->mm.shared->injections[origin];
	if (!in->once)
		return;
	if (s->timers[origin] >= 0)
		close(s->timers[origin]);
	s->timers[origin] = -1;
	__atomic_store_n(&in->active, 0, __ATOMIC_RELEASE);
}

void event_done(struct server *s, int client, struct msg *msg)
{
	__atomic_add_fetch(&s->mm.shared->stat_event[msg->event.event], 1,
			   __ATOMIC_RELAXED);
	if (msg->event.origin != RT_BY_COMMAND)
		report(s, msg);
	retire(s, msg->event.origin);
	msg->error = 0;
	if (client >= 0)
		server_answer(client, msg);
}

/* Everybody who is inside leaves, and may come back at once. */
static void expel(struct server *s, struct msg *msg)
{
	msg->event.threads = sgx_processors_entered(&s->mm);
	__atomic_add_fetch(&s->mm.shared->leave_seq, 1, __ATOMIC_SEQ_CST);
	platform_interrupt(s, EPC_NONE, UINT32_MAX);
}

static void evict_from(struct server *s, struct msg *msg, uint32_t index)
{
	struct sgx_encl *encl = &s->mm.shared->encls[index];
	bool all = msg->event.encl == RT_ALL;
	uint64_t start = all ? encl->base : msg->event.start;
	uint64_t end = all ? encl->base + encl->size : msg->event.end;
	uint64_t n = sgx_evict(&s->mm, encl, start, end);

	msg->event.enclaves += n != 0;
	msg->event.pages += n;
}

static void evict(struct server *s, struct msg *msg)
{
	if (msg->event.encl != RT_ALL) {
		evict_from(s, msg, msg->event.encl);
		return;
	}
	for (uint32_t i = 0; i < s->mm.shared->nr_encls; i++)
		evict_from(s, msg, i);
}

static bool sane(const struct server *s, const struct msg *msg)
{
	return msg->event.event < SGX_EVENTS &&
	       msg->event.origin >= RT_BY_PROGRAM &&
	       msg->event.origin < (int32_t)s->mm.shared->nr_injections &&
	       (msg->event.encl == RT_ALL ||
		msg->event.encl < s->mm.shared->nr_encls);
}

int event_start(struct server *s, int client, struct msg *msg)
{
	if (!sane(s, msg))
		return -EINVAL;
	msg->event.enclaves = 0;
	msg->event.pages = 0;
	msg->event.threads = 0;
	switch (msg->event.event) {
	case SGX_EVENT_EPC_LOSS:
	case SGX_EVENT_MIGRATE:
		loss_make(s, msg);
		break;
	case SGX_EVENT_AEX:
		if (msg->event.done)
			msg->event.threads = 1;
		else
			expel(s, msg);
		break;
	default:
		evict(s, msg);
	}
	event_done(s, client, msg);
	return 0;
}

/* The injections ------------------------------------------------------ */

static int add_injection(struct server *s, const struct sgx_injection *in)
{
	int i = sgx_injection_add(s->mm.shared, in);

	if (i < 0)
		return i;
	memset(&s->by_injection[i], 0, sizeof(s->by_injection[i]));
	memcpy(s->by_injection[i].text, in->text, sizeof(in->text));
	s->timers[i] = -1;
	return i;
}

void injections_init(struct server *s)
{
	static const char *const names[] = { INJECTION_EVENT_NAMES };

	for (unsigned int i = 0; i < SGX_EVENTS; i++)
		snprintf(s->by_program[i].text, sizeof(s->by_program[i].text),
			 "%s by the program", names[i]);
	for (unsigned int i = 0; i < s->options->nr_injections; i++)
		(void)add_injection(s, &s->options->injections[i]);
}

static void start_timer(struct server *s, int i)
{
	const struct sgx_injection *in = &s->mm.shared->injections[i];
	struct itimerspec at = { { 0, 0 }, { 0, 0 } };

	if (in->when != SGX_WHEN_TIME && in->when != SGX_WHEN_EVERY)
		return;
	at.it_value.tv_sec = (time_t)(in->n / 1000000000u);
	at.it_value.tv_nsec = (long)(in->n % 1000000000u);
	if (in->when == SGX_WHEN_EVERY)
		at.it_interval = at.it_value;
	s->timers[i] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC |
						       TFD_NONBLOCK);
	timerfd_settime(s->timers[i], 0, &at, NULL);
	server_watch(s, s->timers[i]);
}

void injections_start(struct server *s)
{
	for (unsigned int i = 0; i < s->options->nr_injections; i++)
		start_timer(s, (int)i);
}

int injection_next(struct server *s, const char *spec)
{
	struct sgx_injection in;
	char why[256];
	int i;

	if (injection_parse(spec, &in, why, sizeof(why)) ||
	    in.when > SGX_WHEN_TIME)
		return -EINVAL;
	in.once = true;
	if (in.when < SGX_COUNTED)
		in.n += __atomic_load_n(&s->mm.shared->stat_when[in.when],
					  __ATOMIC_SEQ_CST);
	i = add_injection(s, &in);
	if (i < 0)
		return i;
	start_timer(s, i);
	return 0;
}

bool injections_timer(struct server *s, int fd)
{
	struct msg msg = { .type = MSG_EVENT };
	uint64_t ticks;
	uint32_t i = 0;

	while (i < s->mm.shared->nr_injections && s->timers[i] != fd)
		i++;
	if (i == s->mm.shared->nr_injections)
		return false;
	msg.event.event = s->mm.shared->injections[i].event;
	msg.event.origin = (int32_t)i;
	msg.event.encl = RT_ALL;
	event_start(s, -1, &msg);
	if (s->timers[i] == fd)
		(void)!read(fd, &ticks, sizeof(ticks));
	return true;
}

static void say_total(const struct event_tally *sum)
{
	char hit[96];

	if (!sum->times) {
		dprintf(STDERR_FILENO, "swsgx: injected in all: %s: never, it "
				       "did not come to that\n", sum->text);
		return;
	}
	say_hit(hit, sizeof(hit), sum->enclaves, sum->pages, sum->threads);
	dprintf(STDERR_FILENO,
		"swsgx: injected in all: %s: %" PRIu64 " time%s, %s\n",
		sum->text, sum->times, plural(sum->times), hit);
}

void injections_totals(struct server *s)
{
	if (s->totals_said)
		return;
	s->totals_said = true;
	for (unsigned int i = 0; i < s->options->nr_injections; i++)
		say_total(&s->by_injection[i]);
	for (unsigned int i = 0; i < SGX_EVENTS; i++)
		if (s->by_program[i].times)
			say_total(&s->by_program[i]);
	if (s->options->random_seed_drawn)
		dprintf(STDERR_FILENO, "swsgx: the same again: --seed %" PRIu64
			"\n", s->options->seed);
}
