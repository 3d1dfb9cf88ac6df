/* Connects, lets programs and network take turns, cleans up. */
#include "sim/run.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "stack.h"

#define PORT 80
#define STEPS_MAX 2000000u
#define TIME_MAX_US (100000ll * 1000000)
#define AFTERMATH_US (2000ll * 1000000) /* TIME-WAIT, orphans */

static void set_option(struct app *app, int level, int name, int value)
{
	if (pyt_socket_set_option(app->stack, app->handle, level, name, &value,
				  sizeof(value), app->sim->now_us) != 0)
		sim_die("no such option");
}

static void prepare(const struct run *run, struct app *app)
{
	if (run->scenario.nodelay)
		set_option(app, IPPROTO_TCP, TCP_NODELAY, 1);
	/* A reset may be lost, and then nothing else tells. */
	if (app->peer_breaks_off) {
		set_option(app, SOL_SOCKET, SO_KEEPALIVE, 1);
		set_option(app, IPPROTO_TCP, TCP_KEEPIDLE, 5);
		set_option(app, IPPROTO_TCP, TCP_KEEPINTVL, 30);
	}
}

/* ------------------------------------------------------------------ events */

static int pair_of(const struct run *run, int host, int handle)
{
	for (int i = 0; i < run->scenario.pairs; i++)
		if (handle >= 0 && run->app[i][host].handle == handle)
			return i;
	return -1;
}

static void accept_one(struct run *run)
{
	struct pyt_stack *stack = run->sim.host[1].stack;
	int handle = pyt_socket_accept(stack, run->listener, run->sim.now_us);
	struct pyt_socket_status status;

	if (handle < 0)
		return;
	pyt_socket_status(stack, handle, &status);
	for (int i = 0; i < run->scenario.pairs; i++) {
		struct app *app = &run->app[i][1];

		if (run->client_port[i] != status.peer.port || app->closed)
			continue;
		app->handle = handle;
		app->next_us = run->sim.now_us;
		prepare(run, app);
		return;
	}
	run->sim.problem = "a connection that nobody made";
}

static void take_events(struct run *run)
{
	struct pyt_event event;

	for (int host = 0; host < SIM_HOSTS; host++) {
		struct pyt_stack *stack = run->sim.host[host].stack;

		while (pyt_next_event(stack, &event)) {
			int pair = pair_of(run, host, event.handle);

			if (event.type != PYT_EVENT_SOCKET)
				run->sim.problem = "an address conflict";
			else if (host == 1 && event.handle == run->listener)
				while (pyt_socket_ready(stack, run->listener) &
				       PYT_READY_ACCEPT)
					accept_one(run);
			else if (pair >= 0)
				run->app[pair][host].next_us = run->sim.now_us;
		}
	}
}

static void run_app(struct run *run, struct app *app)
{
	struct sim *sim = &run->sim;
	int handle = app->handle;
	const char *problem;

	if (handle < 0 || app->next_us > sim->now_us || sim->problem)
		return;
	app->next_us = TIME_NEVER;
	problem = app_run(app);
	if (problem && !sim->problem)
		sim->problem = problem;
	watch_socket(sim, app->host, handle);
}

static void run_apps(struct run *run)
{
	take_events(run);
	for (int i = 0; i < run->scenario.pairs; i++)
		for (int host = 0; host < SIM_HOSTS; host++)
			run_app(run, &run->app[i][host]);
	sim_flush(&run->sim);
}

/* ------------------------------------------------------------------- start */

static void listen_at(struct run *run, const struct pyt_sockaddr *server)
{
	struct pyt_stack *stack = run->sim.host[1].stack;

	run->listener = pyt_socket_open(stack, AF_INET, SOCK_STREAM, 0);
	if (pyt_socket_bind(stack, run->listener, server) != 0 ||
	    pyt_socket_listen(stack, run->listener, run->scenario.backlog) != 0)
		sim_die("no listener");
}

