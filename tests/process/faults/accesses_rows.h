/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows of accesses.c: an instruction, an address that it is given, and
 * what an enclave gets for it.
 */
#ifndef SWSGX_TESTS_PROCESS_FAULTS_ACCESSES_ROWS_H
#define SWSGX_TESTS_PROCESS_FAULTS_ACCESSES_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an address is counted from. */
enum place {
	NUMBER,    /* 0 */
	NO_ACCESS, /* outside: PROT_NONE */
	READ_ONLY, /* outside */
	WRITABLE,  /* outside */
	NOTHING,   /* outside: no mapping, and one before it */
	CODE,      /* outside, executable: NOPs, then the row's bytes */
	DATA,      /* the enclave's own page of data */
	ELRANGE,   /* the enclave's base */
	NR_PLACES
};

#define RUNS (-1) /* no exception */

/* Where RIP is to be: at the instruction, at the address, or who knows. */
enum where { AT, ADDRESS, ANYWHERE };

struct access_row {
	const char *name;
	const char *code, *at; /* labels of accesses.S */
	enum place place;
	uint64_t offset;
	int vector;
	uint32_t err;    /* the error code */
	unsigned across; /* of a #PF: CR2 is so far behind the address */
	enum where where;
	bool canonical_end; /* the access lies across it */
	uint8_t bytes[8];
};

struct access_table {
	const char *subject, *deviation;
	const struct access_row *rows;
	size_t n;
	bool below; /* the page below ELRANGE must be there, else is not */
};

extern const struct access_table access_tables[];
extern const size_t nr_access_tables;

/* With a MISCSELECT that has no EXINFO. */
struct no_exinfo_row {
	const char *name, *code;
	uint64_t addr;
	int vector, sig;
	uint32_t exitinfo;
};
extern const struct no_exinfo_row no_exinfo_rows[];
extern const size_t nr_no_exinfo_rows;

#endif
