/* Programs at the two ends of a simulated connection. */
#ifndef SIM_APP_H
#define SIM_APP_H

#include "sim/sim.h"

enum app_pattern {
	APP_STREAM, /* as fast as it goes */
	APP_DIALOGUE, /* request and answer, in turn */
	APP_ANSWER_AT_END, /* the server sends when it has seen the end */
};

enum app_end {
	APP_END_IN_ORDER, /* shutdown; close when the peer has ended, too */
	APP_END_AT_ONCE, /* close behind the last byte; the peer is mute */
	APP_END_CLOSE_EARLY, /* close in the middle, whatever is unread */
	APP_END_RESET, /* the same with SO_LINGER 0 */
};

struct app {
	struct sim *sim;
	struct pyt_stack *stack;
	const struct app *peer;
	int host;
	int handle; /* -1: not yet, or no more */
	uint8_t salt; /* of the bytes that host 0 sends, host 1 sends */
	enum app_pattern pattern;
	enum app_end end;
	bool peer_breaks_off; /* the peer ends in the middle */
	uint64_t to_send, sent;
	uint64_t to_receive, received;
	uint32_t request_len, answer_len; /* of a dialogue */
	uint32_t write_max, read_max; /* bytes at once */
	int64_t write_pause_us, read_pause_us; /* after each */
	uint64_t gap_every; /* bytes sent; 0: no gaps */
	int64_t gap_us; /* of silence */
	uint32_t more; /* chance of MSG_MORE, per million writes */
	uint64_t break_at; /* bytes sent and received */
	int64_t write_at_us, read_at_us; /* not before */
	int64_t next_us; /* when to run again; TIME_NEVER: on an event */
	int64_t closed_us;
	bool shut, ended, closed;
};

/* A new connection's program; sizes and habits are the caller's to set. */
void app_init(struct app *app, struct sim *sim, int host);
/* Until nothing more can be done now. NULL, or what went wrong. */
const char *app_run(struct app *app);

#endif
