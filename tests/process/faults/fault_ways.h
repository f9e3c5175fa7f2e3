/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One access to one address, by each of the ways in which a program can make
 * it and be told of its fault.
 */
#ifndef SWSGX_TESTS_PROCESS_FAULTS_FAULT_WAYS_H
#define SWSGX_TESTS_PROCESS_FAULTS_FAULT_WAYS_H

#include "tests/process/fixture/victim.h"

enum access { READ, WRITE, FETCH, NR_ACCESSES };

enum way {
	INSIDE_SIGNAL, /* in the enclave, entered by own ENCLU */
	INSIDE_VDSO,   /* in the enclave, entered through the vDSO */
	OUTSIDE,       /* the program itself */
	ENTRY_SIGNAL,  /* EENTER by own ENCLU, at a TCS that is to be there */
	ENTRY_VDSO,    /* EENTER through the vDSO, likewise */
};

/* What the program was told.  The enclave, or it, has gone on since. */
struct told {
	bool faulted;
	uint64_t vector, err, addr; /* addr: si_addr, exception_addr */
	int sig, code;              /* 0 through the vDSO */
	uint64_t cr2;               /* REG_CR2; 0 through the vDSO */
	uint32_t exitinfo;          /* inside: from the SSA */
	struct exinfo exinfo;
};

/*
 * Make the access, on TCS 0 if inside.  What is fetched is called, and must be
 * a RET.  An entry is a WRITE, and must not get in.  Takes the handlers of
 * SIGSEGV and SIGBUS.
 */
struct told fault_by(enum way way, const struct enclave *e, enum access access,
		     uint64_t addr);

#endif
