/*
 * The program's side of the control connection: one hidden descriptor for
 * each process, one request at a time. See include/pyt/control.h.
 */
#ifndef SHIM_CLIENT_H
#define SHIM_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <pyt/control.h>

/* What to ask, and the answer. Zero is right for all that is not needed. */
struct client_call {
	enum pyt_op op;
	uint32_t slot;
	uint32_t generation;
	int32_t args[4];
	uint64_t inode;
	const struct pyt_sockaddr *address;
	const void *data;
	uint32_t data_len; /* at most PYT_CONTROL_DATA_MAX */
	bool sends_fd; /* a copy of fd goes along */
	int fd;
	void *answer; /* room for the reply's data */
	uint32_t answer_len; /* of the room; then of what was put there */
	uint32_t reply_slot;
	uint32_t reply_generation;
	uint64_t result2;
};

/*
 * A stack to talk to: attaches to the one that owns the link, or starts it
 * in this process. 0, or the -errno that socket(2) gives; the reason was
 * then said on stderr, once.
 */
int client_start(void);
/* Opens the fast lane, if the stack lives here and it can have one. */
void client_open_lane(void);
/* Only attaches: -ECONNREFUSED when nobody owns the link. */
int client_attach(void);

/* What does not fit into the message is left out. */
void client_fill_request(const struct client_call *call,
			 struct pyt_request *to);
/*
 * One round trip: the reply's result. -ENETDOWN: the stack has gone; -EDEADLK:
 * it waits for this process, which traces it.
 */
int client_call(struct client_call *call);
/* The same; *fd becomes the descriptor that came along, or -1. */
int client_call_for_fd(struct client_call *call, int *fd);
/*
 * The same for PYT_OP_CONNECT of a stream: other threads may ask meanwhile.
 */
int client_call_in_slot(struct client_call *call);
/* The stack thread shall look round. */
void client_wake_stack(void);
/* Without a reply. */
void client_tell(struct client_call *call);

/*
 * A stream socket that the stack has ready, for the endpoint with this inode.
 * False: there is none such, ask with PYT_OP_SOCKET.
 */
bool client_take_spare(int family, int protocol, uint64_t inode,
		       struct pyt_taken *result);
/* The stack knows of all that were taken. */
bool client_spares_are_told(void);
/* And their inodes stand in the slots: there was a reply since. */
bool client_spares_are_confirmed(void);
/* Before another process may meet what was taken; vfork(2)'s child, too. */
void client_tell_taken(void);
/*
 * PYT_OP_ADOPT of a connection that was just accepted: now, or with the next
 * request if there soon will be one.
 */
void client_adopt(struct client_call *call);
/* The program waits, or does something else with a socket than to set it up. */
void client_settle(void);

/* The slots; NULL while there is no stack. Never unmapped. */
const struct pyt_slot_table *client_table(void);

/*
 * False in a vfork(2) child or its like, which shares our memory but is
 * another process: nothing may be changed there.
 */
bool client_is_this_process(void);
/*
 * What proves to the stack which socket an end is of, see peer_name.h. NULL:
 * we are of another user, so it is not for us.
 */
const uint8_t *client_key(void);
/* We came by the door: the stack must be shown what we name. */
bool client_is_foreign(void);
/* Does so, where it must. False: it is not ours. */
bool client_show(int fd, uint32_t slot, uint32_t generation);
/* The kernel's word: who connected fd is the stack, or of our own user. */
bool client_was_connected_by_stack(int fd);
/* The stack's process still holds the other end. */
bool client_is_alive(void);
/*
 * The same, and it does not stand still until this very thread lets it go on,
 * as a tracer's does. Reads /proc: for waits that last.
 */
bool client_can_answer(void);
/*
 * It answers: a round trip, for what closes first when it ends may have been
 * something else.
 */
bool client_answers(void);

/* ---------------------------------------------------- hidden descriptors */

#define CLIENT_HIDDEN_MAX 5 /* control connection, door, the lane's files */

/* Whether there may be some. */
bool client_hides_some(void);
/* Whether fd is ours, which the program must neither see nor touch. */
bool client_hides(int fd);
/* Their numbers, the lower one first; how many there are. */
int client_hidden_fds(int fd[CLIENT_HIDDEN_MAX]);
/*
 * Moves fd to a hidden number; the same one when there is no other. Under the
 * client's lock: see client_begin_overwrite().
 */
int client_hide(int fd);
/*
 * The program wants this number for itself: moves ours away. True: no other
 * comes there until client_end_overwrite(*signals).
 */
bool client_begin_overwrite(int fd, uint64_t *signals);
void client_end_overwrite(uint64_t signals);

/* --------------------------------------------------------------- process */

/* Of the fast lane, see lane.h. A forked child has none, however forked. */
enum client_lane {
	CLIENT_LANE_NONE,
	CLIENT_LANE_OPEN,
	CLIENT_LANE_ENDED, /* its descriptor is still to be closed */
};

enum client_lane client_lane(void);
/* False: there can be none. */
bool client_set_lane(enum client_lane state);

/* What a parent prepares for the child that it is about to fork. */
struct client_fork {
	bool is_ready; /* else the child finds out when it calls */
	uint64_t signals; /* the mask to go back to */
	int fd; /* the child's control connection; -1: none */
};

void client_before_fork(struct client_fork *fork);
void client_after_fork(const struct client_fork *fork, pid_t result);
/* Before an exec: what the stack must know, and have done, by then. */
void client_before_exec(void);
/* The same at the end of the process; it need not, if nothing is alive. */
void client_exit(void);

/*
 * Around a change of the effective user: afterwards what this process execs
 * may still come to its stack.
 */
void client_before_user(void);
void client_after_user(void);

void client_init(void);

#endif
