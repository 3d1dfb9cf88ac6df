/*
 * Two hosts, connections between them in every state, and an adversary who
 * knows their sequence numbers. An input is a list of steps: a forged
 * segment or ICMP error, a call of a program, some rounds of a transfer, time
 * that passes, frames that are lost, a path that gets worse or better. The
 * invariants of tests/sim hold after each; in the end all is closed and every
 * byte of memory comes back.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "adversary.h"
#include "fuzz.h"
#include "knobs.h"
#include "sim/frame.h"
#include "sim/watch.h"
#include "stack.h"

#define STEPS_MAX 400u
#define FRAMES_MAX 400u /* in one step: they may answer each other */
#define HANDLES 8
#define ROUNDS_MAX 96u /* of transfers, in one input */
#define ROUND_US 20000

/* What nothing is wrong with. */
static const struct sim_link good_path = { .delay_us = 1000 };

struct world {
	struct sim sim;
	struct watch watch;
	struct sim_observer inner;
	struct reader in;
	struct tcp_header last[SIM_HOSTS];
	int listener;
	int handle[SIM_HOSTS][HANDLES]; /* -1: none */
	unsigned rounds;
};

static struct world world;

static void on_frame(struct sim *sim, int host, const struct pyt_frame *frame,
		     bool is_input)
{
	struct frame_facts facts =
		frame_facts(sim->medium, frame->part[0].iov_base, frame);
	const uint8_t *bytes = frame->part[0].iov_base;
	struct reader r;

	if (facts.is_tcp && !is_input) {
		r = reader_init(bytes + facts.tcp,
				frame->part[0].iov_len - facts.tcp);
		tcp_header_parse(&r, &world.last[host]);
	}
	sim->observer.context = world.inner.context;
	world.inner.on_frame(sim, host, frame, is_input);
}

static void check(void)
{
	if (!world.sim.problem)
		return;
	fprintf(stderr, "broken: %s\n", world.sim.problem);
	abort();
}

/* ------------------------------------------------------------------ start */

static int *free_handle(int host)
{
	for (int i = 0; i < HANDLES; i++)
		if (world.handle[host][i] < 0)
			return &world.handle[host][i];
	return NULL;
}

enum opening {
	OPENING_PLAIN,
	OPENING_FAST, /* data on the SYN, RFC 7413 */
	OPENING_MD5,
	OPENING_AO,
};

/* The listener has the keys as well from then on. */
static void prepare(int handle, enum opening opening)
{
	int one = 1;
	enum knobs_keys keys = opening == OPENING_MD5  ? KNOBS_MD5
			       : opening == OPENING_AO ? KNOBS_AO
						       : KNOBS_NO_KEY;

	if (opening == OPENING_FAST)
		pyt_socket_set_option(world.sim.host[0].stack, handle,
				      IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one,
				      sizeof(one), world.sim.now_us);
	knobs_sign(&world.sim, 0, handle, keys);
	knobs_sign(&world.sim, 1, world.listener, keys);
}

static void connect_one(enum opening opening)
{
	struct sim *sim = &world.sim;
	struct pyt_stack *stack = sim->host[0].stack;
	struct pyt_sockaddr peer = { .ip = sim->host[1].ip,
				     .port = ADVERSARY_SERVER_PORT };
	struct pyt_sockaddr local = { .ip = sim->host[0].ip,
				      .port = ADVERSARY_CLIENT_PORT };
	int *handle = free_handle(0);

	if (!handle)
		return;
	*handle = pyt_socket_open(stack, AF_INET, SOCK_STREAM, 0);
	if (*handle < 0)
		return;
	pyt_socket_bind(stack, *handle, &local); /* the first one gets it */
	prepare(*handle, opening);
	pyt_socket_connect(stack, *handle, &peer, sim->now_us);
	sim_flush(sim);
}

static void set(const char *name, const char *value)
{
	for (int i = 0; i < SIM_HOSTS; i++)
		pyt_sysctl_set(world.sim.host[i].stack, name, value);
}

