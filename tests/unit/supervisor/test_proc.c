/* SPDX-License-Identifier: BSD-3-Clause */
/* What /proc says of this process, which knows it otherwise, too. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/supervisor/base/proc.h"
#include "process/supervisor/base/socket.h"
#include "process/supervisor/base/thread_id.h"

#define NOBODY 0x7ffffff0 /* beyond any pid_max */

static void status(void **state)
{
	char value[32], tiny[3];

	(void)state;
	assert_int_equal(proc_number(getpid(), "PPid:", 0), getppid());
	assert_int_equal(proc_number(PROC_SELF, "Tgid:", 0), getpid());
	assert_int_equal(proc_number(getpid(), "TracerPid:", -1), 0);
	assert_int_equal(proc_number(getpid(), "NoSuchField:", -1), -1);
	assert_int_equal(proc_number(NOBODY, "PPid:", 7), 7);
	assert_int_equal(proc_number(0, "PPid:", 7), 7);
	assert_true(proc_status(getpid(), "State:", value, sizeof(value)));
	assert_memory_equal(value, "R (running)", 12);
	assert_true(proc_status(getpid(), "State:", tiny, sizeof(tiny)));
	assert_string_equal(tiny, "R ");
}

static void threads(void **state)
{
	(void)state;
	assert_int_equal(proc_innermost_id(getpid(), getpid()), getpid());
	/* a live thread, but of another process */
	assert_int_equal(proc_innermost_id(getpid(), getppid()), 0);
	assert_int_equal(thread_by_own_id(getpid(), getpid()), getpid());
	assert_int_equal(thread_by_own_id(getpid(), getppid()), 0);
	assert_int_equal(thread_by_own_id(NOBODY, NOBODY), 0);
	assert_int_equal(thread_id(getpid(), getpid()), getpid());
	assert_int_equal(thread_id(0, getpid()), 0);
}

static bool is_parent(pid_t pid, void *arg)
{
	++*(unsigned int *)arg;
	return pid == getppid();
}

static void processes(void **state)
{
	unsigned int n = 0;

	(void)state;
	assert_true(proc_each_process(is_parent, &n));
	assert_true(n > 0);
	assert_false(proc_each_thread(getpid(), is_parent, &n));
	assert_false(proc_each_thread(NOBODY, is_parent, &n));
}

struct wanted {
	unsigned long at;
	struct proc_mapping found;
	char path[64];
};

static bool is_wanted(const struct proc_mapping *m, void *arg)
{
	struct wanted *w = arg;

	if (m->start != w->at)
		return false;
	w->found = *m;
	snprintf(w->path, sizeof(w->path), "%s", m->path);
	return true;
}

static void mappings(void **state)
{
	struct wanted w;
	int fd = memfd_create("a name with blanks", 0);
	void *p;

	(void)state;
	assert_int_equal(ftruncate(fd, 0x3000), 0);
	p = mmap(NULL, 0x2000, PROT_READ, MAP_SHARED, fd, 0x1000);
	w.at = (unsigned long)p;
	assert_true(proc_each_mapping(PROC_SELF, is_wanted, &w));
	assert_int_equal(w.found.end, w.at + 0x2000);
	assert_int_equal(w.found.offset, 0x1000);
	assert_string_equal(w.found.prot, "r--s");
	assert_true(w.found.inode);
	assert_string_equal(w.path, "/memfd:a name with blanks (deleted)");
	munmap(p, 0x2000);
	assert_false(proc_each_mapping(getpid(), is_wanted, &w));
	close(fd);
}

static bool is_listener(const char *name, bool listens, void *arg)
{
	return listens && !strcmp(name, arg);
}

static bool is_there(const char *name, bool listens, void *arg)
{
	(void)listens;
	return !strcmp(name, arg);
}

static void sockets(void **state)
{
	char name[64];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "swsgx-test-%d a", (int)getpid());
	assert_false(proc_each_socket(is_there, name));
	fd = socket_listen(name);
	assert_true(fd >= 0);
	assert_true(proc_each_socket(is_listener, name));
	close(fd);
	assert_false(proc_each_socket(is_there, name));
}

static void links(void **state)
{
	char own[256], said[256];
	int fd;

	(void)state;
	own[readlink("/proc/self/exe", own, sizeof(own) - 1)] = 0;
	proc_link(getpid(), said, sizeof(said), "exe");
	assert_string_equal(said, own);
	proc_link(NOBODY, said, sizeof(said), "exe");
	assert_string_equal(said, "");
	fd = proc_open(PROC_SELF, O_RDONLY, "fd/%d", 0);
	assert_true(fd >= 0 || fd == -ENXIO || fd == -EACCES);
	if (fd >= 0)
		close(fd);
	assert_int_equal(proc_open(NOBODY, O_RDONLY, "maps"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status),    cmocka_unit_test(threads),
		cmocka_unit_test(processes), cmocka_unit_test(mappings),
		cmocka_unit_test(sockets),   cmocka_unit_test(links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
