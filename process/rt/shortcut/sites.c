/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which places are rewritten, and when: those whose calls have trapped several
 * times; in private code of a file, in which they surely are what they look
 * like; while no other thread could be there.
 * DEVIATION DP55: the program can read the jump in its own code.
 */
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/sched.h>

#include "cpu/decode.h"
#include "cpu/mem.h"
#include "process/rt/base/params.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/host/lines.h"
#include "process/rt/host/proc.h"
#include "process/rt/rt.h"
#include "process/rt/shortcut/shortcut.h"
#include "process/rt/shortcut/stubs.h"

#define MOV_EAX    0xb8
#define SITE_SIZE  7 /* with the SYSCALL */
#define JUMP       0xe9
#define JUMP_SIZE  5
#define ENOUGH     8 /* traps, and each power of two from there on */
#define KNOWN      64
#define BEFORE     160 /* bytes of code that are looked at */
#define NEAR       24  /* a start so near may be out of step */
#define MIN_STARTS 6

extern const char rt_shortcut_at[], rt_shortcut_path[], rt_shortcut_list[],
	rt_shortcut_sigaction[];

uint8_t rt_shortcuts_closed;

/*
 * A place, by where it is left.  A child of vfork() counts, too, and its parent
 * rewrites.
 */
static struct caller {
	uint64_t back;
	uint32_t nr, count;
	bool wanted; /* it has trapped often enough */
} known[KNOWN];
static uint32_t nr_wanted, tries;

static struct rewritten {
	uint64_t site;
	uint8_t was[JUMP_SIZE], is[JUMP_SIZE];
} rewritten[KNOWN];
static unsigned int nr_rewritten;

static const char *routine_of(uint64_t nr)
{
	switch (nr) {
	case __NR_openat:
	case __NR_newfstatat:
	case __NR_faccessat:
	case __NR_faccessat2:
	case __NR_statx:
		return rt_shortcut_at;
	case __NR_open:
	case __NR_stat:
	case __NR_lstat:
	case __NR_access:
		return rt_shortcut_path;
	case __NR_getdents64:
		return rt_shortcut_list;
	case __NR_rt_sigaction:
		return rt_shortcut_sigaction;
	default:
		return NULL;
	}
}

void rt_shortcut_close(void)
{
	__atomic_store_n(&rt_shortcuts_closed, 1, __ATOMIC_SEQ_CST);
}

