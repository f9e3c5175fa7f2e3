/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The error code of a page fault.  SDM "Page-Fault Exception"; Linux 6.1
 * asm/trap_pf.h, mm/fault.c access_error().
 */
#include <inttypes.h>
#include <stdio.h>

#include "cli/explain/explain.h"
#include "cpu/cpu.h"

#define KNOWN \
	(PF_PROT | PF_WRITE | PF_USER | PF_RSVD | PF_INSTR | PF_PK | PF_SGX)

static const struct bit_name bits[] = {
	{ 0, "PRESENT" }, { 1, "WRITE" }, { 2, "USER" }, { 3, "RSVD" },
	{ 4, "INSTR" },   { 5, "PK" },    { 15, "SGX" }, { 0, NULL },
};

static const char *access_of(uint64_t code)
{
	if (code & PF_INSTR)
		return "an instruction fetch";
	return code & PF_WRITE ? "a write" : "a read";
}

static const struct explanation {
	uint64_t mask, value;
	const char *means, *next;
} explanations[] = {
	{ PF_SGX, PF_SGX,
	  "the page tables allowed it and the EPCM refused it: the EPC was "
	  "lost (suspend, migration), the page is a TCS, SECS or VA, it waits "
	  "for EACCEPT, or the EPCM's permissions are less than the mapping's. "
	  "Linux sends SIGSEGV with SEGV_ACCERR, or the vDSO reports vector 14",
	  "if the page was in use and right before, the EPC is gone: destroy "
	  "the enclave and build it again. Else `swsgx run -v` names the "
	  "EPCM's entry" },
	{ PF_PK, PF_PK, "the page's protection key refused it, by PKRU",
	  "see pkey_set() and PKRU at that moment; inside an enclave PKRU is "
	  "the program's if XFRM lacks it" },
	{ PF_RSVD, PF_RSVD,
	  "a reserved bit is set in a page table: the kernel's tables are "
	  "damaged",
	  NULL },
	{ PF_PROT, PF_PROT,
	  "the mapping has the page and does not allow this access; the EPCM "
	  "was not asked",
	  "compare with mmap()'s and mprotect()'s PROT_* for that address "
	  "(/proc/PID/maps)" },
	{ 0, 0,
	  "no page is there yet, and it could not be had: nothing is mapped, "
	  "the mapping is PROT_NONE or read-only, or the enclave has no page "
	  "at that address",
	  "SEGV_MAPERR: nothing is mapped. SIGBUS: the enclave has no such "
	  "page, and could not get one" },
};

unsigned explain_page_fault(struct report *report, const struct question *q)
{
	const struct explanation *e = explanations;
	char title[128];

	if (!q->is_number || !q->number || q->number & ~(uint64_t)KNOWN)
		return 0;
	while ((q->number & e->mask) != e->value)
		e++;
	snprintf(title, sizeof(title), "error code of a page fault: %s by %s",
		 access_of(q->number),
		 q->number & PF_USER ? "a program" : "the kernel");
	explain_begin(report, q, "page-fault", title);
	report_bits(report, "bits", "bits", q->number, bits);
	explain_means(report, e->means, e->next);
	return 1;
}
