/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPUID where the processor cannot fault it.  In each private executable
 * mapping of a file, the instruction's second byte is changed in memory, which
 * makes it a CLTS, that is #GP.  (UD2 takes three times as long where a
 * hypervisor intercepts #UD; debuggers take INT3 for their own.)  The
 * supervisor finds the instructions (supervisor/cpuid/scan.c).  A list of those
 * that were rewritten is kept here; any other CLTS is the program's.
 * DEVIATION DJ2: the program can read the CLTS in its own code.
 */
#include <asm/stat.h>
#include <linux/mman.h>

#include "cpu/mem.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/spin.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/cpuid/cpuid.h"
#include "process/rt/host/client.h"
#include "process/rt/host/host.h"
#include "process/rt/rt.h"

#define CPUID_0  0x0f
#define CPUID_1  0xa2
#define CLTS_1   0x06
#define PREFIXES 4 /* #GP has RIP at the first of them */

/*
 * What was rewritten in one mapping.  The list is changed by single stores, so
 * a child of fork() finds it complete, whatever another thread was doing.
 */
struct sites {
	struct sites *next;
	uint64_t start, end;
	uint64_t bytes; /* of this record */
	uint64_t count;
	uint64_t at[]; /* addresses, ascending */
};

static struct sites *all;

static struct sites *new_sites(uint64_t start, uint64_t end, uint64_t max)
{
	uint64_t bytes = sizeof(struct sites) + max * sizeof(uint64_t);
	struct sites *s;
	long r;

