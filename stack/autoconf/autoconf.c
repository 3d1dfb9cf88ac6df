/* Which methods run on which interface, and what has come of it. */
#include "autoconf/autoconf.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "autoconf/autoconf_internal.h"

static const int families[AUTOCONF_FAMILIES] = {
	[AUTOCONF_IP4] = AF_INET,
	[AUTOCONF_IP6] = AF_INET6,
};

/* -------------------------------------------------------------------- life */

struct autoconf *autoconf_create(struct engine *engine, struct ip *ip)
{
	struct autoconf *autoconf = engine_alloc(engine, sizeof(*autoconf));

	if (!autoconf)
		return NULL;
	autoconf->engine = engine;
	autoconf->ip = ip;
	autoconf_settings_init(&autoconf->settings);
	for (int i = 0; i <= IFACE_MAX; i++)
		slaac_settings_init(&autoconf->slaac[i]);
	return autoconf;
}

static void link_destroy(struct autoconf_link *link)
{
	for (int i = 0; i < PYT_METHODS; i++) {
		if (link->state[i])
			engine_free(link->engine, link->state[i],
				    autoconf_methods[i]->state_len);
		engine_free(link->engine, link->lease[i],
			    sizeof(*link->lease[i]));
	}
	engine_free(link->engine, link, sizeof(*link));
}

void autoconf_destroy(struct autoconf *autoconf)
{
	for (int i = 0; i < IFACE_MAX; i++) {
		if (autoconf->link[i])
			link_destroy(autoconf->link[i]);
	}
	engine_free(autoconf->engine, autoconf, sizeof(*autoconf));
}

const struct autoconf_settings *autoconf_settings(
	const struct autoconf_link *link)
{
	return &link->autoconf->settings;
}

struct autoconf_link *autoconf_link_get(struct autoconf *autoconf,
					struct iface *iface)
{
	struct autoconf_link *link = autoconf->link[iface->ifindex - 1];

	if (link)
		return link;
	link = engine_alloc(autoconf->engine, sizeof(*link));
	if (!link)
		return NULL;
	link->autoconf = autoconf;
	link->engine = autoconf->engine;
	link->ip = autoconf->ip;
	link->iface = iface;
	link->timeout_us = TIME_NEVER;
	autoconf->link[iface->ifindex - 1] = link;
	return link;
}

/* ------------------------------------------------------- what came of it */

static bool is_of_family(const struct iface_address *address,
			 enum autoconf_family family)
{
	return pyt_ip_is_v4(&address->ip) == (family == AUTOCONF_IP4);
}

/* That IPv6 gives itself one for the link alone is no configuration. */
static bool is_static(const struct iface_address *address)
{
	return address->method == PYT_METHOD_STATIC &&
	       (pyt_ip_is_v4(&address->ip) || address->ip.bytes[0] != 0xfe ||
		(address->ip.bytes[1] & 0xc0) != 0x80);
}

static enum pyt_configured better(enum pyt_configured a, enum pyt_configured b)
{
	static const int rank[] = {
		[PYT_CONFIGURED_OFF] = 0,
		[PYT_CONFIGURED_FAILED] = 1,
		[PYT_CONFIGURED_PENDING] = 2,
		[PYT_CONFIGURED_READY] = 3,
	};

	return rank[a] > rank[b] ? a : b;
}

static enum pyt_configured of_static(const struct iface *iface,
				     enum autoconf_family family)
{
	enum pyt_configured result = PYT_CONFIGURED_OFF;

	for (int i = 0; i < iface->address_count; i++) {
		const struct iface_address *address = &iface->address[i];

		if (!is_of_family(address, family) || !is_static(address) ||
		    address->state == IFACE_ADDRESS_ANYCAST)
			continue;
		if (iface_address_is_usable(address))
			return PYT_CONFIGURED_READY;
		result = better(result, address->state == IFACE_ADDRESS_CONFLICT
						? PYT_CONFIGURED_FAILED
						: PYT_CONFIGURED_PENDING);
	}
	return result;
}

static enum pyt_configured of_method(const struct autoconf_link *link,
				     const struct autoconf_method *method)
{
	switch (method->state(link)) {
	case AUTOCONF_IDLE:
		return PYT_CONFIGURED_OFF;
	case AUTOCONF_BUSY:
		return link->timed_out ? PYT_CONFIGURED_FAILED
				       : PYT_CONFIGURED_PENDING;
	case AUTOCONF_READY:
		return PYT_CONFIGURED_READY;
	case AUTOCONF_FAILED:
		return PYT_CONFIGURED_FAILED;
	}
	return PYT_CONFIGURED_OFF;
}

