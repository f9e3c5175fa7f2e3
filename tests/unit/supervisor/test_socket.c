/* SPDX-License-Identifier: BSD-3-Clause */
/* The sockets of a run: nothing leaks, whatever fails or is sent. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/ctl.h"
#include "process/supervisor/base/socket.h"

static char name[64];
static int ends[2];

static int setup(void **state)
{
	(void)state;
	snprintf(name, sizeof(name), "swsgx-test-%d", (int)getpid());
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static int teardown(void **state)
{
	(void)state;
	return close(ends[0]) | close(ends[1]);
}

/* The lowest descriptor that is free: the same again if none leaked. */
static int lowest(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void connecting_to_nobody_leaks_nothing(void **state)
{
	int before = lowest();

	(void)state;
	assert_int_equal(socket_connect(name), -ECONNREFUSED);
	assert_int_equal(lowest(), before);
}

static void listening_at_a_name_that_is_taken_leaks_nothing(void **state)
{
	int fd = socket_listen(name), before = lowest();

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(socket_listen(name), -EADDRINUSE);
	assert_int_equal(lowest(), before);
	close(fd);
}

static void a_connection_carries_messages(void **state)
{
	struct msg msg = { .type = MSG_STAT };
	int listener = socket_listen(name);
	int client = socket_connect(name);
	int server = accept(listener, NULL, NULL), passed;

	(void)state;
	assert_true(client >= 0 && server >= 0);
	assert_int_equal(socket_receive(server, &msg, &passed), -EAGAIN);
	assert_int_equal(socket_send(client, &msg, 0), 0);
	memset(&msg, 0, sizeof(msg));
	assert_int_equal(socket_receive(server, &msg, &passed), 0);
	assert_int_equal(msg.type, MSG_STAT);
	assert_true(passed > server);
	close(passed);
	close(client);
	assert_int_equal(socket_receive(server, &msg, &passed), 1);
	assert_int_equal(passed, -1);
	close(server);
	close(listener);
}

/* `size` bytes and n descriptors, as a program may send them. */
static void send_raw(size_t size, unsigned int n)
{
	static char bytes[2 * sizeof(struct msg)];
	struct iovec iov = { bytes, size };
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(8 * sizeof(int))];
	} control = { .h = { .cmsg_len = CMSG_LEN(n * sizeof(int)),
			     .cmsg_level = SOL_SOCKET,
			     .cmsg_type = SCM_RIGHTS } };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_LEN(n * sizeof(int));
		memset(CMSG_DATA(&control.h), 0, n * sizeof(int));
	}
	assert_int_equal(sendmsg(ends[1], &m, 0), size);
}

static void one_descriptor_is_taken_and_no_more(void **state)
{
	int before = lowest(), passed;
	struct msg msg;

	(void)state;
	for (unsigned int n = 0; n <= 8; n++) {
		send_raw(sizeof(msg), n);
		assert_int_equal(socket_receive(ends[0], &msg, &passed), 0);
		assert_int_equal(passed >= 0, n > 0);
		if (passed >= 0)
			close(passed);
		assert_int_equal(lowest(), before);
	}
}

static void a_packet_of_another_size_is_no_message(void **state)
{
	struct msg msg;
	int passed;

	(void)state;
	send_raw(sizeof(msg) - 1, 0);
	assert_int_equal(socket_receive(ends[0], &msg, &passed), 1);
	send_raw(sizeof(msg) + 1, 0);
	assert_int_equal(socket_receive(ends[0], &msg, &passed), 1);
	send_raw(1, 1);
	assert_int_equal(socket_receive(ends[0], &msg, &passed), 1);
	assert_true(passed >= 0);
	close(passed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connecting_to_nobody_leaks_nothing),
		cmocka_unit_test(
			listening_at_a_name_that_is_taken_leaks_nothing),
		cmocka_unit_test(a_connection_carries_messages),
		cmocka_unit_test(one_descriptor_is_taken_and_no_more),
		cmocka_unit_test(a_packet_of_another_size_is_no_message),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
