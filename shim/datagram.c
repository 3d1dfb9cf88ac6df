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
#include "datagram_peek.h"
#include "datagram_wide.h"
#include "error_queue.h"
#include "lane.h"
#include "last_stamp.h"
#include "libc_real.h"
#include "pointer.h"
#include "view_client.h"

#define UDP_LEN_MAX 65527 /* 65535 less UDP's header; less of it, IPv4's */
#define RAW_LEN_MAX 65535
#define IP4_HEADER_LEN 20
#define ECHO_HEADER_LEN 8
#define PIECES_IN_FRONT (1 + PYT_EXTENSIONS)

/* -------------------------------------------------------------------- open */

/*
 * There is one number left, and a pair takes two, or a filter may forbid
 * socketpair(2): the stack makes it, and hands the program's end over. call:
 * as for a pair of ours.
 */
static int open_by_stack(struct client_call *call, enum descriptor_kind kind,
			 int flags)
{
	int result, fd;

	call->sends_fd = false;
	call->args[3] = flags & SOCK_NONBLOCK;
	result = client_call_for_fd(call, &fd);
	if (result >= 0 && fd < 0)
		return -EMFILE;
	if (result < 0 && fd >= 0)
		libc_raw(SYS_close, fd);
	if (result < 0)
		return result;
	libc_raw(SYS_fcntl, fd, F_SETFD,
		 flags & SOCK_CLOEXEC ? (long)FD_CLOEXEC : 0L);
	descriptor_set(fd, call->reply_slot, call->reply_generation, kind);
	return fd;
}

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
	int result = -EMFILE;

	if (!lane_is_filtered())
		result = (int)libc_raw(SYS_socketpair, AF_UNIX,
				       SOCK_SEQPACKET | flags, 0, end);
	if (result == -EMFILE)
		return open_by_stack(&call, kind, flags);
	if (result < 0)
		return result;
	call.inode = descriptor_inode(end[0]);
	call.sends_fd = true;
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
	error_queue_on_connect();
	return client_call(&call);
}

#define BOTH_SHUT (PYT_SLOT_SEND_SHUT | PYT_SLOT_RECEIVE_SHUT)

/*
 * To wake who reads. The writing side is shut natively together with it alone:
 * the stack would take the end of what we write for our close. A raw socket
 * goes on to send.
 */
static void shut_natively(const struct descriptor *datagram, int how)
{
	uint32_t flags = descriptor_flags(datagram);

	if ((flags & BOTH_SHUT) == BOTH_SHUT &&
	    datagram->slot->type != SOCK_RAW)
		libc_raw(SYS_shutdown, datagram->fd, SHUT_RDWR);
	else if (how != SHUT_WR)
		libc_raw(SYS_shutdown, datagram->fd, SHUT_RD);
}

/*
 * One that is not connected is told so, and shut all the same: threads are
 * woken in that way.
 */
int datagram_shutdown(const struct descriptor *datagram, int how)
{
	struct client_call call = DESCRIPTOR_CALL(datagram, PYT_OP_SHUTDOWN);
	int result;

	if (view_is(datagram))
		return -EOPNOTSUPP;
	call.args[0] = how;
	result = client_call(&call);
	if (result >= 0 || result == -ENOTCONN)
		shut_natively(datagram, how);
	return result;
}

/* -------------------------------------------------------------------- send */

static int to_connected(const struct descriptor *datagram)
{
	return descriptor_flags(datagram) & PYT_SLOT_CONNECTED ? 1
							       : -EDESTADDRREQ;
}

/* Linux lets it pass: an address of the socket's own family. */
static int unspecified_as_own(int family, const struct sockaddr *name,
			      struct pyt_sockaddr *peer)
{
	struct sockaddr_storage own = { 0 };
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in)
					  : sizeof(struct sockaddr_in6);

	memcpy(&own, name, len);
	own.ss_family = (sa_family_t)family;
	return address_get(family, true, (struct sockaddr *)&own, len, peer);
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
	if (result == -EAFNOSUPPORT && name->sa_family == AF_UNSPEC)
		result = unspecified_as_own(slot->family, name, peer);
	if (result == 0 && slot->type == SOCK_RAW && slot->family == AF_INET6 &&
	    peer->port && peer->port != slot->protocol)
		return -EINVAL; /* in the port's place: the protocol */
	if (result == 0 && slot->type == SOCK_DGRAM && peer->port == 0 &&
	    slot->protocol == IPPROTO_UDP)
		return -EINVAL;
	return result;
}

/* Which protocol's control messages concern this one. */
static unsigned levels_of(const struct descriptor *datagram,
			  const struct pyt_datagram *header)
{
	struct pyt_ip peer = header->message.peer.ip;
	struct descriptor_names names;

	if (datagram->slot->family == AF_INET)
		return ANCILLARY_IP4;
	if (header->flags & PYT_DATAGRAM_TO_PEER) {
		descriptor_read_names(datagram, &names);
		peer = names.peer.ip;
	}
	return pyt_ip_is_v4(&peer) ? ANCILLARY_IP4 | ANCILLARY_MAPPED
				   : ANCILLARY_IP6;
}

