/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random memory system calls and faults over the mappings of two enclaves,
 * each made twice: in kernel/, and in the model of mm_model.h.  Both must
 * return the same, and leave the same mappings with the same permissions.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>

#include "cpu/measure.h"
#include "kernel/sgx/encl.h"
#include "tests/fuzz/kernel_check.h"
#include "tests/fuzz/mm_model.h"
#include "tests/fuzz/signer.h"

#define MAX_STEPS     150
#define FIRST_PAGE    496u /* of those that are played with; ELRANGE */
#define SOME_PAGES    128u /* of 64 pages begins at 512 */
#define FEW_PAGES     508u /* the seven that are added are at 512 */
#define ADDRESS(page) (WINDOW + (page)*SGX_PAGE_SIZE)

_Static_assert(MODEL_PAGES == WINDOW_PAGES, "one entry for each real page");

static struct model model;
static bool added_late;

/* Pages [page, page + n). */
struct range {
	unsigned page, n;
	uint64_t addr, len;
};

static struct range take_range(struct input *in, unsigned least)
{
	unsigned where = take8(in);
	struct range range = {
		/* Half of the time where the enclave's few pages are. */
		.page = where < SOME_PAGES ? FIRST_PAGE + where :
					     FEW_PAGES + where % 16,
		.n = least + take_below(in, 20),
	};

	range.addr = ADDRESS(range.page);
	range.len = range.n * SGX_PAGE_SIZE;
	return range;
}

static void op_mmap(struct input *in)
{
	struct range range = take_range(in, 1);
	unsigned how = take8(in), encl = how >> 3 & 1;
	int accmode = how >> 4 & 1 ? O_RDWR : (int)(how >> 5) % 3;
	int expected = model_mmap(&model, range.page, range.n, how & 7, encl,
				  accmode);
	int64_t ret = sgx_mmap_file(&m.mm, &m.shared->encls[encl], accmode,
				    range.addr, range.len, how & 7,
				    MAP_SHARED | MAP_FIXED, ENCL_FD, 0);

	must(ret == (expected ? expected : (int64_t)range.addr));
}

/* Where the host likes; if that is at the very end, it is undone. */
static void op_mmap_anywhere(struct input *in)
{
	unsigned n = 1 + take_below(in, 16), how = take8(in), page;
	unsigned encl = how >> 3 & 1;
	int64_t ret = sgx_mmap_file(&m.mm, &m.shared->encls[encl], O_RDWR, 0,
				    n * SGX_PAGE_SIZE, how & 7, MAP_SHARED,
				    ENCL_FD, 0);

	if (ret < 0) {
		must(ret == -EACCES || ret == -ENOMEM);
		return;
	}
	page = (ret - WINDOW) / SGX_PAGE_SIZE;
	if (page + n > MODEL_PAGES) {
		sgx_munmap(&m.mm, ret, n * SGX_PAGE_SIZE);
		return;
	}
	must(!model_mmap(&model, page, n, how & 7, encl, O_RDWR));
}

static void op_mmap_other(struct input *in)
{
	struct range range = take_range(in, 1);

	model_mmap_other(&model, range.page, range.n);
	must(sgx_mmap_other(&m.mm, range.addr, range.len, PROT_READ,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			    0) == (int64_t)range.addr);
}

static void op_munmap(struct input *in)
{
	struct range range = take_range(in, 1);

	model_munmap(&model, range.page, range.n);
	must(!sgx_munmap(&m.mm, range.addr, range.len - take(in, 1)));
}

static void op_mprotect(struct input *in)
{
	struct range range = take_range(in, 1);
	int prot = take8(in) & 7;
	int expected = model_mprotect(&model, range.page, range.n, prot);

	must(sgx_mprotect(&m.mm, range.addr, range.len - take(in, 1), prot,
			  -1) == expected);
}

static bool movable(const struct range *from)
{
	if (model.page[from->page].kind == MODEL_ENCLAVE)
		return true;
	for (unsigned i = 0; i < from->n; i++) {
		if (model.page[from->page + i].kind != MODEL_ORDINARY)
			return false;
	}
	return from->n;
}

