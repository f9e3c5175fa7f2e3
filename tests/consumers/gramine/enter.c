/* SPDX-License-Identifier: BSD-3-Clause */
/* Gramine's ways in and out, and what is a thread's; keys and reports. */
#define _GNU_SOURCE
#include "tests/consumers/gramine/gramine.h"

#include <string.h>
#include <sys/syscall.h>

#include <asm/prctl.h>

#include "tests/process/fixture/check.h"

bool gramine_call(struct ask *ask)
{
	ask->done = 0;
	gramine_ecall(ask);
	return ask->done == ASK_DONE;
}

static const char *tcb_at_gs(void)
{
	struct ask ask = { .op = ASK_THREAD };

	gramine.tcb.tcs = LOWEST;
	CHECK_EQ(gramine_sys(SYS_arch_prctl, ARCH_SET_GS,
			     (long)(uintptr_t)&gramine.tcb, 0),
		 0);
	CHECK(gramine_call(&ask));
	CHECK_EQ(ask.value, 0);
	CHECK_EQ(gramine_host_gs(), (uintptr_t)&gramine.tcb);
	CHECK_EQ(gramine.tcb.eenter, 1);
	return NULL;
}

static const char *host_stack(void)
{
	struct ask ask = { .op = ASK_HOST_STACK };
	uint64_t here = (uint64_t)(uintptr_t)&ask;

	CHECK(gramine_call(&ask));
	CHECK(ask.ursp < here && here - ask.ursp < 4096);
	CHECK(ask.urbp != 0);
	return NULL;
}

static const char *ocall(void)
{
	struct ask ask = { .op = ASK_LEAVE,
			   .value = 0x77,
			   .addr = (uint64_t)(uintptr_t)gramine_ocall };
	uint64_t before = gramine.tcb.eexit;

	CHECK_EQ(gramine_ecall(&ask), 0x77);
	CHECK_EQ(gramine.tcb.eexit, before + 1);
	/* And in again on the same TCS, with the result. */
	ask = (struct ask){ .op = ASK_THREAD };
	CHECK(gramine_call(&ask));
	return NULL;
}

static const char *fs_only(void)
{
	struct ask ask = { .op = ASK_FS, .value = 0x123456789000 };
	uint64_t fs, after;

	gramine_sys(SYS_arch_prctl, ARCH_GET_FS, (long)(uintptr_t)&fs, 0);
	CHECK(gramine_call(&ask));
	gramine_sys(SYS_arch_prctl, ARCH_GET_FS, (long)(uintptr_t)&after, 0);
	CHECK_EQ(ask.fsbase, 0x123456789000);
	CHECK(ask.gsbase >= LOWEST && ask.gsbase < ELRANGE);
	CHECK_EQ(after, fs);
	CHECK_EQ(gramine_host_gs(), (uintptr_t)&gramine.tcb);
	return NULL;
}

static const char *aep(void)
{
	CHECK_EQ(gramine_eresume - gramine_aep, 10);
	return NULL;
}

static const char *report_and_keys(void)
{
	struct ask ask = { .op = ASK_REPORT }, mrenclave, mrsigner;

	CHECK(gramine_call(&ask));
	CHECK_EQ(memcmp(ask.report.mrenclave, gramine.sig.mrenclave, 32), 0);
	CHECK_EQ(ask.report.xfrm, gramine.sig.xfrm);
	mrenclave = (struct ask){ .op = ASK_KEY };
	mrenclave.keyrequest.keyname = KEYNAME_SEAL;
	mrenclave.keyrequest.keypolicy = KEYPOLICY_MRENCLAVE;
	mrsigner = mrenclave;
	mrsigner.keyrequest.keypolicy = KEYPOLICY_MRSIGNER;
	CHECK(gramine_call(&mrenclave));
	CHECK(gramine_call(&mrsigner));
	CHECK_EQ(mrenclave.value, 0);
	CHECK_EQ(mrsigner.value, 0);
	CHECK(memcmp(mrenclave.key, mrsigner.key, 16) != 0);
	return NULL;
}

static const char *state_around_ocall(void)
{
	struct ask ask = { .op = ASK_SAVE, .addr = 1, .count = 576 };

	CHECK_EQ(gramine.sig.xfrm, XFRM_LEGACY);
	if (facts_xcr0())
		return facts_xcr0();
	CHECK(gramine_call(&ask));
	CHECK_EQ(ask.value, 0);
	CHECK_EQ(ask.addr, 0);
	return NULL;
}

const struct fact gramine_enter_facts[] = {
	{ "the host's thread data are at GS, and stay there", tcb_at_gs },
	{ "EENTER leaves URSP and URBP in the SSA", host_stack },
	{ "EEXIT goes to any host address; then in again", ocall },
	{ "WRFSBASE in the enclave changes nothing outside", fs_only },
	{ "the AEP is 10 bytes before its ERESUME", aep },
	{ "EREPORT and sealing keys", report_and_keys },
	{ "XSAVE and XRSTOR, all ones, stay in a buffer for XFRM",
	  state_around_ocall },
	{ 0 }
};
