/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * /dev/sgx_enclave and /dev/sgx_provision as a program meets them: paths,
 * open, stat, ioctl.  What it holds after open() is a token: a memory file
 * made by the supervisor, by whose inode the enclave is known, so that dup,
 * fork, exec and passing descriptors over sockets work by themselves.
 *
 * DEVIATION DP4: read, write and lseek on it are those of a memory file.
 */
#include <asm/errno.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "cpu/mem.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/string.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/filter/filter.h"
#include "process/rt/host/client.h"
#include "process/rt/host/host.h"
#include "process/rt/host/proc.h"
#include "process/rt/lp/injection.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/lp/lp.h"
#include "process/rt/lp/record.h"
#include "process/rt/lp/why.h"
#include "process/rt/platform/platform.h"
#include "process/rt/rt.h"
#include "process/rt/syscall/device.h"

#define MODE_DEVICE     (S_IFCHR | 0666)
#define MISC_MAJOR      10
#define MINOR_ENCLAVE   125
#define MINOR_PROVISION 126
#define BLKSIZE         4096
#define LINK_SIZE       512 /* of a path with a link in it */
#define MAX_LINKS       8

static const struct {
	const char *path;
	enum sgx_file_kind kind;
} nodes[] = {
	{ "/dev/sgx_enclave", SGX_FILE_ENCLAVE },
	{ "/dev/sgx_provision", SGX_FILE_PROVISION },
	{ "/dev/sgx/enclave", SGX_FILE_ENCLAVE },
	{ "/dev/sgx/provision", SGX_FILE_PROVISION },
};

static bool ends_with(const char *s, const char *end)
{
	unsigned long n = rt_strlen(s), m = rt_strlen(end);

	return n >= m && rt_streq(s + n - m, end);
}

/* Rejects almost every path, before anything that takes long. */
static bool is_candidate(const char *path)
{
	return ends_with(path, "enclave") || ends_with(path, "provision");
}

/* The folder that a relative path starts from, with a final slash. */
static long folder(int dirfd, char *buf, size_t size)
{
	char link[40] = "/proc/self/cwd";
	long n;

	if (dirfd != AT_FDCWD) {
		memcpy(link, "/proc/self/fd/", 15);
		proc_number(link + 14, (uint32_t)dirfd);
	}
	n = sys3(__NR_readlink, link, buf, size - 2);
	if (n < 0)
		return n;
	buf[n++] = '/';
	buf[n] = 0;
	return n;
}

/* "//" and "/./" mean "/"; ".." is left alone */
static void normalise(char *path)
{
	char *to = path;
	const char *from = path;

	while (*from) {
		if (from[0] == '/' && from[1] == '/') {
			from++;
		} else if (from[0] == '/' && from[1] == '.' && from[2] == '/') {
			from += 2;
		} else {
			*to++ = *from++;
		}
	}
	*to = 0;
}

long rt_absolute_path(int dirfd, const char *name, char path[2 * RT_PATH_SIZE])
{
	long n = 0;

	if (name[0] != '/')
		n = folder(dirfd, path, RT_PATH_SIZE);
	if (n < 0)
		return n;
	memcpy(path + n, name, rt_strlen(name) + 1);
	normalise(path);
	return 0;
}

/* By a node's own name. */
static enum sgx_file_kind named(int dirfd, const char *name)
{
	char path[2 * RT_PATH_SIZE];
	unsigned int i;

	if (!is_candidate(name) || rt_strlen(name) >= RT_PATH_SIZE ||
	    rt_absolute_path(dirfd, name, path))
		return SGX_FILE_NONE;
	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (rt_streq(path, nodes[i].path))
			return nodes[i].kind;
	return SGX_FILE_NONE;
}

/* name, if it is a symbolic link, becomes what it leads to. */
static bool follow_link(int dirfd, char name[LINK_SIZE])
{
	char target[LINK_SIZE];
	unsigned long at = rt_strlen(name);
	long n = sys4(__NR_readlinkat, dirfd, name, target, LINK_SIZE - 1);

	if (n <= 0)
		return false;
	target[n] = 0;
	while (at && name[at - 1] != '/')
		at--;
	if (target[0] == '/')
		at = 0;
	if (at + (unsigned long)n >= LINK_SIZE)
		return false;
	memcpy(name + at, target, (unsigned long)n + 1);
	return true;
}

enum sgx_file_kind rt_device_path(int dirfd, uint64_t upath, bool follow)
{
	enum sgx_file_kind kind;
	char name[LINK_SIZE];

	if (rt_get_string(name, upath, sizeof(name)) < 0)
		return SGX_FILE_NONE;
	kind = named(dirfd, name);
	for (int i = 0; follow && kind == SGX_FILE_NONE && i < MAX_LINKS &&
			follow_link(dirfd, name);
	     i++)
		kind = named(dirfd, name);
	return kind;
}

/* The lowest free descriptor, as open() gives. */
static long settle(int fd, uint64_t flags)
{
	long low = sys3(__NR_fcntl, fd,
			flags & O_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, 0);

	sys1(__NR_close, fd);
	return low;
}

