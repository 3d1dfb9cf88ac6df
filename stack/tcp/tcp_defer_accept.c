/* The times at which SYN-ACKs are sent again: 1, 3, 7 ... s. RFC 6298. */
#include "tcp/tcp_defer_accept.h"

#include <stdint.h>

#include "tcp/tcp_rto.h"

#define SECOND_US 1000000
#define FIRST_S (TCP_RTO_INITIAL_US / SECOND_US)
#define LONGEST_S (TCP_RTO_MOST_US / SECOND_US)

static int doubled(int wait_s)
{
	return 2 * wait_s < LONGEST_S ? 2 * wait_s : LONGEST_S;
}

unsigned tcp_defer_accept_retries(int seconds)
{
	int wait_s = FIRST_S;
	unsigned retries = 0;

	for (; seconds > 0 && retries < UINT8_MAX; retries++) {
		seconds -= wait_s;
		wait_s = doubled(wait_s);
	}
	return retries;
}

int tcp_defer_accept_seconds(unsigned retries)
{
	int wait_s = FIRST_S, seconds = 0;

	while (retries-- > 0) {
		seconds += wait_s;
		wait_s = doubled(wait_s);
	}
	return seconds;
}
