/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Linux does with an enclave whose EPC is lost: it knows nothing of it, so
 * everything comes from the EPCM's refusals.  The arguments: swsgx, to lose it
 * with, and the generation of the run, sgx1 or sgx2.  The EPC is to be of
 * 1 MiB, so that most of the enclave is written out.  SDM "EENTER", "ERESUME";
 * Linux 6.1 sgx/ioctl.c, sgx/encl.c sgx_encl_load_page().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/process/faults/fault_ways.h"
#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"

#define RANGE       (16ull << 20)
#define HEAP        (8ull << 20) /* its place in ELRANGE */
#define HEAP_SIZE   (2ull << 20)
#define HEAP_FLAGS  (SECINFO_REG | SECINFO_R | SECINFO_W)
#define HOLE        (HEAP + HEAP_SIZE) /* mapped, no page */
#define EPC_SIZE    (1ull << 20)
#define TCS_VDSO    2
#define TCS_ENCLU   3
#define TCS_EVICTED 7

/* A row of docs/CONFORMANCE.md. */
#define LOSS_ROW(source, check, gives) \
	CHECK_ROW("the EPC is lost", source, check, gives)
#define FAULT "arch/x86/mm/fault.c do_user_addr_fault()"
#define LOAD  "sgx/encl.c sgx_encl_load_page()"

static const char *swsgx;
static bool sgx2;
static struct parts parts;
static struct enclave enclave = ENCLAVE_NONE, building = ENCLAVE_NONE;
static uint64_t trimmed; /* before the loss; SGX2 */
static struct seen seen;

static void lose_the_epc(void)
{
	char command[512];

	snprintf(command, sizeof(command), "'%s' suspend %d", swsgx,
		 (int)getpid());
	if (system(command))
		check_fatal("'%s' failed", command);
}

/* Building ------------------------------------------------------------- */

static void measure_heap(struct enclave_measure *m)
{
	for (uint64_t at = HEAP; at < HEAP + HEAP_SIZE; at += ENCLAVE_PAGE)
		enclave_measure_eadd(m, at, HEAP_FLAGS);
}

