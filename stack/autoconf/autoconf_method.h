/*
 * A method of configuration, and what it may use. A new one is a room with a
 * struct autoconf_method, which stands in the table of autoconf_method.c.
 *
 * A method owns the addresses that it has put on the interface, by
 * autoconf_address_put(): they go when their lifetime ends, when it takes
 * them away, or when it is stopped. Routes it takes away itself. What it has
 * learned for programs it puts among the results, with a lifetime.
 */
#ifndef AUTOCONF_AUTOCONF_METHOD_H
#define AUTOCONF_AUTOCONF_METHOD_H

#include "autoconf/autoconf.h"

#define AUTOCONF_FAMILIES 2
enum autoconf_family {
	AUTOCONF_IP4,
	AUTOCONF_IP6,
};

/* net.pyt.*, times in milliseconds. */
struct autoconf_settings {
	int configure_timeout_ms; /* then programs wait no longer */
	int dhcp_retry_ms; /* first retransmission; then doubled */
	int linklocal_delay_ms; /* of DHCP's silence, before it begins */
	int abort_on_address_loss; /* connections go with their address */
	int dhcp6_prefix_len; /* to be asked for; 0: no prefix is wanted */
};

enum autoconf_state {
	AUTOCONF_IDLE, /* waits for another method; not worth waiting for */
	AUTOCONF_BUSY, /* may have an address soon */
	AUTOCONF_READY, /* there is one to use */
	AUTOCONF_FAILED, /* goes on trying, but do not wait for it */
};

/* An interface that is being configured: what methods are handed. */
struct autoconf_link {
	struct autoconf *autoconf;
	struct engine *engine;
	struct ip *ip;
	struct iface *iface;
	struct pyt_autoconf_config config;
	void *state[PYT_METHODS]; /* a method's own; NULL: it does not run */
	int64_t timeout_us; /* TIME_NEVER: is over */
	bool timed_out;
	enum pyt_configured told[AUTOCONF_FAMILIES];
	struct pyt_lease *lease[PYT_METHODS]; /* NULL: none */
};

struct autoconf_method {
	const char *name; /* of the log's channel */
	enum autoconf_family family;
	size_t state_len; /* link->state[], zeroed before start() */
	/* 0, or -errno: then it does not run. */
	int (*start)(struct autoconf_link *link, int64_t now_us);
	/* Addresses and results are taken away after it. */
	void (*stop)(struct autoconf_link *link, bool release, int64_t now_us);
	/*
	 * UDP to one of its ports, or ICMPv6, on this interface; as
	 * autoconf_input(). NULL: it hears nothing.
	 */
	bool (*input)(struct autoconf_link *link,
		      const struct packet_in *packet);
	/* ARP or ND came by: neighbours may be known now. May be NULL. */
	void (*on_neighbour)(struct autoconf_link *link, int64_t now_us);
	/* Addresses of the interface may have come or gone. May be NULL. */
	void (*on_change)(struct autoconf_link *link, int64_t now_us);
	/* The interface is up again, perhaps elsewhere. May be NULL. */
	void (*on_link_up)(struct autoconf_link *link, int64_t now_us);
	/* Whether an answer may come that names servers. May be NULL. */
	bool (*awaits_names)(const struct autoconf_link *link);
	void (*run_timers)(struct autoconf_link *link, int64_t now_us);
	int64_t (*next_deadline)(const struct autoconf_link *link);
	/* Somebody else has this address of its; it has been taken away. */
	void (*on_conflict)(struct autoconf_link *link, const struct pyt_ip *ip,
			    int64_t now_us);
	enum autoconf_state (*state)(const struct autoconf_link *link);
};

/* By enum pyt_method; NULL: nothing to run (static), or not there yet. */
extern const struct autoconf_method *const autoconf_methods[PYT_METHODS];

const struct autoconf_settings *autoconf_settings(
	const struct autoconf_link *link);
/* 0, or -errno of ip_address_put(). An address that is there already gets
 * the new lifetimes. */
int autoconf_address_put(struct autoconf_link *link,
			 const struct ip_new_address *address, int64_t now_us);
/* The event PYT_EVENT_ADDRESS_LOST follows. */
void autoconf_address_remove(struct autoconf_link *link,
			     const struct pyt_ip *ip, int64_t now_us);
/* Whether another method has given an address of its family to use. */
bool autoconf_has_address(const struct autoconf_link *link,
			  enum pyt_method but);

/* For input(): the packet was taken, but is dropped; counted, and shown. */
void autoconf_drop(struct autoconf_link *link, enum counter why);

/* -------- autoconf_results.c: until_us in the past takes it away */
void autoconf_put_server(struct autoconf_link *link, enum pyt_method method,
			 const struct pyt_ip *ip, int64_t until_us,
			 int64_t now_us);
#define AUTOCONF_LABEL_MAX 63 /* bytes; RFC 1035, 2.3.4 */

/* Letters, digits, hyphens and underscores between dots, as resolvers read. */
bool autoconf_is_domain(const char *name);
/* Text that a program may print. */
bool autoconf_is_visible(const char *text, size_t len);
/* Without a dot at its end; what is no domain is left out. */
void autoconf_put_domain(struct autoconf_link *link, enum pyt_method method,
			 const char *name, int64_t until_us, int64_t now_us);
/* A URI of len bytes, not terminated; 0: none. Left out if it is not ASCII. */
void autoconf_put_portal(struct autoconf_link *link, enum pyt_method method,
			 const char *uri, size_t len);
void autoconf_clear_results(struct autoconf_link *link, enum pyt_method method);

/* -------- leases: kept for the caller */
/* A copy is kept and told as an event; NULL: it is over. */
void autoconf_lease_note(struct autoconf_link *link, enum pyt_method method,
			 const struct pyt_lease *lease);

#endif
