/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A computation in which every register of the processor lives: the general
 * registers and CF in one chain of additions, RFLAGS.DF, the XMM (or YMM)
 * registers in a ring, the x87 stack, MXCSR and the x87 control word.  A
 * register, or a flag, that is lost at any instant changes the result.
 * Linked into the enclave and into the host, which knows so what must come out.
 *
 * uint64_t mix(uint64_t rounds, uint32_t wide);	wide: use YMM (AVX2)
 */
#define COUNT	0(%rsp)
#define WIDE	8(%rsp)
#define FOLD	16(%rsp)
#define MXCSR	24(%rsp)
#define FCW	28(%rsp)
#define AREA	32(%rsp)
#define LOCALS	(32 + 512 + 8)

	.section .rodata
	.balign 32
seed:
	.quad 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9
	.quad 0x94d049bb133111eb, 0x2545f4914f6cdd1d
mxcsr_inside:
	.long 0x7f80			/* round to zero, all masked */
fcw_inside:
	.word 0x0e7f			/* double precision, round to zero */

	.text
	.global mix
	.hidden mix
	.type mix, @function
mix:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	sub	$LOCALS, %rsp
	mov	%rdi, COUNT
	mov	%rsi, WIDE
	stmxcsr	MXCSR
	fnstcw	FCW
	ldmxcsr	mxcsr_inside(%rip)
	fninit
	fldcw	fcw_inside(%rip)
	fld1
	fldpi
	fldl2e
	fldlg2
	fldln2
	fldl2t

	/* Sixteen vector registers, all different. */
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	mov	$(\n + 1) * 0x01010101, %eax
	movd	%eax, %xmm\n
	.endr
	testl	$1, WIDE
	jz	.Lgprs
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vpbroadcastd %xmm\n, %ymm\n
	vpxor	seed(%rip), %ymm\n, %ymm\n
	.endr

.Lgprs:
	mov	$0x11, %eax
	.irp r, rbx, rcx, rdx, rsi, rdi, rbp, \
		r8, r9, r10, r11, r12, r13, r14, r15
	lea	0x1234567(%rax, %rax, 2), %\r
	mov	%\r, %rax
	.endr
	std
	clc

	/* Nothing between here and the JNZ writes CF but the ADCs. */
.Lround:
	adc	%rbx, %rax
	adc	%rcx, %rbx
	adc	%rdx, %rcx
	adc	%rsi, %rdx
	adc	%rdi, %rsi
	adc	%rbp, %rdi
	adc	%r8, %rbp
	adc	%r9, %r8
	adc	%r10, %r9
	adc	%r11, %r10
	adc	%r12, %r11
	adc	%r13, %r12
	adc	%r14, %r13
	adc	%r15, %r14
	adc	%rax, %r15
	bswap	%rax
	bswap	%rdi
	bswap	%r11
	fadd	%st, %st(5)
	fxch	%st(3)
	fchs
	jc	.Lcarry
	mov	$0, %al
	jmp	.Lvectors
.Lcarry:
	mov	$1, %al

	/* CF goes through AL here: TEST clears it. */
.Lvectors:
	testl	$1, WIDE
	jnz	.Lwide
	paddq	%xmm1, %xmm0
	paddq	%xmm2, %xmm1
	paddq	%xmm3, %xmm2
	paddq	%xmm4, %xmm3
	paddq	%xmm5, %xmm4
	paddq	%xmm6, %xmm5
	paddq	%xmm7, %xmm6
	paddq	%xmm8, %xmm7
	paddq	%xmm9, %xmm8
	paddq	%xmm10, %xmm9
	paddq	%xmm11, %xmm10
	paddq	%xmm12, %xmm11
	paddq	%xmm13, %xmm12
	paddq	%xmm14, %xmm13
	paddq	%xmm15, %xmm14
	paddq	%xmm0, %xmm15
	pshufd	$0x39, %xmm15, %xmm15
	jmp	.Lnext
.Lwide:
	vpaddq	%ymm1, %ymm0, %ymm0
	vpaddq	%ymm2, %ymm1, %ymm1
	vpaddq	%ymm3, %ymm2, %ymm2
	vpaddq	%ymm4, %ymm3, %ymm3
	vpaddq	%ymm5, %ymm4, %ymm4
	vpaddq	%ymm6, %ymm5, %ymm5
	vpaddq	%ymm7, %ymm6, %ymm6
	vpaddq	%ymm8, %ymm7, %ymm7
	vpaddq	%ymm9, %ymm8, %ymm8
	vpaddq	%ymm10, %ymm9, %ymm9
	vpaddq	%ymm11, %ymm10, %ymm10
	vpaddq	%ymm12, %ymm11, %ymm11
	vpaddq	%ymm13, %ymm12, %ymm12
	vpaddq	%ymm14, %ymm13, %ymm13
	vpaddq	%ymm15, %ymm14, %ymm14
	vpaddq	%ymm0, %ymm15, %ymm15
	vpermq	$0x39, %ymm15, %ymm15

.Lnext:
	bt	$0, %eax		/* CF back */
	decq	COUNT			/* leaves CF alone */
	jnz	.Lround

	/* Fold: general registers and the flags first. */
	.irp r, rbx, rcx, rdx, rsi, rdi, rbp, \
		r8, r9, r10, r11, r12, r13, r14, r15
	adc	%\r, %rax
	bswap	%rax
	.endr
	pushfq
	pop	%rdx
	cld
	and	$0xcd5, %edx		/* CF PF AF ZF SF DF OF */
	add	%rdx, %rax
	mov	%rax, FOLD

	/* x87 and SSE with their control words.  FXSAVE may leave holes. */
	lea	AREA, %rdi
	xor	%eax, %eax
	mov	$64, %ecx
	rep stosq
	fxsave64 AREA
	mov	FOLD, %rax
	mov	32 + 0(%rsp), %edx	/* FCW and FSW */
	add	%rdx, %rax
	mov	32 + 24(%rsp), %edx	/* MXCSR */
	add	%rdx, %rax
	mov	$47, %ecx
.Lstate:
	/* ST(i) fills ten of its sixteen bytes, the rest is zero. */
	add	32 + 32(%rsp, %rcx, 8), %rax
	imul	$31, %rax, %rax
	dec	%ecx
	jns	.Lstate
	testl	$1, WIDE
	jz	.Ldone
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vextracti128 $1, %ymm\n, %xmm\n
	vmovq	%xmm\n, %rdx
	add	%rdx, %rax
	imul	$31, %rax, %rax
	vpextrq	$1, %xmm\n, %rdx
	add	%rdx, %rax
	imul	$31, %rax, %rax
	.endr
	vzeroall

.Ldone:
	fninit
	fldcw	FCW
	ldmxcsr	MXCSR
	add	$LOCALS, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size mix, . - mix

	.section .note.GNU-stack, "", @progbits
