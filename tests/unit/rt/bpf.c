/* SPDX-License-Identifier: BSD-3-Clause */
/* Linux 6.1 net/core/filter.c, kernel/seccomp.c seccomp_check_filter(). */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "bpf.h"

#include <cmocka.h>

static uint32_t load(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;

	assert_true(offset % 4 == 0);
	assert_true(offset <= sizeof(*data) - sizeof(word));
	memcpy(&word, (const uint8_t *)data + offset, sizeof(word));
	return word;
}

static size_t jump(const struct sock_filter *insn, uint32_t a)
{
	switch (insn->code) {
	case BPF_JMP | BPF_JEQ | BPF_K:
		return a == insn->k ? insn->jt : insn->jf;
	case BPF_JMP | BPF_JGE | BPF_K:
		return a >= insn->k ? insn->jt : insn->jf;
	case BPF_JMP | BPF_JSET | BPF_K:
		return a & insn->k ? insn->jt : insn->jf;
	}
	fail_msg("an instruction that is not known: 0x%x", insn->code);
	return 0;
}

uint32_t bpf_run(const struct sock_filter *insn, size_t n,
		 const struct seccomp_data *data, uint32_t *a)
{
	for (size_t i = 0; i < n; i++) {
		switch (insn[i].code) {
		case BPF_LD | BPF_W | BPF_ABS:
			*a = load(data, insn[i].k);
			break;
		case BPF_LD | BPF_IMM:
			*a = insn[i].k;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			*a &= insn[i].k;
			break;
		case BPF_RET | BPF_K:
			return insn[i].k;
		case BPF_JMP | BPF_JA:
			i += insn[i].k;
			break;
		default:
			i += jump(&insn[i], *a);
		}
	}
	return UINT32_MAX; /* past the end */
}

bool bpf_is_constant(const struct sock_filter *insn, size_t n,
		     const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t i = 0; i < n; i++) {
		switch (insn[i].code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (insn[i].k != offsetof(struct seccomp_data, nr) &&
			    insn[i].k != offsetof(struct seccomp_data, arch))
				return false;
			a = load(data, insn[i].k);
			break;
		case BPF_RET | BPF_K:
			return insn[i].k == SECCOMP_RET_ALLOW;
		case BPF_JMP | BPF_JA:
			i += insn[i].k;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= insn[i].k;
			break;
		default:
			i += jump(&insn[i], a);
		}
	}
	return false;
}
