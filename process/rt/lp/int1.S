/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bool rt_int1_stays(void): does this host leave RIP at an INT1 when it raises
 * #DB, not behind it?  entry/trap.c answers, when the signal comes.  A host
 * that raises no #DB for INT1 answers no.
 */
	.text
	.globl	rt_int1_stays, rt_int1_at, rt_int1_behind
rt_int1_stays:
	xor	%eax, %eax
rt_int1_at:
	.byte	0xf1
rt_int1_behind:
	ret

	.section .note.GNU-stack, "", @progbits
