/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SWSGX_PROCESS_SUPERVISOR_CPUID_REWRITE_H
#define SWSGX_PROCESS_SUPERVISOR_CPUID_REWRITE_H

#include "process/rewrite.h"

/* Answer MSG_REWRITE (process/rewrite.h).  0, or -EINVAL. */
int rewrite_instruction(struct rt_rewrite *r);

#endif
