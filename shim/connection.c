/* Opening, connecting, listening and accepting of stream sockets. */
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/time.h>
#include <sys/un.h>

#include "address.h"
#include "client.h"
#include "epoll_watch.h"
#include "lane.h"
#include "lane_io.h"
#include "libc_real.h"
#include "own_options.h"
#include "peer_name.h"
#include "restart.h"

#define SOMAXCONN_DEFAULT 4096 /* net.core.somaxconn */

/* A fresh AF_UNIX socket; flags: SOCK_NONBLOCK, SOCK_CLOEXEC. */
static int fresh_endpoint(int flags)
{
	return (int)libc_raw(SYS_socket, AF_UNIX, SOCK_STREAM | flags, 0);
}

int connection_open(int family, int type, int protocol)
{
	int fd = fresh_endpoint(type & (SOCK_NONBLOCK | SOCK_CLOEXEC));
	struct client_call call = {
		.op = PYT_OP_SOCKET,
		.args = { family, SOCK_STREAM, protocol },
	};
	struct pyt_taken spare;
	int result;

	if (fd < 0)
		return fd;
	client_open_lane();
	call.inode = descriptor_inode(fd);
	if (client_take_spare(family, protocol, call.inode, &spare)) {
		lane_forget(spare.slot, false);
		descriptor_set(fd, spare.slot, spare.generation,
			       DESCRIPTOR_STREAM);
		return fd;
	}
	result = client_call(&call);
	if (result < 0) {
		libc_raw(SYS_close, fd);
		return result;
	}
	lane_forget(call.reply_slot, false);
	descriptor_set(fd, call.reply_slot, call.reply_generation,
		       DESCRIPTOR_STREAM);
	return fd;
}

/* ----------------------------------------------------------------- connect */

/* SO_SNDBUF as the kernel keeps it: twice what it is told. */
static bool get_send_room(int fd, int *room)
{
	socklen_t len = sizeof(*room);

	return libc_raw(SYS_getsockopt, fd, SOL_SOCKET, SO_SNDBUF, room,
			&len) == 0;
}

static void set_send_room(int fd, int room)
{
	room /= 2;
	libc_raw(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDBUF, &room,
		 sizeof(room));
}

static bool was_connected(int fd)
{
	struct sockaddr_un peer;
	socklen_t len = sizeof(peer);

	return libc_raw(SYS_getpeername, fd, &peer, &len) == 0;
}

/*
 * AF_UNIX's endpoint of a listener that was shut listens on, deaf, and cannot
 * be connected. slot->listener_len: it, or who had its slot, once listened.
 */
static bool listens_in_vain(const struct descriptor *stream)
{
	int listens = 0;
	socklen_t len = sizeof(listens);

	return stream->slot->listener_len > 0 &&
	       !(descriptor_flags(stream) & PYT_SLOT_LISTENING) &&
	       libc_raw(SYS_getsockopt, stream->fd, SOL_SOCKET, SO_ACCEPTCONN,
			&listens, &len) == 0 &&
	       listens;
}

/*
 * SO_SNDBUF of the endpoint, which bounds what a program can write before the
 * stack has taken it. One that is connecting is kept from being writable by
 * its filler: so it does not grow then.
 */
static void limit_endpoint(const struct descriptor *stream, int fd)
{
	int room = (int)atomic_load(&stream->slot->send_room), now;

	if (!room)
		return;
	if (descriptor_flags(stream) & PYT_SLOT_CONNECTING &&
	    (!get_send_room(fd, &now) || now < room))
		return;
	set_send_room(fd, room);
}

void connection_limit(const struct descriptor *stream)
{
	limit_endpoint(stream, stream->fd);
}

/*
 * An AF_UNIX socket is connected once in its life; after a failed connect()
 * or an AF_UNSPEC one a new endpoint takes its number, and is watched as the
 * old one was.
 */
