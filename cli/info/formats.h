/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files that carry a signed or measured enclave.  Each function fills the
 * report and returns 0, or -1 after a complaint that names the field, its
 * offset in the file, and what was expected there.
 */
#ifndef SWSGX_CLI_INFO_FORMATS_H
#define SWSGX_CLI_INFO_FORMATS_H

#include <stdbool.h>

#include "cli/info/elf.h"
#include "cli/info/file.h"
#include "cli/info/report.h"
#include "cpu/sgx_arch.h"

/* A file of any of these formats. */
int format_report(struct report *report, const struct file *file);

/* Intel's SDK, and other SDKs that are built on it: section .note.sgxmeta. */
int sdk_report(struct report *report, const struct file *file,
	       const struct elf_section *section);
/* Open Enclave: section .oeinfo. */
int open_enclave_report(struct report *report, const struct file *file,
			const struct elf_section *section);

/* Fortanix's SGXS: the measured stream. */
bool sgxs_begins(const struct file *file);
int sgxs_report(struct report *report, const struct file *file);
/* The same with its SIGSTRUCT from another file, and whether they agree. */
int sgxs_report_signed(struct report *report, const struct file *file,
		       const struct file *sigstruct);

#endif
