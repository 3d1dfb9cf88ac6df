/* AF_PACKET: not yet. */
#include "packet_tap.h"

#include <errno.h>

int packet_tap_open(struct server *server, struct view *view, int type,
		    int protocol)
{
	return -EAFNOSUPPORT;
}
void packet_tap_close(struct server *server, struct view *view)
{
}
bool packet_tap_pump(struct server *server, struct view *view)
{
	return false;
}
int packet_tap_bind(struct request_call *call, struct view *view)
{
	return -EOPNOTSUPP;
}
int packet_tap_name(struct request_call *call, struct view *view)
{
	return -EOPNOTSUPP;
}
int packet_tap_set_option(struct request_call *call, struct view *view)
{
	return -EOPNOTSUPP;
}
int packet_tap_get_option(struct request_call *call, struct view *view)
{
	return -EOPNOTSUPP;
}
int packet_tap_ifindex(const struct packet_tap *tap)
{
	return 0;
}
