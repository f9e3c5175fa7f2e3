/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EENTER and EEXIT without a trap.  At EENTER the vDSO jumps here with all
 * registers as at ENCLU: RAX = EENTER, RBX = TCS, RCX = AEP.  Until the thread
 * has found its slot it needs no memory, and a signal can put it back: RAX and
 * RCX are constants, RBX is in struct sgx_enclave_run, where RBP leads, and
 * RFLAGS are those of the last comparison.
 */
#include "process/rt/lp/identity.h"
#include "process/rt/lp/plain.h"

#include "vdso_offsets.h"

#define NR_gettid	186
#define RUN		16	/* see kernel/vdso/vsgx.S */
#define NT_AC_DF	0x44400
#define ID_NT_AC_DF	0x244400
#define OF_BIT		11

	/* What both ways keep, in the slot that \slot points to. */
	.macro	SAVE slot
	mov	%rdx, PLAIN_AT + PLAIN_RDX(%\slot)
	mov	%rsp, PLAIN_AT + PLAIN_RSP(%\slot)
	mov	%rbp, PLAIN_AT + PLAIN_RBP(%\slot)
	mov	%rsi, PLAIN_AT + PLAIN_RSI(%\slot)
	mov	%rdi, PLAIN_AT + PLAIN_RDI(%\slot)
	mov	%r8, PLAIN_AT + PLAIN_R8(%\slot)
	mov	%r9, PLAIN_AT + PLAIN_R9(%\slot)
	mov	%r10, PLAIN_AT + PLAIN_R10(%\slot)
	mov	%r12, PLAIN_AT + PLAIN_R12(%\slot)
	mov	%r13, PLAIN_AT + PLAIN_R13(%\slot)
	mov	%r14, PLAIN_AT + PLAIN_R14(%\slot)
	mov	%r15, PLAIN_AT + PLAIN_R15(%\slot)
	.endm

	/*
	 * Without POPF, unless the slow flags change.  If a tracer steps over a
	 * POPF or an IRET, and on, Linux no longer knows that TF is its own
	 * (enable_single_step()), and leaves it to the enclave.
	 */
	.macro	GIVE_FLAGS
	mov	PLAIN_AT + PLAIN_RFLAGS(%rbx), %rcx
	pushfq
	pop	%rax
	xor	%ecx, %eax
	test	$ID_NT_AC_DF, %eax
	jnz	7f
	mov	%cl, %ah
	shr	$OF_BIT, %ecx
	mov	%cl, %al
	and	$1, %al
	add	$0x7f, %al	/* overflows, if it is 1 */
	sahf
	jmp	8f
7:	push	%rcx
	popfq
8:
	.endm

	/* Without NT, AC and DF; no POPF if RFLAGS, in \flags, have none. */
	.macro	OUR_RFLAGS flags
	test	$NT_AC_DF, %\flags
	jz	.Lours\@
	push	$0x202
	popfq
.Lours\@:
	.endm

	/* A signal that comes now, or has come since, makes it a trap. */
	.macro	LEAVE
	cmpl	$0, PLAIN_AT + PLAIN_DUE(%rbx)
	jne	rt_plain_trap
	movl	$0, PLAIN_AT + PLAIN_ON(%rbx)
	GIVE_FLAGS
	mov	PLAIN_AT + PLAIN_RAX(%rbx), %rax
	mov	PLAIN_AT + PLAIN_RCX(%rbx), %rcx
	mov	PLAIN_AT + PLAIN_RDX(%rbx), %rdx
	mov	PLAIN_AT + PLAIN_RBP(%rbx), %rbp
	mov	PLAIN_AT + PLAIN_RSI(%rbx), %rsi
	mov	PLAIN_AT + PLAIN_RDI(%rbx), %rdi
	mov	PLAIN_AT + PLAIN_R8(%rbx), %r8
	mov	PLAIN_AT + PLAIN_R9(%rbx), %r9
	mov	PLAIN_AT + PLAIN_R10(%rbx), %r10
	mov	PLAIN_AT + PLAIN_R11(%rbx), %r11
	mov	PLAIN_AT + PLAIN_R12(%rbx), %r12
	mov	PLAIN_AT + PLAIN_R13(%rbx), %r13
	mov	PLAIN_AT + PLAIN_R14(%rbx), %r14
	mov	PLAIN_AT + PLAIN_R15(%rbx), %r15
	.endm

	.text
	.globl	rt_plain_start, rt_plain_called, rt_plain_saved
	.globl	rt_plain_leave, rt_plain_left, rt_plain_trap
rt_plain_start:
	mov	%es, %ecx
	mov	rt_identity(%rip), %rbx
	mov	(%rbx, %rcx), %rbx
	xor	%eax, %eax
	test	%rbx, %rbx
	jz	1f
	rdfsbase %rcx
	cmp	PLAIN_AT + PLAIN_FSBASE(%rbx), %rcx
	je	found

	/* Nobody by ES.  The kernel knows. */
1:	mov	%r11, %rbx
	mov	$NR_gettid, %eax
	syscall
rt_plain_called:
	mov	%rbx, %r11

	/* The id may have been another thread's, which had another FS base. */
	mov	%eax, %ecx
	and	$(PLAIN_IDS - 1), %ecx
	mov	rt_plain_ids(%rip), %rbx
	lea	(%rbx, %rcx, 8), %rbx
	cmp	%eax, (%rbx)
	jne	unknown
	mov	4(%rbx), %ecx
	shl	$RT_SLOT_SHIFT, %rcx
	mov	$RT_SLOTS, %rbx
	add	%rcx, %rbx
	rdfsbase %rcx
	cmp	PLAIN_AT + PLAIN_FSBASE(%rbx), %rcx
	jne	unknown

