/* Datagram sockets: the header before each message, addresses, errors. */
#include "datagram.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "address.h"
#include "ancillary.h"
#include "boot_client.h"
#include "client.h"
#include "datagram_ask.h"
#include "libc_real.h"
#include "pointer.h"
#include "view_client.h"

#define UDP_LEN_MAX 65527 /* 65535 less UDP's header; less of it, IPv4's */
#define RAW_LEN_MAX 65535
#define IP4_HEADER_LEN 20
#define ECHO_HEADER_LEN 8

/* -------------------------------------------------------------------- open */

int datagram_open_as(enum descriptor_kind kind, int family, int type,
		     int protocol, const char *name)
{
	int flags = type & (SOCK_NONBLOCK | SOCK_CLOEXEC);
	int end[2];
	struct client_call call = {
		.op = PYT_OP_SOCKET,
		.args = { family, type & ~flags, protocol },
		.data = name,
		.data_len = name ? (uint32_t)strlen(name) : 0,
	};
	int result = (int)libc_raw(SYS_socketpair, AF_UNIX,
				   SOCK_SEQPACKET | flags, 0, end);

	if (result < 0)
		return result;
	call.inode = descriptor_inode(end[0]);
	call.fd = end[1];
	result = client_call(&call);
	libc_raw(SYS_close, end[1]);
	if (result < 0) {
		libc_raw(SYS_close, end[0]);
		return result;
	}
	descriptor_set(end[0], call.reply_slot, call.reply_generation, kind);
	return end[0];
}

int datagram_open(int family, int type, int protocol)
{
	return datagram_open_as(DESCRIPTOR_DATAGRAM, family, type, protocol,
				NULL);
}

int datagram_connect_to(const struct descriptor *datagram,
			const struct pyt_sockaddr *peer)
{
	struct client_call call = DESCRIPTOR_CALL(datagram, PYT_OP_CONNECT);

	call.address = peer;
	boot_wait_for(&peer->ip, datagram->fd, 0);
	return client_call(&call);
}

/*
 * Only the reading side is shut natively, to wake who reads: the stack would
 * take the end of what we write for our close.
 */
int datagram_shutdown(const struct descriptor *datagram, int how)
{
	struct client_call call = DESCRIPTOR_CALL(datagram, PYT_OP_SHUTDOWN);
	int result;

	if (view_is(datagram))
		return -EOPNOTSUPP;
	call.args[0] = how;
	result = client_call(&call);
	if (result >= 0 && how != SHUT_WR)
		libc_raw(SYS_shutdown, datagram->fd, SHUT_RD);
	return result;
}

/* -------------------------------------------------------------------- send */

static int to_connected(const struct descriptor *datagram)
{
	return descriptor_flags(datagram) & PYT_SLOT_CONNECTED ? 1
							       : -EDESTADDRREQ;
}

int datagram_destination(const struct descriptor *datagram,
			 const struct sockaddr *name, socklen_t name_len,
			 struct pyt_sockaddr *peer)
{
	const struct pyt_slot *slot = datagram->slot;
	int result;

	if (!name || name_len == 0)
		return to_connected(datagram);
	result = address_get(slot->family, true, name, name_len, peer);
	if (result == -EAFNOSUPPORT && slot->family == AF_INET6 &&
	    slot->type == SOCK_DGRAM) /* as Linux takes AF_UNSPEC there */
		return name->sa_family == AF_UNSPEC ? to_connected(datagram)
						    : -EINVAL;
	if (result == -EAFNOSUPPORT && name->sa_family == AF_UNSPEC &&
	    slot->family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, name, sizeof(in));
		in.sin_family = AF_INET; /* as Linux lets it pass */
		result = address_get(AF_INET, true, (struct sockaddr *)&in,
				     sizeof(in), peer);
	}
	if (result == 0 && slot->type == SOCK_RAW && slot->family == AF_INET6 &&
	    peer->port && peer->port != slot->protocol)
		return -EINVAL; /* in the port's place: the protocol */
	if (result == 0 && slot->type == SOCK_DGRAM && peer->port == 0 &&
	    slot->protocol == IPPROTO_UDP)
		return -EINVAL;
	return result;
}

