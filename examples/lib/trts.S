/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An enclave's way in and out, its TCS pages, and each thread's memory.
 * Sizes are macros; see trts.h.
 *
 * Source: SDM "Enclave Entry and Exiting", "Thread Control Structure (TCS)",
 * "State Save Area (SSA) Frame".
 */
#ifndef TRTS_TCS_COUNT
#define TRTS_TCS_COUNT		1
#endif
#ifndef TRTS_NSSA
#define TRTS_NSSA		2
#endif
#ifndef TRTS_SSAFRAMESIZE
#define TRTS_SSAFRAMESIZE	1
#endif
#ifndef TRTS_STACK_PAGES
#define TRTS_STACK_PAGES	4
#endif
#ifndef TRTS_HEAP_PAGES
#define TRTS_HEAP_PAGES		0
#endif

#define PAGE		4096
#define GPRSGX_SIZE	184
#define FRAME_SIZE	(TRTS_SSAFRAMESIZE * PAGE)
#define STACK_SIZE	(TRTS_STACK_PAGES * PAGE)

/* One thread: its stacks (one for each CSSA), SSA frames, FS and GS page. */
#define THREAD_SSA	(TRTS_NSSA * STACK_SIZE)
#define THREAD_GS	(THREAD_SSA + TRTS_NSSA * FRAME_SIZE)
#define THREAD_SIZE	(THREAD_GS + PAGE)

	.cfi_sections .debug_frame

#define ENCLU		.byte 0x0f, 0x01, 0xd7
#define ENCLU_EEXIT	4

	/* The TCS pages lie at offset 0; their fields are offsets. */
	.section .tcs, "aw", @progbits
	.balign PAGE
trts_tcs:
	.set i, 0
	.rept TRTS_TCS_COUNT
	.quad 0				/* STATE */
	.quad 0				/* FLAGS */
	.quad trts_threads - trts_tcs + i * THREAD_SIZE + THREAD_SSA
	.long 0, TRTS_NSSA		/* CSSA, NSSA */
	.quad trts_entry - trts_tcs
	.quad 0				/* AEP */
	.quad trts_threads - trts_tcs + i * THREAD_SIZE + THREAD_GS
	.quad trts_threads - trts_tcs + i * THREAD_SIZE + THREAD_GS
	.long 0xffffffff, 0xffffffff	/* FSLIMIT, GSLIMIT */
	.balign PAGE
	.set i, i + 1
	.endr

	.section .threads, "aw", @progbits
	.balign PAGE
trts_threads:
	.set i, 0
	.rept TRTS_TCS_COUNT
	.zero THREAD_GS
	.quad i				/* trts_thread_index() */
	.balign PAGE
	.set i, i + 1
	.endr

	.section .bss
	.balign PAGE
	.global trts_heap, trts_heap_end
	.hidden trts_heap, trts_heap_end
trts_heap:
#if TRTS_HEAP_PAGES
	.skip TRTS_HEAP_PAGES * PAGE
#endif
trts_heap_end:

	/* The host reads this one to fill in the SECS. */
	.global trts_ssaframesize
	.set trts_ssaframesize, TRTS_SSAFRAMESIZE

/*
 * EENTER comes here: RAX = CSSA, RBX = TCS, RCX = where EEXIT should go, all
 * from the processor; every other register is the host's.
 */
	.section .text.entry, "ax", @progbits
	.global trts_entry
	.hidden trts_entry
	.type trts_entry, @function
trts_entry:
	/* For debuggers: the caller is the host, at where RCX says. */
	.cfi_startproc
	.cfi_def_cfa %rsp, 0
	.cfi_register %rip, %rcx
	/* R10 := this thread's memory.  TCS pages and threads go in step. */
	lea	trts_tcs(%rip), %r10
	sub	%r10, %rbx
	shr	$12, %rbx
	imul	$THREAD_SIZE, %rbx, %rbx
	lea	trts_threads(%rip), %r10
	add	%rbx, %r10

	/* The stack for this CSSA grows down from (CSSA + 1) * STACK_SIZE. */
	mov	%eax, %esi
	imul	$STACK_SIZE, %rax, %rax
	lea	STACK_SIZE(%r10, %rax), %rax
	xchg	%rax, %rsp
	.cfi_def_cfa_register %rax
	push	%rax			/* host's RSP */
	push	%rbp
	push	%rcx
	push	$2
	popfq				/* DF and AC were the host's choice */
	sub	$8, %rsp
	/* CFA, RBP and RIP: *(RSP + 24), at RSP + 16, at RSP + 8 */
	.cfi_escape 0x0f, 3, 0x77, 24, 0x06
	.cfi_escape 0x10, 6, 2, 0x77, 16
	.cfi_escape 0x10, 16, 2, 0x77, 8
	xor	%ebp, %ebp
	fninit
	ldmxcsr	trts_mxcsr(%rip)

	test	%esi, %esi
	jnz	.Lexception
	call	enclave_main
	jmp	.Lexit

.Lexception:
	mov	%esi, %edx		/* CSSA */
	imul	$FRAME_SIZE, %rsi, %rsi
	lea	THREAD_SSA - GPRSGX_SIZE(%r10, %rsi), %rsi
	call	enclave_exception

.Lexit:
	mov	%rax, %rdi		/* the one value that goes out */
	add	$8, %rsp
	pop	%rbx			/* RCX as it was at EENTER */
	pop	%rbp
	pop	%rsp
	.cfi_def_cfa %rsp, 0
	.cfi_restore %rbp
	.cfi_register %rip, %rbx
	/*
	 * Nothing else leaves: R12-R15 are the host's again, by the psABI.
	 * The upper halves of YMM and ZMM are not touched by code compiled
	 * for baseline x86-64; an enclave that uses AVX clears them itself.
	 */
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	pxor	%xmm\n, %xmm\n
	.endr
	fninit
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	mov	$ENCLU_EEXIT, %eax
	ENCLU
	ud2
	.cfi_endproc
	.size trts_entry, . - trts_entry

	/* For enclaves that define none. */
	.weak enclave_exception
	.hidden enclave_exception
	.type enclave_exception, @function
enclave_exception:
	xor	%eax, %eax
	ret
	.size enclave_exception, . - enclave_exception

	.section .rodata
	.balign 4
trts_mxcsr:
	.long 0x1f80

	.section .note.GNU-stack, "", @progbits
