/*
 * Bytes between a stream endpoint and the engine's socket, without a buffer in
 * between: the kernel copies straight from and into the engine's memory.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "endpoint.h"
#include "endpoint_room.h"
#include "kernel.h"
#include "lane.h"
#include "lane_tell.h"
#include "late_read.h"
#include "liveness.h"

#define BUDGET (256 * 1024) /* bytes a turn, each way */
#define SMALL_LEN 2048
#define PIECES_MAX 16

enum pump {
	PUMP_DONE, /* until something new happens */
	PUMP_MORE, /* the budget is used up */
	PUMP_ENDED, /* the endpoint has gone */
};

static size_t iov_len(const struct iovec *iov, int count)
{
	size_t len = 0;

	for (int i = 0; i < count; i++)
		len += iov[i].iov_len;
	return len;
}

/* The program wrote all that it had, or closed. */
static enum pump on_program_end(struct server *server,
				struct endpoint *endpoint)
{
	if (endpoint->hung_up) {
		endpoint_end(server, endpoint, false);
		return PUMP_ENDED;
	}
	endpoint->readable = false;
	endpoint->send_ended = true;
	pyt_socket_shutdown(server->stack, endpoint->handle, SHUT_WR,
			    server->now_us);
	return PUMP_DONE;
}

/*
 * Closed with bytes unread: a reset tells the peer, as RFC 2525, 2.17 asks.
 * What the program wrote before would be on its way by now, had it written to
 * the kernel's TCP: so it leaves first, as far as the windows let it.
 */
static enum pump on_program_reset(struct server *server,
				  struct endpoint *endpoint)
{
	server_output(server);
	endpoint_end(server, endpoint, true);
	return PUMP_ENDED;
}

/* Closed with SO_LINGER of no time: what does not fit is never sent. */
static bool is_aborted(struct server *server, const struct endpoint *endpoint)
{
	struct linger linger = { 0 };

	if (!endpoint->hung_up)
		return false;
	pyt_socket_get_option(server->stack, endpoint->handle, SOL_SOCKET,
			      SO_LINGER, &linger, sizeof(linger),
			      server->now_us);
	return linger.l_onoff && linger.l_linger == 0;
}

/* Space costs memory: ask for much only when much is coming. */
static int space_for(struct server *server, const struct endpoint *endpoint,
		     struct iovec *iov)
{
	int max = endpoint->bulk ? PIECES_MAX : 1;
	int count = pyt_socket_send_space(server->stack, endpoint->handle, iov,
					  max);

	if (count == 1 && max == 1 && iov[0].iov_len < SMALL_LEN)
		count = pyt_socket_send_space(server->stack, endpoint->handle,
					      iov, 2);
	return count;
}

/*
 * The program sends urgent data: no read may go past the mark without our
 * knowing. Our end has SO_OOBINLINE, so a read stops in front of the mark;
 * and what lies first does not change between the look and the read.
 * MSG_OOB: the urgent byte is first, and iov takes it alone. -EAGAIN: nothing
 * lies there.
 */
static int look_for_mark(struct server *server, struct endpoint *endpoint,
			 struct iovec *iov, int *count)
{
	char byte;
	int at_mark = 0;

	late_read_settle(server, endpoint);
	if (kernel_recv(endpoint->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) ==
	    -EAGAIN)
		return -EAGAIN;
	kernel_call(SYS_ioctl, endpoint->fd, SIOCATMARK, (long)&at_mark, 0, 0,
		    0);
	if (!at_mark)
		return 0;
	iov[0].iov_len = 1;
	*count = 1;
	return MSG_OOB;
}

static enum pump from_program(struct server *server, struct endpoint *endpoint)
{
	struct iovec iov[PIECES_MAX];
	size_t moved = 0;

	if (endpoint->readable)
		lane_take_told(server);
	while (endpoint->readable && !endpoint->send_ended) {
		int count = space_for(server, endpoint, iov);
		int flags = 0;
		ssize_t len;

		if (count <= 0 &&
		    (endpoint->failed || is_aborted(server, endpoint)))
			return on_program_reset(server, endpoint);
		if (count <= 0)
			return PUMP_DONE; /* full, or the error's turn */
		if (endpoint->sends_urgent)
			flags = look_for_mark(server, endpoint, iov, &count);
		if (flags < 0)
			len = flags;
		else if (endpoint->sends_urgent)
			len = kernel_readv(endpoint->fd, iov, count);
		else
			len = late_read(server, endpoint, iov, count);
		if (len == 0)
			return on_program_end(server, endpoint);
		if (len == -ECONNRESET)
			return on_program_reset(server, endpoint);
		if (len < 0) {
			endpoint->readable = false;
			return PUMP_DONE;
		}
		endpoint->bulk = (size_t)len == iov_len(iov, count);
		/* That was all; what comes later raises an event of its own. */
		if (!endpoint->bulk && !endpoint->ending &&
		    !endpoint->sends_urgent)
			endpoint->readable = false;
		flags |= more_take(&endpoint->more, (size_t)len);
		pyt_socket_send_commit(server->stack, endpoint->handle,
				       (size_t)len, flags, server->now_us);
		moved += (size_t)len;
		if (moved >= BUDGET || server->hurries)
			return PUMP_MORE;
	}
	return PUMP_DONE;
}

