/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The platform's mappings in this process: made and kept so that nothing goes
 * through all of them.  mlockall(MCL_FUTURE) would bring them in, and never
 * end; a core dump would try to hold the EPC's whole address space.
 */
#include <asm-generic/resource.h>
#include <linux/mman.h>

#include "process/rt/base/sys.h"
#include "process/rt/host/host.h"
#include "process/rt/rt.h"

/* Has the program asked that mappings be brought in when they are made? */
static bool new_mappings_are_populated(void)
{
	uint8_t resident = 0;
	long p = sys_call(__NR_mmap, 0, SGX_PAGE_SIZE, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p < 0)
		return false;
	sys3(__NR_mincore, p, SGX_PAGE_SIZE, &resident);
	sys2(__NR_munmap, p, SGX_PAGE_SIZE);
	return resident & 1;
}

static long map(uint64_t addr, uint64_t len, int prot, int flags, int fd,
		uint64_t off)
{
	return sys_call(__NR_mmap, addr, len, prot, flags, fd, off);
}

static void unmap(uint64_t addr, uint64_t len)
{
	sys2(__NR_munmap, addr, len);
}

static struct place_host place_host(void)
{
	struct place_host h = { map, unmap, rt_find_reserved, UINT64_MAX };
	uint64_t limit[2]; /* struct rlimit */

	if (!sys4(__NR_prlimit64, 0, RLIMIT_AS, 0, limit))
		h.limit = limit[0];
	return h;
}

void rt_platform_parts(long nr, long arg)
{
	struct sgx_part parts[SGX_PARTS];
	const struct place *place = &rt_process.host.place;
	unsigned int n = place_parts(place, parts);

	while (n--)
		sys3(nr, place->base + parts[n].offset, parts[n].len, arg);
}

int rt_place_platform(int fd)
{
	struct place_host h = place_host();
	bool populated = new_mappings_are_populated();
	int r;

	if (populated)
		sys1(__NR_mlockall, MCL_FUTURE | MCL_ONFAULT);
	r = place_platform(&h, fd, &rt_process.host.place);
	if (!r) {
		rt_platform_parts(__NR_munlock, 0);
		rt_platform_parts(__NR_madvise, MADV_DONTDUMP);
		/* but for what an enclave fills at once: platform/host.c */
		rt_platform_parts(__NR_madvise, MADV_NOHUGEPAGE);
	}
	if (populated)
		sys1(__NR_mlockall, MCL_FUTURE);
	return r;
}

long rt_place_code(int fd)
{
	const uint64_t len = rt_process.host.place.reach;
	struct place_host h = place_host();
	long p = place_span(&h, fd, PROT_READ | PROT_EXEC, PLATFORM_OFF_EPC,
			    len);

	if (p > 0)
		sys3(__NR_madvise, p, len, MADV_DONTDUMP);
	return p;
}
