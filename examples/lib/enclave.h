/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small host-side library for SGX on Linux: measure, sign, build and enter
 * an enclave.  It uses nothing but /dev/sgx_enclave and the vDSO, as any SGX
 * program does; cryptography comes from OpenSSL.
 *
 * enclave_load() does everything; the steps below it can be called one by one,
 * with what they are given altered in between.
 *
 * Functions return 0, or -1 with errno set and enclave_error() in words,
 * unless they say otherwise.
 */
#ifndef SWSGX_EXAMPLES_LIB_ENCLAVE_H
#define SWSGX_EXAMPLES_LIB_ENCLAVE_H

#include <asm/sgx.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "examples/lib/sgx_abi.h"

#define ENCLAVE_PAGE         4096ul
#define ENCLAVE_MAX_SEGMENTS 16
#define ENCLAVE_MAX_TCS      64
#define ENCLAVE_ERROR_SIZE   512

/* The last failure in this thread: which step, on what, why. */
const char *enclave_error(void);

/* image.c: an enclave's file --------------------------------------------
 *
 * A static ELF linked at 0 with enclave.lds.  Each PT_LOAD becomes pages; the
 * first one holds the TCS pages and nothing else.
 */
struct enclave_segment {
	uint64_t offset, length; /* in the enclave; whole pages */
	uint64_t flags;          /* SECINFO_* */
	int prot;                /* PROT_* to map it with */
};

struct enclave_image {
	uint64_t size;         /* of ELRANGE: a power of two */
	uint32_t ssaframesize; /* pages; symbol trts_ssaframesize */
	unsigned nr_segments;
	struct enclave_segment segments[ENCLAVE_MAX_SEGMENTS];
	unsigned nr_tcs; /* TCS i is at offset i * 4096 */
	uint8_t *memory; /* from offset 0; page aligned */
	uint64_t memory_length;
	uint8_t *file; /* the ELF itself, for symbols */
	size_t file_length;
};

int enclave_image_load(struct enclave_image *image, const char *path);
void enclave_image_free(struct enclave_image *image);
/* Offset of a symbol of the enclave in *offset; -1 if it has none such. */
int enclave_image_symbol(const struct enclave_image *image, const char *name,
			 uint64_t *offset);

/* measure.c: MRENCLAVE -------------------------------------------------- */

/* Opaque: the running hash.  Free it by enclave_measure_end(). */
struct enclave_measure;

struct enclave_measure *enclave_measure_ecreate(uint32_t ssaframesize,
						uint64_t size);
void enclave_measure_eadd(struct enclave_measure *m, uint64_t offset,
			  uint64_t secinfo_flags);
/* One chunk of 256 bytes. */
void enclave_measure_eextend(struct enclave_measure *m, uint64_t offset,
			     const void *chunk);
/* EADD and 16 EEXTENDs. */
void enclave_measure_page(struct enclave_measure *m, uint64_t offset,
			  uint64_t secinfo_flags, const void *page);
void enclave_measure_end(struct enclave_measure *m, uint8_t mrenclave[32]);
/* All of an image, every page measured, in ascending order. */
int enclave_measure_image(const struct enclave_image *image,
			  uint8_t mrenclave[32]);

/* key.c, sigstruct.c: signing ------------------------------------------- */

/* Opaque: an RSA-3072 key with exponent 3. */
struct enclave_key;

struct enclave_key *enclave_key_generate(void);
struct enclave_key *enclave_key_load(const char *pem_path);
int enclave_key_save(const struct enclave_key *key, const char *pem_path);
void enclave_key_free(struct enclave_key *key);

/* What the signer decides.  Zero is a sane value of each. */
struct enclave_options {
	bool debug;
	uint64_t attributes; /* added to MODE64BIT (and DEBUG) */
	uint64_t xfrm;       /* added to XFRM_LEGACY */
	uint32_t miscselect;
	uint16_t isvprodid, isvsvn;
	/* Key separation and sharing; need ATTRIBUTE_KSS.  The config fields
	 * are not signed: they go to the SECS. */
	uint8_t isvfamilyid[16], isvextprodid[16];
	uint8_t config_id[64];
	uint16_t config_svn;
};

/* Every field but the key's; `options` may be NULL. */
void enclave_sigstruct_fill(struct sigstruct *sig,
			    const struct enclave_options *options,
			    const uint8_t mrenclave[32]);
/* Modulus, exponent, signature, Q1 and Q2.  May be repeated. */
int enclave_sigstruct_sign(struct sigstruct *sig,
			   const struct enclave_key *key);
void enclave_mrsigner(const struct sigstruct *sig, uint8_t mrsigner[32]);
int enclave_sigstruct_load(struct sigstruct *sig, const char *path);
int enclave_sigstruct_save(const struct sigstruct *sig, const char *path);

/* build.c: the enclave itself ------------------------------------------- */

