/* A table of measured cells, and how it is computed and compared. */
#ifndef SNAPSHOTS_TABLE_H
#define SNAPSHOTS_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CONTROLS_MAX 8

struct snapshot {
	const char *file;
	/* How many cells there are, of all rows. */
	int (*count)(void);
	/* Measures one; each stands alone. */
	double (*measure)(int cell);
	/* Writes the table. */
	void (*print)(FILE *to, const double *cells);
};

extern const struct snapshot snapshot_goodput;
extern const struct snapshot snapshot_fairness;
extern const struct snapshot snapshot_outage;
extern const struct snapshot snapshot_queue;

/* The middle of count values, which are sorted. */
double median(double *values, int count);
/* Congestion control number i, or NULL. */
const char *control_name(int i);
int control_count(void);

#endif
