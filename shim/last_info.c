/* What TCP_INFO says of a connection that is over. */
#include "last_info.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>

#include "server.h"

void last_info_keep(struct server *server, const struct endpoint *endpoint)
{
	struct last_info *last =
		&server->last_infos[endpoint->slot % LAST_INFOS];
	int len;

	last->len = 0;
	if (endpoint->handle < 0)
		return;
	len = pyt_socket_get_option(server->stack, endpoint->handle,
				    IPPROTO_TCP, TCP_INFO, last->bytes,
				    sizeof(last->bytes), server->now_us);
	if (len <= 0)
		return;
	last->slot = endpoint->slot;
	last->generation = endpoint->generation;
	last->len = (uint32_t)len;
	last->bytes[offsetof(struct tcp_info, tcpi_state)] = TCP_CLOSE;
}

void last_info_hide_time_wait(uint8_t *info)
{
	uint8_t *state = info + offsetof(struct tcp_info, tcpi_state);

	if (*state == TCP_TIME_WAIT)
		*state = TCP_CLOSE;
}

int last_info_get(const struct server *server, const struct endpoint *endpoint,
		  uint8_t *value, uint32_t room)
{
	const struct last_info *last =
		&server->last_infos[endpoint->slot % LAST_INFOS];
	uint32_t len = last->len < room ? last->len : room;

	if (!last->len || last->slot != endpoint->slot ||
	    last->generation != endpoint->generation)
		return -ENOTCONN;
	memcpy(value, last->bytes, len);
	return (int)len;
}
