/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fork(): a child with one thread, and what its parent had at that instant,
 * whatever the parent's other threads were at.  It begins as the runtime's
 * after_fork() does (process/rt/thread/thread.c), and the server does not know
 * it before it asks for its number.
 */
#include <linux/mman.h>

#include "cpu/mem.h"
#include "kernel/mm/vma.h"
#include "process/rt/rt.h"
#include "tests/sim/sim.h"
#include "tests/sim/stubs.h"

static void *copy(const void *from, size_t n)
{
	return memcpy(memory_alloc(n), from, n);
}

static struct process *copy_rt(const struct process *parent)
{
	struct process *rt = copy(parent, sizeof(*rt));

	rt->mm.vmas = copy(rt->mm.vmas, rt->mm.max_vmas * sizeof(*rt->mm.vmas));
	return rt;
}

static void after_fork(struct task *k)
{
	struct process *rt = world.proc[k->proc].rt;

	rt->pid = world.proc[k->proc].pid;
	rt->ipi.server_pid = rt->ipi.number = 0;
	machine_arrive(k);
	sgx_dup_mm(&rt->mm);
	k->in_handler = false;
}

static void child_main(struct task *k)
{
	sim_trace("is born");
	after_fork(k);
	script_main(k);
}

/* Nobody forks from inside an enclave. */
void family_fork(struct task *k)
{
	unsigned int i = sim_scenario->procs + world.forks++;
	struct proc *child = &world.proc[i];

	sched_yield_to_others();
	*child = world.proc[k->proc];
	child->pid = 100 + i;
	child->rt = copy_rt(child->rt);
	sim_trace("forks process %u", i);
	machine_reset(task_new(i, 0, child_main));
}
