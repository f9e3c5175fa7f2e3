/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `swsgx run --verbose`: one line for each refusal, which tells the reason that
 * was noted where it was decided (cpu/why.h).  All of them come through here;
 * nothing is said, and nothing done, without the option.
 */
#include <linux/errno.h>

#include "kernel/encls.h"
#include "process/rt/line.h"
#include "process/rt/rt.h"
#include "process/rt/why.h"

#define MAX_TOLD	256	/* lines that are remembered */

/*
 * Lines of which there were some already, by the hash of what they say.  No
 * lock: of two threads that say the same for the first time both may.
 */
static struct {
	uint64_t hash;
	uint32_t times;
} told[MAX_TOLD];

void rt_why_begin(struct thread *t)
{
	if (rt_process.verbose)
		t->lp.why = (struct why){ .text = NULL };
}

static uint64_t hash_of(const struct line *l)
{
	uint64_t hash = 0xcbf29ce484222325;	/* FNV-1a */

	for (unsigned int i = 0; i < l->used; i++)
		hash = (hash ^ (uint8_t)l->text[i]) * 0x100000001b3;
	return hash;
}

/* How often this line came up, with this time. */
static uint32_t count(const struct line *l)
{
	uint64_t hash = hash_of(l);
	uint64_t *place = &told[hash % MAX_TOLD].hash;
	uint32_t *times = &told[hash % MAX_TOLD].times;

	if (__atomic_exchange_n(place, hash, __ATOMIC_RELAXED) != hash)
		__atomic_store_n(times, 0, __ATOMIC_RELAXED);
	return __atomic_add_fetch(times, 1, __ATOMIC_RELAXED);
}

/* The first time, the second, the fourth and so on, with the number. */
static void say(struct line *l)
{
	uint32_t times = count(l);

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
	put_name(l, encls_faulted(why->result) ? why_vector((uint8_t)code) :
						 why_code(code),
		 code);
	line_string(l, ": ");
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
	say(&l);
}
