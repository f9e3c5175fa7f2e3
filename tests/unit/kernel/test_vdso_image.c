/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vDSO image, found in the ways that programs find it, and run: where the
 * enclave would run, the ENCLU is replaced in a private copy of the image.
 * Usage: test-kernel-vdso_image VDSO.SO
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <asm/sgx.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#include "kernel/vdso/vdso.h"
#include "tests/conform/conform.h"
#include "vdso_offsets.h"

static const char *path;
static uint8_t *image; /* a private copy that may be changed */

/* clang-format off */
static const char *const names[] = {
	"__vdso_sgx_enter_enclave", "__vdso_clock_gettime",
	"__vdso_gettimeofday", "__vdso_time", "__vdso_clock_getres",
	"__vdso_getcpu", "__vdso_getrandom", "clock_gettime", "gettimeofday",
	"time", "clock_getres", "getcpu",
};
/* clang-format on */
#define NR_NAMES (sizeof(names) / sizeof(names[0]))

static int map_image(void **state)
{
	int fd = open(path, O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	image = mmap(NULL, VDSO_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		     MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(image, MAP_FAILED);
	assert_int_equal(lseek(fd, 0, SEEK_END), VDSO_SIZE);
	close(fd);
	return 0;
}

static int unmap_image(void **state)
{
	(void)state;
	return munmap(image, VDSO_SIZE);
}

/* Finding it ---------------------------------------------------------- */

struct dynamic {
	const Elf64_Sym *symtab;
	const char *strtab;
	const uint32_t *hash;
	uint64_t gnu_hash, verdef, versym, soname;
};

/* As from AT_SYSINFO_EHDR: p_offset and d_ptr are added to the base. */
static struct dynamic find_dynamic(void)
{
	const Elf64_Ehdr *ehdr = (const void *)image;
	const Elf64_Phdr *phdr = (const void *)(image + ehdr->e_phoff);
	struct dynamic d = { 0 };
	const Elf64_Dyn *dyn;

	while (phdr->p_type != PT_DYNAMIC)
		phdr++;
	for (dyn = (const void *)(image + phdr->p_offset); dyn->d_tag; dyn++) {
		const uint8_t *p = image + dyn->d_un.d_ptr;

		switch (dyn->d_tag) {
		case DT_SYMTAB:
			d.symtab = (const void *)p;
			break;
		case DT_STRTAB:
			d.strtab = (const void *)p;
			break;
		case DT_HASH:
			d.hash = (const void *)p;
			break;
		case DT_GNU_HASH:
			d.gnu_hash = dyn->d_un.d_ptr;
			break;
		case DT_VERDEF:
			d.verdef = dyn->d_un.d_ptr;
			break;
		case DT_VERSYM:
			d.versym = dyn->d_un.d_ptr;
			break;
		case DT_SONAME:
			d.soname = dyn->d_un.d_val;
			break;
		default:
			break;
		}
	}
	return d;
}

static uint32_t sysv_hash(const char *name)
{
	uint32_t h = 0;

	for (; *name; name++) {
		h = (h << 4) + (uint8_t)*name;
		h ^= (h & 0xf0000000) >> 24;
		h &= 0x0fffffff;
	}
	return h;
}

/* The selftest's way: DT_HASH, no look at versions. */
static const Elf64_Sym *by_hash(const struct dynamic *d, const char *name)
{
	uint32_t nbucket = d->hash[0];
	const uint32_t *bucket = d->hash + 2, *chain = bucket + nbucket;

	for (uint32_t i = bucket[sysv_hash(name) % nbucket]; i; i = chain[i]) {
		if (!strcmp(d->strtab + d->symtab[i].st_name, name))
			return &d->symtab[i];
	}
	return NULL;
}

static void found_by_dt_hash(void **state)
{
	struct dynamic d = find_dynamic();

	(void)state;
	for (unsigned i = 0; i < NR_NAMES; i++) {
		const Elf64_Sym *sym = by_hash(&d, names[i]);

		assert_non_null(sym);
		assert_int_equal(ELF64_ST_TYPE(sym->st_info), STT_FUNC);
		assert_in_range(sym->st_value, 1, VDSO_SIZE - 1);
		assert_int_not_equal(sym->st_shndx, SHN_UNDEF);
	}
	assert_null(by_hash(&d, "vdso_sgx_enclu"));
}

/* Intel's uRTS: the section headers. */
static void found_by_section_headers(void **state)
{
	const Elf64_Ehdr *ehdr = (const void *)image;
	const Elf64_Shdr *shdr = (const void *)(image + ehdr->e_shoff);
	struct dynamic d = find_dynamic();
	unsigned found = 0;

	(void)state;
	assert_true(ehdr->e_shoff + ehdr->e_shnum * sizeof(*shdr) <= VDSO_SIZE);
	for (unsigned i = 0; i < ehdr->e_shnum; i++) {
		if (shdr[i].sh_type != SHT_DYNSYM)
			continue;
		assert_ptr_equal(image + shdr[i].sh_offset, d.symtab);
		assert_ptr_equal(image + shdr[shdr[i].sh_link].sh_offset,
				 d.strtab);
		found++;
	}
	assert_int_equal(found, 1);
}

static void has_the_layout_of_linuxs_own(void **state)
{
	const Elf64_Ehdr *ehdr = (const void *)image;
	const Elf64_Phdr *phdr = (const void *)(image + ehdr->e_phoff);
	struct dynamic d = find_dynamic();
	unsigned loads = 0, eh = 0;

	(void)state;
	for (unsigned i = 0; i < ehdr->e_phnum; i++) {
		assert_int_equal(phdr[i].p_offset, phdr[i].p_vaddr);
		eh += phdr[i].p_type == PT_GNU_EH_FRAME;
		if (phdr[i].p_type != PT_LOAD)
			continue;
		loads++;
		assert_int_equal(phdr[i].p_vaddr, 0);
		assert_int_equal(phdr[i].p_flags, PF_R | PF_X);
	}
	assert_int_equal(loads, 1);
	assert_int_equal(eh, 1);
	assert_true(d.gnu_hash && d.verdef && d.versym);
	assert_string_equal(d.strtab + d.soname, "linux-vdso.so.1");
	assert_int_equal(VDSO_SIZE % 4096, 0);
}

/* A file with what `image` holds now, opened by ld.so. */
static void *dlopen_image(void)
{
	int fd = memfd_create("vdso", 0);
	char name[64];
	void *handle;

	assert_int_equal(write(fd, image, VDSO_SIZE), VDSO_SIZE);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	close(fd);
	assert_non_null(handle);
	return handle;
}

static void found_by_the_dynamic_linker_with_its_version(void **state)
{
	void *handle = dlopen_image();

	(void)state;
	for (unsigned i = 0; i < NR_NAMES; i++)
		assert_non_null(dlvsym(handle, names[i], "LINUX_2.6"));
	assert_null(dlvsym(handle, names[0], "LINUX_2.5"));
	dlclose(handle);
}

static void getrandom_can_be_taken_out(void **state)
{
	struct dynamic d = find_dynamic();
	void *handle;

	(void)state;
	assert_int_not_equal(by_hash(&d, "__vdso_getrandom")->st_shndx, 0);
	memset(image + VDSO_GETRANDOM_SYM, 0, 2 + 8);
	assert_int_equal(by_hash(&d, "__vdso_getrandom")->st_shndx, SHN_UNDEF);
	assert_int_equal(by_hash(&d, "__vdso_getrandom")->st_value, 0);
	handle = dlopen_image();
	assert_null(dlsym(handle, "__vdso_getrandom"));
	assert_non_null(dlsym(handle, "__vdso_time"));
	dlclose(handle);
}

/* Time ------------------------------------------------------------- */

static void *function(const char *name)
{
	struct dynamic d = find_dynamic();

	return image + by_hash(&d, name)->st_value;
}

static void clocks_without_the_hosts_vdso_are_system_calls(void **state)
{
	int (*gettime)(clockid_t,
		       struct timespec *) = function("__vdso_clock_gettime");
	int (*getres)(clockid_t,
		      struct timespec *) = function("__vdso_clock_getres");
	int (*tod)(struct timeval *, void *) = function("__vdso_gettimeofday");
	time_t (*now)(time_t *) = function("__vdso_time");
	long (*cpu)(unsigned *, unsigned *, void *) = function("__vdso_getcpu");
	struct timespec a, b, res;
	struct timeval tv;
	unsigned c = 12345;
	time_t t;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(gettime(CLOCK_MONOTONIC, &b), 0);
	assert_true(b.tv_sec > a.tv_sec ||
		    (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec));
	assert_true(b.tv_sec - a.tv_sec <= 10);
	assert_int_equal(getres(CLOCK_MONOTONIC, &res), 0);
	assert_int_equal(tod(&tv, NULL), 0);
	assert_true(now(&t) - tv.tv_sec <= 10);
	assert_int_equal(cpu(&c, NULL, NULL), 0);
	assert_int_not_equal(c, 12345);
	assert_int_equal(gettime(9999, &b), -EINVAL);
}

static long mark(long which)
{
	return 1000 + which;
}

static long hosts_own(long a, long b, long c)
{
	return mark(a * 100 + b * 10 + c);
}

static void clocks_go_to_the_hosts_vdso(void **state)
{
	static const struct {
		const char *name;
		size_t entry;
	} clocks[] = {
		{ "clock_gettime",
		  offsetof(struct vdso_clocks, clock_gettime) },
		{ "gettimeofday", offsetof(struct vdso_clocks, gettimeofday) },
		{ "time", offsetof(struct vdso_clocks, time) },
		{ "clock_getres", offsetof(struct vdso_clocks, clock_getres) },
		{ "getcpu", offsetof(struct vdso_clocks, getcpu) },
		{ "__vdso_getrandom", offsetof(struct vdso_clocks, getrandom) },
	};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		long (*f)(long, long, long) = function(clocks[i].name);
		uint64_t target = (uintptr_t)hosts_own;

		memcpy(image + VDSO_CLOCK_TABLE + clocks[i].entry, &target, 8);
		assert_int_equal(f(1, 2, 3), 1123);
	}
}

/* Entering ---------------------------------------------------------- */

static struct sgx_enclave_run run;
static vdso_sgx_enter_enclave_t enter;

/* Before ENCLU it goes where the runtime says. */
static void enter_at(uint64_t where)
{
	memcpy(image + VDSO_CLOCK_TABLE + offsetof(struct vdso_clocks, enter),
	       &where, sizeof(where));
}

static int prepare(void **state)
{
	map_image(state);
	enter_at((uintptr_t)image + VDSO_SGX_ENCLU);
	memset(&run, 0, sizeof(run));
	run.tcs = 0x1234000;
	run.function = 77;
	run.user_data = 0xdeadbeef;
	run.exception_vector = 55;
	enter = (vdso_sgx_enter_enclave_t)function("__vdso_sgx_enter_enclave");
	return 0;
}

/* The enclave exits at once: what EEXIT reaches comes right after. */
static int prepare_exit(void **state)
{
	prepare(state);
	memset(image + VDSO_SGX_ENCLU, 0x90, 3);
	return 0;
}

/* ENCLU faults; RDI, RSI, RDX come from the caller instead of the kernel. */
static int prepare_fault(void **state)
{
	prepare(state);
	image[VDSO_SGX_ENCLU] = 0xeb; /* JMP rel8 */
	image[VDSO_SGX_ENCLU + 1] = VDSO_SGX_FIXUP - (VDSO_SGX_ENCLU + 2);
	return 0;
}

static void the_site_is_enclu(void **state)
{
	(void)state;
	assert_int_equal(image[VDSO_SGX_ENCLU], 0x0f);
	assert_int_equal(image[VDSO_SGX_ENCLU + 1], 0x01);
	assert_int_equal(image[VDSO_SGX_ENCLU + 2], 0xd7);
}

/* The runtime: RAX, RBX, RCX into where RDI says; goes on behind ENCLU. */
__asm__(".type	as_the_runtime, @function\n"
	"as_the_runtime:\n"
	"	mov	%rax, (%rdi)\n"
	"	mov	%rbx, 8(%rdi)\n"
	"	mov	%rcx, 16(%rdi)\n"
	"	add	$3, %rcx\n"
	"	jmp	*%rcx\n"
	".size	as_the_runtime, . - as_the_runtime");
extern const char as_the_runtime[];

static void eenter_asks_the_runtime_first(void **state)
{
	uint64_t seen[3] = { 0 };

	(void)state;
	enter_at((uintptr_t)as_the_runtime);
	assert_int_equal(enter((uintptr_t)seen, 0, 0, 2, 0, 0, &run), 0);
	assert_int_equal(seen[0], 2);
	assert_int_equal(seen[1], run.tcs);
	assert_int_equal(seen[2], (uintptr_t)image + VDSO_SGX_ENCLU);
	assert_int_equal(run.function, 4);
}

static void other_functions_are_einval(void **state)
{
	(void)state;
	assert_int_equal(enter(0, 0, 0, 0, 0, 0, &run), -EINVAL);
	assert_int_equal(enter(0, 0, 0, 1, 0, 0, &run), -EINVAL);
	assert_int_equal(enter(0, 0, 0, 4, 0, 0, &run), -EINVAL);
	assert_int_equal(enter(0, 0, 0, ~0u, 0, 0, &run), -EINVAL);
	assert_int_equal(run.function, 77);
}

static void reserved_bytes_are_einval(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(run.reserved); i++) {
		run.reserved[i] = 1;
		assert_int_equal(enter(0, 0, 0, 2, 0, 0, &run), -EINVAL);
		run.reserved[i] = 0;
	}
	assert_int_equal(run.function, 77);
}

