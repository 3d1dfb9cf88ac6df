/* Sending and receiving in the caller's thread. */
#include "lane_io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>

#include "client.h"
#include "endpoint.h"
#include "libc_real.h"
#include "pointer.h"

#define PIECES_MAX 4
#define SKIP_SENDS 16

/*
 * What the last calls on a socket have shown; only about what is tried first,
 * never about what is right.
 */
enum hint {
	HINT_NONE, /* the endpoint first, then the lane */
	HINT_LANE, /* the lane first */
	HINT_NONBLOCKING, /* the endpoint alone */
};

static _Atomic uint8_t receive_hint[PYT_SLOTS];
static _Atomic uint8_t sends_to_skip[PYT_SLOTS];
static _Atomic uint8_t answers[PYT_SLOTS]; /* it was accepted */

static uint8_t get(const _Atomic uint8_t *hint)
{
	return atomic_load_explicit(hint, memory_order_relaxed);
}

static void set(_Atomic uint8_t *hint, uint8_t value)
{
	if (get(hint) != value)
		atomic_store_explicit(hint, value, memory_order_relaxed);
}

void lane_forget(uint32_t slot, bool was_accepted)
{
	set(&answers[slot], was_accepted);
	set(&receive_hint[slot], HINT_NONE);
	set(&sends_to_skip[slot], 0);
}

static void leave(struct server *server, uint64_t signals)
{
	lane_leave(server);
	lane_restore_signals(signals);
}

void lane_avoid(const struct descriptor *stream)
{
	struct server *server;
	struct endpoint *endpoint;
	uint64_t signals;

	if (!lane_is_open())
		return;
	signals = lane_block_signals();
	server = lane_enter();
	if (!server) {
		lane_restore_signals(signals);
		return;
	}
	endpoint = endpoint_get(server, stream->number, stream->generation);
	if (endpoint)
		endpoint->no_lane = true;
	leave(server, signals);
}

/* ------------------------------------------------------------------ send */

