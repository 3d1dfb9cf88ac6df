/* Bounded queues of received datagrams and of errors. */
#include "socket/socket_queue.h"

#include <string.h>

void socket_queue_init(struct socket_queue *queue)
{
	*queue = (struct socket_queue){ 0 };
	TAILQ_INIT(&queue->list);
}

static uint32_t size_of(const struct socket_datagram *datagram)
{
	return (uint32_t)sizeof(*datagram) + datagram->len;
}

void socket_queue_clear(struct socket_queue *queue, struct engine *engine)
{
	while (socket_queue_first(queue))
		socket_queue_drop(queue, engine);
}

/* As in Linux the last one may go over the limit: what fits is not known
 * before it is there, and a large datagram must pass a small limit. */
bool socket_queue_put(struct socket_queue *queue, struct engine *engine,
		      uint32_t limit, const struct pyt_message *message,
		      const void *bytes, uint32_t len)
{
	struct socket_datagram *datagram = NULL;

	if (queue->bytes < limit)
		datagram = engine_alloc(engine, sizeof(*datagram) + len);
	if (!datagram) {
		queue->dropped++;
		return false;
	}
	datagram->message = *message;
	datagram->message.len = len;
	datagram->len = len;
	if (len > 0)
		memcpy(datagram->bytes, bytes, len);
	TAILQ_INSERT_TAIL(&queue->list, datagram, link);
	queue->bytes += size_of(datagram);
	queue->count++;
	return true;
}

struct socket_datagram *socket_queue_first(const struct socket_queue *queue)
{
	return TAILQ_FIRST(&queue->list);
}

void socket_queue_drop(struct socket_queue *queue, struct engine *engine)
{
	struct socket_datagram *datagram = TAILQ_FIRST(&queue->list);

	if (!datagram)
		return;
	TAILQ_REMOVE(&queue->list, datagram, link);
	queue->bytes -= size_of(datagram);
	queue->count--;
	engine_free(engine, datagram, size_of(datagram));
}
