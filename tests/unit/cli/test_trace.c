/* SPDX-License-Identifier: BSD-3-Clause */
/* Records as lines: each kind, each way it can end, and records that are cut.
 */
#include "tests/conform/conform.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "cli/message.h"
#include "cli/trace/trace.h"
#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"
#include "kernel/platform/injection.h"
#include "process/ctl.h"
#include "process/tape_records.h"

/* The last complaint: what cli/message.c does. */
static char complaint[512];

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(complaint, sizeof(complaint), format, args);
	va_end(args);
}

void die(const char *format, ...)
{
	complain("%s", format);
	abort();
}

#define BASE   0x7f0000000000ull
#define TIME   1002003000ull
#define PREFIX "  1.002003 41/42 "

static struct trace trace = { .classes = TAPE_CLASS_ALL };

/* A record with text behind it. */
static union {
	struct tape_record r;
	struct tape_open open;
	struct tape_ioctl ioctl;
	struct tape_memory memory;
	struct tape_leaf leaf;
	struct tape_aex aex;
	struct tape_fault fault;
	struct tape_paging paging;
	struct tape_event event;
	struct tape_signal signal;
	uint8_t bytes[TAPE_RECORD];
} rec;

static int reset(void **state)
{
	(void)state;
	memset(&rec, 0, sizeof(rec));
	trace.classes = TAPE_CLASS_ALL;
	return 0;
}

static char *line_of(void)
{
	char *text = NULL;
	size_t size;

	trace.out = open_memstream(&text, &size);
	trace_record(&trace, &rec.r);
	fclose(trace.out);
	return text;
}

static void check(enum tape_kind kind, size_t size, const char *text,
		  const char *expected)
{
	char line[1024], *got;

	rec.r.kind = (uint16_t)kind;
	rec.r.time = TIME;
	rec.r.pid = 41;
	rec.r.tid = 42;
	memcpy(rec.bytes + size, text, strlen(text));
	rec.r.size = (uint32_t)((size + strlen(text) + 7) & ~7ul);
	got = line_of();
	snprintf(line, sizeof(line), PREFIX "%s\n", expected);
	assert_string_equal(got, line);
	free(got);
}

static const struct tape_enclave enclave = { BASE, 0x10000 };

static void opens(void **state)
{
	(void)state;
	rec.open =
		(struct tape_open){ .kind = 1, .flags = 02000002, .result = 5 };
	check(TAPE_OPEN, sizeof(rec.open), "",
	      "open(\"/dev/sgx_enclave\", O_RDWR|O_CLOEXEC) = 5");
	rec.open = (struct tape_open){ .kind = 2, .result = -EACCES };
	check(TAPE_OPEN, sizeof(rec.open), "",
	      "open(\"/dev/sgx_provision\", O_RDONLY) = -1 EACCES");
}

/* Where the argument could not be read, its address is all there is. */
static void ioctls(void **state)
{
	(void)state;
	rec.ioctl = (struct tape_ioctl){ .fd = 3,
					 .cmd = 0x4008a400,
					 .arg = 0x10,
					 .result = -EFAULT,
					 .text_size = 3 };
	check(TAPE_IOCTL, sizeof(rec.ioctl), "why",
	      "ioctl(3, SGX_IOC_ENCLAVE_CREATE, 0x10) = -1 EFAULT: why");
	rec.ioctl = (struct tape_ioctl){
		.fd = 3, .cmd = 0xa4ff, .arg = 0x20, .result = -ENOTTY
	};
	check(TAPE_IOCTL, sizeof(rec.ioctl), "",
	      "ioctl(3, 0xa4ff, 0x20) = -1 ENOTTY");
	rec.ioctl = (struct tape_ioctl){
		.fd = 3, .cmd = 0x4008a400, .arg_size = 8, .result = -512
	};
	check(TAPE_IOCTL, sizeof(rec.ioctl), "\x78\x56\x34\x12",
	      "ioctl(3, SGX_IOC_ENCLAVE_CREATE, {src=0x12345678}) = "
	      "-1 ERESTARTSYS");
}

