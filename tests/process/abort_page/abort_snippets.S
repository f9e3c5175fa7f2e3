/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instructions with a memory operand, of every form that finds it differently
 * or does something else with it, to be executed on ones (abort_insns.c).
 *
 * RSI, RBX, R12, R13, GS base: the memory.  RDI: 8 KiB of ordinary memory.
 * RCX = 3, R9 = 70; RAX, RDX, RBP, R8, R10, R11, R14, R15: patterns.
 */
	.text

/* void snippet_run(struct registers *, const void *code); abort_insns.h */
	.globl	snippet_run
snippet_run:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdi
	push	%rsi
	mov	%rdi, %rax
	movdqu	136(%rax), %xmm0
	movdqu	152(%rax), %xmm1
	movdqu	168(%rax), %xmm2
	movdqu	184(%rax), %xmm3
	mov	8(%rax), %rcx
	mov	16(%rax), %rdx
	mov	24(%rax), %rbx
	mov	40(%rax), %rbp
	mov	48(%rax), %rsi
	mov	56(%rax), %rdi
	mov	64(%rax), %r8
	mov	72(%rax), %r9
	mov	80(%rax), %r10
	mov	88(%rax), %r11
	mov	96(%rax), %r12
	mov	104(%rax), %r13
	mov	112(%rax), %r14
	mov	120(%rax), %r15
	pushq	128(%rax)
	popfq
	mov	0(%rax), %rax
	call	*(%rsp)
	pushfq
	cld
	push	%rax
	mov	24(%rsp), %rax
	mov	%rcx, 8(%rax)
	mov	%rdx, 16(%rax)
	mov	%rbx, 24(%rax)
	mov	%rbp, 40(%rax)
	mov	%rsi, 48(%rax)
	mov	%rdi, 56(%rax)
	mov	%r8, 64(%rax)
	mov	%r9, 72(%rax)
	mov	%r10, 80(%rax)
	mov	%r11, 88(%rax)
	mov	%r12, 96(%rax)
	mov	%r13, 104(%rax)
	mov	%r14, 112(%rax)
	mov	%r15, 120(%rax)
	pop	0(%rax)
	pop	128(%rax)
	movdqu	%xmm0, 136(%rax)
	movdqu	%xmm1, 152(%rax)
	movdqu	%xmm2, 168(%rax)
	movdqu	%xmm3, 184(%rax)
	add	$16, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

/* An entry: what the CPU must have (abort_insns.c), its text, its code. */
	.macro snippet needs:req, text:req
	.pushsection .rodata
9:	.asciz	"\text"
	.popsection
	.pushsection .data.rel.ro.snippets, "aw"
	.quad	8f, 9b, \needs
	.popsection
8:	\text
	ret
	.endm

	.section .data.rel.ro.snippets, "aw"
	.globl	snippets
	.balign	8
snippets:
	.text