static void exit_says_eexit_and_leaves_the_rest(void **state)
{
	(void)state;
	assert_int_equal(enter(1, 2, 3, 2, 5, 6, &run), 0);
	assert_int_equal(run.function, 4);
	assert_int_equal(run.exception_vector, 55);
	assert_int_equal(run.user_data, 0xdeadbeef);
	assert_int_equal(enter(1, 2, 3, 3, 5, 6, &run), 0);
}

static void keeps_rbx_rbp_rsp(void **state)
{
	register uint64_t *kept __asm__("r12") = (uint64_t[]){ 0x1111, 0x2222,
							       0, 0 };
	register struct sgx_enclave_run *r __asm__("r13") = &run;
	uint64_t rax = (uintptr_t)enter;

	(void)state;
	__asm__ volatile("lea	-128(%%rsp), %%rsp\n" /* the red zone */
			 "push	%%rbp\n"
			 "push	%%rbx\n"
			 "mov	(%%r12), %%rbx\n"
			 "mov	8(%%r12), %%rbp\n"
			 "mov	%%rsp, %%r14\n"
			 "and	$-16, %%rsp\n"
			 "push	%%r13\n"
			 "push	%%r13\n"
			 "mov	%%rsp, 16(%%r12)\n"
			 "call	*%%rax\n"
			 "mov	%%rsp, 24(%%r12)\n"
			 "mov	%%r14, %%rsp\n"
			 "mov	%%rbx, (%%r12)\n"
			 "mov	%%rbp, 8(%%r12)\n"
			 "pop	%%rbx\n"
			 "pop	%%rbp\n"
			 "lea	128(%%rsp), %%rsp"
			 : "+a"(rax)
			 : "r"(kept), "r"(r), "c"(2)
			 : "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r14",
			   "memory", "cc");
	assert_int_equal(rax, 0);
	assert_int_equal(kept[0], 0x1111);
	assert_int_equal(kept[1], 0x2222);
	assert_int_equal(kept[3], kept[2]);
	assert_int_equal(run.function, 4);
}

