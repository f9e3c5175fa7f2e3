/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Entry to and exit from enclave mode.  Breakpoints, branch records and
 * performance counters are the host's and stay as they are.
 * SDM "EENTER - Enters an Enclave", Operation; "Enclave Entry and Exiting".
 * DEVIATION DC15: XCR0 is not switched to XFRM.
 */
#include "cpu/entry.h"

#include "cpu/access_control.h"
#include "cpu/epcm.h"
#include "cpu/hold.h"
#include "cpu/mem.h"
#include "cpu/processors.h"

/* The page at RBX is a usable TCS. */
static int check_tcs_page(struct lp *lp, uint64_t pa)
{
	const struct epcm *epcm = epcm_of(lp->cpu, pa);

	if (!epcm_valid(epcm) || epcm->blocked)
		return epcm_pf(lp, lp->r.rbx, PF_SGX | PF_WRITE, epcm,
			       epcm->enclavesecs);
	if (epcm->enclaveaddress != lp->r.rbx || epcm->pt != PT_TCS)
		return epcm_pf(lp, lp->r.rbx, PF_SGX | PF_WRITE, epcm,
			       epcm->enclavesecs);
	if (epcm->pending || epcm->modified)
		return epcm_pf(lp, lp->r.rbx, PF_SGX | PF_WRITE, epcm,
			       epcm->enclavesecs);
	return 0;
}

static int check_tcs(struct lp *lp, const struct sgx_tcs *tcs)
{
	uint64_t legal = TCS_DBGOPTIN;

	if (lp->cpu->package->aexnotify)
		legal |= TCS_AEXNOTIFY;
	if (!is_aligned(tcs->ossa, SGX_PAGE_SIZE))
		return gp0(lp, "TCS.OSSA %x is not page aligned", tcs->ossa);
	if (!is_aligned(tcs->ofsbase, SGX_PAGE_SIZE) ||
	    !is_aligned(tcs->ogsbase, SGX_PAGE_SIZE))
		return gp0(lp,
			   "TCS.OFSBASE %x or OGSBASE %x is not page "
			   "aligned",
			   tcs->ofsbase, tcs->ogsbase);
	if (tcs->flags & ~legal)
		return gp0(lp, "TCS.FLAGS are %x, this platform has %x",
			   tcs->flags, legal);
	return 0;
}

static int check_enclave(struct lp *lp, const struct entry *entry)
{
	const struct sgx_secs *secs = entry->secs;
	uint64_t flags = entry->tcs->flags;
	bool notify = flags & TCS_AEXNOTIFY;

	if (!secs_initialised(secs))
		return gp0(lp, "EINIT has not been done yet");
	if (!(secs->attributes & SGX_ATTR_MODE64BIT))
		return gp0(lp,
			   "the enclave is no 64-bit one: ATTRIBUTES are "
			   "%x",
			   secs->attributes);
	if (!xfrm_legal(lp->cpu->package, secs->xfrm))
		return gp0(lp,
			   "SECS.ATTRIBUTES.XFRM is %x, this platform has "
			   "%x",
			   secs->xfrm, lp->cpu->package->xfrm);
	if (!(flags & TCS_DBGOPTIN) &&
	    notify != !!(secs->attributes & SGX_ATTR_AEXNOTIFY))
		return gp0(lp,
			   "AEXNOTIFY is set in only one of TCS.FLAGS %x "
			   "and ATTRIBUTES %x",
			   flags, secs->attributes);
	return 0;
}

/* The processor has joined: no page that is tested now can be evicted. */
static int begin_joined(struct lp *lp, struct entry *entry)
{
	if (check_tcs_page(lp, entry->tcs_pa))
		return -1;
	if (epcm_of(lp->cpu, entry->tcs_pa)->enclavesecs != entry->secs_pa)
		return pf(lp, lp->r.rbx, PF_SGX | PF_WRITE,
			  "the page of the "
			  "TCS %x belongs to another enclave by now",
			  lp->r.rbx);
	entry->tcs = epc_ptr(lp->cpu, entry->tcs_pa);
	entry->secs = secs_at(lp->cpu, entry->secs_pa);
	if (check_tcs(lp, entry->tcs) || check_enclave(lp, entry))
		return -1;
	entry->claimed = tcs_claim(entry->tcs, lp);
	entry->cssa = __atomic_load_n(&entry->tcs->cssa, __ATOMIC_RELAXED);
	return 0;
}

int entry_begin(struct lp *lp, struct entry *entry)
{
	const struct epcm *epcm;

	*entry = (struct entry){ 0 };
	if (!is_aligned(lp->r.rbx, SGX_PAGE_SIZE))
		return gp0(lp, "the TCS %x is not page aligned", lp->r.rbx);
	/* DEVIATION DC16: the TCS operand is a write to the page tables. */
	if (walk_to_epc(lp, lp->r.rbx, PF_WRITE, lp->r.rbx, &entry->tcs_pa))
		return -1;
	if (!canonical(lp->r.rcx))
		return gp0(lp, "the AEP %x is not canonical", lp->r.rcx);
	epcm = epcm_of(lp->cpu, entry->tcs_pa);
	if (epcm_locked_exclusive(epcm))
		return gp0(lp, "another leaf has locked the page of the TCS");
	if (check_tcs_page(lp, entry->tcs_pa))
		return -1;
	entry->secs_pa = epcm->enclavesecs;
	processor_online(lp);
	hold_tcs(lp, entry->tcs_pa);
	processor_join(lp, entry->secs_pa);
	if (begin_joined(lp, entry)) {
		processor_offline(lp);
		return -1;
	}
	return 0;
}

