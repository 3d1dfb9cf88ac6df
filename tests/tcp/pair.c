/* The network between two endpoints, for the tests of TCP. */
#include "pair.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "unit.h"

#define START_US 1000000000000ll
#define ISS_NEAR_THE_END 0xffffff00u /* numbers wrap in the first kilobyte */

static const struct pyt_sockaddr addresses[2] = {
	{ .ip.bytes = { [10] = 0xff, 0xff, 10, 0, 0, 1 }, .port = 40000 },
	{ .ip.bytes = { [10] = 0xff, 0xff, 10, 0, 0, 2 }, .port = 80 },
};

static void *counted_alloc(void *context, size_t len)
{
	struct pair_end *end = context;
	void *memory;

	if (end->fail_above && end->allocated + len > end->fail_above)
		return NULL;
	memory = calloc(1, len);
	end->allocated += len;
	if (end->allocated > end->allocated_peak)
		end->allocated_peak = end->allocated;
	return memory;
}

static void counted_free(void *context, void *memory, size_t len)
{
	struct pair_end *end = context;

	end->allocated -= len;
	free(memory);
}

static uint32_t random_below_u32(struct pair *pair, uint32_t bound)
{
	pair->random =
		pair->random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(pair->random >> 33) % bound;
}

static bool happens(struct pair *pair, unsigned permille)
{
	return permille && random_below_u32(pair, 1000) < permille;
}

void pair_init(struct pair *pair, uint64_t seed,
	       const struct pair_network *network)
{
	memset(pair, 0, sizeof(*pair));
	TAILQ_INIT(&pair->packets);
	pair->network = *network;
	if (!pair->network.mtu)
		pair->network.mtu = 1500;
	pair->random = seed * 2654435761u + 1;
	pair->now_us = START_US;
	for (int i = 0; i < 2; i++) {
		struct pair_end *end = &pair->end[i];
		uint8_t bytes[32] = { (uint8_t)seed, (uint8_t)(seed >> 8),
				      (uint8_t)i };

		end->engine.allocator =
			(struct pyt_allocator){ counted_alloc, counted_free,
						end };
		random_init(&end->engine.random, bytes);
		end->context = tcp_context_create(&end->engine);
		end->tcp = i == 0 ? tcp_create(end->context, NULL) : NULL;
	}
}

static void drop_packets(struct pair *pair)
{
	struct pair_packet *packet;

	while ((packet = TAILQ_FIRST(&pair->packets))) {
		TAILQ_REMOVE(&pair->packets, packet, link);
		free(packet);
	}
}

static void on_orphan(void *context, struct tcp_connection *tcp)
{
	(void)context;
	tcp_destroy(tcp);
}

static struct tcp_connection *prototype_of(struct pair_end *end)
{
	return end->engine.log_context; /* not used otherwise */
}

void pair_clear(struct pair *pair)
{
	drop_packets(pair);
	for (int i = 0; i < 2; i++) {
		struct pair_end *end = &pair->end[i];

		if (end->listener)
			tcp_listener_destroy(end->listener, on_orphan, NULL,
					     pair->now_us);
		tcp_destroy(prototype_of(end));
		tcp_destroy(end->tcp);
		tcp_context_destroy(end->context);
		ck_assert_uint_eq(end->allocated, 0);
		ck_assert_uint_eq(
			end->engine.counters
				.value[COUNTER_TCP_ILLEGAL_TRANSITION],
			0);
	}
}

/* ----------------------------------------------------------- the network */

static void enqueue(struct pair *pair, struct pair_packet *packet)
{
	struct pair_packet *other;

	TAILQ_FOREACH_REVERSE(other, &pair->packets, pair_packets, link)
	{
		if (other->arrival_us <= packet->arrival_us) {
			TAILQ_INSERT_AFTER(&pair->packets, other, packet, link);
			return;
		}
	}
	TAILQ_INSERT_HEAD(&pair->packets, packet, link);
}

#define WIRE_HEADERS_LEN 20 /* IP */

