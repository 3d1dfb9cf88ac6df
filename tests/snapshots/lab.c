/* Flows that always have something to send, and read all there is. */
#include "snapshots/lab.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define PORT 80
#define QUEUE_LEN_MIN 30000 /* 20 frames */

struct sim_config lab_path(uint64_t seed, int64_t rtt_us, double queue,
			   uint32_t loss)
{
	double bdp = (double)rtt_us * LAB_RATE / 8 / 1e6;
	struct sim_config config = { .seed = seed };

	for (int i = 0; i < SIM_HOSTS; i++) {
		config.link[i].delay_us = rtt_us / 2;
		config.link[i].loss = loss;
	}
	config.link[0].rate = LAB_RATE;
	config.link[0].queue_len = (uint32_t)(bdp * queue);
	if (config.link[0].queue_len < QUEUE_LEN_MIN)
		config.link[0].queue_len = QUEUE_LEN_MIN;
	return config;
}

bool lab_set(struct lab *lab, const char *name, const char *value)
{
	bool fine = true;

	for (int i = 0; i < SIM_HOSTS; i++)
		fine = pyt_sysctl_set(lab->sim.host[i].stack, name, value) ==
			       0 &&
		       fine;
	return fine;
}

void lab_init(struct lab *lab, const struct sim_config *config)
{
	struct pyt_stack *stack;
	struct pyt_sockaddr server = { .port = PORT };

	*lab = (struct lab){ 0 };
	sim_init(&lab->sim, config);
	lab_set(lab, "net.ipv4.tcp_syn_retries", "60");
	lab_set(lab, "net.ipv4.tcp_synack_retries", "60");
	lab_set(lab, "net.ipv4.tcp_retries2", "100");
	lab_set(lab, "net.ipv4.neigh.default.mcast_solicit", "60");
	stack = lab->sim.host[1].stack;
	server.ip = lab->sim.host[1].ip;
	lab->listener = pyt_socket_open(stack, AF_INET, SOCK_STREAM, 0);
	if (pyt_socket_bind(stack, lab->listener, &server) != 0 ||
	    pyt_socket_listen(stack, lab->listener, LAB_FLOWS_MAX) != 0)
		sim_die("no listener");
}

void lab_clear(struct lab *lab)
{
	sim_clear(&lab->sim);
}

void lab_add(struct lab *lab, const char *control, int64_t start_us)
{
	lab->flow[lab->count++] = (struct lab_flow){
		.start_us = SIM_START_US + start_us,
		.control = control,
		.client = -1,
		.server = -1,
	};
}

/* ------------------------------------------------------------------- flows */

static void start(struct lab *lab, struct lab_flow *flow)
{
	struct pyt_stack *stack = lab->sim.host[0].stack;
	struct pyt_sockaddr server = { .ip = lab->sim.host[1].ip,
				       .port = PORT };
	struct pyt_socket_status status;

	flow->client = pyt_socket_open(stack, AF_INET, SOCK_STREAM, 0);
	if (pyt_socket_set_option(stack, flow->client, IPPROTO_TCP,
				  TCP_CONGESTION, flow->control,
				  (uint32_t)strlen(flow->control),
				  lab->sim.now_us) != 0)
		sim_die("no such congestion control");
	if (pyt_socket_connect(stack, flow->client, &server, lab->sim.now_us) !=
	    -EINPROGRESS)
		sim_die("no start");
	pyt_socket_status(stack, flow->client, &status);
	flow->port = status.local.port;
}

static void accept_all(struct lab *lab)
{
	struct pyt_stack *stack = lab->sim.host[1].stack;
	struct pyt_socket_status status;
	int handle;

	while ((handle = pyt_socket_accept(stack, lab->listener,
					   lab->sim.now_us)) >= 0) {
		pyt_socket_status(stack, handle, &status);
		for (int i = 0; i < lab->count; i++)
			if (lab->flow[i].port == status.peer.port)
				lab->flow[i].server = handle;
	}
}

static size_t len_of(const struct iovec *iov, int pieces)
{
	size_t len = 0;

	for (int i = 0; i < pieces; i++)
		len += iov[i].iov_len;
	return len;
}

static void fill(struct lab *lab, const struct lab_flow *flow)
{
	struct pyt_stack *stack = lab->sim.host[0].stack;
	struct iovec iov[64];
	int pieces;

	while ((pieces = pyt_socket_send_space(stack, flow->client, iov, 64)) >
	       0)
		pyt_socket_send_commit(stack, flow->client, len_of(iov, pieces),
				       0, lab->sim.now_us);
}

static void drain(struct lab *lab, struct lab_flow *flow)
{
	struct pyt_stack *stack = lab->sim.host[1].stack;
	struct iovec iov[64];
	int pieces;

	while ((pieces = pyt_socket_recv_view(stack, flow->server, iov, 64)) >
	       0) {
		size_t len = len_of(iov, pieces);

		flow->received += len;
		pyt_socket_recv_consume(stack, flow->server, len,
					lab->sim.now_us);
	}
}

static void take_events(struct lab *lab)
{
	struct pyt_event event;

	while (pyt_next_event(lab->sim.host[1].stack, &event))
		accept_all(lab);
	while (pyt_next_event(lab->sim.host[0].stack, &event))
		for (int i = 0; i < lab->count; i++)
			if (lab->flow[i].client == event.handle)
				fill(lab, &lab->flow[i]);
}

static int64_t start_due(struct lab *lab)
{
	int64_t next_us = TIME_NEVER;

	for (int i = 0; i < lab->count; i++) {
		struct lab_flow *flow = &lab->flow[i];

		if (flow->client < 0 && flow->start_us <= lab->sim.now_us)
			start(lab, flow);
		else if (flow->client < 0 && flow->start_us < next_us)
			next_us = flow->start_us;
	}
	return next_us;
}

void lab_run(struct lab *lab, int64_t until_us)
{
	struct sim *sim = &lab->sim;

	until_us += SIM_START_US;
	for (;;) {
		int64_t start_us = start_due(lab);
		int64_t next_us;

		sim_flush(sim);
		next_us = sim_next(sim);
		if (start_us < next_us)
			next_us = start_us;
		if (next_us > until_us)
			break;
		sim_advance(sim, next_us);
		take_events(lab);
		for (int i = 0; i < lab->count; i++)
			if (lab->flow[i].server >= 0)
				drain(lab, &lab->flow[i]);
	}
	sim->now_us = until_us;
}

/* -------------------------------------------------------------- controls */

int lab_controls(char names[][16], int max)
{
	struct sim_config config = { .seed = 1 };
	char text[128] = "", *word, *rest = text;
	static struct sim sim;
	int count = 0;

	sim_init(&sim, &config);
	pyt_sysctl_get(sim.host[0].stack,
		       "net.ipv4.tcp_available_congestion_control", text,
		       sizeof(text));
	while ((word = strsep(&rest, " ")) && count < max)
		snprintf(names[count++], 16, "%s", word);
	sim_clear(&sim);
	return count;
}
