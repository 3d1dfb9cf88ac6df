/*
 * An address of 169.254/16: at once where nothing else gives one, else when
 * DHCP has been without success for a while. It is used only when nobody has
 * objected (RFC 3927, 2.2.1), and goes when there is another one (1.9).
 */
#include "autoconf/linklocal4.h"

#include <string.h>

#include "autoconf/dhcp4.h"
#include "base/siphash.h"

#define FIRST 0xa9fe0100u /* 169.254.1.0: RFC 3927, 2.1 */
#define COUNT 65024u /* up to 169.254.254.255 */
#define PREFIX_LEN 16
#define MAX_CONFLICTS 10 /* RFC 3927, 9 */
#define RATE_LIMIT_INTERVAL_US 60000000ll

struct linklocal4 {
	uint32_t ip; /* 0: it has none, nor tries one */
	uint32_t tries; /* addresses that were tried */
	int conflicts;
	int64_t claim_us; /* when to try one; TIME_NEVER */
};

static struct linklocal4 *linklocal4_of(const struct autoconf_link *link)
{
	return link->state[PYT_METHOD_LINKLOCAL4];
}

static bool runs_dhcp(const struct autoconf_link *link)
{
	return link->config.methods >> PYT_METHOD_DHCP4 & 1;
}

/* RFC 3927, 2.1: by the MAC, so that it is mostly the same one. */
static uint32_t choose(const struct autoconf_link *link)
{
	static const uint8_t key[16] = "linklocal4";
	struct {
		uint8_t mac[6];
		uint8_t zero[2];
		uint32_t tries;
	} source = { .tries = linklocal4_of(link)->tries++ };

	memcpy(source.mac, link->iface->config.mac, sizeof(source.mac));
	return FIRST +
	       (uint32_t)(siphash(key, &source, sizeof(source)) % COUNT);
}

static void claim(struct autoconf_link *link, int64_t now_us)
{
	struct linklocal4 *linklocal4 = linklocal4_of(link);
	struct ip_new_address address = {
		.prefix_len = PREFIX_LEN,
		.method = PYT_METHOD_LINKLOCAL4,
		.preferred_until_us = TIME_NEVER,
		.valid_until_us = TIME_NEVER,
		.waits = true,
		.yields = true,
	};
	char text[PYT_IP_TEXT_MAX];

	linklocal4->ip = choose(link);
	linklocal4->claim_us = TIME_NEVER;
	address.ip = pyt_ip_from_v4(linklocal4->ip);
	if (linklocal4->tries == 1 && runs_dhcp(link))
		engine_log(link->engine, PYT_LOG_WARNING, "linklocal",
			   "%s: no DHCP server answers; trying %s",
			   link->iface->config.name,
			   pyt_ip_format(&address.ip, text));
	if (autoconf_address_put(link, &address, now_us) < 0) {
		linklocal4->ip = 0;
		linklocal4->claim_us = now_us + RATE_LIMIT_INTERVAL_US;
	}
}

static void give_up(struct autoconf_link *link, int64_t now_us)
{
	struct linklocal4 *linklocal4 = linklocal4_of(link);
	struct pyt_ip ip = pyt_ip_from_v4(linklocal4->ip);

	if (linklocal4->ip)
		autoconf_address_remove(link, &ip, now_us);
	linklocal4->ip = 0;
	linklocal4->claim_us = TIME_NEVER;
}

static bool is_needed(const struct autoconf_link *link)
{
	return !autoconf_has_address(link, PYT_METHOD_LINKLOCAL4) &&
	       !dhcp4_does_without(link);
}

/* ------------------------------------------------------------- the method */

static int start(struct autoconf_link *link, int64_t now_us)
{
	int64_t delay_us = autoconf_settings(link)->linklocal_delay_ms * 1000ll;

	linklocal4_of(link)->claim_us =
		runs_dhcp(link) ? now_us + delay_us : TIME_NEVER;
	if (!runs_dhcp(link))
		claim(link, now_us);
	return 0;
}

static void stop(struct autoconf_link *link, bool release, int64_t now_us)
{
	give_up(link, now_us);
}

static void on_change(struct autoconf_link *link, int64_t now_us)
{
	struct linklocal4 *linklocal4 = linklocal4_of(link);
	int64_t delay_us = autoconf_settings(link)->linklocal_delay_ms * 1000ll;

	if (!is_needed(link))
		give_up(link, now_us);
	else if (!linklocal4->ip && linklocal4->claim_us == TIME_NEVER)
		linklocal4->claim_us = now_us + delay_us;
}

static void run_timers(struct autoconf_link *link, int64_t now_us)
{
	if (is_needed(link))
		claim(link, now_us);
	else
		give_up(link, now_us);
}

static int64_t next_deadline(const struct autoconf_link *link)
{
	return linklocal4_of(link)->claim_us;
}

/* RFC 3927, 2.2.1: another one; after many of them more slowly. */
static void on_conflict(struct autoconf_link *link, const struct pyt_ip *ip,
			int64_t now_us)
{
	struct linklocal4 *linklocal4 = linklocal4_of(link);

	linklocal4->ip = 0;
	counter_hit(&link->engine->counters, COUNTER_LINKLOCAL4_CONFLICTS);
	if (++linklocal4->conflicts >= MAX_CONFLICTS)
		linklocal4->claim_us = now_us + RATE_LIMIT_INTERVAL_US;
	else
		claim(link, now_us);
}

static enum autoconf_state state(const struct autoconf_link *link)
{
	const struct linklocal4 *linklocal4 = linklocal4_of(link);
	struct pyt_ip ip = pyt_ip_from_v4(linklocal4->ip);
	const struct iface_address *own = iface_address_find(link->iface, &ip);

	if (own && iface_address_is_usable(own))
		return AUTOCONF_READY;
	if (own)
		return AUTOCONF_BUSY;
	return runs_dhcp(link) ? AUTOCONF_IDLE : AUTOCONF_FAILED;
}

const struct autoconf_method linklocal4_method = {
	.name = "linklocal",
	.family = AUTOCONF_IP4,
	.state_len = sizeof(struct linklocal4),
	.start = start,
	.stop = stop,
	.on_change = on_change,
	.run_timers = run_timers,
	.next_deadline = next_deadline,
	.on_conflict = on_conflict,
	.state = state,
};
