/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The structures of SGX that software handles, for programs and enclaves.
 * All integers are little endian; all reserved fields must be zero.
 *
 * Source: SDM vol. 3D, "Enclave Access Control and Data Structures".
 */
#ifndef SWSGX_EXAMPLES_LIB_SGX_ABI_H
#define SWSGX_EXAMPLES_LIB_SGX_ABI_H

#include <stddef.h>
#include <stdint.h>

#define ENCLU_EREPORT     0
#define ENCLU_EGETKEY     1
#define ENCLU_EENTER      2
#define ENCLU_ERESUME     3
#define ENCLU_EEXIT       4
#define ENCLU_EACCEPT     5
#define ENCLU_EMODPE      6
#define ENCLU_EACCEPTCOPY 7

#define ATTRIBUTE_INIT          (1ull << 0)
#define ATTRIBUTE_DEBUG         (1ull << 1)
#define ATTRIBUTE_MODE64BIT     (1ull << 2)
#define ATTRIBUTE_PROVISIONKEY  (1ull << 4)
#define ATTRIBUTE_EINITTOKENKEY (1ull << 5)
#define ATTRIBUTE_KSS           (1ull << 7)
#define ATTRIBUTE_AEXNOTIFY     (1ull << 10)

#define XFRM_LEGACY       3ull /* x87 and SSE: always set */
#define XFRM_AVX          (1ull << 2)
#define MISCSELECT_EXINFO 1u

#define SECINFO_R        (1ull << 0)
#define SECINFO_W        (1ull << 1)
#define SECINFO_X        (1ull << 2)
#define SECINFO_PENDING  (1ull << 3)
#define SECINFO_MODIFIED (1ull << 4)
#define SECINFO_PR       (1ull << 5)
#define SECINFO_TCS      (1ull << 8)
#define SECINFO_REG      (2ull << 8)
#define SECINFO_TRIM     (4ull << 8)

#define KEYNAME_EINITTOKEN     0
#define KEYNAME_PROVISION      1
#define KEYNAME_PROVISION_SEAL 2
#define KEYNAME_REPORT         3
#define KEYNAME_SEAL           4

#define KEYPOLICY_MRENCLAVE (1u << 0)
#define KEYPOLICY_MRSIGNER  (1u << 1)

/* The #PF error code bit that only the EPCM sets. */
#define ERROR_CODE_SGX    (1u << 15)
#define VECTOR_PAGE_FAULT 14

struct secs {
	uint64_t size, base;
	uint32_t ssaframesize, miscselect;
	uint8_t reserved1[24];
	uint64_t attributes, xfrm;
	uint8_t mrenclave[32];
	uint8_t reserved2[32];
	uint8_t mrsigner[32];
	uint8_t reserved3[32];
	uint8_t config_id[64];
	uint16_t isvprodid, isvsvn, config_svn;
	uint8_t reserved4[3834];
} __attribute__((aligned(4096)));
_Static_assert(offsetof(struct secs, attributes) == 48, "SECS.ATTRIBUTES");
_Static_assert(offsetof(struct secs, mrsigner) == 128, "SECS.MRSIGNER");
_Static_assert(offsetof(struct secs, isvprodid) == 256, "SECS.ISVPRODID");
_Static_assert(sizeof(struct secs) == 4096, "SECS");

struct tcs {
	uint64_t state, flags, ossa;
	uint32_t cssa, nssa;
	uint64_t oentry, aep, ofsbase, ogsbase;
	uint32_t fslimit, gslimit;
	uint8_t reserved[4024];
};
_Static_assert(offsetof(struct tcs, fslimit) == 64, "TCS.FSLIMIT");
_Static_assert(sizeof(struct tcs) == 4096, "TCS");

struct secinfo {
	uint64_t flags; /* SECINFO_* */
	uint8_t reserved[56];
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct secinfo) == 64, "SECINFO");

