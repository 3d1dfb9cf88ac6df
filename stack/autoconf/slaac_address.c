/*
 * The addresses that prefixes give: one that stays (RFC 7217) and, if wanted,
 * others that change (RFC 8981). Lifetimes: RFC 4862, 5.5.3 e, 5.5.4.
 */
#include <string.h>

#include "autoconf/interface_id.h"
#include "autoconf/slaac_internal.h"

#define SECOND_US 1000000ll
#define TWO_HOURS_US (7200 * SECOND_US)

/* Linux's addr_gen_mode */
enum addr_gen_mode {
	OF_MAC = 0,
	NONE = 1,
	STABLE = 2,
	RANDOM = 3,
};

int64_t slaac_address_valid_until(int64_t have_until_us, int64_t told_until_us,
				  int64_t now_us)
{
	int64_t left_us = have_until_us - now_us;

	if (told_until_us - now_us > TWO_HOURS_US ||
	    told_until_us > have_until_us)
		return told_until_us;
	/* a forged advertisement must not end an address at once */
	return left_us <= TWO_HOURS_US ? have_until_us : now_us + TWO_HOURS_US;
}

/* RFC 8981, 3.8: time for a successor to be made and probed. */
static int64_t advance_us(const struct autoconf_link *link)
{
	const struct slaac_settings *s = slaac_settings(link);

	return (s->regen_min_advance + s->regen_max_retry) * SECOND_US;
}

