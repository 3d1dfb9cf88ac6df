/* The answers to ethtool(8). What Linux has for a TAP is the model. */
#include "ethtool.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <stdio.h>
#include <string.h>

#define MASK_WORDS 4 /* of the link modes, as Linux 6 has them */

/* ------------------------------------------------------------------- names */

static const char *const statistics[] = {
	"rx_packets", "rx_bytes", "rx_dropped",
	"tx_packets", "tx_bytes", "tx_dropped",
};
#define STATISTICS (sizeof(statistics) / sizeof(*statistics))

/* Each is what it is: offloads of the link, the rest of the engine. */
static const struct {
	const char *name;
	unsigned offload; /* 0: always */
} features[] = {
	{ "rx-checksum", PYT_OFFLOAD_CSUM },
	{ "tx-checksum-ip-generic", PYT_OFFLOAD_CSUM },
	{ "tx-scatter-gather", 0 },
	{ "tx-generic-segmentation", 0 },
	{ "rx-gro", 0 },
	{ "tx-tcp-segmentation", PYT_OFFLOAD_TSO4 },
	{ "tx-tcp6-segmentation", PYT_OFFLOAD_TSO6 },
	{ "tx-tcp-ecn-segmentation", PYT_OFFLOAD_TSO_ECN },
	{ "tx-udp-segmentation", PYT_OFFLOAD_USO },
};
#define FEATURES (sizeof(features) / sizeof(*features))

static uint32_t count_of(uint32_t set)
{
	return set == ETH_SS_STATS	? (uint32_t)STATISTICS
	       : set == ETH_SS_FEATURES ? (uint32_t)FEATURES
					: 0;
}

static int get_counts(struct ethtool_sset_info *info)
{
	uint64_t asked = info->sset_mask;
	uint32_t at = 0;

	info->sset_mask = 0;
	for (uint32_t set = 0; set < 64; set++) {
		if (!(asked & 1ull << set) || !count_of(set))
			continue;
		info->sset_mask |= 1ull << set;
		info->data[at++] = count_of(set);
	}
	return 0;
}

static int get_names(struct ethtool_gstrings *names)
{
	uint32_t count = count_of(names->string_set);

	if (!count)
		return -EOPNOTSUPP;
	names->len = count;
	for (uint32_t i = 0; i < count; i++)
		snprintf((char *)names->data + i * ETH_GSTRING_LEN,
			 ETH_GSTRING_LEN, "%s",
			 names->string_set == ETH_SS_STATS ? statistics[i]
							   : features[i].name);
	return 0;
}

static int get_statistics(const struct pyt_iface_info *iface,
			  struct ethtool_stats *stats)
{
	uint64_t value[STATISTICS] = {
		iface->rx_packets, iface->rx_bytes, iface->rx_dropped,
		iface->tx_packets, iface->tx_bytes, iface->tx_dropped,
	};

	stats->n_stats = STATISTICS;
	memcpy(stats->data, value, sizeof(value));
	return 0;
}

/* ---------------------------------------------------------------- features */

static bool is_on(const struct pyt_iface_info *iface, size_t i)
{
	return !features[i].offload ||
	       iface->config.offloads & features[i].offload;
}

static int get_features(const struct pyt_iface_info *iface,
			struct ethtool_gfeatures *found)
{
	struct ethtool_get_features_block block = { .never_changed = 0 };

	if (found->size < 1) {
		found->size = 1;
		return 0;
	}
	found->size = 1;
	for (size_t i = 0; i < FEATURES; i++) {
		block.never_changed |= 1u << i;
		if (is_on(iface, i))
			block.active |= 1u << i;
	}
	found->features[0] = block;
	return 0;
}

/* The same one by one, as it was asked before there were names. */
static int get_feature(const struct pyt_iface_info *iface,
		       struct ethtool_value *value)
{
	unsigned offloads = iface->config.offloads;

