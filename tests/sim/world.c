/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is there when a schedule begins: a platform, processes, and enclaves
 * that have been built and mapped.  It is made once for a scenario, by the
 * calls that programs make, and then kept.
 */
#include <asm/sgx.h>
#include <fcntl.h>
#include <linux/mman.h>

#include "cpu/mem.h"
#include "cpu/sgx_arch.h"
#include "kernel/platform/lock.h"
#include "kernel/sgx/encl.h"
#include "process/rt/lp/lp.h"
#include "process/rt/platform/platform.h"
#include "process/rt/rt.h"
#include "tests/sim/sim.h"
#include "tests/sim/stubs.h"

#define PAGE    SGX_PAGE_SIZE
#define ELRANGE (SIM_PAGES * PAGE)
#define RW      (PROT_READ | PROT_WRITE)

const struct scenario *sim_scenario;
struct sgx_shared *sim_shared;

static struct world prepared;
static uint8_t source[PAGE] __attribute__((aligned(4096)));
static unsigned int now; /* the enclave that is built */

struct process *sim_rt(void)
{
	return world.proc[sim_cur->proc].rt;
}

struct sgx_mm *sim_mm(const struct task *k)
{
	return &world.proc[k->proc].rt->mm;
}

bool world_mm_is_locked(unsigned int proc)
{
	return sgx_lock_is_held(&world.proc[proc].rt->mm.lock);
}

/* SECINFOs that the enclave's EACCEPTs take lie in its code page. */
static const uint64_t secinfos[] = {
	SGX_SECINFO_R | SGX_SECINFO_W | SGX_SECINFO_PENDING |
		PT_REG << SGX_SECINFO_PAGE_TYPE_SHIFT,
	SGX_SECINFO_R | SGX_SECINFO_PR | PT_REG << SGX_SECINFO_PAGE_TYPE_SHIFT,
	SGX_SECINFO_MODIFIED | PT_TRIM << SGX_SECINFO_PAGE_TYPE_SHIFT,
};

uint64_t secinfo_offset(uint64_t flags)
{
	for (unsigned int i = 0; i < 3; i++)
		if (secinfos[i] == flags)
			return 64 * (i + 1);
	sim_fail("no such SECINFO");
}

/* Building ------------------------------------------------------------ */

static enum sgx_file_kind no_file(int fd)
{
	(void)fd;
	return SGX_FILE_NONE;
}

static void must(struct task *k, uint32_t cmd, void *arg)
{
	int64_t r;

	rt_lp_init(k->t);
	r = sgx_ioctl(sim_mm(k), &sim_shared->encls[now], &k->t->lp, cmd,
		      (uint64_t)(uintptr_t)arg, no_file);
	if (r)
		sim_fail("ioctl 0x%x: %ld", cmd, (long)r);
}

static void create(struct task *k)
{
	struct sgx_secs *secs = (struct sgx_secs *)source;
	struct sgx_enclave_create arg = { .src = (uint64_t)(uintptr_t)secs };

	memset(secs, 0, sizeof(*secs));
	secs->size = ELRANGE;
	secs->baseaddr = encl_base(now);
	secs->ssaframesize = 1;
	secs->attributes = SGX_ATTR_MODE64BIT;
	secs->xfrm = 3;
	must(k, SGX_IOC_ENCLAVE_CREATE, &arg);
}

static void add(struct task *k, unsigned int page, unsigned int pt,
		unsigned int prot)
{
	struct sgx_secinfo secinfo __attribute__((aligned(64))) = {
		.flags = pt << SGX_SECINFO_PAGE_TYPE_SHIFT | prot,
	};
	struct sgx_enclave_add_pages arg = {
		.src = (uint64_t)(uintptr_t)source,
		.offset = page * PAGE,
		.length = PAGE,
		.secinfo = (uint64_t)(uintptr_t)&secinfo,
	};
	struct copy *copy = &world.encl[now].page[page];

	must(k, SGX_IOC_ENCLAVE_ADD_PAGES, &arg);
	if (pt == PT_TCS)
		return;
	copy->exists = page >= PAGE_CODE;
	copy->prot = (uint8_t)prot;
	for (unsigned int i = 0; i < 4; i++)
		memcpy(&copy->word[i], source + i * 1024, 8);
}

static void add_tcs(struct task *k, unsigned int i)
{
	struct sgx_tcs *tcs = (struct sgx_tcs *)source;

	memset(tcs, 0, PAGE);
	tcs->ossa = (PAGE_SSA + i) * PAGE;
	tcs->nssa = 1;
	tcs->oentry = PAGE_CODE * PAGE;
	tcs->fslimit = tcs->gslimit = 0xfff;
	add(k, PAGE_TCS + i, PT_TCS, 0);
	memset(source, 0, PAGE);
	add(k, PAGE_SSA + i, PT_REG, RW);
}

static void fill(uint64_t seed)
{
	memset(source, 0, PAGE);
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t word = sim_mix(&seed);

		memcpy(source + i * 1024, &word, 8);
	}
	for (unsigned int i = 0; i < 3; i++)
		memcpy(source + 64 * (i + 1), &secinfos[i], 8);
}

