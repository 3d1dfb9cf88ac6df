/*
 * TCP sockets as the network drives them: segments to their connection or
 * listener, and what has to follow when a connection's state has changed.
 */
#include <netinet/in.h>
#include <string.h>

#include "base/checksum.h"
#include "iface/hold.h"
#include "socket/socket_extension.h"
#include "socket/socket_place.h"
#include "socket/socket_time_wait.h"
#include "udp/udp.h"
#include "wire/ethernet.h"
#include "wire/ip6.h"

#define CONFIRM_INTERVAL_US 1000000

/* ------------------------------------------------- after each change */

/* TCP closed it: the addresses are free, the socket stays for its holder. */
static void on_closed(struct socket *socket)
{
	socket_flow_remove(socket);
	if (!socket->port_bound)
		socket_place_leave(socket);
}

bool socket_tcp_touch(struct socket *socket, int64_t now_us)
{
	struct tcp_connection *tcp = socket->tcp;
	bool wants_output;

	socket_tcp_note_unfinished(socket, false);
	if (socket->listener) {
		socket_tcp_touch_listener(socket, now_us);
		return true;
	}
	wants_output = tcp_wants_output(tcp, now_us);
	if (tcp_state(tcp) == TCP_STATE_CLOSED && socket->connected) {
		on_closed(socket);
		if (socket->is_orphan && !wants_output) {
			socket_destroy(socket);
			return false;
		}
	} else if (socket->is_orphan && !wants_output &&
		   (tcp_state(tcp) == TCP_STATE_TIME_WAIT ||
		    tcp_state(tcp) == TCP_STATE_FIN_WAIT_2) &&
		   socket_time_wait_take(socket)) {
		return false;
	} else if (socket->is_orphan && !socket->connected) {
		socket_destroy(socket);
		return false;
	}
	if (wants_output)
		socket_set_ready(socket, socket->ready_ifindex);
	else
		socket_unset_ready(socket);
	heap_set(&socket->room->deadlines, &socket->deadline,
		 tcp_next_deadline(tcp));
	socket_update(socket);
	return true;
}

/* ------------------------------------------------------ single segments */

/* False: it would leave beyond the horizon. */
static bool set_departure(struct packet_out *packet,
			  const struct tcp_output *output, int64_t now_us)
{
	if (output->delay_us > HOLD_HORIZON_US)
		return false;
	if (output->delay_us)
		packet->departs_us = now_us + output->delay_us;
	return true;
}

bool socket_tcp_send_packet(struct sockets *room, const struct socket *owner,
			    const struct ip_path *path,
			    const struct ip_extensions *extensions,
			    const struct tcp_output *output, int64_t now_us)
{
	uint32_t len = output->header_len + output->payload_len;
	struct packet_out *packet = packet_create(room->engine, len);
	struct ip_fields fields = {
		.protocol = IPPROTO_TCP,
		.ttl = output->ttl,
		.tos = output->tos,
		.dont_fragment = output->dont_fragment,
		.own_flow_label = owner && !owner->options->auto_flowlabel,
		.extensions = extensions,
	};
	uint16_t sum;

	if (!packet)
		return false;
	memcpy(packet->data, output->header, output->header_len);
	udp_gather(packet->data + output->header_len, output->payload,
		   output->payload_count, 0, output->payload_len);
	sum = checksum_fold(checksum_pseudo_header(&output->src, &output->dst,
						   IPPROTO_TCP, len));
	packet->data[TCP_HEADER_CHECKSUM_OFFSET] = (uint8_t)(sum >> 8);
	packet->data[TCP_HEADER_CHECKSUM_OFFSET + 1] = (uint8_t)sum;
	packet->csum = PYT_CSUM_PARTIAL;
	packet->csum_offset = TCP_HEADER_CHECKSUM_OFFSET;
	if (output->gso_size > 0) {
		packet->gso = pyt_ip_is_v4(&output->dst) ? PYT_GSO_TCP4
							 : PYT_GSO_TCP6;
		packet->gso_size = output->gso_size;
		packet->gso_ecn = output->gso_ecn;
		packet->gso_header_len = (uint16_t)output->header_len;
	}
	counter_add(&room->engine->counters, COUNTER_TCP_OUT_SEGS,
		    tcp_output_segments(output));
	if (!set_departure(packet, output, now_us)) {
		counter_hit(&room->engine->counters, COUNTER_IFACE_HORIZON);
		packet_destroy(room->engine, packet);
		return false;
	}
	return ip_send(room->ip, path, &fields, packet, now_us) == 0;
}