/* The time in the queue and on the slow wire, or -1: the queue is full. */
static int64_t bottleneck_us(struct pair *pair, uint32_t len)
{
	int64_t now_ns = pair->now_us * 1000;
	uint64_t rate = pair->network.rate;
	uint64_t backlog;

	if (pair->link_free_ns < now_ns)
		pair->link_free_ns = now_ns;
	backlog = (uint64_t)(pair->link_free_ns - now_ns) * rate / 1000000000;
	if (pair->network.queue_len && backlog > pair->network.queue_len)
		return -1;
	if (backlog > pair->queue_peak)
		pair->queue_peak = (uint32_t)backlog;
	pair->link_free_ns +=
		(int64_t)((len + WIRE_HEADERS_LEN) * 1000000000ull / rate);
	return (pair->link_free_ns - now_ns) / 1000;
}

static void carry(struct pair *pair, const struct pair_packet *from)
{
	const struct pair_network *n = &pair->network;
	struct pair_packet *packet =
		malloc(offsetof(struct pair_packet, bytes) + from->len);
	int64_t delay_us = n->delay_us;

	if (n->rate && from->to == 1) {
		int64_t wait_us = bottleneck_us(pair, from->len);

		if (wait_us < 0) {
			free(packet);
			return;
		}
		delay_us += wait_us;
	}
	memcpy(packet, from, offsetof(struct pair_packet, bytes) + from->len);
	if (n->jitter_us)
		delay_us += random_below_u32(pair, (uint32_t)n->jitter_us);
	if (happens(pair, n->reorder_permille))
		delay_us += 3 * n->delay_us + 1;
	packet->arrival_us = pair->now_us + delay_us;
	enqueue(pair, packet);
}

/* One wire segment: header rebuilt for its part of the payload. */
static void send_part(struct pair *pair, int from, struct tcp_header header,
		      const struct tcp_output *output, const uint8_t *payload,
		      uint32_t payload_len)
{
	static struct pair_packet packet;
	uint8_t bytes[TCP_HEADER_LEN_MAX];
	size_t header_len;

	pair->last[from] = header;
	pair->last_ecn[from] = output->tos & 3;
	if (pair->filter && !pair->filter(pair, from, &header, payload_len))
		return;
	if (happens(pair, pair->network.loss_permille))
		return;
	header_len = tcp_header_build(&header, bytes);
	packet.to = !from;
	packet.src = output->src;
	packet.dst = output->dst;
	packet.ecn = output->tos & 3;
	if (pair->mark)
		packet.ecn = pair->mark(pair, from, packet.ecn, payload_len);
	packet.segment_count = 1;
	if (output->gso_size && pair->network.merges)
		packet.segment_count =
			(uint16_t)((payload_len + output->gso_size - 1) /
				   output->gso_size);
	/* What was changed on the way keeps the signature that it had. */
	if (header.auth.kind != TCP_AUTH_NONE)
		memcpy(bytes + TCP_HEADER_MAC_OFFSET,
		       output->header + TCP_HEADER_MAC_OFFSET,
		       header.auth.mac_len);
	memcpy(packet.bytes, bytes, header_len);
	memcpy(packet.bytes + header_len, payload, payload_len);
	packet.len = (uint32_t)header_len + payload_len;
	carry(pair, &packet);
	if (happens(pair, pair->network.duplicate_permille))
		carry(pair, &packet);
}

static void send_output(struct pair *pair, int from,
			const struct tcp_output *output)
{
	static uint8_t payload[65536];
	struct reader r = reader_init(output->header, output->header_len);
	struct tcp_header header;
	uint32_t len = 0, offset = 0, part;

	ck_assert(tcp_header_parse(&r, &header));
	for (int i = 0; i < output->payload_count; i++) {
		memcpy(payload + len, output->payload[i].iov_base,
		       output->payload[i].iov_len);
		len += (uint32_t)output->payload[i].iov_len;
	}
	ck_assert_uint_eq(len, output->payload_len);
	if (output->gso_size && (header.flags & TCP_CWR))
		ck_assert(output->gso_ecn && pair->network.gso_ecn);
	if (!output->gso_size)
		ck_assert_uint_le(len + output->header_len + 20,
				  pair->network.mtu);
	else
		ck_assert_uint_le(output->gso_size + output->header_len + 20,
				  pair->network.mtu);
	part = output->gso_size && !pair->network.merges ? output->gso_size
							 : len;
	do {
		struct tcp_header h = header;
		uint32_t n = len - offset < part ? len - offset : part;

		h.seq += offset;
		if (offset + n < len)
			h.flags &= (uint16_t) ~(TCP_FIN | TCP_PSH);
		if (offset && output->gso_ecn)
			h.flags &= (uint16_t)~TCP_CWR;
		send_part(pair, from, h, output, payload + offset, n);
		offset += n;
	} while (offset < len);
	pair->end[from].segments_out++;
}

