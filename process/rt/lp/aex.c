/* SPDX-License-Identifier: BSD-3-Clause */
/* The AEX: an enclave is left by an interrupt or an exception. */
#include "cpu/processors.h"
#include "process/rt/base/abi.h"
#include "process/rt/lp/instruction.h"
#include "process/rt/lp/lp.h"
#include "process/rt/lp/record.h"
#include "process/rt/lp/stats.h"
#include "process/rt/lp/transition.h"
#include "process/rt/rt.h"

void rt_aex(struct thread *t, const struct fault *event,
	    const struct instruction *insn, uint64_t *cr2)
{
	struct tape_aex record;

	rt_record_aex_begin(t, event, insn, &record);
	processor_park(&t->lp);
	aex(&t->lp, event, cr2);
	rt_stats_aex(t, event);
	rt_record_aex_end(t, event, insn, &record);
}

/* DEVIATION DP10: only for what the program is told of. */
void rt_interrupt(struct thread *t, struct kucontext *uc)
{
	rt_frame_load(t, uc);
	rt_mend_segments(uc);
	rt_aex(t, NULL, NULL, NULL);
	rt_frame_store(t, uc);
}
