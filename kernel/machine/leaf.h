/* SPDX-License-Identifier: BSD-3-Clause */
/* ENCLU among other processors: see leaf.c. */
#ifndef SWSGX_KERNEL_MACHINE_LEAF_H
#define SWSGX_KERNEL_MACHINE_LEAF_H

#include "kernel/platform/mm_types.h"

/*
 * ENCLU as the processor executes it: enclu(), in such a way that a thread that
 * takes a page away at the same time came before it, or need not wait.
 * lp is PARKED, or in no enclave, before and after.
 */
int sgx_enclu(struct sgx_mm *mm, struct lp *lp);

#endif
