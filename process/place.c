/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the platform file lies in an address space.  It is larger than a
 * quarter of what Linux gives a process.  So where a sanitizer or the program
 * has taken much, or RLIMIT_AS is set, the end of the EPC is left out; the
 * kernel layer then uses what is reached (struct sgx_mm, `reach`).
 * mmap(2), setrlimit(2).
 */
#include "process/place.h"

#include <asm/errno.h>
#include <linux/mman.h>

#define TIB         (1ull << 40)
#define LEAST_SPAN  (TIB / 2)     /* of the EPC, in one mapping */
#define ROOM        TIB           /* above it */
#define ALIGN       (2ull << 20)  /* of a huge page */
#define LEAST_PARTS (64ull << 20) /* under a limit */

/* Gramine maps its enclave here, and ends if anything is in the way. */
#define WANTED     0x400000000000ull
#define WANTED_END (WANTED + TIB)
/* Above ASan's shadow, and room for everything below the wanted place. */
#define LOW_PLACE 0x110000000000ull

/* Under a limit most of the address space is empty; one of them is. */
static const uint64_t bases[] = {
	LOW_PLACE,      0x200000000000, 0x300000000000, 0x420000000000,
	0x5a0000000000, 0x620000000000, 0x6a0000000000,
};
#define NR_BASES (sizeof(bases) / sizeof(bases[0]))

static long map(const struct place_host *h, int fd, int prot, uint64_t addr,
		uint64_t off, uint64_t len, int flags)
{
	return h->mmap(addr, len, prot, MAP_SHARED | MAP_NORESERVE | flags, fd,
		       off);
}

/* There, if nothing is. */
static long map_at(const struct place_host *h, int fd, int prot, uint64_t addr,
		   uint64_t off, uint64_t len)
{
	long r = map(h, fd, prot, addr, off, len, MAP_FIXED_NOREPLACE);

	if (r < 0 || (uint64_t)r == addr)
		return r;
	/* Before Linux 4.17 the flag is not known, and the address a hint. */
	h->munmap((uint64_t)r, len);
	return -EEXIST;
}

/*
 * Where the kernel likes, and with room above, where it puts what is mapped
 * next: so enclaves have free memory about them, which stubs need (lp/stub.c).
 * Huge pages need the alignment (rt/platform/host.c).
 */
static long map_below_room(const struct place_host *h, int fd, int prot,
			   uint64_t off, uint64_t len)
{
	long room = h->mmap(0, len + ROOM, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t start = ((uint64_t)room + ALIGN - 1) & ~(ALIGN - 1);
	uint64_t before = start - (uint64_t)room;
	long r;

	if (room < 0)
		return map(h, fd, prot, 0, off, len, 0);
	r = map(h, fd, prot, start, off, len, MAP_FIXED);
	if (r < 0)
		h->munmap(start, len);
	if (before)
		h->munmap((uint64_t)room, before);
	h->munmap(start + len, ROOM - before);
	return r;
}

static bool is_in_the_way(uint64_t start, uint64_t len)
{
	return start < WANTED_END && start + len > WANTED;
}

long place_span(const struct place_host *h, int fd, int prot, uint64_t off,
		uint64_t len)
{
	long r = map_below_room(h, fd, prot, off, len);

	if (r < 0 || !is_in_the_way((uint64_t)r, len))
		return r;
	h->munmap((uint64_t)r, len);
	r = map_at(h, fd, prot, LOW_PLACE, off, len);
	return r < 0 ? map(h, fd, prot, 0, off, len, 0) : r;
}

/*
 * What is free comes first, because what is only kept inaccessible the program
 * may mean to use; a sanitizer, which leaves nothing free, does not.
 */
static long in_one(const struct place_host *h, int fd, uint64_t *reach)
{
	const int prot = PROT_READ | PROT_WRITE;
	uint64_t at = 0;
	long r;

	for (*reach = EPC_SPAN; *reach >= LEAST_SPAN; *reach /= 2) {
		r = place_span(h, fd, prot, 0, PLATFORM_OFF_EPC + *reach);
		if (r != -ENOMEM)
			return r;
	}
	if (!h->find_reserved)
		return -ENOMEM;
	for (*reach = EPC_SPAN; *reach >= LEAST_SPAN; *reach /= 2) {
		at = h->find_reserved(PLATFORM_OFF_EPC + *reach);
		if (at)
			return map(h, fd, prot, at, 0,
				   PLATFORM_OFF_EPC + *reach, MAP_FIXED);
	}
	return -ENOMEM;
}

static uint64_t size_of_parts(uint64_t reach)
{
	struct sgx_part parts[SGX_PARTS];
	unsigned int n = sgx_platform_parts(reach, parts);
	uint64_t size = 0;

	while (n)
		size += parts[--n].len;
	return size;
}

/* Each part at its offset from base, what lies between is left free. */
static long parts_at(const struct place_host *h, int fd, uint64_t base,
		     uint64_t reach)
{
	struct sgx_part parts[SGX_PARTS];
	unsigned int n = sgx_platform_parts(reach, parts), i;
	long r = 0;

	for (i = 0; i < n && r >= 0; i++)
		r = map_at(h, fd, PROT_READ | PROT_WRITE,
			   base + parts[i].offset, parts[i].offset,
			   parts[i].len);
	if (r >= 0)
		return (long)base;
	for (i--; i; i--)
		h->munmap(base + parts[i - 1].offset, parts[i - 1].len);
	return r;
}

static long parts_somewhere(const struct place_host *h, int fd, uint64_t reach)
{
	long r = -ENOMEM;

	for (unsigned int i = 0; i < NR_BASES; i++) {
		r = parts_at(h, fd, bases[i], reach);
		if (r != -EEXIST)
			return r;
	}
	return -ENOMEM;
}

/* Half of what the limit allows, because enclaves are mapped once more. */
static long in_parts(const struct place_host *h, int fd, uint64_t *reach)
{
	long r = -ENOMEM;

	for (*reach = EPC_SPAN / 2; *reach >= LEAST_PARTS; *reach /= 2) {
		if (*reach > LEAST_PARTS &&
		    size_of_parts(*reach) > h->limit / 2)
			continue;
		r = parts_somewhere(h, fd, *reach);
		if (r != -ENOMEM)
			break;
	}
	return r;
}

int place_platform(const struct place_host *h, int fd, struct place *p)
{
	long r;

	p->in_parts = h->limit / 2 < PLATFORM_FILE_SIZE;
	r = p->in_parts ? in_parts(h, fd, &p->reach) : in_one(h, fd, &p->reach);
	if (r < 0)
		return (int)r;
	p->base = (uint64_t)r;
	return 0;
}

unsigned int place_parts(const struct place *p,
			 struct sgx_part parts[SGX_PARTS])
{
	if (p->in_parts)
		return sgx_platform_parts(p->reach, parts);
	parts[0] = (struct sgx_part){ 0, PLATFORM_OFF_EPC + p->reach };
	return 1;
}
