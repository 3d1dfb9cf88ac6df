/*
 * stranger LINK CASE: a program of the stack's user that speaks on the control
 * socket as no library of ours does, over PYT_CONTROL_NAME LINK; LINK "door":
 * one of another user, by the door that it has inherited. See the table at the
 * end; says what is wrong and ends with 1, else with 0.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
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

#include "passed_fd.h"

#define HEADER_LEN offsetof(struct pyt_request, data)
#define PATIENCE_S 10
#define KNOWN 16 /* sockets of its own that it speaks of */
#define TRIES 5 /* the machine may keep it from looking in time */

static const char *link_name;
static int control;
static bool by_door;
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
	union passed_fd with = { 0 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0)
		passed_fd_attach(&message, &with, fd);
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

/* Whoever sends a descriptor through it is let in, if it has inherited it. */
static void enter_by_door(void)
{
	struct sockaddr_un name;
	int pair[2], door = 2;
	socklen_t len;

	do {
		len = sizeof(name);
		must(++door < 1024, "there is no door");
	} while (getsockname(door, (struct sockaddr *)&name, &len) < 0 ||
		 len < offsetof(struct sockaddr_un, sun_path) + 10 ||
		 memcmp(name.sun_path + 1, PYT_DOOR_NAME,
			strlen(PYT_DOOR_NAME)) != 0);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0,
	     "socketpair");
	control = door;
	must(send_request(1, pair[1]), "to knock");
	close(pair[1]);
	control = pair[0];
}

static void greet(void)
{
	if (by_door)
		enter_by_door();
	else
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

/* A stream socket of ours; the next request is about it. */
static int open_stream(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	request = (struct pyt_request){ .op = PYT_OP_SOCKET,
					.args = { AF_INET, SOCK_STREAM, 0 },
					.inode = inode_of(fd) };
	must(ask(-1) == 0, "a socket");
	request.slot = reply.slot;
	request.generation = reply.generation;
	return fd;
}

/* Under a name of the kernel's choice, len 0, or of its own. */
static int listener(int fd, const char *path, size_t len)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	memcpy(name.sun_path, path, len);
	must(bind(fd, (struct sockaddr *)&name,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) ==
			     0 &&
		     listen(fd, 1) == 0,
	     "listen");
	return fd;
}

static int listen_by(int fd)
{
	request.op = PYT_OP_LISTEN;
	request.args[0] = 1;
	return ask(fd);
}

/*
 * The stack connects to a listener in the stack's own name, and hands over what
 * the network sends: only to the endpoint itself, by the kernel's name for it.
 */
static void names_of_others(void)
{
	int fd = open_stream();

	must(listen_by(-1) == -EINVAL, "nothing to show");
	must(listen_by(fd) == -EINVAL, "it does not listen");
	must(listen_by(listener(socket(AF_UNIX, SOCK_STREAM, 0), "", 0)) ==
		     -EINVAL,
	     "another's");
	must(listen_by(listener(fd, "", 0)) == 0, "its own");
	fd = listener(open_stream(), "\0somebody's", 11);
	must(listen_by(fd) == -EINVAL, "a name of its own");
}

#define SLOTS_TRIED 64
#define GENERATIONS_TRIED 8

/* How many sockets of others it is told about. */
static int see(void)
{
	int count = 0;

	for (uint32_t i = 0; i < SLOTS_TRIED * GENERATIONS_TRIED; i++) {
		request = (struct pyt_request){
			.op = PYT_OP_STATUS,
			.slot = i / GENERATIONS_TRIED,
			.generation = 1 + i % GENERATIONS_TRIED
		};
		count += ask(-1) >= 0;
	}
	return count;
}

/* No request has a result, nor does it become its own by what it shows. */
static void try_all(uint32_t slot, uint32_t generation)
{
	static const uint32_t ops[] = { PYT_OP_BIND,	   PYT_OP_CONNECT,
					PYT_OP_DISCONNECT, PYT_OP_SHUTDOWN,
					PYT_OP_STATUS,	   PYT_OP_ERROR,
					PYT_OP_GET_OPTION, PYT_OP_LISTEN,
					PYT_OP_SET_OPTION, PYT_OP_VIEW_NAME };

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		int result;

		request = (struct pyt_request){ .op = ops[i],
						.slot = slot,
						.generation = generation };
		result = ask(-1);
		must(result == -EACCES, "another's socket");
	}
}

