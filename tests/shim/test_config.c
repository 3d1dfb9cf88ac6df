#include "unit.h"

#include <errno.h>
#include <string.h>

#include "config.h"

#define LABEL_63 \
	"012345678901234567890123456789012345678901234567890123456789abc"

static struct config config;
static char error[512];

static int parse(const char *variable)
{
	const char *environment[] = { "HOME=/root", "PYTHONPATH=/x", variable,
				      NULL };

	error[0] = '\0';
	return config_parse(&config, environment, NULL, NULL, error,
			    sizeof(error));
}

static int parse_file(const char *text, const char *variable)
{
	const char *environment[] = { variable, NULL };

	error[0] = '\0';
	return config_parse(&config, environment, text, "/etc/pyt.conf", error,
			    sizeof(error));
}

static const char *ip_text(const struct pyt_ip *ip)
{
	static char text[PYT_IP_TEXT_MAX];

	return pyt_ip_format(ip, text);
}

START_TEST(methods_are_a_set_beside_the_addresses)
{
	ck_assert_int_eq(parse("PYT_IP=dhcp,fd77::2/64,linklocal"), 0);
	ck_assert_uint_eq(config.link[0].methods,
			  1u << PYT_METHOD_DHCP4 | 1u << PYT_METHOD_LINKLOCAL4);
	ck_assert_int_eq(config.link[0].address_count, 1);
	ck_assert_int_eq(config.link[0].gateway_count, 0);
	ck_assert_int_eq(parse("PYT_IP=auto"), 0);
	ck_assert_uint_eq(config.link[0].methods,
			  1u << PYT_METHOD_SLAAC | 1u << PYT_METHOD_DHCP6);
	ck_assert_int_eq(config.link[0].address_count, 0);
}
END_TEST

START_TEST(methods_of_ethernet_are_refused_on_a_tun)
{
	ck_assert_int_lt(parse_file("PYT_LINK=tun:tun0\n", "PYT_IP=dhcp"), 0);
	ck_assert_ptr_nonnull(strstr(error, "need an Ethernet link"));
	ck_assert_int_lt(parse_file("PYT_LINK=tun:tun0\n", "PYT_IP=linklocal"),
			 0);
	ck_assert_int_eq(parse_file("PYT_LINK=tun:tun0\n", "PYT_IP=auto"), 0);
}
END_TEST

START_TEST(a_gateway_beside_dhcp_must_be_in_a_static_network)
{
	ck_assert_int_lt(parse_file("PYT_IP=dhcp\n", "PYT_GW=10.0.0.1"), 0);
	ck_assert_ptr_nonnull(strstr(error, "dhcp brings its own"));
}
END_TEST

START_TEST(a_device_of_the_kernels_is_on_somebodys_lan)
{
	ck_assert_int_eq(parse("PYT_LINK=packet:eth0"), 0);
	ck_assert_int_eq(config.link[0].kind, CONFIG_LINK_PACKET);
	ck_assert_str_eq(config.link[0].name, "eth0");
	ck_assert_int_eq(config.link[0].address_count, 0);
	ck_assert_uint_ne(config.link[0].methods & 1u << PYT_METHOD_DHCP4, 0);
}
END_TEST

START_TEST(behind_a_socket_somebody_gives_the_addresses)
{
	ck_assert_int_eq(parse("PYT_LINK=unix:/run/user/1000/p"), 0);
	ck_assert_int_eq(config.link[0].kind, CONFIG_LINK_UNIX);
	ck_assert_str_eq(config.link[0].text, "unix:/run/user/1000/p");
	ck_assert_str_eq(config.link[0].path, "/run/user/1000/p");
	ck_assert_str_eq(config.link[0].name, "pyt0");
	ck_assert_int_eq(config.link[0].address_count, 0);
	ck_assert_int_eq(config.link[0].gateway_count, 0);
	/* As long as it may be. */
	ck_assert_int_eq(parse("PYT_LINK=unix:/"
			       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			       "xxxxxxxxxx"),
			 0);
	ck_assert_uint_eq(config.link[0].methods,
			  1u << PYT_METHOD_DHCP4 | 1u << PYT_METHOD_SLAAC |
				  1u << PYT_METHOD_DHCP6);
}
END_TEST

