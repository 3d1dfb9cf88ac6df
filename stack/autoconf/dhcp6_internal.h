/* What the rooms of the DHCPv6 client share. */
#ifndef AUTOCONF_DHCP6_INTERNAL_H
#define AUTOCONF_DHCP6_INTERNAL_H

#include "autoconf/autoconf_duid.h"
#include "autoconf/autoconf_internal.h"
#include "autoconf/dhcp6.h"
#include "wire/dhcp6.h"

enum dhcp6_state {
	DHCP6_STATE_OFF, /* no router has asked for it */
	DHCP6_STATE_CONFIRMING, /* a binding of before: is it of this link? */
	DHCP6_STATE_SOLICITING,
	DHCP6_STATE_REQUESTING,
	DHCP6_STATE_BOUND,
	DHCP6_STATE_RENEWING,
	DHCP6_STATE_REBINDING,
	DHCP6_STATE_DECLINING,
	DHCP6_STATE_INFORMING, /* with a binding: it is told of news */
	DHCP6_STATE_INFORMED,
};

struct dhcp6_server {
	uint8_t id[DHCP6_DUID_MAX];
	uint32_t id_len; /* 0: none is chosen */
};

/* RKAP, RFC 8415, 20.4: what makes a server's Reconfigure believable. */
#define DHCP6_KEY_LEN 16
struct dhcp6_key {
	struct dhcp6_server server; /* who has told it; id_len 0: nobody */
	uint64_t replay; /* of the last message that counted */
	uint8_t bytes[DHCP6_KEY_LEN];
};

/* What a server has offered or granted. */
struct dhcp6_grant {
	struct dhcp6_server server;
	uint8_t preference;
	struct dhcp6_ia addresses, prefixes;
};

struct dhcp6 {
	enum dhcp6_state state;
	uint32_t transaction;
	int64_t send_us; /* next message, or change of state; TIME_NEVER */
	int64_t believe_us; /* that the kept lease is good; TIME_NEVER */
	int64_t interval_us; /* RT of RFC 8415, 15; 0: none was sent */
	int64_t began_us; /* first message of this exchange */
	int sent; /* messages of this exchange */
	int64_t t1_us, t2_us, end_us; /* of what is granted; TIME_NEVER */
	uint32_t solicit_max, inform_max; /* seconds: SOL_MAX_RT, INF_MAX_RT */
	bool refused; /* the last answer had no address for us */
	struct dhcp6_grant offer; /* the best so far */
	struct dhcp6_grant grant;
	struct dhcp6_key key;
	/* that has asked for this, by which the link is known again */
	struct pyt_ip router;
	uint8_t router_mac[6];
	struct dhcp6_lease declined; /* somebody else has it */
	int refusals; /* of what was offered, since a binding held till T1 */
	/* addresses that are on the interface */
	struct pyt_ip address[2 * DHCP6_LEASES_MAX];
	int address_count;
};

static inline struct dhcp6 *dhcp6_of(const struct autoconf_link *link)
{
	return link->state[PYT_METHOD_DHCP6];
}

/* -------- dhcp6.c */
/* A new exchange in this state begins at once. */
void dhcp6_enter(struct autoconf_link *link, enum dhcp6_state state,
		 int64_t now_us);

/*
 * Begins anew, as what was offered cannot be had: the first time at once, then
 * more and more slowly. RFC 8415, 14.1.
 */
void dhcp6_start_over(struct autoconf_link *link, int64_t now_us);

/* Whether a binding is held, even if it is asked about just now. */
static inline bool dhcp6_has_grant(const struct dhcp6 *dhcp6)
{
	return dhcp6->grant.server.id_len > 0;
}

/* -------- dhcp6_send.c */
void dhcp6_send(struct autoconf_link *link, enum dhcp6_type type,
		int64_t now_us);

/* -------- dhcp6_input.c */
bool dhcp6_input(struct autoconf_link *link, const struct packet_in *packet);

/* RFC 8415, 16: it has our identifier, and a server's. */
bool dhcp6_is_for_us(const struct autoconf_link *link,
		     const struct dhcp6_message *message);
bool dhcp6_gives_something(const struct dhcp6_message *message);
struct dhcp6_server dhcp6_server_of(const struct dhcp6_message *message);
struct dhcp6_grant dhcp6_grant_of(const struct dhcp6_message *message);

/* -------- dhcp6_reconfigure.c */
/* The key that a reply may have for Reconfigures to come. */
void dhcp6_note_key(struct dhcp6 *dhcp6, const struct dhcp6_message *m);
/* message: its bytes, for the digest. */
enum counter dhcp6_on_reconfigure(struct autoconf_link *link,
				  const struct dhcp6_message *m,
				  struct reader message, int64_t now_us);

/* -------- dhcp6_lease.c: the reply that the caller keeps for us */
/* It becomes dhcp6->grant; false: there is none, or it is over. */
bool dhcp6_lease_take(struct autoconf_link *link, int64_t now_us);
/* Whether the router that has asked for this is the one of then. */
bool dhcp6_lease_is_of_router(const struct autoconf_link *link);
/* What is left of it is used. */
void dhcp6_lease_install(struct autoconf_link *link, int64_t now_us);
void dhcp6_lease_keep(struct autoconf_link *link, struct reader message,
		      int64_t now_us);
void dhcp6_lease_forget(struct autoconf_link *link);

/* -------- dhcp6_install.c */
/* dhcp6->grant, which was given at from_us, counts: addresses, timers. */
void dhcp6_install(struct autoconf_link *link, int64_t from_us, int64_t now_us);
void dhcp6_uninstall(struct autoconf_link *link, int64_t now_us);
/* Name servers and domains; they stay until until_us. */
void dhcp6_install_names(struct autoconf_link *link,
			 const struct dhcp6_message *message, int64_t until_us,
			 int64_t now_us);

#endif
