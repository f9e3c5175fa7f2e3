/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * String instructions on the abort page (abort_page/outside_string.c), against
 * the processor: it executes the same instruction where the abort page is
 * ordinary memory that holds ones, and what was written to it is put back.
 */
#include "tests/conform/conform.h"

#include <asm/errno.h>
#include <string.h>

#include "kernel/fault/fault.h"
#include "kernel/mm/view.h"
#include "process/rt/abort_page/outside.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/lp/lp.h"
#include "process/rt/rt.h"

#define SIZE   512
#define MIDDLE (SIZE / 2)
#define TRIES  200000
#define FLAGS  (RFLAGS_STATUS | RFLAGS_DF)

struct process rt_process;

/* What the program has; [abort_start, abort_end) of it is the abort page. */
static uint8_t memory[SIZE];
static uint64_t abort_start, abort_end;
static uint64_t bad_start, bad_end; /* not mapped */
static uint64_t segment_base;
static struct ksignal delivered;
static struct thread thread;

static uint64_t at(unsigned int i)
{
	return (uint64_t)(memory + i);
}

uint64_t sgx_abort_pages(struct sgx_mm *mm, uint64_t addr, uint64_t len)
{
	(void)mm;
	if (addr < abort_start || addr >= abort_end)
		return 0;
	return len < abort_end - addr ? len : abort_end - addr;
}

static bool is_bad(uint64_t addr, size_t n)
{
	return addr < bad_end && addr + n > bad_start;
}

/* As rt_view_copy() does it: a byte of the abort page is ones. */
int rt_copy(void *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t d = (uint64_t)to + i, s = (uint64_t)from + i;

		if (is_bad(d, 1) || is_bad(s, 1))
			return -EFAULT;
		if (sgx_abort_pages(NULL, d, 1))
			continue;
		*(uint8_t *)d = sgx_abort_pages(NULL, s, 1) ? 0xff :
							      *(uint8_t *)s;
	}
	return 0;
}

uint64_t rt_segment_base(bool gs)
{
	return gs ? segment_base : segment_base / 2;
}

void rt_deliver_fault(struct thread *t, struct kucontext *uc,
		      const struct ksignal *signal)
{
	(void)t;
	(void)uc;
	delivered = *signal;
}

void exc_signal(uint8_t vector, uint32_t error_code, uint64_t addr,
		struct ksignal *signal)
{
	(void)error_code;
	*signal = (struct ksignal){ .sig = SIGSEGV,
				    .trapnr = vector,
				    .addr = addr };
}

