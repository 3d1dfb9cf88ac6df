/*
 * Options of SOL_SOCKET that are more than a number to remember: buffers,
 * devices, what only can be read, what Linux refuses and what we do.
 * socket(7).
 */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/net_tstamp.h>

#include "socket/socket_place.h"

/* Linux's floors: SOCK_MIN_SNDBUF and SOCK_MIN_RCVBUF. */
#define SEND_BUFFER_MIN 4608
#define RECEIVE_BUFFER_MIN 2304

#ifndef SO_RESERVE_MEM
#define SO_RESERVE_MEM 73
#endif
#ifndef SO_TXREHASH
#define SO_TXREHASH 74
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#define SO_PEERPIDFD 77
#endif

#define BPF_EXTENSIONS_LAST 64 /* linux/filter.h: SKF_AD_MAX */
#define MEMINFO_VARS 9 /* linux/sock_diag.h: SK_MEMINFO_VARS */
#define STAMP_OPT_ID (1u << 7) /* linux/net_tstamp.h */
#define STAMP_BIND_PHC (1u << 15)
#define STAMP_MASK ((1u << 19) - 1)
#define BUF_LOCK_MASK 3
/* clock_gettime(2)'s, whose header is not for us */
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_TAI 11

/* Of AF_UNIX alone, or of other kinds: EOPNOTSUPP both ways. */
static bool is_of_others(const struct socket *socket, int name)
{
	switch (name) {
	case SO_PASSCRED:
	case SO_PASSSEC:
	case SO_PASSPIDFD:
		return true;
	case SO_TXREHASH:
		return !socket->tcp;
	case SO_PEEK_OFF: /* an endpoint's, or nobody's */
		return socket->kind != SOCKET_UDP;
	default:
		return false;
	}
}

/* Clamped, then doubled, which is what getsockopt(2) shows: socket(7). */
static int set_buffer(struct socket *socket, int name, int number,
		      int64_t now_us)
{
	const struct socket_limits *limits = &socket->room->limits;
	bool send = name == SO_SNDBUF || name == SO_SNDBUFFORCE;
	bool force = name == SO_SNDBUFFORCE || name == SO_RCVBUFFORCE;
	int max = send ? limits->wmem_max : limits->rmem_max;
	int min = send ? SEND_BUFFER_MIN : RECEIVE_BUFFER_MIN;
	struct socket_options *own;
	int doubled;

	if (force || max > INT_MAX / 2) /* whoever runs the stack may */
		max = INT_MAX / 2;
	if (number < 0 && force)
		number = 0;
	if (number < 0 || number > max)
		number = max;
	doubled = 2 * number < min ? min : 2 * number;
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	if (send)
		own->send_buffer = doubled;
	else
		own->receive_buffer = doubled;
	if (!socket->tcp)
		return 0;
	return tcp_set_option(socket->tcp, SOL_SOCKET, name, &number,
			      sizeof(number), now_us);
}

/* Whether there is such a device is seen when a packet wants to leave. */
static int bind_to_index(struct socket *socket, int ifindex)
{
	int old = socket->bound_ifindex, error;

	if (ifindex < 0)
		return -EINVAL;
	socket->bound_ifindex = ifindex;
	error = socket_place_move(socket);
	if (error)
		socket->bound_ifindex = old;
	return error;
}

static int bind_to_device(struct socket *socket, const char *name, uint32_t len)
{
	char text[IFNAMSIZ] = { 0 };

	memcpy(text, name, len < IFNAMSIZ ? len : IFNAMSIZ - 1);
	if (text[0] == 0)
		return bind_to_index(socket, 0);
	for (int i = 1; i <= IFACE_MAX; i++) {
		const struct iface *iface = ip_iface(socket->room->ip, i);

		if (iface && strcmp(iface->config.name, text) == 0)
			return bind_to_index(socket, i);
	}
	return -ENODEV;
}

/* SO_TIMESTAMP and SO_TIMESTAMPNS are one switch with two forms, each of them
 * in two versions, of which one is in use for SO_TIMESTAMPING as well. */
static int set_timestamp(struct socket_options *own, int name, int number)
{
	bool ns = name == SO_TIMESTAMPNS || name == SO_TIMESTAMPNS_NEW;

	own->timestamp = number && !ns;
	own->timestamp_ns = number && ns;
	if (number)
		own->timestamp_new =
			name == SO_TIMESTAMP_NEW || name == SO_TIMESTAMPNS_NEW;
	return 0;
}

/* Of all that can be asked for, received messages get their time. */
static int set_timestamping(const struct socket *socket,
			    struct socket_options *own, int name, int number)
{
	uint32_t flags = (uint32_t)number;

