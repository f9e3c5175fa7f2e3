/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the server process: its parts and what they share. */
#ifndef SWSGX_PROCESS_SUPERVISOR_SERVER_H
#define SWSGX_PROCESS_SUPERVISOR_SERVER_H

#include "kernel/sgx.h"
#include "process/supervisor/supervisor.h"

struct epoll_event;
struct tracee;
struct guest;
struct inject_list;
struct cpuid_file;
struct token;
struct life;

/* What came of an injection, or of what a program asked for. */
struct event_tally {
	uint64_t times, enclaves, pages, threads;
	char text[SGX_INJECTION_TEXT];
};

struct server {
	const struct run_options *options;
	struct rt_params params;	/* template for injections */
	int listener;
	int epoll;
	int spare;			/* a descriptor to be given up */
	bool turned_away;		/* clients, for want of one: said */
	int platform_fd;
	uint64_t platform_ino;
	void *platform;
	struct sgx_mm mm;
	struct tracee *tracees;
	struct token *tokens;
	struct life *lives;
	uint32_t last_number;
	uint64_t housekept;		/* server_now() */
	struct cpuid_file *cpuid_files;
	struct event_tally by_injection[SGX_MAX_INJECTIONS];
	struct event_tally by_program[SGX_EVENTS];
	int timers[SGX_MAX_INJECTIONS];	/* of those that need one, or -1 */
	bool totals_said;
	pid_t not_injected;		/* the last that failed, and died */
	pid_t front;
	int front_gone;			/* pipe that closes with the front */
	int knock;			/* knock.c: listener, or -1 */
	bool nobody_knocks;		/* any more: all have ended */
	struct guest *guests;		/* who came */
	int program;			/* pidfd of the front's child, or -1 */
};

/* platform_file.c: make the platform's memory.  0 or -errno. */
int platform_file_create(struct server *s);

/* server.c: serves until the run is over; does not return. */
_Noreturn void server_main(struct server *s);
void server_watch(struct server *s, int fd);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t server_now(void);

/* requests.c: one packet from a connection; false: close it. */
bool server_request(struct server *s, int fd);
void server_answer(int fd, struct msg *msg);

/*
 * lives.c: the number of a process of the run, 0 if it gets none, and the end
 * of it: by its death, which life_event() (false: none of its descriptors) and
 * lives_poll() learn of, or by an exec, after which it is another.
 */
uint32_t life_number(struct server *s, pid_t pid);
bool life_event(struct server *s, int fd);
void lives_poll(struct server *s);
void life_over(struct server *s, pid_t pid);
/* 0: it has ended. */
pid_t life_pid(struct server *s, uint32_t number);

/*
 * thread_id.c: the thread of process pid which says that it is this one; 0 if
 * there is none.
 */
pid_t thread_id(pid_t pid, pid_t said);
/* Our name for the thread of pid that calls itself so; 0: there is none. */
pid_t thread_by_own_id(pid_t pid, pid_t said);

/* tracees.c */
int tracee_seize(struct server *s, int fd, struct msg *msg);
void tracee_release(struct server *s, int fd);	/* exec failed: let go */
void tracees_wait(struct server *s);		/* after SIGCHLD */
/* MSG_TRACEE_EXEC: fd's process holds the tracee, and does what it is told. */
int tracee_inject(struct server *s, int fd, struct msg *msg);

/* tokens.c */
int token_open(struct server *s, uint32_t kind, uint32_t flags, int *fd);
/* Free the enclaves that nobody refers to any more; how many are left. */
unsigned int tokens_reap(struct server *s);

/*
 * program.c: the front's program is the first that is about to exec; it ends
 * when the front has, as if the two were one process.
 */
void program_met(struct server *s, pid_t pid);
void program_end(struct server *s);

/*
 * knock.c: connections that the runtime asks for by a system call of its own,
 * from anywhere.  knock_listen() takes the listener over.  peer_of(): who is at
 * the other end; knocked(): did he come in this way?
 */
void knock_listen(struct server *s, int listener);
bool knock_event(struct server *s, const struct epoll_event *e);
void knock_forget(struct server *s, int fd);	/* it is being closed */
bool knocked(const struct server *s, int fd);
pid_t peer_of(const struct server *s, int fd);

/* rewrite.c: answer MSG_REWRITE.  0, or -EINVAL. */
int server_rewrite(struct rt_rewrite *r);

/* cpuid_mode.c: can this host make CPUID fault?  Tries it. */
bool cpuid_can_fault(void);

/* cpuid_files.c: answer MSG_CPUID_SITES about `file`.  0 or -errno. */
int cpuid_sites(struct server *s, int file, struct msg *msg);

/* cpuid_image.c: what CPUID the new image of pid has; list->records is new. */
void cpuid_list_image(struct server *s, pid_t pid, struct inject_list *list);

/*
 * events.c: do what MSG_EVENT asks for.  0: client (-1: nobody) gets the answer
 * when it is done; -EINVAL.
 */
int event_start(struct server *s, int client, struct msg *msg);
/* It is done, and *msg says what was hit: report, answer. */
void event_done(struct server *s, int client, struct msg *msg);

/* events.c: the injections of the run, from its options. */
void injections_init(struct server *s);
void injections_start(struct server *s);		/* time begins */
bool injections_timer(struct server *s, int fd);	/* false: none of its */
void injections_totals(struct server *s);		/* once */
/* MSG_INJECTION: once, counted from now.  0, -EINVAL or -ENOSPC. */
int injection_next(struct server *s, const char *spec);

/* stat.c: MSG_STAT. */
void stat_fill(struct server *s, struct rt_counters *c);

/* loss.c: make the loss that *msg asks for; it tells then what was hit. */
void loss_make(struct server *s, struct msg *msg);

/*
 * ipi.c: interrupts to the threads of every process of the run: as for
 * sgx_interrupt(), struct host's preempt, struct sgx_sender's fence.
 */
void platform_interrupt(struct server *s, uint64_t secs, uint32_t epoch);
int platform_preempt(struct server *s, uint32_t number, uint32_t tid);
int platform_fence(void);

/* processes.c: calls back for each live process that maps what `what` names */
typedef void (*process_fn)(struct server *s, pid_t pid, void *arg);
#define PROCESS_OF_RUN		1	/* it runs under this server */
#define PROCESS_WITH_PLATFORM	2	/* the platform file is */
bool process_is_of_run(struct server *s, pid_t pid);
unsigned int processes_each(struct server *s, int what, process_fn fn,
			    void *arg);

#endif
