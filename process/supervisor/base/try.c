/* SPDX-License-Identifier: BSD-3-Clause */
/* See try.h. */
#include "process/supervisor/base/try.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

bool can_in_child(void (*try)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		try();
		_exit(1);
	}
	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
