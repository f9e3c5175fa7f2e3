/* SPDX-License-Identifier: BSD-3-Clause */
/* One ELF file that enclaves are built from, and its symbols. */
#ifndef SWSGX_CLI_TRACE_IMAGE_H
#define SWSGX_CLI_TRACE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/info/file.h"

struct image_symbol {
	uint64_t start, size;
	const char *name;
};

struct image {
	struct file file;
	uint64_t offset; /* of its address 0 in the enclave */
	struct image_symbol *symbols;
	size_t nr;
};

/* The functions and objects of image->file, in order.  0, or -1: no memory. */
int image_symbols(struct image *image);
/* What lies at this offset of the enclave, or NULL. */
const struct image_symbol *image_find(const struct image *image,
				      uint64_t offset);

/* Is there a SIGSTRUCT in it; one for this measurement? */
bool image_is_signed(const struct image *image);
bool image_is_of(const struct image *image, const uint8_t mrenclave[32]);

#endif
