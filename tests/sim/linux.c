/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's kernel, as far as the runtime calls it: page
 * tables of enclave memory, signals to threads, time.  Each call is a place
 * where others may come in before; then it is done in one step.
 */
#include <asm/errno.h>
#include <asm/unistd_64.h>
#include <linux/mman.h>

#include "process/rt/base/sys.h"
#include "process/rt/rt.h"
#include "tests/sim/sim.h"

#define TOKENS 0x7000000000ull /* a page of each, where it is mapped */

#ifndef __NR_membarrier
#define __NR_membarrier 324
#endif

static struct proc *cur_proc(void)
{
	return &world.proc[sim_cur->proc];
}

/* Mappings ------------------------------------------------------------ */

static long each_page(uint64_t addr, uint64_t len, int prot, bool mapped)
{
	struct proc *p = cur_proc();
	unsigned int e, page;

	if (encl_of(addr, &e, &page) && sim_active)
		sim_trace("page tables of enclave %u, %u pages from %u on: %d",
			  e, (unsigned int)(len / SGX_PAGE_SIZE), page, prot);
	for (uint64_t a = addr; a < addr + len; a += SGX_PAGE_SIZE) {
		if (!encl_of(a, &e, &page))
			continue;
		p->prot[e][page] = (uint8_t)prot;
		p->mapped[e][page] = mapped;
	}
	return 0;
}

static long do_mmap(uint64_t addr, uint64_t len, long fd)
{
	if (fd >= 0) {
		cur_proc()->pin[fd] = true;
		return (long)(TOKENS + (uint64_t)fd * SGX_PAGE_SIZE);
	}
	if (!addr)
		return (long)(uintptr_t)memory_alloc(len);
	each_page(addr, len, PROT_NONE, false);
	return (long)addr;
}

static long do_munmap(uint64_t addr, uint64_t len)
{
	if (addr - TOKENS < SIM_ENCLS * SGX_PAGE_SIZE)
		cur_proc()->pin[(addr - TOKENS) / SGX_PAGE_SIZE] = false;
	else
		each_page(addr, len, PROT_NONE, false);
	return 0;
}

static long do_madvise(uint64_t addr, uint64_t len, long advice)
{
	if (advice == MADV_REMOVE)
		memory_zero(addr, len);
	return 0;
}

/* Signals ------------------------------------------------------------- */

static struct task *find_task(long pid, long tid)
{
	unsigned int i = (unsigned int)tid - 1;

	if (i >= SIM_TASKS || tasks[i].proc >= SIM_PROCS ||
	    world.proc[tasks[i].proc].pid != pid ||
	    tasks[i].state == TASK_DEAD || tasks[i].state == TASK_NONE)
		return NULL;
	return &tasks[i];
}

/* As it is sent, or as it came without its value and is sent on. */
static bool is_interrupt(long sig, const siginfo_t *info)
{
	return sig == SIGSYS && info->si_signo == SIGSYS &&
	       (info->si_code == SI_USER ||
		(info->si_code == SI_QUEUE &&
		 (uint64_t)info->si_ptr == RT_IPI_VALUE));
}

static long send_signal(long pid, long tid, long sig, const siginfo_t *info)
{
	struct task *k = find_task(pid, tid);

	if (!k)
		return -ESRCH;
	if (!is_interrupt(sig, info))
		sim_fail("signal %ld is sent, which is no interrupt", sig);
	sim_trace("interrupts p%u.%u", k->proc, k->n);
	k->ipi = true;
	k->ipi_seen = k == sim_cur;
	/* a call that waits is interrupted */
	sched_wake(k);
	return 0;
}

/* Only of the interrupt's signal is it kept. */
static long do_sigprocmask(long how, const uint64_t *set)
{
	if (*set & SIGBIT(SIGSYS))
		sim_cur->blocked = how == SIG_BLOCK;
	if (*set & SIGBIT(SIGSYS))
		sim_trace("interrupts are %s",
			  how == SIG_BLOCK ? "blocked" : "let in");
	if (!sim_cur->blocked)
		machine_interrupt(sim_cur);
	return 0;
}

/* What was sent before is felt before the next instruction. */
static long do_membarrier(void)
{
	for (unsigned int i = 0; i < SIM_TASKS; i++)
		tasks[i].ipi_seen |= tasks[i].ipi;
	return 0;
}

/* Calls --------------------------------------------------------------- */

static long do_clock_gettime(int64_t *ts)
{
	ts[0] = (int64_t)(sim_time / 1000000000);
	ts[1] = (int64_t)(sim_time % 1000000000);
	return 0;
}

static long do_nanosleep(const int64_t *ts)
{
	sched_sleep((uint64_t)ts[0] * 1000000000 + (uint64_t)ts[1]);
	return 0;
}

long sim_common(long nr, long a, long b, long c, long d)
{
	switch (nr) {
	case __NR_sched_yield:
		sched_yield_to_others();
		return 0;
	case __NR_nanosleep:
		return do_nanosleep((const int64_t *)a);
	case __NR_clock_gettime:
		return do_clock_gettime((int64_t *)b);
	case __NR_membarrier:
		return do_membarrier();
	case __NR_rt_tgsigqueueinfo:
		return send_signal(a, b, c, (const siginfo_t *)d);
	}
	return -ENOSYS;
}

long sim_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	(void)f;
	SIM_POINT();
	switch (nr) {
	case __NR_mmap:
		return do_mmap((uint64_t)a, (uint64_t)b, e);
	case __NR_munmap:
		return do_munmap((uint64_t)a, (uint64_t)b);
	case __NR_mprotect:
		return each_page((uint64_t)a, (uint64_t)b, (int)c, true);
	case __NR_mremap: /* a second mapping, as the first is */
		return each_page((uint64_t)e, (uint64_t)c,
				 PROT_READ | PROT_WRITE, true);
	case __NR_madvise:
		return do_madvise((uint64_t)a, (uint64_t)b, c);
	case __NR_rt_sigprocmask:
		return do_sigprocmask(a, (const uint64_t *)b);
	case __NR_rt_sigpending:
		*(uint64_t *)a = sim_cur->ipi ? SIGBIT(SIGSYS) : 0;
		return 0;
	case __NR_arch_prctl:
	case __NR_prctl:
	case __NR_personality:
		return 0;
	case __NR_getpid:
		return cur_proc()->pid;
	case __NR_gettid:
		return sim_cur->t->tid;
	}
	return sim_common(nr, a, b, c, d);
}
