/*
 * The protocol engine. Sans-I/O: frames and time go in; frames, events and
 * the next deadline come out. No thread, lock, clock, descriptor or global.
 *
 * Results are >= 0 or -errno with Linux's numbers. Addresses, families, socket
 * types, option levels and names are those of the C library's headers.
 * now_us is a monotonic clock of the caller's in microseconds; it may stand
 * still, it never runs backwards.
 * One caller at a time: the caller serialises all calls on one stack.
 */
#ifndef PYT_STACK_H
#define PYT_STACK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <pyt/addr.h>
#include <pyt/frame.h>

#define TIME_NEVER INT64_MAX

struct pyt_stack;

/* ------------------------------------------------ creation and settings */

/* alloc returns zeroed memory, aligned to 16 bytes, or NULL. */
struct pyt_allocator {
	void *(*alloc)(void *context, size_t len);
	void (*free)(void *context, void *memory, size_t len);
	void *context;
};

enum pyt_log_level {
	PYT_LOG_ERROR,
	PYT_LOG_WARNING,
	PYT_LOG_INFO,
	PYT_LOG_DEBUG,
};

struct pyt_stack_config {
	struct pyt_allocator allocator;
	uint8_t seed[32]; /* all randomness; equal seeds replay */
	/*
	 * The same for stacks that follow one another on the same addresses:
	 * then initial sequence numbers and timestamps go on rising (RFC 6528,
	 * 3), and a peer in TIME-WAIT takes the new connection for one. All
	 * zero: made from the seed.
	 */
	uint8_t secret[32];
	enum pyt_log_level log_level;
	/* One line, no newline; channel is "tcp", "arp" ...; may be NULL. */
	void (*log)(void *context, enum pyt_log_level level,
		    const char *channel, const char *line);
	void *log_context;
};

/* The stack owns an interface "lo" (index 1, 127.0.0.1/8). NULL: no memory. */
struct pyt_stack *pyt_stack_create(const struct pyt_stack_config *config,
				   int64_t now_us);
/* Sends nothing: sockets vanish as in a power failure. */
void pyt_stack_destroy(struct pyt_stack *stack);

enum pyt_medium {
	PYT_MEDIUM_LOOPBACK,
	PYT_MEDIUM_ETHERNET, /* frames begin with an Ethernet header */
	PYT_MEDIUM_IP, /* frames begin with an IP header (TUN) */
};

#define PYT_IFACE_NAME_MAX 16 /* terminating zero included */

struct pyt_iface_config {
	char name[PYT_IFACE_NAME_MAX];
	enum pyt_medium medium;
	uint8_t mac[6];
	uint32_t mtu; /* 68..65535 */
	unsigned offloads; /* set of enum pyt_offload */
};

/* Interface index (> 0), -EEXIST, -EINVAL, -ENOMEM, -ENOSPC. */
int pyt_iface_add(struct pyt_stack *stack,
		  const struct pyt_iface_config *config, int64_t now_us);

/*
 * Also installs the connected route. On Ethernet an address is probed and
 * announced beside normal use (RFC 5227); a conflict is an event.
 * -EEXIST, -EINVAL, -ENODEV, -ENOMEM, -ENOSPC.
 */
int pyt_address_add(struct pyt_stack *stack, int ifindex,
		    const struct pyt_ip *ip, unsigned prefix_len,
		    int64_t now_us);
/* With lifetimes and more: pyt_address_put(), pyt/view.h. */
int pyt_address_remove(struct pyt_stack *stack, int ifindex,
		       const struct pyt_ip *ip, int64_t now_us);

/* So many metrics of default gateways belong to each interface; those of the
 * first one behind lo are the lowest. */
#define PYT_METRICS 16
/* Those of DHCPv4 are higher by this: a gateway by hand goes before them. */
#define PYT_METRIC_DHCP 1024
/* Of IPv6's routes, as Linux: to what is on the link, where none is told. */
#define PYT_METRIC6_KERNEL 256
#define PYT_METRIC6_USER 1024

