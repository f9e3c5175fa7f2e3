/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Page faults with what was decided by, pages that come and go, what happened
 * to the platform, and what the program is told.
 */
#include <inttypes.h>

#include "cli/trace/names.h"
#include "cli/trace/trace.h"
#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"
#include "kernel/platform/injection.h"
#include "process/ctl.h"
#include "process/supervisor/injection/text.h"

static const char *access_of(uint32_t code)
{
	if (code & PF_INSTR)
		return "fetch";
	return code & PF_WRITE ? "write" : "read";
}

static void put_type(FILE *out, uint8_t pt)
{
	static const char *const names[] = { [PT_SECS] = "secs",
					     [PT_TCS] = "tcs",
					     [PT_REG] = "reg",
					     [PT_VA] = "va",
					     [PT_TRIM] = "trim" };

	if (pt < sizeof(names) / sizeof(names[0]))
		fputs(names[pt], out);
	else
		fprintf(out, "type %u", pt);
}

static void put_epcm(FILE *out, const struct tape_fault *r)
{
	struct epcm epcm = { .flags = r->epcm };

	fputs(" epcm ", out);
	if (!r->has_page) {
		fputs("none", out);
	} else if (r->evicted) {
		fputs("evicted", out);
	} else if (!r->valid) {
		fputs("invalid", out);
	} else {
		put_type(out, r->pt);
		fputc(' ', out);
		put_rwx(out, epcm.r | (unsigned int)epcm.w << 1 |
				     (unsigned int)epcm.x << 2);
		fputs(epcm.pending ? " pending" : "", out);
		fputs(epcm.modified ? " modified" : "", out);
		fputs(epcm.pr ? " pr" : "", out);
		fputs(epcm.blocked ? " blocked" : "", out);
	}
}

static void put_tables(FILE *out, const struct tape_fault *r)
{
	if (!r->has_vma) {
		fputs(": vma none", out);
		return;
	}
	fputs(": vma ", out);
	put_rwx(out, r->vma_prot);
	if (r->pkey)
		fprintf(out, " pkey %u", r->pkey);
	fputs(" pte ", out);
	if (r->has_pte)
		/* x86 has no page that can be accessed and not read */
		put_rwx(out, r->vma_prot ? r->vma_prot | 1u : 0);
	else
		fputs("none", out);
	put_epcm(out, r);
}

static void put_outcome(struct trace *t, const struct tape_fault *r)
{
	fputs(" -> ", t->out);
	switch ((enum tape_outcome)r->outcome) {
	case TAPE_MENDED:
		fputs("mended", t->out);
		break;
	case TAPE_ABORT_PAGE:
		fputs("from outside: abort page", t->out);
		break;
	case TAPE_NOT_OURS:
		fputs("no enclave there", t->out);
		break;
	case TAPE_SIGNALLED:
		put_signal(t->out, r->sig, r->code);
		trace_reason(t, &r->r, sizeof(*r), r->text_size);
	}
}

void trace_fault(struct trace *t, const struct tape_fault *r)
{
	fprintf(t->out, "#PF %s ", access_of(r->error_code));
	trace_place(t, &r->enclave, r->r.pid, r->address);
	/* of one that is mended, the host's code says nothing */
	if (r->outcome == TAPE_SIGNALLED) {
		fputc(' ', t->out);
		put_error_code(t->out, r->error_code);
	}
	fputs(" rip=", t->out);
	trace_place(t, &r->enclave, r->r.pid, r->rip);
	put_tables(t->out, r);
	put_outcome(t, r);
}

void trace_signal(struct trace *t, const struct tape_signal *r)
{
	if (r->sig) {
		put_signal(t->out, r->sig, r->code);
		fprintf(t->out, " si_addr=0x%" PRIx64 " ", r->address);
		trace_exception(t, &r->exception);
		fprintf(t->out, " rip=0x%" PRIx64, r->rip);
		return;
	}
	fputs("vDSO exception ", t->out);
	trace_exception(t, &r->exception);
	fprintf(t->out, " addr=0x%" PRIx64 " -> 0x%" PRIx64,
		r->exception.address, r->rip);
}

void trace_paging(struct trace *t, const struct tape_paging *r)
{
	static const char *const names[] = {
		[TAPE_EWB] = "EWB", [TAPE_ELDU] = "ELDU", [TAPE_EAUG] = "EAUG"
	};

	fputs(r->op <= TAPE_EAUG ? names[r->op] : "?", t->out);
	fprintf(t->out, " enclave %u ", r->encl);
	if (r->address)
		trace_place(t, &r->enclave, r->r.pid, r->address);
	else
		fputs("SECS", t->out);
	fprintf(t->out, ", EPC %" PRIu64 " of %" PRIu64 " pages free",
		r->epc_free, r->epc_total);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

void trace_event(struct trace *t, const struct tape_event *r)
{
	static const char *const names[] = { INJECTION_EVENT_NAMES };

	fputs(r->event < SGX_EVENTS ? names[r->event] : "?", t->out);
	if (r->origin == RT_BY_COMMAND)
		fputs(" by a command", t->out);
	else if (r->origin == RT_BY_PROGRAM)
		fputs(" by the program", t->out);
	else
		fprintf(t->out, " by --inject %.*s", (int)sizeof(r->text),
			r->text);
	fprintf(t->out,
		": %" PRIu64 " enclave%s, %" PRIu64 " page%s, %" PRIu64
		" thread%s",
		r->enclaves, plural(r->enclaves), r->pages, plural(r->pages),
		r->threads, plural(r->threads));
}