/* Asked by the listener for each answer that it makes. */
struct way_back {
	struct sockets *room;
	const struct socket *listener; /* NULL: nobody listens */
	const uint8_t *ip_options; /* of IPv4, for the answer */
	uint8_t ip_options_len;
	int64_t now_us;
	struct ip_path path;
	struct ip_extensions extensions;
	struct tcp_path facts;
};

/* A listener's own, or, of IPv4, those that the SYN wants. */
static bool find_extensions(struct way_back *way, const struct pyt_ip *dst)
{
	way->extensions = (struct ip_extensions){ 0 };
	if (pyt_ip_is_v4(dst))
		ip4_options_take(&way->extensions, way->ip_options,
				 way->ip_options_len);
	else if (way->listener)
		socket_tcp_extensions(way->listener, dst, &way->extensions);
	return ip_extensions_len(&way->extensions) > 0;
}

static const struct tcp_path *way_to(void *context, const struct pyt_ip *src,
				     const struct pyt_ip *dst)
{
	struct way_back *way = context;
	bool extended = find_extensions(way, dst);
	const struct pyt_ip *first =
		way->extensions.detours ? &way->extensions.first_hop : dst;

	if (ip_route(way->room->ip, first, src, 0, way->now_us, &way->path) !=
	    0)
		return NULL;
	way->path.dst = *dst;
	socket_tcp_path_facts(&way->path, &way->facts);
	if (extended)
		socket_tcp_extend_facts(&way->extensions, &way->facts);
	return &way->facts;
}

void socket_tcp_touch_listener(struct socket *socket, int64_t now_us)
{
	struct way_back way = { .room = socket->room,
				.listener = socket,
				.now_us = now_us };
	struct tcp_output output;

	while (tcp_listener_output_next(socket->listener, way_to, &way, &output,
					now_us)) {
		way.ip_options = output.ip_options;
		way.ip_options_len = output.ip_options_len;
		if (way_to(&way, &output.src, &output.dst))
			socket_tcp_send_packet(socket->room, socket, &way.path,
					       &way.extensions, &output,
					       now_us);
	}
	heap_set(&socket->room->deadlines, &socket->deadline,
		 tcp_listener_next_deadline(socket->listener));
	socket_update(socket);
}

/* For the last words of a connection whose addresses are given up now. */
void socket_tcp_flush(struct socket *socket, int64_t now_us)
{
	struct ip_extensions extensions;
	struct tcp_output output;
	struct tcp_path facts;
	struct ip_path path;

	if (socket_tcp_path(socket, now_us, &path, &facts) != 0)
		return;
	socket_tcp_extensions(socket, &socket->peer.ip, &extensions);
	while (tcp_output_next(socket->tcp, &facts, &output, now_us))
		socket_tcp_send_packet(socket->room, socket, &path, &extensions,
				       &output, now_us);
}

/* ------------------------------------------------------------ the way in */

static bool checksum_is_right(const struct packet_in *packet)
{
	uint32_t len = (uint32_t)packet->payload.left;
	uint64_t sum;

	if (packet->csum_trusted)
		return true;
	sum = checksum_pseudo_header(&packet->src, &packet->dst, IPPROTO_TCP,
				     len);
	return checksum_finish(checksum_add(sum, packet->payload.at, len)) == 0;
}

/* RFC 9293, 3.9.2.3: nothing from or to a group. */
static enum counter parse(const struct packet_in *packet,
			  struct tcp_segment *segment)
{
	struct reader r = packet->payload;
	uint32_t gso_size = packet->frame->gso_size;

	if (packet->dst_multicast || packet->dst_broadcast ||
	    packet->dst_anycast || /* another may get the next one */
	    packet->link_broadcast || pyt_ip_is_multicast(&packet->src))
		return COUNTER_TCP_NOT_UNICAST;
	if (!tcp_header_parse(&r, &segment->header))
		return COUNTER_TCP_SHORT;
	if (!checksum_is_right(packet))
		return COUNTER_TCP_CHECKSUM;
	segment->src = packet->src;
	segment->dst = packet->dst;
	segment->wire = packet->payload.at;
	segment->wire_len = (uint8_t)(r.at - packet->payload.at);
	segment->payload = r.at;
	segment->payload_len = (uint32_t)r.left;
	segment->dscp = packet->tos & 0xfc;
	segment->ecn = packet->tos & 3;
	segment->segment_count = 1;
	segment->iss = 0;
	segment->ip_options_len = 0;
	segment->headers = packet->reassembled ? NULL : packet->ip_header;
	segment->headers_len = (uint16_t)(r.at - packet->ip_header);
	segment->link_len = 0;
	if (packet->iface->config.medium == PYT_MEDIUM_ETHERNET)
		segment->link_len = ETHERNET_HEADER_LEN;
	if (packet->frame->gso != PYT_GSO_NONE && gso_size > 0 && r.left > 0)
		segment->segment_count =
			(uint16_t)((r.left + gso_size - 1) / gso_size);
	return COUNTER_NONE;
}

