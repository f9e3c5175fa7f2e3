/* SPDX-License-Identifier: BSD-3-Clause */
/* The linked runtime, as bytes in swsgx itself. */
	.section .rodata
	.balign	4096
	.globl	rt_blob, rt_blob_end
rt_blob:
	.incbin RT_BLOB_PATH
rt_blob_end:
	.section .note.GNU-stack, "", @progbits
