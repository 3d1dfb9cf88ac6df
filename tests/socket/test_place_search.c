/*
 * Who is in whose way, and who gets a packet, against a search of all: what
 * dice make up.
 */
#include <limits.h>

#include "place.h"

#define SOCKETS 24
#define ROUNDS 40000

/* What bind(2) looks at, as it was asked for. */
struct model {
	int handle; /* -1: none */
	int family, ifindex;
	struct pyt_ip ip;
	int came; /* the how manieth that was bound */
	bool in_group; /* of SO_REUSEPORT, since then */
	bool is_bound, listens, reuse_addr, reuse_port, v6only;
};

static struct model model[SOCKETS];
static struct random dice;
static int type;

static bool takes_v4(const struct model *m)
{
	return m->family == AF_INET || pyt_ip_is_v4(&m->ip) ||
	       (pyt_ip_is_unspecified(&m->ip) && !m->v6only);
}

static bool takes_v6(const struct model *m)
{
	return m->family == AF_INET6 && !pyt_ip_is_v4(&m->ip);
}

static bool conflict(const struct model *x, const struct model *y)
{
	if (x->ifindex && y->ifindex && x->ifindex != y->ifindex)
		return false;
	if (!(takes_v4(x) && takes_v4(y)) && !(takes_v6(x) && takes_v6(y)))
		return false;
	if (!pyt_ip_is_unspecified(&x->ip) && !pyt_ip_is_unspecified(&y->ip) &&
	    !pyt_ip_equal(&x->ip, &y->ip))
		return false;
	if (x->reuse_port && y->reuse_port)
		return false;
	return !(x->reuse_addr && y->reuse_addr && !x->listens && !y->listens);
}

static int expected(const struct model *m)
{
	for (int i = 0; i < SOCKETS; i++)
		if (&model[i] != m && model[i].handle >= 0 &&
		    model[i].is_bound && conflict(m, &model[i]))
			return -EADDRINUSE;
	return 0;
}

static void open_model(struct model *m)
{
	*m = (struct model){ .handle = -1 };
	m->family = random_below(&dice, 2) ? AF_INET : AF_INET6;
	m->handle = open_as(m->family, type);
	m->v6only = m->family == AF_INET6 && random_below(&dice, 2);
	if (m->family == AF_INET6)
		set_int(a, m->handle, IPPROTO_IPV6, IPV6_V6ONLY, m->v6only);
}

static void bind_model(struct model *m)
{
	static const char *const four[] = { "0.0.0.0", "127.0.0.1",
					    "127.0.0.2" };
	static const char *const six[] = { "::", "::1", "::ffff:0.0.0.0",
					   "::ffff:127.0.0.1" };
	uint32_t count = m->v6only ? 2 : 4;
	const char *ip = m->family == AF_INET ? four[random_below(&dice, 3)]
					      : six[random_below(&dice, count)];
	int result;

	m->ip = at(ip, 0).ip;
	result = expected(m);
	ck_assert_int_eq(bind_to(a, m->handle, ip, 7), result);
	m->is_bound = result == 0;
}

static void listen_model(struct model *m)
{
	int result = expected(m);

	ck_assert_int_eq(pyt_socket_listen(a, m->handle, 1), result);
	m->listens = result == 0;
}

static void change_model(struct model *m)
{
	int value = (int)random_below(&dice, 2);

	switch (random_below(&dice, 3)) {
	case 0:
		set_int(a, m->handle, SOL_SOCKET, SO_REUSEADDR, value);
		m->reuse_addr = value;
		break;
	case 1:
		set_int(a, m->handle, SOL_SOCKET, SO_REUSEPORT, value);
		m->reuse_port = value;
		break;
	default:
		m->ifindex = (int)random_below(&dice, 3);
		set_int(a, m->handle, SOL_SOCKET, SO_BINDTOIFINDEX, m->ifindex);
	}
}

static void step(struct model *m)
{
	switch (random_below(&dice, 6)) {
	case 0:
		pyt_socket_close(a, m->handle, sim.now_us);
		m->handle = -1;
		return;
	case 1:
	case 2:
		change_model(m);
		return;
	case 3:
		if (type == SOCK_STREAM && m->is_bound && !m->listens)
			listen_model(m);
		return;
	default:
		if (!m->is_bound)
			bind_model(m);
	}
}

static void play(int of_type)
{
	int bound = 0;
	const uint8_t seed[32] = { 5 };

	type = of_type;
	random_init(&dice, seed);
	for (int i = 0; i < SOCKETS; i++)
		model[i].handle = -1;
	for (int i = 0; i < ROUNDS; i++) {
		struct model *m = &model[random_below(&dice, SOCKETS)];

		if (m->handle < 0)
			open_model(m);
		else
			step(m);
		bound += m->is_bound;
	}
	ck_assert_int_gt(bound, ROUNDS / 10);
	for (int i = 0; i < SOCKETS; i++)
		if (model[i].handle >= 0)
			pyt_socket_close(a, model[i].handle, sim.now_us);
	ck_assert_uint_eq(a->sockets.ports.count, 0);
	ck_assert_uint_eq(a->sockets.places.count, 0);
}