/* Who wants a route: it stays as long as one of them does. */
enum pyt_route_owner {
	PYT_ROUTE_BY_HAND = 1,
	PYT_ROUTE_OF_ADDRESS = 2, /* its subnet */
	PYT_ROUTE_OF_ROUTER = 4, /* told by an advertisement */
	PYT_ROUTE_OF_DHCP = 8, /* of DHCPv4 */
};

struct pyt_route {
	struct pyt_ip prefix;
	unsigned prefix_len; /* bits of the family's own address */
	struct pyt_ip gateway; /* unspecified: on the link */
	struct pyt_ip src; /* of who names none; unspecified: chosen */
	int ifindex; /* 0: found by the gateway */
	uint32_t metric; /* lower wins among equal prefixes; of IPv6 never 0 */
	int preference; /* of IPv6's routers: -1, 0, 1; RFC 4191 */
	bool advertised; /* by the gateway itself */
	uint8_t hop_limit; /* of who has advertised itself; 0: not told */
	uint32_t mtu; /* just so; the interface's, in truth */
	unsigned owners; /* enum pyt_route_owner, ORed; 0: by hand */
	int64_t until_us; /* what a router told ends then; 0: never */
};

int pyt_route_add(struct pyt_stack *stack, const struct pyt_route *route);
int pyt_route_remove(struct pyt_stack *stack, const struct pyt_route *route);
/* Another number than before: what could be sent may not be any more. */
uint32_t pyt_route_changes(const struct pyt_stack *stack);

/* Enumeration by ordinal from 0; -ENOENT ends it. */
struct pyt_iface_info {
	int ifindex;
	bool is_up; /* see pyt_iface_set_up(), pyt/view.h */
	struct pyt_iface_config config;
	uint64_t rx_packets, rx_bytes, rx_dropped;
	uint64_t tx_packets, tx_bytes, tx_dropped;
};
struct pyt_address_info {
	int ifindex;
	struct pyt_ip ip;
	unsigned prefix_len;
	int64_t preferred_until_us; /* TIME_NEVER: without end */
	int64_t valid_until_us;
	unsigned flags; /* set of enum pyt_address_flag, pyt/view.h */
	uint32_t metric; /* of the route to its subnet */
	char label[PYT_IFACE_NAME_MAX]; /* "": the interface's name */
	bool is_tentative; /* being probed: RFC 4862, 5.4; RFC 5227 */
	bool is_taken; /* somebody else has it: not used */
	bool is_autonomous; /* of an advertised prefix, RFC 4862 ... */
	bool is_temporary; /* ... and one of those of RFC 8981 */
};
struct pyt_neighbour_info {
	int ifindex;
	struct pyt_ip ip;
	uint8_t mac[6];
	const char *state; /* "REACHABLE" ... */
	bool is_router; /* it has said so: RFC 4861 */
};
int pyt_iface_get(const struct pyt_stack *stack, int ordinal,
		  struct pyt_iface_info *info);
int pyt_address_get(const struct pyt_stack *stack, int ordinal,
		    struct pyt_address_info *info);
int pyt_route_get(const struct pyt_stack *stack, int ordinal,
		  struct pyt_route *info);
int pyt_neighbour_get(const struct pyt_stack *stack, int ordinal,
		      struct pyt_neighbour_info *info);

/* Where a packet would come from: RFC 6724, 5. */
struct pyt_source {
	bool found; /* else nothing leads to the destination */
	bool deprecated; /* RFC 4862, 5.5.4 */
	unsigned prefix_len;
	struct pyt_ip ip;
};
void pyt_source_get(struct pyt_stack *stack, const struct pyt_ip *dst,
		    struct pyt_source *source, int64_t now_us);

/* Linux's dotted names ("net.ipv4.tcp_rmem"). -ENOENT, -EINVAL, -ERANGE. */
int pyt_sysctl_set(struct pyt_stack *stack, const char *name,
		   const char *value);
/* Length of the text (as snprintf), or -ENOENT. */
int pyt_sysctl_get(const struct pyt_stack *stack, const char *name, char *value,
		   size_t value_len);
/*
 * A congestion control beside the stack's own, see pyt/cc.h; the table is
 * copied, what its hooks point to stays where it is until the stack goes.
 * -EPROTO: made for another version; -EINVAL: not as pyt/cc.h says; -EEXIST:
 * there is one of that name; -ENOSPC: 16 were added; -ENOMEM.
 */