static void add_heap(struct enclave *e)
{
	void *source = mmap(NULL, HEAP_SIZE, PROT_READ,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (enclave_add_pages(e, HEAP, source, HEAP_SIZE, HEAP_FLAGS, false,
			      NULL))
		check_fatal("add: %s", enclave_error());
	munmap(source, HEAP_SIZE);
}

static void build(struct enclave *e)
{
	uint64_t length = HEAP_SIZE + ENCLAVE_PAGE;

	parts_create(&parts, e);
	parts_add_all(&parts, e);
	add_heap(e);
	if (enclave_init(e, &parts.sig) || enclave_map(e, &parts.image))
		check_fatal("init: %s", enclave_error());
	if (mmap((void *)(uintptr_t)(e->base + HEAP), length,
		 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, e->fd,
		 0) == MAP_FAILED)
		check_fatal("mmap: %s", strerror(errno));
}

/* Every page of the heap comes in, and most go out again. */
static void use_heap(const struct enclave *e)
{
	for (uint64_t at = 0; at < HEAP_SIZE; at += ENCLAVE_PAGE) {
		struct request r = { .op = OP_READ,
				     .addr = e->base + HEAP + at };

		CHECK(victim_call(e, 0, BY_ENCLU, &r));
		CHECK_EQ(r.value, 0);
	}
}

static int trim(uint64_t page)
{
	struct sgx_enclave_modify_types arg = {
		.offset = page - enclave.base,
		.length = ENCLAVE_PAGE,
		.page_type = SECINFO_TRIM >> 8,
	};

	return ioctl(enclave.fd, SGX_IOC_ENCLAVE_MODIFY_TYPES, &arg);
}

/* Inside while it happens ---------------------------------------------- */

static struct request spin_vdso = { .op = OP_SPIN };
static struct request spin_enclu = { .op = OP_SPIN };

static void on_fault(int sig, siginfo_t *info, void *context)
{
	seen_record(&seen, sig, info, context);
	victim_abandon(context);
}

static void watch(void)
{
	memset(&seen, 0, sizeof(seen));
	victim_handle(SIGSEGV, on_fault, 0);
	victim_handle(SIGBUS, on_fault, 0);
}

/* A fault that ENCLU itself meets at the TCS: a write, to the processor. */
static void check_vdso(const struct enclave_exit *exit, uint32_t function,
		       unsigned tcs)
{
	CHECK_EQ(exit->function, function);
	CHECK_EQ(exit->vector, sgx2 ? 14 : 13);
	CHECK_EQ(exit->error_code, sgx2 ? 0x8007 : 0);
	CHECK_EQ(exit->addr, sgx2 ? enclave.tcs[tcs] : 0);
}

static void check_signal(const char *rip, unsigned tcs)
{
	CHECK_EQ(seen.count, 1);
	CHECK_EQ(seen.sig, SIGSEGV);
	CHECK_EQ(seen.code, sgx2 ? SEGV_ACCERR : SI_KERNEL);
	CHECK_EQ(seen.trapno, sgx2 ? 14 : 13);
	CHECK_EQ(seen.err, sgx2 ? 0x8007 : 0);
	CHECK_EQ(seen.addr, sgx2 ? enclave.tcs[tcs] : 0);
	if (sgx2)
		CHECK_EQ(seen.cr2, enclave.tcs[tcs]);
	CHECK_EQ(seen.rip, (uint64_t)(uintptr_t)rip);
}

static void *inside_vdso(void *argument)
{
	struct enclave_exit exit = victim_enter(&enclave, TCS_VDSO, &spin_vdso);

	(void)argument;
	check_vdso(&exit, ENCLU_ERESUME, TCS_VDSO);
	return NULL;
}

static void *inside_enclu(void *argument)
{
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&spin_enclu };

	(void)argument;
	CHECK_EQ(enclave_enter_raw(enclave.tcs[TCS_ENCLU], ENCLU_EENTER, &regs),
		 1);
	check_signal(enclave_raw_aep, TCS_ENCLU);
	CHECK_EQ(seen.rax, ENCLU_ERESUME);
	CHECK_EQ(seen.rbx, enclave.tcs[TCS_ENCLU]);
	return NULL;
}

/* Threads that are inside are resumed, and ERESUME faults. */
static void lose_with_threads_inside(void)
{
	pthread_t by_enclu, by_vdso;
	bool vdso = enclave_vdso();

	check_section("threads inside: ERESUME");
	LOSS_ROW(FAULT, "a thread is inside: its ERESUME",
		 "SEGV_ACCERR or vector 14, 8007H; without SGX2 #GP");
	watch();
	pthread_create(&by_enclu, NULL, inside_enclu, NULL);
	if (vdso)
		pthread_create(&by_vdso, NULL, inside_vdso, NULL);
	while (!spin_enclu.started || (vdso && !spin_vdso.started))
		sched_yield();
	lose_the_epc();
	pthread_join(by_enclu, NULL);
	if (vdso)
		pthread_join(by_vdso, NULL);
	CHECK_EQ(spin_enclu.done, 0);
	CHECK_EQ(spin_vdso.done, 0);
}

/* Afterwards ----------------------------------------------------------- */

/* The first TCS is in the EPC, for sure; it was the last that was used. */
static void enter(void)
{
	struct enclave_regs regs = { 0 };
	struct enclave_exit exit;
	struct request r = { .op = OP_NOP };

	check_section("EENTER");
	LOSS_ROW(FAULT, "EENTER",
		 "SEGV_ACCERR or vector 14, 8007H; without SGX2 #GP");
	watch();
	CHECK_EQ(enclave_enter_raw(enclave.tcs[TCS_ENCLU], ENCLU_EENTER, &regs),
		 1);
	check_signal(enclave_raw_enclu, TCS_ENCLU);
	if (!enclave_vdso())
		return;
	exit = victim_enter(&enclave, TCS_VDSO, &r);
	check_vdso(&exit, ENCLU_EENTER, TCS_VDSO);
	CHECK_EQ(r.done, 0);
}

