/* The queue of errors, IP_RECVERR: ip(7). */
#include <errno.h>
#include <netinet/in.h>
#include <time.h>

#include <linux/errqueue.h>

#include "endpoint.h"
#include "requests.h"

static bool is_icmp(const struct pyt_message *message)
{
	return message->ee_origin == SO_EE_ORIGIN_ICMP ||
	       message->ee_origin == SO_EE_ORIGIN_ICMP6;
}

void request_note_errors(struct request_call *call)
{
	if (!endpoint_has_queued_errors(call->server, call->endpoint))
		slots_set_flags(&call->server->slots, call->endpoint->slot, 0,
				PYT_SLOT_ERROR_QUEUE);
}

/* As Linux: SO_ERROR is that of the next one in the queue; 0: there is none. */
static void note_next_error(struct request_call *call, bool was_icmp)
{
	struct pyt_message next = { 0 };
	struct iovec iov;
	int count = pyt_socket_view_message(call->server->stack,
					    call->endpoint->handle, true, &next,
					    &iov, 1);

	if (count >= 0 && is_icmp(&next))
		slots_set_error(&call->server->slots, call->endpoint->slot,
				(int)next.ee_errno);
	else if (was_icmp)
		slots_set_error(&call->server->slots, call->endpoint->slot, 0);
	request_note_errors(call);
}

/*
 * The endpoint takes the bytes of MSG_ZEROCOPY as it takes all others, by a
 * copy: so the program may have its pages back at once, and is told that it
 * might as well do without the flag. As on Linux over loopback.
 */
int request_zerocopy(struct request_call *call)
{
	struct endpoint *endpoint = call->endpoint;
	int on = 0;

	if (pyt_socket_get_option(call->server->stack, endpoint->handle,
				  SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on),
				  call->server->now_us) < 0)
		on = endpoint->zerocopy_next != 0; /* it has ended meanwhile */
	if (!on)
		return 0;
	endpoint->zerocopy_next++;
	slots_set_flags(&call->server->slots, endpoint->slot,
			PYT_SLOT_ERROR_QUEUE, 0);
	if (endpoint->state == ENDPOINT_DATAGRAM)
		endpoint_wake(call->server, endpoint); /* for who polls */
	return 0;
}

/* All calls that were not told of are one range. */
static int take_zerocopy(struct endpoint *endpoint, struct pyt_message *message)
{
	if (endpoint->zerocopy_told == endpoint->zerocopy_next)
		return -EAGAIN;
	*message = (struct pyt_message){
		.ee_origin = SO_EE_ORIGIN_ZEROCOPY,
		.ee_code = SO_EE_CODE_ZEROCOPY_COPIED,
		.ee_info = endpoint->zerocopy_told,
		.ee_data = endpoint->zerocopy_next - 1,
	};
	endpoint->zerocopy_told = endpoint->zerocopy_next;
	return 0;
}

/* The quoted packet is cut to what a reply can carry. */
int request_error_queue(struct request_call *call)
{
	struct pyt_datagram header = { .flags = 0 };
	struct iovec iov[16];
	uint32_t room = PYT_CONTROL_DATA_MAX - sizeof(header);
	uint8_t *payload = call->reply->data + sizeof(header);
	int count = pyt_socket_view_message(call->server->stack,
					    call->endpoint->handle, true,
					    &header.message, iov, 16);

	if (count < 0)
		count = take_zerocopy(call->endpoint, &header.message);
	if (count < 0)
		return count;
	for (int i = 0; i < count && room; i++) {
		uint32_t len =
			iov[i].iov_len < room ? (uint32_t)iov[i].iov_len : room;

		memcpy(payload, iov[i].iov_base, len);
		payload += len;
		room -= len;
	}
	memcpy(call->reply->data, &header, sizeof(header));
	call->reply->data_len = PYT_CONTROL_DATA_MAX - room;
	pyt_socket_drop_message(call->server->stack, call->endpoint->handle,
				true);
	note_next_error(call, is_icmp(&header.message));
	call->endpoint->error_told = false;
	endpoint_wake(call->server, call->endpoint);
	return 0;
}
