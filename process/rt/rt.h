/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runtime inside a program's process.  Its laws (README.md beside this
 * file): no libc, no TLS, no errno, no vector registers in its own code, no
 * lock that the program could hold, bounded stacks, every access to the
 * program's memory through uaccess.h.
 *
 * Everything happens in signal handlers, on the thread's slot stack, with all
 * asynchronous signals blocked; the interrupted state is edited in the signal
 * frame and takes effect when the handler returns.  So no transition into or
 * out of an enclave is ever half done when another signal arrives; plain.S, the
 * one that happens elsewhere, sees to that itself.
 */
#ifndef SWSGX_PROCESS_RT_RT_H
#define SWSGX_PROCESS_RT_RT_H

#include "cpu/cpu.h"
#include "kernel/sgx.h"
#include "process/ctl.h"
#include "process/rt/base/abi.h"

/*
 * Signals that the processor's exceptions and the filters raise: never really
 * blocked, because a blocked synchronous signal kills the process instead of
 * reaching us.  The program's mask of them is virtual.
 */
#define RT_SYNC_SIGNALS                                                      \
	(SIGBIT(SIGSYS) | SIGBIT(SIGILL) | SIGBIT(SIGSEGV) | SIGBIT(SIGBUS) | \
	 SIGBIT(SIGFPE) | SIGBIT(SIGTRAP))

/* What a child of vfork() must not leave in its parent's: its signals... */
struct signal_state {
	sigset64 virtual_mask;
	struct kstack altstack;		/* the program's, virtual */
	struct ksigaction *actions;	/* [NSIG_MAX + 1] */
	bool traced_from_exec;		/* trace.c */
};

/* mayexec.c: a mapping that pages of an enclave come from */
struct source {
	uint64_t start, end;		/* empty: none is known */
	uint32_t changes;		/* rt_process.mapping_changes then */
	bool noexec;
};

#define RT_VFORK_DEPTH	2

/*
 * A thread.  Lies at the low end of its slot; the rest of the slot is the
 * stack that handlers run on.
 */
struct thread {
	uint32_t tid;
	uint32_t pid;			/* whose thread it was at first */
	struct signal_state sig;
	uint32_t vforks;		/* lent to this many vfork children */
	struct {
		uint32_t tid;
		struct signal_state sig;
	} lender[RT_VFORK_DEPTH];
	sigset64 pending;		/* virtual: arrived, not delivered */
	const sigset64 *frame_mask;	/* the next frame returns to it */
	siginfo_t pending_info[6];	/* index: rt_sync_index() */
	/* What handlers see: Linux's thread_struct, of the last fault told. */
	struct {
		uint64_t trapno, err, cr2;
	} trap;
	struct ksignal uaccess_fault;	/* the last one in uaccess.h */
	sigset64 interruptible;		/* signals that would end a wait */
	struct sgx_section *section;	/* the innermost; machine/section.h */
	uint32_t losses_seen;		/* before it entered */
	bool requeued;			/* an interrupt is blocked for now */
	uint64_t entry_again;		/* RIP of an entry to be made again */
	bool sees_epc;			/* view.c */
	bool peeking;
	bool has_outside;		/* outside.c: its area is there */
	bool has_xsave;			/* xcr0.c: likewise */
	uint64_t aex_injections, aex_n;	/* due once it is inside */
	struct source source[2];	/* of ADD_PAGES, the last ones */
	uint32_t signal_asked;		/* times, since the call began */
	bool newborn_clears;		/* clone.c */
	uint32_t sud_tid;		/* SUD is armed for this tid */
	uint32_t tsc_mode;		/* the program's PR_SET_TSC, while */
	bool tsc_forbidden;		/* it is forbidden: in an enclave */
	uint8_t sud_selector;		/* SYSCALL_DISPATCH_FILTER_* */
	struct lp lp;
	siginfo_t plain_info;		/* plain.c: of the signal that came */
	struct ksigaction vfork_actions[RT_VFORK_DEPTH][NSIG_MAX + 1];
};
#define RT_STACK_MIN	0x8000ul
_Static_assert(sizeof(struct thread) <= RT_SLOT_SIZE - RT_STACK_MIN,
	       "a thread's state leaves room for its stack");

