/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/inject/image.h.  The initial stack: argc, argv, NULL, envp, NULL,
 * auxv.  System V ABI, "Process Initialization".
 */
#include "process/inject/image.h"

#include <elf.h>
#include <errno.h>
#include <unistd.h>

#define WORDS 512

/* Reads the stack a piece at a time. */
struct reader {
	int mem;
	uint64_t from, have;
	uint64_t words[WORDS];
};

static int word_at(struct reader *r, uint64_t at, uint64_t *word)
{
	if (at < r->from || at + 8 > r->from + r->have) {
		ssize_t n = pread(r->mem, r->words, sizeof(r->words),
				  (off_t)at);

		if (n < 8) {
			errno = n < 0 ? errno : EFAULT;
			return -1;
		}
		r->from = at;
		r->have = (uint64_t)n & ~7ull;
	}
	*word = r->words[(at - r->from) / 8];
	return 0;
}

static int skip_to_null(struct reader *r, uint64_t *at)
{
	uint64_t word;

	do {
		if (word_at(r, *at, &word))
			return -1;
		*at += 8;
	} while (word);
	return 0;
}

int image_read(int mem, uint64_t sp, struct image *image)
{
	struct reader r = { .mem = mem };
	uint64_t at = sp + 8, key, value;

	*image = (struct image){ .vdso = 0 };
	if (skip_to_null(&r, &at) || skip_to_null(&r, &at))
		return -1;
	image->auxv = at;
	for (;; at += 16) {
		if (word_at(&r, at, &key) || word_at(&r, at + 8, &value))
			return -1;
		if (key == AT_NULL) {
			image->auxv_size = at + 16 - image->auxv;
			return 0;
		}
		if (key == AT_SYSINFO_EHDR) {
			image->vdso = value;
			image->vdso_at = at + 8;
		} else if (key == AT_HWCAP2) {
			image->hwcap2 = value;
		}
	}
}

int image_set_vdso(int mem, const struct image *image, uint64_t address)
{
	if (!image->vdso_at)
		return 0;
	return pwrite(mem, &address, sizeof(address), (off_t)image->vdso_at) ==
			       sizeof(address) ?
		       0 :
		       -1;
}
