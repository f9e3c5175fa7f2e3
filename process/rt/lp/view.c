/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which view of the EPC a thread has (kernel/mm/view.h).  The key that opens it
 * is in PKRU: a transition changes it in the signal frame, and the return from
 * the handler makes it so.  Handlers start with the kernel's own PKRU, which
 * allows no key but 0.
 * SDM vol. 3A "Protection Keys".
 *
 * DEVIATION DP26: the key is missing to the program, and shows in PKRU.
 */
#include <linux/mman.h>

#include "kernel/mm/view.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/pkru.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/lp/view.h"
#include "process/rt/rt.h"

static bool has_key(void)
{
	return rt_process.mm.view == SGX_VIEW_KEY;
}

static uint32_t key_bits(void)
{
	return PKRU_DENIED << (2 * rt_process.mm.view_pkey);
}

void rt_view_init(void)
{
	long key = sys2(__NR_pkey_alloc, 0, PKEY_DISABLE_ACCESS);
	enum sgx_view view = rt_params.strict ? SGX_VIEW_HIDDEN :
						SGX_VIEW_SHARED;

	if (key > 0)
		view = SGX_VIEW_KEY;
	else if (rt_process.verbose && view == SGX_VIEW_SHARED)
		rt_log("no protection keys here: code outside sees enclave "
		       "memory; --strict hides it");
	sgx_view_init(&rt_process.mm, view, key > 0 ? (int)key : 0);
}

static void turn_key(struct kucontext *uc, bool inside)
{
	uint32_t *pkru = frame_pkru(&uc->mc);

	if (!pkru)
		rt_panic("the signal frame has no PKRU");
	*pkru = inside ? *pkru & ~key_bits() : *pkru | key_bits();
}

static void see(struct thread *t, bool inside)
{
	if (t->view.sees_epc == inside)
		return;
	t->view.sees_epc = inside;
	if (inside)
		sgx_view_enter(&rt_process.mm);
	else
		sgx_view_leave(&rt_process.mm);
}

void rt_view_set(struct thread *t, struct kucontext *uc)
{
	bool inside = t->lp.cr_enclave_mode;

	if (has_key())
		turn_key(uc, inside);
	see(t, inside);
}

void rt_view_close(struct thread *t)
{
	if (has_key())
		wrpkru(rdpkru() | key_bits());
	see(t, false);
}

void rt_view_open(struct thread *t)
{
	if (has_key())
		wrpkru(rdpkru() & ~key_bits());
	see(t, true);
}

static bool is_our_key(int sig, const siginfo_t *info)
{
	return sig == SIGSEGV && info->si_code == SEGV_PKUERR && has_key() &&
	       info->si_pkey == (uint32_t)rt_process.mm.view_pkey;
}

bool rt_view_mend(struct kucontext *uc, int sig, const siginfo_t *info)
{
	if (!is_our_key(sig, info))
		return false;
	turn_key(uc, true);
	return true;
}

int rt_peek(void *to, uint64_t from, size_t n)
{
	struct thread *t = rt_current();
	uint32_t pkru = 0;
	int r;

	if (has_key()) {
		pkru = rdpkru();
		wrpkru(pkru & ~key_bits());
	}
	t->view.peeking = true;
	r = rt_get(to, from, n);
	t->view.peeking = false;
	if (has_key())
		wrpkru(pkru);
	return r;
}

/*
 * rt_copy() met the abort page: what Linux copies from there is ones, what it
 * copies to there is lost.  The other side is memory of the runtime.
 */
bool rt_view_copy(const struct thread *t, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	bool write = mc->err & PF_WRITE;
	uint64_t n;

	if (mc->rip != (uint64_t)rt_copy_start || mc->trapno != VECTOR_PF ||
	    t->view.peeking || !rt_process.attached)
		return false;
	n = sgx_abort_pages(&rt_process.mm, write ? mc->rdi : mc->rsi, mc->rcx);
	if (!write)
		for (uint64_t i = 0; i < n; i++)
			((uint8_t *)mc->rdi)[i] = 0xff;
	mc->rdi += n;
	mc->rsi += n;
	mc->rcx -= n;
	return n != 0;
}