/* A TCS that was written out: it cannot be loaded, which is another fault. */
static void enter_by_evicted_tcs(void)
{
	struct enclave_regs regs = { 0 };
	struct enclave_exit exit;
	struct request r = { .op = OP_NOP };

	check_section("EENTER, TCS written out");
	LOSS_ROW(LOAD, "EENTER at a TCS that was written out", "SIGBUS");
	watch();
	CHECK_EQ(enclave_enter_raw(enclave.tcs[TCS_EVICTED], ENCLU_EENTER,
				   &regs),
		 1);
	CHECK_EQ(seen.sig, SIGBUS);
	CHECK_EQ(seen.code, BUS_ADRERR);
	CHECK_EQ(seen.trapno, 14);
	CHECK_EQ(seen.err, 0x6);
	CHECK_EQ(seen.addr, enclave.tcs[TCS_EVICTED]);
	if (!enclave_vdso())
		return;
	exit = victim_enter(&enclave, TCS_EVICTED, &r);
	CHECK_EQ(exit.function, ENCLU_EENTER);
	CHECK_EQ(exit.vector, 14);
	CHECK_EQ(exit.error_code, 0x6);
	CHECK_EQ(exit.addr, enclave.tcs[TCS_EVICTED]);
}

/* Those of the heap that are in the EPC give no SIGBUS. */
static void reload(void)
{
	uint64_t pages = 0, from = enclave.base + HEAP + 0x123;
	struct told told;

	check_section("reload of what was written out");
	LOSS_ROW(LOAD, "a page that was written out is touched", "SIGBUS");
	for (uint64_t at = 0; at < HEAP_SIZE; at += ENCLAVE_PAGE) {
		enum access access = at / ENCLAVE_PAGE % 2 ? WRITE : READ;

		told = fault_by(OUTSIDE, &enclave, access, from + at);
		if (told.sig != SIGBUS)
			continue;
		pages++;
		CHECK_EQ(told.code, BUS_ADRERR);
		CHECK_EQ(told.err, access == WRITE ? 0x6 : 0x4);
		CHECK_EQ(told.addr, from + at);
	}
	CHECK(pages >= (HEAP_SIZE - EPC_SIZE) / ENCLAVE_PAGE);
	check_section("no page: none can be added");
	told = fault_by(OUTSIDE, &enclave, READ, enclave.base + HOLE);
	CHECK_EQ(told.sig, SIGBUS);
	CHECK_EQ(told.err, 0x4);
}

static void check_ioctls(uint64_t page, int error, int remove_error)
{
	struct sgx_enclave_restrict_permissions restrict_to = {
		.offset = page - enclave.base,
		.length = ENCLAVE_PAGE,
		.permissions = SECINFO_R,
	};
	struct sgx_enclave_remove_pages remove = {
		.offset = page - enclave.base,
		.length = ENCLAVE_PAGE,
	};

	CHECK_FAILS(ioctl(enclave.fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,
			  &restrict_to),
		    error);
	CHECK_EQ(restrict_to.result, 0);
	CHECK_EQ(restrict_to.count, 0);
	CHECK_FAILS(trim(page), error);
	CHECK_FAILS(ioctl(enclave.fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &remove),
		    remove_error);
	CHECK_EQ(remove.count, 0);
}

