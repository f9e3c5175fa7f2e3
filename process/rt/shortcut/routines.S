/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where stubs lead to: RAX is the call's number, the stack begins below the
 * program's red zone with the way back into the stub.  All registers are the
 * program's; RCX and R11 are free, as SYSCALL changes them.  The program's own
 * call is part of the door (base/door.h).  Before each place where something
 * has changed stands a `phase`, by which rt_leave_shortcut() takes it back.
 *
 * A path that may be one of the special files goes the slow way, by the trap.
 * So does one that leads to nothing and is a symbolic link: it may lead to a
 * device, which is not there for the host.  (A host that has these files has no
 * shortcuts.)
 */
#include <asm/errno.h>
#include <asm/unistd_64.h>

#include "process/rt/shortcut/shortcut.h"

#define ARG_RDI 0
#define ARG_RSI 8
#define ARG_RDX 16
#define ARG_R10 24
#define BUFFER	32 /* a struct stat, of 144 bytes, and another */
#define STAT	144
#define ST_DEV	0
#define ST_INO	8
#define SEEK_CUR 1
#define ACTION	32 /* struct ksigaction */
#define SIG_IGN	1
#define SIZE_OF_SET 8
#define O_CREAT	0x40

	.section .rodata.shortcut, "a"
	.globl	rt_shortcut_phases
rt_shortcut_phases:
	.section .rodata, "a"
	.balign	8
/* The last eight bytes, or four, of paths that are looked at by the trap. */
enclave:
	.ascii	"enclave\0"
provision:
	.ascii	"ovision\0"
aesm_socket:
	.ascii	".socket\0"
cpuinfo:
	.ascii	"cpuinfo\0"
mem:
	.ascii	"mem\0"
dev:
	.asciz	"/dev"
	.balign	8
/* SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS: always the runtime's. */
synchronous:
	.quad	1 << 3 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 30

	.text
/* Calls that the program does not make; its own filters let them pass. */
	.globl	rt_shortcut_call, rt_shortcut_called
rt_shortcut_call:
	syscall
rt_shortcut_called:
	ret

	.section .door.text, "ax"

	.macro	phase done
	.pushsection .rodata.shortcut, "a"
	.quad	9f, \done
	.popsection
9:
	.endm

	.macro	begin
	phase	0
	pushfq
	phase	SC_FLAGS
	cmpb	$0, rt_shortcuts_closed(%rip)
	jne	slow
	.endm

	.macro	save
	phase	SC_FLAGS
	lea	-SC_ROOM(%rsp), %rsp
	phase	SC_FLAGS | SC_DEEP
	mov	%rdi, ARG_RDI(%rsp)
	mov	%rsi, ARG_RSI(%rsp)
	mov	%rdx, ARG_RDX(%rsp)
	mov	%r10, ARG_R10(%rsp)
	phase	SC_FLAGS | SC_DEEP | SC_SAVED
	.endm

/* The flags of the processor stay.  `also`: of the phase. */
	.macro	restore also=0
	mov	ARG_RDI(%rsp), %rdi
	mov	ARG_RSI(%rsp), %rsi
	mov	ARG_RDX(%rsp), %rdx
	mov	ARG_R10(%rsp), %r10
	lea	SC_ROOM(%rsp), %rsp
	phase	SC_FLAGS | \also
	.endm

	.macro	end done
	phase	SC_FLAGS | \done
	popfq
	phase	SC_RESULT
	ret	$SC_RED_ZONE
	.endm

/* To `slow`, if the path may be one of ours. */
	.macro	look_at path
	test	\path, \path
	jz	4f
	mov	\path, %rcx
1:	inc	%rcx
	cmpb	$0, -1(%rcx)
	jne	1b
	mov	-8(%rcx), %r11
	cmp	enclave(%rip), %r11
	je	slow
	cmp	provision(%rip), %r11
	je	slow
	cmp	aesm_socket(%rip), %r11
	je	slow
	cmp	cpuinfo(%rip), %r11
	je	slow
	shr	$32, %r11
	cmp	mem(%rip), %r11d
	je	slow
4:
	.endm

	.balign	16
	.globl	rt_shortcut_start, rt_shortcut_end
rt_shortcut_start:

/* openat(), newfstatat(), faccessat(), faccessat2(), statx() */
	.globl	rt_shortcut_at
rt_shortcut_at:
	begin
	cmp	$__NR_openat, %eax
	jne	2f
	test	$O_CREAT, %edx
	jnz	slow
2:	look_at	%rsi
	syscall
	phase	SC_FLAGS | SC_MAYBE
	cmp	$-ENOENT, %rax
	je	3f
	end	SC_MAYBE
3:	save
	lea	BUFFER(%rsp), %rdx
	mov	$1, %r10d
	mov	$__NR_readlinkat, %eax
	call	rt_shortcut_call
	restore
	jmp	linked

