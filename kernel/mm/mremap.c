/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mremap() and madvise() on enclave mappings, which Linux marks VM_PFNMAP,
 * VM_IO, VM_DONTEXPAND and VM_DONTDUMP: they do not grow, and most advice is
 * refused.  After Linux 6.1 mm/mremap.c sys_mremap(), mremap_to(),
 * vma_to_resize(); mm/madvise.c madvise_vma_behavior().
 */
#include <asm/errno.h>
#include <linux/mman.h>

#include "kernel/mm/mmap.h"
#include "kernel/mm/pte.h"
#include "kernel/mm/vma.h"

struct move {
	uint64_t from, from_len, to, to_len;
	int flags;
};

static int check_move(const struct move *m)
{
	int flags = m->flags;

	if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) &&
	    (!(flags & MREMAP_MAYMOVE) || m->from_len != m->to_len))
		return -EINVAL;
	if (!page_aligned(m->from) || !m->to_len)
		return -EINVAL;
	return 0;
}

/* mremap_to()'s checks of the new place. */
static int check_target(const struct move *m)
{
	if (!(m->flags & MREMAP_FIXED))
		return 0;
	if (!page_aligned(m->to) || m->to_len > TASK_SIZE ||
	    m->to > TASK_SIZE - m->to_len)
		return -EINVAL;
	if (m->from + m->from_len > m->to && m->to + m->to_len > m->from)
		return -EINVAL;
	return 0;
}

/* vma_to_resize(): may this much of the mapping be moved? */
static int check_source(const struct sgx_vma *vma, const struct move *m)
{
	if (!vma)
		return -EFAULT; /* it lay in the new place, now empty */
	if (m->flags & MREMAP_DONTUNMAP)
		return -EINVAL;
	if (m->from_len > vma->end - m->from)
		return -EFAULT;
	return m->to_len > m->from_len ? -EFAULT : 0;
}

/* Reserve the new place, move the mapping there, empty the old place. */
static int move_vma(struct sgx_mm *mm, const struct move *m)
{
	struct sgx_vma vma = *sgx_find_vma(mm, m->from);
	int64_t at;

	at = mm->host->sys_mmap(m->to, m->to_len, PROT_NONE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
					MAP_FIXED,
				-1, 0);
	if (at < 0)
		return (int)at;
	vma.start = m->to;
	vma.end = m->to + m->to_len;
	/*
	 * The address chooses the page, so the mapping now shows other pages
	 * or none.  DEVIATION DK4: Linux moves the PTEs along.
	 */
	vma.flags &= (uint8_t)~SGX_VMA_EPC;
	vma.flags |= SGX_VMA_MOVED;
	sgx_vma_insert(mm, &vma);
	mm->host->sys_munmap(m->from, m->from_len);
	sgx_vma_remove(mm, m->from, m->from + m->from_len);
	return sgx_map_range(mm, sgx_find_vma(mm, m->to), vma.start, vma.end);
}

static int unmap(struct sgx_mm *mm, uint64_t start, uint64_t end)
{
	int ret = 0;

	if (start < end)
		ret = mm->host->sys_munmap(start, end - start);
	if (!ret)
		sgx_vma_remove(mm, start, end);
	return ret;
}

/* Linux empties the new place before it checks that it can move at all. */
static int mremap_to(struct sgx_mm *mm, struct move *m)
{
	int ret = check_target(m);

	if (!ret && (m->flags & MREMAP_FIXED))
		ret = unmap(mm, m->to, m->to + m->to_len);
	if (!ret && m->from_len > m->to_len) {
		ret = unmap(mm, m->from + m->to_len, m->from + m->from_len);
		m->from_len = m->to_len;
	}
	if (!ret)
		ret = check_source(sgx_find_vma(mm, m->from), m);
	return ret ? ret : move_vma(mm, m);
}

