/* What Linux has a sysctl for on each interface, but for groups and SLAAC. */
#ifndef IFACE_SETTINGS_H
#define IFACE_SETTINGS_H

/* net.ipv4.neigh.*, net.ipv6.neigh.*: Linux's defaults. */
struct neighbour_settings {
	int base_reachable_time_ms;
	int retrans_time_ms;
	int ucast_solicit, mcast_solicit;
	int delay_first_probe_time; /* seconds */
	int gc_stale_time; /* seconds */
	int gc_interval; /* seconds */
	int locktime; /* 1/100 seconds */
	int unres_qlen; /* packets that wait for one answer */
	int unres_qlen_bytes;
	/* of the whole table, as gc_interval: those of new interfaces count */
	int gc_thresh1, gc_thresh2, gc_thresh3;
};

/* net.ipv4.conf.*.arp_*; arp_filter is looked at by ip. */
struct arp_settings {
	int announce, ignore, filter, accept;
	int conflict_detection; /* RFC 5227; 2: addresses wait for it */
};

/* net.ipv6.conf.*: what ND is told. */
struct nd_settings {
	int accept_dad; /* 0: none; 2: a duplicate link-local ends IPv6 */
	int dad_transmits;
	int optimistic_dad, enhanced_dad;
	int ndisc_notify; /* tell neighbours of new addresses: RFC 9131 */
	int optimistic_wait_ms; /* no name of Linux's: see dad.c */
};

struct iface_settings {
	struct neighbour_settings neigh4, neigh6;
	struct arp_settings arp;
	struct nd_settings nd;
	int accept_redirects4, secure_redirects, shared_media;
	int disable_ipv6, hop_limit, accept_redirects6;
};

/* Linux's, but for what docs/configuration.md names. */
void iface_settings_init(struct iface_settings *settings);

#endif