	if (flags & ~STAMP_MASK)
		return -EINVAL;
	if (socket->tcp && flags & STAMP_OPT_ID &&
	    (!socket->connected || socket->listener))
		return -EINVAL;
	if (flags & STAMP_BIND_PHC)
		return -EOPNOTSUPP;
	own->timestamping = number;
	own->timestamp_new = name == SO_TIMESTAMPING_NEW;
	return 0;
}

/* Bytes a second, 4 bytes of them or 8; all ones: no limit. */
static int set_pacing_rate(struct socket_options *own, const void *value,
			   uint32_t value_len)
{
	uint64_t rate;
	uint32_t small;

	if (value_len == sizeof(rate)) {
		memcpy(&rate, value, sizeof(rate));
	} else {
		memcpy(&small, value, sizeof(small));
		rate = small == UINT32_MAX ? UINT64_MAX : small;
	}
	own->max_pacing_rate = rate;
	return 0;
}

static int set_lock_filter(struct socket_options *own, int number)
{
	if (own->lock_filter && !number)
		return -EPERM;
	own->lock_filter = number != 0;
	return 0;
}

/* Programs for the kernel's machine: there is nothing here to run them. */
static int set_filter(const struct socket *socket, int name, uint32_t value_len)
{
	bool classic =
		name == SO_ATTACH_FILTER || name == SO_ATTACH_REUSEPORT_CBPF;

	if (name == SO_DETACH_FILTER)
		return -ENOENT;
	if (name == SO_DETACH_REUSEPORT_BPF)
		return socket->options->reuse_port ? -ENOENT : -EINVAL;
	/* As for something that is no such program. */
	return classic && value_len == 2 * sizeof(void *) ? -ENOPROTOOPT
							  : -EINVAL;
}

