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

#define CALLS 1000 /* of a batch: shorter than what the scheduler gives */

static void do_read(int fd)
{
	char byte;

	if (read(fd, &byte, 1) >= 0)
		bench_must(-1, "read");
}

static void do_fcntl(int fd)
{
	bench_must(fcntl(fd, F_GETFL), "fcntl");
}

static void do_close(int fd)
{
	close(dup(fd));
}

/* The fastest batch, per call: what interrupts is not the call's. */
static double best_ns(int batches, void (*call)(int fd), int fd)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < batches; i++) {
		int64_t begin = bench_now_ns(), took;

		for (int j = 0; j < CALLS; j++)
			call(fd);
		took = bench_now_ns() - begin;
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
	       best_ns(batches, do_read, pipes[0]),
	       best_ns(batches, do_fcntl, pipes[0]),
	       best_ns(batches, do_close, pipes[0]) / 2);
	return 0;
}
