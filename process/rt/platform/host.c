/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel layer asks of this process (kernel/host.h): its memory, its
 * mappings, its signals.
 *
 * Enclave memory is mapped by mremap() with an old length of 0, which makes a
 * second mapping of the same shared pages.  So the program's table of
 * descriptors holds none of the EPC.
 */
#include <linux/mman.h>
#include <linux/personality.h>
#include <linux/time.h>

#include "process/rt/base/door.h"
#include "process/rt/base/params.h"
#include "process/rt/base/pkru.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/cpuid/cpuid.h"
#include "process/rt/host/client.h"
#include "process/rt/host/host.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/lp/own.h"
#include "process/rt/lp/record.h"
#include "process/rt/lp/stub.h"
#include "process/rt/lp/xcr0.h"
#include "process/rt/platform/platform.h"
#include "process/rt/rt.h"
#include "process/rt/shortcut/shortcut.h"

#define POPULATE_MAX 512 /* pages that one call makes ready */
#define HUGE_SIZE    (POPULATE_MAX * SGX_PAGE_SIZE)

/* A mapping of each enclave's token, which keeps the file open. */
static uint64_t pins[SGX_MAX_ENCLAVES];

static int copy_from_user(void *to, uint64_t from, size_t n)
{
	int r = rt_get(to, from, n);

	if (r)
		return r;
	rt_cpuid_original(to, from, n);
	rt_shortcut_original(to, from, n);
	rt_own_original(to, from, n);
	return 0;
}

static int copy_to_user(uint64_t to, const void *from, size_t n)
{
	return rt_put(to, from, n);
}

/*
 * A handler blocks all asynchronous signals, so the pending ones are in the
 * set; the thread knows which of them would interrupt the program.
 * DEVIATION DP23: this is asked before each page, and a system call takes long
 * beside that, so it looks every eighth time.
 */
static bool signal_pending(void)
{
	struct thread *t = rt_current();
	uint64_t set = 0;

	if (t->signal.asked++ % 8)
		return false;
	sys2(__NR_rt_sigpending, &set, 8);
	return set & t->signal.interruptible;
}

static int map_epc(uint64_t addr, uint64_t len, uint64_t pa)
{
	long r = sys5(__NR_mremap, epc_ptr(&rt_process.mm.cpu, pa), 0, len,
		      MREMAP_MAYMOVE | MREMAP_FIXED, addr);

	if (r < 0)
		return (int)r;
	r = sys3(__NR_mprotect, addr, len, PROT_NONE);
	return (int)r;
}

static int map_none(uint64_t addr, uint64_t len)
{
	long r = sys_call(__NR_mmap, addr, len, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED |
				  MAP_NORESERVE,
			  -1, 0);

	return r < 0 ? (int)r : 0;
}

static int64_t host_mmap(uint64_t addr, uint64_t len, int prot, int flags,
			 int fd, uint64_t off)
{
	return rt_door(__NR_mmap, addr, len, (uint64_t)prot, (uint64_t)flags,
		       (uint64_t)fd, off);
}

static int host_munmap(uint64_t addr, uint64_t len)
{
	return (int)rt_door(__NR_munmap, addr, len, 0, 0, 0, 0);
}

static int host_mprotect(uint64_t addr, uint64_t len, int prot, int pkey)
{
	if (pkey == -1)
		return (int)rt_door(__NR_mprotect, addr, len, (uint64_t)prot, 0,
				    0, 0);
	return (int)rt_door(__NR_pkey_mprotect, addr, len, (uint64_t)prot,
			    (uint64_t)pkey, 0, 0);
}

static int source_mayexec(uint64_t addr)
{
	struct thread *t = rt_current();

	return rt_source_is_noexec(t->host.source, addr) ? -EACCES : 0;
}

/* Handlers have key rights of their own; our stack has key 0. */
static bool probe(uint64_t addr, unsigned access, uint32_t pkru,
		  struct ksignal *signal)
{
	bool keys = rt_params.package.xfeature[XFEATURE_NR_PKRU].size;
	uint32_t own = keys ? rdpkru() : 0;
	int ret;

	if (keys)
		wrpkru(pkru & ~PKRU_DENIED);
	ret = access & PF_WRITE ? rt_probe_write(addr) : rt_probe_read(addr);
	if (keys)
		wrpkru(own);
	if (ret)
		*signal = rt_current()->uaccess_fault;
	return !ret;
}

static bool read_implies_exec(void)
{
	long personality = sys1(__NR_personality, 0xffffffff);

	return personality > 0 && (personality & READ_IMPLIES_EXEC);
}

