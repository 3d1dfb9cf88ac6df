#include "host.h"

#define GROUP "239.1.2.3"

static struct in_addr in(const char *text)
{
	struct in_addr address;

	ck_assert_int_eq(inet_pton(AF_INET, text, &address), 1);
	return address;
}

static int set(int handle, int name, const void *value, size_t len)
{
	return pyt_socket_set_option(b, handle, IPPROTO_IP, name, value,
				     (uint32_t)len, sim.now_us);
}

static int source(int handle, int name, const char *from)
{
	struct ip_mreq_source request = {
		.imr_multiaddr = in(GROUP),
		.imr_interface = in(B_IP),
		.imr_sourceaddr = in(from),
	};

	return set(handle, name, &request, sizeof(request));
}

static int join(int handle)
{
	struct ip_mreq request = { in(GROUP), in(B_IP) };

	return set(handle, IP_ADD_MEMBERSHIP, &request, sizeof(request));
}

static int receiver(void)
{
	int handle = udp(b);

	set_int(b, handle, SOL_SOCKET, SO_REUSEADDR, 1);
	ck_assert_int_eq(bind_to(b, handle, "0.0.0.0", 7000), 0);
	return handle;
}

static int sender(void)
{
	struct ip_mreqn way = { .imr_ifindex = sim.host[0].ifindex };
	int handle = udp(a);

	ck_assert_int_eq(pyt_socket_set_option(a, handle, IPPROTO_IP,
					       IP_MULTICAST_IF, &way,
					       sizeof(way), sim.now_us),
			 0);
	return handle;
}

static bool hears(int from, int to)
{
	bool heard;

	while (received(b, to, NULL))
		; /* what came before */
	send_to(a, from, GROUP, 7000, "x");
	pass(10 * MS);
	heard = received(b, to, NULL) != NULL;
	return heard;
}

START_TEST(only_the_sources_asked_for_are_heard)
{
	int from = sender(), to = receiver(), other = receiver();

	ck_assert_int_eq(source(to, IP_ADD_SOURCE_MEMBERSHIP, "10.0.0.9"), 0);
	ck_assert(!hears(from, to));
	ck_assert_int_eq(source(to, IP_ADD_SOURCE_MEMBERSHIP, A_IP), 0);
	ck_assert(hears(from, to));
	/* IP_MULTICAST_ALL: who is in no group hears what the host gets */
	ck_assert(hears(from, other));
	set_int(b, other, IPPROTO_IP, IP_MULTICAST_ALL, 0);
	ck_assert(!hears(from, other));
	ck_assert_int_eq(source(to, IP_DROP_SOURCE_MEMBERSHIP, A_IP), 0);
	ck_assert(!hears(from, to));
}
END_TEST

START_TEST(a_blocked_source_is_not_heard_by_that_socket_alone)
{
	int from = sender(), to = receiver(), other = receiver();

	ck_assert_int_eq(join(to), 0);
	ck_assert_int_eq(join(other), 0);
	ck_assert_int_eq(source(to, IP_BLOCK_SOURCE, A_IP), 0);
	ck_assert(!hears(from, to));
	ck_assert_str_eq(received(b, other, NULL), "x");
	ck_assert_int_eq(source(to, IP_UNBLOCK_SOURCE, A_IP), 0);
	ck_assert(hears(from, to));
}
END_TEST

START_TEST(errors_of_filters_are_linuxs)
{
	int to = receiver();

	ck_assert_int_eq(source(to, IP_BLOCK_SOURCE, A_IP), -EINVAL);
	ck_assert_int_eq(source(to, IP_DROP_SOURCE_MEMBERSHIP, A_IP), -EINVAL);
	ck_assert_int_eq(source(to, IP_ADD_SOURCE_MEMBERSHIP, A_IP), 0);
	ck_assert_int_eq(source(to, IP_ADD_SOURCE_MEMBERSHIP, A_IP),
			 -EADDRNOTAVAIL);
	ck_assert_int_eq(source(to, IP_BLOCK_SOURCE, A_IP), -EINVAL);
	ck_assert_int_eq(source(to, IP_DROP_SOURCE_MEMBERSHIP, "1.2.3.4"),
			 -EADDRNOTAVAIL);
	ck_assert_int_eq(join(to), -EADDRINUSE);
	/* the last source takes the membership with it */
	ck_assert_int_eq(source(to, IP_DROP_SOURCE_MEMBERSHIP, A_IP), 0);
	ck_assert_int_eq(join(to), 0);
	ck_assert_int_eq(source(to, IP_UNBLOCK_SOURCE, A_IP), -EADDRNOTAVAIL);
	/* an empty EXCLUDE may become INCLUDE */
	ck_assert_int_eq(source(to, IP_ADD_SOURCE_MEMBERSHIP, A_IP), 0);
	ck_assert_int_eq(set(to, IP_ADD_SOURCE_MEMBERSHIP, "x", 1), -EINVAL);
}
END_TEST

START_TEST(sources_and_memberships_are_bounded_by_the_sysctls)
{
	struct ip_mreq request = { in(GROUP), in(B_IP) };
	int to = receiver();
	char text[16];

	for (int i = 1; i <= 11; i++) {
		snprintf(text, sizeof(text), "10.0.1.%d", i);
		ck_assert_int_eq(source(to, IP_ADD_SOURCE_MEMBERSHIP, text),
				 i <= 10 ? 0 : -ENOBUFS);
	}
	ck_assert_int_eq(pyt_sysctl_set(b, "net.ipv4.igmp_max_msf", "11"), 0);
	ck_assert_int_eq(source(to, IP_ADD_SOURCE_MEMBERSHIP, text), 0);
	for (int i = 1; i <= 20; i++) {
		request.imr_multiaddr.s_addr = htonl(0xef020000 + (uint32_t)i);
		ck_assert_int_eq(
			set(to, IP_ADD_MEMBERSHIP, &request, sizeof(request)),
			i < 20 ? 0 : -ENOBUFS);
	}
}
END_TEST

