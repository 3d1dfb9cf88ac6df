/* net.ipv6.conf.<interface>.* */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "autoconf/slaac.h"
#include "base/setting.h"

#define PLACE(member) offsetof(struct slaac_settings, member)

static const struct setting settings[] = {
	{ "accept_ra", PLACE(accept_ra), 0, 2 },
	{ "accept_ra_defrtr", PLACE(accept_ra_defrtr), 0, 1 },
	{ "accept_ra_min_hop_limit", PLACE(accept_ra_min_hop_limit), 0, 256 },
	{ "accept_ra_min_lft", PLACE(accept_ra_min_lft), 0, INT_MAX },
	{ "accept_ra_mtu", PLACE(accept_ra_mtu), 0, 1 },
	{ "accept_ra_pinfo", PLACE(accept_ra_pinfo), 0, 1 },
	{ "accept_ra_rt_info_max_plen", PLACE(accept_ra_rt_info_max_plen), 0,
	  128 },
	{ "accept_ra_rt_info_min_plen", PLACE(accept_ra_rt_info_min_plen), 0,
	  128 },
	{ "accept_ra_rtr_pref", PLACE(accept_ra_rtr_pref), 0, 1 },
	{ "addr_gen_mode", PLACE(addr_gen_mode), 0, 3 },
	{ "autoconf", PLACE(autoconf), 0, 1 },
	{ "max_addresses", PLACE(max_addresses), 0, INT_MAX },
	{ "max_desync_factor", PLACE(max_desync_factor), 0, INT_MAX },
	{ "ra_defrtr_metric", PLACE(defrtr_metric), 1, INT_MAX },
	{ "regen_max_retry", PLACE(regen_max_retry), 0, 1000 },
	{ "regen_min_advance", PLACE(regen_min_advance), 0, INT_MAX / 2 },
	{ "router_solicitation_delay", PLACE(router_solicitation_delay), 0,
	  3600 },
	{ "router_solicitation_interval", PLACE(router_solicitation_interval),
	  1, 1000 },
	{ "router_solicitation_max_interval",
	  PLACE(router_solicitation_max_interval), 1, 10000 },
	{ "router_solicitations", PLACE(router_solicitations), -1, INT_MAX },
	{ "temp_prefered_lft", PLACE(temp_prefered_lft), 0, INT_MAX },
	{ "temp_valid_lft", PLACE(temp_valid_lft), 0, INT_MAX },
	{ "use_tempaddr", PLACE(use_tempaddr), -1, 2 },
};

static const struct setting whole[] = {
	{ "net.ipv6.idgen_retries", PLACE(idgen_retries), 0, 255 },
	{ "net.pyt.router_wait_ms", PLACE(router_wait_ms), 0, 3600000 },
};

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

static struct setting_table table_for(const struct ip *ip, const char **name,
				      int *ifindex)
{
	static const char prefix[] = "net.ipv6.conf.";

	*ifindex = 0;
	if (strncmp(*name, prefix, sizeof(prefix) - 1) != 0)
		return SETTING_TABLE(whole);
	*name = ip_sysctl_behind_iface(ip, *name + sizeof(prefix) - 1, ifindex);
	return SETTING_TABLE(settings);
}

int slaac_sysctl_set(struct ip *ip, struct slaac_settings s[], const char *name,
		     const char *value)
{
	int ifindex, result;
	struct setting_table table = table_for(ip, &name, &ifindex);

	result = setting_set_of(table, s, sizeof(*s), ifindex, IFACE_MAX, name,
				value);
	for (int i = 0; i <= IFACE_MAX; i++)
		ip_prefer_temporary(ip, i, s[i].use_tempaddr > 1);
	return result;
}

int slaac_sysctl_get(const struct ip *ip, const struct slaac_settings s[],
		     const char *name, char *value, size_t value_len)
{
	int ifindex;
	struct setting_table table = table_for(ip, &name, &ifindex);

	return setting_get(table, &s[ifindex], name, value, value_len);
}
