/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AESM's socket, as a program meets it.  connect() to its path or its older
 * name reaches the run's own (process/supervisor/aesm/), whether one listens on
 * the host or not; stat() and access() of the path find a socket.  linux-sgx
 * core/ipc/SocketConfig.h; unix(7)
 */
#include <asm/errno.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/un.h>

#include "cpu/mem.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/door.h"
#include "process/rt/base/params.h"
#include "process/rt/base/string.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/syscall/calls.h"
#include "process/rt/syscall/device.h"

#define AF_UNIX_    1
#define MODE_SOCKET (S_IFSOCK | 0777)
#define BLKSIZE     4096
#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)

static const char name_of_socket[] = "aesm.socket";
static const char abstract_name[] = "sgx_aesm_socket_base";

static bool is_aesm(int dirfd, const char *name)
{
	char path[2 * RT_PATH_SIZE];
	unsigned long n = rt_strlen(name), m = sizeof(name_of_socket) - 1;

	if (n < m || n >= RT_PATH_SIZE ||
	    !rt_streq(name + n - m, name_of_socket) ||
	    rt_absolute_path(dirfd, name, path))
		return false;
	return rt_streq(path, "/var/run/aesmd/aesm.socket") ||
	       rt_streq(path, "/run/aesmd/aesm.socket");
}

bool rt_aesm_path(int dirfd, uint64_t upath)
{
	char name[RT_PATH_SIZE];

	return rt_get_string(name, upath, sizeof(name)) > 0 &&
	       is_aesm(dirfd, name);
}

/* The older name is abstract: its first byte is 0.  Some pad it with more. */
static bool is_abstract(const struct sockaddr_un *un, uint64_t n)
{
	const uint64_t m = sizeof(abstract_name) - 1;

	if (n < m + 1 || un->sun_path[0] ||
	    memcmp(un->sun_path + 1, abstract_name, m))
		return false;
	for (uint64_t i = m + 1; i < n; i++)
		if (un->sun_path[i])
			return false;
	return true;
}

/* The path need not end with a NUL. */
static bool names_aesm(uint64_t address, uint64_t size)
{
	struct sockaddr_un un;
	char path[sizeof(un.sun_path) + 1] = "";

	if (size <= PATH_OFFSET || size > sizeof(un) ||
	    rt_get(&un, address, size) || un.sun_family != AF_UNIX_)
		return false;
	if (is_abstract(&un, size - PATH_OFFSET))
		return true;
	memcpy(path, un.sun_path, size - PATH_OFFSET);
	return is_aesm(AT_FDCWD, path);
}

/*
 * DEVIATION DP60: getpeername() gives the name of the run's socket; in another
 * network namespace than the run's it is not there.
 */
enum rt_answer rt_aesm_connect(struct kucontext *uc)
{
	const unsigned long prefix = sizeof(RT_AESM_PREFIX) - 1;
	struct sockaddr_un un = { .sun_family = AF_UNIX_ };
	struct machine_context *mc = &uc->mc;
	unsigned long n = rt_strlen(rt_params.socket);

	if (!names_aesm(mc->rsi, (uint32_t)mc->rdx))
		return RT_PASS_ON;
	memcpy(un.sun_path + 1, RT_AESM_PREFIX, prefix);
	memcpy(un.sun_path + 1 + prefix, rt_params.socket, n);
	mc->rax = (uint64_t)rt_door(__NR_connect, mc->rdi, (uint64_t)&un,
				    PATH_OFFSET + 1 + prefix + n, 0, 0, 0);
	return RT_DONE;
}

static int put_stat(uint64_t buf)
{
	struct stat st = { .st_nlink = 1,
			   .st_mode = MODE_SOCKET,
			   .st_blksize = BLKSIZE };

	return rt_put(buf, &st, sizeof(st));
}

static int put_statx(uint64_t buf)
{
	struct statx stx = { .stx_mask = STATX_BASIC_STATS,
			     .stx_blksize = BLKSIZE,
			     .stx_nlink = 1,
			     .stx_mode = MODE_SOCKET };

	return rt_put(buf, &stx, sizeof(stx));
}

long rt_aesm_stat(const struct machine_context *mc)
{
	switch (mc->rax) {
	case __NR_stat:
	case __NR_lstat:
		return put_stat(mc->rsi);
	case __NR_newfstatat:
		return put_stat(mc->rdx);
	case __NR_statx:
		return put_statx(mc->r8);
	case __NR_access:
		return mc->rsi & ~7ul ? -EINVAL : 0;
	default: /* faccessat, faccessat2 */
		return mc->rdx & ~7ul ? -EINVAL : 0;
	}
}
