/* SPDX-License-Identifier: BSD-3-Clause */
/* The initial stack of a new image: where its auxiliary vector lies. */
#ifndef SWSGX_PROCESS_INJECT_IMAGE_H
#define SWSGX_PROCESS_INJECT_IMAGE_H

#include <stdint.h>

struct image {
	uint64_t vdso;            /* AT_SYSINFO_EHDR, 0 if there is none */
	uint64_t vdso_at;         /* where its value stands, 0 if nowhere */
	uint64_t hwcap2;          /* AT_HWCAP2 */
	uint64_t auxv, auxv_size; /* all of it, AT_NULL too */
};

/* mem: /proc/PID/mem; sp: the stack pointer at exec.  0 or -1 with errno. */
int image_read(int mem, uint64_t sp, struct image *image);

/* Make AT_SYSINFO_EHDR say `address`. */
int image_set_vdso(int mem, const struct image *image, uint64_t address);

#endif
