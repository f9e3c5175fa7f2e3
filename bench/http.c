/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small web server and its client on the loopback interface: each request is
 * a connection of its own, and is answered with a file.  Knows nothing of SGX.
 * Seconds for a request.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

#define REQUESTS 4000u
#define WARM_UP  200u

static const char *document;

static void answer(int client)
{
	char request[512], header[128];
	int file, n;
	struct stat st;

	if (recv(client, request, sizeof(request), 0) <= 0)
		return;
	file = open(document, O_RDONLY | O_CLOEXEC);
	if (file < 0 || fstat(file, &st))
		bench_fail("the file to be sent");
	n = snprintf(header, sizeof(header),
		     "HTTP/1.0 200 OK\r\nContent-Length: %ld\r\n\r\n",
		     (long)st.st_size);
	if (send(client, header, (size_t)n, MSG_MORE) != n ||
	    sendfile(client, file, NULL, (size_t)st.st_size) != st.st_size)
		bench_fail("sending");
	close(file);
}

static _Noreturn void serve(int listener)
{
	for (;;) {
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0)
			bench_fail("accept4()");
		answer(client);
		close(client);
	}
}

static void request(const struct sockaddr_in *to)
{
	static const char get[] = "GET / HTTP/1.0\r\n\r\n";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char buf[65536];
	ssize_t n;

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) ||
	    send(fd, get, sizeof(get) - 1, 0) != sizeof(get) - 1)
		bench_fail("asking");
	do {
		n = recv(fd, buf, sizeof(buf), 0);
	} while (n > 0);
	close(fd);
}

static double requests(const struct sockaddr_in *to, unsigned n)
{
	double start = bench_now();

	for (unsigned i = 0; i < n; i++)
		request(to);
	return (bench_now() - start) / n;
}

static int listen_at(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*at);

	*at = (struct sockaddr_in){ .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (const struct sockaddr *)at, sizeof(*at)) ||
	    listen(fd, SOMAXCONN) ||
	    getsockname(fd, (struct sockaddr *)at, &size))
		bench_skip("no loopback interface");
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_in at;
	int listener = listen_at(&at);
	pid_t server;

	document = argc > 1 ? argv[1] : argv[0];
	server = fork();
	if (server == 0)
		serve(listener);
	requests(&at, WARM_UP);
	bench_print("http-request", requests(&at, REQUESTS));
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return 0;
}
