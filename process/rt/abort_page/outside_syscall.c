/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls with pointers to enclave memory.  To the kernel this memory is
 * the abort page, as to any code outside.  So the call is made on other memory,
 * which holds ones, and what it writes there is dropped.  A filter for the
 * addresses of each enclave traps these calls (filter/program.c).
 *
 * DEVIATION DP27: not what structures and vectors point to.  DEVIATION DP16:
 * some calls transfer less than they were asked to.  DEVIATION DP18: O_DIRECT.
 */
#include <asm/unistd_64.h>

#include "kernel/mm/view.h"
#include "process/rt/abort_page/abort_page.h"
#include "process/rt/abort_page/outside.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/registers.h"
#include "process/rt/filter/filter.h"
#include "process/rt/rt.h"

#define MANY_PAGES 5 /* for each, if there are several */

#define ARG(n) (1u << (n))

/*
 * Which arguments are pointers to what is read or written at once.  A call that
 * is not here keeps or acts on the addresses that it is given, or is rare.
 */
static const struct call {
	uint16_t nr;
	uint8_t pointers;
} calls[] = {
	/* clang-format off */
	{ __NR_readv, ARG(1) }, { __NR_writev, ARG(1) },
	{ __NR_preadv, ARG(1) }, { __NR_pwritev, ARG(1) },
	{ __NR_sendmsg, ARG(1) }, { __NR_recvmsg, ARG(1) },
	{ __NR_getcwd, ARG(0) }, { __NR_readlink, ARG(0) | ARG(1) },
	{ __NR_readlinkat, ARG(1) | ARG(2) },
	{ __NR_open, ARG(0) }, { __NR_openat, ARG(1) },
	{ __NR_openat2, ARG(1) | ARG(2) },
	{ __NR_stat, ARG(0) | ARG(1) }, { __NR_lstat, ARG(0) | ARG(1) },
	{ __NR_newfstatat, ARG(1) | ARG(2) }, { __NR_statx, ARG(1) | ARG(4) },
	{ __NR_statfs, ARG(0) | ARG(1) }, { __NR_fstatfs, ARG(1) },
	{ __NR_access, ARG(0) }, { __NR_faccessat, ARG(1) },
	{ __NR_faccessat2, ARG(1) }, { __NR_chdir, ARG(0) },
	{ __NR_mkdir, ARG(0) }, { __NR_mkdirat, ARG(1) },
	{ __NR_rmdir, ARG(0) }, { __NR_unlink, ARG(0) },
	{ __NR_unlinkat, ARG(1) }, { __NR_chmod, ARG(0) },
	{ __NR_truncate, ARG(0) }, { __NR_memfd_create, ARG(0) },
	{ __NR_rename, ARG(0) | ARG(1) }, { __NR_renameat, ARG(1) | ARG(3) },
	{ __NR_link, ARG(0) | ARG(1) }, { __NR_symlink, ARG(0) | ARG(1) },
	{ __NR_sendfile, ARG(2) }, { __NR_copy_file_range, ARG(1) | ARG(3) },
	{ __NR_splice, ARG(1) | ARG(3) }, { __NR_utimensat, ARG(1) | ARG(2) },
	{ __NR_uname, ARG(0) }, { __NR_sysinfo, ARG(0) },
	{ __NR_time, ARG(0) }, { __NR_times, ARG(0) },
	{ __NR_gettimeofday, ARG(0) | ARG(1) }, { __NR_getrusage, ARG(1) },
	{ __NR_clock_gettime, ARG(1) }, { __NR_clock_getres, ARG(1) },
	{ __NR_nanosleep, ARG(0) | ARG(1) },
	{ __NR_clock_nanosleep, ARG(2) | ARG(3) },
	{ __NR_getitimer, ARG(1) }, { __NR_setitimer, ARG(1) | ARG(2) },
	{ __NR_timer_create, ARG(1) | ARG(2) }, { __NR_timer_gettime, ARG(1) },
	{ __NR_timer_settime, ARG(2) | ARG(3) },
	{ __NR_timerfd_gettime, ARG(1) },
	{ __NR_timerfd_settime, ARG(2) | ARG(3) },
	{ __NR_pipe, ARG(0) }, { __NR_pipe2, ARG(0) },
	{ __NR_poll, ARG(0) }, { __NR_ppoll, ARG(0) | ARG(2) },
	{ __NR_select, ARG(1) | ARG(2) | ARG(3) | ARG(4) },
	{ __NR_pselect6, ARG(1) | ARG(2) | ARG(3) | ARG(4) },
	{ __NR_epoll_ctl, ARG(3) }, { __NR_epoll_wait, ARG(1) },
	{ __NR_epoll_pwait, ARG(1) }, { __NR_socketpair, ARG(3) },
	{ __NR_bind, ARG(1) }, { __NR_connect, ARG(1) },
	{ __NR_accept, ARG(1) | ARG(2) }, { __NR_accept4, ARG(1) | ARG(2) },
	{ __NR_getsockname, ARG(1) | ARG(2) },
	{ __NR_getpeername, ARG(1) | ARG(2) },
	{ __NR_setsockopt, ARG(3) }, { __NR_getsockopt, ARG(3) | ARG(4) },
	{ __NR_futex, ARG(0) | ARG(3) }, { __NR_ioctl, ARG(2) },
	{ __NR_wait4, ARG(1) | ARG(3) }, { __NR_waitid, ARG(2) | ARG(4) },
	{ __NR_getrlimit, ARG(1) }, { __NR_setrlimit, ARG(1) },
	{ __NR_prlimit64, ARG(2) | ARG(3) }, { __NR_getgroups, ARG(1) },
	{ __NR_sched_getaffinity, ARG(2) }, { __NR_sched_setaffinity, ARG(2) },
	{ __NR_getresuid, ARG(0) | ARG(1) | ARG(2) },
	{ __NR_getresgid, ARG(0) | ARG(1) | ARG(2) },
	{ __NR_getcpu, ARG(0) | ARG(1) }, { __NR_mincore, ARG(2) },
	/* clang-format on */
};

