/* What one flow gets across, by control, round trip, loss and reordering. */
#include "snapshots/lab.h"
#include "snapshots/table.h"

#define SECONDS 10
#define SEEDS 5

static const int rtt_ms[] = { 1, 20, 100, 300 };
static const uint32_t loss_ppm[] = { 0, 1000, 10000, 50000, 100000, 300000 };
static const uint32_t reorder_ppm[] = { 0, 20000 };

enum {
	RTTS = sizeof(rtt_ms) / sizeof(*rtt_ms),
	LOSSES = sizeof(loss_ppm) / sizeof(*loss_ppm),
	REORDERS = sizeof(reorder_ppm) / sizeof(*reorder_ppm),
	ROWS = RTTS * REORDERS, /* of one control */
};

static int count(void)
{
	return control_count() * ROWS * LOSSES;
}

static double run(const char *control, int row, uint32_t loss, uint64_t seed)
{
	int64_t rtt_us = rtt_ms[row % RTTS] * 1000;
	struct sim_config config = lab_path(seed, rtt_us, 1, loss);
	static struct lab lab;
	double mbit;

	config.link[0].reorder = reorder_ppm[row / RTTS];
	config.link[0].reorder_us = rtt_us / 4;
	lab_init(&lab, &config);
	lab_add(&lab, control, 0);
	lab_run(&lab, SECONDS * 1000000ll);
	mbit = (double)lab.flow[0].received * 8 / SECONDS / 1e6;
	lab_clear(&lab);
	return mbit;
}

static double measure(int cell)
{
	uint32_t loss = loss_ppm[cell % LOSSES];
	int row = cell / LOSSES % ROWS;
	const char *control = control_name(cell / LOSSES / ROWS);
	int seeds = loss || row / RTTS ? SEEDS : 1;
	double mbit[SEEDS];

	for (int i = 0; i < seeds; i++)
		mbit[i] = run(control, row, loss, (uint64_t)i + 1);
	return median(mbit, seeds);
}

static void print(FILE *to, const double *cells)
{
	fprintf(to,
		"Goodput of one flow in its first %d s, Mbit/s. The line has "
		"%u Mbit/s and a\nqueue of one round trip, 30 KB at least; "
		"loss "
		"is the same both ways; reordered:\n2 %% of the data frames "
		"come a quarter of a round trip late. Median of %d seeds.\n",
		SECONDS, LAB_RATE / 1000000, SEEDS);
	for (int i = 0; i < count() / LOSSES; i++) {
		int row = i % ROWS;

		if (row == 0)
			fprintf(to,
				"\n%-22s  0 %%  0.1 %%    1 %%    5 %%   "
				"10 %%   30 %%\n",
				control_name(i / ROWS));
		fprintf(to, "RTT %3d ms %-10s", rtt_ms[row % RTTS],
			row / RTTS ? "reordered" : "");
		for (int j = 0; j < LOSSES; j++)
			fprintf(to, "%7.2f", cells[i * LOSSES + j]);
		fputc('\n', to);
	}
}

const struct snapshot snapshot_goodput = { "goodput.txt", count, measure,
					   print };
