/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Code for debugger.c: a word from RSI to RDX, and a place for a breakpoint.
 */
	.section bare_code, "a", @progbits
	.balign 16
	.global move_word, break_here, break_next
move_word:
	mov	(%rsi), %rax
	mov	%rax, (%rdx)
	jmp	bare_leave

	.balign 16
break_here:
	nop
break_next:
	movq	$1, (%rdx)
	jmp	bare_leave

	.section .note.GNU-stack, "", @progbits
