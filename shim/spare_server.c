/* The stack's side of spare and of accepted sockets; see struct pyt_taken. */
#include "spare_server.h"

#include <sys/socket.h>

#include "endpoint.h"
#include "lane.h"
#include "shown.h"

/*
 * Another one like this, for the client's next socket(2); who has the fast
 * lane needs none.
 */
void spare_offer(struct server *server, struct client *client,
		 const struct endpoint *like, struct pyt_reply *reply)
{
	const struct pyt_slot *slot = slots_at(&server->slots, like->slot);
	struct endpoint *endpoint;

	if ((client->is_host && lane.server) ||
	    client->spare_count == PYT_SPARES_MAX ||
	    like->state == ENDPOINT_FREE || slot->type != SOCK_STREAM)
		return;
	endpoint = endpoint_open_stream(server, slot->family, slot->protocol);
	if (!endpoint)
		return;
	endpoint->state = ENDPOINT_SPARE;
	client->spare[client->spare_count++] = endpoint->slot;
	reply->spare_slot = endpoint->slot;
	reply->spare_generation = endpoint->generation;
}

/* As OP_ADOPT; a foreign client shows the descriptor instead. */
static void adopt(struct server *server, const struct client *client,
		  const struct pyt_taken *taken)
{
	const struct endpoint *endpoint =
		endpoint_get(server, taken->slot, taken->generation);

	if (endpoint && endpoint->listener_generation && !client->is_foreign)
		slots_set_inode(&server->slots, taken->slot, taken->inode);
}

static void take(struct server *server, struct client *client,
		 const struct pyt_taken *taken)
{
	uint32_t i = 0;

	if (!taken->inode)
		return;
	while (i < client->spare_count && client->spare[i] != taken->slot)
		i++;
	if (i == client->spare_count) { /* it was not offered to this client */
		adopt(server, client, taken);
		return;
	}
	if (!shown_may_name(server, client, taken->inode) ||
	    !endpoint_get(server, taken->slot, taken->generation))
		return;
	client->spare[i] = client->spare[--client->spare_count];
	server->endpoints[taken->slot].state = ENDPOINT_UNCONNECTED;
	shown_add(client, taken->slot);
	endpoint_forget_inode(server, taken->inode);
	slots_set_inode(&server->slots, taken->slot, taken->inode);
}

void spare_take(struct server *server, struct client *client,
		const struct pyt_request *request)
{
	uint32_t count = request->taken_count;

	if (count > PYT_SPARES_MAX)
		count = PYT_SPARES_MAX;
	for (uint32_t i = 0; i < count; i++)
		take(server, client, &request->taken[i]);
}

void spare_drop(struct server *server, struct client *client)
{
	while (client->spare_count)
		endpoint_free(server,
			      &server->endpoints
				       [client->spare[--client->spare_count]]);
}
