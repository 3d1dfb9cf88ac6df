/* What the files of the room "client" share; nobody else includes it. */
#ifndef SHIM_CLIENT_PRIVATE_H
#define SHIM_CLIENT_PRIVATE_H

#include "client.h"

struct client {
	_Atomic int fd; /* hidden; -1: not connected */
	_Atomic int door_fd; /* hidden, see client_door.c; -1: none */
	uid_t door_user; /* who needs none */
	uid_t stack_user; /* whose the stack is */
	bool is_foreign; /* we came by the door */
	bool has_key;
	uint8_t key[PYT_KEY_LEN];
	_Atomic(const struct pyt_slot_table *) table;
	_Atomic bool thread_here; /* the stack thread lives in us */
	_Atomic bool lane_wanted; /* and we have not asked for the fast lane */
	int start_error; /* 0, or why it will not start: -errno */
};

extern struct client client;

/* With all signals blocked; the mask before goes back to unlock. */
uint64_t client_lock(void);
void client_unlock(uint64_t signals);
void client_reset_lock(void);
uint64_t client_block_signals(void);
void client_restore_signals(uint64_t before);

/* Under the lock, over any connection. */
int client_exchange(int fd, struct client_call *call, int *passed_fd);
/* Sends it and waits for no answer. Takes the lock. */
int client_post(const struct client_call *call);
/* The same over the connection that there is, whoever's process this is. */
int client_post_here(const struct client_call *call);
int64_t client_clock_us(void);
/*
 * No answer came for a while: whether one will; says why not yet, and waits
 * some more. event: POLLIN, or POLLOUT to ask; since_us: when that began.
 * False: the stack waits for us, who trace it.
 */
bool client_is_worth_waiting(int fd, short event, int64_t since_us);
/* Only opens a connection, and says nothing. Under the lock. */
int client_connect_quietly(void);
/* A connection by an inherited door to the stack on "tap:NAME", or -EACCES. */
int client_enter_by_door(const char *link);
/* The same for a child, from the stack that we have. Under the lock. */
int client_ask_another(void);
/*
 * True: there is a connection that is this process's own. A child that came
 * by clone(2) past our fork() opens its own here.
 */
bool client_reopen_after_raw_fork(void);
/*
 * A child that was not prepared for gives up what is its parent's: the
 * connection, and a lock that nobody here holds. Before either is used.
 */
void client_become_process(void);

/*
 * The stack may leave by itself: then its thread and memory are given back,
 * at the next call that has something to say to it.
 */
void client_let_go(void);

/* ------------------------------------- spare_client.c, under the lock */

void spares_reset(void);
void spares_add(uint32_t slot, uint32_t generation);
/* What was taken since the last request goes along with this one. */
void spares_report(struct pyt_request *request);
/* The reply to a request that reported has come. */
void spares_confirm(void);

#endif
