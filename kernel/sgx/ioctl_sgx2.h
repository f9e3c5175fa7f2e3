/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the ioctls that change a running enclave share.  They work page by page.
 * How many bytes are done is told whether the last page failed or not.
 */
#ifndef SWSGX_KERNEL_SGX_IOCTL_SGX2_H
#define SWSGX_KERNEL_SGX_IOCTL_SGX2_H

#include "kernel/sgx/ioctl.h"

/* One page that is worked on, resident, while encl->lock is held. */
struct work {
	const struct call *c;
	int (*change)(struct work *w, uint64_t to);
	uint64_t to;
	struct sgx_encl_page *page;
	uint64_t addr, pa;
	uint64_t done;   /* bytes */
	uint64_t result; /* SGX code of a leaf that did not fault */
};

/* SGX2 is there and INIT has been done. */
int sgx_check_ready(const struct call *c);
/* The fields that the driver fills in are 0. */
int sgx_check_outputs(const struct call *c, uint64_t result, uint64_t count);

/* Calls one() for each page of the range, w->addr, until one fails. */
int sgx_change_pages(struct work *w, uint64_t offset, uint64_t length,
		     int (*one)(struct work *w));
/* Calls w->change() for the page, and waits until the page is resident. */
int sgx_change_waiting(struct work *w);
/* The same, and the change is in force when it returns. */
int sgx_change_page(struct work *w);

/* The error of a leaf that returned `ret`; its SGX code goes to w->result. */
int sgx_leaf_result(struct work *w, int ret);
int sgx_emodpr(struct work *w, uint64_t permissions);

#endif
