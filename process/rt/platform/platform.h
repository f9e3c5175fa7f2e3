/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The platform in this process: what kernel/ asks of a process (host.c), and
 * the moment in which a process meets SGX (attach.c).
 */
#ifndef SWSGX_PROCESS_RT_PLATFORM_PLATFORM_H
#define SWSGX_PROCESS_RT_PLATFORM_PLATFORM_H

#include "kernel/host.h"

extern const struct host rt_host;

/*
 * Maps the platform and watches the memory system calls, the first time that it
 * is called.  0 or -errno; then rt_process.attached and rt_process.mm are as
 * they were.
 */
int rt_attach(void);

#endif
