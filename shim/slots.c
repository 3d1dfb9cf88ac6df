/* The shared table of sockets: written here, read by every client. */
#include "slots.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <netinet/tcp.h>

#include "arena.h"
#include "kernel.h"

int slots_create(struct slots *slots, uint64_t token, uint32_t server_pid)
{
	struct pyt_slot_table *table;
	void *memory;
	int fd = arena_share("pyt-slots", sizeof(*table), &memory);

	if (fd < 0)
		return fd;
	table = memory;
	/* Our mapping stays writable; nobody gets another one that is. */
	kernel_call(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE, 0, 0, 0);

	memset(table->bucket, 0xff, sizeof(table->bucket));
	table->version = PYT_CONTROL_VERSION;
	table->token = token;
	table->server_pid = server_pid;
	*slots = (struct slots){ .table = table,
				 .fd = fd,
				 .first_free = PYT_SLOT_NONE };
	return 0;
}

void slots_destroy(struct slots *slots)
{
	arena_unmap(slots->table, sizeof(*slots->table));
	kernel_close(slots->fd);
}

/* ----------------------------------------------------------------- buckets */

static _Atomic uint32_t *bucket_of(const struct slots *slots, uint64_t inode)
{
	return &slots->table->bucket[inode % PYT_SLOT_BUCKETS];
}

/* Readers of a chain start again when this number moved or is odd. */
static void changes_step(const struct slots *slots)
{
	atomic_fetch_add(&slots->table->changes, 1);
}

static void unlink_slot(struct slots *slots, uint32_t index)
{
	struct pyt_slot *slot = slots_at(slots, index);
	_Atomic uint32_t *link;

	if (!slot->inode)
		return;
	link = bucket_of(slots, slot->inode);
	while (*link != PYT_SLOT_NONE && *link != index)
		link = &slots_at(slots, *link)->next;

	changes_step(slots);
	if (*link == index)
		*link = slot->next;
	slot->inode = 0;
	changes_step(slots);
}

void slots_set_inode(struct slots *slots, uint32_t index, uint64_t inode)
{
	struct pyt_slot *slot = slots_at(slots, index);
	_Atomic uint32_t *bucket = bucket_of(slots, inode);

	unlink_slot(slots, index);
	if (!inode)
		return;
	changes_step(slots);
	slot->next = *bucket;
	slot->inode = inode;
	*bucket = index;
	changes_step(slots);
}

uint32_t slots_find(const struct slots *slots, uint64_t inode)
{
	uint32_t index = *bucket_of(slots, inode);

	while (index != PYT_SLOT_NONE && slots_at(slots, index)->inode != inode)
		index = slots_at(slots, index)->next;
	return index;
}

/* ------------------------------------------------------------------- slots */

static void write_begin(struct pyt_slot *slot)
{
	atomic_fetch_add(&slot->sequence, 1);
	atomic_thread_fence(memory_order_release);
}

static void write_end(struct pyt_slot *slot)
{
	atomic_fetch_add(&slot->sequence, 1);
}

int slots_take(struct slots *slots, int family, int type, int protocol)
{
	uint32_t index = slots->first_free;
	struct pyt_slot *slot;

	if (index == PYT_SLOT_NONE) {
		if (slots->touched == PYT_SLOTS)
			return -ENFILE;
		index = slots->touched++;
	} else {
		slots->first_free = slots_at(slots, index)->next;
	}

	slots->used++;
	slot = slots_at(slots, index);
	write_begin(slot);
	slot->generation++;
	if (!slot->generation)
		slot->generation = 1; /* 0 means: never used */
	slot->next = PYT_SLOT_NONE;
	slot->flags = 0;
	slot->error = 0;
	slot->tcp_state = 0;
	slot->family = (uint16_t)family;
	slot->type = (uint16_t)type;
	slot->protocol = protocol;
	slot->local = (struct pyt_sockaddr){ 0 };
	slot->peer = (struct pyt_sockaddr){ 0 };
	slot->send_queued = 0;
	slot->receive_queued = 0;
	slot->ancillary = 0;
	slot->send_room = 0;
	slot->attempt = 0;
	write_end(slot);
	return (int)index;
}

void slots_put(struct slots *slots, uint32_t index)
{
	struct pyt_slot *slot = slots_at(slots, index);

	unlink_slot(slots, index);
	slot->next = slots->first_free;
	slots->first_free = index;
	slots->used--;
}

void slots_set_listener(struct slots *slots, uint32_t index, const void *name,
			size_t name_len)
{
	struct pyt_slot *slot = slots_at(slots, index);

	slot->listener_len = 0;
	if (name_len > sizeof(slot->listener))
		return;
	memcpy(slot->listener, name, name_len);
	slot->listener_len = (uint8_t)name_len;
}

void slots_set_flags(struct slots *slots, uint32_t index, uint32_t set,
		     uint32_t clear)
{
	struct pyt_slot *slot = slots_at(slots, index);

	slot->flags = (slot->flags & ~clear) | set;
}

void slots_bump_send(struct slots *slots, uint32_t index)
{
	slots_at(slots, index)->send_epoch++;
}

void slots_set_route_epoch(struct slots *slots, uint32_t epoch)
{
	if (slots->table->route_epoch != epoch)
		slots->table->route_epoch = epoch;
}

void slots_set_error(struct slots *slots, uint32_t index, int error)
{
	slots_at(slots, index)->error = error;
}

void slots_forget_received(struct slots *slots, uint32_t index)
{
	struct pyt_slot *slot = slots_at(slots, index);

	if (!slot->receive_queued)
		return;
	write_begin(slot);
	slot->receive_queued = 0;
	write_end(slot);
}

static void set_gathering(struct pyt_slot *slot,
			  const struct pyt_socket_status *status)
{
	uint32_t others = slot->flags &
			  ~(uint32_t)(PYT_SLOT_GATHERS | PYT_SLOT_HAS_GATHERED);

	slot->flags = others | (status->gathers ? PYT_SLOT_GATHERS : 0) |
		      (status->has_gathered ? PYT_SLOT_HAS_GATHERED : 0);
}

void slots_set_status(struct slots *slots, uint32_t index,
		      const struct pyt_socket_status *status)
{
	struct pyt_slot *slot = slots_at(slots, index);

	write_begin(slot);
	slot->protocol = status->protocol; /* 0 was asked for: TCP, UDP */
	/* TIME-WAIT is not the socket's own on Linux. */
	slot->tcp_state = status->tcp_state == TCP_TIME_WAIT
				  ? TCP_CLOSE
				  : status->tcp_state;
	slot->local = status->local;
	slot->peer = status->peer;
	slot->send_queued = status->send_queued;
	slot->receive_queued = status->receive_queued;
	write_end(slot);
	set_gathering(slot, status);
}

void slots_answer(struct slots *slots, uint32_t index, int32_t to,
		  const struct pyt_reply *reply)
{
	struct pyt_slot *slot = slots_at(slots, index);

	slot->answer = reply->result;
	slot->answer_to = to;
	slot->spare_slot = reply->spare_slot;
	slot->spare_generation = reply->spare_generation;
	atomic_fetch_add_explicit(&slot->answers, 1, memory_order_release);
	kernel_call(SYS_futex, (long)&slot->answers, FUTEX_WAKE, INT_MAX, 0, 0,
		    0);
}