static void memory_calls(void **state)
{
	(void)state;
	rec.memory = (struct tape_memory){ .nr = SYS_mmap,
					   .length = 0x2000,
					   .prot = 5,
					   .flags = 1,
					   .result = (int64_t)BASE };
	check(TAPE_MEMORY, sizeof(rec.memory), "",
	      "mmap(NULL, 0x2000, PROT_READ|PROT_EXEC, MAP_SHARED) = "
	      "0x7f0000000000");
	rec.memory = (struct tape_memory){ .nr = SYS_pkey_mprotect,
					   .address = BASE,
					   .length = 0x1000,
					   .result = -EACCES,
					   .text_size = 2 };
	check(TAPE_MEMORY, sizeof(rec.memory), "no",
	      "pkey_mprotect(0x7f0000000000, 0x1000, PROT_NONE) = -1 EACCES: "
	      "no");
}

static struct tape_leaf leaf(uint64_t number)
{
	return (struct tape_leaf){ .leaf = number,
				   .rip = BASE + 0x100,
				   .enclave = enclave,
				   .fault = { .vector = TAPE_NO_VECTOR } };
}

static void leaves(void **state)
{
	(void)state;
	rec.leaf = leaf(ENCLU_EENTER);
	rec.leaf.rbx = BASE + 0x1000;
	rec.leaf.rcx = 0x401000;
	rec.leaf.result = 1;
	rec.leaf.target = BASE + 0x8000;
	check(TAPE_LEAF, sizeof(rec.leaf), "",
	      "EENTER tcs=0x7f0000000000+0x1000 aep=0x401000 cssa=1 -> "
	      "0x7f0000000000+0x8000");
	rec.leaf.leaf = ENCLU_ERESUME;
	check(TAPE_LEAF, sizeof(rec.leaf), "",
	      "ERESUME tcs=0x7f0000000000+0x1000 aep=0x401000 -> "
	      "0x7f0000000000+0x8000");
	rec.leaf.fault = (struct tape_exception){ .vector = 13 };
	rec.leaf.text_size = 8;
	check(TAPE_LEAF, sizeof(rec.leaf), "TCS busy",
	      "ERESUME tcs=0x7f0000000000+0x1000 aep=0x401000 = #GP: TCS busy");
	rec.leaf.fault =
		(struct tape_exception){ 14, { 0 }, 0x8005, BASE + 0x1000 };
	check(TAPE_LEAF, sizeof(rec.leaf), "gone for",
	      "ERESUME tcs=0x7f0000000000+0x1000 aep=0x401000 = #PF err=0x8005 "
	      "PRESENT|USER|SGX at 0x7f0000000000+0x1000: gone for");
	rec.leaf = leaf(ENCLU_EEXIT);
	rec.leaf.target = 0x402000;
	check(TAPE_LEAF, sizeof(rec.leaf), "",
	      "EEXIT rip=0x7f0000000000+0x100 -> 0x402000");
	rec.leaf = leaf(0x77);
	check(TAPE_LEAF, sizeof(rec.leaf), "", "ENCLU[0x77] = 0");
}

/* EACCEPT, EMODPE, EACCEPTCOPY and their SECINFO. */
static void pages_inside(void **state)
{
	uint64_t secinfo[8] = { 0x20b };

	(void)state;
	rec.leaf = leaf(ENCLU_EACCEPT);
	rec.leaf.rcx = BASE + 0x3000;
	rec.leaf.operand_size = 64;
	memcpy(rec.leaf.more, secinfo, 64);
	check(TAPE_LEAF, sizeof(rec.leaf) + 64, "",
	      "EACCEPT page=0x7f0000000000+0x3000 {PT_REG|R|W|PENDING} = 0");
	rec.leaf.zf = 1;
	rec.leaf.result = SGX_PAGE_ATTRIBUTES_MISMATCH;
	rec.leaf.text_size = 3;
	check(TAPE_LEAF, sizeof(rec.leaf) + 64, "why",
	      "EACCEPT page=0x7f0000000000+0x3000 {PT_REG|R|W|PENDING} = "
	      "SGX_PAGE_ATTRIBUTES_MISMATCH: why");
	rec.leaf.zf = 0;
	rec.leaf.leaf = ENCLU_EACCEPTCOPY;
	rec.leaf.rdx = BASE + 0x4000;
	check(TAPE_LEAF, sizeof(rec.leaf) + 64, "",
	      "EACCEPTCOPY page=0x7f0000000000+0x3000 "
	      "from=0x7f0000000000+0x4000 {PT_REG|R|W|PENDING} = 0");
	secinfo[0] = 0x205;
	memcpy(rec.leaf.more, secinfo, 64);
	rec.leaf.leaf = ENCLU_EMODPE;
	check(TAPE_LEAF, sizeof(rec.leaf) + 64, "",
	      "EMODPE page=0x7f0000000000+0x3000 {PT_REG|R|X} = 0");
}

