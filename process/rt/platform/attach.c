/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process meets SGX for the first time: map the platform, once, and from now
 * on watch the memory system calls.  Until then the program runs without.
 */
#include <asm/stat.h>
#include <linux/mman.h>

#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/spin.h"
#include "process/rt/base/sys.h"
#include "process/rt/filter/filter.h"
#include "process/rt/host/client.h"
#include "process/rt/host/host.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/lp/view.h"
#include "process/rt/platform/platform.h"
#include "process/rt/rt.h"

#define ROOM	(1ull << 40)

static void entropy(void *buf, size_t n)
{
	uint8_t *p = buf;

	while (n) {
		long r = sys3(__NR_getrandom, p, n, 0);

		if (r <= 0)
			rt_panic("getrandom failed: %ld", r);
		p += r;
		n -= (size_t)r;
	}
}

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

static long map_at(uint64_t addr, int fd, int flags)
{
	return sys_call(__NR_mmap, addr, PLATFORM_FILE_SIZE,
			PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_NORESERVE | flags, fd, 0);
}

/*
 * With room above, where the host puts what is mapped next: so enclaves have
 * free memory about them, which stubs need (lp/stub.c).
 */
static long map_below_room(int fd)
{
	long room = sys_call(__NR_mmap, 0, PLATFORM_FILE_SIZE + ROOM, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			     0);
	long p;

	if (room < 0)
		return room;
	p = map_at((uint64_t)room, fd, MAP_FIXED);
	if (p < 0)
		sys2(__NR_munmap, room, PLATFORM_FILE_SIZE);
	sys2(__NR_munmap, room + (long)PLATFORM_FILE_SIZE, ROOM);
	return p;
}

/* Where there is room; else where it is only kept from being used. */
static long map_anywhere(int fd)
{
	long p = map_below_room(fd);
	uint64_t reserved;

	if (p < 0)
		p = map_at(0, fd, 0);
	if (p != -ENOMEM)
		return p;
	reserved = rt_find_reserved(PLATFORM_FILE_SIZE);
	return reserved ? map_at(reserved, fd, MAP_FIXED) : p;
}

/* mlockall(MCL_FUTURE) would bring in all of it, and never end. */
static long map_sparsely(int fd)
{
	bool populated = new_mappings_are_populated();
	long p;

	if (populated)
		sys1(__NR_mlockall, MCL_FUTURE | MCL_ONFAULT);
	p = map_anywhere(fd);
	if (p >= 0)
		sys2(__NR_munlock, p, PLATFORM_FILE_SIZE);
	if (populated)
		sys1(__NR_mlockall, MCL_FUTURE);
	return p;
}

static int map_platform(int fd)
{
	struct stat st;
	long p = sys3(__NR_fstat, fd, &st, 0);

	if (p < 0)
		return (int)p;
	p = map_sparsely(fd);
	if (p < 0) {
		rt_log("cannot map the EPC: error %ld; is the address space "
		       "limited (ulimit -v)?", -p);
		return (int)p;
	}
	/* a core dump would try to hold all of the EPC's physical space */
	sys3(__NR_madvise, p, PLATFORM_FILE_SIZE, MADV_DONTDUMP);
	rt_process.platform.token_dev = st.st_dev;
	return sgx_mm_init(&rt_process.mm, (void *)p, &rt_host, entropy);
}

static int attach(void)
{
	struct msg msg = { .type = MSG_ATTACH };
	int fd = -1;
	int r = rt_client_once(&msg, &fd);

	if (r) {
		rt_log("this process needs SGX, but the supervisor of the run "
		       "(pid %u) does not answer: error %d",
		       rt_params.supervisor_pid, -r);
		return r;
	}
	rt_met_server(&msg);
	rt_fence_init();
	r = map_platform(fd);
	sys1(__NR_close, fd);
	if (!r)
		r = rt_filter_mm();
	if (!r)
		rt_view_init();
	if (r)
		return r;
	__atomic_store_n(&rt_process.attached, 1, __ATOMIC_RELEASE);
	return 0;
}

int rt_attach(void)
{
	int r = 0;

	if (__atomic_load_n(&rt_process.attached, __ATOMIC_ACQUIRE))
		return 0;
	spin_lock(&rt_process.platform.attach_lock);
	if (!rt_process.attached)
		r = attach();
	spin_unlock(&rt_process.platform.attach_lock);
	return r;
}
