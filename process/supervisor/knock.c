/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's end of process/rt/host/knock.c: a thread that waits in a system
 * call gets one end of a new connection as its answer.  seccomp_unotify(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/supervisor/server.h"

/* Whose connection it is: the socket's credentials are the server's own. */
struct guest {
	struct guest *next;
	int fd;
	pid_t pid;
};

void knock_listen(struct server *s, int listener)
{
	if (listener < 0)
		return;
	/* another chain of filters than the first, which cannot be */
	if (s->knock >= 0) {
		close(listener);
		return;
	}
	s->knock = listener;
	server_watch(s, listener);
}

/* The process of a thread; the thread, if that cannot be told. */
static pid_t process_of(pid_t tid)
{
	char line[128], path[64];
	int pid = tid;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	if (!f)
		return tid;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &pid) == 1)
			break;
	fclose(f);
	return pid;
}

static void answer_error(const struct server *s, uint64_t id, int err)
{
	struct seccomp_notif_resp resp = { .id = id, .error = err };

	(void)ioctl(s->knock, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* A copy of fd, and its number as the answer.  0 or -errno. */
static int answer_fd(const struct server *s, uint64_t id, int fd)
{
	struct seccomp_notif_addfd add = { .id = id,
					   .flags = SECCOMP_ADDFD_FLAG_SEND,
					   .srcfd = (uint32_t)fd,
					   .newfd_flags = O_CLOEXEC };
	struct seccomp_notif_resp resp = { .id = id };
	int copy = ioctl(s->knock, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	if (copy >= 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	/* before Linux 5.14: two steps */
	add.flags = 0;
	copy = ioctl(s->knock, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	if (copy < 0)
		return -errno;
	resp.val = copy;
	(void)ioctl(s->knock, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	return 0;
}

static int receive_guest(struct server *s, int ours, pid_t tid)
{
	struct guest *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	*g = (struct guest){ s->guests, ours, process_of(tid) };
	s->guests = g;
	server_watch(s, ours);
	return 0;
}

static int let_in(struct server *s, const struct seccomp_notif *req)
{
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -EAGAIN;
	r = receive_guest(s, ends[0], (pid_t)req->pid);
	if (!r) {
		r = answer_fd(s, req->id, ends[1]);
		if (r)
			knock_forget(s, ends[0]);
	}
	if (r)
		close(ends[0]);
	close(ends[1]);
	return r;
}

bool knock_event(struct server *s, const struct epoll_event *e)
{
	struct seccomp_notif req = { .id = 0 };
	int r;

	if (e->data.fd != s->knock)
		return false;
	if (e->events & EPOLLIN &&
	    ioctl(s->knock, SECCOMP_IOCTL_NOTIF_RECV, &req) == 0) {
		r = let_in(s, &req);
		if (r)
			answer_error(s, req.id, r);
	} else if (e->events & EPOLLHUP) {
		close(s->knock);	/* nobody is left who could */
		s->knock = -1;
		s->nobody_knocks = true;
	}
	return true;
}

static struct guest **find(struct server *s, int fd)
{
	struct guest **at = &s->guests;

	while (*at && (*at)->fd != fd)
		at = &(*at)->next;
	return at;
}

void knock_forget(struct server *s, int fd)
{
	struct guest **at = find(s, fd), *g = *at;

	if (!g)
		return;
	*at = g->next;
	free(g);
}

static const struct guest *guest(const struct server *s, int fd)
{
	const struct guest *g = s->guests;

	while (g && g->fd != fd)
		g = g->next;
	return g;
}

bool knocked(const struct server *s, int fd)
{
	return guest(s, fd);
}

pid_t peer_of(const struct server *s, int fd)
{
	struct ucred peer = { .pid = 0 };
	socklen_t len = sizeof(peer);
	const struct guest *g = guest(s, fd);

	if (g)
		return g->pid;
	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	return peer.pid;
}