/*
 * The program's end takes nothing more: it was closed, which the hang-up is
 * about to say, or only its reading side was shut. Then what comes is thrown
 * away, as Linux does.
 */
static enum pump on_refused(struct server *server, struct endpoint *endpoint,
			    size_t len)
{
	if (endpoint->hung_up)
		return PUMP_DONE;
	if (endpoint->refused)
		pyt_socket_recv_consume(server->stack, endpoint->handle, len,
					server->now_us);
	endpoint->refused = true;
	return PUMP_MORE;
}

static void on_full(struct server *server, struct endpoint *endpoint)
{
	endpoint->writable = false;
	slots_set_flags(&server->slots, endpoint->slot, PYT_SLOT_FULL, 0);
	endpoint_want_writable(server, endpoint, true);
}

/* Each read of the program would wake us for nothing. */
static void on_room(struct server *server, struct endpoint *endpoint)
{
	if (!endpoint->wants_writable)
		return;
	slots_set_flags(&server->slots, endpoint->slot, 0, PYT_SLOT_FULL);
	endpoint_want_writable(server, endpoint, false);
}

/*
 * The urgent byte at its place in the stream: the kernel makes POLLPRI,
 * SIGURG and the mark of it. False: there is no room for it.
 */
static bool put_urgent(struct server *server, struct endpoint *endpoint)
{
	struct iovec iov = { &endpoint->urgent_byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (!endpoint->urgent_held) {
		if (pyt_socket_urgent_distance(server->stack,
					       endpoint->handle) != 0)
			return true;
		pyt_socket_recv_urgent(server->stack, endpoint->handle,
				       &endpoint->urgent_byte);
		endpoint->urgent_held = true;
	}
	if (kernel_sendmsg(endpoint->fd, &message,
			   MSG_OOB | MSG_DONTWAIT | MSG_NOSIGNAL) == -EAGAIN) {
		on_full(server, endpoint);
		return false;
	}
	endpoint->urgent_held = false;
	endpoint->urgent_untold = true;
	endpoint->no_lane = true; /* the mark's place is here alone */
	return true;
}

/*
 * Whom that wakes on this core goes first, and may want to come in. So little
 * is copied and written outside; nobody else takes from this socket meanwhile.
 */
static ssize_t deliver(struct endpoint *endpoint, const struct msghdr *message,
		       size_t len)
{
	const struct iovec *from = message->msg_iov;
	uint8_t bytes[SMALL_LEN];
	struct iovec copy = { bytes, 0 };
	struct msghdr small = { .msg_iov = &copy, .msg_iovlen = 1 };
	ssize_t sent;

	if (!lane.server || len > SMALL_LEN)
		return kernel_sendmsg(endpoint->fd, message,
				      MSG_DONTWAIT | MSG_NOSIGNAL);
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		memcpy(bytes + copy.iov_len, from[i].iov_base, from[i].iov_len);
		copy.iov_len += from[i].iov_len;
	}
	endpoint->delivers = true;
	lane_unlock();
	sent = kernel_sendmsg(endpoint->fd, &small,
			      MSG_DONTWAIT | MSG_NOSIGNAL);
	lane_lock();
	endpoint->delivers = false;
	return sent;
}

/*
 * What was delivered. Should an urgent mark in it have come meanwhile, it came
 * too late, as one does that Linux meets behind what was read.
 */
static void consume(struct server *server, const struct endpoint *endpoint,
		    size_t len)
{
	int64_t mark =
		pyt_socket_urgent_distance(server->stack, endpoint->handle);
	uint8_t byte;

	if (mark >= 0 && (size_t)mark < len) {
		pyt_socket_recv_consume(server->stack, endpoint->handle,
					(size_t)mark, server->now_us);
		len -= (size_t)mark;
		if (pyt_socket_recv_urgent(server->stack, endpoint->handle,
					   &byte) > 0)
			len--;
	}
	pyt_socket_recv_consume(server->stack, endpoint->handle, len,
				server->now_us);
}

/* It wakes, too. */
static void deliver_end(struct endpoint *endpoint)
{
	bool is_shared = lane.server != NULL;

	endpoint->receive_ended = true;
	if (is_shared)
		lane_unlock();
	kernel_shutdown(endpoint->fd, SHUT_WR);
	if (is_shared)
		lane_lock();
}

/*
 * Bytes that have not reached SO_RCVLOWAT make nobody's poll(2) true: they stay
 * in the engine, unless somebody reads, which who does it natively cannot tell,
 * or the endpoint is readable anyway.
 */
