/* From a descriptor to its slot: the cache, and the kernel's word. */
#include "descriptor.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "client.h"
#include "lane.h"
#include "libc_real.h"
#include "peer_name.h"

#define LOOKUP_ATTEMPTS 1000 /* the server relinks for a few ns only */
#define CHAIN_MAX PYT_SLOTS /* a broken chain ends some time */

_Atomic uint64_t descriptor_cache[DESCRIPTORS_MAX];

static uint64_t entry_of(uint32_t number, uint32_t generation,
			 enum descriptor_kind kind)
{
	return (uint64_t)generation << 32 | (uint64_t)number << 8 | kind;
}

static void store(int fd, uint64_t entry)
{
	if ((unsigned)fd < DESCRIPTORS_MAX)
		atomic_store_explicit(&descriptor_cache[fd], entry,
				      memory_order_relaxed);
}

void descriptor_set(int fd, uint32_t number, uint32_t generation,
		    enum descriptor_kind kind)
{
	store(fd, entry_of(number, generation, kind));
}

void descriptor_copy(int to, int from)
{
	store(to, descriptor_entry(from));
}

void descriptor_set_not_ours(int fd)
{
	store(fd, DESCRIPTOR_NOT_OURS);
}

bool descriptor_set_file(int fd)
{
	uint64_t entry = DESCRIPTOR_UNKNOWN;

	if ((unsigned)fd >= DESCRIPTORS_MAX)
		return true;
	return atomic_compare_exchange_strong(&descriptor_cache[fd], &entry,
					      DESCRIPTOR_NOT_OURS) ||
	       entry == DESCRIPTOR_NOT_OURS;
}

/* Who closes all numbers that there can be takes no memory for it. */
void descriptor_forget(int fd)
{
	if (descriptor_entry(fd) != DESCRIPTOR_UNKNOWN)
		store(fd, DESCRIPTOR_UNKNOWN);
}

/* Reading leaves the pages that were never used without memory. */
void descriptor_forget_all(void)
{
	for (int fd = 0; fd < DESCRIPTORS_MAX; fd++) {
		if (descriptor_entry(fd) != DESCRIPTOR_UNKNOWN)
			descriptor_forget(fd);
	}
}

/* ---------------------------------------------------------- kernel's word */

static bool is_socket(int fd, uint64_t *inode, bool *exists)
{
	struct stat status;

	*exists = libc_raw(SYS_fstat, fd, &status) == 0;
	if (!*exists || !S_ISSOCK(status.st_mode))
		return false;
	*inode = status.st_ino;
	return true;
}

uint64_t descriptor_inode(int fd)
{
	uint64_t inode = 0;
	bool exists;

	return is_socket(fd, &inode, &exists) ? inode : 0;
}

static bool is_unix_socket(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	return libc_raw(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &domain,
			&len) == 0 &&
	       domain == AF_UNIX;
}

static uint32_t walk_chain(const struct pyt_slot_table *table, uint64_t inode)
{
	uint32_t number = atomic_load(&table->bucket[inode % PYT_SLOT_BUCKETS]);

	for (uint32_t i = 0; i < CHAIN_MAX && number < PYT_SLOTS; i++) {
		if (atomic_load(&table->slot[number].inode) == inode)
			return number;
		number = atomic_load(&table->slot[number].next);
	}
	return PYT_SLOT_NONE;
}

/* changes is odd, or moves, while a chain is being relinked. */
static uint32_t find_slot(const struct pyt_slot_table *table, uint64_t inode)
{
	for (int i = 0; i < LOOKUP_ATTEMPTS; i++) {
		uint64_t changes = atomic_load(&table->changes);
		uint32_t number;

		if (changes & 1)
			continue;
		number = walk_chain(table, inode);
		if (atomic_load(&table->changes) == changes)
			return number;
	}
	return PYT_SLOT_NONE;
}

/* An accepted endpoint whose inode the server has not been told yet. */
static uint32_t find_by_peer_name(const struct pyt_slot_table *table, int fd)
{
	struct sockaddr_un peer;
	socklen_t len = sizeof(peer);
	struct peer_name name;

	if (lane_is_filtered() ||
	    libc_raw(SYS_getpeername, fd, &peer, &len) < 0 ||
	    !peer_name_parse(&peer, len, &name) ||
	    table->slot[name.slot].generation != name.generation ||
	    !client_was_connected_by_stack(fd))
		return PYT_SLOT_NONE;
	return name.slot;
}

/* The table in which fd may stand; NULL: it can be no endpoint. */
static const struct pyt_slot_table *table_for(int fd)
{
	static _Atomic bool nobody;

	if (!client_table() && !nobody && is_unix_socket(fd) &&
	    client_attach() < 0)
		nobody = true;
	return client_table();
}

