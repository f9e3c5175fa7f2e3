/* SPDX-License-Identifier: BSD-3-Clause */
/* The two ways into the runtime, from entry.S. */
#ifndef SWSGX_PROCESS_RT_ENTRY_ENTRY_H
#define SWSGX_PROCESS_RT_ENTRY_ENTRY_H

#include "process/rt/base/abi.h"

struct thread;

/* init.c: at exec.  The answer is in rt_params. */
void rt_init(void);
/* The image's file may not be read, and so nor may its memory. */
void rt_close_image(void);

/* trap.c: each signal */
void rt_handle_signal(int sig, siginfo_t *info, struct kucontext *uc,
		      struct thread *t);
void rt_signal_entry(void); /* entry.S, where the kernel calls */

#endif
