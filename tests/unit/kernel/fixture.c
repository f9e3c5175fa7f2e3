/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine of the unit tests: what belongs to the enclave's side.  The
 * modelled host is in host.c, SIGSTRUCT in sigstruct.c.
 */
#define _GNU_SOURCE /* memfd_create() */
#include "fixture.h"

#include <unistd.h>

#include "cpu/processors.h"
#include "host.h"
#include "kernel/sgx/encl.h"
#include "measure.h"

struct machine m;

/* Repeatable, so that a failure can be reproduced. */
static void entropy(void *buf, size_t n)
{
	static uint8_t next = 1;

	for (size_t i = 0; i < n; i++)
		((uint8_t *)buf)[i] = next++;
}

static void new_platform(uint64_t epc_pages)
{
	const struct package_config config = {
		.epc_bytes = epc_pages * SGX_PAGE_SIZE,
		.sgx2 = m.sgx2,
		.xcr0 = 3,
	};

	m.platform_fd = memfd_create("platform", MFD_CLOEXEC);
	assert_int_equal(ftruncate(m.platform_fd, PLATFORM_FILE_SIZE), 0);
	m.shared = mmap(NULL, PLATFORM_FILE_SIZE, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_NORESERVE, m.platform_fd, 0);
	assert_ptr_not_equal(m.shared, MAP_FAILED);
	/* A core dump of it would be huge, and so would huge pages be. */
	madvise(m.shared, PLATFORM_FILE_SIZE, MADV_DONTDUMP);
	madvise(m.shared, PLATFORM_FILE_SIZE, MADV_NOHUGEPAGE);
	sgx_platform_init(m.shared, &config, entropy);
	/* A thread that does not leave at once never leaves here. */
	m.shared->reclaim_patience = 0;
	host_init(&m.host);
	assert_int_equal(sgx_mm_init(&m.mm, m.shared, &m.host, entropy), 0);
}

static void new_encl(void)
{
	int index = sgx_open(&m.mm, SGX_FILE_ENCLAVE, 1000);

	assert_int_equal(index, 0);
	m.encl = &m.shared->encls[index];
	m.lp = (struct lp){
		.cpu = &m.mm.cpu,
		.walk = sgx_walk,
		.walk_ctx = &m.mm,
	};
}

static int setup(bool sgx2)
{
	memset(&m, 0, sizeof(m));
	m.sgx2 = sgx2;
	m.no_exec = UINT64_MAX;
	m.read_only = UINT64_MAX;
	m.user = calloc(1, USER_SIZE);
	new_platform(1024);
	new_encl();
	return 0;
}

int machine_setup(void **state)
{
	(void)state;
	return setup(false);
}

int machine_setup_created(void **state)
{
	machine_setup(state);
	assert_int_equal(create(), 0);
	return 0;
}

int machine_setup_initialized(void **state)
{
	machine_setup_created(state);
	standard_pages();
	assert_int_equal(init_with(NULL), 0);
	return 0;
}

int machine_setup_sgx2(void **state)
{
	(void)state;
	setup(true);
	assert_int_equal(create(), 0);
	standard_pages();
	assert_int_equal(init_with(NULL), 0);
	return 0;
}

int machine_teardown(void **state)
{
	(void)state;
	if (m.mm.vmas)
		m.host.free_pages(m.mm.vmas, 0);
	munmap(m.shared, PLATFORM_FILE_SIZE);
	close(m.platform_fd);
	free(m.user);
	return 0;
}

enum fault_outcome machine_page_fault(uint32_t code, uint64_t addr,
				      struct ksignal *signal)
{
	return exc_page_fault(&m.mm, &m.lp, &m.retries, code, addr, signal);
}

enum fault_outcome machine_model_fault(struct ksignal *signal)
{
	return exc_model_fault(&m.mm, &m.lp, &m.retries, signal);
}

void machine_set_epc_pages(uint64_t pages)
{
	if (m.mm.vmas)
		m.host.free_pages(m.mm.vmas, 0);
	munmap(m.shared, PLATFORM_FILE_SIZE);
	close(m.platform_fd);
	new_platform(pages);
	new_encl();
}

