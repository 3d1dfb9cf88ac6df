/* AF_PACKET sockets as the program uses them: packet(7). */
#include "packet_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "client.h"
#include "libc_real.h"
#include "packet_ring.h"
#include "view_client.h"

#define RINGS_MAX 64 /* of a process */
#define SOL_PACKET_LEVEL 263

/* -------------------------------------------------------------------- send */

static int fill_destination(const struct msghdr *message,
			    struct pyt_view_frame *to)
{
	struct sockaddr_ll name = { 0 };
	size_t least = offsetof(struct sockaddr_ll, sll_addr);

	if (!message->msg_name || !message->msg_namelen)
		return 0;
	if (message->msg_namelen < least)
		return -EINVAL;
	memcpy(&name, message->msg_name,
	       message->msg_namelen < sizeof(name) ? message->msg_namelen
						   : sizeof(name));
	if (name.sll_family != AF_PACKET ||
	    name.sll_halen > sizeof(name.sll_addr) ||
	    message->msg_namelen < least + name.sll_halen)
		return -EINVAL;
	to->ifindex = name.sll_ifindex;
	to->protocol = ntohs(name.sll_protocol);
	to->address_len = name.sll_halen;
	memcpy(to->address, name.sll_addr, sizeof(to->address));
	return 0;
}

ssize_t packet_write(const struct descriptor *packet,
		     const struct msghdr *message, int flags)
{
	size_t count = message->msg_iovlen;
	struct iovec iov[count < IOV_MAX ? count + 1 : 1];
	struct msghdr outer = { .msg_iov = iov, .msg_iovlen = count + 1 };
	struct pyt_view_frame to = { 0 };
	int result = fill_destination(message, &to);
	ssize_t sent;

	if (result == 0 && count >= IOV_MAX)
		result = -EMSGSIZE;
	if (result < 0)
		return result;
	iov[0] = (struct iovec){ &to, sizeof(to) };
	memcpy(iov + 1, message->msg_iov, count * sizeof(*iov));
	sent = libc_real.sendmsg(packet->fd, &outer,
				 (flags & MSG_DONTWAIT) | MSG_NOSIGNAL);
	if (sent < 0)
		return client_is_alive() ? -errno : -ENETDOWN;
	result = view_sync(packet);
	return result < 0 ? result : sent - (ssize_t)sizeof(to);
}

/* ----------------------------------------------------------------- receive */

static void give_name(const struct pyt_view_frame *from, struct msghdr *message)
{
	struct sockaddr_ll name = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(from->protocol),
		.sll_ifindex = from->ifindex,
		.sll_hatype = from->hardware_type,
		.sll_pkttype = from->packet_type,
		.sll_halen = from->address_len,
	};

	if (!message->msg_name)
		return;
	memcpy(name.sll_addr, from->address, sizeof(name.sll_addr));
	memcpy(message->msg_name, &name,
	       message->msg_namelen < sizeof(name) ? message->msg_namelen
						   : sizeof(name));
	message->msg_namelen = sizeof(name);
}

/* Appends one; *used: bytes of msg_control so far. */
static void put_control(struct msghdr *message, size_t *used, int level,
			int type, const void *value, size_t len)
{
	struct cmsghdr *at;

	if (message->msg_controllen - *used < CMSG_SPACE(len)) {
		message->msg_flags |= MSG_CTRUNC;
		return;
	}
	at = (struct cmsghdr *)(void *)((char *)message->msg_control + *used);
	at->cmsg_level = level;
	at->cmsg_type = type;
	at->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(at), value, len);
	*used += CMSG_SPACE(len);
}

static void give_control(const struct pyt_view_frame *from,
			 struct msghdr *message)
{
	struct timespec ns = { from->received_ns / 1000000000,
			       from->received_ns % 1000000000 };
	struct timeval us = { ns.tv_sec, ns.tv_nsec / 1000 };
	struct tpacket_auxdata facts = { .tp_status =
						 TP_STATUS_USER | from->status,
					 .tp_len = from->len,
					 .tp_snaplen = from->captured,
					 .tp_net = from->net };
	size_t used = 0;

	if (!message->msg_control)
		message->msg_controllen = 0;
	if (from->wants & PYT_VIEW_WANTS_TIMESTAMPNS)
		put_control(message, &used, SOL_SOCKET, SO_TIMESTAMPNS, &ns,
			    sizeof(ns));
	else if (from->wants & PYT_VIEW_WANTS_TIMESTAMP)
		put_control(message, &used, SOL_SOCKET, SO_TIMESTAMP, &us,
			    sizeof(us));
	if (from->wants & PYT_VIEW_WANTS_AUXDATA)
		put_control(message, &used, SOL_PACKET_LEVEL, PACKET_AUXDATA,
			    &facts, sizeof(facts));
	message->msg_controllen = used;
}

static size_t room_of(const struct msghdr *message)
{
	size_t len = 0;

	for (size_t i = 0; i < message->msg_iovlen; i++)
		len += message->msg_iov[i].iov_len;
	return len;
}

