/* Sockets that show the system, as the program uses them. */
#include "view_client.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>

#include "bypass.h"
#include "client.h"
#include "datagram.h"
#include "genl.h"
#include "libc_real.h"
#include "log.h"
#include "pointer.h"
#include "view.h"

/* -------------------------------------------------------------------- open */

bool view_wants(int family, int type, int protocol)
{
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (family == AF_NETLINK)
		return (kind == SOCK_RAW || kind == SOCK_DGRAM) &&
		       (protocol == NETLINK_ROUTE ||
			protocol == NETLINK_SOCK_DIAG ||
			protocol == NETLINK_GENERIC);
	return family == AF_PACKET && (kind == SOCK_RAW || kind == SOCK_DGRAM);
}

/*
 * What is not in a stack: packet filters (nft, conntrack, ipset), IPsec. The
 * kernel's would be shown and changed, and would mean nothing for the stack.
 */
bool view_refuses(int protocol)
{
	return protocol == NETLINK_NETFILTER || protocol == NETLINK_XFRM ||
	       protocol == NETLINK_FIB_LOOKUP;
}

void view_say_refused(void)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;

	if (!atomic_flag_test_and_set(&said))
		log_to_program("netlink",
			       "a stack has no packet filters and no IPsec; "
			       "the kernel's: LD_PRELOAD= COMMAND");
}

int view_open_socket(int family, int type, int protocol, const char *name)
{
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);

	return datagram_open_as(descriptor_kind_of(family, kind), family, type,
				protocol, name);
}

/* ------------------------------------------------------------------- names */

int view_bind(const struct descriptor *view, const struct sockaddr *name,
	      socklen_t name_len)
{
	struct client_call call = DESCRIPTOR_CALL(view, PYT_OP_VIEW_BIND);
	int result;

	if (!name)
		return -EFAULT;
	call.data = name;
	call.data_len = name_len < sizeof(struct sockaddr_storage)
				? name_len
				: sizeof(struct sockaddr_storage);
	result = client_call(&call);
	return result < 0 ? result : 0;
}

/* netlink_connect(): to the kernel, which is the only peer here. */
int view_connect(const struct descriptor *view, const struct sockaddr *name,
		 socklen_t name_len)
{
	struct sockaddr_nl peer;

	if (view->kind != DESCRIPTOR_NETLINK)
		return -EOPNOTSUPP;
	if (name->sa_family == AF_UNSPEC)
		return 0;
	if (name->sa_family != AF_NETLINK || name_len < sizeof(peer))
		return -EINVAL;
	memcpy(&peer, name, sizeof(peer));
	return peer.nl_pid || peer.nl_groups ? -EPERM : 0;
}

static int give_name(struct sockaddr *name, socklen_t *name_len,
		     const void *found, socklen_t found_len)
{
	if (!name || !name_len)
		return -EFAULT;
	memcpy(name, found, *name_len < found_len ? *name_len : found_len);
	*name_len = found_len;
	return 0;
}

int view_name(const struct descriptor *view, struct sockaddr *name,
	      socklen_t *name_len)
{
	struct client_call call = DESCRIPTOR_CALL(view, PYT_OP_VIEW_NAME);
	struct sockaddr_storage found;
	int result;

	if (view->kind == DESCRIPTOR_SETTING)
		return -ENOTSOCK;
	call.answer = &found;
	call.answer_len = sizeof(found);
	result = client_call(&call);
	if (result < 0)
		return result;
	return give_name(name, name_len, &found, call.answer_len);
}

int view_peer_name(const struct descriptor *view, struct sockaddr *name,
		   socklen_t *name_len)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (view->kind == DESCRIPTOR_SETTING)
		return -ENOTSOCK;
	if (view->kind == DESCRIPTOR_PACKET)
		return -EOPNOTSUPP;
	return give_name(name, name_len, &kernel, sizeof(kernel));
}

/* ----------------------------------------------------------------- options */

/* What of SOL_SOCKET is not the endpoint's own. */
static bool is_ours(const struct descriptor *view, int option)
{
	switch (option) {
	case SO_ATTACH_FILTER:
	case SO_DETACH_FILTER:
	case SO_LOCK_FILTER:
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS:
	case SO_TIMESTAMPING:
	case SO_BINDTODEVICE:
		return view->kind == DESCRIPTOR_PACKET;
	default:
		return false;
	}
}

static int set_natively(const struct descriptor *view, int option,
			const void *value, socklen_t value_len)
{
	return (int)libc_raw(SYS_setsockopt, view->fd, SOL_SOCKET, option,
			     value, (size_t)value_len);
}

/* struct sock_fprog points to its instructions: they go along instead. */
static int attach_filter(struct client_call *call, const void *value,
			 socklen_t value_len)
{
	struct {
		uint16_t len;
		const void *instructions;
	} program;

	if (value_len != sizeof(program))
		return -EINVAL;
	memcpy(&program, value, sizeof(program));
	if (pointer_is_wrong(program.instructions))
		return -EFAULT;
	call->data = program.instructions;
	call->data_len = program.len * 8u;
	if (call->data_len > PYT_CONTROL_DATA_MAX)
		return -EOPNOTSUPP; /* libpcap then filters by itself */
	return client_call(call);
}

