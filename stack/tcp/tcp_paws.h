/* Protection against wrapped sequence numbers. RFC 7323, 5. */
#ifndef TCP_TCP_PAWS_H
#define TCP_TCP_PAWS_H

#include "tcp/tcp_connection.h"

enum tcp_paws_verdict {
	TCP_PAWS_FINE,
	TCP_PAWS_OLD_ACK, /* an ACK alone that others overtook: no answer */
	TCP_PAWS_OUTDATED, /* an ACK answers it */
};

/* start: position of the segment's first byte. */
enum tcp_paws_verdict tcp_paws_check(const struct tcp_connection *tcp,
				     const struct tcp_segment *segment,
				     uint64_t start, int64_t now_us);
/* Its timestamp may be the one to echo and to compare with from now on. */
bool tcp_paws_is_newer(const struct tcp_connection *tcp,
		       const struct tcp_header *header, int64_t now_us);

#endif
