/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rest of the runtime, which the simulator is not about: what trap.c,
 * lp/, ipi.c and host.c call of it.
 */

#include <asm/errno.h>
#include <linux/mman.h>

#include "cpu/mem.h"
#include "process/rt/abort_page/abort_page.h"
#include "process/rt/base/door.h"
#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/cpuid/cpuid.h"
#include "process/rt/host/host.h"
#include "process/rt/lp/injection.h"
#include "process/rt/lp/instruction.h"
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
#include "process/rt/lp/xcr0.h"
#include "process/rt/platform/platform.h"
#include "process/rt/rt.h"
#include "process/rt/shortcut/shortcut.h"
#include "process/rt/signal/signal.h"
#include "process/rt/syscall/syscall.h"
#include "process/rt/thread/thread.h"
#include "tests/sim/sim.h"
#include "tests/sim/stubs.h"

struct rt_params rt_params;
const char rt_sites_start[1], rt_sites_end[1];
const char rt_int1_at[1], rt_int1_behind[1];
const char rt_copy_start[1], rt_copy_end[1], rt_copy_fault[1];
const char rt_gadget_syscall[1], rt_gadget_return[1];

/* The program's memory is ours, and always there. */
int rt_copy(void *to, const void *from, size_t n)
{
	memcpy(to, from, n);
	return 0;
}

static int probe(uint64_t addr, int prot, uint32_t code)
{
	unsigned int e, page;
	int real;

	SIM_POINT();
	if (!encl_of(addr, &e, &page))
		return 0;
	real = world.proc[sim_cur->proc].prot[e][page];
	if (real & prot)
		return 0;
	sim_cur->t->uaccess_fault = (struct ksignal){
		.sig = SIGSEGV,
		.code = SEGV_ACCERR,
		.error_code = PF_USER | code | (real ? PF_PROT : 0),
	};
	return -EFAULT;
}

int rt_probe_read(uint64_t addr)
{
	return probe(addr, PROT_READ, 0);
}

int rt_probe_write(uint64_t addr)
{
	return probe(addr, PROT_WRITE, PF_WRITE);
}

void rt_cpuid_original(void *copy, uint64_t from, uint64_t n)
{
	(void)copy;
	(void)from;
	(void)n;
}

bool rt_source_is_noexec(struct source source[2], uint64_t addr)
{
	(void)source;
	(void)addr;
	return false;
}

int rt_attach(void)
{
	return 0;
}

/* What the program is told ---------------------------------------------- */

void rt_deliver(struct thread *t, struct kucontext *uc, int sig,
		const siginfo_t *info, bool forced)
{
	(void)t;
	(void)forced;
	sim_cur->delivered = sig;
	sim_cur->told_error = uc->mc.err;
	sim_cur->told_address = (uint64_t)info->si_addr;
	sim_trace("the program gets signal %d, error 0x%lx, address 0x%lx", sig,
		  (unsigned long)uc->mc.err, (unsigned long)info->si_addr);
}

void rt_signals_unblock(sigset64 set)
{
	sys4(__NR_rt_sigprocmask, SIG_UNBLOCK, &set, 0, 8);
}

/* The program's own never find a thread in the runtime. */
void rt_signal_keep(struct thread *t, int sig, const siginfo_t *info)
{
	if (sig == SIGSYS)
		sim_fail("an interrupt is kept for the program");
	t->signal.pending |= SIGBIT(sig);
	t->signal.pending_info[rt_sync_index(sig)] = *info;
}

bool rt_signal_is_due(const struct thread *t)
{
	(void)t;
	return false;
}

void rt_deliver_pending(struct thread *t, struct kucontext *uc)
{
	(void)t;
	(void)uc;
}

void rt_note_trap(struct thread *t, const struct kucontext *uc)
{
	(void)t;
	(void)uc;
}

_Noreturn void rt_panic(const char *format, ...)
{
	sim_fail("rt_panic: %s", format);
}

void rt_log(const char *format, ...)
{
	(void)format;
}

/* Counters are each thread's own, and nothing here depends on them. */

void rt_stats_enter(struct thread *t, uint32_t leaf)
{
	(void)t;
	(void)leaf;
}

void rt_stats_refused(struct thread *t, uint32_t leaf)
{
	(void)t;
	(void)leaf;
}

void rt_stats_exit(struct thread *t)
{
	(void)t;
}

void rt_stats_aex(struct thread *t, const struct fault *event)
{
	(void)t;
	(void)event;
}

void rt_stats_leaf(struct thread *t, uint32_t leaf)
{
	(void)t;
	(void)leaf;
}

void rt_stats_fault(struct thread *t, const struct ksignal *signal)
{
	(void)t;
	(void)signal;
}

/* Instructions -------------------------------------------------------- */

