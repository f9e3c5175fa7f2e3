/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the exception that the host's processor raised to the one that the
 * enclave has.
 * SDM vol. 3D "Intel SGX Interactions with IA-32 and Intel 64 Architecture".
 */
#include "cpu/exception.h"

#include "cpu/access_control.h"

bool exception_suppressed(const struct lp *lp, const struct host_event *event)
{
	return event->vector == VECTOR_DB && !lp->cr_dbgoptin && !event->int1;
}

/*
 * DEVIATION DC12: code outside ELRANGE is noticed only here, when something
 * happens to it.  A trap belongs to the instruction before.
 */
bool exception_strayed(const struct lp *lp, const struct host_event *event)
{
	return event->vector != VECTOR_DB && !in_elrange(lp, lp->r.rip);
}

/*
 * INT 3 and INT 4 in their long form, CD 03 and CD 04.  They are traps outside:
 * RIP is behind them.
 */
static bool behind_int_n(const struct instruction *insn)
{
	return insn->before[0] == 0xcd;
}

/*
 * INT3 (one byte) is a fault in an enclave, and #UD unless debugging is opted
 * in.
 */
static uint8_t breakpoint(struct lp *lp, const struct instruction *insn)
{
	if (insn->before[1] != 0xcc && behind_int_n(insn)) {
		lp->r.rip -= 2;
		return VECTOR_UD;
	}
	lp->r.rip--;
	return lp->cr_dbgoptin ? VECTOR_BP : VECTOR_UD;
}

/* In long mode AMD's processors have no SYSEXIT; Intel's raise #GP for it. */
static bool is_sysexit(const struct instruction *insn)
{
	unsigned int rex = (insn->byte[0] & 0xf0) == 0x40;

	return insn->byte[rex] == 0x0f && insn->byte[rex + 1] == 0x35;
}

/* DEVIATION DC32: what is misaligned for #AC is the host's processor's word. */
static uint8_t vector_inside(struct lp *lp, const struct instruction *insn,
			     uint8_t vector)
{
	switch (vector) {
	case VECTOR_BP:
		return breakpoint(lp, insn);
	case VECTOR_OF:
		if (behind_int_n(insn))
			lp->r.rip -= 2;
		return VECTOR_UD;
	case VECTOR_UD:
		return is_sysexit(insn) ? VECTOR_GP : vector;
	case VECTOR_TS:
	case VECTOR_NP:
	case VECTOR_SS:
	case VECTOR_GP:
	case VECTOR_PF:
	case VECTOR_AC:
		return instruction_is_illegal(lp->cpu->package, insn) ?
			       VECTOR_UD :
			       vector;
	}
	return vector;
}

static bool is_fetch(const struct host_event *event)
{
	return event->vector == VECTOR_PF && event->error_code & PF_INSTR;
}

void enclave_exception(struct lp *lp, const struct instruction *insn,
		       const struct host_event *event)
{
	uint8_t vector = event->vector;

	lp->fault = (struct fault){ .vector = VECTOR_UD };
	if (event->far_transfer) {
		because(lp, "a far transfer, which an enclave may not make");
		return;
	}
	if (exception_strayed(lp, event)) {
		lp->fault.vector = VECTOR_GP;
		because(lp, "execution left ELRANGE, for %x", lp->r.rip);
		return;
	}
	/* Where the fetch faults there is no instruction yet. */
	if (!is_fetch(event))
		vector = vector_inside(lp, insn, vector);
	lp->fault.vector = vector;
	if (vector == event->vector && vector != VECTOR_UD &&
	    vector != VECTOR_DB)
		lp->fault.error_code = event->error_code;
}