int view_set_option(const struct descriptor *view, int level, int option,
		    const void *value, socklen_t value_len)
{
	struct client_call call = DESCRIPTOR_CALL(view, PYT_OP_VIEW_OPTION);
	int result;

	if (view->kind == DESCRIPTOR_SETTING)
		return -ENOTSOCK;
	if (level == SOL_SOCKET && !is_ours(view, option))
		return set_natively(view, option, value, value_len);
	call.args[0] = level;
	call.args[1] = option;
	if (level == SOL_SOCKET && option == SO_ATTACH_FILTER) {
		result = attach_filter(&call, value, value_len);
	} else {
		call.data = value;
		call.data_len = value ? value_len : 0;
		result = client_call(&call);
	}
	return result < 0 ? result : 0;
}

/* What the endpoint would say of itself. */
static bool own_number(const struct descriptor *view, int option, int *number)
{
	switch (option) {
	case SO_DOMAIN:
		*number = view->slot->family;
		return true;
	case SO_TYPE:
		*number = view->slot->type;
		return true;
	case SO_PROTOCOL:
		*number = view->slot->protocol;
		return true;
	case SO_ERROR:
		*number = descriptor_take_error(view);
		return true;
	default:
		return false;
	}
}

int view_get_option(const struct descriptor *view, int level, int option,
		    void *value, socklen_t *value_len)
{
	struct client_call call = DESCRIPTOR_CALL(view, PYT_OP_VIEW_GET_OPTION);
	int number, result;

	if (view->kind == DESCRIPTOR_SETTING)
		return -ENOTSOCK;
	if (!value || !value_len)
		return -EFAULT;
	if (level == SOL_SOCKET && own_number(view, option, &number)) {
		if (*value_len > sizeof(number))
			*value_len = sizeof(number);
		memcpy(value, &number, *value_len);
		return 0;
	}
	if (level == SOL_SOCKET)
		return (int)libc_raw(SYS_getsockopt, view->fd, level, option,
				     value, value_len);
	call.args[0] = level;
	call.args[1] = option;
	call.data = value; /* PACKET_HDRLEN is asked with a value */
	call.data_len = *value_len;
	call.answer = value;
	call.answer_len = *value_len;
	result = client_call(&call);
	if (result < 0)
		return result;
	*value_len = call.answer_len;
	return 0;
}

/* ----------------------------------------------------------- read and write */

int view_sync(const struct descriptor *view)
{
	struct client_call call = DESCRIPTOR_CALL(view, PYT_OP_VIEW_SYNC);
	int result = client_call(&call);

	return result < 0 ? result : 0;
}

static int check_destination(const struct msghdr *message)
{
	struct sockaddr_nl peer;

	if (!message->msg_name || !message->msg_namelen)
		return 0;
	if (message->msg_namelen < sizeof(peer))
		return -EINVAL;
	memcpy(&peer, message->msg_name, sizeof(peer));
	if (peer.nl_family != AF_NETLINK)
		return -EINVAL;
	return peer.nl_pid ? -ECONNREFUSED : 0;
}

/* The socket becomes one of the kernel's, with the name that it has. */
static ssize_t write_to_kernel(const struct descriptor *view,
			       const struct msghdr *message, int flags)
{
	struct sockaddr_nl name = { 0 };
	socklen_t name_len = sizeof(name);
	ssize_t sent;
	int result;

	view_name(view, (struct sockaddr *)&name, &name_len);
	result = bypass_replace(view);
	if (result < 0)
		return result;
	if (name.nl_pid)
		libc_raw(SYS_bind, view->fd, &name, sizeof(name));
	sent = libc_real.sendmsg(view->fd, message, flags);
	return sent < 0 ? -errno : sent;
}

ssize_t view_write(const struct descriptor *view, const struct msghdr *message,
		   int flags)
{
	struct msghdr plain = { .msg_iov = message->msg_iov,
				.msg_iovlen = message->msg_iovlen };
	ssize_t sent;
	int result;

	if (view->kind == DESCRIPTOR_PACKET)
		return packet_write(view, message, flags);
	if (view->kind == DESCRIPTOR_NETLINK &&
	    view->slot->protocol == NETLINK_GENERIC && genl_is_kernels(message))
		return write_to_kernel(view, message, flags);
	if (view->kind == DESCRIPTOR_NETLINK) {
		result = check_destination(message);
		if (result < 0)
			return result;
	}
	sent = libc_real.sendmsg(view->fd, &plain,
				 (flags & MSG_DONTWAIT) | MSG_NOSIGNAL);
	if (sent < 0)
		return client_is_alive() ? -errno : -ENETDOWN;
	result = view_sync(view);
	return result < 0 ? result : sent;
}

ssize_t view_read(const struct descriptor *view, struct msghdr *message,
		  int flags)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr plain = { .msg_iov = message->msg_iov,
				.msg_iovlen = message->msg_iovlen };
	ssize_t len;
	int error;

	if (view->kind == DESCRIPTOR_PACKET)
		return packet_read(view, message, flags);
	error = descriptor_take_error(view);
	if (error)
		return -error;
	len = libc_real.recvmsg(view->fd, &plain, flags & ~MSG_ERRQUEUE);
	if (len < 0)
		return -errno;
	if (len == 0 && view->kind == DESCRIPTOR_NETLINK)
		return client_is_alive() ? 0 : -ENETDOWN;
	message->msg_flags = plain.msg_flags & MSG_TRUNC;
	message->msg_controllen = 0;
	if (message->msg_name)
		memcpy(message->msg_name, &kernel,
		       message->msg_namelen < sizeof(kernel)
			       ? message->msg_namelen
			       : sizeof(kernel));
	if (message->msg_name)
		message->msg_namelen = sizeof(kernel);
	return len;
}