void rt_fetch(struct instruction *insn, uint64_t rip)
{
	(void)rip;
	memset(insn, 0, sizeof(*insn));
	insn->length = 3;
}

void rt_fetch_inside(struct thread *t, struct instruction *insn, uint64_t rip)
{
	(void)t;
	rt_fetch(insn, rip);
}

int rt_at_enclu(const struct kucontext *uc, const struct instruction *insn)
{
	(void)uc;
	(void)insn;
	return sim_cur->at_enclu ? 0 : -1;
}

bool rt_mend_segments(struct kucontext *uc)
{
	(void)uc;
	return false;
}

int rt_sync_index(int sig)
{
	return sig == SIGSYS || sig == SIGILL || sig == SIGSEGV ? 0 : -1;
}

/* None of these is there ------------------------------------------------ */

bool rt_cpuid_fault(struct kucontext *uc)
{
	(void)uc;
	return false;
}

bool rt_cpuid_site(struct kucontext *uc)
{
	(void)uc;
	return false;
}

void rt_leave_cell(struct thread *t, struct kucontext *uc)
{
	(void)t;
	(void)uc;
}

void rt_leave_gadget(struct kucontext *uc)
{
	(void)uc;
}

void rt_outside_access(struct thread *t, struct kucontext *uc)
{
	(void)t;
	(void)uc;
	sim_fail("an access from outside");
}

void rt_syscall(struct thread *t, struct kucontext *uc)
{
	(void)t;
	(void)uc;
	sim_fail("a system call that was trapped");
}

void rt_thread_altstack(const struct thread *t, struct kstack *ss)
{
	(void)t;
	(void)ss;
}

bool rt_view_copy(const struct thread *t, struct kucontext *uc)
{
	(void)t;
	(void)uc;
	return false;
}

bool rt_view_mend(struct kucontext *uc, int sig, const siginfo_t *info)
{
	(void)uc;
	(void)sig;
	(void)info;
	return false;
}

void rt_view_set(struct thread *t, struct kucontext *uc)
{
	(void)t;
	(void)uc;
}

void rt_injection_count(struct thread *t, enum sgx_when when)
{
	(void)t;
	(void)when;
}

void rt_injection_entered(struct thread *t, struct kucontext *uc)
{
	(void)t;
	(void)uc;
}

long rt_door(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
	     uint64_t e, uint64_t f)
{
	return sys_call(nr, a, b, c, d, e, f);
}

void rt_strict_violation(void)
{
	sim_fail("a violation of seccomp's strict mode");
}

bool rt_has_mdwe(void)
{
	return false;
}

int rt_protect_epc(uint64_t addr, uint64_t len, int prot, int pkey, uint64_t pa)
{
	(void)pkey;
	(void)pa;
	return (int)sys3(__NR_mprotect, addr, len, prot);
}

enum rt_xcr0 rt_xcr0_site(struct thread *t, struct kucontext *uc)
{
	(void)t;
	(void)uc;
	return RT_XCR0_NONE;
}

bool rt_page_has_gone(const struct instruction *insn)
{
	(void)insn;
	return false;
}

void rt_leave_xsave(struct thread *t, struct kucontext *uc)
{
	(void)t;
	(void)uc;
}

uint64_t rt_stub(struct sgx_encl *encl, uint64_t xfrm, uint64_t addr,
		 const struct patch_site *site)
{
	(void)encl;
	(void)xfrm;
	(void)addr;
	(void)site;
	return 0;
}

bool rt_in_shortcut(uint64_t rip)
{
	(void)rip;
	return false;
}

void rt_shortcut_original(void *copy, uint64_t from, uint64_t n)
{
	(void)copy;
	(void)from;
	(void)n;
}

void rt_vectors_keep(struct rt_vectors *v)
{
	(void)v;
}

void rt_vectors_give(const struct rt_vectors *v)
{
	(void)v;
}

enum rt_left rt_leave_shortcut(struct kucontext *uc)
{
	(void)uc;
	return RT_LEFT_NOTHING;
}

bool rt_leave_stub(struct thread *t, int sig, const siginfo_t *info,
		   struct kucontext *uc)
{
	(void)t;
	(void)sig;
	(void)info;
	(void)uc;
	return false;
}

void rt_stubs_unmapped(uint64_t start, uint64_t len)
{
	(void)start;
	(void)len;
}

void rt_stubs_left(uint32_t encl)
{
	(void)encl;
}

void rt_stubs_inherited(void)
{
}

void rt_stubs_joined(struct sgx_encl *encl)
{
	(void)encl;
}

void rt_patched(uint64_t addr, unsigned int sites, unsigned int jumps,
		unsigned int unsure)
{
	(void)addr;
	(void)sites;
	(void)jumps;
	(void)unsure;
}

unsigned int rt_int1_left(const struct instruction *insn)
{
	(void)insn;
	return 0;
}

