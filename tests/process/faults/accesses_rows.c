/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables of accesses.c.
 * SDM "Access-control Requirements", "Segment-based Access Control",
 * "EXITINFO".
 */
#include "tests/process/faults/accesses_rows.h"

#include <signal.h>

#include "tests/process/fixture/bare.h"

#define NOT_CANONICAL 0x8000000000001234ul
#define KERNEL        0xffff800000001234ul

#define LABEL(name) extern const char name[], name##_at[]
LABEL(read_1);
LABEL(read_8);
LABEL(write_1);
LABEL(write_8);
LABEL(push_8);
LABEL(read_16);
LABEL(jump);
LABEL(string);
LABEL(checked_read_4);
LABEL(checked_write_2);
LABEL(divide);
LABEL(divide_overflow);
LABEL(x87);
LABEL(sse);
LABEL(undefined);

/* clang-format off */
#define MADE(name_, insn, place_, offset_) \
	{ .name = (name_), .code = insn, .at = insn##_at, .place = (place_), \
	  .offset = (offset_), .vector = RUNS }
#define PF(name_, insn, place_, offset_, err_, across_) \
	{ .name = (name_), .code = insn, .at = insn##_at, .place = (place_), \
	  .offset = (offset_), .vector = 14, .err = (err_), \
	  .across = (across_) }
#define RAISES(name_, insn, place_, offset_, vector_, where_) \
	{ .name = (name_), .code = insn, .at = insn##_at, .place = (place_), \
	  .offset = (offset_), .vector = (vector_), .where = (where_) }
#define FETCH(name_, place_, offset_, vector_, err_, where_) \
	{ .name = (name_), .code = jump, .at = jump_at, .place = (place_), \
	  .offset = (offset_), .vector = (vector_), .err = (err_), \
	  .where = (where_) }
#define LATE(name_, ...) \
	{ .name = (name_), .code = jump, .at = jump_at, .place = CODE, \
	  .vector = 13, .where = ANYWHERE, .bytes = { __VA_ARGS__ } }
/* clang-format on */

static const struct access_row data_outside[] = {
	MADE("read", read_8, WRITABLE, 0),
	MADE("write", write_8, WRITABLE, 0),
	PF("read, no access", read_1, NO_ACCESS, 5, 0x4, 0),
	PF("write, no access", write_1, NO_ACCESS, 5, 0x6, 0),
	PF("write, read-only", write_1, READ_ONLY, 4095, 0x7, 0),
	PF("read, nothing there", read_8, NOTHING, 8, 0x4, 0),
	PF("read across, second page not there", read_8, NOTHING, -4ul, 0x4, 4),
	PF("string store to no access", string, NO_ACCESS, 0, 0x6, 0),
	PF("read near 0", read_1, NUMBER, 0x10, 0x4, 0),
	PF("read in the kernel's half", read_1, NUMBER, KERNEL, 0x5, 0),
};

static const struct access_row edges[] = {
	PF("across the start, below not there", read_8, ELRANGE, -4ul, 0x4, 0),
	PF("past the last page, inside", read_1, ELRANGE, BARE_END, 0x4, 0),
	PF("across the last page", read_8, ELRANGE, BARE_END - 4, 0x4, 4),
	PF("the end of ELRANGE", read_1, ELRANGE, BARE_SIZE, 0x4, 0),
};

static const struct access_row edges_below[] = {
	PF("across the start to a TCS, below there", read_8, ELRANGE, -4ul,
	   0x8005, 4),
	PF("write across the start to a TCS", write_8, ELRANGE, -4ul, 0x8007,
	   4),
};

static const struct access_row fetches[] = {
	FETCH("jump to what is not there", NOTHING, 0, 13, 0, ADDRESS),
	FETCH("jump to no access", NO_ACCESS, 0, 13, 0, ADDRESS),
	FETCH("jump to data outside", WRITABLE, 0, 13, 0, ADDRESS),
	FETCH("jump to the kernel's half", NUMBER, KERNEL, 13, 0, ADDRESS),
	FETCH("jump to no canonical address", NUMBER, NOT_CANONICAL, 13, 0,
	      ANYWHERE),
	FETCH("jump to data inside", DATA, 0, 14, 0x15, ADDRESS),
};