ssize_t packet_read(const struct descriptor *packet, struct msghdr *message,
		    int flags)
{
	size_t count = message->msg_iovlen;
	struct iovec iov[count < IOV_MAX ? count + 1 : 1];
	struct msghdr outer = { .msg_iov = iov, .msg_iovlen = count + 1 };
	struct pyt_view_frame from;
	size_t room = room_of(message);
	ssize_t len;

	if (count >= IOV_MAX)
		return -EMSGSIZE;
	iov[0] = (struct iovec){ &from, sizeof(from) };
	memcpy(iov + 1, message->msg_iov, count * sizeof(*iov));
	do {
		len = libc_real.recvmsg(packet->fd, &outer,
					(flags & ~MSG_ERRQUEUE) | MSG_TRUNC);
		if (len < 0)
			return -errno;
		if (len == 0)
			return client_is_alive() ? 0 : -ENETDOWN;
	} while (len < (ssize_t)sizeof(from)); /* what wakes a ring's poll */
	len -= (ssize_t)sizeof(from);
	message->msg_flags = (size_t)len > room ? MSG_TRUNC : 0;
	give_name(&from, message);
	give_control(&from, message);
	if (flags & MSG_TRUNC)
		return (ssize_t)from.len;
	return (size_t)len > room ? (ssize_t)room : len;
}

/* ------------------------------------------------------------------- rings */

_Atomic int packet_rings; /* entries that were ever used */

static struct mapped_ring {
	_Atomic int fd; /* 0: free; the entry is whole when it is set */
	uint8_t *memory;
	size_t len;
} rings[RINGS_MAX];

static struct mapped_ring *find_ring(int fd)
{
	int count = packet_rings;

	for (int i = 0; i < count; i++)
		if (rings[i].fd == fd)
			return &rings[i];
	return NULL;
}

/* False: there are too many. */
static bool remember(int fd, uint8_t *memory, size_t len)
{
	struct mapped_ring *ring = find_ring(fd);

	if (!ring)
		ring = find_ring(0);
	if (!ring && packet_rings < RINGS_MAX)
		ring = &rings[packet_rings++];
	if (!ring)
		return false;
	ring->memory = memory;
	ring->len = len;
	ring->fd = fd;
	return true;
}

/* The program unmaps the ring by itself; the page behind it is ours. */
void packet_forget(int fd)
{
	struct mapped_ring *ring = find_ring(fd);

	if (!ring)
		return;
	ring->fd = 0;
	libc_raw(SYS_munmap, ring->memory + ring->len,
		 (size_t)PACKET_RING_CONTROL_LEN);
}

void *packet_map(const struct descriptor *packet, void *address, size_t len,
		 int protection, int flags, off_t offset)
{
	struct client_call call = DESCRIPTOR_CALL(packet, PYT_OP_VIEW_RING);
	int fd = -1;
	long result = client_call_for_fd(&call, &fd);

	if (result == 0 && (offset || len != call.result2 || fd < 0))
		result = -EINVAL;
	if (result == 0)
		result = libc_raw(SYS_mmap, address,
				  len + PACKET_RING_CONTROL_LEN, protection,
				  flags, fd, 0L);
	if (fd >= 0)
		libc_raw(SYS_close, fd);
	if ((unsigned long)result < -4095ul &&
	    !remember(packet->fd, (void *)result, len)) {
		libc_raw(SYS_munmap, result, len + PACKET_RING_CONTROL_LEN);
		result = -ENOMEM;
	}
	return (void *)result;
}

/* packet_poll(): the frame written last has not been read. */
static bool has_frame(const struct mapped_ring *ring)
{
	struct packet_ring_control *control =
		packet_ring_control(ring->memory, ring->len);
	uint32_t last = atomic_load(&control->last);
	const struct tpacket2_hdr *header;

	if (last > ring->len - sizeof(*header))
		return false;
	header = (const void *)(ring->memory + last);
	return atomic_load((const _Atomic uint32_t *)(const void *)&header
				   ->tp_status) != TP_STATUS_KERNEL;
}

static bool is_ready(const struct mapped_ring *ring, int fd)
{
	char bytes[16];

	if (has_frame(ring))
		return true;
	while (libc_raw(SYS_recvfrom, fd, bytes, sizeof(bytes), MSG_DONTWAIT,
			NULL, NULL) > 0)
		;
	atomic_store(&packet_ring_control(ring->memory, ring->len)->sleeps, 1);
	return has_frame(ring);
}

/* How many have a frame, so that poll(2) need not wait. */
static int before_poll(struct pollfd *fds, nfds_t count)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; i++) {
		const struct mapped_ring *ring =
			fds[i].fd > 0 ? find_ring(fds[i].fd) : NULL;

		if (ring && fds[i].events & POLLIN && is_ready(ring, fds[i].fd))
			ready++;
	}
	return ready;
}

static void after_poll(struct pollfd *fds, nfds_t count, int *result)
{
	for (nfds_t i = 0; i < count && *result >= 0; i++) {
		const struct mapped_ring *ring =
			fds[i].fd > 0 ? find_ring(fds[i].fd) : NULL;

		if (!ring || !(fds[i].events & POLLIN) ||
		    fds[i].revents & POLLIN || !has_frame(ring))
			continue;
		*result += fds[i].revents == 0;
		fds[i].revents |= POLLIN;
	}
}

int packet_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	int ready = before_poll(fds, count);
	int result = libc_real.poll(fds, count, ready ? 0 : timeout_ms);

	after_poll(fds, count, &result);
	return result;
}
