/* SPDX-License-Identifier: BSD-3-Clause */
/* The same for files of the supervisor, which know a libc. */
#ifndef SWSGX_TESTS_SIM_HOOKS_SERVER_H
#define SWSGX_TESTS_SIM_HOOKS_SERVER_H

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/hooks.h"

long sim_libc_syscall(long nr, ...);
int sim_nanosleep(const struct timespec *ts, struct timespec *left);
int sim_poll(struct pollfd *p, nfds_t n, int ms);
int sim_close(int fd);
void *sim_calloc(size_t n, size_t size);
void sim_free(void *p);

#define syscall   sim_libc_syscall
#define nanosleep sim_nanosleep
#define poll      sim_poll
#define close     sim_close
#define calloc    sim_calloc
#define free      sim_free

#endif
