/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/injection/report.h. */
#include "process/supervisor/injection/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/ctl.h"
#include "process/supervisor/base/options.h"
#include "process/supervisor/injection/text.h"

#define SAID_SINGLY 10 /* then only the total */

void report_init(struct report *r)
{
	static const char *const names[] = { INJECTION_EVENT_NAMES };

	memset(r, 0, sizeof(*r));
	for (unsigned int i = 0; i < SGX_EVENTS; i++) {
		r->by_program[i].event = i;
		snprintf(r->by_program[i].text, sizeof(r->by_program[i].text),
			 "%s by the program", names[i]);
	}
}

void report_begin(struct report *r, int i, const struct sgx_injection *in)
{
	struct tally *sum = &r->by_injection[i];

	memset(sum, 0, sizeof(*sum));
	sum->event = in->event;
	memcpy(sum->text, in->text, sizeof(sum->text));
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* What was hit: of enclaves, or an answer of AESM's. */
static void say_hit(char *text, size_t size, const struct tally *sum)
{
	if (sum->event > SGX_EVENT_EVICT) {
		snprintf(text, size, "AESM's next answer");
		return;
	}
	snprintf(text, size,
		 "%" PRIu64 " enclave%s, %" PRIu64 " page%s, %" PRIu64
		 " thread%s",
		 sum->enclaves, plural(sum->enclaves), sum->pages,
		 plural(sum->pages), sum->threads, plural(sum->threads));
}

static void say_one(const struct tally *sum, const struct sgx_injection *in,
		    const struct msg *msg)
{
	const struct tally one = { .event = sum->event,
				   .enclaves = msg->event.enclaves,
				   .pages = msg->event.pages,
				   .threads = msg->event.threads };
	char at[64] = "", hit[96];

	if (in && in->once)
		snprintf(at, sizeof(at), ", as %s", in->text);
	else if (in && in->when == SGX_WHEN_EVERY)
		snprintf(at, sizeof(at), ", time %" PRIu64, sum->times);
	else if (in && in->when == SGX_WHEN_RANDOM)
		snprintf(at, sizeof(at), ", number %" PRIu64, in->drawn);
	say_hit(hit, sizeof(hit), &one);
	dprintf(STDERR_FILENO, "swsgx: injected %s%s: %s%s\n", sum->text, at,
		hit, sum->times == SAID_SINGLY ? "; more in the total" : "");
}

void report_event(struct report *r, const struct sgx_injection *in,
		  const struct msg *msg)
{
	struct tally *sum = in && !in->once ?
				    &r->by_injection[msg->event.origin] :
				    &r->by_program[msg->event.event];

	sum->times++;
	sum->enclaves += msg->event.enclaves;
	sum->pages += msg->event.pages;
	sum->threads += msg->event.threads;
	/* a program that runs on in the background is not told of */
	if (sum->times <= SAID_SINGLY && !r->totals_said)
		say_one(sum, in, msg);
}

static void say_total(const struct tally *sum)
{
	char hit[96];

	if (!sum->times) {
		dprintf(STDERR_FILENO,
			"swsgx: injected in all: %s: never, it "
			"did not come to that\n",
			sum->text);
		return;
	}
	say_hit(hit, sizeof(hit), sum);
	dprintf(STDERR_FILENO,
		"swsgx: injected in all: %s: %" PRIu64 " time%s, %s\n",
		sum->text, sum->times, plural(sum->times), hit);
}

void report_totals(struct report *r, const struct run_options *options)
{
	if (r->totals_said)
		return;
	r->totals_said = true;
	for (unsigned int i = 0; i < options->nr_injections; i++)
		say_total(&r->by_injection[i]);
	for (unsigned int i = 0; i < SGX_EVENTS; i++)
		if (r->by_program[i].times)
			say_total(&r->by_program[i]);
	if (options->random_seed_drawn)
		dprintf(STDERR_FILENO,
			"swsgx: the same again: --seed %" PRIu64 "\n",
			options->seed);
}
