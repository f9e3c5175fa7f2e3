/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of numbers; NULL where none is known here. */
#ifndef SWSGX_PROCESS_RT_LP_WHY_NAMES_H
#define SWSGX_PROCESS_RT_LP_WHY_NAMES_H

#include <stdint.h>

struct instruction;

const char *why_errno(long number); /* 22 or -22: EINVAL */
const char *why_ioctl(uint32_t cmd);
const char *why_encls(uint32_t leaf);
const char *why_enclu(uint32_t leaf);
const char *why_code(uint32_t code);    /* SGX_INVALID_SIGNATURE ... */
const char *why_vector(uint8_t vector); /* #PF ... */
const char *why_page_type(uint64_t pt);
/* Of those that #UD tells of, in an enclave. */
const char *why_instruction(const struct instruction *insn);

#endif
