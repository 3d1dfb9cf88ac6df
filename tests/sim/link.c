/* What a path does to frames: queue, line, loss, delay. */
#include "sim/link.h"

#include <string.h>

#include "link/gso.h"
#include "sim/capture.h"
#include "sim/frame.h"
#include "sim/sim.h"

#define ROOM_US 5000 /* a line without queue takes frames so long ahead */

void link_clear(struct sim_wire *wire)
{
	free(wire->departures);
	*wire = (struct sim_wire){ 0 };
}

static bool has_queue(const struct sim_link *link)
{
	return link->queue_len || link->queue_frames;
}

int64_t link_room_at_us(const struct sim *sim, int from)
{
	const struct sim_host *host = &sim->host[from];

	return has_queue(&host->link) ? INT64_MIN
				      : host->wire.busy_until_us - ROOM_US;
}

bool link_has_room(const struct sim *sim, int from)
{
	return link_room_at_us(sim, from) <= sim->now_us;
}

/* --------------------------------------------------------------- queue */

static uint64_t waiting_len(const struct sim *sim, const struct sim_host *host)
{
	int64_t wait_us = host->wire.busy_until_us - sim->now_us;

	return wait_us > 0
		       ? (uint64_t)wait_us * host->link.rate / 8 / SIM_MILLION
		       : 0;
}

static uint32_t waiting_frames(const struct sim *sim, struct sim_wire *wire)
{
	while (wire->count && wire->departures[wire->first] <= sim->now_us) {
		wire->first = (wire->first + 1) % SIM_QUEUE_FRAMES_MAX;
		wire->count--;
	}
	return wire->count;
}

static void note_departure(struct sim_wire *wire)
{
	if (!wire->departures)
		wire->departures =
			calloc(SIM_QUEUE_FRAMES_MAX, sizeof(int64_t));
	if (!wire->departures || wire->count == SIM_QUEUE_FRAMES_MAX)
		sim_die("the queue is too long");
	wire->departures[(wire->first + wire->count++) % SIM_QUEUE_FRAMES_MAX] =
		wire->busy_until_us;
}

/* False: the queue has no place for it. Into an empty one all fits. */
static bool enqueue(struct sim *sim, struct sim_host *host,
		    struct sim_frame *frame, const struct frame_facts *facts)
{
	const struct sim_link *link = &host->link;
	struct sim_wire *wire = &host->wire;
	uint64_t waiting = waiting_len(sim, host);
	int64_t wait_us;

	if (link->queue_len && waiting &&
	    waiting + frame->frame.len > link->queue_len)
		return false;
	if (link->queue_frames &&
	    waiting_frames(sim, wire) >= link->queue_frames)
		return false;
	if (link->mark_len && waiting > link->mark_len)
		wire->marked += frame_mark_ce(frame, facts);
	if (wire->busy_until_us < sim->now_us)
		wire->busy_until_us = sim->now_us;
	wait_us = wire->busy_until_us - sim->now_us;
	wire->waited_us += (uint64_t)wait_us;
	if (wait_us > wire->waited_most_us)
		wire->waited_most_us = wait_us;
	if (link->rate)
		wire->busy_until_us += (int64_t)((uint64_t)frame->frame.len *
						 8 * SIM_MILLION / link->rate);
	if (link->queue_frames)
		note_departure(wire);
	return true;
}

/* --------------------------------------------------------------- losses */

static bool is_down(const struct sim *sim, const struct sim_link *link)
{
	int64_t at_us = sim->now_us - SIM_START_US - link->down_at_us;

	if (!link->down_us || at_us < 0)
		return false;
	if (link->down_every_us)
		at_us %= link->down_every_us;
	return at_us < link->down_us;
}

/* Each frame may end or begin a burst before its own fate is decided. */
static bool burst_loses(struct sim *sim, struct sim_host *host)
{
	const struct sim_link *link = &host->link;
	bool *is_in_burst = &host->wire.is_in_burst;

	if (!link->burst_start)
		return false;
	if (sim_happens(sim,
			*is_in_burst ? link->burst_end : link->burst_start))
		*is_in_burst = !*is_in_burst;
	return *is_in_burst && sim_happens(sim, link->burst_loss);
}

