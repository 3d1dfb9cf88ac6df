#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "addrinfo.h"
#include "dns_server.h"

static const struct dns_entry zone[] = {
	{ .name = "one.test", .a = "10.0.0.1" },
	{ .name = "six.test", .aaaa = "fd00::1" },
	{ .name = "both.test", .a = "10.0.0.1 10.77.0.9", .aaaa = "fd00::1" },
	{ .name = "alias.test", .cname = "one.test", .a = "10.0.0.1" },
	{ .name = "empty.test" },
	{ .name = "fail.test", .behaviour = DNS_FAIL },
	{ .name = "1.0.0.10.in-addr.arpa", .ptr = "one.test" },
	{ .name = "3.0.0.10.in-addr.arpa", .behaviour = DNS_FAIL },
	{ .name = NULL },
};

static struct dns_server *server;

static void read_config(struct resolver_config *config, const char *name)
{
	const struct resolver_paths none = { .hosts = "/dev/null" };
	char list[64];

	resolver_config_read(config, &none);
	snprintf(list, sizeof(list), "127.0.0.1:%d", dns_server_port(server));
	resolver_config_set_servers(config, list);
	resolver_config_set_search(config, "test");
}

static size_t addresses(struct pyt_address_info *list, size_t max)
{
	list[0] = (struct pyt_address_info){ 1, pyt_ip_from_v4(0x7f000001), 8 };
	list[1] =
		(struct pyt_address_info){ 2, pyt_ip_from_v4(0x0a4d0002), 24 };
	return 2;
}

/* As a stack with these addresses: IPv6 leads nowhere. */
static void sources(const struct pyt_ip *ips, size_t count,
		    struct pyt_source *list)
{
	for (size_t i = 0; i < count; i++) {
		bool lo = pyt_ip_is_loopback(&ips[i]);

		list[i] = (struct pyt_source){
			.found = pyt_ip_is_v4(&ips[i]),
			.prefix_len = lo ? 8 : 24,
			.ip = pyt_ip_from_v4(lo ? 0x7f000001 : 0x0a4d0002),
		};
	}
}

static const struct addrinfo_host host = {
	.libc_getaddrinfo = getaddrinfo,
	.libc_freeaddrinfo = freeaddrinfo,
	.libc_getnameinfo = getnameinfo,
	.read_config = read_config,
	.addresses = addresses,
	.sources = sources,
	.gai_conf = "/dev/null",
	.sockets = { socket, socket, NULL },
};

/* One line a result: flags family type protocol address port canonical. */
static void describe(const struct addrinfo *list, char *text, size_t size)
{
	text[0] = '\0';
	for (; list; list = list->ai_next) {
		char address[64] = "", port[16] = "";
		size_t len = strlen(text);

		getnameinfo(list->ai_addr, list->ai_addrlen, address,
			    sizeof(address), port, sizeof(port),
			    NI_NUMERICHOST | NI_NUMERICSERV);
		snprintf(text + len, size - len, "%x %d %d %d %s %s %s\n",
			 list->ai_flags, list->ai_family, list->ai_socktype,
			 list->ai_protocol, address, port,
			 list->ai_canonname ? list->ai_canonname : "-");
	}
}

static void ck_assert_list(const char *name, const char *service,
			   const struct addrinfo *hints, const char *expected)
{
	struct addrinfo *list = NULL;
	char text[4096];

	ck_assert_int_eq(addrinfo_get(&host, name, service, hints, &list), 0);
	describe(list, text, sizeof(text));
	addrinfo_free(list);
	ck_assert_str_eq(text, expected);
}

static int error_of(const char *name, const char *service,
		    const struct addrinfo *hints)
{
	struct addrinfo *list = NULL;
	int error = addrinfo_get(&host, name, service, hints, &list);

	if (!error)
		addrinfo_free(list);
	return error;
}

static void compare_with_libc(const char *name, const char *service,
			      const struct addrinfo *hints)
{
	struct addrinfo *ours = NULL, *theirs = NULL;
	int our_error = addrinfo_get(&host, name, service, hints, &ours);
	int their_error = getaddrinfo(name, service, hints, &theirs);
	char our_text[4096] = "", their_text[4096] = "";

	if (!our_error) {
		describe(ours, our_text, sizeof(our_text));
		addrinfo_free(ours);
	}
	if (!their_error) {
		describe(theirs, their_text, sizeof(their_text));
		freeaddrinfo(theirs);
	}
	ck_assert_msg(our_error == their_error &&
			      strcmp(our_text, their_text) == 0,
		      "%s %s flags %x family %d type %d protocol %d: "
		      "%d\n%s instead of %d\n%s",
		      name, service, hints->ai_flags, hints->ai_family,
		      hints->ai_socktype, hints->ai_protocol, our_error,
		      our_text, their_error, their_text);
}