static bool may_show(struct server *server, const struct endpoint *endpoint,
		     unsigned ready)
{
	int lying = 0;

	if (ready & (PYT_READY_ENOUGH | PYT_READY_URGENT) ||
	    endpoint->urgent_held || endpoint->readers ||
	    endpoint->is_read_natively)
		return true;
	if (!(ready & PYT_READY_READ))
		return false;
	kernel_call(SYS_ioctl, endpoint->fd, SIOCOUTQ, (long)&lying, 0, 0, 0);
	return lying > 0;
}

static enum pump to_program(struct server *server, struct endpoint *endpoint,
			    bool urgent)
{
	struct iovec iov[PIECES_MAX];
	struct msghdr message = { 0 };
	size_t moved = 0;

	while (endpoint->writable) {
		size_t len;
		ssize_t sent;
		int count;

		if (urgent && !put_urgent(server, endpoint))
			return PUMP_DONE;
		count = pyt_socket_recv_view(server->stack, endpoint->handle,
					     iov, PIECES_MAX);
		if (count <= 0)
			return PUMP_DONE;
		message.msg_iovlen = (size_t)count;
		len = iov_len(iov, count);
		message.msg_iov = iov;
		sent = deliver(endpoint, &message, len);
		if (sent == -EPIPE || sent == -ECONNRESET)
			return on_refused(server, endpoint, len);
		endpoint->pumped = true;
		if (sent > 0) {
			endpoint->moved += (uint32_t)sent;
			consume(server, endpoint, (size_t)sent);
		}
		late_read_settle(server, endpoint);
		if (sent < (ssize_t)len)
			on_full(server, endpoint);
		moved += sent > 0 ? (size_t)sent : 0;
		if (moved >= BUDGET)
			return PUMP_MORE;
	}
	return PUMP_DONE;
}

/* Everything that was received has been handed over: what comes after it? */
static enum pump after_data(struct server *server, struct endpoint *endpoint)
{
	struct iovec iov;

	if (pyt_socket_recv_view(server->stack, endpoint->handle, &iov, 1) > 0)
		return PUMP_DONE;
	if (endpoint->error) {
		slots_set_error(&server->slots, endpoint->slot,
				endpoint->error);
		endpoint_end(server, endpoint, false);
		return PUMP_ENDED;
	}
	if (!endpoint->receive_ended)
		deliver_end(endpoint);
	return PUMP_DONE;
}

/*
 * Bytes that wait for the program may keep the endpoint open, but who is asleep
 * in write(2) meanwhile would never read them: it hears of the error first.
 */
static void stop_writers(struct server *server, struct endpoint *endpoint)
{
	slots_set_error(&server->slots, endpoint->slot, endpoint->error);
	kernel_shutdown(endpoint->fd, SHUT_RD);
}

static void take_error(struct server *server, struct endpoint *endpoint,
		       unsigned ready)
{
	int error = pyt_socket_take_error(server->stack, endpoint->handle);

	if (ready & PYT_READY_HANG_UP) {
		endpoint->error = error;
		if (error)
			stop_writers(server, endpoint);
	} else if (error)
		slots_set_error(&server->slots, endpoint->slot, error);
}

bool pump_stream(struct server *server, struct endpoint *endpoint)
{
	const struct pyt_slot *slot = slots_at(&server->slots, endpoint->slot);
	bool tells_received = (slot->ancillary & PYT_ANCILLARY_INQ) != 0;
	enum pump sent = PUMP_DONE, received = PUMP_DONE;
	unsigned ready;

	ready = pyt_socket_ready(server->stack, endpoint->handle);
	if (ready & PYT_READY_ERROR)
		take_error(server, endpoint, ready);
	if (endpoint->hung_up && (endpoint->send_ended || endpoint->error)) {
		endpoint_end(server, endpoint, endpoint->failed);
		return false;
	}
	if (!endpoint->error)
		sent = from_program(server, endpoint);
	if (sent == PUMP_ENDED)
		return false;

	if (ready & (PYT_READY_HANG_UP | PYT_READY_READ_END))
		endpoint_room_lift(endpoint);
	if (tells_received) /* what moves is counted at one place at most */
		slots_forget_received(&server->slots, endpoint->slot);
	if (may_show(server, endpoint, ready))
		received = to_program(server, endpoint,
				      ready & PYT_READY_URGENT ||
					      endpoint->urgent_held);
	if (received == PUMP_DONE && !endpoint->urgent_held &&
	    (endpoint->error || ready & PYT_READY_READ_END))
		received = after_data(server, endpoint);
	if (received == PUMP_ENDED)
		return false;
	if (tells_received)
		endpoint_refresh(server, endpoint);
	if (endpoint->writable)
		on_room(server, endpoint);
	return sent == PUMP_MORE || received == PUMP_MORE;
}
