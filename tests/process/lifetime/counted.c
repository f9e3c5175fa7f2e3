/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that counts for itself what `swsgx run --stats` is to count, and
 * prints it as JSON: three threads in two processes.  The argument is how many
 * interrupts --inject gives it; each is one AEX and one ERESUME of the vDSO's.
 * With a second one it first gives up RDTSC.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define STAY_US 120000

/* Of one thread.  The enclave is the same for all. */
struct expected {
	const char *name;
	int tid;
	unsigned int eenter, eexit, eresume;
	unsigned int ud, pf, gp, interrupt; /* AEX; told, but the last */
	unsigned int ereport, egetkey;
};

static struct enclave enclave = ENCLAVE_NONE;

static void call(struct expected *e, unsigned int tcs, enum victim_way way,
		 struct request *r)
{
	CHECK(victim_call(&enclave, tcs, way, r));
	e->eenter++;
	e->eexit++;
}

static void nops(struct expected *e, unsigned int tcs, enum victim_way way,
		 unsigned int n)
{
	while (n--) {
		struct request r = { .op = OP_NOP };

		call(e, tcs, way, &r);
	}
}

static void leaves(struct expected *e)
{
	struct request report = { .op = OP_EREPORT };
	struct request key = { .op = OP_EGETKEY };

	key.keyrequest.keyname = KEYNAME_SEAL;
	key.keyrequest.keypolicy = KEYPOLICY_MRENCLAVE;
	call(e, 0, BY_VDSO, &report);
	call(e, 0, BY_VDSO, &report);
	call(e, 0, BY_VDSO, &key);
	e->ereport += 2;
	e->egetkey++;
}

/* UD2, and twice more by an ERESUME; then a load from a TCS. */
static void faults(struct expected *e)
{
	struct request ud = { .op = OP_UD2 }, tcs = { .op = OP_TCS_READ };
	struct enclave_exit exit;

	CHECK_EQ(enclave_enter(&enclave, 1, &ud, &exit), 0);
	CHECK_EQ(exit.vector, 6);
	CHECK_EQ(enclave_resume(&enclave, 1, &exit), 0);
	CHECK_EQ(enclave_resume(&enclave, 1, &exit), 0);
	CHECK_EQ(enclave_enter(&enclave, 2, &tcs, &exit), 0);
	CHECK(exit.vector == 14 || exit.vector == 13);
	e->eenter += 2;
	e->eresume += 2;
	e->ud += 3;
	/* on a processor without SGX2 the EPCM refuses so */
	e->pf += exit.vector == 14;
	e->gp += exit.vector == 13;
}

static struct request spin = { .op = OP_SPIN };

static void *second_thread(void *arg)
{
	struct expected *e = arg;

	e->tid = (int)syscall(SYS_gettid);
	nops(e, 3, BY_VDSO, 5);
	call(e, 3, BY_VDSO, &spin);
	return NULL;
}

static void with_second_thread(struct expected *e)
{
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, second_thread, e), 0);
	while (!spin.started)
		usleep(1000);
	usleep(STAY_US);
	spin.flag = 1;
	pthread_join(thread, NULL);
}

static void with_child(struct expected *e)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		check_restart();
		nops(e, 4, BY_VDSO, 4);
		_exit(check_failures() != 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	e->tid = pid;
	e->eenter = e->eexit = 4;
}

static void put(const struct expected *e, const char *end)
{
	printf("{\"name\":\"%s\",\"tid\":%d,\"eenter\":%u,\"eexit\":%u,"
	       "\"eresume\":%u,\"ud\":%u,\"pf\":%u,\"gp\":%u,"
	       "\"interrupt\":%u,"
	       "\"ereport\":%u,\"egetkey\":%u}%s",
	       e->name, e->tid, e->eenter, e->eexit, e->eresume, e->ud, e->pf,
	       e->gp, e->interrupt, e->ereport, e->egetkey, end);
}

int main(int argc, char **argv)
{
	struct expected first = { .name = "first", .tid = getpid() };
	struct expected second = { .name = "second" };
	struct expected child = { .name = "child" };
	unsigned int interrupts = argc > 1 ? (unsigned int)atoi(argv[1]) : 0;

	check_timeout(40);
	victim_build(&enclave);
	if (argc > 2)
		CHECK_EQ(prctl(PR_SET_TSC, PR_TSC_SIGSEGV), 0);
	nops(&first, 0, BY_VDSO, 7);
	nops(&first, 0, BY_ENCLU, 3);
	leaves(&first);
	faults(&first);
	first.interrupt += interrupts;
	first.eresume += interrupts;
	with_second_thread(&second);
	with_child(&child);
	enclave_destroy(&enclave);
	if (check_failures())
		return 1;
	printf("{\"stay_ns\":%u,\"threads\":[", STAY_US * 1000);
	put(&first, ",");
	put(&second, ",");
	put(&child, "]}\n");
	return 0;
}