static void exception_is_described(void **state)
{
	(void)state;
	assert_int_equal(enter(14, 0x18007, 0xabc000, 3, 0, 0, &run), 0);
	assert_int_equal(run.function, 3);
	assert_int_equal(run.exception_vector, 14);
	assert_int_equal(run.exception_error_code, 0x8007);
	assert_int_equal(run.exception_addr, 0xabc000);
	assert_int_equal(enter(6, 0, 0, 2, 0, 0, &run), 0);
	assert_int_equal(run.function, 2);
	assert_int_equal(run.exception_vector, 6);
	assert_int_equal(run.user_data, 0xdeadbeef);
}

/* What the handler was called with, and what it shall return. */
static struct {
	long rdi, rsi, rdx, rsp, r8, r9;
	struct sgx_enclave_run *run;
	bool aligned, down; /* DF */
	unsigned calls;
	int returns[4];
	/* What the first call makes of `run`. */
	uint64_t new_tcs;
	uint8_t new_reserved;
	unsigned frames;
} handler;

static _Unwind_Reason_Code count(struct _Unwind_Context *context, void *data)
{
	uint64_t ip = _Unwind_GetIP(context);
	(void)data;
	/* Beyond the vDSO: its own frame was found and left. */
	handler.frames += ip != 0;
	return _URC_NO_REASON;
}

