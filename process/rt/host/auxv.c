/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel keeps a copy of the auxiliary vector for /proc/PID/auxv.
 * Debuggers and programs that look there must find our vDSO, as the program
 * does on its stack.  prctl(2) PR_SET_MM_MAP sets the whole description of an
 * address space, so the rest of it is read from /proc/PID/stat and set to the
 * same again, if the vector cannot be set alone.
 *
 * Where that fails (no /proc, a kernel without CONFIG_CHECKPOINT_RESTORE)
 * debuggers do not know our vDSO, and nothing else happens.
 */
#include <linux/fcntl.h>
#include <linux/prctl.h>

#include "process/rt/base/params.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/host.h"
#include "process/rt/host/proc.h"

static long read_stat(char *text, long size)
{
	int fd = (int)sys4(__NR_openat, AT_FDCWD, "/proc/self/stat",
			   O_RDONLY | O_CLOEXEC, 0);
	long n;

	if (fd < 0)
		return fd;
	n = sys3(__NR_read, fd, text, size - 1);
	sys1(__NR_close, fd);
	if (n >= 0)
		text[n] = 0;
	return n;
}

/* With CAP_SYS_RESOURCE it can be set alone. */
static bool set_alone(void)
{
	return sys5(__NR_prctl, PR_SET_MM, PR_SET_MM_AUXV, rt_params.auxv,
		    rt_params.auxv_size, 0) == 0;
}

void rt_auxv_publish(void)
{
	uint64_t field[STAT_FIELDS];
	struct prctl_mm_map map;
	char text[1024];
	long n = set_alone() ? 0 : read_stat(text, sizeof(text));

	if (n <= 0 || !proc_stat(text, field))
		return;
	map = (struct prctl_mm_map){
		.start_code = field[STAT_STARTCODE],
		.end_code = field[STAT_ENDCODE],
		.start_data = field[STAT_START_DATA],
		.end_data = field[STAT_END_DATA],
		.start_brk = field[STAT_START_BRK],
		.brk = (uint64_t)sys1(__NR_brk, 0),
		.start_stack = field[STAT_STARTSTACK],
		.arg_start = field[STAT_ARG_START],
		.arg_end = field[STAT_ARG_END],
		.env_start = field[STAT_ENV_START],
		.env_end = field[STAT_ENV_END],
		.auxv = (void *)rt_params.auxv,
		.auxv_size = rt_params.auxv_size,
		.exe_fd = (uint32_t)-1,
	};
	sys5(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
}
