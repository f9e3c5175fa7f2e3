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
#include <asm/errno.h>
#include <asm/signal.h>
#include <linux/mman.h>

#include "cpu/xsave.h"
#include "kernel/fault/fault.h"
#include "kernel/mm/encl_page.h"
#include "kernel/mm/mmap.h"
#include "kernel/mm/pte.h"
#include "kernel/mm/view.h"
#include "kernel/mm/vma.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encl.h"

/* Faults at one address and rip, in a row, that mending did not end. */
#define MAX_REPEATS	(1u << 16)

/* Waits for a page in one fault, before the thread may take its signals. */
#define MAX_WAITS	64

/* ENCLU faults in a row for which other threads' paging is to blame. */
#define MAX_BLAMED	16

/* There is a PTE now; there can be none; there is none yet, do it again. */
enum vm_fault { VM_FAULT_NOPAGE, VM_FAULT_SIGBUS, VM_FAULT_RETRY };

/* A copy, because mm->lock cannot be held over what follows. */
static bool find_vma(struct sgx_mm *mm, uint64_t address, struct sgx_vma *copy)
{
	uint64_t ticket = sgx_lock(&mm->lock);
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

/* Is there a page that this VMA may show?  `*page` NULL: none at all. */
static bool vma_fits(struct sgx_mm *mm, const struct sgx_vma *vma,
		     uint64_t address, struct sgx_encl_page **page)
{
	uint64_t pa;

	*page = sgx_encl_find_page(mm, sgx_vma_encl(mm, vma), address, &pa);
	/* Possible where the mapping is older than the page. */
	return *page && !(vma->prot & ~(*page)->vm_max_prot);
}

static bool may_augment(const struct sgx_mm *mm, const struct sgx_encl *encl,
			uint64_t address)
{
	return mm->shared->package.sgx2 &&
	       (sgx_encl_flags(encl) & SGX_ENCL_INITIALIZED) &&
	       address - encl->base < encl->size;
}

/* encl->lock is held.  As sgx_encl_load_page(). */
static int fault_in(struct sgx_mm *mm, const struct sgx_vma *vma,
		    uint64_t address)
{
	struct sgx_encl *encl = sgx_vma_encl(mm, vma);
	struct sgx_encl_page *page;

	if (vma_fits(mm, vma, address, &page))
		return sgx_encl_load_page(mm, encl, sgx_encl_pa(encl, address));
	if (page || !may_augment(mm, encl, address))
		return -EFAULT;
	return sgx_encl_eaug_page(mm, encl, address);
}

struct faulting {
	const struct sgx_vma *vma;
	uint64_t address;
};

static int fault_locked(struct sgx_mm *mm, void *arg)
{
	const struct faulting *f = arg;
	const struct sgx_encl *encl = sgx_vma_encl(mm, f->vma);
	int ret = fault_in(mm, f->vma, f->address);

	if (!ret)
		sgx_page_mark_young(sgx_page_at(mm, sgx_encl_pa(encl,
								f->address)));
	return ret;
}

/*
 * The driver's handler: gives the page a PTE, after the page where need be.
 * Who loses the race to add a page takes the winner's.  DEVIATION DK3: Linux
 * 6.1 gives him SIGBUS.
 */
static enum vm_fault sgx_vma_fault(struct sgx_mm *mm, const struct sgx_vma *vma,
				   uint64_t address)
{
	struct sgx_encl *encl = sgx_vma_encl(mm, vma);
	struct faulting f = { vma, address & SGX_PAGE_MASK };
	uint64_t pa = sgx_encl_pa(encl, f.address);
	int ret;

	for (int i = 0; i < MAX_WAITS; i++) {
		ret = sgx_locked(mm, encl, fault_locked, &f);
		if (ret != -EBUSY)
			return ret ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
		if (sgx_encl_wait(mm, encl, pa))
			return VM_FAULT_SIGBUS;
	}
	return VM_FAULT_RETRY;
}

/* Does the thread's PKRU deny what the mapping's protection key is asked? */
static bool key_denies(const struct lp *lp, const struct sgx_vma *vma,
		       uint32_t access)
{
	uint32_t rights = live_pkru(lp) >> 2 * vma->pkey;

	if (access & PF_INSTR)
		return false;
	return rights & (access & PF_WRITE ? PKEY_DISABLE_ACCESS |
					     PKEY_DISABLE_WRITE :
					     PKEY_DISABLE_ACCESS);
}

static bool has_pte(struct sgx_mm *mm, const struct sgx_vma *vma,
		    uint64_t address)
{
	struct sgx_encl_page *page;

	return vma->prot != PROT_NONE && vma_fits(mm, vma, address, &page) &&
	       sgx_page_present(page);
}

/*
 * The P bit.  DEVIATION DK21: where the EPCM lets nobody do anything (a TCS, a
 * page that is pending), the host's page is never present, whatever was touched
 * before: what was used of late is taken for touched.  Nor is any, in a view
 * that hides them all.
 */
static uint32_t present(struct sgx_mm *mm, const struct sgx_vma *vma,
			uint32_t hw_code, uint64_t address)
{
	uint64_t pa = sgx_encl_pa(sgx_vma_encl(mm, vma), address);
	unsigned flags;

	if (!has_pte(mm, vma, address))
		return 0;
	if (mm->view != SGX_VIEW_HIDDEN && epcm_allows(&mm->cpu, pa, address))
		return hw_code & PF_PROT;
	flags = sgx_page_flags(sgx_page_at(mm, pa));
	return flags & SGX_PAGE_YOUNG ? PF_PROT : 0;
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
	return address >= TASK_SIZE ? error_code | PF_PROT : error_code;
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
	because(lp, "nothing is mapped at %x", address);
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

	if (key)
		because(lp, "protection key %u of the mapping at %x refuses",
			vma->pkey, address);
	else if (!(error_code & PF_SGX))	/* else the EPCM has said */
		because(lp, "the mapping at %x has %p", address, vma->prot);
	force_sig_fault(lp, SIGSEGV, key ? SEGV_PKUERR : SEGV_ACCERR,
			error_code, address, signal);
	if (key)
		signal->pkey = vma->pkey;
	return FAULT_SIGNAL;
}

static enum fault_outcome do_sigbus(struct lp *lp, uint32_t error_code,
				    uint64_t address, struct ksignal *signal)
{
	because(lp, "the driver gives no page at %x: none was added, the "
		"mapping asks for more than it may have, or the EPC was lost "
		"or is full", address);
	return force_sig_fault(lp, SIGBUS, BUS_ADRERR, error_code, address,
			       signal);
}

/*
 * What Linux does about the processor's #PF.  FAULT_RETRY: the access is to be
 * made again; *done says whether there is a PTE for it now.
 */
static enum fault_outcome do_user_addr_fault(struct sgx_mm *mm, struct lp *lp,
					     uint32_t error_code,
					     uint64_t address, bool *done,
					     struct ksignal *signal)
{
	enum vm_fault fault;
	struct sgx_vma vma;

	if (!find_vma(mm, address, &vma))
		return bad_area(lp, error_code, address, signal);
	if (access_error(error_code, &vma))
		return bad_area_access_error(lp, &vma, error_code, address,
					     signal);
	fault = sgx_vma_fault(mm, &vma, address);
	if (fault == VM_FAULT_SIGBUS)
		return do_sigbus(lp, error_code, address, signal);
	*done = fault == VM_FAULT_NOPAGE;
	return FAULT_RETRY;
}

/* How often has this very access come back in a row, and not by paging? */
static uint32_t repeats(const struct sgx_mm *mm, struct lp *lp,
			uint64_t address)
{
	uint32_t seq = __atomic_load_n(&mm->shared->paging_seq,
				       __ATOMIC_SEQ_CST);

	if (lp->os_fault.address != address || lp->os_fault.rip != lp->r.rip ||
	    lp->os_fault.repeats_seq != seq) {
		lp->os_fault.address = address;
		lp->os_fault.rip = lp->r.rip;
		lp->os_fault.repeats_seq = seq;
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
	if (repeats(mm, lp, address) > MAX_REPEATS)
		return do_sigbus(lp, type, address, signal);
	if (type & PF_INSTR)
		sgx_patch(mm, address);
	if (sgx_sync_page(mm, address))
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
 */
static bool key_refuses(const struct sgx_vma *vma, uint32_t hw_code)
{
	return vma->pkey && (hw_code & PF_PK);
}

/*
 * Linux looks at the key where the processor did not, since the page is absent
 * (arch_vma_access_permitted()); the error code is the processor's.
 */
static enum fault_outcome key_fault(struct sgx_mm *mm, struct lp *lp,
				    uint32_t code, uint64_t address,
				    struct ksignal *signal)
{
	enum fault_outcome outcome;
	bool done;

	outcome = do_user_addr_fault(mm, lp, code | PF_PK, address, &done,
				     signal);
	if (!(code & PF_PROT))
		signal->error_code = lp->fault.error_code &= ~PF_PK;
	return outcome;
}

/* The processor tries; Linux may install the PTE; the processor tries again. */
static enum fault_outcome retry_access(struct sgx_mm *mm, struct lp *lp,
				       const struct sgx_vma *vma,
				       uint32_t hw_code, uint64_t address,
				       struct ksignal *signal)
{
	uint32_t type = (hw_code & (PF_WRITE | PF_INSTR)) | PF_USER;
	uint32_t p = present(mm, vma, hw_code, address);
	enum fault_outcome outcome;
	bool done;

	if (key_refuses(vma, hw_code))
		return key_fault(mm, lp, type | p, address, signal);
	if (p && !pte_refuses(vma, type))
		return epcm_check(mm, lp, type, address, signal);
	outcome = do_user_addr_fault(mm, lp, type | p, address, &done, signal);
	if (outcome != FAULT_RETRY || !done)
		return outcome;
	if (!pte_refuses(vma, type))
		return epcm_check(mm, lp, type, address, signal);
	return do_user_addr_fault(mm, lp, type | PF_PROT, address, &done,
				  signal);
}

enum fault_outcome exc_page_fault(struct sgx_mm *mm, struct lp *lp,
				  uint32_t hw_code, uint64_t address,
				  struct ksignal *signal)
{
	struct sgx_vma vma;

	if (lp->cr_enclave_mode && (hw_code & PF_INSTR) &&
	    outside_elrange(lp, address)) {
		gp0(lp, "execution left ELRANGE, for %x", address);
		return exc_model_fault(mm, lp, signal);
	}
	if (!find_vma(mm, address, &vma)) {
		because(lp, "no enclave is mapped at %x, the kernel refuses",
			address);
		lp->fault = (struct fault){ VECTOR_PF, hw_code | PF_USER,
					    address };
		return FAULT_NOT_OURS;
	}
	return retry_access(mm, lp, &vma, hw_code, address, signal);
}

/*
 * Was it somebody else's paging that made the processor refuse?  On a machine a
 * translation is gone, and the interrupt answered, before EBLOCK and EWB go on;
 * here the walk may have been right and the EPCM another when it was asked.  So
 * no refusal counts unless nothing was paged since the one before.
 */
static bool paging_to_blame(const struct sgx_mm *mm, struct lp *lp)
{
	uint32_t seq = __atomic_load_n(&mm->shared->paging_seq,
				       __ATOMIC_SEQ_CST);

	if (lp->os_fault.paging_seq == seq ||
	    ++lp->os_fault.blamed > MAX_BLAMED) {
		lp->os_fault.blamed = 0;
		return false;
	}
	lp->os_fault.paging_seq = seq;
	return true;
}

void exc_leaf_retired(struct lp *lp)
{
	lp->os_fault.repeats = 0;
	lp->os_fault.blamed = 0;
	lp->os_fault.left = false;
}

/*
 * Is the TCS of an EENTER or ERESUME no longer busy, because the thread in it
 * turns out to be dead?  The server may hear of that later than the caller did;
 * or just now, after the leaf looked: one that is free is tried once more.
 */
static bool tcs_was_left(struct sgx_mm *mm, struct lp *lp)
{
	uint64_t pa, state, *word;

	if (lp->cr_enclave_mode || lp->walk(lp, lp->r.rbx, PF_WRITE, &pa) ||
	    pa == EPC_NONE || epcm_of(&mm->cpu, pa)->pt != PT_TCS)
		return false;
	word = epc_ptr(&mm->cpu, pa & SGX_PAGE_MASK);
	state = __atomic_load_n(word, __ATOMIC_SEQ_CST);
	if (!(state & TCS_STATE)) {
		lp->os_fault.left = !lp->os_fault.left;
		return lp->os_fault.left;
	}
	if (!(state >> 32) || state >> 32 == sgx_current(mm))
		return false;
	mm->host->reap();
	return __atomic_load_n(word, __ATOMIC_SEQ_CST) != state;
}

/* Not the page tables' refusal: of a leaf's operand, or by the EPCM. */
static enum fault_outcome refused(struct sgx_mm *mm, struct lp *lp,
				  struct ksignal *signal)
{
	struct fault fault = lp->fault;
	struct sgx_vma vma;
	bool done;

	if (paging_to_blame(mm, lp))
		return FAULT_RETRY;
	if (fault.vector != VECTOR_PF) {
		if (tcs_was_left(mm, lp))
			return FAULT_RETRY;
		lp->fault = fault;
		exc_signal(fault.vector, fault.error_code, lp->r.rip, signal);
		return FAULT_SIGNAL;
	}
	/* Ordinary memory where the leaf wanted EPC is there; or none is. */
	if (!find_vma(mm, fault.address, &vma))
		return force_sig_fault(lp, SIGSEGV, SEGV_ACCERR,
				       fault.error_code, fault.address, signal);
	return do_user_addr_fault(mm, lp, fault.error_code, fault.address,
				  &done, signal);
}

/* Memory that no enclave is mapped to: the host's word, asked once more. */
static enum fault_outcome refused_outside(struct sgx_mm *mm, struct lp *lp,
					  struct ksignal *signal)
{
	uint64_t address = lp->fault.address;
	struct ksignal host;

	if (mm->host->probe(address, lp->fault.error_code & PF_WRITE,
			    live_pkru(lp), &host))
		return FAULT_RETRY;
	force_sig_fault(lp, host.sig, host.code, host.error_code, address,
			signal);
	signal->pkey = host.pkey;
	return FAULT_SIGNAL;
}

enum fault_outcome exc_model_fault(struct sgx_mm *mm, struct lp *lp,
				   struct ksignal *signal)
{
	uint32_t code = lp->fault.error_code;
	uint64_t address = lp->fault.address;
	enum fault_outcome outcome;
	struct sgx_vma vma;
	bool done = false;

	if (lp->fault.vector != VECTOR_PF || (code & PF_SGX))
		return refused(mm, lp, signal);
	if (!find_vma(mm, address, &vma))
		return refused_outside(mm, lp, signal);
	if (key_denies(lp, &vma, code))
		return key_fault(mm, lp, code, address, signal);
	outcome = do_user_addr_fault(mm, lp, code, address, &done, signal);
	if (outcome != FAULT_RETRY || !done)
		return outcome;
	return mend(mm, lp, code, address, signal);
}

/* Memory that no enclave is mapped to: only an access tells. */
static int walk_outside(struct sgx_mm *mm, struct lp *lp, uint64_t la,
			unsigned access, uint64_t *pa)
{
	struct ksignal host;

	if (mm->host->probe(la, access & PF_WRITE, live_pkru(lp), &host)) {
		*pa = EPC_NONE;
		return 0;
	}
	because(lp, "no enclave is mapped at %x, the kernel refuses", la);
	lp->fault = (struct fault){ VECTOR_PF, host.error_code, la };
	return -1;
}

/*
 * The host's page tables refuse it as well, and say whether it is present.  If
 * there was no PTE it is not, even where somebody has just brought the page.
 */
static int walk_refused(struct sgx_mm *mm, struct lp *lp,
			const struct sgx_vma *vma, uint64_t la, unsigned access,
			bool pte)
{
	uint32_t code = (access & (PF_WRITE | PF_INSTR)) | PF_USER, p;
	struct ksignal host = { .error_code = PF_PROT };

	if (pte)
		mm->host->probe(la, access & PF_WRITE, live_pkru(lp), &host);
	p = pte ? present(mm, vma, host.error_code, la) : 0;
	if (p && key_denies(lp, vma, access))
		code |= PF_PK;
	because(lp, "the page tables refuse: the mapping at %x has %p", la,
		vma->prot);
	lp->fault = (struct fault){ VECTOR_PF, code | p, la };
	return -1;
}

static int walk(struct sgx_mm *mm, struct lp *lp, uint64_t la, unsigned access,
		uint64_t *pa)
{
	struct sgx_vma vma;
	bool pte;

	if (!find_vma(mm, la, &vma))
		return walk_outside(mm, lp, la, access, pa);
	pte = has_pte(mm, &vma, la);
	if (!pte || pte_refuses(&vma, access) || key_denies(lp, &vma, access))
		return walk_refused(mm, lp, &vma, la, access, pte);
	*pa = sgx_encl_pa(sgx_vma_encl(mm, &vma), la);
	sgx_page_mark_young(sgx_page_at(mm, *pa));
	return 0;
}

/* In the midst of a leaf function, which may be made again. */
int sgx_walk(struct lp *lp, uint64_t la, unsigned access, uint64_t *pa)
{
	struct sgx_mm *mm = lp->walk_ctx;
	int ret;

	sgx_section_keep(mm);
	ret = walk(mm, lp, la, access, pa);
	sgx_section_let_go(mm);
	return ret;
}
