/*
 * stranger LINK CASE: a program of the stack's user that speaks on the control
 * socket as no library of ours does, over PYT_CONTROL_NAME LINK. See the table
 * at the end; says what is wrong and ends with 1, else with 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <pyt/control.h>

#define HEADER_LEN offsetof(struct pyt_request, data)
#define PATIENCE_S 10
#define KNOWN 16 /* sockets of its own that it speaks of */

static const char *link_name;
static int control;
static struct pyt_request request;
static struct pyt_reply reply;

static void must(bool true_, const char *what)
{
	if (true_)
		return;
	fprintf(stderr, "stranger: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ------------------------------------------------------------ the protocol */

static int try_to_connect(void)
{
	struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int len = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
			   PYT_CONTROL_NAME "%s", link_name);

	control = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	must(control >= 0 && setsockopt(control, SOL_SOCKET, SO_RCVTIMEO,
					&patience, sizeof(patience)) == 0,
	     "socket");
	return connect(control, (struct sockaddr *)&name,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				   (size_t)len));
}

static bool send_request(size_t len, int fd)
{
	struct iovec iov = { &request, len };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} with = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
			       .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS } };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	memcpy(CMSG_DATA(&with.header), &fd, sizeof(fd));
	if (fd >= 0) {
		message.msg_control = &with;
		message.msg_controllen = sizeof(with);
	}
	return sendmsg(control, &message, MSG_NOSIGNAL) >= 0;
}

/* A descriptor that comes along is closed; -EPIPE: we were thrown out. */
static int receive_reply(int flags)
{
	struct iovec iov = { &reply, sizeof(reply) };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} with;
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = &with,
				  .msg_controllen = sizeof(with) };
	ssize_t len = recvmsg(control, &message, flags);
	int fd;

	if (len < 0)
		return -errno;
	if (len < (ssize_t)offsetof(struct pyt_reply, data))
		return -EPIPE;
	if (message.msg_controllen >= CMSG_LEN(sizeof(int))) {
		memcpy(&fd, CMSG_DATA(&with.header), sizeof(fd));
		close(fd);
	}
	return reply.result;
}

static int ask(int fd)
{
	must(send_request(HEADER_LEN + request.data_len, fd), "send");
	return receive_reply(0);
}

static void greet(void)
{
	must(try_to_connect() == 0, "connect");
	request = (struct pyt_request){ .op = PYT_OP_HELLO,
					.args = { PYT_CONTROL_VERSION } };
	must(ask(-1) == PYT_CONTROL_VERSION, "the stack's greeting");
}

/* ------------------------------------------------------------------- cases */

static uint64_t inode_of(int fd)
{
	struct stat status;

	must(fstat(fd, &status) == 0, "fstat");
	return status.st_ino;
}

static int listen_by(const char *name, uint32_t len)
{
	request.op = PYT_OP_LISTEN;
	request.args[0] = 1;
	request.data_len = len;
	memcpy(request.data, name, len);
	return ask(-1);
}

/*
 * The stack connects to a listener in the stack's own name, and hands over what
 * the network sends: only to what the kernel itself has named.
 */
static void names_of_others(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	request = (struct pyt_request){ .op = PYT_OP_SOCKET,
					.args = { AF_INET, SOCK_STREAM, 0 },
					.inode = inode_of(fd) };
	must(ask(-1) == 0, "a socket");
	request.slot = reply.slot;
	request.generation = reply.generation;
	must(listen_by("\0somebody's", 11) == -EINVAL, "a name of its own");
	must(listen_by("\0ABCDE", 6) == -EINVAL, "another one");
	must(listen_by("\000012ab", 6) == 0, "autobind's");
}

