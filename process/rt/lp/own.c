/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See own.h.  The bytes change as Linux's text_poke_bp() has it: an INT3 stands
 * at the first while the others change, and fences before and after that make
 * sure that no thread executes what it fetched before.  Whoever comes to the
 * INT3 has its ENCLU made by the handler.
 */
#include "process/rt/lp/own.h"

#include <linux/mman.h>

#include "cpu/mem.h"
#include "cpu/sgx_arch.h"
#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/spin.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/host/host.h"
#include "process/rt/host/lines.h"
#include "process/rt/host/proc.h"
#include "process/rt/lp/identity.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/lp/plain.h"
#include "process/rt/lp/stub_emit.h"
#include "process/rt/rt.h"

#define OWN       32u
#define VAIN      32u
#define COPIES    4u
#define TRIES     16u
#define HEAP_ROOM (1ull << 30) /* above the heap's end */
#define ENCLU_LEN 3
#define INT3      0xcc
#define JMP       0xe9

enum own_state {
	OWN_ENCLU,    /* it stands there */
	OWN_CHANGING, /* INT3 stands there */
	OWN_JUMP,
};

struct own {
	struct stub stub;
	/* Where its code is, by which of the two bytes behind are INT3s. */
	uint64_t code[COPIES];
	int32_t displacement;
	uint32_t state;
};

static struct own all[OWN];
static uint32_t used;

static const uint8_t insn[ENCLU_LEN] = { 0x0f, 0x01, 0xd7 };

static struct own *end(void)
{
	return all + __atomic_load_n(&used, __ATOMIC_ACQUIRE);
}

static uint32_t state_of(const struct own *o)
{
	return __atomic_load_n(&o->state, __ATOMIC_SEQ_CST);
}

static struct own *at_site(uint64_t rip)
{
	for (struct own *o = all; o < end(); o++)
		if (o->stub.site == rip)
			return o;
	return NULL;
}

bool rt_own_is(uint64_t rip)
{
	const struct own *o = at_site(rip);

	return o && state_of(o) == OWN_JUMP;
}

/* Bytes ---------------------------------------------------------------- */

static void put(uint64_t at, uint8_t byte)
{
	__atomic_store_n((uint8_t *)at, byte, __ATOMIC_SEQ_CST);
	rt_fence();
}

/* Its page can be written and executed. */
static void change(struct own *o, const uint8_t to[ENCLU_LEN],
		   enum own_state state)
{
	uint64_t at = o->stub.site;

	__atomic_store_n(&o->state, OWN_CHANGING, __ATOMIC_SEQ_CST);
	put(at, INT3);
	__atomic_store_n((uint8_t *)at + 1, to[1], __ATOMIC_SEQ_CST);
	put(at + 2, to[2]);
	put(at, to[0]);
	__atomic_store_n(&o->state, state, __ATOMIC_SEQ_CST);
}

static void jump_of(const struct own *o, uint8_t to[ENCLU_LEN])
{
	to[0] = JMP;
	memcpy(to + 1, &o->displacement, ENCLU_LEN - 1);
}

/* Do these bytes stand there, and can they be changed? */
static bool make(struct own *o, const uint8_t from[ENCLU_LEN],
		 const uint8_t to[ENCLU_LEN], enum own_state state)
{
	uint64_t page = o->stub.site & SGX_PAGE_MASK;
	uint8_t now[ENCLU_LEN];

	if (rt_get(now, o->stub.site, ENCLU_LEN) ||
	    memcmp(now, from, ENCLU_LEN) ||
	    sys3(__NR_mprotect, page, SGX_PAGE_SIZE,
		 PROT_READ | PROT_WRITE | PROT_EXEC))
		return false;
	change(o, to, state);
	if (sys3(__NR_mprotect, page, SGX_PAGE_SIZE, PROT_READ | PROT_EXEC))
		rt_log("code at 0x%lx stays writable", (unsigned long)page);
	return true;
}

static bool make_jump(struct own *o)
{
	uint8_t jump[ENCLU_LEN];

	jump_of(o, jump);
	return make(o, insn, jump, OWN_JUMP);
}

static void make_enclu(struct own *o)
{
	uint8_t jump[ENCLU_LEN];

	jump_of(o, jump);
	if (state_of(o) != OWN_JUMP || !make(o, jump, insn, OWN_ENCLU))
		__atomic_store_n(&o->state, OWN_ENCLU, __ATOMIC_SEQ_CST);
}

