/* What the rooms of the DHCPv4 client share. */
#ifndef AUTOCONF_DHCP4_INTERNAL_H
#define AUTOCONF_DHCP4_INTERNAL_H

#include "autoconf/dhcp4.h"
#include "autoconf/dhcp4_lease.h"

enum dhcp4_state {
	DHCP4_STATE_INIT, /* begins at timer_us */
	DHCP4_STATE_SELECTING, /* DISCOVER was sent */
	DHCP4_STATE_REQUESTING, /* an offer was taken */
	DHCP4_STATE_REBOOTING, /* a kept lease is asked for again */
	DHCP4_STATE_BOUND,
	DHCP4_STATE_RENEWING,
	DHCP4_STATE_REBINDING,
	DHCP4_STATE_IPV6_ONLY, /* RFC 8925; till timer_us */
	DHCP4_STATE_INFORMING, /* INFORM was sent, or waits for an address */
	DHCP4_STATE_INFORMED,
};

struct dhcp4 {
	enum dhcp4_state state;
	int64_t timer_us; /* to send again, to begin, T1, T2 or the end */
	int64_t t1_us, t2_us, end_us; /* of the lease; TIME_NEVER */
	int64_t began_us; /* of this attempt to get an address: secs */
	int64_t requested_us; /* first REQUEST of this exchange */
	int attempts; /* messages sent in this state */
	int restarts; /* refused, or unheard, one after the other */
	uint32_t xid;
	uint16_t secs; /* as in the last DISCOVER */
	struct dhcp4_lease lease; /* offered, or held */
	uint32_t hint; /* to be asked for with DISCOVER; 0: none */
	uint8_t server_mac[6]; /* of who sent the last ACK itself; or zero */
	bool installed; /* address and routes are there */
	uint32_t ip; /* that is installed */
	struct pyt_route route[2 * DHCP4_ROUTES_MAX];
	int route_count; /* that are installed */
	uint32_t mtu_before; /* of the interface; 0: not changed */
	int64_t believe_us; /* DNAv4: the router has answered; TIME_NEVER */
	int64_t noted_us; /* when the router's MAC was last kept */
	bool asks_router; /* DNAv4: has the kept lease's router answered? */
};

static inline struct dhcp4 *dhcp4_of(const struct autoconf_link *link)
{
	return link->state[PYT_METHOD_DHCP4];
}

/* -------- dhcp4.c */
/* Back to INIT: a DISCOVER after delay_us. */
void dhcp4_restart(struct autoconf_link *link, int64_t delay_us,
		   int64_t now_us);
void dhcp4_enter(struct autoconf_link *link, enum dhcp4_state state,
		 int64_t now_us);
/* The lease was granted, or is believed in, from from_us on. */
void dhcp4_bind(struct autoconf_link *link, int64_t from_us, int64_t now_us);

/* Counts, and sets the timer for the next one. */
void dhcp4_send_counted(struct autoconf_link *link, enum dhcp4_type type,
			int64_t now_us);

/* -------- dhcp4_inform.c: states INFORMING and INFORMED */
void dhcp4_inform_begin(struct autoconf_link *link, int64_t now_us);
void dhcp4_inform_send(struct autoconf_link *link, int64_t now_us);
void dhcp4_inform_on_change(struct autoconf_link *link, int64_t now_us);
bool dhcp4_inform_awaits_names(const struct autoconf_link *link);
enum counter dhcp4_inform_on_ack(struct autoconf_link *link,
				 const struct dhcp4_message *message,
				 int64_t now_us);

/* -------- dhcp4_input.c */
bool dhcp4_input(struct autoconf_link *link, const struct packet_in *packet);

/* -------- dhcp4_send.c */
void dhcp4_send(struct autoconf_link *link, enum dhcp4_type type,
		int64_t now_us);
#define DHCP4_CLIENT_ID_LEN 15
/* RFC 4361, 6.1. */
void dhcp4_client_id(const struct autoconf_link *link,
		     uint8_t id[DHCP4_CLIENT_ID_LEN]);

/* -------- dhcp4_install.c */
/* All but the address. */
void dhcp4_install_options(struct autoconf_link *link, int64_t now_us);
void dhcp4_install(struct autoconf_link *link, int64_t now_us);
void dhcp4_uninstall(struct autoconf_link *link, int64_t now_us);

#endif
