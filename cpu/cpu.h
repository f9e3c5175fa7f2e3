/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The processor: what the SDM calls the package (one per platform, shared by
 * every process of a run) and the logical processor (one per thread).
 *
 * The package's memory is position independent: it lives in one file that
 * every process maps where it likes, so it holds offsets, never pointers.
 * `struct cpu` is one process's window on it.
 *
 * Source: SDM vol. 3D, "Enclave Access Control and Data Structures",
 * "Enclave Page Cache Map (EPCM)"; "Enclave Entry and Exiting".
 */
#ifndef SWSGX_CPU_CPU_H
#define SWSGX_CPU_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/why.h"

#define SGX_PAGE_SHIFT 12
#define SGX_PAGE_SIZE  4096ul
#define SGX_PAGE_MASK  (~(SGX_PAGE_SIZE - 1))

/*
 * EPC addresses.  An `epc address` (pa) is an offset into the EPC, a multiple
 * of 4096 for a page; 0 names no page.  The physical space is sparse: it is
 * far larger than the EPC's size, which is a budget that the kernel keeps
 * (kernel/sgx/main.c).  So the pages of one enclave lie at one stretch, in the
 * order of their linear addresses, and a process maps them with few mappings.
 */
#define EPC_SPAN (1ull << 45) /* bytes of physical EPC space */
#define EPC_NONE 0ull

struct patch_page;

/* EPCM entry, one per EPC page.  SDM "Enclave Page Cache Map (EPCM)". */
struct epcm {
	uint8_t valid;
	uint8_t pt; /* enum sgx_page_type */
	union {
		struct {
			uint8_t r : 1, w : 1, x : 1;
			uint8_t pending : 1, modified : 1, pr : 1;
			uint8_t blocked : 1;
		};
		uint8_t flags; /* all of these, for epcm_change() */
	};
	uint8_t lock;            /* not architectural: see epcm.h */
	uint32_t epoch;          /* not architectural: tracking epoch */
	uint64_t enclavesecs;    /* EPC address of the SECS, or EPC_NONE */
	uint64_t enclaveaddress; /* linear address the page must be used at */
	uint8_t sgx2_lock;       /* not architectural: see epcm.h */
	uint8_t patch;           /* not architectural: see patch.h */
	uint8_t reserved[6];
};
_Static_assert(sizeof(struct epcm) == 32, "EPCM entry size");

#define CPU_XFEATURES   32 /* XFRM bits described below */
#define XSAVE_MAX_PAGES 4  /* pages of an SSA frame that XSAVE may need */

/*
 * The package: fuses, package registers, and what CPUID says.  Filled in once,
 * by package_init() (cpu/package.c), from struct package_config.
 */
struct package {
	/* What CPUID enumerates. */
	uint8_t sgx2;            /* 12H.0:EAX[1]; and epcm_fault() */
	uint8_t aexnotify;       /* 12H.0:EAX[11], 12H.1:EAX[10] */
	uint8_t kss;             /* 12H.1:EAX[7] */
	uint8_t size_log2_not64; /* 12H.0:EDX[7:0] */
	uint8_t size_log2_64;    /* 12H.0:EDX[15:8] */
	uint8_t patch;           /* may code be patched?  see patch.h */
	uint8_t reserved[2];
	uint32_t miscselect; /* 12H.0:EBX */
	uint64_t attributes; /* 12H.1:EBX:EAX, settable bits */
	uint64_t xfrm;       /* 12H.1:EDX:ECX, settable bits */
	uint64_t xcr0;       /* XCR0 as the host has it, always */
	uint64_t epc_bytes;  /* size that leaf 12H.2 reports */
	struct {
		uint32_t offset, size; /* CPUID.0DH.n:EBX, EAX; 0 = none */
	} xfeature[CPU_XFEATURES];     /* standard format, the host's */

	/* Fuses and MSRs. */
	uint8_t root_seal_key[32]; /* CR_SEAL_FUSES */
	uint8_t root_provisioning_key[32];
	uint8_t owner_epoch[16];     /* CR_SGXOWNEREPOCH */
	uint8_t cpusvn[16];          /* CR_CPUSVN */
	uint64_t sgxlepubkeyhash[4]; /* IA32_SGXLEPUBKEYHASHn */