static int fill_header(const struct descriptor *datagram,
		       const struct msghdr *message,
		       struct pyt_datagram *header)
{
	int result = datagram_destination(datagram, message->msg_name,
					  message->msg_namelen,
					  &header->message.peer);

	if (result < 0)
		return result;
	header->flags = result ? PYT_DATAGRAM_TO_PEER : 0;
	header->message.ttl = -1;
	header->message.tos = -1;
	return ancillary_take(message, &header->message);
}

/* udp_sendmsg() after shutdown(2): EPIPE, with its signal. */
static int broken_pipe(int flags)
{
	if (!(flags & MSG_NOSIGNAL))
		libc_raw(SYS_tgkill, libc_raw(SYS_getpid), libc_raw(SYS_gettid),
			 SIGPIPE);
	return -EPIPE;
}

static bool is_ping(const struct pyt_slot *slot)
{
	return slot->type == SOCK_DGRAM && slot->protocol != IPPROTO_UDP;
}

/* What Linux looks at before the destination. */
static int check_message(const struct descriptor *datagram, size_t len,
			 int flags)
{
	const struct pyt_slot *slot = datagram->slot;

	if (len > (slot->type == SOCK_RAW    ? RAW_LEN_MAX
		   : slot->family == AF_INET ? UDP_LEN_MAX - IP4_HEADER_LEN
					     : UDP_LEN_MAX))
		return -EMSGSIZE;
	if (is_ping(slot) && len < ECHO_HEADER_LEN)
		return -EINVAL;
	if (slot->family == AF_INET6 && slot->protocol == IPPROTO_UDP)
		return 0; /* Linux does not look there */
	return flags & MSG_OOB ? -EOPNOTSUPP : 0;
}

/* And after it. */
static int check_socket(const struct descriptor *datagram, int flags)
{
	const struct pyt_slot *slot = datagram->slot;

	if (descriptor_flags(datagram) & PYT_SLOT_SEND_SHUT &&
	    slot->type != SOCK_RAW)
		return broken_pipe(flags);
	/* An error that waits is not for a raw socket's next packet. */
	if (slot->type == SOCK_RAW && slot->protocol != IPPROTO_RAW)
		return 0;
	return -descriptor_take_error(datagram);
}

static bool has_pieces(const struct msghdr *message)
{
	return message->msg_iovlen == 0 || !pointer_is_wrong(message->msg_iov);
}

static size_t iov_len(const struct msghdr *message)
{
	size_t len = 0;

	if (!has_pieces(message))
		return 0;
	for (size_t i = 0; i < message->msg_iovlen; i++)
		len += message->msg_iov[i].iov_len;
	return len;
}

static ssize_t send_failed(const struct descriptor *datagram, int error)
{
	if (error == EPIPE || error == ECONNRESET || error == ENOTCONN)
		return client_answers() ? -error : -ENETDOWN;
	return -error;
}

ssize_t datagram_send(const struct descriptor *datagram,
		      const struct msghdr *message, int flags)
{
	struct pyt_datagram header = { 0 };
	size_t count = message->msg_iovlen;
	size_t len = iov_len(message);
	struct iovec iov[count < IOV_MAX ? count + 1 : 1];
	struct msghdr outer = { .msg_iov = iov, .msg_iovlen = count + 1 };
	ssize_t result;

	if (view_is(datagram))
		return view_write(datagram, message, flags);
	result = check_message(datagram, len, flags);
	if (result == 0 && count >= IOV_MAX)
		result = -EMSGSIZE;
	if (result == 0 && !has_pieces(message))
		result = -EFAULT;
	if (result == 0)
		result = fill_header(datagram, message, &header);
	if (result == 0)
		result = check_socket(datagram, flags);
	if (result < 0)
		return result;
	header.token = client_table()->token;
	header.message.len = (uint32_t)len;
	if (!datagram_is_known(datagram, &header)) {
		boot_wait_for(&header.message.peer.ip, datagram->fd, flags);
		result = datagram_ask(datagram, &header, message);
		if (result)
			return result < 0 ? result : (ssize_t)len;
	}
	iov[0] = (struct iovec){ &header, sizeof(header) };
	memcpy(iov + 1, message->msg_iov, count * sizeof(*iov));
	result = libc_real.sendmsg(datagram->fd, &outer,
				   (flags & MSG_DONTWAIT) | MSG_NOSIGNAL);
	if (result < 0)
		return send_failed(datagram, errno);
	return (ssize_t)len;
}

