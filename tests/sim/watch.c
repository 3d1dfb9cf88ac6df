/* Finds the connections that a step was about. */
#include "sim/watch.h"

#include "sim/frame.h"
#include "stack.h"

#define MEMORY_EVERY 64u /* steps */
#define MEMORY_SPARE 262144u /* tables that grow, neighbours, packets */

static struct invariants *seen_of(struct sim *sim, int host,
				  const struct tcp_connection *tcp)
{
	struct watch *watch = sim->observer.context;
	unsigned at = (tcp->local.port * 31u + tcp->peer.port) % WATCH_SIZE;

	return &watch->seen[host][at];
}

static void report(struct sim *sim, int host, const struct tcp_connection *tcp,
		   const char *problem)
{
	int len;

	if (!problem || sim->problem)
		return;
	len = snprintf(sim->text, sizeof(sim->text), "host %d port %u: %s\n  ",
		       host, tcp->local.port, problem);
	invariants_describe(tcp, sim->text + len,
			    sizeof(sim->text) - (size_t)len);
	sim->problem = sim->text;
}

static void check(struct sim *sim, int host, const struct tcp_connection *tcp)
{
	report(sim, host, tcp,
	       invariants_check(seen_of(sim, host, tcp), tcp, sim->now_us));
}

static void check_told(struct sim *sim, int host,
		       const struct tcp_connection *tcp,
		       const struct frame_facts *facts)
{
	if (facts->has_window)
		report(sim, host, tcp,
		       invariants_check_told(seen_of(sim, host, tcp), tcp,
					     facts->ack, facts->window));
}

/* -------------------------------------------------------------- memory */

static size_t buffers_len(const struct tcp_connection *tcp)
{
	uint64_t received = tcp->rcv.edge > tcp->receive_stream.head
				    ? tcp->rcv.edge - tcp->receive_stream.head
				    : 0;
	size_t slots =
		tcp->send_stream.chunk_slots + tcp->receive_stream.chunk_slots;

	return tcp->snd.buffer + received + 4ul * STREAM_CHUNK_LEN +
	       slots * sizeof(void *) +
	       tcp->sent.count * sizeof(struct tcp_sent_record) +
	       tcp->out_of_order.count * sizeof(struct ranges_node);
}

/* What the sockets, their buffers and records may hold together. */
static size_t memory_bound(const struct sim *sim)
{
	const struct watch *watch = sim->observer.context;
	size_t bound = watch->base_len + MEMORY_SPARE;

	for (int i = 0; i < SIM_HOSTS; i++) {
		const struct pyt_stack *stack = sim->host[i].stack;
		const struct socket *socket;

		bound += stack->engine.free_chunk_count *
			 (size_t)STREAM_CHUNK_LEN;
		TAILQ_FOREACH (socket, &stack->sockets.all, room_link) {
			bound += sizeof(struct socket) + 4096;
			if (socket->tcp)
				bound += buffers_len(socket->tcp);
		}
	}
	return bound;
}

static void check_memory(struct sim *sim)
{
	struct watch *watch = sim->observer.context;
	size_t bound;

	if (sim->problem || ++watch->steps % MEMORY_EVERY)
		return;
	bound = memory_bound(sim);
	if (sim->memory_len <= bound)
		return;
	snprintf(sim->text, sizeof(sim->text),
		 "the stacks hold %zu bytes, their contents explain %zu",
		 sim->memory_len, bound);
	sim->problem = sim->text;
}

/* --------------------------------------------------------------- steps */

static bool is_of(const struct tcp_connection *tcp,
		  const struct frame_facts *facts, bool is_input)
{
	uint16_t local = is_input ? facts->dst_port : facts->src_port;
	uint16_t peer = is_input ? facts->src_port : facts->dst_port;

	return tcp->local.port == local && tcp->peer.port == peer;
}

static void on_frame(struct sim *sim, int host, const struct pyt_frame *frame,
		     bool is_input)
{
	struct frame_facts facts =
		frame_facts(sim->medium, frame->part[0].iov_base, frame);
	const struct socket *socket;

	if (!facts.is_tcp)
		return;
	TAILQ_FOREACH (socket, &sim->host[host].stack->sockets.all, room_link)
		if (socket->tcp && is_of(socket->tcp, &facts, is_input)) {
			check(sim, host, socket->tcp);
			if (!is_input)
				check_told(sim, host, socket->tcp, &facts);
		}
	check_memory(sim);
}

static void on_timers(struct sim *sim, int host)
{
	const struct socket *socket;

	TAILQ_FOREACH (socket, &sim->host[host].stack->sockets.all, room_link)
		if (socket->tcp && !socket->listener)
			check(sim, host, socket->tcp);
	check_memory(sim);
}

void watch_socket(struct sim *sim, int host, int handle)
{
	const struct socket *socket =
		socket_handle_find(&sim->host[host].stack->sockets, handle);

	if (socket && socket->tcp && !socket->listener)
		check(sim, host, socket->tcp);
}

void watch_start(struct watch *watch, struct sim *sim)
{
	*watch = (struct watch){ .base_len = sim->memory_len };
	sim->observer = (struct sim_observer){ .on_frame = on_frame,
					       .on_timers = on_timers,
					       .context = watch };
}