START_TEST(without_any_key_it_is_tap_pyt0_and_10_77_0_2)
{
	ck_assert_int_eq(parse(NULL), 0);
	ck_assert_int_eq(config.link[0].kind, CONFIG_LINK_TAP);
	ck_assert_str_eq(config.link[0].name, "pyt0");
	ck_assert_int_eq(config.link[0].address_count, 1);
	ck_assert_str_eq(ip_text(&config.link[0].address[0].ip), "10.77.0.2");
	ck_assert_uint_eq(config.link[0].address[0].prefix_len, 24);
	ck_assert_int_eq(config.link[0].gateway_count, 1);
	ck_assert_str_eq(ip_text(&config.link[0].gateway[0]), "10.77.0.1");
	ck_assert_int_eq(config.log_level, PYT_LOG_WARNING);
	ck_assert_uint_eq(config.link[0].mtu, 0);
	ck_assert(!config.link[0].has_mac);
}
END_TEST

START_TEST(good_values_are_understood)
{
	static const char *const good[] = {
		"PYT_LINK=tun:tun0",
		"PYT_IP=192.168.1.5/24,fd77::2/64",
		"PYT_GW=10.77.0.254",
		"PYT_GW=none",
		"PYT_GW=fe80::1,10.77.0.9",
		"PYT_DNS=10.77.0.1,fd77::1",
		"PYT_SEARCH=example.org,lan",
		"PYT_MAC=02:Aa:00:00:00:0f",
		"PYT_MTU=68",
		"PYT_MTU=65535",
		"PYT_BYPASS=127.0.0.53,10.0.0.0/8:53,[::1]:80,fd00::/8,[::1]",
		"PYT_LOG=debug",
		"PYT_LOG=info:/tmp/a:b.log",
		"PYT_PCAP=a.pcapng",
		"PYT_IMPAIR=loss=20%,delay=10ms,jitter=2ms,reorder=1%",
		"PYT_IMPAIR=duplicate=1%,corrupt=0.1%,rate=10mbit,seed=7",
		"PYT_IMPAIR=in.loss=5%,in.burst=3,out.delay=1.5s,limit=10",
		"PYT_SYSCTL=net.ipv4.tcp_rmem=1 2 3;a=b;",
		"PYT_GRACE=30",
		"PYT_GRACE=500ms",
		"PYT_ACD=0",
		"PYT_ACD=wait",
		"PYT_LEASES=none",
		"PYT_LEASES=/var/lib/pyt",
		"PYT_SEARCH=lan.example, b.example.",
		"PYT_SEARCH=_a." LABEL_63 ".example",
		"PYT_SEARCH=",
		"PYT_HOSTNAME=box.lan.example",
		"PYT_IP=dhcp",
		"PYT_IP=auto",
		"PYT_IP=linklocal",
		"PYT_IP=dhcp,auto,linklocal",
		"PYT_IP=10.77.0.2/24,dhcp,auto",
		"PYT_IP=fd77::2/64,linklocal",
		"PYT_IP=10.77.0.2/24,dhcpinform",
		"PYT_CC=./mine.so:/lib/cc.so",
		"PYT_MEMORY=64M",
		"PYT_CONFIG=",
		"PYT_LINK=",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(parse(good[i]) == 0, "%s gives %s", good[i],
			      error);
}
END_TEST

static const struct {
	const char *variable, *line;
} bad[] = {
	{ "PYT_FOO=1", "PYT_FOO: there is no such key; "
		       "'pyt --help' lists them" },
	{ "PYT_MTU=abc", "PYT_MTU=abc: a number from 68 to 65535 "
			 "is expected" },
	{ "PYT_MTU=67", "68 to 65535" },
	{ "PYT_MTU=65536", "68 to 65535" },
	{ "PYT_MTU=1500x", "68 to 65535" },
	{ "PYT_MTU=99999999999999999999", "68 to 65535" },
	{ "PYT_LINK=eth0", "tap:NAME, tun:NAME, packet:NAME or unix:PATH" },
	{ "PYT_LINK=tap:", "1 to 15 characters" },
	{ "PYT_LINK=tap:a/b", "1 to 15 characters" },
	{ "PYT_LINK=tap:sixteen-letters-", "1 to 15 characters" },
	{ "PYT_IP=dhcpinform", "which must stand here, too" },
	{ "PYT_IP=dhcp,dhcpinform", "stands here twice" },
	{ "PYT_IP=10.77.0.2", "prefix length" },
	{ "PYT_IP=10.77.0.2/33", "prefix length" },
	{ "PYT_IP=10.77.0/24", "prefix length" },
	{ "PYT_IP=10.77.0.2/24,", "prefix length" },
	{ "PYT_IP=10.77.0.2/0", "prefix length" },
	{ "PYT_IP=224.0.0.1/24", "not an address that a host" },
	{ "PYT_IP=127.0.0.1/8", "not an address that a host" },
	{ "PYT_LINK=unix:passt.socket", "PATH begins with /" },
	{ "PYT_LINK=unix:", "PATH begins with /" },
	{ "PYT_LINK=unix:/"
	  "0123456789012345678901234567"
	  "890123456789012345678901234567",
	  "at most 58 bytes" },
	{ "PYT_GW=10.78.0.1", "no network of PYT_IP" },
	{ "PYT_GW=10.77.0.2", "no network of PYT_IP" },
	{ "PYT_GW=router", "an IP address" },
	{ "PYT_DNS=dns.example", "IP addresses" },
	{ "PYT_DNS=1.1.1.1 8.8.8.8", "IP addresses" },
	{ "PYT_SEARCH=a;b", "domain names" },
	{ "PYT_MAC=02:00:00:00:00", "six bytes" },
	{ "PYT_MAC=02:00:00:00:00:0g", "six bytes" },
	{ "PYT_MAC=03:00:00:00:00:01", "unicast" },
	{ "PYT_MAC=00:00:00:00:00:00", "not zero" },
	{ "PYT_BYPASS=10.0.0.0/40", "networks" },
	{ "PYT_BYPASS=10.0.0.1:0", "networks" },
	{ "PYT_BYPASS=10.0.0.1:http", "networks" },
	{ "PYT_BYPASS=[::1", "networks" },
	{ "PYT_LOG=loud", "error, warning, info or debug" },
	{ "PYT_LOG=debug:", "error, warning, info or debug" },
	{ "PYT_IMPAIR=loss=101%", "percentage from 0% to 100%" },
	{ "PYT_IMPAIR=loss=5", "percentage" },
	{ "PYT_IMPAIR=delay=10", "a time up to 60s" },
	{ "PYT_IMPAIR=jitter=5ms", "at most the delay" },
	{ "PYT_IMPAIR=lost=1%", "the names are loss" },
	{ "PYT_IMPAIR=loss", "name=value" },
	{ "PYT_IMPAIR=rate=10", "rate is from" },
	{ "PYT_IMPAIR=seed=x", "whole number" },
	{ "PYT_IMPAIR=burst=0", "1 to 1000" },
	{ "PYT_IMPAIR=loss=95%,burst=2", "not possible" },
	{ "PYT_IMPAIR=limit=0", "1 to 100000" },
	{ "PYT_SYSCTL=net.ipv4", "name=value" },
	{ "PYT_SYSCTL==1", "name=value" },
	{ "PYT_GRACE=soon", "a time in seconds" },
	{ "PYT_ACD=yes", "0, 1 or wait" },
	{ "PYT_LEASES=leases", "whole path" },
	{ "PYT_SEARCH=..", "domain names" },
	{ "PYT_SEARCH=lan.example,.lan", "domain names" },
	{ "PYT_SEARCH=lan..example", "domain names" },
	{ "PYT_SEARCH=.", "domain names" },
	{ "PYT_SEARCH=lan.example;x", "domain names" },
	{ "PYT_SEARCH=" LABEL_63 "x.example", "domain names" },
	{ "PYT_SEARCH=" LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63,
	  "domain names" },
	{ "PYT_SEARCH=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,"
	  "1,2,3,4,5,6,7",
	  "at most 32" },
	{ "PYT_HOSTNAME=a b", "letters, digits" },
	{ "PYT_HOSTNAME=a_b", "letters, digits" },
	{ "PYT_HOSTNAME=a..b", "letters, digits" },
	{ "PYT_IP=dhcp,dhcp", "stands here twice" },
	{ "PYT_IP=auto,10.77.0.2/24,auto", "stands here twice" },
	{ "PYT_IP=10.77.0.2/24,10.77.0.2/16", "stands here twice" },
	{ "PYT_IP=DHCP", "or dhcp, auto, linklocal" },
	{ "PYT_IP=10.77.0.2/24,linklocal", "without any other IPv4" },
	{ "PYT_CC=./mine.so::x.so", "shared objects" },
	{ "PYT_CC=a.so:", "shared objects" },
	{ "PYT_MEMORY=1M", "8M to 64G" },
	{ "PYT_MEMORY=10T", "8M to 64G" },
	{ "PYT_MEMORY=99999999999G", "8M to 64G" },
};

START_TEST(bad_values_are_named_with_what_is_expected)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		size_t name_len = strcspn(bad[i].variable, "=");

		ck_assert_msg(parse(bad[i].variable) == -EINVAL, "%s",
			      bad[i].variable);
		ck_assert_msg(strstr(error, bad[i].line), "%s gives %s",
			      bad[i].variable, error);
		ck_assert(memcmp(error, bad[i].variable, name_len) == 0);
		ck_assert_ptr_null(strchr(error, '\n'));
	}
}
END_TEST

