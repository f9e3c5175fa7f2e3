/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the records of a tape say (process/tape.h).  They hold raw values; who
 * reads them gives names to these.  Records of one version of swsgx are read by
 * that version only: TAPE_VERSION.
 */
#ifndef SWSGX_PROCESS_TAPE_RECORDS_H
#define SWSGX_PROCESS_TAPE_RECORDS_H

#include "process/tape.h"

/* What is recorded: bits of sgx_shared's `trace`, and of --trace-filter. */
#define TAPE_CLASS_IOCTL  (1u << 0) /* open, ioctl, mmap, mprotect */
#define TAPE_CLASS_LEAF   (1u << 1) /* ENCLU, AEX */
#define TAPE_CLASS_FAULT  (1u << 2) /* page faults */
#define TAPE_CLASS_PAGING (1u << 3) /* EWB, ELDU, EAUG, losses */
#define TAPE_CLASS_SIGNAL (1u << 4) /* what the program is told of these */
#define TAPE_CLASS_ALL    0x1fu

#define TAPE_INJECTED 1u /* flags: asked for by --inject or a command */

enum tape_kind {
	TAPE_OPEN = 1,
	TAPE_IOCTL,
	TAPE_MEMORY,
	TAPE_LEAF,
	TAPE_AEX,
	TAPE_FAULT,
	TAPE_PAGING,
	TAPE_EVENT,
	TAPE_SIGNAL,
	TAPE_KINDS
};

/* An enclave, where a record says that a thread is in one; size 0: in none. */
struct tape_enclave {
	uint64_t base, size;
};

/* An exception, before or instead of what it leads to. */
struct tape_exception {
	uint8_t vector; /* TAPE_NO_VECTOR: none, or an interrupt */
	uint8_t pad[3];
	uint32_t error_code;
	uint64_t address;
};
#define TAPE_NO_VECTOR 0xff

/* open() and its kin, of a device. */
struct tape_open {
	struct tape_record r;
	uint32_t kind;  /* enum sgx_file_kind */
	uint32_t flags; /* of open(2) */
	int64_t result;
};

/*
 * An ioctl on an enclave.  Behind it lie `arg_size` bytes of its argument, as
 * the call has left it; `data_size` bytes of what that points to (CREATE: the
 * SECS; ADD_PAGES: the SECINFO; INIT: the SIGSTRUCT); and `text_size` bytes of
 * text: why it was refused.
 */
struct tape_ioctl {
	struct tape_record r;
	int32_t fd;
	uint32_t cmd;
	uint64_t arg;
	int64_t result;
	uint32_t encl; /* its number in the platform */
	uint16_t arg_size, data_size, text_size;
	uint16_t pad;
	uint32_t pad2;
	struct tape_enclave enclave;
	uint8_t mrenclave[32]; /* INIT */
	uint8_t more[];
};

/* mmap(), mprotect(): of or over an enclave.  Behind it: text. */
struct tape_memory {
	struct tape_record r;
	uint64_t nr; /* of the system call */
	uint64_t address, length, prot, flags;
	int64_t result;
	uint32_t text_size, pad;
	uint8_t more[];
};

/*
 * ENCLU.  The registers are those before it, `result` is RAX behind it and
 * `target` RIP.  `operand`: EGETKEY: KEYREQUEST, EREPORT: TARGETINFO, EACCEPT
 * and its kin: SECINFO, as much as has room.  Behind it: text.
 */
#define TAPE_OPERAND 128
struct tape_leaf {
	struct tape_record r;
	uint64_t rip, leaf, rbx, rcx, rdx;
	uint64_t result, target;
	struct tape_enclave enclave; /* it was made in, or has entered */
	struct tape_exception fault; /* or it retired */
	uint8_t zf;                  /* the flag, behind it */
	uint8_t inside;              /* it was made in an enclave */
	uint16_t operand_size;
	uint32_t text_size;
	uint8_t more[];
};

/* An AEX.  Behind it: text. */
struct tape_aex {
	struct tape_record r;
	uint64_t rip, tcs, aep;
	struct tape_enclave enclave;
	struct tape_exception cause;
	uint32_t text_size, pad;
	uint8_t more[];
};

enum tape_outcome {
	TAPE_MENDED,     /* the access is made again */
	TAPE_SIGNALLED,  /* `sig` and `code` */
	TAPE_ABORT_PAGE, /* from outside: reads ones */
	TAPE_NOT_OURS    /* nothing of SGX is there */
};

/* A page fault on enclave memory, or in an enclave.  Behind it: text. */
struct tape_fault {
	struct tape_record r;
	uint64_t address, rip;
	uint32_t host_code;  /* what the host gave as the error code */
	uint32_t error_code; /* what the processor would have */
	struct tape_enclave enclave;
	uint8_t outcome; /* enum tape_outcome */
	uint8_t has_vma, vma_prot, pkey;
	uint8_t has_pte, has_page;
	uint8_t valid, pt; /* the EPCM's */
	uint8_t epcm;      /* and its flags, as in struct epcm */
	uint8_t evicted, pad[2];
	int32_t sig;
	int32_t code;
	uint32_t text_size;
	uint8_t more[];
};

enum tape_paging_op { TAPE_EWB, TAPE_ELDU, TAPE_EAUG };

/* A page went or came. */
struct tape_paging {
	struct tape_record r;
	uint32_t op;      /* enum tape_paging_op */
	uint32_t encl;    /* the enclave's number */
	uint64_t address; /* 0: its SECS or a version array */
	struct tape_enclave enclave;
	uint64_t epc_free, epc_total; /* pages, behind it */
};

/* An enum sgx_event has happened to the platform. */
struct tape_event {
	struct tape_record r;
	uint32_t event;
	int32_t origin; /* an injection, or RT_BY_* */
	uint64_t n;     /* at which of them */
	uint64_t enclaves, pages, threads;
	char text[40]; /* as it was asked for */
};

/* The program is told: by a signal, or (sig 0) by the vDSO's exception. */
struct tape_signal {
	struct tape_record r;
	int32_t sig, code;
	uint64_t address;
	uint64_t rip; /* where it finds the program */
	struct tape_exception exception;
	uint32_t leaf; /* the vDSO: RAX */
	uint32_t pad;
};

#endif
