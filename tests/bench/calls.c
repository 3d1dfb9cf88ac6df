/*
 * What a call costs that is none of the stack's business: on a pipe, in a
 * program that has a socket. Natively and preloaded, the difference is ours.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

/* Of a batch: shorter than what the scheduler gives, and so many files. */
#define CALLS 500

static int64_t read_ns(int fd)
{
	int64_t begin_ns = bench_now_ns();
	char byte;

	for (int i = 0; i < CALLS; i++)
		if (read(fd, &byte, 1) >= 0)
			bench_must(-1, "read");
	return bench_now_ns() - begin_ns;
}

static int64_t fcntl_ns(int fd)
{
	int64_t begin_ns = bench_now_ns();

	for (int i = 0; i < CALLS; i++)
		bench_must(fcntl(fd, F_GETFL), "fcntl");
	return bench_now_ns() - begin_ns;
}

static int64_t close_ns(int fd)
{
	int64_t begin_ns;
	int copy[CALLS];

	for (int i = 0; i < CALLS; i++)
		copy[i] = bench_must(dup(fd), "dup");
	begin_ns = bench_now_ns();
	for (int i = 0; i < CALLS; i++)
		close(copy[i]);
	return bench_now_ns() - begin_ns;
}

/* The fastest batch, per call: what interrupts is not the call's. */
static double best_ns(int batches, int64_t (*batch_ns)(int fd), int fd)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < batches; i++) {
		int64_t took = batch_ns(fd);

		best = took < best ? took : best;
	}
	return (double)best / CALLS;
}

int bench_calls(int argc, char **argv)
{
	int batches = atoi(argv[0]), pipes[2];

	(void)argc;
	bench_must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	bench_must(pipe2(pipes, O_NONBLOCK), "pipe2");
	printf("{\"read_ns\": %.1f, \"fcntl_ns\": %.1f, \"close_ns\": %.1f}\n",
	       best_ns(batches, read_ns, pipes[0]),
	       best_ns(batches, fcntl_ns, pipes[0]),
	       best_ns(batches, close_ns, pipes[0]));
	return 0;
}
