/* Places of a port: thousands of sockets on it, counted; one by one. */
#include "place.h"

#define MANY 10000

static uint32_t visited(void)
{
	uint32_t result = a->sockets.visited;

	a->sockets.visited = 0;
	return result;
}

/* Local programs of the host talk to each other by lo. */
static struct socket *receiver(enum socket_kind kind, const char *local,
			       uint16_t local_port, const char *peer,
			       uint16_t peer_port, int ifindex)
{
	struct pyt_sockaddr to = at(local, local_port);
	struct pyt_sockaddr from = at(peer, peer_port);

	return socket_demux(&a->sockets, kind, &to, &from, ifindex);
}

static const char *nth_of_loopback(int n)
{
	static char text[32];

	snprintf(text, sizeof(text), "127.1.%d.%d", n / 250, 1 + n % 250);
	return text;
}

static struct socket *socket_at(int handle)
{
	return socket_handle_find(&a->sockets, handle);
}

static void close_each_at_once(const int handles[MANY])
{
	visited();
	for (int i = 0; i < MANY; i++)
		pyt_socket_close(a, handles[i], sim.now_us);
	ck_assert_uint_le(visited(), MANY);
	ck_assert_uint_eq(a->sockets.places.count, 0);
}

/* -------------------------------------------------- thousands, counted */

START_TEST(bind_looks_at_few_of_thousands)
{
	int last = -1;

	for (int i = 0; i < MANY; i++) { /* one address each, no reuse */
		last = tcp(a);
		visited();
		ck_assert_int_eq(bind_to(a, last, nth_of_loopback(i), 80), 0);
		ck_assert_uint_le(visited(), 16);
	}
	ck_assert_int_eq(bind_to(a, tcp(a), "0.0.0.0", 80), -EADDRINUSE);
	ck_assert_uint_le(visited(), 16);
	ck_assert_int_eq(bind_to(a, tcp(a), nth_of_loopback(7), 80),
			 -EADDRINUSE);
	ck_assert_uint_le(visited(), 16);
	ck_assert_int_eq(pyt_socket_listen(a, last, 1), 0);
	ck_assert_uint_le(visited(), 16);
}
END_TEST

