/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instructions that are #UD in an enclave, but raise something else, or do
 * what they do, in the mode that an enclave of ours runs in.
 * SDM vol. 3D "Intel SGX Interactions with IA-32 and Intel 64 Architecture",
 * its list of illegal instructions; vol. 2 "Opcode Map".
 *
 * DEVIATION DP20: those that the host executes are not noticed.
 */
#include "cpu/mem.h"
#include "kernel/machine/section.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/lp/instruction.h"
#include "process/rt/lp/view.h"
#include "process/rt/rt.h"

#define VECTOR_OF	4

static int look(void *to, uint64_t rip, size_t n)
{
	return rt_current()->lp.cr_enclave_mode ? rt_peek(to, rip, n)
						: rt_get(to, rip, n);
}

void rt_fetch(struct instruction *insn, uint64_t rip)
{
	unsigned int in_page = 4096 - (unsigned int)(rip & 4095);

	*insn = (struct instruction){ .length = RT_INSN_MAX, .rip = rip };
	if (look(insn->before, rip - 2, 2))
		memset(insn->before, 0, 2);
	if (!look(insn->byte, rip, RT_INSN_MAX))
		return;
	insn->length = 0;
	if (in_page < RT_INSN_MAX && !look(insn->byte, rip, in_page))
		insn->length = in_page;
}

struct fetch {
	struct lp *lp;
	struct instruction *insn;
	uint64_t rip;
};

static int fetch(struct sgx_mm *mm, void *arg)
{
	const struct fetch *f = arg;

	processor_join(f->lp, f->lp->cr_active_secs);
	sgx_section_keep(mm);
	sgx_resync_if_due(mm);
	sgx_section_let_go(mm);
	rt_fetch(f->insn, f->rip);
	processor_park(f->lp);
	return 0;
}

/*
 * It is the processor that fetches: pages do not leave the EPC under its eyes.
 * A thread that is parked might read a page that has been encrypted, by a
 * mapping that nobody has taken away yet.
 */
void rt_fetch_inside(struct thread *t, struct instruction *insn, uint64_t rip)
{
	struct fetch f = { &t->lp, insn, rip };

	sgx_in_leaf(&rt_process.mm, &t->lp, fetch, &f);
}

static bool is_legacy_prefix(uint8_t byte)
{
	switch (byte) {
	case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
	case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
		return true;
	}
	return false;
}

/* Those that ENCLU ignores; any other makes it #UD. */
static bool is_enclu_prefix(uint8_t byte)
{
	return byte != 0x66 && byte != 0xf0 && byte != 0xf2 && byte != 0xf3 &&
	       is_legacy_prefix(byte);
}

/*
 * ENCLU without SGX is #UD; on a processor that has SGX but whose firmware did
 * not enable it, #GP; where it is enabled, #PF, because the operand is no EPC.
 */
int rt_at_enclu(const struct kucontext *uc, const struct instruction *insn)
{
	const uint8_t *byte = insn->byte;
	uint64_t vector = uc->mc.trapno;
	unsigned int i = 0;

	if (vector != VECTOR_UD && vector != VECTOR_GP &&
	    (vector != VECTOR_PF || (uc->mc.err & PF_INSTR)))
		return -1;
	while (i < insn->length && is_enclu_prefix(byte[i]))
		i++;
	if (i < insn->length && (byte[i] & 0xf0) == 0x40)	/* REX */
		i++;
	if (i + 3 > insn->length || byte[i] != 0x0f || byte[i + 1] != 0x01 ||
	    byte[i + 2] != 0xd7)
		return -1;
	return (int)i;
}

/* Opcodes after 0F, with ModRM. */
static bool is_illegal_0f(uint8_t opcode, uint8_t modrm)
{
	unsigned int reg = modrm >> 3 & 7;

	switch (opcode) {
	case 0x00:		/* SLDT, STR */
		return reg <= 1;
	case 0x01:		/* VMCALL, VMFUNC, SGDT, SIDT, SMSW */
		if (modrm == 0xc1 || modrm == 0xd4 || reg == 4)
			return true;
		return modrm < 0xc0 && reg <= 1;
	case 0x05: case 0x34:			/* SYSCALL, SYSENTER */
	case 0x0b:	/* UD2: #GP if a hypervisor could not fetch it */
	case 0x33: case 0x37:			/* RDPMC, GETSEC */
	case 0xa1: case 0xa9:			/* POP FS, POP GS */
	case 0xa2:				/* CPUID */
	case 0xb2: case 0xb4: case 0xb5:	/* LSS, LFS, LGS */
		return true;
	}
	return false;
}

