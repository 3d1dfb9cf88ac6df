#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
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

UNIT_MAIN("log", a_line_has_its_channel,
	  a_full_pipe_holds_nobody_up_and_lost_lines_are_counted,
	  a_full_socket_holds_nobody_up, a_pipe_that_nobody_reads_is_no_signal,
	  what_a_visitor_said_comes_later_and_too_much_is_counted)
