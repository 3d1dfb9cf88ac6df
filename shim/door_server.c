/* The door: control connections of programs that have another user by now. */
#include "door_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/un.h>

#include "control_server.h"
#include "endpoint.h"
#include "kernel.h"
#include "requests.h"
#include "view.h"

#define ARRIVALS_MAX 16 /* a turn */
#define PRIVILEGED_PORTS 1024

/* By this name a descendant knows it, see door_client.c. */
static int name_outside(const struct server *server, int fd)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	uint64_t number = 0; /* or somebody could have taken the name */
	int len;

	kernel_call(SYS_getrandom, (long)&number, sizeof(number), 0, 0, 0, 0);
	len = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
		       PYT_DOOR_NAME "%s/%016llx", server->name,
		       (unsigned long long)number);
	return kernel_bind(fd, &name,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				       1 + (size_t)len));
}

int door_open(struct server *server)
{
	int end[2] = { -1, -1 }; /* the kernel fills them in */
	int result;

	if (server->door_fd)
		return server->door_outside_fd;
	result = (int)kernel_call(SYS_socketpair, AF_UNIX,
				  SOCK_SEQPACKET | SOCK_CLOEXEC, 0, (long)end,
				  0, 0);
	if (result < 0)
		return result;
	result = name_outside(server, end[1]);
	if (result == 0)
		result = kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD,
					  end[0], EPOLLIN,
					  (uint64_t)WATCH_DOOR << 56);
	if (result < 0) {
		kernel_close(end[0]);
		kernel_close(end[1]);
		return result;
	}
	server->door_fd = end[0];
	server->door_outside_fd = end[1];
	return end[1];
}

static void admit(struct server *server, int fd)
{
	struct ucred peer = { 0 };
	int domain = 0, type = 0;
	socklen_t peer_len = sizeof(peer), domain_len = sizeof(domain),
		  type_len = sizeof(type);

	if (kernel_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_len) <
		    0 ||
	    kernel_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0 ||
	    kernel_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_len) <
		    0 ||
	    domain != AF_UNIX || type != SOCK_SEQPACKET ||
	    control_admit(server, fd, &peer) < 0)
		kernel_close(fd);
}

void door_input(struct server *server)
{
	for (int i = 0; i < ARRIVALS_MAX; i++) {
		int fd = control_take_passed(server->door_fd);

		if (fd == -EAGAIN)
			return;
		if (fd >= 0)
			admit(server, fd);
	}
}

/* ------------------------------------------------------------------ rights */

static bool opens_privileged(const struct pyt_request *request)
{
	int type = request->args[1] & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);

	return request->args[0] == AF_PACKET ||
	       request->args[0] == VIEW_FAMILY_SETTING ||
	       (request->args[0] != AF_NETLINK && type == SOCK_RAW);
}

int door_check(const struct request_call *call)
{
	const struct pyt_request *request = call->request;

	if (!call->client->is_foreign)
		return 0;
	if (request->op == PYT_OP_SYSCTL_SET ||
	    request->op == PYT_OP_LINK_ADD || request->op == PYT_OP_VIEW_IOCTL)
		return -EPERM;
	if (request->op == PYT_OP_SOCKET && opens_privileged(request))
		return -EPERM;
	if (request->op == PYT_OP_BIND && request->address.port &&
	    request->address.port < PRIVILEGED_PORTS)
		return -EACCES;
	return 0;
}