/*
 * Enclaves whose addresses have a filter.  They are not taken back, and each is
 * asked at each system call, so there is an end to it.
 */
#define RT_MAX_ELRANGES	32

/* The process (its address space). */
struct process {
	uint32_t pid;
	uint32_t server_pid;		/* the same to the server; 0: ask */
	uint32_t number;		/* struct host's current, or 0 */
	uint32_t verbose;
	uint32_t filters;		/* RT_FILTER_* in force */
	uint32_t attached;		/* mm is valid */
	uint32_t own_filters;		/* the program has installed some */
	uint32_t mapping_changes;	/* atomic: calls that may be some */
	uint32_t fsgsbase;		/* RD/WRFSBASE may be used */
	uint32_t cpuid_faulting;
	uint32_t traces;		/* other processes, as a debugger */
	uint32_t attach_lock;
	uint32_t open_lock, nr_open;	/* exec.c: who wants it dumpable */
	bool was_closed;
	bool emulator;			/* emulator.c */
	uint32_t cpuid_lock;		/* cpuid_sites.c */
	uint32_t elranges_lock;		/* filter.c */
	uint32_t nr_elranges;
	struct {
		uint64_t base, size;
	} elranges[RT_MAX_ELRANGES];	/* that have a filter */
	uint64_t host_vdso;
	uint64_t executable;		/* mdwe.c: the EPC once more, or 0 */
	uint64_t token_dev;		/* st_dev of tokens, once known */
	struct sgx_mm mm;
	struct ksigaction actions[NSIG_MAX + 1];
};
extern struct process rt_process;
extern struct rt_params rt_params;
extern uint8_t rt_vdso_image[];

/* entry.S */
extern const char rt_text_start[], rt_text_end[], rt_rodata_start[];
extern const char rt_data_start[];
extern const char rt_image_end[], rt_end[];
extern const char rt_copy_start[], rt_copy_end[], rt_copy_fault[];
extern const char rt_int1_at[], rt_int1_behind[];
extern const char rt_gadget_syscall[], rt_gadget_return[];
extern const char rt_sites_start[], rt_sites_end[];
extern uint64_t rt_sites[RT_SITES];	/* where they return to; 0: free */
void rt_signal_entry(void);
void rt_restorer(void);
long rt_clone_syscall(void *args, size_t size);
/* A system call that the program's own filters judge. */
long rt_door(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
	     uint64_t e, uint64_t f);
bool rt_int1_stays(void);

/* thread.c */
struct thread *rt_thread_enter(uint64_t sp);
void rt_thread_altstack(const struct thread *t, struct kstack *ss);
int rt_slots_init(void);
struct thread *rt_thread_first(void);
/* A slot for a thread that is to come; NULL if there is none. */
struct thread *rt_thread_unborn(void);
/* This is a child of fork(), made by the runtime in t's handler. */
void rt_thread_forked(struct thread *t);
/* The i-th slot's thread (tid 0: nobody's), NULL after the last. */
struct thread *rt_thread_at(uint32_t i);
/* The thread whose slot stack we run on. */
static inline struct thread *rt_current(void)
{
	return (struct thread *)((uint64_t)__builtin_frame_address(0) &
				 ~(uint64_t)(RT_SLOT_SIZE - 1));
}

/*
 * Is it of the process whose memory this is?  Not a vfork child, nor anybody
 * else who shares the memory and has a life and death of his own.
 */
static inline bool rt_is_own(const struct thread *t)
{
	return !t->vforks && t->pid == rt_process.pid;
}

/* trap.c: every signal comes in here */
void rt_handle_signal(int sig, siginfo_t *info, struct kucontext *uc,
		      struct thread *t);

/* syscall.c: a trapped system call.  RAX of *uc receives the value. */
void rt_syscall(struct thread *t, struct kucontext *uc);
/* Let the program make its call itself, at its own mask (see gadget). */
void rt_pass_on(struct kucontext *uc);
/* A signal found the thread in the gadget: show the program's own RIP. */
void rt_leave_gadget(struct kucontext *uc);

