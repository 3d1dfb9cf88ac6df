/* Packets on their way down. */
#include "base/packet.h"
#include "base/checksum.h"

struct packet_out *packet_create(struct engine *engine, uint32_t len)
{
	uint32_t size = PACKET_HEADROOM + len;
	struct packet_out *packet;

	packet = engine_alloc(engine, sizeof(*packet) + size);
	if (!packet)
		return NULL;
	packet->size = size;
	packet->data = packet->bytes + PACKET_HEADROOM;
	packet->len = len;
	return packet;
}

void packet_destroy(struct engine *engine, struct packet_out *packet)
{
	if (packet)
		engine_free(engine, packet, sizeof(*packet) + packet->size);
}

uint8_t *packet_push(struct packet_out *packet, uint32_t n)
{
	if ((size_t)(packet->data - packet->bytes) < n)
		return NULL;
	packet->data -= n;
	packet->len += n;
	if (packet->csum == PYT_CSUM_PARTIAL)
		packet->csum_start = (uint16_t)(packet->csum_start + n);
	if (packet->gso != PYT_GSO_NONE)
		packet->gso_header_len = (uint16_t)(packet->gso_header_len + n);
	return packet->data;
}

/*
 * The sum from csum_start to the end; the field already holds that of the
 * pseudo-header. A UDP sum of 0 means "none" and is sent as 0xffff (RFC
 * 768); 0xffff is as good as 0 for the others.
 */
void packet_finish_checksum(struct packet_out *packet)
{
	uint8_t *start = packet->data + packet->csum_start;
	uint16_t sum;

	if ((uint32_t)packet->csum_start + packet->csum_offset + 2 >
	    packet->len)
		return;
	sum = checksum_finish(
		checksum_add(0, start, packet->len - packet->csum_start));
	if (sum == 0)
		sum = 0xffff;
	start[packet->csum_offset] = (uint8_t)(sum >> 8);
	start[packet->csum_offset + 1] = (uint8_t)sum;
	packet->csum = PYT_CSUM_NONE;
}