static void add_all(struct task *k)
{
	for (unsigned int i = 0; i < NR_TCS; i++)
		add_tcs(k, i);
	fill(now);
	add(k, PAGE_CODE, PT_REG, PROT_READ | PROT_EXEC);
	for (unsigned int i = 0; i < NR_DATA; i++) {
		fill(now * 16 + i + 1);
		add(k, PAGE_DATA + i, PT_REG, RW);
	}
}

/* EINIT, without RSA. */
static void init(struct task *k)
{
	struct sgx_encl *encl = &sim_shared->encls[now];
	struct sgx_secs *secs = epc_ptr(&sim_mm(k)->cpu, encl->secs_pa);

	memory_dirty(secs, sizeof(*secs));
	secs->attributes |= SGX_ATTR_INIT;
	encl->flags |= SGX_ENCL_INITIALIZED;
	world.encl[now].epc_base = encl->epc_base;
	world.encl[now].secs_pa = encl->secs_pa;
}

static void map_part(struct task *k, unsigned int first, unsigned int end,
		     int prot)
{
	int64_t r = sgx_mmap_file(sim_mm(k), &sim_shared->encls[now], O_RDWR,
				  encl_base(now) + first * PAGE,
				  (end - first) * PAGE, prot,
				  MAP_SHARED | MAP_FIXED, (int)now, 0);

	if (r < 0)
		sim_fail("mmap: %ld", (long)r);
}

static void map(struct task *k)
{
	map_part(k, 0, PAGE_CODE, RW);
	map_part(k, PAGE_CODE, PAGE_DATA, PROT_READ | PROT_EXEC);
	map_part(k, PAGE_DATA, SIM_PAGES, RW);
	world.proc[k->proc].fd[now] = true;
}

static void build(struct task *k)
{
	create(k);
	add_all(k);
	init(k);
	map(k);
}

/* Processes ------------------------------------------------------------- */

static void new_procs(void)
{
	for (unsigned int i = 0; i < sim_scenario->procs; i++) {
		struct proc *p = &world.proc[i];

		p->pid = 100 + i;
		p->rt = memory_alloc(sizeof(*p->rt));
		p->rt->pid = p->pid;
		p->rt->attached = 1;
	}
	for (unsigned int i = sim_scenario->procs; i < SIM_PROCS; i++)
		world.proc[i].dead = world.proc[i].noticed = true;
}

static void new_tasks(void)
{
	unsigned int i, n;

	task_new(SIM_PROCS, 0, server_main_task);
	for (i = 0; i < sim_scenario->procs; i++)
		for (n = 0; n < sim_scenario->threads[i]; n++)
			machine_reset(task_new(i, n, script_main));
}

void world_attach(unsigned int i, uint32_t number,
		  void (*entropy)(void *buf, size_t n))
{
	struct proc *p = &world.proc[i];

	p->rt->ipi.server_pid = p->pid;
	p->rt->ipi.number = number;
	if (sgx_mm_init(&p->rt->mm, sim_shared, &rt_host, entropy))
		sim_fail("sgx_mm_init()");
}

static struct task *first_task(unsigned int proc)
{
	for (unsigned int i = 1; i < SIM_TASKS; i++)
		if (tasks[i].state != TASK_NONE && tasks[i].proc == proc)
			return &tasks[i];
	return NULL;
}

static void open_one(struct task *k)
{
	(void)k;
	if (sgx_open(sim_mm(first_task(0)), SGX_FILE_ENCLAVE, 5000 + now) !=
	    (int)now)
		sim_fail("sgx_open()");
}

static void prepare_server(struct task *k)
{
	(void)k;
	server_prepare();
}

/* The first who maps it builds it; the others are its children. */
static void new_encl(const struct scenario *s)
{
	bool built = false;

	for (unsigned int i = 0; i < s->procs; i++) {
		if (s->fds[i] & 1u << now)
			world.proc[i].fd[now] = true;
		if (!(s->maps[i] & 1u << now))
			continue;
		if (!built)
			sched_call(first_task(i), open_one);
		sched_call(first_task(i), built ? map : build);
		built = true;
	}
}

void world_prepare(const struct scenario *s)
{
	sim_scenario = s;
	memory_clear();
	memset(&world, 0, sizeof(world));
	sched_reset();
	new_procs();
	new_tasks();
	sched_call(&tasks[SERVER], prepare_server);
	for (now = 0; now < s->encls; now++)
		new_encl(s);
	memory_snapshot();
	prepared = world;
}

void world_start(uint64_t seed)
{
	uint64_t chance = seed;

	memory_restore();
	world = prepared;
	world.queue_is_full = !sim_below(&chance, 4);
	sched_reset();
	server_reset();
	new_tasks();
	for (unsigned int i = 0; i < SIM_TASKS; i++)
		tasks[i].rng = seed * SIM_TASKS + i;
}