	/* Package registers: new at every start of the platform. */
	uint8_t cr_report_keyid[32];
	uint8_t cr_base_pk[16];     /* ephemeral paging key */
	uint64_t cr_next_eid;       /* atomic */
	uint64_t cr_paging_version; /* atomic */
};

/* One process's window on the package, the EPCM and the EPC. */
struct processor;

struct cpu {
	struct package *package;
	struct epcm *epcm; /* EPC_SPAN / 4096 entries, sparse */
	uint8_t *epc;      /* EPC_SPAN bytes, sparse */
	/* The processors that are in enclaves: cpu/processors.h. */
	struct processor *processors; /* CPU_MAX_PROCESSORS */
	uint32_t *nr_processors;      /* atomic: how many were ever in use */
	struct patch_page *patches;   /* like the EPCM: see patch.h */
	/* Entropy (RDRAND's source).  Never fails; fills n bytes. */
	void (*entropy)(void *buf, size_t n);
};

/* General registers in the order of GPRSGX; see struct sgx_gprsgx. */
struct lp_regs {
	uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rflags, rip;
	uint64_t fsbase, gsbase;
};

/* A fault that a leaf or an access raised.  Valid only after a return of -1. */
struct fault {
	uint8_t vector;      /* SGX_VECTOR_GP, _PF, _UD ... */
	uint32_t error_code; /* PF_* bits for #PF, else 0 */
	uint64_t address;    /* CR2 of a #PF, else 0 */
};

#define VECTOR_DE 0
#define VECTOR_DB 1
#define VECTOR_BP 3
#define VECTOR_OF 4
#define VECTOR_BR 5
#define VECTOR_UD 6
#define VECTOR_TS 10
#define VECTOR_NP 11
#define VECTOR_SS 12
#define VECTOR_GP 13
#define VECTOR_PF 14
#define VECTOR_MF 16
#define VECTOR_AC 17
#define VECTOR_MC 18
#define VECTOR_XM 19

/* #PF error code bits.  SDM "Page-Fault Exception"; Linux 6.1 asm/trap_pf.h. */
#define PF_PROT  (1u << 0)
#define PF_WRITE (1u << 1)
#define PF_USER  (1u << 2)
#define PF_RSVD  (1u << 3)
#define PF_INSTR (1u << 4)
#define PF_PK    (1u << 5)
#define PF_SGX   (1u << 15)

struct lp;

/*
 * The page walk: the part of an access check that the operating system's page
 * tables decide.  `access` is PF_WRITE, PF_INSTR or 0 (read).  Returns
 *   0   allowed; *pa is the EPC address (page | offset), or EPC_NONE when the
 *       address translates to memory that is not EPC;
 *   <0  refused: lp->fault holds the ordinary #PF (no PF_SGX).
 */
typedef int (*lp_walk_fn)(struct lp *lp, uint64_t la, unsigned access,
			  uint64_t *pa);

/*
 * A logical processor: one thread as the processor sees it.  The caller loads
 * `r` (and `xsave`) with the interrupted state, calls a leaf or aex(), and
 * puts the result back; what is below "control registers" must persist from
 * one call to the next for as long as the thread lives.
 */
struct lp {
	struct cpu *cpu;
	lp_walk_fn walk;
	void *walk_ctx; /* the walk's own */
	struct lp_regs r;
	/*
	 * Live extended state, standard (non-compacted) XSAVE format, as the
	 * signal frame holds it; NULL in unit tests that need none.
	 * `xsave_features`: components the area has room for.
	 */
	uint8_t *xsave;
	uint32_t xsave_size;
	uint64_t xsave_features;
	struct fault fault;
	/*
	 * After a leaf retired: RFLAGS.TF asks for a single-step #DB at the
	 * boundary behind it.  The caller raises it.
	 */
	bool pending_db;

