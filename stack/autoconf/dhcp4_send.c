/* What a DHCPv4 client says. RFC 2131, 4.3.6, 4.4 and table 5. */
#include <netinet/in.h>

#include "autoconf/autoconf_duid.h"
#include "autoconf/dhcp4_internal.h"
#include "udp/udp.h"

#define MESSAGE_MAX 1024 /* of ours */
#define LEN_MIN 576 /* that every server may send: RFC 2132, 9.10 */
#define UNHEARD 2 /* messages; then broadcasts are asked for */
#define CLIENT_ID_OF_DUID 255 /* RFC 4361, 6.1 */
#define FQDN_SERVER_UPDATES 1 /* RFC 4702, 2.1: S */
#define FQDN_ENCODED 4 /* E */

void dhcp4_client_id(const struct autoconf_link *link,
		     uint8_t id[DHCP4_CLIENT_ID_LEN])
{
	id[0] = CLIENT_ID_OF_DUID;
	autoconf_iaid(link, id + 1);
	autoconf_duid(link, id + 5);
}

static bool has_ipv6(const struct autoconf_link *link)
{
	return link->config.methods &
	       (1u << PYT_METHOD_SLAAC | 1u << PYT_METHOD_DHCP6);
}

/* RFC 3442: classless routes before routers. */
static void put_parameters(struct writer *w, const struct autoconf_link *link)
{
	uint8_t codes[] = { DHCP4_SUBNET_MASK, DHCP4_CLASSLESS_ROUTES,
			    DHCP4_ROUTERS,     DHCP4_NAME_SERVERS,
			    DHCP4_DOMAIN_NAME, DHCP4_DOMAIN_SEARCH,
			    DHCP4_MTU,	       DHCP4_CAPTIVE_PORTAL,
			    DHCP4_T1,	       DHCP4_T2,
			    DHCP4_IPV6_ONLY };
	/* RFC 8925, 3.2: only by who can do without IPv4 */
	size_t count = sizeof(codes) - !has_ipv6(link);

	if (link->config.dhcp4_informs) /* RFC 2131, 4.4.3: no times */
		count = sizeof(codes) - 3;

	dhcp4_put(w, DHCP4_PARAMETERS, codes, count);
}

/* RFC 4702, 2.3.1: labels; without the root's, a name that is no full one. */
static void put_fqdn(struct writer *w, const char *name)
{
	uint8_t bytes[3 + PYT_DOMAIN_MAX] = { FQDN_SERVER_UPDATES |
					      FQDN_ENCODED };
	struct writer value = writer_init(bytes, sizeof(bytes));
	bool is_full = strchr(name, '.');

	writer_space(&value, 3);
	while (*name) {
		size_t len = strcspn(name, ".");

		if (len == 0 || len > 63)
			return;
		writer_u8(&value, (uint8_t)len);
		writer_copy(&value, name, len);
		name += len + (name[len] == '.');
	}
	if (is_full)
		writer_u8(&value, 0);
	if (!value.failed)
		dhcp4_put(w, DHCP4_FQDN, bytes, value.len);
}

static void put_wishes(struct writer *w, const struct autoconf_link *link)
{
	uint32_t mtu = link->iface->config.mtu;
	uint16_t len_max =
		(uint16_t)(mtu < LEN_MIN		 ? LEN_MIN
			   : mtu > PYT_LEASE_MESSAGE_MAX ? PYT_LEASE_MESSAGE_MAX
							 : mtu);
	uint8_t bytes[2] = { (uint8_t)(len_max >> 8), (uint8_t)len_max };

	put_parameters(w, link);
	dhcp4_put(w, DHCP4_LEN_MAX_OPTION, bytes, sizeof(bytes));
	if (link->config.hostname[0])
		put_fqdn(w, link->config.hostname);
}

/* RFC 2131, table 4 and 5: who stands where depends on the state. */
static void put_addresses(struct writer *w, const struct dhcp4 *dhcp4,
			  enum dhcp4_type type)
{
	switch (type) {
	case DHCP4_DISCOVER:
		if (dhcp4->hint)
			dhcp4_put_u32(w, DHCP4_REQUESTED_IP, dhcp4->hint);
		break;
	case DHCP4_REQUEST:
		if (dhcp4->state == DHCP4_STATE_REQUESTING ||
		    dhcp4->state == DHCP4_STATE_REBOOTING)
			dhcp4_put_u32(w, DHCP4_REQUESTED_IP, dhcp4->lease.ip);
		if (dhcp4->state == DHCP4_STATE_REQUESTING)
			dhcp4_put_u32(w, DHCP4_SERVER_ID,
				      dhcp4->lease.server_id);
		break;
	case DHCP4_DECLINE:
		dhcp4_put_u32(w, DHCP4_REQUESTED_IP, dhcp4->lease.ip);
		dhcp4_put_u32(w, DHCP4_SERVER_ID, dhcp4->lease.server_id);
		break;
	case DHCP4_RELEASE:
		dhcp4_put_u32(w, DHCP4_SERVER_ID, dhcp4->lease.server_id);
		break;
	case DHCP4_INFORM:
	case DHCP4_OFFER:
	case DHCP4_ACK:
	case DHCP4_NAK:
		break;
	}
}

