/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the two sides of the process layer share: the injector and supervisor
 * outside (process/inject, process/supervisor) and the runtime inside
 * (process/rt).  Addresses, the parameters written into a new image, and the
 * messages on the supervisor's socket.
 *
 * The runtime lies at one address in every process of a run, because a seccomp
 * filter survives execve() and lets system calls pass by instruction pointer.
 * The address is clear of what programs claim for themselves (Gramine's
 * 0x10000.., 0x10000000000 and 0x400000000000 + 1 TiB, sanitizer shadows, Go's
 * heap, mmap from the top of the address space, the bottom-up layout of
 * `ulimit -s unlimited` at 1/3).  It is right below that of PIEs, at 2/3: there
 * all sanitizers expect memory of the program, and TSan and MSan nowhere else.
 */
#ifndef SWSGX_PROCESS_CTL_H
#define SWSGX_PROCESS_CTL_H

#define RT_BASE       0x553f00000000
#define RT_BASE_HIGH  0x553fu    /* bits 63:32, for BPF */
#define RT_CODE_SPAN  0x01000000 /* code: RT_BASE .. + 16 MiB */
#define RT_DOOR_SPAN  0x1000     /* its start: calls of the program */
#define RT_SLOTS      (RT_BASE + RT_CODE_SPAN)
#define RT_SLOT_SHIFT 16
#define RT_SLOT_SIZE  0x10000 /* one thread: its state and stack */
#define RT_PLAIN_SIZE 0x100   /* of it, at the end: process/rt/lp/plain.h */
#define RT_MAX_SLOTS  32768u

/* Places that a program makes its clone3() at: syscall/gadget.S. */
#define RT_SITES     32
#define RT_SITE_SIZE 8 /* SYSCALL, JMP *rt_sites[i](%rip) */

/* For what a thread does with enclave memory from outside, by its slot. */
#define RT_OUTSIDE       (RT_BASE + (1ul << 35))
#define RT_OUTSIDE_SIZE  0x40000ul
#define RT_OUTSIDE_XSAVE 0x3e000ul /* in there: rt/lp/xcr0.c */

/*
 * The run's tapes, where the process records events (process/tape.h): the head
 * of their file, and behind it a place for the tape of each slot.
 */
#define RT_TAPES    (RT_BASE + (5ul << 33))
#define RT_TAPES_AT 0x100000ul

/*
 * An inaccessible page whose address tells the run that a process belongs to,
 * by the server's process id: the server finds its processes so (/proc/PID/
 * maps), whoever their parents are.
 */
#define RT_MARKER(pid) (RT_BASE + (1ul << 33) + ((unsigned long)(pid) << 12))

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "cpu/cpu.h"
#include "process/control.h"
#include "process/rewrite.h"

/*
 * What RT_KNOCK asks for (its argument, low byte): a connection, or that the
 * thread is seized, since it is about to execve.  Then the filters are in the
 * next byte, and the ignored synchronous signals in the high half; the fourth
 * argument is the program's mask, the last two are the secret.  The answer is a
 * copy of the runtime's file.
 */
#define RT_KNOCK_CONNECT 0
#define RT_KNOCK_EXEC    1

#define RT_PARAMS_MAGIC 0x544d5250585347ul
#define RT_BY_COMMAND   (-1) /* msg.event.origin */
#define RT_BY_PROGRAM   (-2)
#define RT_ALL          UINT32_MAX /* msg.event.encl */
#define RT_CPUID_SITES  16         /* in one answer */
#define RT_SOCKET_NAME  64         /* abstract address, without the NUL */
#define RT_AESM_PREFIX  "aesm-"    /* of AESM's, before that name */

/* Filters that the process already has (they survive execve). */
#define RT_FILTER_BASE  1u
#define RT_FILTER_MM    2u
#define RT_FILTER_CPUID 4u  /* only where CPUID is rewritten */
#define RT_FILTER_DEBUG 8u  /* only in debuggers */
#define RT_FILTER_KNOCK 16u /* the server listens to it */

