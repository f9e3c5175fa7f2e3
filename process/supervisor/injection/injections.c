/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/injection/injections.h.  timerfd_create(2). */
#include "process/supervisor/injection/injections.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "process/ctl.h"
#include "process/supervisor/base/loop.h"
#include "process/supervisor/base/options.h"
#include "process/supervisor/injection/events.h"
#include "process/supervisor/injection/text.h"
#include "process/supervisor/platform/platform.h"

static struct sgx_injection *injection_of(const struct injections *s,
					  const struct msg *msg)
{
	if (msg->event.origin < 0)
		return NULL;
	return sgx_injection_at(s->platform->mm.shared,
				(uint32_t)msg->event.origin);
}

static int add(struct injections *s, const struct sgx_injection *in)
{
	int i = sgx_injection_add(s->platform->mm.shared, in);

	if (i < 0)
		return i;
	report_begin(&s->report, i, in);
	s->timers[i] = -1;
	return i;
}

void injections_init(struct injections *s, struct platform *platform,
		     const struct run_options *options)
{
	s->platform = platform;
	s->options = options;
	report_init(&s->report);
	for (unsigned int i = 0; i < options->nr_injections; i++)
		(void)add(s, &options->injections[i]);
}

/* Its place is free: it was to happen once, and has happened. */
static void retire(struct injections *s, const struct msg *msg)
{
	struct sgx_injection *in = injection_of(s, msg);
	int *timer;

	if (!in || !in->once)
		return;
	timer = &s->timers[msg->event.origin];
	if (*timer >= 0)
		loop_close(*timer);
	*timer = -1;
	sgx_injection_retire(in);
}

int injections_event(struct injections *s, struct msg *msg)
{
	if (!event_is_valid(s->platform, msg))
		return -EINVAL;
	event_make(s->platform, msg);
	sgx_event_count(s->platform->mm.shared, msg->event.event);
	tapes_event(&s->platform->tapes, msg, injection_of(s, msg));
	if (msg->event.origin != RT_BY_COMMAND)
		report_event(&s->report, injection_of(s, msg), msg);
	retire(s, msg);
	return 0;
}

void injections_count(struct injections *s, enum sgx_when when)
{
	struct sgx_shared *shared = s->platform->mm.shared;
	uint64_t n, due = sgx_injection_count(shared, when, &n);

	for (uint32_t i = 0; due; i++, due >>= 1) {
		struct msg msg = { .type = MSG_EVENT };

		if (!(due & 1))
			continue;
		msg.event.event = sgx_injection_at(shared, i)->event;
		msg.event.origin = (int32_t)i;
		msg.event.n = n;
		msg.event.encl = RT_ALL;
		injections_event(s, &msg);
	}
}

static void timer_event(void *arg, int fd, uint32_t events)
{
	struct msg msg = { .type = MSG_EVENT };
	struct injections *s = arg;
	const struct sgx_injection *in;
	uint64_t ticks;
	uint32_t i = 0;

	(void)events;
	while ((in = sgx_injection_at(s->platform->mm.shared, i)) &&
	       s->timers[i] != fd)
		i++;
	if (!in)
		return;
	msg.event.event = in->event;
	msg.event.origin = (int32_t)i;
	msg.event.encl = RT_ALL;
	injections_event(s, &msg);
	if (s->timers[i] == fd)
		(void)!read(fd, &ticks, sizeof(ticks));
}

static void start_timer(struct injections *s, int i)
{
	const struct sgx_injection *in =
		sgx_injection_at(s->platform->mm.shared, (uint32_t)i);
	struct itimerspec at = { { 0, 0 }, { 0, 0 } };

	if (!in)
		return;
	if (in->when != SGX_WHEN_TIME && in->when != SGX_WHEN_EVERY)
		return;
	at.it_value.tv_sec = (time_t)(in->n / 1000000000u);
	at.it_value.tv_nsec = (long)(in->n % 1000000000u);
	if (in->when == SGX_WHEN_EVERY)
		at.it_interval = at.it_value;
	s->timers[i] = timerfd_create(CLOCK_MONOTONIC,
				      TFD_CLOEXEC | TFD_NONBLOCK);
	timerfd_settime(s->timers[i], 0, &at, NULL);
	loop_watch(s->timers[i], timer_event, s);
}

void injections_start(struct injections *s)
{
	for (unsigned int i = 0; i < s->options->nr_injections; i++)
		start_timer(s, (int)i);
}

int injections_next(struct injections *s, const char *spec)
{
	struct sgx_injection in;
	char why[256];
	int i;

	if (injection_parse(spec, &in, why, sizeof(why)) ||
	    in.when > SGX_WHEN_TIME)
		return -EINVAL;
	in.once = true;
	if (in.when < SGX_COUNTED)
		in.n += sgx_when_count(s->platform->mm.shared, in.when);
	i = add(s, &in);
	if (i < 0)
		return i;
	start_timer(s, i);
	return 0;
}

void injections_totals(struct injections *s)
{
	report_totals(&s->report, s->options);
}