found:	mov	RUN(%rbp), %rcx
	mov	(%rcx), %rcx
	mov	%rcx, PLAIN_AT + PLAIN_RBX(%rbx)
	SAVE	rbx
	mov	%r11, PLAIN_AT + PLAIN_R11(%rbx)
	movl	$1, PLAIN_AT + PLAIN_ON(%rbx)
	lea	PLAIN_AT(%rbx), %rsp
rt_plain_saved:
	pushfq
	pop	%rcx
	mov	%rcx, PLAIN_AT + PLAIN_RFLAGS(%rbx)
	OUR_RFLAGS ecx
	mov	%rbx, %rdi
	mov	%eax, %esi
	call	rt_plain_go

	/* Into the enclave, or to the vDSO's ENCLU. */
rt_plain_leave:
	LEAVE
	mov	PLAIN_AT + PLAIN_RSP(%rbx), %rsp
	jmp	*PLAIN_AT + PLAIN_LAND(%rbx)

	/* No register is free for where it goes: so each thread has one. */
	.balign	PLAIN_LAND_SIZE
	.globl	rt_plain_lands
rt_plain_lands:
	.set	land, 0
	.rept	PLAIN_LANDS
	mov	PLAIN_AT + PLAIN_RBX(%rbx), %rbx
	jmp	*rt_plain_targets + PLAIN_TARGET_SIZE * land(%rip)
	.balign	PLAIN_LAND_SIZE
	.set	land, land + 1
	.endr
	.globl	rt_plain_land_at_rbx
rt_plain_land_at_rbx:
	mov	PLAIN_AT + PLAIN_RBX(%rbx), %rbx
	jmp	*%rbx
rt_plain_left:

	/*
	 * EEXIT to behind the vDSO's ENCLU, by a thread that ES tells nothing
	 * of, from stub_enclu.c: RAX, RBX and RCX are free.  A signal that
	 * comes before all is saved has left.
	 */
	.globl	rt_plain_out_asks, rt_plain_out_called, rt_plain_out_saved
	.globl	rt_plain_out_leave, rt_plain_out_left
rt_plain_out_asks:
	mov	%r11, %rbx
	mov	$NR_gettid, %eax
	syscall
rt_plain_out_called:
	mov	%eax, %ecx
	and	$(PLAIN_IDS - 1), %ecx
	shl	$3, %rcx
	add	rt_plain_ids(%rip), %rcx
	cmp	%eax, (%rcx)
	je	1f
	ud2
1:	mov	4(%rcx), %ecx
	shl	$RT_SLOT_SHIFT, %rcx
	add	slots(%rip), %rcx
	mov	%r11, PLAIN_AT + PLAIN_RFLAGS(%rcx)
	mov	%rbx, PLAIN_AT + PLAIN_R11(%rcx)
	SAVE	rcx
	movl	$1, PLAIN_AT + PLAIN_ON(%rcx)
rt_plain_out_saved:
	mov	%rcx, %rbx
	lea	PLAIN_AT(%rbx), %rsp
	OUR_RFLAGS r11d
	mov	%rbx, %rdi
	mov	%eax, %esi
	call	rt_plain_out
rt_plain_out_leave:
	LEAVE
	mov	PLAIN_AT + PLAIN_RSP(%rbx), %rsp
	mov	PLAIN_AT + PLAIN_RBX(%rbx), %rbx
	jmp	rt_vdso_image + VDSO_SGX_ENCLU + 3
rt_plain_out_left:

	/*
	 * A leaf, from stub_enclu.c: RCX is the thread's slot, RAX the stub.
	 * RCX as it was at the ENCLU is kept.
	 */
	.globl	rt_plain_leaf_start, rt_plain_leaf_saved
rt_plain_leaf_start:
	SAVE	rcx
	mov	%rbx, PLAIN_AT + PLAIN_RBX(%rcx)
	mov	%r11, PLAIN_AT + PLAIN_R11(%rcx)
	mov	%rax, PLAIN_AT + PLAIN_STUB(%rcx)
	movl	$1, PLAIN_AT + PLAIN_ON(%rcx)
rt_plain_leaf_saved:
	mov	%rcx, %rbx
	lea	PLAIN_AT(%rbx), %rsp
	pushfq
	pop	%rcx
	mov	%rcx, PLAIN_AT + PLAIN_RFLAGS(%rbx)
	OUR_RFLAGS ecx
	mov	%rbx, %rdi
	call	rt_plain_leaf
	jmp	rt_plain_leave

	/*
	 * Its handler puts the registers of struct plain into the frame.  It is
	 * #GP: hypervisors intercept #UD, which then takes three times as long.
	 */
rt_plain_trap:
	clts

	/* A thread that is not known traps, and is known from then on. */
	.globl	rt_plain_unknown, rt_plain_done
rt_plain_unknown:
unknown:
	mov	$2, %eax
	mov	RUN(%rbp), %rbx
	mov	(%rbx), %rbx
	lea	rt_vdso_image + VDSO_SGX_ENCLU(%rip), %rcx
	cmp	%eax, %eax
	jmp	*%rcx
rt_plain_done:

	.section .rodata
	.balign	8
slots:	.quad	RT_SLOTS

	.section .note.GNU-stack, "", @progbits
