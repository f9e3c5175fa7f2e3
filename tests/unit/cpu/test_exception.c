/* SPDX-License-Identifier: BSD-3-Clause */
/* Which instructions an enclave may not execute; what exceptions it has. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

#include "cpu/exception.h"

#define BYTES(...) \
	(const uint8_t[]){ __VA_ARGS__ }, \
		sizeof((const uint8_t[]){ __VA_ARGS__ })

static struct instruction instruction(const uint8_t *byte, size_t n)
{
	struct instruction insn = { .length = (unsigned int)n };

	memcpy(insn.byte, byte, n);
	return insn;
}

static bool illegal(const struct machine *m, const uint8_t *byte, size_t n)
{
	const struct instruction insn = instruction(byte, n);

	return instruction_is_illegal(m->cpu.package, &insn);
}

#define ILLEGAL(...) assert_true(illegal(m, BYTES(__VA_ARGS__)))
#define LEGAL(...)   assert_false(illegal(m, BYTES(__VA_ARGS__)))

static void input_output(void **state)
{
	const struct machine *m = *state;

	for (uint8_t op = 0x6c; op <= 0x6f; op++) /* INS, OUTS */
		ILLEGAL(op);
	for (uint8_t op = 0xe4; op <= 0xe7; op++) /* IN, OUT imm8 */
		ILLEGAL(op, 0x80);
	for (uint8_t op = 0xec; op <= 0xef; op++) /* IN, OUT DX */
		ILLEGAL(op);
	LEGAL(0x6b, 0xc0, 1);    /* IMUL */
	LEGAL(0x70, 0);          /* JO */
	LEGAL(0xe3, 0);          /* JRCXZ */
	LEGAL(0xe8, 0, 0, 0, 0); /* CALL */
	LEGAL(0xeb, 0);          /* JMP */
	LEGAL(0xf4);             /* HLT: #GP, as outside */
}

static void software_interrupts(void **state)
{
	const struct machine *m = *state;

	ILLEGAL(0xcd, 0x80);
	LEGAL(0xcc); /* INT3 is for enclave_exception() */
}

static void system_calls(void **state)
{
	const struct machine *m = *state;

	ILLEGAL(0x0f, 0x05); /* SYSCALL */
	ILLEGAL(0x0f, 0x34); /* SYSENTER */
	LEGAL(0x0f, 0x06);   /* CLTS: #GP, as outside */
}

static void far_transfers(void **state)
{
	const struct machine *m = *state;

	ILLEGAL(0xca, 8, 0); /* RETF */
	ILLEGAL(0xcb);
	ILLEGAL(0xcf);       /* IRET */
	ILLEGAL(0xff, 0x18); /* CALL far [RAX] */
	ILLEGAL(0xff, 0x28); /* JMP far [RAX] */
	ILLEGAL(0xff, 0xa8, 0, 0, 0, 0);
	LEGAL(0xff, 0xd8); /* with a register: invalid outside, too */
	LEGAL(0xff, 0xe8);
	LEGAL(0xff, 0x10); /* CALL [RAX] */
	LEGAL(0xff, 0x20); /* JMP [RAX] */
	LEGAL(0xff, 0x30); /* PUSH [RAX] */
	LEGAL(0xc3);       /* RET */
	LEGAL(0xc9);       /* LEAVE */
}

static void segment_registers(void **state)
{
	const struct machine *m = *state;

	ILLEGAL(0x8e, 0xd8);    /* MOV DS, EAX */
	ILLEGAL(0x0f, 0xa1);    /* POP FS */
	ILLEGAL(0x0f, 0xa9);    /* POP GS */
	ILLEGAL(0x0f, 0xb2, 0); /* LSS */
	ILLEGAL(0x0f, 0xb4, 0); /* LFS */
	ILLEGAL(0x0f, 0xb5, 0); /* LGS */
	LEGAL(0x8c, 0xd8);      /* MOV EAX, DS */
	LEGAL(0x0f, 0xa0);      /* PUSH FS */
	LEGAL(0x0f, 0xa8);      /* PUSH GS */
	LEGAL(0x0f, 0xb3, 0);   /* BTR */
}