#define ALWAYS	0
#define AVX	1
#define AVX2	2
#define BMI	3
#define AVX512	4
#define CX16	5

	/* where the operand is */
	snippet	ALWAYS, "mov (%rsi), %rax"
	snippet	ALWAYS, "mov 8(%rsi), %eax"
	snippet	ALWAYS, "mov 0x180(%rsi), %r15"
	snippet	ALWAYS, "mov -8(%r12), %ax"
	snippet	ALWAYS, "mov (%r12), %r12"
	snippet	ALWAYS, "mov (%r13), %rbp"
	snippet	ALWAYS, "mov 5(%r13), %r13d"
	snippet	ALWAYS, "mov (%rsi,%rcx), %al"
	snippet	ALWAYS, "mov (%rsi,%rcx,8), %rax"
	snippet	ALWAYS, "mov -16(%rbx,%rcx,4), %rdx"
	snippet	ALWAYS, "mov 0x80(%r12,%rcx,2), %r9"
	snippet	ALWAYS, "mov %gs:8, %rax"
	snippet	ALWAYS, "mov %gs:(%rcx), %rax"
	snippet	ALWAYS, "add %gs:16, %rdx"
	snippet	ALWAYS, "mov %ds:(%rsi), %rax"
	/* what is done with it */
	snippet	ALWAYS, "movzbl 1(%rsi), %eax"
	snippet	ALWAYS, "movsbq (%rsi), %r14"
	snippet	ALWAYS, "movslq (%rsi), %rax"
	snippet	ALWAYS, "movbe (%rsi), %rax"
	snippet	ALWAYS, "mov (%rsi), %ah"
	snippet	ALWAYS, "mov %ah, (%rsi)"
	snippet	ALWAYS, "mov %rax, (%rsi)"
	snippet	ALWAYS, "mov %dl, 3(%r12)"
	snippet	ALWAYS, "movb $0x12, (%rsi)"
	snippet	ALWAYS, "movw $0x1234, 2(%rbx)"
	snippet	ALWAYS, "movq $0x12345678, 8(%r13)"
	snippet	ALWAYS, "movnti %rax, (%rsi)"
	snippet	ALWAYS, "add %rax, (%rsi)"
	snippet	ALWAYS, "add (%rsi), %rax"
	snippet	ALWAYS, "addl $0x7fffffff, (%rsi)"
	snippet	ALWAYS, "adc $1, %al; adcb $3, (%rsi)"
	snippet	ALWAYS, "sub (%rsi), %rsi"
	snippet	ALWAYS, "xor (%rsi), %r11"
	snippet	ALWAYS, "cmp (%rsi), %rdx"
	snippet	ALWAYS, "cmpq $-1, (%rsi)"
	snippet	ALWAYS, "cmpw $0x1234, (%rsi)"
	snippet	ALWAYS, "testb $0x80, (%rsi)"
	snippet	ALWAYS, "incl (%rsi)"
	snippet	ALWAYS, "decb (%rsi)"
	snippet	ALWAYS, "negq (%rsi)"
	snippet	ALWAYS, "notw (%rsi)"
	snippet	ALWAYS, "shlq $3, (%rsi)"
	snippet	ALWAYS, "rorl %cl, (%rsi)"
	snippet	ALWAYS, "shld $5, %rax, (%rsi)"
	snippet	ALWAYS, "mulq (%rsi)"
	snippet	ALWAYS, "imulq (%rsi)"
	snippet	ALWAYS, "imul $77, (%rsi), %r8d"
	snippet	ALWAYS, "xor %edx, %edx; divq (%rsi)"
	snippet	ALWAYS, "mov $100, %eax; cwtd; idivw (%rsi)"
	snippet	ALWAYS, "xchg %rdx, (%rsi)"
	snippet	ALWAYS, "lock xadd %rdx, (%rsi)"
	snippet	ALWAYS, "cmpxchg %rdx, (%rsi)"
	snippet	ALWAYS, "mov $-1, %rax; lock cmpxchg %rdx, (%rsi)"
	snippet	ALWAYS, "lock cmpxchg8b (%rsi)"
	snippet	CX16, "lock cmpxchg16b (%rsi)"
	snippet	CX16, "mov $-1, %rax; mov %rax, %rdx; lock cmpxchg16b (%rsi)"
	snippet	ALWAYS, "lock incq (%rsi)"
	snippet	ALWAYS, "lock btsl $4, (%rsi)"
	snippet	ALWAYS, "bt %r9, (%rsi)"
	snippet	ALWAYS, "btr %r9, (%rsi)"
	snippet	ALWAYS, "bsr (%rsi), %rax"
	snippet	ALWAYS, "popcnt (%rsi), %rax"
	snippet	ALWAYS, "crc32q (%rsi), %rdx"
	snippet	ALWAYS, "setc (%rsi)"
	snippet	ALWAYS, "cmovz (%rsi), %r10"
	snippet	ALWAYS, "cmovnz (%rsi), %r10"
	snippet	ALWAYS, "pushq (%rsi); pop %rax"
	snippet	ALWAYS, "push %rax; popq (%rsi)"
	snippet	ALWAYS, "prefetcht0 (%rsi)"
	snippet	ALWAYS, "fldl (%rsi); fstpl (%rdi)"
	snippet	ALWAYS, "fldt (%rsi); fstpt (%rdi)"
	snippet	ALWAYS, "fildll (%rsi); fstpl (%rdi)"
	snippet	ALWAYS, "fld1; fstpl (%rsi)"
	snippet	ALWAYS, "fnstcw (%rsi)"
	snippet	ALWAYS, "stmxcsr (%rsi)"
	snippet	ALWAYS, "fxsave 0x100(%rsi)"
	/* vectors */
	snippet	ALWAYS, "movdqu 3(%rsi), %xmm0"
	snippet	ALWAYS, "movaps (%rsi), %xmm3"
	snippet	ALWAYS, "movaps %xmm3, (%rsi)"
	snippet	ALWAYS, "movntdq %xmm1, (%rsi)"
	snippet	ALWAYS, "movq (%rsi), %xmm2"
	snippet	ALWAYS, "movd %xmm2, (%rsi)"
	snippet	ALWAYS, "paddd (%rsi), %xmm1"
	snippet	ALWAYS, "pshufd $0x1b, (%rsi), %xmm2"
	snippet	ALWAYS, "pinsrw $3, (%rsi), %xmm0"
	snippet	ALWAYS, "cvtsi2sdq (%rsi), %xmm0"
	snippet	ALWAYS, "ucomisd (%rsi), %xmm0"
	snippet	ALWAYS, "movhps (%rsi), %xmm1"
	snippet	AVX, "vmovups (%rsi), %xmm0"
	snippet	AVX, "vmovups (%r12), %ymm8; vextractf128 $1, %ymm8, %xmm0"
	snippet	AVX, "vmovups %ymm2, 64(%rsi)"
	snippet	AVX, "vbroadcastss 4(%rsi), %xmm1"
	snippet	AVX, "vaddpd (%rsi,%rcx,8), %xmm1, %xmm2"
	snippet	AVX2, "vpxor (%r12,%rcx), %ymm1, %ymm9; vmovups %xmm9, %xmm0"
	snippet	BMI, "andn (%rsi), %rdi, %rax"
	snippet	BMI, "mulx (%r12), %rsi, %rdi"
	snippet	BMI, "bextr %rdi, (%rsi), %rsi"
	snippet	BMI, "shlx %rdi, (%rsi), %rsi"
	snippet	AVX512, "vmovdqu64 64(%rsi), %zmm0"
	snippet	AVX512, "vpaddd 4(%r12){1to16}, %zmm1, %zmm2"
	snippet	AVX512, "vmovdqu32 %zmm3, 128(%r13)"
	/* strings */
	snippet	ALWAYS, "lodsb"
	snippet	ALWAYS, "lodsw"
	snippet	ALWAYS, "lodsl"
	snippet	ALWAYS, "lodsq"
	snippet	ALWAYS, "movsb"
	snippet	ALWAYS, "mov $4, %esi; gs lodsb; gs lodsq"
	snippet	ALWAYS, "rep movsb"
	snippet	ALWAYS, "mov $300, %ecx; rep movsq"
	snippet	ALWAYS, "xchg %rsi, %rdi; mov $300, %ecx; rep movsb"
	snippet	ALWAYS, "mov %rsi, %rdi; mov $77, %ecx; rep stosl"
	snippet	ALWAYS, "mov %rsi, %rdi; stosb"
	snippet	ALWAYS, "std; mov $40, %ecx; rep movsb"
	snippet	ALWAYS, "std; lodsq"
	snippet	ALWAYS, "mov $200, %ecx; repe cmpsb"
	snippet	ALWAYS, "mov $20, %ecx; repne cmpsw"
	snippet	ALWAYS, "cmpsl"
	snippet	ALWAYS, "cmpsq"
	snippet	ALWAYS, "mov %rsi, %rdi; xor %eax, %eax; repne scasb"
	snippet	ALWAYS, "mov %rsi, %rdi; mov $-1, %rax; repe scasw"
	snippet	ALWAYS, "mov %rsi, %rdi; mov $0x1fffffff, %eax; scasl"
	snippet	ALWAYS, "mov %rsi, %rdi; scasq"
	/* several in a row, and one often */
	snippet	ALWAYS, "mov (%rsi), %rax; add 8(%rsi), %rax; mov %rax, (%rsi)"
	snippet	ALWAYS, "mov $100, %ecx; 1: add (%rsi,%rcx), %rax; loop 1b"

	.section .data.rel.ro.snippets, "aw"
	.quad	0, 0, 0

	.section .note.GNU-stack, "", @progbits
