#include "unit.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "epoll_watch.h"

#define MANY 200 /* more than one read of fdinfo holds */

static int fresh(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static uint64_t inode_of(int fd)
{
	struct stat status;

	ck_assert_int_eq(fstat(fd, &status), 0);
	return status.st_ino;
}

static void watch(int epoll_fd, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	ck_assert_int_eq(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event), 0);
}

/* Another socket takes its number. */
static void replace(int fd)
{
	int other = fresh();

	ck_assert_int_eq(dup2(other, fd), fd);
	close(other);
}

START_TEST(a_watch_outlives_the_file_under_its_number)
{
	int epoll_fd = epoll_create1(0), fd = fresh();
	struct epoll_watches watches;
	struct epoll_event event;

	watch(epoll_fd, fd, EPOLLOUT | EPOLLET, 0x123456789abcdefull);
	epoll_watch_find(&watches, fd, inode_of(fd));
	replace(fd);
	ck_assert_int_eq(epoll_wait(epoll_fd, &event, 1, 0), 0);

	epoll_watch_again(&watches, fd);
	ck_assert_int_eq(epoll_wait(epoll_fd, &event, 1, 0), 1);
	ck_assert_uint_eq(event.events, EPOLLOUT | EPOLLHUP);
	ck_assert_uint_eq(event.data.u64, 0x123456789abcdefull);
	ck_assert_int_eq(epoll_wait(epoll_fd, &event, 1, 0), 0);
	close(fd);
	close(epoll_fd);
}
END_TEST

START_TEST(one_among_many_is_found)
{
	int epoll_fd = epoll_create1(0), fds[MANY];
	struct epoll_watches watches;

	for (int i = 0; i < MANY; i++)
		watch(epoll_fd, fds[i] = fresh(), EPOLLIN, (uint64_t)i);
	for (int i = 0; i < MANY; i++) {
		epoll_watch_find(&watches, fds[i], inode_of(fds[i]));
		ck_assert_int_eq(watches.count, 1);
		ck_assert_int_eq(watches.watch[0].epoll_fd, epoll_fd);
		ck_assert_uint_eq(watches.watch[0].event.data.u64, (uint64_t)i);
	}
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	close(epoll_fd);
}
END_TEST

START_TEST(each_instance_is_found)
{
	int a = epoll_create1(0), b = epoll_create1(0), fd = fresh();
	struct epoll_watches watches;

	watch(a, fd, EPOLLIN, 1);
	watch(b, fd, EPOLLOUT | EPOLLONESHOT, 2);
	epoll_watch_find(&watches, fd, inode_of(fd));
	ck_assert_int_eq(watches.count, 2);
	close(a);
	close(b);
	close(fd);
}
END_TEST

START_TEST(another_file_under_the_number_is_not_meant)
{
	int epoll_fd = epoll_create1(0), fd = fresh(), kept = dup(fd);
	uint64_t before = inode_of(fd);
	struct epoll_watches watches;

	watch(epoll_fd, fd, EPOLLIN, 1);
	replace(fd); /* the copy keeps the watch of the old one alive */
	epoll_watch_find(&watches, fd, inode_of(fd));
	ck_assert_int_eq(watches.count, 0);
	epoll_watch_find(&watches, fd, before);
	ck_assert_int_eq(watches.count, 1);
	close(kept);
	close(fd);
	close(epoll_fd);
}
END_TEST

UNIT_MAIN("epoll_watch", a_watch_outlives_the_file_under_its_number,
	  one_among_many_is_found, each_instance_is_found,
	  another_file_under_the_number_is_not_meant)