static void what_tells_of_the_machine(void **state)
{
	const struct machine *m = *state;

	ILLEGAL(0x0f, 0xa2);       /* CPUID */
	ILLEGAL(0x0f, 0x33);       /* RDPMC */
	ILLEGAL(0x0f, 0x37);       /* GETSEC */
	ILLEGAL(0x0f, 0x01, 0xc1); /* VMCALL */
	ILLEGAL(0x0f, 0x01, 0xd4); /* VMFUNC */
	ILLEGAL(0x0f, 0x00, 0x00); /* SLDT */
	ILLEGAL(0x0f, 0x00, 0xc8); /* STR */
	ILLEGAL(0x0f, 0x01, 0x00); /* SGDT */
	ILLEGAL(0x0f, 0x01, 0x08); /* SIDT */
	ILLEGAL(0x0f, 0x01, 0x20); /* SMSW */
	ILLEGAL(0x0f, 0x01, 0xe0);
	LEGAL(0x0f, 0x00, 0xd0); /* LLDT: #GP, as outside */
	LEGAL(0x0f, 0x00, 0xe0); /* VERR */
	LEGAL(0x0f, 0x01, 0x10); /* LGDT: #GP, as outside */
	LEGAL(0x0f, 0x01, 0xc0); /* ENCLV */
	LEGAL(0x0f, 0x01, 0xc8); /* MONITOR */
	LEGAL(0x0f, 0x01, 0xd0); /* XGETBV */
}

/* A hypervisor that cannot fetch it makes #GP of it. */
static void ud2(void **state)
{
	const struct machine *m = *state;

	ILLEGAL(0x0f, 0x0b);
	LEGAL(0x0f, 0x0d, 0); /* PREFETCHW */
}

static void time_stamp(void **state)
{
	struct machine *m = *state;

	LEGAL(0x0f, 0x31);       /* RDTSC */
	LEGAL(0x0f, 0x01, 0xf9); /* RDTSCP */
	m->cpu.package->sgx2 = false;
	ILLEGAL(0x0f, 0x31);
	ILLEGAL(0x0f, 0x01, 0xf9);
	LEGAL(0x0f, 0x01, 0xf8); /* SWAPGS: #GP, as outside */
	LEGAL(0x0f, 0x30);       /* WRMSR: #GP, as outside */
	LEGAL(0x31, 0xf9);       /* XOR */
	LEGAL(0x0f, 0x02, 0xf9); /* LAR */
}

static const uint8_t prefixes[] = {
	0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3,
};

static void prefixed(void **state)
{
	const struct machine *m = *state;
	struct instruction insn;

	for (size_t i = 0; i < sizeof(prefixes); i++) {
		ILLEGAL(prefixes[i], 0x6c);
		ILLEGAL(prefixes[i], 0x66, 0x48, 0x0f, 0xa2);
		LEGAL(prefixes[i], 0x90);
	}
	for (uint8_t rex = 0x40; rex <= 0x4f; rex++) {
		insn = instruction(BYTES(0xf3, rex, 0x6f));
		assert_int_equal(instruction_prefixes(&insn), 2);
		ILLEGAL(0xf3, rex, 0x6f);
	}
	LEGAL(0x50, 0x6f); /* PUSH, then another instruction */
	/* a REX that is not the last prefix is ignored */
	ILLEGAL(0x48, 0x66, 0x6f);
	LEGAL(0xf3, 0x48); /* no opcode could be read */
	insn = (struct instruction){ .length = 0 }; /* not readable */
	assert_false(instruction_is_illegal(m->cpu.package, &insn));
	memset(insn.byte, 0x66, INSN_MAX);
	insn.length = INSN_MAX;
	assert_int_equal(instruction_prefixes(&insn), INSN_MAX);
	assert_false(instruction_is_illegal(m->cpu.package, &insn));
}

