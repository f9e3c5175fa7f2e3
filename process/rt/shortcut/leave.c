/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signal found the thread in a shortcut.  To the program it is at its own
 * SYSCALL, with the number in RAX, or behind it: whatever the shortcut has done
 * before the call can be done again.
 */
#include <asm/errno.h>

#include "process/rt/base/log.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/rt.h"
#include "process/rt/shortcut/shortcut.h"
#include "process/rt/shortcut/stubs.h"

#define TF 0x100ull

extern const char rt_shortcut_start[], rt_shortcut_end[];
extern const char rt_shortcut_call[], rt_shortcut_called[];
extern const struct {
	uint64_t from, done;
} rt_shortcut_phases[];

static bool in_routines(uint64_t rip)
{
	return rip >= (uint64_t)rt_shortcut_start &&
	       rip < (uint64_t)rt_shortcut_end;
}

static bool in_call(uint64_t rip)
{
	return rip == (uint64_t)rt_shortcut_call ||
	       rip == (uint64_t)rt_shortcut_called;
}

bool rt_in_shortcut(uint64_t rip)
{
	return in_routines(rip) || in_call(rip);
}

static uint64_t word_at(uint64_t address)
{
	uint64_t word;

	if (rt_get(&word, address, sizeof(word)))
		rt_panic("a thread lost its stack during a system call");
	return word;
}

static uint64_t pop(struct machine_context *mc)
{
	uint64_t word = word_at(mc->rsp);

	mc->rsp += sizeof(word);
	return word;
}

/* The last phase that begins before RIP or there; they ascend. */
static uint64_t phase_of(uint64_t rip)
{
	unsigned int i = 0;

	while (rt_shortcut_phases[i + 1].from <= rip)
		i++;
	return rt_shortcut_phases[i].done;
}

static void pop_frame(struct machine_context *mc, uint64_t done)
{
	if (done & SC_SAVED) {
		mc->rdi = word_at(mc->rsp);
		mc->rsi = word_at(mc->rsp + 8);
		mc->rdx = word_at(mc->rsp + 16);
		mc->r10 = word_at(mc->rsp + 24);
	}
	if (done & SC_DEEP)
		mc->rsp += SC_ROOM;
	if (done & SC_FLAGS)
		mc->eflags = (pop(mc) & ~TF) | (mc->eflags & TF);
}

static enum rt_left before(struct machine_context *mc, const struct shortcut *s)
{
	mc->rax = s->nr;
	mc->rip = s->retry;
	return RT_LEFT_BEFORE;
}

static enum rt_left behind(struct machine_context *mc, const struct shortcut *s)
{
	mc->rip = s->back;
	return RT_LEFT_BEHIND;
}

static enum rt_left leave_stub(struct machine_context *mc)
{
	uint64_t off;
	const struct shortcut *s = shortcut_at(mc->rip, &off);

	if (!s)
		return RT_LEFT_NOTHING;
	if (off == STUB_BACK)
		return behind(mc, s);
	if (off >= STUB_BELOW && off < STUB_BACK)
		mc->rsp += SC_RED_ZONE;
	return before(mc, s);
}

enum rt_left rt_leave_shortcut(struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	const struct shortcut *s;
	uint64_t done, off;

	if (in_call(mc->rip))
		mc->rip = pop(mc);
	if (!in_routines(mc->rip))
		return leave_stub(mc);
	done = phase_of(mc->rip);
	pop_frame(mc, done);
	s = shortcut_at(pop(mc), &off);
	if (!s)
		rt_panic("a thread lost its stack during a system call");
	mc->rsp += SC_RED_ZONE;
	if ((done & SC_RESULT) ||
	    ((done & SC_MAYBE) && mc->rax != (uint64_t)-ENOENT))
		return behind(mc, s);
	return before(mc, s);
}