enum sgx_file_kind file_kind(int fd)
{
	switch (fd) {
	case ENCL_FD:
		return SGX_FILE_ENCLAVE;
	case PROVISION_FD:
		return SGX_FILE_PROVISION;
	default:
		return SGX_FILE_NONE;
	}
}

int64_t with_reason(int64_t ret)
{
	if (ret < 0 && ret != -ERESTARTSYS)
		assert_non_null(m.lp.why.text);
	m.lp.why = (struct why){ .text = NULL };
	return ret;
}

int64_t ioctl_raw(uint32_t cmd, uint64_t arg)
{
	return with_reason(
		sgx_ioctl(&m.mm, m.encl, &m.lp, cmd, arg, file_kind));
}

struct sgx_secs standard_secs(void)
{
	return (struct sgx_secs){
		.size = ENCL_SIZE,
		.baseaddr = ENCL_BASE,
		.ssaframesize = 1,
		.attributes = SGX_ATTR_MODE64BIT,
		.xfrm = 3,
	};
}

int64_t create_with(const struct sgx_secs *secs)
{
	struct sgx_enclave_create arg = { .src = SECS_ARG };

	user_write(SECS_ARG, secs, sizeof(*secs));
	user_write(ARG, &arg, sizeof(arg));
	measure_create(secs);
	return ioctl_raw(SGX_IOC_ENCLAVE_CREATE, ARG);
}

int64_t create(void)
{
	struct sgx_secs secs = standard_secs();

	return create_with(&secs);
}

int64_t add_pages(uint64_t offset, uint64_t length, uint64_t secinfo,
		  uint64_t flags, uint64_t *done)
{
	struct sgx_secinfo info = { .flags = secinfo };
	struct sgx_enclave_add_pages arg = {
		.src = SOURCE,
		.offset = offset,
		.length = length,
		.secinfo = SECINFO_ARG,
		.flags = flags,
		.count = 0x5555,
	};
	int64_t ret;

	user_write(SECINFO_ARG, &info, sizeof(info));
	user_write(ARG, &arg, sizeof(arg));
	ret = ioctl_raw(SGX_IOC_ENCLAVE_ADD_PAGES, ARG);
	user_read(&arg, ARG, sizeof(arg));
	if (done)
		*done = arg.count;
	return ret;
}

void add_measured(unsigned page, unsigned n, uint64_t secinfo)
{
	uint8_t content[SGX_PAGE_SIZE];
	uint64_t done;

	for (unsigned i = page; i < page + n; i++) {
		user_read(content, SOURCE, sizeof(content));
		measure_page(i * SGX_PAGE_SIZE, secinfo, content);
	}
	while (n--) {
		assert_int_equal(add_pages(page++ * SGX_PAGE_SIZE,
					   SGX_PAGE_SIZE, secinfo,
					   SGX_PAGE_MEASURE, &done),
				 0);
		assert_int_equal(done, SGX_PAGE_SIZE);
	}
}

/* A TCS that EADD takes: one SSA frame, at page 2. */
static void tcs_source(void)
{
	struct sgx_tcs tcs = {
		.ossa = 2 * SGX_PAGE_SIZE,
		.nssa = 1,
		.oentry = 4 * SGX_PAGE_SIZE,
		.fslimit = UINT32_MAX,
		.gslimit = UINT32_MAX,
	};

	user_write(SOURCE, &tcs, sizeof(tcs));
}

void standard_pages(void)
{
	uint8_t content[SGX_PAGE_SIZE];

	tcs_source();
	add_measured(0, 1, SECINFO_TCS);
	memset(content, 0xa5, sizeof(content));
	user_write(SOURCE, content, sizeof(content));
	add_measured(1, 1, SECINFO_REG(R));
	add_measured(2, 2, SECINFO_REG(RW));
	add_measured(4, 1, SECINFO_REG(RX));
	add_measured(5, 1, SECINFO_REG(RWX));
	add_measured(6, 1, SECINFO_REG(X));
}

