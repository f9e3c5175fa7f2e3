/* SPDX-License-Identifier: BSD-3-Clause */
/* Leaves of ENCLU, and AEXs.  SDM "Intel SGX User Leaf Function Reference". */
#include <inttypes.h>
#include <string.h>

#include "cli/trace/names.h"
#include "cli/trace/trace.h"
#include "cpu/sgx_arch.h"
#include "process/rt/lp/why_names.h"

static void put_at(struct trace *t, const struct tape_leaf *r,
		   const char *before, uint64_t address)
{
	fputs(before, t->out);
	trace_place(t, &r->enclave, r->r.pid, address);
}

static void put_keyname(FILE *out, uint16_t keyname)
{
	static const char *const names[] = {
		[KEYNAME_EINITTOKEN] = "EINITTOKEN_KEY",
		[KEYNAME_PROVISION] = "PROVISION_KEY",
		[KEYNAME_PROVISION_SEAL] = "PROVISION_SEAL_KEY",
		[KEYNAME_REPORT] = "REPORT_KEY",
		[KEYNAME_SEAL] = "SEAL_KEY",
	};

	if (keyname < sizeof(names) / sizeof(names[0]))
		fputs(names[keyname], out);
	else
		fprintf(out, "%u", keyname);
}

static void put_policy(FILE *out, uint16_t policy)
{
	static const struct flag flags[] = {
		{ KEYPOLICY_MRENCLAVE, "MRENCLAVE" },
		{ KEYPOLICY_MRSIGNER, "MRSIGNER" },
		{ KEYPOLICY_NOISVPRODID, "NOISVPRODID" },
		{ KEYPOLICY_CONFIGID, "CONFIGID" },
		{ KEYPOLICY_ISVFAMILYID, "ISVFAMILYID" },
		{ KEYPOLICY_ISVEXTPRODID, "ISVEXTPRODID" },
		{ 0, NULL },
	};

	put_flags(out, policy, flags, "0");
}

/* What the enclave gave; what is cut off is 0. */
static void take_operand(void *to, size_t size, const uint8_t *operand,
			 size_t n)
{
	memset(to, 0, size);
	memcpy(to, operand, n < size ? n : size);
}

static void put_keyrequest(FILE *out, const uint8_t *operand, size_t n)
{
	struct sgx_keyrequest k;

	take_operand(&k, sizeof(k), operand, n);
	fputs(" {", out);
	put_keyname(out, k.keyname);
	fputs(", policy=", out);
	put_policy(out, k.keypolicy);
	fprintf(out, ", isvsvn=%u, cpusvn=", k.isvsvn);
	put_id(out, k.cpusvn, sizeof(k.cpusvn));
	fputs(", attributemask=", out);
	put_attributes(out, k.attributemask);
	fprintf(out, ", xfrmmask=0x%" PRIx64 ", keyid=", k.xfrmmask);
	put_id(out, k.keyid, sizeof(k.keyid));
	fprintf(out, ", miscmask=0x%x, configsvn=%u}", k.miscmask, k.configsvn);
}

static void put_targetinfo(FILE *out, const uint8_t *operand, size_t n)
{
	struct sgx_targetinfo target;

	take_operand(&target, sizeof(target), operand, n);
	fputs(" {mrenclave=", out);
	put_id(out, target.measurement, sizeof(target.measurement));
	fputs(", attributes=", out);
	put_attributes(out, target.attributes);
	fputs(", xfrm=", out);
	put_xfrm(out, target.xfrm);
	fputs(", miscselect=", out);
	put_miscselect(out, target.miscselect);
	fprintf(out, ", configsvn=%u, configid=", target.configsvn);
	put_id(out, target.configid, sizeof(target.configid));
	fputc('}', out);
}

static void put_operand(struct trace *t, const struct tape_leaf *r)
{
	const uint8_t *p = trace_behind(&r->r, sizeof(*r), r->operand_size);
	struct sgx_secinfo secinfo;

	if (!p || !r->operand_size)
		return;
	switch ((uint32_t)r->leaf) {
	case ENCLU_EGETKEY:
		put_keyrequest(t->out, p, r->operand_size);
		break;
	case ENCLU_EREPORT:
		put_targetinfo(t->out, p, r->operand_size);
		break;
	default:
		memcpy(&secinfo, p, sizeof(secinfo.flags));
		fputs(" {", t->out);
		put_secinfo(t->out, secinfo.flags);
		fputc('}', t->out);
	}
}

/* What it was given. */
static void put_arguments(struct trace *t, const struct tape_leaf *r)
{
	switch ((uint32_t)r->leaf) {
	case ENCLU_EENTER:
	case ENCLU_ERESUME:
		put_at(t, r, " tcs=", r->rbx);
		fprintf(t->out, " aep=0x%" PRIx64, r->rcx);
		break;
	case ENCLU_EEXIT:
		put_at(t, r, " rip=", r->rip);
		break;
	case ENCLU_EACCEPT:
	case ENCLU_EMODPE:
		put_at(t, r, " page=", r->rcx);
		break;
	case ENCLU_EACCEPTCOPY:
		put_at(t, r, " page=", r->rcx);
		put_at(t, r, " from=", r->rdx);
		break;
	default:
		break;
	}
	put_operand(t, r);
}

/* Leaves that give a code in RAX. */
static bool has_code(uint64_t leaf)
{
	return leaf == ENCLU_EGETKEY || leaf == ENCLU_EACCEPT ||
	       leaf == ENCLU_EACCEPTCOPY;
}

static void put_outcome(struct trace *t, const struct tape_leaf *r)
{
	uint64_t leaf = (uint32_t)r->leaf;

	if (r->fault.vector != TAPE_NO_VECTOR) {
		fputs(" = ", t->out);
		trace_exception(t, &r->fault);
		if (r->fault.vector == 14)
			put_at(t, r, " at ", r->fault.address);
	} else if (leaf == ENCLU_EENTER) {
		fprintf(t->out, " cssa=%" PRIu64, r->result);
		put_at(t, r, " -> ", r->target);
	} else if (leaf == ENCLU_ERESUME || leaf == ENCLU_EEXIT) {
		put_at(t, r, " -> ", r->target);
	} else if (has_code(leaf)) {
		fputs(" = ", t->out);
		put_code(t->out, r->zf ? (uint32_t)r->result : 0);
	} else {
		fputs(" = 0", t->out);
	}
	if (r->fault.vector != TAPE_NO_VECTOR || (has_code(leaf) && r->zf))
		trace_reason(t, &r->r, sizeof(*r) + r->operand_size,
			     r->text_size);
}

void trace_leaf(struct trace *t, const struct tape_leaf *r)
{
	const char *name = why_enclu((uint32_t)r->leaf);

	if (name)
		fputs(name, t->out);
	else
		fprintf(t->out, "ENCLU[0x%x]", (uint32_t)r->leaf);
	put_arguments(t, r);
	put_outcome(t, r);
}

void trace_aex(struct trace *t, const struct tape_aex *r)
{
	fputs("AEX ", t->out);
	if (r->cause.vector == TAPE_NO_VECTOR)
		fputs("interrupt", t->out);
	else
		trace_exception(t, &r->cause);
	fputs(" rip=", t->out);
	trace_place(t, &r->enclave, r->r.pid, r->rip);
	fputs(" tcs=", t->out);
	trace_place(t, &r->enclave, r->r.pid, r->tcs);
	fprintf(t->out, " -> aep=0x%" PRIx64, r->aep);
	trace_reason(t, &r->r, sizeof(*r), r->text_size);
}