static size_t gather(uint8_t *bytes, const struct iovec *iov, int iov_count)
{
	size_t len = 0;

	for (int i = 0; i < iov_count; i++) {
		if (iov[i].iov_len > LANE_LEN_MAX - len ||
		    pointer_is_wrong(iov[i].iov_base))
			return 0;
		if (iov[i].iov_len)
			memcpy(bytes + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	return len;
}

/* What was written past us must go first. */
static bool endpoint_is_empty(const struct descriptor *stream)
{
	int unread = 0;

	return libc_raw(SYS_ioctl, stream->fd, SIOCOUTQ, &unread) == 0 &&
	       unread == 0;
}

static bool may_send(const struct server *server,
		     const struct endpoint *endpoint)
{
	unsigned ready =
		pyt_socket_ready(server->stack, endpoint->handle) &
		(PYT_READY_ERROR | PYT_READY_HANG_UP | PYT_READY_SENT_ALL);

	return ready == PYT_READY_SENT_ALL && !endpoint->send_ended &&
	       !endpoint->sends_urgent && !endpoint->late_len;
}

static bool put(struct server *server, const struct endpoint *endpoint,
		const uint8_t *bytes, size_t len)
{
	struct iovec iov[PIECES_MAX];
	int count = pyt_socket_send_space(server->stack, endpoint->handle, iov,
					  PIECES_MAX);
	size_t done = 0;

	for (int i = 0; i < count && done < len; i++) {
		size_t piece = iov[i].iov_len < len - done ? iov[i].iov_len
							   : len - done;

		memcpy(iov[i].iov_base, bytes + done, piece);
		done += piece;
	}
	if (done < len)
		return false; /* the endpoint has more room, or waits */
	pyt_socket_send_commit(server->stack, endpoint->handle, len, 0,
			       server->now_us);
	return true;
}

/*
 * Who has connected asks, and waits for an answer. Who has accepted answers,
 * and often closes then: the stack thread sends both in one frame.
 */
static bool is_worth_it(const struct descriptor *stream)
{
	return get(&answers[stream->number]) ? lane_is_worth_it()
					     : lane_is_open();
}

/*
 * Only onto an idle connection, and only if nobody is inside: in a stream of
 * writes the stack thread is better at making large segments of them.
 */
ssize_t lane_send(const struct descriptor *stream, const struct iovec *iov,
		  int iov_count, int flags)
{
	_Atomic uint8_t *skip = &sends_to_skip[stream->number];
	uint8_t bytes[LANE_LEN_MAX];
	struct server *server;
	struct endpoint *endpoint;
	uint64_t signals;
	bool sent = false;
	size_t len;

	if (flags & ~(MSG_NOSIGNAL | MSG_DONTWAIT) || !is_worth_it(stream))
		return LANE_NO;
	if (get(skip)) {
		set(skip, get(skip) - 1);
		return LANE_NO;
	}
	pthread_testcancel();
	len = pointer_is_wrong(iov) ? 0 : gather(bytes, iov, iov_count);
	if (!len)
		return LANE_NO;
	signals = lane_block_signals();
	server = lane_try_enter();
	if (!server) {
		lane_restore_signals(signals);
		return LANE_NO;
	}
	endpoint = endpoint_get(server, stream->number, stream->generation);
	if (endpoint && lane_serves(endpoint) && may_send(server, endpoint) &&
	    endpoint_is_empty(stream))
		sent = put(server, endpoint, bytes, len);
	if (!sent)
		set(skip, SKIP_SENDS);
	leave(server, signals);
	return sent ? (ssize_t)len : LANE_NO;
}

/* --------------------------------------------------------------- receive */

#define SPECIAL                                                   \
	(PYT_READY_ERROR | PYT_READY_HANG_UP | PYT_READY_URGENT | \
	 PYT_READY_ERROR_QUEUE)
#define RECEIVED (SPECIAL | PYT_READY_READ | PYT_READY_READ_END)

struct receive {
	const struct descriptor *stream;
	size_t room;
	uint8_t bytes[LANE_LEN_MAX];
};

/* Bytes that the stack thread has moved there come first. */
static bool lies_in_endpoint(struct endpoint *endpoint,
			     const struct descriptor *stream)
{
	char byte;

	if (!endpoint->pumped)
		return false;
	if (libc_raw(SYS_recvfrom, stream->fd, &byte, sizeof(byte),
		     MSG_PEEK | MSG_DONTWAIT, NULL, NULL) != -EAGAIN)
		return true;
	endpoint->pumped = false;
	return false;
}

/*
 * What the stack thread would do: the program's end reads EOF from now on,
 * whoever reads it.
 */
static ssize_t end_of_stream(struct endpoint *endpoint,
			     const struct descriptor *stream)
{
	if (!endpoint->receive_ended)
		libc_raw(SYS_shutdown, stream->fd, SHUT_RD);
	endpoint->receive_ended = true;
	return 0;
}

/* All that there is, if it fits: what is left the endpoint would not show. */
static ssize_t take(struct server *server, struct endpoint *endpoint,
		    struct receive *receive)
{
	struct iovec iov[PIECES_MAX];
	int count = pyt_socket_recv_view(server->stack, endpoint->handle, iov,
					 PIECES_MAX);
	size_t len = 0;

	for (int i = 0; i < count; i++) {
		if (iov[i].iov_len > receive->room - len || i == PIECES_MAX - 1)
			return LANE_NO;
		memcpy(receive->bytes + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	if (len)
		pyt_socket_recv_consume(server->stack, endpoint->handle, len,
					server->now_us);
	return (ssize_t)len;
}

static ssize_t look_for_bytes(struct server *server, struct endpoint *endpoint,
			      void *context)
{
	const struct pyt_slot *slot = slots_at(&server->slots, endpoint->slot);
	struct receive *receive = context;
	unsigned ready;
	ssize_t len;

	if (endpoint->state == ENDPOINT_LISTENING ||
	    slot->ancillary & PYT_ANCILLARY_INQ ||
	    lies_in_endpoint(endpoint, receive->stream))
		return LANE_NO;
	ready = pyt_socket_ready(server->stack, endpoint->handle);
	if (!(ready & RECEIVED)) {
		lane_drive(server, endpoint, RECEIVED);
		ready = pyt_socket_ready(server->stack, endpoint->handle);
	}
	if (ready & SPECIAL || endpoint->urgent_held)
		return LANE_NO;
	len = take(server, endpoint, receive);
	if (len)
		return len;
	if (ready & PYT_READY_READ_END)
		return end_of_stream(endpoint, receive->stream);
	return LANE_WAIT;
}

/* Whoever wrote there past us, or was pumped there, is served at once. */
static ssize_t try_endpoint(const struct descriptor *stream, void *data,
			    size_t len, int flags)
{
	ssize_t result = libc_raw(SYS_recvfrom, stream->fd, data, len,
				  flags | MSG_DONTWAIT, NULL, NULL);

	if (result > 0)
		return result;
	return result == -EAGAIN ? LANE_WAIT : LANE_NO;
}

static ssize_t wait_for_bytes(struct receive *receive, _Atomic uint8_t *hint)
{
	struct lane_waiter waiter = { .stream = receive->stream,
				      .look = look_for_bytes,
				      .context = receive,
				      .signals = lane_block_signals() };
	ssize_t result = lane_wait_for(&waiter);

	if (waiter.is_nonblocking)
		set(hint, HINT_NONBLOCKING);
	else
		set(hint, result >= 0 ? HINT_LANE : HINT_NONE);
	lane_restore_signals(waiter.signals);
	return result;
}

ssize_t lane_receive(const struct descriptor *stream, void *data, size_t len,
		     int flags)
{
	_Atomic uint8_t *hint = &receive_hint[stream->number];
	struct receive receive;
	ssize_t result;

	if (flags & ~MSG_NOSIGNAL || !lane_is_worth_it() || len == 0 ||
	    get(hint) == HINT_NONBLOCKING || pointer_is_wrong(data))
		return LANE_NO;
	pthread_testcancel();
	if (get(hint) == HINT_NONE) {
		result = try_endpoint(stream, data, len, flags);
		if (result != LANE_WAIT)
			return result;
	}
	receive.stream = stream;
	receive.room = len < LANE_LEN_MAX ? len : LANE_LEN_MAX;
	result = wait_for_bytes(&receive, hint);
	if (result > 0)
		memcpy(data, receive.bytes, (size_t)result);
	return result;
}

/* ---------------------------------------------------------------- accept */

static bool lies_in_listener(struct endpoint *endpoint,
			     const struct descriptor *listener)
{
	struct pollfd poll = { .fd = listener->fd, .events = POLLIN };
	struct timespec none = { 0 };

	if (!endpoint->pumped)
		return false;
	endpoint->pumped = libc_raw(SYS_ppoll, &poll, 1L, &none, NULL, 0L) != 0;
	return endpoint->pumped;
}

static ssize_t look_for_connection(struct server *server,
				   struct endpoint *endpoint, void *context)
{
	if (endpoint->state != ENDPOINT_LISTENING || endpoint->waiting ||
	    !slots_have_room(&server->slots) ||
	    lies_in_listener(endpoint, context))
		return LANE_NO;
	if (!(pyt_socket_ready(server->stack, endpoint->handle) &
	      PYT_READY_ACCEPT))
		lane_drive(server, endpoint, PYT_READY_ACCEPT);
	return pyt_socket_ready(server->stack, endpoint->handle) &
			       PYT_READY_ACCEPT
		       ? 1
		       : LANE_WAIT;
}

/* Somebody else may have been faster: false. */
static bool take_connection(const struct descriptor *listener, uint64_t inode,
			    struct descriptor *accepted)
{
	struct server *server = lane_enter();
	struct endpoint *endpoint, *taken = NULL;

	if (!server)
		return false;
	endpoint = endpoint_get(server, listener->number, listener->generation);
	if (endpoint && endpoint->state == ENDPOINT_LISTENING)
		taken = stream_take_connection(server, endpoint);
	if (taken) {
		taken->state = ENDPOINT_ATTACHING;
		slots_set_inode(&server->slots, taken->slot, inode);
		accepted->number = taken->slot;
		accepted->generation = taken->generation;
		accepted->slot = &client_table()->slot[taken->slot];
	}
	if (endpoint && pyt_socket_ready(server->stack, endpoint->handle) &
				PYT_READY_ACCEPT)
		endpoint_wake(server, endpoint);
	lane_leave(server);
	return taken != NULL;
}

static int accept_one(const struct descriptor *listener, int flags,
		      struct descriptor *accepted)
{
	int fd = (int)libc_raw(SYS_socket, AF_UNIX, SOCK_STREAM | flags, 0);

	if (fd < 0)
		return fd;
	if (take_connection(listener, descriptor_inode(fd), accepted)) {
		accepted->fd = fd;
		accepted->kind = DESCRIPTOR_STREAM;
		return fd;
	}
	libc_raw(SYS_close, fd);
	return LANE_WAIT;
}

/* As Linux: without a number for it nobody waits for a connection. */
static int wait_for_connection(struct lane_waiter *waiter, int flags,
			       struct descriptor *accepted)
{
	int result = descriptor_check_room(waiter->stream);

	if (result < 0)
		return result;
	do {
		result = (int)lane_wait_for(waiter);
		if (result < 0)
			return result;
		result = accept_one(waiter->stream, flags, accepted);
	} while (result == LANE_WAIT);
	return result;
}

int lane_accept(const struct descriptor *listener, int flags,
		struct descriptor *accepted)
{
	_Atomic uint8_t *hint = &receive_hint[listener->number];
	struct lane_waiter waiter = { .stream = listener,
				      .look = look_for_connection,
				      .context = (void *)listener };
	int result;

	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC) || !lane_is_worth_it() ||
	    get(hint) == HINT_NONBLOCKING)
		return LANE_NO;
	pthread_testcancel();
	waiter.signals = lane_block_signals();
	result = wait_for_connection(&waiter, flags, accepted);
	lane_restore_signals(waiter.signals);
	if (waiter.is_nonblocking)
		set(hint, HINT_NONBLOCKING);
	return result;
}
