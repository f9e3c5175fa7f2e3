/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bare enclave's own code; see bare.h.  Everything in the section
 * bare_code is copied into its pages as it is, so it may only refer to itself.
 *
 * Of the registers that EENTER leaves, OENTRY changes RCX alone and no flag:
 * code under test starts with what the host had.
 */
#include "tests/process/bare_layout.h"

#define ENCLU		.byte 0x0f, 0x01, 0xd7

	.section bare_code, "a", @progbits
	.balign 4096
/*
 * CSSA 0: go to RDI.  CSSA 1: look at the interrupted frame.  Where EEXIT is
 * to go, which is RCX, is kept in the thread's page.
 */
	.global bare_entry
bare_entry:
	mov	%rcx, %gs:BARE_RETURN(, %rax, 8)
	mov	%rsp, %gs:BARE_STACK(, %rax, 8)
	mov	%rax, %rcx
	jrcxz	1f
	jmp	inspect
1:	jmp	*%rdi

/* The end of everything at CSSA 0: no DF, AC, x87 exception; host's stack. */
	.global bare_leave
bare_leave:
	mov	%gs:BARE_RETURN, %rbx
	mov	%gs:BARE_STACK, %rsp
	pushq	$2
	popfq
	fnclex
	mov	$4, %eax
	ENCLU
	ud2

/* RDI: BARE_LOOK or BARE_EDIT.  RSI: a page of the host's. */
inspect:
	pushq	$2
	popfq
	rdgsbase %rax
	sub	$BARE_THREAD_GS, %rax		/* SSA[0] */
	cmp	$BARE_EDIT, %edi
	mov	%rax, %rdi
	je	1f
	xchg	%rdi, %rsi
1:	mov	$512, %ecx
	rep movsq
	mov	%gs:BARE_RETURN + 8, %rbx
	mov	$4, %eax
	ENCLU
	ud2

/*
 * int bare_on_stack(int (*function)(void *), void *argument, void *top)
 * The host's side: an entry and the ERESUME after it must start at the same
 * RSP, because the enclave leaves by the one that it was entered with.
 */
	.text
	.global bare_on_stack
	.type bare_on_stack, @function
bare_on_stack:
	push	%rbp
	mov	%rsp, %rbp
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsp
	call	*%rax
	leave
	ret
	.size bare_on_stack, . - bare_on_stack

	.section .note.GNU-stack, "", @progbits
