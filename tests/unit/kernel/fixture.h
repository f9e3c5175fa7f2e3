/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A machine to run kernel/ on: a platform in anonymous memory with the real
 * processor model behind it, a program's memory that is one buffer with bad
 * ranges, and real mappings that are an array of page descriptions.
 */
#ifndef SWSGX_TESTS_UNIT_KERNEL_FIXTURE_H
#define SWSGX_TESTS_UNIT_KERNEL_FIXTURE_H

/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <asm/sgx.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/sgx_arch.h"
#include "kernel/fault/fault.h"
#include "kernel/machine/exit.h"
#include "kernel/machine/leaf.h"
#include "kernel/machine/loss.h"
#include "kernel/machine/smp.h"
#include "kernel/mm/mmap.h"
#include "kernel/mm/pte.h"
#include "kernel/mm/vma.h"
#include "kernel/sgx/driver.h"

/* The program's ordinary memory. */
#define USER_BASE 0x10000000ull
#define USER_SIZE (4ull << 20)
/* Where things lie in it. */
#define ARG           (USER_BASE + 0x100)
#define SECS_ARG      (USER_BASE + 0x1008) /* unaligned, as programs do */
#define SECINFO_ARG   (USER_BASE + 0x3004)
#define SIGSTRUCT_ARG (USER_BASE + 0x4010)
#define SOURCE        (USER_BASE + 0x100000)

/* The window in which real mappings are modelled. */
#define WINDOW       0x7000000000ull
#define WINDOW_PAGES 2048u
#define ENCL_BASE    (WINDOW + 0x200000)
#define ENCL_SIZE    0x40000ull /* 64 pages */
#define PAGE(n)      (ENCL_BASE + (n)*4096ull)
#define ELSEWHERE    (WINDOW + 0x400000) /* in the window, not ELRANGE */

#define SECINFO_REG(prot) (0x200ull | (prot))
#define SECINFO_TCS       0x100ull
#define R                 PROT_READ
#define W                 PROT_WRITE
#define X                 PROT_EXEC
#define RW                (R | W)
#define RX                (R | X)
#define RWX               (R | W | X)

#define ENCL_FD      5
#define PROVISION_FD 6

#define MAX_INSIDE 2

enum real_kind { REAL_FREE, REAL_ANON, REAL_NONE, REAL_EPC };

/* One page of the real address space. */
struct real_page {
	enum real_kind kind;
	int prot;
	int pkey;
	uint64_t pa;
	bool touched; /* has a PTE */
};

struct machine {
	struct sgx_shared *shared;
	int platform_fd; /* of the memory that this is */
	struct sgx_mm mm;
	struct host host;
	struct lp lp;
	struct fault_retries retries;
	struct sgx_encl *encl;
	uint8_t *user;
	uint64_t bad, bad_end; /* user memory that faults */
	uint64_t read_only;    /* user memory: from here on */
	int user_pkey;         /* protection key of user memory */
	uint64_t no_exec;      /* source_mayexec: -EACCES from here */
	struct real_page real[WINDOW_PAGES];
	unsigned mayexec_calls, protect_calls, map_calls, reaps;
	unsigned populate_calls;
	unsigned pages_until_signal; /* 0: no signal */
	int pins[8];
	int last_pin_fd;
	bool fail_pin, fail_alloc, fail_map, fail_protect;
	bool read_implies_exec; /* the program's personality */
	bool mdwe;              /* it has given up new code */
	bool reap_frees;        /* reap() gives a page back */
	uint64_t discarded;     /* bytes of the EPC */
	uint64_t populated;     /* likewise */
	unsigned ipis, rescheds;
	uint64_t now, tick;       /* nanoseconds; and at each look */
	uint32_t process, thread; /* who we are; 0: no number */
	unsigned preempts;
	/* preempt(); NULL: the host has none. */
	int (*on_preempt)(uint32_t process, uint32_t thread);
	void (*on_resched)(void);      /* what another thread does meanwhile */
	struct sgx_mm *other;          /* a second address space */
	struct lp *inside[MAX_INSIDE]; /* processors that ipi reaches */
	bool ignores_ipi;              /* they do not leave: pages stay */
	bool sgx2;
	uint8_t measurement[32]; /* what INIT is asked to accept */
};

/* One machine a test: the host's functions have no context argument. */
extern struct machine m;

int machine_setup(void **state); /* with one open, empty enclave */
int machine_setup_created(void **state);
int machine_setup_initialized(void **state); /* pages of standard_pages() */
/* The same on a processor with SGX2. */
int machine_setup_sgx2(void **state);
int machine_teardown(void **state);

/* m.lp's faults: exc_page_fault(), exc_model_fault(). */
enum fault_outcome machine_page_fault(uint32_t code, uint64_t addr,
				      struct ksignal *signal);
enum fault_outcome machine_model_fault(struct ksignal *signal);

/* A second platform size, before anything is created. */
void machine_set_epc_pages(uint64_t pages);

struct real_page *real_page(uint64_t addr);

void user_write(uint64_t addr, const void *from, size_t n);
void user_read(void *to, uint64_t addr, size_t n);

enum sgx_file_kind file_kind(int fd);
/* A system call's value; checks that a refusal has a reason. */
int64_t with_reason(int64_t ret);
int64_t ioctl_raw(uint32_t cmd, uint64_t arg);

/* The ioctls with their usual arguments. */
struct sgx_secs standard_secs(void);
int64_t create_with(const struct sgx_secs *secs);
int64_t create(void);
/* `count` as written back goes to *done, if not NULL. */
int64_t add_pages(uint64_t offset, uint64_t length, uint64_t secinfo,
		  uint64_t flags, uint64_t *done);
/* n pages from number `page`, measured, each with what SOURCE holds. */
void add_measured(unsigned page, unsigned n, uint64_t secinfo);
/* Pages 0 TCS, 1 R, 2-3 RW, 4 RX, 5 RWX, 6 X; nothing at 7 and up. */
void standard_pages(void);
/* Sign m.measurement with the tests' key; edits come before the signature. */
void make_sigstruct(struct sgx_sigstruct *sig,
		    void (*edit)(struct sgx_sigstruct *sig));
int64_t init_with(void (*edit)(struct sgx_sigstruct *sig));

/* A page of the enclave, by its address. */
uint8_t *epc_at(uint64_t addr);
struct epcm *epcm_at(uint64_t addr);
struct sgx_encl_page *page_at(uint64_t addr);

/* mmap of the enclave file, MAP_SHARED | MAP_FIXED, read-write descriptor. */
int64_t map_fixed(uint64_t addr, uint64_t len, int prot);

/* A lock is held by that thread of that process; its ticket. */
struct sgx_ticket hold_lock(struct sgx_lock *lock, uint32_t process,
			    uint32_t thread);

/* The thread is inside the enclave, or is not. */
void enter(void);
void leave(void);
/* The same by EENTER at the TCS and by EEXIT, with all that belongs to it. */
void enter_by_leaf(struct lp *lp, uint64_t tcs);
void exit_by_leaf(struct lp *lp);
/* A leaf as the runtime executes it: the thread is PARKED, and goes on then. */
int execute_enclu(struct lp *lp);
/* Another processor runs in the enclave; ipi reaches it as it does m.lp. */
void bystander_enters(struct lp *lp);

#endif