	/* Control registers.  SDM "Enclave Entry and Exiting". */
	bool cr_enclave_mode;
	bool cr_dbgoptin;
	bool cr_saved_tf;
	uint64_t cr_active_secs; /* EPC address */
	uint64_t cr_elrange_base, cr_elrange_size;
	uint64_t cr_tcs_la, cr_tcs_pa;
	uint64_t cr_gpr_pa;                    /* GPRSGX of the current frame */
	uint64_t cr_xsave_pa[XSAVE_MAX_PAGES]; /* pages of the current frame */
	uint64_t cr_save_fsbase, cr_save_gsbase;
	/*
	 * Not architectural: whose thread this is, as a TCS that it is in says
	 * it (cpu/tcs.h); 0: nobody asks.  `who`: a number of the kernel's by
	 * which others reach it.
	 */
	uint64_t owner, who;
	/*
	 * Its place in cpu->processors while it is in an enclave, and the
	 * number of the place that it had last.
	 */
	struct processor *processor;
	uint32_t processor_hint;
	uint32_t held; /* which of processor->held counts */

	/*
	 * IA32_SGXLEPUBKEYHASHn.  MSRs belong to a logical processor; whoever
	 * makes an lp resets them from the package.  EINIT reads these.
	 */
	uint64_t sgxlepubkeyhash[4];

	struct why why; /* not the processor's: for people */
};

/*
 * Raise a fault: fill lp->fault, return -1.  The reason may follow, as for
 * because(): `return gp0(lp, "SECS.SIZE is %x", secs->size);`.
 */
#define gp0(lp, ...) (__VA_OPT__(because(lp, __VA_ARGS__), ) raise_gp0(lp))
int raise_gp0(struct lp *lp);
int ud(struct lp *lp);
/*
 * #PF at linear address la; `bits` are added to P|U.  SDM leaves' "PF(x)".
 * With PF_SGX it is the EPCM that refuses: see epcm_fault().
 */
#define pf(lp, la, bits, ...) \
	(__VA_OPT__(because(lp, __VA_ARGS__), ) raise_pf(lp, la, bits))
int raise_pf(struct lp *lp, uint64_t la, uint32_t bits);
/*
 * The EPCM refuses: #PF with P, PF_SGX and `error_code`, which is how
 * processors with SGX2 tell; those of the first generation raise #GP(0).
 */
int epcm_fault(struct lp *lp, uint64_t la, uint32_t error_code);

/* EPC address -> bytes of this process's window. */
static inline void *epc_ptr(const struct cpu *cpu, uint64_t pa)
{
	return cpu->epc + pa;
}

static inline struct epcm *epcm_of(const struct cpu *cpu, uint64_t pa)
{
	return &cpu->epcm[pa >> SGX_PAGE_SHIFT];
}

/*
 * ENCLS leaves take the kernel's linear address of an EPC page, which is a
 * pointer into cpu->epc.  True (and *pa) iff p "resolves into the EPC".
 */
static inline bool epc_address(const struct cpu *cpu, uint64_t p, uint64_t *pa)
{
	uint64_t off = p - (uint64_t)(uintptr_t)cpu->epc;

	*pa = off;
	return off >= SGX_PAGE_SIZE && off < EPC_SPAN;
}

/*
 * ENCLS: leaf number in r.rax, operands in r.rbx, r.rcx, r.rdx, all pointers
 * of this address space (they must be readable: the kernel copied them in).
 * Returns 0 when the leaf retired (r.rax may hold an SGX error code, with ZF
 * set, for leaves that return one), -1 when it faulted.  cpu/encls/.
 */
int encls(struct lp *lp);

/*
 * ENCLU: leaf in r.rax, r.rip at the ENCLU instruction.  Returns 0 when it
 * retired: r.rip and everything else is as after the instruction (EENTER,
 * ERESUME, EEXIT: at the target).  -1: fault, registers unchanged.  A fault in
 * enclave mode is not yet an AEX: the caller calls aex().  cpu/enclu/.
 */
int enclu(struct lp *lp);

