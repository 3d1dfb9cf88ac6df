#include "unit.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "own_options.h"

static int number(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	getsockopt(fd, SOL_SOCKET, option, &value, &len);
	return value;
}

static void set_number(int fd, int option, int value)
{
	ck_assert_int_eq(
		setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)), 0);
}

START_TEST(they_are_the_kernels_to_act_on)
{
	ck_assert(own_options_has(DESCRIPTOR_STREAM, SOL_SOCKET, SO_OOBINLINE));
	ck_assert(own_options_has(DESCRIPTOR_STREAM, SOL_SOCKET, SO_RCVTIMEO));
	ck_assert(
		!own_options_has(DESCRIPTOR_STREAM, SOL_SOCKET, SO_KEEPALIVE));
	ck_assert(
		!own_options_has(DESCRIPTOR_STREAM, IPPROTO_TCP, SO_OOBINLINE));
}
END_TEST

START_TEST(a_new_socket_has_none_set)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert(!own_options_are_set(fd));
	set_number(fd, SO_OOBINLINE, 1);
	ck_assert(own_options_are_set(fd));
	set_number(fd, SO_OOBINLINE, 0);
	ck_assert(!own_options_are_set(fd));
	set_number(fd, SO_RCVLOWAT, 2);
	ck_assert(own_options_are_set(fd));
	close(fd);
	ck_assert(!own_options_are_set(fd));
}
END_TEST

START_TEST(a_copy_has_all_of_them)
{
	int from = socket(AF_UNIX, SOCK_STREAM, 0);
	int to = socket(AF_UNIX, SOCK_STREAM, 0);
	struct timeval time = { .tv_sec = 3, .tv_usec = 500000 };
	socklen_t len = sizeof(time);

	set_number(from, SO_OOBINLINE, 1);
	set_number(from, SO_RCVLOWAT, 9);
	setsockopt(from, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
	own_options_copy(from, to);
	ck_assert_int_eq(number(to, SO_OOBINLINE), 1);
	ck_assert_int_eq(number(to, SO_RCVLOWAT), 9);
	time = (struct timeval){ 0 };
	getsockopt(to, SOL_SOCKET, SO_SNDTIMEO, &time, &len);
	ck_assert_int_eq(time.tv_sec, 3);
	ck_assert_int_eq(time.tv_usec, 500000);
	getsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &time, &len);
	ck_assert_int_eq(time.tv_sec, 0);
	close(from);
	close(to);
}
END_TEST

UNIT_MAIN("own_options", they_are_the_kernels_to_act_on,
	  a_new_socket_has_none_set, a_copy_has_all_of_them)
