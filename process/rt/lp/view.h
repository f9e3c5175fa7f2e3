/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a thread sees of the EPC: its protection key opens it, or it is hidden
 * while no thread is inside (kernel/mm/view.h).
 */
#ifndef SWSGX_PROCESS_RT_LP_VIEW_H
#define SWSGX_PROCESS_RT_LP_VIEW_H

#include <asm/siginfo.h>
#include <stdbool.h>
#include <stddef.h>

#include "process/rt/base/abi.h"

struct thread;

/* Once, when the process is attached. */
void rt_view_init(void);
/* After each transition: the view that enclave mode, or its absence, has. */
void rt_view_set(struct thread *t, struct kucontext *uc);
/* The same for a thread that has entered and returns to no frame. */
void rt_view_open(struct thread *t);
void rt_view_close(struct thread *t);
/* A fault that the enclave's XRSTOR has caused, by closing our own key. */
bool rt_view_mend(struct kucontext *uc, int sig, const siginfo_t *info);

/* rt_get(), as the interrupted thread sees memory in its enclave. */
int rt_peek(void *to, uint64_t from, size_t n);
/* A fault in rt_copy().  True: that was the abort page, and it goes on. */
bool rt_view_copy(const struct thread *t, struct kucontext *uc);

#endif