static const struct rt_buffer_call *find_buffer(uint64_t nr)
{
	for (unsigned int i = 0; i < RT_BUFFER_CALLS; i++)
		if (rt_buffer_calls[i].nr == nr)
			return &rt_buffer_calls[i];
	return NULL;
}

static unsigned int find_pointers(uint64_t nr)
{
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return calls[i].pointers;
	return 0;
}

/* Bytes of it from each argument on; returns how many point there. */
static unsigned int find(unsigned int pointers, struct machine_context *mc,
			 uint64_t room[RT_ARGUMENTS])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < RT_ARGUMENTS; i++) {
		room[i] = 0;
		if (pointers & ARG(i))
			room[i] = sgx_abort_pages(&rt_process.mm,
						  *rt_argument(mc, i),
						  OUTSIDE_ONES);
		n += room[i] != 0;
	}
	return n;
}

static void replace(struct machine_context *mc, uint64_t room[RT_ARGUMENTS],
		    uint8_t *ones, uint64_t each)
{
	for (unsigned int i = 0; i < RT_ARGUMENTS; i++) {
		uint64_t *arg = rt_argument(mc, i);
		uint64_t offset = *arg & ~SGX_PAGE_MASK;

		if (!room[i])
			continue;
		if (room[i] > each - offset)
			room[i] = each - offset;
		*arg = (uint64_t)ones + offset;
		ones += each;
	}
}

uint64_t rt_outside_syscall(struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	const struct rt_buffer_call *buffer;
	struct thread *t = rt_current();
	uint64_t room[RT_ARGUMENTS], back;
	unsigned int n;
	uint8_t *ones;

	if (!rt_process.attached || rt_process.mm.view == SGX_VIEW_SHARED)
		return mc->rip;
	buffer = find_buffer(mc->rax);
	n = find(buffer ? ARG(buffer->pointer) : find_pointers(mc->rax), mc,
		 room);
	ones = n ? rt_outside_ones(t) : NULL;
	if (!ones)
		return mc->rip;
	back = rt_outside_way_back(t, mc);
	replace(mc, room, ones,
		n == 1 ? OUTSIDE_ONES : MANY_PAGES * SGX_PAGE_SIZE);
	if (buffer && *rt_argument(mc, buffer->length) > room[buffer->pointer])
		*rt_argument(mc, buffer->length) = room[buffer->pointer];
	return back;
}
