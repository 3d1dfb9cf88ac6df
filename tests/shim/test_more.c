#include "unit.h"

#include <sys/socket.h>

#include "../../shim/more.h"

static struct more more;

static void fresh(void)
{
	more = (struct more){ 0 };
}

START_TEST(bytes_that_nobody_announced_are_not_held_back)
{
	fresh();
	ck_assert_int_eq(more_take(&more, 100), 0);
	ck_assert_int_eq(more_take(&more, 0), 0);
	ck_assert_int_eq(more_take(&more, 1), 0);
}
END_TEST

START_TEST(announced_bytes_have_the_flag_to_the_last_one)
{
	fresh();
	more_announce(&more, 0, 10);
	ck_assert_int_eq(more_take(&more, 4), MSG_MORE);
	ck_assert_int_eq(more_take(&more, 6), MSG_MORE);
	ck_assert_int_eq(more_take(&more, 1), 0);
}
END_TEST

START_TEST(a_read_past_their_end_lets_all_go)
{
	fresh();
	more_announce(&more, 0, 10);
	ck_assert_int_eq(more_take(&more, 11), 0);
	ck_assert_int_eq(more_take(&more, 0), 0);
}
END_TEST

START_TEST(what_lies_in_front_of_them_is_not_held_back)
{
	fresh();
	more_take(&more, 1000);
	more_announce(&more, 5, 10);
	ck_assert_int_eq(more_take(&more, 5), 0);
	ck_assert_int_eq(more_take(&more, 10), MSG_MORE);
}
END_TEST

START_TEST(runs_that_touch_are_one)
{
	fresh();
	more_announce(&more, 0, 10);
	more_announce(&more, 10, 10);
	ck_assert_int_eq(more_take(&more, 10), MSG_MORE);
	ck_assert_int_eq(more_take(&more, 10), MSG_MORE);
	more_announce(&more, 0, 10);
	ck_assert_int_eq(more_take(&more, 10), MSG_MORE);
}
END_TEST

START_TEST(an_older_run_with_others_behind_it_goes)
{
	fresh();
	more_announce(&more, 0, 10);
	more_announce(&more, 15, 10);
	ck_assert_int_eq(more_take(&more, 10), 0);
	ck_assert_int_eq(more_take(&more, 5), 0);
	ck_assert_int_eq(more_take(&more, 10), MSG_MORE);
}
END_TEST

START_TEST(a_byte_that_was_taken_may_turn_out_to_be_without_it)
{
	fresh();
	more_announce(&more, 0, 9);
	ck_assert_int_eq(more_take(&more, 6), MSG_MORE);
	more_withdraw(&more, 3);
	ck_assert(!more_is_over(&more));
	more_withdraw(&more, 1);
	ck_assert(more_is_over(&more));
}
END_TEST

START_TEST(what_was_not_written_is_withdrawn)
{
	fresh();
	more_announce(&more, 0, 10);
	more_withdraw(&more, 4);
	ck_assert_int_eq(more_take(&more, 6), MSG_MORE);
	ck_assert_int_eq(more_take(&more, 1), 0);
}
END_TEST

START_TEST(no_more_can_be_withdrawn_than_was_announced)
{
	fresh();
	more_take(&more, 50);
	more_announce(&more, 0, 10);
	more_withdraw(&more, UINT32_MAX);
	ck_assert_uint_eq(more.start, 50);
	ck_assert_uint_eq(more.end, 50);
	ck_assert_int_eq(more_take(&more, 1), 0);
}
END_TEST

UNIT_MAIN("more", bytes_that_nobody_announced_are_not_held_back,
	  announced_bytes_have_the_flag_to_the_last_one,
	  a_read_past_their_end_lets_all_go,
	  what_lies_in_front_of_them_is_not_held_back, runs_that_touch_are_one,
	  an_older_run_with_others_behind_it_goes,
	  a_byte_that_was_taken_may_turn_out_to_be_without_it,
	  what_was_not_written_is_withdrawn,
	  no_more_can_be_withdrawn_than_was_announced)