START_TEST(too_long_a_value_is_named_and_cut)
{
	char variable[4000] = "PYT_SYSCTL=a=";

	memset(variable + strlen(variable), 'x', 3000);
	ck_assert_int_eq(parse(variable), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "too long"));
}
END_TEST

START_TEST(every_key_names_itself_in_the_table)
{
	for (int i = 0; config_keys[i].name; i++) {
		ck_assert(memcmp(config_keys[i].name, "PYT_", 4) == 0);
		ck_assert_ptr_nonnull(config_keys[i].form);
		ck_assert_ptr_nonnull(config_keys[i].help);
		ck_assert(!config_keys[i].parse != !config_keys[i].parse_link);
	}
}
END_TEST

START_TEST(a_file_gives_keys_and_the_environment_wins)
{
	static const char text[] = "# a comment\n"
				   "\n"
				   "  PYT_MTU = 1400\t\r\n"
				   "PYT_IP=10.1.0.2/16\n"
				   "PYT_DNS=10.1.0.1";

	ck_assert_int_eq(parse_file(text, "PYT_MTU=9000"), 0);
	ck_assert_uint_eq(config.link[0].mtu, 9000);
	ck_assert_str_eq(ip_text(&config.link[0].address[0].ip), "10.1.0.2");
	ck_assert_int_eq(config.dns_count, 1);
	ck_assert_int_eq(parse_file(text, NULL), 0);
	ck_assert_uint_eq(config.link[0].mtu, 1400);
}
END_TEST

