/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `swsgx run --verbose` prints one line for each refusal, with the reason that
 * was noted where it was decided (cpu/why.h).  Without the option nothing here
 * does anything.
 */
#include <asm/unistd_64.h>
#include <linux/errno.h>

#include "cpu/mem.h"
#include "kernel/sgx/encls.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/line.h"
#include "process/rt/lp/instruction.h"
#include "process/rt/lp/record.h"
#include "process/rt/lp/why.h"
#include "process/rt/lp/why_names.h"
#include "process/rt/rt.h"

#define MAX_PRINTED 256 /* lines that are remembered */

/*
 * Lines that were printed, by the hash of their text.  There is no lock: two
 * threads may both print the same line as its first.
 */
static struct {
	uint64_t hash;
	uint32_t times;
} printed[MAX_PRINTED];

void rt_why_begin(struct thread *t)
{
	if (rt_process.verbose || rt_records(TAPE_CLASS_ALL))
		t->lp.why = (struct why){ .text = NULL };
}

/* Of the text behind its first `skip` characters, which name the thread. */
static uint64_t hash_of(const struct line *l, unsigned int skip)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

	for (unsigned int i = skip; i < l->used; i++)
		hash = (hash ^ (uint8_t)l->text[i]) * 0x100000001b3;
	return hash;
}

/* How often there was this line, this time included. */
static uint32_t count(const struct line *l, unsigned int skip)
{
	uint64_t hash = hash_of(l, skip);
	uint64_t *place = &printed[hash % MAX_PRINTED].hash;
	uint32_t *times = &printed[hash % MAX_PRINTED].times;

	if (__atomic_exchange_n(place, hash, __ATOMIC_RELAXED) != hash)
		__atomic_store_n(times, 0, __ATOMIC_RELAXED);
	return __atomic_add_fetch(times, 1, __ATOMIC_RELAXED);
}

/* Prints it the first time, the second, the fourth and so on. */
static void say(struct line *l, unsigned int skip)
{
	uint32_t times = count(l, skip);

	if (times & (times - 1))
		return;
	if (times > 1) {
		line_string(l, " (");
		line_number(l, times, 10);
		line_string(l, " times so far)");
	}
	line_say(l);
}

static void put_name(struct line *l, const char *name, uint64_t number)
{
	if (name)
		line_string(l, name);
	else
		line_hex(l, number);
}

static void put_hash(struct line *l, uint64_t start)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		line_number(l, (start >> shift) & 15, 16);
	line_string(l, "...");
}

static void put_permissions(struct line *l, uint64_t prot)
{
	line_char(l, prot & 1 ? 'r' : '-');
	line_char(l, prot & 2 ? 'w' : '-');
	line_char(l, prot & 4 ? 'x' : '-');
}

static void put_value(struct line *l, char how, uint64_t n)
{
	if (how == 'x')
		line_hex(l, n);
	else if (how == 'h')
		put_hash(l, n);
	else if (how == 'p')
		put_permissions(l, n);
	else if (how == 't')
		put_name(l, why_page_type(n), n);
	else
		line_number(l, n, 10);
}

static void put_reason(struct line *l, const struct why *why)
{
	const char *text = why->text ? why->text : "no reason was noted";
	unsigned int used = 0;

	for (; *text; text++) {
		if (*text == '%' && text[1] && used < 3)
			put_value(l, *++text, why->n[used++]);
		else
			line_char(l, *text);
	}
}

/* "ECREATE: #GP: " or "EINIT: SGX_INVALID_MEASUREMENT: ", if it was a leaf. */
static void put_leaf(struct line *l, const struct why *why)
{
	uint32_t code = (uint32_t)why->result & ~SGX_ENCLS_FAULT_FLAG;

	if (!why->leaf)
		return;
	put_name(l, why_encls(why->leaf - 1), why->leaf - 1);
	line_string(l, ": ");
	put_name(l,
		 encls_faulted(why->result) ? why_vector((uint8_t)code) :
					      why_code(code),
		 code);
	line_string(l, ": ");
}

void rt_why_reason(struct line *l, const struct why *why)
{
	if (!why->text && !why->leaf)
		return;
	put_leaf(l, why);
	put_reason(l, why);
}

/* A call that is made again, or was interrupted, is not refused. */
static bool is_refusal(long ret)
{
	return ret < 0 && ret != -ERESTARTSYS && ret != -EINTR;
}

static void put_errno(struct line *l, long ret)
{
	line_string(l, ": ");
	put_name(l, why_errno(ret), (uint64_t)-ret);
	line_string(l, ": ");
}

void rt_why_ioctl(struct thread *t, uint32_t cmd, long ret)
{
	const struct why *why = &t->lp.why;
	struct line l;

	if (!rt_process.verbose || !is_refusal(ret))
		return;
	line_begin(&l);
	line_string(&l, "ioctl ");
	put_name(&l, why_ioctl(cmd), cmd);
	put_errno(&l, ret);
	put_leaf(&l, why);
	put_reason(&l, why);
	say(&l, 0);
}

void rt_why_memory(struct thread *t, uint64_t nr,
		   const struct machine_context *mc)
{
	long ret = (long)mc->rax;
	struct line l;

	if (!rt_process.verbose || !t->lp.why.text || ret >= 0 || ret < -4095)
		return;
	if (nr != __NR_mmap && nr != __NR_mprotect && nr != __NR_pkey_mprotect)
		return;
	line_begin(&l);
	line_string(&l, nr == __NR_mmap     ? "mmap(" :
			nr == __NR_mprotect ? "mprotect(" :
					      "pkey_mprotect(");
	line_hex(&l, mc->rdi);
	line_string(&l, ", ");
	line_hex(&l, mc->rsi);
	line_string(&l, ", ");
	put_permissions(&l, mc->rdx);
	line_string(&l, ")");
	put_errno(&l, ret);
	put_reason(&l, &t->lp.why);
	say(&l, 0);
}