static int renew_endpoint(const struct descriptor *stream)
{
	long status_flags = libc_raw(SYS_fcntl, stream->fd, F_GETFL, 0L);
	long fd_flags = libc_raw(SYS_fcntl, stream->fd, F_GETFD, 0L);
	int fresh =
		fresh_endpoint(status_flags & O_NONBLOCK ? SOCK_NONBLOCK : 0);
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_DISCONNECT);
	struct epoll_watches watches;
	int result;

	if (fresh < 0)
		return fresh;
	epoll_watch_find(&watches, stream->fd, descriptor_inode(stream->fd));
	call.inode = descriptor_inode(fresh);
	own_options_copy(stream->fd, fresh);
	limit_endpoint(stream, fresh);
	result = client_call(&call);
	if (result >= 0)
		result = (int)libc_raw(SYS_dup3, fresh, stream->fd,
				       fd_flags & FD_CLOEXEC ? O_CLOEXEC : 0);
	libc_raw(SYS_close, fresh);
	if (result < 0)
		return result;
	epoll_watch_again(&watches, stream->fd);
	return 0;
}

/* SO_SNDTIMEO bounds connect(2) too; -1: for ever. */
static int send_timeout_ms(int fd)
{
	struct timeval timeout = { 0 };
	socklen_t len = sizeof(timeout);

	libc_raw(SYS_getsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, &len);
	if (!timeout.tv_sec && !timeout.tv_usec)
		return -1;
	if (timeout.tv_sec > INT32_MAX / 1000 - 1)
		return INT32_MAX;
	return (int)(timeout.tv_sec * 1000 + (timeout.tv_usec + 999) / 1000);
}

/* How the handshake ended. */
static int connect_result(const struct descriptor *stream)
{
	int error = descriptor_take_error(stream);

	if (error)
		return -error;
	if (descriptor_flags(stream) & PYT_SLOT_CONNECTED)
		return 0;
	return client_answers() ? -ECONNABORTED : -ENETDOWN;
}

/* Has the success been told? 0: it is by this answer; -EISCONN: it was. */
static int ask_again(const struct descriptor *stream, int how)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_CONNECT);

	call.args[0] = how;
	return client_call(&call);
}

static bool may_wait(int fd)
{
	return !(libc_raw(SYS_fcntl, fd, F_GETFL, 0L) & O_NONBLOCK);
}

/* pending: what a non-blocking socket, or one whose time is up, is told. */
static int wait_for_connect(const struct descriptor *stream, int pending)
{
	struct pollfd poll_fd = { .fd = stream->fd, .events = POLLOUT };
	int timeout_ms = send_timeout_ms(stream->fd);
	int result;

	if (!may_wait(stream->fd))
		return pending;
	do {
		result = poll(&poll_fd, 1, timeout_ms);
	} while (result < 0 && errno == EINTR && timeout_ms < 0 &&
		 restart_is_wanted());
	if (result > 0)
		return connect_result(stream);
	if (result < 0)
		pending = -errno;
	ask_again(stream, PYT_CONNECT_GAVE_UP);
	return pending;
}

int connection_wait_to_send(const struct descriptor *connection, int flags)
{
	if (flags & MSG_DONTWAIT)
		return -EAGAIN;
	return wait_for_connect(connection, -EAGAIN);
}

/*
 * Who watches the socket with EPOLLET since before connect(2) waits for the
 * edge of POLLOUT, which connect(2) of an AF_UNIX socket does not make. Setting
 * SO_SNDBUF, also to what it is, wakes writers; the kernel doubles the value.
 */
void connection_wake_writers(const struct descriptor *stream)
{
	int room;

	if (get_send_room(stream->fd, &room))
		set_send_room(stream->fd, room);
}

static void write_kept_byte(const struct descriptor *stream)
{
	libc_raw(SYS_sendto, stream->fd, "", 1L, (long)MSG_NOSIGNAL, 0L, 0L);
}

void connection_keep_byte(const struct descriptor *stream, int how)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_KEEP_BYTE);

	call.args[0] = how;
	if (client_call(&call) == PYT_KEEP_WANTS_BYTE)
		write_kept_byte(stream);
}