/* Of a name: whether it counts is the stack's to say, IPV6_FLOWINFO_SEND. */
static void take_flow_info(const struct msghdr *message,
			   struct pyt_message *out)
{
	struct sockaddr_in6 name;

	if (!message->msg_name || message->msg_namelen < sizeof(name))
		return;
	memcpy(&name, message->msg_name, sizeof(name));
	if (name.sin6_family != AF_INET6 || !name.sin6_flowinfo)
		return;
	out->flow_info = ntohl(name.sin6_flowinfo);
	out->flow_info_from = PYT_FLOW_INFO_NAME;
}

/* What goes out, in pieces: our header, extension headers, the payload. */
struct outgoing {
	struct pyt_datagram header;
	const uint8_t *extension[PYT_EXTENSIONS]; /* in the program's memory */
};

static int fill_header(const struct descriptor *datagram,
		       const struct msghdr *message, struct outgoing *out)
{
	struct pyt_datagram *header = &out->header;
	int result = datagram_destination(datagram, message->msg_name,
					  message->msg_namelen,
					  &header->message.peer);

	if (result < 0)
		return result;
	header->flags = result ? PYT_DATAGRAM_TO_PEER : 0;
	header->message.ttl = -1;
	header->message.tos = -1;
	take_flow_info(message, &header->message);
	if (!message->msg_control || !message->msg_controllen)
		return 0;
	return ancillary_take(message,
			      levels_of(datagram, header) |
				      ancillary_time(datagram->slot->ancillary),
			      &header->message, out->extension);
}

