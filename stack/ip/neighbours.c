/* Neighbours as ip shows them, and what is left of them when they fail. */
#include <errno.h>
#include <string.h>

#include "ip/ip_internal.h"

int ip_neighbour_get(const struct ip *ip, int ordinal,
		     struct pyt_neighbour_info *info)
{
	const struct neighbour *neighbour;

	TAILQ_FOREACH (neighbour, &ip->neighbours->all, link) {
		if (ordinal-- > 0)
			continue;
		*info = (struct pyt_neighbour_info){
			.ifindex = neighbour->iface->ifindex,
			.ip = neighbour->ip,
			.state = neighbour_state_name(neighbour->state),
			.is_router = neighbour->is_router,
		};
		memcpy(info->mac, neighbour->mac, sizeof(info->mac));
		return 0;
	}
	return -ENOENT;
}

int ip_neighbour_set(struct ip *ip, int ifindex, const struct pyt_ip *address,
		     const uint8_t mac[6], int64_t now_us)
{
	struct iface *iface = ip_iface(ip, ifindex);
	struct neighbour *neighbour;

	if (!iface || iface->config.medium != PYT_MEDIUM_ETHERNET)
		return -ENODEV;
	neighbour = neighbour_find(ip->neighbours, iface, address);
	if (!mac) {
		if (!neighbour)
			return -ENOENT;
		neighbour_remove(ip->neighbours, neighbour);
		return 0;
	}
	if (!neighbour)
		neighbour =
			neighbour_add(ip->neighbours, iface, address, now_us);
	if (!neighbour)
		return -ENOBUFS;
	neighbour_set_permanent(ip->neighbours, neighbour, mac, now_us);
	return 0;
}

void ip_neighbour_flush(struct ip *ip, int64_t now_us)
{
	neighbour_flush(ip->neighbours);
}

uint32_t ip_neighbour_changes(const struct ip *ip)
{
	return ip->neighbours->changes;
}

void ip_neighbour_wait(struct ip *ip, const struct ip_path *path,
		       struct neighbour_waiter *waiter)
{
	neighbour_wait(ip->neighbours, path->iface, &path->next_hop, waiter);
}

void ip_neighbour_wake_all(struct ip *ip)
{
	neighbour_wake_all(ip->neighbours);
}

struct neighbour_waiter *ip_neighbour_next_woken(struct ip *ip)
{
	return neighbour_next_woken(ip->neighbours);
}

/* Who was there may be another one when it is up again. */
void ip_on_iface_change(struct ip *ip, struct iface *iface)
{
	struct neighbour *neighbour, *next;

	ip->route_changes++;
	if (!iface->is_down)
		return;
	iface_drop_output(iface);
	TAILQ_FOREACH_SAFE (neighbour, &ip->neighbours->all, link, next) {
		if (neighbour->iface == iface &&
		    neighbour->state != NEIGHBOUR_PERMANENT)
			neighbour_remove(ip->neighbours, neighbour);
	}
}

void ip_on_iface_replug(struct ip *ip, const struct iface *iface,
			int64_t now_us)
{
	struct neighbour *neighbour, *next;

	ip->route_changes++;
	TAILQ_FOREACH_SAFE (neighbour, &ip->neighbours->all, link, next) {
		if (neighbour->iface != iface ||
		    neighbour->state == NEIGHBOUR_PERMANENT)
			continue;
		if (neighbour->state == NEIGHBOUR_INCOMPLETE)
			neighbour_hurry(ip->neighbours, neighbour, now_us);
		else
			neighbour_remove(ip->neighbours, neighbour);
	}
}

void ip_confirm_reachable(struct ip *ip, const struct ip_path *path,
			  int64_t now_us)
{
	struct neighbour *neighbour;

	if (path->iface->config.medium != PYT_MEDIUM_ETHERNET)
		return;
	neighbour =
		neighbour_find(ip->neighbours, path->iface, &path->next_hop);
	if (neighbour)
		neighbour_confirm(ip->neighbours, neighbour, now_us);
}

bool ip_is_awaited(const struct ip *ip, const struct ip_path *path)
{
	const struct neighbour *neighbour =
		neighbour_find(ip->neighbours, path->iface, &path->next_hop);

	return neighbour && neighbour->waiting_count > 0;
}

int ip_waiting_count(const struct ip *ip)
{
	const struct neighbour *neighbour;
	int count = 0;

	TAILQ_FOREACH (neighbour, &ip->neighbours->all, link)
		count += neighbour->waiting_count;
	return count;
}

/* As if the last router had said that it cannot find the host. */
static bool parse_failed(const struct packet_out *packet,
			 struct ip_error *error)
{
	struct reader quote = reader_init(packet->data, packet->len);

	*error = (struct ip_error){ 0 };
	if (packet->data[0] >> 4 == 6) {
		icmp6_error_of(ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE,
			       error);
		return icmp6_parse_quote(quote, error);
	}
	icmp4_error_of(ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE, error);
	return icmp4_parse_quote(quote, error);
}

/* Another gateway may do: then the packet goes there, and nobody is told. */
static bool send_elsewhere(struct ip *ip, const struct ip_error *failed,
			   int64_t now_us)
{
	struct ip_path path;

	if (ip_route(ip, &failed->dst, &failed->src, 0, now_us, &path) < 0 ||
	    path.local || path.broadcast || path.multicast ||
	    path.iface->config.medium != PYT_MEDIUM_ETHERNET ||
	    gateway_is_dead(path.iface, &path.next_hop))
		return false;
	neighbour_output(ip->neighbours, path.iface, &path.next_hop, &path.src,
			 ip->lent, now_us);
	ip->lent = NULL;
	return true;
}

int ip_next_error(struct ip *ip, struct ip_error *error, int64_t now_us)
{
	packet_destroy(ip->engine, ip->lent);
	while ((ip->lent = neighbour_next_failed(ip->neighbours))) {
		bool ours = parse_failed(ip->lent, error);

		if (ours && send_elsewhere(ip, error, now_us))
			continue;
		if (ours) {
			error->offender = error->src;
			return 1;
		}
		packet_destroy(ip->engine, ip->lent);
	}
	return 0;
}
