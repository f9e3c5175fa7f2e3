/* SPDX-License-Identifier: BSD-3-Clause */
/* What the runtime uses of libc's string functions, beside cpu/mem.h. */
#ifndef SWSGX_PROCESS_RT_BASE_STRING_H
#define SWSGX_PROCESS_RT_BASE_STRING_H

unsigned long rt_strlen(const char *s);
int rt_streq(const char *a, const char *b);

#endif
