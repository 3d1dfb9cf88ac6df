/* How soon a flow is back when its path was gone for some time. */
#include "snapshots/lab.h"
#include "snapshots/table.h"

#define DOWN_AT_S 5
#define PATIENCE_S 60 /* after it */
#define STEP_US 10000
#define RATE_STEPS 50 /* of which the rate is taken */

static const int rtt_ms[] = { 20, 100 };
static const int down_ms[] = { 200, 1000, 5000, 30000 };

enum {
	RTTS = sizeof(rtt_ms) / sizeof(*rtt_ms),
	DOWNS = sizeof(down_ms) / sizeof(*down_ms),
	COLUMNS = 2,
};

static int count(void)
{
	return control_count() * RTTS * DOWNS * COLUMNS;
}

/* Milliseconds from until_us on to the first byte, or to 80 % of the rate. */
static double recovery_ms(struct lab *lab, int64_t until_us, bool full_rate)
{
	double wanted = 0.8 * LAB_RATE / 8 * RATE_STEPS * STEP_US / 1e6;
	uint64_t past[RATE_STEPS] = { 0 };
	uint64_t before = lab->flow[0].received;

	for (int i = 0; i < RATE_STEPS; i++)
		past[i] = before;
	for (int i = 0; i < PATIENCE_S * 1000000 / STEP_US; i++) {
		int64_t now_us = (int64_t)(i + 1) * STEP_US;
		uint64_t received;

		lab_run(lab, until_us + now_us);
		received = lab->flow[0].received;
		if (!full_rate && received > before)
			return (double)now_us / 1000;
		if ((double)(received - past[i % RATE_STEPS]) >= wanted)
			return (double)now_us / 1000;
		past[i % RATE_STEPS] = received;
	}
	return PATIENCE_S * 1000;
}

static double measure(int cell)
{
	int down = cell / COLUMNS % DOWNS;
	int rtt = cell / (COLUMNS * DOWNS) % RTTS;
	const char *control = control_name(cell / (COLUMNS * DOWNS * RTTS));
	struct sim_config config = lab_path(1, rtt_ms[rtt] * 1000, 1, 0);
	int64_t until_us = DOWN_AT_S * 1000000ll + down_ms[down] * 1000;
	static struct lab lab;
	double ms;

	for (int i = 0; i < SIM_HOSTS; i++) {
		config.link[i].down_at_us = DOWN_AT_S * 1000000ll;
		config.link[i].down_us = down_ms[down] * 1000;
	}
	lab_init(&lab, &config);
	lab_add(&lab, control, 0);
	lab_run(&lab, until_us);
	ms = recovery_ms(&lab, until_us, cell % COLUMNS);
	lab_clear(&lab);
	return ms;
}

static void print(FILE *to, const double *cells)
{
	fprintf(to,
		"An outage both ways after %d s at %u Mbit/s: milliseconds "
		"from "
		"its end to the first\nnew byte, and to 80 %% of the rate over "
		"half a second.\n\n%-20s",
		DOWN_AT_S, LAB_RATE / 1000000, "down for");
	for (int i = 0; i < DOWNS; i++)
		fprintf(to, "%11.1f s", down_ms[i] / 1000.0);
	fputc('\n', to);
	for (int i = 0; i < control_count() * RTTS; i++) {
		fprintf(to, "%-8s RTT %3d ms", control_name(i / RTTS),
			rtt_ms[i % RTTS]);
		for (int j = 0; j < DOWNS; j++) {
			const double *cell = &cells[(i * DOWNS + j) * COLUMNS];

			fprintf(to, "%7.0f %5.0f", cell[0], cell[1]);
		}
		fputc('\n', to);
	}
}

const struct snapshot snapshot_outage = { "outage.txt", count, measure, print };