static void op_mremap(struct input *in)
{
	struct range from = take_range(in, 0), to = take_range(in, 1);
	int flags = take8(in) & 7, expected;
	bool ours = model.page[from.page].kind == MODEL_ENCLAVE;
	int64_t ret;

	/* The host knows by itself what it does not move or let grow. */
	if (!movable(&from) || (!ours && (flags & MREMAP_DONTUNMAP)) ||
	    (!ours && from.n < to.n))
		return;
	if (flags & MREMAP_DONTUNMAP && !(flags & MREMAP_FIXED))
		to.page = 0;
	expected = model_mremap(&model, from.page, from.n, to.n, flags,
				to.page);
	ret = kernel_mremap(&m.mm, from.addr, from.len, to.len, flags, to.addr);
	must(ret == (expected < 0 ? expected : (int64_t)ADDRESS(expected)));
}

static void op_madvise(struct input *in)
{
	struct range range = take_range(in, 1);
	int advice = take_below(in, 22), expected;
	int64_t ret;

	expected = model_madvise(&model, range.page, range.n, advice);
	must(sgx_madvise(&m.mm, range.addr, range.len, advice, &ret) ==
	     expected);
}

/* The child's side; what it does not inherit, the host has not mapped. */
static void op_fork(void)
{
	for (unsigned i = 0; i < MODEL_PAGES; i++) {
		if (model.page[i].kind == MODEL_ENCLAVE &&
		    model.page[i].dontfork)
			m.host.sys_munmap(ADDRESS(i), SGX_PAGE_SIZE);
	}
	model_fork(&model);
	sgx_dup_mm(&m.mm);
}

static enum model_fault seen(enum fault_outcome outcome,
			     const struct ksignal *signal)
{
	switch (outcome) {
	case FAULT_NOT_OURS:
		return MODEL_NOT_OURS;
	case FAULT_RETRY:
		return MODEL_RETRY;
	case FAULT_ABORT_PAGE:
		return MODEL_ABORT_PAGE;
	default:
		break;
	}
	if (signal->trapnr != VECTOR_PF)
		return MODEL_GP;
	if (signal->sig == SIGBUS)
		return MODEL_SIGBUS;
	must(signal->sig == SIGSEGV);
	must(!(signal->error_code & PF_SGX));
	return MODEL_SIGSEGV;
}

static void op_fault(struct input *in)
{
	static const uint32_t codes[] = { 0, PF_WRITE, PF_INSTR };
	struct range range = take_range(in, 1);
	unsigned how = take8(in), access = how % 3;
	uint64_t addr = range.addr + take(in, 2) % SGX_PAGE_SIZE;
	enum model_fault expected;
	enum fault_outcome outcome;
	struct ksignal signal = { 0 };

	if (how & 0x40)
		enter();
	else
		leave();
	expected = model_fault(&model, range.page, 1 << access, how & 0x40);
	/* The machine has SGX1, where the EPCM's refusal is #GP. */
	if (expected == MODEL_SIGSEGV_SGX)
		expected = MODEL_GP;
	/* What is mended may come back; the kernel gives up only later. */
	outcome = machine_page_fault(codes[access] | (how & 0x80 ? PF_PROT : 0),
				     addr, &signal);
	must(seen(outcome, &signal) == expected);
	if (expected == MODEL_RETRY)
		must(real_page(addr)->prot & 1 << access);
}

static void op_lose(void)
{
	uint64_t enclaves, pages;

	sgx_invalidate_all(&m.mm, &enclaves, &pages);
	sgx_resync(&m.mm);
	model.lost = true;
}