/* What is the default need not be set: names are compared one by one. */
static void choose_settings(uint8_t how)
{
	static const char *const controls[] = { "cubic", "reno", "dctcp",
						"bbr" };

	if (how & 1)
		set("net.ipv4.tcp_sack", "0");
	if (how & 2)
		set("net.ipv4.tcp_timestamps", "0");
	if (how & 4)
		set("net.ipv4.tcp_window_scaling", "0");
	if (how & 8)
		set("net.ipv4.tcp_ecn", how & 16 ? "3" : "1"); /* accurate */
	if (how & 16)
		set("net.ipv4.tcp_mtu_probing", "1");
	if (how & 32)
		set("net.ipv4.tcp_syncookies", "0");
	if (how >> 6)
		set("net.ipv4.tcp_congestion_control", controls[how >> 6]);
}

static void start(const uint8_t *data, size_t size)
{
	struct sim_config config = { .seed = 1,
				     .medium = PYT_MEDIUM_IP,
				     .offloads = PYT_OFFLOAD_CSUM |
						 PYT_OFFLOAD_TSO4,
				     .link = { good_path, good_path } };
	struct sim *sim = &world.sim;
	struct pyt_sockaddr server = { .port = ADVERSARY_SERVER_PORT };

	memset(&world, 0, sizeof(world));
	memset(world.handle, -1, sizeof(world.handle));
	world.in = reader_init(data, size);
	sim_init(sim, &config);
	choose_settings(reader_u8(&world.in));
	server.ip = sim->host[1].ip;
	world.listener =
		pyt_socket_open(sim->host[1].stack, AF_INET, SOCK_STREAM, 0);
	pyt_socket_bind(sim->host[1].stack, world.listener, &server);
	pyt_socket_listen(sim->host[1].stack, world.listener, 4);
	watch_start(&world.watch, sim);
	world.inner = sim->observer;
	sim->observer.on_frame = on_frame;
	connect_one(OPENING_PLAIN);
}

/* --------------------------------------------------------------- programs */

static void write_some(int host, int handle, uint32_t len, int flags)
{
	struct pyt_stack *stack = world.sim.host[host].stack;
	struct iovec iov[4];
	int pieces = pyt_socket_send_space(stack, handle, iov, 4);
	size_t done = 0;

	for (int i = 0; i < pieces && done < len; i++) {
		size_t n = iov[i].iov_len < len - done ? iov[i].iov_len
						       : len - done;

		memset(iov[i].iov_base, 'x', n);
		done += n;
	}
	if (done)
		pyt_socket_send_commit(stack, handle, done, flags,
				       world.sim.now_us);
}

static void read_some(int host, int handle, uint32_t len)
{
	struct pyt_stack *stack = world.sim.host[host].stack;
	volatile uint8_t sum = 0;
	struct iovec iov[4];
	int pieces = pyt_socket_recv_view(stack, handle, iov, 4);
	size_t done = 0;

	for (int i = 0; i < pieces && done < len; i++) {
		const uint8_t *bytes = iov[i].iov_base;
		size_t n = iov[i].iov_len < len - done ? iov[i].iov_len
						       : len - done;

		sum = sum + bytes[0] + bytes[n - 1]; /* ASan looks */
		done += n;
	}
	if (done)
		pyt_socket_recv_consume(stack, handle, done, world.sim.now_us);
}

/* Which handle and which option must not hang together. */
static void set_option(int host, int handle, uint8_t which, int value)
{
	static const struct {
		int level, name;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY },
		{ IPPROTO_TCP, TCP_CORK },
		{ IPPROTO_TCP, TCP_QUICKACK },
		{ IPPROTO_TCP, TCP_MAXSEG },
		{ IPPROTO_TCP, TCP_WINDOW_CLAMP },
		{ SOL_SOCKET, SO_RCVBUF },
		{ SOL_SOCKET, SO_KEEPALIVE },
		{ SOL_SOCKET, SO_OOBINLINE },
		{ IPPROTO_TCP, TCP_KEEPIDLE },
		{ IPPROTO_TCP, TCP_LINGER2 },
		{ IPPROTO_TCP, TCP_NOTSENT_LOWAT },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT },
		{ IPPROTO_TCP, TCP_KEEPINTVL },
		{ IPPROTO_TCP, TCP_KEEPCNT },
		{ SOL_SOCKET, SO_SNDBUF },
	};

	which = which / HANDLES % (sizeof(options) / sizeof(*options));
	pyt_socket_set_option(world.sim.host[host].stack, handle,
			      options[which].level, options[which].name, &value,
			      sizeof(value), world.sim.now_us);
}

