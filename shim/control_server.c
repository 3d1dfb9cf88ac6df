/*
 * The rendezvous and the control connections. Everything that arrives is
 * checked here for its form; control_requests.c checks what it means.
 */
#include <errno.h>
#include <stddef.h>

#include "boot_server.h"
#include "control_server.h"
#include "endpoint.h"
#include "file_limit.h"
#include "kernel.h"
#include "lane.h"
#include "lane_tell.h"
#include "liveness.h"
#include "passed_fd.h"
#include "requests.h"
#include "server_links.h"
#include "shown.h"
#include "spare_server.h"

#define EXIT_WAIT_US 3000 /* dearer than this is a fork */
#define LEAVE_US 50000 /* most processes have ended by then */

#define HEADER_LEN offsetof(struct pyt_request, data)

/* -------------------------------------------------------------- rendezvous */

void control_unbind(struct server *server)
{
	for (int i = 0; i < server->link_count; i++)
		kernel_close(server->links[i].rendezvous_fd);
}

int control_listen(struct server *server, int number)
{
	int fd = server->links[number].rendezvous_fd;
	int result = kernel_listen(fd, SOMAXCONN);

	if (result < 0)
		return result;
	return kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, EPOLLIN,
				(uint64_t)WATCH_RENDEZVOUS << 56 |
					(uint32_t)number);
}

static bool is_allowed(const struct ucred *peer)
{
	uid_t uid = (uid_t)kernel_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);

	return peer->uid == uid || peer->uid == 0;
}

static struct client *client_slot(struct server *server)
{
	for (uint32_t i = 0; i < server->client_top; i++) {
		if (server->clients[i].fd < 0)
			return &server->clients[i];
	}
	if (server->client_top == CLIENTS_MAX)
		return NULL;
	return &server->clients[server->client_top++];
}

static int client_add(struct server *server, int fd, int32_t pid, bool is_host)
{
	struct client *client = client_slot(server);
	int result;

	if (!client)
		return -ENFILE;
	*client = (struct client){ .fd = fd,
				   .pid = pid,
				   .is_host = is_host,
				   .exit_deadline_us = TIME_NEVER };
	result = kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, EPOLLIN,
				  (uint64_t)WATCH_CLIENT << 56 |
					  (uint64_t)(client - server->clients));
	if (result < 0)
		client->fd = -1;
	else
		server->client_count++;
	return result;
}

/* Its descriptor is left to the caller. */
static void client_remove(struct server *server, struct client *client)
{
	kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, client->fd, 0, 0);
	client->fd = -1;
	shown_end(server, client);
	server->client_count--;
}

static int client_greet(struct server *server, int fd)
{
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	int result =
		kernel_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);

	if (result < 0)
		return result;
	if (!is_allowed(&peer))
		return -EPERM;
	return client_add(server, fd, peer.pid, peer.pid == server->host_pid);
}

static struct client *client_of_fd(struct server *server, int fd)
{
	uint32_t i = 0;

	while (server->clients[i].fd != fd)
		i++;
	return &server->clients[i];
}

static void watch_rendezvous(struct server *server, uint32_t events)
{
	for (int i = 0; i < server->link_count; i++)
		kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD,
				 server->links[i].rendezvous_fd, events,
				 (uint64_t)WATCH_RENDEZVOUS << 56 |
					 (uint32_t)i);
}

/* All that wait there. False: no descriptor was left for one. */
static bool accept_all(struct server *server, int rendezvous_fd)
{
	int fd;

	while ((fd = kernel_accept(rendezvous_fd, NULL, NULL)) >= 0) {
		if (client_greet(server, fd) < 0)
			kernel_close(fd);
	}
	return fd == -EAGAIN || fd == -ECONNABORTED;
}

static bool travels(const struct endpoint *endpoint)
{
	return endpoint->state == ENDPOINT_CONNECTING ||
	       endpoint->state == ENDPOINT_ATTACHING ||
	       endpoint->state == ENDPOINT_CONNECTED ||
	       endpoint->state == ENDPOINT_ACCEPTING;
}

/* Whether something would be lost with the host's process. */
static bool is_needed(const struct server *server)
{
	if (server->client_count > 1 || server->holder_fd >= 0)
		return true;
	for (uint32_t i = 0; i < server->slots.touched; i++) {
		if (travels(&server->endpoints[i]))
			return true;
	}
	return pyt_unfinished_count(server->stack) > 0;
}