void entry_end(struct lp *lp, struct entry *entry, int ret)
{
	if (!ret) {
		tcs_set_state(entry->tcs, lp, TCS_ACTIVE);
		processor_join(lp, entry->secs_pa);
		return;
	}
	if (entry->claimed)
		tcs_release(entry->tcs);
	processor_offline(lp);
}

int entry_check_claim(struct lp *lp, const struct entry *entry)
{
	if (!entry->claimed)
		return gp0(lp, "the TCS %x is in use by another thread",
			   lp->r.rbx);
	return 0;
}

int entry_hold(struct lp *lp, const struct ssa_frame *frame)
{
	if (!hold_frame(lp, frame))
		return pf(lp, lp->r.rbx, PF_SGX | PF_WRITE,
			  "the page of the TCS %x or of its SSA was BLOCKED",
			  lp->r.rbx);
	/* The pages that are used from here on are held. */
	processor_park(lp);
	return 0;
}

void entry_commit(struct lp *lp, const struct entry *entry,
		  const struct ssa_frame *frame)
{
	lp->cr_enclave_mode = true;
	lp->cr_active_secs = entry->secs_pa;
	lp->cr_elrange_base = entry->secs->baseaddr;
	lp->cr_elrange_size = entry->secs->size;
	lp->cr_tcs_la = lp->r.rbx;
	lp->cr_tcs_pa = entry->tcs_pa;
	lp->cr_save_fsbase = lp->r.fsbase;
	lp->cr_save_gsbase = lp->r.gsbase;
	ssa_cache(lp, frame);
	entry->tcs->aep = lp->r.rcx;
	lp->cr_dbgoptin = entry->tcs->flags & TCS_DBGOPTIN;
	/* DEVIATION DC17: TF is saved before an opt-out entry clears it. */
	lp->cr_saved_tf = lp->r.rflags & RFLAGS_TF;
	if (!lp->cr_dbgoptin)
		lp->r.rflags &= ~RFLAGS_TF;
}

/* What the enclave sees of the outside when it starts at OENTRY. */
static void commit_at_oentry(struct lp *lp, const struct entry *entry,
			     const struct ssa_frame *frame, uint64_t target)
{
	struct sgx_gprsgx *gpr = epc_ptr(lp->cpu, frame->gpr_pa);

	entry_commit(lp, entry, frame);
	gpr->ursp = lp->r.rsp;
	gpr->urbp = lp->r.rbp;
	lp->r.fsbase = entry->secs->baseaddr + entry->tcs->ofsbase;
	lp->r.gsbase = entry->secs->baseaddr + entry->tcs->ogsbase;
	lp->r.rax = entry->cssa;
	lp->r.rcx = lp->r.rip + ENCLU_SIZE;
	lp->r.rip = target;
	lp->pending_db = lp->r.rflags & RFLAGS_TF;
}

int entry_at_oentry(struct lp *lp, struct entry *entry)
{
	const struct sgx_tcs *tcs = entry->tcs;
	uint64_t base = entry->secs->baseaddr;
	struct ssa_frame frame;

	if (entry->cssa >= tcs->nssa)
		return gp0(lp, "TCS.CSSA is %u, NSSA %u: no SSA frame is free",
			   entry->cssa, tcs->nssa);
	if (ssa_find(lp, entry->secs_pa, tcs, entry->cssa, &frame))
		return -1;
	if (!canonical(base + tcs->oentry))
		return gp0(lp, "the entry point, OENTRY %x, is not canonical",
			   tcs->oentry);
	if (!canonical(base + tcs->ofsbase) || !canonical(base + tcs->ogsbase))
		return gp0(lp,
			   "OFSBASE %x or OGSBASE %x gives a base that is "
			   "not canonical",
			   tcs->ofsbase, tcs->ogsbase);
	if (entry_check_claim(lp, entry) || entry_hold(lp, &frame))
		return -1;
	commit_at_oentry(lp, entry, &frame, base + tcs->oentry);
	return 0;
}

void leave_enclave(struct lp *lp)
{
	lp->r.fsbase = lp->cr_save_fsbase;
	lp->r.gsbase = lp->cr_save_gsbase;
	if (!lp->cr_dbgoptin) {
		lp->r.rflags &= ~RFLAGS_TF;
		if (lp->cr_saved_tf)
			lp->r.rflags |= RFLAGS_TF;
	}
	lp->cr_enclave_mode = false;
	tcs_release(current_tcs(lp));
	/* Last, because the TCS and the SECS may be evicted after it. */
	processor_offline(lp);
}

void lp_retrack(struct lp *lp)
{
	processor_join(lp, lp->cr_active_secs);
}

/* Another thread may be in the TCS: only this one's claim is undone. */
void lp_undo_entry(struct lp *lp)
{
	struct processor *p = lp->processor;
	uint64_t claimed = lp->owner | TCS_CHANGING;

	if (!p || lp->cr_enclave_mode)
		return;
	if (p->tcs != EPC_NONE) {
		struct sgx_tcs *tcs = epc_ptr(lp->cpu, p->tcs);

		__atomic_compare_exchange_n(&tcs->state, &claimed, TCS_INACTIVE,
					    false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
	}
	processor_offline(lp);
}
