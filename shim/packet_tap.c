/* AF_PACKET sockets: their life, names and options, and frames to send. */
#include "packet_tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <string.h>

#include "endpoint.h"
#include "ifaces.h"
#include "kernel.h"
#include "link.h"
#include "rtnl.h"

#define SENDS_MAX 64 /* a turn */
#define HEADER_LEN 14

/* ------------------------------------------------------------------- life */

int packet_tap_open(struct server *server, struct view *view, int type,
		    int protocol)
{
	struct packet_tap *tap;

	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (!server->tap_buffer)
		server->tap_buffer =
			arena_alloc(server->arena, LINK_BUFFER_LEN);
	tap = arena_alloc(server->arena, sizeof(*tap));
	if (!server->tap_buffer || !tap) {
		arena_free(server->arena, tap, tap ? sizeof(*tap) : 0);
		return -ENOBUFS;
	}
	tap->type = type;
	tap->protocol = ntohs((uint16_t)protocol);
	view->tap = tap;
	if (server->tap_count++ == 0)
		pyt_loopback_watch(server->stack, packet_tap_loopback, server);
	return 0;
}

void packet_tap_close(struct server *server, struct view *view)
{
	packet_ring_close(&view->tap->ring);
	arena_free(server->arena, view->tap, sizeof(*view->tap));
	view->tap = NULL;
	if (--server->tap_count)
		return;
	pyt_loopback_watch(server->stack, NULL, NULL);
	arena_free(server->arena, server->tap_buffer, LINK_BUFFER_LEN);
	server->tap_buffer = NULL;
}

int packet_tap_ifindex(const struct packet_tap *tap)
{
	return tap->ifindex;
}

/* ------------------------------------------------------------------- names */

int packet_tap_bind(struct request_call *call, struct view *view)
{
	struct packet_tap *tap = view->tap;
	struct pyt_iface_info iface;
	struct sockaddr_ll name;

	if (call->request->data_len < sizeof(name))
		return -EINVAL;
	memcpy(&name, call->request->data, sizeof(name));
	if (name.sll_family != AF_PACKET)
		return -EINVAL;
	if (name.sll_ifindex &&
	    rtnl_find_link(call->server->stack, name.sll_ifindex, "", &iface))
		return -ENODEV;
	tap->ifindex = name.sll_ifindex;
	if (name.sll_protocol)
		tap->protocol = ntohs(name.sll_protocol);
	return 0;
}

int packet_tap_name(struct request_call *call, struct view *view)
{
	const struct packet_tap *tap = view->tap;
	struct pyt_iface_info iface;
	struct sockaddr_ll name = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(tap->protocol),
				    .sll_ifindex = tap->ifindex };

	if (tap->ifindex && rtnl_find_link(call->server->stack, tap->ifindex,
					   "", &iface) == 0) {
		name.sll_hatype = ifaces_hardware_type(&iface);
		if (iface.config.medium != PYT_MEDIUM_IP) {
			name.sll_halen = 6;
			memcpy(name.sll_addr, iface.config.mac, 6);
		}
	}
	memcpy(call->reply->data, &name, sizeof(name));
	call->reply->data_len = sizeof(name);
	return 0;
}

/* ----------------------------------------------------------------- options */

static int attach(const struct pyt_request *request, struct packet_tap *tap)
{
	size_t count = request->data_len / sizeof(*tap->filter);
	struct sock_filter program[BPF_PROGRAM_MAX];
	int result;

	if (count > BPF_PROGRAM_MAX)
		return -EINVAL;
	memcpy(program, request->data, count * sizeof(*program));
	result = bpf_check(program, count);
	if (result < 0)
		return result;
	memcpy(tap->filter, program, count * sizeof(*program));
	tap->filter_count = (uint32_t)count;
	return 0;
}

static int set_socket_option(const struct pyt_request *request,
			     struct packet_tap *tap, int number)
{
	uint32_t bit = 0;

	switch (request->args[1]) {
	case SO_ATTACH_FILTER:
		return attach(request, tap);
	case SO_DETACH_FILTER:
		if (!tap->filter_count)
			return -ENOENT;
		tap->filter_count = 0;
		return 0;
	case SO_LOCK_FILTER:
		return 0;
	case SO_TIMESTAMP:
		bit = PYT_VIEW_WANTS_TIMESTAMP;
		break;
	case SO_TIMESTAMPNS:
		bit = PYT_VIEW_WANTS_TIMESTAMPNS;
		break;
	default:
		return -ENOPROTOOPT;
	}
	tap->wants = number ? tap->wants | bit : tap->wants & ~bit;
	return 0;
}

static int set_ring(const struct pyt_request *request, struct packet_tap *tap)
{
	struct tpacket_req asked;

	if (request->data_len < sizeof(asked))
		return -EINVAL;
	memcpy(&asked, request->data, sizeof(asked));
	return packet_ring_open(&tap->ring, &asked);
}

/* Groups and promiscuity: all that the link brings is shown anyway. */
static int check_membership(struct server *server,
			    const struct pyt_request *request)
{
	struct pyt_iface_info iface;
	struct packet_mreq asked;

	if (request->data_len < sizeof(asked))
		return -EINVAL;
	memcpy(&asked, request->data, sizeof(asked));
	return rtnl_find_link(server->stack, asked.mr_ifindex, "", &iface);
}

