/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * __vdso_sgx_enter_enclave(rdi, rsi, rdx, function, r8, r9, run), the way into
 * an enclave.  Stands for Linux 6.1 entry/vdso/vsgx.S; the contract is that of
 * vdso_sgx_enter_enclave_t in Linux's asm/sgx.h.
 *
 * The frame is fixed: RBP, then RBX, nothing below.  A program may ERESUME an
 * enclave from a later call, and the enclave then EEXITs with the stack of an
 * earlier one.
 */

#define EENTER	2
#define ERESUME	3
#define EEXIT	4
#define EINVAL	22

/* struct sgx_enclave_run, which is found at RUN(%rbp). */
#define RUN			16
#define RUN_TCS			0
#define RUN_FUNCTION		8
#define RUN_EXCEPTION_VECTOR	12
#define RUN_EXCEPTION_ERROR	14
#define RUN_EXCEPTION_ADDR	16
#define RUN_USER_HANDLER	24
#define RUN_RESERVED		40
#define RUN_END			256

#define VDSO_CLOCKS_ENTER	48	/* of struct vdso_clocks */

	.text
	.globl	__vdso_sgx_enter_enclave
	.type	__vdso_sgx_enter_enclave, @function
	.balign	16
__vdso_sgx_enter_enclave:
	.cfi_startproc
	push	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	mov	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	push	%rbx
	.cfi_rel_offset %rbx, -8

	mov	%ecx, %eax
	/* From here on it can be made again: EAX is the leaf, RBP the frame. */
	.globl	vdso_sgx_again
	.hidden	vdso_sgx_again
vdso_sgx_again:
	cmp	$EENTER, %eax
	je	.Lcheck_run
	cmp	$ERESUME, %eax
	jne	.Linvalid
.Lcheck_run:
	mov	RUN(%rbp), %rbx
	mov	$RUN_RESERVED, %ecx
.Lcheck_reserved:
	cmpq	$0, (%rbx, %rcx)
	jne	.Linvalid
	add	$8, %ecx
	cmp	$RUN_END, %ecx
	jne	.Lcheck_reserved

	mov	RUN_TCS(%rbx), %rbx
	/* The AEP is ENCLU itself: IRET to it resumes the enclave. */
	lea	vdso_sgx_enclu(%rip), %rcx
	/* Into the runtime, which may be able to enter without a trap. */
	cmp	$EENTER, %eax
	je	.Lplainly
	.globl	vdso_sgx_enclu
	.hidden	vdso_sgx_enclu
vdso_sgx_enclu:
	.byte	0x0f, 0x01, 0xd7	/* ENCLU */

	/* EEXIT lands here.  The exception fields of run stay as they are. */
	mov	RUN(%rbp), %rbx
	movl	$EEXIT, RUN_FUNCTION(%rbx)
.Lexited:
	cmpq	$0, RUN_USER_HANDLER(%rbx)
	jne	.Lcall_handler
	xor	%eax, %eax
.Lreturn:
	pop	%rbx
	leave
	.cfi_remember_state
	.cfi_restore %rbx
	.cfi_restore %rbp
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_restore_state

.Linvalid:
	mov	$-EINVAL, %eax
	jmp	.Lreturn

	/* fixup_vdso_exception(): vector, error code, address in DI, SI, DX. */
	.globl	vdso_sgx_fixup
	.hidden	vdso_sgx_fixup
vdso_sgx_fixup:
	mov	RUN(%rbp), %rbx
	mov	%eax, RUN_FUNCTION(%rbx)
	mov	%di, RUN_EXCEPTION_VECTOR(%rbx)
	mov	%si, RUN_EXCEPTION_ERROR(%rbx)
	mov	%rdx, RUN_EXCEPTION_ADDR(%rbx)
	jmp	.Lexited

.Lcall_handler:
	/*
	 * handler(rdi, rsi, rdx, rsp, r8, r9, run) on the enclave's idea of
	 * the stack, aligned.  RBX keeps that idea: it outlives the call.
	 */
	mov	%rbx, %rax
	mov	%rsp, %rbx
	mov	%rsp, %rcx
	and	$-16, %rsp
	push	%rax
	push	%rax
	cld
	call	*RUN_USER_HANDLER(%rax)
	mov	%rbx, %rsp
	/* Positive: enter again, with what the handler left in registers. */
	test	%eax, %eax
	jle	.Lreturn
	jmp	vdso_sgx_again

.Lplainly:
	jmp	*vdso_clock_table + VDSO_CLOCKS_ENTER(%rip)
	.cfi_endproc
	.size	__vdso_sgx_enter_enclave, . - __vdso_sgx_enter_enclave

	.section .note.GNU-stack, "", @progbits
