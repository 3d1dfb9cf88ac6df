/*
 * Everything that the stack thread owns. Nothing in here knows which thread,
 * or which process, that is: whoever drives holds the only pointer.
 */
#ifndef SHIM_SERVER_H
#define SHIM_SERVER_H

#include <stdbool.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <sys/un.h>

#include <pyt/control.h>
#include <pyt/frame.h>
#include <pyt/stack.h>

#include "arena.h"
#include "config.h"
#include "log.h"
#include "more.h"
#include "slots.h"

struct link;

/* A link, and its interface in the engine. */
struct server_link {
	struct link *link; /* NULL: not yet open */
	char text[CONFIG_LINK_MAX]; /* "tap:pyt0" */
	int ifindex;
	int rendezvous_fd; /* of its name: who asks for it comes to us */
	bool full; /* kept waits for room */
	bool readable; /* latched */
	uint32_t events; /* what epoll is asked for */
	uint8_t *kept_bytes; /* of kept */
	struct pyt_frame kept; /* the link had no room for it */
};

/* What an epoll event is about: kind above, index below. */
enum watch {
	WATCH_LINK, /* its place in server.links */
	WATCH_RENDEZVOUS, /* the same */
	WATCH_ALARM, /* of the fast lane */
	WATCH_STREAMS, /* an endpoint connects to the private listener */
	WATCH_CLIENT, /* index of the client */
	WATCH_DOOR, /* see door_server.h */
	WATCH_HOLDER, /* see hold.h */
	WATCH_ENDPOINT, /* slot, generation's low bits */
};

enum endpoint_state {
	ENDPOINT_FREE,
	ENDPOINT_SPARE, /* a client may make a stream socket of it */
	ENDPOINT_UNCONNECTED, /* stream that has no other end yet */
	ENDPOINT_CONNECTING, /* the filler lies in it once it has an fd */
	ENDPOINT_ATTACHING, /* connected; the program's end is on its way */
	ENDPOINT_ACCEPTING, /* the listener's queue has no room for it, or its
				first bytes are waited for */
	ENDPOINT_CONNECTED,
	ENDPOINT_LISTENING,
	ENDPOINT_DATAGRAM,
	ENDPOINT_VIEW, /* of view.h: no socket of the engine's */
	ENDPOINT_ENDED, /* only the slot is left, while it is held */
};

/* One socket of a program; index = slot. */
struct endpoint {
	enum endpoint_state state;
	int fd; /* our end; -1: none */
	int handle; /* the engine's; -1: none */
	uint32_t slot;
	uint32_t generation;
	uint32_t next_of_handle; /* chain; slot + 1, 0 ends */
	uint32_t filler_len; /* bytes that say "connecting" */
	uint32_t receive_room; /* of our end, by SO_RCVBUF; 0: unset */
	bool readable; /* latched: until the kernel says EAGAIN */
	bool writable;
	bool wants_writable; /* EPOLLOUT is asked for */
	bool hung_up; /* the program's last close, or both ways shut */
	bool failed; /* it went with data unread: a reset */
	bool send_ended; /* our FIN is asked for */
	bool receive_ended; /* the peer's FIN was handed over */
	bool error_told; /* datagram: the program was woken for it */
	bool queued; /* on server.ready */
	bool seen; /* liveness: the inode still exists */
	uint32_t moved; /* bytes to the program so far, modulo 2^32 */
	uint32_t unread; /* as endpoint_queue_survey() has found it */
	bool bulk; /* the last read filled all the space */
	bool ending; /* an end of some kind is behind the data */
	bool long_writes; /* the program's last write was no small one */
	uint32_t late_len; /* bytes that were read but lie there still */
	bool keeps_byte; /* the last of them, see PYT_OP_KEEP_BYTE, */
	bool is_read_natively; /* which has come for it */
	bool refused; /* the program's end took no bytes */
	bool delivers; /* bytes are just being moved there */
	bool pumped; /* bytes may lie in the program's end */
	bool received; /* datagrams: some have come */
	bool shut; /* datagrams: both ways, so its close is not seen */
	uint32_t readers; /* that wait below SO_RCVLOWAT */
	bool no_lane; /* used in a way that only the endpoint knows */
	struct more more; /* bytes with MSG_MORE */
	bool untold; /* no connect(2) has told the program of its success */
	bool deferred; /* CONNECTING, but the stack has no address yet */
	struct pyt_sockaddr deferred_peer;
	bool sends_urgent; /* the program has announced an urgent byte */
	bool urgent_held; /* one for which the endpoint had no room */
	bool urgent_untold; /* the program has not asked for it yet */
	uint8_t urgent_byte; /* the last one that was received */
	uint32_t zerocopy_next; /* number of the next MSG_ZEROCOPY */
	uint32_t zerocopy_told; /* of the first that was not told yet */
	int error; /* the engine's, when it has hung up */
	struct endpoint *waiting; /* listening: for room in its queue */
	uint8_t silent; /* listening: connections not to be held, since the
			   last one that was held had no first bytes, */
	uint8_t silent_left; /* and those of them that are yet to come */
	int64_t held_until_us; /* accepting: for its first bytes; 0: not */
	uint32_t listener; /* accepted: slot of the one it came from */
	uint32_t listener_generation; /* 0: it was not accepted */
	uint32_t shown; /* accepted: the how manyth of its listener's, */
	uint32_t shown_count; /* listening: of how many; modulo 2^32 */
	uint64_t end_inode; /* accepted: of our end, see adoption.h; 0: unset */
	uint32_t lying; /* listening: connections in its kernel's queue, */
	uint32_t orphans; /* and accepted ones without peer, nobody knows which;
			     both as adoption_check() has found it */
	int64_t missed_us; /* accepted: not found since; 0: not so */
	uint32_t listens_as; /* listening: who called listen(2) */
	uint8_t name_len; /* listening: abstract name, leading zero */
	char name[PYT_LISTENER_NAME_MAX];
	struct view *view; /* state VIEW; else NULL */
	struct socket_filter *filter; /* state DATAGRAM; or NULL */
	TAILQ_ENTRY(endpoint) ready;
	TAILQ_ENTRY(endpoint) held;
};

