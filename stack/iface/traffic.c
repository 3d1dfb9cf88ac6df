/* Packets and bytes of IP that came and went: RFC 4293. */
#include "iface/traffic.h"

struct many {
	enum counter packets, octets;
};

static void count_many(struct counters *counters, const struct many *many,
		       uint32_t len)
{
	if (many->packets == COUNTER_NONE)
		return;
	counter_hit(counters, many->packets);
	counter_add(counters, many->octets, len);
}

void traffic_in(struct counters *counters, bool v4, uint32_t len)
{
	counter_hit(counters,
		    v4 ? COUNTER_IP_IN_RECEIVES : COUNTER_IP6_IN_RECEIVES);
	counter_add(counters, v4 ? COUNTER_IP_IN_OCTETS : COUNTER_IP6_IN_OCTETS,
		    len);
}

void traffic_mark(struct counters *counters, bool v4, enum traffic_to to,
		  uint32_t len, unsigned ecn, uint32_t segments)
{
	static const enum counter mark[2][4] = {
		{ COUNTER_IP6_IN_NO_ECT, COUNTER_IP6_IN_ECT1,
		  COUNTER_IP6_IN_ECT0, COUNTER_IP6_IN_CE },
		{ COUNTER_IP_IN_NO_ECT, COUNTER_IP_IN_ECT1, COUNTER_IP_IN_ECT0,
		  COUNTER_IP_IN_CE },
	};
	static const struct many many[2][3] = {
		{ [TRAFFIC_TO_GROUP] = { COUNTER_IP6_IN_MCAST_PKTS,
					 COUNTER_IP6_IN_MCAST_OCTETS } },
		{ [TRAFFIC_TO_GROUP] = { COUNTER_IP_IN_MCAST_PKTS,
					 COUNTER_IP_IN_MCAST_OCTETS },
		  [TRAFFIC_TO_ALL] = { COUNTER_IP_IN_BCAST_PKTS,
				       COUNTER_IP_IN_BCAST_OCTETS } },
	};

	counter_add(counters, mark[v4][ecn & 3], segments ? segments : 1);
	count_many(counters, &many[v4][to], len);
}

void traffic_out(struct counters *counters, bool v4, enum traffic_to to,
		 uint32_t len)
{
	static const struct many many[2][3] = {
		{ [TRAFFIC_TO_GROUP] = { COUNTER_IP6_OUT_MCAST_PKTS,
					 COUNTER_IP6_OUT_MCAST_OCTETS } },
		{ [TRAFFIC_TO_GROUP] = { COUNTER_IP_OUT_MCAST_PKTS,
					 COUNTER_IP_OUT_MCAST_OCTETS },
		  [TRAFFIC_TO_ALL] = { COUNTER_IP_OUT_BCAST_PKTS,
				       COUNTER_IP_OUT_BCAST_OCTETS } },
	};

	counter_hit(counters,
		    v4 ? COUNTER_IP_OUT_REQUESTS : COUNTER_IP6_OUT_REQUESTS);
	counter_hit(counters,
		    v4 ? COUNTER_IP_OUT_TRANSMITS : COUNTER_IP6_OUT_TRANSMITS);
	counter_add(counters,
		    v4 ? COUNTER_IP_OUT_OCTETS : COUNTER_IP6_OUT_OCTETS, len);
	count_many(counters, &many[v4][to], len);
}
