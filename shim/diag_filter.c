/* Filters of inet_diag: checked, then run. */
#include "diag_filter.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

/*
 * A program that ends exactly at its end accepts; a jump beyond it, by four,
 * rejects.
 */
#define REJECT 4

static struct inet_diag_bc_op op_at(const struct nl_value *program, size_t at)
{
	struct inet_diag_bc_op op;

	memcpy(&op, (const uint8_t *)program->data + at, sizeof(op));
	return op;
}

/* Bytes of the op with its operand. */
static size_t least_len(const struct nl_value *program, size_t at)
{
	struct inet_diag_hostcond host;
	size_t len = sizeof(struct inet_diag_bc_op);
	size_t left = program->len - at;

	switch (op_at(program, at).code) {
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		if (left < len + sizeof(host))
			return SIZE_MAX;
		memcpy(&host, (const uint8_t *)program->data + at + len,
		       sizeof(host));
		if (host.prefix_len > 128)
			return SIZE_MAX;
		return len + sizeof(host) + (host.prefix_len + 31u) / 32 * 4;
	case INET_DIAG_BC_DEV_COND:
		return len + sizeof(uint32_t);
	case INET_DIAG_BC_MARK_COND:
		return len + sizeof(struct inet_diag_markcond);
	case INET_DIAG_BC_S_GE:
	case INET_DIAG_BC_S_LE:
	case INET_DIAG_BC_D_GE:
	case INET_DIAG_BC_D_LE:
	case INET_DIAG_BC_S_EQ:
	case INET_DIAG_BC_D_EQ:
		return 2 * len;
	case INET_DIAG_BC_AUTO:
	case INET_DIAG_BC_JMP:
	case INET_DIAG_BC_NOP:
		return len;
	default:
		return SIZE_MAX;
	}
}

/*
 * The path of "yes" goes over every op that there is: what is between two of
 * its stops is an operand.
 */
static bool is_stop(const struct nl_value *program, size_t wanted)
{
	size_t at = 0;

	while (at < wanted)
		at += op_at(program, at).yes;
	return at == wanted;
}

/* Once all of them are known to go forward. */
static bool jumps_right(const struct nl_value *program)
{
	size_t to;

	for (size_t at = 0; at < program->len; at += op_at(program, at).yes) {
		to = at + op_at(program, at).no;
		if (to < program->len && !is_stop(program, to))
			return false;
	}
	return true;
}

bool diag_filter_is_valid(const struct nl_value *program)
{
	size_t at = 0;

	while (at < program->len) {
		struct inet_diag_bc_op op;
		size_t left = program->len - at;

		if (left < sizeof(op))
			return false;
		op = op_at(program, at);
		if (least_len(program, at) > left || op.yes < 4 || op.yes % 4 ||
		    op.yes > left + REJECT || op.no < 4 || op.no % 4 ||
		    op.no > left + REJECT)
			return false;
		at += op.yes; /* every op stands on this path */
	}
	return at == program->len && jumps_right(program);
}

/* ---------------------------------------------------------------- run */

static bool host_matches(const struct nl_value *program, size_t at,
			 const struct inet_diag_msg *socket, bool source)
{
	const uint8_t *bytes = (const uint8_t *)program->data + at +
			       sizeof(struct inet_diag_bc_op);
	const __be32 *words =
		source ? socket->id.idiag_src : socket->id.idiag_dst;
	uint16_t port =
		ntohs(source ? socket->id.idiag_sport : socket->id.idiag_dport);
	const uint8_t *address = (const uint8_t *)words;
	struct inet_diag_hostcond host;
	unsigned bits;

	memcpy(&host, bytes, sizeof(host));
	if (host.port != -1 && host.port != port)
		return false;
	if (host.prefix_len == 0)
		return true;
	if (host.family != AF_UNSPEC && host.family != socket->idiag_family) {
		static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

		if (socket->idiag_family != AF_INET6 ||
		    host.family != AF_INET ||
		    memcmp(address, mapped, sizeof(mapped)) != 0)
			return false;
		address += sizeof(mapped);
	}
	bytes += sizeof(host);
	bits = host.prefix_len;
	if (memcmp(bytes, address, bits / 8) != 0)
		return false;
	return bits % 8 == 0 ||
	       ((bytes[bits / 8] ^ address[bits / 8]) >> (8 - bits % 8)) == 0;
}

static bool is_true(const struct nl_value *program, size_t at,
		    const struct inet_diag_msg *socket, uint32_t mark)
{
	const uint8_t *operand = (const uint8_t *)program->data + at +
				 sizeof(struct inet_diag_bc_op);
	uint16_t source = ntohs(socket->id.idiag_sport);
	uint16_t destination = ntohs(socket->id.idiag_dport);
	struct inet_diag_markcond wanted;
	struct inet_diag_bc_op op = op_at(program, at), second = { 0 };
	uint32_t ifindex;

	if (program->len - at >= 2 * sizeof(op)) /* its port stands in no */
		second = op_at(program, at + sizeof(op));
	switch (op.code) {
	case INET_DIAG_BC_NOP:
		return true;
	case INET_DIAG_BC_JMP:
		return false;
	case INET_DIAG_BC_S_EQ:
		return source == second.no;
	case INET_DIAG_BC_S_GE:
		return source >= second.no;
	case INET_DIAG_BC_S_LE:
		return source <= second.no;
	case INET_DIAG_BC_D_EQ:
		return destination == second.no;
	case INET_DIAG_BC_D_GE:
		return destination >= second.no;
	case INET_DIAG_BC_D_LE:
		return destination <= second.no;
	case INET_DIAG_BC_AUTO: /* a port nobody chose: not known here */
		return false;
	case INET_DIAG_BC_S_COND:
		return host_matches(program, at, socket, true);
	case INET_DIAG_BC_D_COND:
		return host_matches(program, at, socket, false);
	case INET_DIAG_BC_DEV_COND:
		memcpy(&ifindex, operand, sizeof(ifindex));
		return ifindex == socket->id.idiag_if;
	case INET_DIAG_BC_MARK_COND:
		memcpy(&wanted, operand, sizeof(wanted));
		return (mark & wanted.mask) == wanted.mark;
	default:
		return false;
	}
}

bool diag_filter_passes(const struct nl_value *program,
			const struct inet_diag_msg *socket, uint32_t mark)
{
	size_t at = 0;

	while (at < program->len) {
		struct inet_diag_bc_op op = op_at(program, at);

		at += is_true(program, at, socket, mark) ? op.yes : op.no;
	}
	return at == program->len;
}