/* The first mapping is one of an enclave. */
static int remap_ours(struct sgx_mm *mm, struct move *m, int64_t *result)
{
	int ret = sgx_vma_reserve(mm, 8);

	*result = (int64_t)m->from;
	if (ret)
		return ret;
	if (m->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) {
		*result = (int64_t)m->to;
		ret = mremap_to(mm, m);
	} else if (m->from_len >= m->to_len) {
		ret = unmap(mm, m->from + m->to_len, m->from + m->from_len);
	} else {
		ret = check_source(sgx_find_vma(mm, m->from), m);
	}
	return ret ? ret : 1;
}

/*
 * Ordinary memory is moved over enclave mappings, or is cut off before them:
 * the host does that, and we forget the mappings.  DEVIATION DK12: even if the
 * host then fails.
 */
static int remap_other(struct sgx_mm *mm, const struct move *m)
{
	bool over = (m->flags & MREMAP_FIXED) && !check_target(m) &&
		    sgx_vma_touches(mm, m->to, m->to + m->to_len);
	uint64_t cut = m->from + m->to_len, end = m->from + m->from_len;
	int ret = 0;

	if (over || sgx_vma_touches(mm, cut, end))
		ret = sgx_vma_reserve(mm, 4);
	if (ret)
		return ret;
	if (over)
		sgx_vma_remove(mm, m->to, m->to + m->to_len);
	sgx_vma_remove(mm, cut, end);
	return 0;
}

int sgx_mremap(struct sgx_mm *mm, uint64_t old, uint64_t old_len,
	       uint64_t new_len, int flags, uint64_t new_addr, int64_t *ret)
{
	struct move m = { old, old_len, new_addr, new_len, flags };
	int outcome = check_move(&m);
	struct sgx_ticket ticket;

	if (outcome)
		return outcome;
	m.from_len = page_align(old_len);
	m.to_len = page_align(new_len);
	if (!m.to_len)
		return -EINVAL;
	ticket = sgx_lock(&mm->lock);
	if (sgx_find_vma(mm, old))
		outcome = remap_ours(mm, &m, ret);
	else
		outcome = remap_other(mm, &m);
	sgx_unlock(&mm->lock, ticket);
	return outcome;
}

/* 0: the host may do it to the real mapping as well. */
static int madvise_verdict(const struct sgx_vma *vma, int advice)
{
	switch (advice) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_DONTFORK:
	case MADV_DONTDUMP:
	case MADV_KEEPONFORK:
	case MADV_MERGEABLE:
	case MADV_UNMERGEABLE:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
		return 0;
	case MADV_REMOVE:
		/* The device cannot punch holes, but it is asked last. */
		return (vma->prot & PROT_WRITE) ? -ENODEV : -EACCES;
	default:
		return -EINVAL;
	}
}

static int madvise_range(struct sgx_mm *mm, uint64_t start, uint64_t end,
			 int advice)
{
	struct sgx_vma *vma;
	int ret = 0;

	for_each_vma_in(vma, mm, start, end) {
		ret = madvise_verdict(vma, advice);
		if (ret)
			break;
	}
	if (ret || advice != MADV_DONTFORK)
		return ret;
	ret = sgx_vma_reserve(mm, 2);
	if (ret)
		return ret;
	sgx_vma_split(mm, start);
	sgx_vma_split(mm, end);
	for_each_vma_in(vma, mm, start, end)
		vma->flags |= SGX_VMA_DONTFORK;
	return 0;
}

int sgx_madvise(struct sgx_mm *mm, uint64_t addr, uint64_t len, int advice,
		int64_t *ret)
{
	uint64_t end = addr + page_align(len);
	struct sgx_ticket ticket;
	int outcome = 0;

	(void)ret;
	/* The host refuses this by itself. */
	if (!page_aligned(addr) || end <= addr)
		return 0;
	ticket = sgx_lock(&mm->lock);
	/* DEVIATION DK5: refused as a whole, with ordinary neighbours. */
	if (sgx_vma_touches(mm, addr, end))
		outcome = madvise_range(mm, addr, end, advice);
	sgx_unlock(&mm->lock, ticket);
	return outcome;
}
