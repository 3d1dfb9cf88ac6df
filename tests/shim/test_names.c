#include "unit.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns_server.h"
#include "names.h"

static const struct dns_entry zone[] = {
	{ .name = "one.test", .a = "10.0.0.1" },
	{ .name = "both.test", .a = "10.0.0.1 10.0.0.2", .aaaa = "fd00::1" },
	{ .name = "alias.test", .cname = "one.test", .a = "10.0.0.1" },
	{ .name = "dangling.test", .cname = "gone.test" },
	{ .name = "empty.test" },
	{ .name = "fail.test", .behaviour = DNS_FAIL },
	{ .name = "refuse.test", .behaviour = DNS_REFUSE },
	{ .name = "silent.test", .behaviour = DNS_SILENT },
	{ .name = "big.test", .behaviour = DNS_BIG },
	{ .name = "host.corp.test", .a = "10.0.0.7" },
	{ .name = "empty.corp.test" },
	{ .name = "one.test.corp.test", .a = "10.0.0.8" },
	{ .name = "1.0.0.10.in-addr.arpa", .ptr = "one.test" },
	{ .name = NULL },
};

static int stack_count, kernel_count;
static struct dns_server *server;

static int stack_socket(int family, int type, int protocol)
{
	stack_count++;
	return socket(family, type, protocol);
}

static int kernel_socket(int family, int type, int protocol)
{
	kernel_count++;
	return socket(family, type, protocol);
}

static bool bypassed;

static bool bypasses(const struct pyt_sockaddr *address)
{
	ck_assert(pyt_ip_is_loopback(&address->ip));
	return bypassed;
}

static const struct resolver_sockets sockets = { stack_socket, kernel_socket,
						 bypasses };
static struct resolver_config config;

static void setup(void)
{
	const struct resolver_paths none = { .hosts = "/dev/null" };
	char list[64];

	unsetenv("LOCALDOMAIN");
	unsetenv("RES_OPTIONS");
	stack_count = kernel_count = 0;
	server = dns_server_start(zone);
	resolver_config_read(&config, &none);
	snprintf(list, sizeof(list), "127.0.0.1:%d", dns_server_port(server));
	ck_assert(resolver_config_set_servers(&config, list));
	resolver_config_set_search(&config, "");
}

static int lookup(const char *name, unsigned families,
		  struct names_answer *answer)
{
	return names_by_name(&config, &sockets, name, families, answer);
}

static int status_of(const char *name)
{
	struct names_answer answer = { 0 };
	int status = lookup(name, NAMES_V4 | NAMES_V6, &answer);

	names_clear(&answer);
	return status;
}

static void ck_assert_ip(const struct names_answer *answer, size_t ordinal,
			 const char *expected)
{
	char text[PYT_IP_TEXT_MAX];

	ck_assert_uint_lt(ordinal, answer->ip_count);
	ck_assert_str_eq(pyt_ip_format(&answer->ip[ordinal], text), expected);
}

START_TEST(a_name_has_the_addresses_of_both_families)
{
	struct names_answer answer = { 0 };

	setup();
	ck_assert_int_eq(lookup("both.test", NAMES_V4 | NAMES_V6, &answer), 0);
	ck_assert_str_eq(answer.name, "both.test");
	ck_assert_uint_eq(answer.ip_count, 3);
	ck_assert_ip(&answer, 0, "10.0.0.1");
	ck_assert_ip(&answer, 1, "10.0.0.2");
	ck_assert_ip(&answer, 2, "fd00::1");
	names_clear(&answer);
	dns_server_stop(server);
}
END_TEST

START_TEST(only_the_wanted_family_is_asked)
{
	struct names_answer answer = { 0 };

	setup();
	ck_assert_int_eq(lookup("both.test", NAMES_V6, &answer), 0);
	ck_assert_uint_eq(answer.ip_count, 1);
	ck_assert_int_eq(dns_server_udp_count(server), 1);
	names_clear(&answer);
	dns_server_stop(server);
}
END_TEST

START_TEST(no_aaaa_leaves_ipv6_names_without_data)
{
	struct names_answer answer = { 0 };

	setup();
	config.no_aaaa = true;
	ck_assert_int_eq(lookup("both.test", NAMES_V6, &answer), NO_DATA);
	ck_assert_int_eq(dns_server_udp_count(server), 0);
	ck_assert_int_eq(lookup("both.test", NAMES_V4 | NAMES_V6, &answer), 0);
	ck_assert_uint_eq(answer.ip_count, 2);
	names_clear(&answer);
	dns_server_stop(server);
}
END_TEST

