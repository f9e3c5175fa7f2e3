/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SWSGX_PROCESS_SUPERVISOR_CPUID_MODE_H
#define SWSGX_PROCESS_SUPERVISOR_CPUID_MODE_H

#include <stdbool.h>

/* Can this host make CPUID fault?  Tries it. */
bool cpuid_can_fault(void);

#endif
