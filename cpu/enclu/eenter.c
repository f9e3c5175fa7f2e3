/* SPDX-License-Identifier: BSD-3-Clause */
/* EENTER: SDM "EENTER - Enters an Enclave", Operation. */
#include "cpu/enclu/enclu.h"

#include "cpu/entry.h"

int eenter(struct lp *lp)
{
	struct entry entry;
	int ret;

	if (entry_begin(lp, &entry))
		return -1;
	ret = entry_at_oentry(lp, &entry);
	entry_end(lp, &entry, ret);
	return ret;
}