static uint64_t random64(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

struct state {
	uint64_t rax, rcx, rsi, rdi, flags;
};

/* The instruction, by the processor.  How many elements it does is in RCX. */
/* clang-format off */
#define EXECUTE(insn)							\
	__asm__ volatile("push %%rbx\n\t"				\
			 "pushfq\n\t"					\
			 "pop %%rbx\n\t"				\
			 "and $~0xcd5, %%rbx\n\t"			\
			 "or %4, %%rbx\n\t"				\
			 "push %%rbx\n\t"				\
			 "popfq\n\t"					\
			 insn "\n\t"					\
			 "pushfq\n\t"					\
			 "pop %4\n\t"					\
			 "cld\n\t"					\
			 "pop %%rbx"					\
			 : "+a"(s->rax), "+c"(s->rcx), "+S"(s->rsi),	\
			   "+D"(s->rdi), "+r"(s->flags)			\
			 :						\
			 : "memory", "cc")

#define BY_SIZE(prefix, name)						\
	do {								\
		switch (bytes) {					\
		case 1: EXECUTE(prefix name "b"); break;		\
		case 2: EXECUTE(prefix name "w"); break;		\
		case 4: EXECUTE(prefix name "l"); break;		\
		default: EXECUTE(prefix name "q");			\
		}							\
	} while (0)

#define BY_PREFIX(name)							\
	do {								\
		if (rep == RT_REP_NONE)					\
			BY_SIZE("", name);				\
		else if (rep == RT_REPNE)				\
			BY_SIZE("repne ", name);			\
		else							\
			BY_SIZE("rep ", name);				\
	} while (0)
/* clang-format on */

__attribute__((noinline)) static void execute(uint8_t op, uint8_t rep,
					      uint32_t bytes, struct state *s)
{
	switch (op) {
	case RT_MOVS:
		BY_PREFIX("movs");
		break;
	case RT_STOS:
		BY_PREFIX("stos");
		break;
	case RT_LODS:
		BY_PREFIX("lods");
		break;
	case RT_CMPS:
		BY_PREFIX("cmps");
		break;
	default:
		BY_PREFIX("scas");
	}
}

static void to_context(struct kucontext *uc, const struct state *s)
{
	uc->mc.rax = s->rax;
	uc->mc.rcx = s->rcx;
	uc->mc.rsi = s->rsi;
	uc->mc.rdi = s->rdi;
	uc->mc.eflags = s->flags;
}

static struct state of_context(const struct kucontext *uc)
{
	return (struct state){ uc->mc.rax, uc->mc.rcx, uc->mc.rsi, uc->mc.rdi,
			       uc->mc.eflags & FLAGS };
}

/* Until it has retired: in traps, and between them by the processor. */
static struct state emulate(const struct rt_rewrite *r,
			    const struct state *from)
{
	struct kucontext uc = { .mc.rip = 0x1000 };
	struct state s;

	to_context(&uc, from);
	for (unsigned int i = 0; i < SIZE && uc.mc.rip == 0x1000; i++) {
		/* there is no trap where there is no access */
		if ((r->rep == RT_REP_NONE || uc.mc.rcx) &&
		    rt_outside_string(&thread, &uc, r))
			continue;
		/* one element that concerns no abort page */
		s = of_context(&uc);
		if (r->rep == RT_REP_NONE) {
			execute(r->op, r->rep, r->bytes, &s);
			uc.mc.rip += r->length;
		} else if (s.rcx) {
			uint64_t left = s.rcx - 1;

			s.rcx = 1;
			execute(r->op, r->rep, r->bytes, &s);
			s.rcx = left;
			if (!left ||
			    (r->rep == RT_REPE && !(s.flags & RFLAGS_ZF)) ||
			    (r->rep == RT_REPNE && (s.flags & RFLAGS_ZF)))
				uc.mc.rip += r->length;
		} else {
			uc.mc.rip += r->length;
		}
		s.flags &= FLAGS;
		to_context(&uc, &s);
	}
	assert_int_equal(uc.mc.rip, 0x1000 + r->length);
	return of_context(&uc);
}

static void fill(void)
{
	for (unsigned int i = 0; i < SIZE; i++) {
		/* ones are frequent, so that comparisons go on */
		uint64_t x = random64();

		memory[i] = x & 3 ? 0xff : (uint8_t)(x >> 8);
	}
}

/* What the processor does, where the abort page is memory full of ones. */
static struct state expect(const struct rt_rewrite *r, const struct state *from,
			   uint8_t result[SIZE])
{
	uint8_t before[SIZE];
	struct state s = *from;
	unsigned int first = (unsigned int)(abort_start - at(0));
	unsigned int n = (unsigned int)(abort_end - abort_start);

	memcpy(before, memory, SIZE);
	memset(memory + first, 0xff, n);
	/* one by one, because what it writes there is lost at once */
	do {
		bool once = r->rep == RT_REP_NONE;
		uint64_t left = s.rcx - 1;

		if (!once) {
			if (!s.rcx)
				break;
			s.rcx = 1;
		}
		execute(r->op, r->rep, r->bytes, &s);
		memset(memory + first, 0xff, n);
		if (once)
			break;
		s.rcx = left;
		if ((r->rep == RT_REPE && !(s.flags & RFLAGS_ZF)) ||
		    (r->rep == RT_REPNE && (s.flags & RFLAGS_ZF)))
			break;
	} while (s.rcx);
	memcpy(result, memory, SIZE);
	memcpy(result + first, before + first, n);
	memcpy(memory, before, SIZE);
	s.flags &= FLAGS;
	return s;
}

static struct rt_rewrite choose(uint64_t x)
{
	static const uint8_t plain[] = { RT_REP_NONE, RT_REP };
	static const uint8_t compares[] = { RT_REP_NONE, RT_REPE, RT_REPNE };
	struct rt_rewrite r = { .kind = RT_REWRITE_STRING, .length = 3 };

	r.op = x % 5;
	r.bytes = 1u << (x >> 8 & 3);
	r.rep = r.op == RT_CMPS || r.op == RT_SCAS ? compares[(x >> 16) % 3] :
						     plain[x >> 16 & 1];
	r.segment = RT_SEGMENT_FLAT;
	return r;
}

static void as_the_processor(void **state)
{
	(void)state;
	bad_start = bad_end = 0;
	for (unsigned int i = 0; i < TRIES; i++) {
		uint64_t x = random64(), y = random64();
		struct rt_rewrite r = choose(x);
		uint8_t result[SIZE];
		struct state from, want, has;

		fill();
		/* longer than an operand, as a page is */
		abort_start = at(MIDDLE - 48 + (x >> 24) % 40);
		abort_end = at(MIDDLE + (x >> 32) % 40);
		from = (struct state){
			.rax = y % 3 ? ~0ull : random64(),
			.rcx = r.rep ? (y >> 8) % 9 : y >> 8,
			.rsi = at(MIDDLE - 64 + (y >> 16) % 128),
			.rdi = at(MIDDLE - 64 + (y >> 24) % 128),
			.flags = (y >> 32 & FLAGS),
		};
		want = expect(&r, &from, result);
		has = emulate(&r, &from);
		assert_int_equal(has.rax, want.rax);
		assert_int_equal(has.rcx, want.rcx);
		assert_int_equal(has.rsi, want.rsi);
		assert_int_equal(has.rdi, want.rdi);
		assert_int_equal(has.flags, want.flags);
		assert_memory_equal(memory, result, SIZE);
	}
}

static struct rt_rewrite insn(uint8_t op, uint8_t rep, uint32_t bytes)
{
	return (struct rt_rewrite){ .kind = RT_REWRITE_STRING,
				    .length = 2,
				    .op = op,
				    .rep = rep,
				    .bytes = bytes };
}

static void set_abort(unsigned int first, unsigned int n)
{
	abort_start = at(first);
	abort_end = at(first + n);
	bad_start = bad_end = 0;
	fill();
}

/* Nothing of it is the abort page: none of this. */
static void elsewhere(void **state)
{
	struct rt_rewrite r = insn(RT_MOVS, RT_REP, 1);
	struct kucontext uc = {
		.mc = { .rip = 1, .rcx = 3, .rsi = at(0), .rdi = at(100) }
	};

	(void)state;
	set_abort(200, 50);
	assert_false(rt_outside_string(&thread, &uc, &r));
	assert_int_equal(uc.mc.rip, 1);
	assert_int_equal(uc.mc.rcx, 3);
	/* LODS has no destination, SCAS no source */
	r = insn(RT_LODS, RT_REP, 1);
	uc.mc.rdi = at(210);
	assert_false(rt_outside_string(&thread, &uc, &r));
	r = insn(RT_SCAS, RT_REPE, 1);
	uc.mc.rdi = at(100);
	uc.mc.rsi = at(210);
	assert_false(rt_outside_string(&thread, &uc, &r));
}

/* It stops where the processor can go on, at RIP. */
static void stops_at_the_end(void **state)
{
	struct rt_rewrite r = insn(RT_STOS, RT_REP, 4);
	struct kucontext uc = {
		.mc = { .rip = 1, .rcx = 10, .rdi = at(200), .rax = 0 }
	};

	(void)state;
	set_abort(200, 12);
	assert_true(rt_outside_string(&thread, &uc, &r));
	assert_int_equal(uc.mc.rip, 1);
	assert_int_equal(uc.mc.rcx, 7);
	assert_int_equal(uc.mc.rdi, at(212));
}

/* Not for ever in one trap: the program's signals come through. */
static void many(void **state)
{
	struct rt_rewrite r = insn(RT_LODS, RT_REP, 1);
	struct kucontext uc = {
		.mc = { .rip = 1, .rcx = 10000, .rsi = 0x10000 }
	};

	(void)state;
	abort_start = 0x10000;
	abort_end = 0x20000;
	assert_true(rt_outside_string(&thread, &uc, &r));
	assert_int_equal(uc.mc.rip, 1);
	assert_int_equal(uc.mc.rcx, 10000 - 4096);
}

static void segments(void **state)
{
	struct rt_rewrite r = insn(RT_LODS, RT_REP_NONE, 8);
	struct kucontext uc = { .mc = { .rip = 1, .rsi = 8, .rax = 0 } };

	(void)state;
	set_abort(200, 50);
	segment_base = at(200);
	r.segment = RT_SEGMENT_GS;
	assert_true(rt_outside_string(&thread, &uc, &r));
	assert_int_equal(uc.mc.rax, ~0ull);
	assert_int_equal(uc.mc.rsi, 16);
	segment_base = 2 * at(200);
	r.segment = RT_SEGMENT_FS;
	uc.mc.rax = 0;
	assert_true(rt_outside_string(&thread, &uc, &r));
	assert_int_equal(uc.mc.rax, ~0ull);
}

/* Addresses of 32 bits: what is above counts for nothing, and goes. */
static void address32(void **state)
{
	struct rt_rewrite r = insn(RT_STOS, RT_REP, 1);
	struct kucontext uc = {
		.mc = { .rip = 1, .rcx = 0xf00000002, .rdi = 0xf00010000 }
	};

	(void)state;
	abort_start = 0x10000;
	abort_end = 0x20000;
	r.address32 = 1;
	assert_true(rt_outside_string(&thread, &uc, &r));
	assert_int_equal(uc.mc.rip, 3);
	assert_int_equal(uc.mc.rcx, 0);
	assert_int_equal(uc.mc.rdi, 0x10002);
	r = insn(RT_LODS, RT_REP, 1);
	r.address32 = 1;
	uc.mc.rip = 1;
	uc.mc.rcx = 1;
	uc.mc.rsi = 0xf00010000;
	assert_true(rt_outside_string(&thread, &uc, &r));
	assert_int_equal(uc.mc.rsi, 0x10001);
	assert_int_equal(uc.mc.rcx, 0);
}

/* The other operand is at a bad address: that is the fault. */
static void bad_operand(void **state)
{
	struct rt_rewrite r = insn(RT_MOVS, RT_REP_NONE, 4);
	struct kucontext uc = {
		.mc = { .rip = 1, .rsi = at(100), .rdi = at(200) }
	};

	(void)state;
	set_abort(200, 50);
	bad_start = at(96);
	bad_end = at(104);
	thread.uaccess_fault = (struct ksignal){ .sig = SIGSEGV,
						 .trapnr = VECTOR_PF };
	assert_true(rt_outside_string(&thread, &uc, &r));
	assert_int_equal(delivered.addr, at(100));
	assert_int_equal(delivered.cr2, at(100));
	assert_int_equal(delivered.trapnr, VECTOR_PF);
	assert_int_equal(uc.mc.rip, 1);
	/* and for writing */
	uc.mc.rsi = at(200);
	uc.mc.rdi = at(100);
	delivered = (struct ksignal){ .sig = 0 };
	assert_true(rt_outside_string(&thread, &uc, &r));
	assert_int_equal(delivered.addr, at(100));
	/* and for comparing */
	r = insn(RT_CMPS, RT_REP_NONE, 4);
	delivered = (struct ksignal){ .sig = 0 };
	assert_true(rt_outside_string(&thread, &uc, &r));
	assert_int_equal(delivered.addr, at(100));
}

/* An address that is not canonical is #GP. */
static void not_canonical(void **state)
{
	struct rt_rewrite r = insn(RT_MOVS, RT_REP_NONE, 1);
	struct kucontext uc = { .mc = { .rip = 77, .rdi = at(200) } };

	(void)state;
	set_abort(200, 50);
	for (int i = 0; i < 2; i++) {
		uc.mc.rsi = i ? 1ull << 63 : TASK_SIZE;
		delivered = (struct ksignal){ .sig = 0 };
		assert_true(rt_outside_string(&thread, &uc, &r));
		assert_int_equal(delivered.trapnr, VECTOR_GP);
		assert_int_equal(delivered.addr, 77);
	}
	uc.mc.rsi = TASK_SIZE - 1;
	bad_start = TASK_SIZE - 1;
	bad_end = TASK_SIZE;
	assert_true(rt_outside_string(&thread, &uc, &r));
	assert_int_equal(delivered.trapnr, VECTOR_PF);
}

static const struct conform rows[] = {
	TESTS(cmocka_unit_test(as_the_processor), cmocka_unit_test(elsewhere),
	      cmocka_unit_test(stops_at_the_end), cmocka_unit_test(many),
	      cmocka_unit_test(segments), cmocka_unit_test(address32),
	      cmocka_unit_test(bad_operand), cmocka_unit_test(not_canonical)),
};

CONFORM_MAIN(rows, NULL)
