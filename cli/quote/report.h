/* SPDX-License-Identifier: BSD-3-Clause */
/* A quote, for people and for programs. */
#ifndef SWSGX_CLI_QUOTE_REPORT_H
#define SWSGX_CLI_QUOTE_REPORT_H

#include "attest/quote/check.h"
#include "cli/info/report.h"

void quote_report(struct report *report, const struct quote *quote);

/* The steps of quote_verify(): those that are not good are problems. */
void quote_report_steps(struct report *report,
			const struct quote_step steps[QUOTE_STEPS],
			const char *root);

#endif
