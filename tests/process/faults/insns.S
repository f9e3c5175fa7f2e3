/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows of illegal_insns.c: an instruction, and what an enclave gets for
 * it.  SDM vol. 3D "Intel SGX Interactions with IA-32 and Intel 64
 * Architecture", its list of illegal instructions; "ENCLU", Operation.
 *
 *	group "name"
 *	row "name", outcome, "instruction" [, "what comes before it"]
 *
 * Before it: RAX = RCX = RDX = 0, RSI = RDI = a page of the enclave's own that
 * may be written, and the stack is the host's.
 */
#include "tests/process/faults/insns.h"

#define UD	6
#define GP	13

	.macro ENCLU
	.byte	0x0f, 0x01, 0xd7
	.endm
	.macro pre bytes:vararg
	.byte	\bytes
	.endm
	/* On the stack: to the given selector, and there to the end. */
	.macro pointer selector:req
	pushq	$\selector
	lea	bare_leave(%rip), %rax
	push	%rax
	.endm

	.macro row name:req, outcome:req, insn:req, before
	.section bare_code, "a", @progbits
9991:	mov	%rsi, %rdi
	xor	%eax, %eax
	xor	%ecx, %ecx
	xor	%edx, %edx
	\before
9992:	\insn
9993:	jmp	bare_leave
	.section .rodata.insns, "a", @progbits
8881:	.asciz	"\name"
	.org	8881b + INSN_NAME
	.long	9991b - insns_base
	.long	9992b - insns_base
	.long	9993b - insns_base
	.long	\outcome
	.endm

	.macro group name:req
	.section .rodata.insns, "a", @progbits
8882:	.asciz	"\name"
	.org	8882b + INSN_NAME
	.long	0, 0, 0, GROUP
	.endm

	.section bare_code, "a", @progbits
	.balign 16
	.global insns_base
insns_base:

	.section .rodata.insns, "a", @progbits
	.balign 8
	.global insn_rows
