/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls on paths, and rt_sigaction(), made so often that the runtime
 * rewrites the code that makes them: they give what they gave before, to
 * everybody, and a signal finds the program's own code only.  Without swsgx
 * ("native") it passes as well, but for the devices.  "traps": nothing is
 * rewritten.
 */
#define _GNU_SOURCE
#include "tests/process/fixture/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define OFTEN     40 /* more than enough to be rewritten */
#define FLAG_TF   0x100ul
#define FLAGS_SET 0x8d5ul /* CF PF AF ZF SF OF */
#define JUMP      0xe9
#define PAGE      4096

struct call {
	uint64_t rdi, rsi, rdx, r10, r8, r9, flags;
	int64_t rax;
	uint64_t wrong; /* RSP, or the red zone, are not what they were */
};
_Static_assert(sizeof(struct call) == 72, "path_calls.S");

typedef void (*call_fn)(struct call *call);

#define DECLARE(name) \
	void name(struct call *call); \
	extern const uint8_t name##_site[], name##_end[]
DECLARE(call_access);
DECLARE(call_open);
DECLARE(call_stat);
DECLARE(call_lstat);
DECLARE(call_openat);
DECLARE(call_fstatat);
DECLARE(call_list);
DECLARE(call_action);

static const struct {
	const char *name;
	call_fn fn;
	const uint8_t *site;
	bool at;
} kinds[] = {
	{ "access", call_access, call_access_site, false },
	{ "open", call_open, call_open_site, false },
	{ "stat", call_stat, call_stat_site, false },
	{ "lstat", call_lstat, call_lstat_site, false },
	{ "openat", call_openat, call_openat_site, true },
	{ "newfstatat", call_fstatat, call_fstatat_site, true },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool native, traps;
static char folder[] = "/tmp/swsgx-path-calls-XXXXXX";
static struct stat buffer;

static uint64_t number(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* All but RAX, as a SYSCALL leaves them. */
static void unchanged(const struct call *is, const struct call *was)
{
	CHECK_EQ(is->rdi, was->rdi);
	CHECK_EQ(is->rsi, was->rsi);
	CHECK_EQ(is->rdx, was->rdx);
	CHECK_EQ(is->r10, was->r10);
	CHECK_EQ(is->r8, was->r8);
	CHECK_EQ(is->r9, was->r9);
	CHECK_EQ(is->flags, was->flags);
	CHECK_EQ(is->wrong, 0);
}

/* A call of this kind on a path, at `dir` if it takes one. */
static int64_t on_path(unsigned kind, int dir, uint64_t path, uint64_t flags)
{
	struct call call = { .rdi = path, .r8 = 8, .r9 = 9, .flags = 0x202 };
	struct call was;

	if (kinds[kind].at) {
		call.rdi = (uint64_t)(int64_t)dir;
		call.rsi = path;
	}
	if (kinds[kind].fn == call_open)
		call.rsi = flags;
	else if (kinds[kind].fn == call_openat)
		call.rdx = flags;
	else if (kinds[kind].fn == call_fstatat)
		call.rdx = number(&buffer);
	else if (kinds[kind].fn != call_access)
		call.rsi = number(&buffer);
	call.flags |= FLAGS_SET;
	was = call;
	kinds[kind].fn(&call);
	unchanged(&call, &was);
	return call.rax;
}

static bool opens(unsigned kind)
{
	return kinds[kind].fn == call_open || kinds[kind].fn == call_openat;
}

static void gives(unsigned kind, int dir, const char *path, int64_t want)
{
	int64_t got = on_path(kind, dir, number(path), O_RDONLY);

	if (got >= 0 && opens(kind)) {
		close((int)got);
		got = 0;
	}
	if (!CHECK_EQ(got, want))
		fprintf(stderr, "%s of %s\n", kinds[kind].name, path);
}

static void make_often(void)
{
	check_section("often");
	for (unsigned kind = 0; kind < KINDS; kind++) {
		for (unsigned i = 0; i < OFTEN; i++)
			gives(kind, AT_FDCWD, "/proc/self/status", 0);
		CHECK_EQ(*kinds[kind].site == JUMP, !native && !traps);
		/* the SYSCALL stays */
		CHECK_EQ(kinds[kind].site[5], 0x0f);
		CHECK_EQ(kinds[kind].site[6], 0x05);
	}
}

static void ordinary(void)
{
	char path[PAGE + 1];

	check_section("ordinary paths");
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	for (unsigned kind = 0; kind < KINDS; kind++) {
		gives(kind, AT_FDCWD, "/", 0);
		gives(kind, AT_FDCWD, ".", 0);
		gives(kind, AT_FDCWD, "", -ENOENT);
		gives(kind, AT_FDCWD, "/nowhere", -ENOENT);
		gives(kind, AT_FDCWD, "/nowhere/enclave", -ENOENT);
		gives(kind, AT_FDCWD, "/proc/self/status/a", -ENOTDIR);
		gives(kind, AT_FDCWD, path, -ENAMETOOLONG);
		if (kinds[kind].at)
			gives(kind, -5, "relative", -EBADF);
	}
}

/* Strings that end, begin, or lie, where nothing is mapped. */
static void edges(void)
{
	char *page = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = page + 2 * PAGE;

	check_section("edges");
	mprotect(page, PAGE, PROT_NONE);
	mprotect(page + 2 * PAGE, PAGE, PROT_NONE);
	memcpy(page + PAGE, "/", 2);
	memcpy(end - 5, "/tmp", 5);
	for (unsigned kind = 0; kind < KINDS; kind++) {
		gives(kind, AT_FDCWD, page + PAGE, 0);
		gives(kind, AT_FDCWD, end - 5, 0);
		gives(kind, AT_FDCWD, end - 1, -ENOENT);
		end[-1] = '/';
		CHECK_EQ(on_path(kind, AT_FDCWD, number(end - 5), 0), -EFAULT);
		end[-1] = 0;
		CHECK_EQ(on_path(kind, AT_FDCWD, number(end), 0), -EFAULT);
		CHECK_EQ(on_path(kind, AT_FDCWD, 0, 0), -EFAULT);
		CHECK_EQ(on_path(kind, AT_FDCWD, 1ull << 63, 0), -EFAULT);
	}
	munmap(page, 3 * PAGE);
}

/* By its descriptor, after the process has met SGX. */
static void is_open_device(int64_t fd)
{
	struct call call = { .rdi = (uint64_t)fd,
			     .rsi = number(""),
			     .rdx = number(&buffer),
			     .r10 = AT_EMPTY_PATH };

	memset(&buffer, 0, sizeof(buffer));
	call_fstatat(&call);
	CHECK_EQ(call.rax, 0);
	CHECK_EQ(buffer.st_rdev, 10 << 8 | 125);
	CHECK(S_ISCHR(buffer.st_mode));
}

static void is_device(unsigned kind, int dir, const char *path)
{
	int64_t got = on_path(kind, dir, number(path), O_RDWR);

	if (!CHECK(got >= 0))
		fprintf(stderr, "%s of %s: %ld\n", kinds[kind].name, path,
			(long)got);
	if (opens(kind)) {
		is_open_device(got);
		close((int)got);
	} else if (kinds[kind].fn != call_access)
		CHECK_EQ(buffer.st_rdev, 10 << 8 | 125);
}

/* Before this process has met SGX: nothing is opened. */
static void devices_by_name(void)
{
	int dev = open("/dev", O_RDONLY | O_DIRECTORY);
	char link[64];

	check_section("devices by name");
	snprintf(link, sizeof(link), "%s/link", folder);
	for (unsigned kind = 0; kind < KINDS; kind++) {
		if (opens(kind))
			continue;
		is_device(kind, AT_FDCWD, "/dev/sgx_enclave");
		is_device(kind, AT_FDCWD, "/dev//./sgx_enclave");
		if (kinds[kind].at)
			is_device(kind, dev, "sgx_enclave");
		if (kinds[kind].fn == call_lstat) {
			gives(kind, AT_FDCWD, link, 0);
			CHECK(S_ISLNK(buffer.st_mode));
		} else {
			is_device(kind, AT_FDCWD, link);
		}
	}
	close(dev);
}

static void cpuinfo(unsigned kind)
{
	char text[65536];
	int64_t fd = on_path(kind, AT_FDCWD, number("/proc/cpuinfo"), O_RDONLY);
	ssize_t n = read((int)fd, text, sizeof(text) - 1);

	CHECK(n > 0);
	text[n > 0 ? n : 0] = 0;
	CHECK(strstr(text, " sgx "));
	close((int)fd);
}

/* In a process that has not met SGX: nothing is made where the link leads. */
static void create_through(unsigned kind, const char *link)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		int64_t fd = on_path(kind, AT_FDCWD, number(link),
				     O_RDWR | O_CREAT);

		CHECK(fd >= 0);
		is_open_device(fd);
		_exit(check_failures() != 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* What follows the link is opened. */
static void opened(void)
{
	char link[64];

	check_section("devices opened");
	snprintf(link, sizeof(link), "%s/link", folder);
	for (unsigned kind = 0; kind < KINDS; kind++)
		if (opens(kind))
			create_through(kind, link);
	for (unsigned kind = 0; kind < KINDS; kind++) {
		if (!opens(kind))
			continue;
		cpuinfo(kind);
		is_device(kind, AT_FDCWD, "/dev/sgx_enclave");
		is_device(kind, AT_FDCWD, link);
		CHECK(on_path(kind, AT_FDCWD, number(link), O_RDWR | O_CREAT) >=
		      0);
	}
}

static void look_for_device(const char *path, bool there)
{
	static char entries[65536];
	struct call call = { .rsi = number(entries), .rdx = sizeof(entries) };
	bool found = false;
	int fd = open(path, O_RDONLY | O_DIRECTORY);

	call.rdi = (uint64_t)fd;
	call.flags = 0x202 | FLAGS_SET;
	do {
		call_list(&call);
		CHECK_EQ(call.rsi, number(entries));
		CHECK_EQ(call.rdx, sizeof(entries));
		CHECK_EQ(call.rdi, fd);
		CHECK_EQ(call.wrong, 0);
		CHECK_EQ(call.flags, 0x202 | FLAGS_SET);
		for (int64_t at = 0; at < call.rax;) {
			const struct dirent64 *e = (void *)(entries + at);

			found |= !strcmp(e->d_name, "sgx_enclave");
			at += e->d_reclen;
		}
	} while (call.rax > 0);
	CHECK_EQ(call.rax, 0);
	CHECK_EQ(found, there);
	close(fd);
}

static void listings(void)
{
	struct call call = { .rdi = ~0ull };

	check_section("listings");
	for (unsigned i = 0; i < OFTEN; i++)
		look_for_device("/", false);
	CHECK_EQ(*call_list_site == JUMP, !native && !traps);
	look_for_device(folder, false);
	if (!native)
		look_for_device("/dev", true);
	call_list(&call);
	CHECK_EQ(call.rax, -EBADF);
}

/* Actions ---------------------------------------------------------------- */

/* struct kernel_sigaction, not libc's */
struct action {
	uint64_t handler, flags, restorer, mask;
};

static int64_t set_action(int sig, const struct action *act, struct action *old)
{
	struct call call = { .rdi = (uint64_t)sig,
			     .rsi = number(act),
			     .rdx = number(old),
			     .r10 = 8,
			     .flags = 0x202 | FLAGS_SET };
	struct call was = call;

	call_action(&call);
	unchanged(&call, &was);
	return call.rax;
}

/* By the site, and by a call that is never rewritten. */
static void has_action(int sig, uint64_t handler, uint64_t flags, uint64_t mask)
{
	struct action act = { 99, 99, 99, 99 }, same = { 98, 98, 98, 98 };

	CHECK_EQ(set_action(sig, NULL, &act), 0);
	CHECK_EQ(syscall(SYS_rt_sigaction, sig, NULL, &same, 8), 0);
	CHECK(!memcmp(&act, &same, sizeof(act)));
	CHECK_EQ(act.handler, handler);
	CHECK_EQ(act.flags, flags);
	CHECK_EQ(act.mask, mask);
}

static uint64_t ignored(void)
{
	char text[8192];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	const char *line;

	text[n > 0 ? n : 0] = 0;
	close(fd);
	line = strstr(text, "SigIgn:");
	return line ? strtoull(line + 7, NULL, 16) : 0;
}

static void on_usr1(int sig)
{
	(void)sig;
}

/* SIG_IGN and SIG_DFL, a handler in their place, and back. */
static void one_signal(int sig)
{
	const uint64_t bit = 1ull << (sig - 1);
	struct action ign = { 1, SA_RESTART, 0, 1 << 9 }, dfl = { 0 };
	struct action old = { 99, 99, 99, 99 };
	struct sigaction handled = { .sa_handler = on_usr1 };

	CHECK_EQ(set_action(sig, &ign, NULL), 0);
	has_action(sig, 1, SA_RESTART, 1 << 9);
	/* the kernel has the runtime's action of those of exceptions */
	CHECK((ignored() & bit) || sig == SIGSEGV || sig == SIGSYS ||
	      sig == SIGFPE);
	CHECK_EQ(set_action(sig, &dfl, &old), 0);
	CHECK_EQ(old.handler, 1);
	has_action(sig, 0, 0, 0);
	CHECK(!(ignored() & bit));
	CHECK_EQ(sigaction(sig, &handled, NULL), 0);
	CHECK_EQ(set_action(sig, NULL, &old), 0);
	CHECK_EQ(old.handler, number((void *)(uintptr_t)on_usr1));
	CHECK_EQ(set_action(sig, &ign, NULL), 0);
	has_action(sig, 1, SA_RESTART, 1 << 9);
	/* what is set may lie where the old one goes */
	old = dfl;
	CHECK_EQ(set_action(sig, &old, &old), 0);
	CHECK_EQ(old.handler, 1);
	has_action(sig, 0, 0, 0);
}

static void actions(void)
{
	const int signals[] = { SIGUSR1, SIGTERM,      SIGSEGV, SIGSYS,
				SIGFPE,  SIGRTMIN + 1, 64 };
	struct action act, kill = { .handler = 1 };

	check_section("actions");
	for (unsigned i = 0; i < OFTEN; i++)
		CHECK_EQ(set_action(SIGUSR2, NULL, &act), 0);
	CHECK_EQ(*call_action_site == JUMP, !native && !traps);
	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		one_signal(signals[i]);
	CHECK_EQ(set_action(SIGKILL, NULL, &act), 0);
	CHECK_EQ(set_action(SIGKILL, &kill, NULL), -EINVAL);
	CHECK_EQ(set_action(0, NULL, &act), -EINVAL);
	CHECK_EQ(set_action(65, NULL, &act), -EINVAL);
	CHECK_EQ(set_action(-1, NULL, &act), -EINVAL);
	CHECK_EQ(set_action(SIGUSR1, NULL, NULL), 0);
	CHECK_EQ(set_action(SIGUSR1, NULL, (void *)8), -EFAULT);
	CHECK_EQ(set_action(SIGUSR1, (void *)8, NULL), -EFAULT);
	has_action(SIGUSR1, 0, 0, 0);
}

/* Signals ---------------------------------------------------------------- */

static volatile unsigned steps, at_site, at_syscall, at_behind;
static const uint8_t *volatile stepped;

static void on_step(int sig, siginfo_t *info, void *context)
{
	greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t rip = (uint64_t)gregs[REG_RIP];

	(void)sig;
	(void)info;
	steps++;
	at_site += rip == number(stepped);
	at_syscall += rip == number(stepped) + 5;
	/* Linux tells of a SYSCALL when the next instruction is done, too */
	at_behind += rip == number(stepped) + 7 || rip == number(stepped) + 15;
	if (at_behind || steps > 100)
		gregs[REG_EFL] &= ~(greg_t)FLAG_TF;
}

/* Each instruction once, the call being one of them. */
static void stepping(unsigned kind, const char *path, int64_t want)
{
	struct call call = { .rdi = number(path), .flags = 0x202 | FLAG_TF };

	if (kinds[kind].at) {
		call.rdi = (uint64_t)(int64_t)AT_FDCWD;
		call.rsi = number(path);
		call.rdx = number(&buffer);
	} else {
		call.rsi = number(&buffer);
	}
	if (kinds[kind].fn == call_access)
		call.rsi = 0;
	stepped = kinds[kind].site;
	steps = at_site = at_syscall = at_behind = 0;
	kinds[kind].fn(&call);
	CHECK_EQ(call.rax, want);
	CHECK_EQ(call.wrong, 0);
	CHECK_EQ(steps, 3);
	CHECK_EQ(at_site, 1);
	CHECK_EQ(at_syscall, 1);
	CHECK_EQ(at_behind, 1);
}

static void single_steps(void)
{
	struct sigaction act = { .sa_sigaction = on_step,
				 .sa_flags = SA_SIGINFO };

	check_section("single steps");
	sigaction(SIGTRAP, &act, NULL);
	stepping(0, "/", 0);
	stepping(0, "/nowhere", -ENOENT);
	stepping(5, "/", 0);
}

static volatile sig_atomic_t stop;
static volatile unsigned ticks, odd;

/* The thread is in its own code, and in none of the runtime's. */
static void on_tick(int sig, siginfo_t *info, void *context)
{
	const greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t rip = (uint64_t)gregs[REG_RIP];
	uint64_t at = rip - number(kinds[0].site);

	(void)sig;
	(void)info;
	ticks++;
	if (rip < number(call_access) || rip >= number(call_access_end))
		return;
	if (at < 7 && at != 0 && at != 5)
		odd++;
	if (at == 5 && gregs[REG_RAX] != 21)
		odd++;
	if (at == 7 && gregs[REG_RAX] != -ENOENT && gregs[REG_RAX] != 0)
		odd++;
}

static bool in_own_code(uint64_t rip)
{
	char line[512];
	bool own = false;
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char perms[5];

	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %4s", &start, &end, perms) == 3 &&
		    rip >= start && rip < end)
			own = strchr(line, '/') || strstr(line, "[vdso]");
	fclose(maps);
	return own;
}

#define SEEN 4096
static uint64_t seen[SEEN];
static volatile unsigned nr_seen;

static void on_alarm(int sig, siginfo_t *info, void *context)
{
	on_tick(sig, info, context);
	if (nr_seen < SEEN)
		seen[nr_seen++] = (uint64_t)((ucontext_t *)context)
					  ->uc_mcontext.gregs[REG_RIP];
}

static void alarms(void)
{
	struct itimerval often = { { 0, 70 }, { 0, 70 } }, never = { 0 };
	struct sigaction act = { .sa_sigaction = on_alarm,
				 .sa_flags = SA_SIGINFO | SA_RESTART };

	check_section("alarms");
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (unsigned i = 0; i < 100000 && nr_seen < SEEN; i++) {
		gives(0, AT_FDCWD, i & 1 ? "/proc/self/status" : "/nowhere",
		      i & 1 ? 0 : -ENOENT);
		gives(5, AT_FDCWD, "/proc/self/status", 0);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK(ticks > 10);
	CHECK_EQ(odd, 0);
	for (unsigned i = 0; i < nr_seen; i += 1 + nr_seen / 200)
		CHECK(in_own_code(seen[i]));
}

/* Others ----------------------------------------------------------------- */

static void *work(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2000; i++) {
		gives(0, AT_FDCWD, "/nowhere", -ENOENT);
		gives(4, AT_FDCWD, "/proc/self/status", 0);
	}
	return NULL;
}

static void threads_and_children(void)
{
	pthread_t thread[3];
	int status;
	pid_t pid;

	check_section("threads and children");
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, work, NULL), 0);
	work(NULL);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	pid = fork();
	if (!pid) {
		check_restart();
		work(NULL);
		_exit(check_failures() != 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	pid = vfork();
	if (!pid)
		_exit(access("/nowhere", 0) == 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

int main(int argc, char **argv)
{
	char link[64];

	native = argc > 1 && !strcmp(argv[1], "native");
	traps = argc > 1 && !strcmp(argv[1], "traps");
	check_timeout(100);
	if (!mkdtemp(folder))
		return 1;
	snprintf(link, sizeof(link), "%s/link", folder);
	CHECK_EQ(symlink("/dev/sgx_enclave", link), 0);
	make_often();
	ordinary();
	edges();
	listings();
	actions();
	single_steps();
	alarms();
	threads_and_children();
	if (!native) {
		devices_by_name();
		opened();
		/* it has met SGX: from now on all of it traps */
		ordinary();
		edges();
		listings();
		actions();
		single_steps();
		devices_by_name();
	}
	unlink(link);
	rmdir(folder);
	return check_result();
}
