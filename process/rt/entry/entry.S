/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two ways into the runtime: where the injector starts it, and where the
 * kernel delivers signals.
 */
#include "process/ctl.h"

#define TF	0x100
#define AC	0x40000

	.section .head.text, "ax"

/*
 * Start: the injector sets RSP to the program's initial stack and RIP here.
 * Ends in INT3, where the injector reads rt_params.result and puts the
 * program's registers back.
 */
	.globl	rt_entry
rt_entry:
	xor	%ebp, %ebp
	and	$-16, %rsp
	cld
	call	rt_init
	int3
	call	rt_close_image		/* only if it is wanted */
	int3
	ud2

	.text

/*
 * A signal.  RDI = number, RSI = siginfo, RDX = ucontext.  A thread whose
 * alternate stack is not yet ours arrives on its own stack, which may be
 * small: go to the slot's.
 */
	.globl	rt_signal_entry
rt_signal_entry:
	mov	%rsp, %r15		/* the frame restores all registers */
	mov	%edi, %ebx
	mov	%rsi, %r12
	mov	%rdx, %r13
	mov	%rsp, %rdi
	and	$-16, %rsp
	cld
	/*
	 * The interrupted code's AC is set.  POPF only if it is: a tracer that
	 * steps over one, and on, leaves TF to us (see lp/plain.S).
	 */
	pushfq
	pop	%rax
	test	$AC, %eax
	jz	1f
	and	$~(AC | TF), %eax
	push	%rax
	popfq
1:	call	rt_thread_enter
	mov	%ebx, %edi
	mov	%r12, %rsi
	mov	%r13, %rdx
	mov	%rax, %rcx
	/* Already within this slot?  Then the stack is the right one. */
	mov	%rsp, %r8
	sub	%rax, %r8
	cmp	$RT_SLOT_SIZE, %r8
	jb	2f
	lea	RT_SLOT_SIZE - RT_PLAIN_SIZE(%rax), %rsp
2:	call	rt_handle_signal
	mov	%r15, %rsp
	ret				/* to rt_restorer */

	.section .note.GNU-stack, "", @progbits
