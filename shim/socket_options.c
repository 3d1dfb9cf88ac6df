/* getsockopt(2) and setsockopt(2): the endpoint's, the slot's, the stack's. */
#include "socket_options.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>

#include "address.h"
#include "client.h"
#include "connection.h"
#include "datagram.h"
#include "error_queue.h"
#include "lane_io.h"
#include "libc_real.h"
#include "low_water.h"
#include "own_options.h"
#include "pointer.h"

#ifndef TCP_AO_GET_KEYS
#define TCP_AO_GET_KEYS 41 /* linux/tcp.h, since 6.7 */
#endif

/* What the slot knows; false: it is not there. */
static bool read_slot(const struct descriptor *descriptor, int option,
		      int *value)
{
	const struct pyt_slot *slot = descriptor->slot;

	switch (option) {
	case SO_TYPE:
		*value = slot->type;
		return true;
	case SO_DOMAIN:
		*value = slot->family;
		return true;
	case SO_PROTOCOL:
		*value = slot->protocol;
		return true;
	case SO_ACCEPTCONN:
		*value = (descriptor_flags(descriptor) & PYT_SLOT_LISTENING) !=
			 0;
		return true;
	case SO_ERROR:
		*value = descriptor->kind == DESCRIPTOR_DATAGRAM
				 ? datagram_take_error(descriptor)
				 : descriptor_take_error(descriptor);
		return true;
	default:
		return false;
	}
}

static bool is_filter(int level, int option)
{
	return (level == IPPROTO_IP || level == IPPROTO_IPV6) &&
	       (option == MCAST_MSFILTER ||
		(option == IP_MSFILTER && level == IPPROTO_IP));
}

/* getsockopt(2) that reads what it is to give: TCP-AO's list of keys, the
 * source filter of a group. */
static bool is_question(int level, int option)
{
	return is_filter(level, option) ||
	       (level == IPPROTO_TCP && option == TCP_AO_GET_KEYS);
}

/* A source filter that does not fit a request goes by a file; its length, or
 * of what the answer is. */
static int call_wide(struct client_call *call, const void *value,
		     socklen_t value_len)
{
	long fd = libc_raw(SYS_memfd_create, "pyt option", MFD_CLOEXEC);
	int result = -ENOBUFS, none;

	if (fd < 0)
		return (int)fd;
	call->op = PYT_OP_WIDE_OPTION;
	call->args[2] = (int)value_len;
	call->sends_fd = true;
	call->fd = (int)fd;
	if (libc_raw(SYS_pwrite64, fd, value, (size_t)value_len, 0L) ==
	    (long)value_len)
		result = client_call_for_fd(call, &none);
	return result;
}

static int set_wide(struct client_call *call, const void *value,
		    socklen_t value_len)
{
	int result;

	if (value_len > PYT_WIDE_OPTION_MAX)
		return -ENOBUFS; /* net.core.optmem_max */
	call->args[3] = PYT_WIDE_SET;
	result = call_wide(call, value, value_len);
	if (call->sends_fd)
		libc_raw(SYS_close, call->fd);
	return result < 0 ? result : 0;
}

static int get_wide(struct client_call *call, void *value, socklen_t *value_len)
{
	socklen_t room = *value_len < PYT_WIDE_OPTION_MAX ? *value_len
							  : PYT_WIDE_OPTION_MAX;
	int result;

	call->args[3] = PYT_WIDE_GET;
	call->data_len = 0;
	result = call_wide(call, value, room);
	if (result > 0 && libc_raw(SYS_pread64, call->fd, value, (size_t)result,
				   0L) != result)
		result = -ENOBUFS;
	if (call->sends_fd)
		libc_raw(SYS_close, call->fd);
	if (result < 0)
		return result;
	*value_len = (socklen_t)result;
	return 0;
}

/* There Linux reads the length before it looks at the option. */
static bool is_own_level(const struct descriptor *descriptor, int level)
{
	const struct pyt_slot *slot = descriptor->slot;

	if (level == SOL_RAW)
		return slot->type == SOCK_RAW && slot->family == AF_INET6;
	return level == SOL_SOCKET || level == IPPROTO_IP ||
	       level == IPPROTO_IPV6 || level == IPPROTO_TCP ||
	       level == IPPROTO_UDP;
}

/*
 * No room, or no length: what is wrong with the option itself comes first, and
 * some have nothing to say.
 */
static int get_nothing(const struct descriptor *descriptor,
		       struct client_call *call, int level, int option,
		       const socklen_t *value_len)
{
	uint8_t room[PYT_CONTROL_DATA_MAX];
	int len = value_len ? (int)*value_len : 0;
	int result;

	if (is_own_level(descriptor, level)) {
		if (!value_len)
			return -EFAULT;
		if (len < 0)
			return -EINVAL;
	}
	call->args[0] = level;
	call->args[1] = option;
	call->args[2] = len > 0 && len < PYT_CONTROL_DATA_MAX ? len : 0;
	call->answer = room;
	call->answer_len = sizeof(room);
	result = client_call(call);
	if (result == -ENOPROTOOPT || result == -EOPNOTSUPP)
		return result;
	if (!value_len)
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	return result < 0 || call->answer_len == 0 ? result : -EFAULT;
}

