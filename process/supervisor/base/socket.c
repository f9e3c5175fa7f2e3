/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/base/socket.h. */
#include "process/supervisor/base/socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "process/ctl.h"

/* Room for one descriptor: CMSG_SPACE() would have room for a second one. */
union control {
	struct cmsghdr h;
	char space[CMSG_LEN(sizeof(int))];
};

/* A socket that is bound to this name, or connected to it. */
static int open_named(const char *name, bool is_own)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = strnlen(name, sizeof(un.sun_path) - 1);
	socklen_t size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return -errno;
	memcpy(un.sun_path + 1, name, n);
	r = is_own ? bind(fd, (const struct sockaddr *)&un, size) :
		     connect(fd, (const struct sockaddr *)&un, size);
	if (!r)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

int socket_connect(const char *name)
{
	return open_named(name, false);
}

int socket_listen(const char *name)
{
	int fd = open_named(name, true), r;

	if (fd < 0 || listen(fd, SOMAXCONN) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

int socket_peer(int fd, struct ucred *peer)
{
	socklen_t size = sizeof(*peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) < 0 ?
		       -errno :
		       0;
}

int socket_send(int fd, const struct msg *msg, int pass)
{
	struct iovec iov = { (void *)(uintptr_t)msg, sizeof(*msg) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control = { .h = { .cmsg_len = CMSG_LEN(sizeof(int)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS } };

	if (pass >= 0) {
		memcpy(CMSG_DATA(&control.h), &pass, sizeof(pass));
		m.msg_control = &control;
		m.msg_controllen = CMSG_LEN(sizeof(int));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int receive(int fd, struct msg *msg, int *passed, int flags)
{
	union control control;
	struct iovec iov = { msg, sizeof(*msg) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = CMSG_LEN(sizeof(int)) };
	ssize_t n = recvmsg(fd, &m, flags | MSG_CMSG_CLOEXEC);
	struct cmsghdr *h = n < 0 ? NULL : CMSG_FIRSTHDR(&m);

	*passed = -1;
	if (n < 0)
		return -errno;
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS &&
	    h->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(passed, CMSG_DATA(h), sizeof(int));
	return n != sizeof(*msg) || m.msg_flags & MSG_TRUNC;
}

int socket_receive(int fd, struct msg *msg, int *passed)
{
	return receive(fd, msg, passed, MSG_DONTWAIT);
}

int socket_call(int fd, struct msg *msg)
{
	ssize_t n = send(fd, msg, sizeof(*msg), MSG_NOSIGNAL);

	if (n == sizeof(*msg))
		n = recv(fd, msg, sizeof(*msg), 0);
	if (n < 0)
		return -errno;
	if (n != sizeof(*msg))
		return -EACCES; /* closed without an answer: not ours to ask */
	return msg->error;
}

int socket_fetch(int fd, struct msg *msg, int *passed)
{
	ssize_t n = send(fd, msg, sizeof(*msg), MSG_NOSIGNAL);
	int r;

	*passed = -1;
	if (n != sizeof(*msg))
		return n < 0 ? -errno : -EACCES;
	r = receive(fd, msg, passed, 0);
	return r > 0 ? -EACCES : r < 0 ? r : msg->error;
}
