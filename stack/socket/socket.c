/* The room of sockets: creation and end, readiness, errors, events. */
#include "socket/socket_time_wait.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "socket/socket_anycast.h"
#include "socket/socket_cork.h"
#include "socket/socket_place.h"

int sockets_init(struct sockets *room, struct engine *engine, struct ip *ip,
		 struct tcp_context *tcp)
{
	*room = (struct sockets){
		.engine = engine,
		.ip = ip,
		.tcp = tcp,
		.free_head = UINT32_MAX,
		.free_tail = UINT32_MAX,
	};
	socket_limits_init(&room->limits);
	heap_init(&room->deadlines, engine);
	TAILQ_INIT(&room->all);
	TAILQ_INIT(&room->events);
	LIST_INIT(&room->raw);
	for (int i = 0; i <= IFACE_MAX; i++)
		TAILQ_INIT(&room->ready[i]);
	if (table_init(&room->flows, engine))
		return -ENOMEM;
	if (socket_places_init(room))
		return -ENOMEM;
	return socket_time_wait_init(room);
}

void sockets_clear(struct sockets *room)
{
	struct socket *socket;

	/* In the order of creation: a listener goes before its children. */
	while ((socket = TAILQ_FIRST(&room->all)) != NULL)
		socket_destroy(socket);
	socket_time_wait_clear(room);
	socket_options_clear_defaults(room);
	engine_free(room->engine, room->slots,
		    room->slot_size * sizeof(*room->slots));
	table_clear(&room->flows);
	socket_places_clear(room);
	heap_clear(&room->deadlines);
}

static int kind_of_datagram(int family, int protocol)
{
	int icmp = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;

	if (protocol == 0 || protocol == IPPROTO_UDP)
		return SOCKET_UDP;
	return protocol == icmp ? SOCKET_PING : -EPROTONOSUPPORT;
}

int socket_kind_for(int family, int type, int protocol)
{
	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	if (protocol < 0 || protocol > 255)
		return -EINVAL;
	if (type == SOCK_STREAM)
		return protocol == 0 || protocol == IPPROTO_TCP
			       ? SOCKET_TCP
			       : -EPROTONOSUPPORT;
	if (type == SOCK_DGRAM)
		return kind_of_datagram(family, protocol);
	if (type == SOCK_RAW)
		return protocol == 0 ? -EPROTONOSUPPORT : SOCKET_RAW;
	return -ESOCKTNOSUPPORT;
}

static int default_protocol(enum socket_kind kind, int protocol)
{
	if (kind == SOCKET_TCP)
		return IPPROTO_TCP;
	if (kind == SOCKET_UDP)
		return IPPROTO_UDP;
	return protocol;
}

static bool create_datagrams(struct socket *socket)
{
	struct socket_datagrams *d;

	d = engine_alloc(socket->room->engine, sizeof(*d));
	if (!d)
		return false;
	socket_queue_init(&d->received, socket->kind == SOCKET_UDP
						? &socket->room->udp_bytes
						: NULL);
	socket_queue_init(&d->errors, NULL);
	LIST_INIT(&d->memberships);
	d->multicast_source = pyt_ip_from_v4(0);
	d->checksum_at = -1;
	socket->datagrams = d;
	return true;
}

/* Linux lets sockets without ports share their addresses. */
static bool init_options(struct socket *socket, int protocol)
{
	struct socket_options *own;

	if (!socket_options_init(socket))
		return false;
	if (socket->kind != SOCKET_RAW && socket->kind != SOCKET_PING)
		return true;
	own = socket_options_own(socket);
	if (!own) {
		socket_options_clear(socket);
		return false;
	}
	own->reuse_addr = 1;
	own->v6only = socket->kind == SOCKET_PING && socket->family == AF_INET6;
	own->header_included =
		socket->kind == SOCKET_RAW && protocol == IPPROTO_RAW;
	return true;
}

struct socket *socket_create(struct sockets *room, enum socket_kind kind,
			     int family, int type, int protocol)
{
	struct socket *socket;

	if (room->socket_count >= 2 * SOCKETS_MAX ||
	    heap_reserve(&room->deadlines))
		return NULL;
	socket = engine_alloc(room->engine, sizeof(*socket));
	if (!socket) {
		heap_unreserve(&room->deadlines);
		return NULL;
	}
	socket->room = room;
	socket->handle = -1;
	socket->member = SOCKET_NO_MEMBER;
	socket->kind = kind;
	socket->family = (uint8_t)family;
	socket->type = (uint8_t)type;
	socket->protocol = (uint8_t)default_protocol(kind, protocol);
	socket->deadline.deadline_us = TIME_NEVER;
	if (family == AF_INET)
		socket->local.ip = socket->peer.ip = pyt_ip_from_v4(0);
	if (!init_options(socket, protocol)) {
		heap_unreserve(&room->deadlines);
		engine_free(room->engine, socket, sizeof(*socket));
		return NULL;
	}
	TAILQ_INSERT_TAIL(&room->all, socket, room_link);
	room->socket_count++;
	if (kind == SOCKET_RAW)
		LIST_INSERT_HEAD(&room->raw, socket, raw_link);
	if (kind != SOCKET_TCP && !create_datagrams(socket)) {
		socket_destroy(socket);
		return NULL;
	}
	return socket;
}

