/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EPC as the kernel hands it out, and the platform file it lives in.
 * After Linux 6.1 sgx/main.c, which keeps a free list per section.  Here the
 * number of pages is a budget, and the physical addresses come from a space
 * far larger, so that one enclave's pages lie at one stretch (cpu/cpu.h).
 */
#include <asm/errno.h>

#include "cpu/mem.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encl.h"

/* So many bytes of memory are kept, at most, when nobody uses them. */
#define EPC_KEPT (128ull << 20)

#define SGX_NR_LOW_PAGES  32
#define SGX_NR_HIGH_PAGES 64
#define RECLAIM_PATIENCE  10000000000ull /* nanoseconds */

/*
 * The budget and the enclave's charge change together.  Their old values are
 * noted first; a thread that finds the change unfinished restores them.
 */
struct charge {
	struct sgx_encl *encl;
	int64_t pages;
};

static void note_budget(struct sgx_shared *shared, const struct sgx_encl *encl)
{
	shared->budget.encl = encl->index;
	shared->budget.free = shared->epc_free_pages;
	shared->budget.pages = encl->epc_pages;
	__atomic_store_n(&shared->budget.changing, 1, __ATOMIC_SEQ_CST);
}

static void note_peaks(struct sgx_shared *shared, struct sgx_encl *encl)
{
	uint64_t used = shared->epc_total_pages - shared->epc_free_pages;

	if (used > shared->stats.epc_peak)
		shared->stats.epc_peak = used;
	if (encl->epc_pages > encl->epc_peak)
		encl->epc_peak = encl->epc_pages;
}

static int charge_locked(struct sgx_mm *mm, void *arg)
{
	struct sgx_shared *shared = mm->shared;
	const struct charge *c = arg;

	if (c->pages > 0 && shared->epc_free_pages < (uint64_t)c->pages)
		return -EBUSY;
	note_budget(shared, c->encl);
	__atomic_fetch_sub(&shared->epc_free_pages, c->pages, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&c->encl->epc_pages, c->pages, __ATOMIC_SEQ_CST);
	note_peaks(shared, c->encl);
	__atomic_store_n(&shared->budget.changing, 0, __ATOMIC_SEQ_CST);
	return 0;
}

static void sgx_shared_recover(struct sgx_mm *mm)
{
	struct sgx_shared *shared = mm->shared;

	if (!__atomic_load_n(&shared->budget.changing, __ATOMIC_SEQ_CST))
		return;
	__atomic_store_n(&shared->epc_free_pages, shared->budget.free,
			 __ATOMIC_SEQ_CST);
	__atomic_store_n(&shared->encls[shared->budget.encl].epc_pages,
			 shared->budget.pages, __ATOMIC_SEQ_CST);
	__atomic_store_n(&shared->budget.changing, 0, __ATOMIC_SEQ_CST);
}

static int charge(struct sgx_mm *mm, struct sgx_encl *encl, int64_t pages)
{
	struct charge c = { encl, pages };

	return sgx_locked_shared(mm, charge_locked, &c);
}

/* Under the lock, because another thread may just have corrected the charge. */
static int settle_locked(struct sgx_mm *mm, void *arg)
{
	const struct charge *to = arg;
	struct charge c = { to->encl,
			    to->pages - (int64_t)to->encl->epc_pages };

	/* There is room: these pages were charged before. */
	return c.pages ? charge_locked(mm, &c) : 0;
}

int sgx_take_epc_page(struct sgx_mm *mm, struct sgx_encl *encl)
{
	if (!sgx_epc_free(mm))
		return -EBUSY;
	return charge(mm, encl, 1);
}

void sgx_free_epc_page(struct sgx_mm *mm, struct sgx_encl *encl)
{
	charge(mm, encl, -1);
}

void sgx_settle_epc_pages(struct sgx_mm *mm, struct sgx_encl *encl,
			  uint64_t pages)
{
	struct charge to = { encl, (int64_t)pages };

	sgx_locked_shared(mm, settle_locked, &to);
}

int sgx_alloc_epc_page(struct sgx_mm *mm, struct sgx_encl *encl)
{
	uint64_t free = sgx_epc_free(mm);
	int ret;

	/* Make room in time.  It is no error yet if that fails. */
	if (free && free < sgx_nr_low_pages(mm))
		(void)sgx_make_room(mm);
	while (sgx_take_epc_page(mm, encl)) {
		if (mm->host->signal_pending())
			return -ERESTARTSYS;
		ret = sgx_make_room(mm);
		if (ret)
			return ret;
	}
	return 0;
}

uint64_t sgx_epc_free(const struct sgx_mm *mm)
{
	return __atomic_load_n(&mm->shared->epc_free_pages, __ATOMIC_RELAXED);
}

