/* Extension headers and IPv4 options, sticky and in messages. RFC 3542; RFC
 * 8754, 2; ip(7). */
#include "socket/socket_extension.h"

#include <errno.h>
#include <netinet/in.h>

#include "socket/socket.h"
#include "wire/ip6_chain.h"

#define LEN_MAX (8 * 255) /* of a sticky one, as Linux bounds it */
#define FIRST_STOP_AT 8u
#define ROUTING_LEN_MIN (FIRST_STOP_AT + 16)
#define ROUTING_TYPE_2 2 /* of mobile hosts: RFC 6275, 6.4 */
#define ROUTING_TYPE_4 4 /* segments: RFC 8754 */

static int which_of(int name)
{
	switch (name) {
	case IPV6_HOPOPTS:
		return PYT_EXTENSION_HOP_BY_HOP;
	case IPV6_RTHDRDSTOPTS:
		return PYT_EXTENSION_BEFORE_ROUTING;
	case IPV6_RTHDR:
		return PYT_EXTENSION_ROUTING;
	case IPV6_DSTOPTS:
		return PYT_EXTENSION_DESTINATION;
	default:
		return -1;
	}
}

bool socket_extension_is(int name)
{
	return which_of(name) >= 0;
}

/* ------------------------------------------------------------ what is sound */

static bool has_its_length(const uint8_t *header, uint32_t len)
{
	return len >= 8 && len % 8 == 0 && (header[1] + 1u) * 8 == len;
}

/* RFC 8754, 2.1: behind the segments there is nothing but whole TLVs. */
static bool tail_is_sound(const uint8_t *header, uint32_t at, uint32_t len)
{
	while (at < len) {
		if (len - at < 2)
			return false;
		at += header[at] == 0 ? 1u : 2u + header[at + 1];
	}
	return at == len;
}

/* RFC 5095: type 0 is gone; what Linux knows are these two. */
static bool routing_is_sound(const uint8_t *header, uint32_t len)
{
	uint32_t left, last;

	if (len < ROUTING_LEN_MIN)
		return false;
	left = header[3];
	last = header[4];
	switch (header[2]) {
	case ROUTING_TYPE_2:
		return len == ROUTING_LEN_MIN && left == 1;
	case ROUTING_TYPE_4:
		return left <= last && FIRST_STOP_AT + (last + 1) * 16 <= len &&
		       tail_is_sound(header, FIRST_STOP_AT + (last + 1) * 16,
				     len);
	default:
		return false;
	}
}

/* ---------------------------------------------------------- sticky options */

struct socket_extensions *socket_extension_share(struct socket_extensions *s)
{
	if (s)
		s->sharers++;
	return s;
}

static uint32_t len_of(const uint16_t len[PYT_EXTENSIONS])
{
	return (uint32_t)len[0] + len[1] + len[2] + len[3];
}

void socket_extension_release(struct engine *engine,
			      struct socket_extensions *s)
{
	if (s && --s->sharers == 0)
		engine_free(engine, s, sizeof(*s) + len_of(s->len));
}

static const uint8_t *header_of(const struct socket_extensions *s, int which)
{
	const uint8_t *at = s->bytes;

	for (int i = 0; i < which; i++)
		at += s->len[i];
	return at;
}

/* The same with another one of its headers; NULL: no memory. */
static struct socket_extensions *renew(struct engine *engine,
				       const struct socket_extensions *old,
				       int which, const void *value,
				       uint16_t len)
{
	uint16_t lens[PYT_EXTENSIONS] = { 0 };
	struct socket_extensions *fresh;
	uint8_t *at;

	if (old)
		memcpy(lens, old->len, sizeof(lens));
	lens[which] = len;
	fresh = engine_alloc(engine, sizeof(*fresh) + len_of(lens));
	if (!fresh)
		return NULL;
	fresh->sharers = 1;
	memcpy(fresh->len, lens, sizeof(lens));
	at = fresh->bytes;
	for (int i = 0; i < PYT_EXTENSIONS; i++) {
		if (lens[i])
			memcpy(at, i == which ? value : header_of(old, i),
			       lens[i]);
		at += lens[i];
	}
	return fresh;
}

