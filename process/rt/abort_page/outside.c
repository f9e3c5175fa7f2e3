/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The abort page: code outside accesses enclave memory, and gets ones that
 * nobody else sees.  The server decodes the instruction and rewrites it so that
 * a scratch register points to its operand.  The thread executes that in a page
 * of its own, followed by the way back.  So an access costs one trap, and a
 * debugger still can single-step.
 * SDM "Access-control Requirements".
 *
 * DEVIATION DP2: some instructions get SIGSEGV.
 */
#include <linux/mman.h>

#include "cpu/mem.h"
#include "kernel/mm/view.h"
#include "process/rt/abort_page/abort_page.h"
#include "process/rt/abort_page/outside.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/emit.h"
#include "process/rt/base/log.h"
#include "process/rt/base/registers.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/client.h"
#include "process/rt/host/host.h"
#include "process/rt/lp/instruction.h"
#include "process/rt/lp/lp.h"
#include "process/rt/rt.h"

#define CELL_SIZE   64
#define CELLS       32
#define WAY_BACK    (CELLS * CELL_SIZE) /* of system calls: code */
#define BEFORE_BACK 2                   /* bytes of the SYSCALL before it */
#define ONES_AROUND 6 /* pages filled if the length is not known */

/* One instruction taken apart; its code is the cell of the same number. */
struct entry {
	uint8_t original[INSN_MAX]; /* rewrite.length of it; 0: vacant */
	struct rt_rewrite rewrite;
};

/* A thread's area: its code is read-only, all the rest is data. */
struct outside {
	uint8_t code[SGX_PAGE_SIZE];
	/* the access under way */
	uint64_t at, back; /* its RIP, and that of the next instruction */
	uint64_t saved;    /* the scratch register */
	uint64_t args[RT_ARGUMENTS]; /* of a system call */
	uint32_t cell;
	uint32_t next; /* cell to be filled */
	struct entry entry[CELLS];
	/* [SGX_PAGE_SIZE] stands for a page of the enclave */
	uint8_t ones[SGX_PAGE_SIZE + OUTSIDE_ONES]
		__attribute__((aligned(SGX_PAGE_SIZE)));
};
_Static_assert(sizeof(struct outside) <= RT_OUTSIDE_XSAVE, "a thread's area");
_Static_assert(WAY_BACK + 2 * CELL_SIZE <= SGX_PAGE_SIZE, "one page of code");

static struct outside *area(const struct thread *t)
{
	uint64_t slot = ((uint64_t)t - RT_SLOTS) / RT_SLOT_SIZE;

	return (struct outside *)(RT_OUTSIDE + slot * RT_OUTSIDE_SIZE);
}

/*
 * MOV of each argument from args[]: ModRM.reg, after 48 or 4C; JMP [back].
 * Code is written `offset` from where it will be, as if all were there.
 */
static void write_way_back(void *arg, uint64_t offset)
{
	struct outside *o = (void *)((uint64_t)arg + offset);
	uint8_t *p = o->code + WAY_BACK + BEFORE_BACK;

	for (unsigned int i = 0; i < RT_ARGUMENTS; i++)
		p = rt_emit(p, rt_argument_register(i) & 8 ? 0x4c : 0x48, 0x8b,
			    rt_argument_register(i) & 7, &o->args[i]);
	rt_emit(p, 0, 0xff, 4, &o->back);
}

static bool change(struct outside *o, void (*write)(void *, uint64_t),
		   void *arg)
{
	return rt_change_code((uint64_t)o->code, SGX_PAGE_SIZE,
			      PROT_READ | PROT_EXEC, write, arg) >= 0;
}

static bool prepare(struct thread *t)
{
	struct outside *o = area(t);

	if (t->abort_page.has_area)
		return true;
	if (sys_call(__NR_mmap, o, sizeof(*o), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
		     -1, 0) != (long)o)
		return false;
	t->abort_page.has_area = change(o, write_way_back, o);
	return t->abort_page.has_area;
}

