/*
 * Packets and bytes of IP, as /proc/net/netstat and snmp6 have them: RFC 4293,
 * and what of it came or went to many.
 */
#ifndef IFACE_TRAFFIC_H
#define IFACE_TRAFFIC_H

#include <stdbool.h>

#include "base/counter.h"

enum traffic_to {
	TRAFFIC_TO_ONE,
	TRAFFIC_TO_GROUP,
	TRAFFIC_TO_ALL, /* broadcast; IPv4's */
};

/* A packet of len bytes from the IP header on came; its marks: traffic_mark */
void traffic_in(struct counters *counters, bool v4, uint32_t len);
/* Its header is sound. segments: that it stands for; ecn: RFC 3168, 5. */
void traffic_mark(struct counters *counters, bool v4, enum traffic_to to,
		  uint32_t len, unsigned ecn, uint32_t segments);
/* One that we have made leaves. */
void traffic_out(struct counters *counters, bool v4, enum traffic_to to,
		 uint32_t len);

#endif
