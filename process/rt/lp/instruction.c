/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The instruction at which the host's processor has raised an exception, and
 * what the host did with it.  cpu/instruction.c and cpu/exception.c say what it
 * is in an enclave.
 */
#include "process/rt/lp/instruction.h"

#include <linux/mman.h>

#include "cpu/mem.h"
#include "cpu/patch.h"
#include "kernel/mm/pte.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/driver.h"
#include "kernel/sgx/encl.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/lp/view.h"
#include "process/rt/rt.h"
#include "process/rt/signal/signal.h"

static int look(void *to, uint64_t rip, size_t n)
{
	return rt_current()->lp.cr_enclave_mode ? rt_peek(to, rip, n) :
						  rt_get(to, rip, n);
}

void rt_fetch(struct instruction *insn, uint64_t rip)
{
	unsigned int in_page = 4096 - (unsigned int)(rip & 4095);

	*insn = (struct instruction){ .length = INSN_MAX, .rip = rip };
	if (look(insn->before, rip - 2, 2))
		memset(insn->before, 0, 2);
	if (!look(insn->byte, rip, INSN_MAX))
		return;
	insn->length = 0;
	if (in_page < INSN_MAX && !look(insn->byte, rip, in_page))
		insn->length = in_page;
}

struct fetch {
	struct lp *lp;
	struct instruction *insn;
	uint64_t rip;
	uint64_t pa; /* in the EPC, where code may be patched; or 0 */
};

/* What the enclave has there, if we have written something else. */
static void show_original(const struct fetch *f)
{
	unsigned int n = f->insn->length;
	struct patch_site site;

	if (f->pa && patch_find(f->lp->cpu, f->pa, &site) == PATCH_SITE)
		memcpy(f->insn->byte, site.original,
		       n < PATCH_BYTES ? n : PATCH_BYTES);
}

static int fetch(struct sgx_mm *mm, void *arg)
{
	const struct fetch *f = arg;

	processor_join(f->lp, f->lp->cr_active_secs);
	sgx_section_keep(mm);
	sgx_resync_if_due(mm);
	sgx_section_let_go(mm);
	rt_fetch(f->insn, f->rip);
	show_original(f);
	processor_park(f->lp);
	return 0;
}

static uint64_t patched_pa(uint64_t rip)
{
	struct sgx_encl *encl = NULL;

	if (rt_process.mm.cpu.package->patch)
		encl = sgx_patch_encl(&rt_process.mm, rip);
	return encl ? sgx_encl_pa(encl, rip) : 0;
}

/*
 * The processor fetches, so the thread joins those inside for that: no page
 * leaves the EPC while it reads, and what is read is still patched as it was.
 * A parked thread might read a page that has been encrypted, by a mapping that
 * is still there.
 */
void rt_fetch_inside(struct thread *t, struct instruction *insn, uint64_t rip)
{
	struct fetch f = { &t->lp, insn, rip, patched_pa(rip) };

	sgx_in_leaf(&rt_process.mm, &t->lp, fetch, &f);
}

bool rt_page_has_gone(const struct instruction *insn)
{
	return !insn->length &&
	       sgx_page_prot(&rt_process.mm, insn->rip) != PROT_EXEC;
}

/*
 * What ENCLU raises depends on the host: #UD without SGX; #GP where the
 * firmware did not enable it; #PF where it did, because the operand is not in
 * an EPC.
 */
int rt_at_enclu(const struct kucontext *uc, const struct instruction *insn)
{
	uint64_t vector = uc->mc.trapno;

	if (vector != VECTOR_UD && vector != VECTOR_GP &&
	    (vector != VECTOR_PF || (uc->mc.err & PF_INSTR)))
		return -1;
	return instruction_is_enclu(insn);
}

/* Its #DB is a SIGTRAP, which is blocked while the runtime runs. */
static bool int1_stays(void)
{
	bool stays;

	rt_signals_unblock(SIGBIT(SIGTRAP));
	stays = rt_int1_stays();
	rt_signals_block(SIGBIT(SIGTRAP));
	return stays;
}

/*
 * INT1 is a trap: RIP is behind it.  On AMD's processors, under a hypervisor
 * that intercepts #DB as KVM does, RIP is still at the instruction.  If another
 * INT1 follows, only a trial on this host can tell.
 */
unsigned int rt_int1_left(const struct instruction *insn)
{
	unsigned int i = instruction_prefixes(insn);

	if (i >= insn->length || insn->byte[i] != 0xf1 || !int1_stays())
		return 0;
	return i + 1;
}

bool rt_mend_segments(struct kucontext *uc)
{
	bool wrong = uc->mc.cs != USER_CS;

	if (wrong) {
		uc->mc.cs = USER_CS;
		uc->mc.ss = USER_SS;
	}
	return wrong;
}
