/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inter-processor interrupts: the EPCM changed, or a page is to go, and nobody
 * may go on in the enclave with what he had.  A thread that runs enclave code
 * is interrupted by SIGSYS.  One that is in the runtime is `parked`: it runs
 * no enclave code, and may itself be waiting for who sends the interrupt, so
 * the sender does the work on its behalf.
 */
#include "cpu/mem.h"
#include "process/rt/rt.h"
#include "process/rt/sys.h"

enum { RUNNING, PARKED, BORROWED };

void rt_park(struct thread *t)
{
	if (t->lp.cr_enclave_mode)
		__atomic_store_n(&t->parked, PARKED, __ATOMIC_RELEASE);
}

void rt_unpark(struct thread *t)
{
	uint32_t state = PARKED;

	while (__atomic_load_n(&t->parked, __ATOMIC_RELAXED) != RUNNING &&
	       !__atomic_compare_exchange_n(&t->parked, &state, RUNNING, false,
					    __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED)) {
		state = PARKED;
		__builtin_ia32_pause();
	}
}

/* True if t was parked: what an interrupt does to it is done. */
static bool on_behalf(struct thread *t)
{
	uint32_t state = PARKED;

	if (!__atomic_compare_exchange_n(&t->parked, &state, BORROWED, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	if (t->lp.cr_enclave_mode)
		lp_retrack(&t->lp);
	__atomic_store_n(&t->ipi_wanted, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&t->parked, PARKED, __ATOMIC_RELEASE);
	return true;
}

static bool send(struct thread *t)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = SIGSYS;
	info.si_code = SI_QUEUE;
	info.si_ptr = (void *)RT_IPI_THREAD;
	return sys4(__NR_rt_tgsigqueueinfo, rt_process.pid, t->tid, SIGSYS,
		    &info) == 0;
}

static void interrupt(struct thread *t)
{
	if (on_behalf(t))
		return;
	__atomic_store_n(&t->ipi_wanted, 1, __ATOMIC_RELEASE);
	if (!send(t))
		return;
	while (__atomic_load_n(&t->ipi_wanted, __ATOMIC_ACQUIRE)) {
		if (on_behalf(t) ||
		    sys3(__NR_tgkill, rt_process.pid, t->tid, 0) == -ESRCH)
			return;
		sys0(__NR_sched_yield);
	}
}

/* secs: EPC address of the enclave's SECS, or EPC_NONE for any enclave. */
static void interrupt_threads(uint64_t secs)
{
	const struct thread *self = rt_current();
	struct thread *t;
	uint32_t i;

	for (i = 0; (t = rt_thread_at(i)); i++)
		if (t != self && t->tid && t->lp.cr_enclave_mode &&
		    (secs == EPC_NONE || t->lp.cr_active_secs == secs))
			interrupt(t);
}

/* The sender too may be inside, on a page fault; then it is parked. */
static void interrupt_self(struct thread *self)
{
	while (self->lp.cr_enclave_mode && !on_behalf(self))
		__builtin_ia32_pause();
}

void rt_ipi_send(uint32_t index)
{
	struct sgx_encl *encl = &rt_process.mm.shared->encls[index];
	struct msg msg = { .type = MSG_IPI };

	interrupt_self(rt_current());
	interrupt_threads(encl->secs_pa);
	if (__atomic_load_n(&encl->nr_mms, __ATOMIC_RELAXED) > 1)
		rt_client_once(&msg, NULL);
}

void rt_ipi_thread(struct thread *t)
{
	rt_unpark(t);
	if (t->lp.cr_enclave_mode)
		lp_retrack(&t->lp);
	__atomic_store_n(&t->ipi_wanted, 0, __ATOMIC_RELEASE);
}

void rt_ipi_process(struct thread *t)
{
	if (!rt_process.attached)
		return;
	sgx_resync(&rt_process.mm);
	rt_unpark(t);
	if (t->lp.cr_enclave_mode)
		lp_retrack(&t->lp);
	interrupt_threads(EPC_NONE);
	__atomic_add_fetch(&rt_process.mm.shared->ipi_acks, 1,
			   __ATOMIC_RELEASE);
}
