/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Into the enclave and back, keeping for the C caller what the enclave, and an
 * asynchronous exit, do not: RBX, RBP, R12-R15, MXCSR, the x87 control word
 * and DF.  Both functions' frames have a fixed size, because the enclave comes
 * back by the RSP and RBP that it was entered with.
 *
 * Source: Linux <asm/sgx.h> vdso_sgx_enter_enclave_t; SDM "EENTER", "EEXIT".
 */
#define ENCLU		.byte 0x0f, 0x01, 0xd7

/* struct enclave_regs */
#define REG_RDI		0
#define REG_RSI		8
#define REG_RDX		16
#define REG_R8		24
#define REG_R9		32

	.macro push_kept reg
	push	%\reg
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \reg, 0
	.endm

	.macro save_frame
	.cfi_startproc
	.irp	reg, rbp, rbx, r12, r13, r14, r15
	push_kept \reg
	.endr
	sub	$8, %rsp
	.cfi_adjust_cfa_offset 8
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	.endm

	.macro restore_frame
	fldcw	4(%rsp)
	ldmxcsr	(%rsp)
	add	$8, %rsp
	.cfi_adjust_cfa_offset -8
	.irp	reg, r15, r14, r13, r12, rbx, rbp
	pop	%\reg
	.cfi_adjust_cfa_offset -8
	.cfi_restore \reg
	.endr
	cld
	.endm

	.macro load_regs from
	mov	REG_RSI(\from), %rsi
	mov	REG_RDX(\from), %rdx
	mov	REG_R8(\from), %r8
	mov	REG_R9(\from), %r9
	mov	REG_RDI(\from), %rdi
	.endm

	.macro store_regs to
	mov	%rdi, REG_RDI(\to)
	mov	%rsi, REG_RSI(\to)
	mov	%rdx, REG_RDX(\to)
	mov	%r8, REG_R8(\to)
	mov	%r9, REG_R9(\to)
	.endm

	.text

/* int enclave_call_vdso(vdso, function, regs, run) */
	.global enclave_call_vdso
	.type enclave_call_vdso, @function
enclave_call_vdso:
	save_frame
	push	%rdx			/* regs */
	.cfi_adjust_cfa_offset 8
	push	%rcx			/* run: the seventh argument */
	.cfi_adjust_cfa_offset 8
	mov	%rdi, %rax
	mov	%esi, %ecx
	mov	%rdx, %r10
	load_regs %r10
	call	*%rax
	pop	%rcx
	.cfi_adjust_cfa_offset -8
	pop	%rcx
	.cfi_adjust_cfa_offset -8
	store_regs %rcx
	restore_frame
	ret
	.cfi_endproc
	.size enclave_call_vdso, . - enclave_call_vdso

/* int enclave_enter_raw(tcs, function, regs) */
	.global enclave_enter_raw
	.type enclave_enter_raw, @function
enclave_enter_raw:
	save_frame
	push	%rdx			/* regs */
	.cfi_adjust_cfa_offset 8
	mov	%rdi, %rbx
	mov	%esi, %eax
	lea	enclave_raw_aep(%rip), %rcx
	mov	%rdx, %r10
	load_regs %r10
	.global enclave_raw_enclu, enclave_raw_return
enclave_raw_enclu:
	ENCLU
enclave_raw_return:
	xor	%eax, %eax
.Lback:
	.cfi_remember_state
	pop	%rcx
	.cfi_adjust_cfa_offset -8
	store_regs %rcx
	restore_frame
	ret
	.cfi_restore_state

	/* After an asynchronous exit RAX = 3, RBX = TCS, RCX = this place. */
	.global enclave_raw_aep
enclave_raw_aep:
	ENCLU
	ud2

	.global enclave_raw_abandon
enclave_raw_abandon:
	mov	$1, %eax
	jmp	.Lback
	.cfi_endproc
	.size enclave_enter_raw, . - enclave_enter_raw

	.section .note.GNU-stack, "", @progbits