/*
 * Somebody has come while the host's process is still about to end: exit(3)
 * may wait for room for what lies in stdio. The name and the link are theirs,
 * unless that process has gone on with the network.
 */
static void leave(struct server *server)
{
	server->leaves = false;
	if (server->own_process)
		return;
	if (is_needed(server)) {
		step_out(server);
		return;
	}
	lane_end();
	server_links_close(server);
	control_unbind(server);
	server->ended = true;
}

/* epoll would tell of who waits without end while no descriptor is left. */
void control_accept(struct server *server)
{
	file_limit_check(server);
	if (server->leaves && !server->ended)
		leave(server);
	if (server->ended)
		return; /* the new process does it, or who has come */
	for (int i = 0; i < server->link_count; i++) {
		if (accept_all(server, server->links[i].rendezvous_fd))
			continue;
		watch_rendezvous(server, 0);
		server->clients_wait = true;
		stream_retry_later(server);
		return;
	}
}

void control_accept_retry(struct server *server)
{
	if (!server->clients_wait)
		return;
	server->clients_wait = false;
	watch_rendezvous(server, EPOLLIN);
}

int control_admit(struct server *server, int fd, const struct ucred *peer)
{
	int result = client_add(server, fd, peer->pid, false);
	struct client *client;

	if (result < 0 || is_allowed(peer))
		return result;
	client = client_of_fd(server, fd);
	result = shown_begin(server, client, NULL);
	if (result < 0)
		client_remove(server, client);
	return result;
}

/* Whoever has one may have another, as whatever user it is by now. */
int control_another(struct server *server, const struct client *parent)
{
	int end[2] = { -1, -1 }; /* the kernel fills them in */
	int result = (int)kernel_call(SYS_socketpair, AF_UNIX,
				      SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				      (long)end, 0, 0);
	struct client *client;

	if (result < 0)
		return result;
	result = client_add(server, end[0], parent->pid, false);
	if (result == 0 && parent->is_foreign) {
		client = client_of_fd(server, end[0]);
		result = shown_begin(server, client, parent);
		if (result < 0)
			client_remove(server, client);
	}
	if (result < 0) {
		kernel_close(end[0]);
		kernel_close(end[1]);
		return result;
	}
	return end[1];
}

/* Its process ended, or execs: what it alone held may be gone. */
void control_drop(struct server *server, struct client *client)
{
	int fd = client->fd;

	if (fd < 0)
		return;
	client_remove(server, client);
	kernel_close(fd);
	request_end_reading(server, client);
	spare_drop(server, client);
	liveness_on_exit(server);
	liveness_later(server);
}

/* ---------------------------------------------------------------- messages */

void control_send(struct server *server, struct client *client,
		  const struct pyt_reply *reply)
{
	size_t len = offsetof(struct pyt_reply, data) + reply->data_len;
	struct iovec iov = { (void *)reply, len };
	union passed_fd control = { 0 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (server->reply_fd >= 0)
		passed_fd_attach(&message, &control, server->reply_fd);
	if (kernel_sendmsg(client->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) <
	    0)
		control_drop(server, client);
	if (server->reply_fd_is_ours)
		kernel_close(server->reply_fd);
	server->reply_fd_is_ours = false;
	server->reply_fd = -1;
}

/* The one descriptor that may come along; all others are closed. */
static int take_fd(struct msghdr *message)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c;
	     c = CMSG_NXTHDR(message, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			if (fd >= 0)
				kernel_close(fd);
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int),
			       sizeof(int));
		}
	}
	return fd;
}

int control_take_passed(int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {
		0
	};
	char byte;
	struct iovec iov = { &byte, sizeof(byte) };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t len =
		kernel_recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	return len < 0 ? (int)len : take_fd(&message);
}

static bool is_well_formed(const struct pyt_request *request, size_t len,
			   int flags)
{
	return len >= HEADER_LEN && !(flags & MSG_TRUNC) &&
	       request->data_len <= PYT_CONTROL_DATA_MAX &&
	       len == HEADER_LEN + request->data_len && request->op < PYT_OPS;
}

