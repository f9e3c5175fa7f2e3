/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inter-processor interrupts.  The EPCM has changed, a page is about to leave,
 * the EPC is about to be lost, or somebody waits for a lock: threads must not
 * go on as they are.  SIGSYS interrupts a thread.  In enclave code, it comes
 * into the runtime and looks before it goes back; in a section of the runtime,
 * it may have to start the section again.  kernel/machine/smp.h and
 * kernel/platform/section.h say why nobody has to wait for it.
 */
#include <linux/membarrier.h>
#include <linux/time.h>

#include "cpu/mem.h"
#include "cpu/tcs.h"
#include "kernel/machine/notes.h"
#include "kernel/platform/section.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/client.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/rt.h"

#define GATE_NS 50000
#ifndef GATE_TRIES
#define GATE_TRIES 40000 /* seconds */
#endif

void rt_met_server(const struct msg *msg)
{
	if (!rt_is_own(rt_current()))
		return;
	rt_process.ipi.number = msg->attach.number;
	rt_process.ipi.server_pid = msg->attach.pid;
}

uint32_t rt_server_pid(void)
{
	struct msg msg = { .type = MSG_ATTACH };

	if (rt_process.ipi.server_pid)
		return rt_process.ipi.server_pid;
	if (rt_client_once(&msg, NULL))
		msg.attach.pid = rt_process.pid; /* number: 0 */
	rt_met_server(&msg);
	return msg.attach.pid;
}

static void wait_at_gate(void)
{
	struct __kernel_timespec ts = { .tv_nsec = GATE_NS };

	for (uint32_t i = 0; sgx_losing(rt_process.mm.shared); i++) {
		/* the server died during the loss: it cannot end it */
		if (i == GATE_TRIES)
			sgx_loss_over(rt_process.mm.shared);
		sys2(__NR_nanosleep, &ts, 0);
	}
}

static uint64_t owner(const struct thread *t)
{
	uint32_t number = rt_is_own(t) ? rt_process.ipi.number : 0;

	return number ? tcs_owner(number, t->tid) : 0;
}

void rt_before_entry(struct thread *t)
{
	t->lp.who = sgx_who(rt_server_pid(), t->tid);
	rt_ipi_expect(t);
	t->lp.owner = owner(t);
	/* in this order, so that a loss that begins now is seen later */
	sgx_processor_look(rt_process.mm.shared, &t->entry.losses_seen);
	wait_at_gate();
}

bool rt_loss_came_between(const struct thread *t)
{
	uint32_t seen;

	sgx_processor_look(rt_process.mm.shared, &seen);
	return seen != t->entry.losses_seen;
}

/* Its notes ---------------------------------------------------------- */

#ifndef SENT_PATIENCE
#define SENT_PATIENCE 1024u /* pauses: far more than sending takes */
#endif

static uint64_t who(const struct thread *t)
{
	return sgx_who(rt_process.ipi.server_pid, t->tid);
}

static struct sgx_note *note_of(uint32_t tid)
{
	return sgx_note(rt_process.mm.shared, rt_process.ipi.server_pid, tid);
}

static bool is_pending(void)
{
	sigset64 set = 0;

	sys2(__NR_rt_sigpending, &set, sizeof(set));
	return set & SIGBIT(SIGSYS);
}

/*
 * The kernel keeps one SIGSYS for a thread.  So when all that were begun have
 * been sent, and then none is pending, each has been taken: its handler has
 * begun, and has looked (rt_ipi_arrives()), because it blocks others that long.
 */
static bool settle(struct thread *t, const struct sgx_note *note)
{
	uint32_t sent;

	if (!sgx_notes_are_sent(note, &sent))
		return false;
	if (!is_pending())
		t->ipi.taken = sent;
	return true;
}

/* What was noted before for a thread of this name is not for this one. */
void rt_ipi_expect(struct thread *t)
{
	const struct sgx_note *note = note_of(t->tid);

	if (t->ipi.who != who(t)) {
		t->ipi.taken = sgx_notes_begun(note);
		t->ipi.who = who(t);
	} else if (t->ipi.taken != sgx_notes_begun(note)) {
		settle(t, note);
	}
}

