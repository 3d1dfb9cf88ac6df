/*
 * The program's side of the endpoints of view.h: AF_NETLINK, AF_PACKET and
 * files of /proc/sys/net that are open for writing.
 */
#ifndef SHIM_VIEW_CLIENT_H
#define SHIM_VIEW_CLIENT_H

#include <stdbool.h>
#include <sys/socket.h>

#include "descriptor.h"

/* Whether socket(2) with these gives one of ours. */
bool view_wants(int family, int type, int protocol);
/* Whether AF_NETLINK of this is EPROTONOSUPPORT, and the line about it. */
bool view_refuses(int protocol);
void view_say_refused(void);
/* A descriptor or -errno. name: of the setting. */
int view_open_socket(int family, int type, int protocol, const char *name);

static inline bool view_is(const struct descriptor *descriptor)
{
	return descriptor->kind == DESCRIPTOR_NETLINK ||
	       descriptor->kind == DESCRIPTOR_PACKET ||
	       descriptor->kind == DESCRIPTOR_SETTING;
}

/* All: >= 0 or -errno. */
int view_bind(const struct descriptor *view, const struct sockaddr *name,
	      socklen_t name_len);
int view_connect(const struct descriptor *view, const struct sockaddr *name,
		 socklen_t name_len);
int view_name(const struct descriptor *view, struct sockaddr *name,
	      socklen_t *name_len);
int view_peer_name(const struct descriptor *view, struct sockaddr *name,
		   socklen_t *name_len);
int view_set_option(const struct descriptor *view, int level, int option,
		    const void *value, socklen_t value_len);
int view_get_option(const struct descriptor *view, int level, int option,
		    void *value, socklen_t *value_len);
ssize_t view_write(const struct descriptor *view, const struct msghdr *message,
		   int flags);
ssize_t view_read(const struct descriptor *view, struct msghdr *message,
		  int flags);
/* What became of what stdio has written: 0 or -errno. */
int view_sync(const struct descriptor *view);

/* ------------------------------------------------------ packet_client.c */

ssize_t packet_write(const struct descriptor *packet,
		     const struct msghdr *message, int flags);
ssize_t packet_read(const struct descriptor *packet, struct msghdr *message,
		    int flags);

#endif
