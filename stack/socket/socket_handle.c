/*
 * Handles: a slot's number below, the slot's generation above it. A number
 * comes again only after 2^13 other uses of its slot, so that a late request
 * for a closed socket cannot hit a new one.
 */
#include <errno.h>
#include <string.h>

#include "socket/socket.h"

#define SLOT_BITS 18
#define GENERATION_MASK 0x1fff
#define SLOTS_MIN 64u
#define NO_SLOT UINT32_MAX

/* -ENFILE at the bound */
static int slots_grow(struct sockets *room)
{
	uint32_t size = room->slot_size ? 2 * room->slot_size : SLOTS_MIN;
	struct socket_slot *slots;

	if (room->slot_size >= SOCKETS_MAX)
		return -ENFILE;
	slots = engine_alloc(room->engine, size * sizeof(*slots));
	if (!slots)
		return -ENOBUFS;
	if (room->slots)
		memcpy(slots, room->slots, room->slot_count * sizeof(*slots));
	engine_free(room->engine, room->slots,
		    room->slot_size * sizeof(*slots));
	room->slots = slots;
	room->slot_size = size;
	return 0;
}

/* New slots first, then the one that was freed longest ago. */
static int take_slot(struct sockets *room, uint32_t *number)
{
	int error;

	if (room->slot_count == room->slot_size && room->free_head == NO_SLOT) {
		error = slots_grow(room);
		if (error)
			return error;
	}
	if (room->slot_count < room->slot_size) {
		*number = room->slot_count++;
		return 0;
	}
	*number = room->free_head;
	room->free_head = room->slots[*number].next_free;
	if (room->free_head == NO_SLOT)
		room->free_tail = NO_SLOT;
	return 0;
}

int socket_handle_open(struct socket *socket)
{
	struct sockets *room = socket->room;
	struct socket_slot *slot;
	uint32_t number;
	int error;

	error = take_slot(room, &number);
	if (error)
		return error;
	slot = &room->slots[number];
	slot->socket = socket;
	socket->handle = slot->generation << SLOT_BITS | (int)number;
	room->handle_count++;
	return socket->handle;
}

void socket_handle_close(struct socket *socket)
{
	struct sockets *room = socket->room;
	uint32_t number = (uint32_t)socket->handle & (SOCKETS_MAX - 1);
	struct socket_slot *slot;

	if (socket->handle < 0)
		return;
	slot = &room->slots[number];
	slot->socket = NULL;
	slot->generation = (slot->generation + 1) & GENERATION_MASK;
	slot->next_free = NO_SLOT;
	if (room->free_tail == NO_SLOT)
		room->free_head = number;
	else
		room->slots[room->free_tail].next_free = number;
	room->free_tail = number;
	room->handle_count--;
	socket->handle = -1;
}

struct socket *socket_handle_find(const struct sockets *room, int handle)
{
	uint32_t number = (uint32_t)handle & (SOCKETS_MAX - 1);
	const struct socket_slot *slot;

	if (handle < 0 || number >= room->slot_count)
		return NULL;
	slot = &room->slots[number];
	if (slot->generation != (uint32_t)handle >> SLOT_BITS)
		return NULL;
	return slot->socket;
}
