/*
 * Whatever clients say on the control connection: input is cut into requests,
 * each from a client of the stack's user or from one of another user. The stack
 * lives; the other user's client learns no key and changes nothing about a
 * socket that it neither opened nor was shown.
 */
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "control_server.h"
#include "endpoint.h"
#include "fuzz.h"
#include "link.h"
#include "passed_fd.h"
#include "server.h"

#define ARENA_LEN (256 * 1024 * 1024)
#define REQUESTS_MAX 64 /* of an input */
#define HEADER_LEN offsetof(struct pyt_request, data)
#define KNOWN 8 /* sockets that both name */
#define OWN 0 /* clients */
#define FOREIGN 1
#define CLIENTS 2

static struct server *server;
static int client[CLIENTS]; /* their ends */
static uint32_t index_of[CLIENTS];
static struct pyt_request request;
static struct pyt_reply reply;
static struct pyt_taken known[KNOWN]; /* 0: the victim; inode unused */
static int victim; /* its descriptor */
static int first_fd; /* all from here on are of one input */

/* ------------------------------------------------------ what is not there */

static int receive_nothing(struct link *link, struct pyt_frame *frame,
			   void *buffer, int64_t now_us)
{
	return 0;
}

static int take_all(struct link *link, struct pyt_frame *frame, int64_t now_us)
{
	return 1;
}

static void do_nothing(struct link *link)
{
}

/* A link on which nobody answers. */
int link_open(const struct config_link *config, const struct log *log,
	      struct link **link)
{
	static const struct link_ops ops = { .receive = receive_nothing,
					     .send = take_all,
					     .close = do_nothing,
					     .free = do_nothing };
	static struct link silent;
	int pair[2];

	FUZZ_CLAIM(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	silent = (struct link){ .ops = &ops,
				.name = "pyt0",
				.medium = PYT_MEDIUM_ETHERNET,
				.fd = pair[0],
				.io_fd = pair[0],
				.mtu = 1500,
				.mac = { 2, 0, 0, 0, 0, 1 } };
	*link = &silent;
	return 0;
}

void link_close(struct link *link)
{
}

void link_free(struct link *link)
{
}

/* Nor is the program in whose process the stack would live. */
enum client_lane client_lane(void)
{
	return CLIENT_LANE_NONE;
}

bool client_set_lane(enum client_lane state)
{
	return false;
}

int client_hide(int fd)
{
	return fd;
}

bool client_spares_are_told(void)
{
	return true;
}

void client_wake_stack(void)
{
}

/* -------------------------------------------------------- a stack and two */

static uint64_t inode_of(int fd)
{
	struct stat status;

	FUZZ_CLAIM(fstat(fd, &status) == 0);
	return status.st_ino;
}

static void admit(int who, uid_t user)
{
	struct ucred peer = { .pid = getpid(), .uid = user };
	int pair[2];

	FUZZ_CLAIM(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
			      pair) == 0 &&
		   control_admit(server, pair[0], &peer) == 0);
	client[who] = pair[1];
	for (uint32_t i = 0; i < server->client_top; i++)
		if (server->clients[i].fd == pair[0])
			index_of[who] = i;
}

static void send_request(int who, int fd)
{
	struct iovec iov = { &request, HEADER_LEN + request.data_len };
	union passed_fd with = { 0 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0)
		passed_fd_attach(&message, &with, fd);
	sendmsg(client[who], &message, MSG_NOSIGNAL);
}

/* False: there was none. What comes along stays open till the input's end. */
static bool take_reply(int who)
{
	ssize_t len = recv(client[who], &reply, sizeof(reply), MSG_DONTWAIT);

	if (len <= 0)
		return false;
	FUZZ_CLAIM(len >= (ssize_t)offsetof(struct pyt_reply, data));
	FUZZ_CLAIM(len == (ssize_t)(offsetof(struct pyt_reply, data) +
				    reply.data_len));
	return true;
}

/* As one turn of the loop, but nothing is waited for. */
static void turn(int who)
{
	server->now_us = server_clock_us();
	control_input(server, index_of[who]);
	stream_attach_input(server);
	for (uint32_t i = 0; i < server->slots.touched; i++) {
		struct endpoint *endpoint = &server->endpoints[i];

		if (endpoint->fd < 0 || endpoint->state == ENDPOINT_FREE)
			continue;
		endpoint->readable = endpoint->writable = true;
		endpoint_wake(server, endpoint);
	}
	server_advance(server);
}

static void open_victim(void)
{
	victim = socket(AF_UNIX, SOCK_STREAM, 0);
	request = (struct pyt_request){ .op = PYT_OP_SOCKET,
					.args = { AF_INET, SOCK_STREAM },
					.inode = inode_of(victim) };
	send_request(OWN, -1);
	turn(OWN);
	FUZZ_CLAIM(take_reply(OWN) && reply.result == 0);
	known[0] = (struct pyt_taken){ reply.slot, reply.generation, 0 };
}

