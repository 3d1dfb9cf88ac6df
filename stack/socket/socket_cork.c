/* Bytes of a datagram that is not complete. udp(7). */
#include "socket/socket_cork.h"

#include <errno.h>
#include <string.h>

#define EXTENSION_LEN_MAX 2048 /* as its length field has it */
#define LEN_MAX 65507u /* as UDP over IPv4 can have it */

struct socket_cork {
	struct pyt_message message; /* the first one's */
	uint32_t len;
	uint8_t extensions[PYT_EXTENSIONS * EXTENSION_LEN_MAX];
	uint8_t bytes[LEN_MAX];
};

void socket_cork_clear(struct socket *socket)
{
	struct socket_cork *cork = socket->datagrams->cork;

	if (!cork)
		return;
	socket->datagrams->cork = NULL;
	engine_free(socket->room->engine, cork, sizeof(*cork));
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
				 const struct pyt_message *message)
{
	struct socket_cork *cork =
		engine_alloc(socket->room->engine, sizeof(*cork));

	if (!cork)
		return NULL;
	cork->message = *message;
	keep_extensions(cork, message);
	cork->len = 0;
	socket->datagrams->cork = cork;
	return cork;
}

/* How many bytes, or -EMSGSIZE with nothing changed. */
static ssize_t append(struct socket_cork *cork, const struct iovec *iov,
		      int iov_count)
{
	uint32_t len = cork->len;

	for (int i = 0; i < iov_count; i++) {
		if (iov[i].iov_len > LEN_MAX - len)
			return -EMSGSIZE;
		if (iov[i].iov_len)
			memcpy(cork->bytes + len, iov[i].iov_base,
			       iov[i].iov_len);
		len += (uint32_t)iov[i].iov_len;
	}
	len -= cork->len;
	cork->len += len;
	return (ssize_t)len;
}

bool socket_cork_keep(struct socket *socket, const struct pyt_message *message,
		      const struct iovec *iov, int iov_count, ssize_t *result)
{
	struct socket_cork *cork;

	if (socket->kind != SOCKET_UDP || !socket->options->udp_cork)
		return false;
	cork = socket->datagrams->cork;
	if (!cork)
		cork = begin(socket, message);
	if (!cork) {
		*result = -ENOBUFS;
		return true;
	}
	*result = append(cork, iov, iov_count);
	if (*result < 0)
		socket_cork_clear(socket);
	return true;
}

int socket_cork_switched(struct socket *socket, int64_t now_us)
{
	struct socket_cork *cork;
	struct iovec iov;
	ssize_t result;

	if (socket->kind != SOCKET_UDP || socket->options->udp_cork ||
	    !socket->datagrams->cork)
		return 0;
	cork = socket->datagrams->cork;
	iov = (struct iovec){ cork->bytes, cork->len };
	cork->message.len = cork->len;
	result = socket_message_send(socket, &cork->message, &iov, 1, now_us);
	socket_cork_clear(socket);
	return result < 0 ? (int)result : 0;
}
