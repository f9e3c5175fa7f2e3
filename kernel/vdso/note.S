/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The note that says which Linux this vDSO belongs to; C libraries read its
 * version word.  Stands for Linux 6.1 entry/vdso/vdso-note.S.
 */
	.section .note.vdso, "a", @note
	.balign	4
	.long	2f - 1f, 4f - 3f, 0
1:	.asciz	"Linux"
2:	.balign	4
3:	.long	0x060100
4:	.balign	4

	.section .note.GNU-stack, "", @progbits
