/* Addresses, links, neighbours and ways as include/pyt/view.h has them. */
#include "stack.h"

#include <errno.h>
#include <pyt/view.h>
#include <stdio.h>
#include <string.h>

#include "ip/group.h"
#include "tcp/tcp_context.h"

/* --------------------------------------------------------------- addresses */

int pyt_address_put(struct pyt_stack *stack,
		    const struct pyt_address_info *info, int64_t now_us)
{
	int result;

	stack_start_call(stack, now_us);
	result = ip_address_set(stack->ip, info, now_us);
	stack_end_call(stack);
	return result;
}

int pyt_label_get(const struct pyt_stack *stack, int ordinal,
		  struct pyt_label *label)
{
	return ip_label_get(stack->ip, ordinal, label);
}

int pyt_label_find(const struct pyt_stack *stack, const struct pyt_ip *ip,
		   int ifindex, struct pyt_label *label)
{
	return ip_label_find(stack->ip, ip, ifindex, label);
}

int pyt_label_add(struct pyt_stack *stack, const struct pyt_label *label,
		  bool replaces)
{
	return ip_label_add(stack->ip, label, replaces);
}

int pyt_label_remove(struct pyt_stack *stack, const struct pyt_label *label)
{
	return ip_label_remove(stack->ip, label);
}

/* ------------------------------------------------------------------- links */

int pyt_iface_set_up(struct pyt_stack *stack, int ifindex, bool up,
		     int64_t now_us)
{
	struct iface *iface = ip_iface(stack->ip, ifindex);

	if (!iface)
		return -ENODEV;
	if (iface->is_down == !up)
		return 0;
	stack_start_call(stack, now_us);
	iface->is_down = !up;
	ip_on_iface_change(stack->ip, iface);
	if (up)
		autoconf_on_link_up(stack->autoconf, ifindex, now_us);
	sockets_unpark_all(&stack->sockets);
	stack_end_call(stack);
	return 0;
}

int pyt_iface_replug(struct pyt_stack *stack, int ifindex, int64_t now_us)
{
	struct iface *iface = ip_iface(stack->ip, ifindex);

	if (!iface)
		return -ENODEV;
	if (iface->is_down)
		return 0;
	stack_start_call(stack, now_us);
	ip_on_iface_replug(stack->ip, iface, now_us);
	autoconf_on_link_up(stack->autoconf, ifindex, now_us);
	sockets_unpark_all(&stack->sockets);
	stack_end_call(stack);
	return 0;
}

int pyt_iface_set_mtu(struct pyt_stack *stack, int ifindex, uint32_t mtu)
{
	struct iface *iface = ip_iface(stack->ip, ifindex);
	struct pyt_iface_config config;

	if (!iface)
		return -ENODEV;
	config = iface->config;
	config.mtu = mtu;
	if (!iface_config_is_valid(&config))
		return -EINVAL;
	iface->config.mtu = mtu;
	ip_on_iface_change(stack->ip, iface);
	return 0;
}

int pyt_iface_set_mac(struct pyt_stack *stack, int ifindex,
		      const uint8_t mac[6])
{
	static const uint8_t none[6];
	struct iface *iface = ip_iface(stack->ip, ifindex);
	struct pyt_iface_config config;

	if (!iface)
		return -ENODEV;
	if (iface->config.medium != PYT_MEDIUM_ETHERNET)
		return -EOPNOTSUPP;
	config = iface->config;
	memcpy(config.mac, mac, sizeof(config.mac));
	if (!iface_config_is_valid(&config) ||
	    memcmp(mac, none, sizeof(none)) == 0)
		return -EADDRNOTAVAIL;
	iface->config = config;
	ip_on_iface_change(stack->ip, iface);
	return 0;
}

int pyt_iface_send(struct pyt_stack *stack, int ifindex, const void *frame,
		   uint32_t len, int64_t now_us)
{
	struct iface *iface = ip_iface(stack->ip, ifindex);
	uint32_t header_len;
	struct packet_out *packet;
	int result;

	if (!iface)
		return -ENODEV;
	header_len = iface_link_header_len(iface);
	if (iface->is_down)
		return -ENETDOWN;
	if (len < header_len || len == 0)
		return -EINVAL;
	if (len > iface->config.mtu + header_len)
		return -EMSGSIZE;
	packet = packet_create(&stack->engine, len);
	if (!packet)
		return -ENOBUFS;
	memcpy(packet->data, frame, len);
	stack_start_call(stack, now_us);
	result = iface_output(iface, packet);
	stack_end_call(stack);
	return result;
}

