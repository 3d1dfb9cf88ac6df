/*
 * The groups that one socket is in, and from which sources it wants them.
 * RFC 3678; ip(7); the errnos are Linux's.
 */
#ifndef SOCKET_SOCKET_MEMBERSHIP_H
#define SOCKET_SOCKET_MEMBERSHIP_H

#include <bsd/sys/queue.h>

#include "base/packet.h"
#include "ip/ip.h"

struct socket;

struct socket_membership {
	LIST_ENTRY(socket_membership) link;
	struct pyt_ip group;
	int ifindex;
	bool exclude; /* all but the sources; else these alone */
	uint32_t source_count;
	struct pyt_ip *sources; /* source_count of them; NULL: none */
};

struct socket_membership *socket_membership_find(const struct socket *socket,
						 const struct pyt_ip *group,
						 int ifindex);
/* From all sources, or (exclude false) from none yet. -EADDRINUSE: is in it.
 * -ENOBUFS: igmp_max_memberships, or no memory. */
int socket_membership_join(struct socket *socket, const struct pyt_ip *group,
			   int ifindex, bool exclude);
/* -EADDRNOTAVAIL */
int socket_membership_leave(struct socket *socket, const struct pyt_ip *group,
			    int ifindex);
/* One source more or less in a filter of this mode. -EINVAL: not in the
 * group, or the filter has the other mode; -EADDRNOTAVAIL: it is there, or
 * is not there; -ENOBUFS: igmp_max_msf, mld_max_msf. */
int socket_membership_source(struct socket *socket, const struct pyt_ip *group,
			     int ifindex, const struct pyt_ip *source,
			     bool exclude, bool add);
/* The whole filter; no source and not exclude: leaves. */
int socket_membership_set(struct socket *socket, const struct pyt_ip *group,
			  int ifindex, const struct ip_filter *filter);
void socket_membership_leave_all(struct socket *socket);
/* Whether a packet to a group is for it; IP_MULTICAST_ALL: ip(7). */
bool socket_membership_wants(const struct socket *socket,
			     const struct packet_in *packet);

#endif
