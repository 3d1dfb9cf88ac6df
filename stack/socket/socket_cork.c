/* Bytes of a datagram that is not complete. udp(7), send(2). */
#include "socket/socket_cork.h"

#include <errno.h>
#include <string.h>

#include "wire/ip4.h"
#include "wire/udp_header.h"

#define EXTENSION_LEN_MAX 2048 /* as its length field has it */
#define PACKET_MAX 65535u

struct socket_cork {
	struct pyt_message message; /* the first one's */
	uint32_t len;
	uint8_t extensions[PYT_EXTENSIONS * EXTENSION_LEN_MAX];
	uint8_t bytes[PACKET_MAX];
};

void socket_cork_clear(struct socket *socket)
{
	struct socket_cork *cork = socket->datagrams->cork;

	if (!cork)
		return;
	socket->datagrams->cork = NULL;
	engine_free(socket->room->engine, cork, sizeof(*cork));
}

bool socket_cork_wants(const struct socket *socket,
		       const struct pyt_message *message)
{
	bool more = message->more || socket->datagrams->cork;

	if (socket->kind == SOCKET_UDP)
		return more || socket->options->udp_cork;
	return more && socket->kind == SOCKET_RAW &&
	       !socket->options->header_included;
}

/* The message's own are gone when it is sent. */
static void keep_extensions(struct socket_cork *cork,
			    const struct pyt_message *message)
{
	uint32_t len = 0;

	for (int i = 0; i < PYT_EXTENSIONS; i++)
		len += message->extension_len[i];
	cork->message.extensions = cork->extensions;
	if (len > 0 && len <= sizeof(cork->extensions))
		memcpy(cork->extensions, message->extensions, len);
	else
		memset(cork->message.extension_len, 0,
		       sizeof(cork->message.extension_len));
}

static struct socket_cork *begin(struct socket *socket,
				 const struct pyt_message *message,
				 const struct pyt_sockaddr *peer)
{
	struct socket_cork *cork =
		engine_alloc(socket->room->engine, sizeof(*cork));

	if (!cork)
		return NULL;
	cork->message = *message;
	cork->message.peer = *peer;
	keep_extensions(cork, message);
	cork->len = 0;
	socket->datagrams->cork = cork;
	return cork;
}

/* As IP's length field has it; IPv6's does not count its own header. */
static uint32_t len_max(const struct socket *socket)
{
	const struct pyt_ip *to = &socket->datagrams->cork->message.peer.ip;

	return PACKET_MAX - (pyt_ip_is_v4(to) ? IP4_HEADER_LEN : 0) -
	       (socket->kind == SOCKET_UDP ? UDP_HEADER_LEN : 0);
}

static int append(struct socket *socket, const struct iovec *iov, int iov_count)
{
	struct socket_cork *cork = socket->datagrams->cork;
	uint32_t max = len_max(socket);

	for (int i = 0; i < iov_count; i++) {
		if (iov[i].iov_len > max - cork->len)
			return -EMSGSIZE;
		if (iov[i].iov_len)
			memcpy(cork->bytes + cork->len, iov[i].iov_base,
			       iov[i].iov_len);
		cork->len += (uint32_t)iov[i].iov_len;
	}
	return 0;
}

/* It is gone, sent or not. */
static int push(struct socket *socket, int64_t now_us)
{
	struct socket_cork *cork = socket->datagrams->cork;
	struct iovec bytes = { cork->bytes, cork->len };
	int error;

	cork->message.len = cork->len;
	error = socket_message_send_corked(socket, &cork->message, &bytes,
					   now_us);
	socket_cork_clear(socket);
	return error;
}

void socket_cork_redirect(struct socket *socket,
			  const struct pyt_sockaddr *peer)
{
	if (socket->datagrams->cork && pyt_ip_is_v4(&peer->ip))
		socket->datagrams->cork->message.peer = *peer;
}

int socket_cork_add(struct socket *socket, const struct pyt_message *message,
		    const struct pyt_sockaddr *peer, const struct iovec *iov,
		    int iov_count, int64_t now_us)
{
	int error;

	if (!socket->datagrams->cork && !begin(socket, message, peer))
		return -ENOBUFS;
	error = append(socket, iov, iov_count);
	if (error) {
		socket_cork_clear(socket);
		return error;
	}
	if (message->more ||
	    (socket->kind == SOCKET_UDP && socket->options->udp_cork))
		return 0;
	return push(socket, now_us);
}

int socket_cork_check(struct socket *socket, uint32_t len)
{
	if (len <= len_max(socket) - socket->datagrams->cork->len)
		return 0;
	socket_cork_clear(socket);
	return -EMSGSIZE;
}

int socket_cork_switched(struct socket *socket, int64_t now_us)
{
	if (socket->kind != SOCKET_UDP || socket->options->udp_cork ||
	    !socket->datagrams->cork)
		return 0;
	return push(socket, now_us);
}