static void exits(void **state)
{
	(void)state;
	rec.aex = (struct tape_aex){ .rip = BASE + 0x10,
				     .tcs = BASE,
				     .aep = 0x400000,
				     .enclave = enclave,
				     .cause.vector = TAPE_NO_VECTOR };
	check(TAPE_AEX, sizeof(rec.aex), "",
	      "AEX interrupt rip=0x7f0000000000+0x10 tcs=0x7f0000000000+0x0 -> "
	      "aep=0x400000");
	rec.aex.r.flags = TAPE_INJECTED;
	check(TAPE_AEX, sizeof(rec.aex), "",
	      "AEX interrupt rip=0x7f0000000000+0x10 tcs=0x7f0000000000+0x0 -> "
	      "aep=0x400000 (injected)");
	rec.aex.r.flags = 0;
	rec.aex.cause.vector = 6;
	rec.aex.text_size = 18;
	check(TAPE_AEX, sizeof(rec.aex), " instruction 0f 0b",
	      "AEX #UD rip=0x7f0000000000+0x10 tcs=0x7f0000000000+0x0 -> "
	      "aep=0x400000: instruction 0f 0b");
}

static struct tape_fault fault(uint32_t code)
{
	return (struct tape_fault){ .address = BASE + 0x2008,
				    .rip = BASE + 0x100,
				    .error_code = code,
				    .enclave = enclave,
				    .outcome = TAPE_SIGNALLED,
				    .sig = SIGSEGV,
				    .code = SEGV_ACCERR };
}

#define AT "0x7f0000000000+0x2008"
#define IP "rip=0x7f0000000000+0x100"

static void faults(void **state)
{
	(void)state;
	rec.fault = fault(0x8007);
	rec.fault.has_vma = rec.fault.has_pte = rec.fault.has_page = 1;
	rec.fault.vma_prot = 3;
	rec.fault.valid = 1;
	rec.fault.pt = PT_TCS;
	rec.fault.text_size = 1;
	check(TAPE_FAULT, sizeof(rec.fault), "y",
	      "#PF write " AT " err=0x8007 PRESENT|WRITE|USER|SGX " IP
	      ": vma rw- pte rw- epcm tcs --- -> SIGSEGV SEGV_ACCERR: y");
	rec.fault.error_code = 0x15;
	rec.fault.pkey = 4;
	rec.fault.vma_prot = 1;
	rec.fault.pt = PT_REG;
	rec.fault.epcm = ((struct epcm){ .r = 1,
					 .w = 1,
					 .pending = 1,
					 .modified = 1,
					 .pr = 1,
					 .blocked = 1 })
				 .flags;
	check(TAPE_FAULT, sizeof(rec.fault), "y",
	      "#PF fetch " AT " err=0x15 PRESENT|USER|INSTR " IP
	      ": vma r-- pkey 4 pte r-- epcm reg rw- pending modified pr "
	      "blocked -> SIGSEGV SEGV_ACCERR: y");
}