void rt_why_begin(struct thread *t)
{
	(void)t;
}

void rt_why_enclu(struct thread *t, uint32_t leaf)
{
	(void)t;
	(void)leaf;
}

void rt_why_code(struct thread *t, uint32_t leaf)
{
	(void)t;
	(void)leaf;
}

void rt_why_exception(struct thread *t, const struct fault *event,
		      const struct instruction *insn)
{
	(void)t;
	(void)event;
	(void)insn;
}

void rt_view_open(struct thread *t)
{
	(void)t;
}

void rt_view_close(struct thread *t)
{
	(void)t;
}

/* plain.c: machine.c does what it is for ---------------------------------- */

/* plain_makes: EEXIT is made as any leaf is. */
bool rt_plain_exits(struct thread *t)
{
	(void)t;
	return false;
}

bool rt_plain_makes(struct thread *t)
{
	bool makes = t->plain.makes;

	t->plain.makes = false;
	return makes;
}

/* As process/rt/lp/plain_leaf.c, for a leaf inside. */
void rt_plain_make(struct thread *t, struct kucontext *uc)
{
	siginfo_t info = { .si_signo = SIGILL, .si_code = ILL_ILLOPN };

	uc->mc.trapno = VECTOR_UD;
	uc->mc.err = 0;
	info.si_addr = (void *)uc->mc.rip;
	rt_exception(t, uc, VECTOR_UD, &info, SIGILL);
}

void rt_stub_enclu(struct thread *t, uint64_t addr, uint32_t leaf)
{
	(void)t;
	(void)leaf;
	(void)addr;
}

void rt_own_learn(struct thread *t, uint64_t rip)
{
	(void)t;
	(void)rip;
}

bool rt_own_is(uint64_t rip)
{
	(void)rip;
	return false;
}

bool rt_own_trap(int sig, struct kucontext *uc)
{
	(void)sig;
	(void)uc;
	return false;
}

void rt_own_original(void *copy, uint64_t from, uint64_t n)
{
	(void)copy;
	(void)from;
	(void)n;
}

void rt_plain_know(struct thread *t)
{
	(void)t;
}

bool rt_plain_begins(const struct kucontext *uc)
{
	(void)uc;
	return false;
}

bool rt_plain_back(struct thread *t, struct kucontext *uc, bool exception)
{
	(void)t;
	(void)uc;
	(void)exception;
	return false;
}

bool rt_plain_defer(struct thread *t, int sig, const siginfo_t *info,
		    struct kucontext *uc)
{
	(void)t;
	(void)uc;
	if (!sim_cur->plainly)
		return false;
	if (sig == SIGSYS && !rt_is_ipi(info))
		sim_fail("an interrupt is kept for the program");
	sim_cur->plain_due = true;
	return true;
}

bool rt_plain_ends(const struct kucontext *uc)
{
	(void)uc;
	return sim_cur->plain_ending;
}

int rt_plain_end(struct thread *t, struct kucontext *uc)
{
	(void)uc;
	t->plain.makes = sim_cur->plain_makes;
	sim_cur->plain_ending = sim_cur->plain_makes = false;
	return 0;
}

/* Nobody follows the run. */
void rt_record_ready(struct thread *t)
{
	(void)t;
}

void rt_record_leaf_begin(struct thread *t, struct rt_leaf_record *leaf)
{
	(void)t;
	(void)leaf;
}

void rt_record_leaf_regs(struct thread *t, struct rt_leaf_record *leaf)
{
	(void)t;
	(void)leaf;
}

void rt_record_leaf_end(struct thread *t, const struct rt_leaf_record *leaf,
			const struct fault *fault)
{
	(void)t;
	(void)leaf;
	(void)fault;
}

void rt_record_aex_begin(struct thread *t, const struct fault *event,
			 const struct instruction *insn, struct tape_aex *aex)
{
	(void)t;
	(void)event;
	(void)insn;
	(void)aex;
}

void rt_record_aex_end(struct thread *t, const struct fault *event,
		       const struct instruction *insn, struct tape_aex *aex)
{
	rt_record_aex_begin(t, event, insn, aex);
}

void rt_record_fault(struct thread *t, uint64_t address, uint32_t host_code,
		     enum fault_outcome outcome, const struct ksignal *signal)
{
	(void)t;
	(void)address;
	(void)host_code;
	(void)outcome;
	(void)signal;
}

void rt_record_paging(enum sgx_paged how, const struct sgx_encl *encl,
		      uint64_t address)
{
	(void)how;
	(void)encl;
	(void)address;
}

void rt_record_signal(struct thread *t, uint64_t rip,
		      const struct ksignal *signal, bool vdso)
{
	(void)t;
	(void)rip;
	(void)signal;
	(void)vdso;
}
