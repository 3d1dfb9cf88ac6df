/* Classic BPF: checked, then interpreted. */
#include "bpf.h"

#include <errno.h>
#include <string.h>

/* ------------------------------------------------------------------- check */

static bool is_known_fact(uint32_t offset)
{
	switch ((int)offset - SKF_AD_OFF) {
	case SKF_AD_PROTOCOL:
	case SKF_AD_PKTTYPE:
	case SKF_AD_IFINDEX:
	case SKF_AD_HATYPE:
	case SKF_AD_VLAN_TAG:
	case SKF_AD_VLAN_TAG_PRESENT:
		return true;
	default:
		return false;
	}
}

static int check_load(const struct sock_filter *op)
{
	if (BPF_MODE(op->code) == BPF_MEM)
		return op->k < BPF_MEMWORDS ? 0 : -EINVAL;
	if (BPF_MODE(op->code) == BPF_ABS && (int)op->k < 0)
		return is_known_fact(op->k) ? 0 : -EOPNOTSUPP;
	switch (op->code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_LDX | BPF_B | BPF_MSH:
		return 0;
	default:
		return -EINVAL;
	}
}

static int check_arithmetic(const struct sock_filter *op)
{
	switch (BPF_OP(op->code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR:
	case BPF_NEG:
		return 0;
	case BPF_DIV:
	case BPF_MOD:
		return BPF_SRC(op->code) == BPF_K && op->k == 0 ? -EINVAL : 0;
	case BPF_LSH:
	case BPF_RSH:
		return BPF_SRC(op->code) == BPF_K && op->k > 31 ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

/* left: instructions behind this one. */
static int check_jump(const struct sock_filter *op, size_t left)
{
	switch (BPF_OP(op->code)) {
	case BPF_JA:
		return op->k < left ? 0 : -EINVAL;
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET:
		return op->jt < left && op->jf < left ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

static int check_one(const struct sock_filter *op, size_t left)
{
	switch (BPF_CLASS(op->code)) {
	case BPF_LD:
	case BPF_LDX:
		return check_load(op);
	case BPF_ST:
	case BPF_STX:
		return op->k < BPF_MEMWORDS ? 0 : -EINVAL;
	case BPF_ALU:
		return check_arithmetic(op);
	case BPF_JMP:
		return check_jump(op, left);
	case BPF_RET:
		return BPF_RVAL(op->code) == BPF_K ||
				       BPF_RVAL(op->code) == BPF_A
			       ? 0
			       : -EINVAL;
	default: /* BPF_MISC */
		return BPF_MISCOP(op->code) == BPF_TAX ||
				       BPF_MISCOP(op->code) == BPF_TXA
			       ? 0
			       : -EINVAL;
	}
}

int bpf_check(const struct sock_filter *program, size_t count)
{
	if (count == 0 || count > BPF_PROGRAM_MAX ||
	    BPF_CLASS(program[count - 1].code) != BPF_RET)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		int result = check_one(&program[i], count - 1 - i);

		if (result < 0)
			return result;
	}
	return 0;
}

/* --------------------------------------------------------------------- run */

struct machine {
	uint32_t a, x;
	uint32_t memory[BPF_MEMWORDS];
	const struct bpf_facts *facts;
	const uint8_t *bytes;
	size_t len;
};

/* False: behind the packet's end. */
static bool load_bytes(struct machine *m, uint64_t at, unsigned size)
{
	uint32_t value = 0;

	if (at + size > m->len)
		return false;
	for (unsigned i = 0; i < size; i++)
		value = value << 8 | m->bytes[at + i];
	m->a = value;
	return true;
}

static bool load_fact(struct machine *m, uint32_t offset)
{
	switch ((int)offset - SKF_AD_OFF) {
	case SKF_AD_PROTOCOL:
		m->a = m->facts->protocol;
		return true;
	case SKF_AD_PKTTYPE:
		m->a = m->facts->packet_type;
		return true;
	case SKF_AD_IFINDEX:
		m->a = (uint32_t)m->facts->ifindex;
		return true;
	case SKF_AD_HATYPE:
		m->a = m->facts->hardware_type;
		return true;
	default: /* tags of VLANs: none */
		m->a = 0;
		return true;
	}
}

static bool load_a(struct machine *m, const struct sock_filter *op)
{
	unsigned size = BPF_SIZE(op->code) == BPF_W   ? 4
			: BPF_SIZE(op->code) == BPF_H ? 2
						      : 1;

	switch (BPF_MODE(op->code)) {
	case BPF_ABS:
		if ((int)op->k < 0)
			return load_fact(m, op->k);
		return load_bytes(m, op->k, size);
	case BPF_IND:
		return load_bytes(m, (uint64_t)op->k + m->x, size);
	case BPF_LEN:
		m->a = m->facts->len;
		return true;
	case BPF_MEM:
		m->a = m->memory[op->k];
		return true;
	default:
		m->a = op->k;
		return true;
	}
}

static bool load_x(struct machine *m, const struct sock_filter *op)
{
	switch (BPF_MODE(op->code)) {
	case BPF_MSH: /* an IPv4 header's length */
		if (op->k >= m->len)
			return false;
		m->x = (m->bytes[op->k] & 0xfu) * 4;
		return true;
	case BPF_LEN:
		m->x = m->facts->len;
		return true;
	case BPF_MEM:
		m->x = m->memory[op->k];
		return true;
	default:
		m->x = op->k;
		return true;
	}
}

/* False: a division by zero, which ends the program. */
static bool calculate(struct machine *m, const struct sock_filter *op)
{
	uint32_t by = BPF_SRC(op->code) == BPF_X ? m->x : op->k;

	switch (BPF_OP(op->code)) {
	case BPF_ADD:
		m->a += by;
		return true;
	case BPF_SUB:
		m->a -= by;
		return true;
	case BPF_MUL:
		m->a *= by;
		return true;
	case BPF_DIV:
		m->a = by ? m->a / by : 0;
		return by != 0;
	case BPF_MOD:
		m->a = by ? m->a % by : 0;
		return by != 0;
	case BPF_OR:
		m->a |= by;
		return true;
	case BPF_AND:
		m->a &= by;
		return true;
	case BPF_XOR:
		m->a ^= by;
		return true;
	case BPF_LSH:
		m->a = by < 32 ? m->a << by : 0;
		return true;
	case BPF_RSH:
		m->a = by < 32 ? m->a >> by : 0;
		return true;
	default:
		m->a = 0u - m->a;
		return true;
	}
}

static size_t jump(const struct machine *m, const struct sock_filter *op)
{
	uint32_t with = BPF_SRC(op->code) == BPF_X ? m->x : op->k;
	bool holds;

	switch (BPF_OP(op->code)) {
	case BPF_JA:
		return op->k;
	case BPF_JEQ:
		holds = m->a == with;
		break;
	case BPF_JGT:
		holds = m->a > with;
		break;
	case BPF_JGE:
		holds = m->a >= with;
		break;
	default:
		holds = m->a & with;
		break;
	}
	return holds ? op->jt : op->jf;
}

static bool step(struct machine *m, const struct sock_filter *op, size_t *at)
{
	switch (BPF_CLASS(op->code)) {
	case BPF_LD:
		return load_a(m, op);
	case BPF_LDX:
		return load_x(m, op);
	case BPF_ST:
		m->memory[op->k] = m->a;
		return true;
	case BPF_STX:
		m->memory[op->k] = m->x;
		return true;
	case BPF_ALU:
		return calculate(m, op);
	case BPF_JMP:
		*at += jump(m, op);
		return true;
	default:
		if (BPF_MISCOP(op->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		return true;
	}
}

uint32_t bpf_run(const struct sock_filter *program, size_t count,
		 const struct bpf_facts *facts, const uint8_t *bytes,
		 size_t len)
{
	struct machine m = { .facts = facts, .bytes = bytes, .len = len };

	for (size_t at = 0; at < count; at++) {
		const struct sock_filter *op = &program[at];

		if (BPF_CLASS(op->code) == BPF_RET)
			return BPF_RVAL(op->code) == BPF_A ? m.a : op->k;
		if (!step(&m, op, &at))
			return 0;
	}
	return 0;
}
