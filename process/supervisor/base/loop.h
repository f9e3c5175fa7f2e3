/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the server waits for: descriptors and the clock.  There is one loop in
 * a process.  epoll(7).
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_BASE_LOOP_H
#define SWSGX_PROCESS_SUPERVISOR_BASE_LOOP_H

#include <stdint.h>

/* `events`: EPOLLIN and the like. */
typedef void (*loop_fn)(void *arg, int fd, uint32_t events);

/* First.  0 or -errno. */
int loop_init(void);

/*
 * Call fn(arg, fd, events) whenever fd can be read or its other end is closed.
 * 0 or -errno.
 */
int loop_watch(int fd, loop_fn fn, void *arg);

/* Close a watched descriptor.  Its function is not called any more. */
void loop_close(int fd);

/* Wait for one event and call its function.  ms < 0: wait without limit. */
void loop_wait(int ms);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t loop_now(void);

#endif