static int show(uint32_t slot, uint32_t generation, int fd)
{
	request = (struct pyt_request){ .op = PYT_OP_PROVE,
					.slot = slot,
					.generation = generation };
	return ask(fd);
}

/* A socket of its own cannot take another's place by the other's inode. */
static void pose_as_others(void)
{
	FILE *file = fopen("/proc/net/unix", "r");
	char line[256];
	unsigned long inode;
	int refused = 0;

	must(file != NULL, "/proc/net/unix");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %lu", &inode) != 1)
			continue;
		request =
			(struct pyt_request){ .op = PYT_OP_SOCKET,
					      .args = { AF_INET, SOCK_STREAM },
					      .inode = inode };
		refused += ask(-1) == -EACCES;
	}
	fclose(file);
	must(refused > 0, "another's inode");
}

static void meddle(void)
{
	int own = open_stream();
	uint32_t slot = reply.slot, generation = reply.generation;

	must(show(slot, generation, own) == 0, "to show its own");
	must(show(slot, generation, socket(AF_UNIX, SOCK_STREAM, 0)) < 0,
	     "to show another one");
	for (uint32_t i = 0; i < SLOTS_TRIED * GENERATIONS_TRIED; i++) {
		if (i / GENERATIONS_TRIED == slot)
			continue;
		must(show(i / GENERATIONS_TRIED, 1 + i % GENERATIONS_TRIED,
			  own) < 0,
		     "to show its own for another's");
		try_all(i / GENERATIONS_TRIED, 1 + i % GENERATIONS_TRIED);
	}
	pose_as_others();
}

/* A connection of its own, to an IPv4 address of the stack's network. */
static int open_connection(const char *ip, const char *port)
{
	int fd = open_stream();

	memset(request.args, 0, sizeof(request.args));
	request.op = PYT_OP_CONNECT;
	request.address.ip = pyt_ip_from_v4(ntohl(inet_addr(ip)));
	request.address.port = (uint16_t)atoi(port);
	must(ask(-1) >= 0, "to connect");
	request.op = PYT_OP_ATTACH;
	must(ask(fd) >= 0, "to attach");
	return fd;
}

/* Whether so many bytes wait for more; for 0.2 s at most they do. */
static bool is_held_back(uint32_t len)
{
	struct tcp_info info = { 0 };

	request.op = PYT_OP_GET_OPTION;
	request.args[0] = IPPROTO_TCP;
	request.args[1] = TCP_INFO;
	request.args[2] = sizeof(info);
	for (int i = 0; i < 20; i++) {
		must(ask(-1) == sizeof(info), "TCP_INFO");
		memcpy(&info, reply.data, sizeof(info));
		if (info.tcpi_notsent_bytes == len)
			return true;
		usleep(1000);
	}
	return false;
}

/*
 * The byte that the endpoint is to keep is asked for, but bytes with MSG_MORE
 * are announced before it has come: both are written afterwards.
 */
static void more_before_the_kept_byte(const char *ip, const char *port)
{
	bool is_held = false;

	for (int i = 0; i < TRIES && !is_held; i++) {
		int fd = open_connection(ip, port);

		request.op = PYT_OP_KEEP_BYTE;
		request.args[0] = PYT_KEEP_ALONE;
		must(ask(-1) == PYT_KEEP_WANTS_BYTE, "a byte to keep");
		request.op = PYT_OP_MORE;
		request.args[0] = 4;
		must(ask(-1) == 0, "to announce");
		must(send(fd, "\0more", 5, MSG_NOSIGNAL) == 5, "to write");
		is_held = is_held_back(4);
		close(fd);
	}
	must(is_held, "held back");
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
	by_door = strcmp(link_name, "door") == 0;
	greet();
	if (strcmp(arguments[2], "names") == 0)
		names_of_others();
	else if (strcmp(arguments[2], "see") == 0)
		printf("%d\n", see());
	else if (strcmp(arguments[2], "meddle") == 0)
		meddle();
	else if (strcmp(arguments[2], "more") == 0 && count == 5)
		more_before_the_kept_byte(arguments[3], arguments[4]);
	else if (strcmp(arguments[2], "noise") == 0 && count == 5)
		noise((unsigned)atoi(arguments[3]), atoi(arguments[4]));
	else
		return 2;
	return 0;
}
