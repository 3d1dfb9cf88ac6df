/*
 * TIME-WAIT and FIN-WAIT-2 by records: who they are, where they stand, when
 * they end. A program may have held a connection for most of its time, so
 * they do not end in the order in which they come.
 */
#include "socket/socket_time_wait.h"

#include <errno.h>

#include "socket/socket_place.h"

_Static_assert(sizeof(struct socket_time_wait) <= SOCKET_TIME_WAIT_LEN_MAX,
	       "TIME-WAIT must stay small");

int socket_time_wait_init(struct sockets *room)
{
	struct socket_time_waits *waits =
		engine_alloc(room->engine, sizeof(*waits));

	if (!waits)
		return -ENOMEM;
	if (table_init(&waits->table, room->engine) < 0) {
		engine_free(room->engine, waits, sizeof(*waits));
		return -ENOMEM;
	}
	heap_init(&waits->timers, room->engine);
	room->time_waits = waits;
	return 0;
}

/* Which ends next; NULL: there is none. */
static struct socket_time_wait *first_of(const struct sockets *room)
{
	struct heap_node *first = heap_first(&room->time_waits->timers);

	if (!first)
		return NULL;
	return (void *)((char *)first -
			offsetof(struct socket_time_wait, tcp.timer));
}

void socket_time_wait_clear(struct sockets *room)
{
	struct socket_time_waits *waits = room->time_waits;
	struct socket_time_wait *first;

	if (!waits)
		return;
	while ((first = first_of(room)))
		socket_time_wait_destroy(room, first);
	heap_clear(&waits->timers);
	table_clear(&waits->table);
	engine_free(room->engine, waits, sizeof(*waits));
	room->time_waits = NULL;
}

/* ------------------------------------------------------------- the table */

struct key {
	struct pyt_ip local, peer;
	uint16_t local_port, peer_port;
} __attribute__((packed));

static uint64_t hash_of(const struct sockets *room, const struct pyt_ip *local,
			uint16_t local_port, const struct pyt_ip *peer,
			uint16_t peer_port)
{
	struct key key = { *local, *peer, local_port, peer_port };

	return table_hash(&room->time_waits->table, &key, sizeof(key));
}

struct socket_time_wait *socket_time_wait_find(const struct sockets *room,
					       const struct pyt_sockaddr *local,
					       const struct pyt_sockaddr *peer)
{
	struct table_node *node = table_find(
		&room->time_waits->table,
		hash_of(room, &local->ip, local->port, &peer->ip, peer->port));

	for (; node; node = table_find_next(node)) {
		struct socket_time_wait *s = (void *)node;

		if (s->tcp.local_port == local->port &&
		    s->tcp.peer_port == peer->port &&
		    pyt_ip_equal(&s->tcp.peer, &peer->ip) &&
		    pyt_ip_equal(&s->tcp.local, &local->ip))
			return s;
	}
	return NULL;
}

static void enter(struct sockets *room, struct socket_time_wait *s)
{
	struct socket_time_waits *waits = room->time_waits;

	heap_set(&waits->timers, &s->tcp.timer, s->tcp.timer.deadline_us);
	table_insert(&waits->table, &s->tcp.node,
		     hash_of(room, &s->tcp.local, s->tcp.local_port,
			     &s->tcp.peer, s->tcp.peer_port));
	socket_place_count(s->place, s->reuse, 1);
	tcp_time_wait_count(room->tcp, 1);
}

bool socket_time_wait_take(struct socket *socket)
{
	struct sockets *room = socket->room;
	struct socket_time_wait *s;

	if (!socket->place || !room->time_waits)
		return false;
	s = engine_alloc(room->engine, sizeof(*s));
	if (!s)
		return false;
	if (!tcp_time_wait_take(socket->tcp, &s->tcp) ||
	    heap_reserve(&room->time_waits->timers) < 0) {
		engine_free(room->engine, s, sizeof(*s));
		return false;
	}
	s->place = socket->place;
	s->is_fin_wait = s->tcp.awaits_fin;
	room->time_waits->fin_wait_count += s->is_fin_wait;
	s->bound_ifindex = socket->bound_ifindex;
	s->family = socket->family;
	s->reuse = socket->place_reuse;
	enter(room, s);
	socket_destroy(socket);
	return true;
}

