#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config.h"
#include "link_unix.h"
#include "log.h"

#define LARGE_LEN 60000

static const struct log silence = { .fd = -1 };
static char folder[] = "/tmp/pyt-test-XXXXXX";
static struct config_link config;
static struct link *link_;
static int listener, peer;
static _Alignas(16) uint8_t buffer[LINK_BUFFER_LEN];
static struct pyt_frame frame;

static int listen_at(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(name.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	ck_assert_int_eq(listen(fd, 5), 0);
	return fd;
}

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	memset(&config, 0, sizeof(config));
	config.kind = CONFIG_LINK_UNIX;
	strcpy(config.name, "pyt0");
	sprintf(config.path, "%s/socket", folder);
	strcpy(config.text, "unix:/the/test");
	listener = listen_at(config.path);
	ck_assert_int_eq(link_unix_open(&config, &silence, &link_), 0);
	peer = accept(listener, NULL, NULL);
	ck_assert_int_ge(peer, 0);
}

static void tear_down(void)
{
	if (link_) {
		link_close(link_);
		link_free(link_);
	}
	close(peer);
	close(listener);
	unlink(config.path);
	rmdir(folder);
}

static void make_frame(uint8_t *bytes, uint32_t len)
{
	memset(&frame, 0, sizeof(frame));
	memset(bytes, (int)len, len);
	frame.part[0] = (struct iovec){ bytes, 14 };
	frame.part[1] = (struct iovec){ bytes + 14, len - 14 };
	frame.part_count = 2;
	frame.len = len;
}

static int send_frame(uint32_t len)
{
	static uint8_t bytes[LARGE_LEN];

	make_frame(bytes, len);
	return link_send(link_, &frame, 0);
}

/* From the peer: a length and as many bytes of it. */
static void put(uint32_t len)
{
	uint8_t bytes[4 + 2000] = { 0, 0, (uint8_t)(len >> 8), (uint8_t)len };

	memset(bytes + 4, (int)len, len);
	ck_assert_int_eq(write(peer, bytes, 4 + len), 4 + len);
}

static void get(uint32_t len)
{
	uint8_t bytes[4 + LARGE_LEN];

	ck_assert_int_eq(recv(peer, bytes, 4 + len, MSG_WAITALL), 4 + len);
	ck_assert_int_eq(bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 |
				 bytes[3],
			 len);
	for (uint32_t i = 0; i < len; i++)
		ck_assert_int_eq(bytes[4 + i], (uint8_t)len);
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1;
}

START_TEST(frames_go_out_with_their_length)
{
	ck_assert_int_eq(send_frame(60), 1);
	ck_assert_int_eq(send_frame(1514), 1);
	get(60);
	get(1514);
}
END_TEST

START_TEST(frames_that_came_at_once_are_handed_on_one_by_one)
{
	ck_assert(!is_readable(link_->fd));
	put(60);
	put(1514);
	ck_assert(is_readable(link_->fd));
	ck_assert_int_eq(link_receive(link_, &frame, buffer, 0), 1);
	ck_assert_int_eq(frame.len, 60);
	/* The socket is empty, and still there is a frame. */
	ck_assert(!is_readable(link_->fd));
	ck_assert_int_eq(link_next_deadline(link_), 0);
	ck_assert(link_run(link_, 0));
	ck_assert_int_eq(link_receive(link_, &frame, buffer, 0), 1);
	ck_assert_int_eq(frame.len, 1514);
	ck_assert_int_eq(buffer[1513], (uint8_t)1514);
	ck_assert_int_eq(link_receive(link_, &frame, buffer, 0), 0);
	ck_assert(link_next_deadline(link_) == TIME_NEVER);
}
END_TEST

