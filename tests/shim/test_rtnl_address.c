#include "engine.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "rtnl.h"

static struct test_memory memory;
static struct server server;
static int eth0, eth1;

/* Of rtnl_link.c, for the dump: the tests here write single messages. */
struct rtnl_header rtnl_answer(const struct nl_request *request, uint16_t type)
{
	(void)request;
	return (struct rtnl_header){ .type = type };
}

int rtnl_find_link(const struct pyt_stack *stack, int ifindex, const char *name,
		   struct pyt_iface_info *info)
{
	(void)stack;
	(void)ifindex;
	(void)name;
	(void)info;
	return -ENODEV;
}

static int ethernet(const char *name, uint8_t number)
{
	struct pyt_iface_config config = {
		.medium = PYT_MEDIUM_ETHERNET,
		.mac = { 2, 0, 0, 0, 0, number },
		.mtu = 1500,
	};

	snprintf(config.name, sizeof(config.name), "%s", name);
	return pyt_iface_add(server.stack, &config, 0);
}

static void set_up(void)
{
	struct pyt_stack_config config = {
		.allocator = { test_alloc, test_free, &memory },
		.seed = { 7 },
	};

	server = (struct server){ .stack = pyt_stack_create(&config, 0) };
	eth0 = ethernet("eth0", 1);
	eth1 = ethernet("eth1", 2);
	ck_assert_int_gt(eth0, 0);
	ck_assert_int_gt(eth1, 0);
}

static void tear_down(void)
{
	pyt_stack_destroy(server.stack);
	ck_assert_uint_eq(memory.bytes, 0);
}

static void add(int ifindex, uint32_t ip, unsigned prefix_len)
{
	struct pyt_ip address = pyt_ip_from_v4(ip);

	ck_assert_int_eq(
		pyt_address_add(server.stack, ifindex, &address, prefix_len, 0),
		0);
}

/* What the message of this address says. */
static bool is_secondary(int ifindex, uint32_t ip)
{
	static const struct pyt_iface_info iface;
	static const struct rtnl_header header = { .type = RTM_NEWADDR };
	static uint8_t room[512] __attribute__((aligned(8)));
	const size_t start = NLMSG_HDRLEN + sizeof(struct ifaddrmsg);
	struct nl_value value[IFA_FLAGS + 1];
	struct pyt_address_info info;
	struct nl_writer w;
	int i = 0;

	do
		ck_assert_int_eq(pyt_address_get(server.stack, i++, &info), 0);
	while (info.ifindex != ifindex || !pyt_ip_is_v4(&info.ip) ||
	       pyt_ip_to_v4(&info.ip) != ip);
	nl_writer_init(&w, room, sizeof(room));
	ck_assert(rtnl_put_address(&w, &header, &server, &info, &iface));
	ck_assert(nl_parse(room + start, w.len - start, value, IFA_FLAGS));
	return nl_u32(&value[IFA_FLAGS], 0) & IFA_F_SECONDARY;
}

START_TEST(of_a_subnet_the_first_address_is_no_secondary)
{
	add(eth0, 0x0a000001, 24);
	add(eth0, 0x0a000002, 24);
	add(eth0, 0x0a000003, 16);
	add(eth0, 0x0a000103, 24);
	ck_assert(!is_secondary(eth0, 0x0a000001));
	ck_assert(is_secondary(eth0, 0x0a000002));
	ck_assert(!is_secondary(eth0, 0x0a000003));
	ck_assert(!is_secondary(eth0, 0x0a000103));
}
END_TEST

START_TEST(another_interface_makes_none_secondary)
{
	add(eth0, 0x0a000001, 24);
	add(eth1, 0x0a000002, 24);
	ck_assert(!is_secondary(eth0, 0x0a000001));
	ck_assert(!is_secondary(eth1, 0x0a000002));
}
END_TEST

START_TEST(an_address_that_another_interface_has_too_is_secondary)
{
	add(eth0, 0x0a000002, 24);
	add(eth1, 0x0a000001, 24);
	add(eth1, 0x0a000002, 24);
	ck_assert(!is_secondary(eth0, 0x0a000002));
	ck_assert(!is_secondary(eth1, 0x0a000001));
	ck_assert(is_secondary(eth1, 0x0a000002));
}
END_TEST

UNIT_MAIN_WITH("rtnl_address", set_up, tear_down,
	       of_a_subnet_the_first_address_is_no_secondary,
	       another_interface_makes_none_secondary,
	       an_address_that_another_interface_has_too_is_secondary)
