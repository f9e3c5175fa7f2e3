/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runtime's few instructions that must be assembly: where the injector
 * starts it, where the kernel delivers signals, the fault-safe copy, and the
 * gadget through which a program makes its own system call again.
 */
#include "process/ctl.h"

	.section .head.text, "ax"

/*
 * Start: the injector sets RSP to the program's initial stack and RIP here.
 * Ends in INT3, where the injector reads rt_params.result and puts the
 * program's registers back.
 */
	.globl	rt_entry
rt_entry:
	xor	%ebp, %ebp
	and	$-16, %rsp
	cld
	call	rt_init
	int3
	call	rt_close_image		/* only if it is wanted */
	int3
	ud2

	.text

/*
 * A signal.  RDI = number, RSI = siginfo, RDX = ucontext.  A thread whose
 * alternate stack is not yet ours arrives on its own stack, which may be
 * small: go to the slot's.
 */
	.globl	rt_signal_entry
rt_signal_entry:
	mov	%rsp, %r15		/* the frame restores all registers */
	mov	%edi, %ebx
	mov	%rsi, %r12
	mov	%rdx, %r13
	mov	%rsp, %rdi
	and	$-16, %rsp
	cld
	pushfq				/* AC comes along, and is not for us */
	andl	$0xfffbffff, (%rsp)
	popfq
	call	rt_thread_enter
	mov	%ebx, %edi
	mov	%r12, %rsi
	mov	%r13, %rdx
	mov	%rax, %rcx
	/* Already within this slot?  Then the stack is the right one. */
	mov	%rsp, %r8
	sub	%rax, %r8
	cmp	$RT_SLOT_SIZE, %r8
	jb	1f
	lea	RT_SLOT_SIZE - RT_PLAIN_SIZE(%rax), %rsp
1:	call	rt_handle_signal
	mov	%r15, %rsp
	ret				/* to rt_restorer */

	.globl	rt_restorer
rt_restorer:
	mov	$15, %eax		/* rt_sigreturn */
	syscall
	ud2

/*
 * int rt_copy(void *to, const void *from, size_t n)
 * int rt_probe_read(uint64_t addr), int rt_probe_write(uint64_t addr)
 */
	.globl	rt_copy, rt_copy_start, rt_copy_end, rt_copy_fault
	.globl	rt_probe_read, rt_probe_write
rt_copy:
	mov	%rdx, %rcx
rt_copy_start:
	rep movsb
	xor	%eax, %eax
	ret
rt_probe_read:
	movb	(%rdi), %al
	xor	%eax, %eax
	ret
rt_probe_write:
	lock orb $0, (%rdi)
	xor	%eax, %eax
	ret
rt_copy_end:
rt_copy_fault:
	mov	$-14, %eax		/* -EFAULT */
	ret

/*
 * bool rt_int1_stays(void): is RIP at INT1 when the host has raised its #DB,
 * not behind it?  trap.c says.  A host without INT1's #DB says no.
 */
	.globl	rt_int1_stays, rt_int1_at, rt_int1_behind
rt_int1_stays:
	xor	%eax, %eax
rt_int1_at:
	.byte	0xf1
rt_int1_behind:
	ret

/*
 * The door: system calls from here are the program's, and what its own seccomp
 * filters say of them holds; those from elsewhere in the runtime are ours, and
 * pass (seccomp.c).
 */
	.section .door.text, "ax"

/* long rt_door(long nr, a, b, c, d, e, f) */
	.globl	rt_door
rt_door:
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
	syscall
	ret

/*
 * The gadget.  A trapped call that turns out to be none of ours is made here,
 * outside the handler, at the program's own signal mask, so that it may block
 * and be interrupted as ever.  All registers are the program's; its return
 * address lies below the red zone.  rt_leave_gadget() knows these addresses.
 */
	.globl	rt_gadget_syscall, rt_gadget_return
rt_gadget_syscall:
	syscall
rt_gadget_return:
	ret	$128

/*
 * The same for a call that may not return through the stack: clone.c.
 */
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

/*
 * long rt_clone_syscall(struct clone_args *args, size_t size): where the
 * child's stack ends lies the signal frame that it is to return from.
 */
	.globl	rt_clone_syscall
rt_clone_syscall:
	mov	$435, %eax		/* clone3 */
	syscall
	test	%rax, %rax
	jz	1f
	ret
1:	xor	%ebp, %ebp
	mov	%rsp, %rbx
	and	$-16, %rsp
	call	rt_clone_born
	lea	8(%rbx), %rsp		/* as if the handler had returned */
	jmp	rt_restorer

/* The vDSO image, mapped where it lies. */
	.section .vdso, "a"
	.balign	4096
	.globl	rt_vdso_image
rt_vdso_image:
	.incbin RT_VDSO_PATH
	.balign	4096

	.section .note.GNU-stack, "", @progbits
