/* See socket_calls.h. The order of checks is Linux's. */
#include "socket_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <pyt/control.h>

#include "endpoint.h"
#include "local_names.h"
#include "target.h"

#define OPTION_LEN_MAX 65536
#define ETHTOOL_ROOM 4096 /* of what is asked and answered there */

static struct filter_range range;

void socket_calls_set_range(struct filter_range wanted)
{
	range = wanted;
}

static long result_of(long result)
{
	return result < 0 ? -errno : result;
}

long socket_calls_answer_with(const struct call *call, int fd, bool cloexec)
{
	int number = -1, result = 0;

	if (endpoint_has_messages(fd)) {
		number = target_free_number(call, range.first, range.end);
		result = number < 0 ? number : 0;
	}
	if (result == 0)
		result = target_answer_fd(call, fd, number, cloexec);
	if (result == -EBADF)
		result = -EMFILE; /* it has set itself a lower limit */
	close(fd);
	return result < 0 ? result : CALL_ANSWERED;
}

/* A stream, which the command reads natively. It has the socket only later. */
static void tell_resets(int fd)
{
	if (!endpoint_has_messages(fd))
		setsockopt(fd, PYT_LEVEL, PYT_LEVEL_KEEP_BYTE, NULL, 0);
}

long socket_call_socket(struct call *call)
{
	int type = (int)call->args[1];
	int fd = socket((int)call->args[0], type | SOCK_CLOEXEC,
			(int)call->args[2]);

	if (fd < 0)
		return -errno;
	if (!endpoint_is(fd)) { /* netlink of another kind, SCTP ... */
		close(fd);
		return CALL_CONTINUE;
	}
	tell_resets(fd);
	return socket_calls_answer_with(call, fd, type & SOCK_CLOEXEC);
}

/* ------------------------------------------------------------------- names */

int socket_calls_read_name(const struct call *call, uint64_t at, uint64_t len,
			   struct sockaddr_storage *name)
{
	if ((int)len < 0 || len > sizeof(*name))
		return -EINVAL;
	if (target_read(call, at, name, len) < 0)
		return -EFAULT;
	return (int)len;
}

int socket_calls_write_name(const struct call *call, uint64_t at,
			    uint64_t len_at,
			    const struct sockaddr_storage *name, socklen_t len)
{
	int room = 0;

	if (target_read(call, len_at, &room, sizeof(room)) < 0)
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (target_write(call, at, name,
			 (socklen_t)room < len ? (socklen_t)room : len) < 0 ||
	    target_write(call, len_at, &len, sizeof(len)) < 0)
		return -EFAULT;
	return 0;
}

int socket_calls_pass_on(const struct call *call, uint64_t inode_before)
{
	if (endpoint_inode(call->fd) == inode_before)
		return 0;
	return target_replace_fd(call, (int)call->args[0], call->fd);
}

long socket_call_bind(struct call *call)
{
	struct sockaddr_storage name;
	uint64_t inode = endpoint_inode(call->fd);
	int len = socket_calls_read_name(call, call->args[1],
					 (uint32_t)call->args[2], &name);
	long result;

	if (len < 0)
		return len;
	result = result_of(
		bind(call->fd, (struct sockaddr *)&name, (socklen_t)len));
	socket_calls_pass_on(call, inode);
	return result;
}

/*
 * One that waited is asked by another connect(2), which says how it went:
 * EISCONN, the error, or that it still goes on.
 */
long socket_call_connect(struct call *call)
{
	struct sockaddr_storage name = { 0 };
	uint64_t inode = endpoint_inode(call->fd);
	int len = socket_calls_read_name(call, call->args[1],
					 (uint32_t)call->args[2], &name);
	bool may_wait;
	long result;

	if (len < 0)
		return len;
	if (local_names_has(&name))
		return local_names_hand_over(call);
	may_wait = endpoint_set_nonblocking(call->fd);
	result = result_of(
		connect(call->fd, (struct sockaddr *)&name, (socklen_t)len));
	if (may_wait)
		endpoint_set_blocking(call->fd);
	socket_calls_pass_on(call, inode);
	if (call->waited && result == -EISCONN)
		return 0;
	if (!may_wait || (result != -EINPROGRESS && result != -EALREADY))
		return result;
	if (!call->waited)
		call->deadline_ms = endpoint_deadline_ms(call->fd, SO_SNDTIMEO);
	call->events = POLLOUT;
	call->late = -EINPROGRESS;
	return CALL_WAIT;
}

long socket_call_listen(struct call *call)
{
	return result_of(listen(call->fd, (int)call->args[1]));
}

/*
 * Without a number for it nobody is accepted, nor waited for: what was taken
 * here and could not be handed over would be lost.
 */
