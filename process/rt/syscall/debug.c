/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A debugger in the run looks at an enclave: ptrace() and /proc/PID/mem access
 * it by EDBGRD and EDBGWR, which refuse unless the enclave is for debugging.
 * Linux 6.1 mm/memory.c __access_remote_vm(), fs/proc/base.c mem_rw(),
 * kernel/ptrace.c ptrace_request().
 *
 * DEVIATION DP22: debuggers outside the run, and other calls, see all of it.
 */
#include <linux/fcntl.h>
#include <linux/ptrace.h>
#include <linux/uio.h>

#include "cpu/mem.h"
#include "kernel/mm/remote.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/door.h"
#include "process/rt/base/string.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/filter/filter.h"
#include "process/rt/host/host.h"
#include "process/rt/host/proc.h"
#include "process/rt/lp/lp.h"
#include "process/rt/platform/platform.h"
#include "process/rt/rt.h"
#include "process/rt/syscall/calls.h"
#include "process/rt/syscall/debug.h"
#include "process/rt/syscall/device.h"

#define CHUNK     4096u /* mem_rw() goes by pages */
#define MAX_PARTS 64    /* of a vector */

struct request {
	struct thread *t;
	struct sgx_remote target;
	int fd; /* its /proc/PID/mem */
	bool write;
};

/* A process of the run, stopped or not, with its mappings of enclaves. */
static bool find_target(uint32_t pid, struct sgx_remote *target)
{
	struct process *p = &rt_process;
	uint32_t attached;

	*target = (struct sgx_remote){ .read = rt_remote_read, .id = pid };
	return rt_in_run(pid) &&
	       rt_remote_read(pid, &attached, (uint64_t)&p->attached,
			      sizeof(attached)) &&
	       attached && sgx_remote_open(target, (uint64_t)&p->mm);
}

static bool touches_enclave(const struct sgx_remote *target, uint64_t addr,
			    uint64_t len)
{
	struct sgx_vma vma;

	return len && sgx_remote_vma(target, addr, &vma) &&
	       vma.start < addr + len;
}

bool rt_debug_in_enclave(uint32_t pid, uint64_t addr)
{
	struct sgx_remote target;

	return find_target(pid, &target) && touches_enclave(&target, addr, 1);
}

/* [addr, addr + len) lies in the mapping.  `user`: the program's buffer. */
static int64_t access_enclave(const struct request *r,
			      const struct sgx_vma *vma, uint64_t addr,
			      uint64_t user, uint64_t len)
{
	struct sgx_mm *mm = &rt_process.mm;
	struct lp *lp = &r->t->lp;
	uint8_t buf[CHUNK];

	if (len > CHUNK)
		len = CHUNK;
	if (r->write && rt_get(buf, user, len))
		return -EFAULT;
	if (sgx_vma_access(mm, lp, vma, addr, buf, len, r->write) < 0)
		return -EIO;
	if (!r->write && rt_put(user, buf, len))
		return -EFAULT;
	return (int64_t)len;
}

static int64_t access_other(const struct request *r, uint64_t addr,
			    uint64_t user, uint64_t len)
{
	return sys4(r->write ? __NR_pwrite64 : __NR_pread64, r->fd, user, len,
		    addr);
}

/* One piece, which lies in one mapping, or in none. */
static int64_t access_some(const struct request *r, uint64_t addr,
			   uint64_t user, uint64_t len)
{
	struct sgx_vma vma;

	if (!sgx_remote_vma(&r->target, addr, &vma) || vma.start >= addr + len)
		return access_other(r, addr, user, len);
	if (vma.start > addr)
		return access_other(r, addr, user, vma.start - addr);
	if (len > vma.end - addr)
		len = vma.end - addr;
	return access_enclave(r, &vma, addr, user, len);
}

static int64_t access_all(const struct request *r, uint64_t addr, uint64_t user,
			  uint64_t len)
{
	uint64_t done = 0;
	int64_t n;

	while (done < len) {
		n = access_some(r, addr + done, user + done, len - done);
		if (n <= 0)
			return done ? (int64_t)done : n;
		done += (uint64_t)n;
	}
	return (int64_t)done;
}

