/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/inject/inject.h.  The injector makes one system call by hand in
 * the new image, the mmap of the runtime's place.  Everything else the runtime
 * does itself.
 */
#include "process/inject/inject.h"

#include <asm/prctl.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/inject/image.h"

/*
 * mov $SYS_mmap, %eax; syscall; int3.  The number is in the code, because the
 * execve that is returning has yet to write RAX at the exec event.
 */
#define MMAP_CODE 0xcc050f00000009b8ul
/* mov $6, %eax; int $0x80; int3: close() of 32-bit code */
#define CLOSE_CODE_32 0xcc80cd00000006b8ul
#define MAX_CODE      64

extern const uint8_t inject_map_code[], inject_map_code_end[];
_Static_assert(SYS_mmap == 9, "the code above");

#define MAX_STOPS 100000 /* of a tracee, until it comes to its INT3 */

struct injector {
	pid_t tid;
	const struct inject_tracer *tracer;
	int mem;                          /* /proc/TID/mem */
	struct user_regs_struct start;    /* as the kernel set them at exec */
	const struct inject_start *image; /* NULL: it starts there */
	int blob;       /* its copy of the runtime's file, or -1 */
	bool is_mapped; /* from that */
	struct inject_result *result;
};

int inject_open_memory(pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", tid);
	return open(path, O_RDWR | O_CLOEXEC);
}

static pid_t tid_of(void *self)
{
	return *(const pid_t *)self;
}

static int getregs(void *self, struct user_regs_struct *regs)
{
	return ptrace(PTRACE_GETREGS, tid_of(self), 0, regs) < 0 ? -errno : 0;
}

static int setregs(void *self, const struct user_regs_struct *regs)
{
	return ptrace(PTRACE_SETREGS, tid_of(self), 0, regs) < 0 ? -errno : 0;
}

static int setsigmask(void *self, uint64_t mask)
{
	return ptrace(PTRACE_SETSIGMASK, tid_of(self), sizeof(mask), &mask) <
			       0 ?
		       -errno :
		       0;
}

static int sigcode(void *self, int *code)
{
	siginfo_t info;

	if (ptrace(PTRACE_GETSIGINFO, tid_of(self), 0, &info) < 0)
		return -errno;
	*code = info.si_code;
	return 0;
}

static int cont(void *self, int sig, int *status)
{
	if (ptrace(PTRACE_CONT, tid_of(self), 0, (long)sig) < 0 ||
	    waitpid(tid_of(self), status, __WALL) < 0)
		return -errno;
	return 0;
}

const struct inject_tracer inject_by_ptrace = {
	.getregs = getregs,
	.setregs = setregs,
	.setsigmask = setsigmask,
	.sigcode = sigcode,
	.cont = cont,
};

static int fail(struct injector *in, const char *why)
{
	int err = errno ? -errno : -EIO;

	in->result->why = why;
	return err;
}

const struct rt_params *inject_blob_params(void)
{
	const uint8_t *p;
	uint64_t magic = RT_PARAMS_MAGIC;

	/* page aligned: the linker script starts the data with them */
	for (p = rt_blob; p + sizeof(struct rt_params) <= rt_blob_end;
	     p += 4096)
		if (memcmp(p, &magic, sizeof(magic)) == 0)
			return (const struct rt_params *)p;
	abort();
}

/*
 * Anybody may send the process any signal at any time, SIGTRAP too.  All other
 * signals stay pending while the tracee runs.  SIGTRAP cannot: an INT3 would
 * reset the handler of a blocked one.  So si_code says who raised it.
 */
#define RUN_MASK (~INJECT_SIGNAL(SIGTRAP))

/* What a stop for a signal means. */
enum stop {
	STOP_TRAP,   /* the INT3 */
	STOP_CRASH,  /* another exception */
	STOP_IGNORE, /* a debugger's step or breakpoint */
	STOP_HOLD,   /* somebody sent it: keep it until the end */
};

static enum stop classify(int sig, int code)
{
	switch (sig) {
	case SIGTRAP:
		if (code == SI_KERNEL)
			return STOP_TRAP;
		return code > 0 ? STOP_IGNORE : STOP_HOLD;
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGSYS:
		return code > 0 ? STOP_CRASH : STOP_HOLD;
	default:
		return STOP_HOLD;
	}
}

