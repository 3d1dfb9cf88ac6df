#include "frames.h"

#include "link/impair.h"

static struct impair impair;
static size_t allocated;

static void *take(void *context, size_t len)
{
	allocated += len;
	return calloc(1, len);
}

static void give(void *context, void *memory, size_t len)
{
	allocated -= len;
	free(memory);
}

static const struct pyt_allocator allocator = { .alloc = take, .free = give };

static void wire(const char *text)
{
	struct impair_params params;
	const char *why = "";

	ck_assert_msg(impair_params_parse(text, &params, &why), "%s", why);
	ck_assert_int_eq(impair_init(&impair, &params, PYT_MEDIUM_ETHERNET,
				     1600, &allocator),
			 0);
}

static void end_wire(void)
{
	impair_clear(&impair);
	ck_assert_uint_eq(allocated, 0);
}

/* A small frame that says its number. */
static unsigned put(uint32_t number, int64_t now_us)
{
	uint8_t bytes[100] = { 0 };
	struct pyt_frame frame = { .part_count = 1, .len = sizeof(bytes) };

	memcpy(bytes + 20, &number, sizeof(number));
	frame.part[0].iov_base = bytes;
	frame.part[0].iov_len = sizeof(bytes);
	return impair_input(&impair, IMPAIR_OUT, &frame, now_us);
}

/* The next frame's number, or -1. */
static int64_t get(int64_t now_us)
{
	struct pyt_frame frame;
	uint32_t number;

	if (!impair_output(&impair, IMPAIR_OUT, &frame, now_us))
		return -1;
	memcpy(&number, (uint8_t *)frame.part[0].iov_base + 20, sizeof(number));
	return number;
}

/* How many of count frames come out of a wire without delay. */
static unsigned count_through(unsigned count)
{
	unsigned through = 0;

	for (unsigned i = 0; i < count; i++) {
		put(i, i);
		while (get(i) >= 0)
			through++;
	}
	return through;
}

#define CK_NEAR(value, wanted, tolerance)                        \
	do {                                                     \
		uint64_t near = value;                           \
                                                                 \
		ck_assert_uint_ge(near, (wanted) - (tolerance)); \
		ck_assert_uint_le(near, (wanted) + (tolerance)); \
	} while (0)

START_TEST(loss_comes_true)
{
	wire("loss=20%,seed=7");
	CK_NEAR(count_through(20000), 16000u, 200u);
	ck_assert_uint_eq(impair.queue[IMPAIR_OUT].counts.frames, 20000);
	end_wire();
	wire("loss=100%");
	ck_assert_uint_eq(count_through(100), 0);
	end_wire();
	wire("loss=0%");
	ck_assert_uint_eq(count_through(100), 100);
	end_wire();
}
END_TEST

START_TEST(bursts_keep_the_share_and_have_their_mean_length)
{
	unsigned runs = 0, lost = 0;
	bool before = false;

	wire("loss=10%,burst=5,seed=3");
	for (uint32_t i = 0; i < 100000; i++) {
		bool gone = put(i, i) > 0;

		runs += gone && !before;
		lost += gone;
		before = gone;
		get(i);
	}
	CK_NEAR(lost, 10000u, 600u);
	CK_NEAR(lost * 10 / runs, 50u, 4u);
	end_wire();
}
END_TEST

START_TEST(duplicates_and_corruption_come_true)
{
	wire("duplicate=5%,corrupt=2%,seed=1");
	CK_NEAR(count_through(20000), 21000u, 120u);
	CK_NEAR(impair.queue[IMPAIR_OUT].counts.corrupted, 400u, 60u);
	end_wire();
}
END_TEST

START_TEST(corruption_turns_one_bit_and_takes_the_trust_away)
{
	uint8_t bytes[100] = { 0 };
	struct pyt_frame frame = { .part_count = 1,
				   .len = sizeof(bytes),
				   .csum = PYT_CSUM_VALID };
	const uint8_t *got;
	int bits = 0;

	frame.part[0].iov_base = bytes;
	frame.part[0].iov_len = sizeof(bytes);
	wire("corrupt=100%");
	impair_input(&impair, IMPAIR_IN, &frame, 0);
	ck_assert_int_eq(impair_output(&impair, IMPAIR_IN, &frame, 0), 1);
	ck_assert_int_eq(frame.csum, PYT_CSUM_NONE);
	got = frame.part[0].iov_base;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bits += __builtin_popcount(got[i]);
	ck_assert_int_eq(bits, 1);
	end_wire();
}
END_TEST

START_TEST(delay_holds_back_and_says_until_when)
{
	wire("delay=10ms");
	ck_assert_int_eq(impair_next_deadline(&impair, IMPAIR_OUT), TIME_NEVER);
	put(1, 5 * MS);
	ck_assert_int_eq(impair_next_deadline(&impair, IMPAIR_OUT), 15 * MS);
	ck_assert_int_eq(get(15 * MS - 1), -1);
	ck_assert_int_eq(get(15 * MS), 1);
	ck_assert_int_eq(impair_next_deadline(&impair, IMPAIR_OUT), TIME_NEVER);
	end_wire();
}
END_TEST

