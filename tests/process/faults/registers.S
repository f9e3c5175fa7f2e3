/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A state of the processor, whole, at one UD2; see registers.h.
 */
#include "tests/process/fixture/bare_layout.h"
#include "tests/process/faults/registers.h"

#define OUT	BARE_SCRATCH
#define STACK	BARE_SCRATCH + 8
#define RSI	BARE_SCRATCH + 16
#define MASK	BARE_SCRATCH + 24

	.section bare_code, "a", @progbits
	.balign 16
	.global registers_run, registers_fault
registers_run:
	mov	%rdx, %gs:OUT
	mov	%rsp, %gs:STACK
	mov	STATE_FSBASE(%rsi), %rax
	wrfsbase %rax
	mov	STATE_MASK(%rsi), %eax
	mov	STATE_MASK + 4(%rsi), %edx
	mov	%eax, %gs:MASK
	mov	%edx, %gs:MASK + 4
	xrstor64 STATE_XSAVE(%rsi)
	pushq	STATE_RFLAGS(%rsi)
	popfq
	mov	(%rsi), %rax
	mov	8(%rsi), %rcx
	mov	16(%rsi), %rdx
	mov	24(%rsi), %rbx
	mov	STATE_RSP(%rsi), %rsp
	mov	40(%rsi), %rbp
	mov	56(%rsi), %rdi
	.irp n, 8, 9, 10, 11, 12, 13, 14, 15
	mov	8 * \n(%rsi), %r\n
	.endr
	mov	STATE_RSI(%rsi), %rsi
registers_fault:
	ud2

	mov	%rsi, %gs:RSI
	mov	%gs:OUT, %rsi
	mov	%rax, (%rsi)
	mov	%rcx, 8(%rsi)
	mov	%rdx, 16(%rsi)
	mov	%rbx, 24(%rsi)
	mov	%rsp, STATE_RSP(%rsi)
	mov	%rbp, 40(%rsi)
	mov	%rdi, 56(%rsi)
	.irp n, 8, 9, 10, 11, 12, 13, 14, 15
	mov	%r\n, 8 * \n(%rsi)
	.endr
	mov	%gs:RSI, %rax
	mov	%rax, STATE_RSI(%rsi)
	mov	%gs:STACK, %rsp
	pushfq
	popq	STATE_RFLAGS(%rsi)
	pushq	$2
	popfq
	rdfsbase %rax
	mov	%rax, STATE_FSBASE(%rsi)
	mov	%gs:MASK, %eax
	mov	%gs:MASK + 4, %edx
	xsave64	STATE_XSAVE(%rsi)
	jmp	bare_leave

	.section .note.GNU-stack, "", @progbits
