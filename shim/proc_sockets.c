/* /proc/net/tcp and its like: one line a socket, as Linux prints it. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"
#include "endpoint_queue.h"
#include "inodes.h"
#include "kernel.h"
#include "netlink_server.h"
#include "packet_tap.h"
#include "proc_file.h"

#define TCP_WIDTH 149
#define DATAGRAM_WIDTH 127
#define CWND_FRESH 10u /* of a listener: what a connection begins with */
#define TICKS 100 /* a second has so many for programs */

#define TITLE4(first)                                                         \
	first "local_address rem_address   st tx_queue rx_queue tr tm->when " \
	      "retrnsmt   uid  timeout inode"
#define TITLE6                                                              \
	"  sl  local_address                         remote_address"        \
	"                        st tx_queue rx_queue tr tm->when retrnsmt" \
	"   uid  timeout inode"

#define TITLE_DATAGRAM " ref pointer drops"

/* One file's choice among all sockets, and its layout. */
struct listing {
	struct proc_text *text;
	int family, type, protocol; /* protocol 0: any */
	bool not_protocol; /* raw sockets: all */
	const char *number; /* format of the first column */
	int width; /* lines are padded to; 0: not */
	int count;
	uint32_t uid;
};

/* Words as the machine reads them, each in hexadecimal. */
static int put_address(char *to, size_t room, int family,
		       const struct pyt_sockaddr *address)
{
	uint32_t word[4];

	memcpy(word, address->ip.bytes, sizeof(word));
	if (family == AF_INET)
		return snprintf(to, room, "%08X:%04X", word[3], address->port);
	if (pyt_ip_is_unspecified(&address->ip))
		memset(word, 0, sizeof(word));
	return snprintf(to, room, "%08X%08X%08X%08X:%04X", word[0], word[1],
			word[2], word[3], address->port);
}

static uint64_t inode_of(struct server *server, int handle)
{
	const struct endpoint *endpoint =
		handle < 0 ? NULL : endpoint_of_handle(server, handle);

	return endpoint ? slots_at(&server->slots, endpoint->slot)->inode : 0;
}

/* Of datagrams Linux says whether they are connected. */
static unsigned state_of(const struct pyt_socket_view *view)
{
	if (view->status.type == SOCK_STREAM) {
		if (view->status.tcp_state == PYT_VIEW_NEW_SYN_RECV)
			return TCP_SYN_RECV;
		return (unsigned)view->status.tcp_state;
	}
	return pyt_ip_is_unspecified(&view->status.peer.ip) ? TCP_CLOSE
							    : TCP_ESTABLISHED;
}

/* Bytes of a stream; of datagrams the memory that they take. */
static uint32_t sending(const struct pyt_socket_view *view)
{
	if (view->status.type != SOCK_STREAM)
		return view->send_used;
	return state_of(view) == TCP_LISTEN ? 0 : view->status.send_queued;
}

static void put_line(struct listing *listing, const char *line)
{
	if (listing->width)
		proc_print(listing->text, "%-*s\n", listing->width, line);
	else
		proc_print(listing->text, "%s\n", line);
}

static int put_common(struct listing *listing,
		      const struct pyt_socket_view *view, char *line,
		      size_t room)
{
	struct server *server = listing->text->server;
	struct pyt_sockaddr address = view->status.local;
	char local[48], peer[48];
	int len;

	if (view->status.type == SOCK_RAW) /* Linux shows it as the port */
		address.port = (uint16_t)view->status.protocol;
	put_address(local, sizeof(local), listing->family, &address);
	put_address(peer, sizeof(peer), listing->family, &view->status.peer);
	len = snprintf(line, room, listing->number, listing->count++);
	return len +
	       snprintf(
		       line + len, room - (size_t)len,
		       ": %s %s %02X %08X:%08X %02X:%08llX %08X %5u %8d %llu",
		       local, peer, state_of(view), sending(view),
		       view->status.receive_queued, view->timer,
		       (unsigned long long)(view->expires_us * TICKS / 1000000),
		       view->retransmits, view->handle < 0 ? 0 : listing->uid,
		       0, (unsigned long long)inode_of(server, view->handle));
}

static bool is_listed(const struct listing *listing,
		      const struct pyt_socket_view *view)
{
	return view->status.family == listing->family &&
	       view->status.type == listing->type &&
	       (!listing->protocol ||
		view->status.protocol == listing->protocol);
}

/* What stands behind the inode of a connection. */
static void put_connection_end(const struct pyt_socket_view *view, char *line,
			       size_t room)
{
	struct tcp_info info = { 0 };

	if (view->tcp_info_len >= sizeof(info))
		memcpy(&info, view->tcp_info, sizeof(info));
	if (!view->tcp_info_len)
		snprintf(line, room, " %d %016x", 1, 0);
	else
		snprintf(line, room, " %d %016x %u %u %u %u %d", 1, 0,
			 info.tcpi_rto * (TICKS / 10) / 100000,
			 info.tcpi_ato / 10000, 0u,
			 info.tcpi_snd_cwnd ? info.tcpi_snd_cwnd : CWND_FRESH,
			 info.tcpi_snd_ssthresh >= 0x7fffffff
				 ? -1
				 : (int)info.tcpi_snd_ssthresh);
}

static void list_socket(struct listing *listing,
			const struct pyt_socket_view *view)
{
	char line[400];
	int len = put_common(listing, view, line, sizeof(line));

	if (view->status.type == SOCK_STREAM)
		put_connection_end(view, line + len,
				   sizeof(line) - (size_t)len);
	else
		snprintf(line + len, sizeof(line) - (size_t)len,
			 " %d %016x %llu", 2, 0,
			 (unsigned long long)view->dropped);
	put_line(listing, line);
}

