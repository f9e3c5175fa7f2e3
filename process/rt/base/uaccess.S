/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * int rt_copy(void *to, const void *from, size_t n)
 * int rt_probe_read(uint64_t addr), int rt_probe_write(uint64_t addr)
 * int rt_tsc(uint64_t *now)
 *
 * A fault between rt_copy_start and rt_copy_end goes on at rt_copy_fault
 * (entry/trap.c).
 */
#include <asm/errno.h>

	.text
	.globl	rt_copy, rt_copy_start, rt_copy_end, rt_copy_fault
	.globl	rt_probe_read, rt_probe_write, rt_tsc
rt_copy:
	mov	%rdx, %rcx
rt_copy_start:
	rep movsb
	xor	%eax, %eax
	ret
rt_probe_read:
	movb	(%rdi), %al
	xor	%eax, %eax
	ret
rt_probe_write:
	lock orb $0, (%rdi)
	xor	%eax, %eax
	ret
rt_tsc:
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, (%rdi)
	xor	%eax, %eax
	ret
rt_copy_end:
rt_copy_fault:
	mov	$-EFAULT, %eax
	ret

	.section .note.GNU-stack, "", @progbits
