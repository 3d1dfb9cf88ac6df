/*
 * Which of the program's descriptors is an endpoint, and which slot stands
 * behind it. Cached per number, without locks; the kernel's word (the inode)
 * is asked where the cache does not know or cannot be right.
 */
#ifndef SHIM_DESCRIPTOR_H
#define SHIM_DESCRIPTOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <pyt/control.h>

enum descriptor_kind {
	DESCRIPTOR_UNKNOWN, /* not looked at yet */
	DESCRIPTOR_NOT_OURS, /* a file, or a socket of the kernel's */
	DESCRIPTOR_STREAM,
	DESCRIPTOR_DATAGRAM,
	DESCRIPTOR_NETLINK, /* these three: view_client.h */
	DESCRIPTOR_PACKET,
	DESCRIPTOR_SETTING,
};

/* Of a socket with this family and type, as its slot has them. */
enum descriptor_kind descriptor_kind_of(int family, int type);

/* An endpoint of the stack as one call sees it. */
struct descriptor {
	int fd;
	enum descriptor_kind kind; /* STREAM or DATAGRAM */
	uint32_t number; /* of the slot */
	uint32_t generation;
	const struct pyt_slot *slot;
};

#define DESCRIPTORS_MAX (1 << 18) /* above: looked at each time */

/* Kind in the low byte, then 24 bits of slot, 32 of generation. */
extern _Atomic uint64_t descriptor_cache[DESCRIPTORS_MAX];

/* The long way; errno stays untouched. */
bool descriptor_look(int fd, struct descriptor *found);
bool descriptor_find(int fd, struct descriptor *found);

static inline uint64_t descriptor_entry(int fd)
{
	if ((unsigned)fd >= DESCRIPTORS_MAX)
		return DESCRIPTOR_UNKNOWN;
	return atomic_load_explicit(&descriptor_cache[fd],
				    memory_order_relaxed);
}

/*
 * It is known that the stack has nothing to do with fd; also that it is none
 * of our hidden ones, of which nothing is ever known. A load and a compare.
 */
static inline bool descriptor_is_file(int fd)
{
	return (descriptor_entry(fd) & 0xff) == DESCRIPTOR_NOT_OURS;
}

/* Whether fd is an endpoint. */
static inline bool descriptor_get(int fd, struct descriptor *found)
{
	return !descriptor_is_file(fd) && descriptor_look(fd, found);
}

/* The same of calls that set up or ask: see client_settle(). */
static inline bool descriptor_get_to_set(int fd, struct descriptor *found)
{
	return !descriptor_is_file(fd) && descriptor_find(fd, found);
}

/* A new endpoint. */
void descriptor_set(int fd, uint32_t number, uint32_t generation,
		    enum descriptor_kind kind);
/* The number now means what other means, or nothing of ours. */
void descriptor_copy(int to, int from);
/* It is known what both are, and the same. */
static inline bool descriptor_is_same(int to, int from)
{
	uint64_t entry = descriptor_entry(from);

	return entry != DESCRIPTOR_UNKNOWN && descriptor_entry(to) == entry;
}

void descriptor_set_not_ours(int fd);
/* A file was opened there. False, and nothing is done: something is known. */
bool descriptor_set_file(int fd);
/* It came from elsewhere: look when it is used. */
void descriptor_forget(int fd);
void descriptor_forget_all(void);

/*
 * The cache says so, but the number may have been closed behind our back
 * (within libc): asks the kernel. False: it is not this endpoint any more.
 */
bool descriptor_verify(const struct descriptor *descriptor);

/* The inode of fd, or 0. */
uint64_t descriptor_inode(int fd);

/* ------------------------------------------------------- reading the slot */

struct descriptor_names {
	struct pyt_sockaddr local, peer;
	int32_t tcp_state;
	uint32_t send_queued, receive_queued;
};

/* A copy that no write of the server's has cut in two. */
void descriptor_read_names(const struct descriptor *descriptor,
			   struct descriptor_names *names);

static inline uint32_t descriptor_flags(const struct descriptor *descriptor)
{
	return atomic_load_explicit(&descriptor->slot->flags,
				    memory_order_acquire);
}

/* An error waits in the slot: a load. */
static inline int descriptor_peek_error(const struct descriptor *descriptor)
{
	return atomic_load_explicit(&descriptor->slot->error,
				    memory_order_acquire);
}

static inline bool descriptor_has_error(const struct descriptor *descriptor)
{
	return descriptor_peek_error(descriptor) != 0;
}

/* Takes it: positive errno, or 0 if somebody else was faster. */
int descriptor_take_error(const struct descriptor *descriptor);
/* 0, or -EMFILE: the process has no number left for another one. */
int descriptor_check_room(const struct descriptor *descriptor);

/* A request about this socket; fill in the rest. */
#define DESCRIPTOR_CALL(descriptor, what)                   \
	{                                                   \
		.op = (what), .slot = (descriptor)->number, \
		.generation = (descriptor)->generation      \
	}

#endif
