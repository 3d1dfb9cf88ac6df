/*
 * How a segment travels down.
 *
 * Nobody pushes. While the link has room the caller asks pyt_output() for
 * the next frame of an interface, and path_out() answers: first from the
 * interface's queue of small packets (ARP, ICMP, datagrams), then by asking
 * the connections that want to send over this interface, in turn.
 *
 * A connection is told what its path can carry and gives one segment, which
 * may be a super-frame of 64 KiB: a header, and payload that stays where it
 * is, in the send buffer. The header is laid into the frame, the checksum
 * left to the link if it can, IP puts its own and the link's header in
 * front, and the frame is done: no byte of payload was copied.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/checksum.h"
#include "stack.h"

#define LOOPBACK_BATCH 64

static struct ip_fields fields_of(const struct socket *socket,
				  const struct tcp_output *output)
{
	return (struct ip_fields){
		.protocol = IPPROTO_TCP,
		.ttl = output->ttl,
		.tos = output->tos,
		.dont_fragment = output->dont_fragment,
		.own_flow_label = !socket->options->auto_flowlabel,
	};
}

static void put_checksum(uint8_t *header, uint16_t sum)
{
	header[TCP_HEADER_CHECKSUM_OFFSET] = (uint8_t)(sum >> 8);
	header[TCP_HEADER_CHECKSUM_OFFSET + 1] = (uint8_t)sum;
}

/* Pieces may begin at odd offsets of the sum: then their sum is swapped. */
static uint64_t sum_of(const struct tcp_output *output)
{
	uint64_t sum = checksum_add(0, output->header, output->header_len);
	uint32_t at = 0;

	for (int i = 0; i < output->payload_count; i++) {
		const struct iovec *piece = &output->payload[i];
		uint16_t part = checksum_fold(
			checksum_add(0, piece->iov_base, piece->iov_len));

		sum += at % 2 ? (uint16_t)(part << 8 | part >> 8) : part;
		at += (uint32_t)piece->iov_len;
	}
	return sum;
}

static void fill_checksum(const struct iface *iface,
			  const struct tcp_output *output,
			  struct pyt_frame *frame)
{
	uint8_t *header = frame->headers + PACKET_HEADROOM;
	uint64_t pseudo = checksum_pseudo_header(
		&output->src, &output->dst, IPPROTO_TCP,
		output->header_len + output->payload_len);

	if (iface->config.offloads & PYT_OFFLOAD_CSUM) {
		frame->csum = PYT_CSUM_PARTIAL;
		frame->csum_offset = TCP_HEADER_CHECKSUM_OFFSET;
		put_checksum(header, checksum_fold(pseudo));
	} else {
		put_checksum(header, checksum_finish(pseudo + sum_of(output)));
	}
}

static void fill_frame(const struct iface *iface,
		       const struct tcp_output *output, struct pyt_frame *frame)
{
	frame->csum = PYT_CSUM_NONE;
	frame->csum_start = 0;
	frame->gso = PYT_GSO_NONE;
	frame->gso_ecn = false;
	frame->gso_size = 0;
	frame->gso_header_len = 0;
	frame->drop_reason = NULL;
	memcpy(frame->headers + PACKET_HEADROOM, output->header,
	       output->header_len);
	memcpy(frame->part + 1, output->payload,
	       (size_t)output->payload_count * sizeof(*frame->part));
	frame->part_count = 1 + output->payload_count;
	fill_checksum(iface, output, frame);
	if (output->gso_size > 0) {
		frame->gso = pyt_ip_is_v4(&output->dst) ? PYT_GSO_TCP4
							: PYT_GSO_TCP6;
		frame->gso_size = output->gso_size;
		frame->gso_ecn = output->gso_ecn;
		frame->gso_header_len = (uint16_t)output->header_len;
	}
}

/* The neighbour's address is not known: this segment waits in the
 * neighbour's queue, the connection's next ones in the connection. */
static void wait_for_neighbour(struct socket *socket,
			       const struct ip_path *path,
			       const struct tcp_output *output, int64_t now_us)
{
	struct ip_extensions extensions;

	socket_tcp_extensions(socket, &path->dst, &extensions);
	socket_tcp_send_packet(socket->room, socket, path, &extensions, output,
			       now_us);
	socket_park(socket, path);
}

/* With headers of the program's between IP's and TCP's, or later than now:
 * rare, so copied. */
static void send_copied(struct socket *socket, const struct ip_path *path,
			const struct tcp_output *output, int64_t now_us)
{
	struct ip_extensions extensions;

	socket_tcp_extensions(socket, &path->dst, &extensions);
	socket_tcp_send_packet(socket->room, socket, path, &extensions, output,
			       now_us);
	socket_unset_ready(socket);
	socket_tcp_touch(socket, now_us);
}

/* Whatever TCP says that it wants: it had its chance. */
static void leave_line(struct socket *socket, int64_t now_us)
{
	if (socket_tcp_touch(socket, now_us))
		socket_unset_ready(socket);
}

/* As the kernel does: what cannot go is lost, its timer tries again. */
static void lose(struct socket *socket, int64_t now_us)
{
	struct tcp_path facts = { .mtu = 576, .ip_header_len = 20 };
	struct tcp_output output;

	counter_hit(&socket->room->engine->counters, COUNTER_OUTPUT_UNROUTABLE);
	while (tcp_output_next(socket->tcp, &facts, &output, now_us))
		;
	leave_line(socket, now_us);
}