START_TEST(who_is_in_the_way_is_what_a_search_of_all_finds)
{
	play(SOCK_DGRAM);
	play(SOCK_STREAM);
}
END_TEST

/* Linux's score of one that takes it; an address is before all else. */
static int score_of(const struct model *m, const struct pyt_ip *ip, int ifindex)
{
	bool wild = pyt_ip_is_unspecified(&m->ip);
	int device = m->ifindex != 0, inet = m->family == AF_INET;

	if (m->handle < 0 || !m->is_bound ||
	    (type == SOCK_STREAM && !m->listens) ||
	    (pyt_ip_is_v4(ip) ? !takes_v4(m) : !takes_v6(m)) ||
	    (!wild && !pyt_ip_equal(&m->ip, ip)) ||
	    (m->ifindex && m->ifindex != ifindex))
		return -1;
	if (!pyt_ip_is_v4(ip))
		return 8 * !wild + device;
	return 8 * !wild + inet + (type == SOCK_DGRAM ? 4 * device : device);
}

/* The latest is the first; of IPv6 with SO_REUSEPORT the last. */
static int place_in_line(const struct model *m)
{
	return m->in_group && m->family == AF_INET6 ? -m->came : m->came;
}

/* Next in line behind it; NULL: the first. */
static const struct model *next_in_line(const struct model *before)
{
	const struct model *next = NULL;

	for (const struct model *m = model; m < model + SOCKETS; m++)
		if ((!before || place_in_line(m) < place_in_line(before)) &&
		    (!next || place_in_line(m) > place_in_line(next)))
			next = m;
	return next;
}

/* As Linux: first who has the address; a group ends the search. */
static const struct model *best_for(const struct pyt_ip *ip, int ifindex)
{
	for (int least = 8; least >= 0; least -= 8) {
		const struct model *best = NULL, *m = NULL;
		int best_score = least - 1;

		while ((m = next_in_line(m)) != NULL) {
			int score = score_of(m, ip, ifindex);

			if (score <= best_score)
				continue;
			best = m;
			best_score = score;
			if (m->in_group)
				break;
		}
		if (best)
			return best;
	}
	return NULL;
}

static bool are_one_group(const struct model *x, const struct model *y)
{
	return x == y ||
	       (x->in_group && y->in_group && x->family == y->family &&
		(x->v6only == y->v6only || !pyt_ip_is_unspecified(&x->ip)) &&
		x->ifindex == y->ifindex && pyt_ip_equal(&x->ip, &y->ip));
}

static void check_receiver(const char *ip)
{
	int ifindex = (int)random_below(&dice, 3);
	struct pyt_sockaddr to = at(ip, 7), from = at(ip, 1);
	const struct model *best = best_for(&to.ip, ifindex), *m;
	struct socket *found;

	from.port = (uint16_t)(1 + random_below(&dice, 9999));
	found = socket_demux(&a->sockets,
			     type == SOCK_DGRAM ? SOCKET_UDP : SOCKET_TCP, &to,
			     &from, ifindex);
	ck_assert(!found == !best);
	if (!found)
		return;
	for (m = model; m < model + SOCKETS; m++)
		if (m->handle == found->handle)
			break;
	ck_assert(are_one_group(m, best));
}

static void come(struct model *m)
{
	static int came;

	open_model(m);
	m->reuse_addr = true; /* so that many meet */
	with(m->handle, SO_REUSEADDR);
	change_model(m);
	change_model(m);
	bind_model(m);
	if (type == SOCK_STREAM && m->is_bound)
		listen_model(m);
	m->came = ++came;
	m->in_group = m->is_bound && m->reuse_port;
}

static void play_receivers(int of_type)
{
	const uint8_t seed[32] = { 6 };

	type = of_type;
	random_init(&dice, seed);
	for (int i = 0; i < SOCKETS; i++)
		model[i] =
			(struct model){ .handle = -1, .came = INT_MIN / 2 + i };
	for (int i = 0; i < ROUNDS; i++) {
		struct model *m = &model[random_below(&dice, SOCKETS)];

		if (m->handle < 0) {
			come(m);
		} else if (random_below(&dice, 4) == 0) {
			pyt_socket_close(a, m->handle, sim.now_us);
			m->handle = -1;
		}
		check_receiver("127.0.0.1");
		check_receiver("127.0.0.3");
		check_receiver("::1");
		check_receiver("::2");
	}
	for (int i = 0; i < SOCKETS; i++)
		if (model[i].handle >= 0)
			pyt_socket_close(a, model[i].handle, sim.now_us);
	ck_assert_uint_eq(a->sockets.places.count, 0);
}

START_TEST(who_receives_is_whom_a_search_of_all_finds)
{
	play_receivers(SOCK_DGRAM);
	play_receivers(SOCK_STREAM);
}
END_TEST

UNIT_MAIN_WITH("place search", set_up, tear_down,
	       who_is_in_the_way_is_what_a_search_of_all_finds,
	       who_receives_is_whom_a_search_of_all_finds)
