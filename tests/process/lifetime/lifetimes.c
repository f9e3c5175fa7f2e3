/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long an enclave lives, and by which descriptors: dup, close after mmap,
 * munmap and mmap again, two at once, a descriptor sent over a socket or kept
 * across exec; and what the device files look like.
 *
 * Source: Linux 6.1 sgx/driver.c sgx_open(), sgx_release().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

static struct parts parts;

static bool works(const struct enclave *e)
{
	struct request r = { .op = OP_BASES };

	return victim_call(e, 1, BY_ENCLU, &r) && r.value == 1;
}

static uint64_t secret(const struct enclave *e, enum enclave_op op,
		       uint64_t value)
{
	struct request r = { .op = op, .value = value };

	CHECK(victim_call(e, 0, BY_ENCLU, &r));
	return r.value;
}

static void map_again(struct enclave *e)
{
	if (enclave_map(e, &parts.image))
		check_fatal("map: %s", enclave_error());
}

static void close_after_mmap(void)
{
	struct enclave e;

	check_section("close after mmap");
	CHECK_ROW("close", "sgx/driver.c sgx_release()", "mapped still",
		  "the enclave works on");
	parts_build(&parts, &e);
	secret(&e, OP_STORE, 42);
	CHECK_EQ(close(e.fd), 0);
	e.fd = -1;
	CHECK(works(&e));
	CHECK_EQ(secret(&e, OP_LOAD, 0), 42);
	enclave_destroy(&e);
}

static void unmap_and_map(void)
{
	struct enclave e;

	check_section("munmap, then mmap");
	CHECK_ROW("munmap", "mm/mmap.c", "the whole enclave, then mmap",
		  "its content is there");
	parts_build(&parts, &e);
	secret(&e, OP_STORE, 43);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(munmap((void *)e.base, e.size), 0);
		map_again(&e);
		CHECK_EQ(secret(&e, OP_LOAD, 0), 43);
	}
	enclave_destroy(&e);
}

static void duplicates(void)
{
	struct enclave e;
	int copy, high;

	check_section("dup");
	CHECK_ROW("dup, F_DUPFD", "fs/file.c", "any copy of the descriptor",
		  "the same enclave");
	parts_build(&parts, &e);
	copy = dup(e.fd);
	high = fcntl(e.fd, F_DUPFD_CLOEXEC, 500);
	CHECK(copy >= 0 && high >= 500);
	CHECK_EQ(close(e.fd), 0);
	CHECK_EQ(dup2(high, e.fd), e.fd);
	CHECK_EQ(close(high), 0);
	CHECK_EQ(munmap((void *)e.base, e.size), 0);
	CHECK_EQ(close(e.fd), 0);
	e.fd = copy;
	map_again(&e);
	CHECK(works(&e));
	/* The same enclave: it cannot be created again. */
	CHECK_FAILS(ioctl(copy, SGX_IOC_ENCLAVE_CREATE, &parts), EINVAL);
	enclave_destroy(&e);
}

static void two_enclaves(void)
{
	struct enclave a, b;

	check_section("two enclaves");
	parts_build(&parts, &a);
	parts_build(&parts, &b);
	secret(&a, OP_STORE, 1);
	secret(&b, OP_STORE, 2);
	CHECK_EQ(secret(&a, OP_LOAD, 0), 1);
	CHECK_EQ(secret(&b, OP_LOAD, 0), 2);
	enclave_destroy(&a);
	CHECK_EQ(secret(&b, OP_LOAD, 0), 2);
	parts_build(&parts, &a);
	CHECK_EQ(secret(&a, OP_LOAD, 0), 0);
	enclave_destroy(&a);
	enclave_destroy(&b);
}

/* Many, one after the other: nothing may be left behind. */
static void many(void)
{
	struct enclave e;
	int first = -1;

	check_section("one after the other");
	for (int i = 0; i < 40; i++) {
		parts_build(&parts, &e);
		if (first < 0)
			first = e.fd;
		CHECK_EQ(e.fd, first);
		CHECK(works(&e));
		enclave_destroy(&e);
	}
}

