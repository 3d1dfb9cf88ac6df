/* Packets that wait for their time of departure: a tree, O(log n). */
#include "iface/hold.h"

#include <errno.h>

static int compare(const struct packet_out *a, const struct packet_out *b)
{
	if (a->departs_us != b->departs_us)
		return a->departs_us < b->departs_us ? -1 : 1;
	return a->hold_order < b->hold_order ? -1
					     : a->hold_order > b->hold_order;
}

RB_GENERATE_INTERNAL(packet_tree, packet_out, held, compare,
		     static __attribute__((unused)))

static struct packet_out *first_of(const struct iface *iface)
{
	return RB_MIN(packet_tree, (struct packet_tree *)&iface->held);
}

static void take_out(struct iface *iface, struct packet_out *packet)
{
	RB_REMOVE(packet_tree, &iface->held, packet);
	iface->held_count--;
}

int hold_packet(struct iface *iface, struct packet_out *packet)
{
	if (iface->held_count >= HOLD_MAX) {
		iface->tx_dropped++;
		counter_hit(&iface->engine->counters, COUNTER_IFACE_QUEUE_FULL);
		packet_destroy(iface->engine, packet);
		return -ENOBUFS;
	}
	packet->hold_order = ++iface->hold_order;
	RB_INSERT(packet_tree, &iface->held, packet);
	iface->held_count++;
	return 0;
}

int64_t hold_next_deadline(const struct iface *iface)
{
	const struct packet_out *first = first_of(iface);

	return first ? first->departs_us : TIME_NEVER;
}

void hold_run_timers(struct iface *iface, int64_t now_us)
{
	struct packet_out *packet;

	while ((packet = first_of(iface)) && packet->departs_us <= now_us) {
		take_out(iface, packet);
		iface_enqueue(iface, packet);
	}
}

void hold_clear(struct iface *iface)
{
	struct packet_out *packet;

	while ((packet = first_of(iface))) {
		take_out(iface, packet);
		iface->tx_dropped++;
		counter_hit(&iface->engine->counters, COUNTER_IFACE_DOWN);
		packet_destroy(iface->engine, packet);
	}
}