static int enclu_at(const uint8_t *byte, size_t n)
{
	const struct instruction insn = instruction(byte, n);

	return instruction_is_enclu(&insn);
}

static void enclu_encoding(void **state)
{
	struct instruction insn = { .length = 0 };

	(void)state;
	assert_int_equal(enclu_at(BYTES(0x0f, 0x01, 0xd7)), 0);
	assert_int_equal(enclu_at(BYTES(0x64, 0x0f, 0x01, 0xd7)), 1);
	assert_int_equal(enclu_at(BYTES(0x67, 0x2e, 0x4f, 0x0f, 0x01, 0xd7)),
			 3);
	assert_int_equal(enclu_at(BYTES(0x0f, 0x01, 0xd6)), -1);
	assert_int_equal(enclu_at(BYTES(0x0f, 0x02, 0xd7)), -1);
	assert_int_equal(enclu_at(BYTES(0x0e, 0x01, 0xd7)), -1);
	assert_int_equal(enclu_at(BYTES(0x0f, 0x01)), -1);
	assert_int_equal(enclu_at(BYTES(0x48, 0x67, 0x0f, 0x01, 0xd7)), 2);
	assert_int_equal(enclu_at(BYTES(0x67, 0x48)), -1);
	/* ENCLU has more than 15 bytes then: there is none. */
	memset(insn.byte, 0x67, 13);
	memcpy(insn.byte + 13, "\x0f\x01\xd7", 3);
	insn.length = INSN_MAX;
	assert_int_equal(instruction_is_enclu(&insn), -1);
}

/* LOCK, 66H, REP and REPNE are not among those that ENCLU ignores. */
static void enclu_prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(prefixes); i++) {
		uint8_t p = prefixes[i];
		bool legal = p != 0x66 && p != 0xf0 && p != 0xf2 && p != 0xf3;

		assert_int_equal(enclu_at(BYTES(p, 0x0f, 0x01, 0xd7)),
				 legal ? 1 : -1);
	}
}

#define RIP LA(OFF_CODE)

/* The exception that the enclave has, where the host raised `host`. */
static struct fault inside(struct machine *m, struct instruction insn,
			   struct host_event host)
{
	m->lp.r.rip = RIP;
	enclave_exception(&m->lp, &insn, &host);
	assert_int_equal(m->lp.fault.address, 0);
	return m->lp.fault;
}

#define CHECK(m, insn, host_vector, host_code, vector_, code) \
	do { \
		struct host_event host_ = { .vector = (host_vector), \
					    .error_code = (host_code) }; \
		struct fault fault_ = inside(m, insn, host_); \
\
		assert_int_equal(fault_.vector, vector_); \
		assert_int_equal(fault_.error_code, code); \
	} while (0)

static void illegal_instruction(void **state)
{
	static const uint8_t refused[] = { VECTOR_TS, VECTOR_NP, VECTOR_SS,
					   VECTOR_GP, VECTOR_PF, VECTOR_AC };
	const struct instruction in = instruction(BYTES(0xec));
	const struct instruction mov = instruction(BYTES(0x89, 0x00));
	struct machine *m = *state;

	for (size_t i = 0; i < sizeof(refused); i++) {
		CHECK(m, in, refused[i], 6, VECTOR_UD, 0);
		CHECK(m, mov, refused[i], 6, refused[i], 6);
		assert_int_equal(m->lp.r.rip, RIP);
	}
}

static void others_stay(void **state)
{
	static const uint8_t vectors[] = { VECTOR_DE, VECTOR_DB, VECTOR_BR,
					   VECTOR_UD, VECTOR_MF, VECTOR_XM };
	const struct instruction in = instruction(BYTES(0xec));
	struct machine *m = *state;

	for (size_t i = 0; i < sizeof(vectors); i++)
		CHECK(m, in, vectors[i], 0, vectors[i], 0);
	CHECK(m, in, VECTOR_UD, 9, VECTOR_UD, 0);
	CHECK(m, in, VECTOR_DB, 9, VECTOR_DB, 0);
}

