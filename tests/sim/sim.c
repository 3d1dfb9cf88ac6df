/* Hosts, links and virtual time. */
#include "sim/sim.h"

#include <string.h>

#include "base/checksum.h"

#define MILLION 1000000u
#define ROOM_US 5000 /* a limited link takes frames for so long ahead */

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

static bool happens(struct sim *sim, uint32_t chance)
{
	return chance > 0 && sim_below(sim, MILLION) < chance;
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

static void die(const char *what)
{
	fprintf(stderr, "sim: %s\n", what);
	exit(EXIT_FAILURE);
}

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
		.medium = config->medium ? config->medium : PYT_MEDIUM_ETHERNET,
		.mac = { 2, 0, 0, 0, 0, (uint8_t)(1 + number) },
		.mtu = config->mtu ? config->mtu : 1500,
		.offloads = config->offloads,
	};

	for (size_t i = 0; i < sizeof(stack.seed); i++)
		stack.seed[i] = (uint8_t)sim_random(sim);
	host->stack = pyt_stack_create(&stack, sim->now_us);
	if (!host->stack)
		die("no stack");
	host->ip = pyt_ip_from_v4(0x0a000001 + (uint32_t)number);
	host->link = config->link;
	host->ifindex = pyt_iface_add(host->stack, &iface, sim->now_us);
	if (host->ifindex < 0 ||
	    pyt_address_add(host->stack, host->ifindex, &host->ip, 24,
			    sim->now_us) != 0)
		die("no interface");
}

void sim_init(struct sim *sim, const struct sim_config *config)
{
	*sim = (struct sim){ .random = config->seed, .now_us = 1000000 };
	TAILQ_INIT(&sim->frames);
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
	for (int i = 0; i < SIM_HOSTS; i++)
		pyt_stack_destroy(sim->host[i].stack);
	return sim->memory_len == 0;
}

/* ----------------------------------------------------------------- links */

static void insert(struct sim *sim, struct sim_frame *frame)
{
	struct sim_frame *before = TAILQ_LAST(&sim->frames, sim_frames);

	while (before && before->due_us > frame->due_us)
		before = TAILQ_PREV(before, sim_frames, link);
	if (before)
		TAILQ_INSERT_AFTER(&sim->frames, before, frame, link);
	else
		TAILQ_INSERT_HEAD(&sim->frames, frame, link);
}

/* The link's own copy, in one piece. */
static struct sim_frame *copy_of(const struct pyt_frame *frame)
{
	struct sim_frame *copy = malloc(sizeof(*copy) + frame->len);
	uint32_t at = 0;

	if (!copy)
		die("no memory");
	copy->frame = *frame;
	for (int i = 0; i < frame->part_count; i++) {
		memcpy(copy->bytes + at, frame->part[i].iov_base,
		       frame->part[i].iov_len);
		at += (uint32_t)frame->part[i].iov_len;
	}
	if (at != frame->len)
		die("a frame's length is not the sum of its parts");
	copy->frame.part[0].iov_base = copy->bytes;
	copy->frame.part[0].iov_len = frame->len;
	copy->frame.part_count = 1;
	return copy;
}

static void finish_checksum(struct sim_frame *copy)
{
	struct pyt_frame *frame = &copy->frame;
	uint8_t *field = copy->bytes + frame->csum_start + frame->csum_offset;
	uint16_t sum =
		checksum_finish(checksum_add(0, copy->bytes + frame->csum_start,
					     frame->len - frame->csum_start));

	field[0] = (uint8_t)(sum >> 8);
	field[1] = (uint8_t)sum;
	frame->csum = PYT_CSUM_NONE;
}

/* One bit behind the link header. What a super-frame's segments lose by it
 * is all of one segment; here it is the whole. False: drop it. */
static bool corrupt(struct sim *sim, struct sim_frame *copy)
{
	uint32_t at;

	if (copy->frame.gso != PYT_GSO_NONE || copy->frame.len <= 34)
		return false;
	if (copy->bytes[12] != 8 || copy->bytes[13] != 0)
		return true; /* ARP has no checksum of its own */
	if (copy->frame.csum == PYT_CSUM_PARTIAL)
		finish_checksum(copy);
	at = 14 + (uint32_t)sim_below(sim, copy->frame.len - 14);
	copy->bytes[at] ^= (uint8_t)(1 << sim_below(sim, 8));
	return true;
}