/* Whose memory is this file?  0: nobody's. */
static uint32_t mem_of(int fd)
{
	char link[32] = "/proc/self/fd/", path[RT_PATH_SIZE];
	long n;

	if (fd < 0)
		return 0;
	proc_number(link + 14, (uint32_t)fd);
	n = sys3(__NR_readlink, link, path, sizeof(path) - 1);
	if (n < 0)
		return 0;
	path[n] = 0;
	return proc_mem(path);
}

/* Rejects almost every path, before anything that takes long. */
static bool is_candidate(int dirfd, uint64_t upath)
{
	char name[RT_PATH_SIZE], path[2 * RT_PATH_SIZE];
	long n = rt_get_string(name, upath, sizeof(name));

	if (n < 3 || !rt_streq(name + n - 3, "mem") ||
	    (n > 3 && name[n - 4] != '/'))
		return false;
	return !rt_absolute_path(dirfd, name, path) &&
	       !memcmp(path, "/proc/", sizeof("/proc/") - 1);
}

/*
 * If the file is the memory of a process that may have an enclave, reads and
 * writes of this process trap from now on.
 */
bool rt_debug_open(struct kucontext *uc, int dirfd, uint64_t path)
{
	struct machine_context *mc = &uc->mc;
	uint32_t pid;
	long fd;

	if (!is_candidate(dirfd, path))
		return false;
	fd = rt_door((long)mc->rax, mc->rdi, mc->rsi, mc->rdx, mc->r10, mc->r8,
		     mc->r9);
	mc->rax = (uint64_t)fd;
	pid = fd < 0 ? 0 : mem_of((int)fd);
	if (pid == rt_process.pid ? rt_process.attached : pid && rt_in_run(pid))
		rt_filter_debug();
	return true;
}

/* The buffer and the position of a call; vectors: the first part only. */
static bool describe(const struct machine_context *mc, uint64_t *user,
		     uint64_t *len, uint64_t *pos, bool *moves)
{
	struct iovec part = { 0 };

	*moves = true;
	*pos = mc->r10;
	*user = mc->rsi;
	*len = mc->rdx;
	switch (mc->rax) {
	case __NR_pread64:
	case __NR_pwrite64:
		*moves = false;
		return true;
	case __NR_read:
	case __NR_write:
		break;
	default:
		if (!mc->rdx || rt_get(&part, mc->rsi, sizeof(part)))
			return false;
		*user = (uint64_t)part.iov_base;
		*len = part.iov_len;
		*moves = mc->rax == __NR_readv || mc->rax == __NR_writev ||
			 mc->r10 == ~0ull; /* -1 for preadv2() */
	}
	if (*moves)
		*pos = (uint64_t)sys3(__NR_lseek, (int)mc->rdi, 0, 1);
	return true;
}

static bool is_write(uint64_t nr)
{
	return nr == __NR_write || nr == __NR_pwrite64 || nr == __NR_writev ||
	       nr == __NR_pwritev || nr == __NR_pwritev2;
}

/* True: done.  False: it has nothing to do with an enclave. */
static bool file_access(struct thread *t, struct machine_context *mc)
{
	struct request r = { .t = t,
			     .fd = (int)mc->rdi,
			     .write = is_write(mc->rax) };
	uint32_t pid = mem_of(r.fd);
	uint64_t user, len, pos;
	bool moves;
	int64_t n;

	if (!pid || !find_target(pid, &r.target) ||
	    !describe(mc, &user, &len, &pos, &moves) ||
	    !touches_enclave(&r.target, pos, len) || rt_attach())
		return false;
	rt_lp_init(t);
	n = access_all(&r, pos, user, len);
	if (n > 0 && moves)
		sys3(__NR_lseek, r.fd, n, 1);
	mc->rax = (uint64_t)n;
	return true;
}

/* PEEK puts the word where its last argument says; POKE has it there. */
static int64_t ptrace_word(struct request *r, struct machine_context *mc)
{
	uint64_t word = mc->r10;
	uint64_t user = mc->r10;

	if (r->write) {
		/* below the red zone of the program's stack */
		user = mc->rsp - RED_ZONE - sizeof(word);
		if (rt_put(user, &word, sizeof(word)))
			return -EIO;
	}
	if (access_all(r, mc->rdx, user, sizeof(word)) != sizeof(word))
		return -EIO;
	return 0;
}

static int open_proc(uint32_t pid, const char *name, int flags)
{
	char path[32] = "/proc/", *end = proc_number(path + 6, pid);

	*end++ = '/';
	memcpy(end, name, rt_strlen(name) + 1);
	return (int)sys4(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);
}

