/* virtio-net headers; Virtual I/O Device 1.1, 5.1.6. */
#include "vnet.h"

#include <string.h>

/* Newer than the headers of Linux 6.1. */
#define VNET_GSO_UDP_L4 5

#define TCP_CSUM_OFFSET 16
#define TCP_DATA_OFFSET 12 /* byte that holds the header's length */
#define TCP_HEADER_LEN_MIN 20u
#define UDP_HEADER_LEN 8

static uint8_t gso_type(const struct pyt_frame *frame)
{
	uint8_t ecn = frame->gso_ecn ? VIRTIO_NET_HDR_GSO_ECN : 0;

	switch (frame->gso) {
	case PYT_GSO_NONE:
		return VIRTIO_NET_HDR_GSO_NONE;
	case PYT_GSO_TCP4:
		return VIRTIO_NET_HDR_GSO_TCPV4 | ecn;
	case PYT_GSO_TCP6:
		return VIRTIO_NET_HDR_GSO_TCPV6 | ecn;
	case PYT_GSO_UDP:
		return VNET_GSO_UDP_L4;
	}
	return VIRTIO_NET_HDR_GSO_NONE;
}

void vnet_from_frame(const struct pyt_frame *frame,
		     struct virtio_net_hdr *header)
{
	memset(header, 0, sizeof(*header));
	if (frame->csum == PYT_CSUM_PARTIAL) {
		header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		header->csum_start = frame->csum_start;
		header->csum_offset = frame->csum_offset;
	}
	if (frame->gso != PYT_GSO_NONE) {
		header->gso_type = gso_type(frame);
		header->gso_size = frame->gso_size;
		header->hdr_len = frame->gso_header_len;
	}
}

/*
 * Where the payload begins. The header's own hdr_len is no help: Linux gives
 * the length of the first piece of memory, whatever it holds.
 */
static uint16_t header_len(const struct pyt_frame *frame)
{
	const uint8_t *bytes = frame->part[0].iov_base;
	const uint8_t *transport = bytes + frame->csum_start;

	if (frame->csum_offset != TCP_CSUM_OFFSET)
		return frame->csum_start + UDP_HEADER_LEN;
	if (frame->csum_start + TCP_HEADER_LEN_MIN > frame->len)
		return 0;
	return frame->csum_start + (transport[TCP_DATA_OFFSET] >> 4) * 4;
}

static void take_csum(const struct virtio_net_hdr *header,
		      struct pyt_frame *frame)
{
	uint32_t end = header->csum_start + header->csum_offset + 2u;

	frame->csum = PYT_CSUM_NONE;
	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if (end > frame->len)
			return;
		frame->csum = PYT_CSUM_PARTIAL;
		frame->csum_start = header->csum_start;
		frame->csum_offset = header->csum_offset;
	} else if (header->flags & VIRTIO_NET_HDR_F_DATA_VALID) {
		frame->csum = PYT_CSUM_VALID;
	}
}

static enum pyt_gso gso_kind(uint8_t type)
{
	switch (type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return PYT_GSO_TCP4;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return PYT_GSO_TCP6;
	case VNET_GSO_UDP_L4:
		return PYT_GSO_UDP;
	}
	return PYT_GSO_NONE;
}

void vnet_to_frame(const struct virtio_net_hdr *header, struct pyt_frame *frame)
{
	take_csum(header, frame);
	frame->gso = gso_kind(header->gso_type);
	frame->gso_ecn = false;
	frame->gso_size = 0;
	frame->gso_header_len = 0;
	if (frame->gso == PYT_GSO_NONE)
		return;
	frame->gso_ecn = header->gso_type & VIRTIO_NET_HDR_GSO_ECN;
	frame->gso_size = header->gso_size;
	if (frame->csum == PYT_CSUM_PARTIAL)
		frame->gso_header_len = header_len(frame);
}
