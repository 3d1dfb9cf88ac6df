/* What waits at a bottleneck: the delay that one flow makes. */
#include "snapshots/lab.h"
#include "snapshots/table.h"

#define SECONDS 20
#define FROM_S 5
#define ECN_MARK_LEN 30000 /* 20 frames */

static const int rtt_ms[] = { 20, 100 };

/* Queues, in round trips; the last one marks, and TCP asks for it. */
static const double queues[] = { 0.5, 1, 4, 4 };

enum {
	RTTS = sizeof(rtt_ms) / sizeof(*rtt_ms),
	QUEUES = sizeof(queues) / sizeof(*queues),
	ROWS = RTTS * QUEUES,
	MEAN = 0,
	MOST,
	USED,
	COLUMNS,
};

static int count(void)
{
	return control_count() * ROWS * COLUMNS;
}

static double result_of(const struct lab *lab, const struct sim_wire *before,
			uint64_t received, int column)
{
	const struct sim_wire *wire = &lab->sim.host[0].wire;
	uint64_t frames = wire->sent - before->sent;

	switch (column) {
	case MEAN:
		return frames ? (double)(wire->waited_us - before->waited_us) /
					(double)frames / 1000
			      : 0;
	case MOST:
		return (double)wire->waited_most_us / 1000;
	default:
		return (double)(lab->flow[0].received - received) * 8 /
		       (SECONDS - FROM_S) / LAB_RATE * 100;
	}
}

static double measure(int cell)
{
	int queue = cell / COLUMNS % QUEUES;
	int rtt = cell / (COLUMNS * QUEUES) % RTTS;
	const char *control = control_name(cell / (COLUMNS * ROWS));
	struct sim_config config =
		lab_path(1, rtt_ms[rtt] * 1000, queues[queue], 0);
	bool marks = queue == QUEUES - 1;
	static struct lab lab;
	struct sim_wire before;
	uint64_t received;
	double result;

	if (marks)
		config.link[0].mark_len = ECN_MARK_LEN;
	lab_init(&lab, &config);
	if (marks)
		lab_set(&lab, "net.ipv4.tcp_ecn", "1");
	lab_add(&lab, control, 0);
	lab_run(&lab, FROM_S * 1000000ll);
	before = lab.sim.host[0].wire;
	lab.sim.host[0].wire.waited_most_us = 0;
	received = lab.flow[0].received;
	lab_run(&lab, SECONDS * 1000000ll);
	result = result_of(&lab, &before, received, cell % COLUMNS);
	lab_clear(&lab);
	return result;
}

static void print(FILE *to, const double *cells)
{
	fprintf(to,
		"One flow at a bottleneck of %u Mbit/s, seconds %d to %d: mean "
		"and longest wait in the\nqueue in ms, and how much of the "
		"line "
		"its data used. Queues in round trips; ECN: the\nqueue of 4 "
		"marks when more than %d bytes wait, and tcp_ecn is "
		"1.\n\n%-20s",
		LAB_RATE / 1000000, FROM_S, SECONDS, ECN_MARK_LEN, "queue");
	for (int i = 0; i < QUEUES; i++)
		fprintf(to, i == QUEUES - 1 ? "%16.1f, ECN" : "%16.1f     ",
			queues[i]);
	fputc('\n', to);
	for (int i = 0; i < control_count() * RTTS; i++) {
		fprintf(to, "%-8s RTT %3d ms", control_name(i / RTTS),
			rtt_ms[i % RTTS]);
		for (int j = 0; j < QUEUES; j++) {
			const double *c = &cells[(i * QUEUES + j) * COLUMNS];

			fprintf(to, "%7.1f %6.1f %3.0f %%", c[MEAN], c[MOST],
				c[USED]);
		}
		fputc('\n', to);
	}
}

const struct snapshot snapshot_queue = { "queue.txt", count, measure, print };
