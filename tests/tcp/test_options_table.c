/*
 * What setsockopt(2) takes and what getsockopt(2) then shows, for a socket
 * that is new, that listens and that is connected: as a kernel of 6.18 says.
 */
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "pair.h"

#define ALL -1

enum situation { CLOSED, LISTENING, CONNECTED, SITUATIONS };

struct row {
	int name;
	enum situation situation; /* ALL */
	int value;
	int result; /* of setting it */
	int shown; /* after that; negative: -errno of getsockopt */
};

static const struct row rows[] = {
	{ TCP_NODELAY, ALL, -1, 0, 1 },
	{ TCP_NODELAY, ALL, 0, 0, 0 },
	{ TCP_NODELAY, ALL, 7, 0, 1 },
	{ TCP_MAXSEG, CLOSED, 87, -EINVAL, 536 },
	{ TCP_MAXSEG, CLOSED, 88, 0, 88 },
	{ TCP_MAXSEG, LISTENING, 32767, 0, 32767 },
	{ TCP_MAXSEG, CLOSED, 32768, -EINVAL, 536 },
	{ TCP_MAXSEG, CLOSED, -1, -EINVAL, 536 },
	{ TCP_MAXSEG, CONNECTED, 88, 0, 1448 },
	{ TCP_CORK, ALL, 2, 0, 1 },
	{ TCP_CORK, ALL, 0, 0, 0 },
	{ TCP_KEEPIDLE, ALL, 0, -EINVAL, 7200 },
	{ TCP_KEEPIDLE, ALL, 1, 0, 1 },
	{ TCP_KEEPIDLE, ALL, 32767, 0, 32767 },
	{ TCP_KEEPIDLE, ALL, 32768, -EINVAL, 7200 },
	{ TCP_KEEPINTVL, ALL, 0, -EINVAL, 75 },
	{ TCP_KEEPINTVL, ALL, 32767, 0, 32767 },
	{ TCP_KEEPINTVL, ALL, 32768, -EINVAL, 75 },
	{ TCP_KEEPCNT, ALL, 0, -EINVAL, 9 },
	{ TCP_KEEPCNT, ALL, 127, 0, 127 },
	{ TCP_KEEPCNT, ALL, 128, -EINVAL, 9 },
	{ TCP_SYNCNT, ALL, 0, -EINVAL, 6 },
	{ TCP_SYNCNT, ALL, 127, 0, 127 },
	{ TCP_SYNCNT, ALL, 128, -EINVAL, 6 },
	{ TCP_LINGER2, ALL, -1, 0, -1 },
	{ TCP_LINGER2, ALL, 0, 0, 60 },
	{ TCP_LINGER2, ALL, 88, 0, 88 },
	{ TCP_LINGER2, ALL, 127, 0, 120 },
	{ TCP_WINDOW_CLAMP, CLOSED, 0, 0, 0 },
	{ TCP_WINDOW_CLAMP, LISTENING, 0, -EINVAL, 0 },
	{ TCP_WINDOW_CLAMP, ALL, -1, 0, 1152 },
	{ TCP_WINDOW_CLAMP, ALL, 1, 0, 1152 },
	{ TCP_WINDOW_CLAMP, ALL, 32767, 0, 32767 },
	{ TCP_WINDOW_CLAMP, ALL, INT_MAX, 0, INT_MAX },
	{ TCP_INFO, ALL, 1, -ENOPROTOOPT, ALL },
	{ TCP_QUICKACK, ALL, 0, 0, 0 },
	{ TCP_QUICKACK, ALL, 1, 0, 1 },
	{ TCP_THIN_DUPACK, ALL, 1, 0, 0 },
	{ TCP_THIN_DUPACK, ALL, 2, -EINVAL, 0 },
	{ TCP_USER_TIMEOUT, ALL, -1, -EINVAL, 0 },
	{ TCP_USER_TIMEOUT, ALL, 0, 0, 0 },
	{ TCP_USER_TIMEOUT, ALL, INT_MAX, 0, INT_MAX },
	{ TCP_REPAIR, ALL, 1, -EPERM, 0 },
	{ TCP_REPAIR_QUEUE, ALL, 1, -EPERM, -EINVAL },
	{ TCP_QUEUE_SEQ, CLOSED, 1, -EINVAL, -EINVAL },
	{ TCP_QUEUE_SEQ, LISTENING, 1, -EPERM, -EINVAL },
	{ TCP_QUEUE_SEQ, CONNECTED, 1, -EPERM, -EINVAL },
	{ TCP_REPAIR_OPTIONS, ALL, 1, -EINVAL, -ENOPROTOOPT },
	{ TCP_REPAIR_WINDOW, ALL, 1, -EINVAL, -EINVAL },
	{ TCP_TIMESTAMP, ALL, 1, -EPERM, ALL },
	{ TCP_NOTSENT_LOWAT, ALL, -1, 0, -1 },
	{ TCP_NOTSENT_LOWAT, ALL, 100000, 0, 100000 },
	{ TCP_ULP, ALL, 1, -ENOENT, ALL },
	{ TCP_ZEROCOPY_RECEIVE, ALL, 1, -ENOPROTOOPT, -EINVAL },
	{ TCP_INQ, ALL, 0, 0, 0 },
	{ TCP_INQ, ALL, 1, 0, 1 },
	{ TCP_INQ, ALL, 2, -EINVAL, 0 },
	{ TCP_INQ, ALL, -1, -EINVAL, 0 },
	{ TCP_TX_DELAY, ALL, 0, 0, 0 },
	{ TCP_TX_DELAY, ALL, 268435455, 0, 268435455 },
	{ TCP_TX_DELAY, ALL, 268435456, -EINVAL, 0 },
	{ TCP_TX_DELAY, ALL, -1, -EINVAL, 0 },
	{ 43 /* TCP_IS_MPTCP */, ALL, 1, -ENOPROTOOPT, 0 },
	{ 999, ALL, 1, -ENOPROTOOPT, -ENOPROTOOPT },
};

