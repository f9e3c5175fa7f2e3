/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instructions that go by XCR0; see xcr0.h.  RSI: where.  R8: struct xcr0_out.
 * Code such as compilers make stands about them, as in an SDK's runtime.
 */
#include "tests/process/fixture/bare_layout.h"
#include "tests/process/faults/xcr0.h"

	.macro	function n
	push	%rbp
	mov	%rsp, %rbp
	sub	$0x20, %rsp
	mov	%rdi, -8(%rbp)
	mov	%esi, -0xc(%rbp)
	cmpl	$\n, -0xc(%rbp)
	jne	7f
	mov	-8(%rbp), %rax
	movzbl	\n(%rax), %edx
	lea	(%rax, %rdx, 4), %rcx
	test	%rcx, %rcx
	je	7f
	xor	%eax, %eax
	movl	$0x\n, 8(%rcx)
7:	add	$0x20, %rsp
	pop	%rbp
	ret
	.endm

	.macro	begin name
	.balign	16, 0x90
	.global	\name
\name:
	movabs	$XCR0_RAX, %rax
	movabs	$XCR0_RDX, %rdx
	pushq	$XCR0_RFLAGS
	popfq
	.endm

	.macro	random words
	.rept	\words
	.set	x, (x ^ (x << 13)) & 0xffffffff
	.set	x, x ^ (x >> 17)
	.set	x, (x ^ (x << 5)) & 0xffffffff
	.long	x
	.endr
	.endm

	.section bare_code, "a", @progbits
	.balign 4096
	.irp n, 1, 2, 3, 4
	function \n
	.endr

	begin	xcr0_xsave64
	.global	xcr0_at_xsave64
xcr0_at_xsave64:
	xsave64	(%rsi)
	jmp	finish
	begin	xcr0_xsave
	xsave	(%rsi)
	jmp	finish
	begin	xcr0_xsaveopt64
	xsaveopt64 (%rsi)
	jmp	finish
	begin	xcr0_xsavec64
	xsavec64 (%rsi)
	jmp	finish
	begin	xcr0_xsavec
	xsavec	(%rsi)
	jmp	finish
	begin	xcr0_xrstor64
	xrstor64 (%rsi)
	jmp	finish
	begin	xcr0_xrstor
	xrstor	(%rsi)
	jmp	finish

	/* other ways to say where */
	begin	xcr0_xsave_sib
	mov	%rsi, %r13
	mov	$8, %r9d
	xsave64	-64(%r13, %r9, 8)
	jmp	finish
	begin	xcr0_xrstor_disp
	lea	0x1000(%rsi), %r9
	xrstor64 -0x1000(%r9)
	jmp	finish
	begin	xcr0_xsave_fs
	rdfsbase %r9
	neg	%r9
	add	%rsi, %r9
	pushq	$XCR0_RFLAGS
	popfq
	xsave	%fs:(%r9)
	jmp	finish

	/* RDX: ECX.  What it has not changed is all ones. */
	.global	xcr0_xgetbv
	.balign	16, 0x90
xcr0_xgetbv:
	mov	%rdx, %rcx
	mov	$-1, %rax
	mov	$-1, %rdx
	pushq	$XCR0_RFLAGS
	popfq
	xgetbv

finish:
	mov	%rax, (%r8)
	mov	%rdx, 8(%r8)
	mov	%rsi, 16(%r8)
	mov	%r9, 24(%r8)
	pushfq
	popq	32(%r8)
	jmp	bare_leave

	/* R9 bytes from RSI to RDX */
	.global	xcr0_copy
xcr0_copy:
	mov	%rdx, %rdi
	mov	%r9, %rcx
	cld
	rep movsb
	jmp	bare_leave

	/* random bytes and, as if by chance, those of XSAVE64 [RDI] */
	.balign	64, 0x90
	.global	xcr0_data
xcr0_data:
	.set	x, 0x2545f491
	random	50
	.byte	0x48, 0x0f, 0xae, 0x27
	random	(XCR0_DATA_SIZE/4-51)

	/* half of it in another page */
	.org	4096 - 2 - 27 - 110, 0x90
	function 5
	function 6
	.org	4096 - 2 - 27, 0x90
	.global	xcr0_xsave_astride, xcr0_astride_end
xcr0_xsave_astride:
	movabs	$XCR0_RAX, %rax
	movabs	$XCR0_RDX, %rdx
	pushq	$XCR0_RFLAGS
	popfq
	nop
	xsave64	(%rsi)
xcr0_astride_end:
	jmp	finish
	.irp n, 7, 8
	function \n
	.endr
	begin	xcr0_xrstor_xsave
	xrstor64 (%rsi)
	xsave64	0x1000(%rsi)
	jmp	finish

	.section .note.GNU-stack, "", @progbits
