/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ENCLS: the kernel's half of SGX.  One leaf, one file, one function of the
 * same name; each checks in the order of its Operation section in the SDM.
 * The table above a leaf says what its checks give, in that order.  #PF(x) is
 * a fault at the linear address x: see encls_pf().
 *
 * A leaf returns 0 when it retired and -1 when it faulted (lp->fault).  Of a
 * leaf that faulted, RAX and RFLAGS are unchanged.
 *
 * Memory operands are pointers of this address space.  An EPC page's address
 * lies in this process's window on the EPC (epc_address()).
 *
 * Source: SDM "ENCLS - Execute an Enclave System Function of Specified Leaf
 * Number".
 */
#ifndef SWSGX_CPU_ENCLS_ENCLS_H
#define SWSGX_CPU_ENCLS_ENCLS_H

#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"

int ecreate(struct lp *lp);
int eadd(struct lp *lp);
int einit(struct lp *lp);
int eremove(struct lp *lp);
int edbgrd(struct lp *lp);
int edbgwr(struct lp *lp);
int eextend(struct lp *lp);
int eldb(struct lp *lp);
int eldu(struct lp *lp);
int eblock(struct lp *lp);
int epa(struct lp *lp);
int ewb(struct lp *lp);
int etrack(struct lp *lp);
int eaug(struct lp *lp);
int emodpr(struct lp *lp);
int emodt(struct lp *lp);

/*
 * "PF(x)" of an ENCLS leaf: a supervisor access that the EPCM refused.  As of
 * gp0(), a reason may follow; below, too.
 */
#define encls_pf(lp, la, ...) \
	(__VA_OPT__(because(lp, __VA_ARGS__), ) raise_encls_pf(lp, la))
int raise_encls_pf(struct lp *lp, uint64_t la);

/* Retire with this code: RAX; ZF iff it is an error; CF PF AF OF SF clear. */
#define encls_return(lp, code, ...) \
	(__VA_OPT__(because(lp, __VA_ARGS__), ) encls_retire(lp, code))
int encls_retire(struct lp *lp, enum sgx_return_code code);
/* The same for a code that EBLOCK and EWB report by CF instead of ZF. */
#define encls_return_cf(lp, code, ...) \
	(__VA_OPT__(because(lp, __VA_ARGS__), ) encls_retire_cf(lp, code))
int encls_retire_cf(struct lp *lp, enum sgx_return_code code);

/* Reasons that many leaves have. */
#define EPC_PAGE_CONFLICT    "another leaf has locked the EPC page %x"
#define MEASUREMENT_CONFLICT "another leaf is measuring the enclave"
#define EPC_PAGE_IN_USE      "the EPC page %x is in use"
#define NOT_IN_THE_EPC       "%x is not in the EPC"
#define NO_SECS              "there is no SECS at %x (the EPC was lost?)"
#define NOT_MODIFIABLE \
	"the page at %x awaits an EACCEPT (PENDING %u, MODIFIED %u)"
#define NO_EINIT "EINIT has not been done yet"
#define NO_VA    "there is no version array at %x"
#define NO_PAGE  "there is no page at %x (the EPC was lost?)"

/* A linear address of an operand -> pointer. */
static inline const void *encls_operand(uint64_t la)
{
	return (const void *)(uintptr_t)la;
}

static inline void *encls_output(uint64_t la)
{
	return (void *)(uintptr_t)la;
}

/* The EPC page at RCX: aligned, and its address in *pa. */
int encls_page(struct lp *lp, uint64_t *pa);

/*
 * PAGEINFO at RBX and the EPC page at RCX, the operands of the leaves that
 * make a page: aligned, and the page's address in *pa.
 */
int encls_new_page(struct lp *lp, struct sgx_pageinfo *pageinfo, uint64_t *pa);

/* SECINFO at RBX and the EPC page at RCX: EMODPR and EMODT. */
int encls_modified_page(struct lp *lp, struct sgx_secinfo *secinfo,
			uint64_t *pa);

#endif