START_TEST(an_alias_leads_to_the_canonical_name)
{
	struct names_answer answer = { 0 };

	setup();
	ck_assert_int_eq(lookup("alias.test", NAMES_V4, &answer), 0);
	ck_assert_str_eq(answer.name, "one.test");
	ck_assert_uint_eq(answer.alias_count, 1);
	ck_assert_str_eq(answer.alias[0], "alias.test");
	ck_assert_ip(&answer, 0, "10.0.0.1");
	names_clear(&answer);
	dns_server_stop(server);
}
END_TEST

START_TEST(each_failure_has_its_own_status)
{
	setup();
	ck_assert_int_eq(status_of("missing.test"), HOST_NOT_FOUND);
	ck_assert_int_eq(status_of("empty.test"), NO_DATA);
	ck_assert_int_eq(status_of("dangling.test"), NO_DATA);
	ck_assert_int_eq(status_of("fail.test"), TRY_AGAIN);
	ck_assert_int_eq(status_of("refuse.test"), TRY_AGAIN);
	ck_assert_int_eq(status_of(""), HOST_NOT_FOUND);
	dns_server_stop(server);
}
END_TEST

START_TEST(a_silent_server_is_given_up_after_all_attempts)
{
	setup();
	config.timeout_ms = 60;
	config.attempts = 2;
	ck_assert_int_eq(status_of("silent.test"), TRY_AGAIN);
	ck_assert_int_eq(dns_server_udp_count(server), 4); /* A, AAAA */
	dns_server_stop(server);
}
END_TEST

START_TEST(a_dead_server_is_followed_by_the_next)
{
	char list[64];

	setup();
	snprintf(list, sizeof(list), "127.0.0.1:1,127.0.0.1:%d",
		 dns_server_port(server));
	ck_assert(resolver_config_set_servers(&config, list));
	ck_assert_int_eq(status_of("one.test"), 0);
	dns_server_stop(server);
}
END_TEST

START_TEST(without_a_server_it_is_try_again)
{
	setup();
	config.server_count = 0;
	ck_assert_int_eq(status_of("one.test"), TRY_AGAIN);
	dns_server_stop(server);
}
END_TEST

START_TEST(a_truncated_answer_is_asked_again_over_tcp)
{
	struct names_answer answer = { 0 };

	setup();
	ck_assert_int_eq(lookup("big.test", NAMES_V4, &answer), 0);
	ck_assert_uint_eq(answer.ip_count, 60);
	ck_assert_ip(&answer, 59, "10.1.0.60");
	ck_assert_int_eq(dns_server_tcp_count(server), 1);
	names_clear(&answer);
	dns_server_stop(server);
}
END_TEST

START_TEST(use_vc_asks_over_tcp_at_once)
{
	setup();
	config.use_tcp = true;
	ck_assert_int_eq(status_of("one.test"), 0);
	ck_assert_int_eq(dns_server_udp_count(server), 0);
	ck_assert_int_eq(dns_server_tcp_count(server), 2);
	dns_server_stop(server);
}
END_TEST

START_TEST(given_servers_are_asked_over_the_stack)
{
	setup();
	ck_assert_int_eq(status_of("one.test"), 0);
	ck_assert_int_eq(stack_count, 1);
	dns_server_stop(server);
}
END_TEST

START_TEST(a_loopback_server_of_resolv_conf_is_asked_over_the_kernel)
{
	setup();
	config.servers_given = false;
	ck_assert_int_eq(status_of("one.test"), 0);
	ck_assert_int_eq(stack_count, 0);
	ck_assert_int_eq(kernel_count, 1);
	dns_server_stop(server);
}
END_TEST

START_TEST(a_bypassed_server_is_asked_over_the_kernel)
{
	setup();
	bypassed = true;
	ck_assert_int_eq(status_of("one.test"), 0);
	ck_assert_int_eq(stack_count, 0);
	bypassed = false;
	dns_server_stop(server);
}
END_TEST

START_TEST(short_names_are_looked_for_in_the_search_list_first)
{
	struct names_answer answer = { 0 };

	setup();
	resolver_config_set_search(&config, "nowhere.test corp.test");
	ck_assert_int_eq(lookup("host", NAMES_V4, &answer), 0);
	ck_assert_str_eq(answer.name, "host.corp.test");
	ck_assert_int_eq(dns_server_udp_count(server), 2);
	names_clear(&answer);
	dns_server_stop(server);
}
END_TEST

