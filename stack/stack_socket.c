/*
 * The public interface of a stack, its sockets: finds the socket of a handle
 * and hands on; what was sent to this host itself comes in before the return.
 */
#include "stack.h"

#include <errno.h>
#include <sys/socket.h>

static struct socket *find(const struct pyt_stack *stack, int handle)
{
	return socket_handle_find(&stack->sockets, handle);
}

int pyt_socket_open(struct pyt_stack *stack, int family, int type, int protocol)
{
	int kind = socket_kind_for(family, type, protocol);
	struct socket *socket;
	int handle;

	if (kind < 0)
		return kind;
	if (stack->sockets.handle_count >= SOCKETS_MAX)
		return -ENFILE;
	socket = socket_create(&stack->sockets, (enum socket_kind)kind, family,
			       type, protocol);
	if (!socket)
		return -ENOBUFS;
	if (kind == SOCKET_TCP) {
		socket->tcp = tcp_create(stack->tcp, socket);
		if (!socket->tcp) {
			socket_destroy(socket);
			return -ENOBUFS;
		}
	}
	handle = socket_handle_open(socket);
	if (handle < 0)
		socket_destroy(socket);
	else
		socket->seen = socket_ready(socket);
	return handle;
}

static int close_socket(struct pyt_stack *stack, int handle, bool unread,
			int64_t now_us)
{
	struct socket *socket = find(stack, handle);

	if (!socket)
		return -EBADF;
	stack_start_call(stack, now_us);
	if (socket->has_event) {
		TAILQ_REMOVE(&stack->sockets.events, socket, event_link);
		socket->has_event = false;
	}
	socket_handle_close(socket);
	if (socket->tcp)
		socket_tcp_close(socket, unread, now_us);
	else
		socket_destroy(socket);
	stack_end_call(stack);
	return 0;
}

int pyt_socket_close(struct pyt_stack *stack, int handle, int64_t now_us)
{
	return close_socket(stack, handle, false, now_us);
}

int pyt_socket_close_unread(struct pyt_stack *stack, int handle, int64_t now_us)
{
	return close_socket(stack, handle, true, now_us);
}

int pyt_socket_bind(struct pyt_stack *stack, int handle,
		    const struct pyt_sockaddr *local)
{
	struct socket *socket = find(stack, handle);

	return socket ? socket_port_bind(socket, local) : -EBADF;
}

int pyt_socket_connect(struct pyt_stack *stack, int handle,
		       const struct pyt_sockaddr *peer, int64_t now_us)
{
	struct socket *socket = find(stack, handle);
	int result;

	if (!socket)
		return -EBADF;
	stack_start_call(stack, now_us);
	result = socket->tcp ? socket_tcp_connect(socket, peer, now_us)
			     : socket_message_connect(socket, peer, now_us);
	stack_end_call(stack);
	return result;
}

int pyt_socket_connect_fast(struct pyt_stack *stack, int handle,
			    const struct pyt_sockaddr *peer, int64_t now_us)
{
	struct socket *socket = find(stack, handle);
	int result;

	if (!socket)
		return -EBADF;
	if (!socket->tcp)
		return -EOPNOTSUPP;
	stack_start_call(stack, now_us);
	result = socket_tcp_connect_fast(socket, peer, now_us);
	stack_end_call(stack);
	return result;
}

int pyt_socket_disconnect(struct pyt_stack *stack, int handle, int64_t now_us)
{
	struct socket *socket = find(stack, handle);
	int result = 0;

	if (!socket)
		return -EBADF;
	stack_start_call(stack, now_us);
	if (socket->tcp)
		result = socket_tcp_disconnect(socket, now_us);
	else
		socket_message_disconnect(socket);
	stack_end_call(stack);
	return result;
}

int pyt_socket_listen(struct pyt_stack *stack, int handle, int backlog)
{
	struct socket *socket = find(stack, handle);

	if (!socket)
		return -EBADF;
	return socket->tcp ? socket_tcp_listen(socket, backlog) : -EOPNOTSUPP;
}

int pyt_socket_accept(struct pyt_stack *stack, int handle, int64_t now_us)
{
	struct socket *socket = find(stack, handle);
	int result;

	if (!socket)
		return -EBADF;
	if (!socket->tcp)
		return -EOPNOTSUPP;
	stack_start_call(stack, now_us);
	result = socket_tcp_accept(socket, now_us);
	stack_end_call(stack);
	return result;
}

int pyt_socket_shutdown(struct pyt_stack *stack, int handle, int how,
			int64_t now_us)
{
	struct socket *socket = find(stack, handle);
	int result;

	if (!socket)
		return -EBADF;
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	stack_start_call(stack, now_us);
	if (socket->tcp)
		result = socket_tcp_shutdown(socket, how, now_us);
	else
		result = socket_message_shutdown(socket, how);
	stack_end_call(stack);
	return result;
}

