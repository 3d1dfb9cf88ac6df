/* Defaults of what is set for each interface. */
#include "iface/settings.h"

/* Linux's. */
static const struct neighbour_settings neighbour_defaults = {
	.base_reachable_time_ms = 30000,
	.retrans_time_ms = 1000,
	.ucast_solicit = 3,
	.mcast_solicit = 3,
	.delay_first_probe_time = 5,
	.gc_stale_time = 60,
	.gc_interval = 30,
	.locktime = 100,
	.unres_qlen = 101,
	.unres_qlen_bytes = 212992,
	.gc_thresh1 = 128,
	.gc_thresh2 = 512,
	.gc_thresh3 = 1024,
};

/* Linux's, but for optimistic_dad and ndisc_notify, which it has off. */
static const struct nd_settings nd_defaults = {
	.accept_dad = 1,
	.dad_transmits = 1,
	.optimistic_dad = 1,
	.enhanced_dad = 1,
	.ndisc_notify = 1,
	.optimistic_wait_ms = 20,
};

void iface_settings_init(struct iface_settings *settings)
{
	*settings = (struct iface_settings){
		.neigh4 = neighbour_defaults,
		.neigh6 = neighbour_defaults,
		.nd = nd_defaults,
		.arp.conflict_detection = 1,
		.accept_redirects4 = 1,
		.secure_redirects = 1,
		.shared_media = 1,
		.hop_limit = 64,
		.accept_redirects6 = 1,
	};
	settings->neigh6.locktime = 0; /* advertisements say what counts */
}