static const char *const numbers[] = { NULL,  "10.0.0.1",   "127.1",
				       "::1", "fe80::1%lo", "::ffff:1.2.3.4",
				       "*",   "1.2.3.4.5",  "fe80::1%none",
				       "" };
static const char *const services[] = { NULL, "80", "http",  "domain", "ftp",
					"",   "no", "70000", "80x",    "*" };
static const int flag_sets[] = {
	AI_NUMERICHOST,
	AI_NUMERICHOST | AI_PASSIVE,
	AI_NUMERICHOST | AI_CANONNAME,
	AI_NUMERICHOST | AI_NUMERICSERV,
	AI_NUMERICHOST | AI_V4MAPPED,
	AI_NUMERICHOST | AI_V4MAPPED | AI_ALL,
	AI_NUMERICHOST | 0x10000,
};
static const int types[][2] = {
	{ 0, 0 },
	{ SOCK_STREAM, 0 },
	{ SOCK_DGRAM, 0 },
	{ SOCK_RAW, 0 },
	{ SOCK_RAW, 1 },
	{ SOCK_SEQPACKET, 0 },
	{ 0, IPPROTO_TCP },
	{ SOCK_STREAM, IPPROTO_UDP },
	{ 0, IPPROTO_SCTP },
	{ 99, 0 },
	{ 0, 200 },
};
static const int families[] = { AF_INET, AF_INET6, AF_UNSPEC, AF_UNIX };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

START_TEST(numbers_and_services_give_what_glibc_gives)
{
	size_t total = COUNT(numbers) * COUNT(services) * COUNT(flag_sets) *
		       COUNT(types) * COUNT(families);

	for (size_t i = 0; i < total; i++) {
		size_t rest = i;
		const char *name = numbers[rest % COUNT(numbers)];
		const char *service;
		struct addrinfo hints = { 0 };

		rest /= COUNT(numbers);
		service = services[rest % COUNT(services)];
		rest /= COUNT(services);
		hints.ai_flags = flag_sets[rest % COUNT(flag_sets)];
		rest /= COUNT(flag_sets);
		hints.ai_socktype = types[rest % COUNT(types)][0];
		hints.ai_protocol = types[rest % COUNT(types)][1];
		hints.ai_family = families[rest / COUNT(types)];

		/* Two addresses are ordered by whose IPv6 works: skip. */
		if (hints.ai_family == AF_UNSPEC &&
		    (!name || strcmp(name, "*") == 0))
			continue;
		compare_with_libc(name, service, &hints);
	}
}
END_TEST

START_TEST(without_a_name_it_is_this_host)
{
	const struct addrinfo passive = { .ai_flags = AI_PASSIVE,
					  .ai_socktype = SOCK_STREAM };
	const struct addrinfo active = { .ai_socktype = SOCK_STREAM };

	ck_assert_list(NULL, "80", &passive,
		       "1 2 1 6 0.0.0.0 80 -\n1 10 1 6 :: 80 -\n");
	ck_assert_list(NULL, "80", &active,
		       "0 2 1 6 127.0.0.1 80 -\n0 10 1 6 ::1 80 -\n");
}
END_TEST

START_TEST(a_name_gives_each_address_with_each_type)
{
	const struct addrinfo hints = { .ai_flags = AI_CANONNAME };

	server = dns_server_start(zone);
	ck_assert_list("one.test", "80", &hints,
		       "2 2 1 6 10.0.0.1 80 one.test\n"
		       "2 2 2 17 10.0.0.1 80 -\n"
		       "2 2 3 0 10.0.0.1 80 -\n");
	ck_assert_list("alias", "http", &hints,
		       "2 2 1 6 10.0.0.1 80 one.test\n");
	dns_server_stop(server);
}
END_TEST

START_TEST(reachable_families_and_own_subnets_come_first)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };

	server = dns_server_start(zone);
	ck_assert_list("both.test", NULL, &hints,
		       "0 2 2 17 10.77.0.9 0 -\n"
		       "0 2 2 17 10.0.0.1 0 -\n"
		       "0 10 2 17 fd00::1 0 -\n");
	dns_server_stop(server);
}
END_TEST