START_TEST(jitter_varies_the_delay_but_keeps_the_order)
{
	int64_t least = TIME_NEVER, most = 0;
	int64_t expected = 0;

	wire("delay=10ms,jitter=4ms,seed=9");
	for (uint32_t i = 0; i < 500; i++) {
		int64_t sent_us = i * 20 * MS, due_us;

		put(i, sent_us);
		due_us = impair_next_deadline(&impair, IMPAIR_OUT) - sent_us;
		least = due_us < least ? due_us : least;
		most = due_us > most ? due_us : most;
		ck_assert_int_eq(get(sent_us + due_us), i);
	}
	CK_NEAR((uint64_t)least, 6000u, 100u);
	CK_NEAR((uint64_t)most, 14000u, 100u);
	for (uint32_t i = 0; i < 500; i++)
		put(i, 20 * SEC);
	for (int64_t got; (got = get(21 * SEC)) >= 0; expected++)
		ck_assert_int_eq(got, expected);
	ck_assert_int_eq(expected, 500);
	end_wire();
}
END_TEST

START_TEST(reordered_frames_come_after_later_ones)
{
	unsigned late = 0;
	int64_t highest = -1;

	wire("reorder=10%,seed=5");
	for (uint32_t i = 0; i < 5000; i++) {
		put(i, i * 100ll);
		for (int64_t got; (got = get(i * 100ll)) >= 0;) {
			late += got < highest;
			highest = got > highest ? got : highest;
		}
	}
	CK_NEAR(impair.queue[IMPAIR_OUT].counts.reordered, 500u, 60u);
	CK_NEAR(late, 450u, 90u);
	end_wire();
}
END_TEST

START_TEST(rate_spaces_the_frames)
{
	wire("rate=8mbit"); /* 100 bytes take 100 us */
	put(0, 0);
	put(1, 0);
	put(2, 0);
	ck_assert_int_eq(get(99), -1);
	ck_assert_int_eq(get(100), 0);
	ck_assert_int_eq(get(199), -1);
	ck_assert_int_eq(get(200), 1);
	ck_assert_int_eq(get(300), 2);
	put(3, 1000);
	ck_assert_int_eq(get(1099), -1);
	ck_assert_int_eq(get(1100), 3);
	end_wire();
}
END_TEST

START_TEST(the_queue_is_bounded)
{
	wire("delay=1s,limit=10,duplicate=100%");
	for (uint32_t i = 0; i < 5; i++)
		ck_assert_uint_eq(put(i, 0), 0);
	ck_assert_uint_eq(put(5, 0), 1);
	ck_assert_uint_eq(impair.queue[IMPAIR_OUT].counts.overflowed, 1);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(get(SEC), i / 2);
	ck_assert_int_eq(get(SEC), -1);
	end_wire();
}
END_TEST

START_TEST(loss_acts_on_segments_not_on_super_frames)
{
	static uint8_t payload[60000];
	struct pyt_frame frame;
	unsigned gone, through = 0;

	tcp_frame(&frame, payload, sizeof(payload), 1000);
	wire("loss=50%,seed=2");
	gone = impair_input(&impair, IMPAIR_OUT, &frame, 0);
	CK_NEAR(gone, 30u, 12u);
	while (impair_output(&impair, IMPAIR_OUT, &frame, 0)) {
		ck_assert_uint_eq(frame.len, 1054);
		ck_assert_int_eq(frame.gso, PYT_GSO_NONE);
		ck_assert_uint_eq(transport_sum(frame.part[0].iov_base, 1054),
				  0);
		through++;
	}
	ck_assert_uint_eq(gone + through, 60);
	end_wire();
}
END_TEST

/* One number for everything that came out and when. */
static uint64_t history(const char *text, bool traffic_in_the_other_way)
{
	struct pyt_frame other = { .len = 0 };
	uint64_t hash = 0;

	wire(text);
	for (uint32_t i = 0; i < 3000; i++) {
		put(i, i * 50ll);
		if (traffic_in_the_other_way)
			impair_input(&impair, IMPAIR_IN, &other, i * 50ll);
		for (int64_t got; (got = get(i * 50ll)) >= 0;)
			hash = hash * 31 + (uint64_t)got * 7 + i;
	}
	end_wire();
	return hash;
}

START_TEST(a_seed_replays_whatever_the_other_way_does)
{
	const char *text = "loss=5%,delay=2ms,jitter=1ms,reorder=3%,"
			   "duplicate=3%,corrupt=3%,rate=50mbit,seed=11";
	const char *other = "loss=5%,delay=2ms,jitter=1ms,reorder=3%,"
			    "duplicate=3%,corrupt=3%,rate=50mbit,seed=12";

	ck_assert_uint_eq(history(text, false), history(text, true));
	ck_assert_uint_ne(history(text, false), history(other, false));
}
END_TEST

START_TEST(one_direction_alone_can_be_bad)
{
	struct pyt_frame frame;
	uint8_t bytes[60] = { 0 };

	wire("in.loss=100%,out.delay=1ms");
	put(1, 0);
	ck_assert_int_eq(get(0), -1);
	ck_assert_int_eq(get(MS), 1);
	memset(&frame, 0, sizeof(frame));
	frame.part[0].iov_base = bytes;
	frame.part[0].iov_len = sizeof(bytes);
	frame.part_count = 1;
	frame.len = sizeof(bytes);
	ck_assert_uint_eq(impair_input(&impair, IMPAIR_IN, &frame, 0), 1);
	end_wire();
}
END_TEST

UNIT_MAIN("impair", loss_comes_true,
	  bursts_keep_the_share_and_have_their_mean_length,
	  duplicates_and_corruption_come_true,
	  corruption_turns_one_bit_and_takes_the_trust_away,
	  delay_holds_back_and_says_until_when,
	  jitter_varies_the_delay_but_keeps_the_order,
	  reordered_frames_come_after_later_ones, rate_spaces_the_frames,
	  the_queue_is_bounded, loss_acts_on_segments_not_on_super_frames,
	  a_seed_replays_whatever_the_other_way_does,
	  one_direction_alone_can_be_bad)