/* How long it is by itself: the program's buffer may be longer. */
static int check(int which, const uint8_t *header, uint32_t value_len)
{
	uint32_t len;

	if (value_len == 0)
		return 0; /* RFC 3542, 4.1 and so on: it is taken away */
	if (value_len < 8 || value_len % 8 || value_len > LEN_MAX)
		return -EINVAL;
	len = (header[1] + 1u) * 8;
	if (len > value_len)
		return -EINVAL;
	if (which == PYT_EXTENSION_ROUTING && !routing_is_sound(header, len))
		return -EINVAL;
	if (which == PYT_EXTENSION_ROUTING && header[2] == ROUTING_TYPE_4 &&
	    len != value_len)
		return -EINVAL;
	return (int)len;
}

int socket_extension_set(struct socket *socket, int name, const void *value,
			 uint32_t value_len)
{
	struct engine *engine = socket->room->engine;
	int which = which_of(name), len = check(which, value, value_len);
	struct socket_extensions *fresh = NULL;
	struct socket_options *own;

	if (len < 0)
		return len;
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	if (len > 0 || own->extensions) {
		fresh = renew(engine, own->extensions, which, value,
			      (uint16_t)len);
		if (!fresh)
			return -ENOBUFS;
	}
	socket_extension_release(engine, own->extensions);
	own->extensions = fresh;
	return 0;
}

int socket_extension_clear(struct socket *socket)
{
	struct socket_options *own = socket_options_own(socket);

	if (!own)
		return -ENOBUFS;
	socket_extension_release(socket->room->engine, own->extensions);
	own->extensions = NULL;
	return 0;
}

int socket_extension_get(const struct socket *socket, int name, void *value,
			 uint32_t value_len)
{
	const struct socket_extensions *s = socket->options->extensions;
	int which = which_of(name);

	if (!s)
		return 0;
	return socket_option_put(value, value_len, header_of(s, which),
				 s->len[which]);
}

int socket_extension_set_ip4(struct socket *socket, const void *value,
			     uint32_t value_len)
{
	uint8_t options[IP4_OPTIONS_LEN_MAX] = { 0 };
	uint32_t len = (value_len + 3) & ~3u; /* ended by 0 */
	struct socket_options *own;

	if (value_len > sizeof(options))
		return -EINVAL;
	if (value_len)
		memcpy(options, value, value_len);
	if (!ip4_options_accept(options, (uint8_t)len))
		return -EINVAL;
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	own->ip_options_len = (uint8_t)len;
	memcpy(own->ip_options, options, sizeof(options));
	return 0;
}

void socket_extension_inherit_ip4(struct socket *socket, const uint8_t *options,
				  uint32_t len)
{
	struct socket_options *own = len ? socket_options_own(socket) : NULL;

	if (!own)
		return;
	own->ip_options_len = (uint8_t)len;
	memcpy(own->ip_options, options, len);
}

int socket_extension_get_ip4(const struct socket *socket, void *value,
			     uint32_t value_len)
{
	return socket_option_put(value, value_len, socket->options->ip_options,
				 socket->options->ip_options_len);
}

/* ------------------------------------------------------- what a packet gets */

/* RFC 3542, 9.1: what stands before a routing header needs one. */
static void find_way(struct ip_extensions *e)
{
	const uint8_t *routing = e->header[PYT_EXTENSION_ROUTING];
	uint32_t stop = FIRST_STOP_AT;

	if (!e->len[PYT_EXTENSION_ROUTING]) {
		e->len[PYT_EXTENSION_BEFORE_ROUTING] = 0;
		return;
	}
	if (routing[2] == ROUTING_TYPE_4)
		stop += routing[3] * 16u;
	memcpy(e->first_hop.bytes, routing + stop, sizeof(e->first_hop.bytes));
	e->detours = true;
}

/* Those of a listener are not its connections', as in Linux. */
static int find_ip4(const struct socket *socket,
		    const struct pyt_message *message,
		    struct ip_extensions *found)
{
	bool own = message && len_of(message->extension_len) > 0;
	uint32_t len = own ? len_of(message->extension_len)
			   : socket->options->ip_options_len;
	const uint8_t *from =
		own ? message->extensions : socket->options->ip_options;
	uint8_t padded = (uint8_t)((len + 3) & ~3u);
	uint8_t options[IP4_OPTIONS_LEN_MAX] = { 0 };