/* Descriptors of all kinds that may be handed in. */
static int any_descriptor(void)
{
	int pair[2] = { -1, -1 };
	int kinds[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	int kind = rand() % 8;

	if (kind < 3 &&
	    socketpair(AF_UNIX, kinds[kind] | SOCK_CLOEXEC, 0, pair) == 0) {
		if (rand() % 2)
			send(pair[1], &request, (size_t)(rand() % 3000), 0);
		if (rand() % 2)
			close(pair[1]); /* else it stays for a while */
		return pair[0];
	}
	switch (kind) {
	case 3:
		return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	case 4:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case 5:
		return memfd_create("any", MFD_CLOEXEC);
	case 6:
		return dup(control);
	default:
		return -1;
	}
}

static int32_t any_number(void)
{
	static const int32_t likely[] = {
		0,  1,	2,  3,	 4,	    5,	       6,      10,
		17, 41, -1, 255, INT32_MIN, INT32_MAX, 0x8913, 0x890b
	};

	return rand() % 4 ? likely[rand() % 16] : rand();
}

/* What ends the stack's work for all, or its link's, is left out. */
static bool is_harmless(uint32_t op)
{
	return op != PYT_OP_VIEW_IOCTL && op != PYT_OP_SYSCTL_SET;
}

static void fill_randomly(const uint32_t slots[2 * KNOWN])
{
	uint32_t len = (uint32_t)rand() % (rand() % 4 ? 64 : 4097);
	int which;

	request = (struct pyt_request){ 0 };
	do {
		request.op = (uint32_t)rand() % PYT_OPS;
	} while (!is_harmless(request.op));
	/* Its own, or one that there is not: others it could well end. */
	which = rand() % KNOWN * 2;
	request.slot =
		rand() % 16 ? slots[which] : (uint32_t)rand() | PYT_SLOTS;
	request.generation = rand() % 16 ? slots[which + 1] : UINT32_MAX;
	for (int i = 0; i < 4; i++)
		request.args[i] = any_number();
	if (request.op == PYT_OP_SOCKET && rand() % 2) {
		static const int families[] = { AF_INET, AF_INET6, AF_NETLINK,
						AF_PACKET, 0xff };

		request.args[0] = families[rand() % 5];
		request.args[1] = 1 + rand() % 3;
		request.args[2] = rand() % 3 ? 0 : 58;
	}
	request.inode =
		rand() % 2 ? inode_of(control) : UINT64_MAX - (uint64_t)rand();
	request.address.port = (uint16_t)rand();
	request.address.ip.bytes[rand() % 16] = (uint8_t)rand();
	request.taken_count = rand() % 8 ? 0 : (uint32_t)rand();
	request.taken[0].slot = slots[0];
	request.data_len = len;
	for (uint32_t i = 0; i < len; i++)
		request.data[i] = (uint8_t)(rand() % 3 ? 0 : rand());
}

/* A seed and how many; the stack answers all the while. */
static void noise(unsigned seed, int count)
{
	uint32_t slots[2 * KNOWN] = { 0 };
	int known = 0;

	srand(seed);
	for (int i = 0; i < count; i++) {
		int fd, result;

		fill_randomly(slots);
		fd = any_descriptor();
		send_request(HEADER_LEN + (rand() % 50 ? request.data_len : 7),
			     fd);
		if (fd >= 0)
			close(fd);
		result = receive_reply(
			request.op == PYT_OP_SOCKET ? 0 : MSG_DONTWAIT);
		if (result == 0 && request.op == PYT_OP_SOCKET) {
			slots[known * 2] = reply.slot;
			slots[known * 2 + 1] = reply.generation;
			known = (known + 1) % KNOWN;
		}
		if (result == -EPIPE || result == -ECONNRESET || i % 500 == 0) {
			close(control);
			greet();
		}
		if (i % 200 == 0)
			for (int other = 20; other < 200; other++)
				close(other);
	}
	close(control);
	greet();
}

int main(int count, char **arguments)
{
	if (count < 3)
		return 2;
	link_name = arguments[1];
	greet();
	if (strcmp(arguments[2], "names") == 0)
		names_of_others();
	else if (strcmp(arguments[2], "noise") == 0 && count == 5)
		noise((unsigned)atoi(arguments[3]), atoi(arguments[4]));
	else
		return 2;
	return 0;
}