/* A host that has such files may also have links that lead to them. */
static bool host_has_devices(void)
{
	static const char *const paths[] = { "/dev/sgx_enclave",
					     "/dev/sgx_provision",
					     "/dev/sgx/enclave",
					     "/dev/sgx/provision" };

	for (unsigned int i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (sys2(__NR_access, paths[i], 0) != -ENOENT)
			return true;
	return false;
}

static struct caller *caller_of(uint64_t back)
{
	unsigned int first = (unsigned int)(back * 0x9e3779b97f4a7c15ull >> 58);

	for (unsigned int i = 0; i < KNOWN; i++) {
		struct caller *p = &known[(first + i) % KNOWN];

		if (!p->back)
			p->back = back;
		if (p->back == back)
			return p;
	}
	return NULL;
}

/* Nobody else runs here, no thread and no process that shares the memory. */
static bool is_alone(void)
{
	struct stat st;
	long r;

	r = sys1(__NR_unshare, CLONE_VM);
	if (r != -EPERM)
		return r == 0;
	/* a container forbids it: the folder has two links, and one for each */
	return !sys2(__NR_stat, "/proc/self/task", &st) && st.st_nlink == 3;
}

struct search {
	uint64_t at;
	struct mapping found;
};

static bool maps_line(const char *text, void *arg)
{
	struct search *search = arg;
	struct mapping m;

	if (!proc_mapping(text, &m) || search->at < m.start ||
	    search->at >= m.end)
		return false;
	search->found = m;
	return true;
}

/* Private code of a file that is not being written. */
static bool is_code(uint64_t site, uint64_t *start, uint64_t *end)
{
	struct search search = { .at = site };
	const struct mapping *m = &search.found;

	if (!rt_read_lines("/proc/self/maps", maps_line, &search) || !m->ino ||
	    memcmp(m->perms, "r-xp", sizeof(m->perms)) ||
	    m->end - site < SITE_SIZE)
		return false;
	*start = m->start;
	*end = m->end;
	return true;
}

/* Where is a thread that decodes from p when it comes to `at` or behind? */
static size_t follow(const uint8_t *byte, size_t n, size_t p, size_t at)
{
	struct insn insn;

	while (p < at) {
		if (!insn_decode(&insn, byte + p, n - p))
			return 0;
		p += insn.length;
	}
	return p;
}

/*
 * What is before falls into step with the MOV, as cpu/scan.h has it for the
 * code of enclaves: it is not part of another instruction.
 */
static bool is_sure(uint64_t site, uint64_t start)
{
	uint8_t byte[BEFORE + SITE_SIZE];
	size_t at = site - start < BEFORE ? site - start : BEFORE;
	size_t starts = 0, valid = 0, good = 0;

	if (rt_get(byte, site - at, at + SITE_SIZE))
		return false;
	for (size_t p = 0; p + NEAR <= at; p++) {
		size_t end = follow(byte, at + SITE_SIZE, p, at);

		starts++;
		valid += end != 0;
		good += end == at;
	}
	return valid >= MIN_STARTS && valid * 4 >= starts &&
	       good * 16 >= valid * 15;
}

/* By the file, which does not ask whether the memory is writable. */
static bool write_code(uint64_t site, const uint8_t jump[JUMP_SIZE])
{
	long fd = sys3(__NR_open, "/proc/self/mem", O_RDWR | O_CLOEXEC, 0);
	long r;

	if (fd < 0)
		return false;
	r = sys4(__NR_pwrite64, fd, jump, JUMP_SIZE, site);
	sys1(__NR_close, fd);
	return r == JUMP_SIZE;
}

/* Is this MOV $nr, %eax; SYSCALL? */
static bool is_site(const uint8_t byte[SITE_SIZE], uint64_t nr)
{
	uint32_t imm;

	memcpy(&imm, byte + 1, sizeof(imm));
	return byte[0] == MOV_EAX && imm == nr && byte[5] == 0x0f &&
	       byte[6] == 0x05;
}

static void rewrite(uint64_t site, const struct shortcut *what,
		    const uint8_t *was)
{
	struct rewritten *r = &rewritten[nr_rewritten];
	uint64_t stub = shortcut_stub(site, what);
	int32_t disp = (int32_t)(stub - (site + JUMP_SIZE));

	if (!stub)
		return;
	r->site = site;
	memcpy(r->was, was, JUMP_SIZE);
	r->is[0] = JUMP;
	memcpy(r->is + 1, &disp, sizeof(disp));
	__atomic_store_n(&nr_rewritten, nr_rewritten + 1, __ATOMIC_RELEASE);
	if (!write_code(site, r->is))
		rt_shortcut_close();
}

static void consider(const struct caller *p)
{
	const struct shortcut what = { p->nr, (uint64_t)routine_of(p->nr),
				       p->back, p->back - 2 };
	uint64_t site = p->back - SITE_SIZE, start, end;
	uint8_t byte[SITE_SIZE];

	if (nr_rewritten == KNOWN || rt_get(byte, site, SITE_SIZE) ||
	    !is_site(byte, p->nr) || !is_code(site, &start, &end) ||
	    !is_sure(site, start))
		return;
	if (host_has_devices())
		rt_shortcut_close();
	else
		rewrite(site, &what, byte);
}

static void note(struct caller *p, uint64_t nr)
{
	if (!p || p->wanted || ++p->count != ENOUGH)
		return;
	p->nr = (uint32_t)nr;
	p->wanted = true;
	nr_wanted++;
	tries = 0;
}

static void rewrite_wanted(void)
{
	nr_wanted = 0;
	for (unsigned int i = 0; i < KNOWN; i++) {
		struct caller *p = &known[i];

		if (!p->wanted)
			continue;
		p->wanted = false;
		consider(p);
	}
}

/* Who is never alone is not asked each time. */
static bool is_due(void)
{
	uint32_t n = ++tries;

	return !(n & (n - 1));
}

void rt_shortcut_trapped(const struct thread *t, const struct kucontext *uc)
{
	if (rt_shortcuts_closed || !rt_params.package.patch)
		return;
	if (routine_of(uc->mc.rax))
		note(caller_of(uc->mc.rip), uc->mc.rax);
	if (nr_wanted && rt_is_own(t) && is_due() && is_alone())
		rewrite_wanted();
}

void rt_shortcut_original(void *copy, uint64_t from, uint64_t n)
{
	for (unsigned int i = 0; i < nr_rewritten; i++) {
		const struct rewritten *r = &rewritten[i];

		for (unsigned int k = 0; k < JUMP_SIZE; k++) {
			uint8_t *byte = (uint8_t *)copy + (r->site + k - from);

			if (r->site + k - from < n && *byte == r->is[k])
				*byte = r->was[k];
		}
	}
}