static int user_handler(long rdi, long rsi, long rdx, long rsp, long r8,
			long r9, struct sgx_enclave_run *r)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

	handler.rdi = rdi;
	handler.rsi = rsi;
	handler.rdx = rdx;
	handler.rsp = rsp;
	handler.r8 = r8;
	handler.r9 = r9;
	handler.run = r;
	handler.aligned = frame % 16 == 0;
	handler.down = __builtin_ia32_readeflags_u64() & 0x400;
	if (!handler.calls) {
		r->tcs = handler.new_tcs ? handler.new_tcs : r->tcs;
		r->reserved[0] = handler.new_reserved;
	}
	handler.frames = 0;
	_Unwind_Backtrace(count, NULL);
	return handler.returns[handler.calls++];
}

static void use_handler(int first, int second)
{
	memset(&handler, 0, sizeof(handler));
	handler.returns[0] = first;
	handler.returns[1] = second;
	run.user_handler = (uintptr_t)user_handler;
}

static void handler_gets_registers_and_frame(void **state)
{
	const uint64_t *stack;

	(void)state;
	use_handler(0, 0);
	assert_int_equal(enter(1, 2, 3, 2, 5, 6, &run), 0);
	assert_int_equal(handler.rdi, 1);
	assert_int_equal(handler.rsi, 2);
	assert_int_equal(handler.rdx, 3);
	assert_int_equal(handler.r8, 5);
	assert_int_equal(handler.r9, 6);
	assert_ptr_equal(handler.run, &run);
	assert_true(handler.aligned);
	/* RBX, RBP, return address, run: nothing else on the stack. */
	stack = (const uint64_t *)handler.rsp;
	assert_int_equal(stack[3], (uintptr_t)&run);
}

