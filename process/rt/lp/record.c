/* SPDX-License-Identifier: BSD-3-Clause */
/* What the processor and the kernel did, as records: see record.h. */
#include "process/rt/lp/record.h"

#include "cpu/mem.h"
#include "kernel/machine/stat.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/line.h"
#include "process/rt/host/tapes.h"
#include "process/rt/lp/instruction.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/lp/why.h"

/* A record with a text behind it. */
#define TEXT_SIZE LINE_SIZE
#define WITH_TEXT(type) \
	struct { \
		struct type is; \
		uint8_t text[TEXT_SIZE]; \
	}

static void join(struct thread *t)
{
	if (!rt_record_due(t))
		return;
	(void)rt_server_pid();
	(void)rt_tape_join(t, rt_process.ipi.number);
}

void rt_record_ready(struct thread *t)
{
	join(t);
}

void rt_record_put(struct thread *t, struct tape_record *r, enum tape_kind kind,
		   size_t size)
{
	r->kind = kind;
	r->size = (uint32_t)((size + 7) & ~7ul);
	rt_tape_put(t, r);
}

uint32_t rt_record_reason(const struct thread *t, uint8_t *to)
{
	struct line l;

	l.used = 0;
	rt_why_reason(&l, &t->lp.why);
	memcpy(to, l.text, l.used);
	return l.used;
}

static struct tape_enclave enclave_of(const struct lp *lp)
{
	return (struct tape_enclave){ lp->cr_elrange_base,
				      lp->cr_elrange_size };
}

static struct tape_exception exception_of(const struct fault *event)
{
	if (!event)
		return (struct tape_exception){ .vector = TAPE_NO_VECTOR };
	return (struct tape_exception){ .vector = event->vector,
					.error_code = event->error_code,
					.address = event->address };
}

/* ENCLU -------------------------------------------------------------- */

void rt_record_leaf_regs(struct thread *t, struct rt_leaf_record *leaf)
{
	leaf->r = t->lp.r;
	leaf->inside = t->lp.cr_enclave_mode;
	leaf->enclave = enclave_of(&t->lp);
}

void rt_record_leaf_begin(struct thread *t, struct rt_leaf_record *leaf)
{
	rt_record_leaf_regs(t, leaf);
	rt_why_begin(t);
}

/* The enclave's memory at la, if it is there, within its page. */
static uint16_t look(struct lp *lp, uint64_t la, void *to, uint16_t n)
{
	struct fault fault = lp->fault;
	struct why why = lp->why;
	uint64_t pa;
	bool seen;

	if (n > SGX_PAGE_SIZE - la % SGX_PAGE_SIZE)
		return 0;
	seen = !lp->walk(lp, la, 0, &pa) && pa != EPC_NONE;
	if (seen)
		memcpy(to, epc_ptr(lp->cpu, pa), n);
	lp->fault = fault;
	lp->why = why;
	return seen ? n : 0;
}

/* What RBX points to: KEYREQUEST, TARGETINFO or SECINFO. */
static uint16_t operand(struct lp *lp, const struct rt_leaf_record *leaf,
			void *to)
{
	switch ((uint32_t)leaf->r.rax) {
	case ENCLU_EGETKEY:
	case ENCLU_EREPORT:
		return look(lp, leaf->r.rbx, to, TAPE_OPERAND);
	case ENCLU_EACCEPT:
	case ENCLU_EMODPE:
	case ENCLU_EACCEPTCOPY:
		return look(lp, leaf->r.rbx, to, 64);
	default:
		return 0;
	}
}

void rt_record_leaf_end(struct thread *t, const struct rt_leaf_record *leaf,
			const struct fault *fault)
{
	WITH_TEXT(tape_leaf) rec;
	struct tape_leaf *r = &rec.is;
	uint8_t data[TAPE_OPERAND];

	join(t);
	*r = (struct tape_leaf){ .rip = leaf->r.rip,
				 .leaf = leaf->r.rax,
				 .rbx = leaf->r.rbx,
				 .rcx = leaf->r.rcx,
				 .rdx = leaf->r.rdx,
				 .result = t->lp.r.rax,
				 .target = t->lp.r.rip,
				 .enclave = leaf->enclave,
				 .fault = exception_of(fault),
				 .zf = !!(t->lp.r.rflags & RFLAGS_ZF),
				 .inside = leaf->inside };
	if (t->lp.cr_enclave_mode)
		r->enclave = enclave_of(&t->lp);
	if (leaf->inside && t->lp.cr_enclave_mode)
		r->operand_size = operand(&t->lp, leaf, data);
	memcpy(r->more, data, r->operand_size);
	r->text_size = rt_record_reason(t, r->more + r->operand_size);
	rt_record_put(t, &r->r, TAPE_LEAF,
		      sizeof(*r) + r->operand_size + r->text_size);
}

