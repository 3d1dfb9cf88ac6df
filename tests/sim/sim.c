/* Hosts, their memory, and virtual time. */
#include "sim/sim.h"

#include <string.h>

#include "sim/capture.h"

uint64_t sim_random(struct sim *sim)
{
	uint64_t z = sim->random += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t sim_below(struct sim *sim, uint64_t bound)
{
	return sim_random(sim) % bound;
}

bool sim_happens(struct sim *sim, uint32_t chance)
{
	return chance > 0 && sim_below(sim, SIM_MILLION) < chance;
}

void sim_die(const char *what)
{
	fprintf(stderr, "sim: %s\n", what);
	exit(EXIT_FAILURE);
}

/* ---------------------------------------------------------------- memory */

static void *counting_alloc(void *context, size_t len)
{
	struct sim *sim = context;

	if (sim->memory_limit && sim->memory_len + len > sim->memory_limit)
		return NULL;
	sim->memory_len += len;
	if (sim->memory_len > sim->memory_peak)
		sim->memory_peak = sim->memory_len;
	return calloc(1, len);
}

static void counting_free(void *context, void *memory, size_t len)
{
	struct sim *sim = context;

	sim->memory_len -= len;
	free(memory);
}

/* ----------------------------------------------------------------- hosts */

static void log_line(void *context, enum pyt_log_level level,
		     const char *channel, const char *line)
{
	fprintf(stderr, "%s: %s\n", channel, line);
}

static void host_init(struct sim *sim, int number,
		      const struct sim_config *config)
{
	struct sim_host *host = &sim->host[number];
	struct pyt_stack_config stack = {
		.allocator = { counting_alloc, counting_free, sim },
		.log_level = PYT_LOG_WARNING,
		.log = log_line,
	};
	struct pyt_iface_config iface = {
		.name = "sim0",
		.medium = sim->medium,
		.mac = { 2, 0, 0, 0, 0, (uint8_t)(1 + number) },
		.mtu = config->mtu ? config->mtu : 1500,
		.offloads = config->offloads,
	};

	for (size_t i = 0; i < sizeof(stack.seed); i++)
		stack.seed[i] = (uint8_t)sim_random(sim);
	host->stack = pyt_stack_create(&stack, sim->now_us);
	if (!host->stack)
		sim_die("no stack");
	host->ip = pyt_ip_from_v4(0x0a000001 + (uint32_t)number);
	if (!config->ip6)
		pyt_sysctl_set(host->stack, "net.ipv6.conf.all.disable_ipv6",
			       "1");
	host->link = config->link[number];
	host->ifindex = pyt_iface_add(host->stack, &iface, sim->now_us);
	if (host->ifindex < 0 ||
	    pyt_address_add(host->stack, host->ifindex, &host->ip, 24,
			    sim->now_us) != 0)
		sim_die("no interface");
	host->ip6 = (struct pyt_ip){ { 0xfd, [15] = (uint8_t)(1 + number) } };
	if (config->ip6 && pyt_address_add(host->stack, host->ifindex,
					   &host->ip6, 64, sim->now_us) != 0)
		sim_die("no IPv6");
}

void sim_init(struct sim *sim, const struct sim_config *config)
{
	*sim = (struct sim){
		.random = config->seed,
		.now_us = SIM_START_US,
		.medium = config->medium ? config->medium : PYT_MEDIUM_ETHERNET,
		.capture = config->capture,
	};
	TAILQ_INIT(&sim->frames);
	capture_start(sim->capture, sim->medium);
	for (int i = 0; i < SIM_HOSTS; i++)
		host_init(sim, i, config);
	sim_flush(sim);
}

bool sim_clear(struct sim *sim)
{
	struct sim_frame *frame;

	while ((frame = TAILQ_FIRST(&sim->frames)) != NULL) {
		TAILQ_REMOVE(&sim->frames, frame, link);
		free(frame);
	}
	for (int i = 0; i < SIM_HOSTS; i++) {
		pyt_stack_destroy(sim->host[i].stack);
		link_clear(&sim->host[i].wire);
	}
	return sim->memory_len == 0;
}

/* ---------------------------------------------------------------- frames */

/* What it is beside its bytes, which are to be in one piece. */
struct sim_frame *sim_frame_new(const struct pyt_frame *facts, uint32_t len)
{
	struct sim_frame *new = malloc(sizeof(*new) + len);
	struct pyt_frame *frame;

	if (!new)
		sim_die("no memory");
	frame = &new->frame;
	frame->part[0].iov_base = new->bytes;
	frame->part[0].iov_len = len;
	frame->part_count = 1;
	frame->len = len;
	frame->csum = facts->csum;
	frame->csum_start = facts->csum_start;
	frame->csum_offset = facts->csum_offset;
	frame->gso = facts->gso;
	frame->gso_ecn = facts->gso_ecn;
	frame->gso_size = facts->gso_size;
	frame->gso_header_len = facts->gso_header_len;
	frame->drop_reason = NULL;
	return new;
}

void sim_frame_send(struct sim *sim, struct sim_frame *frame)
{
	struct sim_frame *before = TAILQ_LAST(&sim->frames, sim_frames);

	while (before && before->due_us > frame->due_us)
		before = TAILQ_PREV(before, sim_frames, link);
	if (before)
		TAILQ_INSERT_AFTER(&sim->frames, before, frame, link);
	else
		TAILQ_INSERT_HEAD(&sim->frames, frame, link);
}

static void observe(struct sim *sim, int host, const struct pyt_frame *frame,
		    bool is_input)
{
	if (sim->observer.on_frame)
		sim->observer.on_frame(sim, host, frame, is_input);
}

void sim_flush(struct sim *sim)
{
	struct pyt_frame frame;

	for (int i = 0; i < SIM_HOSTS; i++) {
		struct sim_host *host = &sim->host[i];

		while (link_has_room(sim, i) &&
		       pyt_output(host->stack, host->ifindex, &frame,
				  sim->now_us)) {
			link_send(sim, i, &frame);
			observe(sim, i, &frame, false);
		}
	}
}

/* ------------------------------------------------------------------ time */

int64_t sim_next(const struct sim *sim)
{
	const struct sim_frame *frame = TAILQ_FIRST(&sim->frames);
	int64_t next_us = frame ? frame->due_us : TIME_NEVER;

	for (int i = 0; i < SIM_HOSTS; i++) {
		int64_t deadline_us = pyt_next_deadline(sim->host[i].stack);

		if (deadline_us < next_us)
			next_us = deadline_us;
		if (!link_has_room(sim, i) && link_room_at_us(sim, i) < next_us)
			next_us = link_room_at_us(sim, i);
	}
	return next_us < sim->now_us ? sim->now_us : next_us;
}

static void deliver_due(struct sim *sim)
{
	struct sim_frame *frame;

	while ((frame = TAILQ_FIRST(&sim->frames)) != NULL &&
	       frame->due_us <= sim->now_us) {
		struct sim_host *host = &sim->host[frame->to];

		TAILQ_REMOVE(&sim->frames, frame, link);
		pyt_input(host->stack, host->ifindex, &frame->frame,
			  sim->now_us);
		if (frame->frame.drop_reason)
			capture_frame(sim, 1 - frame->to, &frame->frame,
				      frame->frame.drop_reason);
		observe(sim, frame->to, &frame->frame, true);
		free(frame);
		sim_flush(sim);
	}
}

void sim_advance(struct sim *sim, int64_t now_us)
{
	if (now_us > sim->now_us)
		sim->now_us = now_us;
	deliver_due(sim);
	for (int i = 0; i < SIM_HOSTS; i++) {
		if (pyt_next_deadline(sim->host[i].stack) > sim->now_us)
			continue;
		pyt_run_timers(sim->host[i].stack, sim->now_us);
		if (sim->observer.on_timers)
			sim->observer.on_timers(sim, i);
	}
	sim_flush(sim);
}

void sim_run(struct sim *sim, int64_t limit_us)
{
	int64_t next_us;

	while (!sim->problem && (next_us = sim_next(sim)) <= limit_us &&
	       next_us != TIME_NEVER)
		sim_advance(sim, next_us);
	if (sim->now_us < limit_us && limit_us != TIME_NEVER)
		sim->now_us = limit_us;
}
