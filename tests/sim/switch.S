/* SPDX-License-Identifier: BSD-3-Clause */
/* sim_switch(uint64_t *save, uint64_t to): go on on another stack. */
	.text
	.globl sim_switch
	.type sim_switch, @function
sim_switch:
	push %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, (%rdi)
	mov %rsi, %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	ret
	.size sim_switch, . - sim_switch
/* What passes for the runtime's code, where signals find threads: machine.c */
	.globl rt_text_start, rt_text_end
rt_text_start:
	.skip 64
rt_text_end:
	.section .note.GNU-stack, "", @progbits
