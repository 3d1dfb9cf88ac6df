/* AF_PACKET sockets as the program uses them: packet(7). */
#include <errno.h>

#include "view_client.h"

ssize_t packet_write(const struct descriptor *packet,
		     const struct msghdr *message, int flags)
{
	return -EOPNOTSUPP;
}
ssize_t packet_read(const struct descriptor *packet, struct msghdr *message,
		    int flags)
{
	return -EOPNOTSUPP;
}
