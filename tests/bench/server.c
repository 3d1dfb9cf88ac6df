/* The servers: echo a byte, answer and close, hold idle connections. */
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

static void serve_echo(int connection)
{
	char bytes[BENCH_MESSAGE_LEN];
	ssize_t len;

	while ((len = read(connection, bytes, sizeof(bytes))) > 0)
		if (write(connection, bytes, (size_t)len) != len)
			break;
	close(connection);
}

/* Closes first, so that TIME-WAIT does not use up the client's ports. */
static void serve_answer(int connection)
{
	char bytes[BENCH_MESSAGE_LEN];
	size_t got = 0;
	ssize_t len;

	while (got < sizeof(bytes)) {
		len = read(connection, bytes + got, sizeof(bytes) - got);
		if (len <= 0)
			break;
		got += (size_t)len;
	}
	if (got == sizeof(bytes))
		bench_must((int)write(connection, bytes, sizeof(bytes)),
			   "write");
	close(connection);
}

/* Held until this process ends. */
static void serve_idle(int connection)
{
	(void)connection;
}

static const struct {
	const char *name;
	void (*serve)(int connection);
} servers[] = {
	{ "echo", serve_echo },
	{ "answer", serve_answer },
	{ "idle", serve_idle },
};

struct server {
	int listener;
	void (*serve)(int connection);
};

static void *accept_for_ever(void *context)
{
	struct server *server = context;
	int on = 1;

	for (;;) {
		int connection = accept(server->listener, NULL, NULL);

		if (connection < 0) {
			perror("bench: accept");
			continue;
		}
		setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on,
			   sizeof(on));
		server->serve(connection);
	}
	return NULL;
}

static int listen_at(const char *host, const char *port)
{
	struct sockaddr_in address = bench_address(host, port);
	int on = 1, fd;

	fd = bench_must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	bench_must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)),
		   "SO_REUSEADDR");
	bench_must(bind(fd, (struct sockaddr *)&address, sizeof(address)),
		   "bind");
	bench_must(listen(fd, 1024), "listen");
	return fd;
}

/* Processes that accept from one listener, and end with this one. */
static void work_together(struct server *server, int count)
{
	for (int i = 1; i < count; i++) {
		if (bench_must(fork(), "fork") > 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		break;
	}
	accept_for_ever(server);
}

int bench_serve(int argc, char **argv)
{
	struct server server = { .serve = NULL };

	for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++)
		if (!strcmp(argv[0], servers[i].name))
			server.serve = servers[i].serve;
	if (!server.serve) {
		fprintf(stderr, "bench: no server '%s'\n", argv[0]);
		return 2;
	}

	bench_raise_descriptors();
	server.listener = listen_at(argv[1], argv[2]);
	if (argc > 3)
		work_together(&server, atoi(argv[3]));
	for (int i = 1; i < BENCH_THREADS; i++) {
		pthread_t thread;

		pthread_create(&thread, NULL, accept_for_ever, &server);
	}
	accept_for_ever(&server);
	return 0;
}
