/* SPDX-License-Identifier: BSD-3-Clause */
/* ENCLU, outside an enclave and inside. */
#include "cpu/entry.h"
#include "cpu/mem.h"
#include "cpu/processors.h"
#include "cpu/xsave.h"
#include "kernel/machine/leaf.h"
#include "kernel/sgx/encl.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/params.h"
#include "process/rt/base/pkru.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/lp/injection.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/lp/lp.h"
#include "process/rt/lp/own.h"
#include "process/rt/lp/plain.h"
#include "process/rt/lp/record.h"
#include "process/rt/lp/stats.h"
#include "process/rt/lp/stub.h"
#include "process/rt/lp/transition.h"
#include "process/rt/lp/view.h"
#include "process/rt/lp/why.h"
#include "process/rt/rt.h"

#include "vdso_offsets.h"

#define LIVE_SIZE 4096
#define TRIES     2 /* of a leaf, in one trap */

/* It will not be made again. */
static void record_fault(struct thread *t, const struct fault *event,
			 const struct ksignal *signal)
{
	struct rt_leaf_record record;

	if (rt_records(TAPE_CLASS_LEAF)) {
		rt_record_leaf_regs(t, &record);
		rt_record_leaf_end(t, &record, event);
	}
	if (event->vector == VECTOR_PF)
		rt_record_fault(t, event->address, event->error_code,
				FAULT_SIGNAL, signal);
}

/*
 * ENCLU faulted outside an enclave: there is no AEX, and RIP stays.  If the EPC
 * was lost in the middle of the leaf, the leaf is made again: to the program,
 * the loss came before it.
 */
static void enclu_fault(struct thread *t, struct kucontext *uc)
{
	struct ksignal signal;

	if (rt_loss_came_between(t) ||
	    exc_model_fault(&rt_process.mm, &t->lp, &t->retries, &signal) ==
		    FAULT_RETRY) {
		t->entry.again = uc->mc.rip;
		return;
	}
	rt_stats_refused(t, (uint32_t)uc->mc.rax);
	rt_why_enclu(t, (uint32_t)uc->mc.rax);
	record_fault(t, &t->lp.fault, &signal);
	rt_report(t, uc, &signal);
}

/* An entry that is made again is the same one to the program. */
static bool is_again(struct thread *t, uint64_t rip)
{
	bool again = t->entry.again == rip;

	t->entry.again = 0;
	return again;
}

static void count_entry(struct thread *t, uint64_t leaf, uint64_t rip)
{
	if (is_again(t, rip))
		return;
	if (leaf == ENCLU_EENTER)
		rt_injection_count(t, SGX_WHEN_EENTER);
	else if (leaf == ENCLU_ERESUME)
		rt_injection_count(t, SGX_WHEN_ERESUME);
}

/*
 * A single-step trap on the boundary behind ENCLU.  The processor's own trap
 * would come one instruction later, because it would step our return.
 */
static void single_step(struct thread *t, struct kucontext *uc)
{
	const struct fault event = { .vector = VECTOR_DB };
	struct ksignal signal;

	if (t->lp.cr_enclave_mode)
		rt_aex(t, &event, NULL, NULL);
	exc_signal(VECTOR_DB, 0, t->lp.r.rip, &signal);
	rt_report(t, uc, &signal);
}

/* The leaf has retired. */
static void retire(struct thread *t, struct kucontext *uc)
{
	if (t->lp.pending_db)
		single_step(t, uc);
	else
		rt_frame_store(t, uc);
}

/* Leaves see RIP at 0F 01 D7; a fault is at the first prefix. */
static int execute(struct thread *t, int prefixes)
{
	struct rt_leaf_record record;
	struct lp *lp = &t->lp;
	int ret;

	record.on = rt_records(TAPE_CLASS_LEAF);
	if (record.on)
		rt_record_leaf_begin(t, &record);
	lp->r.rip += (uint64_t)prefixes;
	ret = sgx_enclu(&rt_process.mm, lp);
	if (ret) {
		lp->r.rip -= (uint64_t)prefixes;
	} else {
		exc_leaf_retired(&t->retries);
		if (record.on)
			rt_record_leaf_end(t, &record, NULL);
	}
	return ret;
}

/* Any leaf, outside.  After 0, a thread that entered counts as inside. */
static int execute_outside(struct thread *t, int prefixes)
{
	rt_before_entry(t);
	if (execute(t, prefixes))
		return -1;
	sgx_processor_saw(&t->lp, t->entry.losses_seen);
	return 0;
}

static bool at_vdso_site(uint64_t rip)
{
	return rip == rt_params.vdso_address + VDSO_SGX_ENCLU;
}

void rt_enclu(struct thread *t, struct kucontext *uc, uint64_t rip,
	      int prefixes)
{
	uint64_t leaf = (uint32_t)uc->mc.rax;

	uc->mc.rip = rip;
	count_entry(t, leaf, rip);
	rt_frame_load(t, uc);
	if (execute_outside(t, prefixes) == 0) {
		if (at_vdso_site(rip) && leaf == ENCLU_EENTER)
			rt_plain_know(t);
		else if (!prefixes && leaf == ENCLU_EENTER)
			rt_own_learn(t, rip);
		t->entry.enclu = prefixes ? 0 : rip;
		rt_stats_enter(t, (uint32_t)leaf);
		retire(t, uc);
		rt_injection_entered(t, uc);
	} else {
		enclu_fault(t, uc);
	}
}

