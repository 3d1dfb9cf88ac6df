#include "unit.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <string.h>

#include "ethtool.h"

#define WORDS 4

static struct pyt_iface_info link = {
	.ifindex = 2,
	.is_up = true,
	.config = { .name = "pyt0",
		    .medium = PYT_MEDIUM_ETHERNET,
		    .mac = { 2, 1, 2, 3, 4, 5 },
		    .offloads = PYT_OFFLOAD_CSUM },
	.rx_packets = 7,
	.tx_dropped = 9,
};
static struct pyt_iface_info lo = {
	.ifindex = 1,
	.config = { .name = "lo", .medium = PYT_MEDIUM_LOOPBACK },
};

/* Room for what ethtool(8) asks with, and what is behind it. */
static uint64_t room[200];

static void *asked(uint32_t command)
{
	memset(room, 0, sizeof(room));
	memcpy(room, &command, sizeof(command));
	return room;
}

START_TEST(speed_as_it_was_asked_for_long_ago_and_now)
{
	struct ethtool_cmd *old = asked(ETHTOOL_GSET);
	struct ethtool_link_settings *now;

	ck_assert_int_eq(ethtool_ioctl(&link, old), 0);
	ck_assert_uint_eq(ethtool_cmd_speed(old), ETHTOOL_SPEED);
	ck_assert_uint_eq(old->duplex, DUPLEX_FULL);
	ck_assert_int_eq(ethtool_ioctl(&lo, old), -EOPNOTSUPP);
	now = asked(ETHTOOL_GLINKSETTINGS);
	memset(now->link_mode_masks, 0xff, 4 * (3 * WORDS + 1));
	ck_assert_int_eq(ethtool_ioctl(&link, now), 0);
	ck_assert_int_eq(now->link_mode_masks_nwords, -WORDS);
	ck_assert_uint_eq(now->link_mode_masks[0], UINT32_MAX);
	now->link_mode_masks_nwords = WORDS;
	ck_assert_int_eq(ethtool_ioctl(&link, now), 0);
	ck_assert_uint_eq(now->speed, ETHTOOL_SPEED);
	ck_assert_uint_eq(now->link_mode_masks[3 * WORDS - 1], 0);
	ck_assert_uint_eq(now->link_mode_masks[3 * WORDS], UINT32_MAX);
}
END_TEST

START_TEST(as_many_names_as_numbers)
{
	struct ethtool_sset_info *counts = asked(ETHTOOL_GSSET_INFO);
	struct ethtool_gstrings *names;
	struct ethtool_stats *stats;

	counts->sset_mask = 1ull << ETH_SS_STATS | 1ull << ETH_SS_TEST |
			    1ull << ETH_SS_FEATURES;
	ck_assert_int_eq(ethtool_ioctl(&link, counts), 0);
	ck_assert_uint_eq(counts->sset_mask,
			  1ull << ETH_SS_STATS | 1ull << ETH_SS_FEATURES);
	ck_assert_uint_eq(counts->data[0], 6);
	ck_assert_uint_eq(counts->data[1], 9);
	names = asked(ETHTOOL_GSTRINGS);
	names->string_set = ETH_SS_STATS;
	ck_assert_int_eq(ethtool_ioctl(&link, names), 0);
	ck_assert_uint_eq(names->len, 6);
	ck_assert_str_eq((char *)names->data, "rx_packets");
	ck_assert_str_eq((char *)names->data + 5 * ETH_GSTRING_LEN,
			 "tx_dropped");
	names->string_set = ETH_SS_TEST;
	ck_assert_int_eq(ethtool_ioctl(&link, names), -EOPNOTSUPP);
	stats = asked(ETHTOOL_GSTATS);
	ck_assert_int_eq(ethtool_ioctl(&link, stats), 0);
	ck_assert_uint_eq(stats->data[0], 7);
	ck_assert_uint_eq(stats->data[5], 9);
}
END_TEST

START_TEST(features_are_the_links_and_the_engines)
{
	struct ethtool_gfeatures *features = asked(ETHTOOL_GFEATURES);
	struct ethtool_value value = { .cmd = ETHTOOL_GTSO };

	ck_assert_int_eq(ethtool_ioctl(&link, features), 0);
	ck_assert_uint_eq(features->size, 1); /* that is what it needs */
	ck_assert_uint_eq(features->features[0].active, 0);
	ck_assert_int_eq(ethtool_ioctl(&link, features), 0);
	ck_assert_uint_eq(features->features[0].active, 0x1f);
	ck_assert_uint_eq(features->features[0].never_changed, 0x1ff);
	ck_assert_int_eq(ethtool_ioctl(&link, &value), 0);
	ck_assert_uint_eq(value.data, 0);
	value.cmd = ETHTOOL_GGSO;
	ck_assert_int_eq(ethtool_ioctl(&link, &value), 0);
	ck_assert_uint_eq(value.data, 1);
	value.cmd = ETHTOOL_GLINK;
	ck_assert_int_eq(ethtool_ioctl(&lo, &value), 0);
	ck_assert_uint_eq(value.data, 0);
}
END_TEST

START_TEST(its_address_if_there_is_room)
{
	struct ethtool_perm_addr *address = asked(ETHTOOL_GPERMADDR);

	address->size = 5;
	ck_assert_int_eq(ethtool_ioctl(&link, address), -EINVAL);
	address->size = 32;
	ck_assert_int_eq(ethtool_ioctl(&link, address), 0);
	ck_assert_uint_eq(address->size, 6);
	ck_assert_mem_eq(address->data, link.config.mac, 6);
}
END_TEST

START_TEST(what_would_change_it_is_refused)
{
	struct ethtool_value value = { .cmd = ETHTOOL_STSO };
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_ts_info times = { .cmd = ETHTOOL_GET_TS_INFO };

	ck_assert_int_eq(ethtool_ioctl(&link, &value), -EOPNOTSUPP);
	ck_assert_int_eq(ethtool_ioctl(&link, &driver), 0);
	ck_assert_str_eq(driver.driver, "libpyt");
	ck_assert_int_eq(ethtool_ioctl(&link, &times), 0);
	ck_assert_int_eq(times.phc_index, -1);
}
END_TEST

UNIT_MAIN("ethtool", speed_as_it_was_asked_for_long_ago_and_now,
	  as_many_names_as_numbers, features_are_the_links_and_the_engines,
	  its_address_if_there_is_room, what_would_change_it_is_refused)