START_TEST(without_hints_only_families_of_own_addresses_are_asked)
{
	struct addrinfo six = { .ai_family = AF_INET6,
				.ai_flags = AI_ADDRCONFIG };

	server = dns_server_start(zone);
	ck_assert_int_eq(error_of("both.test", "80", NULL), 0);
	ck_assert_int_eq(dns_server_udp_count(server), 1);
	ck_assert_int_eq(error_of("both.test", "80", &six), EAI_NONAME);
	ck_assert_int_eq(error_of("six.test", "80", NULL), EAI_NODATA);
	dns_server_stop(server);
}
END_TEST

START_TEST(mapped_addresses_stand_in_for_missing_ones)
{
	struct addrinfo hints = { .ai_family = AF_INET6,
				  .ai_socktype = SOCK_STREAM };

	server = dns_server_start(zone);
	ck_assert_int_eq(error_of("one.test", NULL, &hints), EAI_NODATA);
	hints.ai_flags = AI_V4MAPPED;
	ck_assert_list("one.test", NULL, &hints,
		       "8 10 1 6 ::ffff:10.0.0.1 0 -\n");
	ck_assert_list("both.test", NULL, &hints, "8 10 1 6 fd00::1 0 -\n");
	hints.ai_flags = AI_V4MAPPED | AI_ALL;
	ck_assert_list("both.test", NULL, &hints,
		       "18 10 1 6 ::ffff:10.77.0.9 0 -\n"
		       "18 10 1 6 ::ffff:10.0.0.1 0 -\n"
		       "18 10 1 6 fd00::1 0 -\n");
	dns_server_stop(server);
}
END_TEST

START_TEST(failures_have_glibcs_codes)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const struct addrinfo numeric = { .ai_flags = AI_NUMERICHOST };

	server = dns_server_start(zone);
	ck_assert_int_eq(error_of("missing.test", "80", &hints), EAI_NONAME);
	ck_assert_int_eq(error_of("empty.test", "80", &hints), EAI_NODATA);
	ck_assert_int_eq(error_of("fail.test", "80", &hints), EAI_AGAIN);
	ck_assert_int_eq(error_of("one.test", "no such", &hints), EAI_SERVICE);
	ck_assert_int_eq(error_of("one.test", "80", &numeric), EAI_NONAME);
	dns_server_stop(server);
}
END_TEST

static int name_of(const char *address, int flags, char *name, socklen_t len)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	inet_pton(AF_INET, address, &in.sin_addr);
	return nameinfo_get(&host, (struct sockaddr *)&in, sizeof(in), name,
			    len, NULL, 0, flags);
}

START_TEST(an_address_has_a_name_or_a_number)
{
	char name[64];

	server = dns_server_start(zone);
	ck_assert_int_eq(name_of("10.0.0.1", 0, name, sizeof(name)), 0);
	ck_assert_str_eq(name, "one.test");
	ck_assert_int_eq(name_of("10.0.0.1", NI_NOFQDN, name, sizeof(name)), 0);
	ck_assert_str_eq(name, "one");
	ck_assert_int_eq(name_of("10.0.0.2", 0, name, sizeof(name)), 0);
	ck_assert_str_eq(name, "10.0.0.2");
	ck_assert_int_eq(name_of("10.0.0.1", 0, name, 4), EAI_OVERFLOW);
	ck_assert_int_eq(name_of("10.0.0.2", NI_NAMEREQD, name, sizeof(name)),
			 EAI_NONAME);
	ck_assert_int_eq(name_of("10.0.0.3", 0, name, sizeof(name)), EAI_AGAIN);
	dns_server_stop(server);
}
END_TEST

START_TEST(a_numeric_host_asks_no_server)
{
	char name[64];

	server = dns_server_start(zone);
	ck_assert_int_eq(
		name_of("10.0.0.1", NI_NUMERICHOST, name, sizeof(name)), 0);
	ck_assert_str_eq(name, "10.0.0.1");
	ck_assert_int_eq(error_of("10.0.0.1", "80", NULL), 0);
	ck_assert_int_eq(dns_server_udp_count(server), 0);
	dns_server_stop(server);
}
END_TEST

UNIT_MAIN("addrinfo", numbers_and_services_give_what_glibc_gives,
	  without_a_name_it_is_this_host,
	  a_name_gives_each_address_with_each_type,
	  reachable_families_and_own_subnets_come_first,
	  without_hints_only_families_of_own_addresses_are_asked,
	  mapped_addresses_stand_in_for_missing_ones,
	  failures_have_glibcs_codes, an_address_has_a_name_or_a_number,
	  a_numeric_host_asks_no_server)