static void close_one(int host, int *handle, bool resets)
{
	struct linger linger = { .l_onoff = 1 };
	struct pyt_stack *stack = world.sim.host[host].stack;

	if (resets)
		pyt_socket_set_option(stack, *handle, SOL_SOCKET, SO_LINGER,
				      &linger, sizeof(linger),
				      world.sim.now_us);
	pyt_socket_close(stack, *handle, world.sim.now_us);
	*handle = -1;
}

static void accept_all(void)
{
	struct pyt_stack *stack = world.sim.host[1].stack;
	int *handle;

	while ((handle = free_handle(1)) &&
	       (*handle = pyt_socket_accept(stack, world.listener,
					    world.sim.now_us)) >= 0)
		;
	if (handle && *handle < 0)
		*handle = -1;
}

static void call(uint8_t what, int host)
{
	uint8_t which = reader_u8(&world.in);
	int *handle = &world.handle[host][which % HANDLES], number = *handle;
	uint16_t value = reader_u16(&world.in);
	static const int how[] = { SHUT_WR, SHUT_RD, SHUT_RDWR, SHUT_WR };

	if (number < 0)
		return;
	if (what < 90)
		write_some(host, number, value, 0);
	else if (what < 100)
		write_some(host, number, value, MSG_OOB);
	else if (what < 110)
		write_some(host, number, value, MSG_MORE);
	else if (what < 150)
		read_some(host, number, value);
	else if (what < 165)
		pyt_socket_shutdown(world.sim.host[host].stack, number,
				    how[value % 4], world.sim.now_us);
	else if (what < 180)
		close_one(host, handle, value % 4 == 0);
	else
		set_option(host, number, which, value);
	watch_socket(&world.sim, host, number);
	sim_flush(&world.sim);
}

/* ------------------------------------------------------------------- steps */

/* Frames and timers up to limit_us; if they are too many, less far. */
static void run_until(int64_t limit_us)
{
	struct sim *sim = &world.sim;

	for (unsigned i = 0; i < FRAMES_MAX; i++) {
		int64_t next_us = sim_next(sim);

		if (next_us > limit_us) {
			sim->now_us = limit_us;
			return;
		}
		sim_advance(sim, next_us);
		check();
	}
}

static void pass_time(uint8_t what)
{
	int64_t now_us = world.sim.now_us;

	if (what < 100)
		run_until(now_us + what * 100); /* up to 10 ms */
	else if (what < 160)
		run_until(now_us + (what - 100) * 10000ll);
	else
		run_until(now_us + (what - 160) * 1000000ll);
}

static void lose_frames(void)
{
	struct sim_frame *frame;

	while ((frame = TAILQ_FIRST(&world.sim.frames)) != NULL) {
		TAILQ_REMOVE(&world.sim.frames, frame, link);
		free(frame);
	}
}

/* Frames on their way are not touched, what comes then meets it. */
static void change_path(int host)
{
	struct sim_link *link = &world.sim.host[host].link;
	uint8_t what = reader_u8(&world.in), value = reader_u8(&world.in);

	switch (what % 8) {
	case 0:
		link->loss = value * 2000u; /* up to half of them */
		break;
	case 1:
		link->delay_us = value * 2000;
		break;
	case 2:
		link->jitter_us = value * 100;
		break;
	case 3:
		link->reorder = value * 4000u;
		link->reorder_us = (what >> 3) * 10000;
		break;
	case 4:
		link->duplicate = value * 4000u;
		break;
	case 5:
		link->rate = (value + 1) * 100000ull;
		break;
	case 6:
		link->queue_len = value * 1000u;
		link->cuts = what & 8; /* no super-frames: many samples */
		break;
	default:
		link->mark_len = value * 200u;
	}
}

