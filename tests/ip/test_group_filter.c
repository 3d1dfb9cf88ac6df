#include "host.h"

#define GROUP 0xe00000fbu /* 224.0.0.251 */

#define SOURCE_A 0x0a000064u
#define SOURCE_B 0x0a000065u
#define SOURCE_C 0x0a000066u

struct sent_record {
	uint8_t type;
	uint32_t source_count;
	uint32_t source[8]; /* sorted */
};

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Records of the next report; 0: none was sent. */
static int sent_records(struct host *host, struct sent_record *record)
{
	struct reader r;
	int count;

	if (!host_sent(host, ETH0))
		return 0;
	host_sent_ip(host, &r);
	ck_assert_uint_eq(reader_u8(&r), 0x22);
	reader_bytes(&r, 5);
	count = reader_u16(&r);
	for (int i = 0; i < count; i++) {
		record[i].type = reader_u8(&r);
		ck_assert_uint_eq(reader_u8(&r), 0);
		record[i].source_count = reader_u16(&r);
		ck_assert_uint_eq(reader_u32(&r), GROUP);
		for (uint32_t j = 0; j < record[i].source_count; j++) {
			uint32_t source = reader_u32(&r);

			if (j < 8)
				record[i].source[j] = source;
		}
		qsort(record[i].source,
		      record[i].source_count < 8 ? record[i].source_count : 8,
		      sizeof(uint32_t), by_number);
	}
	ck_assert(!r.failed);
	return count;
}

static void wants(struct host *host, const struct ip_filter *old,
		  const struct ip_filter *new)
{
	struct pyt_ip group = pyt_ip_from_v4(GROUP);

	ck_assert_int_eq(
		ip_group_change(host->ip, ETH0, &group, old, new, host->now_us),
		0);
}

static bool hears(const struct host *host, uint32_t source)
{
	struct pyt_ip group = pyt_ip_from_v4(GROUP);
	struct pyt_ip from = pyt_ip_from_v4(source);

	return group_accepts(host->ip, host->eth0, &group, &from);
}

static struct pyt_ip sources[3]; /* A, B, C */

static void set_sources(void)
{
	sources[0] = pyt_ip_from_v4(SOURCE_A);
	sources[1] = pyt_ip_from_v4(SOURCE_B);
	sources[2] = pyt_ip_from_v4(SOURCE_C);
}

START_TEST(include_filters_are_united)
{
	struct ip_filter ab = { .count = 2, .sources = sources };
	struct ip_filter bc = { .count = 2, .sources = sources + 1 };
	struct sent_record record[4];
	struct host host;

	set_sources();
	host_init(&host, 1500);
	wants(&host, NULL, &ab);
	ck_assert_int_eq(sent_records(&host, record), 1);
	ck_assert_uint_eq(record[0].type, MEMBERSHIP_ALLOW);
	ck_assert_uint_eq(record[0].source_count, 2);
	host_quiet(&host);
	wants(&host, NULL, &bc);
	ck_assert_int_eq(sent_records(&host, record), 1);
	ck_assert_uint_eq(record[0].type, MEMBERSHIP_ALLOW);
	ck_assert_uint_eq(record[0].source_count, 1);
	ck_assert_uint_eq(record[0].source[0], SOURCE_C);
	ck_assert(hears(&host, SOURCE_A) && hears(&host, SOURCE_C));
	ck_assert(!hears(&host, PEER_IP));
	host_quiet(&host);
	wants(&host, &ab, NULL);
	ck_assert_int_eq(sent_records(&host, record), 1);
	ck_assert_uint_eq(record[0].type, MEMBERSHIP_BLOCK);
	ck_assert_uint_eq(record[0].source_count, 1);
	ck_assert_uint_eq(record[0].source[0], SOURCE_A);
	ck_assert(!hears(&host, SOURCE_A) && hears(&host, SOURCE_B));
	wants(&host, &bc, NULL);
	host_quiet(&host);
	ck_assert_uint_eq(host.ip->groups.table.count, 0);
	host_clear(&host);
}
END_TEST

