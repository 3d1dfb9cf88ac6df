/* How much an endpoint holds when the program has set its buffers. */
#include "endpoint_room.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "endpoint.h"
#include "kernel.h"
#include "late_read.h"

#define ROOM_MIN 4608u /* the kernel's least SO_SNDBUF */
#define ROOM_MAX 212992u /* its default: never more than without the option */

static uint32_t clamp(uint32_t room)
{
	if (room < ROOM_MIN)
		return ROOM_MIN;
	return room < ROOM_MAX ? room : ROOM_MAX;
}

/* As getsockopt(2) says, which is twice what was asked for. */
static uint32_t buffer_of(struct server *server,
			  const struct endpoint *endpoint, int option)
{
	int size = 0;

	pyt_socket_get_option(server->stack, endpoint->handle, SOL_SOCKET,
			      option, &size, sizeof(size), server->now_us);
	return size > 0 ? (uint32_t)size : 0;
}

/*
 * Of a stream's buffer the window takes half, the rest is overhead on Linux,
 * and the endpoint's here. Of datagrams who reads until EAGAIN sees those that
 * lie in the endpoint, so all are to.
 */
static uint32_t receive_room(struct server *server,
			     const struct endpoint *endpoint)
{
	uint32_t buffer = buffer_of(server, endpoint, SO_RCVBUF);

	if (endpoint->state == ENDPOINT_DATAGRAM)
		return buffer < ROOM_MAX ? buffer : ROOM_MAX;
	return clamp(buffer / 2);
}

/* A byte may count for a small buffer's whole room: nobody could write. */
static void stop_keeping(struct server *server, struct endpoint *endpoint)
{
	if (!endpoint->keeps_byte)
		return;
	late_read_give_up(server, endpoint);
	slots_set_flags(&server->slots, endpoint->slot, 0, PYT_SLOT_KEEPS_BYTE);
}

/* What is on its way needs the send buffer, so little comes on top of it. */
void endpoint_room_note(struct server *server, struct endpoint *endpoint,
			int level, int option)
{
	struct pyt_slot *slot = slots_at(&server->slots, endpoint->slot);

	if (level != SOL_SOCKET)
		return;
	switch (option) {
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
		stop_keeping(server, endpoint);
		slot->send_room =
			clamp(buffer_of(server, endpoint, SO_SNDBUF) / 4);
		break;
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		endpoint->receive_room = receive_room(server, endpoint);
		endpoint_room_apply(endpoint);
		break;
	}
}

void endpoint_room_inherit(struct server *server, struct endpoint *endpoint,
			   const struct endpoint *listener)
{
	slots_at(&server->slots, endpoint->slot)->send_room =
		slots_at(&server->slots, listener->slot)->send_room;
	endpoint->receive_room = listener->receive_room;
}

void endpoint_room_apply(const struct endpoint *endpoint)
{
	if (endpoint->fd >= 0 && endpoint->receive_room &&
	    endpoint->state != ENDPOINT_DATAGRAM)
		kernel_setsockopt_int(endpoint->fd, SOL_SOCKET, SO_SNDBUF,
				      (int)endpoint->receive_room / 2);
}

bool endpoint_room_is_full(const struct endpoint *endpoint)
{
	int unread = 0;

	if (!endpoint->receive_room || endpoint->receive_room == ROOM_MAX)
		return false;
	kernel_call(SYS_ioctl, endpoint->fd, SIOCOUTQ, (long)&unread, 0, 0, 0);
	return (uint32_t)unread >= endpoint->receive_room;
}

void endpoint_room_lift(struct endpoint *endpoint)
{
	if (!endpoint->receive_room || endpoint->receive_room == ROOM_MAX)
		return;
	endpoint->receive_room = ROOM_MAX;
	endpoint_room_apply(endpoint);
	endpoint->writable = true;
}
