/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tapes of a run (process/tape.h), as its server has them: their file, who
 * reads them, and a tape of the server's own.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_TRACE_TAPES_H
#define SWSGX_PROCESS_SUPERVISOR_TRACE_TAPES_H

#include <stdint.h>

#include "kernel/host.h"
#include "kernel/platform/injection.h"
#include "process/tape.h"

#define TAPES_READERS 16

struct msg;
struct sgx_shared;

struct tapes {
	int fd;
	struct tape_file *file; /* its head */
	struct sgx_shared *shared;
	struct tape own;
	struct {
		int fd; /* of its connection */
		uint32_t classes;
	} reader[TAPES_READERS];
	unsigned int readers;
};

/* 0 or -errno. */
int tapes_create(struct tapes *tapes, struct sgx_shared *shared);
/* This process has no more to do with them. */
void tapes_leave(struct tapes *tapes);

/* The client at fd wants these TAPE_CLASS_*, until it goes.  0 or -errno. */
int tapes_follow(struct tapes *tapes, int fd, uint32_t classes);
void tapes_forget(struct tapes *tapes, int fd);

/* What the server itself has done. */
void tapes_paging(struct tapes *tapes, enum sgx_paged how,
		  const struct sgx_encl *encl, uint64_t addr);
/* `in`: the injection that asked for it, or NULL. */
void tapes_event(struct tapes *tapes, const struct msg *msg,
		 const struct sgx_injection *in);

#endif
