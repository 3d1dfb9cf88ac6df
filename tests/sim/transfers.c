/*
 * Seeded transfers between two stacks over a bad network: whatever is lost,
 * doubled, damaged or out of order, the right bytes arrive both ways, the
 * connections end and all memory comes back.
 *
 * usage: test_transfers [first seed [count]]; SIM_TRACE=1: every frame
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "sim/sim.h"
#include "stack.h"

#define TRANSFERS 2000
#define STEPS_MAX 20000000u
#define PORT 80

enum close_pattern {
	CLOSE_AFTER_END, /* shutdown, close when the peer has ended */
	CLOSE_AT_ONCE, /* close behind the last byte; peer is mute */
	CLOSE_PATTERNS
};

/* A program at one end. */
struct app {
	struct sim *sim;
	struct pyt_stack *stack;
	int handle; /* -1: not yet, or no more */
	uint64_t to_send, sent;
	uint64_t to_receive, received;
	uint8_t salt;
	uint32_t write_max, read_max;
	int64_t pause_us; /* after each write or read; 0: none */
	int64_t next_us;
	enum close_pattern pattern;
	bool shut, ended, closed;
};

struct transfer {
	struct sim sim;
	struct app app[SIM_HOSTS];
	int listener;
	const char *problem;
};

/* ------------------------------------------------------------------ bytes */

static uint8_t byte_at(const struct app *app, uint64_t offset, uint8_t salt)
{
	uint64_t z = (offset >> 3) * 0x9e3779b97f4a7c15u + salt;

	(void)app;
	return (uint8_t)((z ^ z >> 29) >> (offset & 7) * 8);
}

static void fill(const struct app *app, uint8_t *to, size_t len,
		 uint64_t offset)
{
	for (size_t i = 0; i < len; i++)
		to[i] = byte_at(app, offset + i, app->salt);
}

static bool is_right(const struct app *app, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] !=
		    byte_at(app, app->received + i, (uint8_t)~app->salt))
			return false;
	return true;
}

/* --------------------------------------------------------------- programs */

/* Bytes written; 0: the buffer is full, < 0: -errno. */
static int64_t write_some(struct app *app)
{
	struct sim *sim = app->sim;
	uint64_t len = 1 + sim_below(sim, app->write_max);
	struct iovec iov[8];
	size_t done = 0;
	int pieces;

	if (len > app->to_send - app->sent)
		len = app->to_send - app->sent;
	pieces = pyt_socket_send_space(app->stack, app->handle, iov, 8);
	if (pieces < 0)
		return pieces;
	for (int i = 0; i < pieces && done < len; i++) {
		size_t n = iov[i].iov_len;

		if (n > len - done)
			n = len - done;
		fill(app, iov[i].iov_base, n, app->sent + done);
		done += n;
	}
	if (done > 0)
		pyt_socket_send_commit(app->stack, app->handle, done, 0,
				       sim->now_us);
	app->sent += done;
	return (int64_t)done;
}

static const char *read_some(struct app *app, uint64_t *done)
{
	uint64_t len = 1 + sim_below(app->sim, app->read_max);
	struct iovec iov[8];
	int pieces;

	*done = 0;
	pieces = pyt_socket_recv_view(app->stack, app->handle, iov, 8);
	for (int i = 0; i < pieces && *done < len; i++) {
		size_t n = iov[i].iov_len;

		if (n > len - *done)
			n = len - *done;
		if (!is_right(app, iov[i].iov_base, n))
			return "wrong bytes";
		app->received += n;
		*done += n;
	}
	if (app->received > app->to_receive)
		return "more bytes than were sent";
	if (*done > 0)
		pyt_socket_recv_consume(app->stack, app->handle, *done,
					app->sim->now_us);
	return NULL;
}

static void close_app(struct app *app)
{
	pyt_socket_close(app->stack, app->handle, app->sim->now_us);
	app->handle = -1;
	app->closed = true;
}

static const char *finish(struct app *app, unsigned ready)
{
	if (!app->ended && (ready & PYT_READY_READ_END) &&
	    pyt_socket_recv_view(app->stack, app->handle, &(struct iovec){ 0 },
				 1) == 0) {
		app->ended = true;
		if (app->received != app->to_receive)
			return "the end came too early";
	}
	if (app->sent == app->to_send && !app->shut) {
		app->shut = true;
		if (app->pattern == CLOSE_AT_ONCE) {
			close_app(app);
			return NULL;
		}
		if (pyt_socket_shutdown(app->stack, app->handle, SHUT_WR,
					app->sim->now_us) != 0)
			return "shutdown failed";
	}
	if (app->shut && app->ended)
		close_app(app);
	return NULL;
}

