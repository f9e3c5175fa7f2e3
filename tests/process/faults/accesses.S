/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Code for accesses.c: each does one thing at the label NAME_at, to the
 * address in RSI, and leaves.
 */
	.macro code name:req, insn:req, before
	.global \name, \name\()_at
\name:	\before
\name\()_at:
	\insn
	jmp	bare_leave
	.endm

	.section bare_code, "a", @progbits
	.balign 16
	code	read_1, "mov (%rsi), %al"
	code	read_8, "mov (%rsi), %rax"
	code	write_1, "mov %al, (%rsi)"
	code	write_8, "mov %rax, (%rsi)"
	code	push_8, "push %rax", "mov %rsi, %rsp"
	code	read_16, "movaps (%rsi), %xmm0"
	code	jump, "jmp *%rsi"
	code	string, "rep stosb", "mov %rsi, %rdi; mov $2, %ecx"

	/* RFLAGS.AC */
	.macro	set_ac
	pushfq
	orl	$0x40000, (%rsp)
	popfq
	.endm
	code	checked_read_4, "mov (%rsi), %eax", set_ac
	code	checked_write_2, "mov %ax, (%rsi)", set_ac

	/* The exceptions that need no address. */
	code	divide, "div %ecx", "xor %ecx, %ecx; xor %edx, %edx"
	code	divide_overflow, "idiv %cl", "mov $0x7fff, %eax; mov $1, %ecx"
	code	int1_then, "nop", ".byte 0xf1"
	code	int1_prefix_then, "nop", ".byte 0x2e, 0x66, 0xf1"
	code	int1_int1_then, ".byte 0xf1", ".byte 0xf1"

	.macro	x87_divide
	fninit
	pushq	$0x37b
	fldcw	(%rsp)
	fld1
	fldz
	fdivrp	%st, %st(1)
	.endm
	code	x87, "fwait", x87_divide

	.macro	sse_operands
	pushq	$0x1d80
	ldmxcsr	(%rsp)
	mov	$1, %eax
	cvtsi2sd %eax, %xmm0
	xorpd	%xmm1, %xmm1
	.endm
	code	sse, "divsd %xmm1, %xmm0", sse_operands
	code	undefined, "ud2"

	.section .note.GNU-stack, "", @progbits
