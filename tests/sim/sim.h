/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The simulator's parts; README.md says what it is.  A `task` is a thread of a
 * process of the simulated host (or the platform's server), and a coroutine
 * here.  Everything that happens is decided by a seed, or by a list of events.
 */
#ifndef SWSGX_TESTS_SIM_SIM_H
#define SWSGX_TESTS_SIM_SIM_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_TASKS 8
#define SIM_PROCS 4
#define SIM_ENCLS 6  /* places in the platform's table */
#define SIM_PAGES 16 /* of an ELRANGE */
#define SERVER    0  /* the server's task, of no process */

/* Chance that repeats. */
static inline uint64_t sim_mix(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static inline uint32_t sim_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(((sim_mix(state) >> 32) * n) >> 32);
}

/* memory.c ------------------------------------------------------------ */

#define SIM_BASE     0x200000000000ull
#define SIM_ARENA    (1ull << 24) /* processes' own memory, then ... */
#define SIM_PLATFORM (SIM_BASE + SIM_ARENA)

/* All of it, and 8 TiB or less behind it, where nothing else lies. */
#define SIM_SPAN_SHIFT 43
#define SIM_SPAN       5ull

static inline bool sim_is_shared(const volatile void *p)
{
	return ((uint64_t)(uintptr_t)p >> SIM_SPAN_SHIFT) -
		       (SIM_BASE >> SIM_SPAN_SHIFT) <
	       SIM_SPAN;
}

#define MEMORY_SHIFT 9 /* of a block */
extern uint64_t memory_last;

void memory_init(void);
void memory_dirty_slow(const volatile void *p, size_t n);

/* To be called before n bytes are written. */
static inline void memory_dirty(const volatile void *p, size_t n)
{
	uint64_t at = (uint64_t)(uintptr_t)p - SIM_BASE;

	if (((at >> MEMORY_SHIFT) ^ memory_last) |
	    (((at + n - 1) >> MEMORY_SHIFT) ^ memory_last))
		memory_dirty_slow(p, n);
}

void memory_zero(uint64_t at, uint64_t n); /* as MADV_REMOVE */
void memory_clear(void);                   /* as at the start: all zeros */
void memory_snapshot(void);
void memory_restore(void);
void *memory_alloc(size_t n); /* zeros, of the arena */

/* sched.c ------------------------------------------------------------- */

enum task_state {
	TASK_NONE,
	TASK_READY,
	TASK_BLOCKED,
	TASK_SLEEPING,
	TASK_DONE,
	TASK_DEAD
};
enum sim_action { SIM_GO, SIM_KILL, SIM_STOP, SIM_LATE };

/* At its `at`th point the task does not just go on. */
struct sim_event {
	uint8_t task, action;
	uint8_t arg; /* GO: a task; KILL: a process; STOP: a task */
	uint32_t n;  /* STOP: for so many steps; 0: for ever */
	uint64_t at;
};
#define SIM_MAX_EVENTS 4096u

struct thread;
struct task {
	uint64_t sp;
	uint64_t at;        /* points passed */
	uint64_t slice_end; /* likewise: it has had its time */
	enum task_state state;
	unsigned int proc;      /* its process; SIM_PROCS: none */
	uint64_t stopped_until; /* a step; 0: is not stopped */
	uint64_t wakes;         /* sleeping: until this time */
	void (*main)(struct task *k);
	struct thread *t; /* low end of its slot, as the runtime has it */
	uint8_t *stack_end;
	const void *pc; /* where it was preempted */
	uint64_t rng;   /* of its script */
	unsigned int n; /* which thread of its process */
	/* machine.c */
	struct kucontext *uc;
	bool unsure;         /* of who had sent it, when it came */
	bool ipi, ipi_seen;  /* a signal is on its way; is it felt? */
	bool blocked;        /* not now */
	unsigned int nested; /* handlers of it, in the runtime */
	bool plainly, plain_due, plain_ending, plain_makes;
	uint32_t asked; /* server.c: its questions so far */
	bool usr;       /* the program's own */
	bool at_enclu, in_handler;
	int delivered; /* the signal that the program got */
	uint64_t told_error, told_address;
	bool asking, answered; /* server.c */
	struct msg *msg;
	bool at_end; /* script.c: it has done all it had to */
};
extern struct task tasks[SIM_TASKS];
extern struct task *sim_cur;
extern bool sim_active; /* else nobody is preempted */
extern uint64_t sim_steps, sim_time;
extern bool sim_tracing;
extern const char *sim_failure, *sim_failure_kind; /* NULL: none */

void sched_init(void);
void sched_reset(void);
struct task *task_new(unsigned int proc, unsigned int n,
		      void (*main)(struct task *k));
/* Run f on the task's stack, undisturbed. */
void sched_call(struct task *k, void (*f)(struct task *k));
/* Until nobody can go on; false: it failed.  `first`: by the plan from now. */
bool sched_run(bool first);
/* sched_call() on the server's stack, where f may fail. */
bool sched_last_word(void (*f)(struct task *k));
void sched_slow(const void *pc);
void sched_yield_to_others(void);
void sched_block(void);
void sched_wake(struct task *k);
void sched_sleep(uint64_t ns);
bool sched_late(void); /* may a signal come an instruction later? */
void sched_wake_stopped(void);
bool sched_any_stopped(void);
void sim_kill(unsigned int proc);
void sim_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void sim_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* Points until the current task has to look up. */
extern int64_t sim_left;

/*
 * A place where others may come in between.  It only counts down, because
 * there are tens of thousands in a schedule; plan_settle() says what that
 * makes of sim_steps and the task's `at`.
 */
static inline void sim_point(const void *pc)
{
	if (--sim_left <= 0)
		sched_slow(pc);
}
#define SIM_POINT() sim_point(__builtin_return_address(0))

/* How the next schedule is made: by chance from a seed, or from a list. */
struct sim_plan {
	bool replay;
	uint64_t seed;
	struct sim_event event[SIM_MAX_EVENTS];
	unsigned int n;
};
extern struct sim_plan sim_plan;

/* linux.c, libc.c ------------------------------------------------------ */

#define SIM_PIDFD 1000 /* of process 0 */

/* Calls that both sides make. */
long sim_common(long nr, long a, long b, long c, long d);

/* world.c ------------------------------------------------------------- */

/* Who maps what, and what its threads do: shares of chance. */
struct scenario {
	const char *name, *what;
	unsigned int procs, threads[SIM_PROCS];
	/* bit e: maps enclave e; has its descriptor only */
	unsigned int maps[SIM_PROCS], fds[SIM_PROCS];
	unsigned int encls;
	unsigned int epc_pages;
	unsigned int kills, stops, stops_forever, losses;
	unsigned int servers; /* that are killed: 1, or none */
	unsigned int forks;   /* children of process 0, of 1 thread */
	struct {
		uint8_t visit, edmm, manage, evict, build, signal;
	} does[SIM_PROCS];
	unsigned int rounds;
};
extern const struct scenario scenarios[];
extern const unsigned int nr_scenarios;
extern const struct scenario *sim_scenario;

/* The plain copy of an enclave's page, and what is in force for it. */
struct copy {
	uint64_t word[4];
	uint8_t prot;  /* more than that nobody may, PROT_* */
	bool changing; /* an ioctl that is to make it stricter began */
	bool exists, claimed;
	unsigned int changes; /* so far: of what is allowed */
};
struct encl_copy {
	bool lost;    /* the EPC was, or may be just now */
	bool is_over; /* invalid for good */
	uint8_t released;
	uint64_t epc_base, secs_pa;
	struct copy page[SIM_PAGES];
};

struct proc {
	bool dead, noticed; /* and the server knows it */
	uint32_t pid;
	struct process *rt;
	/* the host's page tables of enclave e */
	uint8_t prot[SIM_ENCLS][SIM_PAGES];
	bool mapped[SIM_ENCLS][SIM_PAGES];
	bool fd[SIM_ENCLS], pin[SIM_ENCLS];
};

struct world {
	struct proc proc[SIM_PROCS];
	struct encl_copy encl[SIM_ENCLS];
	unsigned int kills, stops, losses, forks;
	bool no_server;     /* it was killed */
	bool queue_is_full; /* no signal has its value */
	bool ended;         /* everybody has done what he had to */
	bool quit;          /* and has gone */
};
extern struct world world;
extern struct sgx_shared *sim_shared;

/* Pages of each enclave, by index */
#define NR_TCS    3
#define PAGE_TCS  0
#define PAGE_SSA  3
#define PAGE_CODE 6
#define PAGE_DATA 7
#define NR_DATA   3
#define PAGE_DYN  10
#define NR_DYN    4

static inline uint64_t encl_base(unsigned int e)
{
	return (e + 1) * 0x100000000ull;
}

static inline bool encl_of(uint64_t addr, unsigned int *e, unsigned int *page)
{
	*e = (unsigned int)(addr >> 32) - 1;
	*page = (addr & 0xffffffff) >> 12;
	return *e < SIM_ENCLS && *page < SIM_PAGES;
}

struct process;
struct process *sim_rt(void); /* the current task's */
/* The server has met process i. */
void world_attach(unsigned int i, uint32_t number,
		  void (*entropy)(void *buf, size_t n));
bool world_mm_is_locked(unsigned int proc);
void world_prepare(const struct scenario *s);
void world_start(uint64_t seed);
struct sgx_mm *sim_mm(const struct task *k);

/* machine.c: the processor of a thread -------------------------------- */

enum step { STEP_DONE, STEP_LEFT, STEP_SIGNAL };

bool machine_inside(const struct task *k);
/* ENCLU with the registers as they are. */
enum step machine_enclu(struct task *k);
enum step machine_enter(struct task *k, unsigned int e, unsigned int tcs);
/* One access of the enclave's: PROT_READ, _WRITE or _EXEC, of a word. */
enum step machine_access(struct task *k, unsigned int e, unsigned int page,
			 unsigned int word, int prot);
/* So many instructions that use no memory, unless it leaves. */
void machine_compute(struct task *k, uint32_t n);
uint64_t machine_rax(const struct task *k);
enum step machine_eaccept(struct task *k, unsigned int e, unsigned int page,
			  uint64_t flags);
enum step machine_eexit(struct task *k);
/* It comes into a handler of the runtime, as by a system call. */
void machine_arrive(struct task *k);
/* An interrupt that finds the task in the runtime; may not return. */
void machine_interrupt(struct task *k);

/* family.c: a child of the task's process */
void family_fork(struct task *k);

/* script.c, server.c, check.c ------------------------------------------ */

void script_main(struct task *k);
void server_main_task(struct task *k);
void server_prepare(void);
void server_reset(void);
struct msg;
/* What a client asks of the server, beside enum msg_type. */
enum { SIM_MSG_OPEN = 1000, SIM_MSG_EVICT, SIM_MSG_LOSS };
int server_open(void);
void server_ask(struct msg *msg);
/* It has died: nobody gets an answer any more. */
void server_gone(void);
/* A process whose descriptors went may have been the last one. */
void server_reap_soon(void);
void check_access(unsigned int e, unsigned int page);
void check_step(void); /* whenever somebody else goes on */
void check_end(void);

#endif
