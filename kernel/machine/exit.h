/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a process: see exit.c. */
#ifndef SWSGX_KERNEL_MACHINE_EXIT_H
#define SWSGX_KERNEL_MACHINE_EXIT_H

#include "kernel/platform/mm_types.h"

/*
 * A process of this number (kernel/host.h) no longer exists, or has another
 * program: give back what it holds of the platform.
 */
void sgx_exit(struct sgx_mm *mm, uint32_t process);

#endif
