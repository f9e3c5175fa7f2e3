/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the kernel calls the processor: one thin function for each ENCLS leaf,
 * with the names and the convention of Linux 6.1 sgx/encls.h.  They return 0,
 * an SGX code (the leaves that give one), or SGX_ENCLS_FAULT_FLAG | vector.
 *
 * The program's registers must not show an instruction of the kernel, so lp->r
 * and lp->fault are restored.
 */
#ifndef SWSGX_KERNEL_SGX_ENCLS_H
#define SWSGX_KERNEL_SGX_ENCLS_H

#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"

#define SGX_ENCLS_FAULT_FLAG 0x40000000

/* Did the leaf fault, rather than retire? */
static inline bool encls_faulted(int ret)
{
	return ret & SGX_ENCLS_FAULT_FLAG;
}

static inline bool encls_faulted_pf(int ret)
{
	return ret == (SGX_ENCLS_FAULT_FLAG | VECTOR_PF);
}

/* Was it the EPCM that refused?  See epcm_fault(). */
static inline bool encls_faulted_epcm(const struct lp *lp, int ret)
{
	uint8_t vector = lp->cpu->package->sgx2 ? VECTOR_PF : VECTOR_GP;

	return ret == (SGX_ENCLS_FAULT_FLAG | vector);
}

/* A leaf that gives a code in RAX. */
static inline int __encls_ret(struct lp *lp, enum encls_leaf leaf, void *rbx,
			      void *rcx, void *rdx)
{
	/* All that ENCLS reads or writes; the other registers stay. */
	uint64_t was_rax = lp->r.rax, was_rbx = lp->r.rbx;
	uint64_t was_rcx = lp->r.rcx, was_rdx = lp->r.rdx;
	uint64_t was_rflags = lp->r.rflags;
	struct fault fault = lp->fault;
	int ret;

	lp->r.rax = leaf;
	lp->r.rbx = (uintptr_t)rbx;
	lp->r.rcx = (uintptr_t)rcx;
	lp->r.rdx = (uintptr_t)rdx;
	if (encls(lp))
		ret = SGX_ENCLS_FAULT_FLAG | lp->fault.vector;
	else
		ret = (int)lp->r.rax;
	if (ret) {
		lp->why.leaf = 1 + leaf;
		lp->why.result = ret;
	}
	lp->r.rax = was_rax;
	lp->r.rbx = was_rbx;
	lp->r.rcx = was_rcx;
	lp->r.rdx = was_rdx;
	lp->r.rflags = was_rflags;
	lp->fault = fault;
	return ret;
}

/* A leaf that only faults or succeeds, and leaves RAX as it was. */
static inline int __encls(struct lp *lp, enum encls_leaf leaf, void *rbx,
			  void *rcx)
{
	int ret = __encls_ret(lp, leaf, rbx, rcx, NULL);

	return encls_faulted(ret) ? ret : 0;
}

static inline int __ecreate(struct lp *lp, struct sgx_pageinfo *pginfo,
			    void *secs)
{
	return __encls(lp, ENCLS_ECREATE, pginfo, secs);
}

static inline int __eadd(struct lp *lp, struct sgx_pageinfo *pginfo, void *addr)
{
	return __encls(lp, ENCLS_EADD, pginfo, addr);
}

static inline int __eextend(struct lp *lp, void *secs, void *addr)
{
	return __encls(lp, ENCLS_EEXTEND, secs, addr);
}

static inline int __einit(struct lp *lp, void *sigstruct, void *token,
			  void *secs)
{
	return __encls_ret(lp, ENCLS_EINIT, sigstruct, secs, token);
}

static inline int __epa(struct lp *lp, void *addr)
{
	return __encls(lp, ENCLS_EPA, (void *)(uintptr_t)PT_VA, addr);
}

static inline int __eblock(struct lp *lp, void *addr)
{
	return __encls_ret(lp, ENCLS_EBLOCK, NULL, addr, NULL);
}

static inline int __etrack(struct lp *lp, void *secs)
{
	return __encls_ret(lp, ENCLS_ETRACK, NULL, secs, NULL);
}

static inline int __ewb(struct lp *lp, struct sgx_pageinfo *pginfo, void *addr,
			void *va)
{
	return __encls_ret(lp, ENCLS_EWB, pginfo, addr, va);
}

static inline int __eldu(struct lp *lp, struct sgx_pageinfo *pginfo, void *addr,
			 void *va)
{
	return __encls_ret(lp, ENCLS_ELDU, pginfo, addr, va);
}

static inline int __eaug(struct lp *lp, struct sgx_pageinfo *pginfo, void *addr)
{
	return __encls(lp, ENCLS_EAUG, pginfo, addr);
}

static inline int __emodpr(struct lp *lp, struct sgx_secinfo *secinfo,
			   void *addr)
{
	return __encls_ret(lp, ENCLS_EMODPR, secinfo, addr, NULL);
}

static inline int __emodt(struct lp *lp, struct sgx_secinfo *secinfo,
			  void *addr)
{
	return __encls_ret(lp, ENCLS_EMODT, secinfo, addr, NULL);
}

static inline int __edbgrd(struct lp *lp, void *addr, uint64_t *data)
{
	struct lp_regs regs = lp->r;
	struct fault fault = lp->fault;
	int ret;

	lp->r.rax = ENCLS_EDBGRD;
	lp->r.rcx = (uintptr_t)addr;
	if (encls(lp))
		ret = SGX_ENCLS_FAULT_FLAG | lp->fault.vector;
	else
		ret = (int)lp->r.rax;
	*data = lp->r.rbx;
	lp->r = regs;
	lp->fault = fault;
	return ret;
}

static inline int __edbgwr(struct lp *lp, void *addr, uint64_t data)
{
	return __encls_ret(lp, ENCLS_EDBGWR, (void *)(uintptr_t)data, addr,
			   NULL);
}

static inline int __eremove(struct lp *lp, void *addr)
{
	return __encls_ret(lp, ENCLS_EREMOVE, NULL, addr, NULL);
}

#endif
