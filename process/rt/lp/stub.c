/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making stubs, and signals that interrupt a thread in one.  The bytes after a
 * short instruction are part of its jump's displacement (cpu/patch.h).  So a
 * stub is put where the jump can reach it, if the memory there is free.
 */
#include <linux/mman.h>

#include "cpu/mem.h"
#include "cpu/sgx_arch.h"
#include "kernel/mm/encl_page.h"
#include "kernel/sgx/driver.h"
#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/spin.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/host.h"
#include "process/rt/lp/identity.h"
#include "process/rt/lp/own.h"
#include "process/rt/lp/plain.h"
#include "process/rt/lp/stub.h"
#include "process/rt/lp/stub_emit.h"
#include "process/rt/rt.h"

#define STUBS      256u
#define TRIES      32u
#define LOWEST     0x100000ull  /* above vm.mmap_min_addr */
#define STACK_ROOM (4ull << 30) /* below the first stack */
#define OUR_ROOM   (1ull << 36) /* above RT_BASE */
#define INT3_SIZE  1
#define REFUSED    64u

static struct stub stubs[STUBS];
static struct stub *used = stubs; /* those from here on are all vacant */

static struct stub *end_of_used(void)
{
	return __atomic_load_n(&used, __ATOMIC_ACQUIRE);
}

/* Code ---------------------------------------------------------------- */

void stub_put(struct stub_emit *e, enum stub_phase phase, const void *bytes,
	      unsigned int n)
{
	if (e->n + n > STUB_CODE)
		rt_panic("bug: a stub of more than %u bytes", STUB_CODE);
	memcpy(e->to + e->n, bytes, n);
	memset(e->stub->phase + e->n, phase, n);
	e->n += n;
}

void stub_jump(struct stub_emit *e, enum stub_phase phase, uint64_t to)
{
	uint8_t bytes[5] = { 0xe9 };
	int32_t disp = (int32_t)(to - (e->stub->code + e->n + sizeof(bytes)));

	memcpy(bytes + 1, &disp, sizeof(disp));
	stub_put(e, phase, bytes, sizeof(bytes));
}

static void write_code(void *arg, uint64_t offset)
{
	struct stub *s = arg;
	struct stub_emit e = { .stub = s, .to = (uint8_t *)s->code + offset };

	if (s->way == STUB_LEAF)
		stub_leaf(&e);
	else
		stub_xsave(&e);
}

static bool fits(const struct stub *s)
{
	return s->way == STUB_LEAF ? stub_leaf_fits() : stub_xsave_fits(s);
}

/* Places --------------------------------------------------------------- */

static bool overlaps(uint64_t at, uint64_t start, uint64_t end)
{
	return at + SGX_PAGE_SIZE > start && at < end;
}

/* Where it is mapped, it has been created. */
static struct sgx_range range_of(const struct sgx_encl *encl)
{
	struct sgx_range elrange = { 0, 0 };

	(void)sgx_encl_elrange(encl, &elrange);
	return elrange;
}

/* Keep away from where the stack and the runtime's memory may grow. */
static bool is_possible(uint64_t at)
{
	uint64_t stack = rt_params.auxv;

	return at >= LOWEST && at < (1ull << 47) - SGX_PAGE_SIZE &&
	       !overlaps(at, stack - STACK_ROOM, stack + STACK_ROOM) &&
	       !overlaps(at, RT_BASE, RT_BASE + OUR_ROOM);
}

static bool map(uint64_t at)
{
	long r = sys_call(__NR_mmap, at, SGX_PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			  0);

	if (r > 0 && (uint64_t)r != at) /* Linux before 4.17 */
		sys2(__NR_munmap, r, SGX_PAGE_SIZE);
	return (uint64_t)r == at;
}

bool stub_make_at(struct stub *s, uint64_t at)
{
	if (!is_possible(at))
		return false;
	s->code = at;
	if (!fits(s) || !map(at))
		return false;
	if (rt_change_code(at, SGX_PAGE_SIZE, PROT_READ | PROT_EXEC, write_code,
			   s) >= 0)
		return true;
	sys2(__NR_munmap, at, SGX_PAGE_SIZE);
	return false;
}

static bool make_at(const struct sgx_encl *encl, struct stub *s, uint64_t at)
{
	struct sgx_range elrange = range_of(encl);

	return !overlaps(at, elrange.start, elrange.end) && stub_make_at(s, at);
}

/* The jump can reach any address: take a free one near the enclave. */
static bool make_near(const struct sgx_encl *encl, struct stub *s)
{
	const uint64_t step = 16 * SGX_PAGE_SIZE, reach = 1ull << 30;
	uint64_t below = range_of(encl).start, above = range_of(encl).end;

	for (unsigned int i = 0; i < TRIES; i++) {
		below -= step;
		if (s->site - below < reach && make_at(encl, s, below))
			return true;
		above += step;
		if (above - s->site < reach && make_at(encl, s, above))
			return true;
	}
	return false;
}

