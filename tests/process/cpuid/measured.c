/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An enclave whose pages are added from an executable mapping of its file,
 * CPUID instructions included, has the measure of the file.  With the argument
 * "rewritten": in that mapping there must be a difference to begin with.
 */
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

static struct parts parts;

/* The executable segment as its file says. */
static const Elf64_Phdr *code_segment(void)
{
	const Elf64_Ehdr *h = (const void *)parts.image.file;
	const Elf64_Phdr *p = (const void *)(parts.image.file + h->e_phoff);

	while (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
		p++;
	return p;
}

static uint64_t whole_pages(uint64_t size)
{
	return (size + ENCLAVE_PAGE - 1) & ~(ENCLAVE_PAGE - 1);
}

static const uint8_t *map_code(const Elf64_Phdr *p)
{
	int fd = open(victim_enclave_path(), O_RDONLY | O_CLOEXEC);
	void *code = mmap(NULL, whole_pages(p->p_filesz), PROT_READ | PROT_EXEC,
			  MAP_PRIVATE, fd, (off_t)p->p_offset);

	close(fd);
	if (code == MAP_FAILED)
		check_fatal("cannot map the enclave's code");
	return code;
}

int main(int argc, char **argv)
{
	bool rewritten = argc > 1 && !strcmp(argv[1], "rewritten");
	const Elf64_Phdr *p;
	const uint8_t *code;
	struct enclave e;

	check_timeout(40);
	parts_prepare(&parts, NULL, NULL);
	p = code_segment();
	code = map_code(p);
	if (rewritten)
		CHECK(memcmp(code, parts.image.memory + p->p_vaddr,
			     p->p_filesz));
	parts_create(&parts, &e);
	for (unsigned i = 0; i < parts.image.nr_segments; i++) {
		const struct enclave_segment *s = &parts.image.segments[i];
		bool is_code = s->offset == p->p_vaddr;

		/* behind the code the file is padded by zeroes, as pages are */
		CHECK_EQ(enclave_add_pages(&e, s->offset,
					   is_code ? code :
						     parts.image.memory +
							     s->offset,
					   s->length, s->flags, true, NULL),
			 0);
	}
	if (!CHECK_EQ(enclave_init(&e, &parts.sig), 0))
		check_fatal("%s", enclave_error());
	return check_result();
}
