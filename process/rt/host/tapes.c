/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/rt/host/tapes.h.  The head of the file, and the tape of each
 * slot, are mapped at addresses of the runtime's own, so whoever maps them once
 * more maps the same.
 */
#include "process/rt/host/tapes.h"

#include <linux/mman.h>
#include <linux/time.h>

#include "kernel/platform/section.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/client.h"
#include "process/rt/rt.h"

static struct tape_file *file(void)
{
	return (struct tape_file *)RT_TAPES;
}

static long map(int fd, uint64_t at, uint64_t len, uint64_t offset)
{
	long r = sys_call(__NR_mmap, at, len, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, fd, offset);

	if (r > 0)
		sys3(__NR_madvise, at, len, MADV_DONTDUMP);
	return r;
}

static uint64_t place_of(const struct thread *t)
{
	uint64_t slot = ((uint64_t)t - RT_SLOTS) >> RT_SLOT_SHIFT;

	return RT_TAPES + RT_TAPES_AT + slot * TAPE_SIZE;
}

static bool map_file(int fd)
{
	if (map(fd, RT_TAPES, TAPE_FILE_HEAD, 0) < 0 ||
	    file()->magic != TAPE_MAGIC || file()->version != TAPE_VERSION)
		return false;
	rt_process.host.has_tapes = true;
	return true;
}

static bool map_tape(struct thread *t, int fd, uint32_t number)
{
	int i = tape_claim(file(), (uint64_t)number << 32 | t->tid);

	if (i < 0 || map(fd, place_of(t), TAPE_SIZE, TAPE_AT(i)) < 0)
		return false;
	t->tape.tape = (struct tape){ &file()->heads[i],
				      (uint8_t *)place_of(t) };
	return true;
}

bool rt_tape_join(struct thread *t, uint32_t number)
{
	struct msg msg = { .type = MSG_TAPE };
	int fd = -1;

	if (t->tape.tape.data)
		return true;
	if (t->tape.refused || !rt_is_own(t))
		return false;
	t->tape.refused = !number || rt_client_once(&msg, &fd) || fd < 0 ||
			  !map_file(fd) || !map_tape(t, fd, number);
	if (fd >= 0)
		sys1(__NR_close, fd);
	return !t->tape.refused;
}

static uint64_t now(void)
{
	int64_t ts[2]; /* struct timespec */

	sys2(__NR_clock_gettime, CLOCK_MONOTONIC, ts);
	return (uint64_t)ts[0] * 1000000000 + (uint64_t)ts[1];
}

static void drop(const struct thread *t)
{
	uint64_t *count = t->tape.tape.data ? &t->tape.tape.head->dropped :
					      &file()->dropped;

	if (rt_process.host.has_tapes)
		__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
}

/* A handler may come in the middle, for this thread. */
void rt_tape_put(struct thread *t, struct tape_record *record)
{
	if (!t->tape.tape.data || t->tape.busy) {
		drop(t);
		return;
	}
	sgx_section_keep(&rt_process.mm);
	t->tape.busy = true;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	record->time = now();
	record->pid = rt_is_own(t) ? rt_process.pid : t->tid;
	record->tid = t->tid;
	tape_put(&t->tape.tape, record);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	t->tape.busy = false;
	sgx_section_let_go(&rt_process.mm);
}
