/* The ip room as a whole: life, interfaces, timers. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "iface/conflict.h"
#include "iface/hold.h"
#include "ip/ip_internal.h"

static const struct ip_settings linux_defaults = {
	.default_ttl = 64,
	.min_pmtu = 552,
	.pmtu_expires = 600,
	.redirect_expires = 300,
	.icmp_echo_ignore_broadcasts = 1,
	.icmp_ratelimit = 1000,
	.icmp_ratemask = 6168, /* 3, 4, 11, 12 */
	.icmp_msgs_per_sec = 1000,
	.icmp_msgs_burst = 50,
};

static const struct ip6_settings linux_defaults6 = {
	.pmtu_expires = 600,
	.auto_flowlabels = 1,
	.icmp_ratelimit = 1000,
	.chain = { .headers_max = 8,
		   .hop_by_hop_options_max = 8,
		   .destination_options_max = 8,
		   .hop_by_hop_len_max = INT_MAX,
		   .destination_len_max = INT_MAX },
};

static int add_lo(struct ip *ip, int64_t now_us)
{
	/* no wire: whatever size, and nothing that a wire could damage */
	static const struct pyt_iface_config lo = {
		.name = "lo",
		.medium = PYT_MEDIUM_LOOPBACK,
		.mtu = 65536,
		.offloads = PYT_OFFLOAD_CSUM | PYT_OFFLOAD_TSO4 |
			    PYT_OFFLOAD_TSO6 | PYT_OFFLOAD_TSO_ECN |
			    PYT_OFFLOAD_USO,
	};
	struct pyt_ip address = pyt_ip_from_v4(0x7f000001);
	int result = ip_iface_add(ip, &lo, now_us);

	if (result < 0)
		return result;
	return ip_address_add(ip, result, &address, 8, now_us);
}

static int init_parts(struct ip *ip, int64_t now_us)
{
	ip->neighbours = neighbour_cache_create(ip->engine);
	if (!ip->neighbours)
		return -ENOMEM;
	if (redirect_init(ip) < 0 || pmtu_init(ip) < 0)
		return -ENOMEM;
	if (reassembly_init(&ip->reassembly, ip->engine) < 0)
		return -ENOMEM;
	if (groups_init(ip) < 0)
		return -ENOMEM;
	return add_lo(ip, now_us);
}

struct ip *ip_create(struct engine *engine, int64_t now_us)
{
	struct ip *ip = engine_alloc(engine, sizeof(*ip));

	if (!ip)
		return NULL;
	ip->engine = engine;
	ip->settings = linux_defaults;
	ip->settings6 = linux_defaults6;
	ip->mtus.engine = engine;
	icmp_limit_init(ip, now_us);
	label_init(ip);
	random_bytes(&engine->random, ip->id, sizeof(ip->id));
	if (init_parts(ip, now_us) < 0) {
		ip_destroy(ip);
		return NULL;
	}
	return ip;
}

void ip_destroy(struct ip *ip)
{
	struct engine *engine = ip->engine;

	if (ip->neighbours)
		neighbour_cache_destroy(ip->neighbours);
	groups_clear(ip);
	for (int i = 0; i < ip->iface_count; i++)
		iface_destroy(ip->iface[i]);
	if (ip->reassembly.engine)
		reassembly_clear(&ip->reassembly);
	redirect_clear(ip);
	pmtu_clear(ip);
	packet_destroy(engine, ip->lent);
	engine_free(engine, ip->routes,
		    (size_t)ip->route_size * sizeof(*ip->routes));
	engine_free(engine, ip, sizeof(*ip));
}

struct iface *ip_iface(const struct ip *ip, int ifindex)
{
	if (ifindex < 1 || ifindex > ip->iface_count)
		return NULL;
	return ip->iface[ifindex - 1];
}

static bool name_is_taken(const struct ip *ip, const char *name)
{
	for (int i = 0; i < ip->iface_count; i++) {
		if (strcmp(ip->iface[i]->config.name, name) == 0)
			return true;
	}
	return false;
}

int ip_iface_add(struct ip *ip, const struct pyt_iface_config *config,
		 int64_t now_us)
{
	struct iface *iface;

	if (!iface_config_is_valid(config))
		return -EINVAL;
	if (name_is_taken(ip, config->name))
		return -EEXIST;
	if (ip->iface_count == IFACE_MAX)
		return -ENOSPC;
	iface = iface_create(ip->engine, ip->iface_count + 1, config);
	if (!iface)
		return -ENOMEM;
	iface->neighbours = ip->neighbours;
	ip->iface[ip->iface_count++] = iface;
	ip6_iface_start(ip, iface, now_us);
	return iface->ifindex;
}