static int pin(uint32_t index, int fd)
{
	/* any mapping refers to the open file; a private one may be sealed */
	long r = sys_call(__NR_mmap, 0, SGX_PAGE_SIZE, PROT_NONE, MAP_PRIVATE,
			  fd, 0);

	if (r < 0)
		return (int)r;
	pins[index] = (uint64_t)r;
	return 0;
}

static void unpin(uint32_t index)
{
	sys2(__NR_munmap, pins[index], SGX_PAGE_SIZE);
	pins[index] = 0;
	rt_stubs_left(index);
}

static void discard(uint64_t offset, uint64_t len)
{
	sys3(__NR_madvise, (uint64_t)rt_process.mm.shared + offset, len,
	     MADV_REMOVE);
}

/* Has the host memory for all of it already, from an earlier enclave? */
static bool is_resident(uint64_t start, uint64_t len)
{
	uint8_t resident[POPULATE_MAX];
	uint64_t pages = len / SGX_PAGE_SIZE;

	if (pages > POPULATE_MAX || sys3(__NR_mincore, start, len, resident))
		return false;
	while (pages && (resident[pages - 1] & 1))
		pages--;
	return !pages;
}

/*
 * These may be one huge page, where the host allows such of shared
 * memory (shmem_enabled: advise): it comes ten times as fast.  The rest of the
 * file has none (rt_place_platform()), or a page of a sparse enclave would take
 * 2 MiB.
 */
static void populate_chunk(uint64_t start)
{
	sys3(__NR_madvise, start, HUGE_SIZE, MADV_HUGEPAGE);
	sys3(__NR_madvise, start, HUGE_SIZE, MADV_POPULATE_WRITE);
	sys3(__NR_madvise, start, HUGE_SIZE, MADV_NOHUGEPAGE);
}

/*
 * Linux 5.14 can do this; before, and for a single page, page faults do it.
 * Where the memory is there already, looking is quicker than the call.
 */
static void populate(uint64_t offset, uint64_t len)
{
	uint64_t start = (uint64_t)rt_process.mm.shared + offset;

	if (len <= SGX_PAGE_SIZE || is_resident(start, len))
		return;
	if (len == HUGE_SIZE && start % HUGE_SIZE == 0)
		populate_chunk(start);
	else
		sys3(__NR_madvise, start, len, MADV_POPULATE_WRITE);
}

static void cond_resched(void)
{
	sys0(__NR_sched_yield);
}

/* Who has a number may be interrupted for the lock that he is about to take. */
static uint32_t current(void)
{
	struct thread *t = rt_current();

	if (!rt_is_own(t) || !rt_process.ipi.number)
		return 0;
	rt_ipi_expect(t);
	return rt_process.ipi.number;
}

static struct why *why(void)
{
	return &rt_current()->lp.why;
}

static uint32_t current_thread(void)
{
	return rt_current()->tid;
}

static struct sgx_section **section(void)
{
	return &rt_current()->section;
}

static uint64_t ktime_get_ns(void)
{
	int64_t now[2]; /* struct timespec */

	sys2(__NR_clock_gettime, CLOCK_MONOTONIC, now);
	return (uint64_t)now[0] * 1000000000 + (uint64_t)now[1];
}

/* Of enclaves that this process does not reach, the server writes pages out. */
static void reap(void)
{
	struct msg msg = { .type = MSG_REAP };

	msg.reap.reclaim = !sgx_mm_reaches_all(&rt_process.mm);

	rt_client_once(&msg, NULL);
}

static void *alloc_pages(size_t bytes)
{
	long r = sys_call(__NR_mmap, 0, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return r < 0 ? NULL : (void *)r;
}

static void free_pages(void *p, size_t bytes)
{
	sys2(__NR_munmap, p, bytes);
}

const struct host rt_host = {
	.current = current,
	.why = why,
	.current_thread = current_thread,
	.preempt = rt_preempt,
	.section = section,
	.copy_from_user = copy_from_user,
	.copy_to_user = copy_to_user,
	.signal_pending = signal_pending,
	.map_epc = map_epc,
	.map_none = map_none,
	.protect = rt_protect_epc,
	.sys_mmap = host_mmap,
	.sys_munmap = host_munmap,
	.sys_mprotect = host_mprotect,
	.source_mayexec = source_mayexec,
	.probe = probe,
	.read_implies_exec = read_implies_exec,
	.has_mdwe = rt_has_mdwe,
	.pin = pin,
	.unpin = unpin,
	.cond_resched = cond_resched,
	.ktime_get_ns = ktime_get_ns,
	.discard = discard,
	.populate = populate,
	.ipi = rt_ipi_send,
	.reap = reap,
	.patched = rt_patched,
	.paged = rt_record_paging,
	.stub = rt_stub,
	.alloc_pages = alloc_pages,
	.free_pages = free_pages,
};
