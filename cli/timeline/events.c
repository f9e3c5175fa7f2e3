/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of a run as Trace Events, one a line.  A stay in an enclave is a
 * complete event, written when it ends; all else are instants of a thread, or
 * of all where the platform is meant; and the EPC is a counter.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/timeline/timeline.h"
#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"
#include "kernel/platform/injection.h"

/* A thread, and since when it is inside. */
struct thread_span {
	uint32_t pid, tid;
	bool inside;
	uint64_t since;
	uint64_t tcs;
	struct tape_enclave enclave;
	const char *entry;
};

/* Microseconds since the run began, with the nanoseconds behind the point. */
static void put_time(struct timeline *t, const char *name, uint64_t from,
		     uint64_t to)
{
	uint64_t ns = to > from ? to - from : 0;

	fprintf(t->out, ",\"%s\":%" PRIu64 ".%03" PRIu64, name, ns / 1000,
		ns % 1000);
}

/* Names are ours, but for a program's, which may hold anything. */
static void put_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c >= 0x7f || strchr("\"\\<>&", c))
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void begin(struct timeline *t, const char *ph, const char *cat,
		  const char *name)
{
	fprintf(t->out, "%s\n{\"ph\":\"%s\",\"cat\":\"%s\",\"name\":",
		t->events++ ? "," : "", ph, cat);
	put_string(t->out, name);
}