insn_rows:

	group "invalid anywhere"
	row "UD2", UD, "ud2"
	row "UD1", UD, ".byte 0x0f, 0xb9, 0xc0"
	row "LOCK NOP", UD, ".byte 0xf0, 0x90"
	row "INTO", UD, ".byte 0xce"
	row "POP ES", UD, ".byte 0x07"
	row "POP SS", UD, ".byte 0x17"
	row "POP DS", UD, ".byte 0x1f"
	row "CALL ptr16:32", UD, ".byte 0x9a, 0, 0, 0, 0, 0, 0"
	row "JMP ptr16:32", UD, ".byte 0xea, 0, 0, 0, 0, 0, 0"

	/* #GP outside, for want of privilege. */
	group "input and output"
	row "IN AL, imm8", UD, "in $0x80, %al"
	row "IN EAX, imm8", UD, "in $0x80, %eax"
	row "IN AL, DX", UD, "in %dx, %al"
	row "IN AX, DX", UD, "in %dx, %ax"
	row "OUT imm8, AL", UD, "out %al, $0x80"
	row "OUT imm8, EAX", UD, "out %eax, $0x80"
	row "OUT DX, AL", UD, "out %al, %dx"
	row "OUT DX, AX", UD, "out %ax, %dx"
	row "INSB", UD, "insb"
	row "INSD", UD, "insl"
	row "REP INSW", UD, "rep insw", "mov $2, %ecx"
	row "OUTSB", UD, "outsb"
	row "OUTSD", UD, "outsl"
	row "REP OUTSB", UD, "rep outsb", "mov $2, %ecx"
	row "OUTSB, four prefixes", UD, ".byte 0x65, 0xf2, 0x66, 0x67, 0x6e"

	group "software interrupts"
	row "INT3", UD, "int3"
	row "INT 0", UD, "int $0"
	row "INT 1", UD, "int $1"
	row "INT 3, the long form", UD, ".byte 0xcd, 3"
	row "INT 4", UD, "int $4"
	row "INT 20H", UD, "int $0x20"
	row "INT 80H", UD, "int $0x80", "mov $20, %eax"
	row "INT 81H", UD, "int $0x81"

	group "calls of the system"
	row "SYSCALL", UD, "syscall", "mov $39, %eax"
	row "SYSENTER", UD_LATE, "sysenter", "mov $20, %eax"

	/* What the host faults on, and what it does not. */
	group "far transfers"
	row "CALL m16:32, null selector", UD, "lcall *(%rsi)"
	row "CALL m16:64, null selector", UD, "rex.w lcall *(%rsi)"
	row "CALL m16:32, bad", UD, "lcall *(%rsi)", "movw $-8, 4(%rsi)"
	row "CALL m16:32, no memory", UD, "lcall *16"
	row "JMP m16:32, null selector", UD, "ljmp *(%rdi)"
	row "JMP m16:64, null selector", UD, "rex.w ljmp *(%rdi)"
	row "RETF, null selector", UD, "lretl", "pushq $0; pushq $0"
	row "RETF imm16, null selector", UD, "lretq $8", "pushq $0; pushq $0"
	row "IRET, null selector", UD, "iretl", "pushq $0; pushq $0; pushq $0"
	row "IRETQ, null selector", UD, "iretq", "pushq $0; pushq $0; pushq $0"
	row "RETF, good segment", UD_OR_RUNS, "lretq", "pointer 0x33"
	row "JMP m16:64, good", UD_OR_RUNS, "rex.w ljmp *(%rsp)", "pointer 0x33"
	row "JMP m16:64 (32)", UD_LATE, "rex.w ljmp *(%rsp)", "pointer 0x23"
	row "SYSEXIT", GP, "sysexitl"
	row "SYSRET", GP, "sysretl"

	/* 18H is no segment of Linux's user mode. */
	group "segment registers"
	row "MOV DS, AX", UD, "mov %eax, %ds", "mov $0x18, %eax"
	row "MOV ES, AX", UD, "mov %eax, %es", "mov $0x18, %eax"
	row "MOV SS, AX", UD, "mov %eax, %ss", "mov $0x18, %eax"
	row "MOV FS, AX", UD, "mov %eax, %fs", "mov $0x18, %eax"
	row "MOV GS, AX", UD, "mov %eax, %gs", "mov $0x18, %eax"
	row "MOV SS, null selector", UD, "mov %eax, %ss"
	row "MOV DS, no memory", UD, "mov 16, %ds"
	row "MOV DS, null selector", UD_OR_RUNS, "mov %eax, %ds"
	row "POP FS", UD, "pop %fs", "pushq $0x18"
	row "POP GS", UD, "pop %gs", "pushq $0x18"
	row "LSS", UD, "lss (%rsi), %eax"
	row "LFS", UD, "lfs (%rsi), %eax", "movl $0x18, 4(%rsi)"
	row "LGS", UD, "lgs (%rsi), %eax", "movl $0x18, 4(%rsi)"
	row "MOV AX, DS", RUNS, "mov %ds, %eax"
	row "PUSH FS", RUNS, "push %fs"
	row "LAR", RUNS, "lar %eax, %ecx"
	row "LSL", RUNS, "lsl %eax, %ecx"
	row "VERR", RUNS, "verr %ax"
	row "VERW", RUNS, "verw %ax"

	group "what tells of the machine"
	row "CPUID", UD_OR_CPUID, "cpuid"
	row "RDPMC", UD, "rdpmc"
	row "SGDT", UD_OR_RUNS, "sgdt (%rsi)"
	row "SIDT", UD_OR_RUNS, "sidt (%rsi)"
	row "SLDT", UD_OR_RUNS, "sldt %eax"
	row "STR", UD_OR_RUNS, "str %eax"
	row "SMSW", UD_OR_RUNS, "smsw %eax"
	row "GETSEC", UD, ".byte 0x0f, 0x37"
	row "VMCALL", UD_OR_RUNS, "vmcall", "or $-1, %eax"
	row "VMFUNC", UD, "vmfunc"

	group "what may be run"
	row "RDTSC", RUNS, "rdtsc"
	row "RDTSCP", RUNS_OR_UD, "rdtscp"
	row "RDRAND", RUNS_OR_UD, "rdrand %eax"
	row "RDSEED", RUNS_OR_UD, "rdseed %eax"
	row "XGETBV", RUNS_OR_UD, "xgetbv"
	row "PAUSE", RUNS, "pause"
	row "CLFLUSH", RUNS, "clflush (%rsi)"
	row "RDFSBASE", RUNS_OR_UD, "rdfsbase %rax"
	row "WRFSBASE", RUNS_OR_UD, "wrfsbase %rsi"
	row "RDGSBASE", RUNS_OR_UD, "rdgsbase %rax"
	row "FXSAVE", RUNS, "fxsave (%rsi)"
	row "PUSHF, POPF", RUNS, "popfq", "pushfq"

	row "RDPKRU", RUNS_OR_UD, "rdpkru"
	row "WRPKRU", RUNS_OR_UD, "wrpkru", "movl $0x55555554, %eax"

	/* User interrupts, which Linux does not switch on. */
	group "user interrupts"
	row "UIRET", UD, ".byte 0xf3, 0x0f, 0x01, 0xec"
	row "TESTUI", UD, ".byte 0xf3, 0x0f, 0x01, 0xed"
	row "CLUI", UD, ".byte 0xf3, 0x0f, 0x01, 0xee"
	row "STUI", UD, ".byte 0xf3, 0x0f, 0x01, 0xef"
	row "SENDUIPI", UD, ".byte 0xf3, 0x0f, 0xc7, 0xf0"

	group "what only the kernel may do"
	row "HLT", GP, "hlt"
	row "CLI", GP, "cli"
	row "STI", GP, "sti"
	row "CLTS", GP, "clts"
	row "INVD", GP, "invd"
	row "WBINVD", GP, "wbinvd"
	row "INVLPG", GP, "invlpg (%rsi)"
	row "RDMSR", GP, "rdmsr"
	row "WRMSR", GP, "wrmsr"
	row "SWAPGS", GP, "swapgs"
	row "LGDT", GP, "lgdt (%rsi)"
	row "LIDT", GP, "lidt (%rsi)"
	row "LLDT", GP, "lldt %ax"
	row "LTR", GP, "ltr %ax"
	row "LMSW", GP, "lmsw %ax"
	row "MOV EAX, CR0", GP, "mov %cr0, %rax"
	row "MOV CR3, RAX", GP, "mov %rax, %cr3"
	row "MOV RAX, DR7", GP, "mov %dr7, %rax"
	row "XSETBV", GP, "xsetbv"
	row "ENCLS", UD, ".byte 0x0f, 0x01, 0xcf"

	group "ENCLU"
	row "ENCLU[EENTER] inside", GP, "ENCLU", "mov $2, %eax"
	row "ENCLU[ERESUME] inside", GP, "ENCLU", "mov $3, %eax"
	row "ENCLU[8], not enumerated", GP, "ENCLU", "mov $8, %eax"
	row "ENCLU[10]", GP, "ENCLU", "mov $10, %eax"
	row "ENCLU[FFFFFFFFH]", GP, "ENCLU", "or $-1, %eax"
	row "EGETKEY, misaligned", GP, "ENCLU", "inc %eax; mov $8, %ebx"
	row "ENCLU[EENTER], REX.W", GP, "pre 0x48; ENCLU", "mov $2, %eax"
	row "EENTER, 64 67 REX",GP,"pre 0x64,0x67,0x40;ENCLU", "mov $2, %eax"
	row "EEXIT, REX.W", RUNS,"pre 0x48;ENCLU", "mov %gs:0, %rbx;mov $4, %al"
	row "ENCLU, 66H prefix", UD, "pre 0x66; ENCLU", "mov $4, %eax"
	row "ENCLU, F3H prefix", UD, "pre 0xf3; ENCLU", "mov $4, %eax"
	row "ENCLU, LOCK prefix", UD, "pre 0xf0; ENCLU", "mov $4, %eax"

	.section .rodata.insns, "a", @progbits
	.global insn_rows_end
insn_rows_end:

	.section .note.GNU-stack, "", @progbits