long socket_call_accept(struct call *call)
{
	int flags = call->number == SYS_accept4 ? (int)call->args[3] : 0;
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	bool may_wait;
	long result;
	int fd;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	if (target_check_room(call) < 0)
		return -EMFILE;
	may_wait = endpoint_set_nonblocking(call->fd);
	fd = accept4(call->fd, (struct sockaddr *)&name, &len,
		     flags | SOCK_CLOEXEC);
	result = result_of(fd);
	if (may_wait)
		endpoint_set_blocking(call->fd);
	if (result == -EAGAIN && may_wait) {
		if (!call->waited)
			call->deadline_ms =
				endpoint_deadline_ms(call->fd, SO_RCVTIMEO);
		call->events = POLLIN;
		call->late = -EAGAIN;
		return CALL_WAIT;
	}
	if (result < 0)
		return result;
	tell_resets(fd);
	if (call->args[1])
		result = socket_calls_write_name(call, call->args[1],
						 call->args[2], &name, len);
	if (result >= 0)
		return socket_calls_answer_with(call, fd, flags & SOCK_CLOEXEC);
	close(fd);
	return result;
}

long socket_call_name(struct call *call)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	int result =
		call->number == SYS_getsockname
			? getsockname(call->fd, (struct sockaddr *)&name, &len)
			: getpeername(call->fd, (struct sockaddr *)&name, &len);

	if (result < 0)
		return -errno;
	return socket_calls_write_name(call, call->args[1], call->args[2],
				       &name, len);
}

/* ----------------------------------------------------------------- options */

static void *room_for_option(int len)
{
	return len <= OPTION_LEN_MAX ? calloc(1, (size_t)len + 1) : NULL;
}

/*
 * Some options read what they then overwrite. What a negative length or no
 * value means differs between options: libpyt knows.
 */
long socket_call_getsockopt(struct call *call)
{
	int room = 0, result;
	socklen_t len, kept = OPTION_LEN_MAX;
	void *value;

	if (target_read(call, call->args[4], &room, sizeof(room)) < 0)
		return result_of(getsockopt(call->fd, (int)call->args[1],
					    (int)call->args[2], NULL, NULL));
	len = (socklen_t)room;
	if (room >= 0 && len < kept)
		kept = len;
	if (room > OPTION_LEN_MAX)
		len = OPTION_LEN_MAX;
	value = room_for_option(OPTION_LEN_MAX);
	if (!value)
		return -ENOMEM;
	target_read_some(call, call->args[3], value, kept);
	result = (int)result_of(getsockopt(call->fd, (int)call->args[1],
					   (int)call->args[2], value, &len));
	if (len < kept)
		kept = len;
	if (result == 0 &&
	    (target_write(call, call->args[3], value, kept) < 0 ||
	     target_write(call, call->args[4], &len, sizeof(len)) < 0))
		result = -EFAULT;
	free(value);
	return result;
}

static bool option_is_filter(const struct call *call)
{
	return (int)call->args[1] == SOL_SOCKET &&
	       ((int)call->args[2] == SO_ATTACH_FILTER ||
		(int)call->args[2] == SO_ATTACH_REUSEPORT_CBPF);
}

/* program points to its instructions in the command: a copy of them is set. */
static long attach_filter(struct call *call, struct sock_fprog *program,
			  socklen_t program_len)
{
	size_t len = program->len * sizeof(*program->filter);
	struct sock_filter *copy = NULL;
	long result = 0;

	/* without a length that Linux takes nobody looks at them */
	if (program->filter && program->len <= BPF_MAXINSNS) {
		copy = calloc(1, len + 1);
		if (!copy)
			return -ENOMEM;
		result = target_read(call, (uintptr_t)program->filter, copy,
				     len);
		program->filter = copy;
	}
	if (result == 0)
		result = result_of(setsockopt(call->fd, SOL_SOCKET,
					      (int)call->args[2], program,
					      program_len));
	free(copy);
	return result;
}

long socket_call_setsockopt(struct call *call)
{
	int len = (int)call->args[4];
	void *value = room_for_option(len < 0 ? 0 : len);
	long result = 0;

	if (!value)
		return -ENOMEM;
	if (call->args[3] && len > 0)
		result = target_read(call, call->args[3], value, (size_t)len);
	if (result == 0 && call->args[3] && option_is_filter(call) &&
	    len >= (int)sizeof(struct sock_fprog))
		result = attach_filter(call, value, (socklen_t)len);
	else if (result == 0)
		result = result_of(setsockopt(
			call->fd, (int)call->args[1], (int)call->args[2],
			call->args[3] ? value : NULL, (socklen_t)len));
	free(value);
	return result;
}

long socket_call_shutdown(struct call *call)
{
	return result_of(shutdown(call->fd, (int)call->args[1]));
}

/* ------------------------------------------------------------------- ioctl */