int ip_iface_get(const struct ip *ip, int ordinal, struct pyt_iface_info *info)
{
	const struct iface *iface = ip_iface(ip, ordinal + 1);

	if (!iface)
		return -ENOENT;
	*info = (struct pyt_iface_info){
		.ifindex = iface->ifindex,
		.is_up = !iface->is_down,
		.config = iface->config,
		.rx_packets = iface->rx_packets,
		.rx_bytes = iface->rx_bytes,
		.rx_dropped = iface->rx_dropped,
		.tx_packets = iface->tx_packets,
		.tx_bytes = iface->tx_bytes,
		.tx_dropped = iface->tx_dropped,
	};
	return 0;
}

struct iface *ip_owner(const struct ip *ip, const struct pyt_ip *address)
{
	for (int i = 0; i < ip->iface_count; i++) {
		const struct iface_address *own =
			iface_address_find(ip->iface[i], address);

		if (own && iface_address_is_usable(own))
			return ip->iface[i];
	}
	return NULL;
}

bool ip_is_local(const struct ip *ip, const struct pyt_ip *address)
{
	return pyt_ip_is_loopback(address) || ip_owner(ip, address);
}

static int64_t earlier(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

int64_t ip_next_deadline(const struct ip *ip)
{
	int64_t deadline_us = neighbour_next_deadline(ip->neighbours);

	deadline_us =
		earlier(deadline_us, reassembly_next_deadline(&ip->reassembly));
	deadline_us = earlier(deadline_us, group_next_deadline(ip));
	for (int i = 0; i < ip->iface_count; i++) {
		const struct iface *iface = ip->iface[i];

		deadline_us =
			earlier(deadline_us, conflict_next_deadline(iface));
		deadline_us = earlier(deadline_us, hold_next_deadline(iface));
		deadline_us =
			earlier(deadline_us, address_next_deadline(iface));
	}
	return deadline_us;
}

/* RFC 1122, 3.3.2: told to the source if the first fragment was here. */
static void tell_expired(struct ip *ip, const struct reassembled *expired,
			 int64_t now_us)
{
	struct packet_in packet = {
		.iface = ip_iface(ip, expired->ifindex),
		.now_us = now_us,
		.ip_header = expired->header,
		.ip_header_len = expired->header_len,
		.payload = expired->payload,
	};
	struct reader quote = reader_init(expired->header, expired->header_len);
	struct ip4_header header;

	if (expired->v6) {
		ip6_tell_expired(ip, expired, now_us);
		return;
	}
	counter_hit(&ip->engine->counters, COUNTER_IP_REASM_TIMEOUT);
	counter_hit(&ip->engine->counters, COUNTER_IP_REASM_FAILS);
	if (!expired->header || !packet.iface ||
	    !ip4_header_parse_quoted(&quote, &header))
		return;
	packet.src = pyt_ip_from_v4(header.src);
	packet.dst = pyt_ip_from_v4(header.dst);
	packet.protocol = header.protocol;
	packet.ip_len = expired->header_len + (uint32_t)packet.payload.left;
	packet.dst_multicast = pyt_ip_is_multicast(&packet.dst);
	packet.dst_broadcast =
		!packet.dst_multicast && !ip_is_local(ip, &packet.dst);
	icmp4_send_error(ip, &packet, ICMP4_TIME_EXCEEDED,
			 ICMP4_REASSEMBLY_TIME_EXCEEDED, 0, now_us);
}

void ip_run_timers(struct ip *ip, int64_t now_us)
{
	struct reassembled expired;

	neighbour_run_timers(ip->neighbours, now_us);
	while (reassembly_next_expired(&ip->reassembly, &expired, now_us))
		tell_expired(ip, &expired, now_us);
	group_run_timers(ip, now_us);
	for (int i = 0; i < ip->iface_count; i++) {
		/* what waited can be used now */
		if (conflict_run_timers(ip->iface[i], now_us))
			ip->route_changes++;
		hold_run_timers(ip->iface[i], now_us);
		address_run_timers(ip, ip->iface[i], now_us);
	}
}

int ip_next_event(struct ip *ip, struct pyt_event *event)
{
	for (int i = 0; i < ip->iface_count; i++) {
		if (!conflict_next_event(ip->iface[i], event))
			continue;
		ip->route_changes++; /* an address is ours no more */
		return 1;
	}
	return 0;
}

int ip_held_count(const struct ip *ip)
{
	int count = 0;

	for (int i = 0; i < ip->iface_count; i++)
		count += (int)ip->iface[i]->held_count;
	return count;
}

uint32_t ip_route_changes(const struct ip *ip)
{
	return ip->route_changes + ip->neighbours->deaths;
}

void ip_sizes(const struct ip *ip, struct ip_sizes *sizes)
{
	*sizes = (struct ip_sizes){
		.neighbours = (uint64_t)ip->neighbours->count,
		.neighbours_waiting = (uint64_t)ip_waiting_count(ip),
		.routes = (uint64_t)ip->route_count,
		.redirects = ip->redirects.count,
		.path_mtus = ip->mtus.count,
		.groups = ip->groups.table.count,
		.fragment_bytes = (uint64_t)ip->reassembly.bytes,
	};
}
