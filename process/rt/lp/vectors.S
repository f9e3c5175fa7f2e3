/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rt_vectors_keep(RDI), rt_vectors_give(RDI): the vector registers that nettle
 * uses, which are the enclave's where no signal frame has them.  It has no
 * instructions of AVX, so the upper halves stay what they are.
 */
	.macro	each store
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.if	\store
	movups	%xmm\n, 16 * \n(%rdi)
	.else
	movups	16 * \n(%rdi), %xmm\n
	.endif
	.endr
	.endm

	.text
	.globl	rt_vectors_keep, rt_vectors_give
rt_vectors_keep:
	each	1
	ret
rt_vectors_give:
	each	0
	ret

	.section .note.GNU-stack, "", @progbits
