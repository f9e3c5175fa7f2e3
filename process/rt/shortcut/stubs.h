/* SPDX-License-Identifier: BSD-3-Clause */
/* What rewritten places jump to: code near them.  Inside this room. */
#ifndef SWSGX_PROCESS_RT_SHORTCUT_STUBS_H
#define SWSGX_PROCESS_RT_SHORTCUT_STUBS_H

#include <stdbool.h>
#include <stdint.h>

/* The place in the program: MOV $nr, %eax; SYSCALL. */
struct shortcut {
	uint64_t nr;
	uint64_t routine; /* of routines.S */
	uint64_t back;    /* behind the SYSCALL */
	uint64_t retry;   /* at the SYSCALL */
};

/* A stub for this place, no farther from `site` than a jump; 0: none. */
uint64_t shortcut_stub(uint64_t site, const struct shortcut *what);

/* The one that `at` is in; NULL: none.  *off: where in there. */
const struct shortcut *shortcut_at(uint64_t at, uint64_t *off);

/* Places in a stub: what RSP is there, and what has been done. */
#define STUB_BELOW 5  /* from here on, RSP is below the red zone */
#define STUB_BACK  17 /* the routine returns here, RSP is the program's */
#define STUB_RETRY 23 /* or here: STUB_BACK + SC_SLOW */

#endif