/*
 * The handshake is over: the endpoint gets its other end from the stack's
 * private listener, under a name that says whose it is. False: not in this
 * way; a signal came, the queue is full, or we have no key.
 */
static bool connect_endpoint(const struct descriptor *stream)
{
	const struct pyt_slot_table *table = client_table();
	const uint8_t *key = client_key();
	struct sockaddr_un name;
	socklen_t len;

	if (!key)
		return false;
	len = peer_name_make(&name, key, stream->number, stream->generation,
			     atomic_load(&stream->slot->attempt));
	if (libc_raw(SYS_bind, stream->fd, &name, len) < 0)
		return false;
	memcpy(name.sun_path, table->stream_name, table->stream_name_len);
	len = (socklen_t)offsetof(struct sockaddr_un, sun_path) +
	      table->stream_name_len;
	if (libc_raw(SYS_connect, stream->fd, &name, len) < 0)
		return false;
	if (descriptor_flags(stream) & PYT_SLOT_KEEPS_BYTE)
		write_kept_byte(stream);
	connection_wake_writers(stream);
	return true;
}

/* The stack is given the descriptor and makes the other end itself. */
static int attach(const struct descriptor *stream, int pending)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_ATTACH);
	int result;

	call.sends_fd = true;
	call.fd = stream->fd;
	result = client_call_in_slot(&call);
	if (result == -EINVAL && descriptor_has_error(stream))
		return -descriptor_take_error(stream); /* given up meanwhile */
	if (result < 0 || pending >= 0)
		return result;
	return wait_for_connect(stream, pending);
}

/* result: of CONNECT. Nobody waited for the end of the handshake. */
static bool is_untold(int result)
{
	return result >= 0 && result & PYT_CONNECTED_UNTOLD;
}

static int make_pair(const struct descriptor *stream, int result)
{
	if (result >= 0 && !(result & PYT_CONNECTED_ATTACH) &&
	    connect_endpoint(stream))
		return 0;
	return attach(stream, result);
}

/*
 * An endpoint that can be connected, or the error of the attempt before. What
 * a disconnect left behind is of no interest any more.
 */
static int prepare_connect(const struct descriptor *stream)
{
	int error = descriptor_take_error(stream);

	if (!was_connected(stream->fd) && !listens_in_vain(stream))
		return 0;
	return error ? -error : renew_endpoint(stream);
}

int connection_look_before_connect(const struct descriptor *stream)
{
	uint32_t flags = descriptor_flags(stream);
	int result;

	if (flags & PYT_SLOT_LISTENING)
		return -EISCONN;
	if (flags & PYT_SLOT_CONNECTED)
		return ask_again(stream, PYT_CONNECT_WAITS);
	if (flags & PYT_SLOT_CONNECTING) {
		result = wait_for_connect(stream, -EALREADY);
		if (result == 0)
			ask_again(stream, PYT_CONNECT_WAITS);
		return result;
	}
	if (descriptor_has_error(stream) && was_connected(stream->fd))
		return -descriptor_take_error(stream);
	return CONNECTION_UNCONNECTED;
}

int connection_connect_to(struct descriptor *stream,
			  const struct pyt_sockaddr *peer)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_CONNECT);
	int result = prepare_connect(stream), attached;

	if (result < 0)
		return result;
	call.address = peer;
	call.args[0] = may_wait(stream->fd) ? PYT_CONNECT_WAITS
					    : PYT_CONNECT_IN_BACKGROUND;
	result = client_call_in_slot(&call);
	if (result < 0 && result != -EINPROGRESS)
		return result;
	attached = make_pair(stream, result);
	return attached == 0 && is_untold(result) ? -EINPROGRESS : attached;
}

/*
 * As Linux: one that may wait does so until the handshake is over, though
 * its first bytes have left already.
 */
