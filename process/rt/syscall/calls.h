/* SPDX-License-Identifier: BSD-3-Clause */
/* The system calls by their subjects.  Inside this room. */
#ifndef SWSGX_PROCESS_RT_SYSCALL_CALLS_H
#define SWSGX_PROCESS_RT_SYSCALL_CALLS_H

#include <stdbool.h>

#include "process/rt/base/abi.h"

struct thread;

/*
 * What has become of a trapped call.  Whoever answers RT_PASS_ON has done
 * nothing to it.
 */
enum rt_answer {
	RT_NOT_MINE, /* another file's */
	RT_DONE,     /* RAX has the value, RIP the way on */
	RT_PASS_ON,  /* the program makes it itself */
};

/* gadget.c: the program makes its call itself, at its own mask. */
void rt_pass_on(struct kucontext *uc);
/* The same by no stack: false if there is no place left for it. */
bool rt_pass_on_site(struct kucontext *uc);

enum rt_answer rt_clone3(struct thread *t, struct kucontext *uc);
/* clone() that shares memory, and vfork() */
enum rt_answer rt_clone(struct thread *t, struct kucontext *uc);
enum rt_answer rt_sigwait_syscall(struct thread *t, struct kucontext *uc);
enum rt_answer rt_memory_syscall(struct thread *t, struct kucontext *uc);
enum rt_answer rt_seccomp_syscall(struct thread *t, struct kucontext *uc);
/* ptrace() and what reaches the memory of other processes */
enum rt_answer rt_debug_syscall(struct thread *t, struct kucontext *uc);
/* getdents64() */
enum rt_answer rt_device_list(struct kucontext *uc);

/* Both: the value, or -errno. */
long rt_exec(struct thread *t, struct kucontext *uc, int dirfd, uint64_t path,
	     uint64_t argv, uint64_t envp, int flags, bool at);
long rt_control(uint64_t arg);

/* open() of a special file.  False: it is none of these. */
bool rt_debug_open(struct kucontext *uc, int dirfd, uint64_t path);
/* aesm.c: connect(); is a path AESM's; stat(), access() and their kin of it */
enum rt_answer rt_aesm_connect(struct kucontext *uc);
bool rt_aesm_path(int dirfd, uint64_t path);
long rt_aesm_stat(const struct machine_context *mc);

bool rt_cpuinfo_open(struct kucontext *uc, int dirfd, uint64_t path);

#endif