/*
 * If the queue of signals is full (RLIMIT_SIGPENDING), a signal comes without
 * its value, as if kill() had sent it, by no process.
 */
static bool has_lost_its_value(const siginfo_t *info)
{
	return info->si_code == SI_USER && !info->si_pid && !info->si_uid;
}

static void give_value(siginfo_t *info)
{
	info->si_code = SI_QUEUE;
	info->si_ptr = (void *)RT_IPI_VALUE;
}

/* A sender takes microseconds.  One that was stopped is not waited for. */
void rt_ipi_arrives(struct thread *t, siginfo_t *info)
{
	const struct sgx_note *note;

	if (!t->ipi.who || t->ipi.who != who(t))
		return;
	note = note_of(t->tid);
	if (sgx_notes_begun(note) == t->ipi.taken)
		return;
	if (has_lost_its_value(info))
		give_value(info);
	for (uint32_t i = 0; i < SENT_PATIENCE && !settle(t, note); i++)
		__builtin_ia32_pause();
}

bool rt_is_ipi(const siginfo_t *info)
{
	return info->si_code == SI_QUEUE &&
	       (uint64_t)info->si_ptr == RT_IPI_VALUE;
}

void rt_section_again(void)
{
	sgx_section_again(&rt_process.mm, rt_current()->section);
}

/*
 * A leaf that keeps its section checks this itself when it begins again.  The
 * interrupt does not stay pending until then: the thread may take a lock first.
 */
bool rt_ipi_nested(struct thread *t, struct kucontext *uc)
{
	if (t->section && sgx_section_lost(t->section, &t->lp)) {
		uc->mc.rip = (uint64_t)rt_section_again;
		uc->mc.rsp = ((uc->mc.rsp - RED_ZONE) & ~15ull) - 8;
		return true;
	}
	if (t->section && sgx_section_is_due(t->section))
		return true;
	return !sgx_processor_is_inside(&t->lp);
}

/* Senders ------------------------------------------------------------ */

static int queue(uint32_t pid, uint32_t tid)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = SIGSYS;
	give_value(&info);
	return (int)sys4(__NR_rt_tgsigqueueinfo, pid, tid, SIGSYS, &info);
}

/* Always to this process, whatever the server calls it. */
static int send(uint32_t pid, uint32_t tid)
{
	(void)pid;
	return queue(rt_process.pid, tid);
}

static int interrupt_own(uint32_t tid)
{
	struct sgx_note *note = note_of(tid);
	int r;

	sgx_note_begin(note);
	r = send(0, tid);
	sgx_note_sent(note);
	return r;
}

/* A child of vfork() is another process, and has its own notes. */
void rt_ipi_later(struct thread *t)
{
	struct sgx_note *note = note_of(t->tid);

	rt_ipi_expect(t);
	sgx_note_begin(note);
	queue((uint32_t)sys_getpid(), (uint32_t)sys_gettid());
	sgx_note_sent(note);
}

/* If the host forbids it to this process, the server can do it. */
static int fence(void)
{
	struct msg msg = { .type = MSG_FENCE };

	if (!sys2(__NR_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0))
		return 0;
	return rt_client_once(&msg, NULL);
}

void rt_fence(void)
{
	(void)fence();
}

/* Makes the fences of other processes reach this one. */
void rt_fence_init(void)
{
	sys2(__NR_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0);
}

void rt_ipi_send(uint64_t secs, uint32_t epoch)
{
	const struct sgx_sender sender = { .pid = rt_server_pid(),
					   .send = send,
					   .fence = fence };
	struct msg msg = { .type = MSG_IPI };

	if (!sgx_interrupt(&rt_process.mm, &sender, secs, epoch))
		return;
	msg.ipi.secs = secs;
	msg.ipi.epoch = epoch;
	rt_client_once(&msg, NULL);
}

int rt_preempt(uint32_t process, uint32_t thread)
{
	struct msg msg = { .type = MSG_PREEMPT };
	int r;

	if (process != rt_process.ipi.number) {
		msg.preempt.number = process;
		msg.preempt.tid = thread;
		return rt_client_once(&msg, NULL);
	}
	r = interrupt_own(thread);
	if (r == -ESRCH)
		return 0;
	return r ? r : fence();
}