/* "[pid/tid] "; where what is said begins. */
static unsigned int begin_by(struct line *l, const struct thread *t)
{
	line_begin(l);
	line_char(l, '[');
	line_number(l, rt_process.pid, 10);
	line_char(l, '/');
	line_number(l, t->tid, 10);
	line_string(l, "] ");
	return l->used;
}

/* "BASE+OFFSET", or an address elsewhere. */
static void put_place(struct line *l, const struct lp *lp, uint64_t la)
{
	uint64_t offset = la - lp->cr_elrange_base;

	if (offset >= lp->cr_elrange_size) {
		line_hex(l, la);
		return;
	}
	line_hex(l, lp->cr_elrange_base);
	line_char(l, '+');
	line_hex(l, offset);
}

static void put_error_code(struct line *l, uint32_t code)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} bits[] = {
		{ PF_PROT, "PRESENT" }, { PF_WRITE, "WRITE" },
		{ PF_USER, "USER" },    { PF_RSVD, "RSVD" },
		{ PF_INSTR, "INSTR" },  { PF_PK, "PK" },
		{ PF_SGX, "SGX" },
	};
	char before = '(';

	line_string(l, " error ");
	line_hex(l, code);
	line_char(l, ' ');
	for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (!(code & bits[i].bit))
			continue;
		line_char(l, before);
		line_string(l, bits[i].name);
		before = '|';
	}
	line_char(l, ')');
}

/* The host told of INT3 and INT n behind them: see cpu/exception.c. */
static struct instruction at_rip(const struct instruction *insn, uint64_t rip)
{
	uint64_t back = insn->rip - rip;
	struct instruction at = *insn;

	if (back != 1 && back != 2)
		return at;
	memcpy(at.byte, insn->before + 2 - back, back);
	memcpy(at.byte + back, insn->byte, INSN_MAX - 2);
	at.length = insn->length + (unsigned int)back;
	return at;
}

void rt_why_instruction(struct line *l, const struct instruction *fetched,
			uint64_t rip)
{
	const struct instruction insn = at_rip(fetched, rip);
	unsigned int n = insn.length < 8 ? insn.length : 8;
	const char *name = why_instruction(&insn);

	line_string(l, n ? " instruction" : " instruction not readable");
	for (unsigned int i = 0; i < n; i++) {
		line_char(l, ' ');
		line_number(l, insn.byte[i] >> 4, 16);
		line_number(l, insn.byte[i] & 15, 16);
	}
	if (name) {
		line_string(l, " (");
		line_string(l, name);
		line_char(l, ')');
	}
}

/* "#PF at ADDRESS error CODE", "#GP error CODE", "#UD". */
static void put_event(struct line *l, const struct lp *lp,
		      const struct fault *event)
{
	put_name(l, why_vector(event->vector), event->vector);
	if (event->vector == VECTOR_PF) {
		line_string(l, " at ");
		put_place(l, lp, event->address);
		put_error_code(l, event->error_code);
	} else if (event->error_code) {
		line_string(l, " error ");
		line_hex(l, event->error_code);
	}
}

void rt_why_exception(struct thread *t, const struct fault *event,
		      const struct instruction *insn)
{
	const struct lp *lp = &t->lp;
	unsigned int skip;
	struct line l;

	/* A debugger makes many of these, on purpose. */
	if (!rt_process.verbose || event->vector == VECTOR_DB)
		return;
	skip = begin_by(&l, t);
	line_string(&l, "enclave ");
	put_place(&l, lp, lp->r.rip);
	line_string(&l, ": ");
	if (!insn) {
		put_name(&l, why_enclu((uint32_t)lp->r.rax), lp->r.rax);
		line_string(&l, ": ");
	}
	put_event(&l, lp, event);
	if (insn && event->vector != VECTOR_PF)
		rt_why_instruction(&l, insn, lp->r.rip);
	if (lp->why.text) {
		line_string(&l, ": ");
		put_reason(&l, &lp->why);
	}
	say(&l, skip);
}

void rt_why_enclu(struct thread *t, uint32_t leaf)
{
	const struct lp *lp = &t->lp;
	unsigned int skip;
	struct line l;

	if (!rt_process.verbose)
		return;
	skip = begin_by(&l, t);
	put_name(&l, why_enclu(leaf), leaf);
	line_string(&l, " at ");
	line_hex(&l, lp->r.rip);
	line_string(&l, ", TCS ");
	line_hex(&l, lp->r.rbx);
	line_string(&l, ": ");
	put_event(&l, lp, &lp->fault);
	line_string(&l, ": ");
	put_reason(&l, &lp->why);
	say(&l, skip);
}

void rt_why_code(struct thread *t, uint32_t leaf)
{
	const struct lp *lp = &t->lp;
	unsigned int skip;
	struct line l;

	if (!rt_process.verbose || !lp->why.text || !lp->cr_enclave_mode)
		return;
	skip = begin_by(&l, t);
	line_string(&l, "enclave ");
	put_place(&l, lp, lp->r.rip);
	line_string(&l, ": ");
	put_name(&l, why_enclu(leaf), leaf);
	line_string(&l, ": ");
	put_name(&l, why_code((uint32_t)lp->r.rax), lp->r.rax);
	line_string(&l, ": ");
	put_reason(&l, &lp->why);
	say(&l, skip);
}
