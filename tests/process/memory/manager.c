/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A manager: a process that has an enclave's descriptor, and no mapping of it,
 * restricts, trims and removes pages while a worker uses them.  When its ioctl
 * has returned, no thread of the worker has a way to them that is not allowed
 * any more, not even one that was inside all the time.
 *
 * Source: Linux 6.1 sgx/ioctl.c sgx_enclave_restrict_permissions(),
 * sgx_enclave_modify_types(), sgx_encl_remove_pages().
 */
#define _GNU_SOURCE
#include <asm/sgx.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/heap.h"
#include "tests/process/fixture/victim.h"

#define PAGES  4u
#define ROUNDS 10
#define RW     (SECINFO_R | SECINFO_W)

enum { POUNDER = 1, ENTERER = 2, JUDGE = 3 }; /* TCS of each */

enum order { RESTRICT, TRIM, REMOVE, QUIT };

static struct enclave enclave;
static int to_manager[2], from_manager[2];

/* The manager -------------------------------------------------------- */

static int carry_out(int fd, enum order order)
{
	uint64_t offset = heap_address(&enclave, 0) - enclave.base;
	struct sgx_enclave_restrict_permissions p = { .offset = offset,
						      .length = ENCLAVE_PAGE,
						      .permissions =
							      SECINFO_R };
	struct sgx_enclave_modify_types m = { .offset = offset,
					      .length = ENCLAVE_PAGE,
					      .page_type = 4 };
	struct sgx_enclave_remove_pages r = { .offset = offset,
					      .length = ENCLAVE_PAGE };

	switch (order) {
	case RESTRICT:
		return ioctl(fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &p);
	case TRIM:
		return ioctl(fd, SGX_IOC_ENCLAVE_MODIFY_TYPES, &m);
	default:
		return ioctl(fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &r);
	}
}

static void manage(int fd)
{
	int order, result;

	while (read(to_manager[0], &order, sizeof(order)) == sizeof(order) &&
	       order != QUIT) {
		result = carry_out(fd, order) ? errno : 0;
		CHECK_EQ(write(from_manager[1], &result, sizeof(result)),
			 sizeof(result));
	}
}

/* It had the mapping over fork(), and gives it up. */
static void inherit(int unused)
{
	(void)unused;
	CHECK_EQ(munmap((void *)enclave.base, enclave.size), 0);
	manage(enclave.fd);
}

/* It was there before the enclave, and is sent the descriptor. */
static void receive(int socket)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &enclave, sizeof(enclave) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int fd;

	if (!CHECK_EQ(recvmsg(socket, &msg, 0), sizeof(enclave)))
		return;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	manage(fd);
}

static void send_descriptor(int socket)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &enclave, sizeof(enclave) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &enclave.fd, sizeof(int));
	CHECK_EQ(sendmsg(socket, &msg, 0), sizeof(enclave));
}

static pid_t start(void (*manager)(int), int socket)
{
	pid_t pid = fork();

	if (pid < 0)
		check_fatal("fork");
	if (!pid) {
		check_restart();
		manager(socket);
		_exit(check_result());
	}
	return pid;
}

static int order(int what)
{
	int result = -1;

	CHECK_EQ(write(to_manager[1], &what, sizeof(what)), sizeof(what));
	CHECK_EQ(read(from_manager[0], &result, sizeof(result)),
		 sizeof(result));
	return result;
}

/* The worker --------------------------------------------------------- */

struct access {
	enum enclave_op op;
	unsigned tcs;
	bool again;   /* enters for each access */
	bool refused; /* from now on */
	struct request r;
	struct enclave_exit exit;
	pthread_t thread;
};

static void *go_on_accessing(void *arg)
{
	struct access *a = arg;
	bool refused;

	do {
		refused = __atomic_load_n(&a->refused, __ATOMIC_SEQ_CST);
		a->exit = victim_enter(&enclave, a->tcs, &a->r);
		if (a->exit.function == ENCLU_EEXIT)
			CHECK(!refused);
		a->r.started = 1;
	} while (a->again && a->exit.function == ENCLU_EEXIT && !refused);
	return NULL;
}

static void start_access(struct access *a)
{
	a->r.op = a->op;
	a->r.addr = heap_address(&enclave, 0);
	CHECK_EQ(pthread_create(&a->thread, NULL, go_on_accessing, a), 0);
	while (!__atomic_load_n(&a->r.started, __ATOMIC_SEQ_CST))
		sched_yield();
}

