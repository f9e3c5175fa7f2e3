/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the room of the logical processor keeps for each thread, beside the
 * model of the processor itself (`lp`, cpu/cpu.h), and for the process.
 */
#ifndef SWSGX_PROCESS_RT_LP_STATE_H
#define SWSGX_PROCESS_RT_LP_STATE_H

#include <asm/siginfo.h>
#include <stdbool.h>
#include <stdint.h>

/* enclu.c: struct thread's `entry` */
struct thread_entry {
	uint64_t enclu;       /* RIP of the last ENCLU that entered, or 0 */
	uint64_t again;       /* RIP of an entry to be made again, or 0 */
	uint32_t losses_seen; /* of the EPC, before it entered */
};

/* ipi.c: struct thread's `ipi`, the interrupts that it has taken */
struct thread_ipi {
	uint64_t who;   /* the thread whose notes these are: sgx_who() */
	uint32_t taken; /* of its notes that were begun */
};

/* mode.c: struct thread's `mode`, what the host does for enclave mode */
struct thread_mode {
	uint32_t dispatch_tid; /* Syscall User Dispatch is on for this tid */
	uint8_t selector;      /* SYSCALL_DISPATCH_FILTER_* */
	bool tsc_forbidden;
	uint32_t tsc_mode; /* the program's PR_SET_TSC meanwhile */
};

/* view.c: struct thread's `view` */
struct thread_view {
	bool sees_epc;
	bool peeking; /* rt_peek() reads as the enclave does */
};

/* xcr0.c: struct thread's `xcr0` */
struct thread_xcr0 {
	bool has_area; /* its area is mapped */
};

/* injection: struct thread's `injection` */
struct thread_injection {
	uint64_t aex_due, aex_n; /* due once the thread is inside */
	bool interrupts;         /* it is being made */
};

/* plain.c: struct thread's `plain` */
struct thread_plain {
	siginfo_t info; /* of the signal that came on the way */
	bool exits;     /* EEXIT is to be made before it is told */
	bool makes;     /* a leaf is to be made, and nothing told */
};

/* stats.c: struct thread's `stats`; kernel/platform/stats.h */
#define RT_STATS_ROWS 4
struct thread_stats {
	struct sgx_stats_row *row; /* of the enclave that it was in last */
	struct sgx_stats_row *rows[RT_STATS_ROWS];
	uint32_t next;
};

/* stub.c: struct process' `stubs` */
struct process_stubs {
	uint32_t lock;
	bool due; /* a child of fork() has yet to look at them */
	uint32_t own_lock;
	uint32_t calls; /* of the program, about its memory, under way */
};

/* ipi.c: struct process' `ipi`, the process to the server */
struct process_ipi {
	uint32_t server_pid; /* its process id there; 0: ask */
	uint32_t number;     /* struct host's `current`, or 0 */
};

#endif
