/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an errno means, call by call.  Linux 6.1 arch/x86/kernel/cpu/sgx,
 * ioctl.c, driver.c and encl.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/explain/explain.h"

static const struct name {
	int value;
	const char *name;
} names[] = {
	{ EPERM, "EPERM" },   { ENOENT, "ENOENT" }, { EINTR, "EINTR" },
	{ EIO, "EIO" },       { EAGAIN, "EAGAIN" }, { ENOMEM, "ENOMEM" },
	{ EACCES, "EACCES" }, { EFAULT, "EFAULT" }, { EBUSY, "EBUSY" },
	{ ENODEV, "ENODEV" }, { EINVAL, "EINVAL" }, { ENOTTY, "ENOTTY" },
	{ 0, NULL },
};

static const struct case_of {
	int value;
	const char *call, *means;
} cases[] = {
	/* clang-format off */
	{ ENOENT, "open()", "there is no SGX driver: not in a run, the "
	  "firmware has SGX off, or no flexible launch control" },
	{ EACCES, "open()", "the user may not open the device (group sgx); in "
	  "a run: the process cannot reach the run's server, the line on "
	  "standard error says why" },
	{ ENODEV, "open()", "in a run: the program is emulated, by valgrind" },
	{ ENOMEM, "open()", "out of memory, or of places for enclaves" },

	{ EINVAL, "CREATE", "there is an enclave already, or SECS.SIZE is no "
	  "power of two" },
	{ EIO, "CREATE", "ECREATE refused the SECS: size, base, SSAFRAMESIZE, "
	  "MISCSELECT, XFRM, ATTRIBUTES or a reserved field" },
	{ EFAULT, "CREATE", "the argument or the SECS cannot be read" },
	{ ENOMEM, "CREATE", "the EPC is full and nothing can be written out" },

	{ EINVAL, "ADD_PAGES", "before CREATE or after INIT; offset, length "
	  "or source not a multiple of 4096, or beyond the enclave; SECINFO "
	  "has a type, permissions or reserved bits that it may not have" },
	{ EACCES, "ADD_PAGES", "the source lies in a file on a noexec mount" },
	{ EBUSY, "ADD_PAGES", "there is a page already at that offset" },
	{ EFAULT, "ADD_PAGES", "the argument, SECINFO or the source cannot be "
	  "read" },
	{ EIO, "ADD_PAGES", "EADD refused the page, often a TCS whose fields "
	  "are wrong" },
	{ ENOMEM, "ADD_PAGES", "the EPC is full and nothing can be written "
	  "out" },
	{ EINTR, "ADD_PAGES", "a signal came before the first page; later it "
	  "is a return value of 0 and a short count" },

	{ EINVAL, "INIT", "before CREATE or after INIT; SIGSTRUCT's vendor is "
	  "neither 0 nor Intel's, or it asks for ATTRIBUTES, XFRM or "
	  "MISCSELECT that the platform has not" },
	{ EACCES, "INIT", "ATTRIBUTES has PROVISIONKEY, and PROVISION was not "
	  "called after CREATE; or EINITTOKENKEY" },
	{ EFAULT, "INIT", "the argument or SIGSTRUCT cannot be read" },
	{ EPERM, "INIT", "EINIT gave a code: signature, measurement or "
	  "attributes are wrong. Linux does not say which" },
	{ EIO, "INIT", "EINIT raised a fault: the SECS is gone (the EPC was "
	  "lost), or the enclave is initialised" },

	{ EINVAL, "PROVISION", "the descriptor is none of an open "
	  "/dev/sgx_provision" },

	{ ENODEV, "RESTRICT_PERMISSIONS, MODIFY_TYPES, REMOVE_PAGES",
	  "the processor has no SGX2 (`swsgx run --sgx1`)" },
	{ EINVAL, "RESTRICT_PERMISSIONS, MODIFY_TYPES, REMOVE_PAGES",
	  "before INIT; offset or length; `result` or `count` not 0; or a "
	  "type or permissions that the page cannot have" },
	{ EFAULT, "RESTRICT_PERMISSIONS, MODIFY_TYPES, REMOVE_PAGES",
	  "there is no page at `offset` + `count`; or the leaf refused, with "
	  "its code in `result`; or the EPC was lost" },
	{ EAGAIN, "RESTRICT_PERMISSIONS, MODIFY_TYPES", "the page is on its "
	  "way out of the EPC, or there is no room: try again" },
	{ EBUSY, "REMOVE_PAGES", "the page is on its way out of the EPC: try "
	  "again" },
	{ EPERM, "REMOVE_PAGES", "the page was not trimmed, or the enclave "
	  "has not accepted that (EACCEPT)" },
	{ EPERM, "MODIFY_TYPES", "the page cannot become a TCS: it was added "
	  "without read and write" },

	{ EBUSY, "every ioctl", "another thread is in an ioctl on this "
	  "enclave" },
	{ ENOTTY, "every ioctl", "no such command, or the descriptor is not "
	  "/dev/sgx_enclave's" },
	{ EINTR, "every ioctl", "a signal came while it waited for room in "
	  "the EPC" },

	{ EACCES, "mmap(), mprotect()", "a page of the range was added with "
	  "fewer permissions; or the range is not within the enclave; or "
	  "PROT_WRITE and the device was opened read-only" },
	{ EINVAL, "mmap()", "MAP_PRIVATE, or an address that is not a "
	  "multiple of 4096" },
	{ 0, NULL, NULL },
	/* clang-format on */
};

static const struct name *find(const struct question *q)
{
	for (const struct name *n = names; n->name; n++)
		if (q->is_number ? q->number == (uint64_t)n->value :
				   !strcasecmp(q->text, n->name))
			return n;
	return NULL;
}

unsigned explain_errno(struct report *report, const struct question *q)
{
	const struct name *name = find(q);
	char title[128];

	if (!name)
		return 0;
	snprintf(title, sizeof(title), "errno %d: %s (%s)", name->value,
		 name->name, strerror(name->value));
	explain_begin(report, q, "errno", title);
	report_text(report, "name", NULL, name->name);
	report_number(report, "value", NULL, (uint64_t)name->value);
	for (const struct case_of *c = cases; c->call; c++)
		if (c->value == name->value)
			report_case(report, "cases", c->call, c->means);
	report_prose(report, "next", "what to do",
		     "`swsgx run -v` names the "
		     "check that refused");
	return 1;
}
