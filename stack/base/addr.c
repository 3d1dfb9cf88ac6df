/* Text and prefixes of addresses; RFC 4291, 5952. */
#include <arpa/inet.h>

#include <pyt/addr.h>

bool pyt_ip_in_prefix(const struct pyt_ip *ip, const struct pyt_ip *prefix,
		      unsigned prefix_len)
{
	unsigned bits = prefix_len + (pyt_ip_is_v4(prefix) ? 96 : 0);
	unsigned whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> (bits % 8));

	if (pyt_ip_is_v4(ip) != pyt_ip_is_v4(prefix))
		return false;
	if (memcmp(ip->bytes, prefix->bytes, whole) != 0)
		return false;
	return bits % 8 == 0 ||
	       ((ip->bytes[whole] ^ prefix->bytes[whole]) & mask) == 0;
}

unsigned pyt_ip_common_prefix_len(const struct pyt_ip *a,
				  const struct pyt_ip *b)
{
	unsigned len = 0;

	while (len < 128 &&
	       !((a->bytes[len / 8] ^ b->bytes[len / 8]) & (0x80 >> len % 8)))
		len++;
	return len;
}

const char *pyt_ip_format(const struct pyt_ip *ip, char text[PYT_IP_TEXT_MAX])
{
	if (pyt_ip_is_v4(ip))
		inet_ntop(AF_INET, ip->bytes + 12, text, PYT_IP_TEXT_MAX);
	else
		inet_ntop(AF_INET6, ip->bytes, text, PYT_IP_TEXT_MAX);
	return text;
}

bool pyt_ip_parse(const char *text, struct pyt_ip *ip)
{
	struct pyt_ip parsed = pyt_ip_from_v4(0);

	if (inet_pton(AF_INET, text, parsed.bytes + 12) != 1 &&
	    inet_pton(AF_INET6, text, parsed.bytes) != 1)
		return false;
	*ip = parsed;
	return true;
}
