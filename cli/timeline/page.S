/* SPDX-License-Identifier: BSD-3-Clause */
/* page.html, as bytes in swsgx itself. */
	.section .rodata
	.globl	timeline_page, timeline_page_end
timeline_page:
	.incbin TIMELINE_PAGE_PATH
timeline_page_end:
	.byte	0
	.section .note.GNU-stack, "", @progbits
