/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults on enclave memory: what the processor raises, and what becomes of it.
 * After Linux 6.1 arch/x86/mm/fault.c exc_page_fault(); SDM "Access-control
 * Requirements".
 *
 * The host's own fault says only that the real mapping refused.  The host's
 * page tables hold the AND of two things (mm/pte.c) and are filled lazily, so
 * its error code is not the one to report.  That one is found by making the
 * access again on the model: page tables first, then the EPCM.
 */
#include <asm-generic/siginfo.h>
#include <asm/signal.h>

#include "cpu/xsave.h"
#include "kernel/fault/internal.h"
#include "kernel/mm/pte.h"
#include "kernel/sgx/driver.h"

static bool outside_elrange(const struct lp *lp, uint64_t address)
{
	return address - lp->cr_elrange_base >= lp->cr_elrange_size;
}

/* The model raised lp->fault; f->address may be another one. */
static enum fault_outcome model_fault(const struct page_fault *f)
{
	return exc_model_fault(f->mm, f->lp, f->retries, f->signal);
}

/*
 * The model allows the access, so make the real mapping allow it.  If that does
 * not help, the host refuses for a reason of its own: end it with a signal.
 */
static enum fault_outcome mend(struct page_fault *f, uint32_t type)
{
	if (!retry_mended(f))
		return do_sigbus(f, type);
	if (type & PF_INSTR)
		sgx_patch(f->mm, f->address);
	if (sgx_sync_page(f->mm, f->address))
		return do_sigbus(f, type);
	return FAULT_RETRY;
}

/* The page tables have allowed the access; now the EPCM. */
static enum fault_outcome epcm_check(struct page_fault *f, uint32_t type)
{
	if (!f->lp->cr_enclave_mode || outside_elrange(f->lp, f->address))
		return FAULT_ABORT_PAGE;
	if (!enclave_access(f->lp, f->address, type & (PF_WRITE | PF_INSTR)))
		return mend(f, type);
	return model_fault(f);
}

/*
 * Did a protection key of the program refuse?  The host has a key of its own
 * for memory that may only be executed; that one does not count, because it was
 * this layer that made the page so.
 */
static bool key_refuses(const struct sgx_vma *vma, uint32_t hw_code)
{
	return vma->pkey && (hw_code & PF_PK);
}

/*
 * Linux looks at the key where the processor did not, because the page is
 * absent (arch_vma_access_permitted()); the error code is the processor's.
 */
static enum fault_outcome key_fault(struct page_fault *f, uint32_t code)
{
	enum fault_outcome outcome = do_user_addr_fault(f, code | PF_PK);

	if (!(code & PF_PROT))
		f->signal->error_code = f->lp->fault.error_code &= ~PF_PK;
	return outcome;
}

/* The processor tries; Linux may install the PTE; the processor tries again. */
static enum fault_outcome retry_access(struct page_fault *f,
				       const struct sgx_vma *vma,
				       uint32_t hw_code)
{
	uint32_t type = (hw_code & (PF_WRITE | PF_INSTR)) | PF_USER;
	uint32_t p = fault_present(f->mm, vma, hw_code, f->address);
	enum fault_outcome outcome;

	if (key_refuses(vma, hw_code))
		return key_fault(f, type | p);
	if (p && !sgx_pte_refuses(vma, type))
		return epcm_check(f, type);
	outcome = do_user_addr_fault(f, type | p);
	if (outcome != FAULT_RETRY || !f->has_pte)
		return outcome;
	if (!sgx_pte_refuses(vma, type))
		return epcm_check(f, type);
	return do_user_addr_fault(f, type | PF_PROT);
}

enum fault_outcome exc_page_fault(struct sgx_mm *mm, struct lp *lp,
				  struct fault_retries *retries,
				  uint32_t hw_code, uint64_t address,
				  struct ksignal *signal)
{
	struct page_fault f = { mm, lp, retries, address, signal, false };
	struct sgx_vma vma;

	if (lp->cr_enclave_mode && (hw_code & PF_INSTR) &&
	    outside_elrange(lp, address)) {
		gp0(lp, "execution left ELRANGE, for %x", address);
		return model_fault(&f);
	}
	if (!fault_find_vma(mm, address, &vma)) {
		because(lp, "no enclave is mapped at %x, the kernel refuses",
			address);
		lp->fault = (struct fault){ VECTOR_PF, hw_code | PF_USER,
					    address };
		return FAULT_NOT_OURS;
	}
	return retry_access(&f, &vma, hw_code);
}

/* A refusal that is not the page tables': a leaf's operand, or the EPCM's. */
static enum fault_outcome refused(struct page_fault *f)
{
	struct fault fault = f->lp->fault;
	struct sgx_vma vma;

	if (retry_after_paging(f))
		return FAULT_RETRY;
	if (fault.vector != VECTOR_PF) {
		if (retry_after_death(f))
			return FAULT_RETRY;
		f->lp->fault = fault;
		exc_signal(fault.vector, fault.error_code, f->lp->r.rip,
			   f->signal);
		return FAULT_SIGNAL;
	}
	/* Ordinary memory where the leaf wanted EPC; or nothing at all. */
	if (!fault_find_vma(f->mm, f->address, &vma))
		return force_sig_fault(f, SIGSEGV, SEGV_ACCERR,
				       fault.error_code);
	return do_user_addr_fault(f, fault.error_code);
}

/* Memory where no enclave is mapped: ask the host once more. */
static enum fault_outcome refused_outside(struct page_fault *f)
{
	uint32_t access = f->lp->fault.error_code & PF_WRITE;
	struct ksignal host;

	if (f->mm->host->probe(f->address, access, live_pkru(f->lp), &host))
		return FAULT_RETRY;
	force_sig_fault(f, host.sig, host.code, host.error_code);
	f->signal->pkey = host.pkey;
	return FAULT_SIGNAL;
}

enum fault_outcome exc_model_fault(struct sgx_mm *mm, struct lp *lp,
				   struct fault_retries *retries,
				   struct ksignal *signal)
{
	struct page_fault f = { mm,     lp,   retries, lp->fault.address,
				signal, false };
	uint32_t code = lp->fault.error_code;
	enum fault_outcome outcome;
	struct sgx_vma vma;

	if (lp->fault.vector != VECTOR_PF || (code & PF_SGX))
		return refused(&f);
	if (!fault_find_vma(mm, f.address, &vma))
		return refused_outside(&f);
	if (fault_key_denies(lp, &vma, code))
		return key_fault(&f, code);
	outcome = do_user_addr_fault(&f, code);
	if (outcome != FAULT_RETRY || !f.has_pte)
		return outcome;
	return mend(&f, code);
}