/*
 * Data or code access in enclave mode at linear address la: page walk first,
 * then the EPCM.  `access`: PF_WRITE, PF_INSTR or 0.  0 = allowed; -1 = fault
 * (ordinary #PF from the walk; epcm_fault(); #GP for a fetch outside
 * ELRANGE).  SDM "Access-control Requirements".  cpu/access_control.c.
 */
int enclave_access(struct lp *lp, uint64_t la, unsigned access);

/*
 * What the EPCM alone allows of the page at pa to the enclave that owns it, as
 * PF-independent bits 1 = read, 2 = write, 4 = execute; 0 if it denies all
 * (invalid, TCS, SECS, VA, TRIM, BLOCKED, PENDING, MODIFIED, or `la` is not
 * its ENCLAVEADDRESS).  The process layer ANDs it with the page tables.
 */
unsigned epcm_allows(const struct cpu *cpu, uint64_t pa, uint64_t la);

/*
 * Asynchronous enclave exit.  `event` NULL: an interrupt (EXITINFO invalid);
 * else the exception that caused it.  On return r and xsave hold the synthetic
 * state, rip = AEP.  *cr2 (may be NULL): CR2 as the handler sees it (masked
 * to the page for #PF).  Precondition: cr_enclave_mode.  cpu/aex.c.
 */
void aex(struct lp *lp, const struct fault *event, uint64_t *cr2);

/*
 * What an AEX and the ERESUME after it do to the tracking of the enclave that
 * lp is in: it leaves its epoch and joins the current one.  For an interrupt
 * that the program must not see.  cpu/entry.c.
 */
void lp_retrack(struct lp *lp);
/*
 * The thread that had this place was killed, at any instruction.  If it was in
 * an enclave it leaves by AEX.  The place becomes free.  lp is another
 * thread's, and can walk the enclave's addresses.  cpu/killed.c.
 */
void lp_killed(struct lp *lp, struct processor *processor);
/*
 * An entry (EENTER, ERESUME) was interrupted before it committed, and will be
 * made again from its start: release what it has claimed.  Harmless in an
 * enclave, and where there was no entry.  cpu/entry.c.
 */
void lp_undo_entry(struct lp *lp);

/*
 * CPUID as the platform defines it: *regs holds what the host's CPUID gave for
 * (leaf, subleaf); leaves 0 (highest leaf), 7 and 12H are completed in place,
 * and features are taken away whose state XFRM cannot have.
 * cpu/enumeration.c.
 */
struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};
void cpuid_amend(const struct package *package, uint32_t leaf, uint32_t subleaf,
		 struct cpuid_regs *regs);

/* What package_init() needs to know; see cpu/package.c. */
struct package_config {
	uint64_t epc_bytes;
	bool sgx2;
	bool aexnotify;
	bool patch;    /* code that depends on XCR0 */
	uint64_t xcr0; /* the host's */
	struct {
		uint32_t offset, size;
	} xfeature[CPU_XFEATURES];
	/* Persistent identity of a platform (`swsgx run --platform`). */
	uint8_t root_seal_key[32], root_provisioning_key[32];
	uint8_t owner_epoch[16], cpusvn[16];
	uint64_t sgxlepubkeyhash[4];
};
/* Fill *package; draws the per-boot registers from `entropy`. */
void package_init(struct package *package, const struct package_config *config,
		  void (*entropy)(void *buf, size_t n));
/*
 * The package loses power (S3 and deeper): it draws new keys, as at every
 * start.  Pages that EWB has written out cannot be loaded any more, and older
 * reports cannot be verified.  The EPC is not touched: the caller sees to it
 * that its content is lost.
 */
void package_lose_power(struct package *package,
			void (*entropy)(void *buf, size_t n));
/*
 * Another processor of the same make takes its place, as when a virtual machine
 * migrates.  It has other fuses, another owner epoch, and another CPUSVN if
 * `cpusvn` is not NULL.  Call it after package_lose_power(), while nobody is in
 * an enclave.
 */
void package_replace(struct package *package, const uint8_t *cpusvn,
		     void (*entropy)(void *buf, size_t n));

#endif