	r = sys_call(__NR_mmap, 0, bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (r < 0)
		return NULL;
	s = (struct sites *)r;
	s->start = start;
	s->end = end;
	s->bytes = bytes;
	return s;
}

/* Forgets what was in [start, end): something else is mapped there. */
static void forget(uint64_t start, uint64_t end)
{
	struct sites **at = &all;

	spin_lock(&rt_process.cpuid.lock);
	while (*at) {
		struct sites *s = *at;

		if (s->start < start || s->end > end) {
			at = &s->next;
			continue;
		}
		__atomic_store_n(at, s->next, __ATOMIC_RELEASE);
		sys2(__NR_munmap, s, s->bytes);
	}
	spin_unlock(&rt_process.cpuid.lock);
}

static void publish(struct sites *s)
{
	spin_lock(&rt_process.cpuid.lock);
	s->next = all;
	__atomic_store_n(&all, s, __ATOMIC_RELEASE);
	spin_unlock(&rt_process.cpuid.lock);
}

/* The file may have changed since it was scanned: look before writing. */
static bool write_clts(const struct sites *s, uint64_t at, uint64_t offset)
{
	const uint8_t clts = CLTS_1;
	uint8_t insn[2];

	if (at + 1 >= s->end)
		return false;
	at += offset;
	return !rt_get(insn, at, 2) && insn[0] == CPUID_0 &&
	       insn[1] == CPUID_1 && !rt_put(at + 1, &clts, 1);
}

/* s->at[], and how many of them there are. */
struct found {
	struct sites *s;
	uint64_t n;
};

/* Those that could be rewritten stay in the list. */
static void rewrite(void *arg, uint64_t offset)
{
	const struct found *found = arg;
	struct sites *s = found->s;
	uint64_t i;

	for (i = 0; i < found->n; i++)
		if (write_clts(s, s->at[i], offset))
			s->at[s->count++] = s->at[i];
}

/* Rewrite the first n of s->at[]. */
static int apply(struct sites *s, uint64_t n, int prot)
{
	struct found found = { s, n };
	long r = rt_change_code(s->start, s->end - s->start, prot, rewrite,
				&found);

	if (r == -ENOEXEC)
		rt_panic("the host does not let changed code be executed; a "
			 "security module?  Try swsgx run --cpuid off");
	if (r < 0)
		return (int)r;
	if (s->count)
		publish(s);
	else
		sys2(__NR_munmap, s, s->bytes);
	return 0;
}

int rt_cpuid_init_sites(void)
{
	uint64_t at = rt_params.cpuid_list, end = rt_params.cpuid_list_end;
	int r = 0;

	while (!r && at < end) {
		const struct rt_cpuid_mapping *m = (const void *)at;
		struct sites *s = new_sites(m->start, m->end, m->count);
		uint32_t i;

		if (!s)
			return -ENOMEM;
		for (i = 0; i < m->count; i++)
			s->at[i] = m->start + (m->site[i] - m->offset);
		r = apply(s, m->count, (int)m->prot);
		at = (uint64_t)&m->site[m->count];
	}
	if (end > rt_params.cpuid_list)
		sys2(__NR_munmap, rt_params.cpuid_list,
		     end - rt_params.cpuid_list);
	return r;
}

/* Fill s->at[] from the supervisor's answers; *msg is the first of them. */
static int collect(struct sites *s, uint64_t total, struct msg *msg, int fd,
		   uint64_t off)
{
	uint64_t n = 0, i;
	int r;

	for (;;) {
		for (i = 0; i < RT_CPUID_SITES && n < total; i++)
			s->at[n++] = s->start + (msg->cpuid.site[i] - off);
		if (n == total)
			return 0;
		msg->cpuid.from = msg->cpuid.site[RT_CPUID_SITES - 1] + 1;
		r = rt_client_pass(msg, fd);
		if (r)
			return r;
		if (msg->cpuid.total != total - n)
			return -EAGAIN; /* the file is being written */
	}
}

/* The server may have said so when this image began. */
static bool is_clean(int fd)
{
	const struct rt_clean_file *f = rt_params.clean;
	struct stat st;

	if (!rt_params.nr_clean || sys2(__NR_fstat, fd, &st))
		return false;
	for (; f < rt_params.clean + rt_params.nr_clean; f++)
		if (f->dev == st.st_dev && f->ino == st.st_ino &&
		    f->size == (uint64_t)st.st_size &&
		    f->mtime[0] == st.st_mtime &&
		    f->mtime[1] == st.st_mtime_nsec &&
		    f->ctime[0] == st.st_ctime &&
		    f->ctime[1] == st.st_ctime_nsec)
			return true;
	return false;
}

static int sites_of_file(uint64_t start, uint64_t len, int prot, int fd,
			 uint64_t off)
{
	struct msg msg = { .type = MSG_CPUID_SITES,
			   .cpuid = { .from = off, .to = off + len } };
	uint64_t total;
	struct sites *s;
	int r = rt_client_pass(&msg, fd);

	total = msg.cpuid.total;
	if (r || !total)
		return r;
	s = new_sites(start, start + len, total);
	if (!s)
		return -ENOMEM;
	r = collect(s, total, &msg, fd, off);
	if (!r)
		r = apply(s, total, prot);
	if (r)
		sys2(__NR_munmap, s, s->bytes);
	return r;
}

void rt_cpuid_mapped(uint64_t start, uint64_t len, int prot, int flags, int fd,
		     uint64_t off)
{
	int r;

	len = (len + SGX_PAGE_SIZE - 1) & SGX_PAGE_MASK;
	if (rt_params.cpuid != RT_CPUID_REWRITE || !(prot & PROT_EXEC) ||
	    (flags & (MAP_ANONYMOUS | MAP_TYPE)) != MAP_PRIVATE)
		return;
	forget(start, start + len);
	r = is_clean(fd) ? 0 : sites_of_file(start, len, prot, fd, off);
	if (r && rt_process.verbose)
		rt_log("CPUID in the code mapped at 0x%lx is left as it is: "
		       "error %d",
		       (unsigned long)start, -r);
}

static bool is_site(uint64_t rip)
{
	const struct sites *s;
	bool found = false;
	uint64_t i;

	spin_lock(&rt_process.cpuid.lock);
	for (s = all; s && !found; s = s->next) {
		if (rip < s->start || rip >= s->end)
			continue;
		for (i = 0; i < s->count && !found; i++)
			found = s->at[i] == rip;
	}
	spin_unlock(&rt_process.cpuid.lock);
	return found;
}

#define AT_ONCE 64

/* In the record at `at` of another process, *s being its head. */
static bool is_in_record(uint32_t pid, uint64_t at, const struct sites *s,
			 uint64_t rip)
{
	uint64_t site[AT_ONCE], i, k, n;

	for (i = 0; i < s->count; i += n) {
		n = s->count - i < AT_ONCE ? s->count - i : AT_ONCE;
		if (!rt_remote_read(pid, site,
				    at + offsetof(struct sites, at) + i * 8,
				    n * 8))
			return false;
		for (k = 0; k < n; k++)
			if (site[k] == rip)
				return true;
	}
	return false;
}

bool rt_cpuid_is_site_of(uint32_t pid, uint64_t rip)
{
	struct sites s;
	uint64_t at;

	if (!rt_remote_read(pid, &at, (uint64_t)&all, sizeof(at)))
		return false;
	for (; at && rt_remote_read(pid, &s, at, sizeof(s));
	     at = (uint64_t)s.next)
		if (rip >= s.start && rip < s.end)
			return is_in_record(pid, at, &s, rip);
	return false;
}

bool rt_cpuid_site(struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	uint64_t at = mc->rip;
	uint8_t insn[2];

	if (!all)
		return false;
	while (!is_site(at))
		if (at++ == mc->rip + PREFIXES)
			return false;
	/* code that may only be executed cannot be looked at */
	if (!rt_get(insn, at, 2) && (insn[0] != CPUID_0 || insn[1] != CLTS_1))
		return false;
	rt_cpuid_execute(mc);
	mc->rip = at + 2;
	return true;
}

void rt_cpuid_original(void *copy, uint64_t from, uint64_t n)
{
	const struct sites *s;
	uint8_t *bytes = copy;
	uint64_t i;

	if (!all)
		return;
	spin_lock(&rt_process.cpuid.lock);
	for (s = all; s; s = s->next) {
		if (s->end <= from || s->start >= from + n)
			continue;
		for (i = 0; i < s->count; i++)
			if (s->at[i] + 1 - from < n &&
			    bytes[s->at[i] + 1 - from] == CLTS_1)
				bytes[s->at[i] + 1 - from] = CPUID_1;
	}
	spin_unlock(&rt_process.cpuid.lock);
}
