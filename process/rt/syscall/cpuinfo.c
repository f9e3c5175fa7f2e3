/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scripts look for SGX in /proc/cpuinfo.  A program that opens it gets a copy
 * of the host's file, with SGX in its flags. After Linux 6.1
 * arch/x86/kernel/cpu/proc.c show_cpuinfo().
 *
 * DEVIATION DP25: the rest of /proc and /sys is the host's.
 */
#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <linux/resource.h>

#include "process/rt/base/abi.h"
#include "process/rt/base/door.h"
#include "process/rt/base/string.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/syscall/calls.h"
#include "process/rt/syscall/device.h"

#define CHUNK 2048

static const char cpuinfo[] = "/proc/cpuinfo";
static const char label[] = "flags";
static const char added[] = " sgx sgx_lc";

static bool is_cpuinfo(int dirfd, uint64_t upath)
{
	char name[RT_PATH_SIZE], path[2 * RT_PATH_SIZE];
	long n = rt_get_string(name, upath, sizeof(name));

	return n >= 7 && rt_streq(name + n - 7, "cpuinfo") &&
	       !rt_absolute_path(dirfd, name, path) && rt_streq(path, cpuinfo);
}

/* Then a write of ours to a file might send SIGXFSZ to the program. */
static bool file_size_is_limited(void)
{
	uint64_t limit[2] = { 0 }; /* struct rlimit */

	sys4(__NR_prlimit64, 0, RLIMIT_FSIZE, 0, limit);
	return limit[0] != ~0ull;
}

static bool put(int fd, const char *text, long n)
{
	return !n || sys3(__NR_write, fd, text, n) == n;
}

/* *match: letters of `label` that the line begins with, or -1. */
static bool copy_chunk(int to, const char *text, long n, int *match)
{
	long start = 0;

	for (long i = 0; i < n; i++) {
		bool whole = *match == sizeof(label) - 1;

		if (text[i] == '\n' && whole) {
			if (!put(to, text + start, i - start) ||
			    !put(to, added, sizeof(added) - 1))
				return false;
			start = i;
		}
		if (text[i] == '\n')
			*match = 0;
		else if (*match >= 0 && !whole)
			*match = text[i] == label[*match] ? *match + 1 : -1;
	}
	return put(to, text + start, n - start);
}

static bool copy(int from, int to)
{
	char text[CHUNK];
	int match = 0;
	long n;

	do {
		n = sys3(__NR_read, from, text, sizeof(text));
		if (n < 0 || !copy_chunk(to, text, n, &match))
			return false;
	} while (n);
	return sys3(__NR_lseek, to, 0, 0 /* SEEK_SET */) == 0;
}

/* The copy takes the descriptor of the host's file. */
static void replace(int fd)
{
	long flags = sys3(__NR_fcntl, fd, F_GETFD, 0);
	long copied = sys2(__NR_memfd_create, cpuinfo, MFD_CLOEXEC);

	if (copied < 0)
		return;
	if (copy(fd, (int)copied))
		sys3(__NR_dup3, copied, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
	else
		sys3(__NR_lseek, fd, 0, 0);
	sys1(__NR_close, copied);
}

bool rt_cpuinfo_open(struct kucontext *uc, int dirfd, uint64_t path)
{
	struct machine_context *mc = &uc->mc;
	long fd, mode;

	if (!is_cpuinfo(dirfd, path))
		return false;
	fd = rt_door((long)mc->rax, mc->rdi, mc->rsi, mc->rdx, mc->r10, mc->r8,
		     mc->r9);
	mc->rax = (uint64_t)fd;
	if (fd < 0 || file_size_is_limited())
		return true;
	mode = sys3(__NR_fcntl, fd, F_GETFL, 0);
	if (!(mode & (O_PATH | O_ACCMODE)))
		replace((int)fd);
	return true;
}
