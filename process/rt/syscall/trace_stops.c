/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stops of a tracee for signals that are not the program's: the runtime learns
 * by them of system calls, ENCLUs and page faults.  A tracer in the run is not
 * told: wait4() lets the tracee go on with the signal instead.
 *
 * DEVIATION DP13: not where the tracee is being stepped, nor in a wait that
 * blocks; and signals that a program handles itself do not show either.
 */
#include <linux/fcntl.h>
#include <linux/ptrace.h>
#include <linux/wait.h>

#include "cpu/mem.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/params.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/cpuid/cpuid.h"
#include "process/rt/filter/filter.h"
#include "process/rt/host/host.h"
#include "process/rt/syscall/debug.h"

#define TIDS 256u
#define RIP  16 /* in struct user_regs_struct, words */

/* By thread id: tracees that run freely, without steps. */
static uint32_t free_tids[TIDS];

void rt_trace_goes_on(uint32_t tid, bool freely)
{
	free_tids[tid % TIDS] = freely ? tid : 0;
}

static bool rip_of(uint32_t tid, uint64_t *rip)
{
	uint64_t regs[RT_TRACE_REGS];

	if (sys4(__NR_ptrace, PTRACE_GETREGS, tid, 0, regs))
		return false;
	*rip = regs[RIP];
	return true;
}

static bool is_own_sigsys(const siginfo_t *info)
{
	if (info->si_code == SYS_SECCOMP)
		return info->si_errno == RT_FILTER_DATA;
	return info->si_code == SYS_USER_DISPATCH ||
	       (info->si_code == SI_QUEUE &&
		(uint64_t)info->si_ptr == RT_IPI_VALUE);
}

/* ENCLU, or a CPUID that was rewritten or faults. */
static bool is_own_instruction(uint32_t tid, uint64_t rip)
{
	static const uint8_t enclu[] = { 0x0f, 0x01, 0xd7 };
	static const uint8_t cpuid[] = { 0x0f, 0xa2 };
	uint8_t insn[3];

	if (!rt_remote_read(tid, insn, rip, sizeof(insn)))
		return false;
	return !memcmp(insn, enclu, sizeof(enclu)) ||
	       !memcmp(insn, cpuid, sizeof(cpuid)) ||
	       rt_cpuid_is_site_of(tid, rip);
}

static bool is_own_fault(uint32_t tid, const siginfo_t *info, uint64_t rip)
{
	bool in_text = rip >= (uint64_t)rt_text_start &&
		       rip < (uint64_t)rt_text_end;

	return in_text || rt_debug_in_enclave(tid, rip) ||
	       rt_debug_in_enclave(tid, (uint64_t)info->si_addr);
}

/* The runtime gives a signal that is to kill its default action back. */
static bool is_caught(uint32_t tid, int sig)
{
	uint64_t caught;

	return rt_debug_status(tid, "SigCgt:", &caught) &&
	       (caught & SIGBIT(sig));
}

static bool is_own(uint32_t tid, int sig)
{
	siginfo_t info;
	uint64_t rip;

	if (sig != SIGSYS && sig != SIGILL && sig != SIGSEGV && sig != SIGBUS)
		return false;
	if (sys4(__NR_ptrace, PTRACE_GETSIGINFO, tid, 0, &info) ||
	    info.si_signo != sig || !rt_in_run(tid))
		return false;
	if (sig == SIGSYS)
		return is_own_sigsys(&info);
	if (info.si_code <= 0 || !rip_of(tid, &rip) || !is_caught(tid, sig))
		return false;
	return sig == SIGILL || info.si_code == SI_KERNEL ?
		       is_own_instruction(tid, rip) :
		       is_own_fault(tid, &info, rip);
}

/* What wait4() has returned is such a stop: it is over. */
static bool passes(uint32_t tid, uint32_t status)
{
	int sig = (int)(status >> 8 & 0xff);

	if ((status & 0xff) != 0x7f || status >> 16 ||
	    free_tids[tid % TIDS] != tid || !is_own(tid, sig))
		return false;
	return !sys4(__NR_ptrace, PTRACE_CONT, tid, 0, sig);
}

/*
 * It has executed another program.  A debugger looks at it now, and is to find
 * our vDSO.
 */
static bool is_exec(uint32_t tid, uint32_t status)
{
	return (status == (SIGTRAP << 8 | 0x7f) ||
		status == (PTRACE_EVENT_EXEC << 16 | SIGTRAP << 8 | 0x7f)) &&
	       free_tids[tid % TIDS] == tid;
}

bool rt_trace_wait(struct machine_context *mc)
{
	uint32_t status;
	long r;

	if (mc->rax != __NR_wait4 || !(mc->rdx & WNOHANG))
		return false;
	do {
		r = sys4(__NR_wait4, mc->rdi, &status, mc->rdx, mc->r10);
	} while (r > 0 && passes((uint32_t)r, status));
	if (r > 0 && is_exec((uint32_t)r, status))
		rt_trace_inject((uint32_t)r);
	if (r > 0 && mc->rsi && rt_put(mc->rsi, &status, sizeof(status)))
		r = -EFAULT;
	mc->rax = (uint64_t)r;
	return true;
}
