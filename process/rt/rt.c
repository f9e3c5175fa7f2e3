/* SPDX-License-Identifier: BSD-3-Clause */
/* The process' state, and the parameters that the injector fills in. */
#include "process/rt/rt.h"
#include "process/rt/base/params.h"

struct process rt_process;

__attribute__((section(".params"))) struct rt_params rt_params = {
	.magic = RT_PARAMS_MAGIC,
	.image_end = (uint64_t)rt_image_end,
	.memory_end = (uint64_t)rt_end,
	.vdso_address = (uint64_t)rt_vdso_start,
};
