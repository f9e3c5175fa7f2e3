/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls as C libraries write them, with all registers that a call has to
 * leave as they are, and the red zone: struct call of path_calls.c.
 */
#include <asm/unistd_64.h>

#define PATTERN 0x5aa5c33c

	.macro	make_call name, nr
	.globl	\name, \name\()_site, \name\()_behind
	.globl	\name\()_end
	.type	\name, @function
\name:
	push	%rbx
	push	%rbp
	push	%r12
	mov	%rdi, %rbx
	mov	8(%rbx), %rsi
	mov	16(%rbx), %rdx
	mov	24(%rbx), %r10
	mov	32(%rbx), %r8
	mov	40(%rbx), %r9
	mov	(%rbx), %rdi
	movl	$PATTERN, -4(%rsp)
	movl	$PATTERN, -128(%rsp)
	mov	%rsp, %rbp
	sub	$256, %rsp
	pushq	48(%rbx)
	popfq
	lea	256(%rsp), %rsp
\name\()_site:
	mov	$\nr, %eax
	syscall
\name\()_behind:
	lea	-256(%rsp), %rsp
	pushfq
	popq	48(%rbx)
	lea	256(%rsp), %rsp
	mov	%rax, 56(%rbx)
	sub	%rsp, %rbp
	xor	%eax, %eax
	cmpl	$PATTERN, -4(%rsp)
	setne	%al
	or	%rax, %rbp
	cmpl	$PATTERN, -128(%rsp)
	setne	%al
	or	%rax, %rbp
	mov	%rbp, 64(%rbx)
	mov	%rdi, (%rbx)
	mov	%rsi, 8(%rbx)
	mov	%rdx, 16(%rbx)
	mov	%r10, 24(%rbx)
	mov	%r8, 32(%rbx)
	mov	%r9, 40(%rbx)
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
\name\()_end:
	.size	\name, . - \name
	.endm

	.text
/* The code before a call tells the runtime that it is code. */
	make_call call_access, __NR_access
	make_call call_open, __NR_open
	make_call call_stat, __NR_stat
	make_call call_lstat, __NR_lstat
	make_call call_openat, __NR_openat
	make_call call_fstatat, __NR_newfstatat
	make_call call_list, __NR_getdents64
	make_call call_action, __NR_rt_sigaction

	.section .note.GNU-stack, "", @progbits