/* signal.c: the program's signal state */
void rt_signals_init(uint64_t ignored);
int rt_sync_index(int sig);
long rt_sigaction(struct thread *t, int sig, uint64_t act, uint64_t old,
		  uint64_t size);
long rt_sigprocmask(struct thread *t, struct kucontext *uc, int how,
		    uint64_t set, uint64_t old, uint64_t size);
long rt_sigaltstack(struct thread *t, uint64_t ss, uint64_t old, uint64_t sp);
sigset64 rt_program_mask(const struct thread *t, const struct kucontext *uc);
void rt_set_program_mask(struct thread *t, struct kucontext *uc, sigset64 mask);
/* Signals that would interrupt a system call of the program now. */
sigset64 rt_interruptible(const struct thread *t, const struct kucontext *uc);
bool rt_on_altstack(const struct thread *t, uint64_t sp);

/* The program's handlers are gone: CLONE_CLEAR_SIGHAND. */
void rt_signals_clear(struct thread *t);

/* clone.c */
void rt_clone3(struct thread *t, struct kucontext *uc);

/* sigwait.c: false if it is none of its calls */
bool rt_sigwait_syscall(struct thread *t, struct kucontext *uc);

/* sigframe.c: frames on the program's stack */
/*
 * Note the exception that uc holds, which the program is about to be told of.
 * Signals that are none show the last one noted; so what was mended in between
 * does not show.  Linux: thread.trap_nr, error_code and, for #PF only, cr2.
 */
void rt_note_trap(struct thread *t, const struct kucontext *uc);
void rt_deliver(struct thread *t, struct kucontext *uc, int sig,
		const siginfo_t *info, bool forced);
void rt_deliver_pending(struct thread *t, struct kucontext *uc);
void rt_sigreturn(struct thread *t, struct kucontext *uc);
/* Size of the extended state in a frame: what the kernel wrote there. */
uint32_t rt_fpstate_size(const struct kucontext *uc);
void rt_force_default(struct thread *t, struct kucontext *uc, int sig,
		      const siginfo_t *info);

/* enclave.c: the logical processor and the signal frame */
/* Outside; the ENCLU at rip has so many bytes of prefixes. */
bool rt_enclu(struct thread *t, struct kucontext *uc, uint64_t rip,
	      int prefixes);
void rt_interrupt(struct thread *t, struct kucontext *uc);
/* After rt_sigreturn(): ENCLU, if the vDSO's is what comes next. */
void rt_enclu_at_return(struct thread *t, struct kucontext *uc);
/*
 * EENTER without a trap, for one whose registers are in t->lp.r, but
 * for FS and GS base.  False: the instruction has to do it.
 */
bool rt_enter_plainly(struct thread *t);
void rt_deliver_fault(struct thread *t, struct kucontext *uc,
		      const struct ksignal *signal);
/* The signal that the host has raised for a page fault. */
void rt_host_fault(const struct kucontext *uc, const siginfo_t *info, int sig,
		   struct ksignal *signal);
/* A page fault's error code as exc_page_fault() wants it. */
uint32_t rt_fault_code(const struct kucontext *uc, const siginfo_t *info);
void rt_exception(struct thread *t, struct kucontext *uc, uint8_t vector,
		  siginfo_t *info, int sig);

/*
 * instruction.c: what stands at an address, read once, because its page may be
 * taken away or given back at any moment.
 */
struct instruction {
	uint8_t byte[RT_INSN_MAX + 2];	/* zeros after what was read */
	unsigned int length;	/* what could be read: perhaps 0 */
	uint8_t before[2];	/* the bytes before it; zeros if not readable */
	uint64_t rip;
};

void rt_fetch(struct instruction *insn, uint64_t rip);
/* The same where t is in an enclave, and parked. */
void rt_fetch_inside(struct thread *t, struct instruction *insn, uint64_t rip);
/* Was it an ENCLU that raised this?  Bytes of its prefixes, or -1. */
int rt_at_enclu(const struct kucontext *uc, const struct instruction *insn);
/*
 * The vector that the processor raises in enclave mode where the
 * host raised this one; the model's RIP is put where the enclave's would be.
 */