struct pyt_cc_ops;
int pyt_congestion_control_add(struct pyt_stack *stack,
			       const struct pyt_cc_ops *ops);
/* Name and value of counter number ordinal; -ENOENT after the last. */
int pyt_counter_get(const struct pyt_stack *stack, int ordinal,
		    const char **name, uint64_t *value);

/* What the stack holds now: sockets by state, entries of tables, bytes. */
struct pyt_size {
	const char *name; /* "tcp_time_wait" ... */
	uint64_t value;
};
#define PYT_SIZES_MAX 48
/* Their number, at most PYT_SIZES_MAX. Walks over all sockets. */
int pyt_sizes_get(const struct pyt_stack *stack,
		  struct pyt_size size[PYT_SIZES_MAX]);

/* ------------------------------------------- automatic configuration */

/* What gives an interface its addresses, routes and name servers. */
enum pyt_method {
	PYT_METHOD_STATIC, /* pyt_address_add(); always in the set */
	PYT_METHOD_DHCP4,
	PYT_METHOD_LINKLOCAL4, /* RFC 3927; beside DHCP only if that fails */
	PYT_METHOD_SLAAC, /* router advertisements */
	PYT_METHOD_DHCP6, /* as router advertisements ask for */
	PYT_METHODS
};

#define PYT_DOMAIN_MAX 256 /* of a name as text, terminating zero included */

struct pyt_autoconf_config {
	unsigned methods; /* set of 1u << enum pyt_method */
	/* DHCP4 shall not give an address, but tell about the static one's
	 * network: RFC 2131, 3.4. */
	bool dhcp4_informs;
	char hostname[PYT_DOMAIN_MAX]; /* to be told to servers; "": none */
};

/* Once for each interface. -ENODEV, -EALREADY, -EOPNOTSUPP (no Ethernet),
 * -ENOMEM. */
int pyt_autoconf_start(struct pyt_stack *stack, int ifindex,
		       const struct pyt_autoconf_config *config,
		       int64_t now_us);
/* Its addresses go; release: and the servers are told that they do. */
void pyt_autoconf_stop(struct pyt_stack *stack, int ifindex, bool release,
		       int64_t now_us);

/* Of all interfaces but lo: PENDING if one of them is, else the best. */
enum pyt_configured {
	PYT_CONFIGURED_OFF, /* nothing gives addresses of this family */
	PYT_CONFIGURED_PENDING, /* it is worth waiting */
	PYT_CONFIGURED_READY, /* there is an address to use */
	PYT_CONFIGURED_FAILED, /* nothing came in time; it is tried on */
};
/* family: AF_INET, AF_INET6 */
enum pyt_configured pyt_configured(const struct pyt_stack *stack, int family);

/* What was learned, best first. By ordinal from 0; -ENOENT ends it. */
struct pyt_name_server {
	struct pyt_ip ip;
	int ifindex;
	enum pyt_method method;
	int64_t until_us; /* TIME_NEVER: without end */
};
struct pyt_search_domain {
	char name[PYT_DOMAIN_MAX]; /* without a dot at its end */
	int ifindex;
	enum pyt_method method;
	int64_t until_us;
};
int pyt_name_server_get(const struct pyt_stack *stack, int ordinal,
			struct pyt_name_server *server);
int pyt_search_domain_get(const struct pyt_stack *stack, int ordinal,
			  struct pyt_search_domain *domain);
/* The captive portal's URI (RFC 8910) as snprintf, or -ENOENT. */
int pyt_captive_portal_get(const struct pyt_stack *stack, char *text,
			   size_t text_len);
/* Whether a server was asked for one and may answer yet: worth waiting. */
bool pyt_name_server_is_awaited(const struct pyt_stack *stack);
/* Another number than before: one of these three has another answer. */
uint32_t pyt_autoconf_changes(const struct pyt_stack *stack);

/*
 * What a server granted, to be kept by the caller between stacks: given back
 * before pyt_autoconf_start() it is asked for again, which is faster than to
 * ask anew. message is the server's own, and is checked as if it came now.
 */
