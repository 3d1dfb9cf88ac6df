/*
 * Between the calls in a program (client) and the stack thread or process
 * (server): the rendezvous, the slots, the control messages and the header
 * of a datagram. Both sides are of one build; HELLO refuses another version.
 *
 * RENDEZVOUS. The server listens on an abstract AF_UNIX SOCK_SEQPACKET
 * address: "\0pyt/<link kind>:<link name>". Abstract names are per network
 * namespace, as TAP names are. Both sides check SO_PEERCRED: the same
 * effective user, or root. Whoever binds the name owns the link.
 *
 * THE DOOR. A program that gives up its user may have one of the stack's doors
 * first (OP_DOOR): a socket that is inherited across fork and exec, bound to
 * "\0pyt-door/<link kind>:<link name>/<number>" to be recognized. Who holds it
 * sends one end of a SOCK_SEQPACKET pair through it (SCM_RIGHTS); that is a
 * control connection then, whoever the user is. Another user's names only
 * sockets that it has opened, or whose descriptor it has shown (OP_PROVE).
 *
 * ENDPOINTS. What the program holds is a real AF_UNIX descriptor:
 *
 * Stream: socket() gives an unconnected AF_UNIX SOCK_STREAM socket (polls
 * OUT|HUP, as a fresh TCP socket does) and registers its inode (OP_SOCKET).
 *   connect(): after OP_CONNECT the endpoint is connected to a private
 *   listener of the server's (its name is in the slot table). If the
 *   handshake is over by then, the client does it, bound to the name
 *   "\0pyt.<proof>.<slot>.<generation>": the proof is a keyed hash, the key
 *   came with HELLO. If not, or without the key, OP_ATTACH carries a copy of
 *   the descriptor (SCM_RIGHTS): the server connects that copy, writes the
 *   filler through it, so that the endpoint is not writable, and closes the
 *   copy. Established: it reads the filler. Failed: it sets the slot's
 *   error, then closes its end with the filler unread (the program sees
 *   IN|OUT|RDHUP|HUP|ERR). After that the bytes of the stream travel both
 *   ways; EOF is shutdown(2), last close is HUP. Urgent bytes are AF_UNIX's
 *   own MSG_OOB, both ways.
 *   listen(): the client binds the endpoint to an abstract name of the
 *   kernel's choice (autobind), really listens on it, then OP_LISTEN shows
 *   it. For each established connection the server makes a socket, binds it
 *   to "\0pyt.<proof>.<slot>.<generation>" and connects it: accept4(2) gives
 *   the program the new endpoint and, as the peer's name, its slot (printed
 *   by PYT_PEER_NAME_FORMAT after the leading zero byte). Anybody on the
 *   machine may connect: SO_PEERCRED says whether it was the stack. OP_ADOPT
 *   (no reply) then tells the server the endpoint's inode, or the next
 *   request does, see struct pyt_taken.
 *   An unconnected or listening endpoint has no other end that would hang
 *   up: the client's close() sends OP_CLOSED (no reply), the end of a
 *   process hangs up its control connection, a bind conflict asks too; the
 *   server then looks whether the inode still exists (sock_diag).
 *
 * Datagram (UDP, ping, raw): socket() makes a SOCK_SEQPACKET pair and passes
 * the other end with OP_SOCKET. Every message on it, in both directions,
 * begins with struct pyt_datagram.
 *
 * View (AF_NETLINK, AF_PACKET, files of /proc/sys/net to write): the same
 * pair. Netlink messages and values travel as they are, frames behind struct
 * pyt_view_frame. After a write OP_VIEW_SYNC waits until it is done.
 */
#ifndef PYT_CONTROL_H
#define PYT_CONTROL_H

#include <stdatomic.h>
#include <stdint.h>

#include <pyt/addr.h>
#include <pyt/stack.h>

#define PYT_CONTROL_VERSION 9
#define PYT_CONTROL_NAME "pyt/"
#define PYT_DOOR_NAME "pyt-door/"
#define PYT_PEER_NAME_FORMAT "pyt.%016llx.%u.%u" /* proof slot generation */
#define PYT_KEY_LEN 16 /* of the proof, SipHash */
#define PYT_LISTENER_NAME_MAX 11 /* autobind's have 6 bytes */
#define PYT_SLOTS 65536u /* sockets of one stack, all processes */
#define PYT_SLOT_NONE UINT32_MAX

