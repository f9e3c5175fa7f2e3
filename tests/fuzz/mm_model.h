/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A second opinion on the memory system calls over enclave mappings: the
 * address space as one entry a page, with rules written down anew from Linux
 * and nothing shared with kernel/.  Each function changes the model as Linux
 * would change the address space, and returns what the call returns: 0 or an
 * address, or -errno.
 *
 * Enclave 0 is created, and gets the pages of standard_pages() in the unit
 * tests' fixture at some time; enclave 1 is an open file and nothing else.
 *
 * Source: Linux 6.1 mm/mmap.c, mm/mprotect.c, mm/mremap.c, mm/madvise.c;
 * sgx/encl.c sgx_encl_may_map(); SDM "Access-control Requirements".
 */
#ifndef SWSGX_TESTS_FUZZ_MM_MODEL_H
#define SWSGX_TESTS_FUZZ_MM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_PAGES 2048u

enum model_kind { MODEL_FREE, MODEL_ORDINARY, MODEL_ENCLAVE };

struct model_page {
	enum model_kind kind;
	/* Of MODEL_ENCLAVE: */
	bool first; /* a mapping begins here */
	bool dontfork;
	uint8_t encl, prot, mayprot;
};

struct model {
	struct model_page page[MODEL_PAGES];
	unsigned base;    /* page where ELRANGE of enclave 0 begins */
	unsigned size;    /* its pages */
	bool added;       /* enclave 0 has got its pages */
	bool initialized; /* EINIT has been done */
	bool lost;        /* the processor lost its EPC */
};

/* Pages are numbered from the start of the window; `n` is a number of them. */
int model_mmap(struct model *model, unsigned page, unsigned n, int prot,
	       unsigned encl, int accmode);
void model_mmap_other(struct model *model, unsigned page, unsigned n);
void model_munmap(struct model *model, unsigned page, unsigned n);
int model_mprotect(struct model *model, unsigned page, unsigned n, int prot);
/* The page number moved to, or -errno. */
int model_mremap(struct model *model, unsigned from, unsigned from_n,
		 unsigned to_n, int flags, unsigned to);
int model_madvise(struct model *model, unsigned page, unsigned n, int advice);
void model_fork(struct model *model);

/* PROT_* that the memory of a page really may have. */
int model_effective(const struct model *model, unsigned page);

/* What becomes of an access; the signals are told apart as programs can. */
enum model_fault {
	MODEL_NOT_OURS,
	MODEL_RETRY,
	MODEL_ABORT_PAGE,
	MODEL_SIGBUS,
	MODEL_SIGSEGV,     /* by the page tables */
	MODEL_SIGSEGV_SGX, /* by the EPCM */
	MODEL_GP,
};
/* access: PROT_READ, PROT_WRITE or PROT_EXEC. */
enum model_fault model_fault(const struct model *model, unsigned page,
			     int access, bool inside);

#endif
