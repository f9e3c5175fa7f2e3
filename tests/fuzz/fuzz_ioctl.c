/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs that misuse /dev/sgx_enclave: any ioctl with any argument, SECS,
 * SECINFO and SIGSTRUCT mostly right and sometimes not, in any order, between
 * memory system calls, faults, entries, losses of the EPC and failures of the
 * host.  What must hold is in kernel_check.h.
 */
#include <signal.h>

#include "cpu/measure.h"
#include "cpu/processors.h"
#include "cpu/secs.h"
#include "kernel/sgx/encl.h"
#include "tests/fuzz/kernel_check.h"
#include "tests/fuzz/signer.h"

#define MAX_STEPS      120
#define SLOT(n)        (ENCL_BASE + (n)*0x80000ull)
#define WINDOW_PAGE(n) (WINDOW + (n)*SGX_PAGE_SIZE)

static bool lost;

/* Does an interrupt show (AEX), or only make the processor tracked? */
static bool interrupts_show;

static void ipi(uint64_t secs, uint32_t epoch)
{
	must(!sgx_lock_is_held(&m.mm.lock));
	for (unsigned i = 0; i < m.shared->nr_encls; i++)
		must(!sgx_lock_is_held(&m.shared->encls[i].lock));
	sgx_resync(&m.mm);
	if (!m.lp.cr_enclave_mode || m.lp.cr_active_secs != secs ||
	    processor_epoch(processor_inside(m.lp.processor)) > epoch)
		return;
	if (interrupts_show)
		aex(&m.lp, NULL, NULL);
	else
		lp_retrack(&m.lp);
}

static void choose_encl(struct input *in)
{
	unsigned n = take_below(in, ENCLS);

	while (m.shared->nr_encls <= n)
		must(sgx_open(&m.mm, SGX_FILE_ENCLAVE,
			      1000 + m.shared->nr_encls) >= 0);
	m.encl = &m.shared->encls[n];
}

static void leave_encl(const struct sgx_encl *encl)
{
	if (m.lp.cr_enclave_mode && m.lp.cr_active_secs == encl->secs_pa)
		aex(&m.lp, NULL, NULL);
}

/*
 * The last reference goes: nothing is mapped any more, nobody is inside.  The
 * next file to be opened takes the place.
 */
static void op_release(void)
{
	int index = (int)m.encl->index;

	leave_encl(m.encl);
	for (uint32_t i = 0; i < m.mm.nr_vmas;) {
		struct sgx_vma vma = m.mm.vmas[i];

		if (vma.encl == m.encl->index)
			must(!sgx_munmap(&m.mm, vma.start,
					 vma.end - vma.start));
		else
			i++;
	}
	sgx_encl_release(&m.mm, m.encl);
	must(sgx_open(&m.mm, SGX_FILE_ENCLAVE, 1000 + index) == index);
}

static void spoil(uint64_t addr, size_t size, struct input *in)
{
	unsigned n = take8(in);
	uint8_t byte;

	for (n = n < 0xc0 ? 0 : n & 7; n; n--) {
		uint64_t at = addr + take(in, 2) % size;

		user_read(&byte, at, 1);
		byte ^= take8(in);
		user_write(at, &byte, 1);
	}
}

/* The argument itself, or one that cannot be read. */
static uint64_t argument(struct input *in)
{
	return take_below(in, 16) < 15 ? ARG : take(in, 8);
}

static void call(uint32_t cmd, struct input *in)
{
	struct lp before = m.lp;

	ioctl_raw(cmd, argument(in));
	must(!memcmp(&before.fault, &m.lp.fault, sizeof(before.fault)));
	if (m.lp.cr_enclave_mode == before.cr_enclave_mode)
		must(!memcmp(&before.r, &m.lp.r, sizeof(before.r)));
}

static void op_create(struct input *in)
{
	unsigned variant = take8(in);
	struct sgx_secs secs = standard_secs();
	struct sgx_enclave_create arg = { .src = SECS_ARG };

	secs.baseaddr = SLOT(m.encl->index);
	secs.size = 0x2000ull << (variant & 7);
	if (variant & 0x10)
		secs.attributes |= SGX_ATTR_DEBUG;
	if (variant & 0x20)
		secs.attributes |= SGX_ATTR_PROVISIONKEY;
	if (variant & 0x40)
		secs.miscselect = 1;
	if (variant & 0x80)
		secs.size = take(in, 8);
	user_write(SECS_ARG, &secs, sizeof(secs));
	user_write(ARG, &arg, sizeof(arg));
	spoil(SECS_ARG, sizeof(secs), in);
	spoil(ARG, sizeof(arg), in);
	call(SGX_IOC_ENCLAVE_CREATE, in);
}