static void end_access(struct access *a, unsigned error_code)
{
	__atomic_store_n(&a->refused, true, __ATOMIC_SEQ_CST);
	pthread_join(a->thread, NULL);
	CHECK_EQ(a->exit.function, ENCLU_ERESUME);
	CHECK_EQ(a->exit.vector, VECTOR_PAGE_FAULT);
	CHECK_EQ(a->exit.error_code, error_code);
	CHECK_EQ(a->exit.addr & ~4095ull, heap_address(&enclave, 0));
}

/* On the TCS that meets no fault. */
static uint64_t judge(enum enclave_op op, uint64_t flags)
{
	struct request r = { .op = op,
			     .addr = heap_address(&enclave, 0),
			     .flags = flags };

	CHECK(victim_call(&enclave, JUDGE, BY_VDSO, &r));
	return r.value;
}

/* No write after the order has been carried out, by who is inside. */
static void while_it_writes(int what)
{
	struct access pounder = { .op = OP_POUND, .tcs = POUNDER };
	struct access enterer = { .op = OP_WRITE,
				  .tcs = ENTERER,
				  .again = true };
	uint64_t seen;

	start_access(&pounder);
	start_access(&enterer);
	CHECK_EQ(order(what), 0);
	seen = __atomic_load_n(&pounder.r.count, __ATOMIC_SEQ_CST);
	end_access(&enterer, 0x8007);
	pounder.r.flag = check_failures() != 0;
	/* The word may have been counted, and `count` not yet. */
	end_access(&pounder, 0x8007);
	CHECK(pounder.r.count <= seen + 1);
}

static void refused(void)
{
	CHECK_ROW("RESTRICT_PERMISSIONS",
		  "sgx/ioctl.c sgx_enclave_restrict_permissions()",
		  "by a process without a mapping; a worker writes",
		  "its next write is #PF, error code 0x8007");
	while_it_writes(RESTRICT);
	judge(OP_READ, 0);
	CHECK_EQ(judge(OP_EACCEPT, SECINFO_REG | SECINFO_R | SECINFO_PR), 0);
}

static void trimmed(void)
{
	struct access reader = { .op = OP_READ, .tcs = ENTERER, .again = true };
	struct access writer = { .op = OP_WRITE, .tcs = POUNDER };

	CHECK_ROW("MODIFY_TYPES", "sgx/ioctl.c sgx_enclave_modify_types()",
		  "by a process without a mapping; a worker reads",
		  "its next access is #PF");
	start_access(&reader);
	CHECK_EQ(order(TRIM), 0);
	end_access(&reader, 0x8005);
	start_access(&writer);
	end_access(&writer, 0x8007);
	CHECK_EQ(judge(OP_EACCEPT, SECINFO_TRIM | SECINFO_MODIFIED), 0);
}

/* Then it can be added again, and is zeros. */
static void removed(void)
{
	CHECK_ROW("REMOVE_PAGES", "sgx/ioctl.c sgx_encl_remove_pages()",
		  "by a process without a mapping",
		  "the page is gone, and may be added again");
	CHECK_EQ(order(REMOVE), 0);
	CHECK_EQ(judge(OP_EACCEPT, SECINFO_REG | RW | SECINFO_PENDING), 0);
	CHECK_EQ(judge(OP_COMPARE, 0), 0);
}

static void one(void (*manager)(int))
{
	int sockets[2];
	pid_t pid = 0;

	if (pipe(to_manager) || pipe(from_manager) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		check_fatal("pipe");
	if (manager == receive)
		pid = start(manager, sockets[0]);
	heap_build(&enclave);
	if (manager == receive)
		send_descriptor(sockets[1]);
	else
		pid = start(manager, -1);
	refused();
	trimmed();
	removed();
	CHECK_EQ(write(to_manager[1], &(int){ QUIT }, sizeof(int)),
		 sizeof(int));
	CHECK(check_exited_well(check_wait(pid)));
	enclave_destroy(&enclave);
	for (unsigned i = 0; i < 2; i++) {
		close(to_manager[i]);
		close(from_manager[i]);
		close(sockets[i]);
	}
}

int main(void)
{
	check_timeout(50);
	heap_prepare(PAGES);
	for (unsigned i = 0; i < ROUNDS && !check_failures(); i++) {
		check_section("a child that has unmapped it");
		one(inherit);
		check_section("a stranger that was sent the descriptor");
		one(receive);
	}
	check_all_rows();
	return check_result();
}