/* ---------------------------------------------------------------- slots */

enum pyt_slot_flags {
	PYT_SLOT_LISTENING = 1 << 0,
	PYT_SLOT_ACCEPT_PENDING = 1 << 1, /* send OP_NUDGE after accept */
	PYT_SLOT_CONNECTING = 1 << 2,
	PYT_SLOT_CONNECTED = 1 << 3,
	PYT_SLOT_SEND_SHUT = 1 << 4, /* datagrams: shutdown(SHUT_WR) */
	PYT_SLOT_LINGERS = 1 << 5, /* SO_LINGER with a time */
	PYT_SLOT_OWN_OPTIONS = 1 << 6, /* accept() hands on the endpoint's */
	PYT_SLOT_ERROR_QUEUE = 1 << 7, /* MSG_ERRQUEUE has some */
	PYT_SLOT_GATHERS = 1 << 8, /* datagrams: each send is to ask */
	PYT_SLOT_HAS_GATHERED = 1 << 9, /* UDP: the next one has no address */
	PYT_SLOT_NOTICED = 1 << 10, /* datagrams: an error has been told of */
	PYT_SLOT_LOW_WATER = 1 << 11, /* streams: PYT_OP_SHOW before a read */
	PYT_SLOT_PEEK_OFF = 1 << 12, /* datagrams: SO_PEEK_OFF is set */
	PYT_SLOT_RECEIVE_SHUT = 1 << 13, /* the same, SHUT_RD */
	PYT_SLOT_KEEPS_BYTE = 1 << 14, /* streams: see PYT_OP_KEEP_BYTE */
	PYT_SLOT_FULL = 1 << 12, /* streams: more has come than fits */
};

/*
 * Control messages that the program asked for by an option: the server keeps
 * the set (shim/ancillary.h says which option is which), the calls build them
 * out of struct pyt_message.
 */
enum pyt_ancillary {
	PYT_ANCILLARY_PKTINFO = 1 << 0, /* IP_PKTINFO */
	PYT_ANCILLARY_TTL = 1 << 1, /* IP_RECVTTL */
	PYT_ANCILLARY_TOS = 1 << 2, /* IP_RECVTOS */
	PYT_ANCILLARY_PKTINFO6 = 1 << 3, /* IPV6_RECVPKTINFO */
	PYT_ANCILLARY_HOPLIMIT = 1 << 4, /* IPV6_RECVHOPLIMIT */
	PYT_ANCILLARY_TCLASS = 1 << 5, /* IPV6_RECVTCLASS */
	PYT_ANCILLARY_TIMESTAMP = 1 << 6, /* SO_TIMESTAMP */
	PYT_ANCILLARY_TIMESTAMPNS = 1 << 7, /* SO_TIMESTAMPNS */
	PYT_ANCILLARY_GRO = 1 << 8, /* UDP_GRO */
	PYT_ANCILLARY_ORIGINAL = 1 << 9, /* IP_RECVORIGDSTADDR */
	PYT_ANCILLARY_INQ = 1 << 10, /* TCP_INQ; streams only */
	PYT_ANCILLARY_ORIGINAL6 = 1 << 11, /* IPV6_RECVORIGDSTADDR */
	PYT_ANCILLARY_TIMESTAMPING = 1 << 12, /* SO_TIMESTAMPING, software */
	PYT_ANCILLARY_FRAGSIZE = 1 << 13, /* IP_RECVFRAGSIZE */
	PYT_ANCILLARY_FRAGSIZE6 = 1 << 14, /* IPV6_RECVFRAGSIZE */
	PYT_ANCILLARY_FLOW_INFO = 1 << 15, /* IPV6_FLOWINFO */
	PYT_ANCILLARY_HOP_OPTS = 1 << 16, /* IPV6_RECVHOPOPTS */
	PYT_ANCILLARY_DST_OPTS = 1 << 17, /* IPV6_RECVDSTOPTS */
	PYT_ANCILLARY_RTHDR = 1 << 18, /* IPV6_RECVRTHDR */
	/* as RFC 2292 called them: IPV6_2292PKTINFO ... */
	PYT_ANCILLARY_PKTINFO2292 = 1 << 19,
	PYT_ANCILLARY_HOPLIMIT2292 = 1 << 20,
	PYT_ANCILLARY_HOP_OPTS2292 = 1 << 21,
	PYT_ANCILLARY_DST_OPTS2292 = 1 << 22,
	PYT_ANCILLARY_RTHDR2292 = 1 << 23,
	PYT_ANCILLARY_TIMESTAMP_NEW = 1 << 24, /* their form: SO_..._NEW */
	PYT_ANCILLARY_TXTIME = 1 << 25, /* SO_TXTIME: SCM_TXTIME is taken */
	PYT_ANCILLARY_OPTIONS = 1 << 26, /* IP_RECVOPTS */
	PYT_ANCILLARY_RETURN_OPTIONS = 1 << 27, /* IP_RETOPTS */
	/* with one of them the headers of a datagram come with it */
	PYT_ANCILLARY_EXTENSIONS =
		PYT_ANCILLARY_HOP_OPTS | PYT_ANCILLARY_DST_OPTS |
		PYT_ANCILLARY_RTHDR | PYT_ANCILLARY_HOP_OPTS2292 |
		PYT_ANCILLARY_DST_OPTS2292 | PYT_ANCILLARY_RTHDR2292 |
		PYT_ANCILLARY_OPTIONS | PYT_ANCILLARY_RETURN_OPTIONS,
};

