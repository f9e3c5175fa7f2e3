/* SPDX-License-Identifier: BSD-3-Clause */
/* What `swsgx run --inject` asks for, as this process meets it. */
#ifndef SWSGX_PROCESS_RT_LP_INJECTION_H
#define SWSGX_PROCESS_RT_LP_INJECTION_H

#include "kernel/platform/injection.h"
#include "process/rt/base/abi.h"

struct thread;

/* One more of these happens: does what is due, but for AEXs of an entry. */
void rt_injection_count(struct thread *t, enum sgx_when when);
/* The thread has entered: those AEXs. */
void rt_injection_entered(struct thread *t, struct kucontext *uc);

#endif
