/* Bounded queues of received datagrams and of errors. */
#include "socket/socket_queue.h"

#include <string.h>

#define SK_BUFF_LEN 256u
#define SHARED_INFO_LEN 320u
#define HEADERS_LEN 106u /* headroom 64, Ethernet, IPv4, UDP */

void socket_queue_init(struct socket_queue *queue, uint64_t *total)
{
	*queue = (struct socket_queue){ .total = total };
	TAILQ_INIT(&queue->list);
}

static uint32_t size_of(const struct socket_datagram *datagram)
{
	return (uint32_t)sizeof(*datagram) + datagram->extensions_len +
	       datagram->len;
}

/*
 * What the limits count: as Linux (SKB_TRUESIZE) a struct sk_buff, and a block
 * for headers, payload and skb_shared_info, of a size that is a power of two.
 * So SO_RCVBUF holds as many datagrams as there.
 */
static uint32_t charge_of(const struct socket_datagram *datagram)
{
	uint32_t wanted = HEADERS_LEN + SHARED_INFO_LEN +
			  datagram->extensions_len + datagram->len;
	uint32_t block = 512;

	while (block < wanted)
		block *= 2;
	return SK_BUFF_LEN + block;
}

static void account(struct socket_queue *queue, int64_t bytes)
{
	queue->bytes += (uint32_t)bytes;
	if (queue->total)
		*queue->total += (uint64_t)bytes;
}

void socket_queue_clear(struct socket_queue *queue, struct engine *engine)
{
	while (socket_queue_first(queue))
		socket_queue_drop(queue, engine);
}

static uint8_t *put_extensions(struct pyt_message *message, uint8_t *to,
			       const struct ip_extensions *e)
{
	message->extensions = to;
	for (int i = 0; i < PYT_EXTENSIONS; i++) {
		message->extension_len[i] = e->len[i];
		if (e->len[i])
			memcpy(to, e->header[i], e->len[i]);
		to += e->len[i];
	}
	return to;
}

/* As in Linux the last one may go over the limit: what fits is not known
 * before it is there, and a large datagram must pass a small limit. */
enum counter socket_queue_put(struct socket_queue *queue, struct engine *engine,
			      uint32_t limit, const struct pyt_message *message,
			      const struct socket_parts *parts,
			      enum counter full)
{
	const struct ip_extensions *e = parts->extensions;
	uint32_t extensions_len = e ? ip_extensions_len(e) : 0;
	struct socket_datagram *datagram = NULL;
	uint8_t *at;

	if (queue->bytes < limit) {
		full = COUNTER_NO_MEMORY;
		datagram = engine_alloc(engine, sizeof(*datagram) +
							extensions_len +
							parts->len);
	}
	if (!datagram) {
		queue->dropped++;
		return full;
	}
	datagram->message = *message;
	datagram->message.len = parts->len;
	datagram->len = parts->len;
	datagram->extensions_len = extensions_len;
	at = datagram->bytes;
	if (extensions_len > 0)
		at = put_extensions(&datagram->message, at, e);
	if (parts->len > 0)
		memcpy(at, parts->bytes, parts->len);
	TAILQ_INSERT_TAIL(&queue->list, datagram, link);
	account(queue, charge_of(datagram));
	queue->count++;
	return COUNTER_NONE;
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
	account(queue, -(int64_t)charge_of(datagram));
	queue->count--;
	engine_free(engine, datagram, size_of(datagram));
}
