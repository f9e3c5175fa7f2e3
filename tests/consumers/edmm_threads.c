/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many threads change pages of one enclave at once, as the tests of Intel's EMM
 * library (sgx-emm, api_tests) and as Gramine with EDMM: an ioctl that returned
 * 0 is in force, whoever else enters, leaves or is descheduled inside.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tests/consumers/facts.h"
#include "tests/process/fixture/victim.h"

#define EMM_THREADS 50u
#define EMM_ROUNDS  100u
#define NEIGHBOURS  7u
#define CHANGES     300u
#define PAGES       4u           /* that are changed at a time */
#define ADDED       (1ull << 39) /* offset: half of 1 TiB */

#define PENDING_RW (SECINFO_REG | SECINFO_R | SECINFO_W | SECINFO_PENDING)
#define PT_TCS     1
#define PT_TRIM    4

static struct enclave enclave = ENCLAVE_NONE;
static atomic_uint failures;
static atomic_bool done;
static atomic_ulong entries;

/* CHECK_EQ() counts for one thread only; the first few are told. */
static bool expect(const char *what, uint64_t got, uint64_t want)
{
	if (got == want)
		return true;
	if (atomic_fetch_add(&failures, 1) < 5)
		printf("# %s: %llu, not %llu\n", what, (unsigned long long)got,
		       (unsigned long long)want);
	return false;
}

static bool asks(unsigned tcs, struct ask *ask)
{
	struct enclave_exit exit = { 0 };

	ask->done = 0;
	atomic_fetch_add(&entries, 1);
	return expect("enter",
		      (uint64_t)enclave_enter(&enclave, tcs, ask, &exit), 0) &&
	       expect("vector", exit.vector, 0) &&
	       expect("answer", ask->done, ASK_DONE);
}

static bool accepts(const char *what, unsigned tcs, uint64_t addr,
		    uint64_t count, uint64_t flags)
{
	struct ask ask = {
		.op = ASK_ACCEPT, .addr = addr, .count = count, .value = flags
	};

	return asks(tcs, &ask) && expect(what, ask.value, 0);
}

/* Another thread's ioctl is under way: the driver turns this one away. */
static int insist(unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(enclave.fd, request, arg);
	} while (ret && !sched_yield() &&
		 (errno == EBUSY || errno == EAGAIN || errno == EINTR));
	return ret ? errno : 0;
}

static bool becomes(uint64_t addr, uint64_t count, uint64_t type)
{
	struct sgx_enclave_modify_types modify = {
		.offset = addr - enclave.base,
		.length = count * 4096,
		.page_type = type,
	};

	return expect("MODIFY_TYPES",
		      (uint64_t)insist(SGX_IOC_ENCLAVE_MODIFY_TYPES, &modify),
		      0) &&
	       expect("its count", modify.count, modify.length) &&
	       expect("its result", modify.result, 0);
}

static bool is_removed(uint64_t addr, uint64_t count)
{
	struct sgx_enclave_remove_pages removal = {
		.offset = addr - enclave.base,
		.length = count * 4096,
	};

	return expect("REMOVE_PAGES",
		      (uint64_t)insist(SGX_IOC_ENCLAVE_REMOVE_PAGES, &removal),
		      0) &&
	       expect("its count", removal.count, removal.length);
}

static bool is_trimmed(unsigned tcs, uint64_t addr, uint64_t count)
{
	return becomes(addr, count, PT_TRIM) &&
	       accepts("EACCEPT of a TRIM", tcs, addr, count,
		       SECINFO_TRIM | SECINFO_MODIFIED) &&
	       is_removed(addr, count);
}

static bool emm_round(unsigned tcs, uint64_t addr)
{
	return accepts("EACCEPT", tcs, addr, 1, PENDING_RW) &&
	       becomes(addr, 1, PT_TCS) &&
	       accepts("EACCEPT of a TCS", tcs, addr, 1,
		       SECINFO_TCS | SECINFO_MODIFIED) &&
	       is_trimmed(tcs, addr, 1);
}

