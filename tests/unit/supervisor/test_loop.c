/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop: who is called, with what, and for how long. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/supervisor/base/loop.h"

struct seen {
	unsigned int calls;
	int fd;
	uint32_t events;
};

static void note(void *arg, int fd, uint32_t events)
{
	struct seen *s = arg;
	char c;

	s->calls++;
	s->fd = fd;
	s->events = events;
	if (events & EPOLLIN)
		(void)!read(fd, &c, 1);
}

static int setup(void **state)
{
	(void)state;
	return loop_init();
}

static void the_descriptor_that_can_be_read_is_told_of(void **state)
{
	struct seen a = { 0 }, b = { 0 };
	int p[2], q[2];

	(void)state;
	assert_int_equal(pipe(p) | pipe(q), 0);
	assert_int_equal(loop_watch(p[0], note, &a), 0);
	assert_int_equal(loop_watch(q[0], note, &b), 0);
	loop_wait(0);
	assert_int_equal(a.calls + b.calls, 0);
	assert_int_equal(write(q[1], "x", 1), 1);
	loop_wait(-1);
	assert_int_equal(a.calls, 0);
	assert_int_equal(b.calls, 1);
	assert_int_equal(b.fd, q[0]);
	close(p[1]);
	loop_wait(-1);
	assert_int_equal(a.calls, 1);
	assert_true(a.events & EPOLLHUP);
	loop_close(p[0]);
	loop_close(q[0]);
	close(q[1]);
}

static void a_closed_descriptor_calls_nobody(void **state)
{
	struct seen a = { 0 };
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(loop_watch(p[0], note, &a), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	loop_close(p[0]);
	loop_wait(0);
	assert_int_equal(a.calls, 0);
	close(p[1]);
}

/* The function watches a descriptor far beyond the table's end. */
static int far;
static void grow(void *arg, int fd, uint32_t events)
{
	note(arg, fd, events);
	assert_int_equal(loop_watch(far, note, arg), 0);
}

static void functions_may_watch_more(void **state)
{
	struct seen a = { 0 };
	int p[2], q[2];

	(void)state;
	assert_int_equal(pipe(p) | pipe(q), 0);
	far = dup2(q[0], 900);
	assert_int_equal(far, 900);
	assert_int_equal(loop_watch(p[0], grow, &a), 0);
	assert_int_equal(write(p[1], "x", 1) + write(q[1], "x", 1), 2);
	loop_wait(-1);
	loop_wait(-1);
	assert_int_equal(a.calls, 2);
	assert_int_equal(a.fd, far);
	loop_close(far);
	loop_close(p[0]);
	close(p[1]);
	close(q[0]);
	close(q[1]);
}

static void what_is_no_descriptor_is_refused(void **state)
{
	(void)state;
	assert_int_equal(loop_watch(-1, note, NULL), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_descriptor_that_can_be_read_is_told_of),
		cmocka_unit_test(a_closed_descriptor_calls_nobody),
		cmocka_unit_test(functions_may_watch_more),
		cmocka_unit_test(what_is_no_descriptor_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
