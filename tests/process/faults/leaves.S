/* SPDX-License-Identifier: BSD-3-Clause */
/* See leaves.h.  R8: struct leaves_regs, which is loaded, and then stored. */
#include "tests/process/faults/leaves.h"

	.macro	all gprs, xmms
	.set	i, 0
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\xmms	\n
	.endr
	.irp	r, rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, \
		r12, r13, r14, r15
	.ifnc	\r, rsp
	.ifnc	\r, r8
	\gprs	\r
	.endif
	.endif
	.set	i, i + 1
	.endr
	.endm

	.macro	load r
	mov	LEAVES_GPRS + 8 * i(%r8), %\r
	.endm
	.macro	store r
	mov	%\r, LEAVES_GPRS + 8 * i(%r8)
	.endm
	.macro	load_xmm n
	movups	16 * \n(%r8), %xmm\n
	.endm
	.macro	store_xmm n
	movups	%xmm\n, 16 * \n(%r8)
	.endm

	.macro	leaf name
	.balign	16, 0x90
	.global	leaves_\name, leaves_at_\name
leaves_\name:
	push	%rbp
	pushq	LEAVES_RFLAGS(%r8)
	all	load, load_xmm
	popfq
leaves_at_\name:
	.byte	0x0f, 0x01, 0xd7
	jmp	finish
	.endm

	.section bare_code, "a", @progbits
	.balign 4096
	leaf	ereport
	leaf	egetkey
	leaf	bad
	leaf	emodpe
	leaf	eaccept

finish:
	pushfq
	popq	LEAVES_RFLAGS(%r8)
	all	store, store_xmm
	pop	%rbp
	jmp	bare_leave

	/* R9 bytes from RSI to RDX */
	.global	leaves_copy
leaves_copy:
	mov	%rdx, %rdi
	mov	%r9, %rcx
	cld
	rep movsb
	jmp	bare_leave

	.section .note.GNU-stack, "", @progbits