/* Until nothing more can be done, or it pauses. */
static const char *app_run(struct app *app)
{
	for (;;) {
		unsigned ready = pyt_socket_ready(app->stack, app->handle);
		const char *problem;
		uint64_t read = 0;
		int64_t written = 0;

		if (ready & PYT_READY_ERROR)
			return "the connection failed";
		if ((ready & PYT_READY_WRITE) && app->sent < app->to_send)
			written = write_some(app);
		if (written < 0)
			return "writing failed";
		problem = read_some(app, &read);
		if (!problem && (ready & (PYT_READY_WRITE | PYT_READY_READ)))
			problem = finish(app, ready);
		if (problem || app->closed)
			return problem;
		if (written == 0 && read == 0)
			return NULL;
		if (app->pause_us > 0) {
			app->next_us = app->sim->now_us + app->pause_us;
			return NULL;
		}
	}
}

static struct app *app_of(struct transfer *t, int host, int handle)
{
	struct app *app = &t->app[host];

	return app->handle == handle && handle >= 0 ? app : NULL;
}

static void take_events(struct transfer *t)
{
	struct pyt_event event;

	for (int i = 0; i < SIM_HOSTS; i++) {
		struct pyt_stack *stack = t->sim.host[i].stack;

		while (pyt_next_event(stack, &event)) {
			struct app *app = app_of(t, i, event.handle);

			if (event.type != PYT_EVENT_SOCKET)
				t->problem = "an address conflict";
			if (i == 1 && event.handle == t->listener &&
			    t->app[1].handle < 0 && !t->app[1].closed) {
				t->app[1].handle = pyt_socket_accept(
					stack, t->listener, t->sim.now_us);
				app = t->app[1].handle >= 0 ? &t->app[1] : NULL;
			}
			if (app && app->next_us == TIME_NEVER)
				app->next_us = t->sim.now_us;
		}
	}
}

static void run_apps(struct transfer *t)
{
	take_events(t);
	for (int i = 0; i < SIM_HOSTS; i++) {
		struct app *app = &t->app[i];

		if (app->handle < 0 || app->next_us > t->sim.now_us)
			continue;
		app->next_us = TIME_NEVER;
		if (!t->problem)
			t->problem = app_run(app);
		take_events(t);
	}
	sim_flush(&t->sim);
}

/* --------------------------------------------------------------- transfers */

static void set(struct pyt_stack *stack, const char *name, const char *value)
{
	if (pyt_sysctl_set(stack, name, value) != 0) {
		fprintf(stderr, "no sysctl %s\n", name);
		exit(EXIT_FAILURE);
	}
}

/* At 30 % loss both ways the usual number of tries is not always enough. */
static void be_patient(struct pyt_stack *stack)
{
	set(stack, "net.ipv4.tcp_syn_retries", "40");
	set(stack, "net.ipv4.tcp_synack_retries", "40");
	set(stack, "net.ipv4.tcp_retries2", "60");
	set(stack, "net.ipv4.tcp_orphan_retries", "60");
	set(stack, "net.ipv4.neigh.default.mcast_solicit", "60");
}

static uint64_t random_len(struct sim *sim, uint32_t loss)
{
	unsigned bits = 1 + (unsigned)sim_below(sim, loss > 50000 ? 17 : 22);

	return sim_below(sim, 8) == 0 ? 0 : sim_below(sim, 1u << bits);
}

static struct sim_config random_config(uint64_t seed, struct sim *dice)
{
	static const uint32_t mtus[] = { 1500, 1500, 576, 9000, 65535 };
	static const uint32_t losses[] = { 1, 20000, 100000, 300001 };
	struct sim_config config = { .seed = seed };
	struct sim_link *link = &config.link;

	config.mtu = mtus[sim_below(dice, 5)];
	if (sim_below(dice, 2))
		config.offloads = PYT_OFFLOAD_CSUM | PYT_OFFLOAD_TSO4;
	link->loss = (uint32_t)sim_below(dice, losses[sim_below(dice, 4)]);
	link->duplicate = sim_below(dice, 2) ? 20000 : 0;
	link->corrupt = sim_below(dice, 2) ? 10000 : 0;
	link->reorder = sim_below(dice, 2) ? 50000 : 0;
	link->delay_us = (int64_t)sim_below(dice, 50000);
	link->jitter_us = sim_below(dice, 2) ? 5000 : 0;
	link->reorder_us = 1000 + (int64_t)sim_below(dice, 30000);
	link->rate = sim_below(dice, 2) ? 1000000u << sim_below(dice, 8) : 0;
	return config;
}

