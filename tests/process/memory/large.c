/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Enclaves whose ELRANGE is large, of which little is used: many at once, until
 * no more fit; and programs that have little address space left for them, by
 * mappings of their own or by RLIMIT_AS (`large limit GIB COMMAND...` starts
 * one so).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

#define GIB      (1ull << 30)
#define TIB      (1ull << 40)
#define MANY     20
#define NR_SMALL 40
#define ROUNDS   1000
#define LOW      0x100000000000ull /* a base for all sizes here */
#define SAID     4096

static struct parts parts;
static char own_path[4096], passed[2][32];

static void nothing(struct enclave_measure *m)
{
	(void)m;
}

static void call(const struct enclave *e)
{
	struct request r = { .op = OP_MIX, .value = ROUNDS };

	CHECK(victim_call(e, 0, BY_VDSO, &r));
	CHECK_EQ(r.value, mix(ROUNDS, 0));
}

static void prepare(uint64_t size)
{
	parts_prepare(&parts, NULL, NULL);
	parts_sign_more(&parts, size, nothing);
}

static void build(struct enclave *e, uint64_t size)
{
	prepare(size);
	if (!CHECK_EQ(enclave_build(e, &parts.image, &parts.sig), 0))
		check_fatal("%llu GiB: %s", (unsigned long long)(size / GIB),
			    enclave_error());
	call(e);
}

/* ECREATE alone: nothing is mapped, so only the EPC has to have the room. */
static int create_with(struct enclave *e, uint64_t size, uint64_t attributes)
{
	struct secs secs;

	prepare(size);
	*e = (struct enclave)ENCLAVE_NONE;
	if (enclave_open(e))
		check_fatal("%s", enclave_error());
	e->base = LOW;
	e->size = size;
	enclave_secs_fill(&secs, e, &parts.image, &parts.sig);
	e->size = 0; /* no memory of ours */
	secs.attributes = attributes;
	return enclave_create(e, &secs);
}

static int create(struct enclave *e, uint64_t size)
{
	return create_with(e, size, ATTRIBUTE_MODE64BIT);
}

static void many(void)
{
	static struct enclave e[MANY + 1];

	for (unsigned i = 0; i <= MANY; i++)
		build(&e[i], i < MANY ? TIB : 8 * TIB);
	for (unsigned i = 0; i <= MANY; i++)
		call(&e[i]);
	for (unsigned i = 0; i <= MANY; i++)
		enclave_destroy(&e[i]);
}

/* Also what others have just freed. */
static void until_it_is_full(void)
{
	struct enclave e[4];

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 3; i++)
			CHECK_EQ(create(&e[i], 8 * TIB), 0);
		CHECK_FAILS(create(&e[3], 8 * TIB), ENOMEM);
		for (unsigned i = 0; i < 4; i++)
			enclave_destroy(&e[i]);
	}
}

/* Larger than any process can be; and too large for the mode. */
static void too_large(void)
{
	struct enclave e;

	CHECK_FAILS(create(&e, 64 * TIB), ENOMEM);
	enclave_destroy(&e);
	CHECK_FAILS(create(&e, 1ull << 56), EIO);
	enclave_destroy(&e);
	CHECK_FAILS(create_with(&e, 64 * TIB, 0), EIO);
	enclave_destroy(&e);
}

/* All there is in pieces of 1 TiB and more, as sanitizers do; the largest. */
static void *keep(void)
{
	void *first = MAP_FAILED, *p;

	for (uint64_t size = 64 * TIB; size >= TIB; size /= 2) {
		do {
			p = mmap(NULL, size, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				 -1, 0);
			if (first == MAP_FAILED)
				first = p;
		} while (p != MAP_FAILED);
	}
	return first;
}

/* What is said while it runs. */
static void listen(char said[SAID], void (*body)(void))
{
	int fd = memfd_create("said", 0), was = dup(2);
	ssize_t n;

	if (fd < 0 || was < 0 || dup2(fd, 2) < 0)
		check_fatal("%s", strerror(errno));
	body();
	n = pread(fd, said, SAID - 1, 0);
	said[n < 0 ? 0 : n] = '\0';
	dup2(was, 2);
	fputs(said, stderr);
	close(was);
	close(fd);
}

static void small_and_large(void)
{
	struct enclave e = ENCLAVE_NONE;

	victim_build(&e);
	call(&e);
	CHECK_FAILS(create(&e, 16 * TIB), ENOMEM);
}

