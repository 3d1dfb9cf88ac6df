/* What the client sends. RFC 8415, 16, 18.2, 21. */
#include <netinet/in.h>

#include "autoconf/dhcp6_internal.h"
#include "udp/udp.h"

#define MESSAGE_MAX 1024

static const struct pyt_ip all_servers = { { 0xff, 2, [13] = 1, [15] = 2 } };

/* RFC 8415, 21.7, 21.9: what is asked for. */
static void put_wishes(struct writer *w, enum dhcp6_type type)
{
	static const uint16_t wishes[] = { DHCP6_DNS_SERVERS, DHCP6_DOMAIN_LIST,
					   DHCP6_SOL_MAX_RT,
					   DHCP6_CAPTIVE_PORTAL };
	static const uint16_t informs[] = { DHCP6_DNS_SERVERS,
					    DHCP6_DOMAIN_LIST, DHCP6_INF_MAX_RT,
					    DHCP6_CAPTIVE_PORTAL,
					    DHCP6_INFORMATION_REFRESH_TIME };
	bool inform = type == DHCP6_INFORMATION_REQUEST;
	const uint16_t *list = inform ? informs : wishes;
	size_t count = inform ? sizeof(informs) / sizeof(*informs)
			      : sizeof(wishes) / sizeof(*wishes);

	writer_u16(w, DHCP6_ORO);
	writer_u16(w, (uint16_t)(count * sizeof(*list)));
	for (size_t i = 0; i < count; i++)
		writer_u16(w, list[i]);
}

/* RFC 8415, 21.9: hundredths of a second, from the first message on. */
static void put_elapsed(struct writer *w, const struct dhcp6 *dhcp6,
			int64_t now_us)
{
	int64_t elapsed = dhcp6->sent ? (now_us - dhcp6->began_us) / 10000 : 0;

	dhcp6_build_u16(w, DHCP6_ELAPSED_TIME,
			elapsed > UINT16_MAX ? UINT16_MAX : (uint16_t)elapsed);
}

/* To a server of our choice, or to all: RFC 8415, 16. */
static const struct dhcp6_server *server_for(const struct dhcp6 *dhcp6,
					     enum dhcp6_type type)
{
	if (type == DHCP6_REQUEST)
		return &dhcp6->offer.server;
	if (type == DHCP6_RENEW || type == DHCP6_RELEASE ||
	    type == DHCP6_DECLINE)
		return &dhcp6->grant.server;
	return NULL;
}

static void put_identities(struct writer *w, const struct autoconf_link *link,
			   enum dhcp6_type type)
{
	const struct dhcp6 *dhcp6 = dhcp6_of(link);
	const struct dhcp6_grant *grant =
		type == DHCP6_REQUEST ? &dhcp6->offer : &dhcp6->grant;
	int prefix_len = autoconf_settings(link)->dhcp6_prefix_len;
	struct dhcp6_lease hint = { .prefix_len = (uint8_t)prefix_len };
	uint8_t iaid[AUTOCONF_IAID_LEN];

	autoconf_iaid(link, iaid);
	if (type == DHCP6_DECLINE) {
		dhcp6_build_ia(w, DHCP6_IA_NA, iaid, &dhcp6->declined, 1);
		return;
	}
	if (type == DHCP6_SOLICIT) {
		dhcp6_build_ia(w, DHCP6_IA_NA, iaid, NULL, 0);
		if (prefix_len)
			dhcp6_build_ia(w, DHCP6_IA_PD, iaid, &hint, 1);
		return;
	}
	if (type == DHCP6_CONFIRM || type == DHCP6_REQUEST ||
	    grant->addresses.count > 0)
		dhcp6_build_ia(w, DHCP6_IA_NA, iaid, grant->addresses.lease,
			       grant->addresses.count);
	if (grant->prefixes.count > 0 && type != DHCP6_CONFIRM)
		dhcp6_build_ia(w, DHCP6_IA_PD, iaid, grant->prefixes.lease,
			       grant->prefixes.count);
}

/* RFC 8415, 18.2 and B; a Confirm asks about addresses alone. */
static bool wants_options(enum dhcp6_type type)
{
	return type != DHCP6_CONFIRM && type != DHCP6_RELEASE &&
	       type != DHCP6_DECLINE;
}

static size_t build(const struct autoconf_link *link, enum dhcp6_type type,
		    uint8_t bytes[MESSAGE_MAX], int64_t now_us)
{
	const struct dhcp6 *dhcp6 = dhcp6_of(link);
	const struct dhcp6_server *server = server_for(dhcp6, type);
	struct writer w = writer_init(bytes, MESSAGE_MAX);
	uint8_t duid[AUTOCONF_DUID_LEN];

	autoconf_duid(link, duid);
	dhcp6_build_header(&w, type, dhcp6->transaction);
	dhcp6_build_option(&w, DHCP6_CLIENT_ID, duid, sizeof(duid));
	if (server)
		dhcp6_build_option(&w, DHCP6_SERVER_ID, server->id,
				   server->id_len);
	put_elapsed(&w, dhcp6, now_us);
	if (type == DHCP6_SOLICIT)
		dhcp6_build_option(&w, DHCP6_RAPID_COMMIT, NULL, 0);
	if (type != DHCP6_INFORMATION_REQUEST)
		put_identities(&w, link, type);
	if (wants_options(type)) {
		dhcp6_build_option(&w, DHCP6_RECONFIGURE_ACCEPT, NULL, 0);
		put_wishes(&w, type);
	}
	return w.failed ? 0 : w.len;
}

void dhcp6_send(struct autoconf_link *link, enum dhcp6_type type,
		int64_t now_us)
{
	static const struct ip_fields fields = { .protocol = IPPROTO_UDP,
						 .ttl = 1 };
	const struct iface_address *own = iface_link_local(link->iface);
	uint8_t bytes[MESSAGE_MAX];
	struct iovec iov = { bytes, build(link, type, bytes, now_us) };
	struct udp_output udp = { .src_port = DHCP6_CLIENT_PORT,
				  .dst_port = DHCP6_SERVER_PORT,
				  .dst = all_servers,
				  .iov = &iov,
				  .iov_count = 1,
				  .len = (uint32_t)iov.iov_len };
	struct packet_out *packet;
	struct ip_path path;

	if (!iov.iov_len || !own ||
	    ip_route(link->ip, &all_servers, &own->ip, link->iface->ifindex,
		     now_us, &path) < 0)
		return; /* as if it were lost; the timer tries again */
	udp.src = path.src;
	packet = udp_build(link->engine, &udp);
	if (packet)
		ip_send(link->ip, &path, &fields, packet, now_us);
	else
		counter_hit(&link->engine->counters, COUNTER_NO_MEMORY);
}
