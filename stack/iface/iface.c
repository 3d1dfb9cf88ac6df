/* Interfaces: life, output queue. */
#include <errno.h>
#include <string.h>

#include "iface/hold.h"
#include "wire/ethernet.h"
#include "wire/ip6.h"

#define MTU_MIN 68 /* RFC 791, 3.2 */
#define MTU_MAX 65535
#define MTU_MAX_LOOPBACK 65536 /* Linux's; IPv6 can have it */

bool iface_config_is_valid(const struct pyt_iface_config *config)
{
	if (config->name[0] == '\0' ||
	    !memchr(config->name, '\0', sizeof(config->name)))
		return false;
	if (config->mtu < MTU_MIN ||
	    config->mtu > (config->medium == PYT_MEDIUM_LOOPBACK
				   ? MTU_MAX_LOOPBACK
				   : MTU_MAX))
		return false;
	return config->medium != PYT_MEDIUM_ETHERNET ||
	       !ethernet_is_group(config->mac);
}

struct iface *iface_create(struct engine *engine, int ifindex,
			   const struct pyt_iface_config *config)
{
	struct iface *iface = engine_alloc(engine, sizeof(*iface));

	if (!iface)
		return NULL;
	iface->engine = engine;
	iface->ifindex = ifindex;
	iface->config = *config;
	TAILQ_INIT(&iface->output);
	RB_INIT(&iface->held);
	return iface;
}

void iface_drop_output(struct iface *iface)
{
	struct packet_out *packet;

	while ((packet = TAILQ_FIRST(&iface->output))) {
		TAILQ_REMOVE(&iface->output, packet, link);
		iface->tx_dropped++;
		counter_hit(&iface->engine->counters, COUNTER_IFACE_DOWN);
		packet_destroy(iface->engine, packet);
	}
	iface->output_count = 0;
	hold_clear(iface);
}

void iface_destroy(struct iface *iface)
{
	iface_drop_output(iface);
	packet_destroy(iface->engine, iface->sending);
	engine_free(iface->engine, iface, sizeof(*iface));
}

uint32_t iface_mtu6(const struct iface *iface)
{
	uint32_t mtu = iface->config.mtu;

	return iface->nd.mtu >= IP6_MTU_MIN && iface->nd.mtu < mtu
		       ? iface->nd.mtu
		       : mtu;
}

uint32_t iface_link_header_len(const struct iface *iface)
{
	return iface->config.medium == PYT_MEDIUM_ETHERNET ? ETHERNET_HEADER_LEN
							   : 0;
}

void iface_enqueue(struct iface *iface, struct packet_out *packet)
{
	if (packet->csum == PYT_CSUM_PARTIAL &&
	    !(iface->config.offloads & PYT_OFFLOAD_CSUM))
		packet_finish_checksum(packet);
	TAILQ_INSERT_TAIL(&iface->output, packet, link);
	iface->output_count++;
}

int iface_output(struct iface *iface, struct packet_out *packet)
{
	if (iface->is_down) {
		iface->tx_dropped++;
		counter_hit(&iface->engine->counters, COUNTER_IFACE_DOWN);
		packet_destroy(iface->engine, packet);
		return -ENETDOWN;
	}
	if (packet->departs_us)
		return hold_packet(iface, packet);
	if (iface->output_count >= IFACE_OUTPUT_MAX) {
		iface->tx_dropped++;
		counter_hit(&iface->engine->counters, COUNTER_IFACE_QUEUE_FULL);
		packet_destroy(iface->engine, packet);
		return -ENOBUFS;
	}
	iface_enqueue(iface, packet);
	return 0;
}

static void frame_from_packet(struct pyt_frame *frame,
			      const struct packet_out *packet)
{
	frame->part[0].iov_base = packet->data;
	frame->part[0].iov_len = packet->len;
	frame->part_count = 1;
	frame->len = packet->len;
	frame->csum = packet->csum;
	frame->csum_start = packet->csum_start;
	frame->csum_offset = packet->csum_offset;
	frame->gso = packet->gso;
	frame->gso_ecn = packet->gso_ecn;
	frame->gso_size = packet->gso_size;
	frame->gso_header_len = packet->gso_header_len;
	frame->drop_reason = NULL;
}

bool iface_output_next(struct iface *iface, struct pyt_frame *frame)
{
	struct packet_out *packet = TAILQ_FIRST(&iface->output);

	packet_destroy(iface->engine, iface->sending);
	iface->sending = packet;
	if (!packet)
		return false;
	TAILQ_REMOVE(&iface->output, packet, link);
	iface->output_count--;
	frame_from_packet(frame, packet);
	return true;
}
