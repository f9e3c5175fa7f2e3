/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process that may not make memory executable, because of PR_SET_MDWE or a
 * service's filter.  On hardware an enclave's pages come and go without
 * mprotect(); here each gets its protection by a call of ours.  New mappings
 * may still be executable, so such pages are mapped again, from a second
 * mapping of the EPC.  prctl(2); Linux 6.3 map_deny_write_exec().
 */
#include <linux/memfd.h>
#include <linux/mman.h>

#include "cpu/mem.h"
#include "process/rt/base/log.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/client.h"
#include "process/rt/host/host.h"
#include "process/rt/rt.h"

#define PR_GET_MDWE_     66
#define REFUSE_EXEC_GAIN 1

bool rt_has_mdwe(void)
{
	long r = sys5(__NR_prctl, PR_GET_MDWE_, 0, 0, 0, 0);

	return r > 0 && (r & REFUSE_EXEC_GAIN);
}

static bool is_refusal(long r)
{
	return r == -EACCES || r == -EPERM;
}

static long map_executable(void)
{
	struct msg msg = { .type = MSG_ATTACH };
	int fd = -1;
	long p = rt_client_once(&msg, &fd);

	if (p)
		return p;
	p = rt_place_code(fd);
	sys1(__NR_close, fd);
	return p;
}

/* 0: there is none.  The caller holds the address space's lock. */
static uint64_t executable(void)
{
	long p;

	if (rt_process.host.executable)
		return rt_process.host.executable;
	p = map_executable();
	if (p < 0) {
		rt_log("this process may not make memory executable, and a "
		       "second mapping of the EPC fails: error %ld",
		       -p);
		return 0;
	}
	rt_process.host.executable = (uint64_t)p;
	return rt_process.host.executable;
}

static long mprotect(uint64_t addr, uint64_t len, int prot, int pkey)
{
	return pkey == -1 ? sys3(__NR_mprotect, addr, len, prot) :
			    sys4(__NR_pkey_mprotect, addr, len, prot, pkey);
}

/* DEVIATION DP42: not for pages that are writable as well. */
int rt_protect_epc(uint64_t addr, uint64_t len, int prot, int pkey, uint64_t pa)
{
	long r = mprotect(addr, len, prot, pkey);
	uint64_t from;

	if (!is_refusal(r) || !(prot & PROT_EXEC) || (prot & PROT_WRITE))
		return (int)r;
	from = executable();
	if (!from)
		return (int)r;
	r = sys5(__NR_mremap, from + pa, 0, len, MREMAP_MAYMOVE | MREMAP_FIXED,
		 addr);
	if (r < 0)
		return (int)r;
	/* allowed: the mapping is executable already */
	if (prot != (PROT_READ | PROT_EXEC) || pkey != -1)
		return (int)mprotect(addr, len, prot, pkey);
	return 0;
}

/* Copies what memory there is into the file; the rest stays zero. */
static void copy(int fd, uint64_t start, uint64_t len)
{
	uint64_t off;

	for (off = 0; off < len; off += SGX_PAGE_SIZE)
		sys4(__NR_pwrite64, fd, start + off, SGX_PAGE_SIZE, off);
}

static long change_copy(int fd, uint64_t start, uint64_t len,
			void (*change)(void *arg, uint64_t offset), void *arg)
{
	long p = sys_call(__NR_mmap, 0, len, PROT_READ | PROT_WRITE, MAP_SHARED,
			  fd, 0);

	if (p < 0)
		return p;
	change(arg, (uint64_t)p - start);
	sys2(__NR_munmap, p, len);
	return 0;
}

static long map_copy(uint64_t start, uint64_t len, int prot,
		     void (*change)(void *arg, uint64_t offset), void *arg)
{
	long fd = sys2(__NR_memfd_create, "swsgx:code", MFD_CLOEXEC);
	long r;

	if (fd < 0)
		return fd;
	r = sys2(__NR_ftruncate, fd, len);
	if (!r)
		copy((int)fd, start, len);
	if (!r && change)
		r = change_copy((int)fd, start, len, change, arg);
	if (!r)
		r = sys_call(__NR_mmap, start, len, prot,
			     MAP_PRIVATE | MAP_FIXED, fd, 0);
	sys1(__NR_close, fd);
	return r < 0 ? r : 0;
}

long rt_change_code(uint64_t start, uint64_t len, int prot,
		    void (*change)(void *arg, uint64_t offset), void *arg)
{
	long r;

	if (rt_has_mdwe())
		return map_copy(start, len, prot, change, arg);
	r = sys3(__NR_mprotect, start, len, PROT_READ | PROT_WRITE);
	if (r < 0)
		return r;
	change(arg, 0);
	r = sys3(__NR_mprotect, start, len, prot);
	if (is_refusal(r))
		r = map_copy(start, len, prot, NULL, NULL);
	return r < 0 ? -ENOEXEC : 0;
}