/* ----------------------------------------------------------------- receive */

/* Of what the program asked for, what the endpoint understands. */
#define NATIVE_FLAGS (MSG_DONTWAIT | MSG_PEEK | MSG_WAITALL)

/* 0: an error that somebody else has taken; there is no message to give. */
static ssize_t take_told_error(const struct descriptor *datagram, int flags)
{
	char byte;
	int error;

	if (flags & MSG_PEEK)
		libc_raw(SYS_recvfrom, datagram->fd, &byte, (size_t)1,
			 MSG_DONTWAIT, NULL, NULL);
	error = descriptor_take_error(datagram);
	return -error;
}

/* Header and payload of one message; its whole length, or -errno. */
static ssize_t receive_one(const struct descriptor *datagram,
			   struct pyt_datagram *header,
			   const struct msghdr *message, int flags,
			   int *native_flags)
{
	size_t count = message->msg_iovlen;
	struct iovec iov[count < IOV_MAX ? count + 1 : 1];
	struct msghdr outer = { .msg_iov = iov, .msg_iovlen = count + 1 };
	ssize_t len;

	if (count >= IOV_MAX)
		return -EMSGSIZE;
	if (!has_pieces(message))
		return -EFAULT;
	iov[0] = (struct iovec){ header, sizeof(*header) };
	memcpy(iov + 1, message->msg_iov, count * sizeof(*iov));
	for (;;) {
		len = libc_real.recvmsg(datagram->fd, &outer,
					(flags & NATIVE_FLAGS) | MSG_TRUNC);
		if (len < 0)
			return -errno;
		if (len == 0)
			return client_answers() ? 0 : -ENETDOWN;
		if (len < (ssize_t)sizeof(*header))
			continue;
		if (!header->flags)
			break;
		len = take_told_error(datagram, flags);
		if (len < 0)
			return len;
	}
	*native_flags = outer.msg_flags;
	return len;
}

static void give_name(const struct descriptor *datagram,
		      const struct pyt_sockaddr *peer, struct msghdr *message)
{
	struct sockaddr_storage name;
	socklen_t len;

	if (!message->msg_name) {
		message->msg_namelen = 0;
		return;
	}
	len = address_format(datagram->slot->family, peer, &name);
	memcpy(message->msg_name, &name,
	       message->msg_namelen < len ? message->msg_namelen : len);
	message->msg_namelen = len;
}

/* Linux leaves control messages out where the socket asked for none. */
static void give_ancillary(const struct descriptor *datagram,
			   const struct pyt_message *from,
			   struct msghdr *message)
{
	uint32_t wanted = atomic_load_explicit(&datagram->slot->ancillary,
					       memory_order_relaxed);
	struct pyt_sockaddr local = { .ip = from->local };
	struct descriptor_names names;

	if (!wanted) {
		message->msg_controllen = 0;
		return;
	}
	if (wanted & (PYT_ANCILLARY_ORIGINAL | PYT_ANCILLARY_ORIGINAL6)) {
		descriptor_read_names(datagram, &names);
		local.port = names.local.port;
	}
	ancillary_give(message, wanted, from, &local);
}

static bool may_wait(const struct descriptor *datagram, int flags)
{
	return !(flags & MSG_DONTWAIT) &&
	       !(libc_raw(SYS_fcntl, datagram->fd, F_GETFL, 0L) & O_NONBLOCK);
}

