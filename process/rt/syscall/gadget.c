/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program makes a trapped call itself, by code in the range that the
 * filters let pass (gadget.S).  A signal that finds a thread there sees the
 * program's own SYSCALL instruction.
 */
#include "process/ctl.h"
#include "process/rt/abort_page/abort_page.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/door.h"
#include "process/rt/base/log.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/syscall/calls.h"
#include "process/rt/syscall/syscall.h"

#define SYSCALL_LENGTH 2

extern uint64_t rt_sites[RT_SITES];

void rt_pass_on(struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	uint64_t sp = mc->rsp - RED_ZONE - 8;
	uint64_t back = rt_outside_syscall(uc);

	if (rt_put(sp, &back, sizeof(back))) {
		/* no stack to return through: make it here */
		mc->rax = (uint64_t)rt_door((long)mc->rax, mc->rdi, mc->rsi,
					    mc->rdx, mc->r10, mc->r8, mc->r9);
		mc->rip = back;
		return;
	}
	mc->rsp = sp;
	mc->rip = (uint64_t)rt_gadget_syscall;
}

/* Where they return to; 0: free. */
uint64_t rt_sites[RT_SITES];

/*
 * A call whose child may have another stack, or share its parent's, returns
 * through none: each place in the program that makes one has a site.
 */
bool rt_pass_on_site(struct kucontext *uc)
{
	uint64_t rip = uc->mc.rip;

	for (unsigned i = 0; i < RT_SITES; i++) {
		uint64_t there = 0;

		if (__atomic_compare_exchange_n(&rt_sites[i], &there, rip,
						false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST) ||
		    there == rip) {
			uc->mc.rip = (uint64_t)rt_sites_start +
				     (uint64_t)i * RT_SITE_SIZE;
			return true;
		}
	}
	return false;
}

/* At a site. */
static bool leave_site(struct machine_context *mc)
{
	uint64_t off = mc->rip - (uint64_t)rt_sites_start;
	uint64_t back;

	if (off >= (uint64_t)rt_sites_end - (uint64_t)rt_sites_start)
		return false;
	back = rt_sites[off / RT_SITE_SIZE];
	mc->rip = off % RT_SITE_SIZE ? back : back - SYSCALL_LENGTH;
	return true;
}

void rt_leave_gadget(struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	bool before = mc->rip == (uint64_t)rt_gadget_syscall;
	uint64_t rip;

	if (leave_site(mc))
		return;
	if (!before && mc->rip != (uint64_t)rt_gadget_return)
		return;
	if (rt_get(&rip, mc->rsp, sizeof(rip)))
		rt_panic("a thread lost its stack during a system call");
	mc->rsp += RED_ZONE + 8;
	/* before: the call is to be made (again), from its own site */
	mc->rip = before ? rip - SYSCALL_LENGTH : rip;
}