static void create_plain(void)
{
	struct sgx_enclave_create arg = { .src = SECS_ARG };
	struct sgx_secs secs = standard_secs();

	secs.baseaddr = SLOT(m.encl->index);
	user_write(SECS_ARG, &secs, sizeof(secs));
	user_write(ARG, &arg, sizeof(arg));
	ioctl_raw(SGX_IOC_ENCLAVE_CREATE, ARG);
}

static uint64_t secinfo_flags(struct input *in)
{
	static const uint64_t likely[] = {
		SECINFO_TCS,     SECINFO_REG(R),  SECINFO_REG(RW),
		SECINFO_REG(RW), SECINFO_REG(RX), SECINFO_REG(RWX),
		SECINFO_REG(X),  SECINFO_REG(0),
	};
	unsigned choice = take8(in);

	return choice < 0xf0 ? likely[choice % 8] : take(in, 8);
}

static void fill_source(uint64_t flags)
{
	struct sgx_tcs tcs = {
		.ossa = 2 * SGX_PAGE_SIZE,
		.nssa = 2,
		.oentry = 4 * SGX_PAGE_SIZE,
		.fslimit = UINT32_MAX,
		.gslimit = UINT32_MAX,
	};

	for (unsigned i = 0; i < 4; i++) {
		if (flags != SECINFO_TCS)
			memset(&tcs, (int)i, sizeof(tcs));
		user_write(SOURCE + i * SGX_PAGE_SIZE, &tcs, sizeof(tcs));
	}
}

static void op_add_pages(struct input *in)
{
	struct sgx_secinfo info = { .flags = secinfo_flags(in) };
	unsigned where = take8(in);
	struct sgx_enclave_add_pages arg = {
		.src = SOURCE,
		.offset = (where & 31) * SGX_PAGE_SIZE,
		.length = ((where >> 5 & 3) + 1) * SGX_PAGE_SIZE,
		.secinfo = SECINFO_ARG,
		.flags = where >> 7,
		.count = 0x5555,
	};

	if (info.flags == SECINFO_TCS)
		arg.length = SGX_PAGE_SIZE;
	fill_source(info.flags);
	user_write(SECINFO_ARG, &info, sizeof(info));
	user_write(ARG, &arg, sizeof(arg));
	spoil(SECINFO_ARG, sizeof(info), in);
	spoil(ARG, sizeof(arg), in);
	call(SGX_IOC_ENCLAVE_ADD_PAGES, in);
}

static void op_init(struct input *in)
{
	struct sgx_enclave_init arg = { .sigstruct = SIGSTRUCT_ARG };
	struct sgx_sigstruct sig;

	signer_begin(&sig);
	sig.attributes = m.encl->attributes;
	sig.xfrm = 3;
	sig.attributemask = ~SGX_ATTR_INIT;
	sig.xfrmmask = ~0ull;
	if ((sgx_encl_flags(m.encl) & SGX_ENCL_CREATED) &&
	    epcm_of(&m.mm.cpu, m.encl->secs_pa)->valid)
		measure_final(secs_hidden_at(&m.mm.cpu, m.encl->secs_pa),
			      sig.enclavehash);
	signer_sign(&sig);
	user_write(SIGSTRUCT_ARG, &sig, sizeof(sig));
	user_write(ARG, &arg, sizeof(arg));
	spoil(SIGSTRUCT_ARG, sizeof(sig), in);
	spoil(ARG, sizeof(arg), in);
	call(SGX_IOC_ENCLAVE_INIT, in);
}

