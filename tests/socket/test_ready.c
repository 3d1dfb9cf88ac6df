/* Connections that wait for a neighbour, and who is woken when. */
#include <pyt/view.h>

#include "host.h"

#define HOSTS 50 /* that are not there */
#define CONNECTIONS 200 /* to each */

static uint32_t woken(void)
{
	uint32_t result = a->sockets.visited;

	a->sockets.visited = 0;
	return result;
}

static int connect_to_nobody(int nth)
{
	char ip[32];
	int handle = tcp(a);

	snprintf(ip, sizeof(ip), "10.0.0.%d", 100 + nth);
	ck_assert_int_eq(connect_to(a, handle, ip, 80), -EINPROGRESS);
	return handle;
}

static int many[HOSTS * CONNECTIONS];

static int parked(void)
{
	int count = 0;

	for (int i = 0; i < HOSTS * CONNECTIONS; i++)
		count += socket_handle_find(&a->sockets, many[i])->is_parked;
	return count;
}

/* As path_out does with one that has more to say than its SYN. */
static void park(int handle)
{
	struct socket *socket = socket_handle_find(&a->sockets, handle);
	struct ip_path path;

	ck_assert_int_eq(
		ip_route(a->ip, &socket->peer.ip, NULL, 0, sim.now_us, &path),
		0);
	socket_park(socket, &path);
}

static void connect_many(void)
{
	for (int i = 0; i < HOSTS * CONNECTIONS; i++)
		many[i] = connect_to_nobody(i % HOSTS);
	pass(10 * MS); /* all hosts are being asked for */
	for (int i = 0; i < HOSTS * CONNECTIONS; i++)
		park(many[i]);
	ck_assert_int_eq(parked(), HOSTS * CONNECTIONS);
}

static void listen_on_b(void)
{
	int server = tcp(b);

	ck_assert_int_eq(bind_to(b, server, B_IP, 80), 0);
	ck_assert_int_eq(pyt_socket_listen(b, server, 8), 0);
}

START_TEST(a_neighbour_wakes_those_alone_who_wait_for_it)
{
	int client = tcp(a), other = tcp(a);

	listen_on_b();
	connect_many();
	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EINPROGRESS);
	ck_assert_int_eq(connect_to(a, other, B_IP, 80), -EINPROGRESS);
	sim_flush(&sim);
	woken();
	pass(10 * MS);
	ck_assert_int_eq(status_of(a, client).tcp_state, 1 /* ESTABLISHED */);
	ck_assert_int_eq(status_of(a, other).tcp_state, 1);
	ck_assert_uint_le(woken(), 16);
}
END_TEST

START_TEST(each_wait_ends_once_for_each_answer_that_does_not_come)
{
	connect_many();
	woken();
	pass(10 * SEC);
	ck_assert_int_eq(parked(), 0);
	for (int i = 0; i < HOSTS * CONNECTIONS; i++)
		ck_assert_int_eq(get_int(a, many[i], SOL_SOCKET, SO_ERROR),
				 EHOSTUNREACH);
	ck_assert_uint_le(woken(), HOSTS * CONNECTIONS);
}
END_TEST

START_TEST(who_waits_may_be_closed)
{
	connect_many();
	for (int i = 0; i < HOSTS * CONNECTIONS; i += 3)
		pyt_socket_close(a, many[i], sim.now_us);
	pass(10 * SEC);
}
END_TEST

START_TEST(who_waits_looks_again_when_the_neighbour_is_told)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct pyt_ip ip = at("10.0.0.100", 0).ip;
	connect_many();
	woken();
	ck_assert_int_eq(
		pyt_neighbour_set(a, sim.host[0].ifindex, &ip, mac, sim.now_us),
		0);
	ck_assert_uint_ge(woken(), CONNECTIONS);
}
END_TEST

/* To look whether the neighbour is known sends nothing. */
START_TEST(what_waited_is_counted_once)
{
	listen_on_b();
	ck_assert_int_eq(connect_to(a, tcp(a), B_IP, 80), -EINPROGRESS);
	pass(10 * MS);
	ck_assert_uint_eq(counter(b, "IpInReceives"), 2); /* SYN, ACK */
	ck_assert_uint_eq(counter(a, "IpOutRequests"), 2);
}
END_TEST

UNIT_MAIN_WITH("ready", set_up, tear_down,
	       a_neighbour_wakes_those_alone_who_wait_for_it,
	       each_wait_ends_once_for_each_answer_that_does_not_come,
	       who_waits_may_be_closed,
	       who_waits_looks_again_when_the_neighbour_is_told,
	       what_waited_is_counted_once)