static void clear_datagrams(struct socket *socket)
{
	struct engine *engine = socket->room->engine;
	struct socket_datagrams *d = socket->datagrams;

	if (!d)
		return;
	socket_membership_leave_all(socket);
	socket_cork_clear(socket);
	socket_queue_clear(&d->received, engine);
	socket_queue_clear(&d->errors, engine);
	engine_free(engine, d, sizeof(*d));
}

static void forget_orphan(void *context, struct tcp_connection *tcp)
{
	if (!tcp_owner(tcp))
		tcp_destroy(tcp); /* else its socket does it */
}

static void clear_tcp(struct socket *socket)
{
	if (socket->listener)
		tcp_listener_destroy(socket->listener, forget_orphan, NULL, 0);
	if (socket->tcp)
		tcp_destroy(socket->tcp);
}

void socket_destroy(struct socket *socket)
{
	struct sockets *room = socket->room;

	socket_handle_close(socket);
	socket_flow_remove(socket);
	socket_place_leave(socket);
	socket_unset_ready(socket);
	heap_set(&room->deadlines, &socket->deadline, TIME_NEVER);
	heap_unreserve(&room->deadlines);
	if (socket->has_event)
		TAILQ_REMOVE(&room->events, socket, event_link);
	if (socket->kind == SOCKET_RAW)
		LIST_REMOVE(socket, raw_link);
	socket_anycast_leave_all(socket);
	socket_tcp_note_unfinished(socket, true);
	clear_datagrams(socket);
	clear_tcp(socket);
	socket_options_clear(socket);
	room->socket_count--;
	TAILQ_REMOVE(&room->all, socket, room_link);
	engine_free(room->engine, socket, sizeof(*socket));
}

static unsigned ready_datagrams(const struct socket *socket)
{
	const struct socket_datagrams *d = socket->datagrams;
	unsigned ready = PYT_READY_WRITE | PYT_READY_SENT_ALL;

	if (d->received.count > 0)
		ready |= PYT_READY_READ;
	if (d->errors.count > 0)
		ready |= PYT_READY_ERROR_QUEUE;
	if (socket->error)
		ready |= PYT_READY_ERROR;
	if (socket->shut_read)
		ready |= PYT_READY_READ | PYT_READY_READ_END;
	if (socket->shut_read && socket->shut_write)
		ready |= PYT_READY_HANG_UP;
	return ready;
}

static unsigned ready_stream(const struct socket *socket)
{
	uint32_t mark = (uint32_t)socket->options->receive_low_water;
	unsigned ready = tcp_ready(socket->tcp);

	if (ready & PYT_READY_READ_END ||
	    (ready & PYT_READY_READ && tcp_reaches(socket->tcp, mark)))
		ready |= PYT_READY_ENOUGH;
	return ready;
}

unsigned socket_ready(const struct socket *socket)
{
	if (socket->listener)
		return tcp_listener_has_connection(socket->listener)
			       ? PYT_READY_ACCEPT | PYT_READY_READ
			       : 0;
	if (socket->tcp)
		return ready_stream(socket);
	return ready_datagrams(socket);
}

/* An event for each thing that became true. */
void socket_update(struct socket *socket)
{
	struct sockets *room = socket->room;
	unsigned ready;

	if (socket->handle < 0)
		return;
	ready = socket_ready(socket);
	if ((ready & ~socket->seen) && !socket->has_event) {
		TAILQ_INSERT_TAIL(&room->events, socket, event_link);
		socket->has_event = true;
	}
	socket->seen = ready;
}

void socket_set_error(struct socket *socket, int error)
{
	socket->error = error;
	socket_update(socket);
}

int socket_take_error(struct socket *socket)
{
	int error = socket->error;

	if (socket->tcp) {
		error = tcp_error(socket->tcp);
		tcp_clear_error(socket->tcp);
	}
	socket->error = 0;
	socket_update(socket);
	return error;
}

static int tcp_state_of(const struct socket *socket)
{
	if (socket->listener)
		return TCP_STATE_LISTEN;
	return socket->tcp ? (int)tcp_state(socket->tcp) : 0;
}

void socket_fill_status(const struct socket *socket,
			struct pyt_socket_status *status)
{
	*status = (struct pyt_socket_status){
		.family = socket->family,
		.type = socket->type,
		.protocol = socket->protocol,
		.tcp_state = tcp_state_of(socket),
		.error = socket->tcp ? tcp_error(socket->tcp) : socket->error,
		.local = socket->local,
		.peer = socket->peer,
	};
	if (socket->tcp && !socket->listener) {
		status->send_queued = tcp_send_queued(socket->tcp);
		status->receive_queued = tcp_receive_queued(socket->tcp);
		status->received_us = tcp_received_us(socket->tcp);
	} else if (socket->datagrams) {
		struct socket_datagram *first =
			socket_queue_first(&socket->datagrams->received);

		status->receive_queued = first ? first->len : 0;
		status->has_gathered = socket->datagrams->cork != NULL;
		status->gathers =
			status->has_gathered || socket->options->udp_cork;
	}
}
