/* SPDX-License-Identifier: BSD-3-Clause */
/* A host that is a description: see fixture.h. */
#include "host.h"

#include <signal.h>

#include "cpu/processors.h"
#include "fixture.h"

struct real_page *real_page(uint64_t addr)
{
	assert_true(addr >= WINDOW);
	assert_true(addr < WINDOW + WINDOW_PAGES * SGX_PAGE_SIZE);
	return &m.real[(addr - WINDOW) / SGX_PAGE_SIZE];
}

/* Mappings may be far larger than the window; only pages in it are modelled. */
static bool in_window(uint64_t addr)
{
	return addr - WINDOW < WINDOW_PAGES * SGX_PAGE_SIZE;
}

static uint64_t clip_start(uint64_t addr)
{
	return addr < WINDOW ? WINDOW : addr;
}

static uint64_t clip_end(uint64_t end)
{
	uint64_t limit = WINDOW + WINDOW_PAGES * SGX_PAGE_SIZE;

	return end > limit ? limit : end;
}

#define for_each_real(addr, start, len) \
	for (uint64_t addr = clip_start(start); \
	     addr < clip_end((start) + (len)); addr += SGX_PAGE_SIZE)

static uint8_t *user_ptr(uint64_t addr, size_t n)
{
	if (addr < USER_BASE || n > USER_SIZE ||
	    addr - USER_BASE > USER_SIZE - n)
		return NULL;
	if (addr < m.bad_end && m.bad < addr + n)
		return NULL;
	return m.user + (addr - USER_BASE);
}

void user_write(uint64_t addr, const void *from, size_t n)
{
	memcpy(m.user + (addr - USER_BASE), from, n);
}

void user_read(void *to, uint64_t addr, size_t n)
{
	memcpy(to, m.user + (addr - USER_BASE), n);
}

static int copy_from_user(void *to, uint64_t from, size_t n)
{
	const uint8_t *p = user_ptr(from, n);

	if (!p)
		return -EFAULT;
	memcpy(to, p, n);
	return 0;
}

static int copy_to_user(uint64_t to, const void *from, size_t n)
{
	uint8_t *p = user_ptr(to, n);

	if (!p)
		return -EFAULT;
	memcpy(p, from, n);
	return 0;
}

static struct why *why(void)
{
	return &m.lp.why;
}

static bool signal_pending(void)
{
	return m.pages_until_signal && !--m.pages_until_signal;
}

static void check_range(uint64_t addr, uint64_t len)
{
	assert_int_equal(addr % SGX_PAGE_SIZE, 0);
	assert_int_equal(len % SGX_PAGE_SIZE, 0);
	assert_true(len);
}

static int map_epc(uint64_t start, uint64_t len, uint64_t pa)
{
	check_range(start, len);
	m.map_calls++;
	if (m.fail_map)
		return -ENOMEM;
	for_each_real(addr, start, len)
		*real_page(addr) = (struct real_page){
			.kind = REAL_EPC, .pa = pa + (addr - start)
		};
	return 0;
}

static int map_none(uint64_t start, uint64_t len)
{
	check_range(start, len);
	m.map_calls++;
	if (m.fail_map)
		return -ENOMEM;
	for_each_real(addr, start, len)
		*real_page(addr) = (struct real_page){ .kind = REAL_NONE };
	return 0;
}

static int sys_mprotect(uint64_t start, uint64_t len, int prot, int pkey)
{
	if (start % SGX_PAGE_SIZE)
		return -EINVAL;
	if (pkey < -1 || pkey > 3) /* the keys that this process has */
		return -EINVAL;
	if (start >> 63)
		return -ENOMEM;
	if (m.fail_protect)
		return -ENOMEM;
	for_each_real(addr, start, len) {
		if (real_page(addr)->kind == REAL_FREE)
			return -ENOMEM;
		real_page(addr)->prot = prot;
		if (pkey >= 0)
			real_page(addr)->pkey = pkey;
	}
	return 0;
}

static int protect(uint64_t start, uint64_t len, int prot, int pkey,
		   uint64_t pa)
{
	check_range(start, len);
	assert_int_equal(pa % SGX_PAGE_SIZE, 0);
	m.protect_calls++;
	for_each_real(addr, start, len)
		if (real_page(addr)->kind == REAL_EPC)
			assert_int_equal(real_page(addr)->pa,
					 pa + (addr - start));
		else
			assert_int_not_equal(real_page(addr)->kind, REAL_NONE);
	return sys_mprotect(start, len, prot, pkey);
}