static void faults_of_absent_pages(void **state)
{
	(void)state;
	rec.fault = fault(0x4);
	rec.fault.code = SEGV_MAPERR;
	check(TAPE_FAULT, sizeof(rec.fault), "",
	      "#PF read " AT " err=0x4 USER " IP
	      ": vma none -> SIGSEGV SEGV_MAPERR");
	rec.fault = fault(0x6);
	rec.fault.has_vma = 1;
	rec.fault.sig = SIGBUS;
	rec.fault.code = BUS_ADRERR;
	check(TAPE_FAULT, sizeof(rec.fault), "",
	      "#PF write " AT " err=0x6 WRITE|USER " IP
	      ": vma --- pte none epcm none -> SIGBUS BUS_ADRERR");
	rec.fault.has_page = rec.fault.evicted = 1;
	rec.fault.outcome = TAPE_MENDED;
	check(TAPE_FAULT, sizeof(rec.fault), "",
	      "#PF write " AT " " IP
	      ": vma --- pte none epcm evicted -> mended");
	rec.fault.evicted = 0;
	rec.fault.outcome = TAPE_ABORT_PAGE;
	check(TAPE_FAULT, sizeof(rec.fault), "",
	      "#PF write " AT " " IP ": vma --- pte none epcm invalid -> from "
	      "outside: abort page");
}

static void signals(void **state)
{
	(void)state;
	rec.signal = (struct tape_signal){ .sig = SIGSEGV,
					   .code = SEGV_ACCERR,
					   .address = BASE,
					   .rip = 0x400123,
					   .exception = {
						   14, { 0 }, 0x8005, BASE } };
	check(TAPE_SIGNAL, sizeof(rec.signal), "",
	      "SIGSEGV SEGV_ACCERR si_addr=0x7f0000000000 #PF err=0x8005 "
	      "PRESENT|USER|SGX rip=0x400123");
	rec.signal.sig = 0;
	check(TAPE_SIGNAL, sizeof(rec.signal), "",
	      "vDSO exception #PF err=0x8005 PRESENT|USER|SGX "
	      "addr=0x7f0000000000 -> 0x400123");
	rec.signal.sig = SIGFPE;
	rec.signal.code = 99;
	rec.signal.exception = (struct tape_exception){ .vector = 77 };
	check(TAPE_SIGNAL, sizeof(rec.signal), "",
	      "SIGFPE si_code=99 si_addr=0x7f0000000000 vector 77 "
	      "rip=0x400123");
}

static void paging(void **state)
{
	(void)state;
	rec.paging = (struct tape_paging){ .op = TAPE_EWB,
					   .encl = 3,
					   .address = BASE + 0x5000,
					   .enclave = enclave,
					   .epc_free = 7,
					   .epc_total = 256 };
	check(TAPE_PAGING, sizeof(rec.paging), "",
	      "EWB enclave 3 0x7f0000000000+0x5000, EPC 7 of 256 pages free");
	rec.paging.op = TAPE_ELDU;
	rec.paging.address = 0;
	check(TAPE_PAGING, sizeof(rec.paging), "",
	      "ELDU enclave 3 SECS, EPC 7 of 256 pages free");
	rec.paging.op = TAPE_EAUG;
	check(TAPE_PAGING, sizeof(rec.paging), "",
	      "EAUG enclave 3 SECS, EPC 7 of 256 pages free");
}

static void events(void **state)
{
	(void)state;
	rec.event = (struct tape_event){ .event = SGX_EVENT_EPC_LOSS,
					 .enclaves = 1,
					 .pages = 2,
					 .text = "epc-loss@eenter=3" };
	check(TAPE_EVENT, sizeof(rec.event), "",
	      "epc-loss by --inject epc-loss@eenter=3: 1 enclave, 2 pages, 0 "
	      "threads");
	rec.event.origin = RT_BY_COMMAND;
	rec.event.event = SGX_EVENT_MIGRATE;
	check(TAPE_EVENT, sizeof(rec.event), "",
	      "migrate by a command: 1 enclave, 2 pages, 0 threads");
	rec.event.origin = RT_BY_PROGRAM;
	rec.event.event = SGX_EVENT_EVICT;
	check(TAPE_EVENT, sizeof(rec.event), "",
	      "evict by the program: 1 enclave, 2 pages, 0 threads");
}