static int go_on(struct injector *in, int *status)
{
	const struct inject_tracer *t = in->tracer;

	errno = -t->setsigmask(t->self, RUN_MASK);
	if (errno)
		return fail(in, "block signals");
	errno = -t->cont(t->self, 0, status);
	return errno ? fail(in, "continue") : 0;
}

/* One step towards the INT3.  1: it is there; 0: not yet; or -errno. */
static int run_to_stop(struct injector *in)
{
	int status, code = 0, r = go_on(in, &status);

	if (r)
		return r;
	if (!WIFSTOPPED(status)) {
		errno = ESRCH;
		return fail(in, "wait: the process ended");
	}
	if (status >> 16) /* a ptrace event stop: group stop */
		return 0;
	errno = -in->tracer->sigcode(in->tracer->self, &code);
	if (errno)
		return fail(in, "look at a signal");
	switch (classify(WSTOPSIG(status), code)) {
	case STOP_TRAP:
		return 1;
	case STOP_CRASH:
		errno = EFAULT;
		return fail(in, "run the runtime (it crashed)");
	case STOP_HOLD:
		in->result->held |= INJECT_SIGNAL(WSTOPSIG(status));
		return 0;
	default:
		return 0;
	}
}

/* Run the tracee until it stops at an INT3. */
static int run_to_trap(struct injector *in)
{
	int r = 0;

	for (unsigned int i = 0; i < MAX_STOPS && !r; i++)
		r = run_to_stop(in);
	if (r)
		return r < 0 ? r : 0;
	errno = ELOOP;
	return fail(in, "run the runtime (it stops over and over)");
}

static int get(struct injector *in, struct user_regs_struct *regs)
{
	errno = -in->tracer->getregs(in->tracer->self, regs);
	return errno ? fail(in, "read registers") : 0;
}

static int set(struct injector *in, const struct user_regs_struct *regs)
{
	errno = -in->tracer->setregs(in->tracer->self, regs);
	return errno ? fail(in, "set registers") : 0;
}

static uint64_t offset_of_data(void)
{
	return (uint64_t)((const uint8_t *)inject_blob_params() - rt_blob);
}

/* The registers with which MMAP_CODE maps the runtime's place. */
static struct user_regs_struct mmap_registers(const struct injector *in,
					      uint64_t addr, uint64_t len,
					      int prot)
{
	struct user_regs_struct regs = in->start;

	regs.orig_rax = (unsigned long long)-1;
	regs.rdi = addr;
	regs.rsi = len;
	regs.rdx = (unsigned long long)prot;
	regs.r10 = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
	regs.r8 = (unsigned long long)-1;
	regs.r9 = 0;
	return regs;
}

/* Runs code at the tracee's entry point, to its INT3. */
static int run_code(struct injector *in, const void *code, size_t n,
		    struct user_regs_struct *regs)
{
	off_t at = (off_t)in->start.rip;
	uint8_t saved[MAX_CODE];
	int r;

	if (pread(in->mem, saved, n, at) != (ssize_t)n)
		return fail(in, "read the entry point");
	if (pwrite(in->mem, code, n, at) != (ssize_t)n)
		return fail(in, "write the entry point");
	r = set(in, regs);
	if (!r)
		r = run_to_trap(in);
	if (!r)
		r = get(in, regs);
	if (pwrite(in->mem, saved, n, at) != (ssize_t)n && !r)
		r = fail(in, "restore the entry point");
	return r;
}

/* One system call in the tracee, at its entry point's code. */
static int remote_mmap(struct injector *in, uint64_t addr, uint64_t len,
		       int prot)
{
	struct user_regs_struct regs = mmap_registers(in, addr, len, prot);
	const uint64_t code = MMAP_CODE;
	int r = run_code(in, &code, sizeof(code), &regs);

	if (r)
		return r;
	if (regs.rax != addr) {
		errno = (int)-(long long)regs.rax;
		return fail(in, "map the runtime (is its address taken, or "
				"executable memory forbidden?)");
	}
	return 0;
}

/*
 * Code and data apart, so that no memory is both written and executed.  False:
 * it is to be written (a security module may not let it be executed).
 */
static bool map_file(struct injector *in, uint64_t end)
{
	uint64_t data = RT_BASE + offset_of_data();
	struct user_regs_struct regs = mmap_registers(in, RT_BASE,
						      data - RT_BASE,
						      PROT_READ | PROT_EXEC);

	regs.r10 = MAP_PRIVATE | MAP_FIXED_NOREPLACE;
	regs.r8 = (unsigned long long)in->blob;
	regs.rbx = data;
	regs.r12 = end - data;
	regs.r13 = data - RT_BASE;
	if (run_code(in, inject_map_code,
		     (size_t)(inject_map_code_end - inject_map_code), &regs))
		return false;
	in->is_mapped = regs.rax == data;
	return in->is_mapped;
}

