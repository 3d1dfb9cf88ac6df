#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "../../seccomp/filter.h"

#define NOTIFY SECCOMP_RET_USER_NOTIF
#define ALLOW SECCOMP_RET_ALLOW
#define REFUSE (SECCOMP_RET_ERRNO | ENOSYS)
#define STREAM 5u /* a number below the range */

static const struct filter_range range = { 768, 1024 };

/* The few instructions that the filter is made of, as the kernel runs them. */
static uint32_t run(const struct sock_filter *code, unsigned len,
		    const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (unsigned at = 0; at < len; at++) {
		const struct sock_filter *now = &code[at];
		bool yes = false;

		switch (now->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			ck_assert_uint_le(now->k, sizeof(*data) - sizeof(a));
			memcpy(&a, (const char *)data + now->k, sizeof(a));
			continue;
		case BPF_RET | BPF_K:
			return now->k;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == now->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= now->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = a & now->k;
			break;
		default:
			ck_abort_msg("instruction %x", now->code);
		}
		at += yes ? now->jt : now->jf;
	}
	ck_abort_msg("no verdict");
	return 0;
}

static uint32_t verdict_of(const struct seccomp_data *data)
{
	struct sock_filter code[FILTER_LEN_MAX];

	return run(code, filter_build(code, range), data);
}

static uint32_t verdict(long number, uint64_t a, uint64_t b, uint64_t c,
			uint64_t d, uint64_t e)
{
	struct seccomp_data data = { .nr = (int)number,
				     .arch = AUDIT_ARCH_X86_64,
				     .args = { a, b, c, d, e } };

	return verdict_of(&data);
}

START_TEST(bytes_of_streams_are_native)
{
	ck_assert_uint_eq(verdict(SYS_read, STREAM, 0, 9, 0, 0), ALLOW);
	ck_assert_uint_eq(verdict(SYS_writev, STREAM, 0, 9, 0, 0), ALLOW);
	ck_assert_uint_eq(verdict(SYS_sendto, STREAM, 0, 9, 0, 0), ALLOW);
	ck_assert_uint_eq(verdict(SYS_recvmsg, STREAM, 0, 0, 0, 0), ALLOW);
	ck_assert_uint_eq(verdict(SYS_poll, STREAM, 0, 0, 0, 0), ALLOW);
	ck_assert_uint_eq(verdict(SYS_read, range.end, 0, 9, 0, 0), ALLOW);
	ck_assert_uint_eq(verdict(SYS_read, UINT64_MAX, 0, 9, 0, 0), ALLOW);
}
END_TEST

START_TEST(in_the_range_of_messages_nothing_is_native)
{
	static const int numbers[] = { SYS_read,     SYS_write,	   SYS_readv,
				       SYS_writev,   SYS_sendto,   SYS_sendmsg,
				       SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg,
				       SYS_recvmmsg, SYS_dup };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		ck_assert_uint_eq(verdict(numbers[i], range.first, 0, 0, 0, 0),
				  NOTIFY);
		ck_assert_uint_eq(
			verdict(numbers[i], range.end - 1, 0, 0, 0, 0), NOTIFY);
		ck_assert_uint_eq(
			verdict(numbers[i], range.first - 1, 0, 0, 0, 0),
			ALLOW);
	}
}
END_TEST

START_TEST(an_address_or_a_special_flag_stops)
{
	ck_assert_uint_eq(verdict(SYS_sendto, STREAM, 0, 9, 0, 4096), NOTIFY);
	ck_assert_uint_eq(verdict(SYS_recvfrom, STREAM, 0, 9, 0, 1ull << 32),
			  NOTIFY);
	ck_assert_uint_eq(verdict(SYS_recvfrom, STREAM, 0, 9, MSG_TRUNC, 0),
			  NOTIFY);
	ck_assert_uint_eq(verdict(SYS_recvfrom, STREAM, 0, 9, MSG_PEEK, 0),
			  ALLOW);
	ck_assert_uint_eq(verdict(SYS_sendmsg, STREAM, 0, MSG_MORE, 0, 0),
			  NOTIFY);
	ck_assert_uint_eq(verdict(SYS_sendmsg, STREAM, 0, MSG_NOSIGNAL, 0, 0),
			  ALLOW);
}
END_TEST