/* Only what was asked for; every record has one class. */
static void filtered(void **state)
{
	static const struct {
		enum tape_kind kind;
		uint32_t classes;
	} all[] = {
		{ TAPE_OPEN, TAPE_CLASS_IOCTL },
		{ TAPE_IOCTL, TAPE_CLASS_IOCTL },
		{ TAPE_MEMORY, TAPE_CLASS_IOCTL },
		{ TAPE_LEAF, TAPE_CLASS_LEAF },
		{ TAPE_AEX, TAPE_CLASS_LEAF },
		{ TAPE_FAULT, TAPE_CLASS_FAULT },
		{ TAPE_PAGING, TAPE_CLASS_PAGING },
		{ TAPE_EVENT, TAPE_CLASS_PAGING },
		{ TAPE_SIGNAL, TAPE_CLASS_SIGNAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (uint32_t class = 1; class <= TAPE_CLASS_ALL; class <<= 1) {
			char *text;

			rec.r.kind = (uint16_t)all[i].kind;
			rec.r.size = sizeof(rec);
			trace.classes = class;
			text = line_of();
			assert_int_equal(*text != 0, class == all[i].classes);
			free(text);
		}
	}
}

/* A program may scribble on its tape: nothing behind the record is read. */
static void cut(void **state)
{
	char *text;

	(void)state;
	for (uint16_t kind = 0; kind < TAPE_KINDS + 3; kind++) {
		for (uint32_t size = sizeof(rec.r); size < 512; size += 8) {
			void *copy = malloc(size);

			assert_non_null(copy);
			memset(copy, 0xff, size);
			((struct tape_record *)copy)->size = size;
			((struct tape_record *)copy)->kind = kind;
			trace.out = open_memstream(&text, &(size_t){ 0 });
			trace_record(&trace, copy);
			fclose(trace.out);
			free(text);
			free(copy);
		}
	}
}

static void lost(void **state)
{
	char *text = NULL;
	size_t size;

	(void)state;
	trace.out = open_memstream(&text, &size);
	trace_lost(&trace, 1, TIME);
	trace_lost(&trace, 2, TIME);
	fclose(trace.out);
	assert_string_equal(
		text,
		"  1.002003 swsgx 1 event lost: they came faster than they "
		"were written; a filter has fewer come\n"
		"  1.002003 swsgx 2 events lost: they came faster than they "
		"were written; a filter has fewer come\n");
	free(text);
}

static void filter_names(void **state)
{
	uint32_t classes;

	(void)state;
	assert_int_equal(trace_filter("x", "ioctl,leaf", &classes), 0);
	assert_int_equal(classes, TAPE_CLASS_IOCTL | TAPE_CLASS_LEAF);
	assert_int_equal(trace_filter("x", "fault,paging,signal", &classes), 0);
	assert_int_equal(classes, TAPE_CLASS_FAULT | TAPE_CLASS_PAGING |
					  TAPE_CLASS_SIGNAL);
	assert_int_equal(trace_filter("x", "all", &classes), 0);
	assert_int_equal(classes, TAPE_CLASS_ALL);
	assert_int_equal(trace_filter("x", "", &classes), -1);
	assert_int_equal(trace_filter("x", "leaf,", &classes), -1);
	assert_int_equal(trace_filter("trace-filter", "laef", &classes), -1);
	assert_non_null(strstr(complaint, "did you mean leaf?"));
	assert_non_null(strstr(complaint, "--trace-filter"));
	assert_non_null(
		strstr(complaint, "ioctl, leaf, fault, paging, signal, all"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(opens, reset),
		cmocka_unit_test_setup(ioctls, reset),
		cmocka_unit_test_setup(memory_calls, reset),
		cmocka_unit_test_setup(leaves, reset),
		cmocka_unit_test_setup(pages_inside, reset),
		cmocka_unit_test_setup(exits, reset),
		cmocka_unit_test_setup(faults, reset),
		cmocka_unit_test_setup(faults_of_absent_pages, reset),
		cmocka_unit_test_setup(signals, reset),
		cmocka_unit_test_setup(paging, reset),
		cmocka_unit_test_setup(events, reset),
		cmocka_unit_test_setup(filtered, reset),
		cmocka_unit_test_setup(cut, reset),
		cmocka_unit_test_setup(lost, reset),
		cmocka_unit_test_setup(filter_names, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
