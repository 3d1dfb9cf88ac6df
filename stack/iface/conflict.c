/* Address conflict detection. RFC 5227. */
#include <string.h>

#include "iface/arp.h"
#include "iface/conflict.h"
#include "iface/dad.h"

/* RFC 5227, 1.1 */
#define PROBE_WAIT_US 1000000u
#define PROBE_NUM 3
#define PROBE_MIN_US 1000000u
#define PROBE_MAX_US 2000000u
#define ANNOUNCE_WAIT_US 2000000ll
#define ANNOUNCE_NUM 2
#define ANNOUNCE_INTERVAL_US 2000000ll
#define DEFEND_INTERVAL_US 10000000ll

void conflict_start(struct iface *iface, struct iface_address *address,
		    int64_t now_us)
{
	if (!pyt_ip_is_v4(&address->ip)) {
		dad_start(iface, address, now_us);
		return;
	}
	if (iface->config.medium != PYT_MEDIUM_ETHERNET ||
	    !iface_settings(iface)->arp.conflict_detection)
		return;
	address->state = IFACE_ADDRESS_TENTATIVE;
	address->waits |= iface_settings(iface)->arp.conflict_detection == 2;
	address->probes_left = PROBE_NUM;
	address->announcements_left = ANNOUNCE_NUM;
	address->next_us =
		now_us + random_below(&iface->engine->random, PROBE_WAIT_US);
}

/* RFC 5227, 2.1.1: probes, one to two seconds apart, then a wait. */
static void probe(struct iface *iface, struct iface_address *address,
		  int64_t now_us)
{
	arp_broadcast_request(iface, 0, pyt_ip_to_v4(&address->ip));
	address->probes_left--;
	address->next_us = now_us + ANNOUNCE_WAIT_US;
	if (address->probes_left > 0)
		address->next_us = now_us + PROBE_MIN_US +
				   random_below(&iface->engine->random,
						PROBE_MAX_US - PROBE_MIN_US);
}

static void announce(struct iface *iface, const struct iface_address *address)
{
	uint32_t ip = pyt_ip_to_v4(&address->ip);

	arp_broadcast_request(iface, ip, ip);
}

static void say(struct iface *iface, const struct iface_address *address,
		const char *what)
{
	char text[PYT_IP_TEXT_MAX];

	engine_log(iface->engine, PYT_LOG_INFO, "arp", "%s: %s %s",
		   iface->config.name, pyt_ip_format(&address->ip, text), what);
}

static bool on_timer(struct iface *iface, struct iface_address *address,
		     int64_t now_us)
{
	bool waited = !iface_address_is_usable(address);

	if (address->probes_left > 0) {
		if (address->probes_left == PROBE_NUM)
			say(iface, address, "is probed for");
		probe(iface, address, now_us);
		return false;
	}
	/* RFC 5227, 2.3: nobody objected */
	if (address->state == IFACE_ADDRESS_TENTATIVE)
		say(iface, address, "is ours, nobody else has it");
	address->state = IFACE_ADDRESS_VALID;
	announce(iface, address);
	address->announcements_left--;
	address->next_us = address->announcements_left > 0
				   ? now_us + ANNOUNCE_INTERVAL_US
				   : TIME_NEVER;
	return waited;
}

bool conflict_run_timers(struct iface *iface, int64_t now_us)
{
	bool changed = false;

	for (int i = 0; i < iface->address_count; i++) {
		struct iface_address *address = &iface->address[i];

		if (address->next_us > now_us)
			continue;
		if (pyt_ip_is_v4(&address->ip))
			changed |= on_timer(iface, address, now_us);
		else
			changed |= dad_on_timer(iface, address, now_us);
	}
	return changed;
}

int64_t conflict_next_deadline(const struct iface *iface)
{
	int64_t deadline_us = TIME_NEVER;

	for (int i = 0; i < iface->address_count; i++) {
		if (iface->address[i].next_us < deadline_us)
			deadline_us = iface->address[i].next_us;
	}
	return deadline_us;
}

void conflict_tell(struct iface *iface, struct iface_address *address,
		   const uint8_t mac[6])
{
	char text[PYT_IP_TEXT_MAX];

	address->conflict_pending = true;
	memcpy(address->conflict_mac, mac, sizeof(address->conflict_mac));
	engine_log(iface->engine, PYT_LOG_INFO,
		   pyt_ip_is_v4(&address->ip) ? "arp" : "nd",
		   "%s: address %s is also used by "
		   "%02x:%02x:%02x:%02x:%02x:%02x",
		   iface->config.name, pyt_ip_format(&address->ip, text),
		   mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* RFC 5227, 2.1.1: found while probing, it must not be used. */
static void give_up(struct iface *iface, struct iface_address *address,
		    const uint8_t mac[6])
{
	address->state = IFACE_ADDRESS_CONFLICT;
	address->next_us = TIME_NEVER;
	conflict_tell(iface, address, mac);
}

/*
 * RFC 5227, 2.4 (c): an address that an administrator gave is not given up;
 * it is defended with one announcement, at most every DEFEND_INTERVAL. One
 * that yields, (b), goes if that did not help.
 */
static void defend(struct iface *iface, struct iface_address *address,
		   const uint8_t mac[6], int64_t now_us)
{
	if (address->defended_us != TIME_NEVER &&
	    now_us - address->defended_us < DEFEND_INTERVAL_US) {
		if (address->yields)
			give_up(iface, address, mac);
		return;
	}
	address->defended_us = now_us;
	conflict_tell(iface, address, mac);
	say(iface, address, "is defended");
	announce(iface, address);
}

bool conflict_input(struct iface *iface, const struct arp_packet *arp,
		    int64_t now_us)
{
	bool is_probe = arp->sender_ip == 0;
	struct pyt_ip claimed =
		pyt_ip_from_v4(is_probe ? arp->target_ip : arp->sender_ip);
	struct iface_address *address = iface_address_find(iface, &claimed);

	if (!address || !iface_settings(iface)->arp.conflict_detection)
		return false;
	switch (address->state) {
	case IFACE_ADDRESS_TENTATIVE:
		give_up(iface, address, arp->sender_mac);
		return true;
	case IFACE_ADDRESS_VALID:
		if (is_probe)
			return false; /* the answer to it defends */
		defend(iface, address, arp->sender_mac, now_us);
		return true;
	case IFACE_ADDRESS_CONFLICT:
	case IFACE_ADDRESS_ANYCAST: /* of IPv6 alone */
		break;
	}
	return false;
}

int conflict_next_event(struct iface *iface, struct pyt_event *event)
{
	for (int i = 0; i < iface->address_count; i++) {
		struct iface_address *address = &iface->address[i];

		if (!address->conflict_pending)
			continue;
		address->conflict_pending = false;
		*event = (struct pyt_event){
			.type = PYT_EVENT_ADDRESS_CONFLICT,
			.ifindex = iface->ifindex,
			.ip = address->ip,
		};
		memcpy(event->mac, address->conflict_mac, sizeof(event->mac));
		return 1;
	}
	return 0;
}