uint8_t *rt_outside_ones(struct thread *t)
{
	if (!prepare(t))
		return NULL;
	return memset(area(t)->ones + SGX_PAGE_SIZE, 0xff, OUTSIDE_ONES);
}

uint64_t rt_outside_way_back(struct thread *t, struct machine_context *mc)
{
	struct outside *o = area(t);

	for (unsigned int i = 0; i < RT_ARGUMENTS; i++)
		o->args[i] = *rt_argument(mc, i);
	o->back = mc->rip;
	return (uint64_t)o->code + WAY_BACK + BEFORE_BACK;
}

struct cell {
	const struct outside *o;
	uint32_t number;
};

/* The instruction; MOV scratch, [saved]; JMP [back] */
static void write_cell(void *arg, uint64_t offset)
{
	const struct cell *cell = arg;
	const struct rt_rewrite *r = &cell->o->entry[cell->number].rewrite;
	struct outside *o = (void *)((uint64_t)cell->o + offset);
	uint8_t *p = o->code + cell->number * CELL_SIZE;

	memcpy(p, r->insn, r->new_length);
	p += r->new_length;
	p = rt_emit(p, 0x48, 0x8b, r->scratch, &o->saved);
	rt_emit(p, 0, 0xff, 4, &o->back);
}

static bool fill_cell(struct outside *o, uint32_t number)
{
	struct cell cell = { o, number };

	return change(o, write_cell, &cell);
}

static bool is_entry(const struct entry *e, const struct instruction *insn)
{
	uint32_t n = e->rewrite.length;

	return n && n <= insn->length && !memcmp(e->original, insn->byte, n);
}

/* Asks the server, and keeps its answer, which depends on the bytes only. */
static bool take_apart(struct outside *o, const struct instruction *insn)
{
	struct msg msg = { .type = MSG_REWRITE };
	struct entry *e = &o->entry[o->next];

	msg.rewrite.length = (uint8_t)insn->length;
	memcpy(msg.rewrite.insn, insn->byte, insn->length);
	if (rt_client_once(&msg, NULL))
		return false;
	memcpy(e->original, insn->byte, sizeof(e->original));
	e->rewrite = msg.rewrite;
	if (e->rewrite.kind == RT_REWRITE_OPERAND && !fill_cell(o, o->next)) {
		e->rewrite.length = 0;
		return false;
	}
	o->cell = o->next;
	o->next = (o->next + 1) % CELLS;
	return true;
}

static const struct rt_rewrite *look_up(struct outside *o,
					const struct instruction *insn)
{
	for (o->cell = 0; o->cell < CELLS; o->cell++)
		if (is_entry(&o->entry[o->cell], insn))
			return &o->entry[o->cell].rewrite;
	return take_apart(o, insn) ? &o->entry[o->cell].rewrite : NULL;
}

static uint64_t segment_base(uint8_t segment)
{
	if (segment == RT_SEGMENT_FLAT)
		return 0;
	return rt_segment_base(segment == RT_SEGMENT_GS);
}

static uint64_t value(struct machine_context *mc, const struct rt_rewrite *r,
		      uint8_t reg)
{
	if (reg == RT_REG_NONE)
		return 0;
	return *rt_register(mc, reg) + (reg == RT_REG_RIP ? r->length : 0);
}

static uint64_t effective_address(struct machine_context *mc,
				  const struct rt_rewrite *r)
{
	uint64_t ea = value(mc, r, r->base) +
		      value(mc, r, r->index) * r->scale + (uint64_t)r->disp;

	if (r->address32)
		ea = (uint32_t)ea;
	return ea + segment_base(r->segment);
}