uint8_t rt_enclave_vector(struct lp *lp, const struct instruction *insn,
			  uint8_t vector);
/* How much of an INT1 that raised #DB inside is still before the thread. */
unsigned int rt_int1_left(const struct instruction *insn);
/* The host let a far transfer through: 64-bit mode again.  True if it did. */
bool rt_mend_segments(struct kucontext *uc);

/*
 * view.c: what a thread sees of the EPC, by protection keys or by nobody seeing
 * it while no thread is inside.  rt_view_set() follows each transition.
 */
void rt_view_init(void);
void rt_view_set(struct thread *t, struct kucontext *uc);
/* The same for who runs on without a frame: it has entered. */
void rt_view_open(struct thread *t);
/* An enclave's fault for our own key, which its XRSTOR may have closed. */
bool rt_view_mend(struct kucontext *uc, int sig, const siginfo_t *info);
/* rt_get(), as the interrupted thread sees memory in its enclave. */
int rt_peek(void *to, uint64_t from, size_t n);
/* A fault in rt_copy(): true if that was the abort page; it goes on. */
bool rt_view_copy(const struct thread *t, struct kucontext *uc);

/*
 * outside.c: an access to the abort page, made so that the program goes on when
 * the handler returns; or it gets a signal.
 */
void rt_outside_access(struct thread *t, struct kucontext *uc);
/* A signal found the thread at it: show the program's own RIP and registers. */
void rt_leave_cell(struct thread *t, struct kucontext *uc);
/*
 * outside_syscall.c: arguments that point to the abort page are made to point
 * elsewhere.  Where the call has to return to.
 */
uint64_t rt_outside_syscall(struct kucontext *uc);

/*
 * Calls that transfer a buffer, and may transfer less of it than they are asked
 * to: which arguments it and its length are.
 */
#define RT_BUFFER_CALLS	8
extern const struct rt_buffer_call {
	uint16_t nr;
	uint8_t pointer, length;
} rt_buffer_calls[RT_BUFFER_CALLS];

/*
 * xcr0.c: an INT3 before RIP, in an enclave.  What it stands for, if it is one
 * of ours, is made when the handler returns, or has been made.
 */
enum rt_xcr0 {
	RT_XCR0_NONE,		/* it is the enclave's own */
	RT_XCR0_DONE,
	RT_XCR0_FAULTS,		/* as the context says now */
};
enum rt_xcr0 rt_xcr0_site(struct thread *t, struct kucontext *uc);
/* A signal found the thread at it: as rt_leave_cell(). */
void rt_leave_xsave(struct thread *t, struct kucontext *uc);
void rt_patched(uint64_t addr, unsigned int sites, unsigned int unsure);

/* The base of FS or GS that the interrupted code has. */
uint64_t rt_segment_base(bool gs);

/*
 * plain.c: EENTER without a trap.  All of it knows by RIP, or by the thread,
 * whether it is concerned.
 */
/* From now on t may do without. */
void rt_plain_know(struct thread *t);
void rt_plain_forget(uint32_t tid);
/*
 * A signal found the thread before it had begun: at the vDSO's instruction.
 * True: that is all there is to it.
 */
bool rt_plain_back(struct thread *t, struct kucontext *uc, bool exception);
/* A signal, sent by somebody, found it on its way, which it goes on. */
bool rt_plain_defer(struct thread *t, int sig, const siginfo_t *info,
		    struct kucontext *uc);
/* The trap at its end.  Which signal came, if any: in t->plain_info. */
bool rt_plain_ends(const struct kucontext *uc);
int rt_plain_end(struct thread *t, struct kucontext *uc);

/* Load what a logical processor keeps for its life; harmless when done. */
void rt_lp_init(struct thread *t);

/* cpuid.c */
bool rt_cpuid_fault(struct kucontext *uc);
void rt_cpuid_init(void);
/* What CPUID does to the registers, but for RIP. */
void rt_cpuid_execute(struct machine_context *mc);

/*
 * cpuid_sites.c: CPUID instructions that were rewritten.  All of it does
 * nothing unless the run rewrites them.
 */
