/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `swsgx check` asks the host one question per probe.  A probe tries what can
 * be tried, in a child process that may die of it.  It concludes nothing from
 * versions or configuration that it could try instead.
 */
#ifndef SWSGX_CLI_CHECK_PROBE_H
#define SWSGX_CLI_CHECK_PROBE_H

#include <stdbool.h>

#define PROBE_TEXT 200

enum probe_weight {
	PROBE_NEEDED, /* `swsgx run` does not work without it */
	PROBE_HELPS,  /* a run works, but less well; `follows` says how */
	PROBE_NOTE,   /* a fact to know; neither answer is bad */
};

struct probe_result {
	bool ok;
	char found[PROBE_TEXT]; /* what was seen, on one line */
	char cure[PROBE_TEXT];  /* when not ok: what to do, or "" */
};

struct probe {
	const char *key; /* in --json; never changes */
	const char *title;
	enum probe_weight weight;
	void (*run)(struct probe_result *result);
	const char *follows; /* what it means if it is not ok */
};

/* In a container whose seccomp profile may be the obstacle. */
#define PROBE_CURE_PROFILE \
	"a container's seccomp profile (docker run --security-opt " \
	"seccomp=PROFILE) that allows "

/* printf into result->found, result->cure. */
void probe_found(struct probe_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void probe_cure(struct probe_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What a child tells its parent; memory that both share. */
struct probe_child {
	const char *step; /* what it is doing, a string constant */
	int value;        /* what the child makes of it */
};

/*
 * Call try() in a child process.  Returns its value, which is 0 or an errno;
 * or -n when signal n ended the child (SIGALRM: it took over five seconds).
 * *child is as the child left it.
 */
int probe_in_child(int (*try)(struct probe_child *child),
		   struct probe_child *child);

/* probe_in_child(), and the usual conclusion: ok, or `found` says why not. */
bool probe_try(struct probe_result *result,
	       int (*try)(struct probe_child *child));

/* A number in a file that holds nothing else; false when there is none. */
bool probe_read_number(const char *path, long *number);

/* The number behind `name` ("TracerPid:") in /proc/self/status, or -1. */
long probe_own_status(const char *name);

/* The probes; each in the file of its subject. */
void probe_architecture(struct probe_result *result); /* processor.c */
void probe_fsgsbase(struct probe_result *result);
void probe_cpuid_faulting(struct probe_result *result);
void probe_protection_keys(struct probe_result *result);
void probe_crypto(struct probe_result *result);
void probe_xfeatures(struct probe_result *result);
void probe_kernel(struct probe_result *result); /* host.c */
void probe_vdso(struct probe_result *result);
void probe_sgx_hardware(struct probe_result *result);
void probe_ptrace(struct probe_result *result);       /* ptrace.c */
void probe_seccomp_trap(struct probe_result *result); /* syscalls.c */
void probe_seccomp_tsync(struct probe_result *result);
void probe_no_new_privs(struct probe_result *result);
void probe_user_dispatch(struct probe_result *result);
void probe_platform_file(struct probe_result *result); /* memory.c */
void probe_address_space(struct probe_result *result);
void probe_map_count(struct probe_result *result);

#endif