void pyt_loopback_watch(struct pyt_stack *stack,
			void (*watch)(void *context,
				      const struct pyt_frame *frame),
			void *context)
{
	stack->loopback_watch = watch;
	stack->loopback_context = context;
}

/* -------------------------------------------------------------- neighbours */

int pyt_neighbour_set(struct pyt_stack *stack, int ifindex,
		      const struct pyt_ip *ip, const uint8_t mac[6],
		      int64_t now_us)
{
	int result;

	stack_start_call(stack, now_us);
	result = ip_neighbour_set(stack->ip, ifindex, ip, mac, now_us);
	sockets_unpark_all(&stack->sockets);
	stack_end_call(stack);
	return result;
}

uint32_t pyt_neighbour_changes(const struct pyt_stack *stack)
{
	return ip_neighbour_changes(stack->ip);
}

/* --------------------------------------------------------------- multicast */

int pyt_group_get(const struct pyt_stack *stack, int ordinal,
		  struct pyt_group_info *info)
{
	const struct group *group = ip_group_at(stack->ip, ordinal);

	if (!group)
		return -ENOENT;
	*info = (struct pyt_group_info){
		.ifindex = group->iface->ifindex,
		.ip = group->ip,
		.users =
			(unsigned)(group->include_count + group->exclude_count),
		.exclude = group->exclude_count > 0,
	};
	return 0;
}

int pyt_anycast_get(const struct pyt_stack *stack, int ordinal,
		    struct pyt_group_info *info)
{
	return ip_anycast_get(stack->ip, ordinal, info);
}

int pyt_group_source_get(const struct pyt_stack *stack, int group_ordinal,
			 int ordinal, struct pyt_group_source_info *info)
{
	const struct group *group = ip_group_at(stack->ip, group_ordinal);
	const struct group_source *source;

	if (!group)
		return -ENOENT;
	SLIST_FOREACH (source, &group->sources, link) {
		if (ordinal-- > 0)
			continue;
		*info = (struct pyt_group_source_info){
			.ip = source->ip,
			.include_count = (unsigned)source->include_count,
			.exclude_count = (unsigned)source->exclude_count,
		};
		return 0;
	}
	return -ENOENT;
}

/* -------------------------------------------------------------------- ways */

/* The next hop as the link knows it. */
static void find_neighbour(const struct pyt_stack *stack, struct pyt_way *way)
{
	struct pyt_neighbour_info info;

	for (int i = 0; ip_neighbour_get(stack->ip, i, &info) == 0; i++) {
		if (info.ifindex != way->ifindex ||
		    !pyt_ip_equal(&info.ip, &way->next_hop))
			continue;
		snprintf(way->neighbour, sizeof(way->neighbour), "%s",
			 info.state);
		way->gateway_is_dead =
			way->has_route &&
			!pyt_ip_is_unspecified(&way->route.gateway) &&
			ip_gateway_is_dead(stack->ip, way->ifindex,
					   &way->next_hop);
	}
}

static uint32_t iface_mtu_to(const struct iface *iface,
			     const struct pyt_ip *dst)
{
	return pyt_ip_is_v4(dst) ? iface->config.mtu : iface_mtu6(iface);
}

int pyt_way_find(struct pyt_stack *stack, const struct pyt_ip *dst,
		 const struct pyt_ip *src, int ifindex, int64_t now_us,
		 struct pyt_way *way)
{
	struct ip_path path;
	int result = ip_route(stack->ip, dst, src, ifindex, now_us, &path);

	if (result < 0)
		return result;
	*way = (struct pyt_way){
		.ifindex = path.iface->ifindex,
		.src = path.src,
		.next_hop = path.next_hop,
		.mtu = path.mtu,
		.local = path.local,
		.broadcast = path.broadcast,
		.multicast = path.multicast,
	};
	way->has_route = !path.local && ip_route_find(stack->ip, dst, ifindex,
						      &way->route) == 0;
	if (!src)
		way->source_rule = ip_source_rule(stack->ip, &path, now_us);
	way->mtu_is_learned =
		!path.local && path.mtu < iface_mtu_to(path.iface, dst);
	find_neighbour(stack, way);
	return 0;
}

/* -------------------------------------------------- what connections leave */

int pyt_tcp_metrics_get(const struct pyt_stack *stack, int ordinal,
			struct pyt_tcp_metrics *metrics, int64_t now_us)
{
	return tcp_metrics_get(&stack->tcp->metrics, ordinal, metrics, now_us);
}

int pyt_tcp_metrics_remove(struct pyt_stack *stack, const struct pyt_ip *local,
			   const struct pyt_ip *peer)
{
	return tcp_metrics_remove(&stack->tcp->metrics, local, peer);
}
