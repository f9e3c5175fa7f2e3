/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's messages: a program of the run may send anything, and the
 * server answers each packet or closes the connection.  Afterwards it holds no
 * descriptor that it did not hold before.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/supervisor/base/loop.h"
#include "process/supervisor/server/clients.h"
#include "process/supervisor/server/requests.h"
#include "process/supervisor/server/server.h"
#include "tests/fuzz/input.h"

#define MAX_STEPS 40

static struct server s;
static int ends[2]; /* the server's, the program's */

static void entropy(void *buf, size_t n)
{
	must(getrandom(buf, n, 0) == (ssize_t)n);
}

static void complain(const char *format, ...)
{
	(void)format;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct run_options options = {
		.package = { .epc_bytes = 1 << 20, .sgx2 = true, .xcr0 = 3 },
		.verbose = true,
		.entropy = entropy,
		.complain = complain,
	};

	(void)argc;
	(void)argv;
	/* the answer to MSG_PREEMPT about a thread of this process */
	signal(SIGSYS, SIG_IGN);
	s.options = &options;
	s.program.pidfd = -1;
	s.tracees.options = &options;
	s.tracees.knock = &s.knock;
	s.injections.report.totals_said = true;
	must(loop_init() == 0);
	must(platform_create(&s.platform, &options.package, entropy) == 0);
	injections_init(&s.injections, &s.platform, &options);
	s.injections.report.totals_said = true;
	cpuid_files_init(&s.cpuid_files, &options);
	knock_init(&s.knock, &server_knock_fns, &s);
	return 0;
}

static unsigned open_files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* An index, or a number that is none. */
static uint32_t take_index(struct input *in)
{
	unsigned n = take8(in);

	return n < 128 ? n % 4 :
	       n < 192 ? (uint32_t) - (n % 4) :
			 (uint32_t)take(in, 4);
}

static void take_spec(struct input *in, char spec[RT_SPEC_SIZE])
{
	static const char *const specs[] = {
		"epc-loss@eenter=1", "aex@time=100us", "evict@ioctl=3",
		"migrate@time=1m",   "evict@every=1s", "aex@random=0.5",
	};

	if (take8(in) & 1) {
		strcpy(spec, specs[take_below(in, 6)]);
		return;
	}
	for (unsigned i = 0; i < RT_SPEC_SIZE; i++)
		spec[i] = (char)take8(in);
}

static void take_event(struct input *in, struct msg *msg)
{
	msg->event.event = take_index(in);
	msg->event.origin = (int32_t)take_index(in);
	msg->event.encl = take8(in) & 1 ? RT_ALL : take_index(in);
	msg->event.done = take8(in) & 1;
	msg->event.has_cpusvn = take8(in) & 1;
	msg->event.start = take(in, take8(in) & 8);
	msg->event.end = take(in, take8(in) & 8);
}

static void take_body(struct input *in, struct msg *msg)
{
	uint8_t *p = (uint8_t *)&msg->exec;

	switch (msg->type) {
	case MSG_EVENT:
		take_event(in, msg);
		break;
	case MSG_INJECTION:
		take_spec(in, msg->spec);
		break;
	case MSG_OPEN:
		msg->open.kind = take_index(in);
		msg->open.flags = take8(in);
		break;
	case MSG_PREEMPT:
		msg->preempt.number = take_index(in);
		msg->preempt.tid = take8(in) & 1 ? (uint32_t)getpid() :
						   take_index(in);
		break;
	default:
		for (unsigned i = take_below(in, 64); i && in->n; i--)
			*p++ = take8(in);
	}
}

/* A file that a program passes: none, one with code, one that is no file. */
static int take_file(struct input *in)
{
	int fd;

	switch (take_below(in, 8)) {
	case 0:
		fd = memfd_create("passed", MFD_CLOEXEC);
		must(write(fd, in->p, in->n) == (ssize_t)in->n);
		return fd;
	case 1:
		return dup(ends[1]);
	case 2:
		return open("/dev/zero", O_RDONLY);
	default:
		return -1;
	}
}

static void send_packet(struct input *in)
{
	struct msg msg = { .type = take8(in) % (MSG_STAT + 2) };
	uint8_t how = take8(in);
	int file = take_file(in);
	size_t size = how % 32 ? sizeof(msg) : take8(in);
	struct iovec iov = { &msg, size };
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control = { .h = { .cmsg_len = CMSG_LEN(2 * sizeof(int)),
			     .cmsg_level = SOL_SOCKET,
			     .cmsg_type = SCM_RIGHTS } };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	const int files[2] = { file, file };

	take_body(in, &msg);
	if (how & 64)
		memcpy(msg.secret, s.params.secret, sizeof(msg.secret));
	if (file >= 0) {
		memcpy(CMSG_DATA(&control.h), files, sizeof(files));
		if (how & 128)
			control.h.cmsg_len = CMSG_LEN(sizeof(int));
		m.msg_control = &control;
		m.msg_controllen = control.h.cmsg_len;
	}
	must(sendmsg(ends[1], &m, 0) == (ssize_t)size);
	if (file >= 0)
		close(file);
}

/* What came back: an answer, and perhaps a descriptor. */
static void receive_answer(void)
{
	struct msg msg;
	struct iovec iov = { &msg, sizeof(msg) };
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	static const uint8_t none[sizeof(msg.secret)];
	ssize_t n = recvmsg(ends[1], &m, MSG_DONTWAIT);
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int fd;

	must(n == sizeof(msg));
	must(!memcmp(msg.secret, none, sizeof(none)));
	must(msg.error <= 0 && msg.error > -4096);
	must(recv(ends[1], &msg, sizeof(msg), MSG_DONTWAIT) < 0);
	if (h) {
		memcpy(&fd, CMSG_DATA(h), sizeof(fd));
		close(fd);
	}
}

/* Everything that may live on ends now. */
static void clean_up(void)
{
	struct sgx_shared *shared = s.platform.mm.shared;

	for (unsigned i = 0; i < shared->nr_injections; i++) {
		if (s.injections.timers[i] >= 0)
			loop_close(s.injections.timers[i]);
		s.injections.timers[i] = -1;
		shared->injections[i].active = 0;
	}
	lives_end(&s.platform.lives, getpid());
	if (s.program.pidfd >= 0)
		close(s.program.pidfd);
	s.program.pidfd = -1;
	must(tokens_reap(&s.platform.tokens) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned before = open_files();
	bool open = true;
	int r;

	r = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
	must(r == 0);
	for (unsigned i = 0; i < MAX_STEPS && in.n && open; i++) {
		send_packet(&in);
		open = server_request(&s, ends[0]);
		if (open)
			receive_answer();
	}
	close(ends[0]);
	close(ends[1]);
	clean_up();
	must(open_files() == before);
	return 0;
}
