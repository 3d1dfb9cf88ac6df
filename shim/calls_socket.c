/* Interposed calls that make, name, connect and set up sockets. */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "address.h"
#include "boot_client.h"
#include "bypass.h"
#include "client.h"
#include "connection.h"
#include "datagram.h"
#include "descriptor.h"
#include "libc_real.h"
#include "pointer.h"
#include "socket_options.h"
#include "view_client.h"

/* Internet sockets are the stack's; the rest stays with the kernel. */
static bool is_for_stack(int family, int type)
{
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (family != AF_INET && family != AF_INET6)
		return false;
	return kind == SOCK_STREAM || kind == SOCK_DGRAM || kind == SOCK_RAW;
}

static int open_socket(int family, int type, int protocol)
{
	int result = client_start();

	if (result < 0)
		return result;
	if (view_wants(family, type, protocol))
		return view_open_socket(family, type, protocol, NULL);
	if ((type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM)
		return connection_open(family, type, protocol);
	return datagram_open(family, type, protocol);
}

INTERPOSED int socket(int family, int type, int protocol)
{
	if (family == AF_NETLINK && view_refuses(protocol) &&
	    client_is_this_process()) {
		view_say_refused();
		return (int)libc_result(-EPROTONOSUPPORT);
	}
	if ((!is_for_stack(family, type) &&
	     !view_wants(family, type, protocol)) ||
	    !client_is_this_process())
		return libc_real.socket(family, type, protocol);
	return (int)libc_result(open_socket(family, type, protocol));
}

/* ------------------------------------------------------- bind and connect */

static int bind_endpoint(const struct descriptor *descriptor,
			 const struct sockaddr *name, socklen_t name_len)
{
	struct client_call call = DESCRIPTOR_CALL(descriptor, PYT_OP_BIND);
	int family = descriptor->slot->family;
	bool is_raw = descriptor->slot->type == SOCK_RAW;
	struct pyt_sockaddr local;
	struct sockaddr_in in;
	int result = address_get(family, false, name, name_len, &local);

	/*
	 * ip(7): AF_UNSPEC passes for bind() if the address is INADDR_ANY; for
	 * a raw socket anything does.
	 */
	if (result == -EAFNOSUPPORT && family == AF_INET &&
	    (is_raw || name->sa_family == AF_UNSPEC)) {
		memcpy(&in, name, sizeof(in));
		in.sin_family = AF_INET;
		if (is_raw || in.sin_addr.s_addr == INADDR_ANY)
			result = address_get(family, false,
					     (struct sockaddr *)&in, sizeof(in),
					     &local);
	}
	if (result == -EAFNOSUPPORT && family == AF_INET6 && is_raw)
		result = -EINVAL;
	if (result < 0)
		return result;
	if (bypass_is_wanted(&local)) {
		result = bypass_replace(descriptor);
		if (result < 0)
			return result;
		return (int)libc_raw(SYS_bind, descriptor->fd, name,
				     (size_t)name_len);
	}
	call.address = &local;
	boot_wait_for(&local.ip, descriptor->fd, 0);
	result = client_call(&call);
	return result < 0 ? result : 0;
}

INTERPOSED int bind(int fd, const struct sockaddr *name, socklen_t name_len)
{
	struct descriptor descriptor;

	if (!descriptor_get(fd, &descriptor))
		return libc_real.bind(fd, name, name_len);
	if (view_is(&descriptor))
		return (int)libc_result(view_bind(&descriptor, name, name_len));
	return (int)libc_result(bind_endpoint(&descriptor, name, name_len));
}

static int disconnect(struct descriptor *descriptor)
{
	struct client_call call =
		DESCRIPTOR_CALL(descriptor, PYT_OP_DISCONNECT);

	if (descriptor->kind == DESCRIPTOR_STREAM)
		return connection_disconnect(descriptor);
	return client_call(&call);
}

static int connect_endpoint(struct descriptor *descriptor,
			    const struct sockaddr *name, socklen_t name_len)
{
	bool is_stream = descriptor->kind == DESCRIPTOR_STREAM;
	struct pyt_sockaddr peer;
	int result;

	if (name_len < sizeof(name->sa_family))
		return -EINVAL;
	if (pointer_is_wrong(name))
		return -EFAULT;
	if (view_is(descriptor))
		return view_connect(descriptor, name, name_len);
	if (name->sa_family == AF_UNSPEC)
		return disconnect(descriptor);
	if (is_stream) {
		result = connection_look_before_connect(descriptor);
		if (result != CONNECTION_UNCONNECTED)
			return result;
	}
	result = address_get(descriptor->slot->family, !is_stream, name,
			     name_len, &peer);
	if (result < 0)
		return result;
	if (bypass_is_wanted(&peer)) {
		result = bypass_replace(descriptor);
		if (result < 0)
			return result;
		result = libc_real.connect(descriptor->fd, name, name_len);
		return result < 0 ? -errno : result;
	}
	result = is_stream ? connection_connect_to(descriptor, &peer)
			   : datagram_connect_to(descriptor, &peer);
	return result < 0 ? result : 0;
}

INTERPOSED int connect(int fd, const struct sockaddr *peer, socklen_t peer_len)
{
	struct descriptor descriptor;

	if (!descriptor_get(fd, &descriptor))
		return libc_real.connect(fd, peer, peer_len);
	return (int)libc_result(connect_endpoint(&descriptor, peer, peer_len));
}

INTERPOSED int __connect(int fd, const struct sockaddr *peer,
			 socklen_t peer_len)
{
	return connect(fd, peer, peer_len);
}

/* ------------------------------------------------------- listen and accept */

INTERPOSED int listen(int fd, int backlog)
{
	struct descriptor descriptor;
	int result = -EOPNOTSUPP;

	if (!descriptor_get(fd, &descriptor))
		return libc_real.listen(fd, backlog);
	if (descriptor.kind == DESCRIPTOR_STREAM)
		result = connection_listen(&descriptor, backlog);
	return (int)libc_result(result < 0 ? result : 0);
}

INTERPOSED int accept4(int fd, struct sockaddr *peer, socklen_t *peer_len,
		       int flags)
{
	struct descriptor descriptor;
	int result = -EOPNOTSUPP;

	if (!descriptor_get(fd, &descriptor))
		return libc_real.accept4(fd, peer, peer_len, flags);
	if (descriptor.kind == DESCRIPTOR_STREAM)
		result = connection_accept4(&descriptor, peer, peer_len, flags);
	return (int)libc_result(result);
}

INTERPOSED int accept(int fd, struct sockaddr *peer, socklen_t *peer_len)
{
	struct descriptor descriptor;

	if (!descriptor_get(fd, &descriptor))
		return libc_real.accept(fd, peer, peer_len);
	return accept4(fd, peer, peer_len, 0);
}

/* ------------------------------------------------------------------- names */

/*
 * A datagram socket gets its port when the stack sees its first message:
 * what the slot does not know yet is asked.
 */
static void local_name(const struct descriptor *descriptor,
		       struct pyt_sockaddr *local)
{
	struct client_call call = DESCRIPTOR_CALL(descriptor, PYT_OP_STATUS);
	struct pyt_socket_status status;
	struct descriptor_names names;

	descriptor_read_names(descriptor, &names);
	*local = names.local;
	if (descriptor->kind != DESCRIPTOR_DATAGRAM || local->port)
		return;
	call.answer = &status;
	call.answer_len = sizeof(status);
	if (client_call(&call) >= 0 && call.answer_len == sizeof(status))
		*local = status.local;
}

INTERPOSED int getsockname(int fd, struct sockaddr *name, socklen_t *name_len)
{
	struct descriptor descriptor;
	struct pyt_sockaddr local;

	if (!descriptor_get_to_set(fd, &descriptor))
		return libc_real.getsockname(fd, name, name_len);
	if (view_is(&descriptor))
		return (int)libc_result(view_name(&descriptor, name, name_len));
	local_name(&descriptor, &local);
	if (descriptor.slot->type == SOCK_RAW)
		local.port = (uint16_t)descriptor.slot->protocol;
	return (int)libc_result(
		address_put(descriptor.slot->family, &local, name, name_len));
}

INTERPOSED int getpeername(int fd, struct sockaddr *name, socklen_t *name_len)
{
	struct descriptor descriptor;
	struct descriptor_names names;

	if (!descriptor_get_to_set(fd, &descriptor))
		return libc_real.getpeername(fd, name, name_len);
	if (view_is(&descriptor))
		return (int)libc_result(
			view_peer_name(&descriptor, name, name_len));
	descriptor_read_names(&descriptor, &names);
	/* Reset, or timed out; Linux wants a port to call it connected. */
	if (!(descriptor_flags(&descriptor) & PYT_SLOT_CONNECTED) ||
	    names.tcp_state == TCP_CLOSE || names.peer.port == 0)
		return (int)libc_result(-ENOTCONN);
	return (int)libc_result(address_put(descriptor.slot->family,
					    &names.peer, name, name_len));
}

/* ----------------------------------------------------------------- options */

INTERPOSED int getsockopt(int fd, int level, int option, void *value,
			  socklen_t *value_len)
{
	struct descriptor descriptor;

	if (!descriptor_get_to_set(fd, &descriptor))
		return libc_real.getsockopt(fd, level, option, value,
					    value_len);
	if (view_is(&descriptor))
		return (int)libc_result(view_get_option(
			&descriptor, level, option, value, value_len));
	return (int)libc_result(socket_options_get(&descriptor, level, option,
						   value, value_len));
}

INTERPOSED int setsockopt(int fd, int level, int option, const void *value,
			  socklen_t value_len)
{
	struct descriptor descriptor;

	if (!descriptor_get_to_set(fd, &descriptor))
		return libc_real.setsockopt(fd, level, option, value,
					    value_len);
	if (view_is(&descriptor))
		return (int)libc_result(view_set_option(
			&descriptor, level, option, value, value_len));
	return (int)libc_result(socket_options_set(&descriptor, level, option,
						   value, value_len));
}

INTERPOSED int shutdown(int fd, int how)
{
	struct descriptor descriptor;
	int result;

	if (!descriptor_get(fd, &descriptor))
		return libc_real.shutdown(fd, how);
	result = descriptor.kind == DESCRIPTOR_STREAM
			 ? connection_shutdown(&descriptor, how)
			 : datagram_shutdown(&descriptor, how);
	return (int)libc_result(result < 0 ? result : 0);
}
