/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The devices in a listing of /dev: behind what the first call gives of it.
 * getdents64(2).
 */
#include <asm/stat.h>

#include "cpu/mem.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/door.h"
#include "process/rt/base/string.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/syscall/calls.h"
#include "process/rt/syscall/device.h"

#define SEEK_CUR_ 1
#define DT_CHR_   2

struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[21]; /* to a length of 40 */
};
_Static_assert(sizeof(struct entry) == 40, "no padding");

static const char *const paths[] = { "/dev/sgx_enclave", "/dev/sgx_provision" };

#define NODES  (sizeof(paths) / sizeof(paths[0]))
#define PREFIX 5 /* "/dev/" */

static bool is_dev(int fd)
{
	struct stat st, dev;

	return !sys2(__NR_fstat, fd, &st) && !sys2(__NR_stat, "/dev", &dev) &&
	       st.st_ino == dev.st_ino && st.st_dev == dev.st_dev;
}

/* The program's buffer has room for it.  What it takes, or -errno. */
static long add(uint64_t buf, unsigned int node, int64_t off)
{
	const char *name = paths[node] + PREFIX;
	struct entry e = { .ino = rt_device_ino(node == 0 ? SGX_FILE_ENCLAVE :
							    SGX_FILE_PROVISION),
			   .off = off,
			   .reclen = sizeof(e),
			   .type = DT_CHR_ };

	/* a host with SGX lists its own */
	if (!sys2(__NR_access, paths[node], 0))
		return 0;
	memcpy(e.name, name, rt_strlen(name) + 1);
	return rt_put(buf, &e, sizeof(e)) ? -EFAULT : (long)sizeof(e);
}

enum rt_answer rt_device_list(struct kucontext *uc)
{
	const uint64_t room = NODES * sizeof(struct entry);
	struct machine_context *mc = &uc->mc;
	int fd = (int)mc->rdi;
	uint32_t size = (uint32_t)mc->rdx;
	long r, n;

	if (size < 2 * room || sys3(__NR_lseek, fd, 0, SEEK_CUR_) != 0 ||
	    !is_dev(fd))
		return RT_PASS_ON;
	r = rt_door(__NR_getdents64, mc->rdi, mc->rsi, size - room, 0, 0, 0);
	for (unsigned int i = 0; i < NODES && r > 0; i++) {
		/* who seeks to where it ends comes to what follows */
		n = add(mc->rsi + (uint64_t)r, i,
			sys3(__NR_lseek, fd, 0, SEEK_CUR_));
		r = n < 0 ? n : r + n;
	}
	mc->rax = (uint64_t)r;
	return RT_DONE;
}
