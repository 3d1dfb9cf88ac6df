#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "link_impair.h"
#include "link_pcap.h"
#include "log.h"
#include "mac.h"

static const struct log silence = { .fd = -1 };

/* A link that keeps what is sent and receives what it kept. */
static uint8_t kept[2000];
static uint32_t kept_len;
static int sent, room, closed, freed, returns;

static int echo_send(struct link *link, struct pyt_frame *frame, int64_t now_us)
{
	if (!room)
		return 0;
	kept_len = 0;
	for (int i = 0; i < frame->part_count; i++) {
		memcpy(kept + kept_len, frame->part[i].iov_base,
		       frame->part[i].iov_len);
		kept_len += (uint32_t)frame->part[i].iov_len;
	}
	sent++;
	return 1;
}

static int echo_receive(struct link *link, struct pyt_frame *frame,
			void *buffer, int64_t now_us)
{
	if (!kept_len)
		return 0;
	memset(frame, 0, sizeof(*frame));
	memcpy(buffer, kept, kept_len);
	frame->part[0].iov_base = buffer;
	frame->part[0].iov_len = kept_len;
	frame->part_count = 1;
	frame->len = kept_len;
	kept_len = 0;
	return 1;
}

static void echo_close(struct link *link)
{
	closed++;
}

static void echo_free(struct link *link)
{
	freed++;
}

static bool echo_came_back(struct link *link)
{
	return returns && returns--;
}

static const struct link_ops echo_ops = {
	.receive = echo_receive,
	.send = echo_send,
	.came_back = echo_came_back,
	.close = echo_close,
	.free = echo_free,
};

static struct link echo = { .ops = &echo_ops,
			    .name = "echo",
			    .medium = PYT_MEDIUM_ETHERNET,
			    .fd = 7,
			    .mtu = 1500 };

static _Alignas(16) uint8_t buffer[LINK_BUFFER_LEN];
static struct pyt_frame frame;

static struct link *fresh(void)
{
	kept_len = 0;
	sent = 0;
	closed = 0;
	freed = 0;
	room = 1;
	memset(&frame, 0, sizeof(frame));
	frame.part[0].iov_base = "a frame of no protocol";
	frame.part[0].iov_len = 22;
	frame.part_count = 1;
	frame.len = 22;
	return &echo;
}

static void end(struct link *link)
{
	link_close(link);
	link_free(link);
}

START_TEST(decorators_pass_on_what_the_link_is)
{
	struct link *link = fresh();

	ck_assert_int_eq(link_impair_open("loss=1%,seed=1", &silence, &link),
			 0);
	ck_assert_ptr_ne(link, &echo);
	ck_assert_str_eq(link->name, "echo");
	ck_assert_int_eq(link->fd, 7);
	ck_assert_uint_eq(link->mtu, 1500);
	end(link);
	ck_assert_int_eq(closed, 1);
}
END_TEST

START_TEST(delayed_frames_leave_and_arrive_when_run)
{
	struct link *link = fresh();

	link_impair_open("delay=5ms,seed=1", &silence, &link);
	ck_assert_int_eq(link_send(link, &frame, 0), 1);
	ck_assert_int_eq(sent, 0);
	ck_assert_int_eq(link_next_deadline(link), 5 * MS);
	ck_assert(!link_run(link, 5 * MS));
	ck_assert_int_eq(sent, 1);

	ck_assert_int_eq(link_receive(link, &frame, buffer, 6 * MS), 0);
	ck_assert_int_eq(link_next_deadline(link), 11 * MS);
	ck_assert(link_run(link, 11 * MS));
	ck_assert_int_eq(link_receive(link, &frame, buffer, 11 * MS), 1);
	ck_assert_uint_eq(frame.len, 22);
	ck_assert_int_eq(link_next_deadline(link), TIME_NEVER);
	end(link);
}
END_TEST

START_TEST(lost_frames_say_so_to_the_capture)
{
	struct link *link = fresh();

	link_impair_open("loss=100%", &silence, &link);
	ck_assert_int_eq(link_send(link, &frame, 0), 1);
	ck_assert_ptr_nonnull(frame.drop_reason);
	ck_assert_int_eq(sent, 0);
	end(link);
}
END_TEST

