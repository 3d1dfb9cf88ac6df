/*
 * SO_PEEK_OFF counts the program's bytes, over the ends of datagrams; the
 * stack keeps it. The endpoint's own counts our headers, too: it is the tool
 * to get past the datagrams in front, and set for a call only.
 */
#include "datagram_peek.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

#include "client.h"
#include "datagram.h"
#include "libc_real.h"

static int get_offset(const struct descriptor *datagram)
{
	struct client_call call = DESCRIPTOR_CALL(datagram, PYT_OP_GET_OPTION);
	int offset = -1;

	call.args[0] = SOL_SOCKET;
	call.args[1] = SO_PEEK_OFF;
	call.args[2] = sizeof(offset);
	call.answer = &offset;
	call.answer_len = sizeof(offset);
	return client_call(&call) < 0 ? -1 : offset;
}

static void set_offset(const struct descriptor *datagram, int offset)
{
	struct client_call call = DESCRIPTOR_CALL(datagram, PYT_OP_SET_OPTION);

	call.args[0] = SOL_SOCKET;
	call.args[1] = SO_PEEK_OFF;
	call.data = &offset;
	call.data_len = sizeof(offset);
	client_call(&call);
}

/* With the endpoint's own offset; the length from there on, or -errno. */
static ssize_t peek_at(int fd, int offset, struct msghdr *message, int flags)
{
	static const int none = -1;
	ssize_t len;

	libc_raw(SYS_setsockopt, fd, SOL_SOCKET, SO_PEEK_OFF, &offset,
		 sizeof(offset));
	len = libc_real.recvmsg(fd, message,
				(flags & MSG_DONTWAIT) | MSG_PEEK | MSG_TRUNC);
	if (len < 0)
		len = -errno;
	libc_raw(SYS_setsockopt, fd, SOL_SOCKET, SO_PEEK_OFF, &none,
		 sizeof(none));
	return len;
}

/* Where a byte of the program's lies. */
struct place {
	struct pyt_datagram header; /* of its datagram */
	size_t len; /* of that one's payload */
	size_t inner; /* the place in there */
	int start; /* of the payload, as the endpoint counts */
};

/* 0, or -errno; *found with len 0 and no header's length: it was shut. */
static int find(int fd, size_t offset, int flags, struct place *found)
{
	struct iovec iov = { &found->header, sizeof(found->header) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t headers_len;
	int at = 0;

	for (;;) {
		ssize_t len = peek_at(fd, at, &message, flags);

		if (len < 0)
			return (int)len;
		if (len == 0)
			return client_answers() ? -EAGAIN : -ENETDOWN;
		headers_len = sizeof(found->header) +
			      pyt_extensions_len(&found->header.message);
		if ((size_t)len >= headers_len && !found->header.flags) {
			found->len = (size_t)len - headers_len;
			if (offset < found->len || offset == 0)
				break;
			offset -= found->len;
		}
		at += (int)len;
	}
	found->inner = offset;
	found->start = at + (int)headers_len;
	return 0;
}

/* Of what lies at that place, as Linux's udp_recvmsg() sees it. */
static ssize_t give(const struct descriptor *datagram, struct place *place,
		    struct msghdr *message, ssize_t left, int flags)
{
	size_t room = 0;
	ssize_t copied = left;

	for (size_t i = 0; i < message->msg_iovlen; i++)
		room += message->msg_iov[i].iov_len;
	message->msg_flags = 0;
	if (room <= (size_t)left) {
		copied = (ssize_t)room;
		message->msg_flags = room < place->len ? MSG_TRUNC : 0;
	}
	/* their bytes lie in front of the payload */
	memset(place->header.message.extension_len, 0,
	       sizeof(place->header.message.extension_len));
	datagram_give_name(datagram, &place->header.message.peer, message);
	datagram_give_controls(datagram, &place->header.message, message);
	set_offset(datagram, get_offset(datagram) + (int)copied);
	return flags & MSG_TRUNC ? (ssize_t)place->len : copied;
}

ssize_t datagram_peek(const struct descriptor *datagram, struct msghdr *message,
		      int flags)
{
	struct msghdr bare = { .msg_iov = message->msg_iov,
			       .msg_iovlen = message->msg_iovlen };
	int offset = get_offset(datagram);
	struct place place;
	ssize_t left;
	int result = find(datagram->fd, offset > 0 ? (size_t)offset : 0, flags,
			  &place);

	if (result < 0)
		return result;
	left = peek_at(datagram->fd, place.start + (int)place.inner, &bare,
		       MSG_DONTWAIT);
	if (place.inner == place.len)
		left = 0; /* an empty one: the endpoint goes on to the next */
	if (left < 0)
		return left;
	return give(datagram, &place, message, left, flags);
}

void datagram_peek_back(const struct descriptor *datagram, size_t len)
{
	int offset = get_offset(datagram);

	if (offset > 0)
		set_offset(datagram,
			   (size_t)offset > len ? offset - (int)len : 0);
}

/* ---------------------------------------------------------------- FIONREAD */

static bool is_ping(const struct pyt_slot *slot)
{
	return slot->type == SOCK_DGRAM && slot->protocol != IPPROTO_UDP;
}

static int next_len(const struct descriptor *datagram)
{
	struct pyt_datagram header;
	long len = libc_raw(SYS_recvfrom, datagram->fd, &header, sizeof(header),
			    MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT, NULL, NULL);

	if (len < (long)sizeof(header) || header.flags & PYT_DATAGRAM_ERROR)
		return 0;
	return (int)(len - (long)sizeof(header)) -
	       (int)pyt_extensions_len(&header.message);
}

int datagram_control(const struct descriptor *datagram, unsigned long request,
		     int *number)
{
	if (request == SIOCATMARK || is_ping(datagram->slot))
		return -ENOTTY;
	*number = next_len(datagram);
	return 0;
}