/* Is all of the operand such memory, and what faulted a part of it? */
static bool is_all_outside(const struct rt_rewrite *r, uint64_t ea,
			   uint64_t cr2)
{
	if (!r->bytes)
		return true;
	return cr2 - ea < r->bytes &&
	       sgx_abort_pages(&rt_process.mm, ea, r->bytes) == r->bytes;
}

static bool make_elsewhere(struct outside *o, struct kucontext *uc,
			   const struct rt_rewrite *r)
{
	struct machine_context *mc = &uc->mc;
	uint64_t page = mc->cr2 & SGX_PAGE_MASK;
	uint64_t ea = effective_address(mc, r);
	uint64_t *scratch = rt_register(mc, r->scratch);

	if (!is_all_outside(r, ea, mc->cr2))
		return false;
	memset(o->ones, 0xff, ONES_AROUND * SGX_PAGE_SIZE);
	o->saved = *scratch;
	o->at = mc->rip;
	o->back = mc->rip + r->length;
	*scratch = (uint64_t)o->ones + SGX_PAGE_SIZE + (ea - page);
	mc->rip = (uint64_t)o->code + o->cell * CELL_SIZE;
	return true;
}

/*
 * DEVIATION DP2: an instruction that cannot be rewritten gets the signal that a
 * page without access gives.
 */
static void refused_access(struct thread *t, struct kucontext *uc)
{
	const struct machine_context *mc = &uc->mc;
	struct ksignal signal = {
		.sig = SIGSEGV,
		.code = SEGV_ACCERR,
		.addr = mc->cr2,
		.trapnr = VECTOR_PF,
		.error_code = ((uint32_t)mc->err & PF_WRITE) | PF_USER,
		.cr2 = mc->cr2,
	};

	if (rt_process.verbose)
		rt_log("the instruction at 0x%lx accesses enclave memory "
		       "(0x%lx) from outside in a way that swsgx cannot give "
		       "the abort page; the program gets SIGSEGV",
		       (unsigned long)mc->rip, (unsigned long)mc->cr2);
	rt_deliver_fault(t, uc, &signal);
}

/* Code of ones is no instruction: #UD. */
static void fetched_ones(struct thread *t, struct kucontext *uc)
{
	struct ksignal signal;

	exc_signal(VECTOR_UD, 0, uc->mc.rip, &signal);
	rt_deliver_fault(t, uc, &signal);
}

static bool access(struct thread *t, struct kucontext *uc)
{
	struct outside *o = area(t);
	const struct rt_rewrite *r;
	struct instruction insn;

	rt_fetch(&insn, uc->mc.rip);
	r = insn.length && prepare(t) ? look_up(o, &insn) : NULL;
	if (r && r->kind == RT_REWRITE_STRING)
		return rt_outside_string(t, uc, r);
	return r && r->kind == RT_REWRITE_OPERAND && make_elsewhere(o, uc, r);
}

void rt_outside_access(struct thread *t, struct kucontext *uc)
{
	if (uc->mc.err & PF_INSTR)
		fetched_ones(t, uc);
	else if (!access(t, uc))
		refused_access(t, uc);
}

/* A system call: RIP is before it if it is to be made again. */
static void leave_way_back(const struct outside *o, struct machine_context *mc)
{
	bool before = mc->rip == (uint64_t)o->code + WAY_BACK;

	for (unsigned int i = 0; i < RT_ARGUMENTS; i++)
		*rt_argument(mc, i) = o->args[i];
	mc->rip = before ? o->back - BEFORE_BACK : o->back;
}

void rt_leave_cell(struct thread *t, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	struct outside *o = area(t);
	uint64_t offset = mc->rip - (uint64_t)o->code;

	if (!t->abort_page.has_area || offset >= sizeof(o->code))
		return;
	if (offset >= WAY_BACK) {
		leave_way_back(o, mc);
		return;
	}
	*rt_register(mc, o->entry[o->cell].rewrite.scratch) = o->saved;
	mc->rip = offset % CELL_SIZE ? o->back : o->at;
}
