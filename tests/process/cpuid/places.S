/* SPDX-License-Identifier: BSD-3-Clause */
/* See places.h. */
	.macro	function name
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	.endm

	.macro	end name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.macro	load
	push	%rbx
	.cfi_adjust_cfa_offset 8
	mov	%rdi, %rsi
	mov	(%rsi), %rax
	mov	8(%rsi), %rbx
	mov	16(%rsi), %rcx
	mov	24(%rsi), %rdx
	.endm

	.macro	store
	mov	%rax, (%rsi)
	mov	%rbx, 8(%rsi)
	mov	%rcx, 16(%rsi)
	mov	%rdx, 24(%rsi)
	pop	%rbx
	.cfi_adjust_cfa_offset -8
	.endm

	.text
	function place_plain
	load
	cpuid
	store
	ret
	end	place_plain

	function place_prefixed
	load
	.byte	0x48
	cpuid
	store
	ret
	end	place_prefixed

	/* reached only by a jump back */
	function place_in_loop
	load
	jmp	2f
1:	cpuid
	jmp	3f
	nop
2:	jmp	1b
3:	store
	ret
	end	place_in_loop

	function place_immediate
	mov	$0x11a20f22, %eax
	ret
	end	place_immediate

	function place_behind_jump
	jmp	2f
1:	.byte	0x0f, 0xa2, 0x90, 0x90
2:	mov	1b(%rip), %eax
	ret
	end	place_behind_jump

	.globl	place_data, place_data_end
place_data:
	.byte	0x0f, 0xa2, 0xc3, 0x0f, 0xa2, 0x0f, 0xa2, 0x90
place_data_end:

	.section .note.GNU-stack, "", @progbits
