/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process uses SGX for the first time: it maps the platform, and from now on
 * its memory system calls are watched.
 */
#include <asm/stat.h>
#include <linux/mman.h>

#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/spin.h"
#include "process/rt/base/sys.h"
#include "process/rt/filter/filter.h"
#include "process/rt/host/client.h"
#include "process/rt/host/host.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/lp/view.h"
#include "process/rt/platform/platform.h"
#include "process/rt/rt.h"
#include "process/rt/shortcut/shortcut.h"

static void entropy(void *buf, size_t n)
{
	uint8_t *p = buf;

	while (n) {
		long r = sys3(__NR_getrandom, p, n, 0);

		if (r <= 0)
			rt_panic("getrandom failed: %ld", r);
		p += r;
		n -= (size_t)r;
	}
}

static void tell_reach(uint64_t reach)
{
	if (reach < EPC_SPAN && rt_process.verbose)
		rt_log("this process has room for %lu MiB of the EPC's "
		       "address space, which is %lu TiB (its own mappings, or "
		       "RLIMIT_AS, are in the way): larger enclaves are ENOMEM",
		       (unsigned long)(reach >> 20),
		       (unsigned long)(EPC_SPAN >> 40));
}

static int map_platform(int fd)
{
	const struct place *place = &rt_process.host.place;
	struct stat st;
	int r = (int)sys3(__NR_fstat, fd, &st, 0);

	if (!r)
		r = rt_place_platform(fd);
	if (r) {
		rt_log("cannot map the EPC: error %d; is the address space "
		       "limited (ulimit -v)?",
		       -r);
		return r;
	}
	rt_process.platform.token_dev = st.st_dev;
	r = sgx_mm_init(&rt_process.mm, (void *)place->base, &rt_host, entropy);
	if (r)
		return r;
	if (rt_process.mm.reach > place->reach)
		rt_process.mm.reach = place->reach;
	tell_reach(rt_process.mm.reach);
	return 0;
}

static int attach(void)
{
	struct msg msg = { .type = MSG_ATTACH };
	int fd = -1;
	int r;

	rt_shortcut_close();
	r = rt_client_once(&msg, &fd);

	if (r) {
		rt_log("this process needs SGX, but the supervisor of the run "
		       "(pid %u) does not answer: error %d",
		       rt_params.supervisor_pid, -r);
		return r;
	}
	rt_met_server(&msg);
	rt_fence_init();
	r = map_platform(fd);
	sys1(__NR_close, fd);
	if (!r)
		r = rt_filter_mm();
	if (!r)
		rt_view_init();
	if (r)
		return r;
	__atomic_store_n(&rt_process.attached, 1, __ATOMIC_RELEASE);
	return 0;
}

int rt_attach(void)
{
	int r = 0;

	if (__atomic_load_n(&rt_process.attached, __ATOMIC_ACQUIRE))
		return 0;
	spin_lock(&rt_process.platform.attach_lock);
	if (!rt_process.attached)
		r = attach();
	spin_unlock(&rt_process.platform.attach_lock);
	return r;
}
