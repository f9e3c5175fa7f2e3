/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Start-up of the crypto libraries.
 *
 * Nettle picks its code by CPUID, either in an ELF constructor or at the first
 * call.  The runtime runs no constructors, and a CPUID later on may be
 * intercepted, so it calls cpu_crypto_init() once, before anything else of
 * cpu/, while
 *   - CPUID still executes natively, and
 *   - FS:28H can be read (nettle's start-up was compiled with a stack
 *     protector; nothing that cpu/ calls after it was).
 * It writes nettle's function pointers (in .data); afterwards they are
 * constant.  GMP's functions used here need no start-up.
 */
#ifndef SWSGX_CPU_CRYPTO_INIT_H
#define SWSGX_CPU_CRYPTO_INIT_H

void cpu_crypto_init(void);

#endif
