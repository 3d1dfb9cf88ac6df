#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "resolver_config.h"

static char path[] = "/tmp/test_resolver.XXXXXX";

static void write_file(const char *text)
{
	int fd;

	unsetenv("LOCALDOMAIN");
	unsetenv("RES_OPTIONS");
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static struct resolver_config config_of(const char *resolv_conf)
{
	const struct resolver_paths paths = { .resolv_conf = path };
	struct resolver_config config;

	write_file(resolv_conf);
	resolver_config_read(&config, &paths);
	unlink(path);
	return config;
}

static void ck_assert_server(const struct resolver_config *config,
			     size_t ordinal, const char *ip, uint16_t port)
{
	char text[PYT_IP_TEXT_MAX];

	ck_assert_uint_lt(ordinal, config->server_count);
	ck_assert_str_eq(pyt_ip_format(&config->server[ordinal].ip, text), ip);
	ck_assert_uint_eq(config->server[ordinal].port, port);
}

START_TEST(resolv_conf_names_servers_search_list_and_options)
{
	struct resolver_config config =
		config_of("# comment\n"
			  "domain forgotten.test\n"
			  "search a.test\tb.test\n"
			  "nameserver 10.0.0.1\n"
			  "nameserver\t fe80::1%eth0\n"
			  "nameserver bad\n"
			  "options ndots:3 timeout:2 attempts:4 rotate use-vc\n"
			  "options edns0\n");

	ck_assert_uint_eq(config.server_count, 2);
	ck_assert_server(&config, 0, "10.0.0.1", 53);
	ck_assert_server(&config, 1, "fe80::1", 53);
	ck_assert(!config.servers_given);
	ck_assert_int_eq(config.ndots, 3);
	ck_assert_int_eq(config.timeout_ms, 2000);
	ck_assert_int_eq(config.attempts, 4);
	ck_assert(config.rotate && config.use_tcp && config.edns0);
}
END_TEST

START_TEST(the_last_search_list_counts)
{
	const struct resolver_paths paths = { .resolv_conf = path };
	struct resolver_config config;

	write_file("search a.test\nsearch b.test c.test\n");
	resolver_config_read(&config, &paths);
	ck_assert_uint_eq(config.search_count, 2);
	ck_assert_str_eq(config.search[0], "b.test");
	ck_assert_str_eq(config.search[1], "c.test");

	setenv("LOCALDOMAIN", "d.test", 1);
	resolver_config_read(&config, &paths);
	ck_assert_uint_eq(config.search_count, 1);
	ck_assert_str_eq(config.search[0], "d.test");
	unsetenv("LOCALDOMAIN");
	unlink(path);
}
END_TEST

START_TEST(without_files_glibcs_defaults_hold)
{
	const struct resolver_paths none = { .resolv_conf = "/nonexistent" };
	struct resolver_config config;

	resolver_config_read(&config, &none);
	ck_assert_uint_eq(config.server_count, 0);
	ck_assert_int_eq(config.ndots, 1);
	ck_assert_int_eq(config.timeout_ms, 5000);
	ck_assert_int_eq(config.attempts, 2);
	ck_assert_int_eq(config.source[0], RESOLVER_SOURCE_FILES);
	ck_assert_int_eq(config.source[1], RESOLVER_SOURCE_DNS);
}
END_TEST

START_TEST(options_stay_within_glibcs_bounds)
{
	struct resolver_config config =
		config_of("options ndots:99 timeout:99999 attempts:0\n");

	ck_assert_int_eq(config.ndots, 15);
	ck_assert_int_eq(config.timeout_ms, 30000);
	ck_assert_int_eq(config.attempts, 1);
}
END_TEST

START_TEST(nsswitch_gives_the_order_of_the_sources)
{
	const struct resolver_paths paths = { .nsswitch = path };
	struct resolver_config config;

	write_file("passwd: files\nhosts:\tmymachines dns [!UNAVAIL=return] "
		   "files\n");
	resolver_config_read(&config, &paths);
	unlink(path);
	ck_assert_int_eq(config.source[0], RESOLVER_SOURCE_DNS);
	ck_assert_int_eq(config.source[1], RESOLVER_SOURCE_FILES);

	write_file("hosts: files\n");
	resolver_config_read(&config, &paths);
	unlink(path);
	ck_assert_int_eq(config.source[0], RESOLVER_SOURCE_FILES);
	ck_assert_int_eq(config.source[1], RESOLVER_SOURCE_NONE);
}
END_TEST

START_TEST(given_servers_may_have_ports)
{
	struct resolver_config config = config_of("nameserver 10.9.9.9\n");

	ck_assert(resolver_config_set_servers(
		&config, "10.0.0.1, 10.0.0.2:5353,[fd77::1]:54 fd77::2"));
	ck_assert(config.servers_given);
	ck_assert_uint_eq(config.server_count, 4);
	ck_assert_server(&config, 0, "10.0.0.1", 53);
	ck_assert_server(&config, 1, "10.0.0.2", 5353);
	ck_assert_server(&config, 2, "fd77::1", 54);
	ck_assert_server(&config, 3, "fd77::2", 53);
}
END_TEST

START_TEST(bad_servers_are_refused)
{
	static const char *const bad[] = { "10.0.0",	    "10.0.0.1:0",
					   "10.0.0.1:x",    "[fd77::1",
					   "[fd77::1]53",   "name.test",
					   "10.0.0.1:70000" };
	struct resolver_config config = config_of("");

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!resolver_config_set_servers(&config, bad[i]),
			      "%s", bad[i]);
}
END_TEST

UNIT_MAIN("resolver_config", resolv_conf_names_servers_search_list_and_options,
	  the_last_search_list_counts, without_files_glibcs_defaults_hold,
	  options_stay_within_glibcs_bounds,
	  nsswitch_gives_the_order_of_the_sources, given_servers_may_have_ports,
	  bad_servers_are_refused)
