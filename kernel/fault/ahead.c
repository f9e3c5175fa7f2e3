/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread that goes through an enclave's memory wants the next pages next.
 * Those that were paged out are loaded with the one it faults on: one more,
 * then twice as many, as Linux reads files ahead (mm/readahead.c).  None is
 * added, since a program can find out whether a page exists, and Linux adds one
 * a fault (sgx/encl.c sgx_encl_eaug_page()).  DEVIATION DK23.
 */
#include "kernel/fault/internal.h"
#include "kernel/sgx/driver.h"

/* What sgx_sync_page() makes accessible at once. */
#define AROUND 0x10000ull

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* In bytes. */
static uint64_t next_window(uint64_t window)
{
	return window ? least(window * 2, AROUND) : SGX_PAGE_SIZE;
}

void fault_ahead(const struct page_fault *f, const struct sgx_vma *vma)
{
	struct fault_retries *r = f->retries;
	uint64_t page = f->address & SGX_PAGE_MASK;
	uint64_t next = page + SGX_PAGE_SIZE, end = vma->end;

	r->window = page == r->ahead ? next_window(r->window) : 0;
	end = least(end, (page | (AROUND - 1)) + 1);
	end = least(end, next + r->window);
	sgx_load_ahead(f->mm, vma, next, end);
	r->ahead = end;
}