static bool is_illegal_opcode(uint8_t opcode, uint8_t modrm)
{
	unsigned int reg = modrm >> 3 & 7;

	switch (opcode) {
	case 0x6c: case 0x6d: case 0x6e: case 0x6f:	/* INS, OUTS */
	case 0xe4: case 0xe5: case 0xe6: case 0xe7:	/* IN, OUT */
	case 0xec: case 0xed: case 0xee: case 0xef:
	case 0x8e:			/* MOV to a segment register */
	case 0xca: case 0xcb: case 0xcf:	/* RETF, IRET */
	case 0xcd:				/* INT n */
		return true;
	case 0xff:				/* far CALL, far JMP */
		return (reg == 3 || reg == 5) && modrm < 0xc0;
	}
	return false;
}

/* RDTSC, RDTSCP: illegal in an enclave on processors without SGX2. */
static bool reads_tsc(uint8_t opcode, uint8_t modrm)
{
	return opcode == 0x31 || (opcode == 0x01 && modrm == 0xf9);
}

/*
 * The length of prefixes, then REX, before an opcode; all that was fetched, if
 * there is none.
 */
static unsigned int prefixes_length(const struct instruction *insn)
{
	const uint8_t *byte = insn->byte;
	unsigned int i = 0;

	while (i < insn->length && is_legacy_prefix(byte[i]))
		i++;
	if (i < insn->length && (byte[i] & 0xf0) == 0x40)	/* REX */
		i++;
	return i;
}

static bool is_illegal(const struct lp *lp, const struct instruction *insn)
{
	const uint8_t *byte = insn->byte;
	unsigned int i = prefixes_length(insn);

	if (i >= insn->length)
		return false;
	if (byte[i] == 0x0f)
		return is_illegal_0f(byte[i + 1], byte[i + 2]) ||
		       (!lp->cpu->package->sgx2 &&
			reads_tsc(byte[i + 1], byte[i + 2]));
	return is_illegal_opcode(byte[i], byte[i + 1]);
}

/* INT 3 and INT 4 by the long form, which are traps outside: RIP is behind. */
static bool behind_int_n(const struct instruction *insn)
{
	return insn->before[0] == 0xcd;
}

/*
 * INT3 (one byte) is a fault in an enclave, and #UD unless debugging is opted
 * in.
 */
static uint8_t breakpoint(struct lp *lp, const struct instruction *insn)
{
	if (insn->before[1] != 0xcc && behind_int_n(insn)) {
		lp->r.rip -= 2;
		return VECTOR_UD;
	}
	lp->r.rip--;
	return lp->cr_dbgoptin ? VECTOR_BP : VECTOR_UD;
}

/*
 * INT1 is a trap, RIP is behind it.  On a processor of AMD's whose hypervisor
 * intercepts #DB, as KVM does, RIP is still at the instruction.  Only the host
 * can tell what it did if another INT1 follows.
 */
unsigned int rt_int1_left(const struct instruction *insn)
{
	unsigned int i = prefixes_length(insn);

	if (i >= insn->length || insn->byte[i] != 0xf1 || !rt_int1_stays())
		return 0;
	return i + 1;
}

/* Processors of AMD's have no SYSEXIT in long mode; it is the kernel's. */
static bool is_sysexit(const struct instruction *insn)
{
	unsigned int rex = (insn->byte[0] & 0xf0) == 0x40;

	return insn->byte[rex] == 0x0f && insn->byte[rex + 1] == 0x35;
}

/* DEVIATION DC32: what is misaligned for #AC is the host's processor's word. */
uint8_t rt_enclave_vector(struct lp *lp, const struct instruction *insn,
			  uint8_t vector)
{
	switch (vector) {
	case VECTOR_BP:
		return breakpoint(lp, insn);
	case VECTOR_OF:
		if (behind_int_n(insn))
			lp->r.rip -= 2;
		return VECTOR_UD;
	case VECTOR_UD:
		return is_sysexit(insn) ? VECTOR_GP : vector;
	case 10: case 11: case 12:	/* #TS, #NP, #SS: of a selector */
	case VECTOR_GP:
	case VECTOR_PF:
	case VECTOR_AC:
		return is_illegal(lp, insn) ? VECTOR_UD : vector;
	}
	return vector;
}

bool rt_mend_segments(struct kucontext *uc)
{
	bool wrong = uc->mc.cs != USER_CS;

	if (wrong) {
		uc->mc.cs = USER_CS;
		uc->mc.ss = USER_SS;
	}
	return wrong;
}