static int64_t due(struct sim *sim, const struct sim_host *host)
{
	const struct sim_link *link = &host->link;
	int64_t due_us = host->busy_until_us + link->delay_us;

	if (link->jitter_us > 0)
		due_us += (int64_t)sim_below(sim, (uint64_t)link->jitter_us);
	if (happens(sim, link->reorder))
		due_us += link->reorder_us;
	return due_us;
}

static void trace(struct sim *sim, int from, const struct pyt_frame *frame,
		  const char *what)
{
	if (sim->trace)
		fprintf(sim->trace, "%12.6f %d>%d len %u gso %u %s\n",
			(double)sim->now_us / 1e6, from, 1 - from, frame->len,
			frame->gso_size, what);
}

static void carry(struct sim *sim, int from, const struct pyt_frame *frame)
{
	struct sim_host *host = &sim->host[from];
	struct sim_frame *copy = copy_of(frame);

	if (happens(sim, host->link.loss) ||
	    (happens(sim, host->link.corrupt) && !corrupt(sim, copy))) {
		trace(sim, from, frame, "lost");
		host->frames_lost++;
		free(copy);
		return;
	}
	trace(sim, from, frame, "");
	copy->to = 1 - from;
	copy->due_us = due(sim, host);
	insert(sim, copy);
}

static void send_frame(struct sim *sim, int from, const struct pyt_frame *frame)
{
	struct sim_host *host = &sim->host[from];

	host->frames_sent++;
	if (host->busy_until_us < sim->now_us)
		host->busy_until_us = sim->now_us;
	if (host->link.rate > 0)
		host->busy_until_us += (int64_t)((uint64_t)frame->len * 8 *
						 MILLION / host->link.rate);
	carry(sim, from, frame);
	if (happens(sim, host->link.duplicate))
		carry(sim, from, frame);
}

static bool link_has_room(const struct sim *sim, const struct sim_host *host)
{
	return host->busy_until_us <= sim->now_us + ROOM_US;
}

void sim_flush(struct sim *sim)
{
	struct pyt_frame frame;

	for (int i = 0; i < SIM_HOSTS; i++) {
		struct sim_host *host = &sim->host[i];

		while (link_has_room(sim, host) &&
		       pyt_output(host->stack, host->ifindex, &frame,
				  sim->now_us))
			send_frame(sim, i, &frame);
	}
}

/* ------------------------------------------------------------------ time */

int64_t sim_next(const struct sim *sim)
{
	const struct sim_frame *frame = TAILQ_FIRST(&sim->frames);
	int64_t next_us = frame ? frame->due_us : TIME_NEVER;

	for (int i = 0; i < SIM_HOSTS; i++) {
		const struct sim_host *host = &sim->host[i];
		int64_t deadline_us = pyt_next_deadline(host->stack);

		if (deadline_us < next_us)
			next_us = deadline_us;
		if (!link_has_room(sim, host) &&
		    host->busy_until_us - ROOM_US < next_us)
			next_us = host->busy_until_us - ROOM_US;
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
		if (sim->trace && frame->frame.drop_reason)
			fprintf(sim->trace, "%12.6f host %d dropped: %s\n",
				(double)sim->now_us / 1e6, frame->to,
				frame->frame.drop_reason);
		free(frame);
		sim_flush(sim);
	}
}

void sim_advance(struct sim *sim, int64_t now_us)
{
	if (now_us > sim->now_us)
		sim->now_us = now_us;
	deliver_due(sim);
	for (int i = 0; i < SIM_HOSTS; i++)
		if (pyt_next_deadline(sim->host[i].stack) <= sim->now_us)
			pyt_run_timers(sim->host[i].stack, sim->now_us);
	sim_flush(sim);
}

void sim_run(struct sim *sim, int64_t limit_us)
{
	int64_t next_us;

	while ((next_us = sim_next(sim)) <= limit_us && next_us != TIME_NEVER)
		sim_advance(sim, next_us);
	if (sim->now_us < limit_us && limit_us != TIME_NEVER)
		sim->now_us = limit_us;
}