static void handler_is_called_after_exceptions(void **state)
{
	(void)state;
	use_handler(0, 0);
	assert_int_equal(enter(13, 0, 0, 3, 0, 0, &run), 0);
	assert_int_equal(handler.calls, 1);
	assert_int_equal(run.function, 3);
	assert_int_equal(run.exception_vector, 13);
}

static void handlers_negative_is_returned(void **state)
{
	(void)state;
	use_handler(-77, 0);
	assert_int_equal(enter(0, 0, 0, 2, 0, 0, &run), -77);
	assert_int_equal(handler.calls, 1);
}

static void handlers_positive_enters_again(void **state)
{
	(void)state;
	use_handler(3, -5);
	assert_int_equal(enter(0, 0, 0, 2, 0, 0, &run), -5);
	assert_int_equal(handler.calls, 2);
	use_handler(2, 0);
	assert_int_equal(enter(0, 0, 0, 3, 0, 0, &run), 0);
	assert_int_equal(handler.calls, 2);
}

static void handlers_other_number_is_einval(void **state)
{
	(void)state;
	use_handler(9, 0);
	assert_int_equal(enter(0, 0, 0, 2, 0, 0, &run), -EINVAL);
	assert_int_equal(handler.calls, 1);
}

static void df_is_clear_for_the_handler(void **state)
{
	(void)state;
	image[VDSO_SGX_ENCLU] = 0xfd; /* STD, in place of the enclave */
	use_handler(0, 0);
	assert_int_equal(enter(0, 0, 0, 2, 0, 0, &run), 0);
	assert_int_equal(handler.calls, 1);
	assert_false(handler.down);
}

/* MOV RDX, RBX, in place of ENCLU: the handler sees the TCS. */
static void run_is_read_again(void **state)
{
	(void)state;
	memcpy(image + VDSO_SGX_ENCLU, "\x48\x89\xda", 3);
	use_handler(2, 0);
	assert_int_equal(enter(0, 0, 0, 2, 0, 0, &run), 0);
	assert_int_equal(handler.rdx, 0x1234000);
	use_handler(2, 0);
	handler.new_tcs = 0x5678000;
	assert_int_equal(enter(0, 0, 0, 2, 0, 0, &run), 0);
	assert_int_equal(handler.calls, 2);
	assert_int_equal(handler.rdx, 0x5678000);
}

