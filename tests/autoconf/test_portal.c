/* The captive portal, of several sources: RFC 8910. */
#include <string.h>

#include "router.h"

#include "autoconf/autoconf_internal.h"

static struct host host;

static void set_up(void)
{
	host_create(&host, 1);
	ck_assert_int_eq(host_start(&host, METHOD(SLAAC)), 0);
}

static void tear_down(void)
{
	host_destroy(&host);
}

static const char *portal(void)
{
	static char text[300];

	return pyt_captive_portal_get(host.stack, text, sizeof(text)) < 0
		       ? NULL
		       : text;
}

/* As the option 37 of an advertisement, with zeros to its end. */
static void advertise(const char *uri)
{
	struct router r = ra(1, 1800, 0);
	size_t len = strlen(uri);
	uint8_t *at = ra_option(&r, ND_OPTION_CAPTIVE_PORTAL,
				(uint8_t)((2 + len + 7) / 8));

	memcpy(at + 2, uri, len);
	ra_send(&host, &r);
}

static void tell(enum pyt_method method, const char *uri)
{
	autoconf_put_portal(host.stack->autoconf->link[ETH0 - 1], method, uri,
			    strlen(uri));
}

static uint64_t differ(void)
{
	return host_count(&host, COUNTER_PORTALS_DIFFER);
}

START_TEST(an_advertised_uri_is_known_without_its_padding)
{
	ck_assert_ptr_null(portal());
	advertise("https://portal.example/api");
	ck_assert_str_eq(portal(), "https://portal.example/api");
	advertise("https://portal.example/"); /* it has moved */
	ck_assert_str_eq(portal(), "https://portal.example/");
	ck_assert_uint_eq(differ(), 0);
}
END_TEST

START_TEST(of_several_one_is_told_whichever_came_last)
{
	tell(PYT_METHOD_DHCP4, "https://a.example/");
	advertise("https://b.example/");
	tell(PYT_METHOD_DHCP6, "https://c.example/");
	ck_assert_str_eq(portal(), "https://a.example/");
	advertise("https://b.example/");
	ck_assert_str_eq(portal(), "https://a.example/");
	tell(PYT_METHOD_DHCP4, "");
	ck_assert_str_eq(portal(), "https://b.example/");
	pyt_autoconf_stop(host.stack, ETH0, false, host.now_us);
	ck_assert_str_eq(portal(), "https://c.example/");
}
END_TEST

START_TEST(that_they_differ_is_counted_once_and_not_if_they_are_equal)
{
	tell(PYT_METHOD_DHCP4, "https://a.example/");
	advertise("https://a.example/");
	ck_assert_uint_eq(differ(), 0);
	tell(PYT_METHOD_DHCP6, "https://b.example/");
	ck_assert_uint_eq(differ(), 1);
	tell(PYT_METHOD_DHCP6, "https://b.example/");
	advertise("https://a.example/");
	ck_assert_uint_eq(differ(), 1);
}
END_TEST

START_TEST(a_uri_has_255_bytes_at_most_and_they_are_visible)
{
	char uri[257] = "https://portal.example/";

	memset(uri + strlen(uri), 'a', sizeof(uri) - strlen(uri) - 1);
	tell(PYT_METHOD_DHCP6, uri);
	ck_assert_ptr_null(portal());
	uri[255] = '\0';
	tell(PYT_METHOD_DHCP6, uri);
	ck_assert_str_eq(portal(), uri);
	tell(PYT_METHOD_DHCP6, "https://a b/");
	tell(PYT_METHOD_DHCP6, "https://\x1b[2J/");
	ck_assert_str_eq(portal(), uri);
}
END_TEST

START_TEST(sources_are_bounded)
{
	char uri[] = "https://a.example/";
	struct autoconf_link *link = host.stack->autoconf->link[ETH0 - 1];
	struct iface *iface = link->iface;
	struct iface other = *iface;

	link->iface = &other;
	for (int i = 0; i < AUTOCONF_PORTALS_MAX + 1; i++) {
		other.ifindex = 2 + i;
		autoconf_put_portal(link, PYT_METHOD_SLAAC, uri, strlen(uri));
	}
	link->iface = iface;
	ck_assert_int_eq(host.stack->autoconf->results.portal_count,
			 AUTOCONF_PORTALS_MAX);
	ck_assert_uint_eq(host_count(&host, COUNTER_AUTOCONF_FULL), 1);
}
END_TEST

UNIT_MAIN_WITH("portal", set_up, tear_down,
	       an_advertised_uri_is_known_without_its_padding,
	       of_several_one_is_told_whichever_came_last,
	       that_they_differ_is_counted_once_and_not_if_they_are_equal,
	       a_uri_has_255_bytes_at_most_and_they_are_visible,
	       sources_are_bounded)