static enum pyt_configured of_iface(const struct autoconf *autoconf,
				    const struct iface *iface,
				    enum autoconf_family family)
{
	const struct autoconf_link *link = autoconf->link[iface->ifindex - 1];
	enum pyt_configured result = of_static(iface, family);

	for (int i = 0; link && i < PYT_METHODS; i++) {
		if (link->state[i] && autoconf_methods[i]->family == family)
			result = better(result,
					of_method(link, autoconf_methods[i]));
	}
	return result;
}

enum pyt_configured autoconf_configured(const struct autoconf *autoconf,
					int family)
{
	enum autoconf_family of =
		family == AF_INET ? AUTOCONF_IP4 : AUTOCONF_IP6;
	enum pyt_configured result = PYT_CONFIGURED_OFF;
	const struct iface *iface;

	/* behind lo */
	for (int i = 2; (iface = ip_iface(autoconf->ip, i)); i++) {
		enum pyt_configured one = of_iface(autoconf, iface, of);

		/* nobody knows yet what will be reached by it */
		if (one == PYT_CONFIGURED_PENDING)
			return one;
		result = better(result, one);
	}
	return result;
}

bool autoconf_has_address(const struct autoconf_link *link, enum pyt_method but)
{
	enum autoconf_family family = autoconf_methods[but]->family;

	for (int i = 0; i < link->iface->address_count; i++) {
		const struct iface_address *address = &link->iface->address[i];

		if (address->method != but && is_of_family(address, family) &&
		    (address->method != PYT_METHOD_STATIC ||
		     is_static(address)) &&
		    iface_address_is_usable(address))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ events */

void autoconf_event(struct autoconf *autoconf, const struct pyt_event *event)
{
	uint32_t at = autoconf->event_first + autoconf->event_count;

	if (autoconf->event_count == AUTOCONF_EVENTS_MAX) {
		autoconf->event_first++;
		autoconf->event_count--;
		counter_hit(&autoconf->engine->counters,
			    COUNTER_AUTOCONF_EVENT_LOST);
	}
	autoconf->event[at % AUTOCONF_EVENTS_MAX] = *event;
	autoconf->event_count++;
}

int autoconf_next_event(struct autoconf *autoconf, struct pyt_event *event)
{
	if (autoconf->event_count == 0)
		return 0;
	*event = autoconf->event[autoconf->event_first % AUTOCONF_EVENTS_MAX];
	autoconf->event_first++;
	autoconf->event_count--;
	return 1;
}

/* Whose addresses were hoped for; STATIC: nobody's. */
static enum pyt_method awaited_of(const struct autoconf_link *link,
				  enum autoconf_family family)
{
	for (int i = 0; i < PYT_METHODS; i++) {
		if (link->state[i] && autoconf_methods[i]->family == family &&
		    autoconf_methods[i]->state(link) != AUTOCONF_IDLE)
			return (enum pyt_method)i;
	}
	return PYT_METHOD_STATIC;
}

static void note_family(struct autoconf_link *link, enum autoconf_family family)
{
	enum pyt_configured now = of_iface(link->autoconf, link->iface, family);
	struct pyt_event event = { .family = families[family],
				   .ifindex = link->iface->ifindex };
	enum pyt_configured before = link->told[family];

	link->told[family] = now;
	if (now == before)
		return;
	if (now == PYT_CONFIGURED_READY)
		event.type = PYT_EVENT_CONFIGURED;
	else if (now == PYT_CONFIGURED_FAILED &&
		 before == PYT_CONFIGURED_PENDING) {
		event.type = PYT_EVENT_CONFIGURE_TIMEOUT;
		event.method = awaited_of(link, family);
	} else {
		return;
	}
	autoconf_event(link->autoconf, &event);
}

/* After everything that may have changed what of_iface() says. */
static void note(struct autoconf_link *link, int64_t now_us)
{
	for (int i = 0; i < PYT_METHODS; i++) {
		if (link->state[i] && autoconf_methods[i]->on_change)
			autoconf_methods[i]->on_change(link, now_us);
	}
	note_family(link, AUTOCONF_IP4);
	note_family(link, AUTOCONF_IP6);
}

/* --------------------------------------------------------------- addresses */

int autoconf_address_put(struct autoconf_link *link,
			 const struct ip_new_address *address, int64_t now_us)
{
	return ip_address_put(link->ip, link->iface->ifindex, address, now_us);
}

void autoconf_address_remove(struct autoconf_link *link,
			     const struct pyt_ip *ip, int64_t now_us)
{
	struct pyt_event event = { .type = PYT_EVENT_ADDRESS_LOST,
				   .ifindex = link->iface->ifindex,
				   .ip = *ip };

	if (ip_address_remove(link->ip, event.ifindex, ip, now_us) == 0)
		autoconf_event(link->autoconf, &event);
}

/* Every address of the method; until_us: only those that end by then. */
static void remove_addresses(struct autoconf_link *link, enum pyt_method method,
			     int64_t until_us, int64_t now_us)
{
	for (int i = link->iface->address_count - 1; i >= 0; i--) {
		const struct iface_address *own = &link->iface->address[i];
		struct pyt_ip ip = own->ip;

		if (own->method == method && own->valid_until_us <= until_us)
			autoconf_address_remove(link, &ip, now_us);
	}
}

static void check_conflicts(struct autoconf_link *link, int64_t now_us)
{
	for (int i = link->iface->address_count - 1; i >= 0; i--) {
		const struct iface_address *own = &link->iface->address[i];
		const struct autoconf_method *method =
			autoconf_methods[own->method];
		enum pyt_method id = own->method;
		struct pyt_ip ip = own->ip;

		if (own->state != IFACE_ADDRESS_CONFLICT || !method ||
		    own->conflict_pending) /* that is told first */
			continue;
		autoconf_address_remove(link, &ip, now_us);
		if (link->state[id] && method->on_conflict)
			method->on_conflict(link, &ip, now_us);
	}
	note(link, now_us);
}

static void tell_neighbour(struct autoconf_link *link, int64_t now_us)
{
	for (int i = 0; i < PYT_METHODS; i++) {
		if (link->state[i] && autoconf_methods[i]->on_neighbour)
			autoconf_methods[i]->on_neighbour(link, now_us);
	}
	check_conflicts(link, now_us);
}

void autoconf_on_neighbour(struct autoconf *autoconf, int64_t now_us)
{
	for (int i = 0; i < IFACE_MAX; i++) {
		if (autoconf->link[i])
			tell_neighbour(autoconf->link[i], now_us);
	}
}

void autoconf_on_link_up(struct autoconf *autoconf, int ifindex, int64_t now_us)
{
	struct autoconf_link *link = autoconf->link[ifindex - 1];

	if (!link)
		return;
	for (int i = 0; i < PYT_METHODS; i++) {
		if (link->state[i] && autoconf_methods[i]->on_link_up)
			autoconf_methods[i]->on_link_up(link, now_us);
	}
	note(link, now_us);
}

static bool awaits_names(const struct autoconf_link *link)
{
	for (int i = 0; i < PYT_METHODS; i++) {
		if (link->state[i] && autoconf_methods[i]->awaits_names &&
		    autoconf_methods[i]->awaits_names(link))
			return true;
	}
	return false;
}

bool autoconf_awaits_names(const struct autoconf *autoconf)
{
	if (autoconf->results.server_count > 0)
		return false;
	for (int i = 0; i < IFACE_MAX; i++) {
		if (autoconf->link[i] && !autoconf->link[i]->timed_out &&
		    awaits_names(autoconf->link[i]))
			return true;
	}
	return false;
}

void autoconf_check_conflicts(struct autoconf *autoconf, int64_t now_us)
{
	for (int i = 0; i < IFACE_MAX; i++) {
		if (autoconf->link[i])
			check_conflicts(autoconf->link[i], now_us);
	}
}

/* ----------------------------------------------------------- start and stop */

static bool can_run(const struct iface *iface, unsigned methods)
{
	unsigned of_ethernet =
		1u << PYT_METHOD_DHCP4 | 1u << PYT_METHOD_LINKLOCAL4;

	return iface->config.medium == PYT_MEDIUM_ETHERNET ||
	       !(methods & of_ethernet);
}

static int start_method(struct autoconf_link *link, int id, int64_t now_us)
{
	const struct autoconf_method *method = autoconf_methods[id];
	int result;

	link->state[id] = engine_alloc(link->engine, method->state_len);
	if (!link->state[id])
		return -ENOMEM;
	result = method->start(link, now_us);
	if (result < 0) {
		engine_free(link->engine, link->state[id], method->state_len);
		link->state[id] = NULL;
	}
	return result;
}

int autoconf_start(struct autoconf *autoconf, int ifindex,
		   const struct pyt_autoconf_config *config, int64_t now_us)
{
	struct iface *iface = ip_iface(autoconf->ip, ifindex);
	struct autoconf_link *link;
	int result = 0;

	if (!iface || ifindex == 1)
		return -ENODEV;
	if (!can_run(iface, config->methods))
		return -EOPNOTSUPP;
	link = autoconf_link_get(autoconf, iface);
	if (!link)
		return -ENOMEM;
	if (link->config.methods)
		return -EALREADY;
	link->config = *config;
	link->config.methods |= 1u << PYT_METHOD_STATIC;
	link->timed_out = false;
	link->timeout_us =
		now_us + autoconf->settings.configure_timeout_ms * 1000ll;
	for (int i = 0; i < PYT_METHODS && result == 0; i++) {
		if (config->methods >> i & 1 && autoconf_methods[i])
			result = start_method(link, i, now_us);
	}
	if (result < 0)
		autoconf_stop(autoconf, ifindex, false, now_us);
	note(link, now_us);
	return result;
}

void autoconf_stop(struct autoconf *autoconf, int ifindex, bool release,
		   int64_t now_us)
{
	struct autoconf_link *link;

	if (ifindex < 1 || ifindex > IFACE_MAX || !autoconf->link[ifindex - 1])
		return;
	link = autoconf->link[ifindex - 1];
	for (int i = 0; i < PYT_METHODS; i++) {
		if (!link->state[i])
			continue;
		autoconf_methods[i]->stop(link, release, now_us);
		remove_addresses(link, (enum pyt_method)i, TIME_NEVER, now_us);
		autoconf_clear_results(link, (enum pyt_method)i);
		engine_free(link->engine, link->state[i],
			    autoconf_methods[i]->state_len);
		link->state[i] = NULL;
	}
	link->config.methods = 0;
	link->timeout_us = TIME_NEVER;
	note(link, now_us);
}

/* ---------------------------------------------------------- packets, timers */

#define DHCP4_PORT 68
#define DHCP6_PORT 546

/* Only ports of ours are worth a look at what is behind them. */
static bool is_for_methods(const struct packet_in *packet)
{
	struct reader udp = packet->payload;
	uint16_t port;

	if (packet->protocol == IPPROTO_ICMPV6)
		return true;
	reader_u16(&udp);
	port = reader_u16(&udp);
	return packet->protocol == IPPROTO_UDP &&
	       (port == DHCP4_PORT || port == DHCP6_PORT);
}

void autoconf_drop(struct autoconf_link *link, enum counter why)
{
	link->autoconf->reason = counter_hit(&link->engine->counters, why);
}

bool autoconf_input(struct autoconf *autoconf, const struct packet_in *packet,
		    enum counter *reason)
{
	struct autoconf_link *link = autoconf->link[packet->iface->ifindex - 1];
	enum autoconf_family family =
		pyt_ip_is_v4(&packet->dst) ? AUTOCONF_IP4 : AUTOCONF_IP6;
	bool taken = false;

	autoconf->reason = COUNTER_NONE;
	if (!link || !link->config.methods || !is_for_methods(packet))
		return false;
	for (int i = 0; i < PYT_METHODS && !taken; i++) {
		const struct autoconf_method *method = autoconf_methods[i];

		if (link->state[i] && method->input && method->family == family)
			taken = method->input(link, packet);
	}
	note(link, packet->now_us);
	*reason = autoconf->reason;
	return taken;
}

static int64_t earlier(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

static int64_t link_deadline(const struct autoconf_link *link)
{
	int64_t deadline_us = link->timeout_us;

	for (int i = 0; i < link->iface->address_count; i++) {
		if (autoconf_methods[link->iface->address[i].method])
			deadline_us =
				earlier(deadline_us,
					link->iface->address[i].valid_until_us);
	}
	for (int i = 0; i < PYT_METHODS; i++) {
		if (link->state[i])
			deadline_us = earlier(
				deadline_us,
				autoconf_methods[i]->next_deadline(link));
	}
	return deadline_us;
}

int64_t autoconf_next_deadline(const struct autoconf *autoconf)
{
	int64_t deadline_us = autoconf_results_deadline(autoconf);

	for (int i = 0; i < IFACE_MAX; i++) {
		if (autoconf->link[i])
			deadline_us = earlier(deadline_us,
					      link_deadline(autoconf->link[i]));
	}
	return deadline_us;
}

static void link_run_timers(struct autoconf_link *link, int64_t now_us)
{
	if (link->timeout_us <= now_us) {
		link->timeout_us = TIME_NEVER;
		link->timed_out = true;
	}
	for (int i = 0; i < PYT_METHODS; i++) {
		if (!link->state[i])
			continue;
		remove_addresses(link, (enum pyt_method)i, now_us, now_us);
		if (autoconf_methods[i]->next_deadline(link) <= now_us)
			autoconf_methods[i]->run_timers(link, now_us);
	}
	check_conflicts(link, now_us);
}

void autoconf_run_timers(struct autoconf *autoconf, int64_t now_us)
{
	autoconf_results_expire(autoconf, now_us);
	for (int i = 0; i < IFACE_MAX; i++) {
		if (autoconf->link[i])
			link_run_timers(autoconf->link[i], now_us);
	}
}

bool autoconf_aborts(const struct autoconf *autoconf)
{
	return autoconf->settings.abort_on_address_loss;
}
