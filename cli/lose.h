/* SPDX-License-Identifier: BSD-3-Clause */
/* What `swsgx suspend` and `swsgx migrate` share. */
#ifndef SWSGX_CLI_LOSE_H
#define SWSGX_CLI_LOSE_H

#include <stdbool.h>

#include "process/ctl.h"

/*
 * Make msg, a MSG_EVENT, happen to the run of the one operand, or with `all` to
 * every run of this user, and print what was hit.  Returns the exit status.
 */
int lose(const char *command, const struct msg *msg, bool all, bool json,
	 int argc, char **argv);

#endif
