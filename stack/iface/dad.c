/*
 * Duplicate address detection. RFC 4862, 5.4; RFC 4429; RFC 7527; RFC 9131.
 *
 * An optimistic address is used at once, but may not tell its link-layer
 * address until it is known to be unique (RFC 4429, 2.1, 3.3), without which
 * no neighbour answers. An owner who is there answers within milliseconds: so
 * the address keeps quiet for optimistic_wait_ms after its probe, and only
 * then asks for others. What may be overwritten wrongly is mended by the
 * owner's own advertisements.
 */
#include <string.h>

#include "iface/conflict.h"
#include "iface/dad.h"
#include "iface/nd.h"
#include "wire/ip6.h"

#define DEFEND_INTERVAL_US 10000000ll /* as of IPv4: RFC 5227, 1.1 */
#define FIRST_DELAY_US 1000000u /* MAX_RTR_SOLICITATION_DELAY */
#define ANNOUNCEMENTS 3 /* MAX_NEIGHBOR_ADVERTISEMENT */

static const struct nd_settings *settings_of(const struct iface *iface)
{
	return &iface_settings(iface)->nd;
}

static int64_t retrans_us(const struct iface *iface)
{
	return iface_settings(iface)->neigh6.retrans_time_ms * 1000ll;
}

void dad_start(struct iface *iface, struct iface_address *address,
	       int64_t now_us)
{
	const struct nd_settings *s = settings_of(iface);

	if (iface->config.medium != PYT_MEDIUM_ETHERNET || !s->accept_dad ||
	    !s->dad_transmits)
		return;
	address->state = IFACE_ADDRESS_TENTATIVE;
	if (!s->optimistic_dad)
		address->waits = true;
	address->probes_left = s->dad_transmits;
	address->announcements_left = s->ndisc_notify ? ANNOUNCEMENTS : 0;
	address->started_us = now_us;
	address->nonce_count = 0;
	address->looped = false;
	address->next_us = now_us;
	/* RFC 4862, 5.4.2: hosts that start at once shall not probe at once */
	if (address->waits)
		address->next_us +=
			random_below(&iface->engine->random, FIRST_DELAY_US);
}

int64_t dad_quiet_us(const struct iface *iface,
		     const struct iface_address *address, int64_t now_us)
{
	int64_t until_us = address->started_us +
			   settings_of(iface)->optimistic_wait_ms * 1000ll;

	if (address->state != IFACE_ADDRESS_TENTATIVE || now_us >= until_us)
		return 0;
	return until_us - now_us;
}

/* RFC 7527, 4.1: a nonce is used once; the oldest one makes room. */
static const uint8_t *next_nonce(struct iface *iface,
				 struct iface_address *address)
{
	memmove(address->nonce[1], address->nonce[0],
		sizeof(address->nonce) - sizeof(address->nonce[0]));
	if (address->nonce_count < IFACE_NONCES)
		address->nonce_count++;
	random_bytes(&iface->engine->random, address->nonce[0],
		     sizeof(address->nonce[0]));
	return address->nonce[0];
}

static void probe(struct iface *iface, struct iface_address *address)
{
	static const struct pyt_ip none;
	struct pyt_ip group = ip6_solicited_node(&address->ip);
	uint8_t bytes[64];
	struct writer w = writer_init(bytes, sizeof(bytes));

	nd_build_solicitation(&w, &address->ip);
	if (settings_of(iface)->enhanced_dad)
		nd_build_nonce_option(&w, next_nonce(iface, address));
	nd_send(iface, &none, &group, NULL, &w);
}

/* RFC 9131, 3: routers learn where it is before the first answer comes. */
static void announce(struct iface *iface, struct iface_address *address,
		     int64_t now_us)
{
	address->next_us = TIME_NEVER;
	if (address->announcements_left <= 0)
		return;
	nd_announce(iface, address);
	if (--address->announcements_left > 0)
		address->next_us = now_us + retrans_us(iface);
}

/*
 * RFC 7527, 4.1: while the link sends our probes back to us, it may keep them
 * from the one who has our address: so it is asked again.
 */
static bool go_on(const struct iface *iface, struct iface_address *address)
{
	if (address->state != IFACE_ADDRESS_TENTATIVE || !address->looped)
		return false;
	address->looped = false;
	address->probes_left = iface_settings(iface)->neigh6.mcast_solicit;
	return address->probes_left > 0;
}