static void init_apps(struct transfer *t, uint32_t loss)
{
	struct sim *sim = &t->sim;

	for (int i = 0; i < SIM_HOSTS; i++) {
		struct app *app = &t->app[i];

		*app = (struct app){ .sim = sim, .handle = -1 };
		app->stack = sim->host[i].stack;
		app->salt = i ? 0xff : 0;
		app->to_send = random_len(sim, loss);
		app->write_max =
			1 + (uint32_t)sim_below(sim, 1u << sim_below(sim, 17));
		app->read_max =
			1 + (uint32_t)sim_below(sim, 1u << sim_below(sim, 17));
		if (sim_below(sim, 3) == 0 && app->write_max > 500 &&
		    app->read_max > 500)
			app->pause_us = (int64_t)sim_below(sim, 20000);
		app->next_us = TIME_NEVER;
	}
	if (sim_below(sim, 3) == 0) {
		int closer = (int)sim_below(sim, 2);

		t->app[closer].pattern = CLOSE_AT_ONCE;
		t->app[1 - closer].to_send = 0;
	}
	t->app[0].to_receive = t->app[1].to_send;
	t->app[1].to_receive = t->app[0].to_send;
}

static void start(struct transfer *t)
{
	struct pyt_sockaddr server = { .ip = t->sim.host[1].ip, .port = PORT };
	struct pyt_stack *a = t->sim.host[0].stack, *b = t->sim.host[1].stack;

	be_patient(a);
	be_patient(b);
	t->listener = pyt_socket_open(b, AF_INET, SOCK_STREAM, 0);
	t->app[0].handle = pyt_socket_open(a, AF_INET, SOCK_STREAM, 0);
	if (pyt_socket_bind(b, t->listener, &server) != 0 ||
	    pyt_socket_listen(b, t->listener, 5) != 0 ||
	    pyt_socket_connect(a, t->app[0].handle, &server, t->sim.now_us) !=
		    -EINPROGRESS)
		t->problem = "no start";
	sim_flush(&t->sim);
}

static int64_t next_of(const struct transfer *t)
{
	int64_t next_us = sim_next(&t->sim);

	for (int i = 0; i < SIM_HOSTS; i++)
		if (t->app[i].handle >= 0 && t->app[i].next_us < next_us)
			next_us = t->app[i].next_us;
	return next_us;
}

static bool is_over(const struct transfer *t)
{
	for (int i = 0; i < SIM_HOSTS; i++)
		if (!t->app[i].closed ||
		    pyt_unfinished_count(t->app[i].stack) > 0)
			return false;
	return true;
}

static void run(struct transfer *t)
{
	for (unsigned steps = 0; !t->problem && !is_over(t); steps++) {
		int64_t next_us = next_of(t);

		if (next_us == TIME_NEVER)
			t->problem = "dead: nothing is pending";
		else if (steps > STEPS_MAX)
			t->problem = "no end in sight";
		else
			sim_advance(&t->sim, next_us);
		run_apps(t);
	}
}

/* After TIME-WAIT nothing but the listener is left. */
static void clean_up(struct transfer *t)
{
	struct pyt_stack *a = t->sim.host[0].stack, *b = t->sim.host[1].stack;

	sim_run(&t->sim, t->sim.now_us + 400000000);
	if (!t->problem &&
	    (a->sockets.socket_count != 0 || b->sockets.socket_count != 1))
		t->problem = "connections are left over";
	if (!sim_clear(&t->sim) && !t->problem)
		t->problem = "memory is not given back";
}

static bool transfer(uint64_t seed, const char *program)
{
	static struct transfer t;
	struct sim dice = { .random = seed * 2 + 1 };
	struct sim_config config = random_config(seed, &dice);

	memset(&t, 0, sizeof(t));
	sim_init(&t.sim, &config);
	if (getenv("SIM_TRACE"))
		t.sim.trace = stderr;
	init_apps(&t, config.link.loss);
	start(&t);
	run(&t);
	if (t.problem)
		fprintf(stderr,
			"seed %llu: %s after %.3f s; sent %llu/%llu and "
			"%llu/%llu, received %llu and %llu\n"
			"replay: %s %llu 1\n",
			(unsigned long long)seed, t.problem,
			(double)t.sim.now_us / 1e6,
			(unsigned long long)t.app[0].sent,
			(unsigned long long)t.app[0].to_send,
			(unsigned long long)t.app[1].sent,
			(unsigned long long)t.app[1].to_send,
			(unsigned long long)t.app[0].received,
			(unsigned long long)t.app[1].received, program,
			(unsigned long long)seed);
	if (!t.problem) {
		clean_up(&t);
		if (t.problem)
			fprintf(stderr, "seed %llu: %s\nreplay: %s %llu 1\n",
				(unsigned long long)seed, t.problem, program,
				(unsigned long long)seed);
	}
	return !t.problem;
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 0) : TRANSFERS;
	unsigned failed = 0;

	for (uint64_t i = 0; i < count; i++)
		failed += !transfer(first + i, argv[0]);
	printf("%llu transfers, %u failed\n", (unsigned long long)count,
	       failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