/* How the program's CPUID instructions come to the runtime. */
enum rt_cpuid {
	RT_CPUID_OFF,     /* not at all: they show the host's processor */
	RT_CPUID_FAULT,   /* the processor faults them */
	RT_CPUID_REWRITE, /* each is made a CLTS where it is mapped */
};

/*
 * One executable mapping of a new image, and where in its file CPUID
 * instructions lie.  The injector leaves a list of these, one after another,
 * at rt_params.cpuid_list; the runtime unmaps it when it has read it.
 */
struct rt_cpuid_mapping {
	uint64_t start, end;
	uint64_t offset; /* of `start` in the file */
	uint32_t prot;
	uint32_t count;
	uint64_t site[]; /* offsets in the file, ascending */
};

/*
 * What the host's CPUID says, alike on all of its processors.  Under a
 * hypervisor the instruction takes as long as a signal.
 */
#define RT_CPUID_KNOWN 32
struct rt_cpuid_answer {
	uint32_t leaf, sub;
	uint32_t any; /* it has no subleaves: ECX does not matter */
	uint32_t eax, ebx, ecx, edx;
};

/* A file that has no CPUID, as stat(2) has it: it need not be asked about. */
#define RT_CLEAN_FILES 40
struct rt_clean_file {
	uint64_t dev, ino, size;
	uint64_t mtime[2], ctime[2]; /* seconds, nanoseconds */
};

/*
 * Written by the injector at rt_params, before the runtime runs.  `result` is
 * the runtime's answer at the breakpoint that ends rt_init(): 0 or -errno, and
 * `failed_step` names what failed.
 */
struct rt_params {
	uint64_t magic;
	uint64_t image_end;    /* filled in at link time */
	uint64_t memory_end;   /* likewise: with .bss */
	uint64_t host_vdso;    /* address of the kernel's vDSO or 0 */
	uint64_t vdso_address; /* filled in at link time: our image */
	uint32_t filters;      /* RT_FILTER_* already there */
	uint32_t hwcap2;       /* AT_HWCAP2: bit 1 = FSGSBASE */
	uint32_t supervisor_pid;
	uint32_t verbose;
	uint32_t cpuid;  /* enum rt_cpuid */
	uint32_t strict; /* the abort page, at any price */
	uint32_t auxv_size;
	uint64_t auxv;              /* on the stack; our vDSO is in it */
	uint32_t code_is_protected; /* not writable */
	uint32_t blob_fd;           /* plus 1: to be closed; 0: none */
	uint32_t may_have_ldt;      /* modify_ldt() works */
	uint64_t cpuid_list;        /* page aligned */
	uint64_t cpuid_list_end;
	uint64_t virtual_mask;    /* blocked synchronous signals */
	uint64_t virtual_ignored; /* ignored synchronous signals */
	uint8_t secret[16];
	char socket[RT_SOCKET_NAME]; /* abstract socket, NUL padded */
	struct package package;      /* for CPUID only: no keys in it */
	uint32_t nr_known;
	struct rt_cpuid_answer known[RT_CPUID_KNOWN];
	uint32_t nr_clean;
	struct rt_clean_file clean[RT_CLEAN_FILES];
	int64_t result;
	uint64_t failed_step; /* enum rt_step */
	/* At an INT3 before the last: the server may take it. */
	uint32_t knock_fd; /* plus 1; 0: it is the last */
};

enum rt_step {
	RT_STEP_NONE,
	RT_STEP_PROTECT,
	RT_STEP_SLOTS,
	RT_STEP_SIGNALS,
	RT_STEP_SECCOMP,
	RT_STEP_CPUID,
};

