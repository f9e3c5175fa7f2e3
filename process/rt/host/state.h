/* SPDX-License-Identifier: BSD-3-Clause */
/* What the room of the host keeps for each thread, and for the process. */
#ifndef SWSGX_PROCESS_RT_HOST_STATE_H
#define SWSGX_PROCESS_RT_HOST_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "process/place.h"
#include "process/tape.h"

/* mayexec.c: a mapping that pages of an enclave come from */
struct source {
	uint64_t start, end; /* empty: none is known */
	uint32_t changes;    /* process_host.mapping_changes then */
	bool noexec;
};

/* struct thread's `host` */
struct thread_host {
	struct source source[2]; /* of ADD_PAGES, the last ones */
};

/* tapes.c: struct thread's `tape` */
struct thread_tape {
	struct tape tape; /* `data` NULL: it has none */
	bool refused;     /* it can have none */
	bool busy;        /* in the middle of a record */
};

/* struct process' `host` */
struct process_host {
	/* Calls that may have changed mappings; atomic. */
	uint32_t mapping_changes;
	bool emulator;       /* emulator.c */
	struct place place;  /* mapping.c: where the platform is */
	bool has_tapes;      /* tapes.c: their file is at RT_TAPES */
	uint64_t executable; /* mdwe.c: the EPC once more, or 0 */
};

#endif