/* Stubs ---------------------------------------------------------------- */

static void unmap(struct own *o)
{
	for (unsigned int i = 0; i < COPIES; i++)
		if (o->code[i])
			sys2(__NR_munmap, o->code[i], SGX_PAGE_SIZE);
	memset(o->code, 0, sizeof(o->code));
}

/* `low` are the displacement's bytes that are free. */
static bool map(struct own *o, uint16_t low, uint64_t heap)
{
	for (unsigned int i = 0; i < COPIES; i++) {
		uint8_t bytes[4] = { (uint8_t)low, (uint8_t)(low >> 8),
				     o->stub.of.original[3],
				     o->stub.of.original[4] };
		int32_t displacement;
		uint64_t at;

		if ((i & 1 && bytes[2] == INT3) || (i & 2 && bytes[3] == INT3))
			continue;
		bytes[2] = i & 1 ? INT3 : bytes[2];
		bytes[3] = i & 2 ? INT3 : bytes[3];
		memcpy(&displacement, bytes, sizeof(displacement));
		at = o->stub.site + PATCH_JUMP +
		     (uint64_t)(int64_t)displacement;
		if (at - heap < HEAP_ROOM || !stub_make_at(&o->stub, at)) {
			unmap(o);
			return false;
		}
		o->code[i] = at;
		if (!i)
			o->displacement = displacement;
	}
	return true;
}

static bool map_somewhere(struct own *o)
{
	uint64_t heap = (uint64_t)sys1(__NR_brk, 0);
	/* what the jump starts from is no whole page */
	uint64_t first = -(o->stub.site + PATCH_JUMP) & ~SGX_PAGE_MASK;

	for (unsigned int i = 0; i < TRIES; i++)
		if (map(o, (uint16_t)(first + i * SGX_PAGE_SIZE), heap))
			return true;
	return false;
}

/* What stands there ---------------------------------------------------- */

struct search {
	uint64_t addr;
	bool good;
};

static bool maps_line(const char *text, void *arg)
{
	struct search *search = arg;
	struct mapping m;

	if (!proc_mapping(text, &m) || search->addr < m.start ||
	    search->addr >= m.end)
		return false;
	search->good = m.perms[0] == 'r' && m.perms[1] == '-' &&
		       m.perms[2] == 'x' && m.perms[3] == 'p';
	return true;
}

static bool status_line(const char *text, void *arg)
{
	uint64_t tracer = 0;

	(void)arg;
	return proc_status(text, "TracerPid:", &tracer) && tracer;
}

/* Code that is the process' own and may be read; nobody's who debugs it. */
static bool is_good(uint64_t at)
{
	struct search search = { .addr = at };

	(void)rt_read_lines("/proc/self/maps", maps_line, &search);
	return search.good &&
	       !rt_read_lines("/proc/self/status", status_line, NULL);
}

static bool describe(struct patch_site *of, uint64_t rip)
{
	if ((rip & ~SGX_PAGE_MASK) + PATCH_JUMP > SGX_PAGE_SIZE ||
	    rt_get(of->original, rip, PATCH_JUMP) ||
	    memcmp(of->original, insn, ENCLU_LEN))
		return false;
	of->kind = INSN_ENCLU;
	of->size = ENCLU_LEN;
	return true;
}

static struct own *vacant(void)
{
	return used < OWN ? &all[used] : NULL;
}

/* The lock is held, and no call is under way. */
static bool learn(uint64_t rip)
{
	struct own *o = at_site(rip);
	struct patch_site of = { .length = 1 };

	if (!is_good(rip) || !describe(&of, rip))
		return false;
	if (o) /* it was a jump once, and the program took it back */
		return !memcmp(of.original, o->stub.of.original, PATCH_JUMP) &&
		       o->code[0] && make_jump(o);
	o = vacant();
	if (!o)
		return false;
	*o = (struct own){ .stub = { .known = ENCLU_EENTER,
				     .encl = UINT32_MAX,
				     .way = STUB_LEAF,
				     .site = rip,
				     .of = of } };
	if (!map_somewhere(o)) {
		o->stub.site = 0;
		return false;
	}
	__atomic_store_n(&used, used + 1, __ATOMIC_RELEASE);
	if (make_jump(o))
		return true;
	unmap(o);
	return false;
}

static bool is_under_way(void)
{
	return __atomic_load_n(&rt_process.stubs.calls, __ATOMIC_SEQ_CST);
}

