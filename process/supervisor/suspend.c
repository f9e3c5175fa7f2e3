/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loss of the EPC, as over S3, hibernation or a live migration: every EPCM
 * entry of the platform becomes invalid.  Then every process that maps the EPC
 * is interrupted, so that its real mappings follow at once.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "process/supervisor/server.h"

#define ACK_TIMEOUT_MS 2000

/* A thread of the process that can take a signal now. */
static bool interrupt_thread(pid_t pid, pid_t tid)
{
	siginfo_t info = { .si_signo = SIGSYS, .si_code = SI_QUEUE };

	info.si_pid = getpid();
	info.si_value.sival_ptr = (void *)RT_IPI_VALUE;
	return syscall(SYS_rt_tgsigqueueinfo, pid, tid, SIGSYS, &info) == 0;
}

struct round {
	pid_t except;
	unsigned int sent;
};

static void interrupt(struct server *s, pid_t pid, void *arg)
{
	struct round *round = arg;
	char path[64];
	struct dirent *e;
	DIR *task;

	(void)s;
	if (pid == round->except)
		return;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	task = opendir(path);
	if (!task)
		return;
	while ((e = readdir(task))) {
		if (isdigit((unsigned char)e->d_name[0]) &&
		    interrupt_thread(pid, atoi(e->d_name))) {
			round->sent++;
			break;
		}
	}
	closedir(task);
}

static void wait_for_acks(struct server *s, uint64_t target)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; i < ACK_TIMEOUT_MS; i++) {
		if (__atomic_load_n(&s->mm.shared->ipi_acks,
				    __ATOMIC_ACQUIRE) >= target)
			return;
		nanosleep(&ms, NULL);
	}
}

unsigned int platform_interrupt(struct server *s, pid_t except)
{
	struct round round = { .except = except };
	uint64_t acks = __atomic_load_n(&s->mm.shared->ipi_acks,
					__ATOMIC_ACQUIRE);

	processes_each(s, PROCESS_WITH_PLATFORM, interrupt, &round);
	wait_for_acks(s, acks + round.sent);
	return round.sent;
}

int platform_suspend(struct server *s, struct msg *msg)
{
	tokens_reap(s);
	memset(&msg->suspend, 0, sizeof(msg->suspend));
	sgx_invalidate_all(&s->mm, &msg->suspend.enclaves,
			   &msg->suspend.pages);
	msg->suspend.processes = platform_interrupt(s, 0);
	return 0;
}
