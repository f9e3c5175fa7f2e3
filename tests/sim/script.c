/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What threads do, by chance: visit enclaves and use their pages, change them
 * from an OCALL or from a process that has the descriptor only, build, evict.
 */
#include <asm/sgx.h>
#include <linux/mman.h>

#include "cpu/sgx_arch.h"
#include "kernel/platform/layout.h"
#include "process/rt/rt.h"
#include "tests/sim/pages.h"

#define PAGE SGX_PAGE_SIZE

static uint32_t below(struct task *k, uint32_t n)
{
	return sim_below(&k->rng, n);
}

static unsigned int some_encl(struct task *k, unsigned int set)
{
	unsigned int e;

	do
		e = below(k, sim_scenario->encls);
	while (!(set & 1u << e));
	return e;
}

static void visit(struct task *k, unsigned int e)
{
	uint32_t n = 1 + below(k, 5);
	bool good;

	if (!enclave_enter(k, e))
		return;
	while (n--) {
		if (below(k, 16) < sim_scenario->does[k->proc].signal)
			k->usr = true;
		good = below(k, 16) < sim_scenario->does[k->proc].edmm ?
			       enclave_edmm(k, e) :
			       page_use_some(k, e);
		if (!good)
			return;
	}
	enclave_leave(k, e);
}

/* A page that the enclave has accepted gets stricter from outside. */
static void manage(struct task *k, unsigned int e)
{
	unsigned int page = PAGE_DYN + below(k, NR_DYN);
	struct copy *copy = &world.encl[e].page[page];

	if (!copy->exists || copy->claimed || !(copy->prot & PROT_WRITE))
		return;
	copy->claimed = true;
	if (below(k, 2))
		page_restrict(k, e, page);
	else
		page_trim(k, e, page);
}

static void evict(struct task *k, unsigned int e)
{
	unsigned int first = below(k, SIM_PAGES);
	struct msg msg = { .type = SIM_MSG_EVICT };

	msg.event.encl = e;
	msg.event.start = encl_base(e) + first * PAGE;
	msg.event.end = encl_base(e) + SIM_PAGES * PAGE;
	sim_trace("has pages of enclave %u evicted, from %u on", e, first);
	server_ask(&msg);
}

static void lose(struct task *k)
{
	struct msg msg = { .type = SIM_MSG_LOSS };

	(void)k;
	sim_trace("has the EPC lost");
	server_ask(&msg);
}

static void build(struct task *k)
{
	static uint8_t pages[2 * PAGE] __attribute__((aligned(4096)));
	static struct sgx_secs secs __attribute__((aligned(4096)));
	struct sgx_secinfo secinfo __attribute__((aligned(64))) = {
		.flags = REG(SGX_SECINFO_R | SGX_SECINFO_W),
	};
	struct sgx_enclave_create create = { .src = (uintptr_t)&secs };
	struct sgx_enclave_add_pages add = {
		.src = (uintptr_t)pages,
		.length = sizeof(pages),
		.secinfo = (uintptr_t)&secinfo,
	};
	int fd = server_open();
	unsigned int e = (unsigned int)fd;

	if (fd < 0)
		sim_fail("open: %d", fd);
	sim_trace("builds enclave %u", e);
	secs.size = SIM_PAGES * PAGE;
	secs.baseaddr = encl_base(e);
	secs.ssaframesize = 1;
	secs.attributes = SGX_ATTR_MODE64BIT;
	secs.xfrm = 3;
	if (enclave_ioctl(k, e, SGX_IOC_ENCLAVE_CREATE, "CREATE", &create))
		enclave_ioctl(k, e, SGX_IOC_ENCLAVE_ADD_PAGES, "ADD_PAGES",
			      &add);
	world.proc[k->proc].fd[e] = false;
	server_reap_soon();
}

static void do_something(struct task *k)
{
	const struct scenario *s = sim_scenario;
	unsigned int maps = s->maps[k->proc], fds = s->fds[k->proc];
	uint32_t dice = below(k, 16);

	if (!k->proc && world.forks < s->forks && !below(k, 3)) {
		family_fork(k);
	} else if (world.losses < s->losses && !below(k, 12)) {
		world.losses++;
		lose(k);
	} else if (dice < s->does[k->proc].visit && maps) {
		visit(k, some_encl(k, maps));
	} else if (dice < s->does[k->proc].manage + s->does[k->proc].visit &&
		   fds) {
		manage(k, some_encl(k, fds));
	} else if (dice >= 16u - s->does[k->proc].evict) {
		evict(k, below(k, s->encls));
	} else if (s->does[k->proc].build) {
		build(k);
	}
}

/* When all is done: everything is as it was written. */
static void audit(struct task *k, unsigned int e)
{
	if (enclave_is_lost(e) || !enclave_enter(k, e))
		return;
	for (unsigned int page = PAGE_CODE; page < SIM_PAGES; page++) {
		const struct copy *copy = &world.encl[e].page[page];

		if (!copy->exists || copy->changing || !copy->prot)
			continue;
		for (unsigned int word = 0; word < 4; word++)
			if (!page_use(k, e, page, word, PROT_READ))
				return;
	}
	enclave_leave(k, e);
}

void script_main(struct task *k)
{
	for (unsigned int i = 0; i < sim_scenario->rounds; i++)
		do_something(k);
	k->usr = false;
	k->at_end = true;
	while (!world.ended)
		sched_block();
	if (k->n)
		return;
	sim_trace("looks at everything");
	for (unsigned int e = 0; e < sim_scenario->encls; e++)
		if (sim_scenario->maps[k->proc] & 1u << e)
			audit(k, e);
	sim_trace("exits");
	sim_kill(k->proc);
	sched_block();
}
