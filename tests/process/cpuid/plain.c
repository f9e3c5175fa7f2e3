/* SPDX-License-Identifier: BSD-3-Clause */
/* A shared library without any CPUID instruction. */
int plain(void);

int plain(void)
{
	return 1;
}
