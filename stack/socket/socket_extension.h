/*
 * Extension headers, or IPv4 options, that a program gives and gets: sticky
 * ones, those of one message, the way that a source route wants. RFC 3542, 6
 * to 9 and 11; ip(7), IP_OPTIONS; as Linux has it.
 */
#ifndef SOCKET_SOCKET_EXTENSION_H
#define SOCKET_SOCKET_EXTENSION_H

#include "ip/ip.h"

struct socket;

/* Sticky ones: shared by the options that were copied from one another. */
struct socket_extensions {
	uint32_t sharers;
	uint16_t len[PYT_EXTENSIONS];
	uint8_t bytes[]; /* one behind the other */
};

/* IPV6_HOPOPTS, IPV6_RTHDRDSTOPTS, IPV6_RTHDR, IPV6_DSTOPTS. */
bool socket_extension_is(int name);
int socket_extension_set(struct socket *socket, int name, const void *value,
			 uint32_t value_len);
/* All of them. */
int socket_extension_clear(struct socket *socket);
/* Length written; 0: none is set. */
int socket_extension_get(const struct socket *socket, int name, void *value,
			 uint32_t value_len);
/* IP_OPTIONS: the same of IPv4. */
int socket_extension_set_ip4(struct socket *socket, const void *value,
			     uint32_t value_len);
/* Those that the SYN of an accepted connection wants: len as they are, or 0. */
void socket_extension_inherit_ip4(struct socket *socket, const uint8_t *options,
				  uint32_t len);
int socket_extension_get_ip4(const struct socket *socket, void *value,
			     uint32_t value_len);
/* Another holder, or one less; NULL is nothing. */
struct socket_extensions *socket_extension_share(struct socket_extensions *s);
void socket_extension_release(struct engine *engine,
			      struct socket_extensions *s);

/* What a packet to dst gets: its own, if message has any (or NULL), else the
 * sticky ones. -EINVAL: not as headers are. */
int socket_extension_find(const struct socket *socket,
			  const struct pyt_message *message,
			  const struct pyt_ip *dst,
			  struct ip_extensions *found);
/* -ENETUNREACH: the first stop of a strict source route is not on the link. */
int socket_extension_check_way(const struct ip_extensions *e,
			       const struct ip_path *path);

/* Those of a received packet, which has to stay where it is, as has room. */
#define SOCKET_IP4_OPTIONS_ROOM (2 * IP4_OPTIONS_LEN_MAX)
void socket_extension_of_packet(const struct packet_in *packet,
				uint8_t room[SOCKET_IP4_OPTIONS_ROOM],
				struct ip_extensions *found);

#endif