static void connect_pair(struct run *run, int number,
			 const struct pyt_sockaddr *server)
{
	struct app *client = &run->app[number][0];
	struct pyt_socket_status status;

	client->handle =
		pyt_socket_open(client->stack, AF_INET, SOCK_STREAM, 0);
	prepare(run, client);
	if (pyt_socket_connect(client->stack, client->handle, server,
			       run->sim.now_us) != -EINPROGRESS)
		sim_die("no start");
	pyt_socket_status(client->stack, client->handle, &status);
	run->client_port[number] = status.local.port;
}

static void start(struct run *run)
{
	struct sim *sim = &run->sim;
	struct pyt_sockaddr server = { .ip = sim->host[1].ip, .port = PORT };

	scenario_apply(&run->scenario, sim);
	listen_at(run, &server);
	watch_start(&run->watch, sim);
	for (int i = 0; i < run->scenario.pairs; i++) {
		scenario_apps(&run->scenario, sim, run->app[i]);
		connect_pair(run, i, &server);
	}
	sim_flush(sim);
}

/* --------------------------------------------------------------------- run */

static int64_t next_of(const struct run *run)
{
	int64_t next_us = sim_next(&run->sim);

	for (int i = 0; i < run->scenario.pairs; i++)
		for (int host = 0; host < SIM_HOSTS; host++) {
			const struct app *app = &run->app[i][host];

			if (app->handle >= 0 && app->next_us < next_us)
				next_us = app->next_us;
		}
	return next_us;
}

static bool is_over(const struct run *run)
{
	for (int i = 0; i < run->scenario.pairs; i++)
		for (int host = 0; host < SIM_HOSTS; host++)
			if (!run->app[i][host].closed)
				return false;
	return pyt_unfinished_count(run->sim.host[0].stack) == 0 &&
	       pyt_unfinished_count(run->sim.host[1].stack) == 0;
}

static void transfer(struct run *run)
{
	struct sim *sim = &run->sim;

	while (!sim->problem && !is_over(run)) {
		int64_t next_us = next_of(run);

		if (next_us == TIME_NEVER)
			sim->problem = "dead: nothing is pending";
		else if (run->steps++ > STEPS_MAX || next_us > TIME_MAX_US)
			sim->problem = "no end in sight";
		else
			sim_advance(sim, next_us);
		run_apps(run);
	}
}

/* After TIME-WAIT nothing but the listener is left. */
static void clean_up(struct run *run)
{
	struct sim *sim = &run->sim;
	const struct pyt_stack *a = sim->host[0].stack;
	const struct pyt_stack *b = sim->host[1].stack;

	sim_run(sim, sim->now_us + AFTERMATH_US);
	if (!sim->problem &&
	    (a->sockets.socket_count != 0 || b->sockets.socket_count != 1))
		sim->problem = "connections are left over";
	if (!sim_clear(sim) && !sim->problem)
		sim->problem = "memory is not given back";
}

const char *run_seed(struct run *run, uint64_t seed, struct capture *capture)
{
	run->scenario = scenario_of_seed(seed);
	run->scenario.config.capture = capture;
	run->steps = 0;
	sim_init(&run->sim, &run->scenario.config);
	start(run);
	transfer(run);
	if (run->sim.problem)
		sim_clear(&run->sim);
	else
		clean_up(run);
	return run->sim.problem;
}

void run_print(const struct run *run, FILE *to)
{
	fprintf(to, "  after %.6f s, %u steps\n",
		(double)(run->sim.now_us - SIM_START_US) / 1e6, run->steps);
	for (int i = 0; i < run->scenario.pairs; i++)
		for (int host = 0; host < SIM_HOSTS; host++) {
			const struct app *app = &run->app[i][host];

			if (app->closed && run->app[i][1 - host].closed)
				continue;
			fprintf(to,
				"  host %d port %u: sent %llu/%llu, received "
				"%llu/%llu%s\n",
				host, host ? PORT : run->client_port[i],
				(unsigned long long)app->sent,
				(unsigned long long)app->to_send,
				(unsigned long long)app->received,
				(unsigned long long)app->to_receive,
				app->closed ? ", closed" : "");
		}
}