/*
 * The code is written by /proc/TID/mem, which does not ask whether the memory
 * is writable.  So the code need not be writable where no memory may be both
 * written and executed (PR_SET_MDWE, a filter of the program's service).
 */
static int map_runtime(struct injector *in, uint64_t end,
		       struct rt_params *params)
{
	uint64_t data = RT_BASE + offset_of_data();
	int r;

	if (in->blob >= 0 && map_file(in, end)) {
		params->code_is_protected = 1;
		return 0;
	}
	r = remote_mmap(in, RT_BASE, end - RT_BASE,
			PROT_READ | PROT_WRITE | PROT_EXEC);
	if (r != -EACCES && r != -EPERM)
		return r;
	params->code_is_protected = 1;
	r = remote_mmap(in, RT_BASE, data - RT_BASE, PROT_READ | PROT_EXEC);
	return r ? r :
		   remote_mmap(in, data, end - data, PROT_READ | PROT_WRITE);
}

static int write_blob(struct injector *in, const struct rt_params *params,
		      const struct inject_list *list)
{
	size_t len = in->is_mapped ? 0 : (size_t)(rt_blob_end - rt_blob);
	size_t at = offset_of_data();

	if (pwrite(in->mem, rt_blob, len, (off_t)RT_BASE) != (ssize_t)len ||
	    pwrite(in->mem, params, sizeof(*params), (off_t)(RT_BASE + at)) !=
		    (ssize_t)sizeof(*params) ||
	    pwrite(in->mem, list->records, list->bytes,
		   (off_t)params->cpuid_list) != (ssize_t)list->bytes)
		return fail(in, "write the runtime");
	return 0;
}

/* A copy of a descriptor of the tracee's; pidfd_getfd(2). */
static int take_fd(pid_t pid, int fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), copy;

	if (pidfd < 0)
		return -1;
	copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	return copy;
}

/* The runtime stops once to show its listener, if it has one, then to end. */
static int run_to_end(struct injector *in)
{
	size_t at = offset_of_data();
	uint32_t shown = 0;
	int r = run_to_trap(in);

	if (r)
		return r;
	at += offsetof(struct rt_params, knock_fd);
	if (pread(in->mem, &shown, sizeof(shown), (off_t)(RT_BASE + at)) !=
	    (ssize_t)sizeof(shown))
		return fail(in, "read the runtime's answer");
	if (!shown)
		return 0;
	in->result->knock = take_fd(in->tid, (int)shown - 1);
	return run_to_trap(in);
}

static int run_runtime(struct injector *in)
{
	struct user_regs_struct regs = in->start;
	int r;

	regs.rip = RT_BASE;
	regs.orig_rax = (unsigned long long)-1;
	/* below the program's arguments, clear of its red zone */
	regs.rsp = (regs.rsp - 4096) & ~15ull;
	r = set(in, &regs);
	return r ? r : run_to_end(in);
}

static const char *step_name(uint64_t step)
{
	switch (step) {
	case RT_STEP_PROTECT:
		return "make the runtime's code read-only";
	case RT_STEP_SLOTS:
		return "reserve memory for threads";
	case RT_STEP_SIGNALS:
		return "take over signals";
	case RT_STEP_SECCOMP:
		return "install a seccomp filter (seccomp(2) is needed; does a "
		       "container forbid it?)";
	case RT_STEP_CPUID:
		return "rewrite the program's CPUID instructions (swsgx run "
		       "--cpuid off does without)";
	default:
		return "start the runtime";
	}
}

static int read_result(struct injector *in)
{
	size_t at = offset_of_data();
	struct rt_params got;

	if (pread(in->mem, &got, sizeof(got), (off_t)(RT_BASE + at)) !=
	    (ssize_t)sizeof(got))
		return fail(in, "read the runtime's answer");
	if (got.result == 0 && got.failed_step == RT_STEP_NONE)
		return 0;
	errno = (int)-got.result;
	return fail(in, step_name(got.failed_step));
}