static bool list_one(void *context, const struct pyt_socket_view *view)
{
	struct listing *listing = context;
	struct pyt_socket_view whole = *view;

	if (!is_listed(listing, view) || (view->status.type == SOCK_STREAM &&
					  view->status.tcp_state == TCP_CLOSE))
		return true;
	endpoint_queue_add(listing->text->server, &whole);
	list_socket(listing, &whole);
	return true;
}

static void list(struct listing *listing)
{
	struct server *server = listing->text->server;

	listing->uid = (uint32_t)kernel_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
	endpoint_queue_survey(server);
	pyt_sockets_visit(server->stack, 0, list_one, listing, server->now_us);
}

/* --------------------------------------------------------------------- TCP */

void proc_tcp(struct proc_text *text)
{
	struct listing tcp = { text,  AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       false, "%4d",   TCP_WIDTH };

	put_line(&tcp, TITLE4("  sl  "));
	list(&tcp);
}

void proc_tcp6(struct proc_text *text)
{
	struct listing tcp = { text,  AF_INET6, SOCK_STREAM, IPPROTO_TCP, false,
			       "%4d", 0 };

	put_line(&tcp, TITLE6);
	list(&tcp);
}

/* --------------------------------------------------------------- datagrams */

static void list_datagrams(struct proc_text *text, int family, int type,
			   int protocol)
{
	struct listing listing = {
		text, family, type, protocol, false, "%5d", 0
	};

	if (family == AF_INET && type == SOCK_DGRAM) {
		listing.width = DATAGRAM_WIDTH;
		put_line(&listing, protocol == IPPROTO_ICMP
					   ? TITLE4("  sl  ") TITLE_DATAGRAM
					   : TITLE4("   sl  ") TITLE_DATAGRAM);
	} else if (family == AF_INET) {
		listing.number = "%4d";
		put_line(&listing, TITLE4("  sl  ") TITLE_DATAGRAM);
	} else {
		put_line(&listing, TITLE6 TITLE_DATAGRAM);
	}
	list(&listing);
}

void proc_udp(struct proc_text *text)
{
	list_datagrams(text, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
}

void proc_udp6(struct proc_text *text)
{
	list_datagrams(text, AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
}

void proc_udplite(struct proc_text *text)
{
	list_datagrams(text, AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
}

void proc_udplite6(struct proc_text *text)
{
	list_datagrams(text, AF_INET6, SOCK_DGRAM, IPPROTO_UDPLITE);
}

void proc_icmp(struct proc_text *text)
{
	list_datagrams(text, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
}

void proc_icmp6(struct proc_text *text)
{
	list_datagrams(text, AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6);
}

void proc_raw(struct proc_text *text)
{
	list_datagrams(text, AF_INET, SOCK_RAW, 0);
}

void proc_raw6(struct proc_text *text)
{
	list_datagrams(text, AF_INET6, SOCK_RAW, 0);
}

/* --------------------------------------------------------- sockets of views */

static unsigned long long inode_of_view(const struct server *server,
					const struct view *view)
{
	return slots_at(&server->slots, view->endpoint->slot)->inode;
}

void proc_packet(struct proc_text *text)
{
	const struct server *server = text->server;
	const struct view *view;

	proc_print(text, "sk               RefCnt Type Proto  Iface R Rmem   "
			 "User   Inode\n");
	LIST_FOREACH (view, &server->views, link) {
		const struct pyt_slot *slot =
			slots_at(&server->slots, view->endpoint->slot);

		if (!view->tap)
			continue;
		proc_print(text,
			   "%016x %-6d %-4d %04x   %-5d %1d %-6u %-6u "
			   "%-6llu\n",
			   0, 3, slot->type, view->tap->protocol,
			   packet_tap_ifindex(view->tap), 1, 0u,
			   (unsigned)kernel_call(SYS_geteuid, 0, 0, 0, 0, 0, 0),
			   inode_of_view(server, view));
	}
}

void proc_netlink(struct proc_text *text)
{
	const struct server *server = text->server;
	const struct view *view;

	proc_print(text, "sk               Eth Pid        Groups   Rmem     "
			 "Wmem     Dump  Locks    Drops    Inode\n");
	LIST_FOREACH (view, &server->views, link) {
		const struct netlink *netlink = view->netlink;

		if (!netlink)
			continue;
		proc_print(text,
			   "%016x %-3d %-10u %08x %-8d %-8d %-5d %-8d "
			   "%-8u %-8llu\n",
			   0, netlink->protocol, netlink->pid,
			   (uint32_t)netlink->groups, 0, 0, netlink->dump.runs,
			   2, 0u, inode_of_view(server, view));
	}
}

/* ----------------------------------------------------------------- AF_UNIX */

/*
 * What a program holds as a socket of the stack is none to who looks: lsof(8)
 * would call it an AF_UNIX one, and not look further.
 */
static void put_unix(void *context, uint64_t inode, const char *line, int len)
{
	struct proc_text *text = context;

	if (!inode || slots_find(&text->server->slots, inode) == PYT_SLOT_NONE)
		proc_print(text, "%.*s\n", len, line);
}

void proc_unix(struct proc_text *text)
{
	text->error = inodes_lines(put_unix, text, text->server->scratch,
				   SCRATCH_LEN);
}
