/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Linux does about a #PF.  After Linux 6.1 arch/x86/mm/fault.c
 * do_user_addr_fault() and the functions it calls, in the same order.
 */
#include <asm-generic/siginfo.h>
#include <asm/signal.h>
#include <linux/mman.h>

#include "kernel/fault/internal.h"
#include "kernel/mm/mmap.h"
#include "kernel/sgx/driver.h"

/* Nobody learns from a fault whether a kernel address is mapped. */
static uint32_t sanitize_error_code(uint32_t error_code, uint64_t address)
{
	return address >= TASK_SIZE ? error_code | PF_PROT : error_code;
}

enum fault_outcome force_sig_fault(struct page_fault *f, int sig, int code,
				   uint32_t error_code)
{
	uint64_t cr2 = f->address;

	error_code = sanitize_error_code(error_code | PF_USER, f->address);
	f->lp->fault = (struct fault){ VECTOR_PF, error_code, f->address };
	f->retries->repeats = 0;
	/* In an enclave the AEX hides the offset in the page. */
	if (f->lp->cr_enclave_mode)
		cr2 &= SGX_PAGE_MASK;
	*f->signal = (struct ksignal){
		.sig = sig,
		.code = code,
		.addr = cr2,
		.trapnr = VECTOR_PF,
		.error_code = error_code,
		.cr2 = cr2,
	};
	return FAULT_SIGNAL;
}

static enum fault_outcome bad_area(struct page_fault *f, uint32_t error_code)
{
	because(f->lp, "nothing is mapped at %x", f->address);
	return force_sig_fault(f, SIGSEGV, SEGV_MAPERR, error_code);
}

static enum fault_outcome bad_area_access_error(struct page_fault *f,
						uint32_t error_code,
						const struct sgx_vma *vma)
{
	bool key = error_code & PF_PK;

	if (key)
		because(f->lp, "protection key %u of the mapping at %x refuses",
			vma->pkey, f->address);
	else if (!(error_code & PF_SGX)) /* else the EPCM has said why */
		because(f->lp, "the mapping at %x has %p", f->address,
			vma->prot);
	force_sig_fault(f, SIGSEGV, key ? SEGV_PKUERR : SEGV_ACCERR,
			error_code);
	if (key)
		f->signal->pkey = vma->pkey;
	return FAULT_SIGNAL;
}

enum fault_outcome do_sigbus(struct page_fault *f, uint32_t error_code)
{
	because(f->lp,
		"the driver gives no page at %x: none was added, the "
		"mapping asks for more than it may have, or the EPC was lost "
		"or is full",
		f->address);
	return force_sig_fault(f, SIGBUS, BUS_ADRERR, error_code);
}

/*
 * Is this access an error, or one that a PTE will mend?
 *
 * PF_SGX is always an error, and is looked at before the VMA.  The processor
 * asks the EPCM only after its walk of the page tables allowed the access; so
 * the kernel did allow it, and its tables have nothing to mend.  Without this
 * rule a write would pass the test of VM_WRITE below, the handler would find
 * the PTE in place, and the access would fault again without end.
 * PF_SGX is no reason to warn: the processor may drop every EPCM entry at any
 * time (suspend, migration of a VM).  SIGSEGV tells the program that it has to
 * build its enclave anew.
 */
static bool access_error(uint32_t error_code, const struct sgx_vma *vma)
{
	/* The page tables' last word too: no change of a PTE undoes a key. */
	if (error_code & PF_PK)
		return true;
	if (error_code & PF_SGX)
		return true;
	/* P does not matter here: a stale PTE may have refused. */
	if (error_code & PF_WRITE)
		return !(vma->prot & PROT_WRITE);
	/* A present page refused a read or a fetch: it will again. */
	if (error_code & PF_PROT)
		return true;
	return !(vma->prot & (PROT_READ | PROT_WRITE | PROT_EXEC));
}

enum fault_outcome do_user_addr_fault(struct page_fault *f, uint32_t error_code)
{
	enum vm_fault fault;
	struct sgx_vma vma;

	if (!fault_find_vma(f->mm, f->address, &vma))
		return bad_area(f, error_code);
	if (access_error(error_code, &vma))
		return bad_area_access_error(f, error_code, &vma);
	fault = sgx_vma_fault(f->mm, &vma, f->address);
	if (fault == VM_FAULT_SIGBUS)
		return do_sigbus(f, error_code);
	f->has_pte = fault == VM_FAULT_NOPAGE;
	if (f->has_pte)
		fault_ahead(f, &vma);
	return FAULT_RETRY;
}
