/* Frames in a stream of bytes. */
#include "link_unix.h"

#include <errno.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/un.h>

#include "arena.h"
#include "config.h"
#include "kernel.h"
#include "log.h"
#include "mac.h"

#define LENGTH_LEN 4 /* in front of each frame */
#define BLOCK_LEN (LENGTH_LEN + PYT_FRAME_LEN_MAX)
#define INPUT_LEN (2 * BLOCK_LEN)
#define MTU_STANDARD 1500
#define AGAIN_US 1000000

/*
 * link.fd is an epoll of our own with the socket in it. So the socket may be
 * another one after a while, and who waits need not know.
 */
struct link_unix {
	struct link link;
	const struct log *log;
	struct sockaddr_un peer;
	int socket; /* -1: nobody is there, */
	int64_t again_us; /* and it is tried again then; 0: soon */
	bool came_back; /* which the stack has not been told */
	uint32_t in_at, in_end; /* of input: what is still to be handed on */
	uint32_t rest_at, rest_end; /* of rest: what is still to be sent */
	uint8_t input[INPUT_LEN];
	uint8_t rest[BLOCK_LEN];
};

static struct link_unix *unix_of(const struct link *link)
{
	return (struct link_unix *)link;
}

/* -------------------------------------------------------------- connection */

static int watch(const struct link_unix *link, int op)
{
	bool is_full = link->rest_at < link->rest_end;

	return kernel_epoll_ctl(link->link.fd, op, link->socket,
				EPOLLIN | (is_full ? EPOLLOUT : 0), 0);
}