/* Where the address is used already, it is the sender's. */
static bool sends_as_bound(const struct dhcp4 *dhcp4, enum dhcp4_type type)
{
	return type == DHCP4_RELEASE || type == DHCP4_INFORM ||
	       (type == DHCP4_REQUEST &&
		(dhcp4->state == DHCP4_STATE_RENEWING ||
		 dhcp4->state == DHCP4_STATE_REBINDING));
}

static size_t build(const struct autoconf_link *link, enum dhcp4_type type,
		    uint8_t bytes[MESSAGE_MAX])
{
	const struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct writer w = writer_init(bytes, MESSAGE_MAX);
	struct dhcp4_header header = { .xid = dhcp4->xid };
	uint8_t id[DHCP4_CLIENT_ID_LEN], type_byte = (uint8_t)type;

	memcpy(header.mac, link->iface->config.mac, sizeof(header.mac));
	if (sends_as_bound(dhcp4, type))
		header.ciaddr = dhcp4->lease.ip;
	if (type == DHCP4_DISCOVER || type == DHCP4_REQUEST ||
	    type == DHCP4_INFORM) {
		header.secs = dhcp4->secs;
		/* RFC 1542, 3.1.1: we hear what is sent to the address */
		if (dhcp4->attempts > UNHEARD && !header.ciaddr)
			header.flags = DHCP4_BROADCAST;
	}
	dhcp4_put_header(&w, &header);
	dhcp4_put(&w, DHCP4_MESSAGE_TYPE, &type_byte, 1);
	dhcp4_client_id(link, id);
	dhcp4_put(&w, DHCP4_CLIENT_ID, id, sizeof(id));
	put_addresses(&w, dhcp4, type);
	if (type == DHCP4_DISCOVER || type == DHCP4_REQUEST ||
	    type == DHCP4_INFORM)
		put_wishes(&w, link);
	dhcp4_put_end(&w);
	return w.failed ? 0 : w.len;
}

/* False: there is no way to the server. */
static bool find_path(const struct autoconf_link *link, enum dhcp4_type type,
		      int64_t now_us, struct ip_path *path)
{
	const struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct pyt_ip src = pyt_ip_from_v4(0), dst = pyt_ip_from_v4(UINT32_MAX);

	if (sends_as_bound(dhcp4, type))
		src = pyt_ip_from_v4(dhcp4->lease.ip);
	if (type == DHCP4_RELEASE ||
	    (type == DHCP4_REQUEST && dhcp4->state == DHCP4_STATE_RENEWING)) {
		dst = pyt_ip_from_v4(dhcp4->lease.server_id);
		return ip_route(link->ip, &dst, &src, link->iface->ifindex,
				now_us, path) == 0;
	}
	*path = (struct ip_path){ .iface = link->iface,
				  .src = src,
				  .dst = dst,
				  .next_hop = dst,
				  .mtu = link->iface->config.mtu,
				  .broadcast = true };
	return true;
}

void dhcp4_send(struct autoconf_link *link, enum dhcp4_type type,
		int64_t now_us)
{
	static const struct ip_fields fields = { .protocol = IPPROTO_UDP,
						 .not_to_us = true };
	uint8_t bytes[MESSAGE_MAX];
	struct iovec iov = { bytes, build(link, type, bytes) };
	struct udp_output udp = { .src_port = DHCP4_CLIENT_PORT,
				  .dst_port = DHCP4_SERVER_PORT,
				  .iov = &iov,
				  .iov_count = 1,
				  .len = (uint32_t)iov.iov_len };
	struct packet_out *packet;
	struct ip_path path;

	if (!iov.iov_len || !find_path(link, type, now_us, &path))
		return; /* as if it were lost; the timer tries again */
	udp.src = path.src;
	udp.dst = path.dst;
	packet = udp_build(link->engine, &udp);
	if (packet)
		ip_send(link->ip, &path, &fields, packet, now_us);
	else
		counter_hit(&link->engine->counters, COUNTER_NO_MEMORY);
}
