/*
 * The table of endpoints: found by slot and by the engine's handle, watched
 * by epoll, queued when something may be done for them.
 */
#ifndef SHIM_ENDPOINT_H
#define SHIM_ENDPOINT_H

#include "server.h"

/* A new one with a slot, without descriptor. NULL: none left. */
struct endpoint *endpoint_open(struct server *server, int family, int type,
			       int protocol);
/* The same with a TCP socket of the engine's. */
struct endpoint *endpoint_open_stream(struct server *server, int family,
				      int protocol);
/* Whoever had this inode is gone, or there would be no second one. */
void endpoint_forget_inode(struct server *server, uint64_t inode);
/* Closes our end and the engine's socket, frees the slot. */
void endpoint_free(struct server *server, struct endpoint *endpoint);

/* NULL: not one that exists. Both numbers may come from anybody. */
struct endpoint *endpoint_get(struct server *server, uint32_t slot,
			      uint32_t generation);
struct endpoint *endpoint_of_handle(struct server *server, int handle);
void endpoint_set_handle(struct server *server, struct endpoint *endpoint,
			 int handle);

/* Takes over fd as our end and begins to watch it. 0 or -errno. */
int endpoint_watch(struct server *server, struct endpoint *endpoint, int fd);
/* Our end goes; the program sees it. */
void endpoint_close_fd(struct server *server, struct endpoint *endpoint);
/* Asks for EPOLLOUT edges, or for no more of them. */
void endpoint_want_writable(struct server *server, struct endpoint *endpoint,
			    bool wanted);
/* As new: nothing has travelled, nothing is latched. */
void endpoint_reset_flags(struct endpoint *endpoint);
/* To be pumped in this turn. */
void endpoint_wake(struct server *server, struct endpoint *endpoint);
/* Not to be pumped after all. */
void endpoint_unqueue(struct server *server, struct endpoint *endpoint);

/* MSG_ERRQUEUE has some: the engine's, or that sent bytes were copied. */
bool endpoint_has_queued_errors(const struct server *server,
				const struct endpoint *endpoint);

/* Whether SO_RCVLOWAT is such that readers have to ask, into the slot. */
void endpoint_note_low_water(struct server *server,
			     const struct endpoint *endpoint);
/* The slot's addresses, state and counts from the engine. */
void endpoint_refresh(struct server *server, struct endpoint *endpoint);
/*
 * The engine's socket is at its end, or ends now (reset: with RST). Nothing
 * travels any more; the slot stays for as long as a program holds the
 * descriptor. Our end closes.
 */
void endpoint_end(struct server *server, struct endpoint *endpoint, bool reset);
/*
 * Linux goes on to answer for the socket of a connection that is over: so a
 * stream that has ended gets a fresh socket of the engine once it is asked.
 * False: it has none.
 */
bool endpoint_revive(struct server *server, struct endpoint *endpoint);

/* ---------------------------------------------------------- the pumps */

/* Moves what can be moved; true: there is more to do in the next turn. */
bool pump_stream(struct server *server, struct endpoint *endpoint);
bool pump_datagram(struct server *server, struct endpoint *endpoint);
/* What the program has sent so far goes to the engine, within a bound. */
void pump_datagram_sent(struct server *server, struct endpoint *endpoint);

/* -------------------------------------------------- stream_attach.c */

/* fd: a copy of the program's end, taken over. 0 or -errno. */
int stream_attach(struct server *server, struct endpoint *endpoint, int fd);
/* Programs' ends that have connected themselves. */
void stream_attach_input(struct server *server);
/* All of them that have: what they wrote counts from now on. */
void stream_attach_input_all(struct server *server);
/* Once more, when there was no descriptor left for one of them. */
void stream_attach_retry(struct server *server);
/* Takes the filler out: the program's end becomes writable. */
void stream_attach_drain(struct server *server, struct endpoint *endpoint);

/* ------------------------------------------------- stream_connect.c */

/*
 * endpoint->untold: whether the program waits for the end of it. >= 0:
 * connected, a set of PYT_CONNECTED_; -EINPROGRESS: the handshake goes on; the
 * program's end is then to be attached. Or -errno.
 */
int stream_connect(struct server *server, struct endpoint *endpoint,
		   const struct pyt_sockaddr *peer);
/*
 * The same in two steps of one that is unconnected: the SYN is sent between
 * them. begin: -EINPROGRESS: go on.
 */
int stream_connect_begin(struct server *server, struct endpoint *endpoint,
			 const struct pyt_sockaddr *peer);
int stream_connect_go_on(struct server *server, struct endpoint *endpoint);
/* MSG_FASTOPEN; *taken: how much of the data went with the SYN. */
int stream_connect_fast(struct server *server, struct endpoint *endpoint,
			const struct pyt_sockaddr *peer, const uint8_t *data,
			size_t len, size_t *taken);
/* The one that waited for an address (boot_defers()) waits no longer. */
void stream_connect_deferred(struct server *server, struct endpoint *endpoint);
/* State CONNECTING: looks how the handshake goes. */
void stream_check_connect(struct server *server, struct endpoint *endpoint);

/* -------------------------------------------------- stream_accept.c */

/* Hands established connections to the program's listener. */
void stream_accept(struct server *server, struct endpoint *listener);
/* The oldest connection of the engine's queue with a slot, or NULL. */
struct endpoint *stream_take_connection(struct server *server,
					const struct endpoint *listener);
/* State ACCEPTING: something has come for it. */
void stream_accept_held(struct server *server, struct endpoint *endpoint);
/* When one has been held for long enough; those that have are handed over. */
int64_t stream_accept_deadline(const struct server *server);
void stream_accept_in_time(struct server *server);
/* It is about to be freed. */
void stream_accept_forget(struct server *server, struct endpoint *endpoint);
/* shutdown(2) ended it: what waits for room in its queue goes. */
void stream_unlisten(struct server *server, struct endpoint *listener);
/* stream_accept_retry() in a while. */
void stream_retry_later(struct server *server);
/* Once more for the listeners whose queue was full. */
void stream_accept_retry(struct server *server);

#endif