#define PYT_LEASE_MESSAGE_MAX 1500
struct pyt_lease {
	int ifindex;
	enum pyt_method method;
	int64_t obtained_us; /* may be negative: before the clock began */
	struct pyt_ip router; /* whose MAC it is; unspecified: none known */
	uint8_t router_mac[6];
	uint32_t message_len; /* 0: there is none any more */
	uint8_t message[PYT_LEASE_MESSAGE_MAX];
};
/* -ENODEV, -EINVAL; nothing else is wrong with it until it is used. */
int pyt_lease_put(struct pyt_stack *stack, const struct pyt_lease *lease);
/* The interface's lease by this method; -ENOENT: none. */
int pyt_lease_get(const struct pyt_stack *stack, int ifindex,
		  enum pyt_method method, struct pyt_lease *lease);

/* ------------------------------------------------------ frames and time */

/*
 * A frame received on ifindex. Sets frame->drop_reason to a static string
 * ("tcp_checksum", ...) if it was dropped, else to NULL.
 */
void pyt_input(struct pyt_stack *stack, int ifindex, struct pyt_frame *frame,
	       int64_t now_us);

/*
 * The next frame to send on ifindex. Returns 1 with *frame filled in, 0 if
 * there is none now. Call it while the link has room.
 */
int pyt_output(struct pyt_stack *stack, int ifindex, struct pyt_frame *frame,
	       int64_t now_us);

/* Early does nothing; late runs each due timer once. */
void pyt_run_timers(struct pyt_stack *stack, int64_t now_us);

/* When to call pyt_run_timers() at the latest; TIME_NEVER: never. */
int64_t pyt_next_deadline(const struct pyt_stack *stack);

enum pyt_event_type {
	PYT_EVENT_SOCKET, /* handle, ready */
	PYT_EVENT_ADDRESS_CONFLICT, /* ifindex, ip, mac */
	PYT_EVENT_ADDRESS_LOST, /* ifindex, ip: by the end of its lease ... */
	PYT_EVENT_CONFIGURED, /* family, ifindex: has an address now */
	PYT_EVENT_CONFIGURE_TIMEOUT, /* family, ifindex: has none yet */
	PYT_EVENT_LEASE, /* ifindex, method: for pyt_lease_get() */
};

/* What became true of a socket; a set. Level-checked by pyt_socket_ready(). */
enum pyt_ready {
	PYT_READY_READ = 1 << 0, /* data, datagram or end of stream */
	PYT_READY_WRITE = 1 << 1, /* send buffer has room; connected */
	PYT_READY_ACCEPT = 1 << 2, /* a connection waits */
	PYT_READY_ERROR = 1 << 3, /* SO_ERROR is set */
	PYT_READY_READ_END = 1 << 4, /* peer's FIN, or reset */
	PYT_READY_HANG_UP = 1 << 5, /* both directions ended */
	PYT_READY_URGENT = 1 << 6, /* urgent data (SIGURG, POLLPRI) */
	PYT_READY_ERROR_QUEUE = 1 << 7, /* MSG_ERRQUEUE has a message */
	PYT_READY_SENT_ALL = 1 << 8, /* stream: everything acknowledged */
	PYT_READY_ENOUGH = 1 << 9, /* stream: as READ, and SO_RCVLOWAT is met */
};

struct pyt_event {
	enum pyt_event_type type;
	int handle;
	unsigned ready; /* set of enum pyt_ready */
	int ifindex;
	struct pyt_ip ip;
	uint8_t mac[6];
	int family; /* AF_INET, AF_INET6 */
	enum pyt_method method;
};

/* 1 and *event, or 0. Events of one socket merge until they are taken. */
int pyt_next_event(struct pyt_stack *stack, struct pyt_event *event);

/* -------------------------------------------------------------- sockets */
/* A handle is >= 0 and not reused before 2^15 others were. -EBADF: none. */

/* -EAFNOSUPPORT, -EPROTONOSUPPORT, -ESOCKTNOSUPPORT, -ENFILE, -ENOBUFS */
int pyt_socket_open(struct pyt_stack *stack, int family, int type,
		    int protocol);