	if (len == 0 || socket->listener)
		return 0;
	if (len > sizeof(found->ip4) ||
	    (own && len != message->extension_len[PYT_EXTENSION_IP4_OPTIONS]))
		return -EINVAL;
	memcpy(options, from, len);
	if (!ip4_options_accept(options, padded))
		return -EINVAL;
	ip4_options_take(found, options, padded);
	return 0;
}

int socket_extension_check_way(const struct ip_extensions *e,
			       const struct ip_path *path)
{
	struct pyt_ip hop;
	bool strict;

	if (!e->detours || !pyt_ip_is_v4(&path->dst) ||
	    !ip4_options_first_hop(e->header[PYT_EXTENSION_IP4_OPTIONS],
				   (uint8_t)ip_extensions_len(e), &hop,
				   &strict) ||
	    !strict)
		return 0;
	return pyt_ip_equal(&path->next_hop, &hop) ? 0 : -ENETUNREACH;
}

int socket_extension_find(const struct socket *socket,
			  const struct pyt_message *message,
			  const struct pyt_ip *dst, struct ip_extensions *found)
{
	const struct socket_extensions *sticky = socket->options->extensions;
	bool own = message && len_of(message->extension_len) > 0;
	const uint16_t *len = own ? message->extension_len : NULL;
	const uint8_t *at = own ? message->extensions : NULL;

	*found = (struct ip_extensions){ 0 };
	if (pyt_ip_is_v4(dst))
		return find_ip4(socket, message, found);
	if (!own && !sticky)
		return 0;
	if (!own) {
		len = sticky->len;
		at = sticky->bytes;
	}
	for (int i = 0; i < PYT_EXTENSIONS; at += len[i++]) {
		found->header[i] = at;
		found->len[i] = len[i];
		if (len[i] && !has_its_length(at, len[i]))
			return -EINVAL;
	}
	if (found->len[PYT_EXTENSION_ROUTING] &&
	    !routing_is_sound(found->header[PYT_EXTENSION_ROUTING],
			      found->len[PYT_EXTENSION_ROUTING]))
		return -EINVAL;
	find_way(found);
	return 0;
}

/* ------------------------------------------------------- what came with one */

static void put_found(const struct packet_in *packet, uint16_t at,
		      enum pyt_extension which, struct ip_extensions *found)
{
	if (!at)
		return;
	found->header[which] = packet->ip_header + at;
	found->len[which] = (uint16_t)((packet->ip_header[at + 1] + 1u) * 8);
}

static void put_found_ip4(const struct packet_in *packet,
			  uint8_t room[SOCKET_IP4_OPTIONS_ROOM],
			  struct ip_extensions *found)
{
	uint8_t *echo = room + IP4_OPTIONS_LEN_MAX;

	found->header[PYT_EXTENSION_IP4_OPTIONS] = room;
	found->len[PYT_EXTENSION_IP4_OPTIONS] =
		ip4_options_received(packet, room);
	found->header[PYT_EXTENSION_IP4_ECHO] = echo;
	found->len[PYT_EXTENSION_IP4_ECHO] =
		ip4_options_echo(packet, pyt_ip_to_v4(&packet->dst), echo);
}

void socket_extension_of_packet(const struct packet_in *packet,
				uint8_t room[SOCKET_IP4_OPTIONS_ROOM],
				struct ip_extensions *found)
{
	uint16_t first = packet->destination_at[0];
	uint16_t second = packet->destination_at[1];

	*found = (struct ip_extensions){ 0 };
	if (pyt_ip_is_v4(&packet->src)) {
		put_found_ip4(packet, room, found);
		return;
	}
	put_found(packet, packet->hop_by_hop_at, PYT_EXTENSION_HOP_BY_HOP,
		  found);
	put_found(packet, packet->routing_at, PYT_EXTENSION_ROUTING, found);
	/* a single one is for the destination, if no routing follows */
	if (!second && first > packet->routing_at) {
		second = first;
		first = 0;
	}
	put_found(packet, first, PYT_EXTENSION_BEFORE_ROUTING, found);
	put_found(packet, second, PYT_EXTENSION_DESTINATION, found);
}