START_TEST(a_filter_is_set_and_read_whole)
{
	uint8_t bytes[IP_MSFILTER_SIZE(3)] = { 0 };
	struct ip_msfilter *filter = (void *)bytes;
	struct in_addr sources[3] = { in(A_IP), in("10.0.0.8"),
				      in("10.0.0.9") };
	int from = sender(), to = receiver(), len;

	filter->imsf_multiaddr = in(GROUP);
	filter->imsf_interface = in(B_IP);
	filter->imsf_fmode = MCAST_INCLUDE;
	filter->imsf_numsrc = 3;
	memcpy(bytes + IP_MSFILTER_SIZE(0), sources, sizeof(sources));
	ck_assert_int_eq(set(to, IP_MSFILTER, bytes, sizeof(bytes)), -EINVAL);
	join(to);
	ck_assert_int_eq(set(to, IP_MSFILTER, bytes, sizeof(bytes) - 1),
			 -EINVAL);
	ck_assert_int_eq(set(to, IP_MSFILTER, bytes, sizeof(bytes)), 0);
	ck_assert(hears(from, to));
	filter->imsf_fmode = MCAST_EXCLUDE;
	ck_assert_int_eq(set(to, IP_MSFILTER, bytes, sizeof(bytes)), 0);
	ck_assert(!hears(from, to));

	memset(bytes + IP_MSFILTER_SIZE(0), 0, sizeof(sources));
	filter->imsf_fmode = 9;
	len = pyt_socket_get_option(b, to, IPPROTO_IP, IP_MSFILTER, bytes,
				    IP_MSFILTER_SIZE(2), sim.now_us);
	ck_assert_int_eq(len, IP_MSFILTER_SIZE(2));
	ck_assert_uint_eq(filter->imsf_fmode, MCAST_EXCLUDE);
	ck_assert_uint_eq(filter->imsf_numsrc, 3); /* that there are more */
	ck_assert_mem_eq(bytes + IP_MSFILTER_SIZE(0), sources,
			 2 * sizeof(*sources));
	/* INCLUDE of nothing leaves */
	filter->imsf_fmode = MCAST_INCLUDE;
	filter->imsf_numsrc = 0;
	ck_assert_int_eq(set(to, IP_MSFILTER, bytes, sizeof(bytes)), 0);
	ck_assert_int_eq(pyt_socket_get_option(b, to, IPPROTO_IP, IP_MSFILTER,
					       bytes, sizeof(bytes),
					       sim.now_us),
			 -EADDRNOTAVAIL);
}
END_TEST

START_TEST(the_protocol_independent_options_do_the_same)
{
	struct group_source_req request = {
		.gsr_interface = (uint32_t)sim.host[1].ifindex
	};
	struct sockaddr_in *group = (void *)&request.gsr_group;
	struct sockaddr_in *from_address = (void *)&request.gsr_source;
	uint8_t bytes[GROUP_FILTER_SIZE(1)] = { 0 };
	struct group_filter *filter = (void *)bytes;
	int from = sender(), to = receiver();

	group->sin_addr = in(GROUP);
	from_address->sin_family = AF_INET;
	from_address->sin_addr = in(A_IP);
	ck_assert_int_eq(
		set(to, MCAST_JOIN_SOURCE_GROUP, &request, sizeof(request)),
		-EADDRNOTAVAIL); /* no family */
	group->sin_family = AF_INET;
	ck_assert_int_eq(
		set(to, MCAST_JOIN_SOURCE_GROUP, &request, sizeof(request)), 0);
	ck_assert(hears(from, to));
	filter->gf_interface = request.gsr_interface;
	memcpy(&filter->gf_group, group, sizeof(*group));
	ck_assert_int_eq(pyt_socket_get_option(b, to, IPPROTO_IP,
					       MCAST_MSFILTER, bytes,
					       sizeof(bytes), sim.now_us),
			 (int)sizeof(bytes));
	ck_assert_uint_eq(filter->gf_numsrc, 1);
	ck_assert_mem_eq(&filter->gf_slist[0], from_address,
			 sizeof(*from_address));
	ck_assert_int_eq(
		set(to, MCAST_LEAVE_SOURCE_GROUP, &request, sizeof(request)),
		0);
	ck_assert(!hears(from, to));
}
END_TEST

START_TEST(a_closed_socket_leaves_its_groups)
{
	struct pyt_size size[PYT_SIZES_MAX];
	int to = receiver();

	source(to, IP_ADD_SOURCE_MEMBERSHIP, A_IP);
	pyt_socket_close(b, to, sim.now_us);
	pass(5 * SEC);
	for (int i = pyt_sizes_get(b, size); i-- > 0;)
		if (strcmp(size[i].name, "groups") == 0)
			ck_assert_uint_eq(size[i].value, 0);
}
END_TEST

START_TEST(tcp_joins_no_group)
{
	ck_assert_int_eq(join(tcp(b)), -EPROTO);
}
END_TEST

UNIT_MAIN_WITH("membership", set_up, tear_down,
	       only_the_sources_asked_for_are_heard,
	       a_blocked_source_is_not_heard_by_that_socket_alone,
	       errors_of_filters_are_linuxs,
	       sources_and_memberships_are_bounded_by_the_sysctls,
	       a_filter_is_set_and_read_whole,
	       the_protocol_independent_options_do_the_same,
	       a_closed_socket_leaves_its_groups, tcp_joins_no_group)
