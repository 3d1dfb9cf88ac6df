/* The table of endpoints. */
#include "endpoint.h"

#include <errno.h>

#include "endpoint_room.h"
#include "kernel.h"
#include "last_info.h"
#include "late_read.h"
#include "liveness.h"
#include "shown.h"
#include "socket_filter.h"
#include "view.h"

#define HANDLE_BUCKETS PYT_SLOTS

static uint32_t *bucket_of(struct server *server, int handle)
{
	return &server->by_handle[(uint32_t)handle % HANDLE_BUCKETS];
}

struct endpoint *endpoint_of_handle(struct server *server, int handle)
{
	uint32_t link = *bucket_of(server, handle);

	while (link) {
		struct endpoint *endpoint = &server->endpoints[link - 1];

		if (endpoint->handle == handle)
			return endpoint;
		link = endpoint->next_of_handle;
	}
	return NULL;
}

static void forget_handle(struct server *server, struct endpoint *endpoint)
{
	uint32_t *link = bucket_of(server, endpoint->handle);

	while (*link && *link != endpoint->slot + 1)
		link = &server->endpoints[*link - 1].next_of_handle;
	if (*link)
		*link = endpoint->next_of_handle;
	endpoint->handle = -1;
}

void endpoint_set_handle(struct server *server, struct endpoint *endpoint,
			 int handle)
{
	uint32_t *bucket = bucket_of(server, handle);

	endpoint->handle = handle;
	endpoint->next_of_handle = *bucket;
	*bucket = endpoint->slot + 1;
}

struct endpoint *endpoint_open(struct server *server, int family, int type,
			       int protocol)
{
	int slot = slots_take(&server->slots, family, type, protocol);
	struct endpoint *endpoint;

	if (slot == -ENFILE && !server->visited) { /* it reads files */
		liveness_check(server);
		slot = slots_take(&server->slots, family, type, protocol);
	}
	if (slot < 0)
		return NULL;

	endpoint = &server->endpoints[slot];
	*endpoint = (struct endpoint){
		.state = type == SOCK_STREAM ? ENDPOINT_UNCONNECTED
					     : ENDPOINT_DATAGRAM,
		.fd = -1,
		.handle = -1,
		.slot = (uint32_t)slot,
		.generation =
			slots_at(&server->slots, (uint32_t)slot)->generation,
	};
	return endpoint;
}

struct endpoint *endpoint_open_stream(struct server *server, int family,
				      int protocol)
{
	int handle =
		pyt_socket_open(server->stack, family, SOCK_STREAM, protocol);
	struct endpoint *endpoint;

	if (handle < 0)
		return NULL;
	endpoint = endpoint_open(server, family, SOCK_STREAM, protocol);
	if (endpoint)
		endpoint_set_handle(server, endpoint, handle);
	else
		pyt_socket_close(server->stack, handle, server->now_us);
	return endpoint;
}

void endpoint_forget_inode(struct server *server, uint64_t inode)
{
	uint32_t slot =
		inode ? slots_find(&server->slots, inode) : PYT_SLOT_NONE;

	if (slot != PYT_SLOT_NONE)
		endpoint_free(server, &server->endpoints[slot]);
}

struct endpoint *endpoint_get(struct server *server, uint32_t slot,
			      uint32_t generation)
{
	struct endpoint *endpoint;

	if (slot >= PYT_SLOTS)
		return NULL;
	endpoint = &server->endpoints[slot];
	if (endpoint->state == ENDPOINT_FREE ||
	    endpoint->generation != generation)
		return NULL;
	return endpoint;
}

static uint64_t watch_data(const struct endpoint *endpoint)
{
	return (uint64_t)WATCH_ENDPOINT << 56 |
	       (uint64_t)(endpoint->generation & 0xffffff) << 32 |
	       endpoint->slot;
}

static uint32_t watch_events(const struct endpoint *endpoint)
{
	return EPOLLIN | EPOLLRDHUP | EPOLLET |
	       (endpoint->wants_writable ? EPOLLOUT : 0);
}

int endpoint_watch(struct server *server, struct endpoint *endpoint, int fd)
{
	int result =
		kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd,
				 watch_events(endpoint), watch_data(endpoint));

	if (result < 0)
		return result;
	endpoint->fd = fd;
	endpoint_room_apply(endpoint);
	endpoint->readable = true;
	endpoint->writable = true;
	server->open_count++;
	return 0;
}

void endpoint_want_writable(struct server *server, struct endpoint *endpoint,
			    bool wanted)
{
	if (endpoint->wants_writable == wanted || endpoint->fd < 0)
		return;
	endpoint->wants_writable = wanted;
	kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, endpoint->fd,
			 watch_events(endpoint), watch_data(endpoint));
}

