/* SPDX-License-Identifier: BSD-3-Clause */
/* What `swsgx run` was asked for. */
#ifndef SWSGX_PROCESS_SUPERVISOR_BASE_OPTIONS_H
#define SWSGX_PROCESS_SUPERVISOR_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "kernel/platform/injection.h"

/* How the programs' CPUID is answered. */
enum run_cpuid {
	RUN_CPUID_AUTO, /* by faults if the host can, else rewritten */
	RUN_CPUID_FAULT,
	RUN_CPUID_REWRITE,
	RUN_CPUID_OFF, /* not: it shows the host's processor */
};

struct run_options {
	struct package_config package;
	enum run_cpuid cpuid;
	bool strict; /* the abort page, at any price */
	bool verbose;
	bool clock; /* threads note when they enter and leave */
	/* --inject: what is to happen to the platform. */
	struct sgx_injection injections[SGX_MAX_INJECTIONS];
	unsigned int nr_injections;
	uint64_t seed;          /* of the injections by chance */
	bool random_seed_drawn; /* nobody chose it, so it is said */
	/* Where quotes have their root: pki_directory()'s, or NULL. */
	const char *test_root;
	/*
	 * The program has ended: `fd` is a file as in process/stats.h.  NULL:
	 * nobody asks.
	 */
	void (*stats)(int fd);
	/*
	 * NULL, or what a process beside the program does: it follows the run
	 * on this connection to its server, writes a byte to `ready` when it
	 * does, and ends when `stop` can be read.
	 */
	int (*follow)(int connection, int ready, int stop);
	/* Random bytes; never fails. */
	void (*entropy)(void *buf, size_t n);
	/* One line to a person, "swsgx: run: " is put before it. */
	void (*complain)(const char *format, ...)
		__attribute__((format(printf, 1, 2)));
};

#endif