/* Unmapped and closed: the addresses are the program's again. */
static void addresses_come_back(void)
{
	struct enclave e;
	uint64_t base, size;
	char *p;

	check_section("addresses are free again");
	CHECK_ROW("close", "sgx/driver.c sgx_release()", "unmapped and closed",
		  "the addresses are free");
	parts_build(&parts, &e);
	base = e.base;
	size = e.size;
	enclave_destroy(&e);
	p = mmap((void *)base, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK(p == (char *)base);
	if (p != MAP_FAILED) {
		CHECK_EQ(p[4096], 0);
		p[4096] = 7;
		CHECK_EQ(p[4096], 7);
		munmap(p, size);
	}
}

static void send_fd(int socket, int fd)
{
	char byte = 'x', control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	CHECK_EQ(sendmsg(socket, &msg, 0), 1);
}

static int receive_fd(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int fd = -1;

	CHECK_EQ(recvmsg(socket, &msg, 0), 1);
	if (CHECK(CMSG_FIRSTHDR(&msg) != NULL))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static struct enclave sent;
static int sockets[2];

/* The descriptor is all that it has of this enclave. */
static void receiver(void)
{
	sent.fd = receive_fd(sockets[1]);
	map_again(&sent);
	CHECK_EQ(secret(&sent, OP_LOAD, 0), 77);
	secret(&sent, OP_STORE, 78);
}

static void passed_by_socket(void)
{
	pid_t pid;

	check_section("SCM_RIGHTS");
	CHECK_ROW("SCM_RIGHTS", "net/core/scm.c",
		  "another process gets the descriptor", "the same enclave");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		check_fatal("socketpair");
	pid = fork();
	if (!pid) {
		check_restart();
		check_timeout(20);
		if (read(sockets[1], &sent, sizeof(sent)) != sizeof(sent))
			_exit(1);
		receiver();
		_exit(check_result());
	}
	parts_build(&parts, &sent);
	secret(&sent, OP_STORE, 77);
	CHECK_EQ(write(sockets[0], &sent, sizeof(sent)), sizeof(sent));
	send_fd(sockets[0], sent.fd);
	CHECK(check_exited_well(check_wait(pid)));
	CHECK_EQ(secret(&sent, OP_LOAD, 0), 78);
	enclave_destroy(&sent);
}

static void exec_with(const struct enclave *e)
{
	char fd[16], base[32], size[32];

	snprintf(fd, sizeof(fd), "%d", e->fd);
	snprintf(base, sizeof(base), "%llx", (unsigned long long)e->base);
	snprintf(size, sizeof(size), "%llx", (unsigned long long)e->size);
	execl("/proc/self/exe", "lifetimes", fd, base, size, (char *)NULL);
	check_fatal("execl: %s", strerror(errno));
}

/* Without O_CLOEXEC the descriptor is in the new image, and maps. */
static int after_exec(char **argv)
{
	struct enclave e = { .fd = atoi(argv[1]),
			     .base = strtoull(argv[2], NULL, 16),
			     .size = strtoull(argv[3], NULL, 16) };

	check_timeout(20);
	check_section("after exec");
	if (enclave_image_load(&parts.image, victim_enclave_path()))
		check_fatal("%s", enclave_error());
	map_again(&e);
	CHECK_EQ(secret(&e, OP_LOAD, 0), 79);
	enclave_destroy(&e);
	return check_result();
}

static void across_exec(void)
{
	struct enclave e;
	pid_t pid;

	check_section("a descriptor across exec");
	CHECK_ROW("execve", "fs/exec.c", "a descriptor without O_CLOEXEC",
		  "the same enclave");
	parts_build(&parts, &e);
	secret(&e, OP_STORE, 79);
	CHECK(fcntl(e.fd, F_GETFD) & FD_CLOEXEC);
	CHECK_EQ(fcntl(e.fd, F_SETFD, 0), 0);
	CHECK_EQ(fcntl(e.fd, F_GETFD), 0);
	pid = fork();
	if (!pid)
		exec_with(&e);
	CHECK(check_exited_well(check_wait(pid)));
	CHECK_EQ(secret(&e, OP_LOAD, 0), 79);
	enclave_destroy(&e);
}

static void one_node(const char *path)
{
	struct stat st;
	struct statx stx;
	int fd;

	check_section(path);
	CHECK_EQ(stat(path, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(lstat(path, &st), 0);
	CHECK_EQ(access(path, F_OK | R_OK | W_OK), 0);
	CHECK_EQ(faccessat(AT_FDCWD, path, R_OK, AT_EACCESS), 0);
	CHECK_EQ(statx(AT_FDCWD, path, 0, STATX_TYPE, &stx), 0);
	CHECK(S_ISCHR(stx.stx_mode));
	fd = open(path, O_RDWR);
	if (!CHECK(fd >= 0))
		return;
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	close(fd);
	fd = openat(-1, path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}

static void device_files(void)
{
	int dir, fd;

	one_node("/dev/sgx_enclave");
	one_node("/dev/sgx_provision");
	one_node("/dev/sgx/enclave");
	one_node("/dev/sgx/provision");
	check_section("other ways to the device");
	CHECK_ROW("open", "sgx/driver.c sgx_open(); devtmpfs",
		  "/dev/sgx_enclave, /dev/sgx_provision",
		  "character devices; every open is an empty enclave");
	CHECK_ROW("open", "fs/namei.c do_open()",
		  "O_CREAT|O_EXCL, O_DIRECTORY, bad pointer",
		  "EEXIST, ENOTDIR, EFAULT");
	dir = open("/dev", O_RDONLY | O_DIRECTORY);
	fd = openat(dir, "sgx_enclave", O_RDWR);
	CHECK(fd >= 0);
	close(fd);
	close(dir);
	fd = (int)syscall(SYS_open, "/dev/sgx_enclave", O_RDWR, 0);
	CHECK(fd >= 0);
	close(fd);
	CHECK_FAILS(open("/dev/isgx", O_RDWR), ENOENT);
	CHECK_FAILS(access("/dev/isgx", F_OK), ENOENT);
	CHECK_FAILS(open("/dev/sgx_enclave", O_RDWR | O_CREAT | O_EXCL, 0600),
		    EEXIST);
	CHECK_FAILS(open("/dev/sgx_enclave", O_RDWR | O_DIRECTORY), ENOTDIR);
	CHECK_FAILS(open((const char *)16, O_RDWR), EFAULT);
	CHECK(open("/dev/null", O_RDWR) >= 0);
}

static void file_operations(void)
{
	int fd = open("/dev/sgx_enclave", O_RDWR);
	char c = 0;

	check_section("read, write, lseek, ioctl");
	CHECK_DEVIATES("read, write, lseek", "fs/read_write.c",
		       "on a device file", "neither reads nor writes", "DP4");
	CHECK_ROW("ioctl", "fs/ioctl.c",
		  "a terminal's, vepc's or an unknown command", "ENOTTY");
	/* the device knows neither; nothing must come of either (DP4) */
	CHECK(read(fd, &c, 1) <= 0);
	CHECK(write(fd, &c, 1) < 0);
	CHECK_FAILS(ioctl(fd, 0xa4ff, &c), ENOTTY);
	CHECK_FAILS(ioctl(fd, 0xa404, 0), ENOTTY);
	CHECK_FAILS(ioctl(fd, 0x5401, &c), ENOTTY);
	close(fd);
	CHECK_FAILS(ioctl(fd, SGX_IOC_ENCLAVE_CREATE, &c), EBADF);
}

int main(int argc, char **argv)
{
	if (argc == 4)
		return after_exec(argv);
	check_timeout(45);
	device_files();
	file_operations();
	parts_prepare(&parts, NULL, NULL);
	close_after_mmap();
	unmap_and_map();
	duplicates();
	two_enclaves();
	many();
	addresses_come_back();
	passed_by_socket();
	across_exec();
	check_all_rows();
	return check_result();
}