START_TEST(bind_looks_at_few_of_thousands_that_reuse)
{
	int strict, other;

	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(
			bind_to(a, with(tcp(a), SO_REUSEADDR), "127.0.0.1", 80),
			0);
	strict = with(tcp(a), SO_REUSEADDR);
	other = with(tcp(a), SO_REUSEADDR);
	ck_assert_int_eq(bind_to(a, strict, "127.0.0.1", 80), 0);
	ck_assert_int_eq(set_int(a, strict, SOL_SOCKET, SO_REUSEADDR, 0), 0);
	visited();
	ck_assert_int_eq(bind_to(a, other, "127.0.0.1", 80), -EADDRINUSE);
	ck_assert_uint_le(visited(), 16);
	ck_assert_int_eq(set_int(a, strict, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	ck_assert_int_eq(bind_to(a, other, "127.0.0.1", 80), 0);
	ck_assert_uint_le(visited(), 16);
}
END_TEST

START_TEST(each_of_a_groups_thousands_is_chosen_at_once)
{
	static int handles[MANY];
	static uint32_t hits[MANY];
	uint32_t chosen = 0;

	for (int i = 0; i < MANY; i++) {
		handles[i] = with(udp(a), SO_REUSEPORT);
		ck_assert_int_eq(bind_to(a, handles[i], "0.0.0.0", 53), 0);
	}
	visited();
	for (uint32_t i = 0; i < 60000; i++) {
		struct socket *one =
			receiver(SOCKET_UDP, "127.0.0.1", 53, "127.0.0.1",
				 (uint16_t)(1 + i), 1);

		ck_assert_uint_le(visited(), 16);
		chosen += hits[one->member]++ == 0;
		ck_assert_ptr_eq(one, receiver(SOCKET_UDP, "127.0.0.1", 53,
					       "127.0.0.1", (uint16_t)(1 + i),
					       1)); /* a flow stays */
	}
	ck_assert_uint_gt(chosen, MANY * 99 / 100);
	close_each_at_once(handles);
}
END_TEST

START_TEST(a_listener_of_thousands_is_found_at_once)
{
	for (int i = 0; i < MANY; i++) {
		int one = tcp(a), other = with(tcp(a), SO_REUSEPORT);

		ck_assert_int_eq(bind_to(a, one, nth_of_loopback(i), 80), 0);
		ck_assert_int_eq(pyt_socket_listen(a, one, 1), 0);
		ck_assert_int_eq(bind_to(a, other, "0.0.0.0", 81), 0);
		ck_assert_int_eq(pyt_socket_listen(a, other, 1), 0);
	}
	for (int i = 0; i < MANY; i++) {
		const char *ip = nth_of_loopback(i);
		struct pyt_ip wanted = at(ip, 0).ip;
		struct socket *one;

		visited();
		one = receiver(SOCKET_TCP, ip, 80, "127.0.0.1", 9, 1);
		ck_assert(pyt_ip_equal(&one->local.ip, &wanted));
		ck_assert_ptr_nonnull(
			receiver(SOCKET_TCP, ip, 81, "127.0.0.1", 9, 1));
		ck_assert_uint_le(visited(), 32);
	}
}
END_TEST

/* Also if all of them are connected to the same peer. */
START_TEST(a_connected_socket_of_thousands_is_found_at_once)
{
	static int handles[MANY];

	for (int i = 0; i < MANY; i++) {
		handles[i] = with(udp(a), SO_REUSEADDR);
		ck_assert_int_eq(bind_to(a, handles[i], A_IP, 53), 0);
		ck_assert_int_eq(
			connect_to(a, handles[i], B_IP,
				   (uint16_t)(i < MANY / 2 ? 1 + i : 1)),
			0);
	}
	visited();
	for (int i = 1; i < MANY / 2; i++) {
		ck_assert_ptr_eq(receiver(SOCKET_UDP, A_IP, 53, B_IP,
					  (uint16_t)(1 + i), 2),
				 socket_at(handles[i]));
		ck_assert_uint_le(visited(), 16);
	}
	ck_assert_ptr_eq(receiver(SOCKET_UDP, A_IP, 53, B_IP, 1, 2),
			 socket_at(handles[MANY - 1]));
	ck_assert_ptr_null(receiver(SOCKET_UDP, A_IP, 53, B_IP, 60000, 2));
	close_each_at_once(handles);
}
END_TEST

/* ------------------------------------------------------------- one by one */

START_TEST(an_address_is_before_a_device_and_that_before_none)
{
	int wild = with(udp(a), SO_REUSEADDR);
	int device = with(udp(a), SO_REUSEADDR);
	int address = with(udp(a), SO_REUSEADDR);
	int both = with(udp(a), SO_REUSEADDR);

	set_int(a, device, SOL_SOCKET, SO_BINDTOIFINDEX, 1);
	set_int(a, both, SOL_SOCKET, SO_BINDTOIFINDEX, 1);
	ck_assert_int_eq(bind_to(a, both, "127.0.0.1", 7), 0);
	ck_assert_int_eq(bind_to(a, address, "127.0.0.1", 7), 0);
	ck_assert_int_eq(bind_to(a, device, "0.0.0.0", 7), 0);
	ck_assert_int_eq(bind_to(a, wild, "0.0.0.0", 7), 0);
	ck_assert_ptr_eq(
		receiver(SOCKET_UDP, "127.0.0.1", 7, "127.0.0.1", 9, 1),
		socket_at(both));
	ck_assert_ptr_eq(
		receiver(SOCKET_UDP, "127.0.0.1", 7, "127.0.0.1", 9, 2),
		socket_at(address));
	ck_assert_ptr_eq(
		receiver(SOCKET_UDP, "127.0.0.2", 7, "127.0.0.1", 9, 1),
		socket_at(device));
	ck_assert_ptr_eq(
		receiver(SOCKET_UDP, "127.0.0.2", 7, "127.0.0.1", 9, 2),
		socket_at(wild));
	/* set after bind(2) it counts as well */
	set_int(a, both, SOL_SOCKET, SO_BINDTOIFINDEX, 3);
	ck_assert_ptr_eq(
		receiver(SOCKET_UDP, "127.0.0.1", 7, "127.0.0.1", 9, 1),
		socket_at(address));
}
END_TEST

START_TEST(connect_moves_a_socket_and_disconnect_moves_it_back)
{
	int one = udp(a), other = udp(a);

	ck_assert_int_eq(bind_to(a, one, "0.0.0.0", 7), 0);
	ck_assert_int_eq(connect_to(a, one, B_IP, 9), 0);
	ck_assert_ptr_null(receiver(SOCKET_UDP, A_IP, 7, B_IP, 8, 2));
	ck_assert_ptr_eq(receiver(SOCKET_UDP, A_IP, 7, B_IP, 9, 2),
			 socket_at(one));
	/* it has an address now */
	ck_assert_int_eq(bind_to(a, other, "127.0.0.1", 7), 0);
	ck_assert_int_eq(pyt_socket_close(a, other, sim.now_us), 0);
	ck_assert_int_eq(pyt_socket_disconnect(a, one, sim.now_us), 0);
	ck_assert_ptr_eq(receiver(SOCKET_UDP, A_IP, 7, B_IP, 8, 2),
			 socket_at(one));
	ck_assert_int_eq(bind_to(a, udp(a), "127.0.0.1", 7), -EADDRINUSE);
}
END_TEST

/* As Linux: connect(2) does not make it IPv6's alone, bind(2) does. */
START_TEST(connected_over_ip6_it_is_still_in_the_way_of_ip4)
{
	int dual = open_as(AF_INET6, SOCK_DGRAM), four = udp(a);
	int bound = open_as(AF_INET6, SOCK_DGRAM);

	ck_assert_int_eq(bind_to(a, bound, "::1", 8), 0);
	ck_assert_int_eq(bind_to(a, udp(a), "0.0.0.0", 8), 0);
	ck_assert_int_eq(bind_to(a, dual, "::", 7), 0);
	ck_assert_int_eq(connect_to(a, dual, "::1", 9), 0);
	ck_assert_int_eq(bind_to(a, four, "0.0.0.0", 7), -EADDRINUSE);
	ck_assert_int_eq(bind_to(a, four, "127.0.0.1", 7), 0);
	ck_assert_ptr_eq(receiver(SOCKET_UDP, "::1", 7, "::1", 9, 1),
			 socket_at(dual));
}
END_TEST

/* Where all else is alike; each connect(2) of a datagram socket counts. */
START_TEST(the_latest_is_first_after_billions)
{
	int early = with(open_as(AF_INET6, SOCK_DGRAM), SO_REUSEADDR);
	int late = with(open_as(AF_INET6, SOCK_DGRAM), SO_REUSEADDR);

	a->sockets.receiver_order = INT32_MAX - 1;
	set_int(a, late, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	ck_assert_int_eq(bind_to(a, early, "::", 7), 0);
	ck_assert_int_eq(bind_to(a, late, "::", 7), 0);
	ck_assert_ptr_eq(receiver(SOCKET_UDP, "::1", 7, "::1", 9, 1),
			 socket_at(late));
}
END_TEST

/* As Linux, which keeps the source that connect(2) chose for it, too. */
START_TEST(bound_to_all_of_ip4_it_is_never_ip6s)
{
	int all = open_as(AF_INET6, SOCK_DGRAM), six;
	struct pyt_ip own = at(A_IP, 0).ip;

	ck_assert_int_eq(bind_to(a, all, "::ffff:0.0.0.0", 7), 0);
	ck_assert_int_eq(connect_to(a, all, "::ffff:10.0.0.2", 9), 0);
	ck_assert(pyt_ip_equal(&socket_at(all)->local.ip, &own));
	ck_assert_int_eq(pyt_socket_disconnect(a, all, sim.now_us), 0);
	ck_assert(pyt_ip_equal(&socket_at(all)->local.ip, &own));
	ck_assert_ptr_null(receiver(SOCKET_UDP, "::1", 7, "::1", 9, 1));
	six = open_as(AF_INET6, SOCK_DGRAM);
	set_int(a, six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	ck_assert_int_eq(bind_to(a, six, "::", 7), 0);
}
END_TEST

START_TEST(a_refused_connect_changes_nothing)
{
	int one = udp(a);

	ck_assert_int_eq(connect_to(a, one, B_IP, 9), 0);
	ck_assert_int_ne(connect_to(a, one, "255.255.255.255", 9), 0);
	ck_assert_ptr_eq(receiver(SOCKET_UDP, A_IP,
				  status_of(a, one).local.port, B_IP, 9, 2),
			 socket_at(one));
}
END_TEST

/* A group is made by bind(2) and listen(2), as in Linux. */
START_TEST(who_asks_for_reuseport_later_is_in_no_group)
{
	int one = with(udp(a), SO_REUSEPORT);
	int other = with(with(udp(a), SO_REUSEADDR), SO_REUSEPORT);

	ck_assert_int_eq(bind_to(a, one, "0.0.0.0", 7), 0);
	ck_assert_int_eq(bind_to(a, other, "0.0.0.0", 7), 0);
	ck_assert_uint_eq(socket_at(one)->place->group_count, 2);
	ck_assert_int_eq(set_int(a, other, SOL_SOCKET, SO_REUSEPORT, 0), 0);
	for (uint16_t i = 1; i < 50; i++) /* the latest one, and alone */
		ck_assert_ptr_eq(receiver(SOCKET_UDP, A_IP, 7, B_IP, i, 2),
				 socket_at(other));
	ck_assert_int_eq(bind_to(a, with(udp(a), SO_REUSEPORT), A_IP, 7),
			 -EADDRINUSE);
}
END_TEST

/* A port without its socket is in nobody's way. */
START_TEST(time_wait_keeps_its_place_and_gives_it_back)
{
	int server = tcp(b), client = with(tcp(a), SO_REUSEADDR), accepted;
	int plain = tcp(a), reuses = with(tcp(a), SO_REUSEADDR);

	ck_assert_int_eq(bind_to(b, server, B_IP, 80), 0);
	ck_assert_int_eq(pyt_socket_listen(b, server, 8), 0);
	ck_assert_int_eq(bind_to(a, client, "0.0.0.0", 7), 0);
	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EINPROGRESS);
	pass(10 * MS);
	accepted = pyt_socket_accept(b, server, sim.now_us);
	pyt_socket_close(a, client, sim.now_us);
	pass(10 * MS);
	pyt_socket_close(b, accepted, sim.now_us);
	pass(10 * MS);
	ck_assert_int_eq(bind_to(a, plain, "0.0.0.0", 7), -EADDRINUSE);
	ck_assert_int_eq(bind_to(a, plain, A_IP, 7), -EADDRINUSE);
	ck_assert_int_eq(bind_to(a, reuses, "0.0.0.0", 7), 0);
	ck_assert_int_eq(pyt_socket_close(a, reuses, sim.now_us), 0);
	ck_assert_int_eq(bind_to(a, tcp(a), "127.0.0.1", 7), 0);
	pass(61 * SEC);
	ck_assert_int_eq(bind_to(a, plain, A_IP, 7), 0);
}
END_TEST

/* Nothing is lost of what stands, and nothing left of what could not be. */
START_TEST(without_memory_a_socket_stays_where_it_was)
{
	int one = udp(a), other = udp(a), third = udp(a);
	uint64_t places, ports;

	ck_assert_int_eq(bind_to(a, one, "0.0.0.0", 7), 0);
	places = a->sockets.places.count;
	ports = a->sockets.ports.count;
	for (size_t more = 0; more < 600; more += 8) {
		sim.memory_limit = sim.memory_len + more;
		if (bind_to(a, other, A_IP, 8) == 0)
			break;
		ck_assert_uint_eq(a->sockets.places.count, places);
		ck_assert_uint_eq(a->sockets.ports.count, ports);
	}
	sim.memory_limit = 0;
	ck_assert_uint_eq(a->sockets.places.count, places + 1);
	ck_assert_int_eq(connect_to(a, other, B_IP, 9), 0);
	ck_assert_uint_eq(a->sockets.places.count, places + 2);
	sim.memory_limit = sim.memory_len;
	ck_assert_int_eq(set_int(a, one, SOL_SOCKET, SO_BINDTOIFINDEX, 1),
			 -ENOBUFS);
	ck_assert_int_eq(get_int(a, one, SOL_SOCKET, SO_BINDTOIFINDEX), 0);
	ck_assert_int_eq(bind_to(a, third, A_IP, 7), -EADDRINUSE);
	ck_assert_int_eq(connect_to(a, one, B_IP, 9), -ENOBUFS);
	ck_assert_ptr_eq(receiver(SOCKET_UDP, A_IP, 7, B_IP, 3, 2),
			 socket_at(one));
	sim.memory_limit = 0;
	ck_assert_int_eq(connect_to(a, one, B_IP, 9), 0);
	ck_assert_int_eq(bind_to(a, third, "127.0.0.1", 7), 0);
}
END_TEST

UNIT_MAIN_WITH("place", set_up, tear_down, bind_looks_at_few_of_thousands,
	       bind_looks_at_few_of_thousands_that_reuse,
	       each_of_a_groups_thousands_is_chosen_at_once,
	       a_listener_of_thousands_is_found_at_once,
	       a_connected_socket_of_thousands_is_found_at_once,
	       an_address_is_before_a_device_and_that_before_none,
	       connect_moves_a_socket_and_disconnect_moves_it_back,
	       connected_over_ip6_it_is_still_in_the_way_of_ip4,
	       the_latest_is_first_after_billions,
	       bound_to_all_of_ip4_it_is_never_ip6s,
	       a_refused_connect_changes_nothing,
	       who_asks_for_reuseport_later_is_in_no_group,
	       time_wait_keeps_its_place_and_gives_it_back,
	       without_memory_a_socket_stays_where_it_was)
