/* What epoll(7) instances watch stands in their /proc/self/fdinfo: proc(5). */
#include "epoll_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libc_real.h"

#define PATH_LEN 48
#define EPOLL_FILE "anon_inode:[eventpoll]"

static bool is_epoll(const char *number)
{
	char path[PATH_LEN], target[sizeof(EPOLL_FILE)];
	long len;

	snprintf(path, sizeof(path), "/proc/thread-self/fd/%.10s", number);
	len = libc_raw(SYS_readlinkat, AT_FDCWD, path, target, sizeof(target));
	return len == sizeof(EPOLL_FILE) - 1 &&
	       memcmp(target, EPOLL_FILE, sizeof(EPOLL_FILE) - 1) == 0;
}

/* One line, "tfd: 5 events: 19 data: 5 pos:0 ino:15642e9 sdev:9". */
static bool parse(const char *line, int fd, uint64_t inode,
		  struct epoll_event *event)
{
	int64_t position;
	uint64_t data, watched_inode;
	uint32_t events;
	int watched;

	if (sscanf(line,
		   "tfd: %d events: %" SCNx32 " data: %" SCNx64 " pos:%" SCNi64
		   " ino:%" SCNx64,
		   &watched, &events, &data, &position, &watched_inode) != 5 ||
	    watched != fd || watched_inode != inode)
		return false;
	*event = (struct epoll_event){ .events = events, .data.u64 = data };
	return true;
}

/* The file of one instance; there is a line for each number that it watches. */
static bool find_in(const char *number, int fd, uint64_t inode,
		    struct epoll_event *event)
{
	char path[PATH_LEN], text[4096];
	size_t have = 0;
	bool found = false;
	long file, len;

	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%.10s", number);
	file = libc_raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (file < 0)
		return false;
	while (!found && (len = libc_raw(SYS_read, file, text + have,
					 sizeof(text) - 1 - have)) > 0) {
		char *line = text, *end;

		text[have + (size_t)len] = '\0';
		for (; !found && (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			found = parse(line, fd, inode, event);
		}
		have = strlen(line);
		if (have == sizeof(text) - 1)
			break;
		memmove(text, line, have + 1);
	}
	libc_raw(SYS_close, file);
	return found;
}

static void look_at(struct epoll_watches *watches, const char *number, int fd,
		    uint64_t inode)
{
	struct epoll_event event;

	if (watches->count == EPOLL_WATCHES_MAX || !is_epoll(number) ||
	    !find_in(number, fd, inode, &event))
		return;
	watches->watch[watches->count].epoll_fd = atoi(number);
	watches->watch[watches->count].event = event;
	watches->count++;
}

void epoll_watch_find(struct epoll_watches *watches, int fd, uint64_t inode)
{
	_Alignas(struct dirent64) char bytes[4096];
	long folder = libc_raw(SYS_openat, AT_FDCWD, "/proc/thread-self/fd",
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	long len;

	watches->count = 0;
	if (folder < 0)
		return;
	while ((len = libc_raw(SYS_getdents64, folder, bytes, sizeof(bytes))) >
	       0) {
		const struct dirent64 *entry;

		for (long at = 0; at < len; at += entry->d_reclen) {
			entry = (const struct dirent64 *)(bytes + at);
			look_at(watches, entry->d_name, fd, inode);
		}
	}
	libc_raw(SYS_close, folder);
}

void epoll_watch_again(const struct epoll_watches *watches, int fd)
{
	for (int i = 0; i < watches->count; i++)
		libc_raw(SYS_epoll_ctl, watches->watch[i].epoll_fd,
			 EPOLL_CTL_ADD, fd, &watches->watch[i].event);
}
