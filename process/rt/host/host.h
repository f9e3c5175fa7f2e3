/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host as the runtime finds it: Linux's peculiarities in this process, and
 * where room, rights and other processes' memory come from.  The supervisor has
 * a header of its own: client.h.
 */
#ifndef SWSGX_PROCESS_RT_HOST_HOST_H
#define SWSGX_PROCESS_RT_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/rt/host/state.h"

/*
 * vdso.c, at exec.  `enter` is where our vDSO goes to enter an enclave; its
 * clock functions go on to the host's own vDSO.
 */
int rt_vdso_init(uint64_t enter);
extern uint8_t rt_vdso_image[];

/* auxv.c: makes /proc/PID/auxv tell what the auxiliary vector does. */
void rt_auxv_publish(void);

/* emulator.c: valgrind runs this process, and has no SGX. */
void rt_emulator_init(void);
/* Does it refuse the device?  Tells the user so. */
bool rt_emulator_refuses(void);

/*
 * reserved.c: where the program keeps `size` bytes or more inaccessible; 0 if
 * nowhere.
 */
uint64_t rt_find_reserved(uint64_t size);

/*
 * mapping.c: maps the platform, as much of it as there is room for:
 * rt_process.host.place says where and how much.  0 or -errno.
 */
int rt_place_platform(int fd);
/* The system call nr(address, length, arg) on each of its mappings. */
void rt_platform_parts(long nr, long arg);
/* The EPC once more, executable and not writable: an address or -errno. */
long rt_place_code(int fd);

/*
 * mayexec.c: is addr in a file on a noexec mount?  source[] remembers the last
 * answers.
 */
bool rt_source_is_noexec(struct source source[2], uint64_t addr);

/* mdwe.c: may this process not make memory executable? */
bool rt_has_mdwe(void);
/* Protects pages of the EPC at pa, mapped at addr: struct host's `protect`. */
int rt_protect_epc(uint64_t addr, uint64_t len, int prot, int pkey,
		   uint64_t pa);
/*
 * Changes code at [start, start + len), private memory that has `prot`.
 * change(arg, offset) writes it, `offset` from there.  -ENOEXEC: it is changed
 * and no longer executable; other errors: it is as it was.
 */
long rt_change_code(uint64_t start, uint64_t len, int prot,
		    void (*change)(void *arg, uint64_t offset), void *arg);

/* remote.c: has the process the runtime of this run? */
bool rt_in_run(uint32_t pid);
/* Memory of a process of the run.  True: all of it was read. */
bool rt_remote_read(uint32_t pid, void *to, uint64_t from, size_t n);

#endif