static void begin(void)
{
	static struct config config = { .link_count = 1 };
	struct config_link *link = &config.link[0];
	struct arena *arena = arena_create(ARENA_LEN);

	link->address_count = 1;
	link->address[0] =
		(struct config_prefix){ .ip = pyt_ip_from_v4(0x0a4d0002),
					.prefix_len = 24 };
	snprintf(link->text, sizeof(link->text), "tap:fuzz%d", getpid());
	FUZZ_CLAIM(arena);
	server = arena_alloc(arena, sizeof(*server));
	server->arena = arena;
	server->log = (struct log){ .fd = -1 };
	FUZZ_CLAIM(server_start(server, &config) == 0);
	server->own_process = true; /* or it would want to become one */
	memset(known, 0, sizeof(known));
	admit(OWN, geteuid());
	admit(FOREIGN, geteuid() + 1);
	open_victim();
}

static void end(void)
{
	for (uint32_t i = 0; i < server->client_top; i++)
		control_drop(server, &server->clients[i]);
	for (uint32_t i = 0; i < server->slots.touched; i++) {
		struct endpoint *endpoint = &server->endpoints[i];

		if (endpoint->state != ENDPOINT_FREE)
			endpoint_free(server, endpoint);
	}
	FUZZ_CLAIM(server->slots.used == 0 && server->open_count == 0);
	FUZZ_CLAIM(server->client_count == 0 && server->foreign_count == 0);
	arena_unmap(server->slots.table, sizeof(*server->slots.table));
	arena_destroy(server->arena);
	close_range((unsigned)first_fd, ~0u, 0);
}

/* ----------------------------------------------------------- the requests */

struct input {
	const uint8_t *bytes;
	size_t len;
};

static uint8_t take(struct input *input)
{
	if (!input->len)
		return 0;
	input->len--;
	return *input->bytes++;
}

static int32_t number(struct input *input)
{
	static const int32_t likely[] = {
		0,	1,     2,    3,		 4,
		5,	6,     10,   17,	 16,
		41,	-1,    255,  INT32_MIN,	 INT32_MAX,
		0x8913, 65536, 1024, SOL_SOCKET, PYT_CONTROL_VERSION
	};
	uint8_t which = take(input);

	if (which < sizeof(likely) / sizeof(*likely))
		return likely[which];
	return which & 1 ? which : which << 8 | take(input);
}

/* Each is new: what it is of is its own. */
static int descriptor(uint8_t kind)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
	sa_family_t autobind = AF_UNIX;
	int pair[2];

	switch (kind % 8) {
	case 0:
	case 1:
	case 2:
		return socketpair(AF_UNIX, types[kind % 8], 0, pair) == 0
			       ? pair[0]
			       : -1;
	case 3:
		return socket(AF_UNIX, SOCK_STREAM, 0);
	case 4:
		pair[0] = socket(AF_UNIX, SOCK_STREAM, 0);
		bind(pair[0], (struct sockaddr *)&autobind, sizeof(autobind));
		listen(pair[0], 1);
		return pair[0];
	case 5:
		return memfd_create("any", 0);
	default:
		return -1;
	}
}

static void fill_request(struct input *input)
{
	const struct pyt_taken *which;
	uint32_t len;

	request = (struct pyt_request){ .op = take(input) % PYT_OPS };
	which = &known[take(input) % KNOWN];
	request.slot = which->slot;
	request.generation = which->generation;
	for (int i = 0; i < 4; i++)
		request.args[i] = number(input);
	request.address.port = (uint16_t)number(input);
	request.address.ip = pyt_ip_from_v4((uint32_t)number(input));
	request.taken_count = take(input);
	request.taken[0] = *which;
	request.taken[0].inode = take(input);
	len = take(input);
	request.data_len = len < 250 ? len : PYT_CONTROL_DATA_MAX;
	for (uint32_t i = 0; i < request.data_len && i < 250; i++)
		request.data[i] = take(input);
}

/* What a client of another user must not have done. */
static void check_victim(void)
{
	const struct endpoint *endpoint =
		endpoint_get(server, known[0].slot, known[0].generation);
	const struct pyt_slot *slot = slots_at(&server->slots, known[0].slot);

	FUZZ_CLAIM(endpoint && endpoint->state == ENDPOINT_UNCONNECTED);
	FUZZ_CLAIM(slot->inode == inode_of(victim) && !slot->local.port &&
		   !slot->flags && !slot->error && !slot->answers);
}

static void one(struct input *input, bool spares_victim)
{
	uint8_t how = take(input);
	int who = how & 1 || spares_victim ? FOREIGN : OWN;
	int fd = descriptor(how >> 1);
	static uint32_t next;

	fill_request(input);
	if (how & 0x10 || request.op == PYT_OP_SOCKET)
		request.inode = fd >= 0 ? inode_of(fd) : 0;
	else
		request.inode = take(input);
	send_request(who, fd);
	turn(who);
	while (take_reply(who)) {
		FUZZ_CLAIM(who == OWN || request.op != PYT_OP_HELLO ||
			   !reply.data_len);
		if (reply.slot < PYT_SLOTS)
			known[1 + next++ % (KNOWN - 1)] =
				(struct pyt_taken){ reply.slot,
						    reply.generation, 0 };
	}
	if (spares_victim)
		check_victim();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	bool spares_victim;

	if (!first_fd) {
		first_fd = dup(0);
		close(first_fd);
	}
	begin();
	spares_victim = take(&input) & 1;
	for (int i = 0; i < REQUESTS_MAX && input.len && !server->ended; i++)
		one(&input, spares_victim);
	end();
	return 0;
}