/* At exec: those of the new image, which the injector lists. */
int rt_cpuid_init_sites(void);
/* mmap() has put what `fd` has from `off` on at [start, start + len). */
void rt_cpuid_mapped(uint64_t start, uint64_t len, int prot, int flags, int fd,
		     uint64_t off);
/* A UD2 at RIP that stands for a CPUID: executes it. */
bool rt_cpuid_site(struct kucontext *uc);
/* The same of another process of the run, by its id. */
bool rt_cpuid_is_site_of(uint32_t pid, uint64_t rip);
/* `copy` was read from [from, from + n): as it was before rewriting. */
void rt_cpuid_original(void *copy, uint64_t from, uint64_t n);

/* device.c: /dev/sgx_* as the program meets them */
enum sgx_file_kind rt_device_path(int dirfd, uint64_t path, bool follow);
/* listing.c: getdents64() */
void rt_device_list(struct kucontext *uc);
uint64_t rt_device_ino(enum sgx_file_kind kind);
/* Of its mode or owner: as root's; nothing comes of it.  DEVIATION DP4. */
long rt_device_change(void);
long rt_device_open(enum sgx_file_kind kind, uint64_t flags);
struct sgx_encl *rt_token(int fd, int *accmode);
long rt_device_ioctl(struct thread *t, int fd, uint32_t cmd, uint64_t arg,
		     bool *ours);
long rt_device_stat(uint64_t nr, const struct machine_context *mc,
		    enum sgx_file_kind kind);
bool rt_device_fixup_stat(uint64_t nr, int fd, uint64_t buf);

/* `name` in absolute terms, if it is not too long.  0 or -errno. */
#define RT_PATH_SIZE	64
long rt_absolute_path(int dirfd, const char *name,
		      char path[2 * RT_PATH_SIZE]);

/*
 * debug.c: enclaves as a debugger in the run meets them.  True: done, RAX has
 * the value.
 */
bool rt_debug_open(struct kucontext *uc, int dirfd, uint64_t path);
bool rt_debug_syscall(struct thread *t, struct kucontext *uc);
/* Has the process the runtime of this run? */
bool rt_in_run(uint32_t pid);
/* Of a process of the run: its memory, an enclave of its, what status says. */
bool rt_remote_read(uint32_t pid, void *to, uint64_t from, size_t n);
bool rt_debug_in_enclave(uint32_t pid, uint64_t addr);
bool rt_debug_status(uint32_t tid, const char *label, uint64_t *value);
/* cpuinfo.c: the same, of an open() */
bool rt_cpuinfo_open(struct kucontext *uc, int dirfd, uint64_t path);
/* control.c: libswsgx's system call */
long rt_control(uint64_t arg);

/* Is addr in a file on a noexec mount?  source[]: what is remembered. */
bool rt_source_is_noexec(struct source source[2], uint64_t addr);

/* memory.c: mmap and its kin, once the device is in use */
bool rt_memory_syscall(struct kucontext *uc);	/* false: it is none */

/* ipi.c */
/* Before EENTER or ERESUME; it may wait here. */
void rt_before_entry(struct thread *t);
/* Since then, so that a leaf which failed may be due to it. */
bool rt_loss_came_between(const struct thread *t);
/* Is this SIGSYS one, and nothing that the program is to be told? */
bool rt_is_ipi(struct thread *t, const siginfo_t *info);
/*
 * One that found the thread in the runtime.  False: it has yet to be taken when
 * the thread is back in its enclave.
 */
bool rt_ipi_nested(struct thread *t, struct kucontext *uc);
_Noreturn void rt_section_again(void);
/* struct host's */
void rt_ipi_send(uint64_t secs, uint32_t epoch);
int rt_preempt(uint32_t process, uint32_t thread);
void rt_fence_init(void);		/* once in each program */
/* The server's name for this process; a child of fork() has to ask anew. */
uint32_t rt_server_pid(void);
void rt_met_server(const struct msg *msg);	/* its answer to MSG_ATTACH */

/*
 * injection.c: one more of these; what --inject has due is done, in part
 * only when the thread has entered: rt_injection_entered().
 */
void rt_injection_count(struct thread *t, enum sgx_when when);
void rt_injection_entered(struct thread *t, struct kucontext *uc);

