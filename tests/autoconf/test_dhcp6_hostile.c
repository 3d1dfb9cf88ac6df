/*
 * Servers that would have a client send without end: RFC 8415, 14.1 wants a
 * bound on the rate.
 */
#include "dhcp6_server.h"

#define A_MINUTE (60 * SEC)

/* Answers each message at once for a minute. Those behind the first one. */
static int answered_for_a_minute(void (*server)(const struct sent *sent))
{
	int64_t end_us = host.now_us + A_MINUTE;
	struct sent sent;
	int count = 0;

	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	server(&sent);
	while (host.now_us < end_us && count < 1000) {
		if (next_message(end_us - host.now_us, &sent) < 0)
			break;
		count++;
		server(&sent);
		while (count < 1000 && client_sent(&sent)) {
			count++;
			server(&sent);
		}
	}
	return count;
}

static void offer(const struct sent *sent)
{
	answer((struct answer){ DHCP6_ADVERTISE, sent->transaction, .ip = IP,
				.preferred = 1000, .valid = 2000, .status = -1,
				.preference = 255 });
}

/* It offers what it then does not have. */
static void refuses(const struct sent *sent)
{
	if (sent->type == DHCP6_SOLICIT)
		offer(sent);
	else
		answer((struct answer){ DHCP6_REPLY, sent->transaction,
					.ip = IP, .status = -1,
					.ia_status = 2 });
}

START_TEST(who_refuses_what_it_offers_is_asked_less_and_less)
{
	ck_assert_int_lt(answered_for_a_minute(refuses), 20);
}
END_TEST

/* What it gives is deprecated from the first moment on. */
static void gives_old(const struct sent *sent)
{
	if (sent->type == DHCP6_SOLICIT)
		offer(sent);
	else
		answer((struct answer){ DHCP6_REPLY, sent->transaction,
					.ip = IP, .status = -1, .preferred = 0,
					.valid = 86400 });
}

START_TEST(an_address_that_is_old_at_once_is_not_renewed_without_end)
{
	ck_assert_int_lt(answered_for_a_minute(gives_old), 20);
}
END_TEST

/* It gives, and takes away again as soon as it is asked. */
static void takes_back(const struct sent *sent)
{
	if (sent->type == DHCP6_SOLICIT)
		offer(sent);
	else if (sent->type == DHCP6_REQUEST)
		answer((struct answer){ DHCP6_REPLY, sent->transaction,
					.ip = IP, .status = -1, .preferred = 1,
					.valid = 2 });
	else
		answer((struct answer){ DHCP6_REPLY, sent->transaction,
					.ip = IP, .status = -1 });
}

START_TEST(who_gives_and_takes_is_asked_once_a_second_at_most)
{
	ck_assert_int_lt(answered_for_a_minute(takes_back), 400);
}
END_TEST

/* It grants, and says in the same breath that the address is its own. */
static void grants_its_own(const struct sent *sent)
{
	if (sent->type == DHCP6_SOLICIT) {
		offer(sent);
		return;
	}
	answer((struct answer){ DHCP6_REPLY, sent->transaction, .ip = IP,
				.preferred = 1000, .valid = 2000,
				.status = -1 });
	if (sent->type != DHCP6_REQUEST)
		return;
	host_input_claim(&host, peer_mac, ip_of(IP));
	host_event(&host, PYT_EVENT_ADDRESS_CONFLICT);
	host_event(&host, PYT_EVENT_SOCKET);
}

START_TEST(who_grants_its_own_address_is_asked_less_and_less)
{
	ck_assert_int_lt(answered_for_a_minute(grants_its_own), 40);
}
END_TEST

UNIT_MAIN_WITH("dhcp6_hostile", set_up, tear_down,
	       who_refuses_what_it_offers_is_asked_less_and_less,
	       an_address_that_is_old_at_once_is_not_renewed_without_end,
	       who_grants_its_own_address_is_asked_less_and_less,
	       who_gives_and_takes_is_asked_once_a_second_at_most)
