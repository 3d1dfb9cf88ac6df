#include <linux/in6.h>

#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "sim/sim.h"
#include "stack.h"

#define LEVEL_IPV6 41 /* of netinet/in.h, which quarrels with linux/in6.h */

static struct sim sim;
static struct pyt_stack *a;
static int handle;

static void set_up(void)
{
	struct sim_config config = { .seed = 1 };

	sim_init(&sim, &config);
	a = sim.host[0].stack;
	ck_assert_int_eq(
		pyt_sysctl_set(a, "net.ipv6.conf.all.disable_ipv6", "0"), 0);
	handle = pyt_socket_open(a, AF_INET6, SOCK_DGRAM, 0);
	ck_assert_int_ge(handle, 0);
}

static void tear_down(void)
{
	ck_assert(sim_clear(&sim));
}

static int set(int wishes)
{
	return pyt_socket_set_option(a, handle, LEVEL_IPV6,
				     IPV6_ADDR_PREFERENCES, &wishes,
				     sizeof(wishes), sim.now_us);
}

static int get(void)
{
	int wishes = -1;

	pyt_socket_get_option(a, handle, LEVEL_IPV6, IPV6_ADDR_PREFERENCES,
			      &wishes, sizeof(wishes), sim.now_us);
	return wishes;
}

static void own(const char *text, bool temporary)
{
	struct ip_new_address new = { .prefix_len = 64,
				      .method = PYT_METHOD_SLAAC,
				      .preferred_until_us = TIME_NEVER,
				      .valid_until_us = TIME_NEVER,
				      .temporary = temporary };

	ck_assert(pyt_ip_parse(text, &new.ip));
	ck_assert_int_eq(
		ip_address_put(a->ip, sim.host[0].ifindex, &new, sim.now_us),
		0);
}

/* The source of a datagram socket that is connected anew. */
static const char *source(void)
{
	static char text[PYT_IP_TEXT_MAX];
	struct pyt_sockaddr peer = { .port = 9 };
	struct pyt_socket_status status;

	ck_assert(pyt_ip_parse("2001:db8::9", &peer.ip));
	ck_assert_int_eq(pyt_socket_connect(a, handle, &peer, sim.now_us), 0);
	ck_assert_int_eq(pyt_socket_status(a, handle, &status), 0);
	pyt_socket_disconnect(a, handle, sim.now_us);
	return pyt_ip_format(&status.local.ip, text);
}

START_TEST(what_is_wished_is_remembered_and_contradictions_are_refused)
{
	ck_assert_int_eq(get(),
			 IPV6_PREFER_SRC_PUBTMP_DEFAULT | IPV6_PREFER_SRC_HOME);
	ck_assert_int_eq(set(IPV6_PREFER_SRC_TMP), 0);
	ck_assert_int_eq(get(), IPV6_PREFER_SRC_TMP | IPV6_PREFER_SRC_HOME);
	ck_assert_int_eq(set(IPV6_PREFER_SRC_COA), 0);
	/* as on Linux, what is not mentioned is forgotten */
	ck_assert_int_eq(get(),
			 IPV6_PREFER_SRC_PUBTMP_DEFAULT | IPV6_PREFER_SRC_COA);
	ck_assert_int_eq(set(IPV6_PREFER_SRC_TMP | IPV6_PREFER_SRC_PUBLIC),
			 -EINVAL);
	ck_assert_int_eq(set(IPV6_PREFER_SRC_HOME | IPV6_PREFER_SRC_COA),
			 -EINVAL);
	ck_assert_int_eq(set(IPV6_PREFER_SRC_PUBTMP_DEFAULT), 0);
	ck_assert_int_eq(get(),
			 IPV6_PREFER_SRC_PUBTMP_DEFAULT | IPV6_PREFER_SRC_HOME);
	ck_assert_int_eq(pyt_socket_set_option(a, handle, LEVEL_IPV6,
					       IPV6_ADDR_PREFERENCES, "x", 1,
					       sim.now_us),
			 -EINVAL);
}
END_TEST

START_TEST(the_source_is_the_one_that_the_program_likes)
{
	own("2001:db8::2", false);
	own("2001:db8::d5e3", true);
	ck_assert_str_eq(source(), "2001:db8::2");
	set(IPV6_PREFER_SRC_TMP);
	ck_assert_str_eq(source(), "2001:db8::d5e3");
	ck_assert_int_eq(
		pyt_sysctl_set(a, "net.ipv6.conf.all.use_tempaddr", "2"), 0);
	set(IPV6_PREFER_SRC_PUBLIC);
	ck_assert_str_eq(source(), "2001:db8::2");
	set(IPV6_PREFER_SRC_PUBTMP_DEFAULT);
	ck_assert_str_eq(source(), "2001:db8::d5e3");
}
END_TEST

UNIT_MAIN_WITH("preference", set_up, tear_down,
	       what_is_wished_is_remembered_and_contradictions_are_refused,
	       the_source_is_the_one_that_the_program_likes)
