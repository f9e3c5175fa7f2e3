/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * XCR0 is XFRM in an enclave, to the instructions that go by it.  Where XFRM is
 * less than the host's XCR0 an INT3 stands for them (cpu/patch.h).  XGETBV is
 * done here; the others are executed by the thread itself, in a page of its
 * own, with EDX:EAX narrowed to XFRM; behind stands the way back.
 * SDM vol. 1 "Managing State Using the XSAVE Feature Set"; vol. 3D "XFRM".
 */
#include <linux/mman.h>

#include "cpu/decode.h"
#include "cpu/mem.h"
#include "cpu/secs.h"
#include "cpu/xsave.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/emit.h"
#include "process/rt/base/log.h"
#include "process/rt/base/registers.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/host.h"
#include "process/rt/lp/instruction.h"
#include "process/rt/lp/lp.h"
#include "process/rt/lp/xcr0.h"
#include "process/rt/rt.h"

#define INT3          0xcc
#define INT_IMM8      0xcd
#define CELL_SIZE     64
#define RSI           6
#define XCOMP_COMPACT (1ull << 63)

/* A thread's: its code, which is read-only, and what is under way. */
struct area {
	uint8_t code[SGX_PAGE_SIZE];
	uint64_t at, back; /* RIP of the instruction, and of the next */
	uint64_t rax, rdx, rsi;
};
_Static_assert(RT_OUTSIDE_XSAVE + sizeof(struct area) <= RT_OUTSIDE_SIZE,
	       "it fits behind struct outside");

static struct area *area(const struct thread *t)
{
	uint64_t slot = ((uint64_t)t - RT_SLOTS) / RT_SLOT_SIZE;

	return (struct area *)(RT_OUTSIDE + slot * RT_OUTSIDE_SIZE +
			       RT_OUTSIDE_XSAVE);
}

static unsigned int cell_of(const struct insn *insn)
{
	return insn->kind * 2u + !!(insn->rex & 8);
}

/* [RSI] as the operand; MOV of what was lent, JMP [back] */
static void write_cell(struct area *a, const struct insn *insn)
{
	static const uint8_t opcodes[][2] = {
		[INSN_XSAVE] = { 0xae, 4 << 3 | RSI },
		[INSN_XRSTOR] = { 0xae, 5 << 3 | RSI },
		[INSN_XSAVEOPT] = { 0xae, 6 << 3 | RSI },
		[INSN_XSAVEC] = { 0xc7, 4 << 3 | RSI },
	};
	uint8_t *p = a->code + cell_of(insn) * CELL_SIZE;

	if (insn->rex)
		*p++ = insn->rex;
	*p++ = 0x0f;
	*p++ = opcodes[insn->kind][0];
	*p++ = opcodes[insn->kind][1];
	p = rt_emit(p, 0x48, 0x8b, 0, &a->rax);
	p = rt_emit(p, 0x48, 0x8b, 2, &a->rdx);
	p = rt_emit(p, 0x48, 0x8b, RSI, &a->rsi);
	rt_emit(p, 0, 0xff, 4, &a->back);
}

/* Code is written `offset` from where it will be, as if all were there. */
static void write_all(void *arg, uint64_t offset)
{
	struct area *a = (void *)((uint64_t)arg + offset);

	for (unsigned int i = INSN_XSAVE; i <= INSN_XSAVEC; i++) {
		uint8_t kind = (uint8_t)i;

		write_cell(a, &(struct insn){ .kind = kind });
		write_cell(a, &(struct insn){ .kind = kind, .rex = 0x48 });
	}
}