/* Why the line loses it, or NULL. */
static const char *loss(struct sim *sim, struct sim_host *host,
			struct sim_frame *frame,
			const struct frame_facts *facts)
{
	const struct sim_link *link = &host->link;

	if (sim_happens(sim, link->loss))
		return "lost";
	if (burst_loses(sim, host))
		return "lost in a burst";
	if (facts->is_pure_ack && sim_happens(sim, link->ack_loss))
		return "ACK lost";
	if (sim_happens(sim, link->corrupt) &&
	    !frame_corrupt(sim, frame, facts))
		return "damaged";
	return NULL;
}

/* -------------------------------------------------------------- delivery */

static int64_t due(struct sim *sim, struct sim_host *host)
{
	const struct sim_link *link = &host->link;
	int64_t due_us = host->wire.busy_until_us + link->delay_us;

	if (link->jitter_us)
		due_us += (int64_t)sim_below(sim, (uint64_t)link->jitter_us);
	if (sim_happens(sim, link->reorder))
		due_us += link->reorder_us;
	if (link->gate_us)
		due_us = (due_us / link->gate_us + 1) * link->gate_us;
	return due_us;
}

static void lose(struct sim *sim, int from, struct sim_frame *frame,
		 const char *why)
{
	sim->host[from].wire.lost++;
	capture_frame(sim, from, &frame->frame, why);
	free(frame);
}

/* Takes the frame. */
static void carry(struct sim *sim, int from, struct sim_frame *frame,
		  const struct frame_facts *facts)
{
	struct sim_host *host = &sim->host[from];
	const char *why = loss(sim, host, frame, facts);

	if (why) {
		lose(sim, from, frame, why);
		return;
	}
	frame->due_us = due(sim, host);
	capture_frame(sim, from, &frame->frame, NULL);
	sim_frame_send(sim, frame);
}

static struct sim_frame *copy_of(const struct sim_frame *frame)
{
	struct sim_frame *copy = sim_frame_new(&frame->frame, frame->frame.len);

	memcpy(copy->bytes, frame->bytes, frame->frame.len);
	copy->to = frame->to;
	return copy;
}

/* Takes the frame, which is in one piece. */
static void travel(struct sim *sim, int from, struct sim_frame *frame)
{
	struct sim_host *host = &sim->host[from];
	const struct sim_link *link = &host->link;
	struct frame_facts facts =
		frame_facts(sim->medium, frame->bytes, &frame->frame);
	struct sim_frame *answer;

	frame->to = 1 - from;
	host->wire.sent++;
	if (is_down(sim, link)) {
		lose(sim, from, frame, "the link is down");
	} else if (link->mtu && facts.packet_len > link->mtu) {
		answer = link->is_silent || !facts.dont_fragment
				 ? NULL
				 : frame_too_big(sim, frame, &facts, link->mtu);
		host->wire.too_big++;
		if (answer)
			sim_frame_send(sim, answer);
		lose(sim, from, frame, "too big for a hop");
	} else if (!enqueue(sim, host, frame, &facts)) {
		host->wire.dropped++;
		lose(sim, from, frame, "the queue is full");
	} else {
		if (sim_happens(sim, link->duplicate))
			carry(sim, from, copy_of(frame), &facts);
		carry(sim, from, frame, &facts);
	}
}

static void travel_in_pieces(struct sim *sim, int from,
			     const struct pyt_frame *frame)
{
	static const struct pyt_frame plain = { .csum = PYT_CSUM_NONE };
	static uint8_t bytes[PYT_FRAME_LEN_MAX];
	struct gso gso;
	int len;

	gso_init(&gso, frame, sim->medium);
	while ((len = gso_next(&gso, bytes, sizeof(bytes))) > 0) {
		struct sim_frame *piece = sim_frame_new(&plain, (uint32_t)len);

		memcpy(piece->bytes, bytes, (size_t)len);
		travel(sim, from, piece);
	}
}

static void check_len(const struct pyt_frame *frame)
{
	size_t len = 0;

	for (int i = 0; i < frame->part_count; i++)
		len += frame->part[i].iov_len;
	if (len != frame->len)
		sim_die("a frame's length is not the sum of its parts");
}

void link_send(struct sim *sim, int from, const struct pyt_frame *frame)
{
	struct sim_frame *copy;

	check_len(frame);
	if (sim->host[from].link.cuts && frame->gso != PYT_GSO_NONE) {
		travel_in_pieces(sim, from, frame);
		return;
	}
	copy = sim_frame_new(frame, frame->len);
	gso_gather(frame, 0, copy->bytes, frame->len);
	travel(sim, from, copy);
}
