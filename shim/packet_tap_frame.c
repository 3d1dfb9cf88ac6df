/* Frames on their way to AF_PACKET sockets. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <string.h>

#include "endpoint.h"
#include "kernel.h"
#include "packet_tap.h"

#define HEADER_LEN 14
#define LO_INDEX 1

/* A frame as all sockets see it: contiguous, with its link's header. */
struct seen {
	struct server *server;
	int ifindex;
	const uint8_t *bytes;
	uint32_t len, header_len;
	uint16_t protocol, hardware_type;
	uint8_t packet_type;
	uint32_t status;
	int64_t received_ns;
};

static int64_t epoch_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint8_t type_of(const uint8_t *header, const uint8_t *own)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (memcmp(header, all, sizeof(all)) == 0)
		return PACKET_BROADCAST;
	if (header[0] & 1)
		return PACKET_MULTICAST;
	return memcmp(header, own, 6) == 0 ? PACKET_HOST : PACKET_OTHERHOST;
}

/* Behind room for a header of Ethernet, which lo's frames get. */
static uint8_t *join(struct server *server, const struct pyt_frame *frame)
{
	uint8_t *at = server->tap_buffer + HEADER_LEN;

	for (int i = 0; i < frame->part_count; i++) {
		memcpy(at, frame->part[i].iov_base, frame->part[i].iov_len);
		at += frame->part[i].iov_len;
	}
	return server->tap_buffer + HEADER_LEN;
}

static uint16_t protocol_of_ip(const uint8_t *bytes)
{
	return bytes[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
}

/* False: it has no header. */
static bool look_at_header(struct seen *seen, uint8_t *bytes,
			   const struct pyt_iface_info *iface)
{
	seen->bytes = bytes;
	switch (iface->config.medium) {
	case PYT_MEDIUM_LOOPBACK:
		seen->protocol = protocol_of_ip(bytes);
		seen->hardware_type = ARPHRD_LOOPBACK;
		bytes -= HEADER_LEN;
		memset(bytes, 0, HEADER_LEN);
		bytes[12] = (uint8_t)(seen->protocol >> 8);
		bytes[13] = (uint8_t)seen->protocol;
		seen->bytes = bytes;
		seen->len += HEADER_LEN;
		seen->header_len = HEADER_LEN;
		break;
	case PYT_MEDIUM_ETHERNET:
		if (seen->len < HEADER_LEN)
			return false;
		seen->protocol = (uint16_t)(bytes[12] << 8 | bytes[13]);
		seen->hardware_type = ARPHRD_ETHER;
		seen->header_len = HEADER_LEN;
		seen->packet_type = type_of(bytes, iface->config.mac);
		break;
	case PYT_MEDIUM_IP:
		seen->protocol = protocol_of_ip(bytes);
		seen->hardware_type = ARPHRD_NONE;
		break;
	}
	return true;
}

static bool is_wanted(const struct packet_tap *tap, const struct seen *seen)
{
	bool outgoing = seen->packet_type == PACKET_OUTGOING;

	if (tap->ifindex && tap->ifindex != seen->ifindex)
		return false;
	if (tap->protocol == ETH_P_ALL)
		return !outgoing || !tap->ignores_outgoing;
	/* those of one protocol see what comes, as on Linux */
	return !outgoing && tap->protocol && tap->protocol == seen->protocol;
}

static void fill_sender(const struct seen *seen, struct sockaddr_ll *from)
{
	*from = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(seen->protocol),
		.sll_ifindex = seen->ifindex,
		.sll_hatype = seen->hardware_type,
		.sll_pkttype = seen->packet_type,
	};
	if (seen->header_len) {
		from->sll_halen = 6;
		memcpy(from->sll_addr, seen->bytes + 6, 6);
	}
}

static bool put_in_ring(struct view *view, const struct seen *seen,
			uint32_t skipped, uint32_t captured)
{
	struct packet_ring_entry entry = {
		.bytes = seen->bytes + skipped,
		.header_len = seen->header_len - skipped,
		.len = seen->len - skipped,
		.captured = captured,
		.status = seen->status,
		.received_ns = seen->received_ns,
	};
	struct packet_ring *ring = &view->tap->ring;
	struct sockaddr_ll from;
	struct iovec wake = { (void *)"", 1 };

	fill_sender(seen, &from);
	if (!packet_ring_put(ring, &entry, &from))
		return false;
	if (packet_ring_wakes(ring))
		view_send(seen->server, view->endpoint, &wake, 1);
	return true;
}

static bool put_in_endpoint(struct view *view, const struct seen *seen,
			    uint32_t skipped, uint32_t captured)
{
	struct pyt_view_frame header = {
		.ifindex = seen->ifindex,
		.protocol = seen->protocol,
		.hardware_type = seen->hardware_type,
		.packet_type = seen->packet_type,
		.status = seen->status,
		.len = seen->len - skipped,
		.captured = captured,
		.net = (uint16_t)(seen->header_len - skipped),
		.received_ns = seen->received_ns,
		.wants = view->tap->wants,
	};
	struct iovec iov[2] = { { &header, sizeof(header) },
				{ (void *)(uintptr_t)(seen->bytes + skipped),
				  captured } };

	if (seen->header_len) {
		header.address_len = 6;
		memcpy(header.address, seen->bytes + 6, 6);
	}
	return view_send(seen->server, view->endpoint, iov, 2) >= 0;
}

static void deliver(struct view *view, const struct seen *seen)
{
	struct packet_tap *tap = view->tap;
	uint32_t skipped = tap->type == SOCK_DGRAM ? seen->header_len : 0;
	uint32_t captured = seen->len - skipped;
	struct bpf_facts facts = { .protocol = seen->protocol,
				   .packet_type = seen->packet_type,
				   .ifindex = seen->ifindex,
				   .hardware_type = seen->hardware_type,
				   .len = captured };
	bool done;

	if (tap->filter_count) {
		uint32_t keep = bpf_run(tap->filter, tap->filter_count, &facts,
					seen->bytes + skipped, captured);

		if (!keep)
			return;
		if (captured > keep)
			captured = keep;
	}
	tap->packets++;
	done = tap->ring.fd ? put_in_ring(view, seen, skipped, captured)
			    : put_in_endpoint(view, seen, skipped, captured);
	tap->drops += !done;
}

void packet_tap_frame(struct server *server, int ifindex,
		      const struct pyt_frame *frame, bool outgoing)
{
	struct seen seen = { .server = server,
			     .ifindex = ifindex,
			     .len = frame->len,
			     .received_ns = epoch_ns() };
	struct pyt_iface_info iface;
	struct view *view;

	if (frame->len == 0 || frame->len > PYT_FRAME_LEN_MAX ||
	    pyt_iface_get(server->stack, ifindex - 1, &iface) < 0 ||
	    !look_at_header(&seen, join(server, frame), &iface))
		return;
	if (outgoing)
		seen.packet_type = PACKET_OUTGOING;
	if (frame->csum == PYT_CSUM_PARTIAL)
		seen.status |= TP_STATUS_CSUMNOTREADY;
	else if (frame->csum == PYT_CSUM_VALID)
		seen.status |= TP_STATUS_CSUM_VALID;
	LIST_FOREACH (view, &server->views, link)
		if (view->tap && is_wanted(view->tap, &seen))
			deliver(view, &seen);
}

/* As on Linux it goes, and comes. */
void packet_tap_loopback(void *context, const struct pyt_frame *frame)
{
	packet_tap_frame(context, LO_INDEX, frame, true);
	packet_tap_frame(context, LO_INDEX, frame, false);
}
