/* A datagram that is a request: the first one to each destination. */
#include <errno.h>

#include "endpoint.h"
#include "requests.h"

/* Nothing that was sent before it waits, and the engine has room. */
static bool may_go_now(const struct request_call *call)
{
	return !call->endpoint->readable &&
	       pyt_socket_ready(call->server->stack, call->endpoint->handle) &
		       PYT_READY_WRITE;
}

/* 1, 0 if it is to come through the endpoint after all, or -errno. */
static int send_now(struct request_call *call,
		    const struct pyt_message *message, struct iovec payload)
{
	ssize_t sent;

	if (payload.iov_len != message->len || !may_go_now(call))
		return 0;
	sent = pyt_socket_send_message(call->server->stack,
				       call->endpoint->handle, message,
				       &payload, 1, call->server->now_us);
	if (sent == -EAGAIN || sent == -ENOBUFS)
		return 0;
	return sent < 0 ? (int)sent : 1;
}

int request_send(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	struct pyt_datagram header;
	struct iovec payload;
	uint32_t extensions_len;
	int64_t max_len = -1;
	int result;

	if (call->endpoint->state != ENDPOINT_DATAGRAM ||
	    request->data_len < sizeof(header))
		return -EINVAL;
	memcpy(&header, request->data, sizeof(header));
	if (header.flags & PYT_DATAGRAM_TO_PEER)
		header.message.peer = (struct pyt_sockaddr){ 0 };
	extensions_len = pyt_extensions_len(&header.message);
	if (extensions_len > request->data_len - sizeof(header))
		return -EINVAL;
	header.message.extensions = request->data + sizeof(header);
	payload.iov_base = (uint8_t *)(uintptr_t)header.message.extensions +
			   extensions_len;
	payload.iov_len = request->data_len - sizeof(header) - extensions_len;

	result = pyt_socket_check_message(
		call->server->stack, call->endpoint->handle, &header.message,
		header.message.len, &max_len, call->server->now_us);
	call->reply->result2 = (uint64_t)(max_len + 1);
	if (result == 0)
		result = send_now(call, &header.message, payload);
	endpoint_refresh(call->server, call->endpoint); /* it has a port now */
	if (result == 0 && header.message.more) /* what comes starts it */
		slots_set_flags(&call->server->slots, call->endpoint->slot,
				PYT_SLOT_GATHERS | PYT_SLOT_HAS_GATHERED, 0);
	endpoint_wake(call->server, call->endpoint);
	return result;
}
