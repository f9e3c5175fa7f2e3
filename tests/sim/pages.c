/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a thread does with an enclave's pages, and what must come of it: uses
 * them, accepts them, and has them changed by an ioctl.
 */
#include "tests/sim/pages.h"

#include <asm/errno.h>
#include <asm/sgx.h>
#include <linux/mman.h>

#include "cpu/sgx_arch.h"
#include "kernel/platform/layout.h"
#include "process/rt/lp/lp.h"
#include "process/rt/rt.h"
#include "tests/sim/stubs.h"

#define PAGE        SGX_PAGE_SIZE
#define RW          (PROT_READ | PROT_WRITE)
#define MAX_COMPUTE 200u /* instructions between two accesses */
#define TRIES       200  /* of an ioctl that says EAGAIN or EBUSY */

bool enclave_is_lost(unsigned int e)
{
	return world.encl[e].lost;
}

/* A signal that nothing explains is a failure. */
static void told(const struct task *k, unsigned int e, const char *what)
{
	if (!enclave_is_lost(e))
		sim_fail("%s: signal %d, error code 0x%lx, address 0x%lx", what,
			 k->delivered, (unsigned long)k->told_error,
			 (unsigned long)k->told_address);
}

/* Entering and leaving -------------------------------------------------- */

/* Outside by an AEX: go on inside.  False: the enclave has been lost. */
static bool back_inside(struct task *k, unsigned int e)
{
	while (!machine_inside(k)) {
		if (machine_resume(k) == STEP_SIGNAL &&
		    k->delivered != SIGUSR1) {
			told(k, e, "ERESUME");
			return false;
		}
	}
	return true;
}

static unsigned int tcs_of(const struct task *k, unsigned int e)
{
	unsigned int n = 0;

	for (const struct task *j = tasks; j < k; j++)
		if (j->proc < SIM_PROCS &&
		    sim_scenario->maps[j->proc] & 1u << e)
			n++;
	return n % NR_TCS;
}

bool enclave_enter(struct task *k, unsigned int e)
{
	switch (machine_enter(k, e, tcs_of(k, e))) {
	case STEP_SIGNAL:
		told(k, e, "EENTER");
		return false;
	case STEP_LEFT:
		return back_inside(k, e);
	default:
		return true;
	}
}

bool enclave_leave(struct task *k, unsigned int e)
{
	while (back_inside(k, e)) {
		switch (machine_eexit(k)) {
		case STEP_DONE:
			return true;
		case STEP_SIGNAL:
			told(k, e, "EEXIT");
			return false;
		default:
			break;
		}
	}
	return false;
}

/* Using pages ------------------------------------------------------------- */

/* False: it is outside, because the enclave has been lost. */
bool page_use(struct task *k, unsigned int e, unsigned int page,
	      unsigned int word, int prot)
{
	const struct copy *copy = &world.encl[e].page[page];

	while (back_inside(k, e)) {
		bool refused = copy->changing || prot & ~copy->prot;
		unsigned int changes = copy->changes;

		switch (machine_access(k, e, page, word, prot)) {
		case STEP_DONE:
			return true;
		case STEP_LEFT:
			continue;
		case STEP_SIGNAL:
			if (refused || copy->changing || prot & ~copy->prot ||
			    copy->changes != changes)
				return back_inside(k, e);
			told(k, e, "an access");
			return false;
		}
	}
	return false;
}

bool page_use_some(struct task *k, unsigned int e)
{
	unsigned int page = PAGE_CODE +
			    sim_below(&k->rng, 1 + NR_DATA + NR_DYN);
	const struct copy *copy = &world.encl[e].page[page];
	int prot = PROT_READ;

	if (!copy->exists)
		page = PAGE_DATA + sim_below(&k->rng, NR_DATA);
	if (page == PAGE_CODE)
		prot = sim_below(&k->rng, 2) ? PROT_EXEC : PROT_READ;
	else if (sim_below(&k->rng, 2))
		prot = PROT_WRITE;
	if (sim_below(&k->rng, 2))
		machine_compute(k, sim_below(&k->rng, MAX_COMPUTE));
	sim_trace("uses enclave %u, page %u, for %s", e, page,
		  prot == PROT_WRITE ? "writing" : "reading");
	return page_use(k, e, page, sim_below(&k->rng, 4), prot);
}

/* ioctls ---------------------------------------------------------------- */

static enum sgx_file_kind no_file(int fd)
{
	(void)fd;
	return SGX_FILE_NONE;
}

/* Who is stopped in an ioctl has all others turned away. */
static int64_t call(struct task *k, unsigned int e, uint32_t cmd, void *arg,
		    bool *stopped)
{
	int64_t r = -EBUSY;

	rt_lp_init(k->t);
	for (int i = 0; i < TRIES && (r == -EBUSY || r == -EAGAIN); i++) {
		*stopped |= sched_any_stopped();
		if (i)
			sched_yield_to_others();
		/* a system call comes to a handler of the runtime, too */
		machine_arrive(k);
		r = sgx_ioctl(sim_mm(k), &sim_shared->encls[e], &k->t->lp, cmd,
			      (uint64_t)(uintptr_t)arg, no_file);
		k->in_handler = false;
	}
	return r;
}

