/*
 * Result tables of the simulated network, kept in git: a change of recovery
 * or congestion control shows as cells that moved.
 *
 * usage: take_snapshots FOLDER           compares with the tables there
 *        take_snapshots --write FOLDER   writes them
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "snapshots/lab.h"
#include "snapshots/table.h"

#define WORKERS_MAX 16
#define CELLS_MAX 1024
#define LINE_MAX_LEN 256

static const struct snapshot *const snapshots[] = {
	&snapshot_goodput,
	&snapshot_fairness,
	&snapshot_outage,
	&snapshot_queue,
};

#define SNAPSHOTS (sizeof(snapshots) / sizeof(*snapshots))

/* In the memory of all workers. */
struct shared {
	int next; /* cell to be measured, of all tables; atomic */
	double cell[SNAPSHOTS][CELLS_MAX];
};

/* ----------------------------------------------------------------- helpers */

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), compare_doubles);
	return values[count / 2];
}

static char controls[CONTROLS_MAX][16];
static int controls_count;

const char *control_name(int i)
{
	return i < controls_count ? controls[i] : NULL;
}

int control_count(void)
{
	return controls_count;
}

/* ---------------------------------------------------------------- measuring */

static void measure_some(struct shared *shared)
{
	for (;;) {
		int cell =
			__atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED);
		size_t table = 0;

		while (table < SNAPSHOTS && cell >= snapshots[table]->count())
			cell -= snapshots[table++]->count();
		if (table == SNAPSHOTS)
			return;
		shared->cell[table][cell] = snapshots[table]->measure(cell);
	}
}

static struct shared *measure_all(void)
{
	long workers = sysconf(_SC_NPROCESSORS_ONLN);
	struct shared *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	if (shared == MAP_FAILED)
		sim_die("no memory");
	if (workers > WORKERS_MAX)
		workers = WORKERS_MAX;
	for (long i = 0; i < workers; i++)
		if (fork() == 0) {
			measure_some(shared);
			exit(EXIT_SUCCESS);
		}
	while (wait(&status) > 0)
		if (status != 0)
			sim_die("a worker failed");
	return shared;
}

/* ---------------------------------------------------------------- comparing */

static FILE *open_file(const char *folder, const char *name, const char *mode)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return fopen(path, mode);
}

static void show_line(char sign, const char *name, const char *line)
{
	if (*line)
		printf("%s: %c %s", name, sign, line);
}

/* Line by line; a table keeps its shape. True: equal. */
static bool is_as_before(FILE *before, FILE *now, const char *name)
{
	char old[LINE_MAX_LEN], new[LINE_MAX_LEN];
	bool is_equal = true;

	for (;;) {
		if (!fgets(old, sizeof(old), before))
			*old = '\0';
		if (!fgets(new, sizeof(new), now))
			*new = '\0';
		if (!*old && !*new)
			return is_equal;
		if (strcmp(old, new) == 0)
			continue;
		is_equal = false;
		show_line('-', name, old);
		show_line('+', name, new);
	}
}

static bool compare(const char *folder, const struct snapshot *snapshot,
		    const double *cells)
{
	FILE *before = open_file(folder, snapshot->file, "r");
	FILE *now = tmpfile();
	bool is_equal;

	if (!now)
		sim_die("no temporary file");
	if (!before) {
		printf("%s: there is none\n", snapshot->file);
		fclose(now);
		return false;
	}
	snapshot->print(now, cells);
	rewind(now);
	is_equal = is_as_before(before, now, snapshot->file);
	fclose(before);
	fclose(now);
	return is_equal;
}

static bool write_file(const char *folder, const struct snapshot *snapshot,
		       const double *cells)
{
	FILE *file = open_file(folder, snapshot->file, "w");

	if (!file) {
		perror(snapshot->file);
		return false;
	}
	snapshot->print(file, cells);
	return fclose(file) == 0;
}

int main(int argc, char **argv)
{
	bool writes = argc == 3 && strcmp(argv[1], "--write") == 0;
	bool is_equal = true;
	struct shared *shared;

	if (argc != 2 + writes) {
		fprintf(stderr, "usage: %s [--write] FOLDER\n", argv[0]);
		return EXIT_FAILURE;
	}
	controls_count = lab_controls(controls, CONTROLS_MAX);
	shared = measure_all();
	for (size_t i = 0; i < SNAPSHOTS; i++) {
		bool fine = writes ? write_file(argv[2], snapshots[i],
						shared->cell[i])
				   : compare(argv[1], snapshots[i],
					     shared->cell[i]);

		is_equal = fine && is_equal;
	}
	if (!is_equal && !writes)
		printf("cells moved; if they are to: ninja snapshots, and "
		       "commit tests/snapshots/*.txt\n");
	return is_equal ? EXIT_SUCCESS : EXIT_FAILURE;
}
