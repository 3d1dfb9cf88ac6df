/*
 * Addresses, routes and name servers from router advertisements. RFC 4861, 6.3;
 * RFC 4862, 5.5; RFC 4191; RFC 7217; RFC 7559; RFC 8028; RFC 8106; RFC 8981.
 */
#ifndef AUTOCONF_SLAAC_H
#define AUTOCONF_SLAAC_H

#include "autoconf/autoconf_method.h"

/* net.ipv6.conf.*: Linux's names and units; defaults that differ are told in
 * docs/addresses.md. */
struct slaac_settings {
	int accept_ra, autoconf, addr_gen_mode;
	int accept_ra_defrtr, accept_ra_pinfo, accept_ra_rtr_pref;
	int accept_ra_rt_info_min_plen, accept_ra_rt_info_max_plen;
	int accept_ra_min_hop_limit, accept_ra_mtu;
	int accept_ra_min_lft;
	int defrtr_metric;
	int max_addresses;
	int use_tempaddr;
	int temp_valid_lft, temp_prefered_lft; /* seconds */
	int regen_max_retry, regen_min_advance, max_desync_factor;
	int router_solicitations; /* -1: without end */
	int router_solicitation_delay; /* seconds */
	int router_solicitation_interval, router_solicitation_max_interval;
	int idgen_retries;
	int router_wait_ms; /* ours: then nobody waits for a router */
};

extern const struct autoconf_method slaac_method;

void slaac_settings_init(struct slaac_settings *settings);

#endif