/* The peer's address, cut to what is asked for. */
static int get_peer_name(const struct descriptor *descriptor, void *value,
			 const socklen_t *value_len)
{
	struct sockaddr_storage name;
	struct descriptor_names names;

	descriptor_read_names(descriptor, &names);
	if (!(descriptor_flags(descriptor) & PYT_SLOT_CONNECTED) ||
	    names.peer.port == 0)
		return -ENOTCONN;
	if (address_format(descriptor->slot->family, &names.peer, &name) <
	    *value_len)
		return -EINVAL;
	memcpy(value, &name, *value_len);
	return 0;
}

/* SO_MEMINFO: the endpoint's bytes wait for the program, or the stack. */
static void add_endpoint(const struct descriptor *descriptor, uint32_t *info,
			 socklen_t len)
{
	int received = 0, sent = 0;

	if (descriptor_flags(descriptor) & PYT_SLOT_LISTENING)
		return;
	libc_raw(SYS_ioctl, descriptor->fd, (long)SIOCINQ, &received);
	libc_raw(SYS_ioctl, descriptor->fd, (long)SIOCOUTQ, &sent);
	if (len > SK_MEMINFO_RMEM_ALLOC * sizeof(*info) + 3)
		info[SK_MEMINFO_RMEM_ALLOC] += (uint32_t)received;
	if (len > SK_MEMINFO_WMEM_ALLOC * sizeof(*info) + 3)
		info[SK_MEMINFO_WMEM_ALLOC] += (uint32_t)sent;
}

int socket_options_get(const struct descriptor *descriptor, int level,
		       int option, void *value, socklen_t *value_len)
{
	struct client_call call =
		DESCRIPTOR_CALL(descriptor, PYT_OP_GET_OPTION);
	int known, result;

	if (own_options_has(descriptor->kind, level, option))
		return (int)libc_raw(SYS_getsockopt, descriptor->fd, level,
				     option, value, value_len);
	if (value && value_len && (int)*value_len < 0 && level == IPPROTO_IPV6)
		*value_len = PYT_CONTROL_DATA_MAX; /* Linux reads no sign */
	if (!value || !value_len || (int)*value_len < 0)
		return get_nothing(descriptor, &call, level, option, value_len);
	if (level == SOL_SOCKET && option == SO_PEERNAME)
		return get_peer_name(descriptor, value, value_len);
	if (level == SOL_SOCKET && read_slot(descriptor, option, &known)) {
		if (*value_len > sizeof(known))
			*value_len = sizeof(known);
		memcpy(value, &known, *value_len);
		return 0;
	}
	call.args[0] = level;
	call.args[1] = option;
	call.args[2] =
		(int)(*value_len < PYT_CONTROL_DATA_MAX ? *value_len
							: PYT_CONTROL_DATA_MAX);
	if (is_question(level, option)) {
		call.data = value;
		call.data_len = (uint32_t)call.args[2];
	}
	if (is_filter(level, option) && *value_len > PYT_CONTROL_DATA_MAX)
		return get_wide(&call, value, value_len);
	call.answer = value;
	call.answer_len = (uint32_t)call.args[2];
	result = client_call(&call);
	if (result < 0)
		return result;
	*value_len = call.answer_len;
	if (level == SOL_SOCKET && option == SO_MEMINFO)
		add_endpoint(descriptor, value, *value_len);
	return 0;
}

/*
 * Switches that every stream socket takes: nothing to wait for. What comes
 * later over the control connection still finds them set.
 */
static bool cannot_fail(const struct descriptor *descriptor, int level,
			int option, socklen_t value_len)
{
	if (descriptor->kind != DESCRIPTOR_STREAM || value_len < sizeof(int))
		return false;
	if (level == SOL_SOCKET)
		return option == SO_KEEPALIVE || option == SO_REUSEADDR;
	return level == IPPROTO_TCP &&
	       (option == TCP_NODELAY || option == TCP_CORK);
}

/* What a listener was given before listen() was looked at then. */
static int set_own(const struct descriptor *descriptor, int option,
		   const void *value, socklen_t value_len)
{
	struct client_call call =
		DESCRIPTOR_CALL(descriptor, PYT_OP_OWN_OPTIONS);
	int result;

	lane_avoid(descriptor);
	result = (int)libc_raw(SYS_setsockopt, descriptor->fd, SOL_SOCKET,
			       option, value, (size_t)value_len);
	if (result == 0 && descriptor_flags(descriptor) & PYT_SLOT_LISTENING)
		client_call(&call);
	if (result == 0 && option == SO_RCVLOWAT &&
	    descriptor->kind == DESCRIPTOR_STREAM)
		result = low_water_on_option(descriptor);
	return result;
}