START_TEST(errors_in_a_file_name_file_and_line)
{
	ck_assert_int_eq(parse_file("#\nPYT_MTU=x\n", NULL), -EINVAL);
	ck_assert_str_eq(error, "/etc/pyt.conf:2: PYT_MTU=x: a number "
				"from 68 to 65535 is expected");
	ck_assert_int_eq(parse_file("MTU=1500", NULL), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "/etc/pyt.conf:1: MTU: there"));
	ck_assert_int_eq(parse_file("\n\nPYT_MTU\n", NULL), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, ":3: PYT_MTU: KEY=value"));
	ck_assert_int_eq(parse_file("PYT_MTU=100\nPYT_MTU=200\n", NULL),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, ":2: PYT_MTU: this key stands"));
}
END_TEST

START_TEST(the_standard_gateway_is_there_only_where_it_fits)
{
	ck_assert_int_eq(parse("PYT_IP=10.77.0.9/24"), 0);
	ck_assert_int_eq(config.link[0].gateway_count, 1);
	ck_assert_int_eq(parse("PYT_IP=192.168.7.2/24"), 0);
	ck_assert_int_eq(config.link[0].gateway_count, 0);
	ck_assert_int_eq(parse("PYT_GW=none"), 0);
	ck_assert_int_eq(config.link[0].gateway_count, 0);
}
END_TEST