/* The high bytes of the jump's displacement are those of `fixed`. */
static bool make_within(const struct sgx_encl *encl, struct stub *s,
			int32_t fixed)
{
	uint64_t size = 1ull << (8 * (s->of.size - 1)), step = size / TRIES;
	uint64_t from = s->site + PATCH_JUMP + (uint64_t)(int64_t)fixed;
	uint64_t at = (from + SGX_PAGE_SIZE - 1) & SGX_PAGE_MASK;

	if (step < SGX_PAGE_SIZE)
		step = SGX_PAGE_SIZE;
	for (; at - from < size; at += step & SGX_PAGE_MASK)
		if (make_at(encl, s, at))
			return true;
	return false;
}

static bool make(struct sgx_encl *encl, struct stub *s)
{
	int32_t fixed;

	if (!patch_fixed_bytes(&s->of, &fixed) || s->of.size < 3)
		return false;
	return s->of.size >= PATCH_JUMP ? make_near(encl, s) :
					  make_within(encl, s, fixed);
}

/* The table ------------------------------------------------------------ */

static bool is_same(const struct stub *s, const struct stub *wanted)
{
	return s->site == wanted->site && s->token_ino == wanted->token_ino &&
	       s->known == wanted->known && s->way == wanted->way &&
	       s->of.size == wanted->of.size &&
	       !memcmp(s->of.original, wanted->of.original, PATCH_BYTES);
}

static struct stub *find(const struct stub *wanted)
{
	for (struct stub *s = stubs; s < end_of_used(); s++)
		if (s->site && is_same(s, wanted))
			return s;
	return NULL;
}

static struct stub *vacant(void)
{
	for (struct stub *s = stubs; s < stubs + STUBS; s++) {
		if (s->site)
			continue;
		if (s >= used)
			__atomic_store_n(&used, s + 1, __ATOMIC_RELEASE);
		return s;
	}
	return NULL;
}

/* The lock is held. */
static struct stub *stub_for(struct sgx_encl *encl, const struct stub *wanted)
{
	struct stub *s = find(wanted);
	uint64_t site = wanted->site;

	if (s)
		return s;
	s = vacant();
	if (!s)
		return NULL;
	*s = *wanted;
	if (!make(encl, s)) {
		s->site = 0;
		return NULL;
	}
	sgx_patch_stub_made(encl);
	__atomic_store_n(&s->site, site, __ATOMIC_RELEASE);
	return s;
}

uint64_t rt_stub(struct sgx_encl *encl, uint64_t xfrm, uint64_t addr,
		 const struct patch_site *site)
{
	uint64_t drop = rt_process.mm.cpu.package->xcr0 & ~xfrm;
	struct stub wanted = {
		.site = addr,
		.encl = sgx_encl_index(encl),
		.token_ino = sgx_encl_token(encl),
		.known = (uint32_t)xfrm,
		.drop = (uint32_t)drop,
		.of = *site,
	};
	struct stub *s;

	if (site->kind == INSN_ENCLU) {
		if (!rt_plain_is_possible())
			return 0;
		wanted.way = STUB_LEAF;
		wanted.drop = 0;
		drop = 0;
	}
	/* a stub cannot change EDX; processors with RDFSBASE have LAHF */
	if (xfrm > INT32_MAX || drop > INT32_MAX || !rt_process.fsgsbase ||
	    !rt_is_own(rt_current()))
		return 0;
	spin_lock(&rt_process.stubs.lock);
	s = stub_for(encl, &wanted);
	spin_unlock(&rt_process.stubs.lock);
	return s ? s->code : 0;
}

/* `refused` remembers places for which there can be no stub. */
void rt_stub_enclu(struct thread *t, uint64_t addr, uint32_t leaf)
{
	static uint64_t refused[REFUSED];
	uint64_t *at = &refused[addr % REFUSED];

	if (!rt_plain_is_possible() || !rt_is_own(t))
		return;
	rt_identity_take(t);
	if (__atomic_load_n(at, __ATOMIC_RELAXED) == addr)
		return;
	if (!sgx_patch_enclu(&rt_process.mm, addr, leaf))
		__atomic_store_n(at, addr, __ATOMIC_RELAXED);
	else if (rt_process.verbose)
		rt_log("leaf %u of ENCLU at 0x%lx in the enclave goes without "
		       "a trap from now on",
		       leaf, (unsigned long)addr);
}

static struct stub *stub_at(uint64_t rip)
{
	for (struct stub *s = stubs; s < end_of_used(); s++)
		if (__atomic_load_n(&s->site, __ATOMIC_ACQUIRE) &&
		    rip - s->code < STUB_CODE)
			return s;
	return NULL;
}