bool dad_on_timer(struct iface *iface, struct iface_address *address,
		  int64_t now_us)
{
	bool waited =
		address->waits && address->state == IFACE_ADDRESS_TENTATIVE;

	if (address->state == IFACE_ADDRESS_ANYCAST) {
		nd_answer_anycast(iface, address);
		return false;
	}
	if (address->probes_left > 0) {
		probe(iface, address);
		address->probes_left--;
		address->next_us = now_us + retrans_us(iface);
		return false;
	}
	if (go_on(iface, address)) {
		dad_on_timer(iface, address, now_us);
		return false;
	}
	address->state = IFACE_ADDRESS_VALID;
	announce(iface, address, now_us);
	return waited;
}

/*
 * RFC 4862, 5.4.5: it is not to be used. If it was made of a link-layer
 * address that should be unique, the other one has our MAC: no IPv6 then
 * (accept_dad 2).
 */
static void give_up(struct iface *iface, struct iface_address *address,
		    const uint8_t mac[6])
{
	struct pyt_ip of_mac = ip6_link_local_of_mac(iface->config.mac);

	address->state = IFACE_ADDRESS_CONFLICT;
	address->next_us = TIME_NEVER;
	if (settings_of(iface)->accept_dad > 1 &&
	    pyt_ip_equal(&address->ip, &of_mac))
		iface->ip6_disabled = true;
	conflict_tell(iface, address, mac);
}

/* RFC 7527, 4.2: what came back to us by some loop in the link. */
static bool is_our_own(const struct iface *iface,
		       const struct iface_address *own,
		       const struct nd_solicitation *nd)
{
	struct nd_option nonce;

	if (!settings_of(iface)->enhanced_dad ||
	    !nd_option_find(nd->options, ND_OPTION_NONCE, &nonce) ||
	    nonce.value.left != IFACE_NONCE_LEN)
		return false;
	for (int i = 0; i < own->nonce_count; i++)
		if (memcmp(nonce.value.at, own->nonce[i], IFACE_NONCE_LEN) == 0)
			return true;
	return false;
}

/* RFC 7527, 4.2: whoever runs the link is to know of the loop. */
static void tell_loop(const struct iface *iface,
		      const struct iface_address *own)
{
	char text[PYT_IP_TEXT_MAX];

	engine_log(iface->engine, PYT_LOG_WARNING, "nd",
		   "%s: a probe for %s came back to us: there is a loop",
		   iface->config.name, pyt_ip_format(&own->ip, text));
}

enum counter dad_input_probe(struct iface *iface, struct iface_address *own,
			     const struct packet_in *packet,
			     const struct nd_solicitation *nd)
{
	if (is_our_own(iface, own, nd)) {
		if (!own->looped)
			tell_loop(iface, own);
		own->looped = true;
		return COUNTER_ND_LOOPED_BACK;
	}
	if (own->state == IFACE_ADDRESS_VALID)
		return COUNTER_NONE;
	give_up(iface, own, packet->link_src);
	return COUNTER_ND_CONFLICT;
}

enum counter dad_input_claim(struct iface *iface, struct iface_address *own,
			     const struct packet_in *packet)
{
	if (own->state == IFACE_ADDRESS_ANYCAST)
		return COUNTER_ND_NOT_FOR_US; /* it is theirs as well */
	/* our own advertisement, looped back by the link */
	if (memcmp(packet->link_src, iface->config.mac, 6) == 0 &&
	    iface->config.medium == PYT_MEDIUM_ETHERNET)
		return COUNTER_ND_LOOPED_BACK;
	if (own->state == IFACE_ADDRESS_TENTATIVE) {
		give_up(iface, own, packet->link_src);
		return COUNTER_ND_CONFLICT;
	}
	if (own->state == IFACE_ADDRESS_CONFLICT)
		return COUNTER_ND_CONFLICT;
	/* it was ours first, and stays so, as on Linux */
	if (own->defended_us == TIME_NEVER ||
	    packet->now_us - own->defended_us >= DEFEND_INTERVAL_US) {
		own->defended_us = packet->now_us;
		conflict_tell(iface, own, packet->link_src);
		nd_announce(iface, own);
	}
	return COUNTER_ND_CONFLICT;
}
