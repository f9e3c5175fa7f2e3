/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads of the program.  There is no TLS: the slot that the stack pointer
 * lies in tells which thread runs, or the thread id for one that has no slot
 * yet.  A thread gets its slot at its first signal or trapped system call.
 * Slots of dead threads are used again.
 */
#include <linux/kcmp.h>
#include <linux/mman.h>

#include "cpu/mem.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/log.h"
#include "process/rt/base/spin.h"
#include "process/rt/base/sys.h"
#include "process/rt/lp/identity.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/lp/plain.h"
#include "process/rt/lp/stats.h"
#include "process/rt/rt.h"
#include "process/rt/signal/signal.h"
#include "process/rt/thread/thread.h"

#define SLOTS_AT_ONCE 16u
#define UNBORN        UINT32_MAX /* the id of no thread, alive or dead */

/*
 * A word that the kernel zeroes in a child of fork() (MADV_WIPEONFORK).  It
 * tells a child from a thread, and a child of vfork() from one of fork().
 */
static uint32_t *fork_witness;

/* On the pages behind it are rt_plain_ids and the table of identity.h. */
#define IDS_SIZE     (PLAIN_IDS * sizeof(struct plain_id))
#define WITNESS_SIZE (SGX_PAGE_SIZE + IDS_SIZE + IDENTITY_SIZE)

static uint32_t slots_lock;
static uint32_t nr_slots;       /* mapped */
static bool actions_are_shared; /* some threads use another slot's */

static struct thread *slot(uint32_t i)
{
	return (struct thread *)(RT_SLOTS + (uint64_t)i * RT_SLOT_SIZE);
}

static int grow(void)
{
	uint64_t start = (uint64_t)slot(nr_slots);
	long r;

	if (nr_slots + SLOTS_AT_ONCE > RT_MAX_SLOTS)
		return -EAGAIN;
	r = sys_call(__NR_mmap, start, SLOTS_AT_ONCE * RT_SLOT_SIZE,
		     PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
		     -1, 0);
	if (r < 0)
		return (int)r;
	nr_slots += SLOTS_AT_ONCE;
	return 0;
}

/* A child of vfork() changes dispositions of its own, not its parent's. */
static void own_actions(struct thread *t, uint32_t depth)
{
	memcpy(t->vfork_actions[depth], t->signal.state.actions,
	       sizeof(t->vfork_actions[depth]));
	t->signal.state.actions = t->vfork_actions[depth];
}

/*
 * Was CLONE_SIGHAND used without CLONE_THREAD?  DEVIATION DP40: where kcmp(2)
 * does not tell, handlers are not shared.
 */
static bool share_handlers(uint32_t pid, uint32_t other)
{
	return sys3(__NR_kcmp, pid, other, KCMP_SIGHAND) == 0;
}

/*
 * A process shares our memory without being one of its threads.  Returns the
 * actions that it shares, or NULL if it has its own.
 */
static struct ksigaction *find_actions(const struct thread *self)
{
	uint32_t i;

	if (share_handlers(self->pid, rt_process.pid))
		return rt_process.signal.actions;
	for (i = 0; i < nr_slots; i++) {
		const struct thread *t = slot(i);

		if (t == self || !t->tid || t->vfork.depth ||
		    t->signal.state.actions == rt_process.signal.actions)
			continue;
		if (t->pid == self->pid || share_handlers(self->pid, t->pid)) {
			actions_are_shared = true;
			return t->signal.state.actions;
		}
	}
	return NULL;
}

static void slot_reset(struct thread *t, uint32_t tid)
{
	rt_plain_forget(tid);
	rt_stats_end(t);
	memset(t, 0, offsetof(struct thread, vfork_actions));
	t->tid = tid;
	t->pid = (uint32_t)sys_getpid();
	t->signal.state.actions = rt_process.signal.actions;
	t->signal.state.altstack.flags = SS_DISABLE;
	if (t->pid == rt_process.pid)
		return;
	t->signal.state.actions = find_actions(t);
	if (!t->signal.state.actions) {
		/* a child whose parent is not known */
		t->signal.state.actions = rt_process.signal.actions;
		own_actions(t, 0);
	}
}

/* Do other threads still use the actions in it? */
static bool is_used(const struct thread *t)
{
	uint32_t i;

	for (i = 0; actions_are_shared && i < nr_slots; i++)
		if (slot(i) != t && slot(i)->tid &&
		    slot(i)->signal.state.actions == t->vfork_actions[0])
			return true;
	return false;
}

/* A slot that is lent belongs to the lender, which waits for its child. */
static bool is_dead(const struct thread *t)
{
	uint32_t tid = t->vfork.depth ? t->vfork.lender[0].tid : t->tid;

	return sys3(__NR_tgkill, t->pid, tid, 0) == -ESRCH;
}

/* A free slot, or a dead thread's; the caller holds the lock. */
static struct thread *vacant_slot(void)
{
	uint32_t i;

	for (i = 0; i < nr_slots; i++)
		if (!slot(i)->tid && !is_used(slot(i)))
			return slot(i);
	for (i = 0; i < nr_slots; i++)
		if (slot(i)->tid && is_dead(slot(i)) && !is_used(slot(i)))
			return slot(i);
	return grow() ? NULL : slot(nr_slots - SLOTS_AT_ONCE);
}

/* A slot for tid: one that has this id already, or another. */
static struct thread *find_slot(uint32_t tid)
{
	uint32_t i;