/* RFC 1122, 4.2.3.8: what the answer to a packet has. */
static uint8_t options_of(const struct packet_in *packet,
			  uint8_t to[IP4_OPTIONS_LEN_MAX])
{
	if (!pyt_ip_is_v4(&packet->src))
		return 0;
	return ip4_options_echo(packet, pyt_ip_to_v4(&packet->dst), to);
}

/* The program is told, too, and may set another. */
static void take_reflected_tos(struct socket *child)
{
	bool v4 = socket_speaks_v4(child, &child->peer.ip);
	const struct socket_options *o = child->options;
	struct socket_options *own;
	uint8_t tos;

	if (!tcp_reflects_tos(child->tcp, &tos) ||
	    tos == (v4 ? o->tos : o->tclass))
		return;
	own = socket_options_own(child);
	if (own && v4)
		own->tos = tos;
	else if (own)
		own->tclass = tos;
}

static void adopt_child(struct socket *listener, struct tcp_connection *tcp,
			const struct packet_in *packet, int64_t now_us)
{
	const uint8_t *options;
	struct socket *child;
	uint8_t options_len;

	child = socket_create(listener->room, SOCKET_TCP, listener->family,
			      listener->type, listener->protocol);
	if (!child)
		return; /* accept() finds it without owner */
	socket_options_inherit(child, listener);
	child->bound_ifindex = listener->bound_ifindex;
	child->tcp = tcp;
	child->connected = true;
	child->address_bound = listener->address_bound;
	child->ready_ifindex = packet->iface->ifindex;
	tcp_set_owner(tcp, child);
	tcp_addresses(tcp, &child->local, &child->peer);
	options = tcp_listener_ip_options(listener->listener, &options_len);
	socket_extension_inherit_ip4(child, options, options_len);
	socket_set_zone(child, packet->iface);
	take_reflected_tos(child);
	socket_tell_tcp(child);
	socket_place_share(child, listener->place);
	socket_flow_insert(child);
	socket_tcp_touch(child, now_us);
}

static void input_listener(struct socket *listener,
			   const struct packet_in *packet,
			   struct tcp_segment *segment, int64_t now_us)
{
	uint8_t options[IP4_OPTIONS_LEN_MAX];
	struct way_back way = { .room = listener->room,
				.listener = listener,
				.ip_options = options,
				.now_us = now_us };
	struct tcp_connection *tcp;

	way.ip_options_len = options_of(packet, options);
	segment->ip_options = options;
	segment->ip_options_len = way.ip_options_len;
	if (way_to(&way, &segment->dst, &segment->src)) {
		tcp = tcp_listener_input(listener->listener, segment,
					 &way.facts, now_us);
		if (tcp)
			adopt_child(listener, tcp, packet, now_us);
		socket_tcp_touch(listener, now_us);
	}
	segment->ip_options = NULL; /* not to be looked at any more */
}

static void answer_with_reset(struct sockets *room,
			      const struct packet_in *packet,
			      const struct tcp_segment *segment, int64_t now_us)
{
	uint8_t options[IP4_OPTIONS_LEN_MAX];
	struct way_back way = { .room = room,
				.ip_options = options,
				.now_us = now_us };
	struct tcp_output output;

	way.ip_options_len = options_of(packet, options);
	if (!tcp_reset_for(segment, &output) ||
	    !way_to(&way, &output.src, &output.dst))
		return;
	counter_hit(&room->engine->counters, COUNTER_TCP_OUT_RSTS);
	socket_tcp_send_packet(room, NULL, &way.path, &way.extensions, &output,
			       now_us);
}

/* New data acknowledged: the way to the peer works (RFC 4861, 7.3.1). */
static void confirm_neighbour(struct socket *socket, int64_t now_us)
{
	struct tcp_path facts;
	struct ip_path path;

	if (now_us - socket->confirmed_us < CONFIRM_INTERVAL_US ||
	    socket_tcp_path(socket, now_us, &path, &facts) != 0)
		return;
	socket->confirmed_us = now_us;
	ip_confirm_reachable(socket->room->ip, &path, now_us);
}

static enum counter input_connection(struct socket *socket,
				     const struct tcp_segment *segment,
				     int64_t now_us)
{
	uint32_t queued = tcp_send_queued(socket->tcp);
	enum counter reason = tcp_input(socket->tcp, segment, now_us);

	if (tcp_send_queued(socket->tcp) < queued)
		confirm_neighbour(socket, now_us);
	socket_tcp_touch(socket, now_us);
	return reason;
}