struct sigstruct {
	/* Signed, together with the body below. */
	uint8_t header1[16];
	uint32_t vendor, date;
	uint8_t header2[16];
	uint32_t swdefined;
	uint8_t reserved1[84];
	/* Not signed. */
	uint8_t modulus[384];
	uint32_t exponent;
	uint8_t signature[384];
	/* Signed. */
	uint32_t miscselect, miscmask;
	uint8_t cet_attributes, cet_attributes_mask;
	uint8_t reserved2[2];
	uint8_t isvfamilyid[16];
	uint64_t attributes, xfrm;
	uint64_t attributes_mask, xfrm_mask;
	uint8_t mrenclave[32];
	uint8_t reserved3[16];
	uint8_t isvextprodid[16];
	uint16_t isvprodid, isvsvn;
	/* Not signed. */
	uint8_t reserved4[12];
	uint8_t q1[384], q2[384];
} __attribute__((aligned(8)));
_Static_assert(offsetof(struct sigstruct, modulus) == 128, "MODULUS");
_Static_assert(offsetof(struct sigstruct, miscselect) == 900, "MISCSELECT");
_Static_assert(offsetof(struct sigstruct, attributes) == 928, "ATTRIBUTES");
_Static_assert(offsetof(struct sigstruct, mrenclave) == 960, "ENCLAVEHASH");
_Static_assert(offsetof(struct sigstruct, isvprodid) == 1024, "ISVPRODID");
_Static_assert(offsetof(struct sigstruct, q1) == 1040, "Q1");
_Static_assert(sizeof(struct sigstruct) == 1808, "SIGSTRUCT");

struct keyrequest {
	uint16_t keyname, keypolicy, isvsvn;
	uint8_t cet_attributes_mask, reserved1;
	uint8_t cpusvn[16];
	uint64_t attributemask, xfrmmask;
	uint8_t keyid[32];
	uint32_t miscmask;
	uint16_t config_svn;
	uint8_t reserved2[434];
} __attribute__((aligned(512)));
_Static_assert(offsetof(struct keyrequest, keyid) == 40, "KEYID");
_Static_assert(sizeof(struct keyrequest) == 512, "KEYREQUEST");

struct targetinfo {
	uint8_t mrenclave[32];
	uint64_t attributes, xfrm;
	uint8_t cet_attributes, reserved1;
	uint16_t config_svn;
	uint32_t miscselect;
	uint8_t reserved2[8];
	uint8_t config_id[64];
	uint8_t reserved3[384];
} __attribute__((aligned(512)));
_Static_assert(offsetof(struct targetinfo, config_id) == 64, "CONFIGID");
_Static_assert(sizeof(struct targetinfo) == 512, "TARGETINFO");

/* REPORTDATA: 64 bytes, aligned to 128. */
struct reportdata {
	uint8_t bytes[64];
} __attribute__((aligned(128)));

/* REPORT is 432 bytes long; aligned to 512. */
struct report {
	uint8_t cpusvn[16];
	uint32_t miscselect;
	uint8_t cet_attributes, reserved1[11];
	uint8_t isvextprodid[16];
	uint64_t attributes, xfrm;
	uint8_t mrenclave[32];
	uint8_t reserved2[32];
	uint8_t mrsigner[32];
	uint8_t reserved3[32];
	uint8_t config_id[64];
	uint16_t isvprodid, isvsvn, config_svn;
	uint8_t reserved4[42];
	uint8_t isvfamilyid[16];
	uint8_t reportdata[64];
	uint8_t keyid[32];
	uint8_t mac[16];
} __attribute__((aligned(512)));
_Static_assert(offsetof(struct report, mrenclave) == 64, "MRENCLAVE");
_Static_assert(offsetof(struct report, isvprodid) == 256, "ISVPRODID");
_Static_assert(offsetof(struct report, reportdata) == 320, "REPORTDATA");
_Static_assert(offsetof(struct report, mac) == 416, "MAC");

/* The GPR area, at the end of an SSA frame. */
struct gprsgx {
	uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rflags, rip, ursp, urbp;
	uint32_t exitinfo; /* 7:0 vector, 10:8 type, 31 valid */
	uint8_t reserved[3];
	uint8_t aexnotify;
	uint64_t fsbase, gsbase;
};
_Static_assert(offsetof(struct gprsgx, exitinfo) == 160, "EXITINFO");
_Static_assert(sizeof(struct gprsgx) == 184, "GPRSGX");

/* Just below the GPR area, when MISCSELECT.EXINFO is set. */
struct exinfo {
	uint64_t maddr;
	uint32_t errcd, reserved;
};
_Static_assert(sizeof(struct exinfo) == 16, "EXINFO");

#endif