int packet_tap_set_option(struct request_call *call, struct view *view)
{
	const struct pyt_request *request = call->request;
	struct packet_tap *tap = view->tap;
	int number = 0;

	if (request->data_len >= sizeof(number))
		memcpy(&number, request->data, sizeof(number));
	if (request->args[0] == SOL_SOCKET)
		return set_socket_option(request, tap, number);
	if (request->args[0] != SOL_PACKET)
		return -ENOPROTOOPT;
	switch (request->args[1]) {
	case PACKET_ADD_MEMBERSHIP:
	case PACKET_DROP_MEMBERSHIP:
		return check_membership(call->server, request);
	case PACKET_AUXDATA:
		tap->wants &= ~(uint32_t)PYT_VIEW_WANTS_AUXDATA;
		tap->wants |= number ? PYT_VIEW_WANTS_AUXDATA : 0;
		return 0;
	case PACKET_VERSION:
		return number == TPACKET_V2 ? 0 : -EINVAL;
	case PACKET_RESERVE:
		if (tap->ring.fd || number < 0 || number > 4096)
			return -EINVAL;
		tap->ring.reserve = (uint32_t)number;
		return 0;
	case PACKET_RX_RING:
		return set_ring(request, tap);
	case PACKET_IGNORE_OUTGOING:
		tap->ignores_outgoing = number;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int give(struct request_call *call, const void *value, uint32_t len)
{
	if (call->request->data_len < len)
		len = call->request->data_len;
	memcpy(call->reply->data, value, len);
	call->reply->data_len = len;
	return 0;
}

int packet_tap_get_option(struct request_call *call, struct view *view)
{
	const struct pyt_request *request = call->request;
	struct packet_tap *tap = view->tap;
	struct tpacket_stats statistics = { tap->packets, tap->drops };
	int number = 0;

	if (request->args[0] != SOL_PACKET)
		return -ENOPROTOOPT;
	switch (request->args[1]) {
	case PACKET_STATISTICS:
		tap->packets = tap->drops = 0;
		return give(call, &statistics, sizeof(statistics));
	case PACKET_HDRLEN:
		if (request->data_len >= sizeof(number))
			memcpy(&number, request->data, sizeof(number));
		if (number != TPACKET_V2)
			return -EINVAL;
		number = sizeof(struct tpacket2_hdr);
		break;
	case PACKET_VERSION:
		number = TPACKET_V2;
		break;
	case PACKET_RESERVE:
		number = (int)tap->ring.reserve;
		break;
	case PACKET_AUXDATA:
		number = (tap->wants & PYT_VIEW_WANTS_AUXDATA) != 0;
		break;
	case PACKET_IGNORE_OUTGOING:
		number = tap->ignores_outgoing;
		break;
	default:
		return -ENOPROTOOPT;
	}
	return give(call, &number, sizeof(number));
}

/* -------------------------------------------------------------------- send */

/* The link's header for SOCK_DGRAM; its length, or -errno. */
static int put_header(const struct packet_tap *tap,
		      const struct pyt_view_frame *to,
		      const struct pyt_iface_info *iface, uint8_t *header)
{
	uint16_t protocol = to->protocol ? to->protocol : tap->protocol;

	if (tap->type == SOCK_RAW || iface->config.medium == PYT_MEDIUM_IP)
		return 0;
	if (to->address_len != 6)
		return -EINVAL;
	memcpy(header, to->address, 6);
	memcpy(header + 6, iface->config.mac, 6);
	header[12] = (uint8_t)(protocol >> 8);
	header[13] = (uint8_t)protocol;
	return HEADER_LEN;
}

/* bytes: HEADER_LEN of room, then the frame. */
static int send_frame(struct server *server, const struct packet_tap *tap,
		      const struct pyt_view_frame *to, uint8_t *bytes,
		      uint32_t len)
{
	int ifindex = to->ifindex ? to->ifindex : tap->ifindex;
	struct pyt_iface_info iface;
	uint8_t header[HEADER_LEN];
	int header_len;

	if (!ifindex || rtnl_find_link(server->stack, ifindex, "", &iface))
		return -ENXIO;
	header_len = put_header(tap, to, &iface, header);
	if (header_len < 0)
		return header_len;
	bytes -= header_len;
	memcpy(bytes, header, (size_t)header_len);
	len += (uint32_t)header_len;
	if (iface.config.medium == PYT_MEDIUM_LOOPBACK) {
		if (len < HEADER_LEN)
			return -EINVAL;
		bytes += HEADER_LEN; /* lo's frames have no header here */
		len -= HEADER_LEN;
	}
	return pyt_iface_send(server->stack, ifindex, bytes, len,
			      server->now_us);
}

bool packet_tap_pump(struct server *server, struct view *view)
{
	struct endpoint *endpoint = view->endpoint;

	for (int i = 0; i < SENDS_MAX && endpoint->readable; i++) {
		struct pyt_view_frame to = { 0 }; /* the kernel fills it */
		struct iovec iov[2] = {
			{ &to, sizeof(to) },
			{ server->scratch + HEADER_LEN,
			  SCRATCH_LEN - HEADER_LEN },
		};
		struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };
		ssize_t len =
			kernel_recvmsg(endpoint->fd, &message, MSG_DONTWAIT);

		if (len <= 0) {
			endpoint->readable = false;
			endpoint->hung_up |= len == 0;
			return false;
		}
		if ((size_t)len < sizeof(to))
			continue;
		view->last_error = send_frame(
			server, view->tap, &to, server->scratch + HEADER_LEN,
			(uint32_t)((size_t)len - sizeof(to)));
	}
	return endpoint->readable;
}