START_TEST(only_the_families_of_the_stack_stop)
{
	ck_assert_uint_eq(verdict(SYS_socket, AF_INET, 1, 0, 0, 0), NOTIFY);
	ck_assert_uint_eq(verdict(SYS_socket, AF_INET6, 1, 0, 0, 0), NOTIFY);
	ck_assert_uint_eq(verdict(SYS_socket, AF_NETLINK, 1, 0, 0, 0), NOTIFY);
	ck_assert_uint_eq(verdict(SYS_socket, AF_PACKET, 1, 0, 0, 0), NOTIFY);
	ck_assert_uint_eq(verdict(SYS_socket, AF_UNIX, 1, 0, 0, 0), ALLOW);
}
END_TEST

START_TEST(copies_and_ioctls_stop_where_they_must)
{
	ck_assert_uint_eq(verdict(SYS_fcntl, range.first, F_DUPFD, 0, 0, 0),
			  NOTIFY);
	ck_assert_uint_eq(
		verdict(SYS_fcntl, range.first, F_DUPFD_CLOEXEC, 0, 0, 0),
		NOTIFY);
	ck_assert_uint_eq(verdict(SYS_fcntl, range.first, F_SETFL, 0, 0, 0),
			  ALLOW);
	ck_assert_uint_eq(verdict(SYS_fcntl, STREAM, F_DUPFD, 0, 0, 0), ALLOW);
	ck_assert_uint_eq(verdict(SYS_ioctl, STREAM, SIOCGIFADDR, 0, 0, 0),
			  NOTIFY);
	ck_assert_uint_eq(verdict(SYS_ioctl, STREAM, SIOCOUTQ, 0, 0, 0),
			  NOTIFY);
	ck_assert_uint_eq(verdict(SYS_ioctl, STREAM, FIONREAD, 0, 0, 0), ALLOW);
	ck_assert_uint_eq(verdict(SYS_ioctl, range.first, FIONREAD, 0, 0, 0),
			  NOTIFY);
	ck_assert_uint_eq(verdict(SYS_ioctl, range.first, FIONBIO, 0, 0, 0),
			  ALLOW);
	ck_assert_uint_eq(verdict(SYS_ioctl, 0, TCGETS, 0, 0, 0), ALLOW);
}
END_TEST

START_TEST(files_stop_for_their_paths)
{
	ck_assert_uint_eq(verdict(SYS_openat, 0, 0, 0, 0, 0), NOTIFY);
}
END_TEST

START_TEST(no_other_way_leads_into_the_network)
{
	struct seccomp_data data = { .nr = 102, .arch = AUDIT_ARCH_I386 };

	ck_assert_uint_eq(verdict_of(&data), REFUSE); /* socketcall */
	data.nr = 359; /* socket */
	ck_assert_uint_eq(verdict_of(&data), REFUSE);
	data.nr = 425; /* io_uring_setup */
	ck_assert_uint_eq(verdict_of(&data), REFUSE);
	data.nr = 4; /* write */
	ck_assert_uint_eq(verdict_of(&data), ALLOW);
	ck_assert_uint_eq(verdict(425, 0, 0, 0, 0, 0), REFUSE);
	ck_assert_uint_eq(verdict(0x40000000 | SYS_socket, AF_INET, 0, 0, 0, 0),
			  REFUSE);
}
END_TEST

UNIT_MAIN("filter", bytes_of_streams_are_native,
	  in_the_range_of_messages_nothing_is_native,
	  an_address_or_a_special_flag_stops,
	  only_the_families_of_the_stack_stop,
	  copies_and_ioctls_stop_where_they_must, files_stop_for_their_paths,
	  no_other_way_leads_into_the_network)
