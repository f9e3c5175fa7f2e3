/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers by their names, as strace shows them. */
#ifndef SWSGX_CLI_TRACE_NAMES_H
#define SWSGX_CLI_TRACE_NAMES_H

#include <stdint.h>
#include <stdio.h>

struct flag {
	uint64_t bit;
	const char *name;
};

/* "A|B|0x80", or `none` if no bit is set.  Tables end with a bit of 0. */
void put_flags(FILE *out, uint64_t value, const struct flag *flags,
	       const char *none);
void put_bytes(FILE *out, const uint8_t *bytes, size_t n);
/* The same, and 0 if all of them are. */
void put_id(FILE *out, const uint8_t *bytes, size_t n);
/* rwx of PROT_* and of SECINFO */
void put_rwx(FILE *out, uint64_t prot);

void put_attributes(FILE *out, uint64_t attributes);
void put_xfrm(FILE *out, uint64_t xfrm);
void put_miscselect(FILE *out, uint64_t miscselect);
void put_secinfo(FILE *out, uint64_t flags);
void put_page_type(FILE *out, uint64_t type);
void put_error_code(FILE *out, uint32_t code); /* of a page fault */
void put_code(FILE *out, uint64_t code);       /* SGX_INVALID_SIGNATURE */
void put_errno(FILE *out, int64_t result);     /* -EPERM: "-1 EPERM" */
void put_signal(FILE *out, int sig, int code);

#endif
