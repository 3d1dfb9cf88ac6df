#include "epoll_hint.h"

#include "unit.h"

START_TEST(what_was_given_tells_whose_it_is)
{
	epoll_hint_set(3, 7, 7);
	epoll_hint_set(3, 8, 0x7fff12345678ull);
	ck_assert_int_eq(epoll_hint_find(3, 7), 7);
	ck_assert_int_eq(epoll_hint_find(3, 0x7fff12345678ull), 8);
	ck_assert_int_eq(epoll_hint_find(3, 9), -1);
}
END_TEST

START_TEST(it_is_of_one_instance)
{
	epoll_hint_set(3, 7, 7);
	ck_assert_int_eq(epoll_hint_find(4, 7), -1);
	epoll_hint_set(4, 7, 70);
	ck_assert_int_eq(epoll_hint_find(4, 70), 7);
	ck_assert_int_eq(epoll_hint_find(3, 7), -1);
}
END_TEST

START_TEST(what_was_modified_is_what_it_is_now)
{
	epoll_hint_set(3, 7, 100);
	epoll_hint_set(3, 7, 200);
	ck_assert_int_eq(epoll_hint_find(3, 100), -1);
	ck_assert_int_eq(epoll_hint_find(3, 200), 7);
}
END_TEST

START_TEST(numbers_are_found_though_they_share_a_bucket)
{
	for (int fd = 0; fd < 200000; fd++)
		epoll_hint_set(3, fd, (uint64_t)fd);
	for (int fd = 0; fd < 200000; fd++)
		ck_assert_int_eq(epoll_hint_find(3, (uint64_t)fd), fd);
}
END_TEST

START_TEST(what_is_out_of_range_is_not_known)
{
	epoll_hint_set(3, 1 << 30, 5);
	epoll_hint_set(3, -1, 6);
	ck_assert_int_eq(epoll_hint_find(3, 5), -1);
	ck_assert_int_eq(epoll_hint_find(3, 6), -1);
}
END_TEST

UNIT_MAIN("epoll hints", what_was_given_tells_whose_it_is,
	  it_is_of_one_instance, what_was_modified_is_what_it_is_now,
	  numbers_are_found_though_they_share_a_bucket,
	  what_is_out_of_range_is_not_known)
