/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sockets of a run: abstract names, one struct msg a packet, and at most
 * one descriptor with it.  unix(7).
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_BASE_SOCKET_H
#define SWSGX_PROCESS_SUPERVISOR_BASE_SOCKET_H

#include <sys/types.h>

struct msg;
struct ucred;

/* A descriptor or -errno. */
int socket_listen(const char *name);
int socket_connect(const char *name);

/* Who connected.  0 or -errno. */
int socket_peer(int fd, struct ucred *peer);

/* `pass`: a descriptor that goes with it, or -1.  0 or -errno. */
int socket_send(int fd, const struct msg *msg, int pass);

/*
 * The next packet, if there is one: 0; 1 if its size is not that of a message;
 * or -errno.  *passed: the descriptor that came with it, which the caller
 * closes, or -1.  More than one are not taken.
 */
int socket_receive(int fd, struct msg *msg, int *passed);

/* A request and its answer.  The answer's error, or another -errno. */
int socket_call(int fd, struct msg *msg);
/* The same; *passed: the descriptor that came with the answer, or -1. */
int socket_fetch(int fd, struct msg *msg, int *passed);

#endif
