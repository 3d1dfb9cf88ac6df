/* How two flows share one queue. */
#include "snapshots/lab.h"
#include "snapshots/table.h"

#define SECONDS 30
#define FROM_S 5 /* what comes before does not count */
#define SEEDS 9

static const int rtt_ms[] = { 20, 100 };

enum { RTTS = sizeof(rtt_ms) / sizeof(*rtt_ms), COLUMNS = 2 };

/* Each control with itself, then the first one that is cubic with the
 * others. */
static void pair(int row, const char *name[2])
{
	int controls = control_count(), others = 0;

	name[0] = name[1] = control_name(row);
	if (row < controls)
		return;
	name[0] = "cubic";
	for (int i = 0; i < controls; i++) {
		const char *other = control_name(i);

		if (other[0] != 'c' && others++ == row - controls)
			name[1] = other;
	}
}

static int rows(void)
{
	return 2 * control_count() - 1;
}

static int count(void)
{
	return rows() * RTTS * COLUMNS;
}

/* share: of the first flow, per cent; else Jain's index. */
static double run(int row, int rtt, bool share, uint64_t seed)
{
	struct sim_config config = lab_path(seed, rtt_ms[rtt] * 1000, 1, 0);
	static struct lab lab;
	const char *name[2];
	double x, y;

	pair(row, name);
	lab_init(&lab, &config);
	lab_add(&lab, name[0], 0);
	lab_add(&lab, name[1], (int64_t)seed * 700000);
	lab_run(&lab, FROM_S * 1000000ll);
	x = (double)lab.flow[0].received;
	y = (double)lab.flow[1].received;
	lab_run(&lab, SECONDS * 1000000ll);
	x = (double)lab.flow[0].received - x;
	y = (double)lab.flow[1].received - y;
	lab_clear(&lab);
	if (x + y == 0)
		return 0;
	return share ? 100 * x / (x + y)
		     : (x + y) * (x + y) / (2 * (x * x + y * y));
}

static double measure(int cell)
{
	double result[SEEDS];

	for (int i = 0; i < SEEDS; i++)
		result[i] = run(cell / (RTTS * COLUMNS), cell / COLUMNS % RTTS,
				cell % COLUMNS, (uint64_t)i + 1);
	return median(result, SEEDS);
}

static void print(FILE *to, const double *cells)
{
	fprintf(to,
		"Two flows through one queue of one round trip at %u Mbit/s: "
		"Jain's index (1 is\nfair, 0.5 is all for one) and the first "
		"flow's share, over the seconds %d to %d.\nMedian of %d seeds, "
		"of which each starts the second flow later.\n\n%-18s",
		LAB_RATE / 1000000, FROM_S, SECONDS, SEEDS, "");
	for (int i = 0; i < RTTS; i++)
		fprintf(to, "  RTT %3d ms    ", rtt_ms[i]);
	fputc('\n', to);
	for (int row = 0; row < rows(); row++) {
		const char *name[2];

		pair(row, name);
		fprintf(to, "%-8s %-8s", name[0], name[1]);
		for (int i = 0; i < RTTS; i++) {
			const double *cell = &cells[(row * RTTS + i) * COLUMNS];

			fprintf(to, "  %6.3f %5.1f %%", cell[0], cell[1]);
		}
		fputc('\n', to);
	}
}

const struct snapshot snapshot_fairness = { "fairness.txt", count, measure,
					    print };
