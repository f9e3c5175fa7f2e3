/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The supervisor, from inside.  A connection is made when it is needed and
 * closed after: no descriptor of the runtime stays in the program's table.
 * Functions return 0 (a descriptor where they open one) or -errno; the answer
 * to a message replaces it.
 */
#ifndef SWSGX_PROCESS_RT_HOST_CLIENT_H
#define SWSGX_PROCESS_RT_HOST_CLIENT_H

#include "process/ctl.h"

int rt_client_open(void);
/* On a connection that is open.  *answer_fd: a descriptor that came along. */
int rt_client_call(int fd, struct msg *msg, int *answer_fd);
/* The same, on a connection of its own. */
int rt_client_once(struct msg *msg, int *answer_fd);
/* The same, and hands over a file. */
int rt_client_pass(struct msg *msg, int pass_fd);

/*
 * knock.c: the way to the supervisor that needs no name.  At exec, with the
 * listener of the filter that hands the call over, which is shown and closed;
 * then a connection, or -errno (-EBADF: there is no such way).
 */
void rt_knock_listen(int fd);
int rt_knock(void);
/* The server seizes this thread: a copy of the runtime's file, or -errno. */
int rt_knock_exec(uint32_t filters, uint64_t ignored, uint64_t mask);

#endif