/* Linux's marks; less if the EPC is so small that they would be most of it. */
static uint64_t mark(const struct sgx_mm *mm, uint64_t pages, unsigned part)
{
	uint64_t limit = mm->shared->epc_total_pages / part + 1;

	return pages < limit ? pages : limit;
}

uint64_t sgx_nr_low_pages(const struct sgx_mm *mm)
{
	return mark(mm, SGX_NR_LOW_PAGES, 8);
}

uint64_t sgx_nr_high_pages(const struct sgx_mm *mm)
{
	return mark(mm, SGX_NR_HIGH_PAGES, 4);
}

/*
 * The stretch of an enclave: the page at ELRANGE's base begins a chunk, and the
 * SECS is the page before it.  Version arrays lie below the SECS, with room for
 * as many as the largest number of pages can need.
 */
static uint64_t round_up(uint64_t len)
{
	return (len + SGX_CHUNK_SIZE - 1) & ~(SGX_CHUNK_SIZE - 1);
}

static uint64_t head_len(uint64_t size)
{
	uint64_t arrays = size / SGX_CHUNK_SIZE + 2; /* one for 2 MiB */

	return round_up((1 + arrays) * SGX_PAGE_SIZE);
}

static uint64_t stretch_start(const struct sgx_encl *encl)
{
	return encl->epc_base - head_len(encl->size);
}

static uint64_t stretch_len(uint64_t size)
{
	return head_len(size) + round_up(size);
}

/* A live enclave's stretch that [start, start+len) runs into, or NULL. */
static const struct sgx_encl *stretch_at(const struct sgx_shared *shared,
					 uint64_t start, uint64_t len)
{
	const struct sgx_encl *encl;

	for_each_encl(encl, shared) {
		uint64_t s;

		if (encl->kind == SGX_FILE_NONE || encl->epc_base == EPC_NONE)
			continue;
		s = stretch_start(encl);
		if (start < s + stretch_len(encl->size) && s < start + len)
			return encl;
	}
	return NULL;
}

/*
 * First fit, so that low addresses are used, which everybody reaches.  Returns
 * the start, or UINT64_MAX.
 */
static uint64_t find_stretch(const struct sgx_mm *mm, uint64_t len)
{
	const struct sgx_encl *encl;
	uint64_t start = 0;

	while (len <= mm->reach && start <= mm->reach - len) {
		encl = stretch_at(mm->shared, start, len);
		if (!encl)
			return start;
		start = stretch_start(encl) + stretch_len(encl->size);
	}
	return UINT64_MAX;
}

struct reservation {
	struct sgx_encl *encl;
	uint64_t size;
};

static int reserve_locked(struct sgx_mm *mm, void *arg)
{
	const struct reservation *r = arg;
	struct sgx_encl *encl = r->encl;
	uint64_t start;

	__atomic_store_n(&encl->epc_base, EPC_NONE, __ATOMIC_SEQ_CST);
	start = find_stretch(mm, stretch_len(r->size));
	if (start == UINT64_MAX)
		return -ENOMEM;
	encl->size = r->size;
	encl->secs_pa = start + head_len(r->size) - SGX_PAGE_SIZE;
	/* Last: with this the space is taken. */
	__atomic_store_n(&encl->epc_base, start + head_len(r->size),
			 __ATOMIC_SEQ_CST);
	return 0;
}

int sgx_epc_reserve(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t size)
{
	struct reservation r = { encl, size };
	int ret;

	if (size > EPC_SPAN)
		return -ENOMEM;
	ret = sgx_locked_shared(mm, reserve_locked, &r);
	if (!ret)
		return 0;
	/* Enclaves whose last owner is gone may still have theirs. */
	mm->host->reap();
	return sgx_locked_shared(mm, reserve_locked, &r);
}

/*
 * The memory of the first part of the address space is kept: it serves the next
 * enclave, which lies there if it fits.  The rest goes back to the host.
 */
static void discard(struct sgx_mm *mm, uint64_t start, uint64_t len)
{
	uint64_t kept = mm->shared->epc_total_pages << SGX_PAGE_SHIFT;
	uint64_t end = start + len;

	if (kept > EPC_KEPT)
		kept = EPC_KEPT;
	if (start < kept)
		start = kept;
	if (start < end)
		mm->host->discard(PLATFORM_OFF_EPC + start, end - start);
}

