/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * seccomp's machine: classic BPF as seccomp(2) takes it.  What the kernel would
 * refuse to install fails the test.
 */
#ifndef SWSGX_TESTS_UNIT_RT_BPF_H
#define SWSGX_TESTS_UNIT_RT_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the filter returns for this call; *a: A at the beginning and the end. */
uint32_t bpf_run(const struct sock_filter *insn, size_t n,
		 const struct seccomp_data *data, uint32_t *a);

/* Does this call pass by its architecture and number, whatever else it has? */
bool bpf_is_constant(const struct sock_filter *insn, size_t n,
		     const struct seccomp_data *data);

#endif