/* One that waited looks first whether it would have to wait again. */
static bool must_wait(struct pyt_stack *stack, struct socket *socket,
		      const struct ip_path *path, int64_t now_us)
{
	if (!socket->probes)
		return false;
	if (ip_frame_look(stack->ip, path, now_us) == IP_RESOLVING) {
		socket_park(socket, path);
		return true;
	}
	socket->probes = false;
	return false;
}

static uint32_t seq_of(const struct tcp_output *output)
{
	struct reader r = reader_init(output->header, output->header_len);

	reader_u32(&r); /* ports */
	return reader_u32(&r);
}

/* The next segment of a connection; false: it has none for this frame. */
static bool output_connection(struct pyt_stack *stack, struct socket *socket,
			      struct iface *iface, struct pyt_frame *frame,
			      int64_t now_us)
{
	struct tcp_output output;
	struct tcp_path facts;
	struct ip_path path;
	struct ip_fields fields;

	if (socket_tcp_path(socket, now_us, &path, &facts) != 0) {
		lose(socket, now_us);
		return false;
	}
	if (path.iface != iface) {
		socket_set_ready(socket, path.iface->ifindex);
		return false;
	}
	if (must_wait(stack, socket, &path, now_us))
		return false;
	if (!tcp_output_next(socket->tcp, &facts, &output, now_us)) {
		leave_line(socket, now_us);
		return false;
	}
	if (socket->options->extensions || socket->options->ip_options_len ||
	    output.delay_us) {
		send_copied(socket, &path, &output, now_us);
		return false;
	}
	fields = fields_of(socket, &output);
	fill_frame(iface, &output, frame);
	switch (ip_frame(stack->ip, &path, &fields, output.header_len,
			 output.payload_len, frame, now_us)) {
	case IP_READY:
		counter_add(&stack->engine.counters, COUNTER_TCP_OUT_SEGS,
			    tcp_output_segments(&output));
		return true;
	case IP_RESOLVING:
		wait_for_neighbour(socket, &path, &output, now_us);
		socket_tcp_touch(socket, now_us);
		return false;
	case IP_UNREACHABLE:
		tcp_icmp_error(socket->tcp, seq_of(&output), EHOSTUNREACH);
		leave_line(socket, now_us);
		return false;
	}
	return false;
}

/* After its turn a connection goes to the end of the line. */
static void end_turn(struct socket *socket, int64_t now_us)
{
	socket_unset_ready(socket);
	socket_tcp_touch(socket, now_us);
}

static bool output_connections(struct pyt_stack *stack, struct iface *iface,
			       struct pyt_frame *frame, int64_t now_us)
{
	struct socket_list *ready = &stack->sockets.ready[iface->ifindex];
	struct socket *socket;

	while ((socket = TAILQ_FIRST(ready)) != NULL) {
		if (!output_connection(stack, socket, iface, frame, now_us)) {
			if (!TAILQ_EMPTY(&iface->output) &&
			    iface_output_next(iface, frame))
				return true;
			continue;
		}
		end_turn(socket, now_us);
		return true;
	}
	return false;
}

bool path_out(struct pyt_stack *stack, struct iface *iface,
	      struct pyt_frame *frame, int64_t now_us)
{
	if (!iface_output_next(iface, frame) &&
	    !output_connections(stack, iface, frame, now_us))
		return false;
	iface_count_output(iface, frame->len);
	return true;
}

/* ---------------------------------------------------------------- lo */

/* What crosses no wire is not damaged on it: its sums are good. */
static bool join_parts(struct pyt_stack *stack, struct pyt_frame *frame)
{
	uint32_t at = 0;

	if (!stack->loopback)
		stack->loopback =
			engine_alloc(&stack->engine, PYT_FRAME_LEN_MAX);
	if (!stack->loopback) {
		counter_hit(&stack->engine.counters, COUNTER_NO_MEMORY);
		return false;
	}
	if (frame->len > PYT_FRAME_LEN_MAX) {
		counter_hit(&stack->engine.counters, COUNTER_LOOPBACK_TOO_LONG);
		return false;
	}
	for (int i = 0; i < frame->part_count; i++) {
		memcpy(stack->loopback + at, frame->part[i].iov_base,
		       frame->part[i].iov_len);
		at += (uint32_t)frame->part[i].iov_len;
	}
	frame->part[0].iov_base = stack->loopback;
	frame->part[0].iov_len = frame->len;
	frame->part_count = 1;
	if (frame->csum == PYT_CSUM_PARTIAL)
		frame->csum = PYT_CSUM_VALID;
	return true;
}

void path_out_loopback(struct pyt_stack *stack, int64_t now_us)
{
	struct iface *lo = ip_iface(stack->ip, LOOPBACK_IFINDEX);
	struct pyt_frame frame;

	stack->loopback_pending = true;
	for (int i = 0; i < LOOPBACK_BATCH; i++) {
		if (!path_out(stack, lo, &frame, now_us)) {
			stack->loopback_pending = false;
			return;
		}
		if (!join_parts(stack, &frame))
			continue;
		if (stack->loopback_watch)
			stack->loopback_watch(stack->loopback_context, &frame);
		path_in(stack, lo, &frame, now_us);
	}
}