int pyt_socket_set_option(struct pyt_stack *stack, int handle, int level,
			  int name, const void *value, uint32_t value_len,
			  int64_t now_us)
{
	struct socket *socket = find(stack, handle);
	int result;

	if (!socket)
		return -EBADF;
	stack_start_call(stack, now_us);
	result = socket_option_set(socket, level, name, value, value_len,
				   now_us);
	if (socket->tcp)
		socket_tcp_touch(socket, now_us); /* TCP_NODELAY ... */
	stack_end_call(stack);
	return result;
}

int pyt_socket_get_option(struct pyt_stack *stack, int handle, int level,
			  int name, void *value, uint32_t value_len,
			  int64_t now_us)
{
	struct socket *socket = find(stack, handle);

	return socket ? socket_option_get(socket, level, name, value, value_len,
					  now_us)
		      : -EBADF;
}

int pyt_socket_status(const struct pyt_stack *stack, int handle,
		      struct pyt_socket_status *status)
{
	const struct socket *socket = find(stack, handle);

	if (!socket)
		return -EBADF;
	socket_fill_status(socket, status);
	return 0;
}

unsigned pyt_socket_ready(const struct pyt_stack *stack, int handle)
{
	const struct socket *socket = find(stack, handle);

	return socket ? socket_ready(socket) : 0;
}

int pyt_socket_take_error(struct pyt_stack *stack, int handle)
{
	struct socket *socket = find(stack, handle);

	return socket ? socket_take_error(socket) : -EBADF;
}

/* ------------------------------------------------------ streams, messages */

int pyt_socket_send_space(struct pyt_stack *stack, int handle,
			  struct iovec *iov, int iov_max)
{
	struct socket *socket = find(stack, handle);

	if (!socket)
		return -EBADF;
	if (!socket->tcp || socket->listener)
		return -ENOTCONN;
	return tcp_send_space(socket->tcp, iov, iov_max);
}

void pyt_socket_send_commit(struct pyt_stack *stack, int handle, size_t len,
			    int flags, int64_t now_us)
{
	struct socket *socket = find(stack, handle);

	if (!socket || !socket->tcp || socket->listener)
		return;
	stack_start_call(stack, now_us);
	tcp_send_commit(socket->tcp, len, flags, now_us);
	socket_tcp_touch(socket, now_us);
	stack_end_call(stack);
}

int pyt_socket_recv_view(struct pyt_stack *stack, int handle, struct iovec *iov,
			 int iov_max)
{
	struct socket *socket = find(stack, handle);

	if (!socket)
		return -EBADF;
	if (!socket->tcp || socket->listener)
		return -ENOTCONN;
	return tcp_recv_view(socket->tcp, iov, iov_max);
}

void pyt_socket_recv_consume(struct pyt_stack *stack, int handle, size_t len,
			     int64_t now_us)
{
	struct socket *socket = find(stack, handle);

	if (!socket || !socket->tcp || socket->listener)
		return;
	stack_start_call(stack, now_us);
	tcp_recv_consume(socket->tcp, len, now_us);
	socket_tcp_touch(socket, now_us);
	stack_end_call(stack);
}

int pyt_socket_recv_urgent(struct pyt_stack *stack, int handle, uint8_t *byte)
{
	struct socket *socket = find(stack, handle);

	if (!socket)
		return -EBADF;
	if (!socket->tcp || socket->listener)
		return -EINVAL;
	return tcp_recv_urgent(socket->tcp, byte);
}

int64_t pyt_socket_urgent_distance(const struct pyt_stack *stack, int handle)
{
	const struct socket *socket = find(stack, handle);

	if (!socket || !socket->tcp || socket->listener)
		return -EINVAL;
	return tcp_urgent_distance(socket->tcp);
}

ssize_t pyt_socket_send_message(struct pyt_stack *stack, int handle,
				const struct pyt_message *message,
				const struct iovec *iov, int iov_count,
				int64_t now_us)
{
	struct socket *socket = find(stack, handle);
	ssize_t result;

	if (!socket)
		return -EBADF;
	if (socket->tcp)
		return -EOPNOTSUPP;
	stack_start_call(stack, now_us);
	result = socket_message_send(socket, message, iov, iov_count, now_us);
	stack_end_call(stack);
	return result;
}

int pyt_socket_check_message(struct pyt_stack *stack, int handle,
			     const struct pyt_message *message, uint32_t len,
			     int64_t *max_len, int64_t now_us)
{
	struct socket *socket = find(stack, handle);

	if (!socket)
		return -EBADF;
	if (socket->tcp)
		return -EOPNOTSUPP;
	return socket_message_check(socket, message, len, max_len, now_us);
}

int pyt_socket_view_message(struct pyt_stack *stack, int handle,
			    bool error_queue, struct pyt_message *message,
			    struct iovec *iov, int iov_max)
{
	struct socket *socket = find(stack, handle);

	if (!socket)
		return -EBADF;
	if (socket->tcp)
		return -EAGAIN;
	return socket_message_view(socket, error_queue, message, iov, iov_max);
}

void pyt_socket_drop_message(struct pyt_stack *stack, int handle,
			     bool error_queue)
{
	struct socket *socket = find(stack, handle);

	if (socket && !socket->tcp)
		socket_message_drop(socket, error_queue);
}