static struct tcp_path path_of(const struct pair *pair)
{
	return (struct tcp_path){ .mtu = pair->network.mtu,
				  .ip_header_len = 20,
				  .gso_max_len = pair->network.gso_max_len,
				  .gso_ecn = pair->network.gso_ecn };
}

static void flush_end(struct pair *pair, int i)
{
	struct pair_end *end = &pair->end[i];
	struct tcp_path path = path_of(pair);
	struct tcp_output output;

	while (end->listener &&
	       tcp_listener_output_next(end->listener, NULL, NULL, &output,
					pair->now_us))
		send_output(pair, i, &output);
	while (end->tcp && tcp_wants_output(end->tcp, pair->now_us) &&
	       tcp_output_next(end->tcp, &path, &output, pair->now_us))
		send_output(pair, i, &output);
}

void pair_flush(struct pair *pair)
{
	flush_end(pair, 0);
	flush_end(pair, 1);
}

static void deliver(struct pair *pair, const struct pair_packet *packet)
{
	struct pair_end *end = &pair->end[packet->to];
	struct reader r = reader_init(packet->bytes, packet->len);
	struct tcp_segment segment = { .src = packet->src,
				       .dst = packet->dst,
				       .segment_count = packet->segment_count,
				       .ecn = packet->ecn };
	struct tcp_path path = path_of(pair);

	ck_assert(tcp_header_parse(&r, &segment.header));
	segment.wire = packet->bytes;
	segment.wire_len = (uint8_t)(r.at - packet->bytes);
	segment.payload = r.at;
	segment.payload_len = (uint32_t)r.left;
	if (end->tcp)
		tcp_input(end->tcp, &segment, pair->now_us);
	else if (end->listener)
		end->tcp = tcp_listener_input(end->listener, &segment, &path,
					      pair->now_us);
	if (end->tcp && end->listener)
		tcp_listener_accept(end->listener);
}

static int64_t end_deadline(const struct pair_end *end)
{
	int64_t next_us = TIME_NEVER;

	if (end->tcp)
		next_us = tcp_next_deadline(end->tcp);
	if (end->listener &&
	    tcp_listener_next_deadline(end->listener) < next_us)
		next_us = tcp_listener_next_deadline(end->listener);
	return next_us;
}

static void run_timers(struct pair *pair)
{
	for (int i = 0; i < 2; i++) {
		if (pair->end[i].tcp)
			tcp_run_timers(pair->end[i].tcp, pair->now_us);
		if (pair->end[i].listener)
			tcp_listener_run_timers(pair->end[i].listener,
						pair->now_us);
	}
}

bool pair_step(struct pair *pair, int64_t until_us)
{
	struct pair_packet *packet;
	int64_t next_us;

	pair_flush(pair);
	packet = TAILQ_FIRST(&pair->packets);
	next_us = packet ? packet->arrival_us : TIME_NEVER;
	for (int i = 0; i < 2; i++)
		if (end_deadline(&pair->end[i]) < next_us) {
			next_us = end_deadline(&pair->end[i]);
			packet = NULL;
		}
	if (next_us > until_us) {
		pair->now_us = until_us;
		return false;
	}
	if (next_us > pair->now_us)
		pair->now_us = next_us;
	if (packet) {
		TAILQ_REMOVE(&pair->packets, packet, link);
		deliver(pair, packet);
		free(packet);
	} else {
		run_timers(pair);
	}
	pair_flush(pair);
	return true;
}

void pair_run(struct pair *pair, int64_t until_us)
{
	while (pair_step(pair, until_us))
		;
}

/* ------------------------------------------------------------ the program */

void pair_listen_and_connect(struct pair *pair)
{
	struct pair_end *server = &pair->end[1];
	struct tcp_path path = path_of(pair);
	struct tcp_connection *prototype;

	prototype = tcp_create(server->context, NULL);
	server->engine.log_context = prototype;
	if (pair->prepare)
		pair->prepare(pair, prototype);
	server->listener = tcp_listen(server->context, prototype, 8);
	ck_assert_int_eq(tcp_connect(pair->end[0].tcp, &addresses[0],
				     &addresses[1], &path, pair->now_us),
			 -EINPROGRESS);
	pair->end[0].tcp->snd.iss = ISS_NEAR_THE_END;
	pair_flush(pair);
}

