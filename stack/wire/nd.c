/* Neighbour discovery messages. RFC 4861, 4.1 to 4.5. */
#include "wire/nd.h"

#include "wire/icmp6.h"

#define MANAGED 0x80 /* of a router advertisement */
#define OTHER 0x40
#define ROUTER 0x80 /* of a neighbour advertisement */
#define SOLICITED 0x40
#define OVERRIDE 0x20

/* All options fit and none has length 0, from which no reader gets away. */
static bool options_are_sound(struct reader options)
{
	struct nd_option option;
	int count = 0;

	while (options.left > 0 && count++ < ND_OPTIONS_MAX)
		if (!nd_option_next(&options, &option))
			return false;
	return true;
}

static bool finish(const struct reader *r, struct reader *options)
{
	if (r->failed || !options_are_sound(*r))
		return false;
	*options = *r;
	return true;
}

bool nd_router_solicitation_parse(struct reader message,
				  struct nd_router_solicitation *nd)
{
	reader_bytes(&message, ICMP6_HEADER_LEN);
	return finish(&message, &nd->options);
}

/* RFC 4191, 2.1, 2.2: two bits, signed; the reserved one means medium here. */
static enum nd_preference preference_of(uint8_t bits)
{
	switch (bits >> 3 & 3) {
	case 1:
		return ND_PREFERENCE_HIGH;
	case 3:
		return ND_PREFERENCE_LOW;
	default:
		return ND_PREFERENCE_MEDIUM;
	}
}

bool nd_router_advertisement_parse(struct reader message,
				   struct nd_router_advertisement *nd)
{
	struct nd_router_advertisement n;
	uint8_t flags;

	reader_bytes(&message, 4); /* type, code, checksum */
	n.hop_limit = reader_u8(&message);
	flags = reader_u8(&message);
	n.managed = flags & MANAGED;
	n.other = flags & OTHER;
	n.preference = preference_of(flags);
	n.lifetime = reader_u16(&message);
	n.reachable_ms = reader_u32(&message);
	n.retrans_ms = reader_u32(&message);
	if (!finish(&message, &n.options))
		return false;

	*nd = n;
	return true;
}

bool nd_solicitation_parse(struct reader message, struct nd_solicitation *nd)
{
	struct nd_solicitation n = { .options = message };

	reader_bytes(&message, ICMP6_HEADER_LEN);
	reader_copy(&message, n.target.bytes, sizeof(n.target.bytes));
	if (!finish(&message, &n.options))
		return false;

	*nd = n;
	return true;
}

bool nd_advertisement_parse(struct reader message, struct nd_advertisement *nd)
{
	struct nd_advertisement n = { .options = message };
	uint8_t flags;

	reader_bytes(&message, 4);
	flags = reader_u8(&message);
	reader_bytes(&message, 3); /* reserved */
	n.router = flags & ROUTER;
	n.solicited = flags & SOLICITED;
	n.override = flags & OVERRIDE;
	reader_copy(&message, n.target.bytes, sizeof(n.target.bytes));
	if (!finish(&message, &n.options))
		return false;

	*nd = n;
	return true;
}

bool nd_redirect_parse(struct reader message, struct nd_redirect *nd)
{
	struct nd_redirect n = { .options = message };

	reader_bytes(&message, ICMP6_HEADER_LEN);
	reader_copy(&message, n.target.bytes, sizeof(n.target.bytes));
	reader_copy(&message, n.dst.bytes, sizeof(n.dst.bytes));
	if (!finish(&message, &n.options))
		return false;

	*nd = n;
	return true;
}

static void build_start(struct writer *w, enum icmp6_type type, uint8_t flags)
{
	writer_u8(w, (uint8_t)type);
	writer_u8(w, 0); /* code */
	writer_u16(w, 0); /* checksum */
	writer_u32(w, (uint32_t)flags << 24);
}

void nd_build_solicitation(struct writer *w, const struct pyt_ip *target)
{
	build_start(w, ICMP6_NEIGHBOUR_SOLICITATION, 0);
	writer_copy(w, target->bytes, sizeof(target->bytes));
}

void nd_build_advertisement(struct writer *w, const struct nd_advertisement *nd)
{
	build_start(w, ICMP6_NEIGHBOUR_ADVERTISEMENT,
		    (uint8_t)((nd->router ? ROUTER : 0) |
			      (nd->solicited ? SOLICITED : 0) |
			      (nd->override ? OVERRIDE : 0)));
	writer_copy(w, nd->target.bytes, sizeof(nd->target.bytes));
}

void nd_build_router_solicitation(struct writer *w)
{
	build_start(w, ICMP6_ROUTER_SOLICITATION, 0);
}

void nd_build_mac_option(struct writer *w, enum nd_option_type type,
			 const uint8_t mac[6])
{
	writer_u8(w, (uint8_t)type);
	writer_u8(w, 1); /* of 8 bytes */
	writer_copy(w, mac, 6);
}

void nd_build_nonce_option(struct writer *w, const uint8_t nonce[ND_NONCE_LEN])
{
	writer_u8(w, ND_OPTION_NONCE);
	writer_u8(w, 1);
	writer_copy(w, nonce, ND_NONCE_LEN);
}
