#include "unit.h"

#include <errno.h>

#include "bpf.h"

static const uint8_t packet[] = { 0x45, 0x00, 0x12, 0x34, 0xde, 0xad,
				  0xbe, 0xef, 0x01, 0x02, 0x03, 0x04 };
static const struct bpf_facts facts = { .protocol = 0x0800,
					.packet_type = 4,
					.ifindex = 2,
					.hardware_type = 1,
					.len = 60 };

#define COUNT(program) (sizeof(program) / sizeof(*(program)))
#define RUN(program) run(program, COUNT(program))
#define CHECK(program) bpf_check(program, COUNT(program))

static uint32_t run(const struct sock_filter *program, size_t count)
{
	ck_assert_int_eq(bpf_check(program, count), 0);
	return bpf_run(program, count, &facts, packet, sizeof(packet));
}

START_TEST(loads_are_in_network_byte_order)
{
	struct sock_filter word[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
				      BPF_STMT(BPF_RET | BPF_A, 0) };
	struct sock_filter half[] = { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2),
				      BPF_STMT(BPF_RET | BPF_A, 0) };
	struct sock_filter byte[] = { BPF_STMT(BPF_LDX | BPF_IMM, 1),
				      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 8),
				      BPF_STMT(BPF_RET | BPF_A, 0) };

	ck_assert_uint_eq(RUN(word), 0xdeadbeef);
	ck_assert_uint_eq(RUN(half), 0x1234);
	ck_assert_uint_eq(RUN(byte), 2);
}
END_TEST

START_TEST(a_load_behind_the_end_takes_nothing)
{
	struct sock_filter last[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 8),
				      BPF_STMT(BPF_RET | BPF_K, 7) };
	struct sock_filter behind[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 9),
					BPF_STMT(BPF_RET | BPF_K, 7) };
	struct sock_filter far[] = { BPF_STMT(BPF_LDX | BPF_IMM, 0xffffffff),
				     BPF_STMT(BPF_LD | BPF_B | BPF_IND,
					      0x7fffffff),
				     BPF_STMT(BPF_RET | BPF_K, 7) };

	ck_assert_uint_eq(RUN(last), 7);
	ck_assert_uint_eq(RUN(behind), 0);
	ck_assert_uint_eq(RUN(far), 0);
}
END_TEST

START_TEST(jumps_and_arithmetic)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* 20 */
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 2),
		BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_LD | BPF_IMM, 0),
		BPF_STMT(BPF_LD | BPF_MEM, 3),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 22, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 2),
	};

	ck_assert_uint_eq(RUN(program), 2);
}
END_TEST

START_TEST(division_by_zero_ends_it)
{
	struct sock_filter by_x[] = { BPF_STMT(BPF_LDX | BPF_IMM, 0),
				      BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
				      BPF_STMT(BPF_RET | BPF_K, 9) };
	struct sock_filter by_k[] = { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0),
				      BPF_STMT(BPF_RET | BPF_K, 9) };

	ck_assert_uint_eq(RUN(by_x), 0);
	ck_assert_int_eq(CHECK(by_k), -EINVAL);
}
END_TEST

START_TEST(ancillary_loads_give_facts)
{
	struct sock_filter type[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
					       SKF_AD_OFF + SKF_AD_PKTTYPE),
				      BPF_STMT(BPF_RET | BPF_A, 0) };
	struct sock_filter protocol[] = { BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
						   SKF_AD_OFF +
							   SKF_AD_PROTOCOL),
					  BPF_STMT(BPF_RET | BPF_A, 0) };
	struct sock_filter unknown[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						  SKF_AD_OFF + SKF_AD_CPU),
					 BPF_STMT(BPF_RET | BPF_A, 0) };
	struct sock_filter len[] = { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
				     BPF_STMT(BPF_RET | BPF_A, 0) };

	ck_assert_uint_eq(RUN(type), 4);
	ck_assert_uint_eq(RUN(protocol), 0x0800);
	ck_assert_uint_eq(RUN(len), 60);
	ck_assert_int_eq(CHECK(unknown), -EOPNOTSUPP);
}
END_TEST

START_TEST(programs_that_leave_themselves_are_refused)
{
	struct sock_filter no_return[] = { BPF_STMT(BPF_LD | BPF_IMM, 1) };
	struct sock_filter far_jump[] = {
		BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter far_branch[] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter memory[] = { BPF_STMT(BPF_ST, 16),
					BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_filter shift[] = { BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32),
				       BPF_STMT(BPF_RET | BPF_K, 0) };
	static struct sock_filter longest[BPF_PROGRAM_MAX + 1];

	ck_assert_int_eq(CHECK(no_return), -EINVAL);
	ck_assert_int_eq(CHECK(far_jump), -EINVAL);
	ck_assert_int_eq(CHECK(far_branch), -EINVAL);
	ck_assert_int_eq(CHECK(memory), -EINVAL);
	ck_assert_int_eq(CHECK(shift), -EINVAL);
	ck_assert_int_eq(bpf_check(longest, 0), -EINVAL);
	for (size_t i = 0; i < COUNT(longest); i++)
		longest[i].code = BPF_RET | BPF_K;
	ck_assert_int_eq(bpf_check(longest, BPF_PROGRAM_MAX), 0);
	ck_assert_int_eq(bpf_check(longest, BPF_PROGRAM_MAX + 1), -EINVAL);
}
END_TEST

/* Whatever passes the check ends, and reads nothing that is not there. */
START_TEST(any_program_that_passes_the_check_ends)
{
	struct sock_filter program[8];
	uint32_t state = 1;
	int passed = 0;

	for (int round = 0; round < 200000; round++) {
		for (size_t i = 0; i < COUNT(program); i++) {
			state = state * 1664525 + 1013904223;
			program[i].code = (uint16_t)(state >> 24);
			program[i].jt = state >> 8 & 3;
			program[i].jf = state >> 10 & 3;
			state = state * 1664525 + 1013904223;
			program[i].k = state >> (state >> 27);
		}
		program[7].code = BPF_RET | BPF_K;
		if (CHECK(program) < 0)
			continue;
		passed++;
		bpf_run(program, COUNT(program), &facts, packet,
			sizeof(packet));
	}
	ck_assert_int_gt(passed, 0);
}
END_TEST

UNIT_MAIN("bpf", loads_are_in_network_byte_order,
	  a_load_behind_the_end_takes_nothing, jumps_and_arithmetic,
	  division_by_zero_ends_it, ancillary_loads_give_facts,
	  programs_that_leave_themselves_are_refused,
	  any_program_that_passes_the_check_ends)