bool enclave_ioctl(struct task *k, unsigned int e, uint32_t cmd,
		   const char *what, void *arg)
{
	bool stopped = false;
	int64_t r = call(k, e, cmd, arg, &stopped);

	sim_trace("ioctl %s: %ld", what, (long)r);
	if (r == -EBUSY && stopped)
		return false;
	/* and without a server nobody interrupts another process' threads */
	if (r == -EFAULT && world.no_server)
		return false;
	if (r && !enclave_is_lost(e))
		sim_fail("ioctl %s: %ld", what, (long)r);
	return !r;
}

bool page_restrict(struct task *k, unsigned int e, unsigned int page)
{
	struct copy *copy = &world.encl[e].page[page];
	struct sgx_enclave_restrict_permissions arg = {
		.offset = page * PAGE,
		.length = PAGE,
		.permissions = SGX_SECINFO_R,
	};

	sim_trace("restricts page %u of enclave %u to reading", page, e);
	copy->changing = true;
	copy->changes++;
	if (!enclave_ioctl(k, e, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,
			   "RESTRICT_PERMISSIONS", &arg))
		return false;
	copy->prot = PROT_READ;
	return true;
}

bool page_trim(struct task *k, unsigned int e, unsigned int page)
{
	struct copy *copy = &world.encl[e].page[page];
	struct sgx_enclave_modify_types arg = {
		.offset = page * PAGE,
		.length = PAGE,
		.page_type = PT_TRIM,
	};

	sim_trace("trims page %u of enclave %u", page, e);
	copy->changing = true;
	copy->changes++;
	if (!enclave_ioctl(k, e, SGX_IOC_ENCLAVE_MODIFY_TYPES, "MODIFY_TYPES",
			   &arg))
		return false;
	copy->prot = PROT_NONE;
	return true;
}

static bool page_remove(struct task *k, unsigned int e, unsigned int page)
{
	struct sgx_enclave_remove_pages arg = {
		.offset = page * PAGE,
		.length = PAGE,
	};

	world.encl[e].page[page].exists = false;
	if (!enclave_ioctl(k, e, SGX_IOC_ENCLAVE_REMOVE_PAGES, "REMOVE_PAGES",
			   &arg))
		return false;
	server_reap_soon(); /* it is often late: the page may be back */
	return true;
}

/* EDMM ------------------------------------------------------------------- */

static bool accept(struct task *k, unsigned int e, unsigned int page,
		   uint64_t flags)
{
	if (!back_inside(k, e))
		return false;
	if (machine_eaccept(k, e, page, flags) == STEP_SIGNAL) {
		told(k, e, "EACCEPT");
		return false;
	}
	if (machine_rax(k))
		sim_fail("EACCEPT: SGX error %lu",
			 (unsigned long)machine_rax(k));
	return true;
}

static bool augment(struct task *k, unsigned int e, unsigned int page)
{
	struct copy *copy = &world.encl[e].page[page];

	sim_trace("adds page %u to enclave %u", page, e);
	for (unsigned int i = 0; i < 4; i++)
		copy->word[i] = 0;
	/* refused at first, allowed from some moment on */
	copy->changing = true;
	copy->changes++;
	copy->prot = RW;
	if (!accept(k, e, page,
		    REG(SGX_SECINFO_R | SGX_SECINFO_W | SGX_SECINFO_PENDING)))
		return false;
	copy->changing = false;
	copy->exists = true;
	return true;
}

/* From an OCALL: EEXIT, the ioctl, EENTER, EACCEPT. */
static bool trim(struct task *k, unsigned int e, unsigned int page)
{
	return enclave_leave(k, e) && page_trim(k, e, page) &&
	       enclave_enter(k, e) &&
	       accept(k, e, page,
		      SGX_SECINFO_MODIFIED |
			      PT_TRIM << SGX_SECINFO_PAGE_TYPE_SHIFT) &&
	       enclave_leave(k, e) && page_remove(k, e, page) &&
	       enclave_enter(k, e);
}

static bool restrict_inside(struct task *k, unsigned int e, unsigned int page)
{
	return enclave_leave(k, e) && page_restrict(k, e, page) &&
	       enclave_enter(k, e) &&
	       accept(k, e, page, REG(SGX_SECINFO_R | SGX_SECINFO_PR));
}

bool enclave_edmm(struct task *k, unsigned int e)
{
	unsigned int page = PAGE_DYN + sim_below(&k->rng, NR_DYN);
	struct copy *copy = &world.encl[e].page[page];
	bool good;

	if (copy->claimed)
		return true;
	copy->claimed = true;
	if (!copy->exists)
		good = augment(k, e, page);
	else if (copy->prot == RW && sim_below(&k->rng, 2))
		good = restrict_inside(k, e, page);
	else
		good = trim(k, e, page);
	copy->claimed = !good;
	return good;
}
