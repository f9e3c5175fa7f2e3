/* SPDX-License-Identifier: BSD-3-Clause */
/* Between machine.c, world.c and the scripts; where the runtime's stubs are. */
#ifndef SWSGX_TESTS_SIM_STUBS_H
#define SWSGX_TESTS_SIM_STUBS_H

#include <stdint.h>

struct task;

void machine_reset(struct task *k);
enum step machine_resume(struct task *k);

/* Offset in the code page of a SECINFO with these flags; world.c puts it. */
uint64_t secinfo_offset(uint64_t flags);

#endif
