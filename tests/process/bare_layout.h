/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where things are in the bare enclave (bare.h): offsets from its base.  For C
 * and assembly.
 */
#ifndef SWSGX_TESTS_PROCESS_BARE_LAYOUT_H
#define SWSGX_TESTS_PROCESS_BARE_LAYOUT_H

#define BARE_NR_TCS	2
#define BARE_CODE	0x2000		/* read, execute */
#define BARE_CODE_PAGES	4
#define BARE_CONST	0x6000		/* read */
#define BARE_THREADS	0x7000		/* read, write, from here on */
#define BARE_DATA	0xd000		/* one page */
#define BARE_END	0xe000		/* nothing from here ... */
#define BARE_SIZE	0x10000		/* ... to here */

/* A thread's pages: SSA[0], SSA[1], and what its FS and GS point to. */
#define BARE_THREAD_GS	0x2000
#define BARE_THREAD	0x3000

/* In the page at GS. */
#define BARE_RETURN	0		/* by CSSA: where EEXIT goes */
#define BARE_STACK	16		/* by CSSA: the host's RSP */
#define BARE_SCRATCH	64		/* for code under test */

/* What an entry at CSSA 1 is asked to do with the page at RSI. */
#define BARE_LOOK	0		/* copy SSA[0] there */
#define BARE_EDIT	1		/* copy it to SSA[0] */

#endif
