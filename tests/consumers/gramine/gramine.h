/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of Gramine's test share: its enclave, which lies at address 0,
 * and its ways of calling the system and the enclave.
 */
#ifndef SWSGX_TESTS_CONSUMERS_GRAMINE_GRAMINE_H
#define SWSGX_TESTS_CONSUMERS_GRAMINE_GRAMINE_H

#include "tests/consumers/facts.h"
#include "tests/consumers/sites.h"
#include "tests/process/fixture/victim.h"

#define RWX          (PROT_READ | PROT_WRITE | PROT_EXEC)
#define LOWEST       0x10000ul /* vm.mmap_min_addr */
#define ELRANGE      (512ul << 20)
#define ZEROS        (256ul << 20) /* offset of the large piece */
#define ZEROS_LENGTH (254ul << 20)

extern struct gramine {
	struct enclave_image image;
	struct sigstruct sig;
	int device;
	struct gramine_tcb tcb;
} gramine;

/* By the inline instruction; -errno. */
long gramine_sys(long number, long a, long b, long c);
long gramine_mmap(uint64_t at, uint64_t length, int prot, int flags, int fd);
long gramine_ioctl(unsigned long request, void *argument);
uint64_t gramine_host_gs(void);

/* Ask the enclave, on the thread's TCS.  Did it answer? */
bool gramine_call(struct ask *ask);

/*
 * From here on signals are handled: the handler asks gramine_raise_op of the
 * interrupted enclave, with gramine_raise_value.  The last signal, and answer.
 */
void gramine_handle_all(void);
extern enum ask_op gramine_raise_op;
extern uint64_t gramine_raise_value;
extern struct seen gramine_last;
extern struct ask gramine_inside;

/* In this order: each needs what those before it did. */
extern const struct fact gramine_host_facts[], gramine_build_facts[],
	gramine_enter_facts[], gramine_exception_facts[],
	gramine_signal_facts[], gramine_edmm_facts[];

#endif
