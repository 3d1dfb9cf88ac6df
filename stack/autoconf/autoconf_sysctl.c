/*
 * net.pyt.*: what Linux has no name for, since it leaves it to programs; and
 * what of net.ipv6.* SLAAC reads.
 */
#include <limits.h>

#include "autoconf/autoconf_internal.h"

#define PYT(member) offsetof(struct autoconf_settings, member)
#define SLAAC(member) offsetof(struct slaac_settings, member)

static const struct setting of_pyt[] = {
	{ "configure_timeout_ms", PYT(configure_timeout_ms), 0, 3600000 },
	{ "dhcp_retry_ms", PYT(dhcp_retry_ms), 100, 64000 },
	{ "abort_on_address_loss", PYT(abort_on_address_loss), 0, 1 },
	{ "dhcp6_prefix_len", PYT(dhcp6_prefix_len), 0, 128 },
	{ "linklocal_delay_ms", PYT(linklocal_delay_ms), 0, 3600000 },
};

static const struct setting of_pyt_slaac[] = {
	{ "router_wait_ms", SLAAC(router_wait_ms), 0, 3600000 },
};

static const struct setting of_ip6[] = {
	{ "idgen_retries", SLAAC(idgen_retries), 0, 255 },
};

static const struct setting of_iface[] = {
	{ "accept_ra", SLAAC(accept_ra), 0, 2 },
	{ "accept_ra_defrtr", SLAAC(accept_ra_defrtr), 0, 1 },
	{ "accept_ra_min_hop_limit", SLAAC(accept_ra_min_hop_limit), 0, 256 },
	{ "accept_ra_min_lft", SLAAC(accept_ra_min_lft), 0, INT_MAX },
	{ "accept_ra_mtu", SLAAC(accept_ra_mtu), 0, 1 },
	{ "accept_ra_pinfo", SLAAC(accept_ra_pinfo), 0, 1 },
	{ "accept_ra_rt_info_max_plen", SLAAC(accept_ra_rt_info_max_plen), 0,
	  128 },
	{ "accept_ra_rt_info_min_plen", SLAAC(accept_ra_rt_info_min_plen), 0,
	  128 },
	{ "accept_ra_rtr_pref", SLAAC(accept_ra_rtr_pref), 0, 1 },
	{ "addr_gen_mode", SLAAC(addr_gen_mode), 0, 3 },
	{ "autoconf", SLAAC(autoconf), 0, 1 },
	{ "max_addresses", SLAAC(max_addresses), 0, INT_MAX },
	{ "max_desync_factor", SLAAC(max_desync_factor), 0, INT_MAX },
	{ "ra_defrtr_metric", SLAAC(defrtr_metric), 1, INT_MAX },
	{ "regen_max_retry", SLAAC(regen_max_retry), 0, 1000 },
	{ "regen_min_advance", SLAAC(regen_min_advance), 0, INT_MAX / 2 },
	{ "router_solicitation_delay", SLAAC(router_solicitation_delay), 0,
	  3600 },
	{ "router_solicitation_interval", SLAAC(router_solicitation_interval),
	  1, 1000 },
	{ "router_solicitation_max_interval",
	  SLAAC(router_solicitation_max_interval), 1, 10000 },
	{ "router_solicitations", SLAAC(router_solicitations), -1, INT_MAX },
	{ "temp_prefered_lft", SLAAC(temp_prefered_lft), 0, INT_MAX },
	{ "temp_valid_lft", SLAAC(temp_valid_lft), 0, INT_MAX },
	{ "use_tempaddr", SLAAC(use_tempaddr), -1, 2 },
};

enum place {
	IN_AUTOCONF,
	IN_SLAAC,
};

#define IFACES sizeof(struct slaac_settings)

static const struct setting_tree trees[] = {
	{ "net.pyt.", false, IN_AUTOCONF, 0, SETTING_LIST(of_pyt) },
	{ "net.pyt.", false, IN_SLAAC, IFACES, SETTING_LIST(of_pyt_slaac) },
	{ "net.ipv6.", false, IN_SLAAC, IFACES, SETTING_LIST(of_ip6) },
	{ "net.ipv6.conf.", true, IN_SLAAC, IFACES, SETTING_LIST(of_iface) },
};

const struct setting_tree *autoconf_setting_trees(size_t *count)
{
	*count = sizeof(trees) / sizeof(*trees);
	return trees;
}

void autoconf_settings_init(struct autoconf_settings *settings)
{
	*settings = (struct autoconf_settings){
		.configure_timeout_ms = 10000,
		.dhcp_retry_ms = 1000,
		.linklocal_delay_ms = 2500,
	};
}

void slaac_settings_init(struct slaac_settings *s)
{
	*s = (struct slaac_settings){
		.accept_ra = 1,
		.autoconf = 1,
		.addr_gen_mode = 2,
		.accept_ra_defrtr = 1,
		.accept_ra_pinfo = 1,
		.accept_ra_rtr_pref = 1,
		.accept_ra_rt_info_max_plen = 128,
		.accept_ra_min_hop_limit = 1,
		.accept_ra_mtu = 1,
		.defrtr_metric = 1024,
		.max_addresses = 16,
		.temp_valid_lft = 7 * 86400,
		.temp_prefered_lft = 86400,
		.regen_max_retry = 3,
		.regen_min_advance = 2,
		.max_desync_factor = 600,
		.router_solicitations = -1,
		.router_solicitation_interval = 4,
		.router_solicitation_max_interval = 3600,
		.idgen_retries = 3,
		.router_wait_ms = 4000,
	};
}

static void *base_of(void *context, int place)
{
	struct autoconf *autoconf = context;

	return place == IN_SLAAC ? (void *)autoconf->slaac
				 : (void *)&autoconf->settings;
}

static const char *behind_iface(void *context, const char *name, int *ifindex)
{
	const struct autoconf *autoconf = context;

	return ip_sysctl_behind_iface(autoconf->ip, name, ifindex);
}

static struct setting_room room_of(const struct autoconf *autoconf)
{
	struct setting_room room = {
		.last = IFACE_MAX,
		.base = base_of,
		.behind_iface = behind_iface,
		.context = (void *)(uintptr_t)autoconf,
	};

	room.trees = autoconf_setting_trees(&room.count);
	return room;
}

int autoconf_sysctl_set(struct autoconf *autoconf, const char *name,
			const char *value)
{
	struct setting_room room = room_of(autoconf);
	int result = setting_set(&room, name, value);

	for (int i = 0; i <= IFACE_MAX; i++)
		ip_prefer_temporary(autoconf->ip, i,
				    autoconf->slaac[i].use_tempaddr > 1);
	return result;
}

int autoconf_sysctl_get(const struct autoconf *autoconf, const char *name,
			char *value, size_t value_len)
{
	struct setting_room room = room_of(autoconf);

	return setting_get(&room, name, value, value_len);
}
