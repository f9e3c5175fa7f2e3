/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is executed at a new image's entry point to map the runtime from its
 * file (inject.c).  Registers are set before: those of mmap() of the code, and
 * RBX, R12, R13: address, length and offset of the data.  The calls' number is
 * in the code, because the execve that is returning has yet to write RAX.
 */
#include <asm/unistd_64.h>

	.section .rodata
	.globl	inject_map_code, inject_map_code_end
inject_map_code:
	mov	$__NR_mmap, %eax
	syscall
	cmp	%rdi, %rax
	jne	1f
	mov	%rbx, %rdi
	mov	%r12, %rsi
	mov	$3, %edx		/* PROT_READ | PROT_WRITE */
	mov	%r13, %r9
	mov	$__NR_mmap, %eax
	syscall
1:	int3
inject_map_code_end:
	.section .note.GNU-stack, "", @progbits