/* attach.c */
int rt_attach(void);
/*
 * reserved.c: where the program keeps `size` bytes or more inaccessible; 0 if
 * nowhere.
 */
uint64_t rt_find_reserved(uint64_t size);

/* exec.c */
long rt_exec(struct thread *t, struct kucontext *uc, int dirfd, uint64_t path,
	     uint64_t argv, uint64_t envp, int flags, bool at);

/* trace.c: a ptrace() call.  True: done. */
bool rt_trace(struct thread *t, struct machine_context *mc);
/* Before it goes on: the runtime into its new image, if it has one. */
void rt_trace_inject(uint32_t tid);
/* trace_stops.c: the tracee goes on, freely or by steps. */
void rt_trace_goes_on(uint32_t tid, bool freely);
/* wait4(), which is not to return what is none of the program's.  True: done */
bool rt_trace_wait(struct machine_context *mc);
/* What it asked for comes true now. */
void rt_trace_before_exec(const struct thread *t);

/* client.c: the supervisor's socket */
int rt_client_open(void);
int rt_client_call(int fd, struct msg *msg, int *answer_fd);
int rt_client_once(struct msg *msg, int *answer_fd);
/* The same, and hands over a file. */
int rt_client_pass(struct msg *msg, int pass_fd);

/* filter.c; traps of our own filters carry this as si_errno */
#define RT_FILTER_DATA 0x5357
#define RT_STRICT_DATA 0x5358	/* of the one that stands for strict mode */
int rt_filter_base(void);
int rt_filter_mm(void);
int rt_filter_cpuid(void);
/* emulator.c: is this one that runs the program; does it refuse the device? */
void rt_emulator_init(void);
bool rt_emulator_refuses(void);
/* knock.c: a connection to the server, or -errno; -EBADF: not in this way */
void rt_knock_init(void);
int rt_knock(void);
int rt_filter_debug(void);
/* Calls with an argument in the enclave, unless everybody sees it anyway. */
void rt_filter_elrange(const struct sgx_encl *encl);

/* seccomp.c: filters of the program's own; false: it is none of its calls */
bool rt_seccomp_syscall(struct kucontext *uc);
void rt_strict_violation(void);

/* host.c: what the kernel layer asks of this process */
extern const struct host rt_host;

/* mdwe.c: where the program may not make memory executable */
bool rt_has_mdwe(void);
int rt_protect_epc(uint64_t addr, uint64_t len, int prot, int pkey,
		   uint64_t pa);
/*
 * Change code at [start, start + len), private memory that has `prot`: change()
 * does it, `offset` from there.  -ENOEXEC: changed, and no longer executable;
 * other errors: it is as it was.
 */
long rt_change_code(uint64_t start, uint64_t len, int prot,
		    void (*change)(void *arg, uint64_t offset), void *arg);

/* vdso.c */
int rt_vdso_init(void);

/* auxv.c: /proc/PID/auxv says what the stack does */
void rt_auxv_publish(void);

/* log.c: one write(2) to stderr a message.  Formats: %s %d %u %x (64 bit). */
void rt_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void rt_panic(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/*
 * why.c: what was refused, and why, where `swsgx run --verbose` asks.  Whatever
 * may be refused starts with no reason: rt_why_begin().
 */
void rt_why_begin(struct thread *t);
void rt_why_ioctl(struct thread *t, uint32_t cmd, long ret);
/* mmap() and mprotect(), as far as an enclave was the reason. */
void rt_why_memory(struct thread *t, uint64_t nr,
		   const struct machine_context *mc);
/*
 * An exception that the enclave is about to leave by; insn: what stands there,
 * NULL where that is an ENCLU.  ENCLU outside that has faulted.  ENCLU inside
 * that has retired, perhaps with a code.
 */
void rt_why_exception(struct thread *t, const struct fault *event,
		      const struct instruction *insn);
void rt_why_enclu(struct thread *t, uint32_t leaf);
void rt_why_code(struct thread *t, uint32_t leaf);

/* string.c: what libc would have */
unsigned long rt_strlen(const char *s);
int rt_streq(const char *a, const char *b);

#endif