static struct pair pair;
static const struct pair_network network = { .delay_us = 5 * MS };

static void check_row(int number, enum situation situation)
{
	const struct row *row = &rows[number];
	struct tcp_connection *tcp;
	int shown = 0, result, len;

	pair_init(&pair, 1, &network);
	tcp = pair.end[0].tcp;
	if (situation == CONNECTED)
		pair_connect(&pair);
	if (situation == LISTENING)
		pair.end[0].listener = tcp_listen(pair.end[0].context, tcp, 1);
	result = tcp_set_option(tcp, IPPROTO_TCP, row->name, &row->value,
				sizeof(row->value), pair.now_us);
	if (result != row->result)
		ck_abort_msg("row %d, situation %d: set gives %d", number,
			     situation, result);
	len = tcp_get_option(tcp, IPPROTO_TCP, row->name, &shown, sizeof(shown),
			     pair.now_us);
	if (row->shown != ALL && len != sizeof(shown) && len != row->shown)
		ck_abort_msg("row %d, situation %d: get gives %d", number,
			     situation, len);
	if (row->shown != ALL && len == sizeof(shown) && shown != row->shown)
		ck_abort_msg("row %d, situation %d: shows %d", number,
			     situation, shown);
	pair_clear(&pair);
}

START_TEST(values_are_taken_and_shown_as_linux_does)
{
	const int count = sizeof(rows) / sizeof(*rows);

	for (int i = 0; i < count; i++)
		for (int j = 0; j < SITUATIONS; j++)
			if ((int)rows[i].situation == ALL ||
			    (int)rows[i].situation == j)
				check_row(i, j);
}
END_TEST

START_TEST(a_layer_above_has_no_name)
{
	char name[16];

	pair_init(&pair, 1, &network);
	ck_assert_int_eq(tcp_get_option(pair.end[0].tcp, IPPROTO_TCP, TCP_ULP,
					name, sizeof(name), 0),
			 0);
	ck_assert_int_eq(tcp_set_option(pair.end[0].tcp, IPPROTO_TCP, TCP_ULP,
					"tls", 3, 0),
			 -ENOENT);
	ck_assert_int_eq(
		tcp_set_option(pair.end[0].tcp, IPPROTO_TCP, TCP_ULP, "", 0, 0),
		-EINVAL);
	pair_clear(&pair);
}
END_TEST

START_TEST(the_timestamp_shown_is_that_of_the_segments)
{
	uint32_t shown;

	pair_init(&pair, 1, &network);
	pair_connect(&pair);
	pair_write(&pair, 0, 1);
	pair_flush(&pair);
	tcp_get_option(pair.end[0].tcp, IPPROTO_TCP, TCP_TIMESTAMP, &shown,
		       sizeof(shown), pair.now_us);
	ck_assert_uint_eq(shown, pair.last[0].ts_value);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_maximum_of_the_program_holds_from_the_handshake)
{
	int maxseg = 500;

	pair_init(&pair, 1, &network);
	tcp_set_option(pair.end[0].tcp, IPPROTO_TCP, TCP_MAXSEG, &maxseg,
		       sizeof(maxseg), 0);
	pair_connect(&pair);
	ck_assert_uint_eq(pair.end[0].tcp->snd.mss, 488);
	ck_assert_uint_eq(pair.end[1].tcp->snd.mss, 488);
	pair_clear(&pair);
}
END_TEST

START_TEST(nodelay_pushes_what_the_cork_holds_back_once)
{
	uint64_t before;
	int on = 1;

	pair_init(&pair, 1, &network);
	pair_connect(&pair);
	pair_run(&pair, pair.now_us + SEC);
	tcp_set_option(pair.end[0].tcp, IPPROTO_TCP, TCP_CORK, &on, sizeof(on),
		       pair.now_us);
	before = pair.end[0].segments_out;
	pair_write(&pair, 0, 10);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[0].segments_out, before);
	tcp_set_option(pair.end[0].tcp, IPPROTO_TCP, TCP_NODELAY, &on,
		       sizeof(on), pair.now_us);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	pair_write(&pair, 0, 10);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.end[0].segments_out, before + 1);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_options_table", values_are_taken_and_shown_as_linux_does,
	  a_layer_above_has_no_name,
	  the_timestamp_shown_is_that_of_the_segments,
	  a_maximum_of_the_program_holds_from_the_handshake,
	  nodelay_pushes_what_the_cork_holds_back_once)