ssize_t datagram_receive(const struct descriptor *datagram,
			 struct msghdr *message, int flags)
{
	struct pyt_datagram header;
	size_t room = iov_len(message);
	int native_flags = 0;
	ssize_t len;

	if (view_is(datagram))
		return view_read(datagram, message, flags);
	if (flags & MSG_ERRQUEUE)
		return datagram_receive_error(datagram, message, flags);
	if (flags & MSG_OOB && datagram->slot->protocol != IPPROTO_UDP)
		return -EOPNOTSUPP;
	len = receive_one(datagram, &header, message, flags, &native_flags);
	if (len < 0)
		return len;
	message->msg_flags = native_flags & MSG_TRUNC;
	if (len == 0) { /* shut for reading */
		message->msg_namelen = 0;
		message->msg_controllen = 0;
		return may_wait(datagram, flags) ? 0 : -EAGAIN;
	}
	len -= (ssize_t)sizeof(header);
	give_name(datagram, &header.message.peer, message);
	give_ancillary(datagram, &header.message, message);
	if ((size_t)len > room && !(flags & MSG_TRUNC))
		return (ssize_t)room;
	return len;
}

/* Spreads the quoted packet over the program's buffers. */
static size_t scatter(const struct msghdr *message, const uint8_t *data,
		      size_t len)
{
	size_t done = 0;

	for (size_t i = 0; i < message->msg_iovlen && done < len; i++) {
		size_t piece = message->msg_iov[i].iov_len;

		if (piece > len - done)
			piece = len - done;
		memcpy(message->msg_iov[i].iov_base, data + done, piece);
		done += piece;
	}
	return done;
}

ssize_t datagram_receive_error(const struct descriptor *descriptor,
			       struct msghdr *message, int flags)
{
	union {
		struct pyt_datagram header;
		uint8_t bytes[PYT_CONTROL_DATA_MAX];
	} answer;
	struct client_call call =
		DESCRIPTOR_CALL(descriptor, PYT_OP_ERROR_QUEUE);
	size_t len, given;
	int result;

	call.answer = &answer;
	call.answer_len = sizeof(answer);
	result = client_call(&call);
	if (result < 0)
		return result;
	if (call.answer_len < sizeof(answer.header))
		return -EAGAIN;
	len = call.answer_len - sizeof(answer.header);
	given = scatter(message, answer.bytes + sizeof(answer.header), len);
	message->msg_flags = MSG_ERRQUEUE | (given < len ? MSG_TRUNC : 0);
	give_name(descriptor, &answer.header.message.peer, message);
	ancillary_give_error(message, descriptor->slot->family,
			     &answer.header.message);
	return (ssize_t)(flags & MSG_TRUNC ? len : given);
}

static int next_len(const struct descriptor *datagram)
{
	struct pyt_datagram header;
	long len = libc_raw(SYS_recvfrom, datagram->fd, &header, sizeof(header),
			    MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT, NULL, NULL);

	if (len < (long)sizeof(header) || header.flags & PYT_DATAGRAM_ERROR)
		return 0;
	return (int)(len - (long)sizeof(header));
}

int datagram_take_error(const struct descriptor *datagram)
{
	int error = descriptor_take_error(datagram);
	struct pyt_datagram header;
	long len;

	if (!error)
		return 0;
	len = libc_raw(SYS_recvfrom, datagram->fd, &header, sizeof(header),
		       MSG_PEEK | MSG_DONTWAIT, NULL, NULL);
	if (len == sizeof(header) && header.flags & PYT_DATAGRAM_ERROR)
		libc_raw(SYS_recvfrom, datagram->fd, &header, sizeof(header),
			 MSG_DONTWAIT, NULL, NULL);
	return error;
}

int datagram_control(const struct descriptor *datagram, unsigned long request,
		     int *number)
{
	if (request == SIOCATMARK || is_ping(datagram->slot))
		return -ENOTTY;
	*number = next_len(datagram);
	return 0;
}