START_TEST(a_second_link_has_keys_of_its_own)
{
	ck_assert_int_eq(parse_file("PYT_IP2=dhcp,fd02::2/64\n"
				    "PYT_LINK2=tap:pyt1\n"
				    "PYT_MTU2=1400\n"
				    "PYT_MAC2=02:00:00:00:00:02\n"
				    "PYT_GW2=fe80::1\n"
				    "PYT_PCAP2=b.pcapng\n"
				    "PYT_IMPAIR2=loss=1%\n",
				    "PYT_MTU=9000"),
			 0);
	ck_assert_int_eq(config.link_count, 2);
	ck_assert_str_eq(config.link[0].name, "pyt0");
	ck_assert_uint_eq(config.link[0].mtu, 9000);
	ck_assert_int_eq(config.link[0].gateway_count, 1);
	ck_assert_str_eq(config.link[0].pcap_path, "");
	ck_assert_str_eq(config.link[1].text, "tap:pyt1");
	ck_assert_str_eq(config.link[1].name, "pyt1");
	ck_assert_uint_eq(config.link[1].mtu, 1400);
	ck_assert_uint_eq(config.link[1].methods, 1u << PYT_METHOD_DHCP4);
	ck_assert_str_eq(ip_text(&config.link[1].address[0].ip), "fd02::2");
	ck_assert_str_eq(ip_text(&config.link[1].gateway[0]), "fe80::1");
	ck_assert_uint_eq(config.link[1].mac[5], 2);
	ck_assert_str_eq(config.link[1].pcap_path, "b.pcapng");
	ck_assert_str_eq(config.link[1].impair, "loss=1%");
	ck_assert_uint_eq(config_methods(&config), 1u << PYT_METHOD_DHCP4);
}
END_TEST

START_TEST(other_links_have_a_standard_network_but_no_gateway)
{
	ck_assert_int_eq(parse_file("PYT_LINK2=tap:pyt1\n"
				    "PYT_LINK3=unix:/run/passt\n",
				    NULL),
			 0);
	ck_assert_int_eq(config.link_count, 3);
	ck_assert_str_eq(ip_text(&config.link[1].address[0].ip), "10.77.1.2");
	ck_assert_int_eq(config.link[1].gateway_count, 0);
	ck_assert_str_eq(config.link[2].name, "pyt2");
	ck_assert_int_eq(config.link[2].address_count, 0);
	ck_assert_uint_ne(config.link[2].methods & 1u << PYT_METHOD_DHCP4, 0);
	ck_assert_int_eq(parse_file("PYT_LINK2=tap:a\nPYT_LINK3=tap:b\n"
				    "PYT_LINK4=tap:c\nPYT_LINK5=tap:d\n"
				    "PYT_LINK6=tap:e\nPYT_LINK7=tap:f\n",
				    "PYT_LINK8=tap:g"),
			 0);
	ck_assert_int_eq(config.link_count, 8);
}
END_TEST

