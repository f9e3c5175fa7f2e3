/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Page faults on enclave memory: what the processor raises, and what Linux
 * makes of it.  After Linux 6.1 arch/x86/mm/fault.c do_user_addr_fault() and
 * sgx/encl.c sgx_vma_fault(); SDM "Access-control Requirements".
 *
 * The host's own fault says only that the real mapping refused.  Its page
 * tables hold the AND of two things (pte.c) and are filled lazily, so its error
 * code is not the one to report: that one is found by doing the access again
 * on the model, page tables first, then the EPCM.
 */
#include <asm-generic/siginfo.h>
#include <asm/signal.h>
#include <linux/mman.h>

#include "kernel/encl.h"
#include "kernel/lock.h"

#define TASK_SIZE_MAX	0x7ffffffff000ull

/* Faults at one address and rip, in a row, that mending did not end. */
#define MAX_REPEATS	(1u << 16)

enum vm_fault { VM_FAULT_NOPAGE, VM_FAULT_SIGBUS };

/* A copy, because mm->lock cannot be held over what follows. */
static bool find_vma(struct sgx_mm *mm, uint64_t address, struct sgx_vma *copy)
{
	uint32_t ticket = sgx_lock(&mm->lock);
	const struct sgx_vma *vma = sgx_find_vma(mm, address);

	if (vma)
		*copy = *vma;
	sgx_unlock(&mm->lock, ticket);
	return vma;
}

/* Is the access one that a page of this VMA, once present, refuses? */
static bool pte_refuses(const struct sgx_vma *vma, uint32_t access)
{
	int prot = sgx_pte_prot(vma->prot);

	if (access & PF_WRITE)
		return !(prot & PROT_WRITE);
	if (access & PF_INSTR)
		return !(prot & PROT_EXEC);
	return !(prot & PROT_READ);
}

/*
 * The driver's handler: gives the page a PTE.  DEVIATION DK3: no EAUG yet, the
 * processor is taken for one without SGX2.
 */
static enum vm_fault sgx_vma_fault(struct sgx_mm *mm, const struct sgx_vma *vma,
				   uint64_t address)
{
	const struct sgx_encl_page *page;
	uint64_t pa;

	page = sgx_encl_load_page(mm, sgx_vma_encl(mm, vma), address, &pa);
	if (!page)
		return VM_FAULT_SIGBUS;
	/* Possible where the mapping is older than the page. */
	if (vma->prot & ~page->vm_max_prot)
		return VM_FAULT_SIGBUS;
	return VM_FAULT_NOPAGE;
}

static bool has_pte(struct sgx_mm *mm, const struct sgx_vma *vma,
		    uint64_t address)
{
	return vma->prot != PROT_NONE &&
	       sgx_vma_fault(mm, vma, address) == VM_FAULT_NOPAGE;
}

/*
 * Is this access an error, or one that a PTE will mend?
 *
 * PF_SGX is always an error, before the VMA is looked at.  The processor asks
 * the EPCM only after its walk of the page tables allowed the access; so the
 * kernel did allow it, and there is nothing in the kernel's tables to mend.
 * Without this rule a write would pass the test of VM_WRITE below, the handler
 * would find the PTE in place, and the access would fault again without end.
 * It is the mildest thing to do, and no reason to warn: the processor may drop
 * every EPCM entry at any time (suspend, migration of a VM), and the program is
 * told by SIGSEGV that it has to build its enclave anew.
 */
static bool access_error(uint32_t error_code, const struct sgx_vma *vma)
{
	/* The page tables' last word too: no change of a PTE undoes a key. */
	if (error_code & PF_PK)
		return true;
	if (error_code & PF_SGX)
		return true;
	/* P does not matter here: a stale PTE may just have refused. */
	if (error_code & PF_WRITE)
		return !(vma->prot & PROT_WRITE);
	/* A present page refused a read or a fetch: it will again. */
	if (error_code & PF_PROT)
		return true;
	return !(vma->prot & (PROT_READ | PROT_WRITE | PROT_EXEC));
}

/* Nobody learns from a fault whether a kernel address is mapped. */
static uint32_t sanitize_error_code(uint32_t error_code, uint64_t address)
{
	return address >= TASK_SIZE_MAX ? error_code | PF_PROT : error_code;
}

static enum fault_outcome force_sig_fault(struct lp *lp, int sig, int code,
					  uint32_t error_code, uint64_t address,
					  struct ksignal *signal)
{
	uint64_t cr2 = address;

