/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runtime's first and only run outside a signal handler: at exec, before
 * the new image's first instruction, at the injector's hand.
 */
#include <asm/prctl.h>
#include <linux/mman.h>
#include <linux/prctl.h>

#include "cpu/crypto/init.h"
#include "process/rt/base/params.h"
#include "process/rt/base/sys.h"
#include "process/rt/cpuid/cpuid.h"
#include "process/rt/entry/entry.h"
#include "process/rt/filter/filter.h"
#include "process/rt/host/host.h"
#include "process/rt/lp/plain.h"
#include "process/rt/rt.h"
#include "process/rt/signal/signal.h"
#include "process/rt/thread/thread.h"

#include "vdso_offsets.h"

static int protect(uint64_t start, uint64_t end, int prot)
{
	return (int)sys3(__NR_mprotect, start, end - start, prot);
}

static int protect_code(void)
{
	uint64_t text = (uint64_t)rt_text_start;
	uint64_t rodata = (uint64_t)rt_rodata_start;
	uint64_t image = (uint64_t)rt_vdso_start;
	uint64_t end = (uint64_t)rt_data_start;
	int r = 0;

	if (!rt_params.code_is_protected)
		r = protect(text, rodata, PROT_READ | PROT_EXEC);
	if (!r)
		r = protect(rodata, image, PROT_READ);
	if (rt_params.code_is_protected)
		return r;
	return r ? r : protect(image, end, PROT_READ | PROT_EXEC);
}

/*
 * The library was compiled with a stack protector, which reads FS:28H, and a
 * new image has no FS yet.  Its start also runs CPUID, which may fault later.
 */
static void init_crypto(void)
{
	static uint64_t tls[16];

	sys2(__NR_arch_prctl, ARCH_SET_FS, tls);
	cpu_crypto_init();
	sys2(__NR_arch_prctl, ARCH_SET_FS, 0);
}

static int mark(void)
{
	long r = sys_call(__NR_mmap, RT_MARKER(rt_params.supervisor_pid),
			  SGX_PAGE_SIZE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return r < 0 ? (int)r : 0;
}

static enum rt_step set_up(int *err)
{
	if (rt_params.blob_fd)
		sys1(__NR_close, rt_params.blob_fd - 1);
	rt_process.verbose = rt_params.verbose;
	rt_process.filter.installed = rt_params.filters;
	rt_process.fsgsbase = (rt_params.hwcap2 >> 1) & 1;
	init_crypto();
	*err = rt_vdso_init(rt_plain_is_possible() ?
				    (uint64_t)rt_plain_start :
				    rt_params.vdso_address + VDSO_SGX_ENCLU);
	rt_auxv_publish();
	if (!*err)
		*err = protect_code();
	if (*err)
		return RT_STEP_PROTECT;
	*err = mark();
	if (!*err)
		*err = rt_slots_init();
	if (*err)
		return RT_STEP_SLOTS;
	rt_signals_init(rt_signal_entry, rt_params.virtual_ignored);
	rt_thread_first()->signal.state.virtual_mask = rt_params.virtual_mask &
						       RT_SYNC_SIGNALS;
	rt_emulator_init();
	rt_cpuid_init();
	*err = rt_cpuid_init_sites();
	if (*err)
		return RT_STEP_CPUID;
	*err = rt_filter_base();
	return *err ? RT_STEP_SECCOMP : RT_STEP_NONE;
}

void rt_init(void)
{
	int err = 0;

	rt_params.failed_step = set_up(&err);
	rt_params.result = err;
}

void rt_close_image(void)
{
	sys2(__NR_prctl, PR_SET_DUMPABLE, 0);
}
