/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/program/knock.h.  seccomp_unotify(2). */
#include "process/supervisor/program/knock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/ctl.h"
#include "process/supervisor/base/proc.h"
#include "process/supervisor/base/socket.h"

/* Whose connection it is.  The socket itself names the server as its maker. */
struct guest {
	struct guest *next;
	int fd;
	pid_t pid, tid;
};

static void answer_error(const struct knock *k, uint64_t id, int err)
{
	struct seccomp_notif_resp resp = { .id = id, .error = err };

	(void)ioctl(k->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* A copy of fd, and its number as the answer.  That, or -errno. */
static int answer_fd(const struct knock *k, uint64_t id, int fd, uint32_t flags)
{
	struct seccomp_notif_addfd add = { .id = id,
					   .flags = SECCOMP_ADDFD_FLAG_SEND,
					   .srcfd = (uint32_t)fd,
					   .newfd_flags = flags };
	struct seccomp_notif_resp resp = { .id = id };
	int copy = ioctl(k->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	if (copy >= 0)
		return copy;
	if (errno != EINVAL)
		return -errno;
	/* before Linux 5.14: two steps */
	add.flags = 0;
	copy = ioctl(k->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	if (copy < 0)
		return -errno;
	resp.val = copy;
	(void)ioctl(k->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	return copy;
}

/* /proc takes long, and most that come are the first thread of a process. */
static pid_t process_of(pid_t tid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, tid, 0);

	if (pidfd < 0)
		return (pid_t)proc_number(tid, "Tgid:", tid);
	close(pidfd);
	return tid;
}

/* A guest is known by its process; by the thread, if that cannot be told. */
static int receive_guest(struct knock *k, int ours, pid_t tid)
{
	struct guest *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	*g = (struct guest){ k->guests, ours, process_of(tid), tid };
	k->guests = g;
	return loop_watch(ours, k->fns->serve, k->arg);
}

static int let_in(struct knock *k, const struct seccomp_notif *req)
{
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -EAGAIN;
	r = receive_guest(k, ends[0], (pid_t)req->pid);
	if (!r)
		r = answer_fd(k, req->id, ends[1], O_CLOEXEC);
	if (r < 0) {
		knock_forget(k, ends[0]);
		loop_close(ends[0]);
	}
	close(ends[1]);
	return r;
}

/* It stays open in the new image, which closes it. */
static int hand_over(struct knock *k, const struct seccomp_notif *req)
{
	const __u64 *args = req->data.args;
	struct knock_exec exec = { .pid = process_of((pid_t)req->pid),
				   .tid = (pid_t)req->pid,
				   .filters = args[2] >> 8 & 0xff,
				   .ignored = args[2] >> 32,
				   .mask = args[3] };
	int fd, r;

	memcpy(exec.secret, &args[4], sizeof(exec.secret));
	fd = k->fns->exec(k->arg, &exec);
	if (fd < 0)
		return fd;
	r = answer_fd(k, req->id, fd, 0);
	if (r < 0)
		answer_error(k, req->id, r);
	k->fns->handed(k->arg, &exec, r);
	return 0;
}

static int answer(struct knock *k, const struct seccomp_notif *req)
{
	switch (req->data.args[2] & 0xff) {
	case RT_KNOCK_CONNECT:
		return let_in(k, req);
	case RT_KNOCK_EXEC:
		return hand_over(k, req);
	default:
		return -EINVAL;
	}
}

static void knock_event(void *arg, int fd, uint32_t events)
{
	struct seccomp_notif req = { .id = 0 };
	struct knock *k = arg;
	int r;

	if (events & EPOLLIN &&
	    ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &req) == 0) {
		r = answer(k, &req);
		if (r < 0)
			answer_error(k, req.id, r);
	} else if (events & EPOLLHUP) {
		loop_close(fd);
		k->listener = -1;
		k->all_gone = true;
	}
}

void knock_init(struct knock *k, const struct knock_fns *fns, void *arg)
{
	*k = (struct knock){ .listener = -1, .fns = fns, .arg = arg };
}

void knock_listen(struct knock *k, int listener)
{
	if (listener < 0)
		return;
	/* a second chain of filters, which there cannot be */
	if (k->listener >= 0) {
		close(listener);
		return;
	}
	k->listener = listener;
	loop_watch(listener, knock_event, k);
}

static struct guest **find(struct knock *k, int fd)
{
	struct guest **at = &k->guests;

	while (*at && (*at)->fd != fd)
		at = &(*at)->next;
	return at;
}

void knock_forget(struct knock *k, int fd)
{
	struct guest **at = find(k, fd), *g = *at;

	if (!g)
		return;
	*at = g->next;
	free(g);
}

static const struct guest *guest(const struct knock *k, int fd)
{
	const struct guest *g = k->guests;

	while (g && g->fd != fd)
		g = g->next;
	return g;
}

bool knock_is_guest(const struct knock *k, int fd)
{
	return guest(k, fd);
}

pid_t knock_tid(const struct knock *k, int fd)
{
	const struct guest *g = guest(k, fd);

	return g ? g->tid : 0;
}

pid_t knock_peer(const struct knock *k, int fd)
{
	struct ucred peer = { .pid = 0 };
	const struct guest *g = guest(k, fd);

	if (g)
		return g->pid;
	(void)socket_peer(fd, &peer);
	return peer.pid;
}
