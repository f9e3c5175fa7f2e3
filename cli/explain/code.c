/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Codes that leaves of ENCLS and ENCLU return in RAX.  SDM "Information and
 * Error Codes".  Linux shows them only as `result` of the SGX2 ioctls; EINIT's
 * become EPERM.
 */
#include "cli/explain/explain.h"
#include "cpu/sgx_arch.h"

#define VERBOSE "`swsgx run -v` says what was found and what was expected"
#define SIGNED  "`swsgx info FILE` shows the SIGSTRUCT and verifies it"
#define IN_USE  "try again: another thread works with the page"

/* clang-format off */
#define CODE(name, means, next) { name, #name, means, next }

static const struct meaning codes[] = {
	CODE(SGX_INVALID_SIG_STRUCT, "EINIT: a field of SIGSTRUCT has a value "
	     "that it may not have", SIGNED),
	CODE(SGX_INVALID_ATTRIBUTE, "EINIT: ATTRIBUTES, XFRM or MISCSELECT do "
	     "not agree with what SIGSTRUCT allows; EGETKEY: the enclave may "
	     "not have that key", VERBOSE),
	CODE(SGX_BLKSTATE, "EBLOCK: the page is blocked already", NULL),
	CODE(SGX_INVALID_MEASUREMENT, "EINIT: MRENCLAVE is not the one that "
	     "was signed: pages, their order, their permissions or the size "
	     "differ from what the signer measured",
	     "sign again after each build; a different loader or SDK version "
	     "measures differently"),
	CODE(SGX_NOTBLOCKABLE, "EBLOCK: a page of this type is not blocked",
	     NULL),
	CODE(SGX_PG_INVLD, "the page is not valid in the EPCM: it was never "
	     "added, was removed, or the EPC was lost", VERBOSE),
	CODE(SGX_EPC_PAGE_CONFLICT, "another thread uses the page or its SECS "
	     "at this moment", IN_USE),
	CODE(SGX_INVALID_SIGNATURE, "EINIT: the signature does not verify with "
	     "the key in SIGSTRUCT", SIGNED),
	CODE(SGX_MAC_COMPARE_FAIL, "ELD: the page that comes back is not the "
	     "one that was written out", NULL),
	CODE(SGX_PAGE_NOT_BLOCKED, "EWB: the page was not blocked first", NULL),
	CODE(SGX_NOT_TRACKED, "EWB or EACCEPT: a thread may still use the old "
	     "translation; ETRACK's cycle is not complete",
	     "the driver tracks before its ioctl returns; if you see this "
	     "from EACCEPT under swsgx, please report it"),
	CODE(SGX_VA_SLOT_OCCUPIED, "EWB: the version array's slot is in use",
	     NULL),
	CODE(SGX_CHILD_PRESENT, "EREMOVE or EWB of a SECS whose enclave still "
	     "has pages", NULL),
	CODE(SGX_ENCLAVE_ACT, "EREMOVE: a thread is inside the enclave", NULL),
	CODE(SGX_ENTRYEPOCH_LOCKED, "EBLOCK: ETRACK is at work", IN_USE),
	CODE(SGX_INVALID_EINITTOKEN, "EINIT: the launch token is not valid, "
	     "and the signer's hash is not that of the launch key registers",
	     "Linux writes those registers itself, so that every signer may "
	     "launch"),
	CODE(SGX_PREV_TRK_INCMPL, "ETRACK: threads of the epoch before are "
	     "still inside", NULL),
	CODE(SGX_PG_IS_SECS, "EBLOCK or EMODPR: the page is a SECS", NULL),
	CODE(SGX_PAGE_ATTRIBUTES_MISMATCH, "EACCEPT or EACCEPTCOPY: the page's "
	     "type, permissions or state in the EPCM are not what SECINFO "
	     "says",
	     "after MODIFY_TYPES accept with MODIFIED and the new type; after "
	     "RESTRICT_PERMISSIONS with PR; after a page was added with "
	     "PENDING and RW"),
	CODE(SGX_PAGE_NOT_MODIFIABLE, "EMODPR or EMODT: the page is PENDING or "
	     "MODIFIED: the enclave has not accepted the last change",
	     "have the enclave execute EACCEPT first"),
	CODE(SGX_PAGE_NOT_DEBUGGABLE, "EDBGRD or EDBGWR: a page in this state "
	     "cannot be read or written", NULL),
	CODE(SGX_INVALID_CPUSVN, "EGETKEY: the CPUSVN asked for is above the "
	     "platform's: data was sealed on another platform",
	     "`swsgx run --platform DIR` keeps a platform"),
	CODE(SGX_INVALID_ISVSVN, "EGETKEY: the ISVSVN asked for is above the "
	     "enclave's: data was sealed by a newer version", NULL),
	CODE(SGX_UNMASKED_EVENT, "EINIT: an interrupt was pending; Linux tries "
	     "again, and gives EPERM in the end", NULL),
	CODE(SGX_INVALID_KEYNAME, "EGETKEY: KEYNAME is none that the "
	     "processor has", NULL),
	{ 0, NULL, NULL, NULL },
};
/* clang-format on */

unsigned explain_code(struct report *report, const struct question *q)
{
	return explain_row(report, q, "sgx-code", "code of a leaf", codes);
}
