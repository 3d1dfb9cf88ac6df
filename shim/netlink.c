/* Netlink messages: written and taken apart. */
#include "netlink.h"

#include <string.h>
#include <sys/socket.h>

void nl_writer_init(struct nl_writer *w, void *bytes, size_t room)
{
	*w = (struct nl_writer){ .bytes = bytes, .room = room };
}

/* Zeroed and aligned; NULL: there is no room. */
static void *take(struct nl_writer *w, size_t len)
{
	size_t aligned = NLMSG_ALIGN(len);
	void *at = w->bytes + w->len;

	if (w->full || aligned < len || w->room - w->len < aligned) {
		w->full = true;
		return NULL;
	}
	memset(at, 0, aligned);
	w->len += aligned;
	return at;
}

void *nl_begin(struct nl_writer *w, uint16_t type, uint16_t flags, uint32_t seq,
	       uint32_t pid, size_t body_len)
{
	struct nlmsghdr *header;

	w->start = w->len;
	header = take(w, NLMSG_HDRLEN + body_len);
	if (!header)
		return NULL;
	header->nlmsg_type = type;
	header->nlmsg_flags = flags;
	header->nlmsg_seq = seq;
	header->nlmsg_pid = pid;
	return NLMSG_DATA(header);
}

bool nl_end(struct nl_writer *w)
{
	struct nlmsghdr *header = (void *)(w->bytes + w->start);

	if (w->full) {
		w->len = w->start;
		w->full = false;
		return false;
	}
	header->nlmsg_len = (uint32_t)(w->len - w->start);
	return true;
}

void nl_put(struct nl_writer *w, uint16_t type, const void *data, size_t len)
{
	struct nlattr *attribute = take(w, NLA_HDRLEN + len);

	if (!attribute)
		return;
	attribute->nla_type = type;
	attribute->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len)
		memcpy((uint8_t *)attribute + NLA_HDRLEN, data, len);
}

void nl_put_u8(struct nl_writer *w, uint16_t type, uint8_t value)
{
	nl_put(w, type, &value, sizeof(value));
}

void nl_put_u32(struct nl_writer *w, uint16_t type, uint32_t value)
{
	nl_put(w, type, &value, sizeof(value));
}

void nl_put_text(struct nl_writer *w, uint16_t type, const char *text)
{
	nl_put(w, type, text, strlen(text) + 1);
}

void nl_put_ip(struct nl_writer *w, uint16_t type, const struct pyt_ip *ip)
{
	if (pyt_ip_is_v4(ip))
		nl_put(w, type, ip->bytes + 12, 4);
	else
		nl_put(w, type, ip->bytes, 16);
}

/* ------------------------------------------------------------- attributes */

bool nl_parse(const void *at, size_t len, struct nl_value *found, unsigned max)
{
	const uint8_t *bytes = at;

	memset(found, 0, (max + 1) * sizeof(*found));
	while (len >= NLA_HDRLEN) {
		struct nlattr attribute;
		size_t aligned;
		unsigned type;

		memcpy(&attribute, bytes, sizeof(attribute));
		if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > len)
			return false;
		type = attribute.nla_type & NLA_TYPE_MASK;
		if (type <= max)
			found[type] =
				(struct nl_value){ bytes + NLA_HDRLEN,
						   attribute.nla_len -
							   (size_t)NLA_HDRLEN };
		aligned = NLA_ALIGN((size_t)attribute.nla_len);
		if (aligned > len)
			aligned = len;
		bytes += aligned;
		len -= aligned;
	}
	return true;
}

uint32_t nl_u32(const struct nl_value *value, uint32_t fallback)
{
	uint32_t number = fallback;

	if (value->data && value->len >= sizeof(number))
		memcpy(&number, value->data, sizeof(number));
	return number;
}

bool nl_ip(const struct nl_value *value, int family, struct pyt_ip *ip)
{
	struct pyt_ip found = pyt_ip_from_v4(0);

	if (!value->data || value->len != (family == AF_INET ? 4 : 16))
		return false;
	if (family == AF_INET)
		memcpy(found.bytes + 12, value->data, 4);
	else
		memcpy(found.bytes, value->data, 16);
	*ip = found;
	return true;
}

bool nl_text(const struct nl_value *value, char *text, size_t room)
{
	size_t len;

	if (!value->data)
		return false;
	len = strnlen(value->data, value->len);
	if (len >= room)
		return false;
	memcpy(text, value->data, len);
	text[len] = '\0';
	return true;
}
