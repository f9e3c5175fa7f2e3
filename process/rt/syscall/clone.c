/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clone3().  A filter cannot read what its arguments point to, so every one
 * traps.  The program makes its call itself, like any other, unless the child
 * shall have no handlers (CLONE_CLEAR_SIGHAND): without ours, its first trapped
 * call would kill it.  Such a child starts here, in a handler of its own.
 * clone(2); Linux kernel/fork.c copy_clone_args_from_user().
 */
#include <linux/sched.h>

#include "cpu/mem.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/door.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/lp/identity.h"
#include "process/rt/rt.h"
#include "process/rt/signal/signal.h"
#include "process/rt/syscall/calls.h"
#include "process/rt/thread/thread.h"

#define ARGS_MAX 256 /* Linux 6.1 knows 88 bytes */

long rt_clone_syscall(void *args, size_t size); /* clone.S */

struct call {
	union {
		struct clone_args args;
		uint8_t bytes[ARGS_MAX];
	};
	size_t size;
	uint64_t stack; /* the child's RSP */
};

/* False: it is not valid, and the kernel will say why. */
static bool get(struct call *call, const struct kucontext *uc)
{
	size_t size = uc->mc.rsi;

	if (size < CLONE_ARGS_SIZE_VER0 || size > sizeof(call->bytes))
		return false;
	memset(call->bytes, 0, sizeof(call->bytes));
	call->size = size;
	return !rt_get(call->bytes, uc->mc.rdi, size);
}

static bool is_cleared(const struct call *call)
{
	return (call->args.flags & CLONE_CLEAR_SIGHAND) &&
	       !(call->args.flags & CLONE_SIGHAND);
}

/* clone3_stack_valid(): the kernel itself is given another stack */
static bool take_stack(struct call *call, uint64_t rsp)
{
	struct clone_args *args = &call->args;

	call->stack = args->stack ? args->stack + args->stack_size : rsp;
	if (!args->stack != !args->stack_size || args->stack > TASK_SIZE ||
	    args->stack_size > TASK_SIZE - args->stack)
		return false;
	args->stack = 0;
	args->stack_size = 0;
	return true;
}

/* A child with memory of its own is in this handler, too, and goes on. */
static void clone_memory(struct thread *t, struct kucontext *uc,
			 struct call *call)
{
	uint64_t flags = call->args.flags;
	long r;

	call->args.flags &= ~CLONE_CLEAR_SIGHAND;
	r = rt_door(__NR_clone3, (uint64_t)&call->args, call->size, 0, 0, 0, 0);
	uc->mc.rax = (uint64_t)r;
	if (r)
		return;
	rt_thread_forked(t);
	t->signal.pending = 0;
	if (flags & CLONE_CLEAR_SIGHAND)
		rt_signals_clear(t);
	uc->mc.rsp = call->stack;
}

/* The frame that the child returns to, at the end of its slot. */
static uint64_t build_frame(struct thread *child, const struct kucontext *uc,
			    uint64_t rsp)
{
	uint32_t fpsize = rt_fpstate_size(uc);
	uint64_t end = (uint64_t)child + RT_SLOT_SIZE;
	uint64_t fp = (end - fpsize) & ~63ull;
	struct rt_sigframe *frame;

	frame = (void *)((fp - sizeof(*frame)) & ~15ull);
	memset(frame, 0, sizeof(*frame));
	frame->uc = *uc;
	frame->uc.mc.rax = 0;
	frame->uc.mc.rsp = rsp;
	rt_thread_altstack(child, &frame->uc.uc_stack);
	if (!fpsize)
		return (uint64_t)frame;
	memcpy((void *)fp, (void *)uc->mc.fpstate, fpsize);
	frame->uc.mc.fpstate = fp;
	return (uint64_t)frame;
}