static bool all_free(uint64_t start, uint64_t len)
{
	for_each_real(addr, start, len) {
		if (real_page(addr)->kind != REAL_FREE)
			return false;
	}
	return true;
}

static int64_t search(uint64_t len)
{
	uint64_t start = ELSEWHERE;

	while (in_window(start) && !all_free(start, len))
		start += SGX_PAGE_SIZE;
	return in_window(start) ? (int64_t)start : -ENOMEM;
}

static int64_t sys_mmap(uint64_t addr, uint64_t len, int prot, int flags,
			int fd, uint64_t off)
{
	(void)fd;
	(void)off;
	if (!len)
		return -EINVAL;
	len = (len + SGX_PAGE_SIZE - 1) & SGX_PAGE_MASK;
	if (flags & MAP_FIXED_NOREPLACE) {
		if (!all_free(addr, len))
			return -EEXIST;
	} else if (!(flags & MAP_FIXED)) {
		addr = search(len);
	}
	for_each_real(page, addr, len)
		*real_page(page) = (struct real_page){ .kind = REAL_ANON,
						       .prot = prot };
	return addr;
}

static int sys_munmap(uint64_t start, uint64_t len)
{
	if (start % SGX_PAGE_SIZE || !len)
		return -EINVAL;
	for_each_real(addr, start, len)
		*real_page(addr) = (struct real_page){ .kind = REAL_FREE };
	return 0;
}

static int source_mayexec(uint64_t addr)
{
	m.mayexec_calls++;
	if (addr >= USER_BASE + USER_SIZE)
		return -EFAULT;
	return addr >= m.no_exec ? -EACCES : 0;
}

static bool key_denies(uint32_t pkru, int pkey, unsigned access)
{
	return pkru >> 2 * pkey & (access & PF_WRITE ? 3 : 1);
}

static bool signal_of(struct ksignal *signal, int sig, int code,
		      uint32_t error_code, int pkey)
{
	*signal = (struct ksignal){ .sig = sig,
				    .code = code,
				    .pkey = pkey,
				    .trapnr = VECTOR_PF,
				    .error_code = PF_USER | error_code };
	return false;
}

/* This finds the user's bad ranges, too. */
static bool probe_user(uint64_t addr, unsigned access, uint32_t pkru,
		       struct ksignal *signal)
{
	if (addr - USER_BASE >= USER_SIZE)
		return signal_of(signal, SIGSEGV, SEGV_MAPERR,
				 access | (addr >> 63 ? PF_PROT : 0), 0);
	if (key_denies(pkru, m.user_pkey, access))
		return signal_of(signal, SIGSEGV, SEGV_PKUERR,
				 access | PF_PROT | PF_PK, m.user_pkey);
	if (!user_ptr(addr, 1))
		return signal_of(signal, SIGSEGV, SEGV_ACCERR, access, 0);
	if ((access & PF_WRITE) && addr >= m.read_only)
		return signal_of(signal, SIGSEGV, SEGV_ACCERR, access | PF_PROT,
				 0);
	return true;
}

static bool probe(uint64_t addr, unsigned access, uint32_t pkru,
		  struct ksignal *signal)
{
	int need = access & PF_WRITE ? PROT_WRITE : PROT_READ;
	const struct real_page *page;
	uint32_t p;

	assert_int_equal(access & ~PF_WRITE, 0);
	if (!in_window(addr) || real_page(addr)->kind == REAL_FREE)
		return probe_user(addr, access, pkru, signal);
	page = real_page(addr);
	p = page->prot && page->touched ? PF_PROT : 0;
	if (key_denies(pkru, page->pkey, access))
		return signal_of(signal, SIGSEGV, SEGV_PKUERR,
				 access | p | (p ? PF_PK : 0), page->pkey);
	if (!(page->prot & need))
		return signal_of(signal, SIGSEGV, SEGV_ACCERR, access | p, 0);
	return true;
}

static int pin(uint32_t index, int fd)
{
	if (m.fail_pin)
		return -ENOMEM;
	m.pins[index]++;
	m.last_pin_fd = fd;
	return 0;
}

