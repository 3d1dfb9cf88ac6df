/*
 * The server's side of the slots: the shared table of include/pyt/control.h
 * that every client reads and only the server writes.
 */
#ifndef SHIM_SLOTS_H
#define SHIM_SLOTS_H

#include <pyt/control.h>
#include <pyt/stack.h>

struct slots {
	struct pyt_slot_table *table;
	int fd; /* what clients map; sealed against writing */
	uint32_t used; /* slots that are taken */
	uint32_t touched; /* slots that ever were taken */
	uint32_t first_free; /* list through pyt_slot.next */
};

/* 0 or -errno. */
int slots_create(struct slots *slots, uint64_t token, uint32_t server_pid);
void slots_destroy(struct slots *slots);

static inline bool slots_have_room(const struct slots *slots)
{
	return slots->used < PYT_SLOTS;
}

/* Index of a slot with a generation of its own, or -ENFILE. */
int slots_take(struct slots *slots, int family, int type, int protocol);
/* Also takes it out of its bucket. */
void slots_put(struct slots *slots, uint32_t index);

/* Makes the slot findable. inode 0: only takes it out of its bucket. */
void slots_set_inode(struct slots *slots, uint32_t index, uint64_t inode);
/* The slot with this inode, or PYT_SLOT_NONE. */
uint32_t slots_find(const struct slots *slots, uint64_t inode);

/* Before its flag says that it listens. */
void slots_set_listener(struct slots *slots, uint32_t index, const void *name,
			size_t name_len);
void slots_set_flags(struct slots *slots, uint32_t index, uint32_t set,
		     uint32_t clear);
/* What clients know of sending on this socket holds no more. */
void slots_bump_send(struct slots *slots, uint32_t index);
void slots_set_route_epoch(struct slots *slots, uint32_t epoch);
void slots_set_error(struct slots *slots, uint32_t index, int error);
void slots_set_status(struct slots *slots, uint32_t index,
		      const struct pyt_socket_status *status);

/* Bytes may leave the engine: until the next status none is counted. */
void slots_forget_received(struct slots *slots, uint32_t index);

/* An answer in place of a reply; wakes who waits for it. */
void slots_answer(struct slots *slots, uint32_t index, int32_t to,
		  const struct pyt_reply *reply);

static inline struct pyt_slot *slots_at(const struct slots *slots,
					uint32_t index)
{
	return &slots->table->slot[index];
}

#endif
