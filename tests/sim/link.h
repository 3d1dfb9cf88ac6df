/*
 * One direction of a path: a queue in front of a line of limited rate, then
 * delay, and all that goes wrong on the way. Zero means: without it.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <pyt/frame.h>

#define SIM_QUEUE_FRAMES_MAX 4096
#define SIM_MILLION 1000000u

/* Chances are per million frames. */
struct sim_link {
	uint32_t loss, duplicate, corrupt, reorder;
	uint32_t ack_loss; /* of frames that carry no data */
	/* Gilbert-Elliott: how bursts begin and end, what they lose */
	uint32_t burst_start, burst_end, burst_loss;
	int64_t delay_us, jitter_us;
	int64_t reorder_us; /* what a reordered frame is late by */
	int64_t gate_us; /* arrivals bunch at multiples: ACK compression */
	uint64_t rate; /* bits per second */
	/* Drop-tail. Without either limit the host waits for the line. */
	uint32_t queue_len, queue_frames;
	uint32_t mark_len; /* ECN: CE is set when more waits than this */
	uint32_t mtu; /* of a hop in the middle */
	bool is_silent; /* that hop sends no ICMP */
	bool cuts; /* super-frames travel as what a wire carries */
	int64_t down_at_us, down_us; /* an outage: from the start, how long */
	int64_t down_every_us; /* and again; 0: once */
};

struct sim_wire {
	int64_t busy_until_us; /* the line sends until then */
	int64_t gate_us; /* the last arrival through the gate */
	bool is_in_burst;
	int64_t *departures; /* of what waits: a ring; NULL: none yet */
	uint32_t first, count;
	uint64_t sent, lost, dropped, marked, too_big; /* frames */
	uint64_t waited_us; /* in the queue, sum over the frames */
	int64_t waited_most_us;
};

struct sim;

void link_clear(struct sim_wire *wire);
/* What host from sends goes on its way. */
void link_send(struct sim *sim, int from, const struct pyt_frame *frame);
/* Whether the host may send more now; if not, when. */
bool link_has_room(const struct sim *sim, int from);
int64_t link_room_at_us(const struct sim *sim, int from);

#endif