ssize_t connection_connect_fast(const struct descriptor *stream,
				const struct pyt_sockaddr *peer,
				const void *data, size_t len, int flags)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_CONNECT_FAST);
	uint32_t state = descriptor_flags(stream);
	bool waits = !(flags & MSG_DONTWAIT) && may_wait(stream->fd);
	int result, attached;

	if (state & (PYT_SLOT_CONNECTED | PYT_SLOT_LISTENING))
		return -EISCONN;
	if (state & PYT_SLOT_CONNECTING)
		return -EALREADY;
	result = prepare_connect(stream);
	if (result < 0)
		return result;
	call.address = peer;
	call.args[0] = waits ? PYT_CONNECT_WAITS : PYT_CONNECT_IN_BACKGROUND;
	call.data = data;
	call.data_len = (uint32_t)len;
	result = client_call(&call);
	if (result < 0 && result != -EINPROGRESS)
		return result;
	attached = result < 0 && !waits ? attach(stream, 0)
					: make_pair(stream, result);
	if (attached < 0 && attached != -EINPROGRESS)
		return attached;
	if (call.result2)
		return (ssize_t)call.result2;
	return is_untold(result) || (result < 0 && !waits) ? -EINPROGRESS
							   : attached;
}

int connection_disconnect(struct descriptor *stream)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_DISCONNECT);

	if (was_connected(stream->fd) ||
	    descriptor_flags(stream) & PYT_SLOT_LISTENING)
		return renew_endpoint(stream);
	return client_call(&call);
}

/* ------------------------------------------------------------------ listen */

/* Under a name by which the stack connects to this listener. */
static int listen_really(int fd, int backlog)
{
	sa_family_t autobind = AF_UNIX;

	if ((unsigned)backlog > SOMAXCONN_DEFAULT)
		backlog = SOMAXCONN_DEFAULT;
	libc_raw(SYS_bind, fd, &autobind, sizeof(autobind));
	return (int)libc_raw(SYS_listen, fd, backlog);
}

int connection_listen(const struct descriptor *stream, int backlog)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_LISTEN);
	uint32_t flags = descriptor_flags(stream);
	int result = 0;

	if (flags & (PYT_SLOT_CONNECTED | PYT_SLOT_CONNECTING))
		return -EINVAL;
	if (listens_in_vain(stream))
		result = renew_endpoint(stream);
	if (result == 0)
		result = listen_really(stream->fd, backlog);
	if (result < 0)
		return result;
	if (own_options_are_set(stream->fd)) {
		call.op = PYT_OP_OWN_OPTIONS;
		client_call(&call);
		call.op = PYT_OP_LISTEN;
	}
	call.args[0] = backlog;
	call.sends_fd = true;
	call.fd = stream->fd;
	result = client_call(&call);
	if (result < 0 && !(flags & PYT_SLOT_LISTENING))
		renew_endpoint(stream); /* one that can be connected */
	return result;
}

static void welcome(const struct descriptor *listener,
		    const struct descriptor *accepted)
{
	lane_forget(accepted->number, true);
	descriptor_set(accepted->fd, accepted->number, accepted->generation,
		       DESCRIPTOR_STREAM);
	connection_limit(accepted);
	if (descriptor_flags(listener) & PYT_SLOT_OWN_OPTIONS) {
		own_options_copy(listener->fd, accepted->fd);
		lane_avoid(accepted);
	}
}

/* It tells the stack whose the slot now is; false: it must not be ours. */
static bool take_over(int fd, const struct peer_name *name)
{
	struct client_call call = { .op = PYT_OP_ADOPT,
				    .slot = name->slot,
				    .generation = name->generation };

	if (client_is_foreign())
		return client_show(fd, name->slot, name->generation);
	call.inode = descriptor_inode(fd);
	client_adopt(&call);
	return true;
}

