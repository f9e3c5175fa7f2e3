/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/base/loop.h. */
#include "process/supervisor/base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

struct watch {
	loop_fn fn;
	void *arg;
};

static int epoll = -1;
static struct watch *watches; /* by descriptor */
static size_t room;

int loop_init(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	return epoll < 0 ? -errno : 0;
}

static int make_room(size_t fd)
{
	size_t more = fd + fd / 2 + 16;
	struct watch *w;

	if (fd < room)
		return 0;
	w = realloc(watches, more * sizeof(*w));
	if (!w)
		return -ENOMEM;
	watches = w;
	room = more;
	return 0;
}

int loop_watch(int fd, loop_fn fn, void *arg)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP,
				 .data.fd = fd };

	if (fd < 0)
		return -EBADF;
	if (make_room((size_t)fd))
		return -ENOMEM;
	watches[fd] = (struct watch){ fn, arg };
	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

/* The kernel takes a closed descriptor out of the set. */
void loop_close(int fd)
{
	close(fd);
}

void loop_wait(int ms)
{
	struct epoll_event e;
	struct watch w;

	if (epoll_wait(epoll, &e, 1, ms) != 1)
		return;
	/* a copy: the function may watch more, and so move the table */
	w = watches[e.data.fd];
	w.fn(w.arg, e.data.fd, e.events);
}

uint64_t loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
