/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Injections (swsgx run --inject), as a program meets them: at which entry it
 * is hit, with which fault, and what it keeps.  The first argument is the row
 * to check; the injection that belongs to it stands in meson.build.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

#define PF_SGX    0x8000
#define PF_VECTOR 14
#define UD_VECTOR 6

static struct enclave enclave = ENCLAVE_NONE;
static struct parts parts;

static struct enclave_exit enter(enum enclave_op op)
{
	struct request r = { .op = op };

	return victim_enter(&enclave, 0, &r);
}

static void check_well(const struct enclave_exit *exit)
{
	CHECK_EQ(exit->function, ENCLU_EEXIT);
}

/* What every entry gives once the EPC is lost: a fault at the TCS. */
static void check_lost(const struct enclave_exit *exit, uint32_t function)
{
	CHECK_EQ(exit->function, function);
	CHECK_EQ(exit->vector, PF_VECTOR);
	CHECK(exit->error_code & PF_SGX);
	CHECK_EQ(exit->addr, enclave.tcs[0]);
}

/* Of five entries those before `first` are well, the others not. */
static void lost_from(int first)
{
	for (int i = 1; i <= 5; i++) {
		struct enclave_exit exit = enter(OP_NOP);

		if (i < first)
			check_well(&exit);
		else
			check_lost(&exit, ENCLU_EENTER);
	}
}

/* epc-loss@eenter=3 */
static void eenter_3(void)
{
	lost_from(3);
}

/* epc-loss@eexit=3 */
static void eexit_3(void)
{
	lost_from(4);
}

static void check_ud(const struct enclave_exit *exit)
{
	CHECK_EQ(exit->function, ENCLU_ERESUME);
	CHECK_EQ(exit->vector, UD_VECTOR);
}

/*
 * epc-loss@eresume=2, and epc-loss@fault=2, which is still told: each ERESUME
 * comes to the same UD2 again.
 */
static void second_resume(void)
{
	struct request r = { .op = OP_UD2 };
	struct enclave_exit exit;

	CHECK_EQ(enclave_enter(&enclave, 0, &r, &exit), 0);
	check_ud(&exit);
	CHECK_EQ(enclave_resume(&enclave, 0, &exit), 0);
	check_ud(&exit);
	CHECK_EQ(enclave_resume(&enclave, 0, &exit), 0);
	check_lost(&exit, ENCLU_ERESUME);
}

/* epc-loss@ioctl=3: CREATE and the first ADD_PAGES are well. */
static void ioctl_3(void)
{
	struct enclave e;

	parts_create(&parts, &e);
	CHECK_EQ(enclave_add_segment(&e, &parts.image, 0), 0);
	CHECK_FAILS(enclave_add_segment(&e, &parts.image, 1), EIO);
	enclave_destroy(&e);
	/* and a new one works */
	victim_build(&enclave);
	lost_from(6);
}

/*
 * aex@eenter=2 epc-loss@eresume=1: the interrupt is why there is an ERESUME,
 * and its SSA frame is what that would have gone on with.
 */
static void aex_at_eenter(void)
{
	struct enclave_exit exit = enter(OP_NOP);

	check_well(&exit);
	exit = enter(OP_NOP);
	check_lost(&exit, ENCLU_ERESUME);
}

/* aex@random=0.5: nothing shows. */
static void aex_often(void)
{
	struct request r = { .op = OP_MIX, .value = 1000 };

	for (int i = 0; i < 50; i++) {
		r.value = 1000;
		CHECK(victim_call(&enclave, 0, i % 2 ? BY_VDSO : BY_ENCLU, &r));
		CHECK_EQ(r.value, mix(1000, 0));
	}
}

static uint64_t secret(enum enclave_op op, uint64_t value)
{
	struct request r = { .op = op, .value = value };

	CHECK(victim_call(&enclave, 0, BY_ENCLU, &r));
	return r.value;
}

/* evict@every=1ms: nothing is lost. */
static void evict_every(void)
{
	for (uint64_t i = 1; i < 2000; i++) {
		secret(OP_STORE, i);
		if (!CHECK_EQ(secret(OP_LOAD, 0), i))
			break;
	}
}