static void reserved_is_tested_again(void **state)
{
	(void)state;
	use_handler(2, 0);
	handler.new_reserved = 1;
	assert_int_equal(enter(0, 0, 0, 2, 0, 0, &run), -EINVAL);
	assert_int_equal(handler.calls, 1);
}

/* A debugger, or C++: from the handler out through the vDSO. */
static void can_be_unwound(void **state)
{
	void *handle;

	(void)state;
	handle = dlopen_image();
	enter = (vdso_sgx_enter_enclave_t)dlsym(handle,
						"__vdso_sgx_enter_enclave");
	use_handler(0, 0);
	assert_int_equal(enter(0, 0, 0, 3, 0, 0, &run), 0);
	/* Handler, vDSO, this test, cmocka's runner, main. */
	assert_true(handler.frames >= 5);
	dlclose(handle);
}

#define IMAGE(f)  cmocka_unit_test_setup_teardown(f, map_image, unmap_image)
#define CALL(f)   cmocka_unit_test_setup_teardown(f, prepare, unmap_image)
#define EXITS(f)  cmocka_unit_test_setup_teardown(f, prepare_exit, unmap_image)
#define FAULTS(f) cmocka_unit_test_setup_teardown(f, prepare_fault, unmap_image)

static const struct conform rows[] = {
	SUBJECT("the vDSO's image", "arch/x86/entry/vdso"),
	ROW("__vdso_sgx_enter_enclave@LINUX_2.6",
	    "is found by DT_HASH, by "
	    "sections, by the dynamic linker",
	    IMAGE(found_by_dt_hash), IMAGE(found_by_section_headers),
	    IMAGE(found_by_the_dynamic_linker_with_its_version),
	    IMAGE(has_the_layout_of_linuxs_own)),
	ROW("the clocks and getrandom", "as the host's",
	    IMAGE(getrandom_can_be_taken_out),
	    IMAGE(clocks_without_the_hosts_vdso_are_system_calls),
	    IMAGE(clocks_go_to_the_hosts_vdso)),
	ROW("the AEP", "is its ENCLU", IMAGE(the_site_is_enclu),
	    CALL(eenter_asks_the_runtime_first)),
	SUBJECT("__vdso_sgx_enter_enclave()", "arch/x86/entry/vdso/vsgx.S"),
	ROW("the function is neither EENTER nor ERESUME", "-EINVAL",
	    CALL(other_functions_are_einval)),
	ROW("a reserved byte of struct sgx_enclave_run is not 0", "-EINVAL",
	    CALL(reserved_bytes_are_einval)),
	ROW("EEXIT", "0, function EEXIT, the rest as it was",
	    EXITS(exit_says_eexit_and_leaves_the_rest)),
	ROW("an exception", "0; function, vector, error code, address",
	    FAULTS(exception_is_described)),
	ROW("user_handler", "is called with registers and RSP as at the exit",
	    EXITS(handler_gets_registers_and_frame),
	    FAULTS(handler_is_called_after_exceptions)),
	ROW("user_handler gives a value up to 0", "is returned",
	    EXITS(handlers_negative_is_returned)),
	ROW("user_handler gives EENTER or ERESUME", "enters again",
	    EXITS(handlers_positive_enters_again)),
	ROW("DF, when user_handler is called", "0",
	    EXITS(df_is_clear_for_the_handler)),
	ROW("user_handler changed run, and enters again",
	    "tcs is taken from "
	    "it; reserved bytes are tested",
	    EXITS(run_is_read_again), EXITS(reserved_is_tested_again)),
	ROW("user_handler gives another value", "-EINVAL",
	    EXITS(handlers_other_number_is_einval)),
	ROW("RBX, RBP, RSP", "are kept", EXITS(keeps_rbx_rbp_rsp)),
	ROW("a debugger, or C++, in user_handler", "can unwind through it",
	    EXITS(can_be_unwound)),
};

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s VDSO.SO | --rows\n", argv[0]);
		return 2;
	}
	path = argv[1];
	/* It names no case. */
	if (strcmp(path, "--rows") != 0)
		argc = 1;
	return conform_main(argc, argv, __FILE__, rows,
			    sizeof(rows) / sizeof(rows[0]), NULL);
}
