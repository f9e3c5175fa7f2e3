/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the program makes a system call that turned out to be none of the
 * runtime's (gadget.c): outside the handler and at the program's own signal
 * mask, so that the call may block and be interrupted.  All registers are the
 * program's.  It is part of the door (base/door.h): the program's own filters
 * judge these calls.
 */
#include "process/ctl.h"

#define RED_ZONE 128

	.section .door.text, "ax"
/* The return address lies below the program's red zone. */
	.globl	rt_gadget_syscall, rt_gadget_return
rt_gadget_syscall:
	syscall
rt_gadget_return:
	ret	$RED_ZONE

/* The same for a call that may not return through the stack: clone.c. */
	.globl	rt_sites_start, rt_sites_end
	.balign	RT_SITE_SIZE
rt_sites_start:
	.set	site, 0
	.rept	RT_SITES
	syscall
	jmp	*rt_sites + 8 * site(%rip)
	.set	site, site + 1
	.endr
rt_sites_end:

	.section .note.GNU-stack, "", @progbits
