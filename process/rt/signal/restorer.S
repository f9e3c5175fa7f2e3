/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a handler of the runtime returns to: rt_sigreturn(). */
#include <asm/unistd_64.h>

	.text
	.globl	rt_restorer
rt_restorer:
	mov	$__NR_rt_sigreturn, %eax
	syscall
	ud2

	.section .note.GNU-stack, "", @progbits