/*
 * Written by the server alone, read by every client without a round trip.
 * sequence is odd while a write goes on; readers retry (seqlock).
 */
struct pyt_slot {
	_Atomic uint32_t sequence;
	uint32_t generation; /* of this slot; 0: never used */
	_Atomic uint64_t inode; /* endpoint's; 0: slot is free */
	_Atomic uint32_t flags; /* set of enum pyt_slot_flags */
	_Atomic int32_t error; /* pending error; taken by OP_ERROR */
	_Atomic uint32_t next; /* in its bucket; PYT_SLOT_NONE ends */
	int32_t tcp_state;
	uint16_t family; /* AF_INET, AF_INET6 */
	uint16_t type; /* SOCK_STREAM, SOCK_DGRAM, SOCK_RAW */
	int32_t protocol;
	struct pyt_sockaddr local, peer;
	uint32_t send_queued; /* bytes in the engine, not acked */
	uint32_t receive_queued; /* bytes in the engine, not taken */
	_Atomic uint32_t ancillary; /* set of enum pyt_ancillary */
	_Atomic uint32_t send_room; /* SO_SNDBUF of the program's end, which
				sets it itself; 0: as the kernel has made it */
	/* Instead of a reply: see PYT_ANSWER_IN_SLOT. */
	_Atomic uint32_t answers; /* counts them; a futex */
	int32_t answer; /* the result */
	int32_t answer_to; /* args[2] of the request */
	uint32_t spare_slot; /* as in struct pyt_reply */
	uint32_t spare_generation;
	_Atomic uint32_t send_epoch; /* moves when PYT_OP_SEND may differ */
	_Atomic uint32_t attempt; /* moves with each end that it gets */
	/* Of a listener: the endpoint's abstract name. */
	uint8_t listener_len;
	char listener[PYT_LISTENER_NAME_MAX];
};

#define PYT_STREAM_NAME_MAX 31 /* autobind's names have 6 bytes */
#define PYT_SLOT_BUCKETS 65536u /* bucket = inode % PYT_SLOT_BUCKETS */

/* What is still being configured: a program that needs it waits. */
enum pyt_boot {
	PYT_BOOT_V4_PENDING = 1 << 0,
	PYT_BOOT_V6_PENDING = 1 << 1,
	PYT_BOOT_HAS_NAME_SERVER = 1 << 2,
	PYT_BOOT_V4_READY = 1 << 3,
	PYT_BOOT_V6_READY = 1 << 4,
	PYT_BOOT_NAMES_PENDING = 1 << 5, /* a server was asked for one */
};

/* The memfd that HELLO hands over; read-only for clients. */
struct pyt_slot_table {
	uint32_t version;
	uint32_t server_pid;
	uint64_t token; /* random; in front of datagrams */
	uint8_t stream_name_len;
	char stream_name[PYT_STREAM_NAME_MAX]; /* private listener, abstract */
	_Atomic uint64_t changes; /* bumped before and after relinking */
	_Atomic uint32_t route_epoch; /* as send_epoch, for all slots */
	_Atomic uint32_t boot; /* set of enum pyt_boot; a futex */
	_Atomic uint32_t bucket[PYT_SLOT_BUCKETS];
	struct pyt_slot slot[PYT_SLOTS];
};

