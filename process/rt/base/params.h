/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the runtime is given and what it lies in: the injector's parameters, and
 * the places that the linker script names (rt.lds).
 */
#ifndef SWSGX_PROCESS_RT_BASE_PARAMS_H
#define SWSGX_PROCESS_RT_BASE_PARAMS_H

#include "process/ctl.h"

extern struct rt_params rt_params;

extern const char rt_text_start[], rt_text_end[], rt_rodata_start[];
extern const char rt_vdso_start[], rt_data_start[];
extern const char rt_image_end[], rt_end[];

#endif
