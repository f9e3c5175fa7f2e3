/* SPDX-License-Identifier: BSD-3-Clause */
/* /dev/sgx_enclave and /dev/sgx_provision as the program meets them. */
#ifndef SWSGX_PROCESS_RT_SYSCALL_DEVICE_H
#define SWSGX_PROCESS_RT_SYSCALL_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/platform/layout.h"
#include "process/rt/base/abi.h"

struct thread;

/* Which device the program's path leads to. */
enum sgx_file_kind rt_device_path(int dirfd, uint64_t path, bool follow);
uint64_t rt_device_ino(enum sgx_file_kind kind);

/* These return the value of the call, or -errno. */
long rt_device_open(enum sgx_file_kind kind, uint64_t flags);
long rt_device_ioctl(struct thread *t, int fd, uint32_t cmd, uint64_t arg,
		     bool *ours);
/* stat(), access() and their kin */
long rt_device_stat(uint64_t nr, const struct machine_context *mc,
		    enum sgx_file_kind kind);
/* Of its mode or owner: as root's; it has no effect.  DEVIATION DP4. */
long rt_device_change(void);
/* A stat by descriptor is in buf.  True: it was a device's, and is now one. */
bool rt_device_fixup_stat(uint64_t nr, int fd, uint64_t buf);

/* The enclave that a descriptor of the program stands for, or NULL. */
struct sgx_encl *rt_token(int fd, int *accmode);

/* Makes `name` absolute, if it is not too long.  0 or -errno. */
#define RT_PATH_SIZE 64
long rt_absolute_path(int dirfd, const char *name, char path[2 * RT_PATH_SIZE]);

#endif
