/* What a stack holds now, to see that nothing grows: for statistics. */
#include "socket/socket_time_wait.h"
#include "stack.h"

struct sizes {
	uint64_t state[TCP_STATE_CLOSING + 1];
	uint64_t half_open, orphans;
	uint64_t send_bytes, receive_bytes, out_of_order_bytes;
	uint64_t datagram_sockets;
	uint64_t message_bytes, error_bytes;
};

static void add_connection(struct sizes *sizes, const struct socket *socket)
{
	const struct tcp_connection *tcp = socket->tcp;

	if (socket->listener) {
		sizes->state[TCP_STATE_LISTEN]++;
		sizes->half_open +=
			tcp_listener_half_open_count(socket->listener);
		return;
	}
	sizes->state[tcp_state(tcp)]++;
	sizes->orphans += socket->is_orphan;
	sizes->send_bytes += tcp_send_queued(tcp);
	sizes->receive_bytes += tcp_receive_queued(tcp);
	sizes->out_of_order_bytes += tcp_out_of_order_len(tcp);
}

static void add_datagrams(struct sizes *sizes, const struct socket *socket)
{
	sizes->datagram_sockets++;
	sizes->message_bytes += socket->datagrams->received.bytes;
	sizes->error_bytes += socket->datagrams->errors.bytes;
}

static void add_all(struct sizes *sizes, const struct sockets *room)
{
	const struct socket *socket;

	TAILQ_FOREACH (socket, &room->all, room_link) {
		if (socket->kind == SOCKET_TCP && socket->tcp)
			add_connection(sizes, socket);
		else if (socket->datagrams)
			add_datagrams(sizes, socket);
	}
}

int pyt_sizes_get(const struct pyt_stack *stack,
		  struct pyt_size size[PYT_SIZES_MAX])
{
	struct ip_sizes ip;
	struct sizes s = { .half_open = 0 };
	int count = 0;

	ip_sizes(stack->ip, &ip);
	add_all(&s, &stack->sockets);
	const struct pyt_size all[] = {
		{ "socket_handles", stack->sockets.handle_count },
		{ "sockets", stack->sockets.socket_count },
		{ "socket_ports", stack->sockets.ports.count },
		{ "socket_flows", stack->sockets.flows.count },
		{ "datagram_sockets", s.datagram_sockets },
		{ "datagram_bytes", s.message_bytes },
		{ "error_queue_bytes", s.error_bytes },
		{ "tcp_closed", s.state[TCP_STATE_CLOSED] },
		{ "tcp_listen", s.state[TCP_STATE_LISTEN] },
		{ "tcp_half_open", s.half_open },
		{ "tcp_syn_sent", s.state[TCP_STATE_SYN_SENT] },
		{ "tcp_syn_received", s.state[TCP_STATE_SYN_RECEIVED] },
		{ "tcp_established", s.state[TCP_STATE_ESTABLISHED] },
		{ "tcp_fin_wait_1", s.state[TCP_STATE_FIN_WAIT_1] },
		{ "tcp_fin_wait_2",
		  s.state[TCP_STATE_FIN_WAIT_2] +
			  socket_time_wait_fin_count(&stack->sockets) },
		{ "tcp_close_wait", s.state[TCP_STATE_CLOSE_WAIT] },
		{ "tcp_closing", s.state[TCP_STATE_CLOSING] },
		{ "tcp_last_ack", s.state[TCP_STATE_LAST_ACK] },
		{ "tcp_time_wait",
		  s.state[TCP_STATE_TIME_WAIT] +
			  socket_time_wait_count(&stack->sockets) -
			  socket_time_wait_fin_count(&stack->sockets) },
		{ "tcp_orphans", s.orphans },
		{ "tcp_send_bytes", s.send_bytes },
		{ "tcp_receive_bytes", s.receive_bytes },
		{ "tcp_out_of_order_bytes", s.out_of_order_bytes },
		{ "neighbours", ip.neighbours },
		{ "neighbours_waiting", ip.neighbours_waiting },
		{ "routes", ip.routes },
		{ "redirects", ip.redirects },
		{ "path_mtus", ip.path_mtus },
		{ "groups", ip.groups },
		{ "fragment_bytes", ip.fragment_bytes },
		{ "free_chunks", stack->engine.free_chunk_count },
	};

	_Static_assert(sizeof(all) / sizeof(*all) <= PYT_SIZES_MAX,
		       "the caller's array has room");
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		size[count++] = all[i];
	return count;
}
