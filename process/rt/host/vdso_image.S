/* SPDX-License-Identifier: BSD-3-Clause */
/* The image of our vDSO, which is mapped where it lies. */
	.section .vdso, "a"
	.balign	4096
	.globl	rt_vdso_image
rt_vdso_image:
	.incbin RT_VDSO_PATH
	.balign	4096

	.section .note.GNU-stack, "", @progbits
