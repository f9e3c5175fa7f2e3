/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory system calls of a process that uses SGX go through the kernel
 * layer, which keeps the list of enclave mappings and makes the calls that are
 * none of its business.  A process that does not use SGX may have the filter
 * from before an execve(); then its calls are just made.
 */
#include <linux/mman.h>

#include "kernel/mm/view.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/door.h"
#include "process/rt/base/sys.h"
#include "process/rt/cpuid/cpuid.h"
#include "process/rt/filter/filter.h"
#include "process/rt/host/host.h"
#include "process/rt/lp/own.h"
#include "process/rt/lp/record.h"
#include "process/rt/lp/stub.h"
#include "process/rt/lp/why.h"
#include "process/rt/rt.h"
#include "process/rt/syscall/calls.h"
#include "process/rt/syscall/device.h"

static long make(const struct machine_context *mc)
{
	return rt_door((long)mc->rax, mc->rdi, mc->rsi, mc->rdx, mc->r10,
		       mc->r8, mc->r9);
}

static long mmap_encl(const struct machine_context *mc, struct sgx_encl *encl,
		      int accmode)
{
	long r = sgx_mmap_file(&rt_process.mm, encl, accmode, mc->rdi, mc->rsi,
			       (int)mc->rdx, (int)mc->r10, (int)mc->r8, mc->r9);

	if (r >= 0) {
		rt_filter_elrange(encl);
		rt_stubs_joined(encl);
	}
	return r;
}

static long mmap_any(const struct machine_context *mc)
{
	int prot = (int)mc->rdx, flags = (int)mc->r10, fd = (int)mc->r8;
	struct sgx_encl *encl = NULL;
	int accmode = 0;

	if (!(flags & MAP_ANONYMOUS))
		encl = rt_token(fd, &accmode);
	if (encl)
		return mmap_encl(mc, encl, accmode);
	if (!rt_process.attached)
		return make(mc);
	return sgx_mmap_other(&rt_process.mm, mc->rdi, mc->rsi, prot, flags, fd,
			      mc->r9);
}

static long do_mmap(const struct machine_context *mc)
{
	long r = mmap_any(mc);

	if (r >= 0)
		rt_cpuid_mapped((uint64_t)r, mc->rsi, (int)mc->rdx,
				(int)mc->r10, (int)mc->r8, mc->r9);
	return r;
}

static long do_mremap(const struct machine_context *mc)
{
	int64_t value = 0;
	int r = sgx_mremap(&rt_process.mm, mc->rdi, mc->rsi, mc->rdx,
			   (int)mc->r10, mc->r8, &value);

	if (r == 0)
		return make(mc);
	return r < 0 ? r : value;
}

static long do_madvise(const struct machine_context *mc)
{
	int64_t value = 0;
	int r = sgx_madvise(&rt_process.mm, mc->rdi, mc->rsi, (int)mc->rdx,
			    &value);

	if (r == 0)
		return make(mc);
	return r < 0 ? r : value;
}

/*
 * For Linux mlock() of an enclave mapping succeeds and does nothing.  The host
 * would fail to populate pages that only the enclave can access.
 */
static long do_mlock(const struct machine_context *mc, unsigned int flags)
{
	if (sgx_touches(&rt_process.mm, mc->rdi, mc->rsi))
		flags |= MLOCK_ONFAULT;
	return sys3(__NR_mlock2, mc->rdi, mc->rsi, flags);
}

/*
 * Locking populates, and that would be the whole platform.
 * DEVIATION DP24: so all pages are locked only when they are touched.
 */
static long do_mlockall(unsigned int flags)
{
	long r = sys1(__NR_mlockall, flags | MCL_ONFAULT);

	if (r)
		return r;
	rt_platform_parts(__NR_munlock, 0);
	/* mappings to come are the program's own business */
	if ((flags & MCL_FUTURE) && !(flags & MCL_ONFAULT))
		sys1(__NR_mlockall, MCL_FUTURE);
	return 0;
}

static long do_attached(const struct machine_context *mc)
{
	switch (mc->rax) {
	case __NR_munmap:
		return sgx_munmap(&rt_process.mm, mc->rdi, mc->rsi);
	case __NR_mprotect:
		return sgx_mprotect(&rt_process.mm, mc->rdi, mc->rsi,
				    (int)mc->rdx, -1);
	case __NR_pkey_mprotect:
		return sgx_mprotect(&rt_process.mm, mc->rdi, mc->rsi,
				    (int)mc->rdx, (int)mc->r10);
	case __NR_mremap:
		return do_mremap(mc);
	case __NR_mlock:
		return do_mlock(mc, 0);
	case __NR_mlock2:
		return do_mlock(mc, (unsigned int)mc->rdx);
	case __NR_mlockall:
		return do_mlockall((unsigned int)mc->rdi);
	default:
		return do_madvise(mc);
	}
}

/* The key of the EPC was never allocated, as far as the program knows. */
static long do_pkey_free(const struct machine_context *mc)
{
	const struct sgx_mm *mm = &rt_process.mm;

	if (rt_process.attached && mm->view == SGX_VIEW_KEY &&
	    (int)mc->rdi == mm->view_pkey)
		return -EINVAL;
	return make(mc);
}

/* Of what the program does not know to be there. */
static unsigned int begin(const struct machine_context *mc)
{
	unsigned int n = 1;

	switch (mc->rax) {
	case __NR_mmap:
		if (!(mc->r10 & MAP_FIXED))
			return 0;
		break;
	case __NR_mremap:
		if (mc->r10 & MREMAP_FIXED) {
			rt_stubs_unmapped(mc->r8, mc->rdx);
			rt_own_begin(mc->r8, mc->rdx);
			n++;
		}
		break;
	case __NR_munmap:
	case __NR_mprotect:
	case __NR_pkey_mprotect:
	case __NR_madvise:
		break;
	default:
		return 0;
	}
	rt_stubs_unmapped(mc->rdi, mc->rsi);
	rt_own_begin(mc->rdi, mc->rsi);
	return n;
}

static bool memory_syscall(struct machine_context *mc)
{
	switch (mc->rax) {
	case __NR_mmap:
		mc->rax = (uint64_t)do_mmap(mc);
		return true;
	case __NR_pkey_free:
		mc->rax = (uint64_t)do_pkey_free(mc);
		return true;
	case __NR_munmap:
	case __NR_mprotect:
	case __NR_pkey_mprotect:
	case __NR_mremap:
	case __NR_madvise:
	case __NR_mlock:
	case __NR_mlock2:
	case __NR_mlockall:
		mc->rax = (uint64_t)(rt_process.attached ? do_attached(mc) :
							   make(mc));
		return true;
	default:
		return false;
	}
}

enum rt_answer rt_memory_syscall(struct thread *t, struct kucontext *uc)
{
	unsigned int begun = rt_process.attached ? begin(&uc->mc) : 0;
	bool mine;
	uint64_t nr = uc->mc.rax, address = uc->mc.rdi;

	rt_why_begin(t);
	mine = memory_syscall(&uc->mc);
	while (begun--)
		rt_own_end();
	if (!mine)
		return RT_NOT_MINE;
	rt_why_memory(t, nr, &uc->mc);
	rt_record_memory(t, nr, &uc->mc, address);
	__atomic_fetch_add(&rt_process.host.mapping_changes, 1,
			   __ATOMIC_RELEASE);
	return RT_DONE;
}