struct socket_filter;
struct view;

TAILQ_HEAD(endpoint_queue, endpoint);
LIST_HEAD(view_list, view);

#define CLIENTS_MAX 4096

/* The control connection of one process. */
#define CLIENT_READING_MAX 8 /* what is more is not ended with it */

struct client {
	int fd; /* -1: free */
	int32_t pid; /* of a fork's child: its parent's */
	bool is_host; /* the process that the thread lives in */
	bool is_foreign; /* of another user: came by the door */
	uint64_t *shown; /* foreign: bit a slot, see shown.h; else NULL */
	int64_t exit_deadline_us; /* OP_EXIT waits; TIME_NEVER: none */
	uint32_t spare_count;
	uint32_t spare[PYT_SPARES_MAX]; /* slots that it may take */
	uint32_t reading_count;
	struct {
		uint32_t slot, generation;
	} reading[CLIENT_READING_MAX]; /* endpoints of which it is a reader */
};

#define UNKNOWN_OPTIONS 32

struct server {
	struct arena *arena;
	struct log log;
	uint32_t unknown_option[UNKNOWN_OPTIONS]; /* that were told of */
	uint32_t unknown_count;
	bool log_is_file; /* not the program's stderr */
	struct log_held log_held; /* a visitor's lines */
	struct pyt_stack *stack;
	struct server_link links[CONFIG_LINKS_MAX];
	int link_count;
	int64_t now_us; /* read once a turn */
	int epoll_fd;
	int alarm_fd; /* timer, see lane.h; 0: none was made */
	int door_fd; /* what comes through the door; 0: there is none */
	int door_outside_fd; /* what the programs get */
	int stream_fd; /* private listener: makes pairs, see connect */
	socklen_t stream_name_len;
	struct sockaddr_un stream_name;
	uint8_t key[PYT_KEY_LEN]; /* of the names of ends, see peer_name.h */
	struct slots slots;
	struct endpoint *endpoints; /* PYT_SLOTS of them */
	uint32_t *by_handle; /* hash: slot + 1 */
	struct endpoint_queue ready;
	uint32_t ready_count;
	struct endpoint_queue held; /* see stream_accept.c; the oldest first */
	uint32_t held_count;
	struct view_list views; /* of view.h */
	uint32_t tap_count; /* of them, AF_PACKET sockets */
	uint8_t *tap_buffer; /* LINK_BUFFER_LEN, while there are some */
	struct rtnl_events *events; /* NULL: nobody listens */
	uint8_t *answer; /* ANSWER_LEN bytes, for view.h; NULL: none yet */
	struct last_info *last_infos; /* LAST_INFOS of them */
	struct client *clients; /* CLIENTS_MAX of them */
	uint32_t client_count;
	uint32_t foreign_count; /* of them */
	uint32_t exits_waiting; /* clients whose OP_EXIT has no answer yet */
	int64_t leave_us; /* the host's process should have ended by then */
	bool leaves; /* and has not: it gives way to who comes */
	int reply_fd; /* goes along with the next reply; -1: none */
	bool reply_fd_is_ours; /* then closed: only the program keeps it */
	int32_t host_pid; /* the process that the thread was started in */
	uint32_t client_top; /* those at and above were never used */
	uint32_t open_count; /* endpoints that have an fd of ours */
	uint64_t file_limit; /* RLIMIT_NOFILE when last read; 0: never */
	int64_t file_limit_us; /* when it was read for connections to come */
	int64_t listeners_us; /* when to look for listeners of one that ended */
	uint8_t listener_looks; /* how often that was done */
	int64_t exiting_until_us; /* one may still be about to end */
	int64_t liveness_us; /* when to look for dead ones: */
	bool liveness_all; /* for all, or for those of which was said */
#define CLOSED_MAX 16
	struct {
		uint32_t slot, generation;
	} closed[CLOSED_MAX]; /* that somebody has closed them */
	uint32_t closed_count;
	int64_t accept_retry_us; /* some listener's queue was full */
	bool streams_wait; /* no descriptor was left for one of stream_fd */
	bool clients_wait; /* the same of a rendezvous */
	int64_t end_us; /* own process: nothing left since; grace */
	bool own_process; /* has stepped out */
	int guardian_fd; /* its pipe: closes with us; -1: none */
	bool guardian_wanted; /* look whether there should be one */
	bool prune; /* the program's memory is still to be given back */
	bool ended; /* the loop is over */
	bool told; /* why it does not start was said */
	bool visited; /* a program's thread is inside, see lane.h */
#define CLOSE_LATER_MAX 64
	int close_later[CLOSE_LATER_MAX]; /* a visitor cannot close them */
	uint32_t close_later_count;
	int closing[CLOSE_LATER_MAX]; /* when this turn is over */
	uint32_t closing_count;
#define EVENTS_LEFT_MAX 16
	struct pyt_event event_left[EVENTS_LEFT_MAX]; /* nor handle these */
	uint32_t events_left;
#define LATE_READS_MAX 16
	struct endpoint *late[LATE_READS_MAX]; /* those with a late_len */
	uint32_t late_count;
	bool hurries; /* first things first: see server_turn() */
	bool was_busy; /* the last turn had events */
	bool output_left; /* the engine has more frames than the budget */
	bool acks_apart; /* no bytes go with the handshake's last ACK */
	struct config_settings settings; /* with which it was started */
	int64_t grace_us;
	char leases[CONFIG_PATH_MAX]; /* folder of their files; "": none */
	int holder_fd; /* see hold.h; -1: nobody */
	int32_t holder_pid;
	char name[CONFIG_LINK_MAX]; /* of the first link: "tap:pyt0" */
	uint8_t *scratch; /* SCRATCH_LEN bytes */
	uint8_t *frame_buffer; /* for link_receive() */
};