/* The stack's connection becomes the program's; false: not the stack's. */
static bool adopt(const struct descriptor *listener, int fd,
		  const struct sockaddr_un *name, socklen_t name_len,
		  struct descriptor *accepted)
{
	const struct pyt_slot_table *table = client_table();
	struct client_call nudge = DESCRIPTOR_CALL(listener, PYT_OP_NUDGE);
	struct peer_name parsed;

	if (!peer_name_parse(name, name_len, &parsed) ||
	    !client_was_connected_by_stack(fd) || !take_over(fd, &parsed))
		return false;
	*accepted = (struct descriptor){ .fd = fd,
					 .kind = DESCRIPTOR_STREAM,
					 .number = parsed.slot,
					 .generation = parsed.generation,
					 .slot = &table->slot[parsed.slot] };
	welcome(listener, accepted);
	if (descriptor_flags(listener) & PYT_SLOT_ACCEPT_PENDING)
		client_tell(&nudge);
	return true;
}

static int accept_endpoint(const struct descriptor *listener, int flags,
			   struct descriptor *accepted)
{
	struct sockaddr_un name;
	socklen_t name_len;
	int fd;

	for (;;) {
		name_len = sizeof(name);
		fd = libc_real.accept4(listener->fd, (struct sockaddr *)&name,
				       &name_len, flags);
		if (fd < 0)
			return -errno;
		if (adopt(listener, fd, &name, name_len, accepted))
			return fd;
		libc_raw(SYS_close, fd); /* a stranger's, or the guardian's */
		if (!client_answers()) {
			libc_raw(SYS_shutdown, listener->fd, SHUT_RDWR);
			return -ENETDOWN;
		}
	}
}

/* The connection was the stack's alone so far: it gets an endpoint. */
static int accept_on_lane(const struct descriptor *listener, int flags,
			  struct descriptor *accepted)
{
	int fd = lane_accept(listener, flags, accepted);

	if (fd < 0)
		return fd;
	if (!connect_endpoint(accepted))
		attach(accepted, 0);
	welcome(listener, accepted);
	return fd;
}

int connection_accept4(const struct descriptor *listener, struct sockaddr *peer,
		       socklen_t *peer_len, int flags)
{
	struct descriptor_names names;
	struct descriptor accepted;
	int fd, result;

	if (peer && !peer_len)
		return -EFAULT;
	if (!(descriptor_flags(listener) & PYT_SLOT_LISTENING))
		return descriptor_check_room(listener) < 0 ? -EMFILE : -EINVAL;
	fd = accept_on_lane(listener, flags, &accepted);
	if (fd == LANE_NO)
		fd = accept_endpoint(listener, flags, &accepted);
	if (fd < 0 || !peer)
		return fd;
	descriptor_read_names(&accepted, &names);
	result =
		address_put(accepted.slot->family, &names.peer, peer, peer_len);
	if (result == 0)
		return fd;
	descriptor_set_not_ours(fd);
	libc_raw(SYS_close, fd);
	return result;
}

/* ---------------------------------------------------------------- shutdown */

/* Of whatever half: as Linux, it ends the attempt, for who waits as well. */
static int give_up_connect(const struct descriptor *stream)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_DISCONNECT);
	int result = client_call(&call);

	return result < 0 ? result : 0;
}

int connection_shutdown(const struct descriptor *stream, int how)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_SHUTDOWN);
	uint32_t flags = descriptor_flags(stream);
	struct descriptor_names names;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	if (!(flags &
	      (PYT_SLOT_CONNECTED | PYT_SLOT_CONNECTING | PYT_SLOT_LISTENING)))
		return -ENOTCONN;
	descriptor_read_names(stream, &names);
	if (flags & PYT_SLOT_CONNECTED && names.tcp_state == TCP_CLOSE)
		return -ENOTCONN;
	if (flags & PYT_SLOT_CONNECTING)
		return give_up_connect(stream);
	if (flags & PYT_SLOT_LISTENING) {
		call.args[0] = how;
		client_call(&call);
	}
	lane_avoid(stream);
	return (int)libc_raw(SYS_shutdown, stream->fd, how);
}