/* RFC 1122, 4.2.2.13; RFC 6191: the old one gives way to a listener. */
static bool gives_way(struct socket *socket, const struct socket *listener,
		      const struct tcp_segment *segment, int64_t now_us)
{
	if (!listener || !tcp_time_wait_yields(socket->tcp, segment))
		return false;
	tcp_abort(socket->tcp, now_us);
	socket_tcp_touch(socket, now_us);
	return true;
}

/* False: there is none, or it made way for a new connection. */
static bool input_time_wait(struct sockets *room,
			    const struct pyt_sockaddr *local,
			    const struct pyt_sockaddr *peer,
			    const struct socket *listener,
			    struct tcp_segment *segment, int64_t now_us)
{
	struct socket_time_wait *s = socket_time_wait_find(room, local, peer);

	return s && socket_time_wait_input(room, s, segment, listener,
					   &segment->iss, now_us);
}

/* IP_MINTTL, IPV6_MINHOPCOUNT: RFC 5082. */
static bool is_from_too_far(const struct socket *socket,
			    const struct packet_in *packet)
{
	const struct socket_options *o = socket->options;

	return packet->ttl <
	       (pyt_ip_is_v4(&packet->src) ? o->min_ttl : o->min_hoplimit);
}

static enum counter dispatch(struct sockets *room,
			     const struct packet_in *packet,
			     struct tcp_segment *segment, int64_t now_us)
{
	struct pyt_sockaddr local = { .ip = packet->dst,
				      .port = segment->header.dst_port };
	struct pyt_sockaddr peer = { .ip = packet->src,
				     .port = segment->header.src_port };
	struct socket *socket = socket_flow_find(room, &local, &peer);
	struct socket *listener = NULL;

	if (socket && is_from_too_far(socket, packet))
		return counter_hit(&room->engine->counters,
				   COUNTER_TCP_MIN_TTL);
	if (!socket || tcp_state(socket->tcp) == TCP_STATE_TIME_WAIT)
		listener = socket_demux(room, SOCKET_TCP, &local, &peer,
					packet->iface->ifindex);
	if (socket && !gives_way(socket, listener, segment, now_us))
		return input_connection(socket, segment, now_us);
	if (!socket &&
	    input_time_wait(room, &local, &peer, listener, segment, now_us))
		return COUNTER_NONE;
	if (listener && is_from_too_far(listener, packet))
		return counter_hit(&room->engine->counters,
				   COUNTER_TCP_MIN_TTL);
	if (listener) {
		input_listener(listener, packet, segment, now_us);
		return COUNTER_NONE;
	}
	answer_with_reset(room, packet, segment, now_us);
	return counter_hit(&room->engine->counters, COUNTER_TCP_NO_SOCKET);
}

enum counter socket_tcp_input(struct sockets *room,
			      const struct packet_in *packet)
{
	struct counters *counters = &room->engine->counters;
	int64_t now_us = packet->now_us;
	struct tcp_segment segment;
	enum counter reason;

	counter_hit(counters, COUNTER_TCP_IN_SEGS);
	reason = parse(packet, &segment);
	if (reason) {
		counter_hit(counters, COUNTER_TCP_IN_ERRS);
		return counter_hit(counters, reason);
	}
	return dispatch(room, packet, &segment, now_us);
}

static bool waits_for_neighbour(const struct socket *socket, int64_t now_us)
{
	struct tcp_path facts;
	struct ip_path path;

	return socket->probes &&
	       socket_tcp_path(socket, now_us, &path, &facts) == 0 &&
	       ip_is_awaited(socket->room->ip, &path);
}

static void run_timers(struct socket *socket, int64_t now_us)
{
	tcp_set_held(socket->tcp, waits_for_neighbour(socket, now_us));
	tcp_run_timers(socket->tcp, now_us);
}

void socket_tcp_run_timers(struct sockets *room, int64_t now_us)
{
	uint32_t budget = room->deadlines.count; /* each one once */
	struct heap_node *node;
	struct socket *socket;

	socket_time_wait_run_timers(room, now_us);

	while (budget-- > 0 && (node = heap_first(&room->deadlines)) != NULL &&
	       node->deadline_us <= now_us) {
		socket = (struct socket *)(void *)((char *)node -
						   offsetof(struct socket,
							    deadline));
		if (socket->listener)
			tcp_listener_run_timers(socket->listener, now_us);
		else
			run_timers(socket, now_us);
		socket_tcp_touch(socket, now_us);
	}
}
