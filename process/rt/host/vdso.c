/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our vDSO takes the kernel's place in the auxiliary vector; its clock
 * functions go on to the kernel's own, found here by its dynamic section.
 */
#include <linux/elf.h>
#include <linux/mman.h>

#include "cpu/mem.h"
#include "kernel/vdso/vdso.h"
#include "process/rt/base/params.h"
#include "process/rt/base/string.h"
#include "process/rt/host/host.h"

#include "vdso_offsets.h"

#define DT_GNU_HASH_ 0x6ffffef5 /* not in linux/elf.h */

struct symbols {
	const Elf64_Sym *table;
	const char *strings;
	const uint32_t *hash;     /* DT_HASH, or NULL */
	const uint32_t *gnu_hash; /* DT_GNU_HASH, or NULL */
	uint64_t base;
};

static bool find_symbols(uint64_t base, struct symbols *s)
{
	const Elf64_Ehdr *eh = (const void *)base;
	const Elf64_Phdr *ph = (const void *)(base + eh->e_phoff);
	const Elf64_Dyn *d = NULL;
	unsigned int i;

	s->base = base;
	for (i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			d = (const void *)(base + ph[i].p_offset);
	for (; d && d->d_tag != DT_NULL; d++) {
		uint64_t p = base + d->d_un.d_ptr;

		if (d->d_tag == DT_SYMTAB)
			s->table = (const void *)p;
		else if (d->d_tag == DT_STRTAB)
			s->strings = (const void *)p;
		else if (d->d_tag == DT_HASH)
			s->hash = (const void *)p;
		else if (d->d_tag == DT_GNU_HASH_)
			s->gnu_hash = (const void *)p;
	}
	return s->table && s->strings && (s->hash || s->gnu_hash);
}

/* DT_GNU_HASH does not say how many symbols there are: follow its chains. */
static uint32_t count_gnu(const uint32_t *h)
{
	const uint32_t *buckets = h + 4 + h[2] * 2;
	const uint32_t *chain = buckets + h[0];
	uint32_t last = 0, i;

	for (i = 0; i < h[0]; i++)
		if (buckets[i] > last)
			last = buckets[i];
	if (last < h[1])
		return h[1];
	while (!(chain[last - h[1]] & 1))
		last++;
	return last + 1;
}

static uint64_t lookup(const struct symbols *s, const char *name)
{
	uint32_t n = s->hash ? s->hash[1] : count_gnu(s->gnu_hash);
	uint32_t i;

	for (i = 1; i < n; i++)
		if (s->table[i].st_shndx &&
		    rt_streq(s->strings + s->table[i].st_name, name))
			return s->base + s->table[i].st_value;
	return 0;
}

struct filling {
	uint64_t table;
	uint64_t enter;
};

/* Writes the table `offset` from where it lies. */
static void fill_in(void *arg, uint64_t offset)
{
	const struct filling *filling = arg;
	struct vdso_clocks *c = (void *)(filling->table + offset);
	struct symbols s = { .table = NULL };

	c->enter = filling->enter;

	if (rt_params.host_vdso && find_symbols(rt_params.host_vdso, &s)) {
		c->clock_gettime = lookup(&s, "__vdso_clock_gettime");
		c->gettimeofday = lookup(&s, "__vdso_gettimeofday");
		c->time = lookup(&s, "__vdso_time");
		c->clock_getres = lookup(&s, "__vdso_clock_getres");
		c->getcpu = lookup(&s, "__vdso_getcpu");
		c->getrandom = lookup(&s, "__vdso_getrandom");
	}
	/* no system call can replace it: its section and value go */
	if (!c->getrandom && VDSO_GETRANDOM_SYM)
		memset(rt_vdso_image + offset + VDSO_GETRANDOM_SYM, 0, 2 + 8);
}

int rt_vdso_init(uint64_t enter)
{
	uint64_t table = (uint64_t)rt_vdso_image + VDSO_CLOCK_TABLE;
	struct filling filling = { table, enter };
	uint64_t start = table & SGX_PAGE_MASK;
	uint64_t end = table + sizeof(struct vdso_clocks);

	end = (end + SGX_PAGE_SIZE - 1) & SGX_PAGE_MASK;
	if (rt_params.code_is_protected)
		return (int)rt_change_code(start, end - start,
					   PROT_READ | PROT_EXEC, fill_in,
					   &filling);
	fill_in(&filling, 0);
	return 0;
}
