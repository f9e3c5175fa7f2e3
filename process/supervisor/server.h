/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the server process: its parts and what they share. */
#ifndef SWSGX_PROCESS_SUPERVISOR_SERVER_H
#define SWSGX_PROCESS_SUPERVISOR_SERVER_H

#include "kernel/sgx.h"
#include "process/supervisor/supervisor.h"

struct tracee;
struct inject_list;
struct cpuid_file;
struct token;

struct server {
	const struct run_options *options;
	struct rt_params params;	/* template for injections */
	int listener;
	int epoll;
	int platform_fd;
	uint64_t platform_ino;
	void *platform;
	struct sgx_mm mm;
	struct tracee *tracees;
	struct token *tokens;
	struct cpuid_file *cpuid_files;
	pid_t front;
	int front_gone;			/* pipe that closes with the front */
};

/* platform_file.c: make the platform's memory.  0 or -errno. */
int platform_file_create(struct server *s);

/* server.c: serves until the run is over; does not return. */
_Noreturn void server_main(struct server *s);

/* requests.c: one packet from a connection; false: close it. */
bool server_request(struct server *s, int fd);

/* tracees.c */
int tracee_seize(struct server *s, int fd, struct msg *msg);
void tracee_release(struct server *s, int fd);	/* exec failed: let go */
void tracees_wait(struct server *s);		/* after SIGCHLD */

/* tokens.c */
int token_open(struct server *s, uint32_t kind, uint32_t flags, int *fd);
/* Free the enclaves that nobody refers to any more; how many are left. */
unsigned int tokens_reap(struct server *s);

/* cpuid_mode.c: can this host make CPUID fault?  Tries it. */
bool cpuid_can_fault(void);

/* cpuid_files.c: answer MSG_CPUID_SITES about `file`.  0 or -errno. */
int cpuid_sites(struct server *s, int file, struct msg *msg);

/* cpuid_image.c: what CPUID the new image of pid has; list->records is new. */
void cpuid_list_image(struct server *s, pid_t pid, struct inject_list *list);

/* suspend.c: lose the EPC.  Fills msg->suspend. */
int platform_suspend(struct server *s, struct msg *msg);
/*
 * Interrupt every process that maps the platform, but `except`, and wait until
 * each has brought its mappings in line (or 2 s).  How many there were.
 */
unsigned int platform_interrupt(struct server *s, pid_t except);

/* processes.c: calls back for each live process that maps what `what` names */
typedef void (*process_fn)(struct server *s, pid_t pid, void *arg);
#define PROCESS_OF_RUN		1	/* it runs under this server */
#define PROCESS_WITH_PLATFORM	2	/* the platform file is */
unsigned int processes_each(struct server *s, int what, process_fn fn,
			    void *arg);

#endif