long rt_device_open(enum sgx_file_kind kind, uint64_t flags)
{
	struct msg msg = { .type = MSG_OPEN };
	int fd = -1;
	int r;

	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if (flags & O_DIRECTORY)
		return -ENOTDIR;
	if (rt_emulator_refuses())
		return -ENODEV;
	r = rt_attach();
	if (r)
		return r == -ENOMEM ? -ENOMEM : -EACCES;
	msg.open.kind = kind;
	msg.open.flags = (uint32_t)flags & O_ACCMODE;
	r = rt_client_once(&msg, &fd);
	if (r || fd < 0)
		return r ? r : -EMFILE;
	return settle(fd, flags);
}

/* Is fd a token of ours, though this process has not met SGX yet? */
static bool looks_like_token(int fd)
{
	static const char name[] = "/memfd:/dev/sgx_";
	char link[40] = "/proc/self/fd/";
	char target[sizeof(name)];
	long n;

	if (fd < 0)
		return false;
	proc_number(link + 14, (uint32_t)fd);
	n = sys3(__NR_readlink, link, target, sizeof(target));
	return n == sizeof(target) &&
	       memcmp(target, name, sizeof(name) - 1) == 0;
}

struct sgx_encl *rt_token(int fd, int *accmode)
{
	struct stat st;

	if (!rt_process.attached && (!looks_like_token(fd) || rt_attach()))
		return NULL;
	if (sys2(__NR_fstat, fd, &st) < 0 ||
	    st.st_dev != rt_process.platform.token_dev)
		return NULL;
	if (accmode)
		*accmode = (int)sys3(__NR_fcntl, fd, F_GETFL, 0) & O_ACCMODE;
	return sgx_encl_of_token(rt_process.mm.shared, st.st_ino);
}

static enum sgx_file_kind file_kind(int fd)
{
	struct sgx_encl *encl = rt_token(fd, NULL);

	return encl ? sgx_encl_kind(encl) : SGX_FILE_NONE;
}

long rt_device_ioctl(struct thread *t, int fd, uint32_t cmd, uint64_t arg,
		     bool *ours)
{
	struct sgx_encl *encl = rt_token(fd, NULL);
	long r;

	*ours = encl != NULL;
	if (!encl)
		return 0;
	if (sgx_encl_kind(encl) != SGX_FILE_ENCLAVE)
		return -ENOTTY;
	rt_lp_init(t);
	rt_server_pid();
	rt_injection_count(t, SGX_WHEN_IOCTL);
	rt_why_begin(t);
	r = sgx_ioctl(&rt_process.mm, encl, &t->lp, cmd, arg, file_kind);
	rt_why_ioctl(t, cmd, r);
	rt_record_ioctl(t, fd, cmd, arg, encl, r);
	if (!r)
		rt_filter_elrange(encl); /* it may have been ECREATE */
	return r;
}

static uint64_t rdev(enum sgx_file_kind kind)
{
	return MISC_MAJOR << 8 |
	       (kind == SGX_FILE_ENCLAVE ? MINOR_ENCLAVE : MINOR_PROVISION);
}

uint64_t rt_device_ino(enum sgx_file_kind kind)
{
	return MINOR_ENCLAVE + (uint64_t)kind;
}

static int put_stat(uint64_t buf, enum sgx_file_kind kind)
{
	struct stat st = { .st_nlink = 1,
			   .st_ino = rt_device_ino(kind),
			   .st_mode = MODE_DEVICE,
			   .st_rdev = rdev(kind),
			   .st_blksize = BLKSIZE };

	return rt_put(buf, &st, sizeof(st));
}

static int put_statx(uint64_t buf, enum sgx_file_kind kind)
{
	struct statx stx = { .stx_mask = STATX_BASIC_STATS,
			     .stx_blksize = BLKSIZE,
			     .stx_nlink = 1,
			     .stx_mode = MODE_DEVICE,
			     .stx_ino = rt_device_ino(kind),
			     .stx_rdev_major = MISC_MAJOR,
			     .stx_rdev_minor = rdev(kind) & 0xff };

	return rt_put(buf, &stx, sizeof(stx));
}

long rt_device_stat(uint64_t nr, const struct machine_context *mc,
		    enum sgx_file_kind kind)
{
	uint64_t mode = 0;

	switch (nr) {
	case __NR_stat:
	case __NR_lstat:
		return put_stat(mc->rsi, kind);
	case __NR_newfstatat:
		return put_stat(mc->rdx, kind);
	case __NR_statx:
		return put_statx(mc->r8, kind);
	case __NR_access:
		mode = mc->rsi;
		break;
	default: /* faccessat, faccessat2 */
		mode = mc->rdx;
	}
	if (mode & ~7ul)
		return -EINVAL;
	return mode & 1 ? -EACCES : 0; /* nobody may execute it */
}

long rt_device_change(void)
{
	return sys0(__NR_geteuid) ? -EPERM : 0;
}

bool rt_device_fixup_stat(uint64_t nr, int fd, uint64_t buf)
{
	enum sgx_file_kind kind = file_kind(fd);

	if (kind == SGX_FILE_NONE)
		return false;
	if (nr == __NR_statx)
		put_statx(buf, kind);
	else
		put_stat(buf, kind);
	return true;
}
