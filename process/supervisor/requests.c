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
	return !knocked(s, fd) &&
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
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

void server_answer(int fd, struct msg *msg)
{
	answer(fd, msg, -1);
}

static void do_attach(struct server *s, int fd, struct msg *msg)
{
	pid_t pid = peer_of(s, fd);

	msg->attach.pid = (uint32_t)pid;
	msg->attach.number = life_number(s, pid);
	answer(fd, msg, s->platform_fd);
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

/* One packet and the file that came with it, or *passed = -1. */
static ssize_t receive(int fd, struct msg *msg, int *passed)
{
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { msg, sizeof(*msg) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *h = n < 0 ? NULL : CMSG_FIRSTHDR(&m);

	*passed = -1;
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS)
		memcpy(passed, CMSG_DATA(h), sizeof(int));
	return n;
}

static void handle(struct server *s, int fd, struct msg *msg, int passed)
{
	switch (msg->type) {
	case MSG_EXEC:
		program_met(s, peer_of(s, fd));
		msg->error = tracee_seize(s, fd, msg);
		break;
	case MSG_EXEC_FAILED:
		tracee_release(s, fd);
		break;
	case MSG_TRACEE_EXEC:
		msg->error = tracee_inject(s, fd, msg);
		msg->type = MSG_TRACEE_EXEC;
		break;
	case MSG_OPEN:
		do_open(s, fd, msg);
		return;
	case MSG_ATTACH:
		do_attach(s, fd, msg);
		return;
	case MSG_REAP:
		lives_poll(s);
		tokens_reap(s);
		break;
	case MSG_IPI:
		platform_interrupt(s, msg->ipi.secs, msg->ipi.epoch);
		break;
	case MSG_FENCE:
		msg->error = platform_fence();
		break;
	case MSG_PREEMPT:
		msg->error = platform_preempt(s, msg->preempt.number,
					      msg->preempt.tid);
		break;
	case MSG_EVENT:
		msg->error = event_start(s, fd, msg);
		if (!msg->error)
			return;
		break;
	case MSG_STAT:
		stat_fill(s, &msg->stat);
		break;
	case MSG_REWRITE:
		msg->error = server_rewrite(&msg->rewrite);
		break;
	case MSG_INJECTION:
		msg->error = injection_next(s, msg->spec);
		break;
	case MSG_FINISH:
		injections_totals(s);
		if (msg->exec.tid == s->not_injected)
			msg->error = -ENOEXEC;
		break;
	case MSG_CPUID_SITES:
		msg->error = cpuid_sites(s, passed, msg);
		break;
	default:
		msg->error = -EINVAL;
	}
	answer(fd, msg, -1);
}

bool server_request(struct server *s, int fd)
{
	struct msg msg;
	int passed;
	ssize_t n = receive(fd, &msg, &passed);
	bool good;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	good = n == sizeof(msg) && may_ask(s, fd, &msg);
	msg.error = 0;
	if (good)
		handle(s, fd, &msg, passed);
	if (passed >= 0)
		close(passed);
	return good;
}