/*
 * The program's last close(2). The handle ends now; a connection goes on to
 * send its data and FIN (SO_LINGER as Linux), with nothing left to be told.
 */
int pyt_socket_close(struct pyt_stack *stack, int handle, int64_t now_us);
/*
 * The same of a stream of which the program has not read all that was consumed
 * for it: a reset, RFC 2525, 2.17.
 */
int pyt_socket_close_unread(struct pyt_stack *stack, int handle,
			    int64_t now_us);

int pyt_socket_bind(struct pyt_stack *stack, int handle,
		    const struct pyt_sockaddr *local);
/* 0 for datagrams and dissolved associations, -EINPROGRESS for streams. */
int pyt_socket_connect(struct pyt_stack *stack, int handle,
		       const struct pyt_sockaddr *peer, int64_t now_us);
/*
 * As MSG_FASTOPEN connects (RFC 7413): 0 if the SYN waits for the first data
 * written, which it carries; else -EINPROGRESS: no cookie yet. -EOPNOTSUPP.
 * pyt_socket_connect() does the same where TCP_FASTOPEN_CONNECT is set.
 */
int pyt_socket_connect_fast(struct pyt_stack *stack, int handle,
			    const struct pyt_sockaddr *peer, int64_t now_us);
int pyt_socket_disconnect(struct pyt_stack *stack, int handle,
			  int64_t now_us); /* AF_UNSPEC */
int pyt_socket_listen(struct pyt_stack *stack, int handle, int backlog);
/* Handle of the oldest established connection, or -EAGAIN. */
int pyt_socket_accept(struct pyt_stack *stack, int handle, int64_t now_us);
int pyt_socket_shutdown(struct pyt_stack *stack, int handle, int how,
			int64_t now_us);

/* Option bytes exactly as in setsockopt(2)/getsockopt(2) on Linux. */
int pyt_socket_set_option(struct pyt_stack *stack, int handle, int level,
			  int name, const void *value, uint32_t value_len,
			  int64_t now_us);
/* Length of what was written (at most value_len), or -errno. */
int pyt_socket_get_option(struct pyt_stack *stack, int handle, int level,
			  int name, void *value, uint32_t value_len,
			  int64_t now_us);

struct pyt_socket_status {
	int family, type, protocol;
	int tcp_state; /* Linux's TCP_ESTABLISHED (1) ... ; 0: none */
	int error; /* what SO_ERROR would give; not cleared */
	struct pyt_sockaddr local, peer; /* unset: zero port, any */
	uint32_t send_queued, receive_queued; /* bytes: SIOCOUTQ, SIOCINQ */
	int64_t received_us; /* streams: the latest data; 0: none yet */
	bool gathers; /* UDP_CORK is on, or MSG_MORE's bytes wait for more */
	bool has_gathered; /* a datagram was begun, and not sent */
};
int pyt_socket_status(const struct pyt_stack *stack, int handle,
		      struct pyt_socket_status *status);
/* The set of enum pyt_ready that holds now. */
unsigned pyt_socket_ready(const struct pyt_stack *stack, int handle);
/* SO_ERROR: the error (positive errno or 0), cleared by reading it. */
int pyt_socket_take_error(struct pyt_stack *stack, int handle);

/*
 * Streams, without a copy. send_space fills iov with the free space that
 * follows the queued data (number of pieces, 0 if full, -EPIPE, -ENOTCONN or
 * the socket's error, then cleared); send_commit says how much was put there.
 * flags: MSG_MORE, MSG_OOB (the last byte is urgent).
 */
int pyt_socket_send_space(struct pyt_stack *stack, int handle,
			  struct iovec *iov, int iov_max);
void pyt_socket_send_commit(struct pyt_stack *stack, int handle, size_t len,
			    int flags, int64_t now_us);
/*
 * recv_view fills iov with received bytes in order (pieces; 0: none now or
 * end of stream, see pyt_socket_ready()); recv_consume frees len of them and
 * may open the window.
 */
int pyt_socket_recv_view(struct pyt_stack *stack, int handle, struct iovec *iov,
			 int iov_max);
void pyt_socket_recv_consume(struct pyt_stack *stack, int handle, size_t len,
			     int64_t now_us);
