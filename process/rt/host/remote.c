/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Other processes of the run.  The runtime is the same in all of them and lies
 * at the same address, so its variables are found there by their own address
 * here.  process_vm_readv(2).
 */
#include <linux/uio.h>

#include "cpu/mem.h"
#include "process/rt/base/params.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/host.h"

bool rt_remote_read(uint32_t pid, void *to, uint64_t from, size_t n)
{
	struct iovec local = { to, n }, remote = { (void *)from, n };

	return sys6(__NR_process_vm_readv, pid, (long)&local, 1, (long)&remote,
		    1, 0) == (long)n;
}

bool rt_in_run(uint32_t pid)
{
	uint8_t secret[sizeof(rt_params.secret)];

	return rt_remote_read(pid, secret, (uint64_t)rt_params.secret,
			      sizeof(secret)) &&
	       !memcmp(secret, rt_params.secret, sizeof(secret));
}
