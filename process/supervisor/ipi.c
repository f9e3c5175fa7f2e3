/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts to threads of any process of the run, which the processes cannot
 * send each other: they may be of other users, or see other process ids.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "process/supervisor/server.h"

#define SLOW_FENCE_NS	20000000	/* far more than a CPU needs */

static int signal_thread(pid_t pid, pid_t tid)
{
	siginfo_t info = { .si_signo = SIGSYS, .si_code = SI_QUEUE };

	info.si_pid = getpid();
	info.si_value.sival_ptr = (void *)RT_IPI_VALUE;
	return syscall(SYS_rt_tgsigqueueinfo, pid, tid, SIGSYS, &info) < 0 ?
		       -errno : 0;
}

static int send_ipi(uint32_t pid, uint32_t tid)
{
	pid_t outer;
	int r = signal_thread((pid_t)pid, (pid_t)tid);

	if (r != -ESRCH)
		return r;
	outer = thread_by_own_id((pid_t)pid, (pid_t)tid);
	return outer ? signal_thread((pid_t)pid, outer) : r;
}

/*
 * membarrier(2): each CPU that runs a thread of the run has passed through the
 * kernel when it returns, and takes the signal on its way back.  Where there is
 * none (a kernel without it, a container's filter), the interrupt that the
 * signal itself sent to the CPU is given ample time.
 */
int platform_fence(void)
{
	const struct timespec ample = { .tv_nsec = SLOW_FENCE_NS };

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0) &&
	    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0))
		nanosleep(&ample, NULL);
	return 0;
}

void platform_interrupt(struct server *s, uint64_t secs, uint32_t epoch)
{
	const struct sgx_sender sender = { .send = send_ipi,
					   .fence = platform_fence };

	sgx_interrupt(&s->mm, &sender, secs, epoch);
}

int platform_preempt(struct server *s, uint32_t number, uint32_t tid)
{
	pid_t pid = life_pid(s, number);
	int r = pid ? send_ipi((uint32_t)pid, tid) : -ESRCH;

	/* The thread has gone, or the process, and with it what it held. */
	if (r == -ESRCH)
		return 0;
	return r ? r : platform_fence();
}