/* PKRU is all that EENTER reads of the extended state. */
static void take_pkru(struct lp *lp, uint8_t live[LIVE_SIZE])
{
	uint32_t at = rt_params.package.xfeature[XFEATURE_NR_PKRU].offset;
	uint64_t has = XFEATURE_PKRU;
	uint32_t pkru;

	lp->xsave = NULL;
	if (!at || at + sizeof(pkru) > LIVE_SIZE)
		return;
	pkru = rdpkru();
	memcpy(live + at, &pkru, sizeof(pkru));
	memcpy(live + XSAVE_LEGACY_SIZE, &has, sizeof(has));
	lp->xsave = live;
	lp->xsave_features = has;
	lp->xsave_size = LIVE_SIZE;
}

/*
 * Otherwise the instruction traps: injections have their order, and something
 * may wait for the thread.
 */
static bool is_plain(const struct thread *t)
{
	return rt_process.attached && rt_is_own(t) &&
	       t->mode.dispatch_tid == t->tid && !t->signal.pending &&
	       !t->entry.again && !rt_record_due(t) &&
	       !sgx_injection_any(rt_process.mm.shared);
}

bool rt_enter_plainly(struct thread *t)
{
	uint8_t live[LIVE_SIZE];
	int ret;

	if (!is_plain(t))
		return false;
	rt_lp_init(t);
	sgx_resync_if_due(&rt_process.mm);
	take_pkru(&t->lp, live);
	t->lp.r.fsbase = rt_segment_base(false);
	t->lp.r.gsbase = rt_segment_base(true);
	ret = execute_outside(t, 0);
	t->lp.xsave = NULL;
	if (ret)
		return false;
	rt_stats_enter(t, ENCLU_EENTER);
	rt_mode_switch(t);
	rt_view_open(t);
	return true;
}

/* It was one when the thread last came there, and could be executed. */
static bool is_still_enclu(const struct thread *t, uint64_t rip)
{
	static const uint8_t enclu_bytes[ENCLU_SIZE] = { 0x0f, 0x01, 0xd7 };
	uint8_t now[ENCLU_SIZE];

	return rip == t->entry.enclu && !rt_get(now, rip, sizeof(now)) &&
	       !memcmp(now, enclu_bytes, sizeof(now));
}

bool rt_returns_to_enclu(const struct thread *t, const struct kucontext *uc)
{
	uint64_t leaf = (uint32_t)uc->mc.rax;

	return !(uc->mc.eflags & RFLAGS_TF) &&
	       (leaf == ENCLU_EENTER || leaf == ENCLU_ERESUME) &&
	       (at_vdso_site(uc->mc.rip) || rt_own_is(uc->mc.rip) ||
		is_still_enclu(t, uc->mc.rip));
}

void rt_exit(struct thread *t, struct kucontext *uc)
{
	rt_frame_load(t, uc);
	execute(t, 0);
	rt_injection_count(t, SGX_WHEN_EEXIT);
	retire(t, uc);
	rt_stats_exit(t);
}

bool rt_exit_plainly(struct thread *t)
{
	if (!is_plain(t))
		return false;
	processor_park(&t->lp);
	t->lp.xsave = NULL;
	execute(t, 0);
	rt_mode_switch(t);
	rt_view_close(t);
	rt_stats_exit(t);
	return true;
}

bool rt_leaf_plainly(struct thread *t)
{
	uint32_t leaf = (uint32_t)t->lp.r.rax;
	struct rt_vectors vectors;
	int ret;

	if (!is_plain(t))
		return false;
	processor_park(&t->lp);
	sgx_resync_if_due(&rt_process.mm);
	rt_why_begin(t);
	t->lp.xsave = NULL;
	rt_vectors_keep(&vectors);
	ret = execute(t, 0);
	rt_vectors_give(&vectors);
	if (ret)
		return false;
	rt_stats_leaf(t, leaf);
	rt_why_code(t, leaf);
	return true;
}

static void leaf_retired(struct thread *t, struct kucontext *uc, int prefixes)
{
	uint64_t at = uc->mc.rip;
	uint32_t leaf = (uint32_t)uc->mc.rax;

	if (!t->lp.cr_enclave_mode)
		rt_injection_count(t, SGX_WHEN_EEXIT);
	rt_why_code(t, leaf);
	retire(t, uc);
	if (leaf == ENCLU_EEXIT)
		rt_stats_exit(t);
	else
		rt_stats_leaf(t, leaf);
	if (!prefixes)
		rt_stub_enclu(t, at, leaf);
}

/*
 * What a leaf faulted on may be there now: EACCEPT's page, which EAUG has
 * added. Then it is made again here, since a trap costs more than the rest.  If
 * that does not help, it traps again, so that signals find the thread.
 */
void rt_enclu_inside(struct thread *t, struct kucontext *uc, int prefixes)
{
	enum fault_outcome outcome = FAULT_RETRY;
	struct ksignal signal;
	struct fault event;
	uint64_t cr2 = 0;

	for (unsigned int i = 0; i < TRIES && outcome == FAULT_RETRY; i++) {
		if (execute(t, prefixes) == 0) {
			leaf_retired(t, uc, prefixes);
			return;
		}
		event = t->lp.fault;
		outcome = exc_model_fault(&rt_process.mm, &t->lp, &t->retries,
					  &signal);
		if (sgx_processor_must_leave(&rt_process.mm, &t->lp))
			return;
	}
	if (outcome == FAULT_RETRY)
		return;
	rt_why_exception(t, &event, NULL);
	record_fault(t, &event, &signal);
	rt_aex(t, &event, NULL, &cr2);
	signal.cr2 = cr2;
	if (event.vector == VECTOR_PF)
		signal.addr = cr2;
	rt_report(t, uc, &signal);
}