void endpoint_reset_flags(struct endpoint *endpoint)
{
	endpoint->readable = false;
	endpoint->writable = false;
	endpoint->wants_writable = false;
	endpoint->hung_up = false;
	endpoint->failed = false;
	endpoint->send_ended = false;
	endpoint->receive_ended = false;
	endpoint->bulk = false;
	endpoint->ending = false;
	endpoint->long_writes = false;
	endpoint->refused = false;
	endpoint->more = (struct more){ 0 };
	endpoint->sends_urgent = false;
	endpoint->urgent_held = false;
	endpoint->urgent_untold = false;
	endpoint->error = 0;
	endpoint->pumped = false;
	endpoint->readers = 0;
}

/*
 * The number means something else in a visitor's table; and the stack thread
 * closes when others can come in again.
 */
static void close_later(struct server *server, int fd)
{
	if (server->visited)
		server->close_later[server->close_later_count++] = fd;
	else if (server->closing_count < CLOSE_LATER_MAX)
		server->closing[server->closing_count++] = fd;
	else
		kernel_close(fd);
}

void endpoint_close_fd(struct server *server, struct endpoint *endpoint)
{
	if (endpoint->fd < 0)
		return;
	if (server->visited)
		late_read_forget(server, endpoint);
	else if (endpoint->error && endpoint->error != EPIPE)
		late_read_settle(server, endpoint); /* the reset shows */
	else
		late_read_give_up(server, endpoint);
	/*
	 * A datagram's end came from the program: a fork's copy of it would
	 * keep it registered. A stream's end nobody else ever had.
	 */
	if (slots_at(&server->slots, endpoint->slot)->type != SOCK_STREAM)
		kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, endpoint->fd,
				 0, 0);
	close_later(server, endpoint->fd);
	endpoint->fd = -1;
	server->open_count--;
}

void endpoint_wake(struct server *server, struct endpoint *endpoint)
{
	if (endpoint->queued)
		return;
	endpoint->queued = true;
	TAILQ_INSERT_TAIL(&server->ready, endpoint, ready);
	server->ready_count++;
}

void endpoint_unqueue(struct server *server, struct endpoint *endpoint)
{
	if (!endpoint->queued)
		return;
	TAILQ_REMOVE(&server->ready, endpoint, ready);
	server->ready_count--;
	endpoint->queued = false;
}

bool endpoint_has_queued_errors(const struct server *server,
				const struct endpoint *endpoint)
{
	return endpoint->zerocopy_told != endpoint->zerocopy_next ||
	       pyt_socket_ready(server->stack, endpoint->handle) &
		       PYT_READY_ERROR_QUEUE;
}

void endpoint_note_low_water(struct server *server,
			     const struct endpoint *endpoint)
{
	int mark = 1;

	pyt_socket_get_option(server->stack, endpoint->handle, SOL_SOCKET,
			      SO_RCVLOWAT, &mark, sizeof(mark), server->now_us);
	slots_set_flags(&server->slots, endpoint->slot,
			mark > 1 ? PYT_SLOT_LOW_WATER : 0,
			mark > 1 ? 0 : PYT_SLOT_LOW_WATER);
}

void endpoint_refresh(struct server *server, struct endpoint *endpoint)
{
	struct pyt_socket_status status;

	if (endpoint->handle < 0 ||
	    pyt_socket_status(server->stack, endpoint->handle, &status) < 0)
		return;
	slots_set_status(&server->slots, endpoint->slot, &status);
}

static void close_handle(struct server *server, struct endpoint *endpoint,
			 bool reset)
{
	int handle = endpoint->handle;

	if (handle < 0)
		return;
	forget_handle(server, endpoint);
	if (reset)
		pyt_socket_close_unread(server->stack, handle, server->now_us);
	else
		pyt_socket_close(server->stack, handle, server->now_us);
}

void endpoint_end(struct server *server, struct endpoint *endpoint, bool reset)
{
	endpoint_refresh(server, endpoint);
	last_info_keep(server, endpoint);
	close_handle(server, endpoint, reset);
	endpoint_close_fd(server, endpoint);
	endpoint->state = ENDPOINT_ENDED;
	slots_set_flags(&server->slots, endpoint->slot, 0,
			PYT_SLOT_CONNECTING | PYT_SLOT_LISTENING);
	liveness_later(server);
}

bool endpoint_revive(struct server *server, struct endpoint *endpoint)
{
	const struct pyt_slot *slot = slots_at(&server->slots, endpoint->slot);
	int handle;

	if (endpoint->handle >= 0)
		return true;
	if (endpoint->state != ENDPOINT_ENDED || slot->type != SOCK_STREAM)
		return false;
	handle = pyt_socket_open(server->stack, slot->family, SOCK_STREAM,
				 slot->protocol);
	if (handle < 0)
		return false;
	endpoint_set_handle(server, endpoint, handle);
	return true;
}

void endpoint_free(struct server *server, struct endpoint *endpoint)
{
	close_handle(server, endpoint, false);
	view_close(server, endpoint);
	socket_filter_clear(server, endpoint);
	endpoint_close_fd(server, endpoint);
	endpoint_unqueue(server, endpoint);
	stream_accept_forget(server, endpoint);
	endpoint->state = ENDPOINT_FREE;
	shown_forget(server, endpoint->slot);
	slots_put(&server->slots, endpoint->slot);
}