/* Sign for what has been built, and let the processor check it. */
static void initialise(void)
{
	struct sgx_enclave_init arg = { .sigstruct = SIGSTRUCT_ARG };
	struct sgx_sigstruct sig;

	signer_begin(&sig);
	sig.attributes = SGX_ATTR_MODE64BIT;
	sig.xfrm = 3;
	measure_final(secs_hidden_at(&m.mm.cpu, m.encl->secs_pa),
		      sig.enclavehash);
	signer_sign(&sig);
	user_write(SIGSTRUCT_ARG, &sig, sizeof(sig));
	user_write(ARG, &arg, sizeof(arg));
	must(!ioctl_raw(SGX_IOC_ENCLAVE_INIT, ARG));
	model.initialized = true;
}

/* The enclave gets its pages, and is initialised or not. */
static void op_build(struct input *in)
{
	bool init = take8(in) & 1;

	if (model.added || model.lost)
		return;
	standard_pages();
	model.added = true;
	if (init)
		initialise();
}

static void compare_vma(unsigned page, unsigned end, const struct sgx_vma *vma)
{
	const struct model_page *p = &model.page[page];

	must(vma->start == ADDRESS(page) && vma->end == ADDRESS(end));
	must(vma->encl == p->encl);
	must(vma->prot == p->prot && vma->mayprot == p->mayprot);
	must(!!(vma->flags & SGX_VMA_DONTFORK) == p->dontfork);
}

static void compare_vmas(void)
{
	uint32_t i = 0;

	for (unsigned page = 0, end; page < MODEL_PAGES; page = end) {
		end = page + 1;
		if (model.page[page].kind != MODEL_ENCLAVE)
			continue;
		while (end < MODEL_PAGES &&
		       model.page[end].kind == MODEL_ENCLAVE &&
		       !model.page[end].first)
			end++;
		must(i < m.mm.nr_vmas);
		compare_vma(page, end, &m.mm.vmas[i++]);
	}
	must(i == m.mm.nr_vmas);
}

static void compare_real(unsigned page)
{
	const struct real_page *real = real_page(ADDRESS(page));
	const struct model_page *p = &model.page[page];

	if (p->kind == MODEL_ENCLAVE && !p->encl && page >= model.base &&
	    page < model.base + model.size) {
		must(real->kind == REAL_EPC);
		must(real->pa == m.shared->encls[0].epc_base +
					 (page - model.base) * SGX_PAGE_SIZE);
		must(!(real->prot & ~model_effective(&model, page)));
		/* A page younger than its mapping waits for a fault. */
		if (!added_late)
			must(real->prot == model_effective(&model, page));
	} else if (p->kind == MODEL_ENCLAVE) {
		must(real->kind == REAL_NONE);
	} else {
		must(real->kind ==
		     (p->kind == MODEL_FREE ? REAL_FREE : REAL_ANON));
	}
}

static void step(struct input *in)
{
	switch (take_below(in, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		op_mmap(in);
		break;
	case 4:
		op_mmap_anywhere(in);
		break;
	case 5:
		op_mmap_other(in);
		break;
	case 6:
		op_munmap(in);
		break;
	case 7:
	case 8:
	case 9:
		op_mprotect(in);
		break;
	case 10:
		op_mremap(in);
		break;
	case 11:
		op_madvise(in);
		break;
	case 12:
		op_fork();
		break;
	case 13:
	case 14:
		op_fault(in);
		break;
	default:
		if (take_below(in, 8) == 7)
			op_lose();
		else
			op_build(in);
	}
	compare_vmas();
	kernel_check_vmas(&m.mm);
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

	memset(&model, 0, sizeof(model));
	model.base = (ENCL_BASE - WINDOW) / SGX_PAGE_SIZE;
	model.size = ENCL_SIZE / SGX_PAGE_SIZE;
	machine_setup_created(NULL);
	must(sgx_open(&m.mm, SGX_FILE_ENCLAVE, 1001) == 1);
	added_late = take8(&in) & 1;
	if (!added_late)
		op_build(&in);
	for (unsigned i = 0; i < MAX_STEPS && in.n; i++)
		step(&in);
	for (unsigned i = 0; i < MODEL_PAGES; i++)
		compare_real(i);
	leave();
	kernel_check_end(&m.mm);
	machine_teardown(NULL);
	return 0;
}
