/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stand-in for linux-vdso.so.1 at link time, so that a program asks ld.so
 * for the vDSO's functions by name and version.  It is never loaded.
 */
int __vdso_sgx_enter_enclave(void);
int __vdso_clock_gettime(void);

int __vdso_sgx_enter_enclave(void)
{
	return -1;
}

int __vdso_clock_gettime(void)
{
	return -1;
}
