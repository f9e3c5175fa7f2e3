/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client of the supervisor's socket.  unix(7), without libc.
 */
#include <linux/resource.h>
#include <linux/socket.h>
#include <linux/un.h>

#include "cpu/mem.h"
#include "process/rt/base/params.h"
#include "process/rt/base/string.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/client.h"

#define AF_UNIX_          1
#define SOCK_SEQPACKET_   5
#define SOCK_CLOEXEC_     02000000
#define SOL_SOCKET_       1
#define SCM_RIGHTS_       1
#define MSG_CMSG_CLOEXEC_ 0x40000000
#define MSG_NOSIGNAL_     0x4000

#define MORE_FILES 16 /* other threads may be opening some, too */

struct iov {
	void *base;
	uint64_t len;
};

struct msgheader {
	void *name;
	uint64_t namelen; /* int and padding */
	struct iov *iov;
	uint64_t iovlen;
	void *control;
	uint64_t controllen;
	uint64_t flags;
};

struct fd_message {
	uint64_t len;
	int32_t level, type;
	int32_t fd, pad;
};

/* By the name of its abstract socket, which a namespace may hide. */
static long connect_by_name(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX_ };
	unsigned long len = rt_strlen(rt_params.socket);
	long fd, r;

	fd = sys3(__NR_socket, AF_UNIX_, SOCK_SEQPACKET_ | SOCK_CLOEXEC_, 0);
	if (fd < 0)
		return fd;
	memcpy(un.sun_path + 1, rt_params.socket, len);
	r = sys3(__NR_connect, fd, &un,
		 offsetof(struct sockaddr_un, sun_path) + 1 + len);
	if (r < 0) {
		sys1(__NR_close, fd);
		return r;
	}
	return fd;
}

static long open_connection(void)
{
	long fd = rt_knock();

	return fd >= 0 || fd == -EMFILE ? fd : connect_by_name();
}

/*
 * The program has all descriptors that its limit allows, and Linux would not
 * ask it to close one.  So the limit is raised for as long as this takes.
 * DEVIATION DP28: not beyond the hard limit.
 */
static long open_beyond_limit(void)
{
	uint64_t was[2], more[2]; /* struct rlimit */
	long fd, r = sys4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, was);

	if (r < 0)
		return r;
	more[0] = was[0] + MORE_FILES;
	more[1] = was[1] < more[0] ? more[0] : was[1];
	if (sys4(__NR_prlimit64, 0, RLIMIT_NOFILE, more, 0) < 0)
		return -EMFILE;
	fd = open_connection();
	sys4(__NR_prlimit64, 0, RLIMIT_NOFILE, was, 0);
	return fd;
}

int rt_client_open(void)
{
	long fd = open_connection();

	return (int)(fd == -EMFILE ? open_beyond_limit() : fd);
}

static int receive(int fd, struct msg *msg, int *answer_fd)
{
	struct fd_message control = { .fd = -1 };
	struct iov iov = { msg, sizeof(*msg) };
	struct msgheader h = { .iov = &iov,
			       .iovlen = 1,
			       .control = &control,
			       .controllen = sizeof(control) };
	long r;

	do {
		r = sys3(__NR_recvmsg, fd, &h, MSG_CMSG_CLOEXEC_);
	} while (r == -EINTR);
	if (r < 0)
		return (int)r;
	if (r != sizeof(*msg))
		return -EPIPE; /* the supervisor has ended */
	if (h.controllen >= 20 && control.level == SOL_SOCKET_ &&
	    control.type == SCM_RIGHTS_) {
		if (answer_fd)
			*answer_fd = control.fd;
		else
			sys1(__NR_close, control.fd);
	}
	return 0;
}

static long send(int fd, struct msg *msg, int pass_fd)
{
	struct fd_message control = { .len = 20,
				      .level = SOL_SOCKET_,
				      .type = SCM_RIGHTS_,
				      .fd = pass_fd };
	struct iov iov = { msg, sizeof(*msg) };
	struct msgheader h = { .iov = &iov, .iovlen = 1 };

	if (pass_fd >= 0) {
		h.control = &control;
		h.controllen = sizeof(control);
	}
	memcpy(msg->secret, rt_params.secret, sizeof(msg->secret));
	msg->error = 0;
	return sys3(__NR_sendmsg, fd, &h, MSG_NOSIGNAL_);
}

static int call(int fd, struct msg *msg, int pass_fd, int *answer_fd)
{
	long r = send(fd, msg, pass_fd);
	int err;

	if (r < 0)
		return (int)r;
	err = receive(fd, msg, answer_fd);
	return err ? err : msg->error;
}

int rt_client_call(int fd, struct msg *msg, int *answer_fd)
{
	return call(fd, msg, -1, answer_fd);
}

static int once(struct msg *msg, int pass_fd, int *answer_fd)
{
	int fd = rt_client_open();
	int r;

	if (fd < 0)
		return fd;
	r = call(fd, msg, pass_fd, answer_fd);
	sys1(__NR_close, fd);
	return r;
}

int rt_client_once(struct msg *msg, int *answer_fd)
{
	return once(msg, -1, answer_fd);
}

int rt_client_pass(struct msg *msg, int pass_fd)
{
	return once(msg, pass_fd, NULL);
}
