/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints what CPUID shows of SGX, and of what is near it. */
#include <cpuid.h>
#include <stdio.h>

static void print(unsigned int leaf, unsigned int sub)
{
	unsigned int a, b, c, d;

	__cpuid_count(leaf, sub, a, b, c, d);
	printf("%x.%x: %08x %08x %08x %08x\n", leaf, sub, a, b, c, d);
}

int main(void)
{
	print(0, 0);
	print(0, 5);
	for (unsigned int sub = 0; sub < 4; sub++)
		print(7, sub);
	for (unsigned int sub = 0; sub < 12; sub++)
		print(0xd, sub);
	print(0x14, 1);
	print(0x12, 0);
	print(0x12, 1);
	print(0x12, 2);
	print(0x12, 3);
	print(0x80000000, 0);
	print(0x80000001, 1);
	print(0x80000007, 0);
	print(0x80000008, 0);
	return 0;
}