struct enclave {
	int fd;              /* /dev/sgx_enclave, -1 if not open */
	uint64_t base, size; /* ELRANGE; size 0: nothing reserved */
	unsigned nr_tcs;
	uint64_t tcs[ENCLAVE_MAX_TCS]; /* linear addresses */
};
/* clang-format off */
#define ENCLAVE_NONE { .fd = -1 }
/* clang-format on */

/* Step 1: open the device. */
int enclave_open(struct enclave *e);
/* Step 2: reserve ELRANGE, naturally aligned; sets base and size. */
int enclave_reserve(struct enclave *e, uint64_t size);
/* Step 3: a SECS that the image and the SIGSTRUCT agree on; then ECREATE. */
void enclave_secs_fill(struct secs *secs, const struct enclave *e,
		       const struct enclave_image *image,
		       const struct sigstruct *sig);
int enclave_create(struct enclave *e, const struct secs *secs);
/*
 * Step 4: pages.  `source` must be page aligned.  Goes on after a short count;
 * *added (may be NULL) is the number of bytes added, also after a failure.
 */
int enclave_add_pages(struct enclave *e, uint64_t offset, const void *source,
		      uint64_t length, uint64_t secinfo_flags, bool measure,
		      uint64_t *added);
int enclave_add_segment(struct enclave *e, const struct enclave_image *image,
			unsigned segment);
/* Step 5: EINIT. */
int enclave_init(struct enclave *e, const struct sigstruct *sig);
/* Step 6: map the segments, with their own permissions; fills in tcs[]. */
int enclave_map(struct enclave *e, const struct enclave_image *image);

/* Steps 1 to 6.  *e is ENCLAVE_NONE again if one fails. */
int enclave_build(struct enclave *e, const struct enclave_image *image,
		  const struct sigstruct *sig);
/*
 * Load, measure, sign, build.  key NULL: one generated for this process.
 * options NULL: the defaults.
 */
int enclave_load(struct enclave *e, const char *path,
		 const struct enclave_key *key,
		 const struct enclave_options *options);
/* Unmap and close; harmless on ENCLAVE_NONE. */
void enclave_destroy(struct enclave *e);

/* vdso.c, enter.c, call.S: going in and out ----------------------------- */

/* Registers handed to the enclave, and those it left when it came back. */
struct enclave_regs {
	uint64_t rdi, rsi, rdx, r8, r9;
};

/* How an entry ended. */
struct enclave_exit {
	uint32_t function; /* ENCLU_EEXIT: came back.  ENCLU_EENTER: did
			    * not get in.  ENCLU_ERESUME: fault inside,
			    * or did not get back in. */
	uint16_t vector;   /* the exception, unless ENCLU_EEXIT */
	uint16_t error_code;
	uint64_t addr;
	uint64_t result; /* of enclave_main(), if ENCLU_EEXIT */
};

/* __vdso_sgx_enter_enclave, or NULL if the kernel's vDSO has none. */
vdso_sgx_enter_enclave_t enclave_vdso(void);

/*
 * Call the vDSO function as it is, with everything of the caller's that the
 * psABI protects saved around it.  Returns its value; -ENOSYS if there is
 * none.  function: ENCLU_EENTER or ENCLU_ERESUME.
 */
int enclave_vdso_enter(struct sgx_enclave_run *run, uint32_t function,
		       struct enclave_regs *regs);

/*
 * Enter TCS `tcs` through the vDSO.  Returns what the vDSO returned (0 also
 * for a fault: see *exit), -ENOSYS without the vDSO function.
 */
int enclave_enter_function(const struct enclave *e, unsigned tcs,
			   uint32_t function, uint64_t arg,
			   struct enclave_exit *exit);

/* EENTER: enclave_main(arg), or at CSSA > 0 enclave_exception(arg). */
#define enclave_enter(e, tcs, arg, exit) \
	enclave_enter_function((e), (tcs), ENCLU_EENTER, \
			       (uint64_t)(uintptr_t)(arg), (exit))
/*
 * ERESUME after a fault.  The enclave returns by the stack pointer that it was
 * entered with: resume from the same C function that entered.
 */
#define enclave_resume(e, tcs, exit) \
	enclave_enter_function((e), (tcs), ENCLU_ERESUME, 0, (exit))

/*
 * The same with an ENCLU and an AEP of this program's own, so that exceptions
 * arrive as signals.  Returns 0 after EEXIT, with the enclave's registers in
 * *regs (rdi: enclave_main()'s result); 1 if a signal handler sent the thread
 * to enclave_raw_abandon: then the enclave stays interrupted on that TCS.
 */
int enclave_enter_raw(uint64_t tcs, uint32_t function,
		      struct enclave_regs *regs);
/* Addresses inside it: the ENCLU, the AEP (another ENCLU), where EEXIT lands,
 * and where a handler may point REG_RIP, REG_RSP being as it is at the AEP. */
extern const char enclave_raw_enclu[], enclave_raw_aep[], enclave_raw_return[],
	enclave_raw_abandon[];

#endif
