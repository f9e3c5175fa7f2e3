/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * long rt_clone_syscall(struct clone_args *args, size_t size).  The signal
 * frame that the child returns from lies where the child's stack ends.  The
 * program's own filters judge this call, too (base/door.h).
 */
#include <asm/unistd_64.h>

	.section .door.text, "ax"
	.globl	rt_clone_syscall
rt_clone_syscall:
	mov	$__NR_clone3, %eax
	syscall
	test	%rax, %rax
	jz	1f
	ret
1:	xor	%ebp, %ebp
	mov	%rsp, %rbx
	and	$-16, %rsp
	call	rt_clone_born
	lea	8(%rbx), %rsp		/* as if the handler had returned */
	jmp	rt_restorer

	.section .note.GNU-stack, "", @progbits
