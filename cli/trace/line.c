/* SPDX-License-Identifier: BSD-3-Clause */
/* A record as a line: what all kinds have, and which kind it is. */
#include <inttypes.h>

#include "cli/trace/names.h"
#include "cli/trace/symbols.h"
#include "cli/trace/trace.h"
#include "cpu/cpu.h"
#include "process/rt/lp/why_names.h"

#define MICROSECOND 1000u
#define SECOND      1000000u /* microseconds */

static void put_time(const struct trace *t, uint64_t time)
{
	uint64_t us = time < t->start ? 0 : (time - t->start) / MICROSECOND;

	fprintf(t->out, "%3" PRIu64 ".%06" PRIu64 " ", us / SECOND,
		us % SECOND);
}

static void put_thread(const struct trace *t, const struct tape_record *r)
{
	if (r->tid)
		fprintf(t->out, "%u/%u ", r->pid, r->tid);
	else
		fputs("swsgx ", t->out);
}

const uint8_t *trace_behind(const struct tape_record *r, size_t used, size_t n)
{
	return used <= r->size && n <= r->size - used ?
		       (const uint8_t *)r + used :
		       NULL;
}

void trace_reason(struct trace *t, const struct tape_record *r, size_t used,
		  size_t n)
{
	const uint8_t *text = trace_behind(r, used, n);

	if (!text || !n)
		return;
	fputs(*text == ' ' ? ":" : ": ", t->out);
	/* a program may have scribbled on it */
	for (size_t i = 0; i < n; i++)
		fputc(text[i] < ' ' || text[i] > '~' ? '?' : text[i], t->out);
}

void trace_place(struct trace *t, const struct tape_enclave *enclave,
		 uint32_t pid, uint64_t address)
{
	uint64_t offset = address - enclave->base;

	if (!enclave->size || offset >= enclave->size) {
		fprintf(t->out, "0x%" PRIx64, address);
		return;
	}
	fprintf(t->out, "0x%" PRIx64 "+0x%" PRIx64, enclave->base, offset);
	if (t->symbols)
		symbols_put(t->symbols, t->out, pid, enclave->base, offset);
}

void trace_exception(struct trace *t, const struct tape_exception *e)
{
	const char *name = why_vector(e->vector);

	if (name)
		fputs(name, t->out);
	else
		fprintf(t->out, "vector %u", e->vector);
	if (e->vector != VECTOR_PF && !e->error_code)
		return;
	fputc(' ', t->out);
	if (e->vector == VECTOR_PF)
		put_error_code(t->out, e->error_code);
	else
		fprintf(t->out, "err=0x%x", e->error_code);
}

/* What is there of it, by its kind; short records are not looked into. */
#define CASE(kind, type, class) \
	case kind: \
		if (r->size < sizeof(struct tape_##type)) \
			return false; \
		if (!really) \
			return t->classes & (class); \
		trace_##type(t, (const struct tape_##type *)r); \
		return true

static bool by_kind(struct trace *t, const struct tape_record *r, bool really)
{
	switch ((enum tape_kind)r->kind) {
		CASE(TAPE_OPEN, open, TAPE_CLASS_IOCTL);
		CASE(TAPE_IOCTL, ioctl, TAPE_CLASS_IOCTL);
		CASE(TAPE_MEMORY, memory, TAPE_CLASS_IOCTL);
		CASE(TAPE_LEAF, leaf, TAPE_CLASS_LEAF);
		CASE(TAPE_AEX, aex, TAPE_CLASS_LEAF);
		CASE(TAPE_FAULT, fault, TAPE_CLASS_FAULT);
		CASE(TAPE_PAGING, paging, TAPE_CLASS_PAGING);
		CASE(TAPE_EVENT, event, TAPE_CLASS_PAGING);
		CASE(TAPE_SIGNAL, signal, TAPE_CLASS_SIGNAL);
	case TAPE_KINDS:
		break;
	}
	return false;
}

void trace_record(struct trace *t, const struct tape_record *r)
{
	if (t->symbols && r->kind == TAPE_IOCTL &&
	    r->size >= sizeof(struct tape_ioctl))
		symbols_ioctl(t->symbols, (const struct tape_ioctl *)r);
	if (!by_kind(t, r, false))
		return;
	put_time(t, r->time);
	put_thread(t, r);
	(void)by_kind(t, r, true);
	if (r->kind != TAPE_EVENT && r->flags & TAPE_INJECTED)
		fputs(" (injected)", t->out);
	fputc('\n', t->out);
}

void trace_lost(struct trace *t, uint64_t n, uint64_t time)
{
	put_time(t, time);
	fprintf(t->out,
		"swsgx %" PRIu64 " event%s lost: they came faster than they "
		"were written; a filter has fewer come\n",
		n, n == 1 ? "" : "s");
}
