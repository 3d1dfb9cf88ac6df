#include "unit.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "diag_filter.h"

static uint8_t bytes[256] __attribute__((aligned(4)));
static size_t len;

static void op(uint8_t code, uint8_t yes, uint16_t no)
{
	struct inet_diag_bc_op added = { code, yes, no };

	memcpy(bytes + len, &added, sizeof(added));
	len += sizeof(added);
}

static void host(uint8_t code, int port, const char *prefix, uint8_t bits,
		 uint16_t no)
{
	struct inet_diag_hostcond condition = { .family = AF_INET,
						.prefix_len = bits,
						.port = port };

	op(code, 4 + sizeof(condition) + 4, no);
	memcpy(bytes + len, &condition, sizeof(condition));
	len += sizeof(condition);
	inet_pton(AF_INET, prefix, bytes + len);
	len += 4;
}

static struct nl_value program(void)
{
	return (struct nl_value){ bytes, len };
}

static bool passes(int family, uint16_t sport, const char *dst)
{
	struct inet_diag_msg socket = { .idiag_family = (uint8_t)family };
	struct nl_value filter = program();

	socket.id.idiag_sport = htons(sport);
	inet_pton(family, dst, socket.id.idiag_dst);
	ck_assert(diag_filter_is_valid(&filter));
	return diag_filter_passes(&filter, &socket, 0);
}

static bool is_valid(void)
{
	struct nl_value filter = program();

	return diag_filter_is_valid(&filter);
}

static void clear(void)
{
	memset(bytes, 0, sizeof(bytes));
	len = 0;
}

START_TEST(a_port_is_compared)
{
	op(INET_DIAG_BC_S_GE, 8, 12);
	op(INET_DIAG_BC_NOP, 0, 80);
	ck_assert(passes(AF_INET, 80, "10.0.0.1"));
	ck_assert(passes(AF_INET, 81, "10.0.0.1"));
	ck_assert(!passes(AF_INET, 79, "10.0.0.1"));
}
END_TEST

START_TEST(a_prefix_is_compared_to_the_bit)
{
	host(INET_DIAG_BC_D_COND, -1, "10.77.0.0", 9, 4 + 8 + 4 + 4);
	ck_assert(passes(AF_INET, 1, "10.127.1.1"));
	ck_assert(!passes(AF_INET, 1, "10.128.1.1"));
	ck_assert(!passes(AF_INET, 1, "11.77.1.1"));
}
END_TEST

START_TEST(a_mapped_address_is_an_ipv4_one)
{
	host(INET_DIAG_BC_D_COND, -1, "10.77.0.0", 16, 4 + 8 + 4 + 4);
	ck_assert(passes(AF_INET6, 1, "::ffff:10.77.3.4"));
	ck_assert(!passes(AF_INET6, 1, "::ffff:10.78.3.4"));
	ck_assert(!passes(AF_INET6, 1, "2001:db8::1"));
}
END_TEST

START_TEST(or_jumps_over_what_needs_no_look)
{
	/* sport >= 100 or sport <= 50 */
	op(INET_DIAG_BC_S_GE, 8, 12);
	op(INET_DIAG_BC_NOP, 0, 100);
	op(INET_DIAG_BC_JMP, 4, 12);
	op(INET_DIAG_BC_S_LE, 8, 12);
	op(INET_DIAG_BC_NOP, 0, 50);
	ck_assert(passes(AF_INET, 150, "10.0.0.1"));
	ck_assert(passes(AF_INET, 50, "10.0.0.1"));
	ck_assert(!passes(AF_INET, 70, "10.0.0.1"));
}
END_TEST

START_TEST(jumps_out_of_the_program_and_back_are_refused)
{
	op(INET_DIAG_BC_NOP, 0, 4); /* for ever */
	ck_assert(!is_valid());
	clear();
	op(INET_DIAG_BC_JMP, 4, 12); /* one beyond "reject" */
	ck_assert(!is_valid());
	clear();
	op(INET_DIAG_BC_JMP, 4, 8);
	ck_assert(is_valid());
	clear();
	op(INET_DIAG_BC_JMP, 4, 6); /* into an op */
	ck_assert(!is_valid());
}
END_TEST

START_TEST(a_jump_into_an_operand_is_refused)
{
	/* what stands there would be an op that goes nowhere, for ever */
	op(INET_DIAG_BC_S_GE, 8, 4);
	op(INET_DIAG_BC_NOP, 0, 0);
	ck_assert(!is_valid());
	clear();
	host(INET_DIAG_BC_D_COND, -1, "10.77.0.0", 16, 8);
	ck_assert(!is_valid());
}
END_TEST

START_TEST(conditions_that_end_early_are_refused)
{
	op(INET_DIAG_BC_S_COND, 4, 4);
	ck_assert(!is_valid());
	clear();
	op(INET_DIAG_BC_S_GE, 8, 12); /* without its port */
	ck_assert(!is_valid());
	clear();
	host(INET_DIAG_BC_S_COND, 1, "10.0.0.0", 32, 4);
	len -= 4; /* without its address */
	ck_assert(!is_valid());
	clear();
	op(99, 4, 4);
	ck_assert(!is_valid());
}
END_TEST

UNIT_MAIN_WITH("diag_filter", clear, NULL, a_port_is_compared,
	       a_prefix_is_compared_to_the_bit, a_mapped_address_is_an_ipv4_one,
	       or_jumps_over_what_needs_no_look,
	       jumps_out_of_the_program_and_back_are_refused,
	       a_jump_into_an_operand_is_refused,
	       conditions_that_end_early_are_refused)
