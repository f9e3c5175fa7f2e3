/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Says what was refused, and why, where `swsgx run --verbose` asks for that.
 * Otherwise none of these does anything.
 */
#ifndef SWSGX_PROCESS_RT_LP_WHY_H
#define SWSGX_PROCESS_RT_LP_WHY_H

#include <stdint.h>

struct fault;
struct instruction;
struct line;
struct machine_context;
struct thread;
struct why;

/* Forgets the last reason, before something that may be refused. */
void rt_why_begin(struct thread *t);

void rt_why_ioctl(struct thread *t, uint32_t cmd, long ret);
/* mmap() and mprotect(), if an enclave was the reason. */
void rt_why_memory(struct thread *t, uint64_t nr,
		   const struct machine_context *mc);
/*
 * An exception by which the enclave is about to be left; insn: what stands
 * there, NULL where that is an ENCLU.
 */
void rt_why_exception(struct thread *t, const struct fault *event,
		      const struct instruction *insn);
/* ENCLU outside has faulted. */
void rt_why_enclu(struct thread *t, uint32_t leaf);
/* ENCLU inside has retired, perhaps with a code. */
void rt_why_code(struct thread *t, uint32_t leaf);

/* The texts themselves, for whoever asks: a reason; what stands at RIP. */
void rt_why_reason(struct line *l, const struct why *why);
void rt_why_instruction(struct line *l, const struct instruction *fetched,
			uint64_t rip);

#endif