/* Noticed when it faults, calls the system or leaves. */
static const struct access_row code_outside[] = {
	LATE("UD2", 0x0f, 0x0b),
	LATE("SYSCALL", 0x0f, 0x05),
	LATE("INT3", 0xcc),
	LATE("ENCLU", 0x0f, 0x01, 0xd7),
	LATE("read near 0", 0x8a, 0x04, 0x25, 0, 0, 0, 0),
	LATE("CPUID", 0x0f, 0xa2),
};

static const struct access_row alignment[] = {
	MADE("AC, aligned", checked_read_4, DATA, 4),
	RAISES("AC, misaligned inside", checked_read_4, DATA, 2, 17, AT),
	RAISES("AC, misaligned store inside", checked_write_2, DATA, 1, 17, AT),
	RAISES("AC, misaligned outside", checked_read_4, WRITABLE, 3, 17, AT),
	MADE("misaligned without AC", read_8, DATA, 3),
	RAISES("MOVAPS, misaligned", read_16, DATA, 8, 13, AT),
	MADE("MOVAPS, aligned", read_16, DATA, 16),
};

static const struct access_row not_canonical[] = {
	RAISES("read", read_8, NUMBER, NOT_CANONICAL, 13, AT),
	RAISES("write", write_8, NUMBER, NOT_CANONICAL, 13, AT),
	{ .name = "read across the canonical end",
	  .code = read_8,
	  .at = read_8_at,
	  .offset = 0x7ffffffffffc,
	  .vector = 13,
	  .where = ANYWHERE,
	  .canonical_end = true },
	RAISES("push, RSP not canonical", push_8, NUMBER, NOT_CANONICAL, 12,
	       AT),
};

static const struct access_row arithmetic[] = {
	RAISES("division by zero", divide, NUMBER, 0, 0, AT),
	RAISES("division overflows", divide_overflow, NUMBER, 0, 0, AT),
	RAISES("x87, unmasked", x87, NUMBER, 0, 16, AT),
	RAISES("SSE, unmasked", sse, NUMBER, 0, 19, AT),
	RAISES("UD2", undefined, NUMBER, 0, 6, AT),
};

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

const struct access_table access_tables[] = {
	{ "inside: data outside ELRANGE", NULL, ROWS(data_outside), false },
	{ "inside: the edges of ELRANGE", NULL, ROWS(edges), false },
	{ "inside: the edges of ELRANGE", NULL, ROWS(edges_below), true },
	{ "inside: a fetch", NULL, ROWS(fetches), false },
	{ "inside: code outside that is run on", "DC12", ROWS(code_outside),
	  false },
	{ "inside: alignment", NULL, ROWS(alignment), false },
	{ "inside: an address that is not canonical", NULL, ROWS(not_canonical),
	  false },
	{ "exceptions inside", NULL, ROWS(arithmetic), false },
};
const size_t nr_access_tables = sizeof(access_tables) /
				sizeof(access_tables[0]);

#define VALID (EXITINFO_VALID | EXITINFO_HW)

const struct no_exinfo_row no_exinfo_rows[] = {
	{ "#UD", undefined, 0, 6, SIGILL, VALID | 6 },
	{ "#PF", read_1, 16, 14, SIGSEGV, 0 },
	{ "#GP", read_1, NOT_CANONICAL, 13, SIGSEGV, 0 },
	{ "#DE", divide, 0, 0, SIGFPE, VALID | 0 },
	{ "#SS", push_8, NOT_CANONICAL, 12, SIGBUS, 0 },
};
const size_t nr_no_exinfo_rows = sizeof(no_exinfo_rows) /
				 sizeof(no_exinfo_rows[0]);
