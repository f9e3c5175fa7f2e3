/* SPDX-License-Identifier: BSD-3-Clause */
/* ENCLU acted out.  Source: SDM "EENTER", "ERESUME", "EEXIT", "EGETKEY". */
#define _GNU_SOURCE
#include "tests/lib/processor.h"

#include <asm/prctl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ALT_STACK            (64 * 1024)
#define ERROR_INVALID_ISVSVN 64

struct processor processor;

static const struct enclave *inside; /* the enclave that was loaded */
static struct tcs *current;          /* NULL: outside */

/* GPRSGX begins like this, up to URSP. */
static const int gpr_order[] = {
	REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
	REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
	REG_R12, REG_R13, REG_R14, REG_R15, REG_EFL, REG_RIP,
};
#define NR_GPRS (sizeof(gpr_order) / sizeof(gpr_order[0]))

static void *pointer(uint64_t addr)
{
	return (void *)(uintptr_t)addr;
}

static void set_gs(uint64_t base)
{
	syscall(SYS_arch_prctl, ARCH_SET_GS, base);
}

static struct gprsgx *frame_of(const struct tcs *tcs, uint32_t cssa)
{
	return pointer(inside->base + tcs->ossa + (cssa + 1) * ENCLAVE_PAGE -
		       sizeof(struct gprsgx));
}

/* SIGSEGV's default action: what a real fault would end in. */
static void give_up(void)
{
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	abort();
}

static void go_inside(struct tcs *tcs, uint64_t aep)
{
	current = tcs;
	tcs->aep = aep;
	set_gs(inside->base + tcs->ogsbase);
}

static void go_outside(void)
{
	current = NULL;
	set_gs(0);
}

static void eenter(greg_t *r)
{
	struct tcs *tcs = pointer((uint64_t)r[REG_RBX]);
	struct gprsgx *frame;

	if (current || tcs->cssa >= tcs->nssa)
		give_up();
	processor.eenter++;
	frame = frame_of(tcs, tcs->cssa);
	frame->ursp = (uint64_t)r[REG_RSP];
	frame->urbp = (uint64_t)r[REG_RBP];
	go_inside(tcs, (uint64_t)r[REG_RCX]);
	r[REG_RAX] = tcs->cssa;
	r[REG_RCX] = r[REG_RIP] + 3;
	r[REG_RIP] = (greg_t)(inside->base + tcs->oentry);
}

static void eresume(greg_t *r)
{
	struct tcs *tcs = pointer((uint64_t)r[REG_RBX]);
	const uint64_t *saved;
	unsigned i;

	if (current || tcs->cssa == 0)
		give_up();
	processor.eresume++;
	tcs->cssa--;
	go_inside(tcs, (uint64_t)r[REG_RCX]);
	saved = &frame_of(tcs, tcs->cssa)->rax;
	for (i = 0; i < NR_GPRS; i++)
		r[gpr_order[i]] = (greg_t)saved[i];
}

static void aex(greg_t *r, uint64_t addr)
{
	struct gprsgx *frame = frame_of(current, current->cssa);
	uint64_t *saved = &frame->rax;
	unsigned i;

	processor.aex++;
	processor.fault_addr = addr;
	for (i = 0; i < NR_GPRS; i++) {
		saved[i] = (uint64_t)r[gpr_order[i]];
		r[gpr_order[i]] = 0;
	}
	r[REG_EFL] = 0x202;
	r[REG_RAX] = ENCLU_ERESUME;
	r[REG_RBX] = (greg_t)(uintptr_t)current;
	r[REG_RCX] = r[REG_RIP] = (greg_t)current->aep;
	r[REG_RSP] = (greg_t)frame->ursp;
	r[REG_RBP] = (greg_t)frame->urbp;
	if (processor.abandon_at_aex)
		r[REG_RIP] = (greg_t)(uintptr_t)enclave_raw_abandon;
	current->cssa++;
	go_outside();
}

static void eexit(greg_t *r)
{
	processor.eexit++;
	r[REG_RIP] = r[REG_RBX];
	r[REG_RCX] = (greg_t)current->aep;
	go_outside();
}

static void ereport_leaf(greg_t *r)
{
	struct report *report = pointer((uint64_t)r[REG_RDX]);

	memset(report, 0, 432);
	memcpy(report->cpusvn, processor.cpusvn, 16);
	report->isvsvn = processor.isvsvn;
	r[REG_RIP] += 3;
}

/* Any function of all of the request and of the platform. */
static void egetkey_leaf(greg_t *r)
{
	const struct keyrequest *request = pointer((uint64_t)r[REG_RBX]);
	uint8_t text[sizeof(*request) + 1], digest[32];

	r[REG_RIP] += 3;
	r[REG_RAX] = ERROR_INVALID_ISVSVN;
	if (request->isvsvn > processor.isvsvn)
		return;
	memcpy(text, request, sizeof(*request));
	text[sizeof(*request)] = processor.fuses;
	EVP_Digest(text, sizeof(text), digest, NULL, EVP_sha256(), NULL);
	memcpy(pointer((uint64_t)r[REG_RCX]), digest, 16);
	r[REG_RAX] = 0;
}

static void enclu(greg_t *r)
{
	switch ((uint32_t)r[REG_RAX]) {
	case ENCLU_EENTER:
		eenter(r);
		break;
	case ENCLU_ERESUME:
		eresume(r);
		break;
	case ENCLU_EEXIT:
		eexit(r);
		break;
	case ENCLU_EREPORT:
		ereport_leaf(r);
		break;
	case ENCLU_EGETKEY:
		egetkey_leaf(r);
		break;
	default:
		give_up();
	}
}

/* #UD without SGX; with it #GP or #PF, as nothing here is in the EPC. */
static void on_signal(int sig, siginfo_t *info, void *context)
{
	static const uint8_t bytes[3] = { 0x0f, 0x01, 0xd7 };
	ucontext_t *uc = context;
	greg_t *r = uc->uc_mcontext.gregs;

	(void)sig;
	if (!memcmp(pointer((uint64_t)r[REG_RIP]), bytes, sizeof(bytes)))
		enclu(r);
	else if (current)
		aex(r, (uint64_t)(uintptr_t)info->si_addr);
	else
		give_up();
}

static void catch_signals(void)
{
	struct sigaction sa = {
		.sa_sigaction = on_signal,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};
	static uint8_t memory[ALT_STACK];
	stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory) };

	sigaltstack(&stack, NULL);
	sigemptyset(&sa.sa_mask);
	sigaction(SIGILL, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
}

void processor_load(struct enclave *e, const struct enclave_image *image)
{
	unsigned i;

	catch_signals();
	if (enclave_reserve(e, image->size) ||
	    mprotect(pointer(e->base), image->memory_length,
		     PROT_READ | PROT_WRITE | PROT_EXEC))
		abort();
	memcpy(pointer(e->base), image->memory, image->memory_length);
	e->nr_tcs = image->nr_tcs;
	for (i = 0; i < e->nr_tcs; i++)
		e->tcs[i] = e->base + i * ENCLAVE_PAGE;
	for (i = 0; i < image->nr_segments; i++)
		if (image->segments[i].flags != SECINFO_TCS)
			mprotect(pointer(e->base + image->segments[i].offset),
				 image->segments[i].length,
				 image->segments[i].prot);
	inside = e;
}

void processor_unload(struct enclave *e)
{
	enclave_destroy(e);
}
