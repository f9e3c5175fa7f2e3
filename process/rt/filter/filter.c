/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Installs the filters (program.c).  All programs pay for the first one, which
 * is small; a process that uses SGX has a second, a debugger a third.
 * seccomp(2).
 */
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "kernel/mm/encl_page.h"
#include "kernel/mm/view.h"
#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/spin.h"
#include "process/rt/base/sys.h"
#include "process/rt/filter/filter.h"
#include "process/rt/filter/program.h"
#include "process/rt/host/client.h"
#include "process/rt/rt.h"

/*
 * For the program it is as if there were no filter: it is not confined against
 * its own speculation either, which Linux before 5.16 does otherwise.
 */
static long install_with(struct program *p, long flags)
{
	struct {
		unsigned short len;
		struct sock_filter *filter;
	} prog = { p->len, p->insn };
	long r;

	flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	r = sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);

	if (r == -EACCES) {
		/*
		 * Without CAP_SYS_ADMIN: give up gaining privileges by exec.
		 * DEVIATION DP9.
		 */
		r = sys5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (!r)
			r = sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags,
				 &prog);
	}
	return r;
}

static int install(struct program *p)
{
	long r = install_with(p, SECCOMP_FILTER_FLAG_TSYNC);

	/* positive: the thread that could not take it over */
	return r > 0 ? -EBUSY : (int)r;
}

/* Once in a process and what it executes. */
static int install_once(uint32_t flag, void (*program)(struct program *p))
{
	struct program p = { .len = 0 };
	int r;

	if (rt_process.filter.installed & flag)
		return 0;
	program(&p);
	r = install(&p);
	if (!r)
		rt_process.filter.installed |= flag;
	return r;
}

/*
 * A chain of filters can have one listener.  The first image installs ours, and
 * all others inherit it.  DEVIATION DP29.  If the filters of this process had a
 * listener before, there is only the socket.
 */
static long install_listener(uint32_t with)
{
	struct program p = { .len = 0 };

	program_base(&p, with | RT_FILTER_KNOCK);
	return install_with(&p, SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

int rt_filter_base(void)
{
	uint32_t with = rt_params.cpuid == RT_CPUID_REWRITE ? RT_FILTER_CPUID :
							      0;
	struct program p = { .len = 0 };
	long r;

	if (rt_process.filter.installed & RT_FILTER_BASE)
		return 0;
	r = install_listener(with);
	if (r >= 0) {
		with |= RT_FILTER_KNOCK;
		rt_knock_listen((int)r);
	} else {
		program_base(&p, with);
		r = install(&p);
	}
	if (r >= 0)
		rt_process.filter.installed |= RT_FILTER_BASE | with;
	return r < 0 ? (int)r : 0;
}

int rt_filter_mm(void)
{
	int r = install_once(RT_FILTER_MM, program_mm);

	if (r)
		rt_log("cannot watch the memory system calls (seccomp, error "
		       "%d); has the program installed filters of its own in "
		       "some threads?",
		       -r);
	return r;
}

int rt_filter_debug(void)
{
	return install_once(RT_FILTER_DEBUG, program_debug);
}

static int install_elrange(uint64_t base, uint64_t size)
{
	struct program p = { .len = 0 };

	program_elrange(&p, base, size);
	return install(&p);
}

static bool has_elrange(uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < rt_process.filter.nr_elranges; i++)
		if (base - rt_process.filter.elranges[i].base <
			    rt_process.filter.elranges[i].size &&
		    size <= rt_process.filter.elranges[i].size)
			return true;
	return false;
}

/*
 * DEVIATION DP17: no more than RT_MAX_ELRANGES places; and a filter stays, also
 * when the place has become other memory.
 */
static void add_elrange(uint64_t base, uint64_t size)
{
	uint32_t n = rt_process.filter.nr_elranges;
	int r;

	if (n == RT_MAX_ELRANGES || has_elrange(base, size))
		return;
	r = install_elrange(base, size);
	if (r && rt_process.verbose)
		rt_log("cannot watch for system calls on an enclave's memory "
		       "(seccomp, error %d); they get EFAULT",
		       -r);
	if (r)
		return;
	rt_process.filter.elranges[n].base = base;
	rt_process.filter.elranges[n].size = size;
	rt_process.filter.nr_elranges = n + 1;
}

void rt_filter_elrange(const struct sgx_encl *encl)
{
	struct sgx_range elrange;

	if (rt_process.mm.view == SGX_VIEW_SHARED ||
	    !sgx_encl_elrange(encl, &elrange))
		return;
	spin_lock(&rt_process.filter.lock);
	add_elrange(elrange.start, elrange.end - elrange.start);
	spin_unlock(&rt_process.filter.lock);
}
