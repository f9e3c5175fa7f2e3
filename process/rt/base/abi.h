/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's signal ABI on x86-64, as the runtime needs it: system headers
 * mix it with libc's.  asm/sigcontext.h, asm/ucontext.h, asm/sigframe.h.
 */
#ifndef SWSGX_PROCESS_RT_BASE_ABI_H
#define SWSGX_PROCESS_RT_BASE_ABI_H

#define RED_ZONE 128  /* below RSP: leaf functions write there */
#define USER_CS  0x33 /* Linux's selectors of 64-bit programs */
#define USER_SS  0x2b

#ifndef __ASSEMBLER__

#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <stdint.h>

/* struct sigcontext of a 64-bit program, under the registers' names */
struct machine_context {
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
	uint16_t cs, gs, fs, ss;
	uint64_t err, trapno, oldmask, cr2;
	uint64_t fpstate; /* struct _fpstate_64, or 0 */
	uint64_t reserved[8];
};
_Static_assert(sizeof(struct machine_context) == sizeof(struct sigcontext_64),
	       "struct sigcontext");

#define NSIG_MAX 64
typedef uint64_t sigset64;

/* struct kernel_sigaction, not libc's */
struct ksigaction {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	sigset64 mask;
};

struct kstack {
	uint64_t sp;
	int32_t flags;
	uint32_t pad;
	uint64_t size;
};

struct kucontext {
	uint64_t uc_flags;
	uint64_t uc_link;
	struct kstack uc_stack;
	struct machine_context mc;
	sigset64 uc_sigmask;
};

/* What lies on the stack at a handler's first instruction. */
struct rt_sigframe {
	uint64_t pretcode;
	struct kucontext uc;
	siginfo_t info;
};

/* Values of ksigaction.handler that are no handlers */
#define RT_SIG_DFL 0ul
#define RT_SIG_IGN 1ul

#define SIGBIT(sig) (1ull << ((sig)-1))

#ifndef SS_AUTODISARM
#define SS_ONSTACK    1
#define SS_DISABLE    2
#define SS_AUTODISARM (1u << 31)
#endif

#endif /* __ASSEMBLER__ */
#endif