void rt_own_learn(struct thread *t, uint64_t rip)
{
	static uint64_t vain[VAIN];
	uint64_t *at = &vain[rip % VAIN];

	if (!rt_plain_is_possible() || !rt_is_own(t) ||
	    !rt_process.mm.cpu.package->patch)
		return;
	rt_identity_take(t);
	if (!rt_identity_is(t) || rt_own_is(rip) ||
	    __atomic_load_n(at, __ATOMIC_RELAXED) == rip)
		return;
	spin_lock(&rt_process.stubs.own_lock);
	if (!is_under_way()) {
		/* once: whoever changes its code again and again is let be */
		__atomic_store_n(at, rip, __ATOMIC_RELAXED);
		if (learn(rip) && rt_process.verbose)
			rt_log("EENTER by the ENCLU at 0x%lx goes without a "
			       "trap from now on",
			       (unsigned long)rip);
	}
	spin_unlock(&rt_process.stubs.own_lock);
}

/* The program's calls -------------------------------------------------- */

static bool overlaps(uint64_t at, uint64_t start, uint64_t len)
{
	return at + SGX_PAGE_SIZE > start && at < start + len;
}

static bool concerns(const struct own *o, uint64_t start, uint64_t len)
{
	bool its = overlaps(o->stub.site & SGX_PAGE_MASK, start, len);

	for (unsigned int i = 0; i < COPIES; i++)
		its |= o->code[i] && overlaps(o->code[i], start, len);
	return its;
}

/* Its stubs stay, as threads may be in them, but those the program takes. */
static void give_back(struct own *o, uint64_t start, uint64_t len)
{
	make_enclu(o);
	for (unsigned int i = 0; i < COPIES; i++)
		if (o->code[i] && overlaps(o->code[i], start, len))
			o->code[i] = 0;
}

void rt_own_begin(uint64_t start, uint64_t len)
{
	__atomic_add_fetch(&rt_process.stubs.calls, 1, __ATOMIC_SEQ_CST);
	if (end() == all)
		return;
	spin_lock(&rt_process.stubs.own_lock);
	for (struct own *o = all; o < end(); o++)
		if (concerns(o, start, len))
			give_back(o, start, len);
	spin_unlock(&rt_process.stubs.own_lock);
}

void rt_own_end(void)
{
	__atomic_sub_fetch(&rt_process.stubs.calls, 1, __ATOMIC_SEQ_CST);
}

void rt_own_original(void *copy, uint64_t from, uint64_t n)
{
	uint8_t *bytes = copy;

	for (const struct own *o = all; o < end(); o++)
		for (unsigned int i = 0; i < ENCLU_LEN; i++)
			if (state_of(o) != OWN_ENCLU &&
			    o->stub.site + i - from < n)
				bytes[o->stub.site + i - from] = insn[i];
}

/* Signals -------------------------------------------------------------- */

/* Offset in the stub; -1: in none. */
static int find(uint64_t rip, struct own **found)
{
	for (struct own *o = all; o < end(); o++)
		for (unsigned int i = 0; i < COPIES; i++)
			if (o->code[i] && rip - o->code[i] < STUB_CODE) {
				*found = o;
				return (int)(rip - o->code[i]);
			}
	return -1;
}

bool rt_leave_own(struct thread *t, int sig, const siginfo_t *info,
		  struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	bool int3 = sig == SIGTRAP && info->si_code > 0 &&
		    mc->trapno == VECTOR_BP;
	struct own *o;
	int offset = find(mc->rip - int3, &o);

	if (offset < 0)
		return false;
	t->plain.makes = int3 || stub_is_step(sig, info, mc);
	stub_take_back(t, &o->stub, o->stub.phase[offset], mc);
	mc->rip = o->stub.site;
	return false;
}

/* INT3: what is there by now? */
static bool is_breakpoint(uint64_t at)
{
	uint8_t byte;

	return !rt_get(&byte, at, 1) && byte == INT3;
}

bool rt_own_trap(int sig, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	bool int3 = sig == SIGTRAP && mc->trapno == VECTOR_BP;
	const struct own *o = at_site(mc->rip - int3);

	if (!o || (!int3 && (sig != SIGILL || mc->trapno != VECTOR_UD ||
			     state_of(o) == OWN_ENCLU)))
		return false;
	/* a debugger's, or the program's */
	if (int3 && state_of(o) != OWN_CHANGING && is_breakpoint(mc->rip - 1))
		return false;
	mc->rip -= int3;
	return true;
}