START_TEST(exclude_filters_are_intersected_less_what_is_included)
{
	struct ip_filter not_ab = { true, 2, sources };
	struct ip_filter not_bc = { true, 2, sources + 1 };
	struct ip_filter b = { false, 1, sources + 1 };
	struct sent_record record[4];
	struct host host;

	set_sources();
	host_init(&host, 1500);
	wants(&host, NULL, &not_ab);
	ck_assert_int_eq(sent_records(&host, record), 1);
	ck_assert_uint_eq(record[0].type, MEMBERSHIP_TO_EXCLUDE);
	ck_assert_uint_eq(record[0].source_count, 2);
	host_quiet(&host);
	wants(&host, NULL, &not_bc);
	ck_assert_int_eq(sent_records(&host, record), 1);
	ck_assert_uint_eq(record[0].type, MEMBERSHIP_ALLOW);
	ck_assert_uint_eq(record[0].source[0], SOURCE_A);
	ck_assert(!hears(&host, SOURCE_B) && hears(&host, PEER_IP));
	host_quiet(&host);
	wants(&host, NULL, &b);
	ck_assert(hears(&host, SOURCE_B));
	ck_assert_int_eq(sent_records(&host, record), 1);
	ck_assert_uint_eq(record[0].type, MEMBERSHIP_ALLOW);
	host_quiet(&host);
	/* the last EXCLUDE goes: what is left is INCLUDE {B} */
	wants(&host, &not_ab, NULL);
	host_quiet(&host);
	wants(&host, &not_bc, NULL);
	ck_assert_int_eq(sent_records(&host, record), 1);
	ck_assert_uint_eq(record[0].type, MEMBERSHIP_TO_INCLUDE);
	ck_assert_uint_eq(record[0].source_count, 1);
	ck_assert_uint_eq(record[0].source[0], SOURCE_B);
	wants(&host, &b, NULL);
	host_quiet(&host);
	host_clear(&host);
}
END_TEST

START_TEST(changes_are_repeated_within_the_unsolicited_interval)
{
	struct ip_filter a = { false, 1, sources };
	struct sent_record record[4];
	struct host host;
	int64_t start_us;
	int reports = 0;

	set_sources();
	host_init(&host, 1500);
	ck_assert_int_eq(ip_sysctl_set(host.ip, "net.ipv4.igmp_qrv", "4"), 0);
	start_us = host.now_us;
	wants(&host, NULL, &a);
	while (sent_records(&host, record) == 1) {
		ck_assert_uint_eq(record[0].type, MEMBERSHIP_ALLOW);
		reports++;
		if (ip_next_deadline(host.ip) == TIME_NEVER)
			break;
		ck_assert_int_le(ip_next_deadline(host.ip), host.now_us + SEC);
		host_run_until(&host, ip_next_deadline(host.ip));
	}
	ck_assert_int_eq(reports, 4);
	ck_assert_int_le(host.now_us, start_us + 3 * SEC);
	ck_assert_int_gt(host.now_us, start_us);
	host_clear(&host);
}
END_TEST

START_TEST(a_change_of_mode_takes_the_place_of_what_was_to_be_told)
{
	struct ip_filter a = { false, 1, sources };
	struct ip_filter all = { .exclude = true };
	struct sent_record record[4];
	struct host host;

	set_sources();
	host_init(&host, 1500);
	wants(&host, NULL, &a);
	wants(&host, &a, &all);
	sent_records(&host, record);
	ck_assert_int_eq(sent_records(&host, record), 1);
	ck_assert_uint_eq(record[0].type, MEMBERSHIP_TO_EXCLUDE);
	host_run_until(&host, host.now_us + 10 * SEC);
	ck_assert_int_eq(sent_records(&host, record), 1);
	ck_assert_uint_eq(record[0].type, MEMBERSHIP_TO_EXCLUDE);
	ck_assert_int_eq(sent_records(&host, record), 0);
	host_clear(&host);
}
END_TEST

static void query_sources(struct host *host, uint32_t group,
			  const uint32_t *asked, int count)
{
	struct ip4_header header = { .protocol = IPPROTO_IGMP,
				     .src = GATEWAY_IP,
				     .dst = group ? group : 0xe0000001 };
	uint8_t message[64];
	struct writer w = writer_init(message, sizeof(message));

	writer_u32(&w, 0x110a0000); /* within a second */
	writer_u32(&w, group);
	writer_u16(&w, 0x0200);
	writer_u16(&w, (uint16_t)count);
	for (int i = 0; i < count; i++)
		writer_u32(&w, asked[i]);
	icmp4_set_checksum(message, w.len);
	ck_assert_int_eq(host_input_ip(host, ethernet_broadcast, header,
				       message, (uint32_t)w.len),
			 IP_DELIVER);
}