static void failed_fetch(void **state)
{
	const struct instruction in = instruction(BYTES(0xec));
	struct machine *m = *state;

	CHECK(m, in, VECTOR_PF, PF_USER | PF_INSTR, VECTOR_PF,
	      PF_USER | PF_INSTR);
	CHECK(m, in, VECTOR_GP, PF_INSTR, VECTOR_UD, 0);
}

static void sysexit(void **state)
{
	const struct instruction plain = instruction(BYTES(0x0f, 0x35));
	const struct instruction rex = instruction(BYTES(0x48, 0x0f, 0x35));
	const struct instruction not1 = instruction(BYTES(0x0f, 0x36));
	const struct instruction not2 = instruction(BYTES(0x0e, 0x35));
	struct machine *m = *state;

	CHECK(m, plain, VECTOR_UD, 9, VECTOR_GP, 0);
	CHECK(m, rex, VECTOR_UD, 0, VECTOR_GP, 0);
	CHECK(m, not1, VECTOR_UD, 0, VECTOR_UD, 0);
	CHECK(m, not2, VECTOR_UD, 0, VECTOR_UD, 0);
}

static struct instruction behind(uint8_t before, uint8_t last)
{
	struct instruction insn = instruction(BYTES(0x90));

	insn.before[0] = before;
	insn.before[1] = last;
	return insn;
}

static void int3(void **state)
{
	struct machine *m = *state;

	CHECK(m, behind(0x90, 0xcc), VECTOR_BP, 0, VECTOR_UD, 0);
	assert_int_equal(m->lp.r.rip, RIP - 1);
	m->lp.cr_dbgoptin = true;
	CHECK(m, behind(0x90, 0xcc), VECTOR_BP, 0, VECTOR_BP, 0);
	assert_int_equal(m->lp.r.rip, RIP - 1);
	/* Its page cannot be read any more. */
	CHECK(m, behind(0, 0), VECTOR_BP, 0, VECTOR_BP, 0);
	assert_int_equal(m->lp.r.rip, RIP - 1);
	/* The byte before it is not part of it. */
	CHECK(m, behind(0xcd, 0xcc), VECTOR_BP, 0, VECTOR_BP, 0);
	assert_int_equal(m->lp.r.rip, RIP - 1);
}

static void int_n(void **state)
{
	struct machine *m = *state;

	m->lp.cr_dbgoptin = true;
	CHECK(m, behind(0xcd, 3), VECTOR_BP, 0, VECTOR_UD, 0);
	assert_int_equal(m->lp.r.rip, RIP - 2);
	CHECK(m, behind(0xcd, 4), VECTOR_OF, 0, VECTOR_UD, 0);
	assert_int_equal(m->lp.r.rip, RIP - 2);
	CHECK(m, behind(0x90, 0xce), VECTOR_OF, 0, VECTOR_UD, 0);
	assert_int_equal(m->lp.r.rip, RIP);
}

static void far_transfer(void **state)
{
	const struct instruction mov = instruction(BYTES(0x89, 0x00));
	struct host_event host = { .vector = VECTOR_PF,
				   .error_code = 6,
				   .far_transfer = true };
	struct machine *m = *state;
	struct fault fault;

	fault = inside(m, mov, host);
	assert_int_equal(fault.vector, VECTOR_UD);
	assert_int_equal(fault.error_code, 0);
}

static uint8_t vector_at(struct machine *m, uint64_t rip, uint8_t vector)
{
	const struct instruction mov = instruction(BYTES(0x89, 0x00));
	const struct host_event host = { .vector = vector, .error_code = 4 };

	m->lp.r.rip = rip;
	enclave_exception(&m->lp, &mov, &host);
	assert_int_equal(m->lp.fault.error_code,
			 m->lp.fault.vector == VECTOR_PF ? 4 : 0);
	return m->lp.fault.vector;
}