int64_t init_with(void (*edit)(struct sgx_sigstruct *sig))
{
	struct sgx_enclave_init arg = { .sigstruct = SIGSTRUCT_ARG };
	struct sgx_sigstruct sig;

	measure_end(m.measurement);
	make_sigstruct(&sig, edit);
	user_write(SIGSTRUCT_ARG, &sig, sizeof(sig));
	user_write(ARG, &arg, sizeof(arg));
	return ioctl_raw(SGX_IOC_ENCLAVE_INIT, ARG);
}

uint8_t *epc_at(uint64_t addr)
{
	return epc_ptr(&m.mm.cpu, m.encl->epc_base + (addr - m.encl->base));
}

struct epcm *epcm_at(uint64_t addr)
{
	return epcm_of(&m.mm.cpu, m.encl->epc_base + (addr - m.encl->base));
}

struct sgx_encl_page *page_at(uint64_t addr)
{
	return &m.mm.pages[(m.encl->epc_base + (addr - m.encl->base)) >>
			   SGX_PAGE_SHIFT];
}

int64_t map_fixed(uint64_t addr, uint64_t len, int prot)
{
	return with_reason(sgx_mmap_file(&m.mm, m.encl, 2 /* O_RDWR */, addr,
					 len, prot, MAP_SHARED | MAP_FIXED,
					 ENCL_FD, 0));
}

struct sgx_ticket hold_lock(struct sgx_lock *lock, uint32_t process,
			    uint32_t thread)
{
	lock->word = sgx_ticket_next(sgx_lock_read(lock),
				     sgx_lock_id(process, thread))
			     .word;
	return sgx_lock_read(lock);
}

void enter(void)
{
	m.lp.cr_enclave_mode = true;
	m.lp.cr_elrange_base = m.encl->base;
	m.lp.cr_elrange_size = m.encl->size;
	m.lp.cr_active_secs = m.encl->secs_pa;
	processor_online(&m.lp);
	processor_join(&m.lp, m.encl->secs_pa);
}

void leave(void)
{
	m.lp.cr_enclave_mode = false;
	processor_offline(&m.lp);
}

int execute_enclu(struct lp *lp)
{
	uint32_t seen;
	int ret;

	sgx_processor_look(m.shared, &seen);
	if (lp->cr_enclave_mode) {
		seen = lp->processor->seen;
		processor_park(lp);
	}
	ret = sgx_enclu(&m.mm, lp);
	if (!lp->cr_enclave_mode)
		return ret;
	lp->processor->seen = seen;
	assert_false(sgx_processor_resume(&m.mm, lp));
	return ret;
}

static void add_inside(struct lp *lp)
{
	for (unsigned i = 0; i < MAX_INSIDE; i++) {
		if (!m.inside[i]) {
			m.inside[i] = lp;
			return;
		}
	}
	fail();
}

void bystander_enters(struct lp *lp)
{
	*lp = (struct lp){ .cpu = &m.mm.cpu,
			   .cr_active_secs = m.encl->secs_pa };
	processor_online(lp);
	processor_join(lp, lp->cr_active_secs);
	add_inside(lp);
}

/* As a program does it: after a fault that the kernel handles, try again. */
static void enclu_retried(struct lp *lp)
{
	struct ksignal signal;
	unsigned tries = 0;

	while (execute_enclu(lp)) {
		assert_int_equal(exc_model_fault(&m.mm, lp, &m.retries,
						 &signal),
				 FAULT_RETRY);
		assert_true(++tries < 1000);
	}
	exc_leaf_retired(&m.retries);
}

void enter_by_leaf(struct lp *lp, uint64_t tcs)
{
	lp->r.rax = ENCLU_EENTER;
	lp->r.rbx = tcs;
	lp->r.rcx = USER_BASE;
	lp->r.rip = USER_BASE;
	enclu_retried(lp);
	assert_true(lp->cr_enclave_mode);
	add_inside(lp);
}

void exit_by_leaf(struct lp *lp)
{
	lp->r.rax = ENCLU_EEXIT;
	lp->r.rbx = USER_BASE;
	enclu_retried(lp);
	assert_false(lp->cr_enclave_mode);
	for (unsigned i = 0; i < MAX_INSIDE; i++) {
		if (m.inside[i] == lp)
			m.inside[i] = NULL;
	}
}