START_TEST(a_query_for_sources_is_answered_with_those_that_are_wanted)
{
	struct ip_filter ab = { false, 2, sources };
	uint32_t asked[2] = { SOURCE_B, SOURCE_C };
	struct sent_record record[4];
	struct host host;

	set_sources();
	host_init(&host, 1500);
	wants(&host, NULL, &ab);
	host_quiet(&host);
	query_sources(&host, GROUP, asked, 2);
	host_run_until(&host, host.now_us + SEC);
	ck_assert_int_eq(sent_records(&host, record), 1);
	ck_assert_uint_eq(record[0].type, MEMBERSHIP_IS_INCLUDE);
	ck_assert_uint_eq(record[0].source_count, 1);
	ck_assert_uint_eq(record[0].source[0], SOURCE_B);
	query_sources(&host, GROUP, asked + 1, 1);
	host_run_until(&host, host.now_us + SEC);
	ck_assert_int_eq(sent_records(&host, record), 0);
	/* asked for some and then for all: all are told */
	query_sources(&host, GROUP, asked, 2);
	query_sources(&host, GROUP, NULL, 0);
	host_run_until(&host, host.now_us + SEC);
	ck_assert_int_eq(sent_records(&host, record), 1);
	ck_assert_uint_eq(record[0].source_count, 2);
	host_clear(&host);
}
END_TEST

START_TEST(a_report_that_does_not_fit_is_split_but_exclude_is_cut)
{
	struct pyt_ip many[500];
	struct ip_filter include = { false, 500, many };
	struct ip_filter exclude = { true, 500, many };
	struct sent_record record[4];
	struct host host;
	uint32_t told = 0;

	for (uint32_t i = 0; i < 500; i++)
		many[i] = pyt_ip_from_v4(0x0a010000 + i);
	host_init(&host, 1500);
	wants(&host, NULL, &include);
	while (sent_records(&host, record) == 1) {
		ck_assert_uint_eq(record[0].type, MEMBERSHIP_ALLOW);
		told += record[0].source_count;
	}
	ck_assert_uint_eq(told, 500);
	host_quiet(&host);
	wants(&host, &include, &exclude);
	ck_assert_int_eq(sent_records(&host, record), 1);
	ck_assert_uint_eq(record[0].type, MEMBERSHIP_TO_EXCLUDE);
	ck_assert_uint_lt(record[0].source_count, 500);
	ck_assert_uint_gt(record[0].source_count, 300);
	ck_assert_int_eq(sent_records(&host, record), 0);
	host_clear(&host);
}
END_TEST

START_TEST(sources_of_a_group_are_bounded_and_nothing_is_half_done)
{
	static struct pyt_ip many[GROUP_SOURCES_MAX + 1];
	struct ip_filter full = { false, GROUP_SOURCES_MAX, many };
	struct ip_filter more = { false, 2, many + GROUP_SOURCES_MAX - 1 };
	struct pyt_ip group = pyt_ip_from_v4(GROUP);
	struct host host;

	for (uint32_t i = 0; i <= GROUP_SOURCES_MAX; i++)
		many[i] = pyt_ip_from_v4(0x0a010000 + i);
	host_init(&host, 1500);
	wants(&host, NULL, &full);
	ck_assert_int_eq(ip_group_change(host.ip, ETH0, &group, NULL, &more,
					 host.now_us),
			 -ENOBUFS);
	host_quiet(&host);
	wants(&host, &full, NULL);
	ck_assert(!hears(&host, 0x0a010000 + GROUP_SOURCES_MAX - 1));
	host_quiet(&host);
	ck_assert_uint_eq(host.ip->groups.table.count, 0);
	host_clear(&host);
}
END_TEST

START_TEST(groups_are_bounded)
{
	struct host host;
	struct pyt_ip group;

	host_init(&host, 1500);
	for (uint32_t i = 0; i < GROUPS_MAX; i++) {
		group = pyt_ip_from_v4(0xef000001 + i);
		ck_assert_int_eq(
			ip_group_join(host.ip, ETH0, &group, host.now_us), 0);
	}
	group = pyt_ip_from_v4(0xef000001 + GROUPS_MAX);
	ck_assert_int_eq(ip_group_join(host.ip, ETH0, &group, host.now_us),
			 -ENOBUFS);
	host_clear(&host);
}
END_TEST

START_TEST(the_queriers_robustness_counts_unless_it_is_one)
{
	struct host host;

	host_init(&host, 1500);
	query_sources(&host, 0, NULL, 0); /* QRV 2 */
	ck_assert_int_eq(group_robustness(host.ip, host.eth0, true), 2);
	group_link(host.ip, host.eth0, true)->robustness = 5;
	ck_assert_int_eq(group_robustness(host.ip, host.eth0, true), 5);
	host_clear(&host);
}
END_TEST

UNIT_MAIN("group_filter", include_filters_are_united,
	  exclude_filters_are_intersected_less_what_is_included,
	  changes_are_repeated_within_the_unsolicited_interval,
	  a_change_of_mode_takes_the_place_of_what_was_to_be_told,
	  a_query_for_sources_is_answered_with_those_that_are_wanted,
	  a_report_that_does_not_fit_is_split_but_exclude_is_cut,
	  sources_of_a_group_are_bounded_and_nothing_is_half_done,
	  groups_are_bounded, the_queriers_robustness_counts_unless_it_is_one)