START_TEST(links_that_make_no_sense_are_refused_in_one_line)
{
	static const struct {
		const char *file, *variable, *line;
	} wrong[] = {
		{ "", "PYT_LINK9=tap:i", "PYT_LINK9: a stack has up to 8" },
		{ "", "PYT_LINK1=tap:i", "PYT_LINK1: a stack has up to 8" },
		{ "", "PYT_LINK10=tap:i", "PYT_LINK10: there is no such key" },
		{ "", "PYT_LOG2=debug", "PYT_LOG2: there is no such key" },
		{ "", "PYT_IP2=dhcp", "PYT_IP2=dhcp: there is no PYT_LINK of" },
		{ "", "PYT_LINK3=tap:b",
		  "PYT_LINK3=tap:b: links are numbered" },
		{ "", "PYT_LINK2=tap:pyt0", "same link stands here twice" },
		{ "", "PYT_LINK2=packet:pyt0", "this interface's name" },
		{ "", "PYT_LINK2=eth1", "PYT_LINK2=eth1: tap:NAME" },
		{ "PYT_LINK2=tap:b", "PYT_GW2=10.77.0.1", "no network of PYT" },
		{ "PYT_LINK2=tap:b", "PYT_MTU2=1", "PYT_MTU2=1: a number" },
		{ "PYT_LINK2=tap:b\nPYT_PCAP=x", "PYT_PCAP2=x",
		  "capture is this file" },
		{ "PYT_LINK=unix:/x", "PYT_LINK2=tap:pyt0",
		  "this interface's name" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		ck_assert_int_eq(parse_file(wrong[i].file, wrong[i].variable),
				 -EINVAL);
		ck_assert_msg(strstr(error, wrong[i].line), "%s gives %s",
			      wrong[i].variable, error);
	}
}
END_TEST

START_TEST(another_second_link_is_another_setting)
{
	struct config_settings one;
	uint32_t differ;

	ck_assert_int_eq(parse("PYT_MTU=1400"), 0);
	one = config.settings;
	ck_assert_int_eq(
		parse_file("PYT_MTU=1400\nPYT_IP2=dhcp", "PYT_LINK2=tap:b"), 0);
	differ = config_settings_differ(&config.settings, &one);
	ck_assert_uint_ne(differ, 0);
	ck_assert_str_eq(config_setting_names[__builtin_ctz(differ)],
			 "PYT_LINK2");
	ck_assert_uint_eq(differ & (differ - 1), 0);
	/* who does not ask for a second link joins one that has it */
	ck_assert_uint_eq(config_settings_differ(&one, &config.settings), 0);
	one = config.settings;
	ck_assert_uint_eq(config_settings_differ(&config.settings, &one), 0);
	ck_assert_int_eq(parse_file("PYT_IP2=auto", "PYT_LINK2=tap:b"), 0);
	ck_assert_uint_eq(config_settings_differ(&config.settings, &one),
			  differ);
}
END_TEST

static bool bypasses(const char *ip, uint16_t port)
{
	struct pyt_sockaddr peer = { .port = port };

	ck_assert(pyt_ip_parse(ip, &peer.ip));
	return config_bypasses(&config, &peer);
}

START_TEST(bypass_matches_network_and_port)
{
	ck_assert_int_eq(parse("PYT_BYPASS=127.0.0.53,10.0.0.0/8:53,"
			       "[fd00::/8]:80,[::1]"),
			 0);
	ck_assert(bypasses("127.0.0.53", 1));
	ck_assert(!bypasses("127.0.0.54", 1));
	ck_assert(bypasses("10.9.9.9", 53));
	ck_assert(!bypasses("10.9.9.9", 80));
	ck_assert(bypasses("fd11::1", 80));
	ck_assert(!bypasses("fd11::1", 81));
	ck_assert(bypasses("::1", 9));
	ck_assert(!bypasses("11.0.0.1", 53));
}
END_TEST

UNIT_MAIN("config", methods_are_a_set_beside_the_addresses,
	  methods_of_ethernet_are_refused_on_a_tun,
	  a_gateway_beside_dhcp_must_be_in_a_static_network,
	  a_device_of_the_kernels_is_on_somebodys_lan,
	  behind_a_socket_somebody_gives_the_addresses,
	  without_any_key_it_is_tap_pyt0_and_10_77_0_2,
	  good_values_are_understood,
	  bad_values_are_named_with_what_is_expected,
	  too_long_a_value_is_named_and_cut,
	  every_key_names_itself_in_the_table,
	  a_file_gives_keys_and_the_environment_wins,
	  errors_in_a_file_name_file_and_line,
	  the_standard_gateway_is_there_only_where_it_fits,
	  a_second_link_has_keys_of_its_own,
	  other_links_have_a_standard_network_but_no_gateway,
	  links_that_make_no_sense_are_refused_in_one_line,
	  another_second_link_is_another_setting,
	  bypass_matches_network_and_port)
