/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients ask of the server, one packet each way. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/supervisor/server.h"

/* The runtime shows the run's secret; a person's command, the same user. */
static bool may_ask(const struct server *s, int fd, const struct msg *msg)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);

	if (memcmp(msg->secret, s->params.secret, sizeof(msg->secret)) == 0)
		return true;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static pid_t peer_pid(int fd)
{
	struct ucred peer = { .pid = 0 };
	socklen_t len = sizeof(peer);

	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	return peer.pid;
}

static void answer(int fd, struct msg *msg, int pass_fd)
{
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { msg, sizeof(*msg) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	memset(msg->secret, 0, sizeof(msg->secret));
	if (pass_fd >= 0) {
		memset(&control, 0, sizeof(control));
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		control.h.cmsg_level = SOL_SOCKET;
		control.h.cmsg_type = SCM_RIGHTS;
		control.h.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.h), &pass_fd, sizeof(int));
	}
	/* if the client has gone meanwhile, nobody needs the answer */
	(void)sendmsg(fd, &m, MSG_NOSIGNAL);
}

static void do_open(struct server *s, int fd, struct msg *msg)
{
	int token = -1;

	if (msg->open.kind != SGX_FILE_ENCLAVE &&
	    msg->open.kind != SGX_FILE_PROVISION)
		msg->error = -EINVAL;
	else
		msg->error = token_open(s, msg->open.kind, msg->open.flags & 3,
					&token);
	answer(fd, msg, token);
	if (token >= 0)
		close(token);
}

static void handle(struct server *s, int fd, struct msg *msg)
{
	switch (msg->type) {
	case MSG_EXEC:
		msg->error = tracee_seize(s, fd, msg);
		break;
	case MSG_EXEC_FAILED:
		tracee_release(s, fd);
		break;
	case MSG_OPEN:
		do_open(s, fd, msg);
		return;
	case MSG_ATTACH:
		answer(fd, msg, s->platform_fd);
		return;
	case MSG_REAP:
		tokens_reap(s);
		break;
	case MSG_IPI:
		platform_interrupt(s, peer_pid(fd));
		break;
	case MSG_SUSPEND:
		msg->error = platform_suspend(s, msg);
		break;
	default:
		msg->error = -EINVAL;
	}
	answer(fd, msg, -1);
}

bool server_request(struct server *s, int fd)
{
	struct msg msg;
	ssize_t n = recv(fd, &msg, sizeof(msg), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n != sizeof(msg) || !may_ask(s, fd, &msg))
		return false;
	msg.error = 0;
	handle(s, fd, &msg);
	return true;
}