/* The state that a child inherits, or starts with. */
static void inherit(struct thread *child, const struct thread *t,
		    uint64_t flags)
{
	child->signal.state.virtual_mask = t->signal.state.virtual_mask;
	/* sas_ss_reset() */
	if (flags & CLONE_VFORK)
		child->signal.state.altstack = t->signal.state.altstack;
	if (flags & CLONE_SIGHAND) {
		child->signal.state.actions = t->signal.state.actions;
	} else {
		memcpy(child->vfork_actions[0], t->signal.state.actions,
		       sizeof(child->vfork_actions[0]));
		child->signal.state.actions = child->vfork_actions[0];
	}
	child->syscall.newborn_clears = flags & CLONE_CLEAR_SIGHAND;
	/* its first instructions end in the return from a handler */
	child->signal.leaving = true;
}

/* From clone.S, at the child's first instruction. */
void rt_clone_born(void);
void rt_clone_born(void)
{
	struct thread *t = rt_current();

	t->pid = (uint32_t)sys_getpid();
	__atomic_store_n(&t->tid, (uint32_t)sys_gettid(), __ATOMIC_RELEASE);
	if (t->syscall.newborn_clears)
		rt_signals_clear(t);
}

/* A child in this memory needs a slot of its own from the start. */
static void clone_vm(struct thread *t, struct kucontext *uc, struct call *call)
{
	struct clone_args *args = &call->args;
	uint64_t flags = args->flags;
	struct thread *child = rt_thread_unborn();
	uint64_t frame;
	long r = -EAGAIN;

	if (child) {
		inherit(child, t, flags);
		frame = build_frame(child, uc, call->stack);
		args->flags &= ~CLONE_CLEAR_SIGHAND;
		args->stack = (uint64_t)child + sizeof(*child);
		args->stack_size = frame - args->stack;
		r = rt_clone_syscall(args, call->size);
		/* after vfork() the child has ended */
		if (r < 0 || (flags & CLONE_VFORK))
			__atomic_store_n(&child->tid, 0, __ATOMIC_RELEASE);
	}
	uc->mc.rax = (uint64_t)r;
}

/* clone(2) "C library/kernel differences"; vfork(2) */
static void convert(struct call *call, const struct machine_context *mc)
{
	bool vfork = mc->rax == __NR_vfork;
	uint64_t flags = vfork ? CLONE_VFORK | CLONE_VM | SIGCHLD :
				 (uint32_t)mc->rdi;
	uint64_t stack = vfork ? 0 : mc->rsi;

	memset(call->bytes, 0, sizeof(call->bytes));
	call->size = CLONE_ARGS_SIZE_VER0;
	call->args.flags = flags & ~(uint64_t)CSIGNAL;
	call->args.exit_signal = flags & CSIGNAL;
	call->stack = stack ? stack : mc->rsp;
	if (vfork)
		return;
	call->args.parent_tid = mc->rdx;
	call->args.pidfd = flags & CLONE_PIDFD ? mc->rdx : 0;
	call->args.child_tid = mc->r10;
	call->args.tls = mc->r8;
}

enum rt_answer rt_clone(struct thread *t, struct kucontext *uc)
{
	struct call call;

	rt_identity_drop();
	if (rt_pass_on_site(uc))
		return RT_DONE;
	convert(&call, &uc->mc);
	clone_vm(t, uc, &call);
	return RT_DONE;
}

enum rt_answer rt_clone3(struct thread *t, struct kucontext *uc)
{
	struct call call;
	bool valid = get(&call, uc);

	rt_identity_drop();
	if (!(valid && is_cleared(&call)) && rt_pass_on_site(uc))
		return RT_DONE;
	if (!valid)
		uc->mc.rax = (uint64_t)rt_door(__NR_clone3, uc->mc.rdi,
					       uc->mc.rsi, 0, 0, 0, 0);
	else if (!take_stack(&call, uc->mc.rsp))
		uc->mc.rax = (uint64_t)-EINVAL;
	else if (call.args.flags & CLONE_VM)
		clone_vm(t, uc, &call);
	else
		clone_memory(t, uc, &call);
	return RT_DONE;
}
