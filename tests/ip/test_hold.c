/* Packets with a time of departure: stack/iface/hold.c. */
#include "engine.h"
#include "iface/hold.h"

#include <errno.h>

static struct engine engine;
static struct test_memory memory;
static struct iface *iface;

static void set_up(void)
{
	struct pyt_iface_config config = { .name = "tun0",
					   .medium = PYT_MEDIUM_IP,
					   .mtu = 1500 };

	test_engine_init(&engine, &memory);
	iface = iface_create(&engine, 2, &config);
	ck_assert_ptr_nonnull(iface);
}

static void tear_down(void)
{
	iface_destroy(iface);
	ck_assert_uint_eq(memory.bytes, 0);
}

static int send_at(uint8_t name, int64_t departs_us)
{
	struct packet_out *packet = packet_create(&engine, 1);

	packet->data[0] = name;
	packet->departs_us = departs_us;
	return iface_output(iface, packet);
}

/* What leaves now, a letter each. */
static const char *leaving(int64_t now_us)
{
	static char names[8];
	struct pyt_frame frame;
	int count = 0;

	hold_run_timers(iface, now_us);
	while (count < 7 && iface_output_next(iface, &frame))
		names[count++] = *(char *)frame.part[0].iov_base;
	names[count] = '\0';
	return names;
}

START_TEST(each_leaves_at_its_time)
{
	send_at('b', 20);
	send_at('a', 10);
	send_at('c', 30);
	ck_assert_int_eq(hold_next_deadline(iface), 10);
	ck_assert_str_eq(leaving(9), "");
	ck_assert_str_eq(leaving(10), "a");
	ck_assert_int_eq(hold_next_deadline(iface), 20);
	ck_assert_str_eq(leaving(30), "bc");
	ck_assert_int_eq(hold_next_deadline(iface), TIME_NEVER);
}
END_TEST

START_TEST(those_of_one_time_leave_in_their_order)
{
	for (char name = 'a'; name <= 'f'; name++)
		send_at((uint8_t)name, 10);
	ck_assert_str_eq(leaving(10), "abcdef");
}
END_TEST

START_TEST(one_without_a_time_leaves_at_once)
{
	send_at('b', 20);
	send_at('a', 0);
	ck_assert_str_eq(leaving(1), "a");
	ck_assert_str_eq(leaving(20), "b");
}
END_TEST

START_TEST(more_are_held_than_the_queue_takes_and_none_of_them_is_lost)
{
	struct pyt_frame frame;

	for (int i = 0; i < HOLD_MAX; i++)
		ck_assert_int_eq(send_at('a', 10), 0);
	ck_assert_int_eq(send_at('b', 5), -ENOBUFS);
	ck_assert_uint_eq(engine.counters.value[COUNTER_IFACE_QUEUE_FULL], 1);
	hold_run_timers(iface, 10);
	for (int i = 0; i < HOLD_MAX; i++)
		ck_assert(iface_output_next(iface, &frame));
	ck_assert(!iface_output_next(iface, &frame));
	ck_assert_int_eq(send_at('b', 15), 0);
}
END_TEST

START_TEST(an_interface_that_goes_down_loses_them)
{
	send_at('a', 10);
	iface->is_down = true;
	iface_drop_output(iface);
	ck_assert_int_eq(hold_next_deadline(iface), TIME_NEVER);
	ck_assert_int_eq(send_at('b', 20), -ENETDOWN);
}
END_TEST

START_TEST(memory_of_what_is_held_comes_back)
{
	send_at('a', 10);
	send_at('b', 20);
}
END_TEST

UNIT_MAIN_WITH("hold", set_up, tear_down, each_leaves_at_its_time,
	       those_of_one_time_leave_in_their_order,
	       one_without_a_time_leaves_at_once,
	       more_are_held_than_the_queue_takes_and_none_of_them_is_lost,
	       an_interface_that_goes_down_loses_them,
	       memory_of_what_is_held_comes_back)
