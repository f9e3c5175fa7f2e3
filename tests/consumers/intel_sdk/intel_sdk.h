/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of the test of Intel's SDK share.
 */
#ifndef SWSGX_TESTS_CONSUMERS_INTEL_SDK_INTEL_SDK_H
#define SWSGX_TESTS_CONSUMERS_INTEL_SDK_INTEL_SDK_H

#include "tests/consumers/facts.h"
#include "tests/consumers/sites.h"
#include "tests/process/fixture/victim.h"

/* Built by main(), as planned, before the facts are asked. */
extern const struct plan sdk_plan;
extern struct enclave sdk_enclave;

/* The XFRM that the uRTS would take. */
uint64_t sdk_xfrm(void);
/* Where the XSAVE area of these components ends, by leaf 0DH. */
uint64_t sdk_xsave_size(uint64_t components);

/* The handler of all signals that exceptions become; and no handler. */
void sdk_handle_all(void (*handler)(int, siginfo_t *, void *));
void sdk_default_all(void);
/* The last signal that one of these told of. */
extern struct seen sdk_last;
/* One for a fault of urts_enter()'s EENTER: it returns 0x1006. */
void sdk_lost_at_eenter(int sig, siginfo_t *info, void *context);

/* In this order: the last ones leave no enclave. */
extern const struct fact sdk_host_facts[], sdk_build_facts[], sdk_vdso_facts[],
	sdk_signal_facts[], sdk_switchless_facts[], sdk_loss_facts[];

#endif