#define SCRATCH_LEN (128 * 1024)
#define ANSWER_LEN (16 * 1024)

/* -------------------------------------------------------------- server.c */

/*
 * Opens the rendezvous, the link and the engine, in this order: who has the
 * name may take the link. -EADDRINUSE: somebody else has it.
 */
int server_start(struct server *server, const struct config *config);
/* A stack on its own ends when nothing is left to do. */
void server_check_end(struct server *server);
int64_t server_clock_us(void);

/* ---------------------------------------------------------------- loop.c */

/*
 * One turn: waits for the link, the clients, the endpoints or the next
 * deadline, then does what there is to do. Any thread may run it, one at a
 * time.
 */
void server_turn(struct server *server);
/* Gives the links what the engine has, as far as they take it. */
void server_output(struct server *server);
/* A frame to the link, or kept until that has room. */
void server_send(struct server *server, struct server_link *link,
		 struct pyt_frame *frame);
/* The link of this interface, which is not lo. */
static inline struct server_link *server_link_of(struct server *server,
						 int ifindex)
{
	struct server_link *link = server->links;

	while (link < server->links + server->link_count - 1 &&
	       link->ifindex != ifindex)
		link++;
	return link;
}
/* Some link has a frame for us, as far as is known. */
bool server_links_are_readable(const struct server *server);
/* Engine, endpoints and link once, without waiting. */
void server_advance(struct server *server);
/* A frame from some link into the engine; its length, 0: none was there. */
uint32_t server_input_one(struct server *server);
/*
 * Connections that programs have closed, as epoll is about to tell: close(2) is
 * over, so what they held is free.
 */
void server_hear_ends(struct server *server);
/* What became true of sockets: wakes their endpoints. */
void server_take_events(struct server *server);
/* When something is to be done though nothing came. */
int64_t server_next_deadline(const struct server *server);

/* ------------------------------------------------------------ step_out.c */

/*
 * Goes on in a process of its own. In the new process: its pid. In the old
 * thread: 0 and server->ended is set. -errno: nothing has changed.
 */
int step_out(struct server *server);

#endif
