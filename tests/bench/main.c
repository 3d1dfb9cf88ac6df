/* bench_program: servers and clients for scripts/bench and scripts/soak. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bench.h"

static const struct {
	const char *name;
	const char *arguments;
	int argc; /* at least */
	int (*run)(int argc, char **argv);
} parts[] = {
	{ "serve", "echo|answer|idle HOST PORT [WORKERS]", 3, bench_serve },
	{ "latency", "HOST PORT COUNT", 3, bench_latency },
	{ "connections", "HOST PORT SECONDS", 3, bench_connections },
	{ "idle", "HOST PORT COUNT", 3, bench_idle },
	{ "calls", "BATCHES", 1, bench_calls },
	{ "spawn", "COUNT [NAME=VALUE...] COMMAND...", 2, bench_spawn },
};

#define PARTS (sizeof(parts) / sizeof(*parts))

int64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

struct sockaddr_in bench_address(const char *host, const char *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
	};

	if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
		fprintf(stderr, "bench: not an address: %s\n", host);
		exit(2);
	}
	return address;
}

int bench_must(int result, const char *what)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

void bench_raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int compare(const void *left, const void *right)
{
	int64_t l = *(const int64_t *)left, r = *(const int64_t *)right;

	return (l > r) - (l < r);
}

void bench_print_percentiles(int64_t *samples_ns, int count)
{
	qsort(samples_ns, (size_t)count, sizeof(*samples_ns), compare);
	printf("{\"count\": %d, \"p50_us\": %.2f, \"p99_us\": %.2f}\n", count,
	       samples_ns[count / 2] / 1e3,
	       samples_ns[count * 99ll / 100] / 1e3);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < PARTS && argc > 1; i++)
		if (!strcmp(argv[1], parts[i].name) &&
		    argc - 2 >= parts[i].argc)
			return parts[i].run(argc - 2, argv + 2);

	for (size_t i = 0; i < PARTS; i++)
		fprintf(stderr, "usage: bench_program %s %s\n", parts[i].name,
			parts[i].arguments);
	return 2;
}
