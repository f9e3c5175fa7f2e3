/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts to threads of any process of the run, which the processes cannot
 * send each other: they may be of other users, or see other process ids.
 */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "process/supervisor/server.h"

#define TRACK_TIMEOUT_MS	2000

static int signal_thread(pid_t pid, pid_t tid, bool probe)
{
	siginfo_t info = { .si_signo = SIGSYS, .si_code = SI_QUEUE };
	long r;

	if (probe) {
		r = syscall(SYS_tgkill, pid, tid, 0);
	} else {
		info.si_pid = getpid();
		info.si_value.sival_ptr = (void *)RT_IPI_VALUE;
		r = syscall(SYS_rt_tgsigqueueinfo, pid, tid, SIGSYS, &info);
	}
	return r < 0 ? -errno : 0;
}

static int send_ipi(uint32_t pid, uint32_t tid, bool probe)
{
	pid_t outer;
	int r = signal_thread((pid_t)pid, (pid_t)tid, probe);

	if (r != -ESRCH)
		return r;
	outer = thread_by_own_id((pid_t)pid, (pid_t)tid);
	return outer ? signal_thread((pid_t)pid, outer, probe) : r;
}

void platform_ipi(struct sgx_ipi *ipi)
{
	ipi->pid = 0;
	ipi->send = send_ipi;
}

unsigned int platform_ipi_wait(struct server *s, const struct sgx_ipi *ipi,
			       unsigned int ms)
{
	const struct timespec ts = { .tv_nsec = 20000 };
	uint64_t end = server_now() + ms * 1000000ull;
	unsigned int left = sgx_ipi_pending(&s->mm, ipi, false);

	while (left && server_now() < end) {
		nanosleep(&ts, NULL);
		left = sgx_ipi_pending(&s->mm, ipi, false);
	}
	return left ? sgx_ipi_pending(&s->mm, ipi, true) : 0;
}

void platform_ipi_all(struct server *s, uint32_t index)
{
	struct sgx_ipi ipi = { .kind = SGX_IPI_TRACK,
			       .secs = s->mm.shared->encls[index].secs_pa };

	platform_ipi(&ipi);
	sgx_resync_others(&s->mm);
	sgx_ipi_begin(s->mm.shared, &ipi);
	sgx_ipi_send(&s->mm, &ipi);
	platform_ipi_wait(s, &ipi, TRACK_TIMEOUT_MS);
}

void platform_sweep(struct server *s)
{
	sgx_processors_sweep(&s->mm, send_ipi);
}

void platform_track(struct server *s, const struct msg *msg)
{
	struct sgx_ipi ipi = { .kind = SGX_IPI_TRACK,
			       .secs = msg->ipi.secs,
			       .seq = msg->ipi.seq };

	platform_ipi(&ipi);
	sgx_ipi_send(&s->mm, &ipi);
	platform_ipi_wait(s, &ipi, TRACK_TIMEOUT_MS);
}