static bool prepare(struct thread *t)
{
	struct area *a = area(t);

	if (t->xcr0.has_area)
		return true;
	if (sys_call(__NR_mmap, a, sizeof(*a), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (long)a)
		return false;
	t->xcr0.has_area = rt_change_code((uint64_t)a->code, SGX_PAGE_SIZE,
					  PROT_READ | PROT_EXEC, write_all,
					  a) >= 0;
	return t->xcr0.has_area;
}

static uint64_t displacement(const uint8_t *byte, unsigned int at,
			     unsigned int size)
{
	int32_t disp32;

	if (size == 1)
		return (uint64_t)(int64_t)(int8_t)byte[at];
	memcpy(&disp32, byte + at, sizeof(disp32));
	return (uint64_t)(int64_t)disp32;
}

/* What ModRM, SIB and displacement say. */
static uint64_t offset(struct machine_context *mc, const struct insn *insn,
		       const uint8_t *byte)
{
	unsigned int at = insn->modrm, modrm = byte[at++];
	unsigned int mod = modrm >> 6, base = modrm & 7, sib;
	uint64_t ea = 0;

	if (mod == 0 && base == 5)
		return mc->rip + insn->length + displacement(byte, at, 4);
	if (base == 4) {
		unsigned int index;

		sib = byte[at++];
		base = sib & 7;
		index = (sib >> 3 & 7) | (insn->rex & 2) << 2;
		if (index != 4)
			ea = *rt_register(mc, index) << (sib >> 6);
		if (mod == 0 && base == 5)
			return ea + displacement(byte, at, 4);
	}
	ea += *rt_register(mc, base | (insn->rex & 1) << 3);
	if (mod)
		ea += displacement(byte, at, mod == 1 ? 1 : 4);
	return ea;
}

static uint64_t effective_address(struct machine_context *mc,
				  const struct insn *insn, const uint8_t *byte)
{
	uint64_t ea = offset(mc, insn, byte);

	if (insn->address32)
		ea = (uint32_t)ea;
	if (insn->segment)
		ea += rt_segment_base(insn->segment == 0x65);
	return ea;
}

/*
 * XRSTOR from an area that has what XCR0 has not is #GP; the host's XCR0 may
 * have it.  An area that cannot be read is left to the instruction itself.
 */
static bool xrstor_is_gp(struct thread *t, uint64_t ea, uint64_t xfrm)
{
	struct instruction bv, xcomp;
	uint64_t has[2];

	rt_fetch_inside(t, &bv, ea + XSAVE_LEGACY_SIZE);
	rt_fetch_inside(t, &xcomp, ea + XSAVE_LEGACY_SIZE + sizeof(uint64_t));
	if (bv.length < sizeof(uint64_t) || xcomp.length < sizeof(uint64_t))
		return false;
	memcpy(&has[0], bv.byte, sizeof(has[0]));
	memcpy(&has[1], xcomp.byte, sizeof(has[1]));
	return (has[0] & ~xfrm) || (has[1] & ~(xfrm | XCOMP_COMPACT));
}

static enum rt_xcr0 general_protection(struct machine_context *mc)
{
	mc->trapno = VECTOR_GP;
	mc->err = 0;
	return RT_XCR0_FAULTS;
}

/* XCR0; or XCR0 AND what is in use.  Others are the processor's #GP. */
static enum rt_xcr0 xgetbv(struct machine_context *mc, const struct insn *insn,
			   uint64_t xfrm)
{
	uint32_t ecx = (uint32_t)mc->rcx;
	uint64_t in_use;

	if (ecx > 1)
		return general_protection(mc);
	if (ecx == 1 && mc->fpstate) {
		memcpy(&in_use, (uint8_t *)mc->fpstate + XSAVE_LEGACY_SIZE,
		       sizeof(in_use));
		xfrm &= in_use;
	}
	mc->rax = (uint32_t)xfrm;
	mc->rdx = xfrm >> 32;
	mc->rip += insn->length;
	return RT_XCR0_DONE;
}

static void make_narrowed(struct area *a, struct machine_context *mc,
			  const struct insn *insn, uint64_t ea, uint64_t xfrm)
{
	a->at = mc->rip;
	a->back = mc->rip + insn->length;
	a->rax = mc->rax;
	a->rdx = mc->rdx;
	a->rsi = mc->rsi;
	mc->rax &= (uint32_t)xfrm;
	mc->rdx &= xfrm >> 32;
	mc->rsi = ea;
	mc->rip = (uint64_t)a->code + cell_of(insn) * CELL_SIZE;
}

static enum rt_xcr0 execute(struct thread *t, struct machine_context *mc,
			    const struct insn *insn, const uint8_t *byte)
{
	const struct lp *lp = &t->lp;
	uint64_t xfrm = secs_at(lp->cpu, lp->cr_active_secs)->xfrm, ea;

	if (insn->kind == INSN_XGETBV)
		return xgetbv(mc, insn, xfrm);
	ea = effective_address(mc, insn, byte);
	if (insn->kind == INSN_XRSTOR && xrstor_is_gp(t, ea, xfrm))
		return general_protection(mc);
	if (!prepare(t)) {
		rt_log("this process may not have code of swsgx for XSAVE in "
		       "an enclave: it goes by XCR0, not by XFRM");
		sgx_patch_give_up(&rt_process.mm, mc->rip);
		return RT_XCR0_DONE;
	}
	make_narrowed(area(t), mc, insn, ea, xfrm);
	return RT_XCR0_DONE;
}

/* Has it been undone since the thread executed it?  INT 3 has a long form. */
static bool is_gone(struct thread *t, uint64_t at)
{
	struct instruction now;

	rt_fetch_inside(t, &now, at);
	if (!now.length)
		return rt_page_has_gone(&now);
	if (now.byte[0] == 3 && now.before[1] == INT_IMM8)
		return false;
	return now.byte[0] != INT3;
}

enum rt_xcr0 rt_xcr0_site(struct thread *t, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	struct patch_site site;
	struct insn insn;

	if (!t->lp.cpu->package->patch)
		return RT_XCR0_NONE;
	switch (sgx_patch_find(&rt_process.mm, mc->rip - 1, &site)) {
	case PATCH_SITE:
		mc->rip--;
		if (site.kind == INSN_ENCLU)
			return RT_XCR0_ENCLU;
		if (!insn_decode(&insn, site.original, PATCH_BYTES))
			return RT_XCR0_DONE;
		return execute(t, mc, &insn, site.original);
	case PATCH_NO_SITE:
		if (!is_gone(t, mc->rip - 1))
			return RT_XCR0_NONE;
		break;
	case PATCH_NOT_NOW:
		break;
	}
	mc->rip--;
	return RT_XCR0_DONE;
}

void rt_leave_xsave(struct thread *t, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	struct area *a = area(t);
	uint64_t offset_in = mc->rip - (uint64_t)a->code;

	if (!t->xcr0.has_area || offset_in >= sizeof(a->code))
		return;
	mc->rax = a->rax;
	mc->rdx = a->rdx;
	mc->rsi = a->rsi;
	mc->rip = offset_in % CELL_SIZE ? a->back : a->at;
}

void rt_patched(uint64_t addr, unsigned int sites, unsigned int jumps,
		unsigned int unsure)
{
	if (!rt_process.verbose)
		return;
	if (sites)
		rt_log("XFRM is less than XCR0: %u instructions that go by it "
		       "are patched in the enclave's page at 0x%lx, %u of them "
		       "by jumps",
		       sites, (unsigned long)addr, jumps);
	if (unsure)
		rt_log("in the enclave's page at 0x%lx stand the bytes of %u "
		       "that are not surely instructions: left as they are",
		       (unsigned long)addr, unsure);
}
