/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * long rt_door(long nr, a, b, c, d, e, f): rt.lds puts this at the start of the
 * image, in RT_DOOR_SPAN, by which filters know it.
 */
	.section .door.text, "ax"
	.globl	rt_door
rt_door:
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
	syscall
	ret

	.section .note.GNU-stack, "", @progbits