static int64_t sooner(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

/* RFC 8981, 3.4: a temporary address has bounds of its own. */
static void lifetimes_of(const struct autoconf_link *link,
			 const struct slaac_address *a,
			 const struct slaac_prefix *p,
			 struct ip_new_address *new)
{
	const struct slaac_settings *s = slaac_settings(link);

	new->valid_until_us = p->valid_until_us;
	new->preferred_until_us = p->preferred_until_us;
	if (!a->temporary)
		return;
	new->valid_until_us =
		sooner(new->valid_until_us,
		       a->created_us + s->temp_valid_lft * SECOND_US);
	new->preferred_until_us =
		sooner(new->preferred_until_us,
		       a->created_us + s->temp_prefered_lft * SECOND_US -
			       a->desync_us);
}

static int put(struct autoconf_link *link, const struct slaac_address *a,
	       const struct slaac_prefix *p, int64_t now_us)
{
	struct ip_new_address new = {
		.ip = a->ip,
		.prefix_len = p->prefix_len,
		.method = PYT_METHOD_SLAAC,
		.temporary = a->temporary,
		/* RFC 7217, 6: after a conflict up to IDGEN_DELAY, 1 s, goes by
		 * before the next one is probed, and it is not optimistic */
		.waits = (a->temporary ? p->temporary_conflicts
				       : p->conflicts) > 0,
		.no_route = true, /* RFC 5942, 4: the router says what is */
	};

	lifetimes_of(link, a, p, &new);
	return autoconf_address_put(link, &new, now_us);
}

static void drop(struct slaac *slaac, int at)
{
	slaac->address_count--;
	memmove(&slaac->address[at], &slaac->address[at + 1],
		(size_t)(slaac->address_count - at) * sizeof(*slaac->address));
}

/* Their end is autoconf's to see to. */
static void forget_ended(struct autoconf_link *link)
{
	struct slaac *slaac = slaac_of(link);

	for (int i = slaac->address_count - 1; i >= 0; i--)
		if (!iface_address_find(link->iface, &slaac->address[i].ip))
			drop(slaac, i);
}

static bool has_room(struct autoconf_link *link)
{
	const struct slaac *slaac = slaac_of(link);
	int max = slaac_settings(link)->max_addresses;

	if (max <= 0 || max > SLAAC_ADDRESSES_MAX)
		max = SLAAC_ADDRESSES_MAX;
	if (slaac->address_count < max)
		return true;
	counter_hit(&link->engine->counters, COUNTER_AUTOCONF_FULL);
	return false;
}

static void say(struct autoconf_link *link, const struct slaac_address *a)
{
	char text[PYT_IP_TEXT_MAX];

	engine_log(link->engine, PYT_LOG_INFO, "slaac", "%s: %saddress %s",
		   link->iface->config.name, a->temporary ? "temporary " : "",
		   pyt_ip_format(&a->ip, text));
}

static bool add(struct autoconf_link *link, const struct slaac_address *a,
		const struct slaac_prefix *p, int64_t now_us)
{
	struct slaac *slaac = slaac_of(link);

	if (!has_room(link) || put(link, a, p, now_us) < 0)
		return false;
	slaac->address[slaac->address_count++] = *a;
	say(link, a);
	return true;
}

static void add_stable(struct autoconf_link *link, const struct slaac_prefix *p,
		       int64_t now_us)
{
	const uint8_t *mac = link->iface->config.mac;
	struct slaac_address a = { .ip = p->prefix,
				   .prefix = p->prefix,
				   .created_us = now_us };

	switch (slaac_settings(link)->addr_gen_mode) {
	case OF_MAC:
		interface_id_of_mac(mac, &a.ip);
		break;
	case STABLE:
		interface_id_stable(link->engine, mac, p->conflicts, &a.ip);
		break;
	case RANDOM:
		interface_id_random(link->engine, &a.ip);
		break;
	default:
		return;
	}
	add(link, &a, p, now_us);
}

/* RFC 8981, 3.4, step 5: not one that would be over at once. */
static void add_temporary(struct autoconf_link *link,
			  const struct slaac_prefix *p, int64_t now_us)
{
	const struct slaac_settings *s = slaac_settings(link);
	int64_t most_us = s->temp_prefered_lft * SECOND_US - advance_us(link);
	struct slaac_address a = { .ip = p->prefix,
				   .prefix = p->prefix,
				   .temporary = true,
				   .created_us = now_us };
	struct ip_new_address lifetimes;

	if (most_us <= 0)
		return;
	if (s->max_desync_factor > 0)
		a.desync_us =
			(int64_t)random_below(&link->engine->random,
					      (uint32_t)s->max_desync_factor) *
			SECOND_US;
	if (a.desync_us >= most_us)
		a.desync_us = most_us - 1;
	lifetimes_of(link, &a, p, &lifetimes);
	if (lifetimes.preferred_until_us - now_us <= advance_us(link))
		return;
	interface_id_random(link->engine, &a.ip);
	add(link, &a, p, now_us);
}

/* When a temporary address wants a successor; TIME_NEVER: it has one. */
static int64_t successor_us(const struct autoconf_link *link,
			    const struct slaac_address *a)
{
	const struct iface_address *own =
		iface_address_find(link->iface, &a->ip);

	if (!a->temporary || a->regenerated || !own ||
	    own->preferred_until_us == TIME_NEVER)
		return TIME_NEVER;
	return own->preferred_until_us - advance_us(link);
}

static bool has(const struct autoconf_link *link, const struct slaac_prefix *p,
		bool temporary)
{
	const struct slaac *slaac = slaac_of(link);

	for (int i = 0; i < slaac->address_count; i++) {
		const struct slaac_address *a = &slaac->address[i];

		if (a->temporary == temporary && !a->regenerated &&
		    pyt_ip_equal(&a->prefix, &p->prefix))
			return true;
	}
	return false;
}

void slaac_address_update(struct autoconf_link *link,
			  struct slaac_prefix *prefix, int64_t now_us)
{
	const struct slaac_settings *s = slaac_settings(link);
	struct slaac *slaac = slaac_of(link);

	forget_ended(link);
	for (int i = 0; i < slaac->address_count; i++)
		if (pyt_ip_equal(&slaac->address[i].prefix, &prefix->prefix))
			put(link, &slaac->address[i], prefix, now_us);
	if (!has(link, prefix, false) &&
	    (int)prefix->conflicts <= s->idgen_retries)
		add_stable(link, prefix, now_us);
	if (s->use_tempaddr > 0 && !has(link, prefix, true) &&
	    (int)prefix->temporary_conflicts <= s->regen_max_retry)
		add_temporary(link, prefix, now_us);
}

static struct slaac_prefix *prefix_of(struct slaac *slaac,
				      const struct slaac_address *a)
{
	for (int i = 0; i < slaac->prefix_count; i++)
		if (slaac->prefix[i].valid_until_us &&
		    pyt_ip_equal(&slaac->prefix[i].prefix, &a->prefix))
			return &slaac->prefix[i];
	return NULL;
}

/* RFC 7217, 6; RFC 8981, 3.4, step 7: another one, a few times. */
void slaac_address_conflict(struct autoconf_link *link, const struct pyt_ip *ip,
			    int64_t now_us)
{
	struct slaac *slaac = slaac_of(link);
	struct slaac_prefix *p;
	struct slaac_address a;

	for (int i = 0; i < slaac->address_count; i++) {
		if (!pyt_ip_equal(&slaac->address[i].ip, ip))
			continue;
		a = slaac->address[i];
		drop(slaac, i);
		p = prefix_of(slaac, &a);
		if (!p)
			return;
		if (a.temporary)
			p->temporary_conflicts++;
		else
			p->conflicts++;
		if (slaac_settings(link)->addr_gen_mode == OF_MAC &&
		    !a.temporary)
			p->conflicts = UINT16_MAX;
		slaac_address_update(link, p, now_us);
		return;
	}
}

void slaac_address_run(struct autoconf_link *link, int64_t now_us)
{
	struct slaac *slaac = slaac_of(link);

	forget_ended(link);
	for (int i = 0; i < slaac->address_count; i++) {
		struct slaac_address *a = &slaac->address[i];
		struct slaac_prefix *p;

		if (successor_us(link, a) > now_us)
			continue;
		a->regenerated = true;
		p = prefix_of(slaac, a);
		if (!p)
			continue;
		p->temporary_conflicts = 0;
		add_temporary(link, p, now_us);
	}
}

int64_t slaac_address_deadline(const struct autoconf_link *link)
{
	const struct slaac *slaac = slaac_of(link);
	int64_t deadline_us = TIME_NEVER;

	for (int i = 0; i < slaac->address_count; i++)
		deadline_us = sooner(deadline_us,
				     successor_us(link, &slaac->address[i]));
	return deadline_us;
}
