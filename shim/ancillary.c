/* Which option asks for which control message. */
#include "ancillary.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <stddef.h>

static const struct {
	int level, name;
	uint32_t bit;
} options[] = {
	{ IPPROTO_IP, IP_PKTINFO, PYT_ANCILLARY_PKTINFO },
	{ IPPROTO_IP, IP_RECVTTL, PYT_ANCILLARY_TTL },
	{ IPPROTO_IP, IP_RECVTOS, PYT_ANCILLARY_TOS },
	{ IPPROTO_IP, IP_RECVORIGDSTADDR, PYT_ANCILLARY_ORIGINAL },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, PYT_ANCILLARY_PKTINFO6 },
	{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, PYT_ANCILLARY_HOPLIMIT },
	{ IPPROTO_IPV6, IPV6_RECVTCLASS, PYT_ANCILLARY_TCLASS },
	{ SOL_SOCKET, SO_TIMESTAMP, PYT_ANCILLARY_TIMESTAMP },
	{ SOL_SOCKET, SO_TIMESTAMPNS, PYT_ANCILLARY_TIMESTAMPNS },
	{ IPPROTO_UDP, UDP_GRO, PYT_ANCILLARY_GRO },
};

uint32_t ancillary_of_option(int level, int name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		if (options[i].level == level && options[i].name == name)
			return options[i].bit;
	}
	return 0;
}