void sgx_epc_release(struct sgx_mm *mm, struct sgx_encl *encl)
{
	uint64_t start = stretch_start(encl), len = stretch_len(encl->size);

	discard(mm, start, len);
	/*
	 * 32 bytes a page.  All entries are invalid, but a process that was
	 * killed while it made a page may have left one locked.
	 */
	mm->host->discard(PLATFORM_OFF_EPCM + start / 128, len / 128);
	/* 128 bytes a page: of a chunk, 16 pages. */
	mm->host->discard(PLATFORM_OFF_PCMD + start / 32, len / 32);
	encl->secs_pa = EPC_NONE;
	encl->size = 0;
	__atomic_store_n(&encl->epc_base, EPC_NONE, __ATOMIC_RELEASE);
}

unsigned int sgx_platform_parts(uint64_t reach,
				struct sgx_part parts[SGX_PARTS])
{
	const uint64_t pages = reach >> SGX_PAGE_SHIFT;
	const struct sgx_part all[SGX_PARTS] = {
		{ PLATFORM_OFF_SHARED, sizeof(struct sgx_shared) },
		{ PLATFORM_OFF_EPCM, pages * sizeof(struct epcm) },
		{ PLATFORM_OFF_PAGES, pages * sizeof(struct sgx_encl_page) },
		{ PLATFORM_OFF_CHUNKS, reach / SGX_CHUNK_SIZE * 2 },
		{ PLATFORM_OFF_REGIONS, reach / SGX_REGION_SIZE * 4 + 4 },
		{ PLATFORM_OFF_PCMD, pages * sizeof(struct sgx_pcmd) },
		{ PLATFORM_OFF_PATCHES, pages * sizeof(struct patch_page) },
		{ PLATFORM_OFF_SCRATCH, SGX_MAX_ENCLAVES * SGX_PAGE_SIZE },
		{ PLATFORM_OFF_EPC, reach },
	};

	if (reach >= EPC_SPAN) {
		parts[0] = (struct sgx_part){ 0, PLATFORM_FILE_SIZE };
		return 1;
	}
	for (unsigned int i = 0; i < SGX_PARTS; i++) {
		parts[i] = all[i];
		parts[i].len = (all[i].len + SGX_PAGE_SIZE - 1) & SGX_PAGE_MASK;
	}
	return SGX_PARTS;
}

void sgx_platform_init(void *platform, const struct package_config *config,
		       void (*entropy)(void *buf, size_t n))
{
	struct sgx_shared *shared = platform;

	package_init(&shared->package, config, entropy);
	shared->version = SGX_PLATFORM_VERSION;
	shared->header_size = sizeof(*shared);
	shared->reach = EPC_SPAN;
	shared->epc_total_pages = shared->package.epc_bytes >> SGX_PAGE_SHIFT;
	shared->epc_free_pages = shared->epc_total_pages;
	shared->reclaim_patience = RECLAIM_PATIENCE;
	sgx_stats_init(&shared->stats);
	/* Last: a process that sees this finds a complete platform. */
	__atomic_store_n(&shared->magic, SGX_PLATFORM_MAGIC, __ATOMIC_RELEASE);
}

void sgx_platform_limit(void *platform, uint64_t reach)
{
	((struct sgx_shared *)platform)->reach = reach;
}

bool sgx_mm_reaches_all(const struct sgx_mm *mm)
{
	return mm->reach >= mm->shared->reach;
}

int sgx_mm_init(struct sgx_mm *mm, void *platform, const struct host *host,
		void (*entropy)(void *buf, size_t n))
{
	struct sgx_shared *shared = platform;
	uint8_t *file = platform;

	if (__atomic_load_n(&shared->magic, __ATOMIC_ACQUIRE) !=
		    SGX_PLATFORM_MAGIC ||
	    shared->version != SGX_PLATFORM_VERSION ||
	    shared->header_size != sizeof(*shared))
		return -EINVAL;
	memset(mm, 0, sizeof(*mm));
	mm->shared = shared;
	mm->cpu.package = &shared->package;
	mm->cpu.epcm = (struct epcm *)(file + PLATFORM_OFF_EPCM);
	mm->cpu.epc = file + PLATFORM_OFF_EPC;
	mm->cpu.entropy = entropy;
	mm->cpu.patches = (struct patch_page *)(file + PLATFORM_OFF_PATCHES);
	mm->pages = (struct sgx_encl_page *)(file + PLATFORM_OFF_PAGES);
	mm->chunks = (uint16_t *)(file + PLATFORM_OFF_CHUNKS);
	mm->regions = (uint32_t *)(file + PLATFORM_OFF_REGIONS);
	mm->pcmd = (struct sgx_pcmd *)(file + PLATFORM_OFF_PCMD);
	mm->scratch = file + PLATFORM_OFF_SCRATCH;
	mm->cpu.processors = shared->processors;
	mm->cpu.nr_processors = &shared->nr_processors;
	mm->host = host;
	mm->recover.encl = sgx_encl_recover;
	mm->recover.shared = sgx_shared_recover;
	mm->reach = shared->reach;
	return 0;
}
