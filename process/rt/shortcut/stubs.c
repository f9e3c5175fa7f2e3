/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pages of stubs.  The code of a page is written once, before anybody runs
 * there; what its stubs load stands on a second page, beside it.
 *
 *	LEA	-128(%rsp), %rsp	over the red zone
 *	MOV	nr(%rip), %eax
 *	CALL	*routine(%rip)		comes back by RET $128
 *	JMP	*back(%rip)
 *	MOV	nr(%rip), %eax		it comes back here to have it trap
 *	JMP	*retry(%rip)
 */
#include <linux/mman.h>

#include "cpu/mem.h"
#include "process/ctl.h"
#include "process/rt/base/emit.h"
#include "process/rt/base/params.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/host.h"
#include "process/rt/rt.h"
#include "process/rt/shortcut/shortcut.h"
#include "process/rt/shortcut/stubs.h"

#define STUB_SIZE    64u
#define STUBS        (SGX_PAGE_SIZE / STUB_SIZE)
#define PAGES        8u
#define REACH        (1ull << 30)
#define FIRST_STEP   0x10000ull
#define LOWEST       0x100000ull  /* clear of vm.mmap_min_addr */
#define STACK_ROOM   (4ull << 30) /* below the first stack */
#define OUR_ROOM     (1ull << 36) /* above RT_BASE */
#define RED_ZONE_LEA 0x8024648d48ull

_Static_assert(STUB_RETRY - STUB_BACK == SC_SLOW, "routines.S returns there");
_Static_assert(STUBS * sizeof(struct shortcut) <= SGX_PAGE_SIZE, "one page");

struct page {
	uint64_t code; /* and the data behind it; 0: not mapped */
	unsigned int count;
};

static struct page pages[PAGES];

static struct shortcut *data_of(uint64_t code)
{
	return (struct shortcut *)(code + SGX_PAGE_SIZE);
}

/* `offset`: from where the code is written to where it will be, backwards. */
static void write_stub(uint8_t *p, const struct shortcut *data, uint64_t offset)
{
	const uint64_t lea = RED_ZONE_LEA;
	const char *d = (const char *)data + offset;
	const char *nr = d + offsetof(struct shortcut, nr);

	memset(p, 0xcc, STUB_SIZE);
	memcpy(p, &lea, STUB_BELOW);
	p = rt_emit(p + STUB_BELOW, 0, 0x8b, 0, nr);
	p = rt_emit(p, 0, 0xff, 2, d + offsetof(struct shortcut, routine));
	p = rt_emit(p, 0, 0xff, 4, d + offsetof(struct shortcut, back));
	p = rt_emit(p, 0, 0x8b, 0, nr);
	rt_emit(p, 0, 0xff, 4, d + offsetof(struct shortcut, retry));
}

static void write_page(void *arg, uint64_t offset)
{
	uint64_t code = *(const uint64_t *)arg;

	for (unsigned int i = 0; i < STUBS; i++)
		write_stub((uint8_t *)(code + offset + i * STUB_SIZE),
			   data_of(code) + i, offset);
}

static bool overlaps(uint64_t at, uint64_t start, uint64_t end)
{
	return at + 2 * SGX_PAGE_SIZE > start && at < end;
}

static bool map(uint64_t at)
{
	const uint64_t size = 2 * SGX_PAGE_SIZE;
	uint64_t stack = rt_params.auxv;
	long r;

	if (overlaps(at, stack - STACK_ROOM, stack + STACK_ROOM) ||
	    overlaps(at, RT_BASE, RT_BASE + OUR_ROOM))
		return false;
	r = sys_call(__NR_mmap, at, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (r > 0 && (uint64_t)r != at) /* Linux before 4.17 */
		sys2(__NR_munmap, r, size);
	if ((uint64_t)r != at)
		return false;
	if (rt_change_code(at, SGX_PAGE_SIZE, PROT_READ | PROT_EXEC, write_page,
			   &at) >= 0)
		return true;
	sys2(__NR_munmap, at, size);
	return false;
}

/* Below the place: above it the program's heap or its stack may grow. */
static uint64_t map_below(uint64_t site)
{
	uint64_t at = site & SGX_PAGE_MASK;

	for (uint64_t step = FIRST_STEP; step <= REACH; step += step / 2) {
		step &= SGX_PAGE_MASK;
		if (at > step + LOWEST && map(at - step))
			return at - step;
	}
	return 0;
}

static bool is_near(uint64_t code, uint64_t site)
{
	return code - site + REACH <= 2 * REACH;
}

static struct page *page_for(uint64_t site)
{
	struct page *p = pages;

	while (p < pages + PAGES && p->code &&
	       (p->count == STUBS || !is_near(p->code, site)))
		p++;
	if (p == pages + PAGES)
		return NULL;
	if (!p->code)
		p->code = map_below(site);
	return p->code ? p : NULL;
}

uint64_t shortcut_stub(uint64_t site, const struct shortcut *what)
{
	struct page *p = page_for(site);
	uint64_t stub;

	if (!p)
		return 0;
	data_of(p->code)[p->count] = *what;
	stub = p->code + p->count * STUB_SIZE;
	p->count++;
	return stub;
}

const struct shortcut *shortcut_at(uint64_t at, uint64_t *off)
{
	for (struct page *p = pages; p < pages + PAGES && p->code; p++) {
		if (at - p->code >= p->count * STUB_SIZE)
			continue;
		*off = (at - p->code) % STUB_SIZE;
		return data_of(p->code) + (at - p->code) / STUB_SIZE;
	}
	return NULL;
}
