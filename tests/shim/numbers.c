/*
 * numbers ADDRESS PORT: a thread takes high numbers of descriptors again and
 * again, while others talk to the server of integration/test_lane.sh. What was
 * meant for another file must not land in its own. And what the program has
 * closed there does not make ours one that it may close.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS 250
#define LOWEST 1010 /* of the numbers that are taken */
#define HIGHEST 1023

static struct sockaddr_in name = { .sin_family = AF_INET };
static _Atomic int still_talking = THREADS;

static void must(int true_, const char *what)
{
	if (true_)
		return;
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void *talk(void *argument)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char byte;

	must(fd >= 0, "socket");
	must(connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0,
	     "connect");
	for (int i = 0; i < ROUNDS; i++) {
		must(send(fd, "0 x\n", 4, 0) == 4, "send");
		must(recv(fd, &byte, 1, 0) == 1 && byte == 'x', "recv");
	}
	close(fd);
	still_talking--;
	return argument;
}

static void take(int file, int fd)
{
	must(dup2(file, fd) == fd, "dup2");
	close(fd);
}

/* The program has nothing there, but the stack may. */
static void close_in_vain(void)
{
	for (int fd = LOWEST; fd <= HIGHEST; fd++)
		must(close(fd) < 0 && errno == EBADF, "close of none");
}

int main(int argc, char **argv)
{
	int file = memfd_create("file", 0);
	pthread_t thread[THREADS];
	struct stat status;

	must(argc == 3, "usage: numbers ADDRESS PORT");
	name.sin_port = htons((uint16_t)atoi(argv[2]));
	inet_pton(AF_INET, argv[1], &name.sin_addr);
	for (int fd = LOWEST; fd <= HIGHEST; fd++)
		take(file, fd);
	close(socket(AF_INET, SOCK_STREAM, 0));
	close_in_vain();
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, talk, NULL);
	while (still_talking) {
		for (int fd = LOWEST; fd <= HIGHEST; fd++)
			take(file, fd);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	close_in_vain();
	fstat(file, &status);
	printf("into its file: %ld\n", (long)status.st_size);
	return 0;
}
