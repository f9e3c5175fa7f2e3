/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pool.  All threads wait on one epoll(7) for the next packet of any
 * client; EPOLLONESHOT lets one thread at a time have a client.
 */
#define _GNU_SOURCE /* accept4 */
#include "examples/service/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "examples/lib/error.h"

static int watch(const struct server *s, int op, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(s->epoll, op, fd, &event);
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path) >=
	    (int)sizeof(addr.sun_path))
		return enclave_fail(ENAMETOOLONG, "%s: path too long", path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(fd, SERVICE_CLIENTS)) {
		enclave_fail_errno("%s", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int server_open(struct server *s, struct lifeline *l, const char *path)
{
	*s = (struct server){ .l = l, .path = path };
	s->listener = listen_at(path);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->listener < 0) {
		server_close(s);
		return -1;
	}
	if (s->epoll < 0 || s->stop < 0 ||
	    watch(s, EPOLL_CTL_ADD, s->listener, EPOLLIN) ||
	    watch(s, EPOLL_CTL_ADD, s->stop, EPOLLIN)) {
		enclave_fail_errno("epoll");
		server_close(s);
		return -1;
	}
	return 0;
}

void server_close(struct server *s)
{
	const int fds[] = { s->listener, s->epoll, s->stop };
	unsigned i;

	if (s->listener >= 0)
		unlink(s->path);
	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void server_stop(const struct server *s)
{
	const uint64_t one = 1;
	ssize_t written = write(s->stop, &one, sizeof(one));

	(void)written; /* fails only if it is set already */
}

static void welcome(const struct server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	/* Another thread may have been quicker. */
	if (fd >= 0 && watch(s, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT))
		close(fd);
}

/* NEW and OPEN are the host's own business. */
static bool is_client_request(const struct service_request *r, ssize_t n)
{
	return n == sizeof(*r) &&
	       (r->op == SERVICE_HELLO || r->op == SERVICE_ADD);
}

/* One packet.  False: the client has left, or says nothing that makes sense. */
static bool serve(struct server *s, struct visitor *v, int client)
{
	struct service_request request;
	struct service_answer answer;
	ssize_t n = recv(client, &request, sizeof(request), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	answer = (struct service_answer){ .status = SERVICE_BAD_REQUEST };
	if (is_client_request(&request, n))
		lifeline_request(v, &request, &answer);
	if (answer.status == SERVICE_GONE)
		server_stop(s);
	__atomic_add_fetch(&s->answers, 1, __ATOMIC_RELAXED);
	/* A client that does not hear this will ask again. */
	return send(client, &answer, sizeof(answer), MSG_NOSIGNAL) ==
	       sizeof(answer);
}

struct worker {
	struct server *s;
	struct visitor visitor;
	pthread_t thread;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct server *s = w->s;

	for (;;) {
		struct epoll_event event;
		int n = epoll_wait(s->epoll, &event, 1, -1);

		if (n < 0 && errno != EINTR)
			return NULL;
		if (n <= 0)
			continue;
		if (event.data.fd == s->stop)
			return NULL;
		if (event.data.fd == s->listener)
			welcome(s);
		else if (!serve(s, &w->visitor, event.data.fd) ||
			 watch(s, EPOLL_CTL_MOD, event.data.fd,
			       EPOLLIN | EPOLLONESHOT))
			close(event.data.fd);
	}
}

/* Every second thread enters by the vDSO, the others by signal. */
int server_run(struct server *s, unsigned threads)
{
	struct worker workers[SERVICE_THREADS];
	unsigned i, started;
	int error = 0;

	for (started = 0; started < threads && !error; started++) {
		struct worker *w = &workers[started];

		w->s = s;
		w->visitor = (struct visitor){
			.l = s->l,
			.tcs = started,
			.way = started % 2 ? BY_SIGNAL : BY_VDSO,
		};
		error = pthread_create(&w->thread, NULL, work, w);
	}
	if (error) {
		started--;
		server_stop(s);
	}
	for (i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	return error ? enclave_fail(error, "pthread_create: %s",
				    strerror(error)) :
		       0;
}
