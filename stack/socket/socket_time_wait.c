/*
 * TIME-WAIT and FIN-WAIT-2 by records: who they are, where they stand, when
 * they end. All of a kind last equally long, so the list by time of entry is
 * that by time of end; one that begins anew goes to its tail.
 */
#include "socket/socket_time_wait.h"

#include <errno.h>

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
	TAILQ_INIT(&waits->timer);
	TAILQ_INIT(&waits->fin_waits);
	room->time_waits = waits;
	return 0;
}

/* Which ends next; NULL: there is none. */
static struct tcp_time_wait *first_of(const struct sockets *room)
{
	struct tcp_time_wait *first = TAILQ_FIRST(&room->time_waits->timer);
	struct tcp_time_wait *other = TAILQ_FIRST(&room->time_waits->fin_waits);

	if (!first || (other && other->deadline_us < first->deadline_us))
		return other;
	return first;
}

static struct tcp_time_wait_list *list_of(struct sockets *room,
					  const struct socket_time_wait *s)
{
	return s->is_in_fin_waits ? &room->time_waits->fin_waits
				  : &room->time_waits->timer;
}

void socket_time_wait_clear(struct sockets *room)
{
	struct socket_time_waits *waits = room->time_waits;
	struct tcp_time_wait *first;

	if (!waits)
		return;
	while ((first = first_of(room)))
		socket_time_wait_destroy(room, (void *)first);
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
	struct tcp_time_wait_list *list = list_of(room, s);
	struct tcp_time_wait *before = TAILQ_LAST(list, tcp_time_wait_list);

	while (before && before->deadline_us > s->tcp.deadline_us)
		before = TAILQ_PREV(before, tcp_time_wait_list, timer);
	if (before)
		TAILQ_INSERT_AFTER(list, before, &s->tcp, timer);
	else
		TAILQ_INSERT_HEAD(list, &s->tcp, timer);
	table_insert(&waits->table, &s->tcp.node,
		     hash_of(room, &s->tcp.local, s->tcp.local_port,
			     &s->tcp.peer, s->tcp.peer_port));
	LIST_INSERT_HEAD(&s->port->time_waits, s, on_port);
	tcp_time_wait_count(room->tcp, 1);
}

bool socket_time_wait_take(struct socket *socket)
{
	struct sockets *room = socket->room;
	struct socket_time_wait *s;

	if (!socket->port || !room->time_waits)
		return false;
	s = engine_alloc(room->engine, sizeof(*s));
	if (!s)
		return false;
	if (!tcp_time_wait_take(socket->tcp, &s->tcp)) {
		engine_free(room->engine, s, sizeof(*s));
		return false;
	}
	s->port = socket->port;
	s->is_in_fin_waits = s->tcp.awaits_fin;
	room->time_waits->fin_wait_count += s->is_in_fin_waits;
	s->bound_ifindex = socket->bound_ifindex;
	s->family = socket->family;
	s->reuse_addr = socket->options->reuse_addr;
	s->reuse_port = socket->options->reuse_port;
	enter(room, s);
	socket_destroy(socket);
	return true;
}

void socket_time_wait_destroy(struct sockets *room, struct socket_time_wait *s)
{
	struct socket_time_waits *waits = room->time_waits;

	TAILQ_REMOVE(list_of(room, s), &s->tcp, timer);
	waits->fin_wait_count -= s->is_in_fin_waits;
	table_remove(&waits->table, &s->tcp.node);
	LIST_REMOVE(s, on_port);
	socket_port_check(room, s->port);
	tcp_time_wait_count(room->tcp, -1);
	engine_free(room->engine, s, sizeof(*s));
}

/* ------------------------------------------------------------- the way in */

static void restart(struct sockets *room, struct socket_time_wait *s,
		    int64_t now_us)
{
	s->tcp.deadline_us = now_us + TCP_TIME_WAIT_US;
	TAILQ_REMOVE(list_of(room, s), &s->tcp, timer);
	room->time_waits->fin_wait_count -= s->is_in_fin_waits;
	s->is_in_fin_waits = false;
	TAILQ_INSERT_TAIL(&room->time_waits->timer, &s->tcp, timer);
}

static void send_answer(struct sockets *room, const struct tcp_output *output,
			int64_t now_us)
{
	struct ip_path path;

	if (ip_route(room->ip, &output->dst, &output->src, 0, now_us, &path) ==
	    0)
		socket_tcp_send_packet(room, &path, NULL, output, now_us);
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
	const struct tcp_time_wait *first = first_of(room);

	return first ? first->deadline_us : TIME_NEVER;
}

void socket_time_wait_run_timers(struct sockets *room, int64_t now_us)
{
	struct tcp_time_wait *first;

	while ((first = first_of(room)) && first->deadline_us <= now_us) {
		counter_hit(&room->engine->counters, COUNTER_TCP_TW);
		socket_time_wait_destroy(room, (void *)first);
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