static int connect_to_peer(struct link_unix *link)
{
	int fd = kernel_socket(AF_UNIX,
			       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int result;

	if (fd < 0)
		return fd;
	link->in_at = link->in_end = 0;
	link->rest_at = link->rest_end = 0;
	result = kernel_connect(fd, &link->peer, sizeof(link->peer));
	link->socket = fd;
	if (result == 0)
		result = watch(link, EPOLL_CTL_ADD);
	if (result < 0) {
		kernel_close(fd);
		link->socket = -1;
	}
	return result;
}

/* The frames that are under way are lost. */
static int hang_up(struct link_unix *link, const char *why)
{
	log_line(link->log, PYT_LOG_WARNING, "link",
		 "unix:%s: %s; it is called again", link->peer.sun_path, why);
	kernel_close(link->socket);
	link->socket = -1;
	link->again_us = 0;
	return -EIO;
}

static void call_again(struct link_unix *link, int64_t now_us)
{
	if (link->again_us && connect_to_peer(link) == 0) {
		link->came_back = true;
		log_line(link->log, PYT_LOG_WARNING, "link",
			 "unix:%s: connected again", link->peer.sun_path);
	}
	link->again_us = now_us + AGAIN_US;
}

/* ----------------------------------------------------------------- receive */

static uint32_t input_len(const struct link_unix *link)
{
	return link->in_end - link->in_at;
}

/* Of the first frame; 0: not even that has come. */
static uint32_t frame_len(const struct link_unix *link)
{
	const uint8_t *at = link->input + link->in_at;

	if (input_len(link) < LENGTH_LEN)
		return 0;
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

/* Also true of a length that cannot be: to be handed on, or refused. */
static bool has_frame(const struct link_unix *link)
{
	uint32_t len = frame_len(link);

	return input_len(link) >= LENGTH_LEN &&
	       (len > PYT_FRAME_LEN_MAX || input_len(link) - LENGTH_LEN >= len);
}

/* 1: there is more than before. 0: not now. -EIO: nor ever. */
static int fill(struct link_unix *link)
{
	ssize_t len;

	memmove(link->input, link->input + link->in_at, input_len(link));
	link->in_end = input_len(link);
	link->in_at = 0;
	len = kernel_recv(link->socket, link->input + link->in_end,
			  INPUT_LEN - link->in_end, MSG_DONTWAIT);
	if (len == -EAGAIN || len == -EINTR)
		return 0;
	if (len <= 0)
		return hang_up(link, "the other end has gone");
	link->in_end += (uint32_t)len;
	return 1;
}

static int unix_receive(struct link *base, struct pyt_frame *frame,
			void *buffer, int64_t now_us)
{
	struct link_unix *link = unix_of(base);
	uint32_t len;

	while (!has_frame(link)) {
		int result = link->socket < 0 ? 0 : fill(link);

		if (result <= 0)
			return result;
	}
	len = frame_len(link);
	if (len > PYT_FRAME_LEN_MAX || len < sizeof(struct ether_header))
		return hang_up(link, "a length that no frame has came");
	memcpy(buffer, link->input + link->in_at + LENGTH_LEN, len);
	link->in_at += LENGTH_LEN + len;
	*frame = (struct pyt_frame){ .part = { { buffer, len } },
				     .part_count = 1,
				     .len = len };
	return 1;
}

/* -------------------------------------------------------------------- send */

static ssize_t write_pieces(struct link_unix *link, struct iovec *iov,
			    int count)
{
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = (size_t)count };
	ssize_t len = kernel_sendmsg(link->socket, &message,
				     MSG_DONTWAIT | MSG_NOSIGNAL);

	if (len == -EAGAIN || len == -EINTR)
		return 0;
	return len < 0 ? hang_up(link, "the other end has gone") : len;
}

/* The rest of a frame of which a part is in the stream already. */
static void keep_rest(struct link_unix *link, const struct iovec *iov,
		      int count, size_t sent)
{
	link->rest_at = link->rest_end = 0;
	for (int i = 0; i < count; i++) {
		size_t skip = sent < iov[i].iov_len ? sent : iov[i].iov_len;
		size_t len = iov[i].iov_len - skip;

		memcpy(link->rest + link->rest_end,
		       (const uint8_t *)iov[i].iov_base + skip, len);
		link->rest_end += (uint32_t)len;
		sent -= skip;
	}
	watch(link, EPOLL_CTL_MOD);
}

/* 1: nothing is left. 0: there is no room. -EIO. */
static int send_rest(struct link_unix *link)
{
	struct iovec iov = { link->rest + link->rest_at,
			     link->rest_end - link->rest_at };
	ssize_t len;

	if (!iov.iov_len)
		return 1;
	len = write_pieces(link, &iov, 1);
	if (len < 0)
		return (int)len;
	link->rest_at += (uint32_t)len;
	if (link->rest_at < link->rest_end)
		return 0;
	watch(link, EPOLL_CTL_MOD);
	return 1;
}

static int unix_send(struct link *base, struct pyt_frame *frame, int64_t now_us)
{
	struct link_unix *link = unix_of(base);
	uint32_t total = frame->len;
	uint8_t length[LENGTH_LEN] = { (uint8_t)(total >> 24),
				       (uint8_t)(total >> 16),
				       (uint8_t)(total >> 8), (uint8_t)total };
	struct iovec iov[1 + PYT_FRAME_PARTS_MAX] = { { length, LENGTH_LEN } };
	int count = 1 + frame->part_count, result;
	ssize_t len;

	if (link->socket < 0 || total > PYT_FRAME_LEN_MAX)
		return -EIO;
	result = send_rest(link);
	if (result <= 0)
		return result;
	memcpy(iov + 1, frame->part, (size_t)frame->part_count * sizeof(*iov));
	len = write_pieces(link, iov, count);
	if (len <= 0)
		return (int)len;
	if ((size_t)len < LENGTH_LEN + total)
		keep_rest(link, iov, count, (size_t)len);
	return 1;
}

/* ------------------------------------------------------------- in the loop */

static bool unix_run(struct link *base, int64_t now_us)
{
	struct link_unix *link = unix_of(base);

	if (link->socket < 0 && now_us >= link->again_us)
		call_again(link, now_us);
	if (link->socket >= 0)
		send_rest(link);
	return has_frame(link);
}

/* What was read already is no longer told by the socket. */
static int64_t unix_deadline(const struct link *base)
{
	const struct link_unix *link = unix_of(base);

	if (has_frame(link))
		return 0;
	return link->socket < 0 ? link->again_us : TIME_NEVER;
}

static bool unix_came_back(struct link *base)
{
	struct link_unix *link = unix_of(base);
	bool came_back = link->came_back;

	link->came_back = false;
	return came_back;
}

static void unix_close(struct link *base)
{
	struct link_unix *link = unix_of(base);

	if (link->socket >= 0)
		kernel_close(link->socket);
	kernel_close(link->link.fd);
}

static void unix_free(struct link *base)
{
	arena_unmap(unix_of(base), sizeof(struct link_unix));
}

static const struct link_ops unix_ops = {
	.receive = unix_receive,
	.send = unix_send,
	.run = unix_run,
	.next_deadline = unix_deadline,
	.came_back = unix_came_back,
	.close = unix_close,
	.free = unix_free,
};

/* ----------------------------------------------------------------- opening */

static void say_trouble(const struct config_link *config, int error,
			const struct log *log)
{
	const char *what = strerrordesc_np(-error);

	if (error == -ECONNREFUSED || error == -ENOENT)
		what = "nobody listens there; run: passt -s PATH";
	log_line(log, PYT_LOG_ERROR, "link", "unix:%s: %s", config->path, what);
}

static void describe(struct link_unix *link, const struct config_link *config,
		     const struct log *log)
{
	static const uint8_t nobody[6];

	link->log = log;
	link->peer.sun_family = AF_UNIX;
	strcpy(link->peer.sun_path, config->path);
	link->link.ops = &unix_ops;
	strcpy(link->link.name, config->name);
	link->link.medium = PYT_MEDIUM_ETHERNET;
	link->link.io_fd = link->link.fd;
	link->link.mtu = config->mtu ? config->mtu : MTU_STANDARD;
	if (config->has_mac)
		memcpy(link->link.mac, config->mac, sizeof(link->link.mac));
	else
		mac_from_name(config->text, nobody, link->link.mac);
}

int link_unix_open(const struct config_link *config, const struct log *log,
		   struct link **opened)
{
	struct link_unix *link = arena_map(sizeof(*link));
	int result;

	if (!link)
		return -ENOMEM;
	link->socket = -1;
	link->link.fd = kernel_epoll_create();
	if (link->link.fd < 0) {
		result = link->link.fd;
		arena_unmap(link, sizeof(*link));
		return result;
	}
	describe(link, config, log);
	result = connect_to_peer(link);
	if (result < 0) {
		say_trouble(config, result, log);
		unix_close(&link->link);
		unix_free(&link->link);
		return result;
	}
	*opened = &link->link;
	return 0;
}
