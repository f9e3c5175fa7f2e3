/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inter-processor interrupts: the EPCM changed, a page is to go, or the EPC is
 * to be lost, and nobody may go on in an enclave with what he had.  A thread
 * that runs enclave code is made to look by SIGSYS, and is in no system call
 * that this could interrupt; one that is in the runtime looks when it goes on.
 * kernel/smp.h keeps the books.
 */
#include <linux/time.h>

#include "cpu/mem.h"
#include "process/rt/rt.h"
#include "process/rt/sys.h"

#define POLLS_BETWEEN_PROBES	256u
#define GATE_NS			50000
#define GATE_TRIES		40000	/* seconds */

static bool is_inside(const struct thread *t)
{
	return t->processor != NULL;
}

void rt_park(struct thread *t)
{
	if (is_inside(t))
		sgx_processor_park(t->processor);
}

void rt_unpark(struct thread *t)
{
	if (is_inside(t))
		sgx_processor_unpark(t->processor, &t->lp);
}

void rt_met_server(const struct msg *msg)
{
	if (!rt_is_own(rt_current()))
		return;
	rt_process.number = msg->attach.number;
	rt_process.server_pid = msg->attach.pid;
}

uint32_t rt_server_pid(void)
{
	struct msg msg = { .type = MSG_ATTACH };

	if (rt_process.server_pid)
		return rt_process.server_pid;
	if (rt_client_once(&msg, NULL))
		msg.attach.pid = rt_process.pid;	/* number: 0 */
	rt_met_server(&msg);
	return msg.attach.pid;
}

static void wait_at_gate(void)
{
	struct __kernel_timespec ts = { .tv_nsec = GATE_NS };

	for (uint32_t i = 0; sgx_losing(rt_process.mm.shared); i++) {
		/* the server died at it: nobody else opens the gate */
		if (i == GATE_TRIES)
			sgx_loss_over(rt_process.mm.shared);
		sys2(__NR_nanosleep, &ts, 0);
	}
}

static uint64_t owner(const struct thread *t)
{
	uint32_t number = rt_is_own(t) ? rt_process.number : 0;

	return number ? (uint64_t)number << 32 | (t->tid << 2) : 0;
}

void rt_ipi_before_entry(struct thread *t)
{
	rt_server_pid();
	t->lp.owner = owner(t);
	/* in this order: a loss that begins in between is seen at the end */
	sgx_ipi_look(rt_process.mm.shared, t->ipi_seen);
	wait_at_gate();
}

bool rt_ipi_came_between(const struct thread *t)
{
	uint32_t seen[SGX_IPI_KINDS];

	sgx_ipi_look(rt_process.mm.shared, seen);
	return seen[SGX_IPI_LEAVE] != t->ipi_seen[SGX_IPI_LEAVE];
}

void rt_ipi_entered(struct thread *t)
{
	uint32_t pid = rt_server_pid();

	t->processor = sgx_processor_enter(&rt_process.mm, &t->lp, pid, t->tid,
					   t->ipi_seen);
}

void rt_ipi_left(struct thread *t)
{
	struct sgx_processor *p = t->processor;

	t->processor = NULL;
	t->interrupted = sgx_processor_leave(&rt_process.mm, p);
}

/*
 * A signal that the user has no room for in his queue (RLIMIT_SIGPENDING) comes
 * without what was sent with it: as if by a kill() from nobody.
 */
static bool has_lost_its_value(const siginfo_t *info)
{
	return info->si_code == SI_USER && !info->si_pid && !info->si_uid;
}

bool rt_is_ipi(struct thread *t, const siginfo_t *info)
{
	bool expected;

	if (!has_lost_its_value(info))
		return info->si_code == SI_QUEUE &&
		       (uint64_t)info->si_ptr == RT_IPI_VALUE;
	if (is_inside(t))
		return sgx_processor_interrupted(t->processor);
	expected = t->interrupted;
	t->interrupted = false;
	return expected;
}

bool rt_ipi_must_leave(const struct thread *t)
{
	uint32_t seq;

	return is_inside(t) &&
	       sgx_processor_due(rt_process.mm.shared, t->processor,
				 SGX_IPI_LEAVE, &seq);
}

bool rt_ipi_answer(struct thread *t)
{
	return is_inside(t) &&
	       sgx_processor_answer(&rt_process.mm, t->processor, &t->lp);
}

static int send(uint32_t pid, uint32_t tid, bool probe)
{
	siginfo_t info;

	(void)pid;	/* this process */
	if (probe)
		return (int)sys3(__NR_tgkill, rt_process.pid, tid, 0);
	memset(&info, 0, sizeof(info));
	info.si_signo = SIGSYS;
	info.si_code = SI_QUEUE;
	info.si_ptr = (void *)RT_IPI_VALUE;
	return (int)sys4(__NR_rt_tgsigqueueinfo, rt_process.pid, tid, SIGSYS,
			 &info);
}

/* Those of this process, the sender's own included, which is parked. */
static void interrupt_threads(struct sgx_ipi *ipi)
{
	struct sgx_mm *mm = &rt_process.mm;

	ipi->pid = rt_server_pid();
	if (!sgx_ipi_send(mm, ipi))
		return;
	for (uint32_t i = 1; sgx_ipi_pending(mm, ipi,
					     i % POLLS_BETWEEN_PROBES == 0);
	     i++)
		sys0(__NR_sched_yield);
}

void rt_ipi_send(uint32_t index)
{
	struct sgx_mm *mm = &rt_process.mm;
	struct sgx_encl *encl = &mm->shared->encls[index];
	bool elsewhere = __atomic_load_n(&encl->nr_mms, __ATOMIC_RELAXED) > 1;
	struct sgx_ipi ipi = { .kind = SGX_IPI_TRACK,
			       .secs = encl->secs_pa,
			       .send = send };
	struct msg msg = { .type = MSG_IPI };

	if (elsewhere)
		sgx_resync_others(mm);
	sgx_ipi_begin(mm->shared, &ipi);
	interrupt_threads(&ipi);
	ipi.pid = 0;
	if (!elsewhere || !sgx_ipi_pending(mm, &ipi, false))
		return;
	msg.ipi.secs = ipi.secs;
	msg.ipi.seq = ipi.seq;
	rt_client_once(&msg, NULL);
}
