/* SPDX-License-Identifier: BSD-3-Clause */
/* What the scanner takes for a CPUID, and what it does not; hosted. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/supervisor/cpuid/eh_frame.h"
#include "process/supervisor/cpuid/elf.h"
#include "process/supervisor/cpuid/scan.h"
#include "tests/process/fixture/check.h"

#define BASE 0x401000

/* The verdict on 0F A2 at `pos` of a function with this code. */
static enum cpuid_verdict judged(const char *code, size_t size, size_t pos,
				 bool open)
{
	struct cpuid_candidate c = { .address = BASE + pos };

	cpuid_judge((const uint8_t *)code, size, BASE, open, &c, 1);
	return c.verdict;
}

#define JUDGE(code, pos)      judged(code, sizeof(code) - 1, pos, false)
#define JUDGE_OPEN(code, pos) judged(code, sizeof(code) - 1, pos, true)

static void instructions(void)
{
	/* cpuid; ret */
	CHECK_EQ(JUDGE("\x0f\xa2\xc3", 0), CPUID_SITE);
	/* with REX.W, with an operand size prefix */
	CHECK_EQ(JUDGE("\x48\x0f\xa2\xc3", 1), CPUID_SITE);
	CHECK_EQ(JUDGE("\x66\x0f\xa2\xc3", 1), CPUID_SITE);
	/* je 1f; ret; 1: cpuid; ret */
	CHECK_EQ(JUDGE("\x74\x01\xc3\x0f\xa2\xc3", 3), CPUID_SITE);
	/* jmp 2f; 1: cpuid; ret; 2: jmp 1b */
	CHECK_EQ(JUDGE("\xeb\x03\x0f\xa2\xc3\xeb\xfb", 2), CPUID_SITE);
	/* jmp *%rax; cpuid; ret: a case of a switch */
	CHECK_EQ(JUDGE("\xff\xe0\x0f\xa2\xc3", 2), CPUID_SITE);
	/* jmp *table(,%rax,8) */
	CHECK_EQ(JUDGE("\xff\x24\xc5\x00\x00\x40\x00\x0f\xa2\xc3", 7),
		 CPUID_SITE);
	/* call elsewhere; cpuid; ret */
	CHECK_EQ(JUDGE("\xe8\x00\x01\x00\x00\x0f\xa2\xc3", 5), CPUID_SITE);
	/* syscall; cpuid; ret */
	CHECK_EQ(JUDGE("\x0f\x05\x0f\xa2\xc3", 2), CPUID_SITE);
}

static void no_instructions(void)
{
	/* mov $0x11a20f22, %eax; ret */
	CHECK_EQ(JUDGE("\xb8\x22\x0f\xa2\x11\xc3", 2), CPUID_WITHIN);
	/* an instruction that ends in 0f, one that starts with a2 */
	CHECK_EQ(JUDGE("\xb0\x0f\xa2\0\0\0\0\0\0\0\0\xc3", 1), CPUID_WITHIN);
	/* ret; data */
	CHECK_EQ(JUDGE("\xc3\x0f\xa2\x90", 1), CPUID_UNKNOWN);
	/* jmp 1f; data; 1: ret */
	CHECK_EQ(JUDGE("\xeb\x02\x0f\xa2\xc3", 2), CPUID_UNKNOWN);
	/* jmp *0x18(%rax), a tail call; data */
	CHECK_EQ(JUDGE("\xff\x60\x18\x0f\xa2\xc3", 3), CPUID_UNKNOWN);
	/* jmp *got(%rip); data */
	CHECK_EQ(JUDGE("\xff\x25\x00\x00\x00\x00\x0f\xa2", 6), CPUID_UNKNOWN);
	/* ud2; data */
	CHECK_EQ(JUDGE("\x0f\x0b\x0f\xa2", 2), CPUID_UNKNOWN);
	/* cpuid; ret; then bytes that are no instruction in 64-bit mode */
	CHECK_EQ(JUDGE("\x0f\xa2\xc3\x06", 0), CPUID_UNKNOWN);
	/* the function ends in the middle of its last instruction */
	CHECK_EQ(JUDGE("\x0f\xa2\xb8\x00\x00", 0), CPUID_UNKNOWN);
	/* the second byte lies behind its end */
	CHECK_EQ(judged("\xc3\x0f\xa2", 2, 1, false), CPUID_UNKNOWN);
}

static void open_ends(void)
{
	/* cpuid; ret; anything */
	CHECK_EQ(JUDGE_OPEN("\x0f\xa2\xc3\x06\x06", 0), CPUID_SITE);
	CHECK_EQ(JUDGE_OPEN("\xc3\x0f\xa2", 1), CPUID_UNKNOWN);
	/* a system call may be exit() */
	CHECK_EQ(JUDGE_OPEN("\x0f\x05\x0f\xa2\xc3", 2), CPUID_UNKNOWN);
	CHECK_EQ(JUDGE_OPEN("\xeb\x00\x0f\xa2\xc3", 2), CPUID_UNKNOWN);
}

static int file_of(const void *bytes, size_t size)
{
	char name[] = "/tmp/swsgx-judge-XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	if (write(fd, bytes, size) != (ssize_t)size)
		check_fatal("cannot write %s", name);
	return fd;
}

/* Files that end early or lie about themselves must only be survived. */
static void broken_files(const char *path)
{
	static uint8_t bytes[1 << 16], copy[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes, sizeof(bytes));
	struct cpuid_scan scan;
	unsigned int i;

	close(fd);
	CHECK(n > 4096);
	srandom(1);
	for (i = 0; i < 300; i++) {
		unsigned int changes = (unsigned int)random() % 40;
		size_t size = (size_t)random() % (size_t)n;
		size_t within = i % 2 ? 1024 : (size_t)n;

		memcpy(copy, bytes, (size_t)n);
		while (changes--)
			copy[(size_t)random() % within] = (uint8_t)random();
		fd = file_of(copy, i % 3 ? (size_t)n : size);
		cpuid_scan(fd, &scan);
		free(scan.candidate);
		close(fd);
	}
}

/* module.c has forty, and no other. */
static void whole_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct cpuid_scan scan;
	size_t n = 0, i;

	cpuid_scan(fd, &scan);
	close(fd);
	for (i = 0; i < scan.count; i++)
		n += scan.candidate[i].verdict == CPUID_SITE;
	CHECK_EQ(n, 40);
	free(scan.candidate);
}

int main(int argc, char **argv)
{
	check_timeout(50);
	if (argc < 2)
		check_fatal("usage: judge MODULE");
	check_section("instructions");
	instructions();
	check_section("no instructions");
	no_instructions();
	check_section("open ends");
	open_ends();
	check_section("a whole file");
	whole_file(argv[1]);
	check_section("broken files");
	broken_files(argv[1]);
	return check_result();
}
