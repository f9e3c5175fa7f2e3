/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ENCLU: the program's half of SGX.  One leaf, one file, one function of the
 * same name; each checks in the order of its Operation section in the SDM.
 * The table above a leaf says what its checks give, in that order.  #PF(x) is
 * a fault at the linear address x: see raise_pf().
 *
 * A leaf returns 0 when it retired and -1 when it faulted (lp->fault, with
 * registers unchanged).  EENTER, ERESUME and EEXIT set RIP; enclu() moves it
 * past the instruction for the others.
 *
 * Source: SDM "ENCLU - Execute an Enclave User Function of Specified Leaf
 * Number".
 */
#ifndef SWSGX_CPU_ENCLU_ENCLU_H
#define SWSGX_CPU_ENCLU_ENCLU_H

#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"

/* Reasons that some leaves have. */
#define SECINFO_RESERVED "reserved fields of SECINFO are not zero"
#define PAGE_CONFLICT    "another leaf works on the page at %x"
#define NOT_ALIGNED      "RBX %x, RCX %x or RDX %x is not aligned"
#define OUTSIDE_ELRANGE  "RBX %x, RCX %x or RDX %x is outside ELRANGE"

int ereport(struct lp *lp);
int egetkey(struct lp *lp);
int eenter(struct lp *lp);
int eresume(struct lp *lp);
int eexit(struct lp *lp);
int eaccept(struct lp *lp);
int emodpe(struct lp *lp);
int eacceptcopy(struct lp *lp);
int edeccssa(struct lp *lp);

/*
 * Retire with this code: RAX; ZF iff it is an error; CF PF AF OF SF clear.  A
 * reason may follow, as of gp0().
 */
#define enclu_return(lp, code, ...) \
	(__VA_OPT__(because(lp, __VA_ARGS__), ) enclu_retire(lp, code))
int enclu_retire(struct lp *lp, enum sgx_return_code code);
/* Set the registers as an EACCEPT or EACCEPTCOPY that succeeded does. */
void enclu_done(struct lp *lp);

#endif