static void says_why(void)
{
	char said[SAID];

	listen(said, small_and_large);
	CHECK(strstr(said, "this process has room for ") != NULL);
	CHECK(strstr(said, "ENOMEM: of the EPC's address space, as far as "
			   "this process could map it") != NULL);
}

static void little_is_free(void)
{
	munmap(keep(), 8 * TIB);
	says_why();
}

static void nothing_is_free(void)
{
	struct enclave e = ENCLAVE_NONE;

	keep();
	victim_build(&e);
	call(&e);
}

static void set_limit(uint64_t bytes)
{
	const struct rlimit limit = { bytes, bytes };

	if (setrlimit(RLIMIT_AS, &limit))
		check_fatal("RLIMIT_AS: %s", strerror(errno));
}

static void limited(void)
{
	set_limit(2 * GIB);
	says_why();
	free(malloc(GIB / 2));
	CHECK(malloc(GIB / 2) != NULL);
}

static void limited_far(void)
{
	set_limit(40 * TIB);
	says_why();
}

/*
 * A descriptor of an enclave which another process made, that had more room:
 * it lies where this one cannot touch it.
 */
static void beyond(int fd, uint64_t base)
{
	static struct enclave small[NR_SMALL];
	struct enclave own = ENCLAVE_NONE;

	CHECK_FAILS((intptr_t)mmap((void *)(uintptr_t)base, 4096, PROT_READ,
				   MAP_SHARED | MAP_FIXED, fd, 0),
		    ENOMEM);
	CHECK_FAILS(enclave_init(&(struct enclave){ .fd = fd }, &parts.sig),
		    ENOMEM);
	/* what lies low is of use: two pages each that cannot leave */
	for (unsigned i = 0; i < NR_SMALL; i++)
		CHECK_EQ(create(&small[i], 2 << 20), 0);
	victim_build(&own);
	call(&own);
}

static void exec_beyond(void)
{
	set_limit(2 * GIB);
	execl(own_path, "large", "beyond", passed[0], passed[1], (char *)NULL);
	check_fatal("%s: %s", own_path, strerror(errno));
}

static void pass_on(const struct enclave *e)
{
	snprintf(passed[0], sizeof(passed[0]), "%d", dup(e->fd));
	snprintf(passed[1], sizeof(passed[1]), "0x%llx",
		 (unsigned long long)e->base);
	CHECK_EQ(check_in_child(exec_beyond, 20), 0);
}

static void passed_on(void)
{
	struct enclave low, e;

	CHECK_EQ(create(&low, TIB), 0);
	CHECK_EQ(create(&e, GIB), 0);
	enclave_destroy(&low);
	pass_on(&e);
	/* it is as it was */
	CHECK_EQ(create(&low, TIB), 0);
}

/* The EPC is full of what a process cannot touch that needs room in it. */
static void full_beyond(void)
{
	static struct enclave low, e[MANY];

	CHECK_EQ(create(&low, TIB), 0);
	for (unsigned i = 0; i < MANY; i++)
		build(&e[i], GIB);
	enclave_destroy(&low);
	pass_on(&e[0]);
	for (unsigned i = 0; i < MANY; i++)
		call(&e[i]);
}

static const struct {
	const char *name;
	void (*body)(void);
} scenes[] = {
	{ "20 of 1 TiB and one of 8", many },
	{ "until it is full", until_it_is_full },
	{ "too large", too_large },
	{ "little address space is free", little_is_free },
	{ "none is, as with sanitizers", nothing_is_free },
	{ "RLIMIT_AS", limited },
	{ "a large RLIMIT_AS", limited_far },
	{ "an enclave out of reach", passed_on },
};

static int start(char **argv)
{
	set_limit(strtoull(*argv, NULL, 0) * GIB);
	execvp(argv[1], argv + 1);
	check_fatal("%s: %s", argv[1], strerror(errno));
}

int main(int argc, char **argv)
{
	check_timeout(50);
	if (argc > 3 && !strcmp(argv[1], "limit"))
		return start(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "beyond")) {
		prepare(GIB);
		beyond(atoi(argv[2]), strtoull(argv[3], NULL, 0));
		return check_result();
	}
	if (argc == 2 && !strcmp(argv[1], "work")) {
		small_and_large();
		return check_result();
	}
	if (readlink("/proc/self/exe", own_path, sizeof(own_path) - 1) < 0)
		check_fatal("/proc/self/exe: %s", strerror(errno));
	if (argc == 2 && !strcmp(argv[1], "full")) {
		full_beyond();
		return check_result();
	}
	for (unsigned i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		check_section(scenes[i].name);
		CHECK_EQ(check_in_child(scenes[i].body, 30), 0);
	}
	return check_result();
}
