/* The clients: latency of one byte, connections a second, idle ones. */
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define WARM_UP 200

static int connect_to(const struct sockaddr_in *address)
{
	int fd, on = 1;

	fd = bench_must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	bench_must(
		connect(fd, (const struct sockaddr *)address, sizeof(*address)),
		"connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static int64_t round_trip_ns(int fd)
{
	int64_t begin_ns = bench_now_ns();
	char byte = 'x';

	bench_must((int)write(fd, &byte, 1), "write");
	if (read(fd, &byte, 1) != 1)
		bench_must(-1, "read");
	return bench_now_ns() - begin_ns;
}

int bench_latency(int argc, char **argv)
{
	struct sockaddr_in address = bench_address(argv[0], argv[1]);
	int count = atoi(argv[2]);
	int64_t *samples_ns = calloc((size_t)count, sizeof(*samples_ns));
	int fd = connect_to(&address);

	(void)argc;
	for (int i = 0; i < WARM_UP; i++)
		round_trip_ns(fd);
	for (int i = 0; i < count; i++)
		samples_ns[i] = round_trip_ns(fd);
	bench_print_percentiles(samples_ns, count);
	free(samples_ns);
	return 0;
}

struct load {
	struct sockaddr_in address;
	int64_t end_ns;
	_Atomic long done;
};

/* One connection: request, answer, the server closes first. */
static void exchange(const struct sockaddr_in *address)
{
	char bytes[BENCH_MESSAGE_LEN] = { 0 };
	int fd = connect_to(address);
	size_t got = 0;
	ssize_t len;

	bench_must((int)write(fd, bytes, sizeof(bytes)), "write");
	while ((len = read(fd, bytes, sizeof(bytes))) > 0)
		got += (size_t)len;
	if (len < 0 || got != sizeof(bytes))
		bench_must(-1, "answer");
	close(fd);
}

static void *exchange_until_end(void *context)
{
	struct load *load = context;

	while (bench_now_ns() < load->end_ns) {
		exchange(&load->address);
		atomic_fetch_add(&load->done, 1);
	}
	return NULL;
}

int bench_connections(int argc, char **argv)
{
	double seconds = atof(argv[2]);
	struct load load = { .address = bench_address(argv[0], argv[1]) };
	pthread_t threads[BENCH_THREADS];
	int64_t begin_ns = bench_now_ns();

	(void)argc;
	load.end_ns = begin_ns + (int64_t)(seconds * 1e9);
	for (int i = 0; i < BENCH_THREADS; i++)
		pthread_create(&threads[i], NULL, exchange_until_end, &load);
	for (int i = 0; i < BENCH_THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("{\"connections\": %ld, \"per_second\": %.0f}\n", load.done,
	       load.done * 1e9 / (double)(bench_now_ns() - begin_ns));
	return 0;
}

/* Opens them, says so, and holds them until its input ends. */
int bench_idle(int argc, char **argv)
{
	struct sockaddr_in address = bench_address(argv[0], argv[1]);
	int count = atoi(argv[2]);
	char byte;

	(void)argc;
	bench_raise_descriptors();
	for (int i = 0; i < count; i++)
		connect_to(&address);
	printf("%d\n", count);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