void pair_connect(struct pair *pair)
{
	struct pair_end *server = &pair->end[1];
	int64_t limit_us = pair->now_us + 600 * SEC;

	pair_listen_and_connect(pair);
	while (!server->tcp ||
	       tcp_state(pair->end[0].tcp) != TCP_STATE_ESTABLISHED)
		ck_assert(pair_step(pair, limit_us));
	ck_assert_int_eq(tcp_state(server->tcp), TCP_STATE_ESTABLISHED);
}

uint8_t pair_pattern(uint64_t offset)
{
	return (uint8_t)(offset * 7 + (offset >> 8) * 13 + (offset >> 16));
}

size_t pair_write(struct pair *pair, int end, size_t len)
{
	struct tcp_connection *tcp = pair->end[end].tcp;
	uint64_t offset = tcp->snd.end - SEQ_DATA;
	struct iovec iov[8];
	size_t done = 0;
	int count = tcp_send_space(tcp, iov, 8);

	for (int i = 0; i < count; i++) {
		uint8_t *at = iov[i].iov_base;

		for (size_t j = 0; j < iov[i].iov_len && done < len; j++)
			at[j] = pair_pattern(offset + done++);
	}
	tcp_send_commit(tcp, done, 0, pair->now_us);
	return done;
}

size_t pair_read(struct pair *pair, int end, uint64_t *offset)
{
	struct tcp_connection *tcp = pair->end[end].tcp;
	struct iovec iov[8];
	size_t done = 0;
	int count = tcp_recv_view(tcp, iov, 8);

	for (int i = 0; i < count; i++) {
		const uint8_t *at = iov[i].iov_base;

		for (size_t j = 0; j < iov[i].iov_len; j++)
			if (at[j] != pair_pattern((*offset)++))
				ck_abort_msg("wrong byte at %llu",
					     (unsigned long long)*offset - 1);
		done += iov[i].iov_len;
	}
	tcp_recv_consume(tcp, done, pair->now_us);
	return done;
}

void pair_transfer(struct pair *pair, int from, uint64_t len, int64_t limit_us)
{
	struct tcp_connection *tcp = pair->end[from].tcp;
	uint64_t sent = tcp->snd.end - SEQ_DATA;
	uint64_t end = sent + len;
	uint64_t got = pair->end[!from].tcp->receive_stream.head - SEQ_DATA;
	int64_t until_us = pair->now_us + limit_us;

	while (got < end) {
		while (sent < end) {
			uint64_t left = end - sent;
			size_t n = pair_write(pair, from,
					      left < 65536 ? left : 65536);

			if (!n)
				break;
			sent += n;
		}
		if (!pair_step(pair, until_us))
			ck_abort_msg("late: %llu of %llu bytes",
				     (unsigned long long)got,
				     (unsigned long long)end);
		pair_read(pair, !from, &got);
	}
	ck_assert_uint_eq(got, end);
}

void pair_inject(struct pair *pair, int to, const struct tcp_header *header,
		 const void *payload, uint32_t payload_len)
{
	struct tcp_segment segment = {
		.src = addresses[!to].ip,
		.dst = addresses[to].ip,
		.header = *header,
		.payload = payload,
		.payload_len = payload_len,
		.segment_count = 1,
	};

	tcp_input(pair->end[to].tcp, &segment, pair->now_us);
	flush_end(pair, to);
}

struct tcp_header pair_next_header(const struct pair *pair, int to)
{
	const struct tcp_connection *tcp = pair->end[to].tcp;

	return (struct tcp_header){
		.src_port = tcp->peer.port,
		.dst_port = tcp->local.port,
		.seq = seq_to_wire(tcp->rcv.irs, tcp->rcv.nxt),
		.ack = seq_to_wire(tcp->snd.iss, tcp->snd.nxt),
		.flags = TCP_ACK,
		.window = 1000,
		.has_timestamp = tcp->ts_ok,
		.ts_value = tcp->ts_recent,
	};
}
