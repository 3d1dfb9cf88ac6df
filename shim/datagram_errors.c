/* Errors of a datagram socket: the pending one, and the queue, IP_RECVERR. */
#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h>

#include "ancillary.h"
#include "client.h"
#include "datagram.h"
#include "datagram_wide.h"
#include "libc_real.h"

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

ssize_t datagram_receive_error(const struct descriptor *descriptor,
			       struct msghdr *message, int flags)
{
	union {
		struct pyt_datagram header;
		uint8_t bytes[PYT_CONTROL_DATA_MAX];
	} answer;
	struct client_call call =
		DESCRIPTOR_CALL(descriptor, PYT_OP_ERROR_QUEUE);
	struct pyt_sockaddr local = { .port = 0 };
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
	given = datagram_scatter(message, answer.bytes + sizeof(answer.header),
				 len);
	message->msg_flags = MSG_ERRQUEUE | (given < len ? MSG_TRUNC : 0);
	if (answer.header.message.ee_origin == SO_EE_ORIGIN_ZEROCOPY)
		message->msg_namelen = 0; /* it is about no packet */
	else
		datagram_give_name(descriptor, &answer.header.message.peer,
				   message);
	local.ip = answer.header.message.local;
	ancillary_give_error(message, datagram_wanted(descriptor, &local),
			     descriptor->slot->family, &answer.header.message,
			     &local);
	return (ssize_t)given; /* of all flags none counts, as on Linux */
}