/* 1: handled one. 0: nothing there. -errno: the client is to go. */
static int receive_one(struct server *server, struct client *client)
{
	struct {
		struct pyt_request request;
		uint8_t zero; /* after the data, for names */
	} input;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {
		0
	};
	struct iovec iov = { &input.request, sizeof(input.request) };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct pyt_reply reply;
	ssize_t len;
	int fd;

	memset(&input.request, 0, HEADER_LEN);
	len = kernel_recvmsg(client->fd, &message,
			     MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (len == -EAGAIN)
		return 0;
	if (len <= 0)
		return -EPIPE;
	fd = take_fd(&message);
	if (!is_well_formed(&input.request, (size_t)len, message.msg_flags)) {
		if (fd >= 0)
			kernel_close(fd);
		return -EBADMSG;
	}
	input.request.data[input.request.data_len] = 0;
	if (fd < 0) /* perhaps there was no place for it in our table */
		fd = message.msg_flags & MSG_CTRUNC ? -EMFILE : -EINVAL;

	memset(&reply, 0, offsetof(struct pyt_reply, data));
	reply.slot = PYT_SLOT_NONE;
	reply.spare_slot = PYT_SLOT_NONE;
	lane_take_told(server);
	/* Before the program can know of it. */
	if (client->is_host && input.request.op != PYT_OP_HELLO &&
	    input.request.op != PYT_OP_WAKE)
		(*lane_untold(input.request.slot))--;
	if (request_handle(server, client, &input.request, fd, &reply))
		control_send(server, client, &reply);
	return client->fd >= 0 && !server->ended;
}

/* One a turn: whether there is another epoll says as cheaply as recvmsg(2). */
void control_input(struct server *server, uint32_t client_index)
{
	struct client *client;
	int result = 0;

	if (client_index >= server->client_top)
		return;
	client = &server->clients[client_index];
	file_limit_check(server);
	if (server->ended)
		return; /* the new process reads it */
	if (client->fd >= 0)
		result = receive_one(server, client);
	if (result < 0)
		control_drop(server, client);
}

/* -------------------------------------------------------------------- exits */

/* Those who are waiting to be let in are needed, too. */
static bool is_needed_after_all(struct server *server)
{
	if (is_needed(server))
		return true;
	for (int i = 0; i < server->link_count; i++)
		accept_all(server, server->links[i].rendezvous_fd);
	return is_needed(server);
}

/*
 * Who came between our answer and the end of the process would go down with
 * it: they wait, are cut off, try again and find the name free.
 */
static void let_nobody_in(struct server *server)
{
	server->clients_wait = false;
	watch_rendezvous(server, 0);
	server->leave_us = server->now_us + LEAVE_US;
}

static void answer_exit(struct server *server, struct client *client)
{
	struct pyt_reply reply = { .slot = PYT_SLOT_NONE };
	uint32_t index = (uint32_t)(client - server->clients);
	bool needed = is_needed_after_all(server);
	int result;

	if (needed && server->now_us < client->exit_deadline_us)
		return;
	needed |= server->grace_us > 0;
	client->exit_deadline_us = TIME_NEVER;
	server->exits_waiting--;
	if (needed) {
		result = step_out(server);
		if (result == 0)
			return; /* the new process answers */
		reply.result = result < 0 ? 0 : 1;
	}
	if (reply.result == 0) {
		boot_end(server);
		let_nobody_in(server);
	}
	control_send(server, &server->clients[index], &reply);
}

/*
 * The request may be read in the same turn as the one before it; what the
 * program sent in between is in its endpoint, but no event has said so yet.
 */
static void look_for_datagrams(struct server *server)
{
	for (uint32_t i = 0; i < server->slots.touched; i++) {
		struct endpoint *endpoint = &server->endpoints[i];

		if (endpoint->state != ENDPOINT_DATAGRAM)
			continue;
		endpoint->readable = true;
		endpoint_wake(server, endpoint);
	}
}

void control_wait_exit(struct server *server, struct client *client)
{
	if (client->exit_deadline_us != TIME_NEVER)
		return;
	look_for_datagrams(server);
	client->exit_deadline_us = server->now_us + EXIT_WAIT_US;
	server->exits_waiting++;
}

void control_check_exits(struct server *server)
{
	if (server->now_us >= server->leave_us) {
		server->leave_us = TIME_NEVER;
		server->leaves = true;
		watch_rendezvous(server, EPOLLIN);
	}
	for (uint32_t i = 0; server->exits_waiting && i < server->client_top;
	     i++) {
		struct client *client = &server->clients[i];

		if (client->fd >= 0 && client->exit_deadline_us != TIME_NEVER)
			answer_exit(server, client);
		if (server->ended)
			return;
	}
}