/* NULL is Linux's 0 at level IPPROTO_IPV6, but for what is no number. */
static bool stands_for_zero(const struct descriptor *descriptor, int level,
			    int option)
{
	if (level != IPPROTO_IPV6)
		return false;
	switch (option) {
	case IPV6_CHECKSUM:
	case IPV6_HDRINCL:
		return descriptor->slot->type != SOCK_RAW;
	case IPV6_2292PKTOPTIONS:
	case IPV6_JOIN_GROUP:
	case IPV6_LEAVE_GROUP:
	case IPV6_JOIN_ANYCAST:
	case IPV6_LEAVE_ANYCAST:
		return false;
	default:
		return option < MCAST_JOIN_GROUP || option > MCAST_MSFILTER;
	}
}

static bool sets_send_room(const struct descriptor *descriptor, int level,
			   int option)
{
	return descriptor->kind == DESCRIPTOR_STREAM && level == SOL_SOCKET &&
	       (option == SO_SNDBUF || option == SO_SNDBUFFORCE);
}

/* A descriptor of an eBPF program; Linux's answer to what is none. */
static int look_for_program(const void *value, socklen_t value_len)
{
	int fd;

	if (value_len < sizeof(fd))
		return 0;
	memcpy(&fd, value, sizeof(fd));
	return libc_raw(SYS_fcntl, fd, F_GETFD, 0L) < 0 ? -EBADF : 0;
}

/*
 * struct sock_fprog points to its instructions: of datagrams' filters they go
 * along instead.
 */
static int take_filter(const struct descriptor *descriptor,
		       struct client_call *call)
{
	struct sock_fprog program;

	if (call->data_len != sizeof(program))
		return -EINVAL;
	memcpy(&program, call->data, sizeof(program));
	if (!program.filter || !program.len || program.len > BPF_MAXINSNS)
		return -EINVAL;
	if (descriptor->kind != DESCRIPTOR_DATAGRAM ||
	    call->args[1] != SO_ATTACH_FILTER)
		return client_call(call);
	if (pointer_is_wrong(program.filter))
		return -EFAULT;
	if (program.len * sizeof(*program.filter) > PYT_CONTROL_DATA_MAX)
		return -ENOMEM;
	call->data = program.filter;
	call->data_len = program.len * (uint32_t)sizeof(*program.filter);
	return client_call(call);
}

/* value: a sound pointer. */
static int set_filter(const struct descriptor *descriptor,
		      struct client_call *call)
{
	int result = 0;

	switch (call->args[1]) {
	case SO_ATTACH_FILTER:
	case SO_ATTACH_REUSEPORT_CBPF:
		return take_filter(descriptor, call);
	case SO_ATTACH_BPF:
	case SO_ATTACH_REUSEPORT_EBPF:
		result = look_for_program(call->data, call->data_len);
		break;
	}
	return result < 0 ? result : client_call(call);
}

int socket_options_set(const struct descriptor *descriptor, int level,
		       int option, const void *value, socklen_t value_len)
{
	struct client_call call =
		DESCRIPTOR_CALL(descriptor, PYT_OP_SET_OPTION);
	static const int zero;
	int result;

	if (level == PYT_LEVEL && option == PYT_LEVEL_KEEP_BYTE &&
	    descriptor->kind == DESCRIPTOR_STREAM) {
		connection_keep_byte(descriptor, PYT_KEEP_ALONE);
		return 0;
	}
	if (own_options_has(descriptor->kind, level, option))
		return set_own(descriptor, option, value, value_len);
	if ((int)value_len < 0 ||
	    (value_len > PYT_CONTROL_DATA_MAX && !is_filter(level, option)))
		return -EINVAL;
	if (!value && value_len && !stands_for_zero(descriptor, level, option))
		return -EFAULT;
	if (!value && value_len) {
		value = &zero;
		value_len = sizeof(zero);
	}
	call.args[0] = level;
	call.args[1] = option;
	if (value_len > PYT_CONTROL_DATA_MAX)
		return set_wide(&call, value, value_len);
	call.data = value;
	call.data_len = value_len;
	if (cannot_fail(descriptor, level, option, value_len)) {
		call.args[3] = PYT_NO_REPLY;
		client_tell(&call);
		return 0;
	}
	result = level == SOL_SOCKET ? set_filter(descriptor, &call)
				     : client_call(&call);
	if (result >= 0)
		error_queue_on_option(level, option);
	if (result >= 0 && sets_send_room(descriptor, level, option))
		connection_limit(descriptor);
	return result < 0 ? result : 0;
}
