/*
 * What the programs of test_processes.sh share: a connection with both of its
 * ends, and what must hold of it.
 */
#ifndef TESTS_SHIM_PAIR_H
#define TESTS_SHIM_PAIR_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(bool true_, const char *what)
{
	if (true_)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	_exit(1);
}

/* ------------------------------------------------------------ connections */

static int a, b, listener; /* both ends of one connection */
static struct sockaddr_in name = { .sin_family = AF_INET };

static int connect_one(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	must(fd >= 0, "socket");
	must(connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0,
	     "connect");
	return fd;
}

static void connect_both(void)
{
	socklen_t len = sizeof(name);

	name.sin_port = 0;
	listener = socket(AF_INET, SOCK_STREAM, 0);
	must(listener >= 0, "socket");
	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(listener, (struct sockaddr *)&name, sizeof(name)) == 0 &&
		     listen(listener, 8) == 0 &&
		     getsockname(listener, (struct sockaddr *)&name, &len) == 0,
	     "listen");
	a = connect_one();
	b = accept(listener, NULL, NULL);
	must(b >= 0, "accept");
}

static void pass(int from, int to, const char *text)
{
	char got[64] = "";
	size_t len = strlen(text);

	must(send(from, text, len, 0) == (ssize_t)len, "send");
	must(recv(to, got, len, MSG_WAITALL) == (ssize_t)len, "recv");
	must(strcmp(got, text) == 0, "the same bytes");
}

static void check(void)
{
	pass(a, b, "there");
	pass(b, a, "and back");
}

/* A new one works, too. */
static void check_new(void)
{
	int fd = connect_one(), other = accept(listener, NULL, NULL);

	must(other >= 0, "accept of a new one");
	pass(fd, other, "new");
	close(fd);
	close(other);
}

/* What runs behind an exec: "inherited" A B LISTENER. */
static inline int be_heir(char **numbers)
{
	socklen_t len = sizeof(name);

	a = atoi(numbers[0]);
	b = atoi(numbers[1]);
	listener = atoi(numbers[2]);
	must(getsockname(listener, (struct sockaddr *)&name, &len) == 0 &&
		     name.sin_family == AF_INET,
	     "the listener's name");
	check();
	check_new();
	return 0;
}

static void check_end(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0) == pid, "waitpid");
	must(WIFEXITED(status) && WEXITSTATUS(status) == 0, "its end");
}

/* -------------------------------------------------------------- SCM_RIGHTS */

static void give(int way, int fd)
{
	struct iovec iov = { "f", 1 };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	must(sendmsg(way, &message, 0) == 1, "sendmsg");
}

static int take(int way)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int fd;

	must(recvmsg(way, &message, 0) == 1, "recvmsg");
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

/* ------------------------------------------------------------------- cases */

struct named_case {
	const char *name;
	void (*run)(void);
};

/* The one that the first argument names, or NULL; without any, all names. */
static const struct named_case *chosen_case(const struct named_case *cases,
					    size_t case_count, int count,
					    char **arguments)
{
	for (size_t i = 0; i < case_count; i++) {
		if (count < 2)
			puts(cases[i].name);
		else if (strcmp(arguments[1], cases[i].name) == 0)
			return &cases[i];
	}
	return NULL;
}

#endif