static void get_key(struct reportdata *key)
{
	struct request r = { .op = OP_EGETKEY };

	r.keyrequest.keyname = KEYNAME_SEAL;
	r.keyrequest.keypolicy = KEYPOLICY_MRENCLAVE;
	CHECK(victim_call(&enclave, 0, BY_VDSO, &r));
	CHECK_EQ(r.value, 0);
	*key = r.data;
}

/* The first EEXIT has lost the enclave; is the sealing key the same? */
static bool key_stays(void)
{
	struct reportdata before, after;
	struct enclave_exit exit;

	get_key(&before);
	exit = enter(OP_NOP);
	check_lost(&exit, ENCLU_EENTER);
	enclave_destroy(&enclave);
	victim_build(&enclave);
	get_key(&after);
	return !memcmp(&before, &after, sizeof(before));
}

/* epc-loss@eexit=1 */
static void loss_keeps_keys(void)
{
	CHECK(key_stays());
}

/* migrate@eexit=1 */
static void migrate_changes_keys(void)
{
	CHECK(!key_stays());
}

/*
 * epc-loss@time=500ms: a thread that runs in the enclave leaves by an AEX
 * first: the fault is its ERESUME's, at the TCS, not one of its own.
 */
static void expelled(void)
{
	struct enclave_exit exit = enter(OP_SPIN);

	check_lost(&exit, ENCLU_ERESUME);
}

static struct seen fault;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	seen_record(&fault, sig, info, context);
	victim_abandon(context);
}

static void expelled_raw(void)
{
	struct request r = { .op = OP_SPIN };
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&r };

	victim_handle(SIGSEGV, on_fault, 0);
	CHECK_EQ(enclave_enter_raw(enclave.tcs[0], ENCLU_EENTER, &regs), 1);
	CHECK_EQ(fault.rip, (uint64_t)(uintptr_t)enclave_raw_aep);
	CHECK_EQ(fault.rax, ENCLU_ERESUME);
	CHECK_EQ(fault.rbx, enclave.tcs[0]);
	CHECK_EQ(fault.code, SEGV_ACCERR);
	CHECK(fault.err & PF_SGX);
	CHECK_EQ(fault.addr, enclave.tcs[0]);
}

static void child_enters(void)
{
	struct enclave_exit exit = enter(OP_NOP);

	check_well(&exit);
}

/* epc-loss@eenter=3: the child's entry counts. */
static void counted_over_fork(void)
{
	struct enclave_exit exit = enter(OP_NOP);

	check_well(&exit);
	CHECK(check_exited_well(check_in_child(child_enters, 20)));
	exit = enter(OP_NOP);
	check_lost(&exit, ENCLU_EENTER);
}

static void child_spins(void)
{
	struct enclave_exit exit;

	check_timeout(40);
	exit = enter(OP_SPIN);
	check_lost(&exit, ENCLU_ERESUME);
}

/* epc-loss@time=500ms: one is inside, the other is in a system call. */
static void two_processes(void)
{
	struct enclave_exit exit;
	pid_t child = fork();
	int status;

	if (child == 0) {
		check_restart();
		child_spins();
		_exit(check_result());
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(check_exited_well(status));
	exit = enter(OP_NOP);
	check_lost(&exit, ENCLU_EENTER);
}

/* The same, where process ids are not those of the run's server. */
static void other_process_ids(void)
{
	if (unshare(CLONE_NEWPID))
		check_skip("no pid namespaces for this user");
	two_processes();
}

static const struct row {
	const char *name;
	void (*check)(void);
} rows[] = {
	{ "eenter", eenter_3 },
	{ "eexit", eexit_3 },
	{ "eresume", second_resume },
	{ "fault", second_resume },
	{ "ioctl", ioctl_3 },
	{ "aex", aex_at_eenter },
	{ "aex-often", aex_often },
	{ "evict", evict_every },
	{ "epc-loss", loss_keeps_keys },
	{ "migrate", migrate_changes_keys },
	{ "expelled", expelled },
	{ "expelled-raw", expelled_raw },
	{ "fork", counted_over_fork },
	{ "processes", two_processes },
	{ "process-ids", other_process_ids },
};

int main(int argc, char **argv)
{
	check_timeout(40);
	parts_prepare(&parts, NULL, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (argc < 2 || strcmp(argv[1], rows[i].name))
			continue;
		check_section(rows[i].name);
		if (strcmp(argv[1], "ioctl"))
			victim_build(&enclave);
		rows[i].check();
		return check_result();
	}
	check_fatal("no such row");
}