static void unpin(uint32_t index)
{
	m.pins[index]--;
}

static bool is_meant(const struct lp *lp, uint64_t secs, uint32_t epoch)
{
	uint64_t inside = processor_inside(lp->processor);

	return processor_state(inside) == PROCESSOR_RUNNING &&
	       processor_epoch(inside) <= epoch &&
	       (secs == EPC_NONE || lp->cr_active_secs == secs);
}

/*
 * Interrupt all processors that entered the enclave in `epoch` or before.  They
 * leave and come back.  Their address spaces are updated first.
 */
static void ipi(uint64_t secs, uint32_t epoch)
{
	assert_false(sgx_lock_is_held(&m.mm.lock));
	assert_false(sgx_lock_is_held(&m.shared->lock));
	for (unsigned i = 0; i < m.shared->nr_encls; i++)
		assert_false(sgx_lock_is_held(&m.shared->encls[i].lock));
	m.ipis++;
	if (m.other)
		sgx_resync_if_due(m.other);
	for (unsigned i = 0; i < MAX_INSIDE; i++) {
		if (m.inside[i] && !m.ignores_ipi &&
		    is_meant(m.inside[i], secs, epoch))
			lp_retrack(m.inside[i]);
	}
}

static uint32_t current(void)
{
	return m.process;
}

static uint32_t current_thread(void)
{
	return m.thread;
}

static int preempt(uint32_t process, uint32_t thread)
{
	m.preempts++;
	return m.on_preempt ? m.on_preempt(process, thread) : -EPERM;
}

static struct sgx_section **section(void)
{
	static _Thread_local struct sgx_section *innermost;

	return &innermost;
}

static void cond_resched(void)
{
	m.rescheds++;
	if (m.on_resched)
		m.on_resched();
}

static uint64_t ktime_get_ns(void)
{
	m.now += m.tick;
	return m.now;
}

static void discard(uint64_t offset, uint64_t len)
{
	check_range(offset, len);
	if (offset >= PLATFORM_OFF_EPC)
		m.discarded += len;
	else
		assert_true((offset >= PLATFORM_OFF_PCMD &&
			     offset < PLATFORM_OFF_PATCHES) ||
			    (offset >= PLATFORM_OFF_EPCM &&
			     offset < PLATFORM_OFF_PAGES));
	assert_int_equal(madvise((uint8_t *)m.shared + offset, len,
				 MADV_REMOVE),
			 0);
}

static void populate(uint64_t offset, uint64_t len)
{
	check_range(offset, len);
	assert_true(offset >= PLATFORM_OFF_EPC);
	m.populated += len;
	m.populate_calls++;
}

static void reap(void)
{
	m.reaps++;
	if (m.reap_frees)
		m.shared->epc_free_pages++;
}

static void *alloc_pages(size_t bytes)
{
	void *p = m.fail_alloc ? NULL : aligned_alloc(SGX_PAGE_SIZE, bytes);

	assert_int_equal(bytes % SGX_PAGE_SIZE, 0);
	return p ? memset(p, 0, bytes) : NULL;
}

static void free_pages(void *p, size_t bytes)
{
	(void)bytes;
	free(p);
}

static bool has_mdwe(void)
{
	return m.mdwe;
}

static bool read_implies_exec(void)
{
	return m.read_implies_exec;
}

void host_init(struct host *host)
{
	*host = (struct host){
		.copy_from_user = copy_from_user,
		.copy_to_user = copy_to_user,
		.signal_pending = signal_pending,
		.why = why,
		.map_epc = map_epc,
		.map_none = map_none,
		.protect = protect,
		.sys_mmap = sys_mmap,
		.sys_munmap = sys_munmap,
		.sys_mprotect = sys_mprotect,
		.source_mayexec = source_mayexec,
		.probe = probe,
		.read_implies_exec = read_implies_exec,
		.has_mdwe = has_mdwe,
		.pin = pin,
		.unpin = unpin,
		.current = current,
		.current_thread = current_thread,
		.preempt = preempt,
		.section = section,
		.ipi = ipi,
		.cond_resched = cond_resched,
		.ktime_get_ns = ktime_get_ns,
		.discard = discard,
		.populate = populate,
		.reap = reap,
		.alloc_pages = alloc_pages,
		.free_pages = free_pages,
	};
}
