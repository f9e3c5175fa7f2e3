/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * String instructions on the abort page.  RSI and RDI point to their operands,
 * and RCX counts them.  Each element is done here as long as one of its
 * operands is such memory; then the processor goes on.
 * SDM vol. 2, MOVS, STOS, LODS, CMPS, SCAS, "REP/REPE/REPZ/REPNE/REPNZ".
 */
#include "cpu/mem.h"
#include "cpu/sgx_arch.h"
#include "kernel/mm/view.h"
#include "process/rt/abort_page/outside.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/lp/lp.h"
#include "process/rt/rt.h"

#define MAX_ELEMENTS 4096 /* in one trap */

struct string {
	struct machine_context *mc;
	const struct rt_rewrite *r;
	uint64_t base; /* of the source's segment */
	uint64_t bad;  /* an address that the host refuses */
};

static bool has_source(const struct string *s)
{
	return s->r->op == RT_MOVS || s->r->op == RT_LODS ||
	       s->r->op == RT_CMPS;
}

static bool has_destination(const struct string *s)
{
	return s->r->op != RT_LODS;
}

static uint64_t source(const struct string *s)
{
	uint64_t rsi = s->mc->rsi;

	return s->base + (s->r->address32 ? (uint32_t)rsi : rsi);
}

static uint64_t destination(const struct string *s)
{
	return s->r->address32 ? (uint32_t)s->mc->rdi : s->mc->rdi;
}

/* Is any of an operand's bytes such memory?  It may reach into it. */
static bool is_outside(const struct string *s, uint64_t at)
{
	uint64_t last = at + s->r->bytes - 1;

	return sgx_abort_pages(&rt_process.mm, at, 1) ||
	       sgx_abort_pages(&rt_process.mm, last, 1);
}

static bool is_whole(const struct string *s, uint64_t at)
{
	return sgx_abort_pages(&rt_process.mm, at, s->r->bytes) == s->r->bytes;
}

/* rt_copy() could do all of this, with a trap for each access. */
static bool get(struct string *s, uint64_t from, uint64_t *value)
{
	*value = ~0ull;
	if (is_whole(s, from))
		return true;
	*value = 0;
	if (!rt_get(value, from, s->r->bytes))
		return true;
	s->bad = from;
	return false;
}

static bool put(struct string *s, uint64_t to, uint64_t value)
{
	if (is_whole(s, to) || !rt_put(to, &value, s->r->bytes))
		return true;
	s->bad = to;
	return false;
}

/* Writing 32 bits of a register clears the others; 8 or 16 leave them. */
static void load(struct string *s, uint64_t value)
{
	if (s->r->bytes == 4)
		s->mc->rax = (uint32_t)value;
	else
		memcpy(&s->mc->rax, &value, s->r->bytes);
}

#define COMPARE(suffix, type) \
	do { \
		type x = (type)a, y = (type)b; \
		__asm__ volatile("lea -%c[red_zone](%%rsp), %%rsp\n\t" \
				 "cmp" suffix " %2, %1\n\t" \
				 "pushfq\n\t" \
				 "pop %0\n\t" \
				 "lea %c[red_zone](%%rsp), %%rsp" \
				 : "=&r"(flags) \
				 : "r"(x), "r"(y), [red_zone] "i"(RED_ZONE) \
				 : "cc"); \
	} while (0)

static void compare(struct string *s, uint64_t a, uint64_t b)
{
	uint64_t flags;

	switch (s->r->bytes) {
	case 1:
		COMPARE("b", uint8_t);
		break;
	case 2:
		COMPARE("w", uint16_t);
		break;
	case 4:
		COMPARE("l", uint32_t);
		break;
	default:
		COMPARE("q", uint64_t);
	}
	s->mc->eflags = (s->mc->eflags & ~RFLAGS_STATUS) |
			(flags & RFLAGS_STATUS);
}

static bool element(struct string *s)
{
	uint64_t a = s->mc->rax, b = 0;

	if (has_source(s) && !get(s, source(s), &a))
		return false;
	switch (s->r->op) {
	case RT_LODS:
		load(s, a);
		return true;
	case RT_MOVS:
	case RT_STOS:
		return put(s, destination(s), a);
	default:
		if (!get(s, destination(s), &b))
			return false;
		compare(s, a, b);
		return true;
	}
}

static void advance(const struct string *s, uint64_t *reg)
{
	uint64_t by = s->r->bytes;

	*reg += s->mc->eflags & RFLAGS_DF ? -by : by;
	if (s->r->address32)
		*reg = (uint32_t)*reg;
}

static bool counts(const struct string *s)
{
	return s->r->rep != RT_REP_NONE;
}

static bool is_done(const struct string *s)
{
	uint64_t rcx = s->mc->rcx;

	if (!counts(s) || !(s->r->address32 ? (uint32_t)rcx : rcx))
		return true;
	return (s->r->rep == RT_REPE && !(s->mc->eflags & RFLAGS_ZF)) ||
	       (s->r->rep == RT_REPNE && (s->mc->eflags & RFLAGS_ZF));
}

static void finish_element(struct string *s)
{
	if (has_source(s))
		advance(s, &s->mc->rsi);
	if (has_destination(s))
		advance(s, &s->mc->rdi);
	if (!counts(s))
		return;
	s->mc->rcx--;
	if (s->r->address32)
		s->mc->rcx = (uint32_t)s->mc->rcx;
}

/*
 * The other operand is at a bad address: the program gets its fault.  If
 * rt_copy() did not try the address, the host has raised none.
 */
static void fault(const struct string *s, struct thread *t,
		  struct kucontext *uc)
{
	struct ksignal signal = t->uaccess_fault;

	if (s->bad >= TASK_SIZE)
		exc_signal(VECTOR_GP, 0, uc->mc.rip, &signal);
	else
		signal.addr = signal.cr2 = s->bad;
	rt_deliver_fault(t, uc, &signal);
}

static bool wants_more(const struct string *s)
{
	return (has_source(s) && is_outside(s, source(s))) ||
	       (has_destination(s) && is_outside(s, destination(s)));
}

bool rt_outside_string(struct thread *t, struct kucontext *uc,
		       const struct rt_rewrite *r)
{
	struct string s = { .mc = &uc->mc, .r = r };

	if (r->segment != RT_SEGMENT_FLAT)
		s.base = rt_segment_base(r->segment == RT_SEGMENT_GS);
	if (!wants_more(&s))
		return false;
	for (int i = 0; i < MAX_ELEMENTS && wants_more(&s); i++) {
		if (!element(&s)) {
			fault(&s, t, uc);
			return true;
		}
		finish_element(&s);
		if (is_done(&s)) {
			uc->mc.rip += r->length;
			return true;
		}
	}
	return true;
}