START_TEST(that_the_other_end_came_back_is_heard_through_decorators)
{
	char path[] = "/tmp/pyt-test-link.XXXXXX";
	struct link *link = fresh();

	close(mkstemp(path));
	link_impair_open("loss=1%,seed=1", &silence, &link);
	link_pcap_open(path, &silence, &link);
	ck_assert(!link_came_back(link));
	returns = 1;
	ck_assert(link_came_back(link));
	ck_assert(!link_came_back(link));
	end(link);
	unlink(path);
}
END_TEST

static void count(void *context, uintptr_t begin, uintptr_t end)
{
	++*(int *)context;
}

static int mappings(void)
{
	int result = 0;

	arena_visit_kept(count, &result);
	return result;
}

/* Its files are another process's then, its memory is a copy. */
START_TEST(a_link_that_went_elsewhere_leaves_no_memory_behind)
{
	char path[] = "/tmp/pyt-test-link.XXXXXX";
	struct link *link = fresh();
	int before = mappings();

	close(mkstemp(path));
	link_impair_open("loss=1%,seed=1", &silence, &link);
	link_pcap_open(path, &silence, &link);
	ck_assert_int_gt(mappings(), before);
	link_free(link);
	ck_assert_int_eq(mappings(), before);
	ck_assert_int_eq(freed, 1);
	ck_assert_int_eq(closed, 0);
	unlink(path);
}
END_TEST

static off_t size_of(const char *path)
{
	int fd = open(path, O_RDONLY);
	off_t size = lseek(fd, 0, SEEK_END);

	close(fd);
	return size;
}

START_TEST(a_frame_that_found_no_room_is_captured_once)
{
	char path[] = "/tmp/pyt-test-link.XXXXXX";
	struct link *link = fresh();
	off_t start;

	close(mkstemp(path));
	ck_assert_int_eq(link_pcap_open(path, &silence, &link), 0);
	start = size_of(path);
	ck_assert_int_gt(start, 0);
	room = 0;
	ck_assert_int_eq(link_send(link, &frame, 0), 0);
	ck_assert_int_eq(size_of(path), start);
	room = 1;
	ck_assert_int_eq(link_send(link, &frame, 0), 1);
	ck_assert_int_gt(size_of(path), start);

	/* inbound: after the engine has had it */
	start = size_of(path);
	ck_assert_int_eq(link_receive(link, &frame, buffer, 0), 1);
	ck_assert_int_eq(size_of(path), start);
	frame.drop_reason = "test";
	link_received(link, &frame, 0);
	ck_assert_int_gt(size_of(path), start);
	end(link);
	unlink(path);
}
END_TEST

START_TEST(a_capture_that_cannot_be_made_leaves_the_link_alone)
{
	struct link *link = fresh();

	ck_assert_int_eq(link_pcap_open("/proc/no/file", &silence, &link),
			 -ENOENT);
	ck_assert_ptr_eq(link, &echo);
}
END_TEST

START_TEST(a_mac_is_local_stable_and_never_the_kernels)
{
	uint8_t kernel[6] = { 0 }, first[6], again[6], other[6];

	mac_from_name("pyt0", kernel, first);
	mac_from_name("pyt0", kernel, again);
	mac_from_name("pyt1", kernel, other);
	ck_assert_int_eq(first[0] & 3, 2);
	ck_assert_mem_eq(first, again, 6);
	ck_assert_mem_ne(first, other, 6);
	mac_from_name("pyt0", first, again);
	ck_assert_mem_ne(first, again, 6);
}
END_TEST

UNIT_MAIN("link", decorators_pass_on_what_the_link_is,
	  delayed_frames_leave_and_arrive_when_run,
	  lost_frames_say_so_to_the_capture,
	  that_the_other_end_came_back_is_heard_through_decorators,
	  a_frame_that_found_no_room_is_captured_once,
	  a_capture_that_cannot_be_made_leaves_the_link_alone,
	  a_link_that_went_elsewhere_leaves_no_memory_behind,
	  a_mac_is_local_stable_and_never_the_kernels)