/* ------------------------------------------------------------- messages */

enum pyt_op {
	PYT_OP_HELLO, /* args: version, data: settings -> memfd, result2, data:
			 the key, if the client is of the stack's user */
	PYT_OP_SOCKET, /* family type protocol inode [fd] -> slot; of datagrams
			 without inode: family type protocol flags -> fd slot */
	PYT_OP_BIND, /* slot address */
	PYT_OP_CONNECT, /* slot address how - whose PYT_ANSWER_IN_SLOT */
	PYT_OP_CONNECT_FAST, /* slot address how, data: of SYN -> as CONNECT;
			result2: how much of it was taken */
	PYT_OP_ATTACH, /* slot fd - whose PYT_ANSWER_IN_SLOT; after CONNECT */
	PYT_OP_DISCONNECT, /* slot inode: of its new endpoint; 0: same */
	PYT_OP_LISTEN, /* slot backlog fd: the endpoint, which listens */
	PYT_OP_ADOPT, /* slot generation inode; no reply */
	PYT_OP_PROVE, /* slot generation fd: the endpoint. To name it from now
			on; adopts it, too */
	PYT_OP_NUDGE, /* slot; no reply: accept queue has room */
	PYT_OP_CLOSED, /* slot; no reply: look whether it is gone */
	PYT_OP_SHUTDOWN, /* slot how: datagram sockets only */
	PYT_OP_SET_OPTION, /* slot level name - PYT_NO_REPLY, data: value */
	PYT_OP_GET_OPTION, /* slot level name value_len -> data */
	PYT_OP_WIDE_OPTION, /* slot level name value_len PYT_WIDE_GET or _SET;
			       fd: a file with the value -> its length */
	PYT_OP_SEND, /* slot, data: struct pyt_datagram, payload if it fits: 1
			sent, 0 it may be; result2: longest, see below */
	PYT_OP_OWN_OPTIONS, /* slot: set PYT_SLOT_OWN_OPTIONS */
	PYT_OP_ERROR, /* slot -> positive errno or 0, cleared */
	PYT_OP_STATUS, /* slot whole -> data: struct pyt_socket_status; whole:
			  with what a stream's endpoint has for the stack */
	PYT_OP_RECV_URGENT, /* slot peek -> the last byte, or -errno */
	PYT_OP_SEND_URGENT, /* slot: the endpoint is about to carry some */
	PYT_OP_MORE, /* slot len, withdrawn: see below */
	PYT_OP_KEEP_BYTE, /* slot how -> PYT_KEEP_WANTS_BYTE or 0: see below */
	PYT_OP_SHOW, /* slot how: what has not reached SO_RCVLOWAT */
	PYT_OP_ERROR_QUEUE, /* slot -> data: struct pyt_datagram, payload */
	PYT_OP_ZEROCOPY, /* slot: what MSG_ZEROCOPY has sent was copied */
	PYT_OP_INTERFACES, /* ordinal -> data: struct pyt_iface_info */
	PYT_OP_ADDRESSES, /* ordinal -> data: struct pyt_address_info */
	PYT_OP_SOURCES, /* data: struct pyt_ip[] -> data: struct pyt_source[] */
	PYT_OP_ROUTES, /* ordinal -> data: struct pyt_route */
	PYT_OP_NEIGHBOURS, /* ordinal -> data: struct pyt_neighbour_info */
	PYT_OP_NAMES, /* -> data: struct pyt_names */
	PYT_OP_SYSCTL_GET, /* data: name -> data: value */
	PYT_OP_SYSCTL_SET, /* data: "name=value" */
	PYT_OP_COUNTERS, /* ordinal -> data: lines; ordinal to go on, or 0 */
	PYT_OP_SIZES, /* -> data: lines "name value" */
	PYT_OP_VIEW_BIND, /* slot, data: sockaddr_nl or sockaddr_ll */
	PYT_OP_VIEW_NAME, /* slot -> data: the same */
	PYT_OP_VIEW_OPTION, /* slot level name, data: value */
	PYT_OP_VIEW_GET_OPTION, /* slot level name -> data: value */
	PYT_OP_VIEW_SYNC, /* slot -> what became of the last write */
	PYT_OP_VIEW_FILE, /* data: path -> fd with its contents */
	PYT_OP_VIEW_LIST, /* ordinal, data: path -> names, ordinal or 0 */
	PYT_OP_VIEW_IOCTL, /* request (2 words), data -> data */
	PYT_OP_VIEW_CLIENTS, /* -> data: process ids, 32 bits each */
	PYT_OP_VIEW_RING, /* slot -> fd of its memory, result2: its length */
	PYT_OP_VIEW_WAY, /* address -> data: struct view_way of the shim */
	PYT_OP_LINK_ADD, /* its number from 0, data: struct link_add of the shim
			    -> ifindex, data: what is to be said */
	PYT_OP_ANOTHER, /* -> fd: a control connection for a child to come */
	PYT_OP_DOOR, /* -> fd: a way in for descendants of another user */
	PYT_OP_TAKE, /* no reply: only the taken list counts */
	PYT_OP_LANE, /* which -> a file, see shim/lane.h; to the stack's own
			process only */
	PYT_OP_WAKE, /* no reply: the fast lane has left something to do */
	PYT_OP_STEP_OUT, /* -> pid of the process that goes on */
	PYT_OP_EXIT, /* process ends: 0 nothing alive, 1 stepped out */
	PYT_OPS
};