START_TEST(a_frame_in_pieces_comes_whole)
{
	static const uint8_t piece[] = { 0, 0, 0, 16, 1,  2,  3,  4,  5,  6,
					 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

	for (size_t i = 0; i < sizeof(piece); i++) {
		ck_assert_int_eq(link_receive(link_, &frame, buffer, 0), 0);
		ck_assert_int_eq(write(peer, piece + i, 1), 1);
	}
	ck_assert_int_eq(link_receive(link_, &frame, buffer, 0), 1);
	ck_assert_int_eq(frame.len, 16);
	ck_assert_mem_eq(buffer, piece + 4, 16);
}
END_TEST

START_TEST(what_does_not_fit_waits_and_nothing_is_torn)
{
	int count = 0, received = 0;

	while (send_frame(LARGE_LEN) == 1)
		count++;
	ck_assert_int_gt(count, 1);
	ck_assert(!is_readable(link_->fd));
	/* Room: who waits for the link wakes up, and the rest goes first. */
	for (; received < count; received++) {
		get(LARGE_LEN);
		link_run(link_, 0);
	}
	ck_assert(!is_readable(peer));
	ck_assert_int_eq(send_frame(60), 1);
	get(60);
}
END_TEST

START_TEST(room_wakes_who_waits_for_the_link)
{
	int count = 0;

	while (send_frame(LARGE_LEN) == 1)
		count++;
	for (int i = 0; i < count - 1; i++)
		get(LARGE_LEN);
	ck_assert(is_readable(link_->fd));
	link_run(link_, 0);
	ck_assert(!is_readable(link_->fd));
	get(LARGE_LEN);
}
END_TEST

START_TEST(who_has_gone_is_called_again_each_second)
{
	close(peer);
	ck_assert_int_eq(link_receive(link_, &frame, buffer, 0), -EIO);
	ck_assert_int_eq(send_frame(60), -EIO);
	link_run(link_, 5 * SEC);
	ck_assert(link_next_deadline(link_) == 6 * SEC);
	ck_assert(!link_came_back(link_));
	link_run(link_, 6 * SEC);
	peer = accept(listener, NULL, NULL);
	ck_assert(link_next_deadline(link_) == TIME_NEVER);
	ck_assert(link_came_back(link_));
	ck_assert(!link_came_back(link_));
	ck_assert_int_eq(send_frame(60), 1);
	get(60);
	put(1000);
	ck_assert(is_readable(link_->fd));
	ck_assert_int_eq(link_receive(link_, &frame, buffer, 0), 1);
	ck_assert_int_eq(frame.len, 1000);
}
END_TEST

START_TEST(a_length_that_no_frame_has_ends_the_connection)
{
	static const uint8_t lengths[][4] = { { 0, 0, 0, 0 },
					      { 0, 0, 0, 13 },
					      { 0, 1, 0, 14 },
					      { 255, 0, 0, 0 } };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		uint8_t byte;

		ck_assert_int_eq(write(peer, lengths[i], 4), 4);
		if (lengths[i][3] == 13)
			ck_assert_int_eq(write(peer, buffer, 13), 13);
		ck_assert_int_eq(link_receive(link_, &frame, buffer, 0), -EIO);
		ck_assert_int_le(read(peer, &byte, 1), 0);
		close(peer);
		link_run(link_, SEC);
		link_run(link_, 2 * SEC);
		peer = accept(listener, NULL, NULL);
	}
}
END_TEST

START_TEST(nobody_is_there)
{
	struct link *other;

	close(listener);
	ck_assert_int_eq(link_unix_open(&config, &silence, &other),
			 -ECONNREFUSED);
	strcat(config.path, "x");
	ck_assert_int_eq(link_unix_open(&config, &silence, &other), -ENOENT);
	config.path[strlen(config.path) - 1] = 0;
}
END_TEST

START_TEST(it_is_ethernet_without_offloads_and_alone)
{
	static const uint8_t none[6];

	ck_assert_int_eq(link_->medium, PYT_MEDIUM_ETHERNET);
	ck_assert_int_eq(link_->mtu, 1500);
	ck_assert_int_eq(link_->offloads, 0);
	ck_assert(!link_->is_bare);
	ck_assert(memcmp(link_->mac, none, 6) != 0);
}
END_TEST

UNIT_MAIN_WITH("link_unix", set_up, tear_down, frames_go_out_with_their_length,
	       frames_that_came_at_once_are_handed_on_one_by_one,
	       a_frame_in_pieces_comes_whole,
	       what_does_not_fit_waits_and_nothing_is_torn,
	       room_wakes_who_waits_for_the_link,
	       who_has_gone_is_called_again_each_second,
	       a_length_that_no_frame_has_ends_the_connection, nobody_is_there,
	       it_is_ethernet_without_offloads_and_alone)
