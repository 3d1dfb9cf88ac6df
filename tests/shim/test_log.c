#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../shim/log.h"

static int ends[2];
static char text[65536 + 4096];

static struct log log_to_pipe(void)
{
	ck_assert_int_eq(pipe(ends), 0);
	return (struct log){ .fd = ends[1], .level = PYT_LOG_INFO };
}

/* What lies in it, at most room bytes. */
static const char *read_text(size_t room)
{
	ssize_t len = read(ends[0], text, room);

	ck_assert_int_ge(len, 0);
	text[len] = 0;
	return text;
}

/* Until a write would block; how many bytes. */
static size_t fill(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	char page[4096] = { 0 };
	ssize_t len;
	size_t all = 0;

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while ((len = write(fd, page, sizeof(page))) > 0)
		all += (size_t)len;
	fcntl(fd, F_SETFL, flags);
	return all;
}

START_TEST(a_line_has_its_channel)
{
	struct log log = log_to_pipe();

	log_line(&log, PYT_LOG_INFO, "link", "is %s", "up");
	log_line(&log, PYT_LOG_DEBUG, "link", "is not written");
	log_line(&log, PYT_LOG_ERROR, NULL, "bad");
	ck_assert_str_eq(read_text(4096), "pyt: link: is up\npyt: bad\n");
}
END_TEST

START_TEST(a_full_pipe_holds_nobody_up_and_lost_lines_are_counted)
{
	struct log log = log_to_pipe();
	size_t filled = fill(ends[1]);

	for (int i = 0; i < 3; i++)
		log_line(&log, PYT_LOG_INFO, NULL, "lost");
	while (filled)
		filled -= (size_t)read(ends[0], text, 4096);
	log_line(&log, PYT_LOG_INFO, NULL, "there is room");
	ck_assert_str_eq(read_text(4096), "pyt: 3 lines were lost\n"
					  "pyt: there is room\n");
	log_line(&log, PYT_LOG_INFO, NULL, "all is told");
	ck_assert_str_eq(read_text(4096), "pyt: all is told\n");
}
END_TEST

START_TEST(a_full_socket_holds_nobody_up)
{
	struct log log = { .level = PYT_LOG_INFO };

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	log.fd = ends[1];
	fill(ends[1]);
	log_line(&log, PYT_LOG_INFO, NULL, "lost");
}
END_TEST

/* SIGPIPE would end the program. */
START_TEST(a_pipe_that_nobody_reads_is_no_signal)
{
	struct log log = log_to_pipe();

	close(ends[0]);
	log_line(&log, PYT_LOG_INFO, NULL, "lost");
}
END_TEST

START_TEST(what_a_visitor_said_comes_later_and_too_much_is_counted)
{
	static struct log_held held;
	struct log log = log_to_pipe();
	char long_line[400];

	memset(long_line, 'x', sizeof(long_line));
	long_line[sizeof(long_line) - 1] = 0;
	log.held = &held;
	for (int i = 0; i < 12; i++)
		log_line(&log, PYT_LOG_INFO, NULL, "%s", long_line);
	log.held = NULL;
	log_release(&log, &held);
	ck_assert_ptr_nonnull(
		strstr(read_text(8192), "pyt: 2 lines were lost\npyt: xxx"));
}
END_TEST

/* ---------------------------------------------------- the program's stderr */

/* ends[1] is connected to ends[0], which was accepted. */
static void connect_ends(const void *name, socklen_t len)
{
	int family = ((const struct sockaddr *)name)->sa_family;
	int listener = socket(family, SOCK_STREAM, 0);
	struct sockaddr_storage bound;
	socklen_t bound_len = sizeof(bound);

	ck_assert_int_eq(bind(listener, name, len), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&bound, &bound_len);
	ends[1] = socket(family, SOCK_STREAM, 0);
	if (family == AF_UNIX) /* a name that the kernel chooses */
		bind(ends[1], name, sizeof(sa_family_t));
	ck_assert_int_eq(connect(ends[1], (struct sockaddr *)&bound, bound_len),
			 0);
	ends[0] = accept(listener, NULL, NULL);
	close(listener);
}

/* Whether a line to a stderr that is ends[1] comes out of ends[0]. */
static bool is_heard(void)
{
	dup2(ends[1], STDERR_FILENO);
	log_to_program("names", "no %s", "server");
	return recv(ends[0], text, sizeof(text), MSG_DONTWAIT) > 0;
}

START_TEST(the_program_has_a_line_and_its_errno)
{
	log_to_pipe();
	dup2(ends[1], STDERR_FILENO);
	errno = EDOM;
	log_to_program("names", "no %s", "server");
	log_to_program(NULL, "bad");
	ck_assert_str_eq(read_text(4096), "pyt: names: no server\npyt: bad\n");
	close(STDERR_FILENO);
	log_to_program(NULL, "lost");
	ck_assert_int_eq(errno, EDOM);
}
END_TEST

START_TEST(the_peer_of_a_connection_hears_nothing)
{
	struct sockaddr_in name = { .sin_family = AF_INET };

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connect_ends(&name, sizeof(name));
	ck_assert(log_is_connection(ends[0]));
	ck_assert(log_is_connection(ends[1]));
	ck_assert(!is_heard());
}
END_TEST

/* As stacks make them: the other end has an abstract name. */
START_TEST(nor_does_the_peer_of_an_endpoint)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	connect_ends(&name, sizeof(name.sun_family));
	ck_assert(log_is_connection(ends[0]));
	ck_assert(!is_heard());
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	ck_assert(!is_heard());
}
END_TEST

/* journald's is both stdout and stderr. */
START_TEST(who_has_a_path_keeps_a_log)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof(name.sun_path), "/tmp/pyt-log-%d",
		 getpid());
	connect_ends(&name, sizeof(name));
	unlink(name.sun_path);
	dup2(ends[1], STDOUT_FILENO);
	ck_assert(is_heard());
}
END_TEST

/* Node.js gives its children one for each of the three. */
START_TEST(a_pair_is_a_connection_if_the_program_s_own_words_go_there)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert(is_heard());
	dup2(ends[1], STDOUT_FILENO);
	ck_assert(!is_heard());
}
END_TEST

START_TEST(what_is_no_socket_is_no_connection)
{
	log_to_pipe();
	ck_assert(!log_is_connection(ends[1]));
	ck_assert(!log_is_connection(-1));
}
END_TEST

UNIT_MAIN("log", a_line_has_its_channel,
	  a_full_pipe_holds_nobody_up_and_lost_lines_are_counted,
	  a_full_socket_holds_nobody_up, a_pipe_that_nobody_reads_is_no_signal,
	  what_a_visitor_said_comes_later_and_too_much_is_counted,
	  the_program_has_a_line_and_its_errno,
	  the_peer_of_a_connection_hears_nothing,
	  nor_does_the_peer_of_an_endpoint, who_has_a_path_keeps_a_log,
	  a_pair_is_a_connection_if_the_program_s_own_words_go_there,
	  what_is_no_socket_is_no_connection)