static void sgx2_ioctls(void)
{
	struct sgx_enclave_remove_pages remove = {
		.offset = trimmed - enclave.base,
		.length = ENCLAVE_PAGE,
	};

	if (!sgx2) {
		check_section("no SGX2 ioctls");
		check_ioctls(enclave.base + HEAP, ENODEV, ENODEV);
		return;
	}
	LOSS_ROW("sgx/ioctl.c", "an SGX2 ioctl", "EFAULT; count 0");
	LOSS_ROW("sgx/ioctl.c sgx_encl_remove_pages()",
		 "REMOVE_PAGES of a trimmed page", "removes it");
	check_section("SGX2 ioctls, page in the EPC");
	/* REMOVE_PAGES looks at the kernel's own record of the type first */
	check_ioctls(trimmed + ENCLAVE_PAGE, EFAULT, EPERM);
	check_section("SGX2 ioctls, page written out");
	check_ioctls(enclave.base + HEAP, EFAULT, EFAULT);
	/* That EMODPR faults is taken for the enclave's consent. */
	check_section("REMOVE_PAGES of a trimmed page");
	CHECK_EQ(ioctl(enclave.fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &remove), 0);
	CHECK_EQ(remove.count, ENCLAVE_PAGE);
}

static void build_ioctls(void)
{
	static uint8_t page[ENCLAVE_PAGE] __attribute__((aligned(4096)));
	uint64_t added = 1;
	struct secs secs;

	check_section("ioctls of an enclave that was being built");
	LOSS_ROW("sgx/ioctl.c", "ADD_PAGES, INIT", "EIO");
	CHECK_FAILS(enclave_add_pages(&building, HOLE, page, ENCLAVE_PAGE,
				      HEAP_FLAGS, true, &added),
		    EIO);
	CHECK_EQ(added, 0);
	CHECK_FAILS(enclave_init(&building, &parts.sig), EIO);
	enclave_secs_fill(&secs, &building, &parts.image, &parts.sig);
	CHECK_FAILS(enclave_create(&building, &secs), EINVAL);
}

static void in_a_child(void)
{
	struct enclave_regs regs = { 0 };

	watch();
	CHECK_EQ(enclave_enter_raw(enclave.tcs[TCS_ENCLU], ENCLU_EENTER, &regs),
		 1);
	check_signal(enclave_raw_enclu, TCS_ENCLU);
}

static void rebuild(void)
{
	struct request r = { .op = OP_STORE, .value = 4711 };
	struct enclave again;

	check_section("a new enclave beside the lost ones");
	LOSS_ROW("sgx/driver.c sgx_open()", "a new enclave", "works");
	build(&again);
	CHECK(victim_call(&again, 0, BY_ENCLU, &r));
	r = (struct request){ .op = OP_LOAD };
	CHECK(victim_call(&again, 0, BY_ENCLU, &r));
	CHECK_EQ(r.value, 4711);
	use_heap(&again);
	enclave_destroy(&again);
}

static void release(unsigned room)
{
	check_section("room in the EPC");
	LOSS_ROW("sgx/encl.c sgx_encl_release()", "the lost ones are closed",
		 "their pages are free again");
	enclave_destroy(&enclave);
	enclave_destroy(&building);
	CHECK_EQ(parts_create_until_full(&parts), room);
}

int main(int argc, char **argv)
{
	unsigned room;

	check_timeout(50);
	if (argc != 3)
		check_skip("needs swsgx and the generation: sgx1 or sgx2");
	swsgx = argv[1];
	sgx2 = !strcmp(argv[2], "sgx2");
	parts_prepare(&parts, NULL, NULL);
	parts_sign_more(&parts, RANGE, measure_heap);
	room = parts_create_until_full(&parts);
	parts_create(&parts, &building);
	build(&enclave);
	use_heap(&enclave);
	trimmed = enclave.base + HEAP + HEAP_SIZE - 2 * ENCLAVE_PAGE;
	CHECK_EQ(trim(trimmed), sgx2 ? 0 : -1);
	lose_with_threads_inside();
	enter();
	enter_by_evicted_tcs();
	reload();
	sgx2_ioctls();
	build_ioctls();
	check_section("a child of fork");
	CHECK(check_exited_well(check_in_child(in_a_child, 10)));
	rebuild();
	release(room);
	if (sgx2)
		check_all_rows();
	return check_result();
}
