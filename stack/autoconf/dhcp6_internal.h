/* What the rooms of the DHCPv6 client share. */
#ifndef AUTOCONF_DHCP6_INTERNAL_H
#define AUTOCONF_DHCP6_INTERNAL_H

#include "autoconf/autoconf_duid.h"
#include "autoconf/autoconf_internal.h"
#include "autoconf/dhcp6.h"
#include "wire/dhcp6.h"

enum dhcp6_state {
	DHCP6_STATE_OFF, /* no router has asked for it */
	DHCP6_STATE_SOLICITING,
	DHCP6_STATE_REQUESTING,
	DHCP6_STATE_BOUND,
	DHCP6_STATE_RENEWING,
	DHCP6_STATE_REBINDING,
	DHCP6_STATE_DECLINING,
	DHCP6_STATE_INFORMING,
	DHCP6_STATE_INFORMED,
};

struct dhcp6_server {
	uint8_t id[DHCP6_DUID_MAX];
	uint32_t id_len; /* 0: none is chosen */
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
	int64_t interval_us; /* RT of RFC 8415, 15; 0: none was sent */
	int64_t began_us; /* first message of this exchange */
	int sent; /* messages of this exchange */
	int64_t t1_us, t2_us, end_us; /* of what is granted; TIME_NEVER */
	uint32_t solicit_max, inform_max; /* seconds: SOL_MAX_RT, INF_MAX_RT */
	bool refused; /* the last answer had no address for us */
	struct dhcp6_grant offer; /* the best so far */
	struct dhcp6_grant grant;
	struct dhcp6_lease declined; /* somebody else has it */
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

/* -------- dhcp6_send.c */
void dhcp6_send(struct autoconf_link *link, enum dhcp6_type type,
		int64_t now_us);

/* -------- dhcp6_input.c */
bool dhcp6_input(struct autoconf_link *link, const struct packet_in *packet);

/* -------- dhcp6_install.c */
/* dhcp6->grant counts from now on: addresses, timers. */
void dhcp6_install(struct autoconf_link *link, int64_t now_us);
void dhcp6_uninstall(struct autoconf_link *link, int64_t now_us);
/* Name servers and domains; they stay until until_us. */
void dhcp6_install_names(struct autoconf_link *link,
			 const struct dhcp6_message *message, int64_t until_us,
			 int64_t now_us);

#endif