/* A whole enclave with `data` pages besides TCS, SSA and code, and mapped. */
static void op_build(struct input *in)
{
	unsigned data = take8(in) % 32;
	struct input none = { NULL, 0 };
	uint64_t base = SLOT(m.encl->index);

	if (sgx_encl_flags(m.encl) & SGX_ENCL_CREATED)
		return;
	create_plain();
	fill_source(SECINFO_TCS);
	add_pages(0, SGX_PAGE_SIZE, SECINFO_TCS, SGX_PAGE_MEASURE, NULL);
	fill_source(SECINFO_REG(RW));
	add_pages(4 * SGX_PAGE_SIZE, SGX_PAGE_SIZE, SECINFO_REG(RX), 0, NULL);
	for (unsigned page = 2; page < 6 + data; page++)
		add_pages(page * SGX_PAGE_SIZE, SGX_PAGE_SIZE, SECINFO_REG(RW),
			  0, NULL);
	op_init(&none);
	sgx_mmap_file(&m.mm, m.encl, 2, base, 64 * SGX_PAGE_SIZE, R | W,
		      MAP_SHARED | MAP_FIXED, ENCL_FD, 0);
	if (m.mm.nr_vmas)
		sgx_mprotect(&m.mm, base + 4 * SGX_PAGE_SIZE, SGX_PAGE_SIZE,
			     R | X, -1);
}

static void op_provision(struct input *in)
{
	struct sgx_enclave_provision arg = { .fd = take8(in) % 8 };

	user_write(ARG, &arg, sizeof(arg));
	call(SGX_IOC_ENCLAVE_PROVISION, in);
}

/* RESTRICT_PERMISSIONS, MODIFY_TYPES, REMOVE_PAGES begin alike. */
static void op_sgx2(struct input *in)
{
	static const uint32_t cmds[] = { SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,
					 SGX_IOC_ENCLAVE_MODIFY_TYPES,
					 SGX_IOC_ENCLAVE_REMOVE_PAGES };
	unsigned which = take_below(in, 3), where = take8(in);
	struct sgx_enclave_modify_types arg = {
		.offset = (where & 31) * SGX_PAGE_SIZE,
		.length = ((where >> 5 & 3) + 1) * SGX_PAGE_SIZE,
	};

	if (which == 0)
		arg.page_type = take8(in) & 7;
	else if (which == 1)
		arg.page_type = take8(in) & 1 ? PT_TRIM : take8(in) % 6;
	user_write(ARG, &arg, sizeof(arg));
	spoil(ARG, sizeof(arg), in);
	call(cmds[which], in);
}

static void op_raw(struct input *in)
{
	uint32_t cmd = take8(in) & 1 ? 0xa400u | take8(in) % 10 :
				       (uint32_t)take(in, 4);

	cmd |= take8(in) & 1 ? 0xc0300000u : 0;
	for (unsigned i = 0; i < 48; i += 8) {
		uint64_t word = take(in, 8);

		user_write(ARG + i, &word, sizeof(word));
	}
	call(cmd, in);
}

static void op_mmap(struct input *in)
{
	unsigned page = take(in, 2) % 256, n = take_below(in, 16) + 1;
	unsigned how = take8(in);
	int flags = how & 0x80 ? (int)take(in, 4) : MAP_SHARED | MAP_FIXED;
	uint64_t addr = SLOT(m.encl->index) + (page & 31) * SGX_PAGE_SIZE;

	/* Far away only where it is for the host to choose. */
	if (!(how & 0x40))
		addr = WINDOW_PAGE(page + 384);
	sgx_mmap_file(&m.mm, m.encl, how >> 3 & 1 ? 0 : 2, addr,
		      n * SGX_PAGE_SIZE, how & 7, flags, ENCL_FD,
		      take8(in) & 1 ? take(in, 2) : 0);
}