static void outside_elrange(void **state)
{
	struct machine *m = *state;
	uint64_t base = m->lp.cr_elrange_base, size = m->lp.cr_elrange_size;

	assert_int_equal(vector_at(m, base, VECTOR_PF), VECTOR_PF);
	assert_int_equal(vector_at(m, base + size - 1, VECTOR_PF), VECTOR_PF);
	assert_int_equal(vector_at(m, base - 1, VECTOR_PF), VECTOR_GP);
	assert_int_equal(vector_at(m, base + size, VECTOR_UD), VECTOR_GP);
	/* A trap belongs to the instruction before. */
	assert_int_equal(vector_at(m, base + size, VECTOR_DB), VECTOR_DB);
}

static void suppressed(void **state)
{
	struct host_event host = { .vector = VECTOR_DB };
	struct machine *m = *state;

	assert_true(exception_suppressed(&m->lp, &host));
	host.int1 = true;
	assert_false(exception_suppressed(&m->lp, &host));
	host.int1 = false;
	host.vector = VECTOR_UD;
	assert_false(exception_suppressed(&m->lp, &host));
	host.vector = VECTOR_DB;
	m->lp.cr_dbgoptin = true;
	assert_false(exception_suppressed(&m->lp, &host));
}

#define T(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_entered, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("Illegal instructions", "SDM \"Illegal Instructions\""),
	ROW("IN, OUT, INS, OUTS", "#UD", T(input_output)),
	ROW("INT n", "#UD", T(software_interrupts)),
	ROW("SYSCALL, SYSENTER", "#UD", T(system_calls)),
	ROW("far CALL, far JMP, RETF, IRET", "#UD", T(far_transfers)),
	ROW("MOV to a segment register, POP FS, POP GS, LSS, LFS, LGS", "#UD",
	    T(segment_registers)),
	ROW("CPUID, RDPMC, GETSEC, VMCALL, VMFUNC, SGDT, SIDT, SLDT, STR, "
	    "SMSW",
	    "#UD", T(what_tells_of_the_machine)),
	ROW("UD2", "#UD", T(ud2)),
	ROW("RDTSC, RDTSCP", "#UD without SGX2, else they run", T(time_stamp)),
	ROW("prefixes, REX", "make no difference", T(prefixed)),
	CITE("SDM \"ENCLU\""),
	ROW("0F 01 D7", "ENCLU, behind its prefixes", T(enclu_encoding)),
	ROW("ENCLU with LOCK, 66H, REP or REPNE", "#UD", T(enclu_prefixes)),

	SUBJECT("Exceptions", "SDM \"Intel SGX Interactions with IA-32 and "
			      "Intel 64 Architecture\""),
	ROW("a far transfer was executed", "#UD", T(far_transfer)),
	DEVIATES("DC12", "RIP is outside ELRANGE",
		 "#GP(0), when something "
		 "happens there",
		 T(outside_elrange)),
	ROW("the fetch faults", "#PF, whatever stands there", T(failed_fetch)),
	ROW("#TS, #NP, #SS, #GP, #PF or #AC of an illegal instruction",
	    "is #UD", T(illegal_instruction)),
	ROW("INT3 on opt-out", "#UD, RIP at it", T(int3)),
	ROW("INT3 on opt-in", "#BP, RIP at it", T(int3)),
	ROW("INT 3, INT 4 in two bytes", "#UD, RIP at it", T(int_n)),
	ROW("SYSEXIT", "#GP(0)", T(sysexit)),
	ROW("other exceptions", "stay what they are", T(others_stay)),
	ROW("a single step or a breakpoint on opt-out",
	    "nothing; INT1 is "
	    "#DB",
	    T(suppressed)),
};

CONFORM_MAIN(rows, NULL)