	switch (value->cmd) {
	case ETHTOOL_GRXCSUM:
	case ETHTOOL_GTXCSUM:
		value->data = (offloads & PYT_OFFLOAD_CSUM) != 0;
		return 0;
	case ETHTOOL_GTSO:
		value->data = (offloads & PYT_OFFLOAD_TSO4) != 0;
		return 0;
	case ETHTOOL_GFLAGS:
		value->data = 0; /* VLANs, filters, hashes */
		return 0;
	case ETHTOOL_GLINK:
		value->data = iface->is_up;
		return 0;
	default: /* scatter and gather, segments in software, GRO */
		value->data = 1;
		return 0;
	}
}

/* -------------------------------------------------------------------- link */

static int get_settings(struct ethtool_cmd *settings)
{
	*settings = (struct ethtool_cmd){
		.cmd = settings->cmd,
		.duplex = DUPLEX_FULL,
		.port = PORT_TP,
		.autoneg = AUTONEG_DISABLE,
	};
	ethtool_cmd_speed_set(settings, ETHTOOL_SPEED);
	return 0;
}

/* Asked with no words for masks, it says how many it wants. */
static int get_link_settings(struct ethtool_link_settings *settings)
{
	int8_t words = settings->link_mode_masks_nwords;

	*settings = (struct ethtool_link_settings){
		.cmd = settings->cmd,
		.speed = ETHTOOL_SPEED,
		.duplex = DUPLEX_FULL,
		.port = PORT_TP,
		.autoneg = AUTONEG_DISABLE,
		.link_mode_masks_nwords = -MASK_WORDS,
	};
	if (words != MASK_WORDS)
		return 0;
	settings->link_mode_masks_nwords = MASK_WORDS;
	memset(settings->link_mode_masks, 0,
	       3 * MASK_WORDS * sizeof(*settings->link_mode_masks));
	return 0;
}

/* ------------------------------------------------------------------ others */

static int get_driver(struct ethtool_drvinfo *driver)
{
	*driver = (struct ethtool_drvinfo){
		.cmd = driver->cmd,
		.driver = "libpyt",
		.n_stats = STATISTICS,
	};
	return 0;
}

static int get_address(const struct pyt_iface_info *iface,
		       struct ethtool_perm_addr *address)
{
	if (address->size < sizeof(iface->config.mac))
		return -EINVAL;
	address->size = sizeof(iface->config.mac);
	memcpy(address->data, iface->config.mac, sizeof(iface->config.mac));
	return 0;
}

static int get_time_stamping(struct ethtool_ts_info *info)
{
	*info = (struct ethtool_ts_info){
		.cmd = info->cmd,
		.so_timestamping = SOF_TIMESTAMPING_RX_SOFTWARE |
				   SOF_TIMESTAMPING_SOFTWARE,
		.phc_index = -1,
	};
	return 0;
}

int ethtool_ioctl(const struct pyt_iface_info *iface, void *argument)
{
	bool is_lo = iface->config.medium == PYT_MEDIUM_LOOPBACK;
	uint32_t command;

	memcpy(&command, argument, sizeof(command));
	switch (command) {
	case ETHTOOL_GDRVINFO:
		return get_driver(argument);
	case ETHTOOL_GSET:
		return is_lo ? -EOPNOTSUPP : get_settings(argument);
	case ETHTOOL_GLINKSETTINGS:
		return is_lo ? -EOPNOTSUPP : get_link_settings(argument);
	case ETHTOOL_GSSET_INFO:
		return get_counts(argument);
	case ETHTOOL_GSTRINGS:
		return get_names(argument);
	case ETHTOOL_GSTATS:
		return get_statistics(iface, argument);
	case ETHTOOL_GFEATURES:
		return get_features(iface, argument);
	case ETHTOOL_GLINK:
	case ETHTOOL_GRXCSUM:
	case ETHTOOL_GTXCSUM:
	case ETHTOOL_GSG:
	case ETHTOOL_GTSO:
	case ETHTOOL_GGSO:
	case ETHTOOL_GGRO:
	case ETHTOOL_GFLAGS:
		return get_feature(iface, argument);
	case ETHTOOL_GPERMADDR:
		return get_address(iface, argument);
	case ETHTOOL_GET_TS_INFO:
		return get_time_stamping(argument);
	default:
		return -EOPNOTSUPP;
	}
}
