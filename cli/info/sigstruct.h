/* SPDX-License-Identifier: BSD-3-Clause */
/* A SIGSTRUCT within a file, for `swsgx info`. */
#ifndef SWSGX_CLI_INFO_SIGSTRUCT_H
#define SWSGX_CLI_INFO_SIGSTRUCT_H

#include "cli/info/file.h"
#include "cli/info/report.h"
#include "cpu/sgx_arch.h"

/*
 * Copy the SIGSTRUCT at `offset` to *sig.  -1 after a complaint, which calls
 * it `what`: the file ends within it, it is all zeros (not signed yet), or it
 * does not begin with HEADER.
 */
int sigstruct_get(const struct file *file, uint64_t offset, const char *what,
		  struct sgx_sigstruct *sig);

/* Are HEADER and HEADER2 where a SIGSTRUCT at `offset` would have them? */
bool sigstruct_begins(const struct file *file, uint64_t offset);

/* Its fields, as a new item of the report, and what EINIT would say. */
void sigstruct_report(struct report *report, uint64_t offset,
		      const struct sgx_sigstruct *sig);

/* Names of the bits of ATTRIBUTES, XFRM and MISCSELECT. */
extern const struct bit_name sigstruct_attribute_names[];
extern const struct bit_name sigstruct_xfrm_names[];
extern const struct bit_name sigstruct_misc_names[];

#endif
