/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stepping.c's code in the enclave, and its way in: EENTER or ERESUME with
 * chosen flags.
 */
#include "tests/process/fixture/bare_layout.h"

#define ENCLU		.byte 0x0f, 0x01, 0xd7

	.macro place name:req
	.global	step_\name
step_\name:
	.endm

	.section bare_code, "a", @progbits
	.balign 16
/* RSI: the page of data; RDX: a word of the host's, 1 when all was done. */
place code
	nop
place second
	xor	%r8d, %r8d
place ereport
	mov	%rsi, %rbx
	lea	512(%rsi), %rcx
	mov	%rdx, %r9
	lea	1024(%rsi), %rdx
	xor	%eax, %eax
place enclu
	ENCLU
place behind
	mov	%r9, %rdx
	movq	$1, (%rdx)
	mov	%gs:BARE_RETURN, %rbx
	mov	$4, %eax
place eexit
	ENCLU

/* TF set by POPF: (RDX) becomes the flags after one more instruction. */
place popf
	pushfq
	orl	$0x100, (%rsp)
	popfq
	nop
	pushfq
	popq	(%rdx)
	jmp	bare_leave

/* A fault, and then the way out. */
place fault
	ud2
	movq	$1, (%rdx)
	jmp	bare_leave

/* (RDX) becomes the flags as EENTER left them; those of R8 go out. */
place flags
	pushfq
	popq	(%rdx)
	mov	%gs:BARE_RETURN, %rbx
	push	%r8
	mov	$4, %eax
	popfq
	ENCLU

/* (RDX) becomes the flags; no POPF, for those who step through it. */
place see
	pushfq
	popq	(%rdx)
	mov	%gs:BARE_RETURN, %rbx
	mov	$4, %eax
	ENCLU

/* uint64_t step_enter(tcs, leaf, regs, flags): the flags on return. */
	.text
	.global step_enter, step_return, step_aep, step_abandon
	.type step_enter, @function
step_enter:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	sub	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	push	%rcx
	mov	%rdi, %rbx
	mov	%esi, %eax
	mov	(%rdx), %rdi
	mov	8(%rdx), %rsi
	mov	24(%rdx), %r8
	mov	16(%rdx), %rdx
	lea	step_aep(%rip), %rcx
	popfq
	ENCLU
step_return:
	pushfq
	pop	%rax
.Lback:
	fldcw	4(%rsp)
	ldmxcsr	(%rsp)
	add	$8, %rsp
	push	$2
	popfq
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
step_aep:
	ENCLU
	ud2
step_abandon:
	xor	%eax, %eax
	jmp	.Lback
	.size step_enter, . - step_enter

	.section .note.GNU-stack, "", @progbits