/* What the stack has learned for resolvers, best first. */
#define PYT_NAMES_SERVERS_MAX 8
#define PYT_NAMES_SEARCH_MAX 1024
struct pyt_names {
	uint32_t server_count;
	struct pyt_sockaddr server[PYT_NAMES_SERVERS_MAX]; /* port 0 */
	char search[PYT_NAMES_SEARCH_MAX]; /* blanks between; "": none */
};

/*
 * HELLO's result2: the settings (struct config_settings) that the client has
 * asked for and that this stack does not have. ENDING: it is about to end, so
 * that to try again will find the link free.
 */
#define PYT_HELLO_ENDING (1ull << 63)
/*
 * args[3] of PYT_OP_CONNECT and PYT_OP_ATTACH of a stream: the result goes
 * into the slot, so that threads that connect at once need not wait for each
 * other's replies. args[2] tells whose result it is, should two connect the
 * same socket.
 */
#define PYT_ANSWER_IN_SLOT 1
/*
 * CONNECT's result, a set of: the server wants OP_ATTACH, for it may lack
 * descriptors; the program did not want to wait, so it hears EINPROGRESS
 * although the handshake is over, as on Linux.
 */
#define PYT_CONNECTED_ATTACH 1
#define PYT_CONNECTED_UNTOLD 2
/*
 * CONNECT's args[0]. The success of a connect() that did not wait to the end
 * is told by the next one, which is then this request as well.
 */
#define PYT_CONNECT_WAITS 0
#define PYT_CONNECT_IN_BACKGROUND 1
#define PYT_CONNECT_GAVE_UP 2 /* waiting: a signal came, the time is over */
/*
 * A program that reads an endpoint natively sees a reset there if bytes of its
 * own lie unread in our end when that closes: the kernel's rule for AF_UNIX. So
 * the last one lies there until the next comes. args[0] of PYT_OP_KEEP_BYTE of
 * a connection: nobody but the caller writes to it, so that it can be given a
 * byte that is not meant for the peer; or others may. One that is not connected
 * gets the byte when it is.
 */
#define PYT_KEEP_ALONE 0
#define PYT_KEEP_SHARED 1
#define PYT_KEEP_WANTS_BYTE 1 /* reply: the caller writes one */
/* setsockopt(2) in the supervisor of pyt --seccomp: PYT_KEEP_ALONE. */
#define PYT_LEVEL 0x707974
#define PYT_LEVEL_KEEP_BYTE 1

#define PYT_SHOW_ONCE 0 /* args[0] of PYT_OP_SHOW: what is there now, */
#define PYT_SHOW_BEGIN 1 /* or what comes as long as a read waits */
#define PYT_SHOW_END 2
#define PYT_NO_REPLY 1 /* args[3] of PYT_OP_SET_OPTION: none is read */
#define PYT_WIDE_SET 0 /* args[3] of PYT_OP_WIDE_OPTION */
#define PYT_WIDE_GET 1
/*
 * MSG_MORE does not travel over an endpoint. So a call that has it asks first:
 * the next args[0] bytes come with it. What the endpoint then did not take is
 * withdrawn, args[1]. All bytes behind them have no such flag, by whatever
 * call, or past our calls, they were written.
 */
