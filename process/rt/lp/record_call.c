/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls on the devices and on enclaves' memory, as records: see
 * record.h.  What a call's argument points to is read once more, after it.
 */
#include <asm/sgx.h>
#include <asm/unistd_64.h>
#include <linux/ioctl.h>
#include <linux/mman.h>

#include "cpu/mem.h"
#include "kernel/machine/stat.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/line.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/lp/record.h"

#define SECS_SIZE 264 /* up to its last field */
#define ARG_SIZE  64
#define MORE      (ARG_SIZE + sizeof(struct sgx_sigstruct) + LINE_SIZE)

void rt_record_open(struct thread *t, enum sgx_file_kind kind, uint64_t flags,
		    long result)
{
	struct tape_open r = { .kind = kind,
			       .flags = (uint32_t)flags,
			       .result = result };

	if (!rt_records(TAPE_CLASS_IOCTL))
		return;
	rt_record_ready(t);
	rt_record_put(t, &r.r, TAPE_OPEN, sizeof(r));
}

/* Where the argument points to, and how much of that matters. */
static uint16_t data_of(uint32_t cmd, const uint8_t *arg, uint64_t *at)
{
	const struct sgx_enclave_add_pages *add = (const void *)arg;

	memcpy(at, arg, sizeof(*at));
	switch (cmd) {
	case SGX_IOC_ENCLAVE_CREATE:
		return SECS_SIZE;
	case SGX_IOC_ENCLAVE_INIT:
		return sizeof(struct sgx_sigstruct);
	case SGX_IOC_ENCLAVE_ADD_PAGES:
		memcpy(at, &add->secinfo, sizeof(*at));
		return sizeof(struct sgx_secinfo);
	default:
		return 0;
	}
}

static void fill_ioctl(struct tape_ioctl *r, uint64_t arg)
{
	uint32_t size = _IOC_SIZE(r->cmd);
	uint64_t at = 0;

	if (size > ARG_SIZE || rt_get(r->more, arg, size))
		return;
	r->arg_size = (uint16_t)size;
	if (size < sizeof(at))
		return;
	r->data_size = data_of(r->cmd, r->more, &at);
	if (rt_get(r->more + size, at, r->data_size))
		r->data_size = 0;
}

static void fill_enclave(struct tape_ioctl *r, const struct sgx_encl *encl)
{
	struct sgx_encl_facts facts;

	sgx_encl_facts(rt_process.mm.shared, encl, &facts);
	r->encl = facts.index;
	r->enclave = (struct tape_enclave){ facts.base, facts.size };
	if (r->cmd == SGX_IOC_ENCLAVE_INIT && !r->result)
		sgx_encl_mrenclave(&rt_process.mm, encl, r->mrenclave);
}

void rt_record_ioctl(struct thread *t, int fd, uint32_t cmd, uint64_t arg,
		     const struct sgx_encl *encl, long result)
{
	struct {
		struct tape_ioctl is;
		uint8_t more[MORE];
	} rec = {
		.is = { .fd = fd, .cmd = cmd, .arg = arg, .result = result }
	};
	struct tape_ioctl *r = &rec.is;

	if (!rt_records(TAPE_CLASS_IOCTL))
		return;
	rt_record_ready(t);
	fill_ioctl(r, arg);
	fill_enclave(r, encl);
	if (result < 0)
		r->text_size =
			(uint16_t)rt_record_reason(t, r->more + r->arg_size +
							      r->data_size);
	rt_record_put(t, &r->r, TAPE_IOCTL,
		      sizeof(*r) + r->arg_size + r->data_size + r->text_size);
}

static bool concerns_enclave(uint64_t address)
{
	struct fault_view v;

	exc_fault_view(&rt_process.mm, address, &v);
	return v.has_vma;
}

void rt_record_memory(struct thread *t, uint64_t nr,
		      const struct machine_context *mc, uint64_t address)
{
	struct {
		struct tape_memory is;
		uint8_t text[LINE_SIZE];
	} rec = { .is = { .nr = nr,
			  .address = address,
			  .length = mc->rsi,
			  .prot = mc->rdx,
			  .flags = nr == __NR_mmap ? mc->r10 : 0,
			  .result = (int64_t)mc->rax } };
	struct tape_memory *r = &rec.is;
	bool refused = r->result < 0 && r->result >= -4095;

	if (!rt_records(TAPE_CLASS_IOCTL))
		return;
	if (nr != __NR_mmap && nr != __NR_mprotect && nr != __NR_pkey_mprotect)
		return;
	if (refused ? !t->lp.why.text :
		      !concerns_enclave(nr == __NR_mmap ? mc->rax : address))
		return;
	rt_record_ready(t);
	if (refused)
		r->text_size = rt_record_reason(t, r->more);
	rt_record_put(t, &r->r, TAPE_MEMORY, sizeof(*r) + r->text_size);
}