static void read_all(int host)
{
	for (int i = 0; i < HANDLES; i++)
		if (world.handle[host][i] >= 0)
			read_some(host, world.handle[host][i], UINT32_MAX);
	sim_flush(&world.sim);
}

/* As much as there is room for, again and again: rounds of a control. */
static void transfer(int host)
{
	uint8_t which = reader_u8(&world.in);
	unsigned rounds = 1u + which / HANDLES;
	int handle = world.handle[host][which % HANDLES];

	while (handle >= 0 && rounds-- && world.rounds++ < ROUNDS_MAX) {
		write_some(host, handle, UINT16_MAX, 0);
		watch_socket(&world.sim, host, handle);
		sim_flush(&world.sim);
		run_until(world.sim.now_us + ROUND_US);
		read_all(1 - host);
	}
}

/* The listener, or one of the sockets. */
static int any_handle(int host, uint8_t which)
{
	if (host == 1 && which >= 128)
		return world.listener;
	return world.handle[host][which % HANDLES];
}

static void turn_knob(int host)
{
	struct sim *sim = &world.sim;
	uint8_t what = reader_u8(&world.in), value = reader_u8(&world.in);
	int handle = any_handle(host, reader_u8(&world.in));

	if (what < 60)
		connect_one((enum opening)(value % 4));
	else if (what < 120)
		knobs_set(sim, value);
	else if (handle < 0)
		return;
	else if (what < 150)
		knobs_ask(sim, host, handle, value);
	else if (what < 220)
		knobs_set_option(sim, host, handle, value);
	else
		knobs_sign(sim, host, handle, (enum knobs_keys)(value % 4));
	sim_flush(sim);
}

static void take_events(void)
{
	struct pyt_event event;

	for (int i = 0; i < SIM_HOSTS; i++)
		while (pyt_next_event(world.sim.host[i].stack, &event))
			;
	accept_all();
}

static void step(void)
{
	uint8_t what = reader_u8(&world.in);
	int host = what & 1;

	if (what < 110)
		adversary_segment(&world.sim, &world.in, host, world.last);
	else if (what < 120)
		adversary_icmp(&world.sim, &world.in, host);
	else if (what < 175)
		call(reader_u8(&world.in), host);
	else if (what < 235)
		pass_time(reader_u8(&world.in));
	else if (what < 239)
		lose_frames();
	else if (what < 245)
		change_path(host);
	else if (what < 251)
		connect_one(OPENING_PLAIN);
	else if (what < 255)
		transfer(host);
	else
		turn_knob(reader_u8(&world.in) % 2);
	take_events();
	check();
}

static bool has_sockets(void)
{
	return world.sim.host[0].stack->sockets.socket_count ||
	       world.sim.host[1].stack->sockets.socket_count;
}

/* Whatever happened, it ends: nothing answers nothing for ever. */
static void finish(void)
{
	struct sim *sim = &world.sim;

	for (int host = 0; host < SIM_HOSTS; host++) {
		sim->host[host].link = good_path;
		for (int i = 0; i < HANDLES; i++)
			if (world.handle[host][i] >= 0)
				close_one(host, &world.handle[host][i], i % 2);
	}
	close_one(1, &world.listener, false);
	sim_flush(sim);
	for (int i = 0; i < 40 && has_sockets(); i++) {
		run_until(sim->now_us + 100 * 1000000ll);
		take_events();
	}
	check();
	FUZZ_CLAIM(!has_sockets());
	FUZZ_CLAIM(sim_clear(sim));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned steps = 0;

	start(data, size);
	check();
	while (world.in.left && !world.in.failed && steps++ < STEPS_MAX)
		step();
	finish();
	return 0;
}