static void *emm_thread(void *arg)
{
	unsigned i = (unsigned)(uintptr_t)arg;
	uint64_t addr = enclave.base + ADDED + i * 4096ull;
	unsigned round;

	for (round = 0; round < EMM_ROUNDS && !atomic_load(&failures); round++)
		emm_round(i, addr);
	expect("rounds", round, EMM_ROUNDS);
	return NULL;
}

/* SGX1 has none of this. */
static const char *map_added(void)
{
	struct sgx_enclave_remove_pages nothing = { 0 };
	void *at = (void *)(uintptr_t)(enclave.base + ADDED);

	if (ioctl(enclave.fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &nothing) &&
	    (errno == ENODEV || errno == ENOTTY))
		return "no SGX2";
	CHECK(mmap(at, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		   enclave.fd, 0) == at);
	return NULL;
}

static void run(void *(*body)(void *), unsigned first, unsigned n,
		pthread_t *threads)
{
	for (unsigned i = 0; i < n; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, body,
					(void *)(uintptr_t)(first + i)),
			 0);
}

static void join(pthread_t *threads, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

static const char *emm(void)
{
	pthread_t threads[EMM_THREADS];
	const char *why_not = map_added();

	if (why_not)
		return why_not;
	run(emm_thread, 0, EMM_THREADS, threads);
	join(threads, EMM_THREADS);
	CHECK_EQ(atomic_load(&failures), 0);
	return NULL;
}

/* In and out, and for a while inside. */
static void *neighbour(void *arg)
{
	unsigned i = (unsigned)(uintptr_t)arg;
	struct ask ask = { .op = ASK_NOTHING };

	while (!atomic_load(&done) && asks(i, &ask))
		;
	return NULL;
}

/* What thread 0 does from an OCALL, of pages that EACCEPT's faults added. */
static bool change(uint64_t addr)
{
	struct sgx_enclave_restrict_permissions restriction = {
		.offset = addr - enclave.base,
		.length = PAGES * 4096,
		.permissions = SECINFO_R,
	};

	return accepts("EACCEPT", 0, addr, PAGES, PENDING_RW) &&
	       expect("RESTRICT_PERMISSIONS",
		      (uint64_t)insist(SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,
				       &restriction),
		      0) &&
	       expect("its count", restriction.count, PAGES * 4096) &&
	       accepts("EACCEPT of PR", 0, addr, PAGES,
		       SECINFO_REG | SECINFO_R | SECINFO_PR) &&
	       is_trimmed(0, addr, PAGES);
}

static const char *gramine(void)
{
	pthread_t threads[NEIGHBOURS];
	uint64_t addr = enclave.base + ADDED;
	const char *why_not = map_added();
	unsigned i;

	if (why_not)
		return why_not;
	atomic_store(&failures, 0);
	run(neighbour, 1, NEIGHBOURS, threads);
	for (i = 0; i < CHANGES && change(addr); i++)
		;
	atomic_store(&done, true);
	join(threads, NEIGHBOURS);
	CHECK_EQ(i, CHANGES);
	CHECK_EQ(atomic_load(&failures), 0);
	/* Far more than the ten a second of transitions that are waited for. */
	CHECK(atomic_load(&entries) > 20 * CHANGES);
	return NULL;
}

static const struct fact facts[] = {
	{ "50 threads at once: EACCEPT, MODIFY_TYPES to TCS, EACCEPT, to TRIM, "
	  "EACCEPT, REMOVE_PAGES",
	  emm },
	{ "RESTRICT_PERMISSIONS and TRIM in 1 TiB, while seven others enter "
	  "and exit",
	  gramine },
	{ 0 }
};
static const struct fact *const tables[] = { facts, NULL };

FACTS_ROWS("EDMM of many threads", "sgx-emm api_tests; Gramine with EDMM",
	   "edmm_threads", tables)

int main(int argc, char **argv)
{
	const struct plan plan = { .size = 1ull << 40,
				   .options = { .debug = true } };

	facts_begin(argc, argv);
	check_timeout(100);
	plan_build(&plan, &enclave);
	return facts_run(tables);
}