	error_code = sanitize_error_code(error_code | PF_USER, address);
	lp->fault = (struct fault){ VECTOR_PF, error_code, address };
	lp->os_fault.repeats = 0;
	/* In an enclave the AEX hides the offset in the page. */
	if (lp->cr_enclave_mode)
		cr2 &= SGX_PAGE_MASK;
	*signal = (struct ksignal){
		.sig = sig,
		.code = code,
		.addr = cr2,
		.trapnr = VECTOR_PF,
		.error_code = error_code,
		.cr2 = cr2,
	};
	return FAULT_SIGNAL;
}

static enum fault_outcome bad_area(struct lp *lp, uint32_t error_code,
				   uint64_t address, struct ksignal *signal)
{
	return force_sig_fault(lp, SIGSEGV, SEGV_MAPERR, error_code, address,
			       signal);
}

static enum fault_outcome bad_area_access_error(struct lp *lp,
						const struct sgx_vma *vma,
						uint32_t error_code,
						uint64_t address,
						struct ksignal *signal)
{
	bool key = error_code & PF_PK;

	force_sig_fault(lp, SIGSEGV, key ? SEGV_PKUERR : SEGV_ACCERR,
			error_code, address, signal);
	if (key)
		signal->pkey = vma->pkey;
	return FAULT_SIGNAL;
}

static enum fault_outcome do_sigbus(struct lp *lp, uint32_t error_code,
				    uint64_t address, struct ksignal *signal)
{
	return force_sig_fault(lp, SIGBUS, BUS_ADRERR, error_code, address,
			       signal);
}

/* What Linux does about the processor's #PF.  FAULT_RETRY: there is a PTE. */
static enum fault_outcome do_user_addr_fault(struct sgx_mm *mm, struct lp *lp,
					     uint32_t error_code,
					     uint64_t address,
					     struct ksignal *signal)
{
	struct sgx_vma vma;

	if (!find_vma(mm, address, &vma))
		return bad_area(lp, error_code, address, signal);
	if (access_error(error_code, &vma))
		return bad_area_access_error(lp, &vma, error_code, address,
					     signal);
	if (sgx_vma_fault(mm, &vma, address) == VM_FAULT_SIGBUS)
		return do_sigbus(lp, error_code, address, signal);
	return FAULT_RETRY;
}

/* How often has this very access come back in a row? */
static uint32_t repeats(struct lp *lp, uint64_t address)
{
	if (lp->os_fault.address != address || lp->os_fault.rip != lp->r.rip) {
		lp->os_fault.address = address;
		lp->os_fault.rip = lp->r.rip;
		lp->os_fault.repeats = 0;
	}
	return ++lp->os_fault.repeats;
}

/*
 * The model allows the access: make the real mapping allow it.  If that does
 * not help, the host refuses for a reason of its own; end it with a signal.
 */
static enum fault_outcome mend(struct sgx_mm *mm, struct lp *lp, uint32_t type,
			       uint64_t address, struct ksignal *signal)
{
	if (repeats(lp, address) > MAX_REPEATS || sgx_sync_page(mm, address))
		return do_sigbus(lp, type, address, signal);
	return FAULT_RETRY;
}

static bool outside_elrange(const struct lp *lp, uint64_t address)
{
	return address - lp->cr_elrange_base >= lp->cr_elrange_size;
}

/* The page tables have allowed the access; now the EPCM. */
static enum fault_outcome epcm_check(struct sgx_mm *mm, struct lp *lp,
				     uint32_t type, uint64_t address,
				     struct ksignal *signal)
{
	if (!lp->cr_enclave_mode || outside_elrange(lp, address))
		return FAULT_ABORT_PAGE;
	if (!enclave_access(lp, address, type & (PF_WRITE | PF_INSTR)))
		return mend(mm, lp, type, address, signal);
	return exc_model_fault(mm, lp, signal);
}

/*
 * Did a protection key of the program refuse?  Not the key that the host gives
 * to memory which may only be executed: that the page is such is our doing.
 * For a page it has not yet touched the host does not say; but then the access
 * comes back although the mapping is right.
 */
static bool key_refuses(struct sgx_mm *mm, const struct lp *lp,
			const struct sgx_vma *vma, uint32_t hw_code,
			uint64_t address)
{
	if (hw_code & PF_PK)
		return sgx_effective_prot(mm, vma, address) != PROT_EXEC;
	return vma->pkey && lp->os_fault.repeats > 1 &&
	       lp->os_fault.address == address && lp->os_fault.rip == lp->r.rip;
}

