/*
 * Many seeded transfers between two stacks over bad networks: whatever is
 * lost, doubled, damaged, late or out of order, the right bytes arrive, the
 * connections end, all memory comes back, and the invariants hold after
 * every step.
 *
 * usage: test_transfers [FIRST_SEED [COUNT]]
 *        test_transfers --capture SEED FILE.pcapng
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/capture.h"
#include "sim/run.h"

/* Sanitizers take several times as long. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TRANSFERS 2000
#else
#define TRANSFERS 20000
#endif
#define WORKERS_MAX 16
#define FAILURES_MAX 3 /* of each worker; then it gives up */

struct worker {
	pid_t pid;
	uint64_t seed; /* at work on it */
	uint64_t done, failed;
};

static const char *program;

/* ---------------------------------------------------------------- failures */

static const char *capture_path(uint64_t seed)
{
	static char path[PATH_MAX];
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", program);
	snprintf(path, sizeof(path), "%.4000s/transfer-%llu.pcapng",
		 dirname(folder), (unsigned long long)seed);
	return path;
}

static const char *run_captured(struct run *run, uint64_t seed,
				const char *path)
{
	struct capture *capture = capture_create(path);
	const char *problem;

	if (!capture)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	problem = run_seed(run, seed, capture);
	if (!capture_destroy(capture))
		fprintf(stderr, "%s is not complete\n", path);
	return problem;
}

/* Once more, with a capture: equal seeds give equal runs. */
static void report(struct run *run, uint64_t seed)
{
	const char *path = capture_path(seed);
	const char *problem = run_captured(run, seed, path);

	fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed,
		problem ? problem : "went well when it was replayed");
	run_print(run, stderr);
	fprintf(stderr, "  replay: %s %llu 1\n  frames: %s\n", program,
		(unsigned long long)seed, path);
}

static void report_crash(const struct worker *worker, int status)
{
	fprintf(stderr,
		"seed %llu: the program ended (status 0x%x)\n"
		"  replay: %s %llu 1\n  frames: %s --capture %llu FILE\n",
		(unsigned long long)worker->seed, (unsigned)status, program,
		(unsigned long long)worker->seed, program,
		(unsigned long long)worker->seed);
}

/* ----------------------------------------------------------------- workers */

static void work(struct worker *worker, uint64_t first, uint64_t end,
		 uint64_t step)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		sim_die("no memory");
	for (uint64_t seed = first; seed < end; seed += step) {
		worker->seed = seed;
		if (run_seed(run, seed, NULL)) {
			report(run, seed);
			worker->failed++;
		}
		worker->done++;
		if (worker->failed >= FAILURES_MAX)
			break;
	}
	free(run);
}

static struct worker *workers_start(uint64_t first, uint64_t count,
				    unsigned workers)
{
	struct worker *worker;

	worker = mmap(NULL, workers * sizeof(*worker), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (worker == MAP_FAILED)
		sim_die("no memory");
	for (unsigned i = 0; i < workers; i++) {
		pid_t pid = fork();

		if (pid < 0)
			sim_die("no process");
		if (pid == 0) {
			work(&worker[i], first + i, first + count, workers);
			exit(EXIT_SUCCESS);
		}
		worker[i].pid = pid;
	}
	return worker;
}

static unsigned worker_count(uint64_t transfers)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (cores > WORKERS_MAX)
		cores = WORKERS_MAX;
	if (cores < 1 || transfers < 50)
		cores = 1;
	return (unsigned)cores;
}

static bool run_all(uint64_t first, uint64_t count)
{
	unsigned workers = worker_count(count);
	struct worker *worker = workers_start(first, count, workers);
	uint64_t done = 0, failed = 0;
	int status;

	for (unsigned i = 0; i < workers; i++) {
		if (waitpid(worker[i].pid, &status, 0) < 0 || status != 0) {
			report_crash(&worker[i], status);
			worker[i].failed++;
		}
		done += worker[i].done;
		failed += worker[i].failed;
	}
	printf("%llu transfers, %llu failed\n", (unsigned long long)done,
	       (unsigned long long)failed);
	return failed == 0;
}

static int capture_one(uint64_t seed, const char *path)
{
	static struct run run;
	const char *problem = run_captured(&run, seed, path);

	printf("seed %llu: %s\n", (unsigned long long)seed,
	       problem ? problem : "fine");
	run_print(&run, stdout);
	return problem ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	program = argv[0];
	if (argc == 4 && strcmp(argv[1], "--capture") == 0)
		return capture_one(strtoull(argv[2], NULL, 0), argv[3]);
	return run_all(argc > 1 ? strtoull(argv[1], NULL, 0) : 0,
		       argc > 2 ? strtoull(argv[2], NULL, 0) : TRANSFERS)
		       ? EXIT_SUCCESS
		       : EXIT_FAILURE;
}