bool rt_debug_status(uint32_t tid, const char *label, uint64_t *value)
{
	int fd = open_proc(tid, "status", O_RDONLY);
	char text[4096];
	long n;

	if (fd < 0)
		return false;
	n = sys3(__NR_read, fd, text, sizeof(text) - 1);
	sys1(__NR_close, fd);
	text[n < 0 ? 0 : n] = 0;
	return proc_status(text, label, value);
}

static bool accesses_memory(uint64_t request)
{
	return request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA ||
	       request == PTRACE_POKETEXT || request == PTRACE_POKEDATA;
}

/*
 * The host's own PEEKDATA checks that the caller traces it and that it is
 * stopped.  Where no enclave is, its result is right.
 */
static bool ptrace_access(struct thread *t, struct machine_context *mc)
{
	struct request r = { .t = t,
			     .write = mc->rdi != PTRACE_PEEKTEXT &&
				      mc->rdi != PTRACE_PEEKDATA };
	uint64_t word;
	long ret = sys4(__NR_ptrace, PTRACE_PEEKDATA, mc->rsi, mc->rdx, &word);

	if ((ret && ret != -EIO) ||
	    !find_target((uint32_t)mc->rsi, &r.target) ||
	    !touches_enclave(&r.target, mc->rdx, sizeof(word)) || rt_attach())
		return false;
	rt_lp_init(t);
	r.fd = open_proc((uint32_t)mc->rsi, "mem", O_RDWR);
	mc->rax = (uint64_t)(r.fd < 0 ? -EIO : ptrace_word(&r, mc));
	if (r.fd >= 0)
		sys1(__NR_close, r.fd);
	return true;
}

/*
 * The remote parts up to the first one that touches an enclave, which is cut
 * there.  Returns their number.  If there are too many, the call is short.
 */
static unsigned long parts_before(const struct sgx_remote *target,
				  const struct machine_context *mc,
				  struct iovec parts[MAX_PARTS], bool *cut)
{
	struct sgx_vma vma;
	unsigned long i;

	*cut = false;
	for (i = 0; i < mc->r8 && i < MAX_PARTS && !*cut; i++) {
		uint64_t start, len;

		if (rt_get(&parts[i], mc->r10 + i * sizeof(parts[i]),
			   sizeof(parts[i])))
			return 0;
		start = (uint64_t)parts[i].iov_base;
		len = parts[i].iov_len;
		if (!touches_enclave(target, start, len) ||
		    !sgx_remote_vma(target, start, &vma))
			continue;
		parts[i].iov_len = vma.start > start ? vma.start - start : 0;
		*cut = true;
	}
	return i;
}

/*
 * process_vm_readv() and process_vm_writev() know no vm_ops->access(): enclave
 * memory cannot be pinned, and ends the copy.
 */
static bool vm_access(struct machine_context *mc)
{
	struct iovec parts[MAX_PARTS];
	struct sgx_remote target;
	unsigned long n;
	bool cut;
	long ret;

	if (!find_target((uint32_t)mc->rdi, &target))
		return false;
	n = parts_before(&target, mc, parts, &cut);
	if (!cut)
		return false;
	ret = sys_call((long)mc->rax, mc->rdi, mc->rsi, mc->rdx, parts, n,
		       mc->r9);
	mc->rax = (uint64_t)(ret ? ret : -EFAULT);
	return true;
}

enum rt_answer rt_debug_syscall(struct thread *t, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	bool done;

	switch (mc->rax) {
	case __NR_ptrace:
		done = accesses_memory(mc->rdi) ? ptrace_access(t, mc) :
						  rt_trace(t, mc);
		break;
	case __NR_wait4:
		done = rt_trace_wait(mc);
		break;
	case __NR_process_vm_readv:
	case __NR_process_vm_writev:
		done = vm_access(mc);
		break;
	case __NR_read:
	case __NR_write:
	case __NR_pread64:
	case __NR_pwrite64:
	case __NR_readv:
	case __NR_writev:
	case __NR_preadv:
	case __NR_pwritev:
	case __NR_preadv2:
	case __NR_pwritev2:
		done = file_access(t, mc);
		break;
	default:
		return RT_NOT_MINE;
	}
	return done ? RT_DONE : RT_PASS_ON;
}
