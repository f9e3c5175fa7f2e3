/* SPDX-License-Identifier: BSD-3-Clause */
/* The registers of a logical processor, from the signal frame and back. */
#include "cpu/mem.h"
#include "cpu/xsave.h"
#include "process/rt/base/abi.h"
#include "process/rt/lp/lp.h"
#include "process/rt/lp/transition.h"
#include "process/rt/lp/view.h"
#include "process/rt/lp/why.h"
#include "process/rt/rt.h"

#define RFLAGS_NT_ID (RFLAGS_NT | RFLAGS_ID)

void rt_lp_init(struct thread *t)
{
	struct lp *lp = &t->lp;

	if (lp->cpu)
		return;
	lp->cpu = &rt_process.mm.cpu;
	lp->walk = sgx_walk;
	lp->walk_ctx = &rt_process.mm;
	memcpy(lp->sgxlepubkeyhash, lp->cpu->package->sgxlepubkeyhash,
	       sizeof(lp->sgxlepubkeyhash));
}

void rt_frame_load(struct thread *t, const struct kucontext *uc)
{
	const struct machine_context *mc = &uc->mc;
	const struct _fpstate_64 *fp = (const void *)mc->fpstate;
	struct lp *lp = &t->lp;

	rt_lp_init(t);
	rt_why_begin(t);
	/* clang-format off */
	lp->r = (struct lp_regs){
		.rax = mc->rax, .rcx = mc->rcx, .rdx = mc->rdx,
		.rbx = mc->rbx, .rsp = mc->rsp, .rbp = mc->rbp,
		.rsi = mc->rsi, .rdi = mc->rdi, .r8 = mc->r8, .r9 = mc->r9,
		.r10 = mc->r10, .r11 = mc->r11, .r12 = mc->r12,
		.r13 = mc->r13, .r14 = mc->r14, .r15 = mc->r15,
		.rflags = mc->eflags, .rip = mc->rip,
		.fsbase = rt_segment_base(false),
		.gsbase = rt_segment_base(true),
	};
	/* clang-format on */
	lp->xsave = (uint8_t *)mc->fpstate;
	lp->xsave_features = XFEATURE_X87 | XFEATURE_SSE;
	lp->xsave_size = XSAVE_MIN_SIZE;
	if (fp && fp->sw_reserved.magic1 == FP_XSTATE_MAGIC1) {
		lp->xsave_features = fp->sw_reserved.xfeatures;
		lp->xsave_size = fp->sw_reserved.xstate_size;
	}
}

/*
 * The host's sigreturn leaves NT and ID as the handler has them, and ERESUME
 * takes them from the SSA.  So they are set here, for the rest of the handler.
 */
static void set_nt_id(uint64_t rflags)
{
	uint64_t now;

	__asm__ volatile("lea -%c[red_zone](%%rsp), %%rsp\n\t"
			 "pushfq\n\t"
			 "pop %0\n\t"
			 "lea %c[red_zone](%%rsp), %%rsp"
			 : "=r"(now)
			 : [red_zone] "i"(RED_ZONE));
	if (!((now ^ rflags) & RFLAGS_NT_ID))
		return;
	now = (now & ~RFLAGS_NT_ID) | (rflags & RFLAGS_NT_ID);
	__asm__ volatile("lea -%c[red_zone](%%rsp), %%rsp\n\t"
			 "push %0\n\t"
			 "popfq\n\t"
			 "lea %c[red_zone](%%rsp), %%rsp"
			 :
			 : "r"(now), [red_zone] "i"(RED_ZONE)
			 : "cc");
}

void rt_frame_store(struct thread *t, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	const struct lp_regs *r = &t->lp.r;

	mc->rax = r->rax;
	mc->rcx = r->rcx;
	mc->rdx = r->rdx;
	mc->rbx = r->rbx;
	mc->rsp = r->rsp;
	mc->rbp = r->rbp;
	mc->rsi = r->rsi;
	mc->rdi = r->rdi;
	mc->r8 = r->r8;
	mc->r9 = r->r9;
	mc->r10 = r->r10;
	mc->r11 = r->r11;
	mc->r12 = r->r12;
	mc->r13 = r->r13;
	mc->r14 = r->r14;
	mc->r15 = r->r15;
	mc->eflags = r->rflags;
	set_nt_id(r->rflags);
	mc->rip = r->rip;
	rt_mode_switch(t);
	rt_view_set(t, uc);
}
