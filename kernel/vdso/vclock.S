/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rest of Linux's vDSO: time.  It has nothing to do with SGX, but programs
 * look for it in the same image.  Each function jumps to the one in the host's
 * own vDSO (struct vdso_clocks, kernel/vdso/vdso.h), or makes the system call
 * if the host has none.
 *
 * __vdso_getrandom keeps a state, and no system call does the same.  If the
 * host has none, the image must not have it either: the runtime then clears its
 * symbol (VDSO_GETRANDOM_SYM in kernel/vdso/vdso.h).
 */

/* <asm/unistd_64.h> */
#define NR_gettimeofday		96
#define NR_time			201
#define NR_clock_gettime	228
#define NR_clock_getres		229
#define NR_getcpu		309

/* Members of struct vdso_clocks. */
#define CLOCK_GETTIME	0
#define GETTIMEOFDAY	8
#define TIME		16
#define CLOCK_GETRES	24
#define GETCPU		32
#define GETRANDOM	40
#define CLOCKS_SIZE	56	/* ENTER is vsgx.S's */

	.macro	function name, entry
	.globl	__vdso_\name
	.type	__vdso_\name, @function
	.balign	16
__vdso_\name:
	.cfi_startproc
	mov	vdso_clock_table + \entry(%rip), %rax
	.endm

	.macro	end name
	.cfi_endproc
	.size	__vdso_\name, . - __vdso_\name
	.endm

	.macro	clock name, entry, nr
	function \name, \entry
	test	%rax, %rax
	jz	1f
	jmp	*%rax
1:	mov	$\nr, %eax
	syscall
	ret
	end	\name
	.weak	\name
	.set	\name, __vdso_\name
	.endm

	.text
	clock	clock_gettime, CLOCK_GETTIME, NR_clock_gettime
	clock	gettimeofday, GETTIMEOFDAY, NR_gettimeofday
	clock	time, TIME, NR_time
	clock	clock_getres, CLOCK_GETRES, NR_clock_getres
	clock	getcpu, GETCPU, NR_getcpu

	function getrandom, GETRANDOM
	jmp	*%rax
	end	getrandom

	/* Filled in by the runtime before the image becomes read-only. */
	.section .clocks, "a"
	.balign	8
	.globl	vdso_clock_table
	.hidden	vdso_clock_table
vdso_clock_table:
	.zero	CLOCKS_SIZE

	.section .note.GNU-stack, "", @progbits