/* The processor tries; Linux may install the PTE; the processor tries again. */
static enum fault_outcome retry_access(struct sgx_mm *mm, struct lp *lp,
				       const struct sgx_vma *vma,
				       uint32_t hw_code, uint64_t address,
				       struct ksignal *signal)
{
	uint32_t type = (hw_code & (PF_WRITE | PF_INSTR)) | PF_USER;
	uint32_t p = has_pte(mm, vma, address) ? hw_code & PF_PROT : 0;
	enum fault_outcome outcome;

	if (key_refuses(mm, lp, vma, hw_code, address)) {
		outcome = do_user_addr_fault(mm, lp, type | p | PF_PK, address,
					     signal);
		if (!p)		/* the processor did not look at the key */
			signal->error_code = lp->fault.error_code &= ~PF_PK;
		return outcome;
	}
	if (p && !pte_refuses(vma, type))
		return epcm_check(mm, lp, type, address, signal);
	outcome = do_user_addr_fault(mm, lp, type | p, address, signal);
	if (outcome != FAULT_RETRY)
		return outcome;
	if (!pte_refuses(vma, type))
		return epcm_check(mm, lp, type, address, signal);
	return do_user_addr_fault(mm, lp, type | PF_PROT, address, signal);
}

enum fault_outcome exc_page_fault(struct sgx_mm *mm, struct lp *lp,
				  uint32_t hw_code, uint64_t address,
				  struct ksignal *signal)
{
	struct sgx_vma vma;

	if (lp->cr_enclave_mode && (hw_code & PF_INSTR) &&
	    outside_elrange(lp, address)) {
		gp0(lp);
		return exc_model_fault(mm, lp, signal);
	}
	if (!find_vma(mm, address, &vma)) {
		lp->fault = (struct fault){ VECTOR_PF, hw_code | PF_USER,
					    address };
		return FAULT_NOT_OURS;
	}
	return retry_access(mm, lp, &vma, hw_code, address, signal);
}

enum fault_outcome exc_model_fault(struct sgx_mm *mm, struct lp *lp,
				   struct ksignal *signal)
{
	uint32_t code = lp->fault.error_code;
	uint64_t address = lp->fault.address;
	enum fault_outcome outcome;
	struct sgx_vma vma;

	if (lp->fault.vector != VECTOR_PF) {
		exc_signal(lp->fault.vector, code, lp->r.rip, signal);
		return FAULT_SIGNAL;
	}
	/* Ordinary memory where the leaf wanted EPC is there; or none is. */
	if (!find_vma(mm, address, &vma))
		return force_sig_fault(lp, SIGSEGV,
				       code & PF_PROT ? SEGV_ACCERR :
							SEGV_MAPERR,
				       code, address, signal);
	outcome = do_user_addr_fault(mm, lp, code, address, signal);
	if (outcome != FAULT_RETRY)
		return outcome;
	return mend(mm, lp, code, address, signal);
}

/*
 * Memory that no enclave is mapped to.  Whether it is mapped at all is for the
 * host to say: only a byte read tells.
 */
static int walk_outside(struct sgx_mm *mm, struct lp *lp, uint64_t la,
			uint32_t type, uint64_t *pa)
{
	uint8_t byte;

	if (mm->host->copy_from_user(&byte, la, 1)) {
		lp->fault = (struct fault){ VECTOR_PF, type, la };
		return -1;
	}
	*pa = EPC_NONE;
	return 0;
}

int sgx_walk(struct lp *lp, uint64_t la, unsigned access, uint64_t *pa)
{
	struct sgx_mm *mm = lp->walk_ctx;
	uint32_t type = (access & (PF_WRITE | PF_INSTR)) | PF_USER;
	struct sgx_vma vma;

	if (!find_vma(mm, la, &vma))
		return walk_outside(mm, lp, la, type, pa);
	if (!has_pte(mm, &vma, la)) {
		lp->fault = (struct fault){ VECTOR_PF, type, la };
		return -1;
	}
	if (pte_refuses(&vma, access))
		return pf(lp, la, access & (PF_WRITE | PF_INSTR));
	*pa = sgx_encl_pa(sgx_vma_encl(mm, &vma), la);
	return 0;
}