	for (i = 0; i < nr_slots; i++)
		if (slot(i)->tid == tid)
			return slot(i);
	return vacant_slot();
}

static struct thread *claim(uint32_t tid)
{
	struct thread *t;

	spin_lock(&slots_lock);
	t = find_slot(tid);
	if (!t)
		rt_panic("no memory for the state of thread %u", tid);
	slot_reset(t, tid);
	spin_unlock(&slots_lock);
	return t;
}

struct thread *rt_thread_unborn(void)
{
	struct thread *t;

	spin_lock(&slots_lock);
	t = vacant_slot();
	if (t)
		slot_reset(t, UNBORN);
	spin_unlock(&slots_lock);
	return t;
}

/* In a child of fork(): only this thread exists, and no lock is held. */
static void after_fork(struct thread *self)
{
	uint32_t i;

	slots_lock = 0;
	rt_process.platform.attach_lock = 0;
	rt_process.cpuid.lock = 0;
	rt_process.filter.lock = 0;
	rt_process.stubs.lock = 0;
	rt_process.stubs.own_lock = 0;
	rt_process.stubs.calls = 0;
	rt_process.pid = (uint32_t)sys_getpid();
	rt_process.ipi.server_pid = 0;
	rt_process.ipi.number = 0;
	if (rt_process.attached) {
		rt_fence_init();
		rt_signals_unblock(SIGBIT(SIGSYS)); /* it takes locks */
		sgx_dup_mm(&rt_process.mm);
		rt_process.stubs.due = true;
	}
	*fork_witness = 1;
	for (i = 0; i < nr_slots; i++) {
		slot(i)->tape = (struct thread_tape){ .busy = false };
		rt_stats_forget(slot(i));
		if (slot(i) != self)
			slot(i)->tid = 0;
	}
}

void rt_thread_forked(struct thread *t)
{
	t->tid = (uint32_t)sys_gettid();
	t->vfork.depth = 0;
	after_fork(t);
	t->pid = rt_process.pid;
}

static bool give_back(struct thread *t, uint32_t tid)
{
	uint32_t n;

	for (n = 0; n < t->vfork.depth; n++) {
		if (t->vfork.lender[n].tid != tid)
			continue;
		t->signal.state = t->vfork.lender[n].signal;
		t->syscall.traced_from_exec =
			t->vfork.lender[n].traced_from_exec;
		t->tid = tid;
		t->vfork.depth = n;
		return true;
	}
	return false;
}

/* A child of vfork() runs on its parent's memory; it must not change it. */
static void lend_to_child(struct thread *t, uint32_t tid)
{
	uint32_t n;

	/* A child of the process itself: earlier children have gone. */
	if (t->vfork.depth && sys0(__NR_getppid) == (long)rt_process.pid)
		give_back(t, t->vfork.lender[0].tid);
	n = t->vfork.depth;
	if (n == RT_VFORK_DEPTH)
		rt_panic("vfork within vfork, more than %u deep",
			 RT_VFORK_DEPTH);
	t->vfork.lender[n].tid = t->tid;
	t->vfork.lender[n].signal = t->signal.state;
	t->vfork.lender[n].traced_from_exec = t->syscall.traced_from_exec;
	if (!share_handlers((uint32_t)sys_getpid(), t->pid))
		own_actions(t, n);
	t->syscall.traced_from_exec = false;
	t->tid = tid;
	t->vfork.depth = n + 1;
}

struct thread *rt_thread_enter(uint64_t sp)
{
	uint32_t tid = (uint32_t)sys_gettid();
	uint64_t off = sp - RT_SLOTS;
	struct thread *t;

	if (off >= (uint64_t)nr_slots * RT_SLOT_SIZE) {
		if (!*fork_witness)
			after_fork(NULL);
		return claim(tid);
	}
	t = slot((uint32_t)(off / RT_SLOT_SIZE));
	if (t->tid == tid && *fork_witness)
		return t;
	if (!*fork_witness) {
		rt_thread_forked(t);
	} else if (!give_back(t, tid)) {
		lend_to_child(t, tid);
	}
	return t;
}

void rt_thread_altstack(const struct thread *t, struct kstack *ss)
{
	uint64_t low = (uint64_t)t + sizeof(*t);

	ss->sp = (low + 63) & ~63ull;
	ss->flags = 0;
	ss->pad = 0;
	ss->size = (uint64_t)plain_of(t) - ss->sp;
}

int rt_slots_init(void)
{
	struct kstack ss;
	long r = sys_call(__NR_mmap, 0, WITNESS_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (r < 0)
		return (int)r;
	fork_witness = (uint32_t *)r;
	r = sys3(__NR_madvise, fork_witness, WITNESS_SIZE, MADV_WIPEONFORK);
	if (r < 0)
		return (int)r;
	rt_plain_ids =
		(struct plain_id *)((uint64_t)fork_witness + SGX_PAGE_SIZE);
	rt_identity_init((char *)rt_plain_ids + IDS_SIZE);
	*fork_witness = 1;
	rt_process.pid = (uint32_t)sys_getpid();
	r = grow();
	if (r < 0)
		return (int)r;
	slot_reset(slot(0), (uint32_t)sys_gettid());
	rt_thread_altstack(slot(0), &ss);
	return (int)sys2(__NR_sigaltstack, &ss, 0);
}

struct thread *rt_thread_first(void)
{
	return slot(0);
}