void rt_stubs_unmapped(uint64_t start, uint64_t len)
{
	uint64_t end = start + len;

	for (struct stub *s = stubs; s < end_of_used(); s++) {
		uint64_t site = __atomic_load_n(&s->site, __ATOMIC_ACQUIRE);

		if (!site || !overlaps(s->code, start, end) || end < start)
			continue;
		sgx_patch_no_jump(&rt_process.mm, site);
		s->site = 0;
	}
}

/* No thread is in one of these stubs: it would be in the enclave. */
void rt_stubs_left(uint32_t encl)
{
	for (struct stub *s = stubs; s < end_of_used(); s++) {
		if (!__atomic_load_n(&s->site, __ATOMIC_ACQUIRE) ||
		    s->encl != encl)
			continue;
		sys2(__NR_munmap, s->code, SGX_PAGE_SIZE);
		__atomic_store_n(&s->site, 0, __ATOMIC_RELEASE);
	}
}

static uint32_t count(const struct sgx_encl *encl)
{
	uint32_t n = 0;

	for (const struct stub *s = stubs; s < end_of_used(); s++)
		n += s->site && s->token_ino == sgx_encl_token(encl);
	return n;
}

void rt_stubs_inherited(void)
{
	rt_process.stubs.due = false;
	sgx_patch_inherited(&rt_process.mm, count);
}

void rt_stubs_joined(struct sgx_encl *encl)
{
	sgx_patch_others(&rt_process.mm, encl, count(encl));
}

/* Signals -------------------------------------------------------------- */

static void swap(struct machine_context *mc)
{
	uint64_t rax = mc->rcx;

	mc->rcx = mc->rax;
	mc->rax = rax;
}

/* AH holds the flags as LAHF stored them; OF comes separately. */
static void flags_from_ax(struct machine_context *mc, bool of)
{
	const uint64_t lahf = RFLAGS_STATUS & 0xff;

	mc->eflags &= ~RFLAGS_STATUS;
	mc->eflags |= (mc->rax >> 8 & lahf) | (of ? RFLAGS_OF : 0);
}

void stub_take_back(struct thread *t, const struct stub *s,
		    enum stub_phase phase, struct machine_context *mc)
{
	switch (phase) {
	case STUB_SWAPPED_NOT:
		mc->rcx = ~mc->rcx;
		swap(mc);
		break;
	case STUB_SWAPPED_LESS:
		mc->rcx += s->known;
		swap(mc);
		break;
	case STUB_SWAPPED_LOST:
		mc->rcx = s->known;
		swap(mc);
		break;
	case STUB_SWAPPED:
		swap(mc);
		break;
	case STUB_KEPT:
		mc->rax = s->known;
		mc->rcx = plain_of(t)->regs[1];
		break;
	case STUB_FLAGS_IN_AX:
		flags_from_ax(mc, mc->rax & 1);
		mc->rax |= 0xffff;
		break;
	case STUB_FLAGS_ADDED:
		flags_from_ax(mc, mc->rax & 0x80);
		mc->rax |= 0xffff;
		break;
	case STUB_AX_LOST:
		mc->rax |= 0xffff;
		break;
	case STUB_NARROWED:
	case STUB_DONE_NARROWED:
		mc->rax += s->drop;
		break;
	case STUB_XGETBV:
		mc->rax = s->known;
		mc->rdx = 0;
		break;
	default:
		break;
	}
}

bool stub_is_step(int sig, const siginfo_t *info,
		  const struct machine_context *mc)
{
	return sig == SIGTRAP && info->si_code == TRAP_TRACE &&
	       mc->trapno == VECTOR_DB && (mc->eflags & RFLAGS_TF);
}

bool rt_leave_stub(struct thread *t, int sig, const siginfo_t *info,
		   struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	bool int3 = sig == SIGTRAP && info->si_code > 0 &&
		    mc->trapno == VECTOR_BP;
	enum stub_phase phase;
	struct stub *s;

	if (!t->lp.cr_enclave_mode)
		return rt_leave_own(t, sig, info, uc);
	if (mc->rip - t->lp.cr_elrange_base < t->lp.cr_elrange_size)
		return false;
	s = stub_at(mc->rip - (int3 ? INT3_SIZE : 0));
	if (!s)
		return false;
	/* a single step goes over the whole stub */
	if (stub_is_step(sig, info, mc)) {
		if (s->way != STUB_LEAF)
			return true;
		t->plain.makes = true;
	}
	phase = s->phase[mc->rip - (int3 ? INT3_SIZE : 0) - s->code];
	stub_take_back(t, s, phase, mc);
	mc->rip = phase < STUB_DONE ? s->site : s->site + s->of.size;
	/* as if the INT3 were at the site */
	if (int3)
		mc->rip = s->site + INT3_SIZE;
	return false;
}