/* Messages: fixed size, one per packet of a SOCK_SEQPACKET connection. */
enum msg_type {
	/* From a program's runtime: secret required. */
	MSG_EXEC = 1,    /* about to execve: seize tid; answer when seized */
	MSG_EXEC_FAILED, /* it failed: detach; answer when detached */
	MSG_OPEN,        /* open a device: answer carries the token's fd */
	MSG_ATTACH,      /* answer carries the platform's fd */
	MSG_REAP,        /* free dead enclaves; answer when done */
	MSG_IPI,         /* interrupt who is inside in other processes */
	MSG_FENCE,       /* struct sgx_sender's, for whom the host forbids it */
	MSG_PREEMPT,     /* struct host's, of a thread of another process */
	MSG_CPUID_SITES, /* passes a file: where does it have CPUID? */
	MSG_INJECTION,   /* have spec happen, counted from now */
	MSG_REWRITE,     /* take an instruction apart */
	MSG_TRACEE_EXEC, /* a tracer lets its tracee (exec.tid) go on: if that
			  */
			 /* has a new image, answers are MSG_TRACE until done */
	MSG_TRACE,       /* do this to it, and send it back */
	MSG_FINISH,      /* the front: its program (exec.tid) has ended */
	/* From these, and from a person's command: same user required. */
	MSG_EVENT, /* make it happen; answer carries counts */
	MSG_STAT,  /* answer carries the counters */
	MSG_TAPE,  /* answer carries the tapes' fd; `tape` asks for records */
	MSG_STATS, /* answer carries a file: process/stats.h */
};

/* ptrace(2), by a tracer of the run on behalf of the server */
enum rt_trace {
	RT_TRACE_GETREGS,
	RT_TRACE_SETREGS,
	RT_TRACE_SETSIGMASK,
	RT_TRACE_SIGCODE,  /* si_code of what it stopped for */
	RT_TRACE_CONTINUE, /* and wait until it stops again */
};
#define RT_TRACE_REGS 27 /* struct user_regs_struct */

struct msg {
	uint32_t type;
	int32_t error; /* answers: 0 or -errno */
	uint8_t secret[16];
	union {
		struct {
			int32_t tid;
			uint32_t filters;
			uint64_t mask; /* the program's, whole */
			uint64_t virtual_ignored;
			int32_t tracer; /* answer with -EPERM */
		} exec;
		struct {
			uint32_t kind;  /* enum sgx_file_kind */
			uint32_t flags; /* O_ACCMODE part of open(2) */
		} open;
		struct {
			uint64_t from, to; /* asked: offsets in the file */
			uint64_t total;    /* that many in there */
			uint64_t site[RT_CPUID_SITES]; /* the first of them */
		} cpuid;
		struct {
			uint32_t pid;    /* answer: as the server sees */
			uint32_t number; /* answer: kernel/host.h */
		} attach;
		struct {
			uint32_t what;  /* enum rt_trace */
			uint32_t sig;   /* CONTINUE: with it */
			int32_t status; /* waitpid()'s, or si_code */
			int32_t error;  /* 0 or -errno */
			uint64_t mask;
			uint64_t regs[RT_TRACE_REGS];
		} trace;
		struct {
			/* TAPE_CLASS_*, for as long as the client is there */
			uint32_t classes;
		} tape;
		struct rt_rewrite rewrite;
		struct rt_counters stat;
		struct {
			uint32_t clock; /* start it, if it does not run */
		} stats;
		char spec[RT_SPEC_SIZE];
		struct {
			uint32_t reclaim; /* the client cannot itself */
		} reap;
		struct {
			uint64_t secs; /* of sgx_interrupt() */
			uint32_t epoch;
		} ipi;
		struct {
			uint32_t number, tid; /* of struct host's preempt */
		} preempt;
		struct {
			uint32_t event;      /* enum sgx_event */
			int32_t origin;      /* an injection, or RT_BY_* */
			uint64_t n;          /* at which of them */
			uint32_t done;       /* it has: only report it */
			uint32_t has_cpusvn; /* migrate: to this one */
			uint8_t cpusvn[16];
			/* evict: pages of this enclave; RT_ALL: of all */
			uint32_t encl, pad;
			uint64_t start, end;
			/* the answer: what was hit */
			uint64_t enclaves, pages, threads;
		} event;
	};
};

/*
 * "Inter-processor interrupt": SIGSYS with this value, to a thread that is in
 * an enclave, or in a section; kernel/machine/smp.h and
 * kernel/platform/section.h say more.  The value may be lost on the way
 * (kernel/machine/notes.h).
 */
#define RT_IPI_VALUE 0x5357534758495049ull

#endif /* __ASSEMBLER__ */
#endif
