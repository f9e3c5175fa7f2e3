/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The filters as programs of seccomp's machine (classic BPF, seccomp(2)).  This
 * is arithmetic only; filter.c installs them.
 */
#ifndef SWSGX_PROCESS_RT_FILTER_PROGRAM_H
#define SWSGX_PROCESS_RT_FILTER_PROGRAM_H

#include <linux/filter.h>
#include <stdint.h>

#define FILTER_MAX_INSNS 176

struct program {
	struct sock_filter insn[FILTER_MAX_INSNS];
	unsigned short len;
};

/* Append an instruction; load what lies at an offset of seccomp_data. */
void program_emit(struct program *p, uint16_t code, uint32_t k, uint8_t jt,
		  uint8_t jf);
void program_load(struct program *p, uint32_t offset);
void program_return(struct program *p, uint32_t value);

/* Each fills a program that is empty; filter.h says what for. */
/* with: RT_FILTER_CPUID, RT_FILTER_KNOCK, whose calls the same filter has. */
void program_base(struct program *p, uint32_t with);
void program_mm(struct program *p);
void program_debug(struct program *p);
/* `size` is a power of two, and `base` a multiple of it. */
void program_elrange(struct program *p, uint64_t base, uint64_t size);

/* Stand before a filter of the program's own (syscall/seccomp.c). */
#define FILTER_EXEMPT 12
extern const struct sock_filter program_exempt[FILTER_EXEMPT];
/* Stands for SECCOMP_MODE_STRICT, which a filter of ours excludes. */
#define FILTER_STRICT 10
extern const struct sock_filter program_strict[FILTER_STRICT];

#endif