static void put_ids(struct timeline *t, uint32_t pid, uint32_t tid)
{
	fprintf(t->out, ",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32, pid, tid);
}

static void note_time(struct timeline *t, uint64_t time)
{
	if (time > t->last)
		t->last = time;
}

/* An instant of a thread, with arguments as JSON. */
__attribute__((format(printf, 5, 6))) static void mark(
	struct timeline *t, const struct tape_record *r, const char *cat,
	const char *name, const char *args, ...)
{
	va_list list;

	begin(t, "i", cat, name);
	fputs(",\"s\":\"t\"", t->out);
	put_time(t, "ts", t->start, r->time);
	put_ids(t, r->pid, r->tid);
	fprintf(t->out, ",\"args\":{\"injected\":%s",
		r->flags & TAPE_INJECTED ? "true" : "false");
	va_start(list, args);
	vfprintf(t->out, args, list);
	va_end(list);
	fputs("}}", t->out);
}

static const char *vector_name(uint8_t vector)
{
	static const char *const names[] = {
		[VECTOR_DE] = "#DE", [VECTOR_DB] = "#DB", [VECTOR_BP] = "#BP",
		[VECTOR_BR] = "#BR", [VECTOR_UD] = "#UD", [VECTOR_GP] = "#GP",
		[VECTOR_PF] = "#PF", [VECTOR_MF] = "#MF", [VECTOR_AC] = "#AC",
		[VECTOR_XM] = "#XM",
	};

	if (vector == TAPE_NO_VECTOR)
		return "interrupt";
	if (vector > VECTOR_XM || !names[vector])
		return "exception";
	return names[vector];
}

static const char *leaf_name(uint64_t leaf)
{
	static const char *const names[] = {
		"EREPORT", "EGETKEY", "EENTER",      "ERESUME", "EEXIT",
		"EACCEPT", "EMODPE",  "EACCEPTCOPY", NULL,      "EDECCSSA"
	};

	leaf = (uint32_t)leaf;
	return leaf < sizeof(names) / sizeof(names[0]) && names[leaf] ?
		       names[leaf] :
		       "ENCLU";
}

static void put_name(struct timeline *t, uint32_t pid, const char *name)
{
	begin(t, "M", "__metadata", "process_name");
	put_ids(t, pid, 0);
	fputs(",\"args\":{\"name\":", t->out);
	put_string(t->out, name);
	fputs("}}", t->out);
}

static void put_process(struct timeline *t, uint32_t pid)
{
	char path[64], name[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/comm", pid);
	f = fopen(path, "re");
	if (f) {
		if (!fgets(name, sizeof(name), f))
			name[0] = 0;
		fclose(f);
	}
	name[strcspn(name, "\n")] = 0;
	put_name(t, pid, *name ? name : "process");
}

/* NULL: there is no memory for one more. */
static struct thread_span *thread_of(struct timeline *t,
				     const struct tape_record *r)
{
	bool known = false;
	struct thread_span *more;

	for (unsigned int i = 0; i < t->nr_spans; i++) {
		if (t->spans[i].pid == r->pid && t->spans[i].tid == r->tid)
			return &t->spans[i];
		known |= t->spans[i].pid == r->pid;
	}
	more = realloc(t->spans, (t->nr_spans + 1) * sizeof(*more));
	if (!more)
		return NULL;
	t->spans = more;
	more += t->nr_spans++;
	*more = (struct thread_span){ .pid = r->pid, .tid = r->tid };
	if (!known && r->pid)
		put_process(t, r->pid);
	return more;
}

static void enter(struct timeline *t, const struct tape_leaf *r)
{
	struct thread_span *s = thread_of(t, &r->r);

	if (!s)
		return;
	s->inside = true;
	s->since = r->r.time;
	s->tcs = r->rbx;
	s->enclave = r->enclave;
	s->entry = leaf_name(r->leaf);
}

/* A stay ends; how it began may not have been recorded. */
static void leave(struct timeline *t, struct thread_span *s, uint64_t time,
		  const char *how, uint64_t rip)
{
	if (!s || !s->inside)
		return;
	s->inside = false;
	begin(t, "X", "enclave", "in enclave");
	put_time(t, "ts", t->start, s->since);
	put_time(t, "dur", s->since, time);
	put_ids(t, s->pid, s->tid);
	fprintf(t->out,
		",\"args\":{\"enclave\":\"0x%" PRIx64 "\",\"tcs\":\"0x%" PRIx64
		"\",\"entry\":\"%s\",\"exit\":\"%s\"",
		s->enclave.base, s->tcs, s->entry, how);
	if (rip - s->enclave.base < s->enclave.size)
		fprintf(t->out, ",\"offset\":\"0x%" PRIx64 "\"",
			rip - s->enclave.base);
	fputs("}}", t->out);
}

static void leaf(struct timeline *t, const struct tape_leaf *r)
{
	uint32_t number = (uint32_t)r->leaf;

	if (r->fault.vector != TAPE_NO_VECTOR)
		return; /* what becomes of that is recorded, too */
	if (!r->inside && (number == ENCLU_EENTER || number == ENCLU_ERESUME))
		enter(t, r);
	else if (number == ENCLU_EEXIT)
		leave(t, thread_of(t, &r->r), r->r.time, "EEXIT", r->rip);
	else if (thread_of(t, &r->r))
		mark(t, &r->r, "leaf", leaf_name(number),
		     ",\"result\":%" PRIu64, r->zf ? r->result : 0);
}

static void left_by_aex(struct timeline *t, const struct tape_aex *r)
{
	const char *cause = vector_name(r->cause.vector);
	char name[32];

	snprintf(name, sizeof(name), "AEX %s", cause);
	leave(t, thread_of(t, &r->r), r->r.time, name, r->rip);
	mark(t, &r->r, "aex", name,
	     ",\"offset\":\"0x%" PRIx64 "\",\"error\":\"0x%" PRIx32
	     "\",\"address\":\"0x%" PRIx64 "\"",
	     r->rip - r->enclave.base, r->cause.error_code, r->cause.address);
}

static void fault(struct timeline *t, const struct tape_fault *r)
{
	static const char *const outcomes[] = {
		[TAPE_MENDED] = "page fault, mended",
		[TAPE_SIGNALLED] = "page fault, told",
		[TAPE_ABORT_PAGE] = "abort page",
		[TAPE_NOT_OURS] = "page fault, not of SGX",
	};

	if (r->outcome > TAPE_NOT_OURS || !thread_of(t, &r->r))
		return;
	mark(t, &r->r, "fault", outcomes[r->outcome],
	     ",\"address\":\"0x%" PRIx64 "\",\"error\":\"0x%" PRIx32
	     "\",\"rip\":\"0x%" PRIx64 "\",\"evicted\":%s",
	     r->address, r->error_code, r->rip, r->evicted ? "true" : "false");
}

static void paging(struct timeline *t, const struct tape_paging *r)
{
	static const char *const names[] = {
		[TAPE_EWB] = "EWB", [TAPE_ELDU] = "ELDU", [TAPE_EAUG] = "EAUG"
	};

	if (r->op > TAPE_EAUG || !thread_of(t, &r->r))
		return;
	mark(t, &r->r, "paging", names[r->op],
	     ",\"enclave\":\"0x%" PRIx64 "\",\"address\":\"0x%" PRIx64 "\"",
	     r->enclave.base, r->address);
	timeline_epc(t, r->r.time, r->epc_total - r->epc_free);
}

/* What meets everybody. */
static void event(struct timeline *t, const struct tape_event *r)
{
	static const char *const names[] = {
		[SGX_EVENT_EPC_LOSS] = "EPC lost",
		[SGX_EVENT_MIGRATE] = "migrated",
		[SGX_EVENT_AEX] = "interrupt",
		[SGX_EVENT_EVICT] = "pages evicted",
	};

	if (r->event >= SGX_EVENTS)
		return;
	begin(t, "i", "loss", names[r->event]);
	fputs(",\"s\":\"g\"", t->out);
	put_time(t, "ts", t->start, r->r.time);
	put_ids(t, r->r.pid, r->r.tid);
	fprintf(t->out,
		",\"args\":{\"enclaves\":%" PRIu64 ",\"pages\":%" PRIu64
		",\"threads\":%" PRIu64 "}}",
		r->enclaves, r->pages, r->threads);
}

static void told(struct timeline *t, const struct tape_signal *r)
{
	char name[32];

	if (!thread_of(t, &r->r))
		return;
	if (r->sig)
		snprintf(name, sizeof(name), "SIG%s",
			 sigabbrev_np(r->sig) ? sigabbrev_np(r->sig) : "?");
	else
		snprintf(name, sizeof(name), "vDSO: %s",
			 vector_name(r->exception.vector));
	mark(t, &r->r, "told", name,
	     ",\"address\":\"0x%" PRIx64 "\",\"error\":\"0x%" PRIx32 "\"",
	     r->address, r->exception.error_code);
}

static size_t least_size(uint16_t kind)
{
	static const size_t sizes[TAPE_KINDS] = {
		[TAPE_LEAF] = sizeof(struct tape_leaf),
		[TAPE_AEX] = sizeof(struct tape_aex),
		[TAPE_FAULT] = sizeof(struct tape_fault),
		[TAPE_PAGING] = sizeof(struct tape_paging),
		[TAPE_EVENT] = sizeof(struct tape_event),
		[TAPE_SIGNAL] = sizeof(struct tape_signal),
	};

	return kind < TAPE_KINDS ? sizes[kind] : 0;
}

/* A program may have written into its tape: no size is believed. */
void timeline_record(struct timeline *t, const struct tape_record *r)
{
	if (!least_size(r->kind) || r->size < least_size(r->kind))
		return;
	note_time(t, r->time);
	switch (r->kind) {
	case TAPE_LEAF:
		leaf(t, (const struct tape_leaf *)r);
		break;
	case TAPE_AEX:
		left_by_aex(t, (const struct tape_aex *)r);
		break;
	case TAPE_FAULT:
		fault(t, (const struct tape_fault *)r);
		break;
	case TAPE_PAGING:
		paging(t, (const struct tape_paging *)r);
		break;
	case TAPE_EVENT:
		event(t, (const struct tape_event *)r);
		break;
	default:
		told(t, (const struct tape_signal *)r);
	}
}

void timeline_lost(struct timeline *t, uint64_t n, uint64_t time)
{
	note_time(t, time);
	begin(t, "i", "loss", "records missed");
	fputs(",\"s\":\"g\"", t->out);
	put_time(t, "ts", t->start, time);
	put_ids(t, 0, 0);
	fprintf(t->out, ",\"args\":{\"records\":%" PRIu64 "}}", n);
}

void timeline_epc(struct timeline *t, uint64_t time, uint64_t used)
{
	note_time(t, time);
	if (used == t->epc_used)
		return;
	t->epc_used = used;
	begin(t, "C", "epc", "EPC pages in use");
	put_time(t, "ts", t->start, time);
	put_ids(t, 0, 0);
	fprintf(t->out, ",\"args\":{\"pages\":%" PRIu64 "}}", used);
}

void timeline_begin(struct timeline *t)
{
	t->epc_used = UINT64_MAX;
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", t->out);
	put_name(t, 0, "the run's server");
}

void timeline_end(struct timeline *t)
{
	for (unsigned int i = 0; i < t->nr_spans; i++)
		leave(t, &t->spans[i], t->last, "not seen", 0);
	fputs("\n]}\n", t->out);
	free(t->spans);
}
