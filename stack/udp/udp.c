/* Checking and making UDP datagrams. RFC 768; RFC 1122, 4.1. */
#include "udp/udp.h"

#include <netinet/in.h>

#include "base/checksum.h"

/* A sum of 0 says that the sender made none (RFC 768). */
static bool checksum_is_right(const struct packet_in *packet,
			      const struct udp_header *header,
			      const uint8_t *bytes)
{
	uint64_t sum;

	if (packet->csum_trusted)
		return true;
	if (header->checksum == 0)
		return true; /* of IPv6: its receiver's to judge */

	sum = checksum_pseudo_header(&packet->src, &packet->dst, IPPROTO_UDP,
				     header->len);
	return checksum_finish(checksum_add(sum, bytes, header->len)) == 0;
}

/* Bytes behind the length that the header gives are padding: cut. */
enum counter udp_input(const struct packet_in *packet,
		       struct udp_datagram *datagram)
{
	struct reader r = packet->payload;
	const uint8_t *bytes = r.at;
	size_t len = r.left;
	struct udp_header header;

	if (!udp_header_parse(&r, &header))
		return COUNTER_UDP_SHORT;
	if (header.len < UDP_HEADER_LEN || header.len > len)
		return COUNTER_UDP_LENGTH;
	if (!checksum_is_right(packet, &header, bytes))
		return COUNTER_UDP_CHECKSUM;

	datagram->unchecked = !packet->csum_trusted && header.checksum == 0;
	datagram->header = header;
	datagram->payload = reader_split(&r, header.len - UDP_HEADER_LEN);
	datagram->gso_size =
		packet->frame->gso == PYT_GSO_UDP ? packet->frame->gso_size : 0;
	return COUNTER_NONE;
}

void udp_gather(uint8_t *to, const struct iovec *iov, int iov_count,
		uint32_t skip, uint32_t len)
{
	for (int i = 0; i < iov_count && len > 0; i++) {
		size_t n = iov[i].iov_len;

		if (skip >= n) {
			skip -= (uint32_t)n;
			continue;
		}
		n -= skip;
		if (n > len)
			n = len;
		memcpy(to, (const uint8_t *)iov[i].iov_base + skip, n);
		to += n;
		len -= (uint32_t)n;
		skip = 0;
	}
}

struct packet_out *udp_build(struct engine *engine,
			     const struct udp_output *output)
{
	uint32_t len = UDP_HEADER_LEN + output->len;
	struct packet_out *packet = packet_create(engine, len);
	struct udp_header header = {
		.src_port = output->src_port,
		.dst_port = output->dst_port,
		.len = (uint16_t)len,
	};
	uint64_t sum;

	if (!packet)
		return NULL;
	if (!output->no_checksum) {
		sum = checksum_pseudo_header(&output->src, &output->dst,
					     IPPROTO_UDP, len);
		header.checksum = checksum_fold(sum);
		packet->csum = PYT_CSUM_PARTIAL;
		packet->csum_start = 0;
		packet->csum_offset = UDP_HEADER_CHECKSUM_OFFSET;
	}
	if (output->gso_size > 0 && output->len > output->gso_size) {
		packet->gso = PYT_GSO_UDP;
		packet->gso_size = output->gso_size;
		packet->gso_header_len = UDP_HEADER_LEN;
	}
	udp_header_build(&header, packet->data);
	udp_gather(packet->data + UDP_HEADER_LEN, output->iov,
		   output->iov_count, output->skip, output->len);
	return packet;
}