/* In front of the payload. */
static int put_pieces(struct outgoing *out, struct iovec *iov)
{
	const uint16_t *len = out->header.message.extension_len;
	int count = 0;

	iov[count++] = (struct iovec){ &out->header, sizeof(out->header) };
	for (int i = 0; i < PYT_EXTENSIONS; i++)
		if (len[i])
			iov[count++] = (struct iovec){
				(void *)(uintptr_t)out->extension[i], len[i]
			};
	return count;
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

/* MSG_MORE, UDP_CORK: the stack has to be asked for each. */
static bool gathers(const struct descriptor *datagram)
{
	return descriptor_flags(datagram) & PYT_SLOT_GATHERS;
}

/* Behind what waits for it: where to is not looked at any more. */
static bool goes_along(const struct descriptor *datagram)
{
	return descriptor_flags(datagram) & PYT_SLOT_HAS_GATHERED &&
	       datagram->slot->protocol == IPPROTO_UDP;
}

/* What Linux looks at before the destination. */
static int check_message(const struct descriptor *datagram, size_t len,
			 int flags)
{
	const struct pyt_slot *slot = datagram->slot;

	if (goes_along(datagram) && slot->family == AF_INET6)
		return 0; /* there Linux looks at the whole of it alone */
	/* at a raw packet of IPv6 the stack looks, behind its name */
	if (!(slot->type == SOCK_RAW && slot->family == AF_INET6) &&
	    len > (slot->type == SOCK_RAW || goes_along(datagram) ? RAW_LEN_MAX
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

static const struct pyt_datagram along = {
	.flags = PYT_DATAGRAM_TO_PEER, .message = { .ttl = -1, .tos = -1 }
};

ssize_t datagram_send(const struct descriptor *datagram,
		      const struct msghdr *message, int flags)
{
	struct outgoing out = { .header.flags = 0 };
	size_t count = message->msg_iovlen;
	size_t len = iov_len(message);
	struct iovec iov[count < IOV_MAX ? PIECES_IN_FRONT + count : 1];
	struct msghdr outer = { .msg_iov = iov };
	ssize_t result;

	if (view_is(datagram))
		return view_write(datagram, message, flags);
	result = check_message(datagram, len, flags);
	if (result == 0 && count >= IOV_MAX)
		result = -EMSGSIZE;
	if (result == 0 && !has_pieces(message))
		result = -EFAULT;
	if (result == 0 && goes_along(datagram))
		out.header = along;
	else if (result == 0)
		result = fill_header(datagram, message, &out);
	if (result == 0 && !goes_along(datagram))
		result = check_socket(datagram, flags);
	if (result < 0)
		return result;
	out.header.token = client_table()->token;
	out.header.message.len = (uint32_t)len;
	out.header.message.more = (flags & MSG_MORE) != 0;
	outer.msg_iovlen = (size_t)put_pieces(&out, iov) + count;
	if (count > 0)
		memcpy(iov + outer.msg_iovlen - count, message->msg_iov,
		       count * sizeof(*iov));
	if (out.header.message.more || gathers(datagram) ||
	    !datagram_is_known(datagram, &out.header)) {
		boot_wait_for(&out.header.message.peer.ip, datagram->fd, flags);
		result = datagram_ask(datagram, &out.header, &outer);
		if (result)
			return result < 0 ? result : (ssize_t)len;
	}
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

/* Sent just before the option that it came too late for was switched on. */
static bool is_too_wide(const struct descriptor *datagram,
			const struct pyt_datagram *header, int flags)
{
	char byte;

	if (!pyt_extensions_len(&header->message))
		return false;
	if (flags & MSG_PEEK)
		libc_raw(SYS_recvfrom, datagram->fd, &byte, (size_t)1,
			 MSG_DONTWAIT, NULL, NULL);
	return true;
}

/* Header and payload of one message; its whole length, or -errno. */
static ssize_t receive_one(const struct descriptor *datagram,
			   struct pyt_datagram *header,
			   const struct msghdr *message, bool wide, int flags,
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
		if (!header->flags &&
		    (wide || !is_too_wide(datagram, header, flags)))
			break;
		if (!header->flags)
			continue;
		len = take_told_error(datagram, flags);
		if (len < 0)
			return len;
	}
	*native_flags = outer.msg_flags;
	return len;
}

static ssize_t receive_wide(const struct descriptor *datagram,
			    struct pyt_datagram *header,
			    const struct msghdr *message, int flags,
			    int *native_flags, uint8_t **wide)
{
	struct iovec iov;
	struct msghdr whole = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t len;

	if (!has_pieces(message))
		return -EFAULT;
	*wide = datagram_wide_open(&iov);
	if (!*wide)
		return -ENOBUFS;
	len = receive_one(datagram, header, &whole, true, flags, native_flags);
	return len < 0 ? len
		       : datagram_wide_take(*wide, len, header, message,
					    native_flags);
}

void datagram_give_name(const struct descriptor *datagram,
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

uint32_t datagram_wanted(const struct descriptor *datagram,
			 struct pyt_sockaddr *local)
{
	uint32_t wanted = atomic_load_explicit(&datagram->slot->ancillary,
					       memory_order_relaxed);
	struct descriptor_names names;

	if (wanted & (PYT_ANCILLARY_ORIGINAL | PYT_ANCILLARY_ORIGINAL6)) {
		descriptor_read_names(datagram, &names);
		local->port = names.local.port;
	}
	return wanted;
}

void datagram_give_controls(const struct descriptor *datagram,
			    const struct pyt_message *from,
			    struct msghdr *message)
{
	struct pyt_sockaddr local = { .ip = from->local };
	uint32_t wanted = datagram_wanted(datagram, &local);

	if (wanted)
		ancillary_give(message, wanted, from, &local);
	else
		message->msg_controllen = 0;
}

static bool may_wait(const struct descriptor *datagram, int flags)
{
	return !(flags & MSG_DONTWAIT) &&
	       !(libc_raw(SYS_fcntl, datagram->fd, F_GETFL, 0L) & O_NONBLOCK);
}

/* What came, to the program. len: with our header. */
static ssize_t give(const struct descriptor *datagram,
		    const struct pyt_datagram *header, size_t room, ssize_t len,
		    struct msghdr *message, int flags)
{
	datagram_give_name(datagram, &header->message.peer, message);
	if (header->message.path_mtu) {
		ancillary_give_path_mtu(message, &header->message);
		return 0;
	}
	datagram_give_controls(datagram, &header->message, message);
	last_stamp_note(datagram, header->message.received_us);
	len -= (ssize_t)sizeof(*header);
	if ((size_t)len > room && !(flags & MSG_TRUNC))
		return (ssize_t)room;
	return len;
}

ssize_t datagram_receive(const struct descriptor *datagram,
			 struct msghdr *message, int flags)
{
	struct pyt_datagram header;
	size_t room = iov_len(message);
	uint8_t *wide = NULL;
	int native_flags = 0;
	ssize_t len;

	if (view_is(datagram))
		return view_read(datagram, message, flags);
	if (flags & MSG_ERRQUEUE)
		return datagram_receive_error(datagram, message, flags);
	if (flags & MSG_OOB && datagram->slot->protocol != IPPROTO_UDP)
		return -EOPNOTSUPP;
	len = -datagram_take_error(datagram); /* before what waits, as Linux */
	if (len < 0)
		return len;
	if (flags & MSG_PEEK && datagram_peek_is_set(datagram))
		return datagram_peek(datagram, message, flags);
	if (datagram_is_wide(datagram))
		len = receive_wide(datagram, &header, message, flags,
				   &native_flags, &wide);
	else
		len = receive_one(datagram, &header, message, false, flags,
				  &native_flags);
	message->msg_flags =
		len < 0 ? message->msg_flags : native_flags & MSG_TRUNC;
	if (len > 0) {
		len = give(datagram, &header, room, len, message, flags);
		if (datagram_peek_is_set(datagram))
			datagram_peek_back(datagram, (size_t)len);
	} else if (len == 0) { /* shut for reading */
		message->msg_namelen = 0;
		message->msg_controllen = 0;
		len = may_wait(datagram, flags) ? 0 : -EAGAIN;
	}
	datagram_wide_close(wide);
	return len;
}