/* AEX ---------------------------------------------------------------- */

void rt_record_aex_begin(struct thread *t, const struct fault *event,
			 const struct instruction *insn, struct tape_aex *aex)
{
	(void)insn;
	*aex = (struct tape_aex){ .rip = t->lp.r.rip,
				  .tcs = t->lp.cr_tcs_la,
				  .enclave = enclave_of(&t->lp),
				  .cause = exception_of(event) };
}

void rt_record_aex_end(struct thread *t, const struct fault *event,
		       const struct instruction *insn, struct tape_aex *aex)
{
	WITH_TEXT(tape_aex) rec;
	struct line l;

	if (!rt_records(TAPE_CLASS_LEAF))
		return;
	join(t);
	l.used = 0;
	if (event && event->vector != VECTOR_PF) {
		if (insn && insn->length)
			rt_why_instruction(&l, insn, aex->rip);
		if (l.used && t->lp.why.text)
			line_string(&l, ": ");
		rt_why_reason(&l, &t->lp.why);
	}
	rec.is = *aex;
	rec.is.aep = t->lp.r.rip;
	rec.is.r.flags = t->injection.interrupts ? TAPE_INJECTED : 0;
	rec.is.text_size = l.used;
	memcpy(rec.is.more, l.text, l.used);
	rt_record_put(t, &rec.is.r, TAPE_AEX, sizeof(rec.is) + l.used);
}

/* Faults -------------------------------------------------------------- */

static enum tape_outcome outcome_of(enum fault_outcome outcome)
{
	switch (outcome) {
	case FAULT_RETRY:
		return TAPE_MENDED;
	case FAULT_SIGNAL:
		return TAPE_SIGNALLED;
	case FAULT_ABORT_PAGE:
		return TAPE_ABORT_PAGE;
	default:
		return TAPE_NOT_OURS;
	}
}

static void fill_fault(struct thread *t, struct tape_fault *r, uint64_t address)
{
	struct fault_view v;

	exc_fault_view(&rt_process.mm, address, &v);
	r->address = address;
	r->rip = t->lp.r.rip;
	r->enclave = t->lp.cr_enclave_mode ?
			     enclave_of(&t->lp) :
			     (struct tape_enclave){ v.base, v.size };
	r->has_vma = v.has_vma;
	r->vma_prot = v.vma_prot;
	r->pkey = v.pkey;
	r->has_pte = v.has_pte;
	r->has_page = v.has_page;
	r->valid = v.valid;
	r->pt = v.pt;
	r->epcm = v.flags;
	r->evicted = v.evicted;
}

void rt_record_fault(struct thread *t, uint64_t address, uint32_t host_code,
		     enum fault_outcome outcome, const struct ksignal *signal)
{
	WITH_TEXT(tape_fault) rec = { .is = { .host_code = host_code } };
	struct tape_fault *r = &rec.is;

	if (!rt_records(TAPE_CLASS_FAULT))
		return;
	join(t);
	fill_fault(t, r, address);
	r->outcome = (uint8_t)outcome_of(outcome);
	r->error_code = host_code;
	if (outcome == FAULT_SIGNAL) {
		r->error_code = signal->error_code;
		r->sig = signal->sig;
		r->code = signal->code;
		r->text_size = rt_record_reason(t, r->more);
	}
	rt_record_put(t, &r->r, TAPE_FAULT, sizeof(*r) + r->text_size);
}

/* It may hold a lock: who has no tape gets none now. */
void rt_record_paging(enum sgx_paged how, const struct sgx_encl *encl,
		      uint64_t address)
{
	struct tape_paging r = { .op = how, .address = address };
	struct sgx_encl_facts facts;

	if (!rt_records(TAPE_CLASS_PAGING))
		return;
	sgx_encl_facts(rt_process.mm.shared, encl, &facts);
	r.encl = facts.index;
	r.enclave = (struct tape_enclave){ facts.base, facts.size };
	r.epc_free = facts.epc_free;
	r.epc_total = facts.epc_total;
	rt_record_put(rt_current(), &r.r, TAPE_PAGING, sizeof(r));
}

void rt_record_signal(struct thread *t, uint64_t rip,
		      const struct ksignal *signal, bool vdso)
{
	struct tape_signal r = { .sig = vdso ? 0 : signal->sig,
				 .code = signal->code,
				 .address = signal->addr,
				 .rip = rip,
				 .exception = { .vector = signal->trapnr,
						.error_code =
							signal->error_code,
						.address = signal->cr2 },
				 .leaf = (uint32_t)t->lp.r.rax };

	if (!rt_records(TAPE_CLASS_SIGNAL))
		return;
	join(t);
	rt_record_put(t, &r.r, TAPE_SIGNAL, sizeof(r));
}