START_TEST(names_with_dots_are_tried_as_they_are_first)
{
	struct names_answer answer = { 0 };

	setup();
	resolver_config_set_search(&config, "corp.test");
	ck_assert_int_eq(lookup("one.test", NAMES_V4, &answer), 0);
	ck_assert_ip(&answer, 0, "10.0.0.1");
	names_clear(&answer);

	config.ndots = 2;
	ck_assert_int_eq(lookup("one.test", NAMES_V4, &answer), 0);
	ck_assert_ip(&answer, 0, "10.0.0.8");
	names_clear(&answer);

	ck_assert_int_eq(lookup("one.test.", NAMES_V4, &answer), 0);
	ck_assert_ip(&answer, 0, "10.0.0.1");
	names_clear(&answer);
	dns_server_stop(server);
}
END_TEST

START_TEST(a_name_without_data_in_one_domain_is_no_data_at_the_end)
{
	setup();
	resolver_config_set_search(&config, "corp.test nowhere.test");
	ck_assert_int_eq(status_of("empty"), NO_DATA);
	ck_assert_int_eq(status_of("missing"), HOST_NOT_FOUND);
	ck_assert_int_eq(status_of("empty.test"), NO_DATA);
	dns_server_stop(server);
}
END_TEST

START_TEST(an_address_has_the_name_of_its_pointer)
{
	struct names_answer answer = { 0 };
	struct pyt_ip ip = pyt_ip_from_v4(0x0a000001);

	setup();
	ck_assert_int_eq(names_by_ip(&config, &sockets, &ip, &answer), 0);
	ck_assert_str_eq(answer.name, "one.test");
	ck_assert_uint_eq(answer.ip_count, 1);
	names_clear(&answer);

	ip = pyt_ip_from_v4(0x0a000002);
	ck_assert_int_eq(names_by_ip(&config, &sockets, &ip, &answer),
			 HOST_NOT_FOUND);
	names_clear(&answer);
	dns_server_stop(server);
}
END_TEST

START_TEST(no_lookup_leaves_a_descriptor_open)
{
	int before, after;

	setup();
	before = dup(0);
	close(before);
	ck_assert_int_eq(status_of("big.test"), 0);
	ck_assert_int_eq(status_of("fail.test"), TRY_AGAIN);
	after = dup(0);
	close(after);
	ck_assert_int_eq(before, after);
	dns_server_stop(server);
}
END_TEST

static int prepared;

/* As DHCP's name server becomes known: only now there is one. */
static void learn_server(struct resolver_config *learning)
{
	char list[64];

	prepared++;
	snprintf(list, sizeof(list), "127.0.0.1:%d", dns_server_port(server));
	ck_assert(resolver_config_set_servers(learning, list));
}

START_TEST(servers_may_become_known_just_before_they_are_asked)
{
	setup();
	config.server_count = 0;
	config.before_dns = learn_server;
	ck_assert_int_eq(status_of("one.test"), 0);
	ck_assert_int_eq(status_of("both.test"), 0);
	ck_assert_int_eq(prepared, 1);
	dns_server_stop(server);
}
END_TEST

START_TEST(names_of_hosts_wait_for_no_server)
{
	char path[] = "/tmp/test_names.XXXXXX";
	int fd = mkstemp(path);

	setup();
	ck_assert_int_eq(write(fd, "10.9.9.9 local\n", 15), 15);
	close(fd);
	config.hosts_path = path;
	config.before_dns = learn_server;
	ck_assert_int_eq(status_of("local"), 0);
	ck_assert_int_eq(prepared, 0);
	ck_assert_int_eq(status_of("one.test"), 0);
	ck_assert_int_eq(prepared, 1);
	unlink(path);
	dns_server_stop(server);
}
END_TEST

UNIT_MAIN("names", servers_may_become_known_just_before_they_are_asked,
	  names_of_hosts_wait_for_no_server,
	  a_name_has_the_addresses_of_both_families,
	  only_the_wanted_family_is_asked,
	  no_aaaa_leaves_ipv6_names_without_data,
	  an_alias_leads_to_the_canonical_name, each_failure_has_its_own_status,
	  a_silent_server_is_given_up_after_all_attempts,
	  a_dead_server_is_followed_by_the_next,
	  without_a_server_it_is_try_again,
	  a_truncated_answer_is_asked_again_over_tcp,
	  use_vc_asks_over_tcp_at_once, given_servers_are_asked_over_the_stack,
	  a_loopback_server_of_resolv_conf_is_asked_over_the_kernel,
	  a_bypassed_server_is_asked_over_the_kernel,
	  short_names_are_looked_for_in_the_search_list_first,
	  names_with_dots_are_tried_as_they_are_first,
	  a_name_without_data_in_one_domain_is_no_data_at_the_end,
	  an_address_has_the_name_of_its_pointer,
	  no_lookup_leaves_a_descriptor_open)
