/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/platform/ipi.h.  rt_tgsigqueueinfo(2). */
#include "process/supervisor/platform/ipi.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel/machine/notes.h"
#include "kernel/machine/smp.h"
#include "kernel/platform/mm_types.h"
#include "process/ctl.h"
#include "process/supervisor/base/thread_id.h"
#include "process/supervisor/platform/lives.h"

#define SLOW_FENCE_NS 20000000 /* far more than a CPU needs */

static int signal_thread(pid_t pid, pid_t tid)
{
	siginfo_t info = { .si_signo = SIGSYS, .si_code = SI_QUEUE };

	info.si_pid = getpid();
	info.si_value.sival_ptr = (void *)RT_IPI_VALUE;
	return syscall(SYS_rt_tgsigqueueinfo, pid, tid, SIGSYS, &info) < 0 ?
		       -errno :
		       0;
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

static int send_noted(const struct sgx_mm *mm, uint32_t pid, uint32_t tid)
{
	struct sgx_note *note = sgx_note(mm->shared, pid, tid);
	int r;

	sgx_note_begin(note);
	r = send_ipi(pid, tid);
	sgx_note_sent(note);
	return r;
}

/*
 * membarrier(2): when it returns, each CPU that runs a thread of the run has
 * passed through the kernel, and takes the signal on its way back.  A kernel
 * may lack it, or a container's filter forbid it.  Then the interrupt that the
 * signal itself sent to the CPU is given ample time.
 */
int ipi_fence(void)
{
	const struct timespec ample = { .tv_nsec = SLOW_FENCE_NS };

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0) &&
	    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0))
		nanosleep(&ample, NULL);
	return 0;
}

void ipi_interrupt(struct sgx_mm *mm, uint64_t secs, uint32_t epoch)
{
	const struct sgx_sender sender = { .send = send_ipi,
					   .fence = ipi_fence };

	sgx_interrupt(mm, &sender, secs, epoch);
}

int ipi_preempt(struct lives *lives, uint32_t number, uint32_t tid)
{
	pid_t pid = lives_pid(lives, number);
	int r = pid ? send_noted(lives->mm, (uint32_t)pid, tid) : -ESRCH;

	/* the thread or its process has ended, and holds nothing any more */
	if (r == -ESRCH)
		return 0;
	return r ? r : ipi_fence();
}
