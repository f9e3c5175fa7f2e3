/* SPDX-License-Identifier: BSD-3-Clause */
/* ENCLU among other processors: see leaf.c. */
#ifndef SWSGX_KERNEL_MACHINE_LEAF_H
#define SWSGX_KERNEL_MACHINE_LEAF_H

#include "kernel/platform/mm_types.h"

/*
 * ENCLU as the processor executes it: enclu(), in such a way that whoever takes
 * a page away at the same time either came before it or waits for nobody.
 * lp is PARKED, or in no enclave, before and after.
 */
int sgx_enclu(struct sgx_mm *mm, struct lp *lp);

#endif
