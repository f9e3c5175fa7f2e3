/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A debugger's access to an enclave, by ptrace() or /proc/PID/mem: EDBGRD and
 * EDBGWR, eight bytes at a time, of a debug enclave only.  After Linux 6.1
 * sgx/encl.c sgx_vma_access() and sgx_encl_reserve_page().
 */
#include <asm/errno.h>

#include "cpu/mem.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encl.h"
#include "kernel/sgx/encls.h"

#define WORD      8u
#define MAX_WAITS 64 /* for a page that is leaving the EPC */

struct access {
	struct sgx_mm *mm;
	struct lp *lp;
	struct sgx_encl *encl;
	const struct sgx_vma *vma;
};

/* encl->lock is held.  As sgx_encl_load_page(); *pa of the page. */
static int reserve_page(const struct access *a, uint64_t addr, uint64_t *pa)
{
	struct sgx_encl_page *page = sgx_encl_find_page(a->mm, a->encl, addr,
							pa);

	if (!page || (a->vma->prot & ~page->vm_max_prot))
		return -EFAULT;
	return sgx_encl_load_page(a->mm, a->encl, *pa);
}

/* encl->lock is held: [addr, addr + n) lies in one word of the page at pa. */
static int access_word(const struct access *a, uint64_t pa, uint64_t addr,
		       uint8_t *buf, uint64_t n, bool write)
{
	uint64_t offset = addr % WORD, word;
	void *at = epc_ptr(a->lp->cpu, pa + (addr & ~SGX_PAGE_MASK) - offset);

	if (__edbgrd(a->lp, at, &word))
		return -EIO;
	if (!write) {
		memcpy(buf, (uint8_t *)&word + offset, n);
		return 0;
	}
	memcpy((uint8_t *)&word + offset, buf, n);
	return __edbgwr(a->lp, at, word) ? -EIO : 0;
}

struct word {
	const struct access *a;
	uint64_t addr, n;
	uint8_t *buf;
	bool write;
};

static int access_locked(struct sgx_mm *mm, void *arg)
{
	const struct word *w = arg;
	uint64_t pa;
	int ret = reserve_page(w->a, w->addr, &pa);

	(void)mm;
	return ret ? ret :
		     access_word(w->a, pa, w->addr, w->buf, w->n, w->write);
}

static int access_waiting(const struct access *a, uint64_t addr, uint8_t *buf,
			  uint64_t n, bool write)
{
	struct word w = { a, addr, n, buf, write };
	int ret = -EBUSY;
	uint64_t pa;

	for (int i = 0; i < MAX_WAITS && ret == -EBUSY; i++) {
		ret = sgx_locked(a->mm, a->encl, access_locked, &w);
		pa = sgx_encl_pa(a->encl, addr & SGX_PAGE_MASK);
		if (ret == -EBUSY && sgx_encl_wait(a->mm, a->encl, pa))
			return -EFAULT;
	}
	return ret;
}

int64_t sgx_vma_access(struct sgx_mm *mm, struct lp *lp,
		       const struct sgx_vma *vma, uint64_t addr, void *buf,
		       uint64_t len, bool write)
{
	const struct access a = { mm, lp, sgx_vma_encl(mm, vma), vma };
	uint64_t done = 0, n;
	int ret;

	if (!(sgx_encl_flags(a.encl) & SGX_ENCL_DEBUG) ||
	    !sgx_encl_in_reach(mm, a.encl))
		return -EFAULT;
	for (; done < len; done += n) {
		n = WORD - (addr + done) % WORD;
		if (n > len - done)
			n = len - done;
		ret = access_waiting(&a, addr + done, (uint8_t *)buf + done, n,
				     write);
		if (ret)
			return ret;
	}
	return (int64_t)done;
}