/* What it points to; 0: something that has pointers in it. */
static size_t request_len(unsigned request)
{
	switch (request) {
	case SIOCINQ:
	case SIOCOUTQ:
	case SIOCATMARK:
		return sizeof(int);
	case SIOCGSTAMP_OLD:
	case SIOCGSTAMPNS_OLD:
		return sizeof(struct timespec);
	case SIOCADDRT:
	case SIOCDELRT:
	case SIOCGIFCONF:
		return 0;
	case SIOCGARP:
	case SIOCSARP:
	case SIOCDARP:
		return sizeof(struct arpreq);
	default:
		return sizeof(struct ifreq);
	}
}

static bool request_answers(unsigned request)
{
	switch (request) {
	case SIOCINQ:
	case SIOCOUTQ:
	case SIOCATMARK:
	case SIOCGSTAMP_OLD:
	case SIOCGSTAMPNS_OLD:
	case SIOCGARP:
	case SIOCGIFNAME:
	case SIOCGIFFLAGS:
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFMETRIC:
	case SIOCGIFMTU:
	case SIOCGIFHWADDR:
	case SIOCGIFINDEX:
	case SIOCGIFTXQLEN:
	case SIOCGIFMAP:
		return true;
	default:
		return false;
	}
}

/*
 * ifreq points to what is asked, where the answer goes, of which each kind has
 * another length: what it has changed is written.
 */
static long ask_ethtool(struct call *call)
{
	_Alignas(uint64_t) uint8_t answer[ETHTOOL_ROOM] = { 0 };
	uint8_t asked[ETHTOOL_ROOM];
	size_t len = sizeof(answer);
	struct ifreq request;
	uint64_t theirs;
	long result;

	if (target_read(call, call->args[2], &request, sizeof(request)) < 0)
		return -EFAULT;
	theirs = (uintptr_t)request.ifr_data;
	if (target_read_some(call, theirs, answer, len) <
	    (ssize_t)sizeof(uint32_t))
		return -EFAULT;
	memcpy(asked, answer, len);
	request.ifr_data = (char *)answer;
	result = result_of(ioctl(call->fd, SIOCETHTOOL, &request));
	while (len && answer[len - 1] == asked[len - 1])
		len--;
	if (result == 0 && target_write(call, theirs, answer, len) < 0)
		return -EFAULT;
	return result;
}

/* ifconf: how long the list is, and the list if there is room for it. */
static long list_interfaces(struct call *call)
{
	struct ifconf theirs = { 0 }, ours;
	long result;

	if (target_read(call, call->args[2], &theirs, sizeof(theirs)) < 0)
		return -EFAULT;
	if (theirs.ifc_len < 0)
		return -EINVAL;
	ours = theirs;
	if (ours.ifc_len > OPTION_LEN_MAX)
		ours.ifc_len = OPTION_LEN_MAX;
	if (theirs.ifc_buf) {
		ours.ifc_buf = room_for_option(ours.ifc_len);
		if (!ours.ifc_buf)
			return -ENOMEM;
	}
	result = result_of(ioctl(call->fd, SIOCGIFCONF, &ours));
	if (result == 0 && theirs.ifc_buf)
		result = target_write(call, (uintptr_t)theirs.ifc_buf,
				      ours.ifc_buf, (size_t)ours.ifc_len);
	if (theirs.ifc_buf)
		free(ours.ifc_buf);
	theirs.ifc_len = ours.ifc_len;
	if (result == 0)
		result = target_write(call, call->args[2], &theirs,
				      sizeof(theirs));
	return result;
}

long socket_call_ioctl(struct call *call)
{
	unsigned request = (unsigned)call->args[1];
	size_t len = request_len(request);
	char value[sizeof(struct arpreq) + sizeof(struct ifreq)] = { 0 };
	long result;

	if (request == SIOCGIFCONF)
		return list_interfaces(call);
	if (request == SIOCETHTOOL)
		return ask_ethtool(call);
	if (len == 0)
		return -EOPNOTSUPP;
	/* in6_ifreq is shorter than ifreq, and may end where memory does. */
	if (target_read_some(call, call->args[2], value, len) < 0)
		return -EFAULT;
	result = result_of(ioctl(call->fd, request, value));
	if (result >= 0 && request_answers(request) &&
	    target_write(call, call->args[2], value, len) < 0)
		return -EFAULT;
	return result;
}

/* ------------------------------------------------------------------ copies */

/* dup(2), fcntl(F_DUPFD): a socket of messages stays in its range. */
long socket_call_copy(struct call *call)
{
	unsigned at_least = range.first;
	bool cloexec = false;
	int number;

	if (!endpoint_has_messages(call->fd))
		return CALL_CONTINUE;
	if (call->number == SYS_fcntl) {
		cloexec = (int)call->args[1] == F_DUPFD_CLOEXEC;
		if (call->args[2] > at_least)
			at_least = (unsigned)call->args[2];
	}
	number = target_free_number(call, at_least, range.end);
	if (number < 0)
		return number;
	number = target_answer_fd(call, call->fd, number, cloexec);
	return number < 0 ? number : CALL_ANSWERED;
}
