/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/platform/lives.h.  pidfd_open(2); where it cannot be
 * had, a process gets no number.
 */
#include "process/supervisor/platform/lives.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/machine/exit.h"
#include "kernel/platform/lock.h"
#include "process/supervisor/base/loop.h"

struct life {
	struct life *next;
	pid_t pid;
	int pidfd;
	uint32_t number;
};

void lives_init(struct lives *lives, struct sgx_mm *mm)
{
	*lives = (struct lives){ .mm = mm };
}

static bool has_ended(const struct life *l)
{
	struct pollfd p = { .fd = l->pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void end(struct lives *lives, struct life **at)
{
	struct life *l = *at;

	*at = l->next;
	loop_close(l->pidfd);
	sgx_exit(lives->mm, l->number);
	if (lives->ended)
		lives->ended(l->number);
	free(l);
}

/* A lock's word has room for this many.  Numbers of the living are left out. */
static uint32_t next_number(struct lives *lives)
{
	const struct life *l;

	do {
		lives->last_number = lives->last_number % SGX_LOCK_HOLDER_MAX +
				     1;
		for (l = lives->first; l && l->number != lives->last_number;)
			l = l->next;
	} while (l);
	return lives->last_number;
}

static uint32_t begin(struct lives *lives, pid_t pid)
{
	int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct life *l = pidfd < 0 ? NULL : calloc(1, sizeof(*l));

	if (!l) {
		if (pidfd >= 0)
			close(pidfd);
		return 0;
	}
	*l = (struct life){ lives->first, pid, pidfd, next_number(lives) };
	lives->first = l;
	loop_watch(pidfd, lives_event, lives);
	return l->number;
}

static struct life **find(struct lives *lives, pid_t pid)
{
	struct life **at = &lives->first;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	return at;
}

uint32_t lives_number(struct lives *lives, pid_t pid)
{
	struct life **at = find(lives, pid);

	if (*at && !has_ended(*at))
		return (*at)->number;
	if (*at)
		end(lives, at); /* the process id is another process's now */
	return begin(lives, pid);
}

void lives_end(struct lives *lives, pid_t pid)
{
	struct life **at = find(lives, pid);

	if (*at)
		end(lives, at);
}

void lives_event(void *arg, int pidfd, uint32_t events)
{
	struct lives *lives = arg;
	struct life **at = &lives->first;

	(void)events;
	while (*at && (*at)->pidfd != pidfd)
		at = &(*at)->next;
	if (*at && has_ended(*at))
		end(lives, at);
}

void lives_poll(struct lives *lives)
{
	struct life **at = &lives->first;

	while (*at) {
		if (has_ended(*at))
			end(lives, at);
		else
			at = &(*at)->next;
	}
}

pid_t lives_pid(struct lives *lives, uint32_t number)
{
	const struct life *l;

	lives_poll(lives);
	for (l = lives->first; l; l = l->next) {
		if (l->number == number)
			return l->pid;
	}
	return 0;
}
