/*
 * What connections cost that say nothing: the record of one, and 100,000 of
 * them between two stacks, by what the engine has asked for.
 */
#include "tcp/tcp_connection.h"

#include "host.h"

#include <stdio.h>

#define STATE_MAX 1536 /* bytes of one connection, buffers off */
#define PORTS 4
#define CONNECTIONS_A_PORT 25000
#define CONNECTIONS (PORTS * CONNECTIONS_A_PORT)
#define BATCH 500
#define MEMORY_MAX 300000000u

START_TEST(the_state_of_a_connection_is_at_most_1536_bytes)
{
	const size_t connection = sizeof(struct tcp_connection);
	const size_t socket = sizeof(struct socket);
	const size_t slot = sizeof(struct socket_slot);
	const size_t places = 2 * sizeof(void *); /* of the table, the heap */

	printf("connection %zu, socket %zu, handle %zu, table and heap %zu: "
	       "%zu bytes\n",
	       connection, socket, slot, places,
	       connection + socket + slot + places);
	ck_assert_uint_le(connection + socket + slot + places, STATE_MAX);
}
END_TEST

static void accept_all(int listener)
{
	while (pyt_socket_accept(b, listener, sim.now_us) >= 0)
		;
}

/* They come in batches, so that the listener's queue is not the limit. */
static void connect_many(uint16_t port)
{
	int listener = tcp(b);

	ck_assert_int_eq(bind_to(b, listener, "0.0.0.0", port), 0);
	ck_assert_int_eq(pyt_socket_listen(b, listener, 4096), 0);
	for (int i = 0; i < CONNECTIONS_A_PORT; i += BATCH) {
		for (int j = 0; j < BATCH; j++)
			ck_assert_int_eq(connect_to(a, tcp(a), B_IP, port),
					 -EINPROGRESS);
		pass(2 * MS);
		accept_all(listener);
	}
}

START_TEST(a_hundred_thousand_idle_connections_fit_in_300_megabytes)
{
	size_t before = sim.memory_len, both;

	for (uint16_t i = 0; i < PORTS; i++)
		connect_many((uint16_t)(80 + i));
	pass(SEC);
	ck_assert_uint_eq(b->sockets.socket_count, CONNECTIONS + PORTS);
	ck_assert_uint_eq(a->sockets.socket_count, CONNECTIONS);
	both = sim.memory_len - before;
	printf("%d connections: %zu bytes of both ends, %zu of one\n",
	       CONNECTIONS, both, both / 2);
	ck_assert_uint_le(both / 2, MEMORY_MAX);
}
END_TEST

UNIT_MAIN_WITH("footprint", set_up, tear_down,
	       the_state_of_a_connection_is_at_most_1536_bytes,
	       a_hundred_thousand_idle_connections_fit_in_300_megabytes)
