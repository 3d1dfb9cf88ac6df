/*
 * The system's view, server's side: sockets of AF_NETLINK and AF_PACKET, and
 * files of /proc that can be written, are endpoints whose other end is
 * answered here. docs/decisions/system-view.md.
 */
#ifndef SHIM_VIEW_H
#define SHIM_VIEW_H

#include <pyt/view.h>

#include "requests.h"
#include "server.h"

/* In the slot, as its family, where there is no address family. */
#define VIEW_FAMILY_SETTING 0xff /* a file below /proc/sys/net, to write */
#define VIEW_NAME_MAX 128 /* of a setting; the kernel's are below 80 */

struct netlink;
struct packet_tap;

/* What an endpoint of ours has beside what all have. */
struct view {
	LIST_ENTRY(view) link; /* server->views */
	struct endpoint *endpoint;
	bool may_change; /* its client is of the stack's user, or root */
	uint8_t family; /* AF_NETLINK, AF_PACKET, VIEW_FAMILY_SETTING */
	int32_t client_pid; /* of the process that opened it */
	int last_error; /* of what was written last: -errno or 0 */
	char name[VIEW_NAME_MAX]; /* of the setting */
	struct netlink *netlink;
	struct packet_tap *tap;
};

bool view_has_family(int family);
/* Of PYT_OP_SOCKET; args as there. 0 or -errno. */
int view_open(struct request_call *call);
void view_close(struct server *server, struct endpoint *endpoint);
/* True: it wants another turn. */
bool view_pump(struct server *server, struct endpoint *endpoint);
/* What was written so far is done before anybody looks. */
void view_settle_all(struct server *server);
/* Once a turn: tells who listens of what has changed. */
void view_run(struct server *server);

/* -------------------------------------------------------- view_requests.c */

int request_view_bind(struct request_call *call);
int request_view_name(struct request_call *call);
int request_view_option(struct request_call *call);
int request_view_get_option(struct request_call *call);
int request_view_sync(struct request_call *call);
int request_view_file(struct request_call *call);
int request_view_list(struct request_call *call);
int request_view_ioctl(struct request_call *call);
int request_view_clients(struct request_call *call);
int request_view_ring(struct request_call *call);
int request_view_way(struct request_call *call);

/* A message to the program: sent bytes, or -EAGAIN and it will be woken. */
ssize_t view_send(struct server *server, struct endpoint *endpoint,
		  const struct iovec *iov, int iov_count);
#endif
