/* SPDX-License-Identifier: BSD-3-Clause */
/* See ldt.h. */
#include "process/supervisor/base/ldt.h"

#include <asm/ldt.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/supervisor/base/try.h"

#define READ_LDT  0
#define WRITE_LDT 0x11

static void try(void)
{
	struct user_desc desc = { .limit = 0xfffff,
				  .seg_32bit = 1,
				  .limit_in_pages = 1,
				  .useable = 1 };

	prctl(PR_SET_DUMPABLE, 0); /* a filter's kill leaves no core */
	_exit(syscall(SYS_modify_ldt, WRITE_LDT, &desc, sizeof(desc)) != 0);
}

/* Without a filter nothing but the kernel's configuration forbids it. */
bool ldt_can_be_used(void)
{
	char entry[8];

	if (prctl(PR_GET_SECCOMP) == 0)
		return syscall(SYS_modify_ldt, READ_LDT, entry,
			       sizeof(entry)) >= 0;
	return can_in_child(try);
}
