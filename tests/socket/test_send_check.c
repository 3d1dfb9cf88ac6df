/* What sending would answer, asked beforehand. */
#include "host.h"

static uint8_t bytes[70000];

static int check(int handle, struct pyt_message *message, uint32_t len,
		 int64_t *max_len)
{
	return pyt_socket_check_message(a, handle, message, len, max_len,
					sim.now_us);
}

/* Both say the same of this length: that result. */
static int both(int handle, struct pyt_message *message, uint32_t len)
{
	struct iovec iov = { bytes, len };
	int64_t max_len;
	int asked = check(handle, message, len, &max_len);
	ssize_t sent = pyt_socket_send_message(a, handle, message, &iov, 1,
					       sim.now_us);

	ck_assert_int_eq(asked, sent < 0 ? (int)sent : 0);
	return asked;
}

/* The length up to which it is allowed, found by sending at the bound. */
static int64_t limit(int handle, struct pyt_message *message)
{
	int64_t max_len, again;

	ck_assert_int_eq(check(handle, message, 1, &max_len), 0);
	if (max_len < 0)
		return -1;
	ck_assert_int_eq(both(handle, message, (uint32_t)max_len), 0);
	ck_assert_int_lt(both(handle, message, (uint32_t)max_len + 1), 0);
	check(handle, message, (uint32_t)max_len + 1, &again);
	return max_len;
}

static struct pyt_message to(const char *ip, uint16_t port)
{
	return (struct pyt_message){ .peer = at(ip, port),
				     .ttl = -1,
				     .tos = -1 };
}

START_TEST(what_cannot_be_sent_is_known_before)
{
	struct pyt_message far = to("192.0.2.1", 9), all = to("10.0.0.255", 9);
	struct pyt_message nobody = to(B_IP, 0), good = to(B_IP, 9);
	int handle = udp(a);

	ck_assert_int_eq(both(handle, &far, 10), -ENETUNREACH);
	ck_assert_int_eq(both(handle, &all, 10), -EACCES);
	ck_assert_int_eq(both(handle, &nobody, 10), -EINVAL);
	ck_assert_int_eq(both(handle, &good, 10), 0);
	ck_assert_int_eq(set_int(a, handle, SOL_SOCKET, SO_BROADCAST, 1), 0);
	ck_assert_int_eq(both(handle, &all, 10), 0);
}
END_TEST

START_TEST(asking_sends_nothing_but_takes_a_port)
{
	struct pyt_message good = to(B_IP, 9);
	int handle = udp(a);
	int64_t max_len;

	ck_assert_int_eq(check(handle, &good, 10, &max_len), 0);
	pass(10 * MS);
	ck_assert_uint_eq(counter(a, "UdpOutDatagrams"), 0);
	ck_assert_uint_ne(status_of(a, handle).local.port, 0);
}
END_TEST

START_TEST(the_longest_message_is_the_longest_that_can_be_sent)
{
	struct pyt_message good = to(B_IP, 9);
	int handle = udp(a);

	ck_assert_int_eq(limit(handle, &good), 65507);
	set_int(a, handle, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
	ck_assert_int_eq(limit(handle, &good), 1472);
	set_int(a, handle, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT);
	ck_assert_int_eq(limit(handle, &good), 65507);
}
END_TEST

START_TEST(segments_are_bounded_in_number_and_by_the_path)
{
	struct pyt_message good = to(B_IP, 9);
	int handle = udp(a);

	good.gso_size = 100;
	ck_assert_int_eq(limit(handle, &good), 12800);
	ck_assert_int_eq(both(handle, &good, 12801), -EINVAL);
	good.gso_size = 1473;
	ck_assert_int_eq(both(handle, &good, 1473), 0);
	ck_assert_int_eq(both(handle, &good, 1474), -EMSGSIZE);
}
END_TEST

START_TEST(headers_within_the_bytes_are_seen_only_when_sent)
{
	struct pyt_message good = to(B_IP, 0);
	int raw = pyt_socket_open(a, AF_INET, SOCK_RAW, IPPROTO_RAW);
	int ping = pyt_socket_open(a, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	int other = pyt_socket_open(a, AF_INET, SOCK_RAW, 99);

	ck_assert_int_eq(limit(raw, &good), -1);
	ck_assert_int_eq(limit(ping, &good), -1);
	ck_assert_int_eq(limit(other, &good), 65515);
	set_int(a, other, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
	ck_assert_int_eq(limit(other, &good), 1480);
	ck_assert_int_eq(both(raw, &good, 1501), -EMSGSIZE);
}
END_TEST

START_TEST(a_change_of_routes_can_be_seen)
{
	struct pyt_route route = { .prefix = at("192.0.2.0", 0).ip,
				   .prefix_len = 24,
				   .gateway = at(B_IP, 0).ip };
	uint32_t before = pyt_route_changes(a);

	ck_assert_int_eq(pyt_route_add(a, &route), 0);
	ck_assert_uint_ne(pyt_route_changes(a), before);
	before = pyt_route_changes(a);
	ck_assert_int_eq(pyt_route_add(a, &route), -EEXIST);
	ck_assert_uint_eq(pyt_route_changes(a), before);
	ck_assert_int_eq(pyt_route_remove(a, &route), 0);
	ck_assert_uint_ne(pyt_route_changes(a), before);
}
END_TEST

UNIT_MAIN_WITH("send check", set_up, tear_down,
	       what_cannot_be_sent_is_known_before,
	       asking_sends_nothing_but_takes_a_port,
	       the_longest_message_is_the_longest_that_can_be_sent,
	       segments_are_bounded_in_number_and_by_the_path,
	       headers_within_the_bytes_are_seen_only_when_sent,
	       a_change_of_routes_can_be_seen)
