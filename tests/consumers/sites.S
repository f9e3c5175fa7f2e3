/* SPDX-License-Identifier: BSD-3-Clause */
/* Ways into an enclave that consumers have of their own; see sites.h. */
#define ENCLU		.byte 0x0f, 0x01, 0xd7
#define EENTER		2
#define ERESUME		3

	.macro save_frame
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	sub	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	.endm

	.macro restore_frame
	fldcw	4(%rsp)
	ldmxcsr	(%rsp)
	add	$8, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	cld
	.endm

	.macro function name
	.global	\name
	.type	\name, @function
\name:
	.endm

	.macro place name
	.global	\name
\name:
	.endm

	.text

	function sample_enter
	save_frame
	mov	$EENTER, %eax
	mov	%rdi, %rbx
	mov	%rsi, %rdi
	lea	1f(%rip), %rcx
1:	ENCLU
	restore_frame
	ret

	function urts_enter
	save_frame
	push	%rdi
	mov	$EENTER, %eax
	mov	%rdi, %rbx
	mov	%rsi, %rdi
	lea	urts_aep(%rip), %rcx
	place urts_eenterp
	ENCLU
	mov	%rdi, %rsi
	place urts_eretp
	mov	%rsi, %rax
	pop	%rcx
	restore_frame
	ret
	/* If this was an EENTER, EEXIT comes back behind it. */
	place urts_aep
	ENCLU
	mov	$ERESUME, %eax
	mov	(%rsp), %rbx
	lea	urts_aep(%rip), %rcx
	jmp	urts_aep

	function gramine_raise
	function gramine_ecall
	save_frame
	lock incq %gs:0
	mov	%gs:24, %rbx
	lea	gramine_aep(%rip), %rcx
	mov	$EENTER, %eax
	ENCLU
.Lreturn:
	mov	%rdi, %rax
	restore_frame
	ret
	place gramine_aep
	lock incq %gs:8
	place gramine_eresume
	ENCLU
	place gramine_ocall
	lock incq %gs:16
	jmp	.Lreturn

	function gramine_syscall
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	syscall
	place gramine_syscall_after
	ret

	.section .note.GNU-stack, "", @progbits