/* open(), stat(), lstat(), access() */
	.balign	16
	.globl	rt_shortcut_path
rt_shortcut_path:
	begin
	cmp	$__NR_open, %eax
	jne	2f
	test	$O_CREAT, %esi
	jnz	slow
2:	look_at	%rdi
	syscall
	phase	SC_FLAGS | SC_MAYBE
	cmp	$-ENOENT, %rax
	je	3f
	end	SC_MAYBE
3:	save
	lea	BUFFER(%rsp), %rsi
	mov	$1, %edx
	mov	$__NR_readlink, %eax
	call	rt_shortcut_call
	restore
	/* on to linked */

/* RAX: what readlink() has said of a path that leads to nothing. */
linked:
	test	%rax, %rax
	jns	slow
	mov	$-ENOENT, %rax
	end	SC_RESULT

/* The stub goes on at the SYSCALL of the program, which traps. */
slow:
	phase	SC_FLAGS
	addq	$SC_SLOW, 8(%rsp)
	popfq
	phase	0
	ret	$SC_RED_ZONE

/* getdents64(): /dev lists the devices, behind what is read of it first. */
	.balign	16
	.globl	rt_shortcut_list
rt_shortcut_list:
	begin
	save
	xor	%esi, %esi
	mov	$SEEK_CUR, %edx
	mov	$__NR_lseek, %eax
	call	rt_shortcut_call
	test	%rax, %rax
	jnz	2f
	lea	BUFFER(%rsp), %rsi
	mov	$__NR_fstat, %eax
	call	rt_shortcut_call
	test	%rax, %rax
	jnz	2f
	lea	dev(%rip), %rdi
	lea	BUFFER + STAT(%rsp), %rsi
	mov	$__NR_stat, %eax
	call	rt_shortcut_call
	test	%rax, %rax
	jnz	2f
	mov	BUFFER + ST_INO(%rsp), %rcx
	cmp	BUFFER + STAT + ST_INO(%rsp), %rcx
	jne	2f
	mov	BUFFER + ST_DEV(%rsp), %rcx
	cmp	BUFFER + STAT + ST_DEV(%rsp), %rcx
	jne	2f
	restore
	jmp	slow
2:	phase	SC_FLAGS | SC_DEEP | SC_SAVED
	restore
	mov	$__NR_getdents64, %eax
	syscall
	end	SC_RESULT

/* 32 bytes */
	.macro	copy_action from, to
	.irp	at, 0, 8, 16, 24
	mov	\at + \from, %rcx
	mov	%rcx, \at + \to
	.endr
	.endm

/*
 * rt_sigaction(): the kernel knows best of a signal whose handler is not the
 * runtime's.  It is asked for the action, or given one that is no handler: not
 * both, so that this can be done again.
 */
	.balign	16
	.globl	rt_shortcut_sigaction
rt_shortcut_sigaction:
	begin
	cmp	$SIZE_OF_SET, %r10
	jne	slow
	lea	-1(%rdi), %rcx
	cmp	$64, %rcx
	jae	slow
	bt	%rcx, synchronous(%rip)
	jc	slow
	test	%rsi, %rsi
	jz	2f
	test	%rdx, %rdx
	jnz	slow
	save
	copy_action (%rsi), BUFFER(%rsp)
	cmpq	$SIG_IGN, BUFFER(%rsp)
	ja	3f
	xor	%esi, %esi
	lea	BUFFER + ACTION(%rsp), %rdx
	mov	$__NR_rt_sigaction, %eax
	call	rt_shortcut_call
	test	%rax, %rax
	jnz	3f
	mov	rt_own_handler(%rip), %rcx
	cmp	%rcx, BUFFER + ACTION(%rsp)
	je	3f
	lea	BUFFER(%rsp), %rsi
	xor	%edx, %edx
	mov	$__NR_rt_sigaction, %eax
	syscall
	phase	SC_FLAGS | SC_DEEP | SC_SAVED | SC_RESULT
	restore	SC_RESULT
	end	SC_RESULT
2:	test	%rdx, %rdx
	jz	slow
	save
	lea	BUFFER(%rsp), %rdx
	mov	$__NR_rt_sigaction, %eax
	syscall
	test	%rax, %rax
	jnz	3f
	mov	rt_own_handler(%rip), %rcx
	cmp	%rcx, BUFFER(%rsp)
	je	3f
	mov	ARG_RDX(%rsp), %rdx
	copy_action BUFFER(%rsp), (%rdx)
	phase	SC_FLAGS | SC_DEEP | SC_SAVED | SC_RESULT
	restore	SC_RESULT
	end	SC_RESULT
3:	phase	SC_FLAGS | SC_DEEP | SC_SAVED
	restore
	jmp	slow
rt_shortcut_end:

	.section .rodata.shortcut, "a"
	.quad	-1, 0

	.section .note.GNU-stack, "", @progbits
