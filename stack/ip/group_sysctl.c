/* net.ipv4.igmp_* and net.ipv6.mld_*: Linux's names, units and defaults. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/setting.h"
#include "ip/ip_internal.h"

#define PLACE(member) offsetof(struct group_settings, member)

static const struct setting settings[] = {
	{ "net.ipv4.igmp_qrv", PLACE(igmp_qrv), 1, 7 },
	{ "net.ipv4.igmp_link_local_mcast_reports",
	  PLACE(igmp_link_local_reports), 0, 1 },
	{ "net.ipv6.mld_qrv", PLACE(mld_qrv), 1, 7 },
};

/* Behind "net.ipv4.conf.<interface>." */
static const struct setting of_iface4[] = {
	{ "force_igmp_version", PLACE(force_igmp_version), 0, 3 },
	{ "igmpv2_unsolicited_report_interval", PLACE(igmp2_unsolicited_ms), 1,
	  INT_MAX },
	{ "igmpv3_unsolicited_report_interval", PLACE(igmp3_unsolicited_ms), 1,
	  INT_MAX },
};

static const struct setting of_iface6[] = {
	{ "force_mld_version", PLACE(force_mld_version), 0, 2 },
	{ "mldv1_unsolicited_report_interval", PLACE(mld1_unsolicited_ms), 1,
	  INT_MAX },
	{ "mldv2_unsolicited_report_interval", PLACE(mld2_unsolicited_ms), 1,
	  INT_MAX },
};

/* The table for a name, which moves on to what the table calls it. */
static struct setting_table table_for(const struct ip *ip, const char **name,
				      int *ifindex)
{
	static const char prefix4[] = "net.ipv4.conf.";
	static const char prefix6[] = "net.ipv6.conf.";
	const size_t len = sizeof(prefix4) - 1;
	bool v4 = strncmp(*name, prefix4, len) == 0;

	*ifindex = 0;
	if (!v4 && strncmp(*name, prefix6, len) != 0)
		return SETTING_TABLE(settings);
	*name = ip_sysctl_behind_iface(ip, *name + len, ifindex);
	return v4 ? SETTING_TABLE(of_iface4) : SETTING_TABLE(of_iface6);
}

int group_sysctl_set(struct ip *ip, const char *name, const char *value)
{
	struct group_settings *all = ip->groups.settings;
	int ifindex;
	struct setting_table table = table_for(ip, &name, &ifindex);

	return setting_set_of(table, all, sizeof(*all), ifindex, IFACE_MAX,
			      name, value);
}

int group_sysctl_get(const struct ip *ip, const char *name, char *value,
		     size_t value_len)
{
	int ifindex;
	struct setting_table table = table_for(ip, &name, &ifindex);

	return setting_get(table, &ip->groups.settings[ifindex], name, value,
			   value_len);
}