/* Urgent byte as MSG_OOB gives it: 1, or -EAGAIN, -EINVAL. */
int pyt_socket_recv_urgent(struct pyt_stack *stack, int handle, uint8_t *byte);
/* How many bytes are to be read before it; -EINVAL: none waits. */
int64_t pyt_socket_urgent_distance(const struct pyt_stack *stack, int handle);

/* Who has given the flow label: a name only if IPV6_FLOWINFO_SEND is set. */
enum pyt_flow_info {
	PYT_FLOW_INFO_NONE,
	PYT_FLOW_INFO_NAME,
	PYT_FLOW_INFO_CONTROL,
};

/* Extension headers of IPv6 in the order of a packet: RFC 3542, 7 to 9. */
enum pyt_extension {
	PYT_EXTENSION_HOP_BY_HOP,
	PYT_EXTENSION_BEFORE_ROUTING, /* destination options */
	PYT_EXTENSION_ROUTING,
	PYT_EXTENSION_DESTINATION,
	PYT_EXTENSIONS,
	/* IPv4's options stand in their place; in: with our own entries, and
	 * as an answer would have them */
	PYT_EXTENSION_IP4_OPTIONS = 0,
	PYT_EXTENSION_IP4_ECHO = 1,
};

/* Datagrams: UDP, ICMP ping, raw. */
struct pyt_message {
	struct pyt_sockaddr peer; /* to: port 0 and any: the connected */
	struct pyt_ip local; /* PKTINFO: source out, dest. in */
	int ifindex; /* PKTINFO; 0: by route */
	int ttl; /* -1: the socket's */
	int tos; /* -1: the socket's */
	int gso_size; /* UDP_SEGMENT/UDP_GRO; 0: none */
	int64_t received_us; /* in: now_us of arrival */
	uint32_t len; /* in: length of the payload */
	uint32_t flow_info; /* IPv6: class and label, as in the header */
	uint8_t flow_info_from; /* enum pyt_flow_info; out */
	uint8_t dont_fragment; /* out: 0: the socket's; 1: no; 2: yes */
	uint16_t fragment_size; /* in: of the longest; 0: came whole */
	uint32_t path_mtu; /* in: of the way to peer, no datagram; or 0 */
	/* one behind the other; out: all 0: the socket's */
	uint16_t extension_len[PYT_EXTENSIONS];
	const uint8_t *extensions;
	/* MSG_ERRQUEUE: sock_extended_err's fields; ee_errno 0: no error */
	uint32_t ee_errno, ee_info, ee_data;
	uint8_t ee_origin, ee_type, ee_code;
	bool more; /* out: MSG_MORE */
	/* Of an error. Else, in: PKTINFO's address to answer from, where
	 * pump_datagram.c was asked for it */
	struct pyt_ip offender;
};
/* Length, or -EAGAIN, -EMSGSIZE, -ECONNREFUSED (queued error, cleared) ... */
ssize_t pyt_socket_send_message(struct pyt_stack *stack, int handle,
				const struct pyt_message *message,
				const struct iovec *iov, int iov_count,
				int64_t now_us);
/*
 * What send_message would answer to a message of len bytes, without sending
 * it: 0 or -errno. *max_len: up to this length the answer is 0 as well, until
 * the socket or pyt_route_changes() changes; -1: that depends on the bytes.
 */
int pyt_socket_check_message(struct pyt_stack *stack, int handle,
			     const struct pyt_message *message, uint32_t len,
			     int64_t *max_len, int64_t now_us);
/*
 * The oldest queued datagram (error_queue: queued error with the quoted
 * packet): fills *message and up to iov_max pieces; the number of pieces, or
 * -EAGAIN. It stays queued until drop_message.
 */
int pyt_socket_view_message(struct pyt_stack *stack, int handle,
			    bool error_queue, struct pyt_message *message,
			    struct iovec *iov, int iov_max);
void pyt_socket_drop_message(struct pyt_stack *stack, int handle,
			     bool error_queue);

/*
 * What must not die with the process: connections that still have data or a
 * FIN to bring across (not those in TIME-WAIT), and packets that wait for a
 * neighbour's address.
 */
int pyt_unfinished_count(const struct pyt_stack *stack);

#endif
