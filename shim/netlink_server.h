/*
 * A netlink socket as the kernel's side of it: requests, acknowledgments,
 * dumps that go on when there is room, groups. The protocols plug in by a
 * table of handlers.
 */
#ifndef SHIM_NETLINK_SERVER_H
#define SHIM_NETLINK_SERVER_H

#include "netlink.h"
#include "view.h"

#define NETLINK_REQUEST_MAX 512 /* of a dump, kept to go on */
#define NETLINK_MESSAGE_MAX 3776 /* of a dump: what a page's buffer takes */

struct nl_request {
	struct server *server;
	struct netlink *socket;
	const struct nlmsghdr *header;
	const uint8_t *body; /* behind the header */
	size_t body_len;
	struct nl_writer *out;
	uint16_t answer_flags; /* NLM_F_MULTI of a dump */
	const char *reason; /* for the extended ACK; or NULL */
};

struct nl_handler {
	uint16_t type;
	/* 0 or -errno; answers are put into out. NULL: -EOPNOTSUPP */
	int (*single)(struct nl_request *request);
	/*
	 * Goes on at *cursor, one message a step; true: one was tried and
	 * *cursor is behind it, false: there is no more.
	 */
	bool (*dump)(struct nl_request *request, unsigned *cursor);
};

struct nl_dump {
	bool runs;
	const struct nl_handler *handler;
	unsigned cursor;
	uint8_t request[NETLINK_REQUEST_MAX];
};

struct netlink {
	int protocol; /* NETLINK_ROUTE, _SOCK_DIAG, _GENERIC */
	uint32_t pid; /* nl_pid; 0: none yet */
	uint64_t groups; /* bit 0: group 1 */
	bool ext_ack, cap_ack, strict;
	struct nl_dump dump;
};

extern const struct nl_handler rtnl_handlers[]; /* type 0 ends it */
extern const struct nl_handler diag_handlers[];

/* 0 or -errno. */
int netlink_open(struct server *server, struct view *view, int type,
		 int protocol);
void netlink_close(struct server *server, struct view *view);
bool netlink_pump(struct server *server, struct view *view);
/* name: struct sockaddr_nl as the program gave it. */
int netlink_bind(struct request_call *call, struct view *view);
int netlink_name(struct request_call *call, struct view *view);
int netlink_set_option(struct request_call *call, struct view *view);
int netlink_get_option(struct request_call *call, struct view *view);
/* The multicast: to all sockets that joined the group. */
void netlink_tell(struct server *server, int protocol, unsigned group,
		  const void *message, size_t len);
bool netlink_has_listener(const struct server *server, int protocol,
			  uint64_t groups);

#endif