static void op_vmas(struct input *in)
{
	unsigned what = take8(in);
	uint64_t addr = WINDOW_PAGE(384 + take(in, 2) % 512);
	uint64_t len = (take_below(in, 32) + 1) * SGX_PAGE_SIZE;
	int64_t ret;

	switch (what % 5) {
	case 0:
		sgx_munmap(&m.mm, addr, len);
		break;
	case 1:
		sgx_mprotect(&m.mm, addr, len, what >> 5, -1);
		break;
	case 2:
		sgx_mmap_other(&m.mm, addr, len, what >> 5,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		break;
	case 3:
		kernel_mremap(&m.mm, addr, len,
			      (take_below(in, 32) + 1) * SGX_PAGE_SIZE,
			      what >> 5 & 3,
			      WINDOW_PAGE(384 + take(in, 2) % 512));
		break;
	default:
		sgx_madvise(&m.mm, addr, len, what >> 4, &ret);
	}
}

static void op_fault(struct input *in)
{
	static const uint32_t access[] = { 0, PF_WRITE, PF_INSTR };
	unsigned page = take8(in), how = take8(in);
	uint64_t addr = SLOT(m.encl->index) + (page & 63) * SGX_PAGE_SIZE +
			take(in, 2) % SGX_PAGE_SIZE;
	uint32_t code = access[how % 3] | (how & 0x10 ? PF_PROT : 0);
	enum fault_outcome outcome;
	struct ksignal signal;

	outcome = machine_page_fault(code, addr, &signal);
	if (outcome == FAULT_SIGNAL)
		must(signal.sig == SIGSEGV || signal.sig == SIGBUS);
	if (outcome == FAULT_RETRY)
		must(sgx_find_vma(&m.mm, addr));
}

/* A thread goes in, does something inside, or comes out. */
static void op_enclu(struct input *in)
{
	unsigned how = take8(in);
	struct ksignal signal;

	m.lp.r.rax = m.lp.cr_enclave_mode ? how & 0xf : ENCLU_EENTER + how % 2;
	m.lp.r.rbx = m.lp.cr_enclave_mode ?
			     m.lp.cr_elrange_base + (how >> 4) * SGX_PAGE_SIZE :
			     SLOT(m.encl->index) + (how >> 4) * SGX_PAGE_SIZE;
	m.lp.r.rcx = m.lp.r.rbx + take_below(in, 8) * SGX_PAGE_SIZE;
	m.lp.r.rip = 0x400000;
	if (how & 8 && m.lp.cr_enclave_mode)
		aex(&m.lp, NULL, NULL);
	else if (execute_enclu(&m.lp))
		machine_model_fault(&signal);
}

static void op_lose(void)
{
	uint64_t enclaves, pages;

	sgx_invalidate_all(&m.mm, &enclaves, &pages);
	sgx_resync(&m.mm);
	if (m.lp.cr_enclave_mode)
		aex(&m.lp, NULL, NULL);
	lost = true;
}

/* The world gets worse, or better again. */
static void op_host(struct input *in)
{
	unsigned what = take8(in);

	m.bad = what & 1 ? SOURCE + SGX_PAGE_SIZE : 0;
	m.bad_end = m.bad ? m.bad + take(in, 2) : 0;
	m.no_exec = what & 2 ? SOURCE : UINT64_MAX;
	m.pages_until_signal = what & 4 ? take8(in) & 7 : 0;
	m.fail_alloc = what & 8;
	m.fail_pin = what & 0x10;
	m.fail_map = what & 0x20;
}

static void step(struct input *in)
{
	switch (take_below(in, 20)) {
	case 0:
		choose_encl(in);
		break;
	case 1:
		op_release();
		break;
	case 2:
	case 3:
		op_create(in);
		break;
	case 4:
	case 5:
	case 6:
		op_add_pages(in);
		break;
	case 7:
		op_build(in);
		break;
	case 8:
	case 9:
		op_init(in);
		break;
	case 10:
		op_provision(in);
		break;
	case 11:
		op_sgx2(in);
		break;
	case 12:
		op_raw(in);
		break;
	case 13:
	case 14:
		op_mmap(in);
		break;
	case 15:
		op_vmas(in);
		break;
	case 16:
		for (unsigned n = 1 + take_below(in, 8); n; n--)
			op_fault(in);
		break;
	case 17:
		op_enclu(in);
		break;
	case 18:
		op_host(in);
		break;
	default:
		if (!take_below(in, 8))
			op_lose();
	}
	kernel_check_vmas(&m.mm);
	kernel_check_pages(&m.mm, lost);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	signer_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned platform = take8(&in);

	lost = false;
	interrupts_show = platform & 4;
	machine_setup(NULL);
	/* Too small for one enclave, for two, or large enough. */
	if (platform & 1)
		machine_set_epc_pages(platform & 8 ? 14 : 40);
	m.shared->package.sgx2 = platform >> 1 & 1;
	m.host.ipi = ipi;
	for (unsigned i = 0; i < MAX_STEPS && in.n; i++)
		step(&in);
	kernel_check_real(&m.mm);
	m.fail_alloc = m.fail_pin = m.fail_map = false;
	if (m.lp.cr_enclave_mode)
		aex(&m.lp, NULL, NULL);
	kernel_check_end(&m.mm);
	machine_teardown(NULL);
	return 0;
}
