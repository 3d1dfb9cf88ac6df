/* Options of neighbour discovery. RFC 4861, 4.6; RFC 4191; RFC 8106. */
#include "wire/nd.h"

#define ON_LINK 0x80
#define AUTONOMOUS 0x40
#define NAME_MAX 255
#define RESERVED_PREFERENCE 2

bool nd_option_next(struct reader *options, struct nd_option *option)
{
	struct reader r = *options;
	uint8_t type = reader_u8(&r);
	uint8_t len = reader_u8(&r);
	struct reader value;

	if (r.failed || len == 0)
		return false;
	value = reader_split(&r, len * 8u - 2);
	if (r.failed)
		return false;

	*option = (struct nd_option){ .type = type, .value = value };
	*options = r;
	return true;
}

bool nd_option_find(struct reader options, enum nd_option_type type,
		    struct nd_option *option)
{
	for (int i = 0; i < ND_OPTIONS_MAX && nd_option_next(&options, option);
	     i++)
		if (option->type == type)
			return true;
	return false;
}

bool nd_option_find_mac(struct reader options, enum nd_option_type type,
			uint8_t mac[6])
{
	struct nd_option option;

	/* Ethernet's are 6 bytes, so that there is no padding: RFC 2464, 6 */
	if (!nd_option_find(options, type, &option) || option.value.left != 6)
		return false;
	reader_copy(&option.value, mac, 6);
	return true;
}

bool nd_prefix_parse(const struct nd_option *option, struct nd_prefix *prefix)
{
	struct reader r = option->value;
	struct nd_prefix p = { .prefix_len = reader_u8(&r) };
	uint8_t flags;

	flags = reader_u8(&r);
	p.on_link = flags & ON_LINK;
	p.autonomous = flags & AUTONOMOUS;
	p.valid = reader_u32(&r);
	p.preferred = reader_u32(&r);
	reader_u32(&r); /* reserved */
	reader_copy(&r, p.prefix.bytes, sizeof(p.prefix.bytes));
	if (r.failed || p.prefix_len > 128)
		return false;

	*prefix = p;
	return true;
}

bool nd_mtu_parse(const struct nd_option *option, uint32_t *mtu)
{
	struct reader r = option->value;
	uint32_t value;

	reader_u16(&r);
	value = reader_u32(&r);
	if (r.failed)
		return false;

	*mtu = value;
	return true;
}

/* The prefix is as long as it must be, or longer: RFC 4191, 2.3. */
bool nd_route_parse(const struct nd_option *option, struct nd_route *route)
{
	struct reader r = option->value;
	struct nd_route n = { .prefix_len = reader_u8(&r) };
	uint8_t bits = reader_u8(&r) >> 3 & 3;
	size_t len;

	n.preference = bits == 1   ? ND_PREFERENCE_HIGH
		       : bits == 3 ? ND_PREFERENCE_LOW
				   : ND_PREFERENCE_MEDIUM;
	n.lifetime = reader_u32(&r);
	len = r.left < 16 ? r.left : 16;
	if (n.prefix_len > 128 || n.prefix_len > len * 8 ||
	    bits == RESERVED_PREFERENCE)
		return false;
	reader_copy(&r, n.prefix.bytes, len);
	if (r.failed)
		return false;
	for (unsigned i = n.prefix_len; i < 128; i++)
		n.prefix.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);

	*route = n;
	return true;
}

bool nd_rdnss_parse(const struct nd_option *option, struct nd_rdnss *rdnss)
{
	struct reader r = option->value;
	uint32_t lifetime;

	reader_u16(&r);
	lifetime = reader_u32(&r);
	if (r.failed || r.left < 16 || r.left % 16)
		return false;

	*rdnss = (struct nd_rdnss){ .lifetime = lifetime, .servers = r };
	return true;
}

bool nd_dnssl_parse(const struct nd_option *option, struct nd_dnssl *dnssl)
{
	struct reader r = option->value;
	uint32_t lifetime;

	reader_u16(&r);
	lifetime = reader_u32(&r);
	if (r.failed || r.left < 8)
		return false;

	*dnssl = (struct nd_dnssl){ .lifetime = lifetime, .names = r };
	return true;
}

/* No compression: RFC 8106, 5.2. A NUL or dot in a label would lie. */
static bool read_label(struct reader *r, uint8_t len, char *name, size_t *at)
{
	const uint8_t *bytes = reader_bytes(r, len);

	if (!bytes || len > 63 || *at + len + 1 > NAME_MAX ||
	    memchr(bytes, 0, len) || memchr(bytes, '.', len))
		return false;
	if (*at > 0)
		name[(*at)++] = '.';
	memcpy(name + *at, bytes, len);
	*at += len;
	return true;
}

bool nd_dnssl_next(struct nd_dnssl *dnssl, char name[256])
{
	struct reader r = dnssl->names;
	size_t at = 0;
	uint8_t len;

	while ((len = reader_u8(&r)) != 0)
		if (!read_label(&r, len, name, &at))
			return false;
	if (r.failed || at == 0)
		return false; /* padding */
	name[at] = 0;
	dnssl->names = r;
	return true;
}