void socket_time_wait_destroy(struct sockets *room, struct socket_time_wait *s)
{
	struct socket_time_waits *waits = room->time_waits;

	heap_set(&waits->timers, &s->tcp.timer, TIME_NEVER);
	heap_unreserve(&waits->timers);
	waits->fin_wait_count -= s->is_fin_wait;
	table_remove(&waits->table, &s->tcp.node);
	socket_place_count(s->place, s->reuse, -1);
	socket_place_check(room, s->place);
	tcp_time_wait_count(room->tcp, -1);
	engine_free(room->engine, s, sizeof(*s));
}

/* ------------------------------------------------------------- the way in */

static void restart(struct sockets *room, struct socket_time_wait *s,
		    int64_t now_us)
{
	room->time_waits->fin_wait_count -= s->is_fin_wait;
	s->is_fin_wait = false;
	heap_set(&room->time_waits->timers, &s->tcp.timer,
		 now_us + TCP_TIME_WAIT_US);
}

static void send_answer(struct sockets *room, const struct tcp_output *output,
			int64_t now_us)
{
	struct ip_path path;

	if (ip_route(room->ip, &output->dst, &output->src, 0, now_us, &path) ==
	    0)
		socket_tcp_send_packet(room, NULL, &path, NULL, output, now_us);
}

bool socket_time_wait_input(struct sockets *room, struct socket_time_wait *s,
			    const struct tcp_segment *segment, bool listens,
			    uint32_t *iss, int64_t now_us)
{
	struct counters *counters = &room->engine->counters;
	struct tcp_time_wait_answer answer;
	bool yields;

	tcp_time_wait_input(room->tcp, &s->tcp, segment, &answer, now_us);
	yields = answer.verdict == TCP_TIME_WAIT_YIELDS && listens;
	if (answer.sends && !yields)
		send_answer(room, &answer.output, now_us);
	switch (answer.verdict) {
	case TCP_TIME_WAIT_STAYS:
		return true;
	case TCP_TIME_WAIT_RESTARTS:
		restart(room, s, now_us);
		return true;
	case TCP_TIME_WAIT_ENDS:
	case TCP_TIME_WAIT_RESETS:
		counter_hit(counters, COUNTER_TCP_TW_KILLED);
		socket_time_wait_destroy(room, s);
		return true;
	case TCP_TIME_WAIT_YIELDS:
		if (!listens)
			return true; /* there is nobody to yield to */
		counter_hit(counters, COUNTER_TCP_TW_RECYCLED);
		socket_time_wait_destroy(room, s);
		*iss = answer.iss;
		return false;
	}
	return false;
}

/* ----------------------------------------------------------------- timers */

int64_t socket_time_wait_next_deadline(const struct sockets *room)
{
	const struct heap_node *first = heap_first(&room->time_waits->timers);

	return first ? first->deadline_us : TIME_NEVER;
}

void socket_time_wait_run_timers(struct sockets *room, int64_t now_us)
{
	struct socket_time_wait *first;

	while ((first = first_of(room)) &&
	       first->tcp.timer.deadline_us <= now_us) {
		counter_hit(&room->engine->counters, COUNTER_TCP_TW);
		socket_time_wait_destroy(room, first);
	}
}

uint32_t socket_time_wait_count(const struct sockets *room)
{
	return (uint32_t)room->time_waits->table.count;
}

uint32_t socket_time_wait_fin_count(const struct sockets *room)
{
	return room->time_waits->fin_wait_count;
}