#define PYT_CONTROL_DATA_MAX 4096
#define PYT_WIDE_OPTION_MAX 131072 /* net.core.optmem_max */
#define PYT_SOURCES_MAX 64 /* of one PYT_OP_SOURCES */

/*
 * A round trip for each socket() would cost more than all the rest of it: so
 * replies hand out spare stream sockets, like the one they are about. What a
 * client has made of them it says with its next request, whatever that is. The
 * same may be said there of connections that it has accepted (OP_ADOPT).
 */
#define PYT_SPARES_MAX 4 /* of one client */

struct pyt_taken {
	uint32_t slot;
	uint32_t generation;
	uint64_t inode; /* of the endpoint that got it */
};

struct pyt_request {
	uint32_t op; /* enum pyt_op */
	uint32_t slot;
	uint32_t generation;
	int32_t args[4];
	uint64_t inode;
	struct pyt_sockaddr address;
	struct pyt_taken taken[PYT_SPARES_MAX];
	uint32_t taken_count;
	uint32_t data_len;
	uint8_t data[PYT_CONTROL_DATA_MAX]; /* data_len are sent */
};

struct pyt_reply {
	int32_t result; /* >= 0 or -errno */
	uint32_t slot;
	uint32_t generation;
	uint64_t result2;
	uint32_t spare_slot; /* PYT_SLOT_NONE: no spare socket */
	uint32_t spare_generation;
	uint32_t data_len;
	uint8_t data[PYT_CONTROL_DATA_MAX];
};

/* ------------------------------------------------------------ datagrams */

/*
 * An error that is known when a datagram is sent belongs to that very call,
 * but the endpoint tells nothing back. So the first one to each destination is
 * a request, PYT_OP_SEND. Its result2 is the length up to which others to the
 * same destination will be taken too, plus one; 0: ask for each. That holds
 * while the slot's send_epoch and the table's route_epoch stay as they are.
 */

enum pyt_datagram_flags {
	PYT_DATAGRAM_TO_PEER = 1 << 0, /* to the connected peer; peer unset */
	PYT_DATAGRAM_ERROR = 1 << 1, /* to the program: error, no payload */
	PYT_DATAGRAM_ERROR_QUEUED = 1 << 2, /* error queue has news */
};

/*
 * In front of the payload of each message on a datagram endpoint; between
 * them are the extension headers of which it tells the lengths. What comes
 * from the program without the token is payload alone, to the connected peer:
 * stdio and programs that inherited the descriptor write past our calls.
 */
struct pyt_datagram {
	uint64_t token; /* pyt_slot_table.token; to the stack only */
	uint32_t flags;
	int32_t error; /* PYT_DATAGRAM_ERROR: positive errno */
	struct pyt_message message; /* its pointer means nothing */
};

static inline uint32_t pyt_extensions_len(const struct pyt_message *message)
{
	const uint16_t *len = message->extension_len;

	return (uint32_t)len[0] + len[1] + len[2] + len[3];
}

/* In front of each frame on an AF_PACKET endpoint, both ways. */
struct pyt_view_frame {
	int32_t ifindex;
	uint16_t protocol; /* ethertype, host byte order */
	uint16_t hardware_type; /* ARPHRD_ */
	uint8_t packet_type; /* PACKET_HOST ... */
	uint8_t address_len;
	uint8_t address[8]; /* in: the sender's; out: whom to send to */
	uint32_t status; /* TP_STATUS_, of PACKET_AUXDATA */
	uint32_t len; /* of the frame; captured may be less */
	uint32_t captured;
	uint16_t net; /* offset of the network header */
	int64_t received_ns; /* since the Epoch */
	uint32_t wants; /* of enum pyt_view_wants: control messages */
};

enum pyt_view_wants {
	PYT_VIEW_WANTS_TIMESTAMP = 1 << 0, /* SO_TIMESTAMP */
	PYT_VIEW_WANTS_TIMESTAMPNS = 1 << 1, /* SO_TIMESTAMPNS */
	PYT_VIEW_WANTS_AUXDATA = 1 << 2, /* PACKET_AUXDATA */
};

#endif
