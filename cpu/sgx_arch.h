/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The architecture's data structures, as software lays them out in memory, and
 * the codes that leaf functions return.  Names are the SDM's, in lower case;
 * flag names follow Linux's asm/sgx.h (SGX_ATTR_*, SGX_SECINFO_*).
 *
 * Source: SDM vol. 3D, "Enclave Access Control and Data Structures",
 * "Error Codes Information" of the SGX instruction references.
 */
#ifndef SWSGX_CPU_SGX_ARCH_H
#define SWSGX_CPU_SGX_ARCH_H

#include <stddef.h>
#include <stdint.h>

/* Check one offset of the structure that ARCH names right above. */
#define ARCH_OFFSET(type, field, offset) \
	_Static_assert(offsetof(struct type, field) == (offset), \
		       #type "." #field)
#define ARCH_SIZE(type, size) \
	_Static_assert(sizeof(struct type) == (size), "size of " #type)

/* Leaf numbers, in EAX. */
enum encls_leaf {
	ENCLS_ECREATE = 0x00,
	ENCLS_EADD = 0x01,
	ENCLS_EINIT = 0x02,
	ENCLS_EREMOVE = 0x03,
	ENCLS_EDBGRD = 0x04,
	ENCLS_EDBGWR = 0x05,
	ENCLS_EEXTEND = 0x06,
	ENCLS_ELDB = 0x07,
	ENCLS_ELDU = 0x08,
	ENCLS_EBLOCK = 0x09,
	ENCLS_EPA = 0x0a,
	ENCLS_EWB = 0x0b,
	ENCLS_ETRACK = 0x0c,
	ENCLS_EAUG = 0x0d,
	ENCLS_EMODPR = 0x0e,
	ENCLS_EMODT = 0x0f,
};

enum enclu_leaf {
	ENCLU_EREPORT = 0x00,
	ENCLU_EGETKEY = 0x01,
	ENCLU_EENTER = 0x02,
	ENCLU_ERESUME = 0x03,
	ENCLU_EEXIT = 0x04,
	ENCLU_EACCEPT = 0x05,
	ENCLU_EMODPE = 0x06,
	ENCLU_EACCEPTCOPY = 0x07,
	ENCLU_EVERIFYREPORT2 = 0x08,
	ENCLU_EDECCSSA = 0x09,
};

/* What a leaf leaves in RAX.  Codes that are not zero come with ZF set. */
enum sgx_return_code {
	SGX_SUCCESS = 0,
	SGX_INVALID_SIG_STRUCT = 1,
	SGX_INVALID_ATTRIBUTE = 2,
	SGX_BLKSTATE = 3,
	SGX_INVALID_MEASUREMENT = 4,
	SGX_NOTBLOCKABLE = 5,
	SGX_PG_INVLD = 6,
	SGX_EPC_PAGE_CONFLICT = 7,
	SGX_INVALID_SIGNATURE = 8,
	SGX_MAC_COMPARE_FAIL = 9,
	SGX_PAGE_NOT_BLOCKED = 10,
	SGX_NOT_TRACKED = 11,
	SGX_VA_SLOT_OCCUPIED = 12,
	SGX_CHILD_PRESENT = 13,
	SGX_ENCLAVE_ACT = 14,
	SGX_ENTRYEPOCH_LOCKED = 15,
	SGX_INVALID_EINITTOKEN = 16,
	SGX_PREV_TRK_INCMPL = 17,
	SGX_PG_IS_SECS = 18,
	SGX_PAGE_ATTRIBUTES_MISMATCH = 19,
	SGX_PAGE_NOT_MODIFIABLE = 20,
	SGX_PAGE_NOT_DEBUGGABLE = 21,
	SGX_INVALID_CPUSVN = 32,
	SGX_INVALID_ISVSVN = 64,
	SGX_UNMASKED_EVENT = 128,
	SGX_INVALID_KEYNAME = 256,
};

/* EPCM.PT and SECINFO.FLAGS.PAGE_TYPE. */
enum sgx_page_type {
	PT_SECS = 0,
	PT_TCS = 1,
	PT_REG = 2,
	PT_VA = 3,
	PT_TRIM = 4,
	PT_SS_FIRST = 5,
	PT_SS_REST = 6,
};

/* ATTRIBUTES, first quadword; the second is XFRM.  SDM "ATTRIBUTES". */
#define SGX_ATTR_INIT          (1ull << 0)
#define SGX_ATTR_DEBUG         (1ull << 1)
#define SGX_ATTR_MODE64BIT     (1ull << 2)
#define SGX_ATTR_PROVISIONKEY  (1ull << 4)
#define SGX_ATTR_EINITTOKENKEY (1ull << 5)
#define SGX_ATTR_CET           (1ull << 6)
#define SGX_ATTR_KSS           (1ull << 7)
#define SGX_ATTR_AEXNOTIFY     (1ull << 10)

/* MISCSELECT */
#define SGX_MISC_EXINFO (1u << 0)

/* XFRM and XSTATE_BV: the components with rules of their own. */
#define XFEATURE_X87     (1ull << 0)
#define XFEATURE_SSE     (1ull << 1)
#define XFEATURE_AVX     (1ull << 2)
#define XFEATURE_MPX     (3ull << 3)
#define XFEATURE_AVX512  (7ull << 5)
#define XFEATURE_PKRU    (1ull << XFEATURE_NR_PKRU)
#define XFEATURE_NR_PKRU 9
#define XFEATURE_AMX     (3ull << 17)

/* SDM "SGX Enclave Control Structure (SECS)"; see cpu/secs.h for the rest. */
struct sgx_secs {
	uint64_t size;
	uint64_t baseaddr;
	uint32_t ssaframesize; /* in pages */
	uint32_t miscselect;
	uint64_t cet_leg_bitmap_offset;
	uint8_t cet_attributes;
	uint8_t reserved1[15];
	uint64_t attributes;
	uint64_t xfrm;
	uint8_t mrenclave[32];
	uint8_t reserved2[32];
	uint8_t mrsigner[32];
	uint8_t reserved3[32];
	uint8_t configid[64];
	uint16_t isvprodid;
	uint16_t isvsvn;
	uint16_t configsvn;
	uint8_t reserved4[3834];
};
ARCH_SIZE(sgx_secs, 4096);
ARCH_OFFSET(sgx_secs, baseaddr, 8);
ARCH_OFFSET(sgx_secs, ssaframesize, 16);
ARCH_OFFSET(sgx_secs, miscselect, 20);
ARCH_OFFSET(sgx_secs, cet_leg_bitmap_offset, 24);
ARCH_OFFSET(sgx_secs, cet_attributes, 32);
ARCH_OFFSET(sgx_secs, attributes, 48);
ARCH_OFFSET(sgx_secs, xfrm, 56);
ARCH_OFFSET(sgx_secs, mrenclave, 64);
ARCH_OFFSET(sgx_secs, mrsigner, 128);
ARCH_OFFSET(sgx_secs, configid, 192);
ARCH_OFFSET(sgx_secs, isvprodid, 256);
ARCH_OFFSET(sgx_secs, isvsvn, 258);
ARCH_OFFSET(sgx_secs, configsvn, 260);
ARCH_OFFSET(sgx_secs, reserved4, 262);

/* TCS.STATE and TCS.FLAGS */
#define TCS_INACTIVE  0ull
#define TCS_ACTIVE    1ull
#define TCS_DBGOPTIN  (1ull << 0)
#define TCS_AEXNOTIFY (1ull << 1)

/* SDM "Thread Control Structure (TCS)". */
struct sgx_tcs {
	uint64_t state; /* atomic: cpu/tcs.h */
	uint64_t flags;
	uint64_t ossa;
	uint32_t cssa;
	uint32_t nssa;
	uint64_t oentry;
	uint64_t aep;
	uint64_t ofsbase;
	uint64_t ogsbase;
	uint32_t fslimit;
	uint32_t gslimit;
	uint64_t ocetssa;
	uint64_t prevssp;
	uint8_t reserved[4008];
};
ARCH_SIZE(sgx_tcs, 4096);
ARCH_OFFSET(sgx_tcs, flags, 8);
ARCH_OFFSET(sgx_tcs, ossa, 16);
ARCH_OFFSET(sgx_tcs, cssa, 24);
ARCH_OFFSET(sgx_tcs, nssa, 28);
ARCH_OFFSET(sgx_tcs, oentry, 32);
ARCH_OFFSET(sgx_tcs, aep, 40);
ARCH_OFFSET(sgx_tcs, ofsbase, 48);
ARCH_OFFSET(sgx_tcs, ogsbase, 56);
ARCH_OFFSET(sgx_tcs, fslimit, 64);
ARCH_OFFSET(sgx_tcs, gslimit, 68);
ARCH_OFFSET(sgx_tcs, ocetssa, 72);
ARCH_OFFSET(sgx_tcs, prevssp, 80);
ARCH_OFFSET(sgx_tcs, reserved, 88);

/* SECINFO.FLAGS */
#define SGX_SECINFO_R               (1ull << 0)
#define SGX_SECINFO_W               (1ull << 1)
#define SGX_SECINFO_X               (1ull << 2)
#define SGX_SECINFO_PENDING         (1ull << 3)
#define SGX_SECINFO_MODIFIED        (1ull << 4)
#define SGX_SECINFO_PR              (1ull << 5)
#define SGX_SECINFO_PERMISSION_MASK 0x7ull
#define SGX_SECINFO_PAGE_TYPE_SHIFT 8
#define SGX_SECINFO_PAGE_TYPE_MASK  0xff00ull
#define SGX_SECINFO_RESERVED_MASK   0xffffffffffff00c0ull

/* SDM "Security Information (SECINFO)". */
struct sgx_secinfo {
	uint64_t flags;
	uint8_t reserved[56];
};
ARCH_SIZE(sgx_secinfo, 64);

static inline unsigned secinfo_pt(const struct sgx_secinfo *secinfo)
{
	return (secinfo->flags & SGX_SECINFO_PAGE_TYPE_MASK) >>
	       SGX_SECINFO_PAGE_TYPE_SHIFT;
}

/* SDM "Page Information (PAGEINFO)".  Every member is a linear address. */
struct sgx_pageinfo {
	uint64_t linaddr;
	uint64_t srcpge;
	uint64_t secinfo; /* or PCMD */
	uint64_t secs;
};
ARCH_SIZE(sgx_pageinfo, 32);
ARCH_OFFSET(sgx_pageinfo, srcpge, 8);
ARCH_OFFSET(sgx_pageinfo, secinfo, 16);
ARCH_OFFSET(sgx_pageinfo, secs, 24);

/* SDM "Paging Crypto MetaData (PCMD)". */
struct sgx_pcmd {
	struct sgx_secinfo secinfo;
	uint64_t enclaveid;
	uint8_t reserved[40];
	uint8_t mac[16];
};
ARCH_SIZE(sgx_pcmd, 128);
ARCH_OFFSET(sgx_pcmd, enclaveid, 64);
ARCH_OFFSET(sgx_pcmd, reserved, 72);
ARCH_OFFSET(sgx_pcmd, mac, 112);

/* The constants of SIGSTRUCT.HEADER and HEADER2, in memory order. */
/* clang-format off */
#define SIGSTRUCT_HEADER \
	{ 0x06, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 0x01, 0, 0, 0, 0, 0 }
#define SIGSTRUCT_HEADER2 \
	{ 0x01, 0x01, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 0x01, 0, 0, 0 }
/* clang-format on */
#define SIGSTRUCT_VENDOR_INTEL 0x8086u
#define SIGSTRUCT_SIGNED1_SIZE 128 /* signed: [0, 128) ... */
#define SIGSTRUCT_SIGNED2      900 /* ... and [900, 1028) */
#define SIGSTRUCT_SIGNED2_SIZE 128

/* SDM "Enclave Signature Structure (SIGSTRUCT)".  Numbers: little-endian. */
struct sgx_sigstruct {
	uint8_t header[16];
	uint32_t vendor;
	uint32_t date;
	uint8_t header2[16];
	uint32_t swdefined;
	uint8_t reserved1[84];
	uint8_t modulus[384];
	uint32_t exponent;
	uint8_t signature[384];
	uint32_t miscselect;
	uint32_t miscmask;
	uint8_t cet_attributes;
	uint8_t cet_attributes_mask;
	uint8_t reserved2[2];
	uint8_t isvfamilyid[16];
	uint64_t attributes;
	uint64_t xfrm;
	uint64_t attributemask;
	uint64_t xfrmmask;
	uint8_t enclavehash[32];
	uint8_t reserved3[16];
	uint8_t isvextprodid[16];
	uint16_t isvprodid;
	uint16_t isvsvn;
	uint8_t reserved4[12];
	uint8_t q1[384];
	uint8_t q2[384];
};
ARCH_SIZE(sgx_sigstruct, 1808);
ARCH_OFFSET(sgx_sigstruct, vendor, 16);
ARCH_OFFSET(sgx_sigstruct, date, 20);
ARCH_OFFSET(sgx_sigstruct, header2, 24);
ARCH_OFFSET(sgx_sigstruct, swdefined, 40);
ARCH_OFFSET(sgx_sigstruct, reserved1, 44);
ARCH_OFFSET(sgx_sigstruct, modulus, 128);
ARCH_OFFSET(sgx_sigstruct, exponent, 512);
ARCH_OFFSET(sgx_sigstruct, signature, 516);
ARCH_OFFSET(sgx_sigstruct, miscselect, 900);
ARCH_OFFSET(sgx_sigstruct, miscmask, 904);
ARCH_OFFSET(sgx_sigstruct, cet_attributes, 908);
ARCH_OFFSET(sgx_sigstruct, isvfamilyid, 912);
ARCH_OFFSET(sgx_sigstruct, attributes, 928);
ARCH_OFFSET(sgx_sigstruct, attributemask, 944);
ARCH_OFFSET(sgx_sigstruct, enclavehash, 960);
ARCH_OFFSET(sgx_sigstruct, reserved3, 992);
ARCH_OFFSET(sgx_sigstruct, isvextprodid, 1008);
ARCH_OFFSET(sgx_sigstruct, isvprodid, 1024);
ARCH_OFFSET(sgx_sigstruct, isvsvn, 1026);
ARCH_OFFSET(sgx_sigstruct, reserved4, 1028);
ARCH_OFFSET(sgx_sigstruct, q1, 1040);
ARCH_OFFSET(sgx_sigstruct, q2, 1424);

#define EINITTOKEN_MACED_SIZE 192 /* the MAC covers [0, 192) */

/* SDM "EINIT Token Structure (EINITTOKEN)". */
struct sgx_einittoken {
	uint32_t valid; /* bit 0 */
	uint8_t reserved1[44];
	uint64_t attributes;
	uint64_t xfrm;
	uint8_t mrenclave[32];
	uint8_t reserved2[32];
	uint8_t mrsigner[32];
	uint8_t reserved3[32];
	uint8_t cpusvnle[16];
	uint16_t isvprodidle;
	uint16_t isvsvnle;
	uint8_t cet_masked_attributes_le;
	uint8_t reserved4[23];
	uint32_t maskedmiscselectle;
	uint64_t maskedattributesle;
	uint64_t maskedxfrmle;
	uint8_t keyid[32];
	uint8_t mac[16];
};
ARCH_SIZE(sgx_einittoken, 304);
ARCH_OFFSET(sgx_einittoken, attributes, 48);
ARCH_OFFSET(sgx_einittoken, mrenclave, 64);
ARCH_OFFSET(sgx_einittoken, mrsigner, 128);
ARCH_OFFSET(sgx_einittoken, cpusvnle, 192);
ARCH_OFFSET(sgx_einittoken, isvprodidle, 208);
ARCH_OFFSET(sgx_einittoken, isvsvnle, 210);
ARCH_OFFSET(sgx_einittoken, maskedmiscselectle, 236);
ARCH_OFFSET(sgx_einittoken, maskedattributesle, 240);
ARCH_OFFSET(sgx_einittoken, keyid, 256);
ARCH_OFFSET(sgx_einittoken, mac, 288);

/* KEYREQUEST.KEYNAME */
enum sgx_key_name {
	KEYNAME_EINITTOKEN = 0,
	KEYNAME_PROVISION = 1,
	KEYNAME_PROVISION_SEAL = 2,
	KEYNAME_REPORT = 3,
	KEYNAME_SEAL = 4,
};

/* KEYREQUEST.KEYPOLICY */
#define KEYPOLICY_MRENCLAVE     (1u << 0)
#define KEYPOLICY_MRSIGNER      (1u << 1)
#define KEYPOLICY_NOISVPRODID   (1u << 2)
#define KEYPOLICY_CONFIGID      (1u << 3)
#define KEYPOLICY_ISVFAMILYID   (1u << 4)
#define KEYPOLICY_ISVEXTPRODID  (1u << 5)
#define KEYPOLICY_KSS_MASK      0x003cu
#define KEYPOLICY_RESERVED_MASK 0xffc0u

/* SDM "KEY REQUEST (KEYREQUEST)". */
struct sgx_keyrequest {
	uint16_t keyname;
	uint16_t keypolicy;
	uint16_t isvsvn;
	uint8_t cet_attributes_mask;
	uint8_t reserved1;
	uint8_t cpusvn[16];
	uint64_t attributemask;
	uint64_t xfrmmask;
	uint8_t keyid[32];
	uint32_t miscmask;
	uint16_t configsvn;
	uint8_t reserved2[434];
};
ARCH_SIZE(sgx_keyrequest, 512);
ARCH_OFFSET(sgx_keyrequest, isvsvn, 4);
ARCH_OFFSET(sgx_keyrequest, cpusvn, 8);
ARCH_OFFSET(sgx_keyrequest, attributemask, 24);
ARCH_OFFSET(sgx_keyrequest, keyid, 40);
ARCH_OFFSET(sgx_keyrequest, miscmask, 72);
ARCH_OFFSET(sgx_keyrequest, configsvn, 76);
ARCH_OFFSET(sgx_keyrequest, reserved2, 78);

/* SDM "REPORT Target Info (TARGETINFO)". */
struct sgx_targetinfo {
	uint8_t measurement[32];
	uint64_t attributes;
	uint64_t xfrm;
	uint8_t cet_attributes;
	uint8_t reserved1;
	uint16_t configsvn;
	uint32_t miscselect;
	uint8_t reserved2[8];
	uint8_t configid[64];
	uint8_t reserved3[384];
};
ARCH_SIZE(sgx_targetinfo, 512);
ARCH_OFFSET(sgx_targetinfo, attributes, 32);
ARCH_OFFSET(sgx_targetinfo, cet_attributes, 48);
ARCH_OFFSET(sgx_targetinfo, configsvn, 50);
ARCH_OFFSET(sgx_targetinfo, miscselect, 52);
ARCH_OFFSET(sgx_targetinfo, reserved2, 56);
ARCH_OFFSET(sgx_targetinfo, configid, 64);
ARCH_OFFSET(sgx_targetinfo, reserved3, 128);

#define REPORT_MACED_SIZE 384 /* the MAC covers [0, 384) */

/* SDM "REPORT". */
struct sgx_report {
	uint8_t cpusvn[16];
	uint32_t miscselect;
	uint8_t cet_attributes;
	uint8_t reserved1[11];
	uint8_t isvextprodid[16];
	uint64_t attributes;
	uint64_t xfrm;
	uint8_t mrenclave[32];
	uint8_t reserved2[32];
	uint8_t mrsigner[32];
	uint8_t reserved3[32];
	uint8_t configid[64];
	uint16_t isvprodid;
	uint16_t isvsvn;
	uint16_t configsvn;
	uint8_t reserved4[42];
	uint8_t isvfamilyid[16];
	uint8_t reportdata[64];
	uint8_t keyid[32];
	uint8_t mac[16];
};
ARCH_SIZE(sgx_report, 432);
ARCH_OFFSET(sgx_report, miscselect, 16);
ARCH_OFFSET(sgx_report, cet_attributes, 20);
ARCH_OFFSET(sgx_report, isvextprodid, 32);
ARCH_OFFSET(sgx_report, attributes, 48);
ARCH_OFFSET(sgx_report, mrenclave, 64);
ARCH_OFFSET(sgx_report, mrsigner, 128);
ARCH_OFFSET(sgx_report, configid, 192);
ARCH_OFFSET(sgx_report, isvprodid, 256);
ARCH_OFFSET(sgx_report, isvsvn, 258);
ARCH_OFFSET(sgx_report, configsvn, 260);
ARCH_OFFSET(sgx_report, isvfamilyid, 304);
ARCH_OFFSET(sgx_report, reportdata, 320);
ARCH_OFFSET(sgx_report, keyid, 384);
ARCH_OFFSET(sgx_report, mac, 416);

/* GPRSGX.EXITINFO */
#define EXITINFO_TYPE_SHIFT    8
#define EXITINFO_TYPE_HARDWARE (3u << EXITINFO_TYPE_SHIFT)
#define EXITINFO_TYPE_SOFTWARE (6u << EXITINFO_TYPE_SHIFT)
#define EXITINFO_VALID         (1u << 31)
/* GPRSGX.AEXNOTIFY */
#define GPRSGX_AEXNOTIFY (1u << 0)

/* SDM "GPRSGX Region": the last bytes of an SSA frame. */
struct sgx_gprsgx {
	uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rflags;
	uint64_t rip;
	uint64_t ursp;
	uint64_t urbp;
	uint32_t exitinfo;
	uint8_t reserved[3];
	uint8_t aexnotify;
	uint64_t fsbase;
	uint64_t gsbase;
};
ARCH_SIZE(sgx_gprsgx, 184);
ARCH_OFFSET(sgx_gprsgx, rsp, 32);
ARCH_OFFSET(sgx_gprsgx, r8, 64);
ARCH_OFFSET(sgx_gprsgx, rflags, 128);
ARCH_OFFSET(sgx_gprsgx, rip, 136);
ARCH_OFFSET(sgx_gprsgx, ursp, 144);
ARCH_OFFSET(sgx_gprsgx, urbp, 152);
ARCH_OFFSET(sgx_gprsgx, exitinfo, 160);
ARCH_OFFSET(sgx_gprsgx, aexnotify, 167);
ARCH_OFFSET(sgx_gprsgx, fsbase, 168);
ARCH_OFFSET(sgx_gprsgx, gsbase, 176);

/* SDM "EXINFO": in the MISC region, right below GPRSGX. */
struct sgx_exinfo {
	uint64_t maddr;
	uint32_t errcd;
	uint32_t reserved;
};
ARCH_SIZE(sgx_exinfo, 16);
ARCH_OFFSET(sgx_exinfo, errcd, 8);

/* RFLAGS */
#define RFLAGS_CF (1ull << 0)
#define RFLAGS_PF (1ull << 2)
#define RFLAGS_AF (1ull << 4)
#define RFLAGS_ZF (1ull << 6)
#define RFLAGS_SF (1ull << 7)
#define RFLAGS_TF (1ull << 8)
#define RFLAGS_DF (1ull << 10)
#define RFLAGS_OF (1ull << 11)
#define RFLAGS_NT (1ull << 14)
#define RFLAGS_RF (1ull << 16)
#define RFLAGS_AC (1ull << 18)
#define RFLAGS_ID (1ull << 21)
#define RFLAGS_STATUS \
	(RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)

#endif