/* Those for which a number is kept. */
static int set_kept(struct socket *socket, int name, const void *value,
		    uint32_t value_len, int number)
{
	struct socket_options *own = socket_options_own(socket);

	if (!own)
		return -ENOBUFS;
	switch (name) {
	case SO_RCVLOWAT:
		if (socket->tcp)
			number = (int)tcp_low_water(socket->tcp, number);
		own->receive_low_water = number > 0 ? number : 1;
		return 0;
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_NEW:
		return set_timestamp(own, name, number);
	case SO_TIMESTAMPING:
	case SO_TIMESTAMPING_NEW:
		return set_timestamping(socket, own, name, number);
	case SO_MAX_PACING_RATE:
		return set_pacing_rate(own, value, value_len);
	case SO_LOCK_FILTER:
		return set_lock_filter(own, number);
	case SO_BUF_LOCK:
		if (number & ~BUF_LOCK_MASK)
			return -EINVAL;
		own->buf_lock = (uint8_t)number;
		return 0;
	case SO_TXREHASH:
		if (number < -1 || number > 1)
			return -EINVAL;
		own->tx_rehash = number != 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* Kept for who sends: the engine itself copies nothing. */
static int set_zerocopy(struct socket *socket, int number)
{
	struct socket_options *own;

	if (socket->kind != SOCKET_TCP && socket->kind != SOCKET_UDP)
		return -EOPNOTSUPP;
	if (number < 0 || number > 1)
		return -EINVAL;
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	own->zerocopy = (uint8_t)number;
	return 0;
}

/*
 * Kept, and SCM_TXTIME's times without effect: as on a link of Linux's whose
 * queueing discipline does not look at them, which is the default.
 */
static int set_tx_time(struct socket *socket, const void *value,
		       uint32_t value_len)
{
	struct sock_txtime asked;
	struct socket_options *own;

	if (value_len != sizeof(asked))
		return -EINVAL;
	memcpy(&asked, value, sizeof(asked));
	if (asked.flags & ~(uint32_t)SOF_TXTIME_FLAGS_MASK ||
	    (asked.clockid != CLOCK_REALTIME &&
	     asked.clockid != CLOCK_MONOTONIC && asked.clockid != CLOCK_TAI))
		return -EINVAL;
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	own->tx_time = 1;
	own->tx_time_clock = asked.clockid;
	own->tx_time_flags = (uint8_t)asked.flags;
	return 0;
}

static int set_number(struct socket *socket, int name, const void *value,
		      uint32_t value_len, int number)
{
	switch (name) {
	case SO_ATTACH_FILTER:
	case SO_DETACH_FILTER:
	case SO_ATTACH_BPF:
	case SO_ATTACH_REUSEPORT_CBPF:
	case SO_ATTACH_REUSEPORT_EBPF:
	case SO_DETACH_REUSEPORT_BPF:
		return set_filter(socket, name, value_len);
	case SO_BSDCOMPAT:
	case SO_CNX_ADVICE: /* there is one way only */
		return 0;
	case SO_ZEROCOPY:
		return set_zerocopy(socket, number);
	case SO_RESERVE_MEM:
		return number < 0 ? -EINVAL : -EOPNOTSUPP;
	case SO_BUSY_POLL_BUDGET:
		return number < 0 || number > UINT16_MAX ? -EINVAL : 0;
	case SO_TXTIME:
		return set_tx_time(socket, value, value_len);
	default:
		return set_kept(socket, name, value, value_len, number);
	}
}

int socket_option_set_socket(struct socket *socket, int name, const void *value,
			     uint32_t value_len, int64_t now_us)
{
	int number = 0;

	if (name == SO_BINDTODEVICE)
		return bind_to_device(socket, value, value_len);
	if (name == SO_RCVTIMEO || name == SO_SNDTIMEO)
		return value_len < sizeof(struct timeval) ? -EINVAL : 0;
	if (name == SO_LINGER && !socket->tcp)
		return value_len < sizeof(struct linger) ? -EINVAL : 0;
	if (value_len < sizeof(number))
		return -EINVAL;
	if (is_of_others(socket, name))
		return -EOPNOTSUPP;
	memcpy(&number, value, sizeof(number));

	switch (name) {
	case SO_SNDBUF:
	case SO_RCVBUF:
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		return set_buffer(socket, name, number, now_us);
	case SO_BINDTOIFINDEX:
		return bind_to_index(socket, number);
	default:
		break;
	}
	if (socket->tcp) {
		int error = tcp_set_option(socket->tcp, SOL_SOCKET, name, value,
					   value_len, now_us);

		if (error != -ENOPROTOOPT)
			return error;
	}
	return set_number(socket, name, value, value_len, number);
}

/* --------------------------------------------------------------------- get */

static int get_device(const struct socket *socket, void *value,
		      uint32_t value_len)
{
	const struct iface *iface =
		ip_iface(socket->room->ip, socket->bound_ifindex);
	uint32_t len;

	if (!socket->bound_ifindex)
		return 0;
	if (value_len < IFNAMSIZ)
		return -EINVAL;
	if (!iface)
		return -ENODEV;
	len = (uint32_t)strlen(iface->config.name) + 1;
	return socket_option_put(value, value_len, iface->config.name, len);
}

/* What is not the same for all sockets, though nobody set it. */
static int get_fact(struct socket *socket, int name, int *number)
{
	switch (name) {
	case SO_TYPE:
		*number = socket->type;
		return 0;
	case SO_DOMAIN:
		*number = socket->family;
		return 0;
	case SO_PROTOCOL:
		*number = socket->protocol;
		return 0;
	case SO_ERROR:
		*number = socket_take_error(socket);
		return 0;
	case SO_ACCEPTCONN:
		*number = socket->listener != NULL;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* What setsockopt(2) has kept. */
static int get_kept(const struct socket *socket, int name, int *number)
{
	const struct socket_options *options = socket->options;

	switch (name) {
	case SO_SNDBUF:
		*number = options->send_buffer;
		return 0;
	case SO_RCVBUF:
		*number = options->receive_buffer;
		return 0;
	case SO_RCVLOWAT:
		*number = options->receive_low_water;
		return 0;
	case SO_BINDTOIFINDEX:
		*number = socket->bound_ifindex;
		return 0;
	case SO_TIMESTAMP:
		*number = options->timestamp && !options->timestamp_new;
		return 0;
	case SO_TIMESTAMPNS:
		*number = options->timestamp_ns && !options->timestamp_new;
		return 0;
	case SO_TIMESTAMP_NEW: /* this one does not mind the other form */
		*number = (options->timestamp || options->timestamp_ns) &&
			  options->timestamp_new;
		return 0;
	case SO_TIMESTAMPNS_NEW:
		*number = options->timestamp_ns && options->timestamp_new;
		return 0;
	case SO_LOCK_FILTER:
		*number = options->lock_filter;
		return 0;
	case SO_BUF_LOCK:
		*number = options->buf_lock;
		return 0;
	case SO_ZEROCOPY:
		*number = options->zerocopy;
		return 0;
	case SO_TXREHASH:
		*number = options->tx_rehash;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* What is the same for all. */
static int get_constant(int name, int *number)
{
	switch (name) {
	case SO_SNDLOWAT:
		*number = 1;
		return 0;
	case SO_BPF_EXTENSIONS:
		*number = BPF_EXTENSIONS_LAST;
		return 0;
	case SO_BSDCOMPAT:
	case SO_RESERVE_MEM:
	case SO_INCOMING_NAPI_ID:
		*number = 0;
		return 0;
	case SO_PEERGROUPS:
	case SO_PEERPIDFD:
		return -ENODATA;
	default:
		return -ENOPROTOOPT;
	}
}

/* What SOL_SOCKET shows as one int. */
static int get_number(struct socket *socket, int name, int *number)
{
	int result = get_fact(socket, name, number);

	if (result == -ENOPROTOOPT)
		result = get_kept(socket, name, number);
	if (result == -ENOPROTOOPT)
		result = get_constant(name, number);
	return result;
}

/* Linux shows a kernel of 32 bits what fits. */
static int get_pacing_rate(const struct socket *socket, void *value,
			   uint32_t value_len)
{
	uint64_t rate = socket->options->max_pacing_rate;
	uint32_t small = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate;

	if (value_len < sizeof(rate))
		return socket_option_put(value, value_len, &small,
					 sizeof(small));
	return socket_option_put(value, value_len, &rate, sizeof(rate));
}

/* Without what lies between the engine and the program. */
static int get_meminfo(const struct socket *socket, void *value,
		       uint32_t value_len)
{
	uint32_t info[MEMINFO_VARS] = { 0 };

	struct pyt_socket_status status;

	socket_fill_status(socket, &status);
	info[0] = socket->listener ? 0 : status.receive_queued;
	info[1] = (uint32_t)socket->options->receive_buffer;
	info[2] = info[5] = socket->listener ? 0 : status.send_queued;
	info[3] = (uint32_t)socket->options->send_buffer;
	return socket_option_put(value, value_len, info, sizeof(info));
}

/* Structs; -ENOPROTOOPT: none of them. */
static int get_struct(const struct socket *socket, int name, void *value,
		      uint32_t value_len)
{
	struct timeval none = { 0 };
	struct linger off = { 0 };
	struct ucred nobody = { 0, (uid_t)-1, (gid_t)-1 };
	int timestamping[2] = { socket->options->timestamping, 0 };
	struct sock_txtime txtime = { socket->options->tx_time_clock,
				      socket->options->tx_time_flags };
	uint64_t cookie = (uint64_t)socket->handle + 1;

	switch (name) {
	case SO_BINDTODEVICE:
		return get_device(socket, value, value_len);
	case SO_RCVTIMEO:
	case SO_SNDTIMEO:
		return socket_option_put(value, value_len, &none, sizeof(none));
	case SO_LINGER:
		return socket_option_put(value, value_len, &off, sizeof(off));
	case SO_TIMESTAMPING_NEW:
		if (!socket->options->timestamp_new)
			timestamping[0] = 0;
		return socket_option_put(value, value_len, timestamping,
					 sizeof(timestamping));
	case SO_TIMESTAMPING:
		return socket_option_put(value, value_len, timestamping,
					 sizeof(timestamping));
	case SO_MAX_PACING_RATE:
		return get_pacing_rate(socket, value, value_len);
	case SO_PEERCRED:
		return socket_option_put(value, value_len, &nobody,
					 sizeof(nobody));
	case SO_TXTIME:
		return socket_option_put(value, value_len, &txtime,
					 sizeof(txtime));
	case SO_MEMINFO:
		return get_meminfo(socket, value, value_len);
	case SO_ATTACH_FILTER: /* SO_GET_FILTER: of no instructions */
		return 0;
	case SO_COOKIE:
		if (value_len < sizeof(cookie))
			return -EINVAL;
		return socket_option_put(value, value_len, &cookie,
					 sizeof(cookie));
	case SO_NETNS_COOKIE: /* all sockets are of one network */
		cookie = 1;
		if (value_len != sizeof(cookie))
			return -EINVAL;
		return socket_option_put(value, value_len, &cookie,
					 sizeof(cookie));
	default:
		return -ENOPROTOOPT;
	}
}

int socket_option_get_socket(struct socket *socket, int name, void *value,
			     uint32_t value_len, int64_t now_us)
{
	int number, result;

	if (is_of_others(socket, name))
		return -EOPNOTSUPP;
	if (socket->tcp && name != SO_ERROR) {
		result = tcp_get_option(socket->tcp, SOL_SOCKET, name, value,
					value_len, now_us);
		if (result != -ENOPROTOOPT)
			return result;
	}
	result = get_struct(socket, name, value, value_len);
	if (result != -ENOPROTOOPT)
		return result;
	result = get_number(socket, name, &number);
	if (result)
		return result;
	return socket_option_put(value, value_len, &number, sizeof(number));
}