/* The list follows the runtime, in memory of the same mmap. */
static int place_list(struct injector *in, struct rt_params *params,
		      const struct inject_list *list)
{
	uint64_t room = RT_BASE + RT_CODE_SPAN - params->memory_end;

	params->cpuid_list = params->memory_end;
	params->cpuid_list_end = params->cpuid_list + list->bytes;
	if (list->bytes <= room)
		return 0;
	errno = E2BIG;
	return fail(in, "list the program's CPUID instructions");
}

static void tell_params(struct rt_params *params, const struct image *image)
{
	params->host_vdso = image->vdso;
	params->hwcap2 = (uint32_t)image->hwcap2;
	params->auxv = image->auxv;
	params->auxv_size = (uint32_t)image->auxv_size;
}

static int start_runtime(struct injector *in, struct rt_params *params,
			 const struct image *image,
			 const struct inject_list *list)
{
	int r = place_list(in, params, list);

	if (!r)
		r = map_runtime(in, params->cpuid_list_end, params);
	if (!r)
		r = write_blob(in, params, list);
	if (!r && image_set_vdso(in->mem, image, params->vdso_address))
		r = fail(in, "set AT_SYSINFO_EHDR");
	if (!r)
		r = run_runtime(in);
	if (!r)
		r = read_result(in);
	/* behind its INT3 the runtime closes the memory again */
	if (!r && in->image && in->image->closed)
		r = run_to_trap(in);
	return r;
}

/* Whatever happens, the thread has its registers again, and the mask. */
static int inject_here(struct injector *in, struct rt_params *params,
		       const struct inject_list *list, uint64_t mask)
{
	uint64_t sp = in->image ? in->image->sp : in->start.rsp;
	const struct inject_tracer *tracer = in->tracer;
	struct image image;
	int r;

	if (image_read(in->mem, sp, &image)) {
		r = fail(in, "read the auxiliary vector");
		goto restore;
	}
	tell_params(params, &image);
	r = start_runtime(in, params, &image, list);
	if (r)
		goto restore;
	r = set(in, &in->start);
	if (r)
		goto restore;
	errno = -tracer->setsigmask(tracer->self, mask);
	return errno ? fail(in, "set the signal mask") : 0;
restore:
	/* `why` says what failed first */
	(void)tracer->setregs(tracer->self, &in->start);
	(void)tracer->setsigmask(tracer->self, mask);
	return r;
}

/* A 32-bit image has no use for it. */
static int close_blob(struct injector *in, uint64_t mask)
{
	struct user_regs_struct regs = in->start;
	const uint64_t code = CLOSE_CODE_32;
	int r;

	if (in->blob < 0)
		return 0;
	in->mem = inject_open_memory(in->tid);
	if (in->mem < 0)
		return fail(in, "open the process's memory");
	regs.orig_rax = (unsigned long long)-1;
	regs.rbx = (unsigned long long)in->blob;
	r = run_code(in, &code, sizeof(code), &regs);
	in->start.orig_rax = (unsigned long long)-1;
	(void)set(in, &in->start);
	(void)in->tracer->setsigmask(in->tracer->self, mask);
	close(in->mem);
	return r;
}

int inject(pid_t tid, const struct inject_start *start,
	   const struct inject_tracer *tracer, const struct rt_params *template,
	   int blob, const struct inject_list *list, uint64_t mask,
	   struct inject_result *result)
{
	struct injector in = {
		.tid = tid,
		.tracer = tracer,
		.image = start,
		.blob = inject_has_blob_file(tid, blob) ? blob : -1,
		.result = result,
	};
	struct rt_params params = *template;
	const struct rt_params *linked = inject_blob_params();
	int r;

	*result = (struct inject_result){ .knock = -1 };
	errno = 0;
	r = get(&in, &in.start);
	if (r)
		return r;
	/* DEVIATION DP11: a 32-bit image is left alone */
	if (in.start.cs != INJECT_CS_64BIT) {
		result->skipped = 1;
		return close_blob(&in, mask);
	}
	in.start.orig_rax = (unsigned long long)-1;
	params.magic = linked->magic;
	params.blob_fd = (uint32_t)(in.blob + 1);
	params.image_end = linked->image_end;
	params.memory_end = linked->memory_end;
	params.vdso_address = linked->vdso_address;
	in.mem = inject_open_memory(tid);
	if (in.mem < 0)
		return fail(&in, "open the process's memory");
	r = inject_here(&in, &params, list, mask);
	close(in.mem);
	return r;
}