enum descriptor_kind descriptor_kind_of(int family, int type)
{
	switch (family) {
	case AF_INET:
	case AF_INET6:
		return type == SOCK_STREAM ? DESCRIPTOR_STREAM
					   : DESCRIPTOR_DATAGRAM;
	case AF_NETLINK:
		return DESCRIPTOR_NETLINK;
	case AF_PACKET:
		return DESCRIPTOR_PACKET;
	default:
		return DESCRIPTOR_SETTING;
	}
}

/* Not if the number was given to one of ours since it was looked at. */
static void note_file(int fd)
{
	descriptor_set_not_ours(fd);
	if (client_hides(fd))
		descriptor_forget(fd);
}

static bool look_in_kernel(int fd, struct descriptor *found)
{
	const struct pyt_slot_table *table;
	uint64_t inode;
	uint32_t number;
	bool exists;

	if (client_hides(fd))
		return false;
	if (!is_socket(fd, &inode, &exists)) {
		if (exists)
			note_file(fd);
		return false;
	}
	table = table_for(fd);
	number = table ? find_slot(table, inode) : PYT_SLOT_NONE;
	/* One that this process took, under a number that came unseen. */
	if (table && number == PYT_SLOT_NONE &&
	    !client_spares_are_confirmed() && client_answers())
		number = find_slot(table, inode);
	if (table && number == PYT_SLOT_NONE)
		number = find_by_peer_name(table, fd);
	if (number == PYT_SLOT_NONE) {
		note_file(fd);
		return false;
	}
	if (!client_show(fd, number, table->slot[number].generation))
		return false;
	*found = (struct descriptor){
		.fd = fd,
		.kind = descriptor_kind_of(table->slot[number].family,
					   table->slot[number].type),
		.number = number,
		.generation = table->slot[number].generation,
		.slot = &table->slot[number],
	};
	descriptor_set(fd, number, found->generation, found->kind);
	return true;
}

bool descriptor_find(int fd, struct descriptor *found)
{
	const struct pyt_slot_table *table = client_table();
	uint64_t entry = descriptor_entry(fd);
	uint32_t number = (uint32_t)entry >> 8;

	if ((entry & 0xff) == DESCRIPTOR_NOT_OURS)
		return false;
	if ((entry & 0xff) == DESCRIPTOR_UNKNOWN || !table ||
	    number >= PYT_SLOTS ||
	    table->slot[number].generation != (uint32_t)(entry >> 32))
		return look_in_kernel(fd, found);
	*found = (struct descriptor){
		.fd = fd,
		.kind = (enum descriptor_kind)(entry & 0xff),
		.number = number,
		.generation = (uint32_t)(entry >> 32),
		.slot = &table->slot[number],
	};
	return true;
}

bool descriptor_look(int fd, struct descriptor *found)
{
	client_settle();
	return descriptor_find(fd, found);
}

bool descriptor_verify(const struct descriptor *descriptor)
{
	uint64_t inode = atomic_load(&descriptor->slot->inode);
	struct client_call call = DESCRIPTOR_CALL(descriptor, PYT_OP_STATUS);
	struct descriptor again;

	if (!inode && client_call(&call) >= 0) /* a spare one's, untold yet */
		inode = atomic_load(&descriptor->slot->inode);
	if (inode && descriptor_inode(descriptor->fd) == inode)
		return true;
	descriptor_forget(descriptor->fd);
	return descriptor_look(descriptor->fd, &again) &&
	       again.number == descriptor->number &&
	       again.generation == descriptor->generation;
}

/* ------------------------------------------------------- reading the slot */

void descriptor_read_names(const struct descriptor *descriptor,
			   struct descriptor_names *names)
{
	const struct pyt_slot *slot = descriptor->slot;

	for (int i = 0; i < LOOKUP_ATTEMPTS; i++) {
		uint32_t sequence = atomic_load(&slot->sequence);

		names->local = slot->local;
		names->peer = slot->peer;
		names->tcp_state = slot->tcp_state;
		names->send_queued = slot->send_queued;
		names->receive_queued = slot->receive_queued;
		atomic_thread_fence(memory_order_acquire);
		if (!(sequence & 1) && atomic_load(&slot->sequence) == sequence)
			return;
	}
}

int descriptor_take_error(const struct descriptor *descriptor)
{
	struct client_call call = DESCRIPTOR_CALL(descriptor, PYT_OP_ERROR);
	socklen_t own_len = sizeof(int);
	int error, own;

	if (!descriptor_has_error(descriptor))
		return 0;
	error = client_call(&call);
	/* What the endpoint itself has of it: POLLERR. */
	libc_raw(SYS_getsockopt, descriptor->fd, SOL_SOCKET, SO_ERROR, &own,
		 &own_len);
	return error < 0 ? -error : error;
}

int descriptor_check_room(const struct descriptor *descriptor)
{
	long copy = libc_raw(SYS_fcntl, descriptor->fd, F_DUPFD_CLOEXEC, 0L);

	if (copy < 0)
		return (int)copy;
	libc_raw(SYS_close, copy);
	return 0;
}
