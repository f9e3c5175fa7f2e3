/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who of the run lives: a number for each process that uses the platform, never
 * that of another who lives, and a pidfd, which says when the process has
 * ended.  From then on nobody runs under that number, so what is held in its
 * name is free.  pidfd_open(2); where that cannot be had, a process has no
 * number.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/machine/lock.h"
#include "process/supervisor/server.h"

struct life {
	struct life *next;
	pid_t pid;
	int pidfd;
	uint32_t number;
};

static bool has_ended(const struct life *l)
{
	struct pollfd p = { .fd = l->pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void end(struct server *s, struct life **at)
{
	struct life *l = *at;

	*at = l->next;
	close(l->pidfd);	/* leaves the epoll set with it */
	sgx_exit(&s->mm, l->number);
	free(l);
}

/* As many as a lock's word has room for; those of the living are not reused. */
static uint32_t next_number(struct server *s)
{
	const struct life *l;

	do {
		s->last_number = s->last_number % SGX_LOCK_HOLDER_MAX + 1;
		for (l = s->lives; l && l->number != s->last_number;)
			l = l->next;
	} while (l);
	return s->last_number;
}

static uint32_t begin(struct server *s, pid_t pid)
{
	int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct life *l = pidfd < 0 ? NULL : calloc(1, sizeof(*l));

	if (!l) {
		if (pidfd >= 0)
			close(pidfd);
		return 0;
	}
	*l = (struct life){ s->lives, pid, pidfd, next_number(s) };
	s->lives = l;
	server_watch(s, pidfd);
	return l->number;
}

static struct life **find(struct server *s, pid_t pid)
{
	struct life **at = &s->lives;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	return at;
}

uint32_t life_number(struct server *s, pid_t pid)
{
	struct life **at = find(s, pid);

	if (*at && !has_ended(*at))
		return (*at)->number;
	if (*at)
		end(s, at);	/* the process id is another's now */
	return begin(s, pid);
}

void life_over(struct server *s, pid_t pid)
{
	struct life **at = find(s, pid);

	if (*at)
		end(s, at);
}

bool life_event(struct server *s, int fd)
{
	struct life **at = &s->lives;

	while (*at && (*at)->pidfd != fd)
		at = &(*at)->next;
	if (!*at)
		return false;
	if (has_ended(*at))
		end(s, at);
	return true;
}

void lives_poll(struct server *s)
{
	struct life **at = &s->lives;

	while (*at) {
		if (has_ended(*at))
			end(s, at);
		else
			at = &(*at)->next;
	}
}

pid_t life_pid(struct server *s, uint32_t number)
{
	const struct life *l;

	lives_poll(s);
	for (l = s->lives; l; l = l->next) {
		if (l->number == number)
			return l->pid;
	}
	return 0;
}
